#pragma once

#include "caf/raft/configuration.hpp"
#include "caf/raft/error.hpp"
#include "caf/raft/message.hpp"
#include "caf/raft/types.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace caf::raft::core {

/// How a member with an empty directory gets configuration zero
/// (docs/formation.md). The initial member with the lowest id is the founder:
/// when it holds an introduction from every other initial member, it stores
/// configuration zero, once and for ever, and hands it out.
class formation {
public:
  /// @param initial_members Addresses of the initial members in order of id,
  ///                        the first one has id 1.
  /// @pre `self.id` is in the list.
  /// @param joining Whether it joins a cluster that runs: it founds none, and
  ///                its list need not be that of the others.
  formation(sender self, std::vector<std::string> initial_members,
            bool joining = false);

  bool is_joining() const {
    return joining_;
  }

  bool is_founder() const;

  /// The founder's id: the lowest one.
  server_id founder() const;

  // -- the founder ------------------------------------------------------------

  /// An unformed member shows itself. It counts only if it means this life of
  /// our directory, its list equals ours, and its id and address are that entry
  /// of it; a member that shows itself again under another incarnation replaces
  /// its earlier introduction. Who is not the founder compares, too, and counts
  /// nobody.
  /// @returns What differs, or for whom we wait ourselves: for both logs.
  introduction_answer on_introduce(const introduce& msg);

  /// The member went away before the cluster was founded: it counts no more,
  /// and neither does what it said, but for that our directory was lost.
  void on_gone(server_id id);

  /// Configuration zero, once every initial member is present: all are voters,
  /// each with the incarnation it showed. Only the founder's is ever complete.
  std::optional<configuration> complete() const;

  // -- the others -------------------------------------------------------------

  /// What we say to another initial member. If that is the founder: from now on
  /// this life of its directory is the only one from which configuration zero
  /// is taken. Lives to which we have shown ourselves before are over for us,
  /// since one of them may have founded a cluster with us, and this one another.
  /// @returns Empty where this is such a life of the founder.
  std::optional<introduce> introduction_to(sender other);

  void on_answer(const introduction_answer& msg);

  /// Whether configuration zero may be taken: it, or the later configuration that
  /// came with it, names our present incarnation under our id and address. It may
  /// come from any formed member; the founder
  /// itself must be in the life to which we introduced ourselves last, and the
  /// cluster's founder must be in it, too.
  /// @returns `rejected` with the reason.
  result_of<done> check(const founded& msg) const;

  // -- everyone ---------------------------------------------------------------

  /// For whom or what we wait, as a sentence for the operator: that our
  /// directory was lost, what differs between the members' lists, or who has
  /// not come yet.
  std::string waiting_for() const;

private:
  /// Why an introduction does not count; empty where it does.
  std::string objection_to(const introduce& msg) const;

  /// Whether the list has a member with this id.
  bool is_initial(server_id id) const;

  /// "member 2 at HOST:PORT", as the list has it.
  std::string describe(server_id id) const;

  sender self_;
  std::vector<std::string> initial_members_;
  bool joining_;
  std::map<server_id, introduce> introductions_;
  std::map<server_id, std::string> objections_;
  std::map<server_id, introduction_answer> answers_;
  std::optional<sender> introduced_to_;
  /// The founder's lives that we have shown ourselves to before.
  std::set<incarnation_t> left_;
};

/// What a formed member says to an unformed one that shows itself: its
/// configuration zero where that, or a later one that is committed, names this
/// incarnation; `lost_directory` where the members know the id under another one,
/// `not_founder` where they do not know the id (any more), `differs` where they
/// know it at another address, and `waiting` where the leader has to take the
/// member in first.
/// @param zero    Configuration zero of our cluster.
/// @param members The newest committed configuration that we know.
/// @returns The answer; empty: hand out configuration zero instead.
std::optional<introduction_answer>
answer_unformed(sender self, const configuration& zero,
                const configuration& members, const introduce& msg);

/// Whether a connection may be used (docs/formation.md, "Who is let in"): for
/// its version, for whom it means to talk to, and for its cluster id, if both
/// have one. Whether the own configuration has the sender does not matter. Its
/// incarnation does only where a committed configuration newer than any that
/// the sender has stored names another: incarnations have no order,
/// configurations do. An unformed sender is always let in, to be told.
/// @param self      What we would say of ourselves in a hello.
/// @param committed The newest committed configuration that we know, with its
///                  index; null while unformed.
/// @returns Empty: welcome. Otherwise the refusal with a text that names both
///          sides and what to do.
std::optional<refusal> check_hello(const hello& self,
                                   const placed_configuration& committed,
                                   const hello& msg);

} // namespace caf::raft::core
