#include "process/support/network.hpp"

#include "process/support/socket_owner.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace harness {

/// A member, and the proxy in front of it.
struct network::proxied {
  size_t id;
  file_descriptor listener;
  uint16_t announced_port;
  uint16_t real_port;
  std::atomic<pid_t> pid = 0;
};

/// One direction of a connection.
struct one_way {
  size_t from;
  size_t to;
  /// Read from the first and not yet written to the second.
  std::string pending = {};
  bool closed = false;
};

struct network::connection {
  /// Made by this member, to that one.
  file_descriptor client;
  file_descriptor server;
  one_way there;
  one_way back;
  bool dead = false;
};

namespace {

constexpr size_t max_pending = 256 << 10;

} // namespace

network::network(size_t count) {
  for (size_t id = 1; id <= count; ++id) {
    auto member = std::make_unique<proxied>();
    member->id = id;
    member->announced_port = free_port();
    member->real_port = free_port();
    member->listener = listen_on(member->announced_port);
    set_nonblocking(member->listener.get());
    members_.push_back(std::move(member));
  }
  thread_ = std::thread{[this] { run(); }};
}

network::~network() {
  stop_ = true;
  thread_.join();
}

uint16_t network::announced_port(size_t member) const {
  return members_.at(member - 1)->announced_port;
}

uint16_t network::real_port(size_t member) const {
  return members_.at(member - 1)->real_port;
}

void network::set_process(size_t member, pid_t pid) {
  members_.at(member - 1)->pid = pid;
}

void network::set(size_t from, size_t to, path state) {
  std::lock_guard guard{mutex_};
  paths_[{from, to}] = state;
}

void network::set_both(size_t a, size_t b, path state) {
  set(a, b, state);
  set(b, a, state);
}

void network::set_outgoing(size_t member, path state) {
  for (const auto& other : members_)
    set(member, other->id, state);
}

void network::set_incoming(size_t member, path state) {
  for (const auto& other : members_)
    set(other->id, member, state);
}

void network::heal() {
  std::lock_guard guard{mutex_};
  paths_.clear();
}

path network::state_of(size_t from, size_t to) {
  std::lock_guard guard{mutex_};
  auto i = paths_.find({from, to});
  return i == paths_.end() ? path::open : i->second;
}

size_t network::maker_of(const file_descriptor& client, const proxied& target) {
  std::vector<pid_t> pids;
  for (const auto& member : members_)
    pids.push_back(member->pid);
  auto pid = owner_of(remote_port(client.get()), target.announced_port, pids);
  for (const auto& member : members_)
    if (pid != 0 && member->pid == pid)
      return member->id;
  return 0;
}

void network::take(proxied& target) {
  file_descriptor client{
    accept4(target.listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (!client)
    return;
  set_nonblocking(client.get());
  auto from = maker_of(client, target);
  if (from == 0)
    ++unknown_;
  deadline limit{seconds(1)};
  auto server = connect_to(target.real_port, limit);
  if (from == 0 || !server || state_of(from, target.id) == path::refused) {
    reset_on_close(client.get());
    return;
  }
  auto link = std::make_unique<connection>();
  link->client = std::move(client);
  link->server = std::move(server);
  link->there = {from, target.id};
  link->back = {target.id, from};
  connections_.push_back(std::move(link));
}

namespace {

/// Moves what can be moved in one direction.
/// @returns False if the connection is over.
bool move_one_way(int from, int to, one_way& way) {
  if (!way.closed && way.pending.size() < max_pending) {
    auto result = receive_some(from, way.pending, deadline{seconds(0)});
    if (result == received::broken)
      return false;
    way.closed = result == received::closed;
  }
  while (!way.pending.empty()) {
    auto n = ::send(to, way.pending.data(), way.pending.size(),
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
      return errno == EAGAIN;
    way.pending.erase(0, static_cast<size_t>(n));
  }
  return !way.closed;
}

} // namespace

void network::move_bytes(connection& link) {
  auto there = state_of(link.there.from, link.there.to);
  auto back = state_of(link.back.from, link.back.to);
  if (there == path::refused || back == path::refused) {
    reset_on_close(link.client.get());
    reset_on_close(link.server.get());
    link.dead = true;
    return;
  }
  if (there == path::open
      && !move_one_way(link.client.get(), link.server.get(), link.there))
    link.dead = true;
  if (back == path::open
      && !move_one_way(link.server.get(), link.client.get(), link.back))
    link.dead = true;
}

void network::run() {
  while (!stop_) {
    std::vector<pollfd> entries;
    auto watch = [&](int fd, bool read, bool write) {
      auto events = (read ? POLLIN : 0) | (write ? POLLOUT : 0);
      if (events != 0)
        entries.push_back({fd, static_cast<short>(events), 0});
    };
    for (const auto& member : members_)
      watch(member->listener.get(), true, false);
    for (const auto& link : connections_) {
      auto there = state_of(link->there.from, link->there.to) == path::open;
      auto back = state_of(link->back.from, link->back.to) == path::open;
      watch(link->client.get(), there && link->there.pending.empty(),
            back && !link->back.pending.empty());
      watch(link->server.get(), back && link->back.pending.empty(),
            there && !link->there.pending.empty());
    }
    poll(entries.data(), entries.size(), 10);
    for (const auto& member : members_)
      take(*member);
    for (const auto& link : connections_)
      move_bytes(*link);
    std::erase_if(connections_, [](const auto& link) { return link->dead; });
  }
}

} // namespace harness
