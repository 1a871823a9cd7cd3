#include "plot_canvas.hpp"

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
constexpr double above = 34;
constexpr double height = 240;
constexpr double panel_height = above + height + 50;

constexpr std::array colors{"#1b6ca8", "#c8553d", "#3c8d53",
                            "#8b5fbf", "#b8860b", "#444444"};

const char* color_of(size_t curve) {
  return colors[curve % colors.size()];
}

std::string label_of(const axis& of, double tick) {
  return fmt::format("{:g}{}", tick, of.suffix);
}

} // namespace

double axis::share(double value) const {
  auto bounded = std::clamp(value, least, most);
  if (logarithmic)
    return std::log(bounded / least) / std::log(most / least);
  return (bounded - least) / (most - least);
}

axis logarithmic_axis(double least, double most) {
  axis result{least, most, true, {}, {}};
  auto decade = std::pow(10, std::floor(std::log10(least)));
  for (; decade <= most; decade *= 10)
    for (auto step : {1, 2, 5})
      if (auto value = decade * step; value >= least && value <= most)
        result.ticks.push_back(value);
  return result;
}

axis linear_axis(double most) {
  auto step = std::pow(10, std::floor(std::log10(most)));
  while (most / step < 4)
    step /= 2;
  auto count = static_cast<size_t>(std::ceil(most / step));
  axis result{0, step * static_cast<double>(count), false, {}, {}};
  for (size_t i = 0; i <= count; ++i)
    result.ticks.push_back(step * static_cast<double>(i));
  return result;
}

plot_canvas::plot_canvas(std::string& out, size_t number, axis x, axis y)
  : out_(out),
    top_(panel_height * static_cast<double>(number) + above),
    x_(std::move(x)),
    y_(std::move(y)) {
  // nop
}

void plot_canvas::draw_axes(const std::string& title, const std::string& unit) {
  text(left, top_ - 12, title, "font-weight='bold'");
  for (auto tick : y_.ticks) {
    auto y = y_of(tick);
    line(left, y, width - right, y);
    text(left - 6, y + 4, label_of(y_, tick), "text-anchor='end'");
  }
  auto bottom = y_of(y_.least);
  for (auto tick : x_.ticks) {
    auto x = x_of(tick);
    line(x, bottom, x, y_of(y_.most));
    text(x, bottom + 18, label_of(x_, tick), "text-anchor='middle'");
  }
  text(width - right, bottom + 36, unit, "text-anchor='end'");
}

void plot_canvas::draw_line(size_t curve, const std::vector<point>& points,
                            bool dashed) {
  out_ += "<polyline fill='none' stroke-width='1.5' points='";
  for (const auto& [x, y] : points)
    fmt::format_to(std::back_inserter(out_), "{:.1f},{:.1f} ", x_of(x),
                   y_of(y));
  fmt::format_to(std::back_inserter(out_), "' stroke='{}'{}/>\n",
                 color_of(curve), dashed ? " stroke-dasharray='5 4'" : "");
}

void plot_canvas::draw_legend(size_t curve, const std::string& name) {
  auto y = top_ + 10 + 18 * static_cast<double>(curve);
  fmt::format_to(std::back_inserter(out_),
                 "<line x1='{0:.1f}' y1='{1:.1f}' x2='{2:.1f}' y2='{1:.1f}' "
                 "stroke='{3}' stroke-width='3'/>\n",
                 width - right + 12, y - 4, width - right + 32,
                 color_of(curve));
  text(width - right + 38, y, name);
}

double plot_canvas::x_of(double value) const {
  return left + (width - left - right) * x_.share(value);
}

double plot_canvas::y_of(double value) const {
  return top_ + height * (1 - y_.share(value));
}

void plot_canvas::text(double x, double y, const std::string& what,
                       const char* more) {
  fmt::format_to(std::back_inserter(out_),
                 "<text x='{:.1f}' y='{:.1f}' {}>{}</text>\n", x, y, more,
                 caf::raft::testing::html_escaped(what));
}

void plot_canvas::line(double x1, double y1, double x2, double y2) {
  fmt::format_to(std::back_inserter(out_),
                 "<line x1='{:.1f}' y1='{:.1f}' x2='{:.1f}' y2='{:.1f}' "
                 "stroke='#ddd'/>\n",
                 x1, y1, x2, y2);
}

std::string
svg_of(size_t panels,
       const std::function<void(std::string& out, size_t number)>& draw) {
  auto result = fmt::format(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:g} {1:g}' "
    "font-family='sans-serif' font-size='12'>\n"
    "<rect width='{0:g}' height='{1:g}' fill='white'/>\n",
    width, panel_height * static_cast<double>(panels));
  for (size_t i = 0; i < panels; ++i)
    draw(result, i);
  return result + "</svg>\n";
}

} // namespace bench
