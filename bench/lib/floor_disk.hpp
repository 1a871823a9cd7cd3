#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// Is the process that measures durable commits (floor.hpp), one after the
/// other: an LMDB transaction with one value, appended, and mdb_env_sync. The file
/// begins with 64 MiB of zeros: small values never make it larger, large ones do,
/// as they do with a log.
/// @param path        The file to make.
/// @param value_bytes Of each.
/// @returns What each commit took, in microseconds, but for the first ones.
std::vector<double> durable_commits(const std::string& path,
                                    std::chrono::milliseconds span,
                                    size_t value_bytes);

} // namespace bench
