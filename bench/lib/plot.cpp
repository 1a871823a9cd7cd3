#include "plot.hpp"

#include "plot_canvas.hpp"

#include <algorithm>

namespace bench {

namespace {

/// For each value below `most` which share of them, in percent, is not above
/// it.
std::vector<point> distribution_of(std::vector<double> values, double most) {
  std::sort(values.begin(), values.end());
  std::vector<point> result;
  for (size_t i = 0; i < values.size() && values[i] < most; ++i)
    result.emplace_back(values[i], 100 * static_cast<double>(i + 1)
                                     / static_cast<double>(values.size()));
  return result;
}

void draw(std::string& out, size_t number, const panel& what) {
  axis percent{0, 100, false, {0, 20, 40, 60, 80, 100}, " %"};
  plot_canvas canvas{out, number, logarithmic_axis(what.least, what.most),
                     std::move(percent)};
  canvas.draw_axes(what.title, what.unit);
  for (size_t i = 0; i < what.curves.size(); ++i) {
    const auto& each = what.curves[i];
    canvas.draw_line(i, distribution_of(each.values, what.most));
    canvas.draw_legend(i, each.name);
  }
}

} // namespace

std::string plot_distributions(const std::vector<panel>& panels) {
  return svg_of(panels.size(), [&](std::string& out, size_t number) {
    draw(out, number, panels[number]);
  });
}

} // namespace bench
