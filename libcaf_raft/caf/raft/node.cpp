#include "caf/raft/node.hpp"

#include "caf/raft/assembly.hpp"
#include "caf/raft/storage/journaled_store.hpp"
#include "caf/raft/storage/snapshot_files.hpp"
#include "caf/raft/tcp_transport.hpp"
#include "caf/raft/wire/configuration_codec.hpp"
#include "caf/raft/wire/limits.hpp"

#include <caf/send.hpp>

#include <fmt/format.h>

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>

namespace caf::raft {

// -- addresses ----------------------------------------------------------------

namespace {

failure bad_address(std::string_view text, const char* why) {
  return {errc::invalid_argument,
          fmt::format("'{}' is no address: {}; HOST:PORT or http://HOST:PORT "
                      "is wanted, IPv6 in brackets",
                      text, why)};
}

} // namespace

result_of<std::string> parse_address(std::string_view text) {
  auto rest = text;
  constexpr std::string_view scheme = "http://";
  if (rest.substr(0, scheme.size()) == scheme)
    rest.remove_prefix(scheme.size());
  if (!rest.empty() && rest.back() == '/')
    rest.remove_suffix(1);
  if (rest.size() > wire::max_address_size)
    return bad_address(text, "it is too long");
  auto colon = rest.rfind(':');
  if (colon == std::string_view::npos)
    return bad_address(text, "the port is missing");
  auto host = rest.substr(0, colon);
  auto port = rest.substr(colon + 1);
  if (host.empty())
    return bad_address(text, "the host is missing");
  auto bracketed = host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find_first_of(":[]/ ") != std::string_view::npos)
    return bad_address(text, "the host is not right");
  if (port.empty() || port.size() > 5
      || port.find_first_not_of("0123456789") != std::string_view::npos
      || std::stoul(std::string{port}) > 65535)
    return bad_address(text, "the port is not right");
  return std::string{rest};
}

// -- the node -----------------------------------------------------------------

namespace {

uint64_t draw_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) ^ device();
}

/// Makes addresses uniform and checks what can be checked before the disk is
/// touched.
result_of<done> tidy(node_settings& cfg) {
  auto bad = [](std::string text) {
    return failure{errc::invalid_argument, std::move(text)};
  };
  std::set<std::string> seen;
  for (auto& x : cfg.members) {
    auto address = parse_address(x);
    if (!address)
      return address.error();
    x = *address;
    if (!seen.insert(x).second)
      return bad(fmt::format("{} is named twice in the list of members", x));
  }
  if (cfg.members.size() > wire::max_initial_members)
    return bad(fmt::format("more than {} initial members cannot be",
                           wire::max_initial_members));
  if (cfg.id.value == 0 || cfg.id.value > cfg.members.size())
    return bad(fmt::format("the id {} is not in the list of members: it has {} "
                           "entries, and member N is the N-th",
                           cfg.id.value, cfg.members.size()));
  if (!cfg.listen.empty()) {
    auto address = parse_address(cfg.listen);
    if (!address)
      return address.error();
    cfg.listen = *address;
  }
  if (cfg.data_dir.empty())
    return bad("a data directory is needed");
  if (cfg.journal_bytes != 0 && cfg.journal_bytes < 256 << 10)
    return bad("the journal needs 256 KiB at least; zero: none");
  return done{};
}

storage::store_settings disk_of(const node_settings& cfg,
                                incarnation_t incarnation) {
  storage::store_settings result;
  result.directory = cfg.data_dir;
  result.id = cfg.id;
  result.incarnation = incarnation;
  result.codec = {&wire::encode_configuration, &wire::decode_configuration};
  result.map_size = cfg.map_bytes;
  result.reserve_bytes = cfg.reserve_bytes;
  result.journal_bytes = cfg.journal_bytes;
  return result;
}

assembly_settings assembly_of(const node_settings& cfg, uint64_t seed) {
  assembly_settings result;
  result.initial_members = cfg.members;
  result.address = cfg.members[cfg.id.value - 1];
  result.join = cfg.join;
  result.expected_cluster = cfg.cluster;
  result.seed = seed;
  result.where = {placement::io_thread, placement::detached,
                  placement::detached, placement::detached,
                  placement::detached};
  result.log = logger{cfg.log, {}};
  result.removed = cfg.on_removed;
  result.fatal = [log = result.log, die = cfg.on_fatal](const failure& why) {
    log.error("this member cannot go on: " + why.text);
    if (die)
      die(why);
    else
      std::_Exit(EXIT_FAILURE);
  };
  return result;
}

/// What the thread that stops a node waits for.
class countdown {
public:
  void expect(size_t n) {
    std::lock_guard guard{mutex_};
    left_ = n;
  }

  void down() {
    std::lock_guard guard{mutex_};
    if (left_ > 0 && --left_ == 0)
      changed_.notify_all();
  }

