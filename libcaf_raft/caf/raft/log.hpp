#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace caf::raft {

enum class log_level : uint8_t { error, warning, info, debug };

/// Where a node says what happens to it. Called from several threads at once.
using log_sink = std::function<void(log_level, std::string_view)>;

/// Passes lines on to a sink, with a prefix that tells whose they are. Cheap to
/// copy; without a sink it says nothing.
class logger {
public:
  logger() = default;

  logger(log_sink sink, std::string prefix)
    : sink_(std::make_shared<log_sink>(std::move(sink))),
      prefix_(std::move(prefix)) {
    // nop
  }

  void say(log_level level, std::string_view text) const {
    if (sink_ && *sink_)
      (*sink_)(level, prefix_ + std::string{text});
  }

  void error(std::string_view text) const {
    say(log_level::error, text);
  }

  void warning(std::string_view text) const {
    say(log_level::warning, text);
  }

  void info(std::string_view text) const {
    say(log_level::info, text);
  }

  void debug(std::string_view text) const {
    say(log_level::debug, text);
  }

private:
  std::shared_ptr<log_sink> sink_;
  std::string prefix_;
};

} // namespace caf::raft
