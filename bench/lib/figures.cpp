#include "figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace bench {

double percentile(std::vector<double> xs, double fraction) {
  if (xs.empty())
    return 0;
  auto at = static_cast<size_t>(fraction * static_cast<double>(xs.size()));
  at = std::min(at, xs.size() - 1);
  std::nth_element(xs.begin(), xs.begin() + static_cast<ptrdiff_t>(at),
                   xs.end());
  return xs[at];
}

double median(const std::vector<double>& xs) {
  if (xs.size() % 2 != 0)
    return percentile(xs, 0.5);
  auto half = static_cast<double>(xs.size()) / 2;
  auto below = (half - 1) / static_cast<double>(xs.size());
  return xs.empty() ? 0 : (percentile(xs, below) + percentile(xs, 0.5)) / 2;
}

double figures::median_of(const std::string& name) const {
  auto i = values_.find(name);
  return i == values_.end() ? 0 : median(i->second);
}

std::string figures::show(const std::string& name, int digits) const {
  auto i = values_.find(name);
  if (i == values_.end())
    return "-";
  auto [least, most] = std::minmax_element(i->second.begin(), i->second.end());
  return fmt::format("{:.{}f} ({:.{}f} .. {:.{}f})", median(i->second), digits,
                     *least, digits, *most, digits);
}

void figures::print_json(const options& how, const std::string& bench) const {
  if (!how.json)
    return;
  nlohmann::ordered_json result{{"bench", bench}, {"runs", how.runs}};
  for (const auto& [name, values] : values_) {
    auto [least, most] = std::minmax_element(values.begin(), values.end());
    result["figures"][name]
      = {{"median", median(values)}, {"min", *least}, {"max", *most}};
  }
  fmt::print("{}\n", result.dump());
}

} // namespace bench
