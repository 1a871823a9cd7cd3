#include "caf/raft/settings.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace caf::raft;
using namespace std::chrono_literals;

TEST_CASE("the defaults are valid") {
  CHECK(validate(settings{}));
}

TEST_CASE("values that cannot work are refused") {
  struct row {
    const char* what;
    std::function<void(settings&)> change;
  };
  for (auto& x : {
         row{"no heartbeats", [](auto& s) { s.heartbeat_interval = 0s; }},
         row{"heartbeats of the past",
             [](auto& s) { s.heartbeat_interval = -1ms; }},
         row{"heartbeats as rare as elections",
             [](auto& s) { s.heartbeat_interval = s.election_timeout; }},
         row{"less than two heartbeats before an election",
             [](auto& s) {
               s.election_timeout = 2 * s.heartbeat_interval - 1ns;
             }},
         row{"no election timeout", [](auto& s) { s.election_timeout = 0s; }},
         row{"no time for a request", [](auto& s) { s.request_timeout = 0s; }},
         row{"empty appends", [](auto& s) { s.max_append_bytes = 0; }},
         row{"appends without entries",
             [](auto& s) { s.max_append_entries = 0; }},
         row{"nothing in flight", [](auto& s) { s.max_inflight_messages = 0; }},
         row{"no bytes in flight", [](auto& s) { s.max_inflight_bytes = 0; }},
         row{"empty commands", [](auto& s) { s.max_command_bytes = 0; }},
         row{"commands that are too large",
             [](auto& s) { s.max_command_bytes = (256 << 20) + 1; }},
         row{"no request", [](auto& s) { s.max_open_requests = 0; }},
       }) {
    CAPTURE(x.what);
    settings xs;
    x.change(xs);
    auto result = validate(xs);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == errc::invalid_argument);
    CHECK_FALSE(result.error().text.empty());
  }
}

TEST_CASE("values at the edge are accepted") {
  settings xs;
  xs.election_timeout = 2 * xs.heartbeat_interval;
  xs.max_append_bytes = 1;
  xs.max_append_entries = 1;
  xs.max_inflight_messages = 1;
  xs.max_inflight_bytes = 1;
  xs.max_command_bytes = 256 << 20;
  xs.max_open_requests = 1;
  CHECK(validate(xs));
}
