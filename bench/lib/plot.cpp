#include "plot.hpp"

#include "caf/raft/testing/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace bench {

namespace {

constexpr double width = 760;
constexpr double left = 60;
constexpr double right = 140;
constexpr double top = 34;
constexpr double height = 240;
constexpr double panel_height = top + height + 50;

constexpr std::array colors{"#1b6ca8", "#c8553d", "#3c8d53",
                            "#8b5fbf", "#b8860b", "#444444"};

/// One panel's drawing.
class drawing {
public:
  drawing(std::string& out, const panel& what, double y)
    : out_(out),
      panel_(what),
      y_(y) {
    // nop
  }

  void draw() {
    text(left, y_ + top - 12, panel_.title, "font-weight='bold'");
    draw_grid();
    for (size_t i = 0; i < panel_.curves.size(); ++i)
      draw_curve(i);
  }

private:
  double x_of(double value) const {
    auto bounded = std::clamp(value, panel_.least, panel_.most);
    return left
           + (width - left - right) * std::log(bounded / panel_.least)
               / std::log(panel_.most / panel_.least);
  }

  double y_of(double share) const {
    return y_ + top + height * (1 - share);
  }

  void text(double x, double y, const std::string& what,
            const char* more = "") {
    fmt::format_to(std::back_inserter(out_),
                   "<text x='{:.1f}' y='{:.1f}' {}>{}</text>\n", x, y, more,
                   caf::raft::testing::html_escaped(what));
  }

  void line(double x1, double y1, double x2, double y2) {
    fmt::format_to(std::back_inserter(out_),
                   "<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' "
                   "stroke='#ddd'/>\n",
                   x1, y1, x2, y2);
  }

  void draw_grid() {
    for (auto percent = 0; percent <= 100; percent += 20) {
      auto y = y_of(percent / 100.0);
      line(left, y, width - right, y);
      text(left - 6, y + 4, fmt::format("{} %", percent), "text-anchor='end'");
    }
    auto decade = std::pow(10, std::floor(std::log10(panel_.least)));
    for (; decade <= panel_.most; decade *= 10)
      for (auto step : {1, 2, 5})
        if (auto value = decade * step;
            value >= panel_.least && value <= panel_.most) {
          auto x = x_of(value);
          line(x, y_of(0), x, y_of(1));
          text(x, y_of(0) + 18, fmt::format("{:g}", value),
               "text-anchor='middle'");
        }
    text(width - right, y_of(0) + 36, panel_.unit, "text-anchor='end'");
  }

  void draw_curve(size_t number) {
    auto& [name, values] = panel_.curves[number];
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    auto* color = colors[number % colors.size()];
    out_ += "<polyline fill='none' stroke-width='1.5' points='";
    for (size_t i = 0; i < sorted.size() && sorted[i] < panel_.most; ++i)
      fmt::format_to(
        std::back_inserter(out_), "{:.1f},{:.1f} ", x_of(sorted[i]),
        y_of(static_cast<double>(i + 1) / static_cast<double>(sorted.size())));
    fmt::format_to(std::back_inserter(out_), "' stroke='{}'/>\n", color);
    auto y = y_ + top + 10 + 18 * static_cast<double>(number);
    fmt::format_to(std::back_inserter(out_),
                   "<line x1='{0:.1f}' y1='{1:.1f}' x2='{2:.1f}' y2='{1:.1f}' "
                   "stroke='{3}' stroke-width='3'/>\n",
                   width - right + 12, y - 4, width - right + 32, color);
    text(width - right + 38, y, name);
  }

  std::string& out_;
  const panel& panel_;
  double y_;
};

} // namespace

std::string plot_distributions(const std::vector<panel>& panels) {
  auto total = panel_height * static_cast<double>(panels.size());
  auto result = fmt::format(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:g} {1:g}' "
    "font-family='sans-serif' font-size='12'>\n"
    "<rect width='{0:g}' height='{1:g}' fill='white'/>\n",
    width, total);
  for (size_t i = 0; i < panels.size(); ++i)
    drawing{result, panels[i], panel_height * static_cast<double>(i)}.draw();
  return result + "</svg>\n";
}

} // namespace bench
