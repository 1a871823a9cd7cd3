#pragma once

#include "caf/raft/storage/file.hpp"

namespace caf::raft::storage {

/// Looks at `data.mdb` before LMDB does, which believes what it finds: it takes
/// the one of its two meta pages that has the higher number, and a file that
/// ends too early ends the process by a signal.
///
/// Throws `trouble` where the file is not one of LMDB's, is shorter than the
/// pages in use, or where the meta pages are not those of two commits that
/// follow each other: then one of them is damaged, and LMDB might take the
/// older one.
void check_meta_pages(const file& data);

} // namespace caf::raft::storage
