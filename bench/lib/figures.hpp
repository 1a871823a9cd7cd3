#pragma once

#include "options.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace bench {

/// Returns the value below which a fraction of the values lies; zero if there are
/// none.
double percentile(std::vector<double> xs, double fraction);

/// Of an even number of values the mean of the two in the middle.
double median(const std::vector<double>& xs);

/// Figures of the turns of one run, by name. Each is shown as the median over the
/// turns, with the least and the largest.
class figures {
public:
  void add(const std::string& name, double value) {
    values_[name].push_back(value);
  }

  double median_of(const std::string& name) const;

  /// "0.466 (0.455 .. 0.502)"
  std::string show(const std::string& name, int digits = 3) const;

  /// Prints, if the options ask for it, one line:
  /// `{"bench":NAME,"figures":{NAME:{"median":..,"min":..,"max":..},..}}`
  void print_json(const options& how, const std::string& bench) const;

private:
  std::map<std::string, std::vector<double>> values_;
};

} // namespace bench
