#include "caf/raft/storage/snapshot_files.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/storage/snapshot_files_writer.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace caf::raft::storage {

namespace fs = std::filesystem;

namespace {

/// Whoever finds damage in a snapshot shall know what to do about it.
trouble bad_snapshot(const std::string& path, const std::string& what) {
  return damage(
    "the snapshot " + path + " is damaged: " + what
    + ". Nothing was changed. If other members hold this group, move"
      " the data directory away and let this one come back with an"
      " empty one");
}

/// What a file takes beyond its content: heads, checksums, pages on the way.
size_t map_size_for(uint64_t content) {
  constexpr size_t least = 16 << 20;
  return content + content / 16 + least;
}

std::vector<snapshot_name> names_in(const std::string& path) {
  std::vector<snapshot_name> result;
  std::error_code code;
  for (auto& x : fs::directory_iterator{path, code})
    if (auto name = parse_snapshot_name(x.path().filename().string()))
      result.push_back(*name);
  if (code)
    throw trouble::from_errno(code.value(), "cannot look into " + path);
  return result;
}

/// In which order snapshots of a group replace each other.
bool is_older(const entry_id& x, const entry_id& y) {
  return std::pair{x.index, x.term} < std::pair{y.index, y.term};
}

class reader : public snapshot_reader {
public:
  explicit reader(std::shared_ptr<const snapshot_file> file)
    : file_(std::move(file)) {
    // nop
  }

  const snapshot_head& head() const override {
    return file_->record().head;
  }

  result_of<bytes> read(uint64_t number) override {
    return guarded([&]() -> result_of<bytes> {
      try {
        return file_->read(number);
      } catch (const trouble& x) {
        throw bad_snapshot(file_->path(), x.why().text);
      }
    });
  }

private:
  std::shared_ptr<const snapshot_file> file_;
};

/// For one that is there already.
class finished_writer : public snapshot_writer {
public:
  explicit finished_writer(snapshot_head head) : head_(std::move(head)) {
    // nop
  }

  uint64_t chunks() const override {
    return head_.chunks();
  }

  result_of<done> write(bytes_view) override {
    return failure{errc::invalid_argument, "the snapshot is there already"};
  }

  result_of<snapshot_head> finish() override {
    return head_;
  }

private:
  snapshot_head head_;
};

} // namespace

result_of<std::unique_ptr<snapshot_files>>
snapshot_files::open(const std::string& data_directory,
                     const configuration_codec& codec, size_t limit) {
  using store_ptr = std::unique_ptr<snapshot_files>;
  return guarded([&]() -> result_of<store_ptr> {
    auto path = data_directory + "/snapshots";
    std::error_code code;
    fs::create_directory(path, code);
    if (code)
      throw trouble::from_errno(code.value(), "cannot create " + path);
    sync_directory(data_directory);
    store_ptr result{new snapshot_files(path, codec, limit)};
    result->load();
    return result;
  });
}

snapshot_files::snapshot_files(std::string path,
                               const configuration_codec& codec, size_t limit)
  : path_(std::move(path)),
    codec_(codec),
    limit_(limit),
    boot_(this_boot()),
    removals_(std::make_shared<removals>()) {
  // nop
}

snapshot_files::~snapshot_files() {
  // nop
}

result_of<std::optional<snapshot_head>> snapshot_files::newest(group_id group) {
  using head_ptr = std::optional<snapshot_head>;
  auto& of = groups_[group];
  if (of.damage)
    return *of.damage;
  return of.newest ? head_ptr{of.newest->record().head} : head_ptr{};
}

result_of<std::unique_ptr<snapshot_reader>>
snapshot_files::open(group_id group) {
  auto& of = groups_[group];
  if (of.damage)
    return *of.damage;
  CAF_RAFT_ASSERT(of.newest != nullptr);
  return std::unique_ptr<snapshot_reader>{std::make_unique<reader>(of.newest)};
}

result_of<std::unique_ptr<snapshot_writer>>
snapshot_files::take(group_id group, const snapshot_head& what) {
  using writer_ptr = std::unique_ptr<snapshot_writer>;
  return guarded([&]() -> result_of<writer_ptr> {
    check_new(group, what.last);
    forget_unfinished(group);
    auto path = path_of({group, snapshot_state::taken, {}});
    auto file = unfinished_snapshot::create(path, map_size_for(limit_));
    return writer_ptr{
      std::make_unique<writer>(*this, group, std::move(file), what, false)};
  });
}

