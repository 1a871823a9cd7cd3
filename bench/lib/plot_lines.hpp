#pragma once

#include "plot_canvas.hpp"

#include <string>
#include <vector>

namespace bench {

/// One who is compared: a line, and maybe another figure of the same in the
/// same color.
struct line_curve {
  std::string name;
  std::vector<point> solid;
  std::vector<point> dashed;
};

/// A figure over one that grows by factors: the x axis is logarithmic, with a
/// tick at each x of the first curve.
struct line_panel {
  std::string title;
  /// Of the x axis.
  std::string unit;
  /// The y axis too; otherwise it begins at zero.
  bool logarithmic = false;
  std::vector<line_curve> curves;
};

/// An SVG of the panels, one below the other.
/// @pre Every panel has a curve with two different x. All values are above
///      zero.
std::string plot_lines(const std::vector<line_panel>& panels);

} // namespace bench
