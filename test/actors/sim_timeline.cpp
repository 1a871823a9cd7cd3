// A run as a picture.

#include "caf/raft/testing/html_text.hpp"
#include "caf/raft/testing/scenario.hpp"
#include "caf/raft/testing/swarm.hpp"
#include "caf/raft/testing/timeline_page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace caf::raft;
using namespace caf::raft::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto steps = timeline::axis_t::steps;
constexpr auto by_time = timeline::axis_t::time;

timeline timeline_of(const std::string& scenario) {
  timeline_builder builder{steps};
  try {
    run_scenario(scenario, [&](const run_event& x) { builder.add(x); });
  } catch (const scenario_error&) {
    // The timeline has it, too.
  }
  return builder.finish();
}

std::string page_of(const timeline& what, const page_heading& heading = {}) {
  std::ostringstream out;
  write_page(out, what, heading);
  return out.str();
}

std::string page_of_seed(uint64_t seed) {
  timeline_builder builder{by_time};
  swarm_options how;
  how.duration = 2s;
  how.events = [&](const run_event& x) { builder.add(x); };
  run_swarm(draw_plan(seed), how);
  return page_of(builder.finish(), {"A seed", "its plan"});
}

size_t count_of(const std::string& text, std::string_view part) {
  size_t result = 0;
  for (auto at = text.find(part); at != text.npos;
       at = text.find(part, at + part.size()))
    ++result;
  return result;
}

/// Every element is closed by its own name, innermost first; what is between
/// `script` and its end is text.
bool is_well_formed(const std::string& page) {
  std::vector<std::string> open;
  for (auto at = page.find('<'); at != page.npos; at = page.find('<', at)) {
    auto end = page.find('>', at);
    if (end == page.npos)
      return false;
    auto tag = page.substr(at + 1, end - at - 1);
    auto name = tag.substr(0, tag.find(' '));
    at = end;
    if (name == "!DOCTYPE" || name == "meta")
      continue;
    if (name.front() != '/')
      open.push_back(name);
    else if (open.empty() || "/" + open.back() != name)
      return false;
    else
      open.pop_back();
    if (name == "script" || name == "style")
      at = page.find("</", at);
  }
  return open.empty();
}

/// The data of a page between its script elements.
std::string data_of(const std::string& page) {
  auto begin = page.find("id=\"run\">");
  return page.substr(begin, page.find("</script>", begin) - begin);
}

const std::string elected = "cluster 1=(1) 2=(1) 3=(1)\n"
                            "election-timeout 1\n"
                            "drop 1->3\n"
                            "deliver\ndeliver\n----\n\n";

timeline::band band_of(const timeline& what, uint64_t member, role_name role) {
  auto i = std::find_if(what.bands.begin(), what.bands.end(), [&](auto& x) {
    return x.member == server_id{member} && x.role == role;
  });
  REQUIRE(i != what.bands.end());
  return *i;
}

} // namespace

TEST_CASE("roles are bands, one after the other") {
  auto found = timeline_of(elected);
  CHECK(found.members == std::set{server_id{1}, server_id{2}, server_id{3}});
  CHECK(found.groups == std::set{group_id{1}});
  auto candidate = band_of(found, 1, role_name::candidate);
  auto leader = band_of(found, 1, role_name::leader);
  CHECK(band_of(found, 1, role_name::follower).end == candidate.begin);
  CHECK(candidate.begin < candidate.end);
  CHECK(candidate.end == leader.begin);
  CHECK(leader.end == found.end);
  CHECK(leader.term == term_t{2});
}

TEST_CASE("messages are arrows from where they leave to where they end") {
  auto found = timeline_of(elected);
  auto& asked = found.arrows.at(0);
  CHECK(asked.text == "1->2 request_vote term=2 last=1@1");
  CHECK(asked.name == "request_vote");
  CHECK(asked.from == server_id{1});
  CHECK(asked.to == server_id{2});
  CHECK(asked.became == timeline::fate::arrived);
  CHECK(asked.begin < asked.end);
  CHECK(found.arrows.at(1).became == timeline::fate::lost);
  auto& granted = found.arrows.at(2);
  CHECK(granted.name == "vote_result");
  CHECK(granted.begin == asked.end);
  CHECK(found.arrows.back().name == "heartbeat");
  CHECK(found.arrows.back().became == timeline::fate::under_way);
  CHECK(found.arrows.back().end == found.end);
}

TEST_CASE("blocks have their commands and what they said") {
  auto found = timeline_of(elected + "crash 2\n----\n\n");
  REQUIRE(found.blocks.size() == 2);
  CHECK(found.blocks[0].commands.starts_with("cluster 1=(1)"));
  CHECK(found.blocks[0].commands.ends_with("\ndeliver\ndeliver"));
  CHECK(found.blocks[0].end < found.blocks[1].begin);
  CHECK(found.blocks[1].commands == "crash 2");
  CHECK(found.blocks[1].output == "2 down\n");
}

TEST_CASE("requests last until their answers, commits are marks") {
  auto found = timeline_of(elected
                           + "propose 1 put a v\nrun\n----\n\n"
                             "propose 3 put b w\n----\n\n");
  REQUIRE(found.requests.size() == 2);
  CHECK(found.requests[0].text == "put a v -> done, entry 3@2: ok 3");
  CHECK(found.requests[0].answered);
  CHECK(found.requests[0].code == errc::none);
  CHECK(found.requests[0].begin < found.requests[0].end);
  CHECK(!found.requests[1].answered);
  CHECK(found.requests[1].end == found.end);
  auto is_commit = [](auto& x) {
    return x.kind == timeline::mark_kind::commit
           && x.text == "1 knows commit=3 group=1";
  };
  CHECK(std::count_if(found.marks.begin(), found.marks.end(), is_commit) == 1);
}

