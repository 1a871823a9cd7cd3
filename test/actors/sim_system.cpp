#include "caf/raft/testing/sim_system.hpp"

#include "caf/raft/actors.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

using node = handle<caf::result<void>(wake), caf::result<void>(stop)>;

struct notes {
  std::string text;
};

/// Writes down what it gets, and passes it on until the generation is zero.
class noter {
public:
  using handle = node;
  static constexpr const char* name = "noter";

  noter(caf::scheduled_actor* self, std::shared_ptr<notes> to, char mark)
    : self_(self),
      notes_(std::move(to)),
      mark_(mark) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](wake msg) { on(msg); },
      [this](stop) { self_->quit(); },
    };
  }

private:
  void on(wake msg) {
    notes_->text += mark_;
    if (msg.generation > 1)
      post_self(self_, wake{msg.generation - 1});
    if (msg.generation == 1)
      wake_at(self_, now(self_) + 10ms, wake{0});
  }

  caf::scheduled_actor* self_;
  std::shared_ptr<notes> notes_;
  char mark_;
};

std::string run(uint64_t seed) {
  auto to = std::make_shared<notes>();
  random_source rng{seed};
  sim_system sys{time_point{1s}};
  for (auto mark : {'a', 'b', 'c'}) {
    auto x = spawn_at<noter>(sys.system(), placement::scheduled, to, mark);
    post_from_outside(x, wake{5});
  }
  while (sys.step(rng) || sys.fire_next_timer())
    ; // nop
  to->text += std::to_string((sys.now() - time_point{1s}) / 1ms);
  return to->text;
}

} // namespace

TEST_CASE("the same seed gives the same order, another one another") {
  auto first = run(1);
  CHECK(first.size() == 3 * 6 + 2);
  CHECK(first.ends_with("10"));
  CHECK(run(1) == first);
  CHECK(run(2) != first);
}

TEST_CASE("an actor that is held waits with its messages") {
  auto to = std::make_shared<notes>();
  sim_system sys{time_point{1s}};
  auto a = spawn_at<noter>(sys.system(), placement::scheduled, to, 'a');
  auto b = spawn_at<noter>(sys.system(), placement::scheduled, to, 'b');
  auto* job = sim_system::job_of(a);
  sys.hold(job);
  post_from_outside(a, wake{0});
  post_from_outside(b, wake{0});
  while (sys.step_in_order())
    ; // nop
  CHECK(to->text == "b");
  CHECK(sys.is_held(job));
  CHECK(sys.is_busy(job));
  CHECK(!sys.is_busy(sim_system::job_of(b)));
  sys.release(job);
  while (sys.step_in_order())
    ; // nop
  CHECK(to->text == "ba");
}

TEST_CASE("a system ends with messages and timers under way") {
  auto to = std::make_shared<notes>();
  {
    sim_system sys{time_point{1s}};
    auto a = spawn_at<noter>(sys.system(), placement::scheduled, to, 'a');
    post_from_outside(a, wake{1});
    while (sys.step_in_order())
      ; // nop
    CHECK(sys.next_timer() == time_point{1s} + 10ms);
    post_from_outside(a, wake{3});
  }
  // All that referred to the notes is gone.
  CHECK(to.use_count() == 1);
}

TEST_CASE("a clock that drifts shows its own time") {
  drifting_clock exact{time_point{1s}, time_point{5s}, 0};
  CHECK(exact.own(time_point{3s}) == time_point{7s});
  CHECK(exact.simulated(time_point{7s}) == time_point{3s});
  drifting_clock fast{time_point{1s}, time_point{5s}, 1000};
  CHECK(fast.own(time_point{101s}) == time_point{105s} + 100ms);
  for (auto passed : {1ns, 999ns, 123456789ns, 3600s + 7ns}) {
    auto own = time_point{5s} + passed;
    auto at = fast.simulated(own);
    CHECK(fast.own(at) >= own);
    CHECK(fast.own(at - 1ns) < own);
  }
}
