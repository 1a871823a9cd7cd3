#pragma once

// How clients of a group change its members.

#include "caf/raft/change.hpp"
#include "caf/raft/compat.hpp"
#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <string>

namespace caf::raft {

/// What became of a change of the members.
struct members_changed {
  /// As the client gave it.
  request_id id;
  errc code = errc::none;
  /// Why not, for a person.
  std::string text;
  /// Where the newest configuration stands in the log.
  index_t index;
  /// The members now; in a dry run those that there would be. Of a change that
  /// was refused: empty where no leader said so.
  configuration members;
  /// How many of their voters may fail, whichever they are.
  size_t losses_survived = 0;
};

using change_listener = handle<caf::result<void>(members_changed)>;

/// Changes the members of a group, at any member. Exactly one `members_changed`
/// goes to `reply_to`: as soon as the configuration that names the change is
/// committed, and no joint one is on the way any more.
struct change_members {
  request_id id;
  change what;
  /// Wait until all that shall be voters are, as long as there is time; it is no
  /// error where they are not by then.
  bool wait_for_voters = false;
  /// Zero: `settings::request_timeout`.
  timespan time_left{};
  change_listener reply_to;
};

// -- the typed handle (group.hpp) ---------------------------------------------

/// The members now, as this member knows them.
struct get_members {};

} // namespace caf::raft
