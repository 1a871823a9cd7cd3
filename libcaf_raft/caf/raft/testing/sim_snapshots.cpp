#include "caf/raft/testing/sim_snapshots.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/crc32c.hpp"

#include <algorithm>
#include <utility>

namespace caf::raft::testing {

namespace {

failure gone() {
  return {errc::storage_failed, "the directory is not open any more"};
}

failure no_space() {
  return {errc::no_space, "no space left on device"};
}

failure given_up() {
  return {errc::invalid_argument, "another snapshot was begun"};
}

uint64_t chunks_in(const bytes& content) {
  snapshot_head head;
  head.size = content.size();
  return head.chunks();
}

} // namespace

// -- what the actors see ------------------------------------------------------

class sim_snapshot_disk::reader : public storage::snapshot_reader {
public:
  reader(std::shared_ptr<life> in, std::shared_ptr<const snapshot> what)
    : life_(std::move(in)),
      what_(std::move(what)) {
    // nop
  }

  const snapshot_head& head() const override {
    return what_->head;
  }

  result_of<bytes> read(uint64_t number) override {
    CAF_RAFT_ASSERT(number < what_->head.chunks());
    if (life_->disk == nullptr)
      return gone();
    auto all
      = bytes_view{what_->content}.subspan(number * snapshot_chunk_bytes);
    auto chunk = all.first(std::min(all.size(), snapshot_chunk_bytes));
    return bytes{chunk.begin(), chunk.end()};
  }

private:
  std::shared_ptr<life> life_;
  std::shared_ptr<const snapshot> what_;
};

class sim_snapshot_disk::writer : public storage::snapshot_writer {
public:
  writer(std::shared_ptr<life> in, group_id group, snapshot_head what,
         bool is_received)
    : life_(std::move(in)),
      group_(group),
      is_received_(is_received),
      number_(++of().begun) {
    taken_.head = std::move(what);
  }

  uint64_t chunks() const override {
    if (is_finished_)
      return taken_.head.chunks();
    return trouble() ? 0 : chunks_in(what().content);
  }

  result_of<done> write(bytes_view chunk) override {
    if (auto why = trouble())
      return *why;
    if (life_->disk->full_)
      return no_space();
    auto& content = what().content;
    auto most = snapshot_chunk_bytes;
    auto wanted = chunk.size();
    if (is_received_)
      wanted = std::min<uint64_t>(most, what().head.size - content.size());
    if (chunk.empty() || chunk.size() > most || chunk.size() != wanted
        || content.size() % most != 0)
      return failure{errc::invalid_argument, "the chunk has a wrong size"};
    content.insert(content.end(), chunk.begin(), chunk.end());
    if (is_received_)
      ++life_->disk->written_;
    return done{};
  }

  result_of<snapshot_head> finish() override {
    if (auto why = trouble())
      return *why;
    if (is_finished_)
      return taken_.head;
    if (life_->disk->full_)
      return no_space();
    auto result = what();
    result.head.size = result.content.size();
    result.head.checksum = crc32c(0, result.content);
    auto is_right = !is_received_ || result.head.is_same(what().head);
    auto& group = of();
    ++group.begun;
    group.part.reset();
    if (!is_right)
      return failure{errc::invalid_argument,
                     "the snapshot is not what was announced"};
    if (group.newest)
      life_->disk->to_free_ += 2;
    group.newest = std::make_shared<const snapshot>(result);
    return result.head;
  }

  /// It is there already.
  void set_finished() {
    is_finished_ = true;
  }

private:
  snapshots& of() const {
    return life_->disk->groups_[group_];
  }

  const snapshot& what() const {
    return is_received_ ? *of().part : taken_;
  }

  snapshot& what() {
    return is_received_ ? *of().part : taken_;
  }

  std::optional<failure> trouble() const {
    if (life_->disk == nullptr)
      return gone();
    return of().begun == number_ ? std::nullopt : std::optional{given_up()};
  }

