#include "caf/raft/testing/sim_network.hpp"

#include "caf/raft/wire/codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

/// What one end of a stream heard.
struct heard {
  bytes content;
  std::string end;

  /// Whether there are frames and nothing else.
  bool is_whole() const {
    wire::frame_reader reader{1 << 20};
    reader.feed(content);
    for (;;) {
      auto next = reader.next();
      if (!next)
        return false;
      if (!*next)
        return true;
    }
  }

  /// The rounds of the heartbeats that arrived as a whole.
  std::vector<uint64_t> rounds() const {
    wire::frame_reader reader{1 << 20};
    reader.feed(content);
    std::vector<uint64_t> result;
    for (;;) {
      auto next = reader.next();
      REQUIRE(next);
      if (!*next)
        return result;
      auto msg = wire::decode_group({server_id{1}, {}}, (*next)->body,
                                    (*next)->owner);
      REQUIRE(msg);
      result.push_back(std::get<heartbeat>(msg->body).round.value);
    }
  }
};

class listening_state {
public:
  using handle = stream_owner;
  static constexpr const char* name = "listening";

  listening_state(caf::scheduled_actor*, std::shared_ptr<heard> to)
    : heard_(std::move(to)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const stream_bytes& x) {
        heard_->content.insert(heard_->content.end(), x.content->begin(),
                               x.content->end());
      },
      [this](const stream_ended& x) { heard_->end = x.reason; },
    };
  }

private:
  std::shared_ptr<heard> heard_;
};

/// Member 1 opens a connection to member 2.
struct fixture {
  explicit fixture(uint64_t seed = 1) : rng(seed) {
    net.listen("two:1", two, [this](auto) -> stream_owner {
      return spawn_at<listening_state>(sys.system(), placement::scheduled,
                                       there);
    });
  }

  void open(const std::string& address = "two:1") {
    towards = net.open({one, incarnation_t{1}}, address);
    auto owner = spawn_at<listening_state>(sys.system(), placement::scheduled,
                                           here);
    net.set_owner(sim_network::other(towards), owner);
  }

  void say(uint64_t round) {
    heartbeat msg{{}, term_t{1}, tenure_id{1}, round_t{round}, index_t{}};
    net.send(towards, wire::encode(group_id{1}, msg));
  }

  void run() {
    do {
      while (sys.step(rng))
        ; // nop
      if (auto next = net.next_event())
        net.advance_to(*next);
    } while (net.next_event() || sys.runnable() > 0);
  }

  const server_id one{1};
  const server_id two{2};
  random_source rng;
  sim_system sys{time_point{1s}};
  sim_network net{rng};
  std::shared_ptr<heard> here = std::make_shared<heard>();
  std::shared_ptr<heard> there = std::make_shared<heard>();
  sim_network::direction_id towards = 0;
};

using rounds = std::vector<uint64_t>;

} // namespace

TEST_CASE("bytes arrive in order and whole, in whatever pieces") {
  fixture f;
  f.net.conditions().split_percent = 70;
  f.open();
  rounds all;
  for (uint64_t i = 1; i <= 50; ++i) {
    f.say(i);
    all.push_back(i);
  }
  CHECK(f.net.underway(f.towards) > 0);
  f.run();
  CHECK(f.there->rounds() == all);
  CHECK(f.net.underway(f.towards) == 0);
}

TEST_CASE("messages that members send again arrive more than once") {
  fixture f;
  f.net.conditions().repeat_permille = 300;
  f.open();
  for (uint64_t i = 1; i <= 200; ++i)
    f.say(i);
  f.run();
  auto heard = f.there->rounds();
  // All of them, and some twice, behind later ones too.
  CHECK(std::set<uint64_t>{heard.begin(), heard.end()}.size() == 200);
  CHECK(heard.size() > 220);
  CHECK(!std::is_sorted(heard.begin(), heard.end()));
}

TEST_CASE("what is passed on for a client does not come twice") {
  fixture f;
  f.net.conditions().repeat_permille = 1000;
  f.open();
  for (auto i = 0; i < 20; ++i)
    f.net.send(f.towards, wire::encode(group_id{1}, propose{}));
  f.run();
  wire::frame_reader reader{1 << 20};
  reader.feed(f.there->content);
  size_t count = 0;
  for (auto next = reader.next(); next && *next; next = reader.next())
    ++count;
  CHECK(count == 20);
}

TEST_CASE("where nobody listens a connection is refused") {
  fixture f;
  f.open("three:1");
  f.say(1);
  f.run();
  CHECK(f.here->end == "connection refused");
}

