#include "caf/raft/snapshotter_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace caf::raft {

namespace {

/// Of each group: the newest, and older ones for whoever is not through with them.
constexpr size_t max_readers = 4;

/// What nobody has used for so long is over. None is taken while one is received:
/// there is room for one of them.
constexpr auto patience = std::chrono::minutes(1);

/// While room is given back, so that others have their turn at the disk.
constexpr auto pause_between_slices = std::chrono::milliseconds(4);

constexpr uint64_t free_timer = 0;
constexpr uint64_t forget_timer = 1;

std::string describe(const snapshot_head& x) {
  return fmt::format("snapshot {} of {} bytes", to_string(x.last), x.size);
}

} // namespace

snapshotter_state::snapshotter_state(
  scheduled_actor* self, std::shared_ptr<storage::snapshot_store> store,
  logger log, fatal_handler fatal)
  : self_(self),
    store_(std::move(store)),
    log_(std::move(log)),
    fatal_(std::move(fatal)) {
  // nop
}

snapshotter_actor::behavior_type snapshotter_state::make_behavior() {
  return {
    [this](const recover_snapshot& msg) { on(msg); },
    [this](const begin_snapshot& msg) { on(msg); },
    [this](const write_chunk& msg) { on(msg); },
    [this](const abandon_snapshot& msg) { on(msg); },
    [this](const receive_chunk& msg) { on(msg); },
    [this](const read_chunk& msg) { on(msg); },
    [](const dispose&) { /* gone with the message */ },
    [this](const wake& msg) { on(msg); },
    [this](stop) { self_->quit(); },
  };
}

void snapshotter_state::on(const recover_snapshot& msg) {
  auto& where = groups_[msg.group];
  where.server = msg.server;
  auto newest = store_->newest(msg.group);
  // Opened before another one can take its place: it is about to be loaded.
  if (newest && *newest)
    (void) reader(msg.group, where, **newest);
  post(self_, msg.server, snapshot_recovered{std::move(newest)});
  free_soon();
}

// -- taking one here ----------------------------------------------------------

void snapshotter_state::on(const begin_snapshot& msg) {
  auto& where = groups_[msg.group];
  where.taking = {std::make_shared<const snapshot_head>(msg.what), nullptr,
                  msg.attempt, msg.applier, now(self_)};
  if (is_receiving(where))
    return give_up_taking(
      where, {errc::rejected, "another member's snapshot is being received"});
  where.receiving = {};
  auto writer = store_->take(msg.group, msg.what);
  if (!writer)
    return give_up_taking(where, writer.error());
  where.taking.to = std::move(*writer);
  free_soon();
}

void snapshotter_state::on(const write_chunk& msg) {
  auto& where = groups_[msg.group];
  auto& x = where.taking;
  if (!x.to || x.attempt != msg.attempt)
    return;
  if (!msg.chunk->empty())
    if (auto ok = x.to->write(*msg.chunk); !ok)
      return give_up_taking(where, ok.error());
  if (msg.is_last)
    finish_taking(where);
  else
    post(self_, x.applier, chunk_written{x.attempt});
}

void snapshotter_state::finish_taking(group& where) {
  auto head = where.taking.to->finish();
  if (!head)
    return give_up_taking(where, head.error());
  log_.info(describe(*head) + " was taken");
  where.taking = {};
  forget_old_readers(where);
  free_soon();
  post(self_, where.server, snapshot_taken{std::move(head)});
}

void snapshotter_state::give_up_taking(group& where, const failure& why) {
  log_.error(fmt::format("no snapshot can be taken at entry {}: {}",
                         to_string(where.taking.what->last), why.text));
  post(self_, where.taking.applier, chunk_written{where.taking.attempt, true});
  where.taking = {};
  free_soon();
  post(self_, where.server, snapshot_taken{why});
}

void snapshotter_state::on(const abandon_snapshot& msg) {
  auto& where = groups_[msg.group];
  if (!where.taking.to || where.taking.attempt != msg.attempt)
    return;
  where.taking = {};
  free_soon();
  post(self_, where.server,
       snapshot_taken{failure{errc::rejected,
                              "the state was replaced by another member's "
                              "snapshot meanwhile"}});
}

// -- receiving one ------------------------------------------------------------

void snapshotter_state::on(const receive_chunk& msg) {
  auto& where = groups_[msg.group];
  auto* to = receiver(where, msg);
  if (to == nullptr)
    return;
  auto head = where.receiving.what;
  if (msg.chunk && msg.number == to->chunks())
    if (auto ok = to->write(*msg.chunk); !ok)
      return cannot_receive(where, head, ok.error());
  auto next = to->chunks();
  if (next == head->chunks())
    finish_receiving(msg.group, where);
  else
    answer(where, head, next, errc::none);
}

