#include "caf/raft/testing/linearizability.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

using namespace caf::raft;
using namespace caf::raft::testing;

namespace {

history parse(const char* text) {
  std::istringstream in{text};
  auto result = read_history(in);
  if (!result)
    FAIL(result.error().text);
  return *result;
}

verdict check(const char* text) {
  return check_linearizability(parse(text)).result;
}

} // namespace

TEST_CASE("a history is the same after writing and reading it") {
  std::string text = "1 10 20 put a v1 = ok 1\n"
                     "2 15 - put a v%20%252 if 3 = unknown\n"
                     "2 15 30 put a % if 0 = mismatch\n"
                     "1 21 30 get a = ok v1 1\n"
                     "1 31 32 get b%0a = absent\n"
                     "3 35 38 delete a if 7 = ok 9\n"
                     "3 39 40 delete a = failed\n";
  auto xs = parse(text.c_str());
  REQUIRE(xs.size() == 7);
  CHECK(xs[1].value == "v %2");
  CHECK(xs[1].returned == operation::never);
  CHECK(xs[2].value.empty());
  CHECK(xs[4].key == "b\n");
  std::ostringstream out;
  write(out, xs);
  CHECK(out.str() == text);
}

TEST_CASE("a line that is no operation is refused with a reason") {
  CHECK(!parse_operation("1 10"));
  CHECK(!parse_operation("1 10 20 take a = ok 1"));
  CHECK(!parse_operation("1 10 20 put a v1"));
  CHECK(!parse_operation("1 10 20 put a v1 = done"));
  CHECK(!parse_operation("1 10 20 put a v1 = ok"));
  CHECK(!parse_operation("1 10 20 put a v%4 = ok 1"));
  CHECK(!parse_operation("1 10 20 put a v1 = ok 1 2"));
  std::istringstream in{"# a comment\n\n1 10 20 put a v1 = ok 1\n1 2\n"};
  auto xs = read_history(in);
  REQUIRE(!xs);
  CHECK(xs.error().text == "line 4: the time of the return is missing");
}

TEST_CASE("a client that works alone sees what it wrote") {
  CHECK(check(R"(
1 10 20 get a = absent
1 21 30 put a v1 = ok 1
1 31 40 get a = ok v1 1
1 41 50 put a v2 if 1 = ok 2
1 51 60 put a v3 if 1 = mismatch
1 61 70 put a v3 if 0 = mismatch
1 71 80 delete a if 2 = ok 3
1 81 90 delete a = absent
1 91 99 put a v4 if 0 = ok 9
)") == verdict::linearizable);
}

TEST_CASE("a read that is older than a write that had returned is found") {
  auto report = check_linearizability(parse(R"(
1 10 20 put a v1 = ok 1
1 21 30 put a v2 = ok 2
2 31 40 get a = ok v1 1
)"));
  CHECK(report.result == verdict::violated);
  CHECK(report.key == "a");
  CHECK(report.explanation.find("2 31 40 get a = ok v1 1")
        != std::string::npos);
}

TEST_CASE("reads beside a write may see it or not, but not in turns") {
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
1 30 90 put a v2 = ok 2
2 40 50 get a = ok v1 1
3 45 60 get a = ok v2 2
2 61 70 get a = ok v2 2
)") == verdict::linearizable);
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
1 30 90 put a v2 = ok 2
2 40 50 get a = ok v2 2
3 51 60 get a = ok v1 1
)") == verdict::violated);
}

TEST_CASE("a write without an answer may act late, or never, but once") {
  CHECK(check(R"(
1 10 - put a v1 = unknown
2 20 30 get a = absent
2 40 50 get a = absent
)") == verdict::linearizable);
  CHECK(check(R"(
1 10 50 put a v1 = unknown
2 60 70 get a = absent
2 80 90 get a = ok v1 5
)") == verdict::linearizable);
  CHECK(check(R"(
1 10 - put a v1 = unknown
2 20 30 get a = ok v1 5
2 40 50 put a v2 = ok 6
2 60 70 get a = ok v1 7
)") == verdict::violated);
  CHECK(check(R"(
2 20 30 get a = ok v1 5
1 40 - put a v1 = unknown
)") == verdict::violated);
}

TEST_CASE("a write that failed must not be seen") {
  CHECK(check(R"(
1 10 20 put a v1 = failed
2 30 40 get a = ok v1 1
)") == verdict::violated);
}

TEST_CASE("two compare-and-sets over one version cannot both be done") {
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
1 30 90 put a v2 if 1 = ok 2
2 30 90 put a v3 if 1 = ok 3
)") == verdict::violated);
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
1 30 90 put a v2 if 1 = mismatch
2 30 90 put a v3 if 1 = ok 3
)") == verdict::linearizable);
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
1 30 40 put a v2 if 1 = mismatch
)") == verdict::violated);
}

TEST_CASE("a compare-and-set without an answer changes nothing if its version "
          "was gone") {
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
1 30 40 put a v2 = ok 2
2 50 - put a v3 if 1 = unknown
1 60 70 get a = ok v3 9
)") == verdict::violated);
}

TEST_CASE("a mismatch or a missing key may be due to someone who got no "
          "answer") {
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
2 30 - put a v2 = unknown
1 40 50 put a v3 if 1 = mismatch
)") == verdict::linearizable);
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
2 30 - delete a = unknown
1 40 50 get a = absent
1 60 70 get a = ok v1 1
)") == verdict::violated);
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
2 30 - delete a = unknown
1 40 50 get a = ok v1 1
1 60 70 get a = absent
)") == verdict::linearizable);
}

