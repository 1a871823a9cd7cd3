#include "wire/samples.hpp"

#include "caf/raft/wire/configuration_codec.hpp"
#include "caf/raft/wire/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace sample {

namespace {

constexpr term_t last_term{top};

constexpr tenure_id last_tenure{top};

constexpr index_t last_index{top};

constexpr entry_id last_id{last_term, last_index};

append_entries append(term_t term, entry_id prev, entries xs) {
  return {peer, term, tenure_id{5}, prev, index_t{4}, std::move(xs)};
}

entries joined(entries xs, const entry& x) {
  xs.push_back(x);
  return xs;
}

proposal propose_command(uint64_t id, timespan time_left, size_t size) {
  return {request_id{id}, time_left, noise(size, id)};
}

void add_appends(std::vector<message>& xs) {
  index_t prev{41};
  term_t term{3};
  std::vector<size_t> sizes{0, 1, 7, 8, 9, 255, 256, 257, 5000};
  xs.push_back(append(term, {}, {}));
  xs.push_back(append(term, {}, commands(index_t{}, term, {100})));
  xs.push_back(append(term, {term_t{2}, prev}, commands(prev, term, sizes)));
  xs.push_back(append(term, {term_t{1}, prev},
                      joined(commands(prev, term_t{2}, {10, 20}),
                             configuration_entry(index_t{44}, term))));
  xs.push_back(append(term, {term, prev},
                      {entry::make(index_t{42}, term, entry_kind::noop, {})}));
  xs.push_back(append(last_term, {last_term, index_t{top - 2}},
                      commands(index_t{top - 2}, last_term, {1, 2})));
  xs.push_back(append(last_term, last_id, {}));
  xs.push_back(append(term, {term, prev},
                      commands(prev, term, std::vector<size_t>(500, 3))));
}

void add_proposals(std::vector<message>& xs) {
  using namespace std::chrono_literals;
  term_t term{3};
  xs.push_back(propose{peer, term, {propose_command(1, 5s, 20)}});
  xs.push_back(propose{peer, last_term, {}});
  xs.push_back(propose{peer,
                       term,
                       {propose_command(top, 0s, 0),
                        propose_command(2, wire::max_time_left, 70'000),
                        propose_command(3, 1ns, 7)}});
  propose_result all{peer, term, {}};
  for (auto code = errc::none; code <= errc::removed;
       code = static_cast<errc>(static_cast<int>(code) + 1)) {
    all.results.push_back({request_id{7}, code, {}});
    xs.push_back(
      read_index_result{peer, term, request_id{9}, code, {}, index_t{1}});
  }
  all.results.push_back({request_id{top}, errc::none, last_id});
  xs.push_back(all);
  xs.push_back(propose_result{peer, last_term, {}});
}

snapshot_head head_of(entry_id last, uint64_t size) {
  snapshot_head result;
  result.last = last;
  result.members = std::make_shared<configuration>(small_configuration());
  result.members_index = last.index - 1;
  result.size = size;
  result.checksum = 0xfedcba98;
  return result;
}

void add_snapshots(std::vector<message>& xs) {
  constexpr uint64_t size = 3 * snapshot_chunk_bytes + 5;
  term_t term{3};
  entry_id last{term_t{2}, index_t{9}};
  for (uint64_t i = 0; i < 3; ++i)
    xs.push_back(install_snapshot{
      peer, term, tenure_id{5}, head_of(last, size), i,
      std::make_shared<const bytes>(noise(snapshot_chunk_bytes, i))});
  xs.push_back(install_snapshot{peer, term, tenure_id{5}, head_of(last, size),
                                3, std::make_shared<const bytes>(noise(5, 3))});
  xs.push_back(install_snapshot{peer, last_term, last_tenure,
                                head_of(last_id, size), 4, nullptr});
  // Of nothing.
  xs.push_back(
    install_snapshot{peer, term, tenure_id{5}, head_of(last, 0), 0, nullptr});
}

bool same(const install_snapshot& x, const install_snapshot& y) {
  auto same_chunk = x.chunk == nullptr || y.chunk == nullptr
                      ? x.chunk == y.chunk
                      : *x.chunk == *y.chunk;
  return x.from == y.from && x.term == y.term && x.tenure == y.tenure
         && x.head.is_same(y.head) && *x.head.members == *y.head.members
         && x.head.members_index == y.head.members_index && x.number == y.number
         && same_chunk;
}

} // namespace

bytes noise(size_t size, uint64_t seed) {
  std::mt19937_64 random{seed};
  bytes result(size);
  std::generate(result.begin(), result.end(),
                [&] { return static_cast<std::byte>(random()); });
  return result;
}

configuration small_configuration() {
  return {{{server_id{1}, "10.0.0.1:9021", incarnation_t{11}, false},
           {server_id{2}, "[::1]:9021", incarnation_t{22}, false},
           {server_id{3}, "c:1", incarnation_t{}, true}},
          {server_id{1}},
          {server_id{1}, server_id{2}},
          {server_id{4}}};
}

entries commands(index_t prev, term_t term,
                 const std::vector<size_t>& payload_sizes) {
  entries result;
  for (auto size : payload_sizes) {
    ++prev;
    result.push_back(
      entry::make(prev, term, entry_kind::command, noise(size, prev.value)));
  }
  return result;
}

entry configuration_entry(index_t index, term_t term) {
  auto value = std::make_shared<configuration>(small_configuration());
  return entry::make(index, term, value, wire::encode_configuration(*value));
}

void add_changes(std::vector<message>& xs) {
  std::string longest_text(wire::max_text_size, 't');
  std::string longest_address(wire::max_address_size, 'a');
  term_t term{3};
  wanted_member one{server_id{4}, "d:4", false};
  xs.push_back(request_change{peer, {}, {}, {}});
  for (uint8_t i = 0; i <= 5; ++i) {
    change what{static_cast<change_kind>(i), {one}, index_t{i}, i % 2 == 0};
    xs.push_back(request_change{peer, term, request_id{77}, what});
  }
  change many{change_kind::set, {}, index_t{top}, true};
  for (uint64_t i = 0; i < wire::max_initial_members; ++i)
    many.members.push_back({server_id{i}, longest_address, true});
  xs.push_back(request_change{peer, last_term, request_id{top}, many});
  xs.push_back(change_result{
    peer, term, request_id{77}, errc::rejected, "because", {}, index_t{2}, {}});
  xs.push_back(change_result{peer, last_term, request_id{top}, errc::none,
                             longest_text, last_id, last_index,
                             small_configuration()});
}

std::vector<message> group_messages() {
  term_t term{3};
  tenure_id tenure{0x123456789abcdef};
  std::vector<message> xs{
    request_vote{peer, term, tenure, false, false, {term_t{2}, index_t{9}}},
    request_vote{peer, last_term, last_tenure, true, true, last_id},
    request_vote{peer, {}, {}, true, false, {}},
    request_vote{peer, {}, {}, false, true, {}},
    vote_result{peer, term, tenure, true, false},
    vote_result{peer, last_term, last_tenure, false, true},
    vote_result{peer, {}, {}, false, false},
    append_result{peer, term, tenure, true, index_t{9}, {}},
    append_result{peer, term, tenure, false, index_t{9}, {term, index_t{8}}},
    append_result{peer, last_term, last_tenure, true, last_index, last_id},
    heartbeat{peer, term, tenure, round_t{12}, index_t{9}, index_t{11},
              incarnation_t{8}},
    heartbeat{peer, last_term, last_tenure, round_t{top}, last_index,
              last_index, incarnation_t{top}},
    heartbeat_result{peer, term, tenure, round_t{12}},
    heartbeat_result{peer, last_term, last_tenure, round_t{top}},
    commit_notice{peer, term, tenure, index_t{9}},
    commit_notice{peer, last_term, last_tenure, last_index},
    timeout_now{peer, term, tenure},
    timeout_now{peer, last_term, last_tenure},
    read_index{peer, term, request_id{77}},
    read_index{peer, last_term, request_id{top}},
    read_index_result{peer, last_term, request_id{top}, errc::none, last_index,
                      last_index},
    request_transfer{peer, term, request_id{77}, server_id{3}},
    request_transfer{peer, last_term, request_id{top}, server_id{top}},
    transfer_result{peer, term, request_id{77}, errc::none, server_id{3}},
    transfer_result{peer, last_term, request_id{top}, errc::rejected, {}},
    install_result{peer, term, tenure_id{5}, {term, index_t{7}}, 3, errc::none},
    install_result{peer, last_term, last_tenure, last_id, top, errc::no_space},
    farewell{peer, term},
    farewell{peer, last_term},
    farewell_result{peer, term},
    farewell_result{peer, {}},
    removal_notice{peer, term, index_t{9}},
    removal_notice{peer, last_term, last_index},
  };
  add_changes(xs);
  add_appends(xs);
  add_proposals(xs);
  add_snapshots(xs);
  return xs;
}

std::vector<node_message> node_messages() {
  std::string longest_address(wire::max_address_size, 'a');
  std::string longest_text(wire::max_text_size, 't');
  constexpr cluster_id cluster{0xfedcba9876543210};
  configuration large;
  for (uint64_t i = 1; i <= wire::max_initial_members; ++i) {
    large.members.push_back({server_id{i}, longest_address, peer.incarnation});
    large.voters.emplace_back(i);
  }
  std::vector<node_message> xs{
    hello{1, {}, peer.id, peer.incarnation, "a:1", server_id{1}, {}},
    hello{1, cluster, peer.id, peer.incarnation, "a:1", server_id{1},
          index_t{0}},
    hello{1, cluster, peer.id, peer.incarnation, "a:1", server_id{1},
          index_t{0}, lane::bulk},
    hello{~uint32_t{0}, cluster_id{top}, server_id{top}, incarnation_t{top},
          longest_address, server_id{top}, index_t{top}},
    welcome{1, cluster, peer.id, peer.incarnation},
    welcome{~uint32_t{0}, cluster_id{top}, server_id{top}, incarnation_t{top}},
    introduce{peer, "b:2", incarnation_t{11}, {"a:1", "b:2", "c:3"}},
    introduce{peer, "", {}, {}},
    introduce{peer, longest_address, incarnation_t{top},
              std::vector(wire::max_initial_members, longest_address)},
    founded{peer, cluster, small_configuration()},
    founded{peer, cluster, large},
    founded{peer, cluster, small_configuration(), large},
  };
  for (uint8_t i = 0; i <= 5; ++i)
    xs.push_back(refusal{static_cast<refusal_reason>(i), "because"});
  xs.push_back(refusal{refusal_reason::busy, ""});
  xs.push_back(refusal{refusal_reason::malformed, longest_text});
  for (uint8_t i = 0; i <= 3; ++i)
    xs.push_back(introduction_answer{peer, static_cast<introduction_verdict>(i),
                                     "because"});
  xs.push_back(
    introduction_answer{peer, introduction_verdict::differs, longest_text});
  return xs;
}

bool same(const entry& x, const entry& y) {
  auto xs = x.record();
  auto ys = y.record();
  if (x.index() != y.index()
      || !std::equal(xs.begin(), xs.end(), ys.begin(), ys.end()))
    return false;
  auto& conf_x = x.configuration();
  auto& conf_y = y.configuration();
  if (conf_x == nullptr || conf_y == nullptr)
    return conf_x == conf_y;
  return *conf_x == *conf_y;
}

bool same(const message& x, const message& y) {
  auto* xs = std::get_if<append_entries>(&x);
  auto* ys = std::get_if<append_entries>(&y);
  if (xs != nullptr && ys != nullptr)
    return xs->from == ys->from && xs->term == ys->term
           && xs->tenure == ys->tenure && xs->prev == ys->prev
           && xs->commit == ys->commit
           && std::equal(xs->entries.begin(), xs->entries.end(),
                         ys->entries.begin(), ys->entries.end(),
                         [](auto& x, auto& y) { return same(x, y); });
  return std::visit(
    [&](const auto& left) {
      using type = std::decay_t<decltype(left)>;
      if constexpr (std::is_same_v<type, append_entries>)
        return false;
      else if constexpr (std::is_same_v<type, install_snapshot>)
        return std::holds_alternative<type>(y) && same(left, std::get<type>(y));
      else
        return std::holds_alternative<type>(y) && left == std::get<type>(y);
    },
    x);
}

body::body(size_t size) : words_(new uint64_t[(size + 7) / 8]()), size_(size) {
  // nop
}

body::body(bytes_view what) : body(what.size()) {
  if (!what.empty())
    std::memcpy(data(), what.data(), what.size());
}

body::body(const wire::frame_ptr& what)
  : body(what->view().subspan(wire::frame_header_size)) {
  // nop
}

result_of<envelope> decode_group(const body& what) {
  return wire::decode_group(peer, what.view(), what.owner());
}

result_of<node_message> decode_node(const body& what) {
  return wire::decode_node(peer, what.view());
}

std::string hex(bytes_view xs) {
  std::string result;
  for (size_t i = 0; i < xs.size(); ++i)
    result += fmt::format("{:02x}{}", static_cast<unsigned>(xs[i]),
                          i % 8 == 7 ? "\n" : "");
  return result;
}

} // namespace sample
