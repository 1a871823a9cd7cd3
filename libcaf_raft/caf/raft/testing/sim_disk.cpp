#include "caf/raft/testing/sim_disk.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>

namespace caf::raft::testing {

namespace {

constexpr size_t usual_room = 64 << 20;

constexpr size_t room_step = 4 << 20;

size_t size_of(std::span<const log_write> batch) {
  size_t result = 0;
  for (auto& x : batch)
    result += size_in_bytes(x.append);
  return result;
}

failure gone() {
  return {errc::storage_failed, "the directory is not open any more"};
}

void add_runs(const sim_disk::group_log& from, storage::recovered_log& to) {
  for (auto& x : from.log) {
    if (to.term_starts.empty() || to.term_starts.back().term != x.term())
      to.term_starts.push_back(x.id());
    if (x.configuration())
      to.configurations.push_back({x.index(), x.configuration()});
  }
}

void add_recent(const entries& from, size_t max_bytes, entries& to) {
  size_t bytes = 0;
  auto first = from.end();
  while (first != from.begin()) {
    bytes += (first - 1)->record().size();
    if (bytes > max_bytes)
      break;
    --first;
  }
  to.assign(first, from.end());
}

} // namespace

disk_observer::~disk_observer() {
  // nop
}

const entry* sim_disk::group_log::find(index_t index) const {
  if (index <= base.index || index > last_index())
    return nullptr;
  return &log[index - base.index - 1];
}

// -- what the actors see ------------------------------------------------------

class sim_disk::reader : public storage::log_reader {
public:
  explicit reader(std::shared_ptr<life> in) : life_(std::move(in)) {
    // nop
  }

  result_of<entries> read(group_id group, index_t first, index_t last,
                          size_t max_bytes) override {
    if (life_->disk == nullptr)
      return gone();
    return life_->disk->read(group, first, last, max_bytes);
  }

private:
  std::shared_ptr<life> life_;
};

class sim_disk::store : public storage::log_store {
public:
  explicit store(std::shared_ptr<life> in)
    : life_(std::move(in)),
      who_(life_->disk->who_) {
    // nop
  }

  const storage::identity& who() const override {
    return who_;
  }

  result_of<done> found(cluster_id cluster, configuration_ptr zero) override {
    if (life_->disk == nullptr)
      return gone();
    who_.cluster = cluster;
    who_.zero = zero;
    life_->disk->form(cluster, std::move(zero));
    return done{};
  }

  result_of<storage::recovered_log> recover(group_id group,
                                            size_t max_recent) override {
    if (life_->disk == nullptr)
      return gone();
    return life_->disk->recover(group, max_recent);
  }

  result_of<done> commit(std::span<const log_write> batch) override {
    if (life_->disk == nullptr)
      return gone();
    return life_->disk->commit(batch);
  }

  uint64_t durable_commits() const override {
    if (life_->disk == nullptr)
      return 0;
    auto& disk = *life_->disk;
    return disk.lying_ ? disk.commits_ : disk.commits_ - disk.unsafe_.size();
  }

  result_of<done> sync() override {
    if (life_->disk == nullptr)
      return gone();
    return life_->disk->sync();
  }

  size_t room() const override {
    return life_->disk == nullptr ? 0 : life_->disk->room_;
  }

  bool make_room() override {
    return life_->disk == nullptr || life_->disk->make_room();
  }

