#pragma once

#include "caf/raft/assert.hpp"
#include "caf/raft/bytes.hpp"
#include "caf/raft/core/appended_commands.hpp"
#include "caf/raft/core/passed_on.hpp"
#include "caf/raft/core/request_table.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/settings.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

namespace caf::raft::core {

/// What a server keeps for its clients, across tenures: roles hold nobody's
/// promise. Each request ends exactly once.
///
/// A command is
/// - *waiting* for a leader: certainly not appended. When its time is up it is
///   not done and never will be (`no_leader`);
/// - *handed over* to the leader, here or at another member, who has not
///   answered: it may be appended. It is not sent again unless the leader
///   refuses it, so it is never appended twice. When its time is up, or the
///   connection that it left by breaks, or the leader speaks on another one than
///   that on which it would have answered, it is `outcome_unknown`. Not so when
///   the own leadership ends, or another member says farewell in that term or a
///   later one: what that left unanswered it did not append;
/// - *appended* as an entry whose id is known. Once the state machine here has
///   applied that index it is done if the entry there has that term, and if it
///   has another, it never will be: `no_leader` (log matching, §3.5). Where its
///   time is up before, or a snapshot jumps over it, it is `outcome_unknown`.
///
/// A query waits for a leader, for a read index (§6.4), for that index to be
/// applied and for the state machine. It changes nothing: when in doubt it is
/// asked anew, and when its time is up it is `no_leader`, wherever it is.
///
/// What travels has a number of its own for each attempt, and numbers begin at
/// random in each run of the process: an answer to an earlier attempt, or to an
/// earlier life of this member, fits nothing. So no older read index is used.
///
/// @tparam Token Who waits for the answer.
template <class Token>
class open_requests {
public:
  using settled = typename request_table<Token>::settled;

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

  using applied = applied_entry;

  /// @param first A random number.
  explicit open_requests(uint64_t first) : table_(first) {
    // nop
  }

  /// What happens from now on happens at that time: it goes into `stage_times`.
  void time_is(time_point now) {
    table_.time_is(now);
  }

  // -- arrivals ---------------------------------------------------------------

  /// @returns `overloaded` or `too_large`; none: it was taken.
  errc add_command(Token who, bytes payload, time_point deadline,
                   const settings& cfg) {
    if (auto code = admit(payload.size(), cfg); code != errc::none)
      return code;
    table_.add(waiting_commands_, request_stage::waiting, std::move(who),
               std::move(payload), deadline);
    return errc::none;
  }

  errc add_query(Token who, bytes payload, time_point deadline,
                 const settings& cfg) {
    if (auto code = admit(payload.size(), cfg); code != errc::none)
      return code;
    table_.add(waiting_queries_, request_stage::query, std::move(who),
               std::move(payload), deadline);
    return errc::none;
  }

  /// A query that waits for nothing but the state machine, which has it.
  /// @returns Its number; none where it is `overloaded`.
  request_id add_local_query(Token who, time_point deadline,
                             const settings& cfg) {
    if (admit(0, cfg) != errc::none)
      return {};
    return table_.add(running_queries_, request_stage::query, std::move(who),
                      {}, deadline);
  }

  bool empty() const {
    return table_.size() == 0;
  }

  size_t size() const {
    return table_.size();
  }

  /// The payloads of all that is open.
  size_t size_in_bytes() const {
    return table_.size_in_bytes();
  }

  // -- to the leader ----------------------------------------------------------

  bool has_waiting_commands() const {
    return !waiting_commands_.empty();
  }

  bool has_waiting_queries() const {
    return !waiting_queries_.empty();
  }

  /// Hands waiting commands over to the leader, in order.
  /// @param to_whom   Who leads, in which term.
  /// @param elsewhere Whether that is another member, over a connection that
  ///                  stands.
  /// @param max_bytes Stop before the payloads pass this, but hand over at
  ///                  least one where one waits.
  std::vector<command> take_commands(leadership to_whom, bool elsewhere,
                                     size_t max_count, size_t max_bytes) {
    std::vector<command> result;
    size_t bytes_taken = 0;
    auto& to = elsewhere ? passed_on_.to(to_whom) : handed_over_;
    while (!waiting_commands_.empty() && result.size() < max_count) {
      auto i = waiting_commands_.begin();
      bytes_taken += i->payload.size();
      if (!result.empty() && bytes_taken > max_bytes)
        break;
      // The payload stays: the leader may refuse.
      result.push_back({i->id, i->payload, i->deadline});
      i->stage = request_stage::handed_over;
      i->at.taken = table_.time();
      table_t::move(i, to, to.end());
    }
    return result;
  }

