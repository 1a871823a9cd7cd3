#pragma once

// What the test cases here share; the only file of support/ that knows doctest.

#include "process/support/cluster.hpp"
#include "process/support/workload.hpp"

#include "caf/raft/testing/linearizability.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

namespace harness {

/// Whether tests should do less (CAF_RAFT_SHORT).
inline bool short_run() {
  return getenv("CAF_RAFT_SHORT") != nullptr;
}

/// The ports that users are told of, 9021 or those of the Procfile, are for one
/// test at a time on a machine, whatever tree it is of: waits for its turn.
class fixed_ports {
public:
  fixed_ports();

private:
  file_descriptor lock_;
};

/// The number in an environment variable, or another one.
uint64_t number_from(const char* variable, uint64_t otherwise);

/// Repeats a write, at one member after the other from `first` on, until it is
/// acknowledged.
/// @returns How long that took, in seconds.
/// @throws failure after `bound`.
double write_until_done(const cluster& servers, const std::string& key,
                        const std::string& value, size_t first = 1,
                        steady::duration bound = seconds(30));

/// Reads at a member until there is an answer.
/// @throws failure after `bound`, or if it is neither 200 nor 404.
http_answer read_until_answered(const cluster& servers, size_t id,
                                const std::string& key,
                                steady::duration bound = seconds(30));

/// Ends the clients and fails the test unless all that they saw is right: every
/// member ends with the same contents, in which nothing that was acknowledged is
/// missing, and the history is linearizable. All members must run, and reach each
/// other.
void check_all(const cluster& servers, workload& clients);

/// "median 1.2, min 0.8, max 3.4 s (n = 5)"
std::string spread(std::vector<double> xs, const char* unit);

} // namespace harness
