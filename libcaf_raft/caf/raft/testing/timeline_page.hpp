#pragma once

#include "caf/raft/testing/timeline.hpp"

#include <iosfwd>
#include <string>

namespace caf::raft::testing {

/// What a page says above its picture.
struct page_heading {
  std::string title;
  /// How the run came about: its plan, or the text of its scenario.
  std::string text;
};

/// Writes a run as a page of HTML that needs nothing else: members as lanes,
/// terms as colours, messages as arrows, and the text of whatever the mouse is
/// on. The same timeline gives the same bytes.
void write_page(std::ostream& out, const timeline& what,
                const page_heading& heading);

} // namespace caf::raft::testing
