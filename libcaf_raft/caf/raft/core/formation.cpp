#include "caf/raft/core/formation.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace caf::raft::core {

namespace {

std::string named(server_id id, std::string_view address) {
  return fmt::format("member {} at {}", id.value, address);
}

std::string named(const configuration& conf, server_id id) {
  auto* ptr = find_member(conf, id);
  return named(id, ptr == nullptr ? "an unknown address" : ptr->address);
}

std::string list(const std::vector<std::string>& addresses) {
  return fmt::format("{}", fmt::join(addresses, ","));
}

std::string hex(incarnation_t x) {
  return fmt::format("{:016x}", x.value);
}

failure rejected(std::string text) {
  return {errc::rejected, std::move(text)};
}

/// Both the one who lost its directory and those who know it say this.
std::string lost(const std::string& who, const std::string& known_to,
                 incarnation_t known, incarnation_t present) {
  return fmt::format(
    "the directory of {} was lost: {} knows it under the incarnation {}, and "
    "now it has {}; start it with its former data directory, or wait: it has "
    "no vote until the leader has taken it back as a learner",
    who, known_to, hex(known), hex(present));
}

} // namespace

formation::formation(sender self, std::vector<std::string> initial_members,
                     bool joining)
  : self_(self),
    initial_members_(std::move(initial_members)),
    joining_(joining) {
  CAF_RAFT_ASSERT(is_initial(self_.id));
}

bool formation::is_founder() const {
  return self_.id == founder() && !joining_;
}

server_id formation::founder() const {
  return server_id{1};
}

bool formation::is_initial(server_id id) const {
  return id && id.value <= initial_members_.size();
}

std::string formation::describe(server_id id) const {
  return named(id, initial_members_[id.value - 1]);
}

// -- the founder --------------------------------------------------------------

std::string formation::objection_to(const introduce& msg) const {
  auto who = named(msg.from.id, msg.address);
  if (msg.initial_members != initial_members_)
    return fmt::format("{} was started with another --cluster list than {}: "
                       "its list is {}, and here it is {}; start all members "
                       "with the same list",
                       who, describe(self_.id), list(msg.initial_members),
                       list(initial_members_));
  if (!is_initial(msg.from.id))
    return fmt::format("{} is not in its own --cluster list, {}; start it with "
                       "another --id, or with --join",
                       who, list(initial_members_));
  if (msg.from.id == self_.id)
    return fmt::format("{} has the id of {}: two members were started with the "
                       "same --id",
                       who, describe(self_.id));
  auto& address = initial_members_[msg.from.id.value - 1];
  if (msg.address != address)
    return fmt::format("{} is not where the --cluster list has member {}, at "
                       "{}",
                       who, msg.from.id.value, address);
  if (!msg.from.incarnation)
    return fmt::format("{} did not say in which incarnation it is", who);
  if (is_founder() && msg.to != self_.incarnation)
    return fmt::format("{} showed itself to an earlier incarnation of {}; it "
                       "has to show itself again",
                       who, describe(self_.id));
  return {};
}

introduction_answer formation::on_introduce(const introduce& msg) {
  auto id = msg.from.id;
  auto text = objection_to(msg);
  if (!text.empty()) {
    // What the same directory, or another one in its place, said before does
    // not hold any more. A stranger with a wrong id changes nothing.
    auto i = introductions_.find(id);
    if (i != introductions_.end()
        && (i->second.from == msg.from || i->second.address == msg.address))
      introductions_.erase(i);
    if (is_initial(id))
      objections_[id] = text;
    return {self_, introduction_verdict::differs, std::move(text)};
  }
  objections_.erase(id);
  if (is_founder())
    introductions_[id] = msg;
  return {self_, introduction_verdict::waiting, waiting_for()};
}

void formation::on_gone(server_id id) {
  introductions_.erase(id);
  objections_.erase(id);
  auto i = answers_.find(id);
  if (i != answers_.end()
      && i->second.verdict != introduction_verdict::lost_directory)
    answers_.erase(i);
}

