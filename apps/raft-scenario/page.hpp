#pragma once

#include "caf/raft/testing/timeline_page.hpp"

#include <string>

/// Keeps what happens in a run and writes it as a page, also where a broken
/// assertion ends the process. There is one at a time.
class run_page {
public:
  /// @param path Empty: nothing is kept or written.
  run_page(std::string path, caf::raft::testing::timeline::axis_t axis,
           caf::raft::testing::page_heading heading);

  run_page(const run_page&) = delete;

  run_page& operator=(const run_page&) = delete;

  /// Writes the page.
  ~run_page();

  /// Hears what happens, and hands it on.
  caf::raft::testing::event_handler
  handler(caf::raft::testing::event_handler next = {});

private:
  static void on_abort(int);

  void write() const;

  static inline run_page* current = nullptr;

  std::string path_;
  caf::raft::testing::page_heading heading_;
  caf::raft::testing::timeline_builder builder_;
  caf::raft::timespan last_{};
};
