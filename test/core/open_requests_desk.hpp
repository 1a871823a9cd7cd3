#pragma once

#include "caf/raft/core/open_requests.hpp"

#include "core/fixture.hpp"

#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

namespace caf::raft::core::test {

using requests = open_requests<int>;

inline constexpr server_id other{2};
inline constexpr auto unlimited = SIZE_MAX;

/// What became of one request.
struct ending {
  int who;
  errc code;
  entry_id entry;
  std::string answer;

  bool operator==(const ending&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const ending& x) {
  return out << x.who << " " << to_string(x.code) << " " << to_string(x.entry)
             << " '" << x.answer << "'";
}

inline ending ending_of(const requests::settled& x) {
  return {x.who, x.code, x.entry, std::string{as_text(x.answer)}};
}

inline std::vector<ending> endings_of(const requests::settled_list& xs) {
  std::vector<ending> result;
  for (auto& x : xs)
    result.push_back(ending_of(x));
  return result;
}

using endings = std::vector<ending>;

/// One member's requests, and short words for what happens to them.
struct desk {
  explicit desk(uint64_t first = 1000) : open{first} {
    // nop
  }

  settings cfg;
  requests open;
  time_point deadline = t0 + 5s;

  errc command(int who, std::string_view text = "command") {
    return open.add_command(who, to_bytes(text), deadline, cfg);
  }

  errc query(int who, std::string_view text = "query") {
    return open.add_query(who, to_bytes(text), deadline, cfg);
  }

  std::vector<requests::command> to_role() {
    return open.take_commands({server_id{1}, term_t{1}}, false, unlimited,
                              unlimited);
  }

  std::vector<requests::command> to_other(server_id who = other,
                                          term_t term = term_t{1}) {
    return open.take_commands({who, term}, true, unlimited, unlimited);
  }

  /// A command that the leader, elsewhere, has appended.
  void appended_command(int who, entry_id entry) {
    command(who);
    auto taken = to_other();
    REQUIRE(taken.size() == 1);
    REQUIRE(!open.appended(taken[0].id, errc::none, entry));
  }

  /// The state machine applied these entries and answered "index@term".
  endings apply(std::initializer_list<entry_id> entries) {
    auto last = entries.end()[-1].index;
    return apply(last, entries);
  }

  endings apply(index_t last, std::vector<entry_id> entries) {
    std::vector<bytes> answers;
    for (auto& x : entries)
      answers.push_back(to_bytes(to_string(x)));
    std::vector<requests::applied> xs;
    for (size_t i = 0; i < entries.size(); ++i)
      xs.push_back({entries[i], &answers[i]});
    return endings_of(open.applied_up_to(last, xs, ready));
  }

  endings expire(timespan after) {
    return endings_of(open.expire(t0 + after));
  }

  std::vector<requests::ready_query> ready;
};

} // namespace caf::raft::core::test
