#pragma once

// What happens in a simulated cluster, one struct for each kind of event.

#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/status.hpp"
#include "caf/raft/time.hpp"
#include "caf/raft/types.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace caf::raft::testing {

// -- members ------------------------------------------------------------------

enum class crash_kind : uint8_t {
  /// The process ends: nothing that was committed is lost.
  process,
  /// The machine loses its power: what was not durable may be lost, and the
  /// others hear nothing.
  power,
};

struct member_started {
  server_id id;
};

struct member_crashed {
  server_id id;
  crash_kind how = crash_kind::process;
};

/// Its disk failed; a crash follows.
struct member_failed {
  server_id id;
  std::string why;
};

struct member_paused {
  server_id id;
};

struct member_resumed {
  server_id id;
};

struct clock_jumped {
  server_id id;
  timespan by{};
};

struct role_changed {
  server_id id;
  group_id group;
  role_name role = role_name::follower;
  term_t term;
};

/// The member knows that this entry is committed.
struct commit_advanced {
  server_id id;
  group_id group;
  index_t index;
};

// -- disks --------------------------------------------------------------------

enum class disk_change : uint8_t {
  stalled,
  released,
  /// By so many milliseconds; by zero: as fast as ever again.
  slowed,
  reader_stalled,
  reader_released,
  fails_next,
  /// But for so many bytes.
  filled,
  cleared,
  /// The entry with this index.
  damaged,
  wiped,
};

struct disk_changed {
  server_id id;
  disk_change what = disk_change::stalled;
  /// As the kind of change has it.
  uint64_t amount = 0;
};

// -- network ------------------------------------------------------------------

/// A message of a group left a member.
struct message_sent {
  /// Of this message alone.
  uint64_t number = 0;
  server_id from;
  server_id to;
  group_id group;
  message body;
};

/// All its bytes are there; they may wait to be read.
struct message_arrived {
  uint64_t number = 0;
};

/// It never arrives whole.
struct message_lost {
  uint64_t number = 0;
};

enum class link_change : uint8_t {
  cut,
  mended,
  broken,
  abandoned,
  /// By some time; by none: as fast as ever again.
  slowed,
  garbled,
};

struct link_changed {
  link_change what = link_change::cut;
  server_id from;
  server_id to;
  timespan by{};
};

// -- clients ------------------------------------------------------------------

struct request_made {
  request_id number;
  server_id at;
  group_id group;
  std::string text;
};

/// `outcome_unknown` where the member crashed.
struct request_answered {
  request_id number;
  server_id at;
  group_id group;
  errc code = errc::none;
  std::string text;
};

// -- whoever runs the cluster -------------------------------------------------

/// Says what it is about to do.
struct remark {
  std::string text;
};

/// Runs a command of a scenario.
struct command_given {
  std::string text;
};

/// A block of commands is over, and this is what they said.
struct block_ended {
  std::string output;
};

/// Found something wrong. The last event of a run.
struct run_failed {
  std::string why;
};

struct run_event {
  using content
    = std::variant<member_started, member_crashed, member_failed, member_paused,
                   member_resumed, clock_jumped, role_changed, commit_advanced,
                   disk_changed, message_sent, message_arrived, message_lost,
                   link_changed, request_made, request_answered, remark,
                   command_given, block_ended, run_failed>;

  /// Since the simulation began, in virtual time.
  timespan when{};
  content what;
};

using event_handler = std::function<void(const run_event&)>;

/// An event as traces have it, for example `crash 2 (power)`.
std::string describe(const run_event::content& what);

/// Hears lines of text.
using line_handler = std::function<void(const std::string&)>;

/// Makes a trace: a line, with the time in front, for each event but arrivals
/// and losses of messages, commits, and what scenarios print themselves.
event_handler trace_to(line_handler out);

} // namespace caf::raft::testing