  /// The waiting queries ask together for a read index.
  /// @returns The number under which they ask; none where no query waits.
  request_id take_queries() {
    if (waiting_queries_.empty())
      return {};
    auto batch = table_.next_id();
    for (auto& x : waiting_queries_)
      x.at.taken = table_.time();
    auto& to = asking_queries_[batch];
    table_t::move_all(waiting_queries_, to, to.end());
    return batch;
  }

  /// Whether queries ask under this number still.
  bool asks(request_id batch) const {
    return asking_queries_.count(batch) > 0;
  }

  bool has_unconfirmed_reads() const {
    return !asking_queries_.empty();
  }

  // -- from the leader --------------------------------------------------------

  /// The leader appended a command (`none`), or did not and never will. Refused
  /// with `no_leader` it waits again. An answer that comes after the tenure
  /// counts too, as long as the command is not given up.
  /// @returns The end of the request where it has come, for example because
  ///          there is no room.
  std::optional<settled> appended(request_id id, errc code, entry_id entry) {
    auto found = table_.find(id);
    if (!found || (*found)->stage != request_stage::handed_over)
      return std::nullopt;
    auto i = *found;
    if (code == errc::no_leader) {
      table_.renumber(i);
      i->stage = request_stage::waiting;
      table_t::move(i, waiting_commands_, waiting_commands_.end());
      return std::nullopt;
    }
    if (code != errc::none)
      return table_.settle(i, code);
    i->entry = entry;
    i->at.placed = table_.time();
    // Applied here before we learned that it is ours: the answer is gone.
    if (entry.index <= applied_)
      return table_.settle(i, errc::outcome_unknown);
    table_.take_payload(i);
    i->stage = request_stage::appended;
    appended_.add(i);
    return std::nullopt;
  }

  /// The queries of this number have a read index, or must ask anew.
  /// @returns Those that the state machine can answer at once.
  std::vector<ready_query> read_confirmed(request_id batch, errc code,
                                          index_t index) {
    auto i = asking_queries_.find(batch);
    if (i == asking_queries_.end())
      return {};
    auto& to = code == errc::none ? indexed_queries_[index] : waiting_queries_;
    for (auto& x : i->second)
      x.at.placed = table_.time();
    table_t::move_all(i->second, to, to.end());
    asking_queries_.erase(i);
    return take_ready();
  }

  /// All queries that have no index yet ask anew: the answers may be lost, or
  /// come from a leader of the past.
  void ask_reads_anew() {
    auto first = waiting_queries_.begin();
    for (auto& [batch, queries] : asking_queries_)
      table_t::move_all(queries, waiting_queries_, first);
    asking_queries_.clear();
  }

  // -- what happens to leaders ------------------------------------------------

  /// The own role is gone, and all that it said was heard. Commands that it was
  /// handed and did not answer wait for the next leader, before newer ones.
  void tenure_over() {
    wait_again(handed_over_);
    ask_reads_anew();
  }

  /// Another member appends nothing any more of what it was passed up to a term
  /// and has not answered. That waits for the next leader, before newer commands.
  void refused_all(leadership last) {
    passed_on_.take_up_to(last, [this](list_t& xs) { wait_again(xs); });
  }

  /// What that member was passed, or its answers, may be lost with a connection.
  settled_list connection_lost(server_id member) {
    settled_list result;
    auto give_up = [&](list_t& xs) { table_.give_up_all(xs, result); };
    passed_on_.take_all(member, give_up);
    return result;
  }

  // -- what the state machine has applied -------------------------------------

  /// Entries up to `last` may be applied: they are committed, and since `stored` on
  /// this disk.
  void released(index_t last, time_point stored) {
    // Also of what we do not know yet to be there.
    if (waits_for_entries())
      appended_.released({last, stored, table_.time()});
  }

