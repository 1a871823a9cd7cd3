#pragma once

#include "caf/raft/storage/snapshot_files.hpp"
#include "caf/raft/storage/trouble.hpp"

#include <optional>

namespace caf::raft::storage {

/// Stores each chunk at once.
class snapshot_files::writer : public snapshot_writer {
public:
  /// @param is_known Whether the size and the checksum in `what` are.
  writer(snapshot_files& store, group_id group, unfinished_snapshot file,
         const snapshot_head& what, bool is_known);

  /// What was received so far stays, what was taken goes.
  ~writer() override;

  uint64_t chunks() const override;

  result_of<done> write(bytes_view chunk) override;

  result_of<snapshot_head> finish() override;

  /// Closes the file, which belongs to somebody else from now on.
  void close();

private:
  /// Runs a function of the interface. What fails but for lack of room must not
  /// be tried again: nobody knows what is in the file, so that it goes.
  template <class F>
  auto attempt(F f) -> decltype(f());

  void check_open() const;

  void check(bytes_view chunk) const;

  snapshot_head complete();

  void give_up();

  snapshot_files& store_;
  group_id group_;
  /// None once it is closed.
  std::optional<unfinished_snapshot> file_;
  snapshot_head what_;
  bool is_known_;
};

} // namespace caf::raft::storage
