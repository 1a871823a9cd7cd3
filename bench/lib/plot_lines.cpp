#include "plot_lines.hpp"

#include <algorithm>

namespace bench {

namespace {

axis x_axis_of(const line_panel& what) {
  const auto& points = what.curves.front().solid;
  axis result{points.front().first, points.back().first, true, {}, {}};
  for (const auto& each : points)
    result.ticks.push_back(each.first);
  return result;
}

axis y_axis_of(const line_panel& what) {
  std::vector<double> all;
  for (const auto& curve : what.curves)
    for (const auto* points : {&curve.solid, &curve.dashed})
      for (const auto& each : *points)
        all.push_back(each.second);
  auto [least, most] = std::minmax_element(all.begin(), all.end());
  return what.logarithmic ? logarithmic_axis(*least / 1.2, *most * 1.2)
                          : linear_axis(*most);
}

void draw(std::string& out, size_t number, const line_panel& what) {
  plot_canvas canvas{out, number, x_axis_of(what), y_axis_of(what)};
  canvas.draw_axes(what.title, what.unit);
  for (size_t i = 0; i < what.curves.size(); ++i) {
    const auto& each = what.curves[i];
    canvas.draw_line(i, each.solid);
    if (!each.dashed.empty())
      canvas.draw_line(i, each.dashed, true);
    canvas.draw_legend(i, each.name);
  }
}

} // namespace

std::string plot_lines(const std::vector<line_panel>& panels) {
  return svg_of(panels.size(), [&](std::string& out, size_t number) {
    draw(out, number, panels[number]);
  });
}

} // namespace bench
