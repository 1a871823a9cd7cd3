#include "caf/raft/storage/snapshot_files_writer.hpp"

#include <algorithm>
#include <utility>

namespace caf::raft::storage {

namespace {

trouble invalid(const char* what) {
  return trouble{{errc::invalid_argument, what}};
}

} // namespace

snapshot_files::writer::writer(snapshot_files& store, group_id group,
                               unfinished_snapshot file,
                               const snapshot_head& what, bool is_known)
  : store_(store),
    group_(group),
    file_(std::move(file)),
    what_(what),
    is_known_(is_known) {
  store_.groups_[group].unfinished = this;
}

snapshot_files::writer::~writer() {
  if (!file_)
    return;
  store_.groups_[group_].unfinished = nullptr;
  auto path = file_->path();
  close();
  if (is_known_)
    return;
  try {
    store_.removals_->remove(path);
  } catch (const trouble&) {
    // Then it is when the next one is begun.
  }
}

uint64_t snapshot_files::writer::chunks() const {
  return file_ ? file_->chunks() : 0;
}

result_of<done> snapshot_files::writer::write(bytes_view chunk) {
  return attempt([&]() -> result_of<done> {
    check(chunk);
    file_->add(chunk);
    return done{};
  });
}

result_of<snapshot_head> snapshot_files::writer::finish() {
  return attempt([&]() -> result_of<snapshot_head> {
    check_open();
    return complete();
  });
}

void snapshot_files::writer::close() {
  file_.reset();
}

template <class F>
auto snapshot_files::writer::attempt(F f) -> decltype(f()) {
  auto result = guarded(f);
  if (!result && result.error().code == errc::storage_failed && file_)
    give_up();
  return result;
}

void snapshot_files::writer::check_open() const {
  if (!file_)
    throw invalid("the snapshot is gone: it failed, or another was begun");
}

void snapshot_files::writer::check(bytes_view chunk) const {
  check_open();
  uint64_t most = snapshot_chunk_bytes;
  auto wanted = is_known_ ? std::min(most, what_.size - file_->size())
                          : chunk.size();
  if (chunk.empty() || chunk.size() > most || chunk.size() != wanted
      || file_->size() % snapshot_chunk_bytes != 0)
    throw invalid("the chunk has a wrong size");
}

snapshot_head snapshot_files::writer::complete() {
  auto head = what_;
  head.size = file_->size();
  head.checksum = file_->checksum();
  if (is_known_ && !head.is_same(what_)) {
    give_up();
    throw invalid("the snapshot is not what was announced");
  }
  file_->complete({group_, head, true}, store_.codec_);
  auto path = file_->path();
  file_.reset();
  store_.groups_[group_].unfinished = nullptr;
  store_.publish(group_, path, head.last);
  return head;
}

void snapshot_files::writer::give_up() {
  auto dropped = guarded([&]() -> result_of<done> {
    store_.forget_unfinished(group_);
    return done{};
  });
  // What cannot be removed now is when the next one is begun.
  (void) dropped;
}

} // namespace caf::raft::storage