  /// Whether commands are or may be appended, so that what the state machine
  /// answers to the entries to come is wanted.
  bool waits_for_entries() const {
    return !handed_over_.empty() || !passed_on_.empty() || !appended_.empty();
  }

  /// The state machine is at `last` now.
  /// @param answers What it answered, in order of the entries: of every entry
  ///                since the last report, whatever its kind. An entry that is
  ///                not there was jumped over.
  /// @param ready   Gets the queries that the state machine can answer now.
  settled_list applied_up_to(index_t last, const std::vector<applied>& answers,
                             std::vector<ready_query>& ready) {
    CAF_RAFT_ASSERT(last >= applied_);
    applied_ = last;
    settled_list result;
    appended_.settle_up_to(last, answers, table_, result);
    ready = take_ready();
    return result;
  }

  /// The state machine answered a query.
  std::optional<settled> answered(request_id id) {
    auto i = table_.find(id);
    if (!i || (*i)->list != &running_queries_)
      return std::nullopt;
    auto times = query_stages((*i)->at, table_.time());
    auto result = table_.settle(*i, errc::none);
    result.times = times;
    return result;
  }

  // -- deadlines --------------------------------------------------------------

  std::optional<time_point> next_deadline() const {
    return table_.next_deadline();
  }

  settled_list expire(time_point now) {
    settled_list result;
    while (auto i = table_.due(now))
      result.push_back(table_.give_up(*i));
    return result;
  }

  /// Ends everything: the member stops.
  settled_list close() {
    settled_list result;
    auto settle_each = [&](auto& xs) {
      for (auto& [key, list] : xs)
        table_.give_up_all(list, result);
    };
    table_.give_up_all(waiting_commands_, result);
    table_.give_up_all(handed_over_, result);
    passed_on_.take_all([&](list_t& xs) { table_.give_up_all(xs, result); });
    appended_.for_each_list(
      [&](list_t& xs) { table_.give_up_all(xs, result); });
    table_.give_up_all(waiting_queries_, result);
    settle_each(asking_queries_);
    settle_each(indexed_queries_);
    table_.give_up_all(running_queries_, result);
    asking_queries_.clear();
    return result;
  }

private:
  using table_t = request_table<Token>;
  using list_t = typename table_t::list_t;

  errc admit(size_t size, const settings& cfg) const {
    if (size > cfg.max_command_bytes)
      return errc::too_large;
    auto full = table_.size() >= cfg.max_open_requests
                || table_.size_in_bytes() + size > cfg.max_open_bytes;
    return full ? errc::overloaded : errc::none;
  }

  /// Commands that were certainly not appended wait before all others. What is
  /// said of this attempt from now on is about nobody.
  void wait_again(list_t& xs) {
    for (auto& x : xs)
      x.stage = request_stage::waiting;
    auto first = waiting_commands_.begin();
    table_t::move_all(xs, waiting_commands_, first);
    for (auto i = waiting_commands_.begin(); i != first; ++i)
      table_.renumber(i);
  }

  std::vector<ready_query> take_ready() {
    std::vector<ready_query> result;
    while (!indexed_queries_.empty()
           && indexed_queries_.begin()->first <= applied_) {
      auto& xs = indexed_queries_.begin()->second;
      for (auto i = xs.begin(); i != xs.end(); ++i)
        result.push_back({i->id, table_.take_payload(i)});
      table_t::move_all(xs, running_queries_, running_queries_.end());
      indexed_queries_.erase(indexed_queries_.begin());
    }
    return result;
  }

  table_t table_;
  index_t applied_;

  list_t waiting_commands_;
  /// To the own role.
  list_t handed_over_;
  /// To another member.
  passed_on<list_t> passed_on_;
  appended_commands<Token> appended_;

  list_t waiting_queries_;
  /// By the number under which they ask.
  std::map<request_id, list_t> asking_queries_;
  /// By the index that must be applied first.
  std::map<index_t, list_t> indexed_queries_;
  /// With the state machine.
  list_t running_queries_;
};

} // namespace caf::raft::core
