#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// Is the process that measures durable commits (floor.hpp), one after the
/// other: an LMDB transaction with one value, and mdb_env_sync. The file is as
/// large as it will ever be.
/// @param path        The file to make.
/// @param value_bytes Of each. Small ones are appended for ever; those of 1 KiB
///                    and more overwrite each other in turn, so that they find
///                    room in the file.
/// @returns What each commit took, in microseconds, but for the first ones.
std::vector<double> durable_commits(const std::string& path,
                                    std::chrono::milliseconds span,
                                    size_t value_bytes);

} // namespace bench
