#pragma once

// What became of a request, as an HTTP answer. Nothing here asks anyone.

#include "kvnode/http_message.hpp"
#include "kvnode/json_views.hpp"
#include "kvnode/routes.hpp"

#include <caf/raft/client.hpp>

#include <string>

namespace kvnode {

/// Of what the state machine, or a transfer of leadership, was asked.
/// @returns An answer that points into `what`.
http_answer make_answer(const reply_plan& asked, const raft::outcome& what);

/// Where the time of a request went until now, as Server-Timing has it: in
/// milliseconds, without what did not happen.
std::string timing_text(const reply_plan& asked, const raft::stage_times& times,
                        raft::time_point now);

/// Of what is read from the status.
http_answer make_answer(const reply_plan& asked, const raft::status& what,
                        const http_counters& counts);

http_answer make_answer(const raft::log_page& what);

/// Of a change of the members.
http_answer make_answer(const reply_plan& asked,
                        const raft::members_changed& what);

/// Of what was not answered in time.
http_answer late_answer(const reply_plan& asked);

} // namespace kvnode
