#include "kvnode/http_parser.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

using namespace kvnode;
using namespace std::string_literals;

namespace {

using state = http_parser::state_t;

std::string describe(const http_request& x) {
  static constexpr const char* names[] = {"GET",  "HEAD",   "PUT",
                                          "POST", "DELETE", "other"};
  auto result = fmt::format("{} {} [{}]", names[static_cast<size_t>(x.method)],
                            x.target, x.body);
  if (x.if_match)
    result += fmt::format(" if-match {}", *x.if_match);
  if (x.if_none_match)
    result += fmt::format(" if-none-match {}", *x.if_none_match);
  if (!x.keep_alive)
    result += " close";
  if (x.http_1_0)
    result += " 1.0";
  return result;
}

struct result {
  std::vector<std::string> requests;
  /// Of the refusal, zero: none.
  unsigned refused = 0;
  /// Whether a request had begun at the end.
  bool within = false;

  bool operator==(const result&) const = default;
};

/// Feeds pieces as a connection does.
class feeder {
public:
  explicit feeder(http_parser::limits bounds = {}) : parser_(bounds) {
    // nop
  }

  void feed(std::string_view piece) {
    pending_ += piece;
    while (!pending_.empty() && seen_.refused == 0) {
      auto [now, consumed] = parser_.feed(pending_);
      REQUIRE(consumed <= pending_.size());
      pending_.erase(0, consumed);
      if (now == state::broken)
        seen_.refused = parser_.refusal().status;
      if (now != state::complete)
        break;
      seen_.requests.push_back(describe(parser_.request()));
      parser_.next();
    }
    seen_.within = parser_.in_request();
  }

  const result& seen() const {
    return seen_;
  }

  http_parser& parser() {
    return parser_;
  }

private:
  http_parser parser_;
  std::string pending_;
  result seen_;
};

result parse(std::string_view text, size_t piece = ~size_t{0},
             http_parser::limits bounds = {}) {
  feeder to{bounds};
  for (size_t i = 0; i < text.size(); i += std::min(piece, text.size()))
    to.feed(text.substr(i, piece));
  return to.seen();
}

using requests = std::vector<std::string>;

const auto sample = "PUT /kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                    "If-Match: \"12\"\r\n\r\nhello"
                    "\r\n\r\nGET /kv/a?x=y HTTP/1.1\r\n\r\n"
                    "POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n"
                    "DELETE /c HTTP/1.1\r\nConnection: close\r\n\r\n"s;

const requests of_sample{
  "PUT /kv/a [hello] if-match \"12\"",
  "GET /kv/a?x=y []",
  "POST /b [hello!]",
  "DELETE /c [] close",
};

} // namespace

TEST_CASE("requests are read, however they are cut into pieces") {
  for (size_t piece = 1; piece <= sample.size(); ++piece) {
    CAPTURE(piece);
    CHECK(parse(sample, piece) == result{of_sample, 0, false});
  }
  for (size_t cut = 0; cut <= sample.size(); ++cut) {
    CAPTURE(cut);
    feeder to;
    to.feed(std::string_view{sample}.substr(0, cut));
    to.feed(std::string_view{sample}.substr(cut));
    CHECK(to.seen() == result{of_sample, 0, false});
  }
}

TEST_CASE("HTTP/1.0 closes unless it asks not to") {
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").requests
        == requests{"GET / [] close 1.0"});
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").requests
        == requests{"GET / [] 1.0"});
}

TEST_CASE("methods that we do not know are requests all the same") {
  CHECK(parse("BREW /pot HTTP/1.1\r\n\r\n").requests
        == requests{"other /pot []"});
  CHECK(parse("OPTIONS * HTTP/1.1\r\n\r\n").requests == requests{"other * []"});
}

TEST_CASE("what is not HTTP is refused") {
  for (auto bad : {
         "\x16\x03\x01\x02\x00"s,
         "GET\r\n\r\n"s,
         "GET /\r\n\r\n"s,
         "GET / HTTP/2.0\r\n\r\n"s,
         "GET /\x01 HTTP/1.1\r\n\r\n"s,
         "GET / HTTP/1.1\r\nno colon\r\n\r\n"s,
         "GET / HTTP/1.1\r\nName : x\r\n\r\n"s,
         "GET / HTTP/1.1\r\nName: \x01\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"s,
         // What is behind such requests could be taken for the next one.
         "PUT / HTTP/1.1\r\nContent-Length: 1\r\n"
         "Transfer-Encoding: chunked\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
         "Content-Length: 1\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"s,
         "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"s,
         "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"s,
       }) {
    CAPTURE(bad);
    for (size_t piece : {1000, 1}) {
      CHECK(parse(bad, piece).refused == 400);
      CHECK(parse(bad, piece).requests.empty());
    }
  }
  CHECK(parse("GET / HTTP/1.1\n\n").refused == 400);
}

