#pragma once

#include "caf/raft/assert.hpp"
#include "caf/raft/bytes.hpp"
#include "caf/raft/core/pending_deadlines.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf::raft::core {

/// What a server keeps for its clients, across tenures: roles hold nobody's
/// promise. Each request is answered exactly once:
///
/// - what was certainly not appended waits for the next leader, and when its
///   time is up it is *not done* (`no_leader`);
/// - what was passed on to another member and neither refused nor given an
///   entry id is never sent again, and is *unknown* when the connection breaks
///   or the time is up;
/// - what is appended stays open under its entry id: when the own applier
///   passes that index it is done if the entry there has that term, and *not
///   done, never will be* if it has another (log matching, §3.5);
/// - a read changes nothing: its time-out is `no_leader`, and when in doubt it
///   asks anew; an older read index is never used (§6.4).
///
/// @tparam Token Who waits for the answer.
template <class Token>
class pending_requests {
public:
  /// A request that has ended, and how.
  struct settled {
    Token who;
    errc code = errc::none;
    entry_id entry;
    bytes answer;
  };

  using settled_list = std::vector<settled>;

  struct command {
    request_id id;
    bytes payload;
    time_point deadline;
  };

  struct ready_query {
    request_id id;
    bytes payload;
  };

  /// What the applier says of one entry.
  struct applied {
    entry_id entry;
    bytes* answer;
  };

  /// @param first The number before the first one that is given out.
  explicit pending_requests(uint64_t first) : last_id_(first) {
    // nop
  }

  // -- arrivals ---------------------------------------------------------------

  /// @returns `overloaded` or `too_large`, or none: it is kept.
  errc add_command(Token who, bytes payload, time_point deadline,
                   const settings& cfg) {
    if (payload.size() > cfg.max_command_bytes)
      return errc::too_large;
    if (is_full(payload.size(), cfg))
      return errc::overloaded;
    auto id = insert(std::move(who), std::move(payload), deadline,
                     stage_t::waiting, true);
    commands_.push_back(id);
    return errc::none;
  }

  errc add_query(Token who, bytes payload, time_point deadline,
                 const settings& cfg) {
    if (payload.size() > cfg.max_command_bytes)
      return errc::too_large;
    if (is_full(payload.size(), cfg))
      return errc::overloaded;
    auto id = insert(std::move(who), std::move(payload), deadline,
                     stage_t::waiting, false);
    queries_.push_back(id);
    return errc::none;
  }

  /// A query that waits for nothing but the state machine.
  /// @returns Its number; none where there is too much already.
  request_id add_local_query(Token who, time_point deadline,
                             const settings& cfg) {
    if (is_full(0, cfg))
      return {};
    return insert(std::move(who), {}, deadline, stage_t::querying, false);
  }

  // -- to the leader ----------------------------------------------------------

  bool has_waiting_commands() const {
    return !commands_.empty();
  }

  bool has_waiting_queries() const {
    return !queries_.empty();
  }

  /// Takes waiting commands, in order, for the leader.
  /// @param at The member that leads; if that is another one, they count as
  ///           passed on over a connection.
  std::vector<command> take_commands(server_id at, bool elsewhere,
                                     size_t max_count, size_t max_bytes) {
    std::vector<command> result;
    size_t bytes_taken = 0;
    while (!commands_.empty() && result.size() < max_count) {
      auto i = all_.find(commands_.front());
      if (i == all_.end() || i->second.stage != stage_t::waiting) {
        commands_.pop_front();
        continue;
      }
      auto& x = i->second;
      if (!result.empty() && bytes_taken + x.payload.size() > max_bytes)
        break;
      bytes_taken += x.payload.size();
      x.stage = elsewhere ? stage_t::passed_on : stage_t::handed_over;
      x.at = at;
      result.push_back({i->first, x.payload, x.deadline});
      commands_.pop_front();
    }
    return result;
  }

  /// The waiting reads ask together for a read index.
  /// @returns The number of the batch; none where no read waits.
  request_id take_queries() {
    std::vector<request_id> ids;
    for (auto id : queries_)
      if (auto i = all_.find(id); i != all_.end()) {
        i->second.stage = stage_t::asking;
        ids.push_back(id);
      }
    queries_.clear();
    if (ids.empty())
      return {};
    auto batch = ++last_id_;
    batches_[batch] = std::move(ids);
    return batch;
  }

