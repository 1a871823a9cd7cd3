#include "in_process_member.hpp"

#include "figures.hpp"

#include "caf/raft/all.hpp"
#include "caf/raft/whole_state.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

namespace {

namespace raft = caf::raft;

using steady = std::chrono::steady_clock;

constexpr size_t value_bytes = 256;

/// Keeps the last value.
class last_value final : public raft::state_machine {
public:
  raft::bytes apply(raft::index_t, raft::bytes_view command) override {
    value_.assign(command.begin(), command.end());
    return {};
  }

  raft::bytes query(raft::bytes_view) override {
    return value_;
  }

  std::unique_ptr<raft::state_view> view() override {
    return std::make_unique<raft::whole_view>(value_);
  }

  std::unique_ptr<raft::state_loader> loader() override {
    return std::make_unique<raft::whole_loader>([this](raft::bytes_view from) {
      value_.assign(from.begin(), from.end());
    });
  }

  bool quick() const override {
    return true;
  }

private:
  raft::bytes value_;
};

/// Passes one outcome on to a thread.
class outcome_state {
public:
  using handle = raft::client_actor;
  static constexpr const char* name = "bench.outcome";
  using promise = std::shared_ptr<std::promise<raft::outcome>>;

  outcome_state(caf::scheduled_actor* self, promise to)
    : self_(self),
      to_(std::move(to)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](raft::outcome& x) {
        to_->set_value(std::move(x));
        self_->quit();
      },
    };
  }

private:
  caf::scheduled_actor* self_;
  promise to_;
};

/// What became of the commands.
struct written {
  double seconds = 0;
  std::vector<double> latencies_us;
  /// Why not all were; empty: all were.
  std::string failure;
};

/// Keeps commands outstanding for a while.
class writer_state {
public:
  using handle = raft::client_actor;
  static constexpr const char* name = "bench.writer";
  using promise = std::shared_ptr<std::promise<written>>;

  writer_state(caf::scheduled_actor* self, raft::group_actor group,
               size_t outstanding, std::chrono::milliseconds span, promise to)
    : self_(self),
      group_(std::move(group)),
      end_(steady::now() + span),
      sent_(outstanding),
      open_(outstanding),
      to_(std::move(to)) {
    result_.seconds = std::chrono::duration<double>(span).count();
  }

  handle::behavior_type make_behavior() {
    for (size_t i = 0; i < sent_.size(); ++i)
      submit(raft::request_id{i + 1});
    return {
      [this](const raft::outcome& x) { on(x); },
    };
  }

private:
  /// @param id Counts the commands that are outstanding, from one.
  void submit(raft::request_id id) {
    sent_[id.value - 1] = steady::now();
    raft::post(self_, group_,
               raft::submit{id,
                            raft::request_kind::command,
                            value_,
                            {},
                            caf::actor_cast<handle>(self_)});
  }

  void on(const raft::outcome& x) {
    auto now = steady::now();
    if (x.code != raft::errc::none)
      result_.failure = fmt::format("{} {}", to_string(x.code), x.text);
    if (result_.failure.empty() && now < end_) {
      std::chrono::duration<double, std::micro> took = now
                                                       - sent_[x.id.value - 1];
      result_.latencies_us.push_back(took.count());
      submit(x.id);
    } else if (--open_ == 0) {
      to_->set_value(std::move(result_));
      self_->quit();
    }
  }

  caf::scheduled_actor* self_;
  raft::group_actor group_;
  steady::time_point end_;
  raft::bytes value_ = raft::bytes(value_bytes, std::byte{'v'});
  std::vector<steady::time_point> sent_;
  size_t open_;
  written result_;
  promise to_;
};

/// Answers lines.
class member {
public:
  member(caf::actor_system& sys, raft::group_actor group)
    : sys_(sys),
      group_(std::move(group)) {
    // nop
  }

  std::string answer(const std::string& line) {
    std::istringstream in{line};
    std::string what;
    size_t outstanding = 0;
    long ms = 0;
    in >> what;
    if (what == "leads")
      return leads() ? "yes" : "no";
    if (what == "run" && in >> outstanding >> ms && outstanding > 0)
      return run(outstanding, std::chrono::milliseconds(ms));
    return "failed: what is \"" + line + "\"?";
  }

private:
  bool leads() {
    auto told = std::make_shared<std::promise<raft::outcome>>();
    auto asking
      = raft::spawn_at<outcome_state>(sys_, raft::placement::scheduled, told);
    raft::post_from_outside(
      group_, raft::ask_is_leader{raft::request_id{1}, {}, asking});
    auto got = told->get_future().get();
    return !got.answer.empty() && got.answer[0] != std::byte{0};
  }

  std::string run(size_t outstanding, std::chrono::milliseconds span) {
    auto told = std::make_shared<std::promise<written>>();
    raft::spawn_at<writer_state>(sys_, raft::placement::scheduled, group_,
                                 outstanding, span, told);
    auto got = told->get_future().get();
    if (!got.failure.empty())
      return "failed: " + got.failure;
    return fmt::format("{} {} {} {}", got.latencies_us.size(), got.seconds,
                       percentile(got.latencies_us, 0.5),
                       percentile(got.latencies_us, 0.99));
  }

  caf::actor_system& sys_;
  raft::group_actor group_;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> result;
  std::istringstream in{list};
  for (std::string each; std::getline(in, each, ',');)
    result.push_back(each);
  return result;
}

int complain(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return 1;
}

} // namespace

int become_member(const std::vector<std::string>& args) {
  caf::actor_system_config cfg;
  raft::configure(cfg);
  caf::actor_system sys{cfg};
  raft::node_settings me;
  me.id = raft::server_id{std::stoull(args.at(0))};
  me.members = split(args.at(1));
  me.data_dir = args.at(2);
  auto node = raft::node::start(sys, me);
  if (!node)
    return complain(node.error().text);
  auto group
    = (*node)->spawn_group([] { return std::make_unique<last_value>(); });
  if (!group)
    return complain(group.error().text);
  member self{sys, *group};
  for (std::string line; std::getline(std::cin, line);)
    std::cout << self.answer(line) << std::endl;
  return 0;
}

} // namespace bench
