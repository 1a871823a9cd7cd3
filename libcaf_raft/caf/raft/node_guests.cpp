#include "caf/raft/node_guests.hpp"

#include "caf/raft/core/formation.hpp"

#include <algorithm>

namespace caf::raft {

node_guests::node_guests(scheduled_actor* self) : self_(self) {
  // nop
}

void node_guests::admit(const hello& who,
                        const incoming_connection_actor& connection,
                        const welcome& answer, const route_table_ptr& routes) {
  auto same = [&](const guest& x) {
    return x.who.id == who.id && x.who.incarnation == who.incarnation
           && x.who.carries == who.carries;
  };
  // Chunks come behind the messages of the same process.
  if (who.carries == lane::messages)
    end_bulk_of(who);
  auto i = std::find_if(guests_.begin(), guests_.end(), same);
  if (i != guests_.end()) {
    post(self_, i->connection, stop{});
    *i = {who, connection};
  } else {
    guests_.push_back({who, connection});
  }
  auto number = who.carries == lane::messages ? ++last_number_ : 0;
  post(self_, connection, admitted{routes, answer, number});
}

void node_guests::end_bulk_of(const hello& who) {
  std::erase_if(guests_, [&](auto& x) {
    auto is_it = x.who.id == who.id && x.who.carries == lane::bulk;
    if (is_it)
      post(self_, x.connection, stop{});
    return is_it;
  });
}

bool node_guests::remove(const incoming_connection_actor& connection) {
  auto i = std::find_if(guests_.begin(), guests_.end(),
                        [&](auto& x) { return x.connection == connection; });
  if (i == guests_.end())
    return false;
  auto carried = i->who.carries;
  guests_.erase(i);
  return carried == lane::messages;
}

void node_guests::set_routes(cluster_id cluster,
                             const route_table_ptr& routes) {
  for (auto& x : guests_)
    if (x.who.cluster == cluster)
      post(self_, x.connection, routes);
}

void node_guests::expel_others(const hello& me) {
  for (auto& x : guests_)
    if (auto why = core::check_hello(me, {}, x.who))
      post(self_, x.connection, not_admitted{*why});
}

void node_guests::stop_all() {
  for (auto& x : guests_)
    post(self_, x.connection, stop{});
  guests_.clear();
}

std::set<server_id> node_guests::ids() const {
  std::set<server_id> result;
  for (auto& x : guests_)
    if (x.who.carries == lane::messages)
      result.insert(x.who.id);
  return result;
}

bool node_guests::has(server_id id) const {
  return std::any_of(guests_.begin(), guests_.end(), [id](auto& x) {
    return x.who.id == id && x.who.carries == lane::messages;
  });
}

} // namespace caf::raft