TEST_CASE("a header has 32 KiB at most") {
  auto with = [](size_t size) {
    return "GET / HTTP/1.1\r\nName: " + std::string(size, 'x') + "\r\n\r\n";
  };
  for (size_t piece : {1, 1000, 1000000}) {
    CHECK(parse(with(32000), piece).requests.size() == 1);
    CHECK(parse(with(40000), piece).refused == 400);
    CHECK(parse("GET /" + std::string(40000, 'x'), piece).refused == 400);
    // Without an end.
    CHECK(parse("GET / HTTP/1.1\r\n" + std::string(40000, 'x'), piece).refused
          == 400);
  }
}

TEST_CASE("the size of a body is looked at before room is made for it") {
  http_parser::limits bounds{16 << 10, 10};
  auto put = "PUT / HTTP/1.1\r\nContent-Length: "s;
  CHECK(parse(put + "10\r\n\r\n0123456789", 1000, bounds).requests.size() == 1);
  CHECK(parse(put + "11\r\n\r\n", 1, bounds).refused == 413);
  CHECK(parse(put + "104857600\r\n\r\n", 1, bounds).refused == 413);
  CHECK(parse(put + "18446744073709551615\r\n\r\n", 1, bounds).refused == 413);
  auto chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"s;
  CHECK(
    parse(chunked + "a\r\n0123456789\r\n0\r\n\r\n", 1, bounds).requests.size()
    == 1);
  CHECK(parse(chunked + "b\r\n", 1, bounds).refused == 413);
  CHECK(parse(chunked + "6\r\n012345\r\n6\r\n", 1, bounds).refused == 413);
  CHECK(parse(chunked + "ffffffffffffffff\r\n", 1, bounds).refused == 413);
  CHECK(parse(chunked + "1ffffffffffffffff\r\n", 1, bounds).refused == 400);
}

TEST_CASE("the extensions of a chunk do not go on for ever") {
  auto text = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;"
              + std::string(100000, 'x');
  CHECK(parse(text, 1000).refused == 400);
}

TEST_CASE("a client that waits for 100 Continue is told apart") {
  feeder to;
  to.feed("PUT /a HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n");
  CHECK_FALSE(to.parser().awaits_continue());
  to.feed("\r\n");
  CHECK(to.parser().awaits_continue());
  CHECK(to.parser().body_left() == 3);
  CHECK(to.seen().within);
  to.feed("ab");
  CHECK(to.parser().body_left() == 1);
  to.feed("c");
  CHECK_FALSE(to.parser().awaits_continue());
  CHECK(to.seen().requests == requests{"PUT /a [abc]"});
  feeder old;
  old.feed("PUT /a HTTP/1.0\r\nExpect: 100-continue\r\n"
           "Content-Length: 3\r\n\r\n");
  CHECK_FALSE(old.parser().awaits_continue());
}

TEST_CASE("truncated requests are incomplete, not wrong") {
  for (size_t size = 0; size < sample.size(); ++size) {
    auto seen = parse(std::string_view{sample}.substr(0, size));
    CAPTURE(size);
    CHECK(seen.refused == 0);
    CHECK(seen.requests.size() < of_sample.size());
  }
}

TEST_CASE("any bytes end in requests, a refusal or waiting") {
  std::mt19937 rng{11};
  for (int round = 0; round < 20000; ++round) {
    auto text = sample;
    auto changes = 1 + rng() % 8;
    for (unsigned i = 0; i < changes; ++i) {
      auto at = rng() % text.size();
      switch (rng() % 4) {
        case 0:
          text[at] = static_cast<char>(rng());
          break;
        case 1:
          text[at] = static_cast<char>(text[at] ^ (1 << rng() % 8));
          break;
        case 2:
          text.erase(at, 1 + rng() % 4);
          break;
        default:
          text.insert(at, text.substr(rng() % text.size(), rng() % 20));
      }
      if (text.empty())
        text = "x";
    }
    auto whole = parse(text);
    auto pieces = parse(text, 1 + rng() % 16);
    CHECK(whole.requests.size() <= 8);
    // A chunk that is refused early may be waited for when it comes in pieces.
    if (whole.refused == pieces.refused)
      CHECK(whole.requests == pieces.requests);
  }
}