TEST_CASE("what is closed arrives before its end") {
  fixture f;
  f.open();
  f.say(1);
  f.net.close(f.towards);
  f.say(2);
  f.run();
  CHECK(f.there->rounds() == rounds{1});
  CHECK(f.there->end == "closed by the other side");
  CHECK(f.here->end == "closed");
}

TEST_CASE("a cut holds bytes back in one direction until it is mended") {
  fixture f;
  f.open();
  f.run();
  f.net.cut(f.one, f.two);
  f.say(1);
  f.run();
  CHECK(f.there->rounds().empty());
  f.net.mend_all();
  f.say(2);
  f.run();
  CHECK(f.there->rounds() == rounds{1, 2});
  f.net.cut(f.two, f.one);
  f.say(3);
  f.run();
  CHECK(f.there->rounds() == rounds{1, 2, 3});
}

TEST_CASE("a broken connection loses what is behind some byte") {
  size_t arrived = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    fixture f{seed};
    f.open();
    f.run();
    for (uint64_t i = 1; i <= 5; ++i)
      f.say(i);
    f.net.break_connections(f.one, f.two);
    f.run();
    CHECK(f.here->end == "the connection broke");
    CHECK(f.there->end == "the connection broke");
    arrived += f.there->rounds().size();
  }
  CHECK(arrived > 0);
  CHECK(arrived < 100);
}

TEST_CASE("what is lost comes late, and whatever is behind it") {
  fixture f;
  f.net.conditions().loss_permille = 1000;
  f.net.conditions().resend_after = 1s;
  f.open();
  f.say(1);
  f.net.conditions().loss_permille = 0;
  f.say(2);
  CHECK(*f.net.next_event() > time_point{1s});
  f.run();
  CHECK(f.there->rounds() == rounds{1, 2});
}

TEST_CASE("a slow link is slow in its direction") {
  fixture f;
  f.open();
  f.run();
  f.net.slow_down(f.two, f.one, 5s);
  f.say(1);
  CHECK(*f.net.next_event() < time_point{2s});
  f.run();
  f.net.slow_down(f.two, f.one, {});
  f.net.slow_down(f.one, f.two, 5s);
  f.say(2);
  CHECK(*f.net.next_event() > time_point{5s});
  f.run();
  CHECK(f.there->rounds() == rounds{1, 2});
}

TEST_CASE("an abandoned connection is overtaken by the next one") {
  fixture f;
  f.open();
  f.run();
  f.say(1);
  f.net.abandon_connections(f.one, f.two, 1s);
  f.say(2);
  f.open();
  f.say(3);
  f.run();
  CHECK(f.here->end == "the connection timed out");
  CHECK(f.there->end == "connection reset by peer");
  // The late one is behind the newer one.
  CHECK(f.there->rounds() == rounds{3, 1});
}

TEST_CASE("garbage breaks the stream from there on") {
  fixture f;
  f.open();
  f.run();
  SUBCASE("where something is under way") {
    f.say(1);
    f.net.garble(f.one, f.two);
    f.say(2);
  }
  SUBCASE("where nothing is") {
    f.net.garble(f.one, f.two);
    f.say(2);
  }
  f.run();
  CHECK(!f.there->is_whole());
}

TEST_CASE("the end of a process is heard behind what it had sent") {
  fixture f;
  f.open();
  f.run();
  f.say(1);
  f.net.detach(f.one, false);
  f.say(2);
  f.run();
  CHECK(f.there->rounds() == rounds{1});
  CHECK(f.there->end == "connection reset by peer");
  CHECK(f.here->end.empty());
}

TEST_CASE("a machine that lost power says nothing until it is back") {
  fixture f;
  f.open();
  f.run();
  f.net.detach(f.two, true);
  f.say(1);
  f.run();
  CHECK(f.here->end.empty());
  f.net.reset_silent(f.two);
  f.run();
  CHECK(f.here->end == "connection reset by peer");
}

TEST_CASE("messages that are held arrive one by one, in any order") {
  fixture f;
  f.net.hold_messages();
  f.open();
  f.run();
  for (uint64_t i = 1; i <= 4; ++i)
    f.say(i);
  f.net.close(f.towards);
  f.run();
  REQUIRE(f.net.waiting().size() == 4);
  CHECK(f.net.waiting()[0].to == f.two);
  CHECK(f.there->end.empty());
  f.net.deliver(3);
  f.net.deliver(1);
  f.net.drop(2);
  f.run();
  CHECK(f.there->rounds() == rounds{3, 1});
  CHECK(f.there->end.empty());
  f.net.deliver(4);
  f.run();
  CHECK(f.there->rounds() == rounds{3, 1, 4});
  CHECK(f.there->end == "closed by the other side");
}