  bool has_unconfirmed_reads() const {
    return !batches_.empty();
  }

  // -- from the leader --------------------------------------------------------

  /// The leader appended a command, or refused it.
  /// @returns The end of the request where it has come, for example because
  ///          there is no room.
  std::optional<settled> appended(request_id id, errc code, entry_id entry) {
    auto i = all_.find(id);
    if (i == all_.end()
        || (i->second.stage != stage_t::handed_over
            && i->second.stage != stage_t::passed_on))
      return std::nullopt;
    auto& x = i->second;
    if (code == errc::no_leader) {
      x.stage = stage_t::waiting;
      commands_.push_back(id);
      return std::nullopt;
    }
    if (code != errc::none)
      return settle(i, code);
    // Applied here before we learned that it is ours: its answer is gone.
    if (entry.index <= applied_)
      return settle(i, errc::outcome_unknown);
    x.stage = stage_t::appended;
    x.entry = entry;
    bytes_ -= x.payload.size();
    x.payload = {};
    appended_.emplace(entry.index, id);
    return std::nullopt;
  }

  /// A batch of reads has its read index, or must ask anew.
  /// @returns Those that can be answered at once.
  std::vector<ready_query> read_confirmed(request_id batch, errc code,
                                          index_t index) {
    auto i = batches_.find(batch);
    if (i == batches_.end())
      return {};
    auto ids = std::move(i->second);
    batches_.erase(i);
    if (code != errc::none) {
      ask_anew(ids);
      return {};
    }
    for (auto id : ids)
      if (auto j = all_.find(id); j != all_.end()) {
        j->second.stage = stage_t::indexed;
        indexed_.emplace(index, id);
      }
    return take_ready();
  }

  /// All reads that have no index yet ask anew: their answers may be lost, or
  /// come from a leader of the past.
  void ask_reads_anew() {
    for (auto& [batch, ids] : batches_)
      ask_anew(ids);
    batches_.clear();
  }

  // -- what happens besides ---------------------------------------------------

  /// The own role is gone, or another member leads now. What it was handed and
  /// did not answer was certainly not appended.
  void tenure_over() {
    std::vector<request_id> again;
    for (auto& [id, x] : all_)
      if (x.stage == stage_t::handed_over)
        again.push_back(id);
    std::sort(again.begin(), again.end());
    for (auto i = again.rbegin(); i != again.rend(); ++i) {
      all_.at(*i).stage = stage_t::waiting;
      commands_.push_front(*i);
    }
    ask_reads_anew();
  }

  /// The connection to another member is gone, and with it what was passed on.
  settled_list connection_lost(server_id member) {
    std::vector<request_id> lost;
    for (auto& [id, x] : all_)
      if (x.stage == stage_t::passed_on && x.at == member)
        lost.push_back(id);
    std::sort(lost.begin(), lost.end());
    settled_list result;
    for (auto id : lost)
      result.push_back(settle(all_.find(id), errc::outcome_unknown));
    return result;
  }

  /// The state machine is at `last` now.
  /// @param answers What it answered, in order of the entries.
  /// @param ready   Gets the reads that can be answered now.
  settled_list applied_up_to(index_t last, const std::vector<applied>& answers,
                             std::vector<ready_query>& ready) {
    applied_ = last;
    settled_list result;
    auto answer = answers.begin();
    while (!appended_.empty() && appended_.begin()->first <= last) {
      auto [index, id] = *appended_.begin();
      appended_.erase(appended_.begin());
      auto i = all_.find(id);
      if (i == all_.end())
        continue;
      while (answer != answers.end() && answer->entry.index < index)
        ++answer;
      if (answer == answers.end() || answer->entry.index != index) {
        result.push_back(settle(i, errc::outcome_unknown));
      } else if (answer->entry != i->second.entry) {
        result.push_back(settle(i, errc::no_leader));
      } else {
        result.push_back(settle(i, errc::none));
        result.back().answer = std::move(*answer->answer);
      }
    }
    ready = take_ready();
    return result;
  }

