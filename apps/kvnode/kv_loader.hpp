#pragma once

#include "kvnode/kv_state.hpp"

#include <caf/raft/state_machine.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kvnode {

/// Builds a state from what a kv_view gave (kv_view.hpp has the format) aside
/// of the present one, so there is room for both until the loader has ended.
class kv_loader final : public raft::state_loader {
public:
  /// @param of Where `finish` puts the new state; lives longer than this. The
  ///           old one lives as long as the loader.
  explicit kv_loader(std::shared_ptr<kv_state>& of);

  /// @throws std::runtime_error for another format, and for keys that are not
  ///         in order or more than were announced.
  void write(raft::bytes_view from) override;

  /// @throws std::runtime_error if the end is missing.
  void finish() override;

private:
  enum class part { head, record_head, key, value, end };

  bool take(raft::bytes_view& from);
  void take_head(raft::bytes_view head);
  void take_record_head(raft::bytes_view head);
  void take_key(raft::bytes_view from);
  bool take_value(raft::bytes_view& from);
  size_t size_of_next() const;
  bool gather(raft::bytes_view& from, raft::bytes_view& whole);
  void next_record();
  void place_all();

  std::shared_ptr<kv_state>& of_;
  std::shared_ptr<kv_state> fresh_;
  part next_ = part::head;
  /// The beginning of the next part but a value.
  raft::bytes begun_;
  /// Records that have not come yet, with the one that is under way.
  uint64_t left_ = 0;
  uint64_t key_size_ = 0;
  uint64_t value_size_ = 0;
  version_t version_;
  /// In order, not in the maps yet; the last one is under way.
  std::vector<std::pair<std::string, kv_record>> newest_;
};

} // namespace kvnode
