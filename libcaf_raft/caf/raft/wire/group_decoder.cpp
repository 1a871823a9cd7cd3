#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/configuration_codec.hpp"
#include "caf/raft/wire/configuration_struct.hpp"
#include "caf/raft/wire/limits.hpp"
#include "caf/raft/wire/members_struct.hpp"
#include "caf/raft/wire/single_segment.hpp"

#include <raft.capnp.h>

#include <limits>

namespace caf::raft::wire {

namespace {

using schema::Envelope;

/// What the struct of a message does not say.
struct origin {
  sender from;
  size_t body_size;
  const std::shared_ptr<const void>& owner;

  /// Whether that many elements of a list, each of some size at least, can be
  /// in the message. Checked before memory is taken for them.
  bool holds(size_t elements, size_t min_element_size) const {
    return elements <= body_size / min_element_size;
  }
};

template <class Group>
entry_id read_entry_id(Group from) {
  return {term_t{from.getTerm()}, index_t{from.getIndex()}};
}

errc read_code(schema::Code from) {
  require(from <= schema::Code::REMOVED, "an error code is unknown");
  return static_cast<errc>(from);
}

request_vote read(const origin& in, schema::RequestVote::Reader from) {
  return {
    in.from,           term_t{from.getTerm()}, tenure_id{from.getTenure()},
    from.getPreVote(), from.getTransfer(),     read_entry_id(from.getLast())};
}

vote_result read(const origin& in, schema::VoteResult::Reader from) {
  return {in.from, term_t{from.getTerm()}, tenure_id{from.getTenure()},
          from.getPreVote(), from.getGranted()};
}

/// Takes the records in place: the entries keep the owner of the message.
entries read_records(const origin& in, const append_entries& head,
                     capnp::List<capnp::Data>::Reader from) {
  // A record and the pointer to it.
  constexpr auto min_size = entry::header_size + sizeof(uint64_t);
  require(in.holds(from.size(), min_size), "more entries than have room");
  require(from.size()
            <= std::numeric_limits<uint64_t>::max() - head.prev.index.value,
          "the indexes of the entries overflow");
  entries result;
  result.reserve(from.size());
  auto index = head.prev.index;
  auto term = head.prev.term;
  for (auto record : from) {
    auto* first = reinterpret_cast<const std::byte*>(record.begin());
    auto x = entry::parse(++index, {first, record.size()}, in.owner);
    if (!x)
      throw malformed{x.error().text};
    require(x->term() >= term, "the terms of the entries decrease");
    require(x->term() <= head.term, "an entry is of a later term than the "
                                    "message");
    if (auto attached = attach_configuration(*x); !attached)
      throw malformed{attached.error().text};
    term = x->term();
    result.push_back(std::move(*x));
  }
  return result;
}

append_entries read(const origin& in, schema::AppendEntries::Reader from) {
  append_entries result;
  result.from = in.from;
  result.term = term_t{from.getTerm()};
  result.tenure = tenure_id{from.getTenure()};
  result.prev = read_entry_id(from.getPrev());
  result.commit = index_t{from.getCommit()};
  require(result.prev.term <= result.term,
          "the previous entry is of a later term than the message");
  result.entries = read_records(in, result,
                                required(from.hasEntries(), from.getEntries()));
  return result;
}

append_result read(const origin& in, schema::AppendResult::Reader from) {
  return {
    in.from,           term_t{from.getTerm()},   tenure_id{from.getTenure()},
    from.getSuccess(), index_t{from.getIndex()}, read_entry_id(from.getHint())};
}

heartbeat read(const origin& in, schema::Heartbeat::Reader from) {
  return {in.from,
          term_t{from.getTerm()},
          tenure_id{from.getTenure()},
          round_t{from.getRound()},
          index_t{from.getCommit()},
          index_t{from.getAcknowledged()},
          incarnation_t{from.getLife()}};
}

heartbeat_result read(const origin& in, schema::HeartbeatResult::Reader from) {
  return {in.from, term_t{from.getTerm()}, tenure_id{from.getTenure()},
          round_t{from.getRound()}};
}

commit_notice read(const origin& in, schema::CommitNotice::Reader from) {
  return {in.from, term_t{from.getTerm()}, tenure_id{from.getTenure()},
          index_t{from.getCommit()}};
}

timeout_now read(const origin& in, schema::TimeoutNow::Reader from) {
  return {in.from, term_t{from.getTerm()}, tenure_id{from.getTenure()}};
}

proposal read(schema::Proposal::Reader from) {
  auto time_left = from.getTimeLeft();
  require(time_left <= static_cast<uint64_t>(max_time_left.count()),
          "a client waits for too long");
  auto command = required(from.hasCommand(), from.getCommand());
  auto* first = reinterpret_cast<const std::byte*>(command.begin());
  return {request_id{from.getId()},
          timespan{static_cast<int64_t>(time_left)},
          {first, first + command.size()}};
}

propose read(const origin& in, schema::Propose::Reader from) {
  propose result{in.from, term_t{from.getTerm()}, {}};
  auto proposals = required(from.hasProposals(), from.getProposals());
  constexpr auto min_size = sizeof(uint64_t);
  require(in.holds(proposals.size(), min_size),
          "more proposals than have room");
  result.proposals.reserve(proposals.size());
  for (auto x : proposals)
    result.proposals.push_back(read(x));
  return result;
}

propose_result read(const origin& in, schema::ProposeResult::Reader from) {
  propose_result result{in.from, term_t{from.getTerm()}, {}};
  auto results = required(from.hasResults(), from.getResults());
  constexpr auto min_size = sizeof(uint64_t);
  require(in.holds(results.size(), min_size), "more results than have room");
  result.results.reserve(results.size());
  for (auto x : results)
    result.results.push_back({request_id{x.getId()}, read_code(x.getCode()),
                              read_entry_id(x.getEntry())});
  return result;
}

read_index read(const origin& in, schema::ReadIndex::Reader from) {
  return {in.from, term_t{from.getTerm()}, request_id{from.getId()}};
}

read_index_result read(const origin& in, schema::ReadIndexResult::Reader from) {
  return {in.from,
          term_t{from.getTerm()},
          request_id{from.getId()},
          read_code(from.getCode()),
          index_t{from.getIndex()},
          index_t{from.getCommit()}};
}

request_transfer read(const origin& in, schema::RequestTransfer::Reader from) {
  return {in.from, term_t{from.getTerm()}, request_id{from.getId()},
          server_id{from.getTo()}};
}

transfer_result read(const origin& in, schema::TransferResult::Reader from) {
  return {in.from, term_t{from.getTerm()}, request_id{from.getId()},
          read_code(from.getCode()), server_id{from.getTo()}};
}

farewell read(const origin& in, schema::Farewell::Reader from) {
  return {in.from, term_t{from.getTerm()}};
}

farewell_result read(const origin& in, schema::FarewellResult::Reader from) {
  return {in.from, term_t{from.getTerm()}};
}

/// Nobody takes more memory for a snapshot than its sender has sent.
snapshot_head read_head(schema::InstallSnapshot::Reader from) {
  snapshot_head result;
  result.last = read_entry_id(from.getLast());
  result.members_index = index_t{from.getMembersIndex()};
  result.size = from.getSize();
  result.checksum = from.getChecksum();
  require(result.last.index && result.last.term,
          "a snapshot of nothing is sent");
  require(result.members_index <= result.last.index,
          "a snapshot has a configuration from behind it");
  require(result.size < uint64_t{1} << 60, "a snapshot is too large");
  result.members = std::make_shared<configuration>(
    read_configuration(required(from.hasMembers(), from.getMembers())));
  return result;
}

install_snapshot read(const origin& in, schema::InstallSnapshot::Reader from) {
  install_snapshot result{
    in.from,         term_t{from.getTerm()}, tenure_id{from.getTenure()},
    read_head(from), from.getNumber(),       nullptr};
  auto chunks = result.head.chunks();
  require(result.head.last.term <= result.term,
          "a snapshot is of a later term than the message");
  require(result.number <= chunks, "there is no such chunk");
  if (result.number == chunks)
    return result;
  auto content = required(from.hasChunk(), from.getChunk());
  auto is_last = result.number + 1 == chunks;
  auto size = is_last ? result.head.size - result.number * snapshot_chunk_bytes
                      : uint64_t{snapshot_chunk_bytes};
  require(content.size() == size, "a chunk has another size than it must have");
  auto* first = reinterpret_cast<const std::byte*>(content.begin());
  result.chunk = std::make_shared<const bytes>(first, first + content.size());
  return result;
}

install_result read(const origin& in, schema::InstallResult::Reader from) {
  return {in.from,
          term_t{from.getTerm()},
          tenure_id{from.getTenure()},
          read_entry_id(from.getLast()),
          from.getNext(),
          read_code(from.getCode())};
}

message read(const origin& in, Envelope::Reader from) {
  switch (from.which()) {
    case Envelope::REQUEST_VOTE:
      return read(in, required(from.hasRequestVote(), from.getRequestVote()));
    case Envelope::VOTE_RESULT:
      return read(in, required(from.hasVoteResult(), from.getVoteResult()));
    case Envelope::APPEND_ENTRIES:
      return read(in,
                  required(from.hasAppendEntries(), from.getAppendEntries()));
    case Envelope::APPEND_RESULT:
      return read(in, required(from.hasAppendResult(), from.getAppendResult()));
    case Envelope::HEARTBEAT:
      return read(in, required(from.hasHeartbeat(), from.getHeartbeat()));
    case Envelope::HEARTBEAT_RESULT:
      return read(in, required(from.hasHeartbeatResult(),
                               from.getHeartbeatResult()));
    case Envelope::COMMIT_NOTICE:
      return read(in, required(from.hasCommitNotice(), from.getCommitNotice()));
    case Envelope::TIMEOUT_NOW:
      return read(in, required(from.hasTimeoutNow(), from.getTimeoutNow()));
    case Envelope::PROPOSE:
      return read(in, required(from.hasPropose(), from.getPropose()));
    case Envelope::PROPOSE_RESULT:
      return read(in,
                  required(from.hasProposeResult(), from.getProposeResult()));
    case Envelope::READ_INDEX:
      return read(in, required(from.hasReadIndex(), from.getReadIndex()));
    case Envelope::READ_INDEX_RESULT:
      return read(in, required(from.hasReadIndexResult(),
                               from.getReadIndexResult()));
    case Envelope::REQUEST_TRANSFER:
      return read(in, required(from.hasRequestTransfer(),
                               from.getRequestTransfer()));
    case Envelope::TRANSFER_RESULT:
      return read(in,
                  required(from.hasTransferResult(), from.getTransferResult()));
    case Envelope::FAREWELL:
      return read(in, required(from.hasFarewell(), from.getFarewell()));
    case Envelope::FAREWELL_RESULT:
      return read(in,
                  required(from.hasFarewellResult(), from.getFarewellResult()));
    case Envelope::INSTALL_SNAPSHOT:
      return read(in, required(from.hasInstallSnapshot(),
                               from.getInstallSnapshot()));
    case Envelope::INSTALL_RESULT:
      return read(in,
                  required(from.hasInstallResult(), from.getInstallResult()));
    case Envelope::REQUEST_CHANGE:
      return read_change(in.from, required(from.hasRequestChange(),
                                           from.getRequestChange()));
    case Envelope::CHANGE_RESULT:
      return read_change(in.from, required(from.hasChangeResult(),
                                           from.getChangeResult()));
    case Envelope::REMOVAL_NOTICE:
      return read_change(in.from, required(from.hasRemovalNotice(),
                                           from.getRemovalNotice()));
  }
  throw malformed{"a message is of a kind that this version does not know"};
}

} // namespace

result_of<envelope> decode_group(sender from, bytes_view body,
                                 const std::shared_ptr<const void>& owner) {
  origin in{from, body.size(), owner};
  return read_message<Envelope>(body, [&](Envelope::Reader root) {
    return envelope{group_id{root.getGroup()}, read(in, root)};
  });
}

} // namespace caf::raft::wire