  std::shared_ptr<life> life_;
  group_id group_;
  bool is_received_;
  bool is_finished_ = false;
  uint64_t number_;
  /// What is received is in the directory instead.
  snapshot taken_;
};

class sim_snapshot_disk::store : public storage::snapshot_store {
public:
  explicit store(std::shared_ptr<life> in) : life_(std::move(in)) {
    // nop
  }

  result_of<std::optional<snapshot_head>> newest(group_id group) override {
    using head_ptr = std::optional<snapshot_head>;
    if (life_->disk == nullptr)
      return gone();
    auto& found = of(group).newest;
    return found ? head_ptr{found->head} : head_ptr{};
  }

  result_of<std::unique_ptr<storage::snapshot_reader>>
  open(group_id group) override {
    if (life_->disk == nullptr)
      return gone();
    auto found = of(group).newest;
    CAF_RAFT_ASSERT(found != nullptr);
    return std::unique_ptr<storage::snapshot_reader>{
      std::make_unique<reader>(life_, found)};
  }

  result_of<std::unique_ptr<storage::snapshot_writer>>
  take(group_id group, const snapshot_head& what) override {
    if (auto why = refuse(group, what))
      return *why;
    of(group).part.reset();
    return std::unique_ptr<storage::snapshot_writer>{begin(group, what, false)};
  }

  result_of<std::unique_ptr<storage::snapshot_writer>>
  receive(group_id group, const snapshot_head& what) override {
    if (auto why = refuse(group, what))
      return *why;
    auto& newest = of(group).newest;
    auto& part = of(group).part;
    auto is_there = newest && newest->head.is_same(what);
    if (is_there)
      part.reset();
    else if (!part || !part->head.is_same(what))
      part = snapshot{what, {}};
    auto result = begin(group, what, !is_there);
    if (is_there)
      result->set_finished();
    return std::unique_ptr<storage::snapshot_writer>{std::move(result)};
  }

  bool free_some() override {
    if (life_->disk == nullptr || life_->disk->to_free_ == 0)
      return false;
    return --life_->disk->to_free_ > 0;
  }

private:
  snapshots& of(group_id group) {
    return life_->disk->groups_[group];
  }

  std::optional<failure> refuse(group_id group, const snapshot_head& what) {
    if (life_->disk == nullptr)
      return gone();
    auto& newest = of(group).newest;
    if (newest && what.last.index < newest->head.last.index)
      return failure{errc::invalid_argument, "there is a newer snapshot"};
    return std::nullopt;
  }

  std::unique_ptr<writer> begin(group_id group, const snapshot_head& what,
                                bool is_received) {
    return std::make_unique<writer>(life_, group, what, is_received);
  }

  std::shared_ptr<life> life_;
};

// -- the life of a directory --------------------------------------------------

sim_snapshot_disk::~sim_snapshot_disk() {
  kill();
}

std::unique_ptr<storage::snapshot_store> sim_snapshot_disk::open() {
  kill();
  life_ = std::make_shared<life>();
  life_->disk = this;
  return std::make_unique<store>(life_);
}

void sim_snapshot_disk::kill() {
  if (life_)
    life_->disk = nullptr;
  life_ = nullptr;
  to_free_ = 0;
}

void sim_snapshot_disk::lose_power(random_source& rng) {
  kill();
  for (auto& [id, group] : groups_) {
    if (!group.part)
      continue;
    auto& content = group.part->content;
    auto kept = rng() % (chunks_in(content) + 1);
    content.resize(
      std::min<size_t>(content.size(), kept * snapshot_chunk_bytes));
  }
}

void sim_snapshot_disk::wipe() {
  kill();
  groups_.clear();
}

// -- what is on it ------------------------------------------------------------

const snapshot_head* sim_snapshot_disk::newest(group_id group) const {
  auto i = groups_.find(group);
  if (i == groups_.end() || !i->second.newest)
    return nullptr;
  return &i->second.newest->head;
}

uint64_t sim_snapshot_disk::received(group_id group) const {
  auto i = groups_.find(group);
  if (i == groups_.end() || !i->second.part)
    return 0;
  return chunks_in(i->second.part->content);
}

} // namespace caf::raft::testing