  /// The state machine answered a query.
  std::optional<settled> answered(request_id id) {
    auto i = all_.find(id);
    if (i == all_.end() || i->second.stage != stage_t::querying)
      return std::nullopt;
    return settle(i, errc::none);
  }

  // -- deadlines --------------------------------------------------------------

  std::optional<time_point> next_deadline() {
    return deadlines_.nearest([this](uint64_t id) { return is_open(id); });
  }

  settled_list expire(time_point now) {
    settled_list result;
    for (auto id : deadlines_.due(now))
      if (auto i = all_.find(request_id{id}); i != all_.end())
        result.push_back(settle(i, code_of_timeout(i->second)));
    return result;
  }

  /// Ends everything: the member stops.
  settled_list close() {
    std::vector<request_id> ids;
    for (auto& [id, x] : all_)
      ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    settled_list result;
    for (auto id : ids) {
      auto i = all_.find(id);
      result.push_back(settle(i, code_of_timeout(i->second)));
    }
    return result;
  }

  bool empty() const {
    return all_.empty();
  }

  size_t size() const {
    return all_.size();
  }

  /// Whether entries may be ours whose answers are wanted.
  bool waits_for_entries() const {
    return !appended_.empty();
  }

private:
  enum class stage_t : uint8_t {
    /// Certainly not appended.
    waiting,
    /// With the own leader role, which has not answered.
    handed_over,
    /// On its way to another member, or lost.
    passed_on,
    /// Under its entry id.
    appended,
    /// A read without an index.
    asking,
    /// A read that waits for its index to be applied.
    indexed,
    /// With the state machine.
    querying,
  };

  struct request {
    Token who;
    bytes payload;
    time_point deadline;
    stage_t stage;
    bool is_command;
    server_id at;
    entry_id entry;
  };

  using map_type = std::unordered_map<request_id, request>;

  bool is_full(size_t bytes, const settings& cfg) const {
    return all_.size() >= cfg.max_open_requests
           || bytes_ + bytes > cfg.max_open_bytes;
  }

  bool is_open(uint64_t id) const {
    return all_.count(request_id{id}) > 0;
  }

  request_id insert(Token who, bytes payload, time_point deadline,
                    stage_t stage, bool is_command) {
    auto id = ++last_id_;
    bytes_ += payload.size();
    all_.emplace(id, request{std::move(who),
                             std::move(payload),
                             deadline,
                             stage,
                             is_command,
                             {},
                             {}});
    deadlines_.add(deadline, id.value);
    if (deadlines_.size() > 2 * all_.size() + 1024)
      deadlines_.tidy([this](uint64_t x) { return is_open(x); });
    return id;
  }

  settled settle(typename map_type::iterator i, errc code) {
    auto& x = i->second;
    bytes_ -= x.payload.size();
    settled result{std::move(x.who), code, x.entry, {}};
    all_.erase(i);
    return result;
  }

  static errc code_of_timeout(const request& x) {
    if (!x.is_command || x.stage == stage_t::waiting)
      return errc::no_leader;
    return errc::outcome_unknown;
  }

  void ask_anew(const std::vector<request_id>& ids) {
    for (auto id : ids)
      if (auto i = all_.find(id); i != all_.end()) {
        i->second.stage = stage_t::waiting;
        queries_.push_back(id);
      }
  }

  std::vector<ready_query> take_ready() {
    std::vector<ready_query> result;
    while (!indexed_.empty() && indexed_.begin()->first <= applied_) {
      auto id = indexed_.begin()->second;
      indexed_.erase(indexed_.begin());
      auto i = all_.find(id);
      if (i == all_.end())
        continue;
      auto& x = i->second;
      x.stage = stage_t::querying;
      bytes_ -= x.payload.size();
      result.push_back({id, std::exchange(x.payload, {})});
    }
    return result;
  }

  request_id last_id_;
  map_type all_;
  size_t bytes_ = 0;
  index_t applied_;
  pending_deadlines deadlines_;
  /// Those in the stage `waiting`, in order; may name requests that have ended.
  std::deque<request_id> commands_;
  std::deque<request_id> queries_;
  std::map<request_id, std::vector<request_id>> batches_;
  std::map<index_t, request_id> appended_;
  std::multimap<index_t, request_id> indexed_;
};

} // namespace caf::raft::core
