#pragma once

#include <string>
#include <vector>

namespace bench {

/// Is a member of an `in_process_cluster`, by libcaf_raft: a node with its
/// default settings, durable, whose state is the last value.
/// @param args ID ADDRESS,ADDRESS,ADDRESS DIR
/// @returns The exit code, when stdin has ended.
int become_member(const std::vector<std::string>& args);

} // namespace bench
