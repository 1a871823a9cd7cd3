#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace harness {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

/// What went wrong with a test's surroundings, or did not happen in time.
class failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A point in time until which something may take.
class deadline {
public:
  explicit deadline(steady::duration span) : at_(steady::now() + span) {
    // nop
  }

  bool passed() const {
    return steady::now() >= at_;
  }

  /// What is left, in ms, rounded up; zero once it has passed.
  int left_ms() const {
    auto left = std::chrono::ceil<milliseconds>(at_ - steady::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
  }

private:
  steady::time_point at_;
};

/// Asks again and again, every few milliseconds, until the answer is yes.
/// @returns Whether it was within `bound`.
template <class Condition>
bool wait_until(Condition condition, steady::duration bound) {
  deadline limit{bound};
  while (!condition()) {
    if (limit.passed())
      return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

/// As above, for what must happen.
/// @throws failure, saying what did not.
template <class Condition>
void await(const std::string& what, Condition condition,
           steady::duration bound = seconds(30)) {
  if (!wait_until(condition, bound))
    throw failure{"not in time: " + what};
}

inline double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

} // namespace harness
