#include "kvnode/routes.hpp"

#include "kvnode/member_routes.hpp"
#include "kvnode/request_fields.hpp"
#include "kvnode/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace kvnode {

namespace {

// -- refusals -----------------------------------------------------------------

plan refuse(unsigned status, std::string_view code, std::string_view message) {
  return {error_answer(status, code, message)};
}

plan bad_request(std::string_view message) {
  return refuse(400, "bad_request", message);
}

plan not_allowed(std::string_view allow, std::string_view message) {
  auto answer = error_answer(405, "method_not_allowed", message);
  answer.allow = allow;
  return {std::move(answer)};
}

plan later(std::string_view message) {
  return refuse(404, "not_found", message);
}

// -- what routes are made of --------------------------------------------------

/// A request as its route sees it.
struct call {
  const http_request& request;
  /// What of the path is behind the route's own, still percent-encoded.
  std::string_view rest;
  const query_string& query;
};

// -- keys and values ----------------------------------------------------------

plan write(const call& x, command::op_t op, std::string_view encoded_key,
           std::string_view value) {
  auto key = decode_key(encoded_key);
  if (!key)
    return bad_request(key.error().text);
  auto only = parse_condition(x.request);
  if (!only)
    return bad_request(only.error().text);
  auto payload = encode(command{op, *key, raft::as_bytes(value), *only});
  return ask_store{raft::request_kind::command, std::move(payload)};
}

plan read(const call& x) {
  auto key = decode_key(x.rest);
  if (!key)
    return bad_request(key.error().text);
  auto kind = parse_consistency(x.query);
  if (!kind)
    return bad_request(kind.error().text);
  auto payload = encode(query{query::op_t::get, *key, {}, {}, 0});
  plan result{ask_store{*kind, std::move(payload)}, answer_kind::read};
  if (auto& known = x.request.if_none_match; known && *known == "*") {
    result.then.known_any = true;
  } else if (known) {
    // Weak or strong is the same here (RFC 9110, 13.1.2).
    auto tag = parse_etag(*known);
    if (!tag)
      return bad_request(tag.error().text);
    result.then.known = *tag;
  }
  return result;
}

/// `K/V`: the last segment is the value.
plan write_segments(const call& x) {
  auto slash = x.rest.rfind('/');
  if (slash == x.rest.npos)
    return bad_request("expected KEY/VALUE");
  auto value = percent_decoded(x.rest.substr(slash + 1));
  if (!value)
    return bad_request("a % in the value is not followed by two hexadecimal "
                       "digits");
  return write(x, command::op_t::put, x.rest.substr(0, slash), *value);
}

plan by_key(const call& x) {
  switch (x.request.method) {
    case http_method::put:
      return write(x, command::op_t::put, x.rest, x.request.body);
    case http_method::del:
      return write(x, command::op_t::del, x.rest, {});
    case http_method::post:
      return write_segments(x);
    default:
      return read(x);
  }
}

plan list(const call& x) {
  auto kind = parse_consistency(x.query);
  if (!kind)
    return bad_request(kind.error().text);
  auto limit = parse_page_limit(x.query);
  if (!limit)
    return bad_request(limit.error().text);
  query what;
  what.op = query::op_t::list;
  what.prefix = x.query.find("prefix").value_or("");
  what.start = x.query.find("start").value_or("");
  what.limit = static_cast<uint32_t>(*limit);
  return {ask_store{*kind, encode(what)}, answer_kind::list};
}

// -- the member and its group -------------------------------------------------

plan status(const call&) {
  return {ask_status{}, answer_kind::status};
}

plan change(raft::result_of<ask_change> what,
            answer_kind kind = answer_kind::change) {
  if (!what)
    return bad_request(what.error().text);
  auto only_at = what->what.only_at;
  plan result{std::move(*what), kind};
  result.then.only_at = only_at;
  return result;
}

plan members(const call& x) {
  switch (x.request.method) {
    case http_method::post:
      return change(parse_new_member(x.request, x.query));
    case http_method::put:
      return change(parse_all_members(x.request, x.query));
    default:
      return {ask_status{}, answer_kind::members};
  }
}

/// An id, or, with a colon, an address as CKite has it.
plan one_member(const call& x) {
  if (x.request.method == http_method::del)
    return change(parse_removal(x.request, x.rest, x.query));
  if (x.rest.find(':') != x.rest.npos)
    return change(parse_new_address(x.request, x.rest, x.query));
  return change(parse_member_change(x.request, x.rest, x.query));
}

plan change_cluster(const call& x) {
  return change(parse_cluster_list(x.rest));
}

plan health(const call& x) {
  if (x.query.find("live"))
    return {json_answer(R"({"status":"live"})")};
  return {ask_status{}, answer_kind::health};
}

plan log(const call& x) {
  auto from = parse_number(x.query, "from", 0);
  if (!from)
    return bad_request(from.error().text);
  auto limit = parse_page_limit(x.query);
  if (!limit)
    return bad_request(limit.error().text);
  return {ask_log{raft::index_t{*from}, *limit}, answer_kind::log};
}

plan leadership(const call& x) {
  static constexpr auto expected = R"(expected {"to":ID})";
  raft::server_id to;
  if (!x.request.body.empty()) {
    if (x.request.body.size() > 1024)
      return bad_request(expected);
    auto json = nlohmann::json::parse(x.request.body, nullptr, false);
    if (!json.is_object())
      return bad_request(expected);
    if (auto i = json.find("to"); i != json.end()) {
      if (!i->is_number_unsigned() || i->get<uint64_t>() == 0)
        return bad_request(expected);
      to = raft::server_id{i->get<uint64_t>()};
    }
  }
  plan result{ask_leadership{to}, answer_kind::leadership};
  result.then.to = to;
  return result;
}

plan snapshot(const call&) {
  return {ask_snapshot{}, answer_kind::snapshot};
}

plan reserved(const call&) {
  return later("nothing is here yet");
}

// -- the dialects -------------------------------------------------------------

/// raftexample: keys for GET and PUT, members for POST and DELETE.
plan bare(const call& x) {
  if (x.request.method != http_method::post
      && x.request.method != http_method::del)
    return by_key(x);
  if (is_member_id(x.rest))
    return change(x.request.method == http_method::post
                    ? parse_example_member(x.request, x.rest)
                    : parse_removal(x.request, x.rest, x.query),
                  answer_kind::plain_change);
  return bad_request("POST and DELETE on a bare path take the id of a member; "
                     "keys are deleted under /kv/");
}

// -- the table ----------------------------------------------------------------

constexpr unsigned bit(http_method x) {
  return 1u << static_cast<unsigned>(x);
}

struct methods {
  unsigned bits;
  std::string_view names;
};

constexpr methods reading{bit(http_method::get) | bit(http_method::head),
                          "GET, HEAD"};
constexpr methods getting{bit(http_method::get), "GET"};
constexpr methods posting{bit(http_method::post), "POST"};
constexpr methods changing{reading.bits | posting.bits | bit(http_method::put),
                           "GET, HEAD, POST, PUT"};
constexpr methods naming{posting.bits | bit(http_method::del), "POST, DELETE"};
constexpr methods all{reading.bits | posting.bits | bit(http_method::put)
                        | bit(http_method::del),
                      "GET, HEAD, PUT, POST, DELETE"};

struct entry {
  /// A path; with a slash at its end, and something before it, whatever begins
  /// so.
  std::string_view path;
  methods allowed;
  plan (*handle)(const call&);
  /// Changes state by a GET, which a crawler must not do.
  bool ckite_only = false;
};

constexpr entry table[] = {
  {"/kv", reading, list},
  {"/kv/", all, by_key},
  {"/status", reading, status},
  {"/log", reading, log},
  {"/members", changing, members},
  {"/members/", naming, one_member},
  {"/leadership", posting, leadership},
  {"/snapshot", posting, snapshot},
  {"/health", reading, health},
  {"/metrics", all, reserved},
  {"/", all, reserved},
  // CKite
  {"/get/", reading, read},
  {"/rlog", reading, log},
  {"/put/", getting, write_segments, true},
  {"/changecluster/", getting, change_cluster, true},
};

constexpr entry bare_path{"/", all, bare};

bool fits(const entry& x, std::string_view path) {
  return x.path.size() > 1 && x.path.back() == '/' ? path.starts_with(x.path)
                                                   : path == x.path;
}

const entry& find(std::string_view path) {
  auto i = std::find_if(std::begin(table), std::end(table),
                        [&](const entry& x) { return fits(x, path); });
  return i == std::end(table) ? bare_path : *i;
}

/// Takes the scheme and the authority off what a proxy may have sent.
std::string_view path_and_query(std::string_view target) {
  auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == target.npos)
    return target;
  auto path = target.find('/', scheme + 3);
  return path == target.npos ? std::string_view{"/"} : target.substr(path);
}

} // namespace

plan route(const http_request& request, const route_options& options) {
  auto target = path_and_query(request.target);
  auto mark = std::min(target.find('?'), target.size());
  auto path = target.substr(0, mark);
  if (!path.starts_with('/'))
    return bad_request("the target is no path");
  auto query
    = query_string::parse(target.substr(std::min(mark + 1, target.size())));
  if (!query)
    return bad_request("a % in the query string is not followed by two "
                       "hexadecimal digits");
  auto& found = find(path);
  if (found.ckite_only && !options.ckite)
    return not_allowed("", "a GET that changes state is taken with "
                           "--dialect ckite only");
  if ((found.allowed.bits & bit(request.method)) == 0)
    return not_allowed(found.allowed.names,
                       "this target does not take that method");
  auto result = found.handle({request, path.substr(found.path.size()), *query});
  result.then.timed = query->find("timing").has_value();
  return result;
}

} // namespace kvnode
