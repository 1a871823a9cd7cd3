#include "caf/raft/testing/run_events.hpp"

#include "caf/raft/testing/describe.hpp"

#include <fmt/format.h>

#include <chrono>
#include <type_traits>
#include <utility>

namespace caf::raft::testing {

namespace {

auto milliseconds_of(timespan x) {
  return x / std::chrono::milliseconds(1);
}

std::string text_of(const member_started& x) {
  return fmt::format("start {}", x.id.value);
}

std::string text_of(const member_crashed& x) {
  return fmt::format("crash {}{}", x.id.value,
                     x.how == crash_kind::power ? " (power)" : "");
}

std::string text_of(const member_failed& x) {
  return fmt::format("{} fails: {}", x.id.value, x.why);
}

std::string text_of(const member_paused& x) {
  return fmt::format("pause {}", x.id.value);
}

std::string text_of(const member_resumed& x) {
  return fmt::format("resume {}", x.id.value);
}

std::string text_of(const clock_jumped& x) {
  return fmt::format("clock of {} jumps by {} ms", x.id.value,
                     milliseconds_of(x.by));
}

std::string text_of(const role_changed& x) {
  return fmt::format("{} is {} term={} group={}", x.id.value, to_string(x.role),
                     x.term.value, x.group.value);
}

std::string text_of(const commit_advanced& x) {
  return fmt::format("{} knows commit={} group={}", x.id.value, x.index.value,
                     x.group.value);
}

std::string text_of(const disk_changed& x) {
  auto id = x.id.value;
  switch (x.what) {
    case disk_change::stalled:
      return fmt::format("stall disk {}", id);
    case disk_change::released:
      return fmt::format("release disk {}", id);
    case disk_change::slowed:
      return fmt::format("disk of {} is slower by {} ms", id, x.amount);
    case disk_change::reader_stalled:
      return fmt::format("stall reader {}", id);
    case disk_change::reader_released:
      return fmt::format("release reader {}", id);
    case disk_change::fails_next:
      return fmt::format("next write of {} fails", id);
    case disk_change::filled:
      return fmt::format("disk of {} is full but for {} bytes", id, x.amount);
    case disk_change::cleared:
      return fmt::format("disk of {} has room", id);
    case disk_change::damaged:
      return fmt::format("entry {} of {} is damaged", x.amount, id);
    case disk_change::wiped:
      return fmt::format("directory of {} is lost", id);
  }
  return {};
}

std::string text_of(const message_sent& x) {
  return describe(x.from, x.to, x.body);
}

std::string text_of(const message_arrived& x) {
  return fmt::format("message {} arrives", x.number);
}

std::string text_of(const message_lost& x) {
  return fmt::format("message {} is lost", x.number);
}

std::string text_of(const link_changed& x) {
  auto way = fmt::format("{}->{}", x.from.value, x.to.value);
  switch (x.what) {
    case link_change::cut:
      return "cut " + way;
    case link_change::mended:
      return "mend " + way;
    case link_change::broken:
      return "break " + way;
    case link_change::abandoned:
      return "abandon " + way;
    case link_change::slowed:
      return fmt::format("{} is slower by {} ms", way, milliseconds_of(x.by));
    case link_change::garbled:
      return "garble " + way;
  }
  return {};
}

std::string text_of(const request_made& x) {
  return fmt::format("request {} at {}: {}", x.number.value, x.at.value,
                     x.text);
}

std::string text_of(const request_answered& x) {
  return fmt::format("answer {} at {}: {}", x.number.value, x.at.value, x.text);
}

std::string text_of(const remark& x) {
  return x.text;
}

std::string text_of(const command_given& x) {
  return x.text;
}

std::string text_of(const block_ended& x) {
  return x.output;
}

std::string text_of(const run_failed& x) {
  return x.why;
}

template <class T, class... Ts>
constexpr bool is_any_of = (std::is_same_v<T, Ts> || ...);

bool is_traced(const run_event::content& what) {
  return std::visit(
    []<class T>(const T&) {
      return !is_any_of<T, message_arrived, message_lost, commit_advanced,
                        command_given, block_ended, run_failed>;
    },
    what);
}

} // namespace

std::string describe(const run_event::content& what) {
  return std::visit([](const auto& x) { return text_of(x); }, what);
}

event_handler trace_to(line_handler out) {
  return [out = std::move(out)](const run_event& x) {
    if (is_traced(x.what))
      out(fmt::format("{:>12.6f} {}",
                      std::chrono::duration<double>(x.when).count(),
                      describe(x.what)));
  };
}

} // namespace caf::raft::testing
