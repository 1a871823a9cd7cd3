#include "caf/raft/error.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>

using namespace caf::raft;

TEST_CASE("every code has a name of its own") {
  std::set<std::string_view> names;
  auto last = static_cast<int>(errc::removed);
  for (int i = 0; i <= last; ++i)
    names.insert(to_string(static_cast<errc>(i)));
  CHECK(names.size() == static_cast<size_t>(last) + 1);
  CHECK(names.count("unknown") == 0);
  CHECK(to_string(errc::no_leader) == "no_leader");
  CHECK(to_string(static_cast<errc>(last + 1)) == "unknown");
}

TEST_CASE("a result holds a value") {
  result_of<std::string> x{"abc"};
  REQUIRE(x);
  CHECK(*x == "abc");
  CHECK(x->size() == 3);
  *x += "d";
  CHECK(*std::as_const(x) == "abcd");
}

TEST_CASE("a result holds the reason why there is no value") {
  result_of<std::string> x{failure{errc::no_space, "the disk is full"}};
  REQUIRE_FALSE(x);
  CHECK(x.error() == failure{errc::no_space, "the disk is full"});
}

TEST_CASE("a value that cannot be copied can be moved out of a result") {
  result_of<std::unique_ptr<int>> x{std::make_unique<int>(5)};
  auto taken = std::move(*x);
  CHECK(*taken == 5);
}
