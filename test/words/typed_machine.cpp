#include "caf/raft/typed_machine.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace caf::raft;

namespace {

struct add {
  int64_t amount = 0;
};

struct total {};

template <class Archive>
void fields(Archive& ar, add& x) {
  ar(x.amount);
}

template <class Archive>
void fields(Archive&, total&) {
}

/// Without snapshots.
class counter {
public:
  using commands = list<add>;
  using queries = list<total>;

  int64_t apply(index_t, const add& x) {
    return sum_ += x.amount;
  }

  int64_t query(const total&) {
    return sum_;
  }

protected:
  int64_t sum_ = 0;
};

class saved_counter : public counter {
public:
  bytes save() const {
    return codec<int64_t>::encode(sum_);
  }

  void load(bytes_view from) {
    int64_t sum = 0;
    if (from.size() != 8 || !codec<int64_t>::decode(from, sum))
      throw std::invalid_argument("no counter");
    sum_ = sum;
  }
};

class listed_counter : public counter {
public:
  template <class Archive>
  friend void fields(Archive& ar, listed_counter& x) {
    ar(x.sum_);
  }
};

/// Reads and writes bit by bit, with a disk of its own.
class viewed_counter : public counter {
public:
  std::unique_ptr<state_view> view() {
    return std::make_unique<whole_view>(codec<int64_t>::encode(sum_), 1);
  }

  std::unique_ptr<state_loader> loader() {
    return std::make_unique<whole_loader>(
      [this](bytes_view from) { codec<int64_t>::decode(from, sum_); });
  }

  index_t applied_index() const {
    return index_t{7};
  }
};

template <class Machine>
int64_t total_of(typed_machine<Machine>& x) {
  int64_t result = 0;
  codec<int64_t>::decode(x.query(typed_machine<Machine>::encode_query(total{})),
                         result);
  return result;
}

template <class Machine>
void add_to(typed_machine<Machine>& x, int64_t amount) {
  x.apply(index_t{1}, typed_machine<Machine>::encode_command(add{amount}));
}

bytes rest_of(state_view& from) {
  bytes result;
  while (from.read(result, 3)) {
    // nop
  }
  return result;
}

} // namespace

TEST_CASE_TEMPLATE("a machine with types is saved and loaded", Machine,
                   saved_counter, listed_counter, viewed_counter) {
  typed_machine<Machine> from;
  add_to(from, 300);
  auto view = from.view();
  REQUIRE(view);
  add_to(from, 5);
  auto all = rest_of(*view);
  typed_machine<Machine> to;
  add_to(to, 1);
  auto loader = to.loader();
  REQUIRE(loader);
  loader->write(bytes_view{all}.first(2));
  loader->write(bytes_view{all}.subspan(2));
  CHECK(total_of(to) == 1);
  loader->finish();
  CHECK(total_of(to) == 300);
  add_to(to, 5);
  CHECK(total_of(to) == total_of(from));
}

TEST_CASE_TEMPLATE("what is no snapshot of it changes nothing", Machine,
                   saved_counter, listed_counter) {
  typed_machine<Machine> x;
  add_to(x, 7);
  for (size_t size : {7, 9}) {
    auto loader = x.loader();
    loader->write(bytes(size));
    CHECK_THROWS_AS(loader->finish(), std::invalid_argument);
    CHECK(total_of(x) == 7);
  }
}

TEST_CASE("a machine that cannot be saved has no snapshots") {
  typed_machine<counter> x;
  CHECK(x.view() == nullptr);
  CHECK(x.loader() == nullptr);
  CHECK_FALSE(x.applied_index());
}

TEST_CASE("what a machine has on its own disk is passed on") {
  CHECK(typed_machine<viewed_counter>{}.applied_index() == index_t{7});
}
