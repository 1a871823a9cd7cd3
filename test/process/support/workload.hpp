#pragma once

#include "process/support/cluster.hpp"

#include "caf/raft/testing/history.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace harness {

using caf::raft::testing::history;
using caf::raft::testing::operation;

struct workload_options {
  size_t clients = 8;
  uint64_t seed = 1;
  /// How many keys are fought for at a time, and for how long, before others
  /// take their place: so every key has a history that can be checked.
  size_t keys = 4;
  milliseconds epoch{1000};
  /// The most a client rests between two operations.
  milliseconds rest{8};
  /// How long it waits for an answer.
  milliseconds limit{3000};
};

/// Clients, each in a thread, that put, get, delete and compare-and-set at all
/// members, and write down what they did and what they were told.
class workload {
public:
  /// Starts them. The cluster must outlive it.
  workload(const cluster& servers, workload_options options);
  ~workload();

  /// Ends them.
  /// @returns What they did on the keys that were fought for.
  history stop();

  /// How many writes were acknowledged so far.
  size_t acknowledged() const {
    return acknowledged_;
  }

  /// The keys that were written once and acknowledged, with their values. Call
  /// it after `stop`.
  const std::map<std::string, std::string>& kept() const {
    return kept_;
  }

  /// Answers that nobody should get. Call it after `stop`.
  const std::vector<std::string>& surprises() const {
    return surprises_;
  }

  /// How often there was each answer. Call it after `stop`.
  std::string counts() const;

private:
  struct client;

  void run(size_t number);
  operation next_operation(client& self);
  void do_one(client& self);
  void write_down(operation done, const http_answer& answer);
  void put_once(client& self);

  const cluster& servers_;
  workload_options options_;
  steady::time_point start_ = steady::now();
  std::atomic<bool> stop_ = false;
  std::atomic<size_t> acknowledged_ = 0;
  std::mutex mutex_;
  history history_;
  std::map<std::string, std::string> kept_;
  std::vector<std::string> surprises_;
  std::map<std::string, size_t> counts_;
  std::vector<std::thread> threads_;
};

/// The version in an ETag; zero where there is none.
uint64_t version_of(const http_answer& answer);

/// What an answer says about an operation.
/// @returns False if nobody should get such an answer.
bool settle(operation& done, const http_answer& answer);

} // namespace harness