  std::unique_ptr<storage::log_reader> reader() override {
    return std::make_unique<sim_disk::reader>(life_);
  }

private:
  std::shared_ptr<life> life_;
  storage::identity who_;
};

// -- the life of a directory --------------------------------------------------

sim_disk::sim_disk(server_id id, incarnation_t incarnation)
  : who_{id, incarnation, {}, nullptr},
    room_(usual_room) {
  // nop
}

sim_disk::~sim_disk() {
  kill();
}

std::shared_ptr<storage::log_store> sim_disk::open() {
  kill();
  unsafe_.clear();
  commits_ = 0;
  failing_ = false;
  broken_ = false;
  life_ = std::make_shared<life>();
  life_->disk = this;
  if (observer_ != nullptr)
    observer_->on_opened(*this);
  return std::make_shared<store>(life_);
}

void sim_disk::kill() {
  if (life_)
    life_->disk = nullptr;
  life_ = nullptr;
  snapshots_.kill();
}

void sim_disk::lose_power(random_source& rng) {
  kill();
  snapshots_.lose_power(rng);
  auto kept = rng() % (unsafe_.size() + 1);
  while (unsafe_.size() > kept) {
    auto& writes = unsafe_.back();
    for (auto i = writes.rbegin(); i != writes.rend(); ++i)
      take_back(*i);
    unsafe_.pop_back();
  }
  unsafe_.clear();
}

void sim_disk::wipe(incarnation_t incarnation) {
  kill();
  snapshots_.wipe();
  who_ = {who_.id, incarnation, {}, nullptr};
  groups_.clear();
  unsafe_.clear();
  damaged_.clear();
}

// -- what goes wrong ----------------------------------------------------------

void sim_disk::fill(size_t room) {
  full_ = true;
  room_ = std::min(room_, room);
}

void sim_disk::clear_space() {
  full_ = false;
}

void sim_disk::damage(group_id group, index_t index) {
  damaged_.emplace(group, index);
}

failure sim_disk::failed() {
  broken_ = true;
  return {errc::storage_failed, "input/output error"};
}

// -- what is on it ------------------------------------------------------------

void sim_disk::form(cluster_id cluster, configuration_ptr zero) {
  ++operations_;
  who_.cluster = cluster;
  who_.zero = std::move(zero);
}

void sim_disk::put(group_id group, hard_state state, entries log) {
  auto& to = groups_[group];
  to.state = state;
  to.log = std::move(log);
}

const sim_disk::group_log* sim_disk::find(group_id group) const {
  auto i = groups_.find(group);
  return i == groups_.end() ? nullptr : &i->second;
}

hard_state sim_disk::durable_state(group_id group) const {
  for (auto& writes : unsafe_)
    for (auto& x : writes)
      if (x.group == group && x.changed_state)
        return x.state;
  auto* found = find(group);
  return found == nullptr ? hard_state{} : found->state;
}

index_t sim_disk::durable_index(group_id group) const {
  auto* found = find(group);
  auto result = found == nullptr ? index_t{} : found->last_index();
  for (auto& writes : unsafe_)
    for (auto& x : writes)
      if (x.group == group)
        result = std::min(result, x.kept);
  return result;
}

// -- what stores do -----------------------------------------------------------

result_of<done> sim_disk::commit(std::span<const log_write> batch) {
  ++operations_;
  if (failing_ || broken_)
    return failed();
  auto size = size_of(batch);
  if (size > room_)
    return failure{errc::no_space, "no space left on device"};
  room_ -= size;
  commit_record record;
  for (auto& x : batch) {
    if (observer_ != nullptr)
      observer_->on_store(*this, x);
    record.push_back(apply(x));
  }
  ++commits_;
  // This one's flush has made the earlier ones durable.
  unsafe_.clear();
  if (!write_through_)
    unsafe_.push_back(std::move(record));
  return done{};
}

sim_disk::undo sim_disk::apply(const log_write& what) {
  auto& to = groups_[what.group];
  undo result;
  result.group = what.group;
  auto replaced = false;
  if (what.base && what.base->id != to.base) {
    result.before = to;
    replaced = !begin_behind(*what.base, to);
  }
  if (what.state) {
    result.state = to.state;
    result.changed_state = true;
    to.state = *what.state;
  }
  if (what.truncate_from && what.truncate_from <= to.last_index()) {
    CAF_RAFT_ASSERT(what.truncate_from > to.base.index);
    auto from = to.log.begin() + (what.truncate_from - to.base.index - 1);
    result.removed.assign(from, to.log.end());
    to.log.erase(from, to.log.end());
  }
  result.kept = to.last_index();
  if (replaced)
    result.kept = std::min(result.before->last_index(), to.base.index - 1);
  for (auto& x : what.append) {
    CAF_RAFT_ASSERT(x.index() == to.last_index() + 1);
    to.log.push_back(x);
  }
  return result;
}

bool sim_disk::begin_behind(const log_base& base, group_log& log) {
  CAF_RAFT_ASSERT(base.id.index > log.base.index);
  auto* same = log.find(base.id.index);
  auto has_it = same != nullptr && same->id() == base.id;
  auto last = has_it ? log.log.begin() + (base.id.index - log.base.index)
                     : log.log.end();
  room_ = std::min(usual_room, room_ + size_in_bytes({log.log.begin(), last}));
  log.log.erase(log.log.begin(), last);
  log.base = base.id;
  log.base_configuration = base.members;
  log.base_configuration_index = base.members_index;
  return has_it;
}

void sim_disk::take_back(undo& what) {
  auto& to = groups_[what.group];
  if (what.before) {
    to = std::move(*what.before);
    return;
  }
  if (what.changed_state)
    to.state = what.state;
  to.log.resize(what.kept - to.base.index);
  for (auto& x : what.removed)
    to.log.push_back(std::move(x));
}

result_of<done> sim_disk::sync() {
  if (broken_)
    return failed();
  if (unsafe_.empty() || lying_)
    return done{};
  ++operations_;
  if (failing_)
    return failed();
  unsafe_.clear();
  return done{};
}

result_of<storage::recovered_log> sim_disk::recover(group_id group,
                                                    size_t max_recent) {
  if (auto ok = sync(); !ok)
    return ok.error();
  storage::recovered_log result;
  auto* found = find(group);
  if (found == nullptr)
    return result;
  for (auto i = damaged_.lower_bound({group, found->base.index});
       i != damaged_.end() && i->first == group; ++i)
    if (found->find(i->second) != nullptr)
      return failure{errc::storage_failed, "an entry fails its checksum"};
  result.state = found->state;
  result.base = found->base;
  result.base_configuration = found->base_configuration;
  result.base_configuration_index = found->base_configuration_index;
  result.last_index = found->last_index();
  add_runs(*found, result);
  add_recent(found->log, max_recent, result.recent);
  return result;
}

result_of<entries> sim_disk::read(group_id group, index_t first, index_t last,
                                  size_t max_bytes) const {
  auto* found = find(group);
  if (found == nullptr || found->find(first) == nullptr)
    return failure{errc::compacted, "there is no such entry"};
  entries result;
  size_t bytes = 0;
  for (auto i = first; i < last; ++i) {
    auto* x = found->find(i);
    if (x == nullptr)
      break;
    if (damaged_.count({group, i}) > 0)
      return failure{errc::storage_failed, "an entry fails its checksum"};
    bytes += x->record().size();
    if (!result.empty() && bytes > max_bytes)
      break;
    result.push_back(*x);
  }
  return result;
}

bool sim_disk::make_room() {
  if (room_ >= usual_room || full_)
    return true;
  room_ = std::min(usual_room, room_ + room_step);
  return room_ >= usual_room;
}

} // namespace caf::raft::testing
