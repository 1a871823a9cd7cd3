#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

// What all our plots are drawn with: an SVG of panels, one below the other,
// which needs nothing else.

namespace bench {

/// One direction of a panel.
struct axis {
  double least = 0;
  double most = 1;
  bool logarithmic = false;
  /// Where there are lines across the panel, with their values beside them.
  std::vector<double> ticks;
  /// What stands behind a tick's value.
  std::string suffix;

  /// Where a value is: 0 at the least, 1 at the most and above.
  double share(double value) const;
};

/// With ticks at 1, 2 and 5 of each decade.
/// @pre 0 < least < most.
axis logarithmic_axis(double least, double most);

/// From zero to `most` or a little more, with ticks at round values.
/// @pre most > 0.
axis linear_axis(double most);

using point = std::pair<double, double>;

/// One panel.
class plot_canvas {
public:
  /// @param out    Where the drawing is added.
  /// @param number Counted from zero, from above.
  plot_canvas(std::string& out, size_t number, axis x, axis y);

  /// @param unit Of the x axis.
  void draw_axes(const std::string& title, const std::string& unit);

  /// @param curve Counted from zero; says which color it is.
  void draw_line(size_t curve, const std::vector<point>& points,
                 bool dashed = false);

  void draw_legend(size_t curve, const std::string& name);

private:
  double x_of(double value) const;
  double y_of(double value) const;
  void text(double x, double y, const std::string& what, const char* more = "");
  void line(double x1, double y1, double x2, double y2);

  std::string& out_;
  double top_;
  axis x_;
  axis y_;
};

/// @param draw Draws the panel of a number.
std::string
svg_of(size_t panels,
       const std::function<void(std::string& out, size_t number)>& draw);

} // namespace bench
