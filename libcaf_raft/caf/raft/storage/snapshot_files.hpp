#pragma once

#include "caf/raft/storage/records.hpp"
#include "caf/raft/storage/removals.hpp"
#include "caf/raft/storage/snapshot_file.hpp"
#include "caf/raft/storage/snapshot_store.hpp"

#include <map>
#include <memory>
#include <string>

namespace caf::raft::storage {

/// The snapshots of a node, each an LMDB file of its own in `snapshots/` of the
/// data directory, which the log store has locked. A file under its final name
/// is complete and durable, and of each group the newest counts; there is no other
/// record of it. docs/storage.md tells more.
///
/// Readers may outlive the store, writers must not.
class snapshot_files : public snapshot_store {
public:
  /// The largest snapshot that can be taken. Costs address space alone.
  static constexpr size_t usual_limit = size_t{64} << 30;

  /// Makes the directory where it is missing, and removes what nobody wants any
  /// more. A damaged snapshot is told of by `newest` and `open`.
  /// @param data_directory Locked, and stays so.
  /// @param limit          In bytes; larger ones are refused.
  static result_of<std::unique_ptr<snapshot_files>>
  open(const std::string& data_directory, const configuration_codec& codec,
       size_t limit = usual_limit);

  ~snapshot_files() override;

  result_of<std::optional<snapshot_head>> newest(group_id group) override;

  result_of<std::unique_ptr<snapshot_reader>> open(group_id group) override;

  result_of<std::unique_ptr<snapshot_writer>>
  take(group_id group, const snapshot_head& what) override;

  result_of<std::unique_ptr<snapshot_writer>>
  receive(group_id group, const snapshot_head& what) override;

  bool free_some() override;

private:
  class writer;

  /// What there is of a group.
  struct snapshots {
    /// Null where there is none, or it is damaged.
    std::shared_ptr<snapshot_file> newest;
    std::optional<failure> damage;
    /// The one who writes, as long as its file is its own.
    writer* unfinished = nullptr;
  };

  snapshot_files(std::string path, const configuration_codec& codec,
                 size_t limit);

  /// Looks at all files once.
  void load();

  /// Opens a complete one.
  void load(const snapshot_name& name);

  /// Removes what was begun, but for one name.
  void forget_unfinished(group_id group, const std::string& but = {});

  /// Throws where there is a newer one already.
  void check_new(group_id group, const entry_id& last) const;

  /// @returns Nothing where there is no beginning that can be used.
  std::optional<unfinished_snapshot> resume(const std::string& path,
                                            group_id group,
                                            const snapshot_head& what) const;

  unfinished_snapshot begin_to_receive(const std::string& path, group_id group,
                                       const snapshot_head& what) const;

  /// Gives a file that is durable its final name, and removes what it replaces.
  void publish(group_id group, const std::string& path, const entry_id& last);

  std::string path_of(const snapshot_name& name) const;

  std::string path_;
  configuration_codec codec_;
  size_t limit_;
  uint64_t boot_;
  /// Shared with readers, who may be the last to use a file.
  std::shared_ptr<removals> removals_;
  std::map<group_id, snapshots> groups_;
};

} // namespace caf::raft::storage
