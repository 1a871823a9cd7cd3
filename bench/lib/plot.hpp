#pragma once

#include <string>
#include <vector>

namespace bench {

/// Values whose distribution is drawn.
struct curve {
  std::string name;
  std::vector<double> values;
};

/// Distributions over one axis, which is logarithmic: how many of the values are
/// not above x. A curve ends before `most`, below 100 % if there is more.
struct panel {
  std::string title;
  std::string unit;
  double least = 1;
  double most = 10;
  std::vector<curve> curves;
};

/// An SVG of the panels, one below the other, which needs nothing else.
/// @pre 0 < least < most.
std::string plot_distributions(const std::vector<panel>& panels);

} // namespace bench
