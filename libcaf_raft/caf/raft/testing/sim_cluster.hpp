#pragma once

#include "caf/raft/testing/invariants.hpp"
#include "caf/raft/testing/run_events.hpp"
#include "caf/raft/testing/sample_store.hpp"
#include "caf/raft/testing/sim_disk.hpp"
#include "caf/raft/testing/sim_member.hpp"
#include "caf/raft/testing/sim_network.hpp"

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace caf::raft::testing {

/// Thrown by whatever lets a cluster run as soon as an invariant is violated.
/// The text names the seed.
class invariant_violated : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// How a simulated cluster is set up.
struct cluster_settings {
  size_t members = 3;
  uint64_t seed = 1;
  /// The same for all groups.
  settings group;
  std::vector<group_id> groups{group_id{1}};
  applier_state::machine_factory make_machine = [] {
    return std::make_unique<sample_store>();
  };
  /// Whether the directories hold configuration zero from the start; otherwise
  /// the members form a cluster first.
  bool formed = true;
  network_conditions network;
  /// How long a disk takes for all that waited for it.
  timespan min_sync = std::chrono::microseconds(50);
  timespan max_sync = std::chrono::milliseconds(2);
  /// Whether a commit is durable when it returns, as with a journal; otherwise
  /// with the next one or a sync, as in LMDB alone.
  bool write_through = false;
  /// Clocks are up to so many millionths too fast or too slow.
  uint64_t max_drift_ppm = 100;
  /// Actors run in the order in which they got their messages, not at random,
  /// and disks take no time: for scenarios.
  bool in_order = false;
  /// Hears what the members log, with the id of the member in front.
  log_sink log;
  /// Hears what happens.
  event_handler events;
};

/// A cluster of real members, each in an actor system of its own, on a simulated
/// network, simulated disks and virtual time; all in one thread, and all chance
/// from one seed. Checks the invariants after every message.
class sim_cluster : private life_listener, private network_observer {
public:
  using outcome_handler = std::function<void(const outcome&)>;
  using status_handler = std::function<void(const status&)>;
  using change_handler = std::function<void(const members_changed&)>;
  using action = std::function<void()>;

  explicit sim_cluster(cluster_settings cfg);

  ~sim_cluster() override;

  // -- members ----------------------------------------------------------------

  std::vector<server_id> ids() const;

  /// One more member, with an empty directory. It is down, and once started it
  /// joins the cluster that runs.
  void add_member(server_id id);

  const std::vector<group_id>& groups() const {
    return cfg_.groups;
  }

  /// Where others reach a member.
  static std::string address(server_id id);

  /// Starts a member that is down.
  void start(server_id id);

  void start_all();

  /// A request that was open there is answered as unknown.
  void crash(server_id id, crash_kind how);

  /// The member does nothing until `resume`; what arrives waits.
  void pause(server_id id);

  void resume(server_id id);

  /// The member's clock goes on by so much at once.
  void jump_clock(server_id id, timespan by);

  /// Its disk does not answer until `release_disk`.
  void stall_disk(server_id id);

  void release_disk(server_id id);

  /// Its disk takes so much longer for everything; zero ends it.
  void slow_disk(server_id id, timespan by);

  /// Nothing old is read from its disk until `release_reader`.
  void stall_reader(server_id id);

  void release_reader(server_id id);

  /// From now on, disks take a time between these for whatever they begin.
  void set_sync_time(timespan min, timespan max);

  /// Its next write fails, and with it the process.
  void fail_disk(server_id id);

  /// Its disk has so many bytes left until `clear_disk`.
  void fill_disk(server_id id, size_t room);

  void clear_disk(server_id id);

  /// Whoever reads this entry from the disk finds it damaged.
  void damage(server_id id, group_id group, index_t index);

  /// The directory of a member that is down is lost.
  void wipe(server_id id);

  bool is_up(server_id id) const;

  bool is_paused(server_id id) const;

  sim_disk& disk(server_id id);

  sim_network& network() {
    return net_;
  }

  /// What a member that is up said of itself last, by itself.
  const group_event& view(server_id id, group_id group = group_id{1}) const;

  /// The member that leads as far as it knows, in the newest term; none where
  /// there is no such member.
  server_id leader(group_id group = group_id{1}) const;

  // -- clients ----------------------------------------------------------------

  /// Exactly one outcome comes.
  void submit(server_id at, group_id group, request_kind kind, bytes payload,
              timespan time_left, outcome_handler f);

  void transfer(server_id at, group_id group, server_id to, timespan time_left,
                outcome_handler f);

  /// Changes the members. Exactly one answer comes.
  void change(server_id at, group_id group, raft::change what,
              bool wait_for_voters, timespan time_left, change_handler f);

  /// Comes, unless the member crashes.
  void ask_status(server_id at, group_id group, status_handler f);

  /// Lets a member take a snapshot.
  void snapshot(server_id at, group_id group, timespan time_left,
                outcome_handler f);

  void stop(server_id at, group_id group, timespan time_left, action f);

  size_t open_requests() const;

  /// Whether the member was told that it is none any more, and has ended.
  bool has_ended(server_id id, group_id group = group_id{1}) const;

  // -- the course of time -----------------------------------------------------

  time_point now() const {
    return now_;
  }

  /// Does something at a later time.
  void at(time_point when, action what);

  /// Does something when so many more messages were handled, between two of them.
  void after(uint64_t messages, action what);

  /// Handles one message; where nobody has any, lets time pass to whatever
  /// comes next.
  /// @returns Whether there was anything to do until then.
  bool step(time_point until);

  void run_for(timespan duration);

  /// Runs until something holds, or until the time is over.
  /// @returns Whether it holds.
  bool run_until(const std::function<bool()>& what, timespan limit);

  /// Handles all messages without letting time pass.
  void settle();

  /// Lets one member's clock alone go on to its next timer, fires that, and
  /// handles all messages. The time of the simulation stands still.
  /// @returns How far the clock went on; empty: no timer was set.
  std::optional<timespan> fire_timer_of(server_id id);

  /// Lets one member's clock alone go on, and fires what is due.
  void advance_clock_of(server_id id, timespan by);

  // -- what is to be known ----------------------------------------------------

  /// Tells whoever hears the events of this run.
  void tell(run_event::content what);

  random_source& rng() {
    return rng_;
  }

  invariants& rules() {
    return rules_;
  }

  /// Stands for all that happened so far and in which order.
  uint64_t trace_hash() const {
    return hash_;
  }

  uint64_t messages_handled() const {
    return steps_;
  }

private:
  struct member {
    member(server_id id, incarnation_t incarnation) : disk(id, incarnation) {
      // nop
    }

    sim_disk disk;
    drifting_clock clock;
    std::unique_ptr<sim_life> life;
    bool joins = false;
    /// Groups of which it is no member any more, as it was told in this life.
    std::set<group_id> ended;
    bool paused = false;
    bool failed = false;
    /// When the disk is done with what it does.
    std::optional<time_point> disk_busy_until;
    bool disk_awake = false;
    timespan disk_slower_by{};
    std::map<group_id, group_event> views;
  };

  struct request {
    server_id at;
    group_id group;
    /// Nothing for what is neither a command nor a query.
    std::optional<request_kind> kind;
    /// For reads: what was acknowledged before.
    index_t must_see;
    outcome_handler on_outcome;
    status_handler on_status;
  };

  // -- sim_cluster.cpp ----------------------------------------------------------

  void on_outcome(server_id member, const outcome& what) override;
  void on_status(server_id member, const status_report& what) override;
  void on_event(server_id member, group_id group,
                const group_event& what) override;
  void on_changed(server_id member, const members_changed& what) override;
  void on_removed(server_id member, group_id group) override;
  void on_stopped(server_id member, group_id group) override;
  void on_applied(server_id member, group_id group, index_t index,
                  bytes_view command) override;
  void on_answered(server_id member, group_id group, index_t index,
                   bytes_view answer) override;
  void on_loaded(server_id member, group_id group) override;
  void on_fatal(server_id member, const failure& why) override;
  void on_sent(uint64_t number, server_id to, const envelope& what) override;
  void on_arrived(uint64_t number) override;
  void on_lost(uint64_t number) override;
  void on_link_changed(const link_changed& what) override;

  void form_directories();
  sim_life& life(server_id id);
  void lose_requests(server_id at);
  void lose_changes(server_id at);
  term_t stored_term(server_id member, group_id group);
  request_id add_request(request what, std::string text);
  member& make_member(server_id id);

  // -- sim_cluster_time.cpp -----------------------------------------------------

  bool is_active(const member& x) const;
  bool handle_message();
  bool advance(time_point until);
  std::optional<time_point> next_event() const;
  void go_to(time_point when);
  void fire_due(member& x);
  void look_at_disk(server_id id, uint64_t operations_before);
  void after_step(server_id id);
  template <class Key>
  void act(std::multimap<Key, action>& from, Key now);
  void check();
  void mix(uint64_t x);

  cluster_settings cfg_;
  random_source rng_;
  time_point now_;
  invariants rules_;
  sim_network net_;
  std::map<server_id, member> members_;
  std::multimap<time_point, action> actions_;
  /// By how many messages were handled then.
  std::multimap<uint64_t, action> steps_to_act_at_;
  std::map<request_id, request> requests_;
  std::map<request_id, std::pair<server_id, change_handler>> changes_;
  std::map<std::pair<server_id, group_id>, action> stopping_;
  request_id last_request_;
  uint64_t hash_ = 14695981039346656037u;
  uint64_t steps_ = 0;
};

} // namespace caf::raft::testing