TEST_CASE("a member that is down has no role") {
  auto found = timeline_of(elected + "crash 2\nstatus\nrestart 2\n----\n\n");
  REQUIRE(found.spans.size() == 1);
  auto& down = found.spans.front();
  CHECK(down.member == server_id{2});
  CHECK(down.kind == timeline::span_kind::down);
  CHECK(down.begin < down.end);
  for (auto& x : found.bands)
    CHECK(
      (x.member != down.member || x.end <= down.begin || x.begin >= down.end));
  CHECK(found.bands.back().member == server_id{2});
}

TEST_CASE("trouble lasts until it is over, or until the member is") {
  auto found = timeline_of(elected
                           + "pause 3\nstall-disk 2\nfill-disk 2 9\n"
                             "partition 1 | 2 3\n----\n\n"
                             "resume 3\nheal\ncrash 2\ndamage 2 1\n----\n\n");
  auto expect = [&](timeline::span_kind kind, bool over, size_t member) {
    auto i = std::find_if(found.spans.begin(), found.spans.end(),
                          [&](auto& x) { return x.kind == kind; });
    REQUIRE(i != found.spans.end());
    CHECK((i->end < found.end) == over);
    CHECK(i->begin < i->end);
    CHECK(i->member == server_id{member});
    return i->text;
  };
  expect(timeline::span_kind::paused, true, 3);
  expect(timeline::span_kind::disk_stalled, true, 2);
  expect(timeline::span_kind::disk_full, false, 2);
  CHECK(expect(timeline::span_kind::cut, true, 0) == "1 | 2 3");
  CHECK(found.marks.back().text == "entry 1 of 2 is damaged");
  CHECK(found.marks.back().kind == timeline::mark_kind::fault);
}

TEST_CASE("cuts are described as a partition where they are one") {
  auto id = [](uint64_t x) { return server_id{x}; };
  std::set members{id(1), id(2), id(3)};
  CHECK(describe_cuts(members, {{id(1), id(2)}}) == "1->2");
  CHECK(describe_cuts(members, {{id(1), id(2)}, {id(2), id(1)}})
        == "1->2, 2->1");
  CHECK(
    describe_cuts(
      members, {{id(1), id(2)}, {id(1), id(3)}, {id(2), id(1)}, {id(3), id(1)}})
    == "1 | 2 3");
}

TEST_CASE("in a swarm positions are times") {
  timeline_builder builder{by_time};
  builder.add({1500us, member_crashed{server_id{1}, crash_kind::power}});
  builder.add({2s, member_started{server_id{1}}});
  auto found = builder.finish();
  CHECK(found.end == 2'000'000);
  CHECK(found.spans.front().begin == 1500);
  CHECK(found.spans.front().end == 2'000'000);
}

TEST_CASE("a failing run has a timeline up to its failure") {
  auto found = timeline_of(elected + "crash 2\ncrush 3\n----\n\n");
  CHECK(found.failure == "crush 3: there is no such command");
  CHECK(found.blocks.back().commands == "crash 2\ncrush 3");
  CHECK(found.blocks.back().end == found.end);
  auto page = page_of(found);
  CHECK(is_well_formed(page));
  CHECK(count_of(page, "Failed: crush 3: there is no such command") == 1);
  CHECK(count_of(page_of(timeline_of(elected)), "Failed") == 0);
}

TEST_CASE("a page has all that happened and needs nothing else") {
  auto found = timeline_of(elected);
  auto page = page_of(found, {"A title", "a text"});
  CHECK(is_well_formed(page));
  CHECK(count_of(page, "<h1>A title</h1>") == 1);
  CHECK(count_of(page, "<pre>a text</pre>") == 1);
  auto data = data_of(page);
  for (auto& x : found.arrows)
    CHECK(count_of(data, json_string(x.text)) >= 1);
  CHECK(count_of(data, "\"1-\\u003e2 request_vote term=2 last=1@1\"") == 1);
  CHECK(count_of(data, "\"leader\",2]") == 1);
  for (auto* outside : {"http:", "https:", "src=", "href=", "url(", "import"})
    CHECK(count_of(page, outside) == 0);
}

TEST_CASE("the same seed gives the same page") {
  auto page = page_of_seed(3);
  CHECK(is_well_formed(page));
  CHECK(page.size() > 100'000);
  CHECK(page == page_of_seed(3));
  CHECK(page != page_of_seed(4));
}

TEST_CASE("text from outside stays text") {
  auto evil = std::string{"</script><b>&\"'\n\x01\\"};
  CHECK(html_escaped(evil)
        == "&lt;/script&gt;&lt;b&gt;&amp;&quot;&#39;\n&#xfffd;\\");
  CHECK(json_string(evil)
        == "\"\\u003c/script\\u003e\\u003cb\\u003e\\u0026\\\"'\\u000a\\u0001"
           "\\\\\"");
  timeline_builder builder{by_time};
  builder.add(
    {1s, request_made{request_id{1}, server_id{1}, group_id{1}, evil}});
  builder.add({1s, run_failed{evil}});
  auto page = page_of(builder.finish(), {evil, evil});
  CHECK(is_well_formed(page));
  CHECK(count_of(page, "<b>&\"") == 0);
  CHECK(count_of(page, "</script>") == 2);
}

TEST_CASE("what is not well-formed is seen") {
  CHECK(is_well_formed("<p>1</p><script>a<b</script>"));
  CHECK(!is_well_formed("<p><b></p></b>"));
  CHECK(!is_well_formed("<p>"));
  CHECK(!is_well_formed("</p>"));
  CHECK(!is_well_formed("<p>a < b</p>"));
}
