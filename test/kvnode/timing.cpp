#include "kvnode/answers.hpp"

#include <doctest/doctest.h>

using namespace kvnode;
using namespace caf::raft;
using namespace std::chrono_literals;

TEST_CASE("Server-Timing has the stages that there were, in milliseconds") {
  reply_plan plan;
  plan.arrived = time_point{1s};
  plan.taken = time_point{1s + 12us};
  stage_times times;
  times.queue = 5us;
  times.append = 400us;
  times.quorum = 1500us;
  CHECK(timing_text(plan, times, time_point{1s + 2ms})
        == "parse;dur=0.012, queue;dur=0.005, append;dur=0.400, "
           "quorum;dur=1.500, total;dur=2.000");
}

TEST_CASE("nothing is said where no time has passed") {
  CHECK(timing_text({}, {}, {}).empty());
}

TEST_CASE("where it stands in an answer") {
  http_answer what;
  what.status = 204;
  what.timing = "total;dur=2.000";
  std::string text;
  append(text, what, {});
  CHECK(text
        == "HTTP/1.1 204 No Content\r\nServer-Timing: total;dur=2.000\r\n"
           "\r\n");
}
