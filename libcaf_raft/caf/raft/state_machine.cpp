#include "caf/raft/state_machine.hpp"

namespace caf::raft {

state_machine::~state_machine() {
  // nop
}

} // namespace caf::raft