  /// @returns Whether all that was expected has come.
  bool wait_until(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock guard{mutex_};
    return changed_.wait_until(guard, deadline, [this] { return left_ == 0; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t left_ = 0;
};

/// Hears of every end.
class stop_watch {
public:
  using handle = stop_listener;
  static constexpr const char* name = "raft.stop_watch";

  stop_watch(scheduled_actor*, std::shared_ptr<countdown> ended)
    : ended_(std::move(ended)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](stopped) { ended_->down(); },
    };
  }

private:
  std::shared_ptr<countdown> ended_;
};

} // namespace

struct node::impl {
  actor_system& sys;
  std::string address;
  std::shared_ptr<tcp_transport> net;
  std::unique_ptr<assembly> parts;
  std::map<group_id, server_actor> groups;
  std::vector<actor> fronts;
  bool stopped = false;

  explicit impl(actor_system& system) : sys(system) {
    // nop
  }

  bool stop(timespan limit);
};

void configure(actor_system_config& cfg) {
  configure_system(cfg);
}

result_of<std::unique_ptr<node>> node::start(actor_system& sys,
                                             node_settings cfg) {
  if (!sys.has_middleman())
    return failure{errc::invalid_argument,
                   "the actor system has no middleman: call "
                   "caf::raft::configure on its configuration"};
  if (auto ok = tidy(cfg); !ok)
    return ok.error();
  std::mt19937_64 rng{cfg.seed != 0 ? cfg.seed : draw_seed()};
  auto incarnation = incarnation_t{rng() | 1};
  auto store = storage::open_log_store(disk_of(cfg, incarnation));
  if (!store)
    return store.error();
  auto& who = (*store)->who();
  if (cfg.cluster && who.cluster && cfg.cluster != who.cluster)
    return failure{errc::wrong_cluster,
                   fmt::format("the directory {} belongs to cluster {}, not "
                               "to {}",
                               cfg.data_dir, to_string(who.cluster),
                               to_string(cfg.cluster))};
  auto snapshots = storage::snapshot_files::open(
    cfg.data_dir, disk_of(cfg, incarnation).codec);
  if (!snapshots)
    return snapshots.error();
  auto result = std::make_unique<impl>(sys);
  auto how = assembly_of(cfg, rng());
  auto address = cfg.listen.empty() ? how.address : cfg.listen;
  result->net = std::make_shared<tcp_transport>(sys);
  result->parts = std::make_unique<assembly>(
    sys, std::move(*store), std::move(*snapshots), result->net, std::move(how));
  auto listening = result->net->listen(address, result->parts->node());
  if (!listening) {
    result->stop(std::chrono::seconds(1));
    return listening.error();
  }
  result->address = *listening;
  return std::unique_ptr<node>{new node(std::move(result))};
}

node::node(std::unique_ptr<impl> ptr) : impl_(std::move(ptr)) {
  // nop
}

node::~node() {
  impl_->stop(std::chrono::seconds(5));
}

result_of<group_actor> node::spawn_group(const machine_factory& make,
                                         settings cfg, group_id group) {
  if (auto ok = validate(cfg); !ok)
    return ok.error();
  if (impl_->stopped)
    return failure{errc::rejected, "the node was stopped"};
  if (!group || impl_->groups.count(group) > 0)
    return failure{errc::invalid_argument,
                   fmt::format("group {} runs already or is none",
                               group.value)};
  // Handed on through a box, since factories are copied.
  auto machine = std::make_shared<std::unique_ptr<state_machine>>(make());
  group_settings what;
  what.group = group;
  what.cfg = std::move(cfg);
  what.quick = (*machine)->quick();
  what.make = [machine] { return std::move(*machine); };
  auto result = impl_->parts->add_group(what);
  impl_->groups.emplace(group, result);
  return group_actor{result};
}

bool node::stop(timespan limit) {
  return impl_->stop(limit);
}

const std::string& node::address() const {
  return impl_->address;
}

actor_system& node::system() const {
  return impl_->sys;
}

placement node::front_place() const {
  return placement::io_thread;
}

void node::keep(actor front) {
  impl_->fronts.push_back(std::move(front));
}

bool node::impl::stop(timespan limit) {
  if (stopped)
    return true;
  stopped = true;
  auto deadline = std::chrono::steady_clock::now() + limit;
  auto ended = std::make_shared<countdown>();
  auto me = spawn_at<stop_watch>(sys, placement::io_thread, ended);
  // Groups hand over and answer while the connections still work.
  ended->expect(groups.size());
  for (auto& [id, x] : groups)
    post_from_outside(x, stop_group{limit * 3 / 4, me});
  auto in_order = ended->wait_until(deadline);
  net->stop_listening();
  post_from_outside(parts->node(), raft::stop{});
  post_from_outside(parts->log_reader(), raft::stop{});
  post_from_outside(parts->snapshotter(), raft::stop{});
  ended->expect(1);
  post_from_outside(parts->log(), stop_log{me});
  in_order = ended->wait_until(deadline) && in_order;
  anon_send_exit(me, exit_reason::user_shutdown);
  for (auto& x : fronts)
    anon_send_exit(x, exit_reason::user_shutdown);
  fronts.clear();
  groups.clear();
  parts.reset();
  return in_order;
}

} // namespace caf::raft
