#include "caf/raft/state_machine.hpp"

namespace caf::raft {

state_view::~state_view() {
  // nop
}

state_loader::~state_loader() {
  // nop
}

state_machine::~state_machine() {
  // nop
}

std::unique_ptr<state_view> state_machine::view() {
  return nullptr;
}

std::unique_ptr<state_loader> state_machine::loader() {
  return nullptr;
}

} // namespace caf::raft
