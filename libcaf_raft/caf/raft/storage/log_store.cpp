#include "caf/raft/storage/log_store.hpp"

namespace caf::raft::storage {

log_reader::~log_reader() {
  // nop
}

log_store::~log_store() {
  // nop
}

} // namespace caf::raft::storage
