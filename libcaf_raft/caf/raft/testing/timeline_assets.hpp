#pragma once

// What is the same in every page of a timeline.

#include <string_view>

namespace caf::raft::testing {

/// CSS.
extern const std::string_view timeline_style;

/// The controls above the picture, HTML.
extern const std::string_view timeline_controls;

/// JavaScript, in this order.
extern const std::string_view timeline_layout_script;
extern const std::string_view timeline_drawing_script;
extern const std::string_view timeline_mouse_script;

} // namespace caf::raft::testing
