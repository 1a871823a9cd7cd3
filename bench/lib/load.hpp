#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

class figures;

/// What clients saw.
struct load_result {
  size_t done = 0;
  /// Answers that were not 2xx, or did not come, and connections lost.
  size_t failed = 0;
  double seconds = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double p999_ms = 0;
  /// CPU that the clients themselves used, per request that was done.
  double load_cpu_us = 0;

  double rate() const {
    return seconds > 0 ? static_cast<double>(done) / seconds : 0;
  }
};

struct load {
  /// Of 127.0.0.1; connections are made to one after the other.
  std::vector<uint16_t> ports;
  size_t connections = 1;
  /// Makes the next request, as it goes over the wire.
  std::function<std::string()> next;
  /// Not counted.
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds span{3000};
  /// Zero: a closed loop, in which each client sends a request when it has the
  /// answer to the one before. Else so many requests a second are due, at fixed
  /// times, however long the answers take: one that finds all connections busy
  /// waits for the first that is free. A request then takes from when it was
  /// due to its answer, so that what a slow answer holds up counts as slow, too
  /// (Gil Tene's "coordinated omission").
  double rate = 0;
};

/// Runs it in this thread, with one epoll.
/// @throws harness::failure where no connection can be made, or nothing is
///         done.
load_result run_load(const load& what);

/// Runs them side by side, each in a thread of its own.
/// @returns Their results, in the same order.
/// @throws harness::failure as above, when all have ended.
std::vector<load_result> run_loads(const std::vector<load>& all);

/// Adds NAME_rate, NAME_p50_ms, NAME_p99_ms and NAME_load_cpu_us, and says so
/// if requests failed.
void keep(figures& to, const std::string& name, const load_result& result);

/// The text of a request.
std::string http_text(const std::string& method, const std::string& target,
                      const std::string& body = {});

/// PUTs of `value_bytes` at random ones of `keys` keys, as kvnode takes them.
std::function<std::string()> puts(size_t value_bytes = 256,
                                  size_t keys = 10000);

/// GETs of the same keys.
std::function<std::string()> gets(size_t keys = 10000);

} // namespace bench
