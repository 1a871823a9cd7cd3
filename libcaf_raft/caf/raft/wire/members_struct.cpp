#include "caf/raft/wire/members_struct.hpp"

#include "caf/raft/wire/configuration_struct.hpp"
#include "caf/raft/wire/limits.hpp"
#include "caf/raft/wire/single_segment.hpp"
#include "caf/raft/wire/text.hpp"

namespace caf::raft::wire {

namespace {

constexpr bool same(change_kind x, schema::ChangeKind y) {
  return static_cast<uint16_t>(x) == static_cast<uint16_t>(y);
}

static_assert(same(change_kind::add, schema::ChangeKind::ADD)
              && same(change_kind::remove, schema::ChangeKind::REMOVE)
              && same(change_kind::set, schema::ChangeKind::SET)
              && same(change_kind::promote, schema::ChangeKind::PROMOTE)
              && same(change_kind::demote, schema::ChangeKind::DEMOTE)
              && same(change_kind::address, schema::ChangeKind::ADDRESS));

} // namespace

// -- request_change -----------------------------------------------------------

size_t words_of_change(const request_change& what) {
  auto result = capnp::sizeInWords<schema::RequestChange>() + 1;
  for (auto& x : what.what.members)
    result += capnp::sizeInWords<schema::WantedMember>()
              + words_of_text(x.address.size());
  return result;
}

void write_change(schema::RequestChange::Builder to,
                  const request_change& what) {
  to.setTerm(what.term.value);
  to.setId(what.id.value);
  to.setKind(static_cast<schema::ChangeKind>(what.what.kind));
  to.setDryRun(what.what.dry_run);
  if (what.what.only_at)
    to.getOnlyAt().setIndex(what.what.only_at->value);
  else
    to.getOnlyAt().setAnywhere();
  auto members = to.initMembers(what.what.members.size());
  for (uint32_t i = 0; i < what.what.members.size(); ++i) {
    auto& x = what.what.members[i];
    members[i].setId(x.id.value);
    members[i].setAddress(text_of(x.address));
    members[i].setVoter(x.voter);
  }
}

request_change read_change(sender who, schema::RequestChange::Reader from) {
  require(from.getKind() <= schema::ChangeKind::ADDRESS,
          "a kind of change is unknown");
  request_change result{
    who, term_t{from.getTerm()}, request_id{from.getId()}, {}};
  result.what.kind = static_cast<change_kind>(from.getKind());
  result.what.dry_run = from.getDryRun();
  auto only_at = from.getOnlyAt();
  require(only_at.which() <= schema::RequestChange::OnlyAt::INDEX,
          "the condition of a change is unknown");
  if (only_at.isIndex())
    result.what.only_at = index_t{only_at.getIndex()};
  require(from.hasMembers(), "a change without a list of members");
  require(from.getMembers().size() <= max_initial_members,
          "a change of too many members");
  for (auto x : from.getMembers()) {
    require(x.hasAddress(), "a member has no address");
    result.what.members.push_back(
      {server_id{x.getId()}, read_address(x.getAddress()), x.getVoter()});
  }
  return result;
}

// -- change_result ------------------------------------------------------------

size_t words_of_change(const change_result& what) {
  return capnp::sizeInWords<schema::ChangeResult>()
         + words_of_text(max_text_size) + words_of_configuration(what.members);
}

void write_change(schema::ChangeResult::Builder to, const change_result& what) {
  to.setTerm(what.term.value);
  to.setId(what.id.value);
  to.setCode(static_cast<schema::Code>(what.code));
  to.setText(text_of(cut(what.text)));
  to.getEntry().setTerm(what.entry.term.value);
  to.getEntry().setIndex(what.entry.index.value);
  to.setNewest(what.newest.value);
  // One without voters is none.
  if (!what.members.voters.empty())
    write_configuration(to.initMembers(), what.members);
}

change_result read_change(sender who, schema::ChangeResult::Reader from) {
  require(from.getCode() <= schema::Code::REMOVED, "an error code is unknown");
  change_result result{who,
                       term_t{from.getTerm()},
                       request_id{from.getId()},
                       static_cast<errc>(from.getCode()),
                       read_text(from.hasText(), from.getText()),
                       {term_t{from.getEntry().getTerm()},
                        index_t{from.getEntry().getIndex()}},
                       index_t{from.getNewest()},
                       {}};
  if (from.hasMembers())
    result.members = read_configuration(from.getMembers());
  return result;
}

// -- removal_notice -----------------------------------------------------------

void write_change(schema::RemovalNotice::Builder to,
                  const removal_notice& what) {
  to.setTerm(what.term.value);
  to.setIndex(what.index.value);
}

removal_notice read_change(sender who, schema::RemovalNotice::Reader from) {
  return {who, term_t{from.getTerm()}, index_t{from.getIndex()}};
}

} // namespace caf::raft::wire
