#include "caf/raft/status.hpp"

namespace caf::raft {

std::string_view to_string(role_name role) {
  switch (role) {
    case role_name::follower:
      return "follower";
    case role_name::pre_candidate:
      return "pre_candidate";
    case role_name::candidate:
      return "candidate";
    case role_name::leader:
      return "leader";
    case role_name::learner:
      return "learner";
  }
  return "unknown";
}

} // namespace caf::raft
