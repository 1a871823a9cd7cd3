#include "kvnode/response_queue.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace kvnode;
using namespace std::chrono_literals;
using caf::raft::request_id;
using caf::raft::time_point;

namespace {

http_answer value(std::string_view text) {
  http_answer result;
  result.view = text;
  return result;
}

std::string wire(std::string_view text, const answer_form& form = {}) {
  std::string result;
  append(result, value(text), form);
  return result;
}

time_point at(std::chrono::milliseconds x) {
  return time_point{x};
}

} // namespace

TEST_CASE("answers leave in the order of the requests (RFC 9112, 9.3.2)") {
  response_queue queue;
  std::string out;
  auto a = queue.open({}, {}, at(1s));
  auto b = queue.open({}, {true, false, false}, at(1s));
  auto c = queue.open({}, {false, true, false}, at(1s));
  queue.settle(c, value("c"), out);
  CHECK(out.empty());
  CHECK(queue.held_bytes() == wire("c", {false, true, false}).size());
  queue.settle(a, value("a"), out);
  CHECK(out == wire("a"));
  queue.settle(b, value("b"), out);
  CHECK(out
        == wire("a") + wire("b", {true, false, false})
             + wire("c", {false, true, false}));
  CHECK(queue.empty());
  CHECK(queue.held_bytes() == 0);
}

TEST_CASE("a request is answered once") {
  response_queue queue;
  std::string out;
  auto a = queue.open({}, {}, at(1s));
  auto b = queue.open({}, {}, at(1s));
  CHECK(queue.find(b) != nullptr);
  queue.settle(b, value("b"), out);
  CHECK(queue.find(b) == nullptr);
  queue.settle(b, value("again"), out);
  queue.settle(a, value("a"), out);
  queue.settle(a, value("again"), out);
  queue.settle(b, value("again"), out);
  queue.settle(request_id{0}, value("none"), out);
  queue.settle(b + 1, value("to come"), out);
  CHECK(out == wire("a") + wire("b"));
  CHECK(queue.open({}, {}, at(1s)) == b + 1);
}

TEST_CASE("requests that are late are those without an answer") {
  response_queue queue;
  std::string out;
  CHECK(queue.nearest_deadline() == time_point::max());
  auto a = queue.open({}, {}, at(30ms));
  auto b = queue.open({}, {}, at(10ms));
  auto c = queue.open({}, {}, at(20ms));
  CHECK(queue.nearest_deadline() == at(10ms));
  CHECK(queue.late(at(9ms)).empty());
  CHECK(queue.late(at(20ms)) == std::vector{b, c});
  queue.settle(b, value("b"), out);
  CHECK(queue.nearest_deadline() == at(20ms));
  CHECK(queue.late(at(1s)) == std::vector{a, c});
}

TEST_CASE("the last answer says that it is the last") {
  response_queue queue;
  std::string out;
  queue.end_with_last();
  auto a = queue.open({}, {}, at(1s));
  auto b = queue.open({}, {}, at(1s));
  queue.end_with_last();
  queue.settle(b, value("b"), out);
  queue.settle(a, value("a"), out);
  CHECK(out == wire("a") + wire("b", {false, true, false}));
}
