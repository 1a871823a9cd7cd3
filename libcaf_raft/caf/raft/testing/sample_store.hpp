#pragma once

#include "caf/raft/client.hpp"
#include "caf/raft/state_machine.hpp"
#include "caf/raft/testing/history.hpp"

#include <map>
#include <memory>
#include <string>

namespace caf::raft::testing {

/// A small key-value store that speaks text, for clusters that bring no machine
/// of their own. The version of a value is the index of the entry that wrote it.
///
///     put KEY VALUE [if VERSION]    ok VERSION | mismatch
///     delete KEY [if VERSION]       ok VERSION | mismatch | absent
///     get KEY                       ok VALUE VERSION | absent
class sample_store : public state_machine {
public:
  bytes apply(index_t index, bytes_view command) override;

  bytes query(bytes_view what) override;

  /// Copies all, and gives it in small pieces whatever is wanted, so that much
  /// happens between two of them.
  std::unique_ptr<state_view> view() override;

  std::unique_ptr<state_loader> loader() override;

  bool quick() const override {
    return true;
  }

private:
  struct cell {
    std::string value;
    uint64_t version = 0;
  };

  std::string put(index_t index, const operation& x);
  std::string remove(index_t index, const operation& x);
  void load(bytes_view from);

  std::map<std::string, cell, std::less<>> cells_;
};

/// What a client sends to do an operation.
request_kind kind_of(const operation& x);
bytes payload_of(const operation& x);

/// Writes into an operation what the client was told.
void take_answer(operation& x, errc code, bytes_view answer);

} // namespace caf::raft::testing