std::optional<configuration> formation::complete() const {
  if (!is_founder() || introductions_.size() + 1 != initial_members_.size())
    return std::nullopt;
  std::vector<member> members{
    {self_.id, initial_members_.front(), self_.incarnation, false}};
  for (auto& [id, msg] : introductions_)
    members.push_back({id, msg.address, msg.from.incarnation, false});
  return founding_configuration(std::move(members));
}

// -- the others ---------------------------------------------------------------

std::optional<introduce> formation::introduction_to(sender other) {
  if (other.id == founder() && !joining_) {
    if (left_.count(other.incarnation) > 0)
      return std::nullopt;
    if (introduced_to_ && *introduced_to_ != other)
      left_.insert(introduced_to_->incarnation);
    introduced_to_ = other;
  }
  return introduce{self_, initial_members_[self_.id.value - 1],
                   other.incarnation, initial_members_};
}

void formation::on_answer(const introduction_answer& msg) {
  if (is_initial(msg.from.id))
    answers_[msg.from.id] = msg;
}

result_of<done> formation::check(const founded& msg) const {
  auto from = fmt::format("configuration zero of cluster {}, from member {},",
                          to_string(msg.cluster), msg.from.id.value);
  if (!msg.cluster)
    return rejected(from + " names no cluster");
  if (auto valid = validate(msg.zero); !valid)
    return rejected(from + " makes no sense: " + valid.error().text);
  if (msg.members)
    if (auto valid = validate(*msg.members); !valid)
      return rejected(
        from + " comes with members that make no sense: " + valid.error().text);
  auto* own = find_member(msg.members ? *msg.members : msg.zero, self_.id);
  if (own == nullptr)
    return rejected(
      fmt::format("{} does not name {}: its directory may be that "
                  "of another cluster, which used this address "
                  "before",
                  from, describe(self_.id)));
  if (own->incarnation != self_.incarnation)
    return rejected(
      lost(describe(self_.id), from, own->incarnation, self_.incarnation));
  auto& address = initial_members_[self_.id.value - 1];
  if (own->address != address)
    return rejected(fmt::format("{} has member {} at {}, but it was started "
                                "with {}; start it with its former --cluster "
                                "list",
                                from, self_.id.value, own->address, address));
  // An old disk of the founder, put back in place of the one to which we have
  // introduced ourselves since, must not have its way.
  auto* founder = find_member(msg.zero, this->founder());
  auto is_founders = msg.from.id == this->founder() && !msg.members;
  if (is_founders && introduced_to_
      && (msg.from != *introduced_to_ || founder == nullptr
          || founder->incarnation != introduced_to_->incarnation))
    return rejected(
      fmt::format("{} is of the incarnation {} of {}, but it was "
                  "the incarnation {} to which member {} has "
                  "shown itself since",
                  from, hex(msg.from.incarnation), describe(this->founder()),
                  hex(introduced_to_->incarnation), self_.id.value));
  return done{};
}

// -- everyone -----------------------------------------------------------------

std::string formation::waiting_for() const {
  for (auto& [id, answer] : answers_)
    if (answer.verdict == introduction_verdict::lost_directory)
      return answer.text;
  if (joining_) {
    auto result = "waiting for a leader that has " + describe(self_.id)
                  + " in its configuration";
    for (auto& [id, answer] : answers_)
      return result + "; " + answer.text;
    return result;
  }
  std::vector<std::string> missing;
  std::string details;
  auto add = [&](const std::string& text) {
    if (!text.empty())
      details += "; " + text;
  };
  for (uint64_t i = 1; i <= initial_members_.size(); ++i) {
    server_id id{i};
    if (id == self_.id)
      continue;
    if (is_founder() ? introductions_.count(id) == 0 : id == founder())
      missing.push_back(describe(id));
    if (auto j = objections_.find(id); j != objections_.end())
      add(j->second);
    auto j = answers_.find(id);
    if (j != answers_.end()
        && (id == founder()
            || j->second.verdict != introduction_verdict::waiting))
      add(j->second.text);
  }
  if (missing.empty())
    return "everyone is present";
  auto who = fmt::format("{}", fmt::join(missing, ", "));
  return is_founder()
           ? fmt::format("waiting for {} to come up{}", who, details)
           : fmt::format("waiting for {} to found the cluster{}", who, details);
}

