#pragma once

#include "caf/raft/testing/run_events.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace caf::raft::testing {

/// What a picture of a run consists of. Positions are microseconds of virtual
/// time or, where time stands still, steps: each begins with a command of a
/// scenario or with the end of a message, and whatever follows from that is in
/// the same step.
struct timeline {
  enum class axis_t : uint8_t { time, steps };

  using position = uint64_t;

  /// A member has one role in one term.
  struct band {
    server_id member;
    group_id group;
    position begin = 0;
    position end = 0;
    role_name role = role_name::follower;
    term_t term;
  };

  enum class fate : uint8_t { under_way, arrived, lost };

  struct arrow {
    server_id from;
    server_id to;
    group_id group;
    position begin = 0;
    position end = 0;
    fate became = fate::under_way;
    std::string name;
    term_t term;
    std::string text;
  };

  enum class span_kind : uint8_t {
    down,
    paused,
    disk_stalled,
    disk_slow,
    disk_full,
    reader_stalled,
    cut,
    slow_link,
  };

  /// Something is the matter for a while; with a member, or where there is
  /// none, with the network.
  struct span {
    server_id member;
    position begin = 0;
    position end = 0;
    span_kind kind = span_kind::down;
    std::string text;
  };

  enum class mark_kind : uint8_t { commit, fault, remark };

  /// Something happens at one moment; at a member, or where there is none, to
  /// all.
  struct mark {
    server_id member;
    /// None: not to one group alone.
    group_id group;
    position at = 0;
    mark_kind kind = mark_kind::fault;
    std::string text;
  };

  struct request {
    server_id member;
    group_id group;
    position begin = 0;
    position end = 0;
    bool answered = false;
    errc code = errc::none;
    std::string text;
  };

  /// The commands of a scenario that have their output together.
  struct block {
    position begin = 0;
    position end = 0;
    std::string commands;
    std::string output;
  };

  axis_t axis = axis_t::time;
  position end = 0;
  std::set<server_id> members;
  std::set<group_id> groups;
  std::vector<band> bands;
  std::vector<arrow> arrows;
  std::vector<span> spans;
  std::vector<mark> marks;
  std::vector<request> requests;
  std::vector<block> blocks;
  /// Empty: nothing went wrong.
  std::string failure;
};

/// Makes a timeline of events.
class timeline_builder {
public:
  explicit timeline_builder(timeline::axis_t axis);

  void add(const run_event& what);

  /// Ends what is still going on.
  timeline finish() const;

private:
  using span_key
    = std::pair<timeline::span_kind, std::pair<server_id, server_id>>;

  void move_on(const run_event& what);

  void on(const member_started& x);
  void on(const member_crashed& x);
  void on(const member_failed& x);
  void on(const member_paused& x);
  void on(const member_resumed& x);
  void on(const clock_jumped& x);
  void on(const role_changed& x);
  void on(const commit_advanced& x);
  void on(const disk_changed& x);
  void on(const message_sent& x);
  void on(const message_arrived& x);
  void on(const message_lost& x);
  void on(const link_changed& x);
  void on(const request_made& x);
  void on(const request_answered& x);
  void on(const remark& x);
  void on(const command_given& x);
  void on(const block_ended& x);
  void on(const run_failed& x);

  void begin_span(server_id member, server_id other, timeline::span_kind kind,
                  std::string text);
  void end_span(server_id member, server_id other, timeline::span_kind kind);
  void end_bands(server_id member);
  void end_arrow(uint64_t number, timeline::fate became);
  void mark(server_id member, group_id group, timeline::mark_kind kind,
            std::string text);
  void show_cuts();

  timeline so_far_;
  timespan last_time_{};
  // Places, in the vectors of the timeline, of what is still going on.
  std::map<std::pair<server_id, group_id>, size_t> open_bands_;
  std::map<span_key, size_t> open_spans_;
  std::map<uint64_t, size_t> open_arrows_;
  std::map<request_id, size_t> open_requests_;
  bool in_block_ = false;
  std::set<std::pair<server_id, server_id>> cuts_;
};

/// Which ways are cut, for a person: `1->2, 1->3`, or where these are all that
/// lead from some members to others, and back, `1 | 2 3`.
std::string
describe_cuts(const std::set<server_id>& members,
              const std::set<std::pair<server_id, server_id>>& cuts);

} // namespace caf::raft::testing