result_of<std::unique_ptr<snapshot_writer>>
snapshot_files::receive(group_id group, const snapshot_head& what) {
  using writer_ptr = std::unique_ptr<snapshot_writer>;
  return guarded([&]() -> result_of<writer_ptr> {
    auto& newest = groups_[group].newest;
    if (newest && newest->record().head.is_same(what)) {
      forget_unfinished(group);
      return writer_ptr{
        std::make_unique<finished_writer>(newest->record().head)};
    }
    check_new(group, what.last);
    if (what.size > limit_)
      return failure{errc::too_large, "the snapshot is larger than the limit"};
    auto path = path_of(
      {group, snapshot_state::received, what.last, what.checksum, boot_});
    forget_unfinished(group, path);
    auto file = resume(path, group, what);
    if (!file)
      file.emplace(begin_to_receive(path, group, what));
    return writer_ptr{
      std::make_unique<writer>(*this, group, std::move(*file), what, true)};
  });
}

void snapshot_files::load() {
  // The one who gave a file its name may have died before that was durable.
  sync_directory(path_);
  auto names = names_in(path_);
  std::sort(names.begin(), names.end(), [](const auto& x, const auto& y) {
    return is_older(y.last, x.last);
  });
  for (auto& x : names)
    if (x.state == snapshot_state::complete)
      load(x);
  for (auto& x : names) {
    auto& newest = groups_[x.group].newest;
    auto is_of_use = x.state == snapshot_state::received && boot_ != 0
                     && x.boot == boot_;
    if (x.state != snapshot_state::complete
        && (!is_of_use
            || (newest && !is_older(newest->record().head.last, x.last))))
      removals_->remove(path_of(x));
  }
}

void snapshot_files::load(const snapshot_name& name) {
  auto& of = groups_[name.group];
  auto path = path_of(name);
  if (of.newest) {
    removals_->remove(path);
    return;
  }
  // Below a damaged one nothing is touched.
  if (of.damage)
    return;
  try {
    auto found = std::make_shared<snapshot_file>(path, codec_);
    auto& record = found->record();
    if (record.group != name.group || record.head.last != name.last)
      throw damage("it is another one");
    of.newest = std::move(found);
  } catch (const trouble& x) {
    of.damage = bad_snapshot(path, x.why().text).why();
  }
}

void snapshot_files::forget_unfinished(group_id group, const std::string& but) {
  auto& of = groups_[group];
  if (of.unfinished != nullptr)
    std::exchange(of.unfinished, nullptr)->close();
  for (auto& x : names_in(path_)) {
    auto path = path_of(x);
    if (x.group == group && x.state != snapshot_state::complete && path != but)
      removals_->remove(path);
  }
}

void snapshot_files::check_new(group_id group, const entry_id& last) const {
  auto i = groups_.find(group);
  if (i == groups_.end() || i->second.newest == nullptr)
    return;
  auto& newest = i->second.newest->record().head.last;
  if (is_older(last, newest))
    throw trouble{{errc::invalid_argument,
                   "there is a newer snapshot, of " + to_string(newest)}};
}

std::optional<unfinished_snapshot>
snapshot_files::resume(const std::string& path, group_id group,
                       const snapshot_head& what) const {
  if (boot_ == 0 || !fs::exists(path))
    return std::nullopt;
  try {
    auto result = unfinished_snapshot::resume(path, map_size_for(what.size));
    auto record = result.record(codec_);
    if (record && record->group == group && record->head.is_same(what)
        && result.size() <= what.size)
      return result;
  } catch (const trouble&) {
    // Then it begins anew.
  }
  return std::nullopt;
}

unfinished_snapshot
snapshot_files::begin_to_receive(const std::string& path, group_id group,
                                 const snapshot_head& what) const {
  removals_->remove(path);
  auto result = unfinished_snapshot::create(path, map_size_for(what.size));
  result.put({group, what, false}, codec_);
  return result;
}

void snapshot_files::publish(group_id group, const std::string& path,
                             const entry_id& last) {
  std::error_code code;
  auto& of = groups_[group];
  auto to = path_of({group, snapshot_state::complete, last});
  auto replaced = of.newest ? removals::hold(of.newest->path()) : file{};
  fs::rename(path, to, code);
  if (code)
    throw trouble::from_errno(code.value(), "cannot create " + to);
  // Before that the old one may be all there is after a power loss.
  sync_directory(path_);
  auto old = std::exchange(of.newest,
                           std::make_shared<snapshot_file>(to, codec_));
  of.damage.reset();
  if (old && old->path() != to)
    fs::remove(old->path(), code);
  // Who reads it goes on; what cannot be removed is at the next start.
  if (old && !code)
    old->leave_to(removals_, std::move(replaced));
}

bool snapshot_files::free_some() {
  return removals_->free_some();
}

std::string snapshot_files::path_of(const snapshot_name& name) const {
  return path_ + "/" + to_string(name);
}

} // namespace caf::raft::storage