std::optional<introduction_answer>
answer_unformed(sender self, const configuration& zero,
                const configuration& members, const introduce& msg) {
  auto who = named(msg.from.id, msg.address);
  auto here = named(members, self.id);
  auto* known = find_member(members, msg.from.id);
  if (is_removed(members, msg.from.id))
    return introduction_answer{
      self, introduction_verdict::not_founder,
      fmt::format("member {} was removed from the cluster of {}, and ids are "
                  "never used again: start the new member with another --id",
                  msg.from.id.value, here)};
  if (known == nullptr)
    return introduction_answer{
      self, introduction_verdict::not_founder,
      fmt::format("{} belongs to a running cluster that does not know {}: add "
                  "it there and start it with --join, or check --cluster",
                  here, who)};
  if (names(zero, msg.from) && names(members, msg.from))
    return std::nullopt;
  if (known->address != msg.address)
    return introduction_answer{
      self, introduction_verdict::differs,
      fmt::format("{} is not where the members of {} have member {}, at {}: "
                  "two may have been started with the same id, or its address "
                  "has to be changed there first",
                  who, here, msg.from.id.value, known->address)};
  if (names(members, msg.from))
    return std::nullopt;
  if (known->incarnation)
    return introduction_answer{self, introduction_verdict::lost_directory,
                               lost(who, here, known->incarnation,
                                    msg.from.incarnation)};
  return introduction_answer{
    self, introduction_verdict::waiting,
    fmt::format("{} belongs to a running cluster, of which {} is a member: its "
                "leader will take it in",
                here, who)};
}

namespace {

refusal refuse_cluster(const hello& self, const hello& msg) {
  auto here = named(self.id, self.address);
  auto who = named(msg.id, msg.address);
  return {refusal_reason::wrong_cluster,
          fmt::format("{} belongs to the cluster {}, and {} to the cluster {}: "
                      "the directory of one of them was used before, in "
                      "another cluster; check the addresses, or start that one "
                      "with an empty data directory",
                      who, to_string(msg.cluster), here,
                      to_string(self.cluster))};
}

} // namespace

std::optional<refusal> check_hello(const hello& self,
                                   const placed_configuration& committed,
                                   const hello& msg) {
  auto here = named(self.id, self.address);
  auto who = named(msg.id, msg.address);
  if (msg.version != self.version)
    return refusal{refusal_reason::version,
                   fmt::format("{} speaks version {} of the protocol, and {} "
                               "version {}: run the same release on both",
                               who, msg.version, here, self.version)};
  if (msg.to != self.id)
    return refusal{refusal_reason::wrong_id,
                   fmt::format("{} expected member {} at this address, but "
                               "here is {}: check the addresses",
                               who, msg.to.value, here)};
  if (msg.id == self.id)
    return refusal{refusal_reason::wrong_id,
                   fmt::format("{} has the id of {}: two members were started "
                               "with the same --id",
                               who, here)};
  if (!msg.cluster)
    return std::nullopt;
  if (self.cluster && msg.cluster != self.cluster)
    return refuse_cluster(self, msg);
  if (committed.value == nullptr || !msg.newest_configuration)
    return std::nullopt;
  auto* known = find_member(*committed.value, msg.id);
  if (known != nullptr && known->incarnation
      && known->incarnation != msg.incarnation
      && committed.index > *msg.newest_configuration)
    return refusal{refusal_reason::wrong_incarnation,
                   fmt::format("the directory of {} was lost, or an old one "
                               "was put back: the configuration at index {} "
                               "names it under the incarnation {}, now it has "
                               "{}, and the newest configuration that it has "
                               "stored is at {}; start it with its former data "
                               "directory, or with an empty one",
                               who, committed.index.value,
                               hex(known->incarnation), hex(msg.incarnation),
                               msg.newest_configuration->value)};
  return std::nullopt;
}

} // namespace caf::raft::core