storage::snapshot_writer*
snapshotter_state::receiver(group& where, const receive_chunk& msg) {
  auto& x = where.receiving;
  x.last_used = now(self_);
  if (x.to && x.what->is_same(*msg.head))
    return x.to.get();
  x = {};
  free_soon();
  auto writer = store_->receive(msg.group, *msg.head);
  if (!writer) {
    cannot_receive(where, msg.head, writer.error());
    return nullptr;
  }
  x.last_used = now(self_);
  x.what = msg.head;
  x.to = std::move(*writer);
  log_.info(fmt::format("{} is being received; {} of its {} chunks were here "
                        "already",
                        describe(*x.what), x.to->chunks(), x.what->chunks()));
  return x.to.get();
}

bool snapshotter_state::is_receiving(const group& where) const {
  return where.receiving.to
         && now(self_) - where.receiving.last_used < patience;
}

void snapshotter_state::finish_receiving(group_id id, group& where) {
  auto head = where.receiving.what;
  auto whole = where.receiving.to->finish();
  if (!whole)
    return cannot_receive(where, head, whole.error());
  where.receiving = {};
  forget_old_readers(where);
  free_soon();
  (void) reader(id, where, *head);
  log_.info(describe(*head) + " is complete");
  post(self_, where.server,
       chunk_received{head, head->chunks(), true, errc::none});
}

void snapshotter_state::answer(const group& where,
                               const snapshot_head_ptr& head, uint64_t next,
                               errc code) const {
  post(self_, where.server, chunk_received{head, next, false, code});
}

void snapshotter_state::cannot_receive(group& where,
                                       const snapshot_head_ptr& head,
                                       const failure& why) {
  log_.error(describe(*head) + " cannot be received: " + why.text);
  auto full = why.code == errc::no_space && where.receiving.to;
  auto next = full ? where.receiving.to->chunks() : 0;
  // What is there and right stays, if it is only the room that is missing.
  if (!full)
    where.receiving = {};
  answer(where, head, next, errc::no_space);
}

/// A file takes its room as long as it is read.
void snapshotter_state::forget_old_readers(group& where) {
  auto& xs = where.readers;
  while (!xs.empty()
         && (xs.size() >= max_readers
             || now(self_) - xs.back().last_used >= patience))
    xs.pop_back();
}

void snapshotter_state::on(const wake& msg) {
  if (msg.generation == free_timer)
    return free_some();
  forgets_ = false;
  for (auto& [id, x] : groups_) {
    forget_old_readers(x);
    if (!x.readers.empty())
      forget_later();
  }
  free_soon();
}

void snapshotter_state::forget_later() {
  if (forgets_)
    return;
  forgets_ = true;
  wake_at(self_, now(self_) + patience, wake{forget_timer});
}

void snapshotter_state::free_soon() {
  if (frees_)
    return;
  frees_ = true;
  wake_at(self_, now(self_) + pause_between_slices, wake{free_timer});
}

void snapshotter_state::free_some() {
  frees_ = false;
  if (store_->free_some())
    free_soon();
}

// -- reading one --------------------------------------------------------------

void snapshotter_state::on(const read_chunk& msg) {
  auto& where = groups_[msg.group];
  auto send = [&](result_of<chunk_ptr> chunk) {
    post(self_, msg.reply_to,
         chunk_read{msg.head, msg.number, std::move(chunk), msg.asked_for});
  };
  auto from = reader(msg.group, where, *msg.head);
  if (!from)
    return send(from.error());
  auto content = (*from)->read(msg.number);
  if (!content) {
    fatal_(content.error());
    return send(content.error());
  }
  send(chunk_ptr{std::make_shared<const bytes>(std::move(*content))});
}

result_of<storage::snapshot_reader*>
snapshotter_state::reader(group_id id, group& where,
                          const snapshot_head& head) {
  auto& xs = where.readers;
  auto is_it = [&](auto& x) { return x.from->head().is_same(head); };
  auto i = std::find_if(xs.begin(), xs.end(), is_it);
  if (i != xs.end()) {
    xs.splice(xs.begin(), xs, i);
    xs.front().last_used = now(self_);
    return xs.front().from.get();
  }
  auto newest = store_->newest(id);
  if (newest && (!*newest || !(*newest)->is_same(head)))
    return failure{errc::compacted, describe(head) + " is not there any more"};
  auto opened = newest ? store_->open(id) : newest.error();
  if (!opened) {
    fatal_(opened.error());
    return opened.error();
  }
  xs.push_front({std::move(*opened), now(self_)});
  if (xs.size() > max_readers)
    xs.pop_back();
  forget_later();
  free_soon();
  return xs.front().from.get();
}

} // namespace caf::raft
