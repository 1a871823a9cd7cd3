#include "caf/raft/outgoing_bulk.hpp"

#include <utility>

namespace caf::raft {

outgoing_bulk::outgoing_bulk(scheduled_actor* self,
                             std::shared_ptr<transport> net)
  : self_(self),
    net_(std::move(net)) {
  // nop
}

void outgoing_bulk::send(const send_frame& what, const std::string& address,
                         const hello& me) {
  if (up_) {
    post(self_, connection_, what);
    return;
  }
  if (waiting_.size() < max_waiting)
    waiting_.push_back(what);
  if (!connection_)
    connect(address, me);
}

void outgoing_bulk::on(const link_up&) {
  if (stops_)
    return;
  up_ = true;
  for (auto& x : std::exchange(waiting_, {}))
    post(self_, connection_, x);
}

void outgoing_bulk::on(const link_down&, const std::string& address,
                       const hello& me) {
  connection_ = nullptr;
  if (!up_ && !stops_)
    barred_until_ = now(self_) + pause;
  up_ = false;
  if (!std::exchange(stops_, false))
    waiting_.clear();
  if (!waiting_.empty())
    connect(address, me);
}

void outgoing_bulk::stop() {
  waiting_.clear();
  if (!connection_ || stops_)
    return;
  up_ = false;
  stops_ = true;
  post(self_, connection_, raft::stop{});
}

void outgoing_bulk::connect(const std::string& address, const hello& me) {
  auto mine = me;
  mine.carries = lane::bulk;
  connection_ = net_->connect(address, mine, actor_cast<peer_actor>(self_));
}

} // namespace caf::raft
