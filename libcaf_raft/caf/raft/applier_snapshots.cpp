#include "caf/raft/applier_actor.hpp"
#include "caf/raft/assert.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

// How a state machine gets into a snapshot, and out of one.

namespace caf::raft {

namespace {

/// What is asked of a view at a time: less than half a millisecond's worth.
constexpr size_t piece_bytes = 64 << 10;

/// From one piece to the next, so that whoever shares the thread has a turn
/// between them: an actor that always has a message keeps it.
constexpr auto pause_between_pieces = std::chrono::microseconds(200);

/// How many chunks of a view may wait for the disk.
constexpr size_t max_waiting_chunks = 4;

/// How many chunks are read ahead of the one that is loaded.
constexpr uint64_t max_asked_chunks = 4;

/// Cuts a chunk off, or takes all where there is no more than that.
chunk_ptr take_chunk(bytes& from) {
  if (from.size() <= snapshot_chunk_bytes)
    return std::make_shared<const bytes>(std::exchange(from, {}));
  auto cut = from.begin() + snapshot_chunk_bytes;
  auto result = std::make_shared<const bytes>(from.begin(), cut);
  from.erase(from.begin(), cut);
  return result;
}

} // namespace

// -- loading ------------------------------------------------------------------

void applier_state::on(const start_applying& msg) {
  applied_ = msg.last.index;
  applied_term_ = msg.last.term;
  members_ = msg.members;
  if (!msg.snapshot)
    return start();
  if (msg.snapshot->last.index > known_to_machine_)
    return load(msg.snapshot);
  // A machine with a disk of its own has all of it.
  be_at(*msg.snapshot);
  post(self_, env_.server, snapshot_loaded{msg.snapshot});
  start();
}

void applier_state::be_at(const snapshot_head& what) {
  applied_ = what.last.index;
  applied_term_ = what.last.term;
  members_ = {what.members_index, what.members};
}

void applier_state::on(const load_snapshot& msg) {
  // The one that is being loaded may be in vain; nothing of it is seen yet.
  if (msg.what->last.index > applied_)
    load(msg.what);
}

void applier_state::load(const snapshot_head_ptr& what) {
  // A view of what is about to go is of no use any more.
  if (viewing_.from) {
    viewing_ = {};
    post(self_, env_.snapshotter, abandon_snapshot{env_.group, attempt_});
  }
  if (loading_.to)
    post(self_, env_.snapshotter, dispose{std::move(loading_.to)});
  loading_ = {what, machine_->loader()};
  if (!loading_.to) {
    fail("cannot load a snapshot",
         "this state machine does not take any, so that this member cannot "
         "catch up; give it a loader, as whoever took the snapshot has a view");
    return;
  }
  go_on_loading({});
}

void applier_state::ask_for_chunks() {
  auto& x = loading_;
  auto end = std::min(x.what->chunks(), x.next + max_asked_chunks);
  chunk_receiver me = actor_cast<applier_actor>(self_);
  for (; x.asked < end; ++x.asked)
    post(self_, env_.snapshotter,
         read_chunk{env_.group, x.what, x.asked, me, server_id{}});
}

void applier_state::on(const chunk_read& msg) {
  auto& x = loading_;
  if (!x.what || !x.what->is_same(*msg.head) || msg.number != x.next)
    return;
  if (!msg.chunk)
    return fail("cannot load snapshot " + to_string(x.what->last),
                msg.chunk.error().text);
  ++x.next;
  go_on_loading(**msg.chunk);
}

/// @param chunk The next one; empty at the beginning.
void applier_state::go_on_loading(bytes_view chunk) {
  auto& x = loading_;
  auto is_last = x.next == x.what->chunks();
  try {
    if (!chunk.empty())
      x.to->write(chunk);
    if (is_last)
      x.to->finish();
  } catch (const std::exception& ex) {
    return fail("the state machine cannot load snapshot "
                  + to_string(x.what->last),
                ex.what());
  }
  if (is_last)
    loaded();
  else
    ask_for_chunks();
}

void applier_state::loaded() {
  auto what = loading_.what;
  // With it goes the state that was there before.
  post(self_, env_.snapshotter, dispose{std::move(loading_.to)});
  loading_ = {};
  be_at(*what);
  target_ = std::max(target_, applied_);
  while (!backlog_.empty() && backlog_.front().index() <= applied_) {
    backlog_bytes_ -= backlog_.front().record().size();
    backlog_.pop_front();
  }
  // Whoever waits for entries that it covers must hear of them.
  post(self_, env_.server, snapshot_loaded{what});
  start();
}

void applier_state::start() {
  started_ = true;
  for (auto& x : std::exchange(early_queries_, {}))
    on(x);
  if (!working_)
    work();
}

// -- taking -------------------------------------------------------------------

void applier_state::refuse_snapshot(std::string why) const {
  post(self_, env_.server,
       snapshot_taken{failure{errc::rejected, std::move(why)}});
}

void applier_state::on(const take_snapshot&) {
  CAF_RAFT_ASSERT(!viewing_.from);
  if (!started_)
    return refuse_snapshot("this member has not begun yet");
  if (loading_.what)
    return refuse_snapshot("a snapshot is being loaded");
  if (!applied_)
    return refuse_snapshot("nothing was applied yet");
  // Its state is that of a later entry, and would be taken for an earlier one.
  if (applied_ < known_to_machine_)
    return refuse_snapshot("the log is replayed up to where the state machine, "
                           "which has a disk of its own, is already");
  auto view = machine_->view();
  if (!view)
    return refuse_snapshot("this state machine has no snapshots");
  viewing_ = {};
  viewing_.from = std::move(view);
  viewing_.allowed = max_waiting_chunks;
  snapshot_head head;
  head.last = at();
  head.members = members_.value;
  head.members_index = members_.index;
  view_client me = actor_cast<applier_actor>(self_);
  post(self_, env_.snapshotter,
       begin_snapshot{env_.group, ++attempt_, std::move(head), me});
  view_more_soon();
}

void applier_state::on(const chunk_written& msg) {
  if (!viewing_.from || msg.attempt != attempt_)
    return;
  if (msg.over) {
    viewing_ = {};
    return;
  }
  ++viewing_.allowed;
  view_more_soon();
}

/// One piece a turn: what is to be applied gets its turn in between.
void applier_state::on(view_more) {
  auto& x = viewing_;
  x.soon = false;
  if (!x.from || x.allowed == 0)
    return;
  auto& content = x.content;
  if (x.more && content.size() < snapshot_chunk_bytes)
    x.more = x.from->read(
      content, std::min(piece_bytes, snapshot_chunk_bytes - content.size()));
  if (x.more && content.size() < snapshot_chunk_bytes)
    return view_more_soon();
  --x.allowed;
  auto chunk = take_chunk(content);
  auto is_last = !x.more && content.empty();
  post(self_, env_.snapshotter,
       write_chunk{env_.group, attempt_, std::move(chunk), is_last});
  if (is_last)
    viewing_ = {};
  else
    view_more_soon();
}

void applier_state::view_more_soon() {
  if (viewing_.soon || viewing_.allowed == 0)
    return;
  viewing_.soon = true;
  wake_at(self_, now(self_) + pause_between_pieces, view_more{});
}

} // namespace caf::raft
