#include "caf/raft/testing/sim_member.hpp"

#include "caf/raft/assert.hpp"

namespace caf::raft::testing {

life_listener::~life_listener() {
  // nop
}

/// The way back to the owner; null when the life is over.
struct sim_life::link {
  life_listener* owner = nullptr;
};

/// Hears what a group answers.
class sim_life::client {
public:
  using handle = client_handle;
  static constexpr const char* name = "sim.client";

  client(scheduled_actor*, std::shared_ptr<link> to, server_id member,
         group_id group)
    : link_(std::move(to)),
      member_(member),
      group_(group) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const outcome& x) {
        if (link_->owner != nullptr)
          link_->owner->on_outcome(member_, x);
      },
      [this](const status_report& x) {
        if (link_->owner != nullptr)
          link_->owner->on_status(member_, x);
      },
      [this](const group_event& x) {
        if (link_->owner != nullptr)
          link_->owner->on_event(member_, group_, x);
      },
      [this](stopped) {
        if (link_->owner != nullptr)
          link_->owner->on_stopped(member_, group_);
      },
    };
  }

private:
  std::shared_ptr<link> link_;
  server_id member_;
  group_id group_;
};

namespace {

/// A state machine whose commands are seen.
class watched_machine : public state_machine {
public:
  using watcher = std::function<void(index_t, bytes_view)>;

  watched_machine(std::unique_ptr<state_machine> what, watcher who)
    : machine_(std::move(what)),
      watcher_(std::move(who)) {
    // nop
  }

  bytes apply(index_t index, bytes_view command) override {
    watcher_(index, command);
    return machine_->apply(index, command);
  }

  bytes query(bytes_view what) override {
    return machine_->query(what);
  }

  bool quick() const override {
    return machine_->quick();
  }

private:
  std::unique_ptr<state_machine> machine_;
  watcher watcher_;
};

} // namespace

sim_life::sim_life(sim_network& net, sim_disk& disk, const life_settings& cfg,
                   life_listener& owner)
  : link_(std::make_shared<link>()),
    net_(net),
    member_(cfg.member),
    sys_(cfg.now),
    transport_(std::make_shared<sim_transport>(net, sys_, cfg.member)) {
  link_->owner = &owner;
  assembly_settings parts;
  parts.initial_members = cfg.addresses;
  parts.address = cfg.addresses[cfg.member.value - 1];
  parts.seed = cfg.seed;
  parts.log = logger{cfg.log, to_string(cfg.member) + " "};
  parts.fatal = [to = link_, id = member_](const failure& why) {
    if (to->owner != nullptr)
      to->owner->on_fatal(id, why);
  };
  assembly_ = std::make_unique<assembly>(sys_.system(), disk.open(), transport_,
                                         parts);
  log_job_ = sim_system::job_of(assembly_->log());
  for (auto id : cfg.groups) {
    group_settings group;
    group.group = id;
    group.cfg = cfg.cfg;
    group.quick = true;
    group.make = [make = cfg.make_machine, to = link_, id, me = member_] {
      auto watcher = [to, id, me](index_t index, bytes_view command) {
        if (to->owner != nullptr)
          to->owner->on_applied(me, id, index, command);
      };
      return std::make_unique<watched_machine>(make(), watcher);
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
  link_->owner = nullptr;
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

void sim_life::stop(group_id which, timespan time_left) {
  post_from_outside(group(which), stop_group{time_left, clients_[which]});
}

} // namespace caf::raft::testing
