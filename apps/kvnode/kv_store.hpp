#pragma once

#include "kvnode/kv_codec.hpp"
#include "kvnode/kv_state.hpp"

#include <caf/raft/state_machine.hpp>

#include <memory>
#include <string_view>

namespace kvnode {

/// The replicated map: keys and values are bytes, and a value's version is the
/// index of the entry that wrote it. Commands, queries and answers are those of
/// kv_codec.hpp.
class kv_store : public raft::state_machine {
public:
  /// A page ends before it has more bytes of keys and values, but has one item
  /// at least.
  static constexpr size_t max_page_bytes = 1 << 20;

  /// @throws std::runtime_error for what is no command: the members must not
  ///         drift apart.
  raft::bytes apply(raft::index_t index, raft::bytes_view what) override;

  /// @returns Nothing for what is no query.
  raft::bytes query(raft::bytes_view what) override;

  /// The bytes are described in kv_view.hpp.
  std::unique_ptr<raft::state_view> view() override;

  std::unique_ptr<raft::state_loader> loader() override;

  bool quick() const override {
    return true;
  }

  size_t size() const {
    return state_->records.size();
  }

private:
  using records = kv_state::map;

  answer put(raft::index_t index, const command& what, records::iterator at);
  answer erase(records::iterator at);
  answer get(std::string_view key) const;
  answer list(const kvnode::query& what) const;

  void before_write(std::string_view key, kv_record* old);

  /// Shared with a view that outlives it, when another one is loaded.
  std::shared_ptr<kv_state> state_ = std::make_shared<kv_state>();
};

} // namespace kvnode
