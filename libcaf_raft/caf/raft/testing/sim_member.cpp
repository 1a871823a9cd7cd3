#include "caf/raft/testing/sim_member.hpp"

#include "caf/raft/assert.hpp"

namespace caf::raft::testing {

life_listener::~life_listener() {
  // nop
}

/// Hears what a group answers.
class sim_life::client {
public:
  using handle = client_handle;
  static constexpr const char* name = "sim.client";

  client(scheduled_actor*, link to, server_id member, group_id group)
    : link_(std::move(to)),
      member_(member),
      group_(group) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const outcome& x) {
        if (*link_ != nullptr)
          (*link_)->on_outcome(member_, x);
      },
      [this](const status_report& x) {
        if (*link_ != nullptr)
          (*link_)->on_status(member_, x);
      },
      [this](const group_event& x) {
        if (*link_ != nullptr)
          (*link_)->on_event(member_, group_, x);
      },
      [this](const members_changed& x) {
        if (*link_ != nullptr)
          (*link_)->on_changed(member_, x);
      },
      [this](stopped) {
        if (*link_ != nullptr)
          (*link_)->on_stopped(member_, group_);
      },
    };
  }

private:
  link link_;
  server_id member_;
  group_id group_;
};

namespace {

/// Whose state machine it is, and who looks on.
struct onlooker {
  void on_applied(index_t index, bytes_view command) const {
    if (*owner != nullptr)
      (*owner)->on_applied(member, group, index, command);
  }

  void on_answered(index_t index, bytes_view answer) const {
    if (*owner != nullptr)
      (*owner)->on_answered(member, group, index, answer);
  }

  void on_loaded() const {
    if (*owner != nullptr)
      (*owner)->on_loaded(member, group);
  }

  std::shared_ptr<life_listener*> owner;
  server_id member;
  group_id group;
};

class watched_loader : public state_loader {
public:
  watched_loader(std::unique_ptr<state_loader> what, onlooker who)
    : loader_(std::move(what)),
      onlooker_(std::move(who)) {
    // nop
  }

  void write(bytes_view from) override {
    loader_->write(from);
  }

  void finish() override {
    loader_->finish();
    onlooker_.on_loaded();
  }

private:
  std::unique_ptr<state_loader> loader_;
  onlooker onlooker_;
};

/// A state machine that is watched.
class watched_machine : public state_machine {
public:
  watched_machine(std::unique_ptr<state_machine> what, onlooker who)
    : machine_(std::move(what)),
      onlooker_(std::move(who)) {
    // nop
  }

  bytes apply(index_t index, bytes_view command) override {
    onlooker_.on_applied(index, command);
    auto result = machine_->apply(index, command);
    onlooker_.on_answered(index, result);
    return result;
  }

  bytes query(bytes_view what) override {
    return machine_->query(what);
  }

  std::unique_ptr<state_view> view() override {
    return machine_->view();
  }

  std::unique_ptr<state_loader> loader() override {
    auto result = machine_->loader();
    if (result)
      result = std::make_unique<watched_loader>(std::move(result), onlooker_);
    return result;
  }

  index_t applied_index() const override {
    return machine_->applied_index();
  }

  bool quick() const override {
    return machine_->quick();
  }

private:
  std::unique_ptr<state_machine> machine_;
  onlooker onlooker_;
};

} // namespace

sim_life::sim_life(sim_network& net, sim_disk& disk, const life_settings& cfg,
                   life_listener& owner)
  : link_(std::make_shared<life_listener*>(&owner)),
    net_(net),
    member_(cfg.member),
    sys_(cfg.now),
    transport_(std::make_shared<sim_transport>(net, sys_, cfg.member)) {
  assembly_settings parts;
  parts.initial_members = cfg.addresses;
  parts.address = cfg.addresses[cfg.member.value - 1];
  parts.join = cfg.join;
  parts.seed = cfg.seed;
  parts.log = logger{cfg.log, to_string(cfg.member) + " "};
  parts.fatal = [to = link_, id = member_](const failure& why) {
    if (*to != nullptr)
      (*to)->on_fatal(id, why);
  };
  parts.removed = [to = link_, id = member_](group_id group) {
    if (*to != nullptr)
      (*to)->on_removed(id, group);
  };
  // In this order: to open the directory ends whoever had it open.
  auto log = disk.open();
  auto snapshots = disk.snapshots().open();
  assembly_ = std::make_unique<assembly>(
    sys_.system(), std::move(log), std::move(snapshots), transport_, parts);
  log_job_ = sim_system::job_of(assembly_->log());
  reader_job_ = sim_system::job_of(assembly_->log_reader());
  for (auto id : cfg.groups) {
    group_settings group;
    group.group = id;
    group.cfg = cfg.cfg;
    group.quick = true;
    group.make = [make = cfg.make_machine, to = link_, id, me = member_] {
      return std::make_unique<watched_machine>(make(), onlooker{to, me, id});
    };
    groups_[id] = assembly_->add_group(group);
    clients_[id] = spawn_at<client>(sys_.system(), placement::scheduled, link_,
                                    member_, id);
    post_from_outside(groups_[id], subscribe{clients_[id]});
  }
  auto ok = transport_->listen(parts.address, assembly_->node());
  CAF_RAFT_ASSERT(ok);
}

sim_life::~sim_life() {
  *link_ = nullptr;
  transport_->end();
  net_.detach(member_, false);
}

const group_actor& sim_life::group(group_id id) const {
  auto i = groups_.find(id);
  CAF_RAFT_ASSERT(i != groups_.end());
  return i->second;
}

void sim_life::submit(group_id to, request_id id, request_kind kind,
                      bytes payload, timespan time_left) {
  post_from_outside(group(to), raft::submit{id, kind, std::move(payload),
                                            time_left, clients_[to]});
}

void sim_life::ask_status(group_id of, request_id id) {
  post_from_outside(group(of), get_status{id, clients_[of]});
}

void sim_life::transfer(group_id of, request_id id, server_id to,
                        timespan time_left) {
  post_from_outside(group(of),
                    transfer_leadership{id, to, time_left, clients_[of]});
}

void sim_life::snapshot(group_id of, request_id id, timespan time_left) {
  post_from_outside(group(of), request_snapshot{id, time_left, clients_[of]});
}

void sim_life::change(group_id of, request_id id, raft::change what,
                      bool wait_for_voters, timespan time_left) {
  post_from_outside(group(of),
                    change_members{id, std::move(what), wait_for_voters,
                                   time_left, clients_[of]});
}

void sim_life::stop(group_id which, timespan time_left) {
  post_from_outside(group(which), stop_group{time_left, clients_[which]});
}

} // namespace caf::raft::testing
