#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/core/deadlines.hpp"
#include "caf/raft/core/stages.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <iterator>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caf::raft::core {

/// How much is known of a request.
enum class request_stage : uint8_t {
  /// A command that was certainly not appended.
  waiting,
  /// A command that may be appended.
  handed_over,
  /// A command whose entry is known.
  appended,
  /// A query, wherever it is.
  query,
};

/// The requests that are open at one member: found by their numbers, and each
/// in one list of its owner's, which is where it is on its way. To go from one
/// list to another takes no allocation, and lists keep the order of arrival.
///
/// @tparam Token Who waits for the answer.
template <class Token>
class request_table {
public:
  struct request;

  using list_t = std::list<request>;

  struct request {
    request_id id;
    Token who;
    bytes payload;
    time_point deadline;
    deadlines::place_t place;
    request_stage stage;
    /// Of a command that was appended.
    entry_id entry;
    list_t* list;
    stamps at{};
  };

  using iterator = typename list_t::iterator;

  /// A request that has ended, and how.
  struct settled {
    Token who;
    errc code = errc::none;
    /// Of a command that was appended.
    entry_id entry;
    bytes answer;
    /// Of one that was answered.
    stage_times times{};
  };

  /// @param first The number before the first one that is given out.
  explicit request_table(uint64_t first) : last_id_(first) {
    // nop
  }

  request_table(const request_table&) = delete;
  request_table& operator=(const request_table&) = delete;

  /// What happens from now on happens at that time.
  void time_is(time_point now) {
    time_ = now;
  }

  time_point time() const {
    return time_;
  }

  size_t size() const {
    return by_id_.size();
  }

  /// The payloads that are kept.
  size_t size_in_bytes() const {
    return bytes_;
  }

  /// Draws a number.
  request_id next_id() {
    return ++last_id_;
  }

  request_id add(list_t& to, request_stage stage, Token who, bytes payload,
                 time_point deadline) {
    auto id = next_id();
    bytes_ += payload.size();
    to.push_back({id,
                  std::move(who),
                  std::move(payload),
                  deadline,
                  deadlines_.add(deadline, id),
                  stage,
                  entry_id{},
                  &to,
                  {time_, {}, {}}});
    by_id_.emplace(id, std::prev(to.end()));
    return id;
  }

  std::optional<iterator> find(request_id id) const {
    auto i = by_id_.find(id);
    return i == by_id_.end() ? std::nullopt : std::optional{i->second};
  }

  /// Gives a request another number: the old one fits nothing any more.
  void renumber(iterator i) {
    by_id_.erase(i->id);
    deadlines_.cancel(i->place);
    i->id = next_id();
    i->place = deadlines_.add(i->deadline, i->id);
    by_id_.emplace(i->id, i);
  }

  bytes take_payload(iterator i) {
    bytes_ -= i->payload.size();
    return std::exchange(i->payload, bytes{});
  }

  static void move(iterator i, list_t& to, iterator before) {
    to.splice(before, *i->list, i);
    i->list = &to;
  }

  static void move_all(list_t& from, list_t& to, iterator before) {
    for (auto& x : from)
      x.list = &to;
    to.splice(before, from);
  }

  settled settle(iterator i, errc code) {
    settled result{std::move(i->who), code, i->entry, {}, {}};
    bytes_ -= i->payload.size();
    deadlines_.cancel(i->place);
    by_id_.erase(i->id);
    i->list->erase(i);
    return result;
  }

  /// Settles a request that is not finished as what it has become.
  settled give_up(iterator i) {
    auto certain = i->stage == request_stage::waiting
                   || i->stage == request_stage::query;
    return settle(i, certain ? errc::no_leader : errc::outcome_unknown);
  }

  void give_up_all(list_t& xs, std::vector<settled>& result) {
    while (!xs.empty())
      result.push_back(give_up(xs.begin()));
  }

  std::optional<time_point> next_deadline() const {
    return deadlines_.nearest();
  }

  /// A request whose time is up; it is to be settled.
  std::optional<iterator> due(time_point now) const {
    auto id = deadlines_.due(now);
    return id ? find(*id) : std::nullopt;
  }

private:
  request_id last_id_;
  time_point time_{};
  size_t bytes_ = 0;
  std::unordered_map<request_id, iterator> by_id_;
  deadlines deadlines_;
};

} // namespace caf::raft::core
