#pragma once

#include "process/support/disk_faults.h"

#include <cstdint>
#include <string>
#include <vector>

namespace harness {

/// The disk of one data directory, as a process sees it that was started with
/// `environment()`: it can be full, fail, hang, and lose power.
class faulty_disk {
public:
  /// @param directory The data directory; need not exist yet.
  /// @param control   A file to make, outside of that directory.
  faulty_disk(std::string directory, std::string control);
  faulty_disk(const faulty_disk&) = delete;
  faulty_disk& operator=(const faulty_disk&) = delete;
  ~faulty_disk();

  /// What the process needs in its environment.
  std::vector<std::string> environment() const;

  void set(disk_fault fault);

  /// How many calls met a fault so far.
  uint32_t met() const;

  /// How often something was synced so far.
  uint64_t syncs() const;

  /// Takes from the files what was not synced when the process ended: from every
  /// 4 KiB page a random number of its newest writes, or, every fourth time, all
  /// of them and the growth of the files too. Call it when the process is gone.
  /// @returns How many writes there were to lose.
  /// @note A process that was only killed leaves what it wrote in the page cache,
  ///       where the next one finds it; it can still be lost until that one has
  ///       synced it.
  size_t lose_power(uint64_t seed);

private:
  void forget_records();

  std::string directory_;
  std::string control_path_;
  disk_control* control_ = nullptr;
};

} // namespace harness
