#include "caf/raft/error.hpp"

namespace caf::raft {

std::string_view to_string(errc code) {
  switch (code) {
    case errc::none:
      return "none";
    case errc::no_leader:
      return "no_leader";
    case errc::overloaded:
      return "overloaded";
    case errc::no_space:
      return "no_space";
    case errc::outcome_unknown:
      return "outcome_unknown";
    case errc::rejected:
      return "rejected";
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::too_large:
      return "too_large";
    case errc::compacted:
      return "compacted";
    case errc::storage_failed:
      return "storage_failed";
    case errc::wrong_cluster:
      return "wrong_cluster";
    case errc::removed:
      return "removed";
  }
  return "unknown";
}

} // namespace caf::raft
