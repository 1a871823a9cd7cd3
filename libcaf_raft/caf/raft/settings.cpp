#include "caf/raft/settings.hpp"

namespace caf::raft {

namespace {

failure bad(const char* text) {
  return {errc::invalid_argument, text};
}

} // namespace

result_of<done> validate(const settings& xs) {
  if (xs.heartbeat_interval <= timespan::zero())
    return bad("the heartbeat interval must be above zero");
  if (xs.election_timeout < 2 * xs.heartbeat_interval)
    return bad("the election timeout must be at least twice the heartbeat "
               "interval; ten times is usual");
  if (xs.election_jitter && *xs.election_jitter < timespan::zero())
    return bad(
      "what chance adds to the election timeout must not be below zero");
  if (xs.request_timeout <= timespan::zero())
    return bad("the request timeout must be above zero");
  if (xs.max_append_bytes == 0 || xs.max_append_entries == 0
      || xs.max_inflight_messages == 0 || xs.max_inflight_bytes == 0)
    return bad("the limits of append_entries must be above zero");
  if (xs.max_command_bytes == 0 || xs.max_command_bytes > (256 << 20))
    return bad("the largest command must be between 1 byte and 256 MiB");
  if (xs.snapshot_ratio < 0)
    return bad("the ratio of the log to the last snapshot must not be below "
               "zero");
  if (xs.snapshot_window == 0)
    return bad("one chunk of a snapshot at least must be allowed to be sent");
  if (xs.max_open_requests == 0)
    return bad("at least one request must be allowed to be open");
  return done{};
}

} // namespace caf::raft
