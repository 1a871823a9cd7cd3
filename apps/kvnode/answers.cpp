#include "kvnode/answers.hpp"

#include <fmt/format.h>

#include <chrono>
#include <iterator>

namespace kvnode {

namespace {

using raft::errc;

/// Whether nothing can have been done, whatever became of the request.
bool changes_nothing(answer_kind kind) {
  return kind != answer_kind::write && kind != answer_kind::leadership
         && kind != answer_kind::snapshot && kind != answer_kind::change
         && kind != answer_kind::plain_change;
}

unsigned status_of(errc code, answer_kind kind) {
  switch (code) {
    case errc::none:
      return 200;
    case errc::invalid_argument:
      return 400;
    case errc::compacted:
      return 404;
    case errc::rejected:
      return 409;
    case errc::too_large:
      return 413;
    case errc::overloaded:
      return 429;
    case errc::outcome_unknown:
    case errc::storage_failed:
      // What is on a disk that failed is not known either.
      return changes_nothing(kind) ? 503 : 504;
    case errc::no_leader:
    case errc::no_space:
    case errc::wrong_cluster:
    case errc::removed:
      return 503;
  }
  return 503;
}

/// For where nobody said why.
std::string_view explain(errc code, answer_kind kind) {
  switch (code) {
    case errc::none:
      return "done";
    case errc::no_leader:
      return "there is no leader, or no majority; nothing was done";
    case errc::overloaded:
      return "too many requests are waiting; nothing was done";
    case errc::no_space:
      return "there is no room on the disk; nothing was done";
    case errc::outcome_unknown:
      return changes_nothing(kind)
               ? "there was no answer in time; nothing was done"
               : "there was no answer in time; it may or may not happen";
    case errc::rejected:
      return "this cannot be done now";
    case errc::invalid_argument:
      return "the request makes no sense";
    case errc::too_large:
      return "the value is too large";
    case errc::compacted:
      return "this part of the log is gone";
    case errc::storage_failed:
      return "the disk of this member failed";
    case errc::wrong_cluster:
      return "this member belongs to another cluster";
    case errc::removed:
      return "this member was removed from the cluster";
  }
  return "";
}

std::string_view name_of(errc code, answer_kind kind) {
  if (code == errc::outcome_unknown && changes_nothing(kind))
    return "timeout";
  if (code == errc::invalid_argument)
    return "bad_request";
  return raft::to_string(code);
}

http_answer failed(errc code, answer_kind kind, const std::string& text) {
  return error_answer(status_of(code, kind), name_of(code, kind),
                      text.empty() ? explain(code, kind) : text);
}

/// Of a key; zero where it is not there, and then there is no tag.
std::optional<version_t> tag_of(version_t version) {
  return version ? std::optional{version} : std::nullopt;
}

http_answer written(const answer& what) {
  http_answer result;
  result.status = 204;
  result.version = tag_of(what.version);
  return result;
}

http_answer found(const reply_plan& asked, const answer& what) {
  http_answer result;
  result.version = tag_of(what.version);
  if (asked.known_any || (asked.known && asked.known == what.version)) {
    result.status = 304;
  } else {
    result.content = http_answer::content_t::octets;
    result.view = raft::as_text(what.value);
  }
  return result;
}

http_answer of_store(const reply_plan& asked, const raft::bytes& from) {
  auto what = decode_answer(from);
  if (!what)
    return failed(errc::storage_failed, asked.kind, what.error().text);
  switch (what->kind) {
    case answer::kind_t::done:
      return written(*what);
    case answer::kind_t::not_found:
      return error_answer(404, "not_found", "there is no such key");
    case answer::kind_t::precondition_failed: {
      auto result = error_answer(412, "precondition_failed",
                                 what->version ? "the key has another version"
                                               : "there is no such key");
      result.version = tag_of(what->version);
      return result;
    }
    case answer::kind_t::found:
      return found(asked, *what);
    case answer::kind_t::page:
      return json_answer(page_json(*what));
  }
  return failed(errc::storage_failed, asked.kind, {});
}

http_answer of_health(const raft::status& what) {
  if (!what.waiting_for.empty())
    return error_answer(503, "no_leader", what.waiting_for);
  if (!what.trouble.empty())
    return error_answer(503, "trouble", what.trouble);
  if (!what.leader)
    return error_answer(503, "no_leader", "this member knows no leader");
  return json_answer(
    fmt::format(R"({{"status":"ok","leader":{}}})", what.leader.value));
}

} // namespace

http_answer make_answer(const reply_plan& asked, const raft::outcome& what) {
  if (what.code != errc::none)
    return failed(what.code, asked.kind, what.text);
  if (asked.kind == answer_kind::snapshot)
    return json_answer(
      fmt::format(R"({{"index":{}}})", what.entry.index.value));
  if (asked.kind != answer_kind::leadership)
    return of_store(asked, what.answer);
  return json_answer(asked.to
                       ? fmt::format(R"({{"leader":{}}})", asked.to.value)
                       : std::string{"{}"});
}

std::string timing_text(const reply_plan& asked, const raft::stage_times& times,
                        raft::time_point now) {
  std::string result;
  auto add = [&](std::string_view name, raft::timespan x) {
    using milliseconds = std::chrono::duration<double, std::milli>;
    if (x.count() > 0)
      fmt::format_to(std::back_inserter(result), "{}{};dur={:.3f}",
                     result.empty() ? "" : ", ", name, milliseconds(x).count());
  };
  add("parse", asked.taken - asked.arrived);
  add("queue", times.queue);
  add("forward", times.forward);
  add("append", times.append);
  add("quorum", times.quorum);
  add("apply", times.apply);
  add("total", now - asked.arrived);
  return result;
}

http_answer make_answer(const reply_plan& asked, const raft::status& what,
                        const http_counters& counts) {
  switch (asked.kind) {
    case answer_kind::members: {
      auto result = json_answer(members_json(what));
      result.version = what.members.index;
      return result;
    }
    case answer_kind::health:
      return of_health(what);
    default:
      return json_answer(status_json(what, counts));
  }
}

http_answer make_answer(const raft::log_page& what) {
  if (what.code != errc::none)
    return failed(what.code, answer_kind::log, what.text);
  return json_answer(log_json(what));
}

http_answer make_answer(const reply_plan& asked,
                        const raft::members_changed& what) {
  // Where no leader said so, there are no members to compare with.
  if (what.code == errc::rejected && asked.only_at
      && *asked.only_at != what.index) {
    auto result = error_answer(412, "precondition_failed", what.text);
    result.version = what.index;
    return result;
  }
  if (what.code != errc::none)
    return failed(what.code, asked.kind, what.text);
  http_answer result;
  if (asked.kind == answer_kind::plain_change)
    result.status = 204;
  else
    result = json_answer(change_json(what));
  result.version = what.index;
  return result;
}

http_answer late_answer(const reply_plan& asked) {
  return failed(errc::outcome_unknown, asked.kind, {});
}

} // namespace kvnode
