#include "caf/raft/transport.hpp"

namespace caf::raft {

byte_stream::~byte_stream() {
  // nop
}

transport::~transport() {
  // nop
}

} // namespace caf::raft
