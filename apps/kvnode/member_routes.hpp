#pragma once

// What changes of the members the routes take, as values. All errors are
// `invalid_argument` with a sentence for whoever sent it.

#include "kvnode/http_message.hpp"
#include "kvnode/routes.hpp"
#include "kvnode/text.hpp"

#include <caf/raft/error.hpp>

#include <string_view>

namespace kvnode {

/// `POST /members`: `{"id":4,"address":"HOST:PORT","voter":true}`; without an id
/// the next free one, without `voter` a voter.
raft::result_of<ask_change> parse_new_member(const http_request& from,
                                             const query_string& query);

/// `PUT /members`: a list of members as above.
raft::result_of<ask_change> parse_all_members(const http_request& from,
                                              const query_string& query);

/// `POST /members/ID`: `{"voter":true}`, `{"voter":false}` or
/// `{"address":"HOST:PORT"}`.
raft::result_of<ask_change> parse_member_change(const http_request& from,
                                                std::string_view id,
                                                const query_string& query);

/// `DELETE /members/ID` and `DELETE /members/HOST:PORT`.
raft::result_of<ask_change> parse_removal(const http_request& from,
                                          std::string_view who,
                                          const query_string& query);

/// CKite's `POST /members/HOST:PORT`.
raft::result_of<ask_change> parse_new_address(const http_request& from,
                                              std::string_view address,
                                              const query_string& query);

/// raftexample's `POST /ID`; the body is a URL.
raft::result_of<ask_change> parse_example_member(const http_request& from,
                                                 std::string_view id);

/// CKite's `/changecluster/HOST:PORT,...`.
raft::result_of<ask_change> parse_cluster_list(std::string_view list);

} // namespace kvnode
