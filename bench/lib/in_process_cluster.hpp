#pragma once

#include "line_process.hpp"

#include "process/support/cluster.hpp"

#include <chrono>
#include <list>
#include <string>
#include <vector>

namespace bench {

/// What one who keeps commands outstanding saw.
struct burst {
  size_t done = 0;
  double seconds = 0;
  double p50_us = 0;
  double p99_us = 0;
};

/// Three processes on loopback, each a member of a replicated group, whose
/// leader's process gives itself the commands. Each is
///
///     PROGRAM ID ADDRESS,ADDRESS,ADDRESS DIR
///
/// and takes lines on stdin: "leads" is answered with "yes" or "no", "run N MS"
/// with DONE SECONDS P50_US P99_US, or with "failed: " and why.
class in_process_cluster {
public:
  /// @param program The command line before the ID.
  in_process_cluster(std::string name, const std::vector<std::string>& program,
                     const std::string& where);

  const std::string& name() const {
    return name_;
  }

  /// Has the leader keep so many commands outstanding. Where leadership changes
  /// meanwhile it begins anew.
  burst run(size_t outstanding, std::chrono::milliseconds span);

  /// CPU that all three have used, in seconds.
  double cpu() const;

private:
  line_process& await_leader();

  std::string name_;
  harness::temporary_directory directory_;
  std::list<line_process> members_;
};

} // namespace bench
