#include "caf/raft/testing/describe.hpp"

#include "caf/raft/bytes.hpp"
#include "caf/raft/core/membership.hpp"
#include "caf/raft/core/tenure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace caf::raft::testing {

namespace {

const char* yes_no(bool x) {
  return x ? "yes" : "no";
}

std::string commit(index_t x) {
  return x ? fmt::format(" commit={}", x.value) : std::string{};
}

std::string details(const request_vote& x) {
  return fmt::format(" last={}{}{}", to_string(x.last),
                     x.pre_vote ? " pre-vote" : "",
                     x.transfer ? " transfer" : "");
}

std::string details(const vote_result& x) {
  return fmt::format(" granted={}{}", yes_no(x.granted),
                     x.pre_vote ? " pre-vote" : "");
}

std::string details(const append_entries& x) {
  auto result = fmt::format(" prev={}", to_string(x.prev));
  auto separator = " entries=";
  for (auto& e : x.entries) {
    result += separator + to_string(e.id());
    separator = ",";
  }
  return result + commit(x.commit);
}

std::string details(const append_result& x) {
  if (x.success)
    return fmt::format(" success=yes index={}", x.index.value);
  return fmt::format(" success=no index={} hint={}", x.index.value,
                     to_string(x.hint));
}

std::string details(const install_snapshot& x) {
  auto chunks = x.head.chunks();
  if (x.number == chunks)
    return fmt::format(" snapshot={} chunks={}?", to_string(x.head.last),
                       chunks);
  return fmt::format(" snapshot={} chunk={}/{}", to_string(x.head.last),
                     x.number, chunks);
}

std::string details(const install_result& x) {
  return fmt::format(" snapshot={} next={}{}", to_string(x.last), x.next,
                     x.code == errc::none ? "" : " refused");
}

std::string details(const heartbeat& x) {
  return fmt::format(" round={}{}", x.round.value, commit(x.commit));
}

std::string details(const heartbeat_result& x) {
  return fmt::format(" round={}", x.round.value);
}

std::string details(const commit_notice& x) {
  return commit(x.commit);
}

std::string details(const timeout_now&) {
  return {};
}

std::string details(const propose& x) {
  std::string result;
  for (auto& p : x.proposals)
    result += fmt::format(" \"{}\"", as_text(p.command));
  return result;
}

std::string details(const propose_result& x) {
  std::string result;
  for (auto& p : x.results)
    result += " "
              + (p.code == errc::none ? to_string(p.entry)
                                      : std::string{to_string(p.code)});
  return result;
}

std::string details(const read_index&) {
  return {};
}

std::string details(const read_index_result& x) {
  if (x.code != errc::none)
    return fmt::format(" {}", to_string(x.code));
  return fmt::format(" index={}{}", x.index.value, commit(x.commit));
}

std::string details(const request_transfer& x) {
  return x.to ? fmt::format(" to={}", x.to.value) : std::string{};
}

std::string details(const transfer_result& x) {
  if (x.code != errc::none)
    return fmt::format(" {}", to_string(x.code));
  return fmt::format(" to={}", x.to.value);
}

std::string details(const farewell&) {
  return {};
}

std::string details(const farewell_result&) {
  return {};
}

std::string details(const request_change& x) {
  static constexpr std::array names{"add",     "remove", "set",
                                    "promote", "demote", "address"};
  std::string result = fmt::format(" {}",
                                   names[static_cast<size_t>(x.what.kind)]);
  for (auto& m : x.what.members)
    result += fmt::format(" {}", m.id.value);
  return result;
}

std::string details(const change_result& x) {
  if (x.code != errc::none)
    return fmt::format(" {}", to_string(x.code));
  return " " + to_string(x.entry);
}

std::string details(const removal_notice& x) {
  return fmt::format(" index={}", x.index.value);
}

} // namespace

std::string describe(const message& what) {
  auto term = core::term_of(what).value;
  return fmt::format("{} term={}", core::name_of(what), term)
         + std::visit([](const auto& x) { return details(x); }, what);
}

std::string describe(server_id from, server_id to, const message& what) {
  return fmt::format("{}->{} {}", from.value, to.value, describe(what));
}

namespace {

std::string list(const std::vector<server_id>& xs) {
  std::string result;
  for (auto x : xs)
    result += fmt::format("{}{}", result.empty() ? "" : ",", x.value);
  return result;
}

} // namespace

std::string describe(const configuration& what) {
  if (core::is_joint(what))
    return list(what.voters) + "/" + list(what.outgoing);
  std::string result;
  for (auto& x : what.members) {
    auto mark = x.promote ? "?" : core::is_learner(what, x.id) ? "~" : "";
    result += fmt::format("{}{}{}{}", result.empty() ? "" : ",", x.id.value,
                          mark, x.leave ? "!" : "");
  }
  return result;
}

std::string describe(bytes_view payload) {
  constexpr size_t shown = 60;
  std::string result;
  for (auto byte : payload.first(std::min(payload.size(), shown))) {
    auto c = std::to_integer<unsigned char>(byte);
    if (c >= ' ' && c < 0x7f)
      result += static_cast<char>(c);
    else
      result += fmt::format("\\x{:02x}", c);
  }
  if (payload.size() > shown)
    result += fmt::format("... ({} bytes)", payload.size());
  return result;
}

} // namespace caf::raft::testing
