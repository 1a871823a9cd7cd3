#pragma once

// What became of a request, as an HTTP answer. Nothing here asks anyone.

#include "kvnode/http_message.hpp"
#include "kvnode/json_views.hpp"
#include "kvnode/routes.hpp"

#include <caf/raft/client.hpp>

namespace kvnode {

/// Of what the state machine, or a transfer of leadership, was asked.
/// @returns An answer that points into `what`.
http_answer make_answer(const reply_plan& asked, const raft::outcome& what);

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
