#include "kvnode/http_parser.hpp"

#include "kvnode/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kvnode {

namespace {

namespace http = boost::beast::http;

using beast_parser = http::request_parser<http::string_body>;

std::string_view view(boost::beast::string_view x) {
  return {x.data(), x.size()};
}

http_method method_of(http::verb x) {
  switch (x) {
    case http::verb::get:
      return http_method::get;
    case http::verb::head:
      return http_method::head;
    case http::verb::put:
      return http_method::put;
    case http::verb::post:
      return http_method::post;
    case http::verb::delete_:
      return http_method::del;
    default:
      return http_method::other;
  }
}

} // namespace

struct http_parser::impl {
  limits bounds;
  std::optional<beast_parser> reader;
  boost::beast::error_code error;

  explicit impl(limits x) : bounds(x) {
    restart();
  }

  void restart() {
    reader.emplace();
    reader->eager(true);
    reader->header_limit(static_cast<uint32_t>(bounds.max_header));
    reader->body_limit(bounds.max_body);
  }

  const http::request<http::string_body>& message() const {
    return reader->get();
  }

  std::optional<std::string_view> field(http::field name) const {
    auto i = message().find(name);
    if (i == message().end())
      return std::nullopt;
    return view(i->value());
  }

  state_t fail(boost::beast::error_code why) {
    error = why;
    return state_t::broken;
  }

  /// Whether the body's end cannot be known: what stood behind it would be
  /// taken for a request.
  bool is_ambiguous() const {
    return reader->is_header_done() && !reader->chunked()
           && message().find(http::field::transfer_encoding) != message().end();
  }

  state_t put(std::string_view from, size_t& consumed) {
    boost::beast::error_code ec;
    consumed = reader->put(boost::asio::const_buffer{from.data(), from.size()},
                           ec);
    if (ec && ec != http::error::need_more)
      return fail(ec);
    if (is_ambiguous())
      return fail(http::error::bad_transfer_encoding);
    if (reader->is_done())
      return state_t::complete;
    // The extensions of a chunk may not go on for ever.
    if (from.size() - consumed > 2 * bounds.max_header)
      return fail(http::error::header_limit);
    return state_t::incomplete;
  }
};

http_parser::http_parser(limits bounds)
  : impl_(std::make_unique<impl>(bounds)) {
  // nop
}

http_parser::~http_parser() {
  // nop
}

http_parser::progress http_parser::feed(std::string_view arrived) {
  size_t skipped = 0;
  // Empty lines before a request are to be ignored (RFC 9112, 2.2).
  if (!impl_->reader->got_some())
    while (arrived.substr(skipped).starts_with("\r\n"))
      skipped += 2;
  auto rest = arrived.substr(skipped);
  if (rest.empty() || (rest == "\r" && !impl_->reader->got_some()))
    return {state_t::incomplete, skipped};
  size_t consumed = 0;
  auto state = impl_->put(rest, consumed);
  return {state, skipped + consumed};
}

http_request http_parser::request() const {
  auto& from = impl_->message();
  http_request result;
  result.method = method_of(from.method());
  result.target = view(from.target());
  result.if_match = impl_->field(http::field::if_match);
  result.if_none_match = impl_->field(http::field::if_none_match);
  result.body = from.body();
  result.keep_alive = from.keep_alive();
  result.http_1_0 = from.version() == 10;
  return result;
}

void http_parser::next() {
  impl_->restart();
}

http_answer http_parser::refusal() const {
  if (impl_->error == http::error::body_limit)
    return error_answer(413, "too_large",
                        fmt::format("the body is larger than {} bytes",
                                    impl_->bounds.max_body));
  if (impl_->error == http::error::header_limit)
    return error_answer(400, "bad_request",
                        fmt::format("the header is larger than {} bytes",
                                    impl_->bounds.max_header));
  return error_answer(400, "bad_request",
                      "not a request of HTTP/1.1: " + impl_->error.message());
}

bool http_parser::in_request() const {
  return impl_->reader->got_some() && !impl_->reader->is_done();
}

bool http_parser::awaits_continue() const {
  if (!impl_->reader->is_header_done() || impl_->reader->is_done())
    return false;
  auto& from = impl_->message();
  auto i = from.find(http::field::expect);
  return i != from.end() && from.version() == 11
         && boost::beast::iequals(i->value(), "100-continue");
}

uint64_t http_parser::body_left() const {
  if (!impl_->reader->is_header_done() || impl_->reader->is_done())
    return 0;
  auto field = impl_->field(http::field::content_length);
  auto size = parse_number(field.value_or("0")).value_or(0);
  return size - std::min<uint64_t>(size, impl_->message().body().size());
}

} // namespace kvnode
