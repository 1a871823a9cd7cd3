#include "caf/raft/resolver_actor.hpp"

#include "caf/raft/tcp_socket.hpp"

namespace caf::raft {

resolver_state::resolver_state(scheduled_actor* self) : self_(self) {
  // nop
}

resolver_actor::behavior_type resolver_state::make_behavior() {
  return {
    [this](const resolve_name& msg) { on(msg); },
    [this](stop) { self_->quit(); },
  };
}

void resolver_state::on(const resolve_name& msg) {
  // Those who asked while an earlier look-up took too long have given up.
  if (now(self_) > msg.until)
    return;
  auto found = resolve_address(msg.address);
  if (!found) {
    post(self_, msg.reply_to, name_resolved{found.error()});
    return;
  }
  std::vector<std::string> result;
  for (auto& x : *found)
    result.push_back(to_string(x));
  post(self_, msg.reply_to, name_resolved{std::move(result)});
}

} // namespace caf::raft
