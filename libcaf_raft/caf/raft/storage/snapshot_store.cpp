#include "caf/raft/storage/snapshot_store.hpp"

namespace caf::raft::storage {

snapshot_reader::~snapshot_reader() {
  // nop
}

snapshot_writer::~snapshot_writer() {
  // nop
}

snapshot_store::~snapshot_store() {
  // nop
}

} // namespace caf::raft::storage
