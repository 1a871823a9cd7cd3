#include "caf/raft/core/retention.hpp"

namespace caf::raft::core {

namespace {

bool reached(uint64_t value, uint64_t limit) {
  return limit > 0 && value >= limit;
}

} // namespace

retention::retention(uint64_t draw, const settings& cfg)
  : offset_(draw % (cfg.snapshot_entries / 4 + 1)),
    earlier_(offset_) {
  // nop
}

void retention::applied(uint64_t entries, uint64_t bytes) {
  growth_.entries += entries;
  growth_.bytes += bytes;
}

bool retention::is_due(const settings& cfg) const {
  if (growth_.entries == 0)
    return false;
  if (cfg.snapshot_policy)
    return cfg.snapshot_policy(growth_);
  if (!reached(growth_.entries + earlier_, cfg.snapshot_entries)
      && !reached(growth_.bytes, cfg.snapshot_bytes))
    return false;
  return static_cast<double>(growth_.bytes)
         >= cfg.snapshot_ratio * static_cast<double>(growth_.snapshot_bytes);
}

void retention::begun() {
  growth_.entries = 0;
  growth_.bytes = 0;
  earlier_ = 0;
}

void retention::begun_behind(uint64_t size) {
  begun();
  earlier_ = offset_;
  taken(size);
}

void retention::taken(uint64_t size) {
  growth_.snapshot_bytes = size;
}

} // namespace caf::raft::core
