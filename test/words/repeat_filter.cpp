#include "caf/raft/repeat_filter.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace caf::raft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1s};

} // namespace

TEST_CASE("the same line passes once a minute") {
  repeat_filter filter;
  CHECK(filter.passes("a", "x", start));
  CHECK_FALSE(filter.passes("a", "x", start + 1s));
  CHECK_FALSE(filter.passes("a", "x", start + 59s));
  CHECK(filter.passes("a", "x", start + 60s));
  CHECK_FALSE(filter.passes("a", "x", start + 61s));
}

TEST_CASE("other lines pass, and so do those about other matters") {
  repeat_filter filter;
  CHECK(filter.passes("a", "x", start));
  CHECK(filter.passes("a", "y", start));
  CHECK(filter.passes("a", "x", start));
  CHECK(filter.passes("b", "x", start));
}

TEST_CASE("a matter that goes to and fro is slowed down") {
  repeat_filter filter;
  int passed = 0;
  for (int i = 0; i < 6000; ++i)
    passed += filter.passes("a", i % 2 == 0 ? "up" : "down", start + i * 10ms);
  // In one minute.
  CHECK(passed == 6 + 5);
}

TEST_CASE("strangers with matters of their own do not fill the memory") {
  repeat_filter filter;
  for (int i = 0; i < 5000; ++i)
    CHECK(filter.passes(std::to_string(i), "x", start));
  CHECK_FALSE(filter.passes("4999", "x", start));
}