TEST_CASE("versions rise, as the log does") {
  CHECK(check(R"(
1 10 20 put a v1 = ok 5
2 30 40 put a v2 = ok 4
)") == verdict::violated);
}

TEST_CASE("a version that was overwritten does not come back") {
  // The mismatch says that v2 was written, so version 1 is gone.
  auto text = R"(
1 10 20 put a v1 = ok 1
2 30 - put a v2 = unknown
1 40 50 put a x if 1 = mismatch
1 60 70 put a y if 1 = ok 3
)";
  CHECK(check(text) == verdict::violated);
  CHECK(check(R"(
1 10 20 put a v1 = ok 1
2 30 - put a v2 = unknown
1 40 50 put a x if 1 = mismatch
1 60 70 put a y if 2 = ok 3
)") == verdict::linearizable);
}

TEST_CASE("keys are independent") {
  auto report = check_linearizability(parse(R"(
1 10 20 put a v1 = ok 1
1 30 40 put b v1 = ok 2
2 50 60 get a = ok v1 1
2 70 80 get b = absent
)"));
  CHECK(report.result == verdict::violated);
  CHECK(report.key == "b");
}

namespace {

/// Clients that do one thing after the other on a map; each operation acts at
/// some moment between its invocation and its return.
class workload {
public:
  explicit workload(uint64_t seed) : rng_(seed) {
    // nop
  }

  history run(size_t operations, size_t clients, size_t keys) {
    std::vector<uint64_t> free_at(clients);
    history result;
    while (result.size() < operations) {
      auto client = rng_() % clients;
      now_ = std::max(now_ + 1, free_at[client]);
      result.push_back(one(client, std::to_string(rng_() % keys)));
      free_at[client] = now_ + result.back().returned % 50 + 1;
    }
    return result;
  }

private:
  struct cell {
    std::string value;
    uint64_t version = 0;
  };

  /// All act in order of `now_`, which lies within each one's time.
  operation one(uint64_t client, const std::string& key) {
    operation x;
    x.client = client;
    x.invoked = 1000 * now_ - rng_() % 20'000;
    x.returned = 1000 * now_ + rng_() % 20'000;
    x.key = key;
    x.kind = static_cast<op_kind>(rng_() % 3);
    if (x.kind != op_kind::get && rng_() % 3 == 0)
      x.expected = versions_.empty() ? 0 : versions_[rng_() % versions_.size()];
    auto lost = x.kind != op_kind::get && rng_() % 100 == 0;
    if (!lost || rng_() % 2 == 0)
      act(x, cells_[key]);
    if (lost) {
      x.result = op_result::unknown;
      x.version = 0;
      x.returned = operation::never;
    }
    return x;
  }

  void act(operation& x, cell& at) {
    x.value = "v" + std::to_string(++values_);
    auto present = at.version != 0;
    if (x.expected && *x.expected != at.version) {
      x.result = op_result::mismatch;
    } else if (x.kind == op_kind::put) {
      at = {x.value, ++index_};
      versions_.push_back(index_);
    } else if (!present) {
      x.result = op_result::absent;
      return;
    } else if (x.kind == op_kind::remove) {
      at = {{}, 0};
      ++index_;
      x.version = index_;
      x.result = op_result::ok;
      return;
    } else {
      x.value = at.value;
    }
    if (x.result != op_result::mismatch) {
      x.result = op_result::ok;
      x.version = at.version;
    }
  }

  std::mt19937_64 rng_;
  uint64_t now_ = 100;
  uint64_t index_ = 0;
  uint64_t values_ = 0;
  std::vector<uint64_t> versions_;
  std::map<std::string, cell> cells_;
};

} // namespace

TEST_CASE("tens of thousands of operations take few steps each") {
  auto xs = workload{1}.run(30'000, 20, 8);
  auto report = check_linearizability(xs);
  INFO(report.explanation);
  CHECK(report.result == verdict::linearizable);
  CHECK(report.steps < 100 * xs.size());
  MESSAGE(report.steps, " steps for ", xs.size(), " operations");
}

TEST_CASE("one wrong answer among thousands is found") {
  size_t found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    auto xs = workload{seed}.run(2000, 8, 4);
    REQUIRE(check_linearizability(xs).result == verdict::linearizable);
    std::mt19937_64 rng{seed};
    auto is_read = [](const operation& x) {
      return x.kind == op_kind::get && x.result == op_result::ok;
    };
    auto i = xs.begin() + rng() % 1500;
    auto wrong = std::find_if(i, xs.end(), is_read);
    auto old = std::find_if(xs.begin(), xs.end(), [&](const operation& x) {
      return is_read(x) && x.key == wrong->key && x.version != wrong->version;
    });
    REQUIRE(wrong != xs.end());
    REQUIRE(old != xs.end());
    wrong->value = old->value;
    wrong->version = old->version;
    if (check_linearizability(xs).result == verdict::violated)
      ++found;
  }
  CHECK(found == 20);
}
