#pragma once

#include "caf/raft/change.hpp"
#include "caf/raft/core/leader.hpp"

#include <memory>
#include <optional>
#include <string>

// How a leader changes the members of its group (dissertation, chapter 4). The
// configurations that these functions return are for `append_configuration`,
// encoded by the caller.

namespace caf::raft::core {

/// Where a change that a client wants leads to.
struct change_begun {
  /// To be appended; empty where there is nothing to do, or in a dry run.
  std::optional<configuration> append;
  /// In which it ends, as far as it can be done at once (core/change_plan).
  configuration result;
};

/// Decides on a change. Nothing is changed before `append_configuration`.
/// @returns `rejected` and why: another change is under way; no entry of the own
///          term is committed; the newest configuration stands elsewhere than
///          the client believes; the quorum of those that are alive would be
///          lost; or as `target_of`. `no_leader` while leadership is handed
///          over.
result_of<change_begun> begin_change(const leader& self, const change& what,
                                     time_point now, const settings& cfg);

/// What the leader does by itself, one step at a time: leaves a joint
/// configuration that is committed (§4.3), whoever appended that; names the
/// incarnation of a learner that has shown itself; takes a voter that lost its
/// directory back as a learner; notes where a member is; promotes learners that
/// have caught up (§4.2.1). To be asked whenever something may have changed.
/// @returns The configuration to append now; empty where there is none.
std::optional<configuration> next_configuration(leader& self, time_point now,
                                                const settings& cfg);

/// Appends a configuration, which acts from then on (§4.1): follows whom it
/// names, and whom it leaves out until that one knows of it.
/// @param encoded `what`, as it stands in the log.
/// @pre Valid; the configuration before it is committed.
entry_id append_configuration(leader& self, configuration_ptr what,
                              bytes_view encoded, time_point now);

/// An unformed member has shown itself to a node of this cluster: it is new, or
/// has lost its directory.
void on_unformed_member(leader& self, const sender& who,
                        const std::string& address);

/// A member has answered. Under another incarnation than the configuration names,
/// for an election timeout, it has lost its directory and was taken back by
/// another group of its node: this one has to do so, too.
void on_life(leader& self, const sender& who, time_point now,
             const settings& cfg);

/// A member has said where it can be reached.
void on_address(leader& self, const sender& who, const std::string& address);

/// A member was told that the log is committed up to there. If it was removed,
/// and has that and knows of it now, it is followed no more.
/// @returns Whether it is.
bool told_of_removal(leader& self, server_id id, index_t commit);

/// Whether a member that was removed was not heard for an election timeout: it is
/// followed no more, then. When it comes back it is told by whoever it meets.
bool give_up_on_removed(leader& self, server_id id, time_point now,
                        const settings& cfg);

/// Whether the leader is no voter of a configuration that is committed: it must
/// not lead for longer than it takes to hand over (§4.2.2).
bool must_step_down(const leader& self);

} // namespace caf::raft::core
