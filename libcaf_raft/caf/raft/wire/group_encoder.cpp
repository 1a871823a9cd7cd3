#include "caf/raft/assert.hpp"
#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/configuration_struct.hpp"
#include "caf/raft/wire/limits.hpp"
#include "caf/raft/wire/members_struct.hpp"
#include "caf/raft/wire/single_segment.hpp"

#include <raft.capnp.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

namespace caf::raft::wire {

namespace {

using schema::Envelope;

/// A code has the same number here and there.
schema::Code code_of(errc x) {
  return static_cast<schema::Code>(x);
}

constexpr bool same(errc x, schema::Code y) {
  return static_cast<uint16_t>(x) == static_cast<uint16_t>(y);
}

static_assert(same(errc::none, schema::Code::NONE)
              && same(errc::no_leader, schema::Code::NO_LEADER)
              && same(errc::overloaded, schema::Code::OVERLOADED)
              && same(errc::no_space, schema::Code::NO_SPACE)
              && same(errc::outcome_unknown, schema::Code::OUTCOME_UNKNOWN)
              && same(errc::rejected, schema::Code::REJECTED)
              && same(errc::invalid_argument, schema::Code::INVALID_ARGUMENT)
              && same(errc::too_large, schema::Code::TOO_LARGE)
              && same(errc::compacted, schema::Code::COMPACTED)
              && same(errc::storage_failed, schema::Code::STORAGE_FAILED)
              && same(errc::wrong_cluster, schema::Code::WRONG_CLUSTER)
              && same(errc::removed, schema::Code::REMOVED));

constexpr size_t words_of_bytes(size_t n) {
  return (n + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

// -- how many words a message takes, behind the envelope ----------------------

template <class Message>
size_t words_of(const Message&) {
  // More than any message without lists takes.
  return 16;
}

size_t words_of(const propose& what) {
  size_t result = capnp::sizeInWords<schema::Propose>() + 1;
  for (auto& x : what.proposals)
    result += capnp::sizeInWords<schema::Proposal>()
              + words_of_bytes(x.command.size());
  return result;
}

size_t words_of(const propose_result& what) {
  return capnp::sizeInWords<schema::ProposeResult>() + 1
         + what.results.size() * capnp::sizeInWords<schema::ProposalResult>();
}

size_t words_of(const install_snapshot& what) {
  auto chunk = what.chunk ? words_of_bytes(what.chunk->size()) : 0;
  return capnp::sizeInWords<schema::InstallSnapshot>()
         + words_of_configuration(*what.head.members) + chunk;
}

size_t words_of(const request_change& what) {
  return words_of_change(what);
}

size_t words_of(const change_result& what) {
  return words_of_change(what);
}

// -- one function per message -------------------------------------------------

template <class Group>
void write(Group to, const entry_id& id) {
  to.setTerm(id.term.value);
  to.setIndex(id.index.value);
}

void write(Envelope::Builder to, const request_vote& what) {
  auto out = to.initRequestVote();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  out.setPreVote(what.pre_vote);
  out.setTransfer(what.transfer);
  write(out.getLast(), what.last);
}

void write(Envelope::Builder to, const vote_result& what) {
  auto out = to.initVoteResult();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  out.setPreVote(what.pre_vote);
  out.setGranted(what.granted);
}

void write(Envelope::Builder to, const append_result& what) {
  auto out = to.initAppendResult();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  out.setSuccess(what.success);
  out.setIndex(what.index.value);
  write(out.getHint(), what.hint);
}

void write(Envelope::Builder to, const heartbeat& what) {
  auto out = to.initHeartbeat();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  out.setRound(what.round.value);
  out.setCommit(what.commit.value);
  out.setAcknowledged(what.acknowledged.value);
  out.setLife(what.life.value);
}

void write(Envelope::Builder to, const heartbeat_result& what) {
  auto out = to.initHeartbeatResult();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  out.setRound(what.round.value);
}

void write(Envelope::Builder to, const commit_notice& what) {
  auto out = to.initCommitNotice();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  out.setCommit(what.commit.value);
}

void write(Envelope::Builder to, const timeout_now& what) {
  auto out = to.initTimeoutNow();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
}

void write(Envelope::Builder to, const propose& what) {
  auto out = to.initPropose();
  out.setTerm(what.term.value);
  auto proposals = out.initProposals(what.proposals.size());
  for (uint32_t i = 0; i < what.proposals.size(); ++i) {
    auto& x = what.proposals[i];
    auto time_left = std::clamp(x.time_left, timespan::zero(), max_time_left);
    proposals[i].setId(x.id.value);
    proposals[i].setTimeLeft(static_cast<uint64_t>(time_left.count()));
    auto command = proposals[i].initCommand(x.command.size());
    std::copy(x.command.begin(), x.command.end(),
              reinterpret_cast<std::byte*>(command.begin()));
  }
}

void write(Envelope::Builder to, const propose_result& what) {
  auto out = to.initProposeResult();
  out.setTerm(what.term.value);
  auto results = out.initResults(what.results.size());
  for (uint32_t i = 0; i < what.results.size(); ++i) {
    auto& x = what.results[i];
    results[i].setId(x.id.value);
    results[i].setCode(code_of(x.code));
    write(results[i].getEntry(), x.entry);
  }
}

void write(Envelope::Builder to, const read_index& what) {
  auto out = to.initReadIndex();
  out.setTerm(what.term.value);
  out.setId(what.id.value);
}

void write(Envelope::Builder to, const read_index_result& what) {
  auto out = to.initReadIndexResult();
  out.setTerm(what.term.value);
  out.setId(what.id.value);
  out.setCode(code_of(what.code));
  out.setIndex(what.index.value);
  out.setCommit(what.commit.value);
}

void write(Envelope::Builder to, const request_transfer& what) {
  auto out = to.initRequestTransfer();
  out.setTerm(what.term.value);
  out.setId(what.id.value);
  out.setTo(what.to.value);
}

void write(Envelope::Builder to, const transfer_result& what) {
  auto out = to.initTransferResult();
  out.setTerm(what.term.value);
  out.setId(what.id.value);
  out.setCode(code_of(what.code));
  out.setTo(what.to.value);
}

void write(Envelope::Builder to, const farewell& what) {
  to.initFarewell().setTerm(what.term.value);
}

void write(Envelope::Builder to, const farewell_result& what) {
  to.initFarewellResult().setTerm(what.term.value);
}

void write(Envelope::Builder to, const install_snapshot& what) {
  auto out = to.initInstallSnapshot();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  write(out.getLast(), what.head.last);
  out.setMembersIndex(what.head.members_index.value);
  out.setSize(what.head.size);
  out.setChecksum(what.head.checksum);
  out.setNumber(what.number);
  write_configuration(out.initMembers(), *what.head.members);
  if (!what.chunk)
    return;
  auto* first = reinterpret_cast<const kj::byte*>(what.chunk->data());
  out.setChunk({first, what.chunk->size()});
}

void write(Envelope::Builder to, const install_result& what) {
  auto out = to.initInstallResult();
  out.setTerm(what.term.value);
  out.setTenure(what.tenure.value);
  write(out.getLast(), what.last);
  out.setNext(what.next);
  out.setCode(code_of(what.code));
}

void write(Envelope::Builder to, const request_change& what) {
  write_change(to.initRequestChange(), what);
}

void write(Envelope::Builder to, const change_result& what) {
  write_change(to.initChangeResult(), what);
}

void write(Envelope::Builder to, const removal_notice& what) {
  write_change(to.initRemovalNotice(), what);
}

/// Table, pointer to the root and the root.
constexpr size_t envelope_words() {
  return table_words + 1 + capnp::sizeInWords<Envelope>();
}

template <class Message>
frame_ptr encode_message(group_id group, const Message& what) {
  auto room = envelope_words() + words_of(what);
  auto words = std::make_unique<uint64_t[]>(frame_header_words + room);
  auto used = build_message<Envelope>(words.get() + frame_header_words, room,
                                      [&](Envelope::Builder to) {
                                        to.setGroup(group.value);
                                        write(to, what);
                                      });
  return make_frame(frame_type::group, std::move(words), used);
}

void write(Envelope::Builder to, const append_entries& head,
           std::span<const entry> xs) {
  auto out = to.initAppendEntries();
  out.setTerm(head.term.value);
  out.setTenure(head.tenure.value);
  write(out.getPrev(), head.prev);
  out.setCommit(head.commit.value);
  auto records = out.initEntries(xs.size());
  auto index = head.prev.index;
  for (uint32_t i = 0; i < xs.size(); ++i) {
    CAF_RAFT_ASSERT(xs[i].index() == ++index);
    auto record = xs[i].record();
    auto* first = reinterpret_cast<const kj::byte*>(record.data());
    records.set(i, {first, record.size()});
  }
}

} // namespace

frame_ptr encode_append(group_id group, const append_entries& head,
                        std::span<const entry> xs) {
  auto front = envelope_words() + capnp::sizeInWords<schema::AppendEntries>()
               + xs.size();
  auto room = front;
  for (auto& x : xs)
    room += words_of_bytes(x.record().size());
  // Cap'n Proto allocates in the order of the calls, so the records come last;
  // they overwrite their words, which therefore need not be cleared.
  std::unique_ptr<uint64_t[]> words{new uint64_t[frame_header_words + room]};
  std::memset(words.get(), 0, (frame_header_words + front) * sizeof(uint64_t));
  auto used = build_message<Envelope>(words.get() + frame_header_words, room,
                                      [&](Envelope::Builder to) {
                                        to.setGroup(group.value);
                                        write(to, head, xs);
                                      });
  CAF_RAFT_ASSERT(used == room);
  return make_frame(frame_type::group, std::move(words), used);
}

frame_ptr encode(group_id group, const message& what) {
  return std::visit(
    [group](const auto& x) {
      if constexpr (std::is_same_v<decltype(x), const append_entries&>)
        return encode_append(group, x, x.entries);
      else
        return encode_message(group, x);
    },
    what);
}

size_t max_body_size(const settings& xs) {
  // Room for everything else there is, configurations among it.
  constexpr size_t fixed = 64 << 10;
  // An entry of a list takes a pointer at least, at most the four words of a
  // result; a proposal has three and is padded.
  constexpr size_t per_entry = 4 * sizeof(uint64_t);
  constexpr size_t most = std::numeric_limits<uint32_t>::max() - 7;
  auto entries = std::min(xs.max_append_entries, most / per_entry);
  auto bytes = std::min(std::max({xs.max_append_bytes,
                                  entry::header_size + xs.max_command_bytes,
                                  snapshot_chunk_bytes}),
                        most);
  auto body = fixed + entries * per_entry
              + words_of_bytes(bytes) * sizeof(uint64_t);
  return std::min(body, most);
}

} // namespace caf::raft::wire
