#include "caf/raft/wire/codec.hpp"
#include "caf/raft/wire/configuration_struct.hpp"
#include "caf/raft/wire/limits.hpp"
#include "caf/raft/wire/single_segment.hpp"
#include "caf/raft/wire/text.hpp"

#include <node.capnp.h>

#include <string>

namespace caf::raft::wire {

namespace {

using schema::NodeMessage;

using reason_type = schema::Refusal::Reason;

using verdict_type = schema::IntroductionAnswer::Verdict;

template <class T, class U>
constexpr bool same(T x, U y) {
  return static_cast<uint16_t>(x) == static_cast<uint16_t>(y);
}

static_assert(same(refusal_reason::version, reason_type::VERSION)
              && same(refusal_reason::wrong_cluster, reason_type::WRONG_CLUSTER)
              && same(refusal_reason::wrong_id, reason_type::WRONG_ID)
              && same(refusal_reason::wrong_incarnation,
                      reason_type::WRONG_INCARNATION)
              && same(refusal_reason::busy, reason_type::BUSY)
              && same(refusal_reason::malformed, reason_type::MALFORMED));

static_assert(same(introduction_verdict::waiting, verdict_type::WAITING)
              && same(introduction_verdict::differs, verdict_type::DIFFERS)
              && same(introduction_verdict::lost_directory,
                      verdict_type::LOST_DIRECTORY)
              && same(introduction_verdict::not_founder,
                      verdict_type::NOT_FOUNDER));

// -- how many words a message takes, behind its union -------------------------

size_t words_of(const hello& what) {
  return capnp::sizeInWords<schema::Hello>()
         + words_of_text(what.address.size());
}

size_t words_of(const welcome&) {
  return capnp::sizeInWords<schema::Welcome>();
}

size_t words_of(const refusal&) {
  return capnp::sizeInWords<schema::Refusal>() + words_of_text(max_text_size);
}

size_t words_of(const introduce& what) {
  auto result = capnp::sizeInWords<schema::Introduce>()
                + words_of_text(what.address.size());
  for (auto& x : what.initial_members)
    result += 1 + words_of_text(x.size());
  return result;
}

size_t words_of(const introduction_answer&) {
  return capnp::sizeInWords<schema::IntroductionAnswer>()
         + words_of_text(max_text_size);
}

size_t words_of(const founded& what) {
  auto result = capnp::sizeInWords<schema::Founded>()
                + words_of_configuration(what.zero);
  return what.members ? result + words_of_configuration(*what.members) : result;
}

// -- one function per message -------------------------------------------------

void write(NodeMessage::Builder to, const hello& what) {
  auto out = to.initHello();
  out.setVersion(what.version);
  out.setCluster(what.cluster.value);
  out.setId(what.id.value);
  out.setIncarnation(what.incarnation.value);
  out.setTo(what.to.value);
  out.setAddress(text_of(what.address));
  if (what.newest_configuration)
    out.getNewestConfiguration().setIndex(what.newest_configuration->value);
  else
    out.getNewestConfiguration().setNone();
  out.setLane(static_cast<schema::Hello::Lane>(what.carries));
}

void write(NodeMessage::Builder to, const welcome& what) {
  auto out = to.initWelcome();
  out.setVersion(what.version);
  out.setCluster(what.cluster.value);
  out.setId(what.id.value);
  out.setIncarnation(what.incarnation.value);
}

void write(NodeMessage::Builder to, const refusal& what) {
  auto out = to.initRefusal();
  out.setReason(static_cast<reason_type>(what.reason));
  out.setText(text_of(cut(what.text)));
}

void write(NodeMessage::Builder to, const introduce& what) {
  auto out = to.initIntroduce();
  out.setAddress(text_of(what.address));
  out.setTo(what.to.value);
  auto list = out.initInitialMembers(what.initial_members.size());
  for (uint32_t i = 0; i < what.initial_members.size(); ++i)
    list.set(i, text_of(what.initial_members[i]));
}

void write(NodeMessage::Builder to, const introduction_answer& what) {
  auto out = to.initIntroductionAnswer();
  out.setVerdict(static_cast<verdict_type>(what.verdict));
  out.setText(text_of(cut(what.text)));
}

void write(NodeMessage::Builder to, const founded& what) {
  auto out = to.initFounded();
  out.setCluster(what.cluster.value);
  write_configuration(out.initZero(), what.zero);
  if (what.members)
    write_configuration(out.initMembers(), *what.members);
}

hello read(sender, schema::Hello::Reader from) {
  require(from.getId() != 0, "a hello without an id");
  require(from.getIncarnation() != 0, "a hello without an incarnation");
  require(from.hasAddress(), "a hello without an address");
  hello result{from.getVersion(),
               cluster_id{from.getCluster()},
               server_id{from.getId()},
               incarnation_t{from.getIncarnation()},
               read_address(from.getAddress()),
               server_id{from.getTo()},
               std::nullopt,
               lane::messages};
  auto newest = from.getNewestConfiguration();
  using newest_type = schema::Hello::NewestConfiguration;
  require(newest.which() <= newest_type::INDEX,
          "a hello whose newest configuration is unknown");
  if (newest.isIndex())
    result.newest_configuration = index_t{newest.getIndex()};
  auto carries = static_cast<uint16_t>(from.getLane());
  require(carries <= static_cast<uint16_t>(lane::bulk), "an unknown lane");
  result.carries = static_cast<lane>(carries);
  return result;
}

welcome read(sender, schema::Welcome::Reader from) {
  require(from.getId() != 0, "a welcome without an id");
  require(from.getIncarnation() != 0, "a welcome without an incarnation");
  return {from.getVersion(), cluster_id{from.getCluster()},
          server_id{from.getId()}, incarnation_t{from.getIncarnation()}};
}

refusal read(sender, schema::Refusal::Reader from) {
  require(from.getReason() <= reason_type::MALFORMED,
          "the reason of a refusal is unknown");
  return {static_cast<refusal_reason>(from.getReason()),
          read_text(from.hasText(), from.getText())};
}

introduce read(sender who, schema::Introduce::Reader from) {
  require(from.hasAddress(), "an introduction without an address");
  require(from.hasInitialMembers(), "an introduction without a list");
  introduce result{
    who, read_address(from.getAddress()), incarnation_t{from.getTo()}, {}};
  auto list = from.getInitialMembers();
  require(list.size() <= max_initial_members, "a list of too many members");
  for (auto x : list)
    result.initial_members.push_back(read_address(x));
  return result;
}

introduction_answer read(sender who, schema::IntroductionAnswer::Reader from) {
  require(from.getVerdict() <= verdict_type::NOT_FOUNDER,
          "the verdict on an introduction is unknown");
  return {who, static_cast<introduction_verdict>(from.getVerdict()),
          read_text(from.hasText(), from.getText())};
}

founded read(sender who, schema::Founded::Reader from) {
  require(from.hasZero(), "founded, but no configuration");
  founded result{who, cluster_id{from.getCluster()},
                 read_configuration(from.getZero())};
  if (from.hasMembers())
    result.members = read_configuration(from.getMembers());
  return result;
}

node_message read(sender who, NodeMessage::Reader from) {
  switch (from.which()) {
    case NodeMessage::HELLO:
      return read(who, required(from.hasHello(), from.getHello()));
    case NodeMessage::WELCOME:
      return read(who, required(from.hasWelcome(), from.getWelcome()));
    case NodeMessage::REFUSAL:
      return read(who, required(from.hasRefusal(), from.getRefusal()));
    case NodeMessage::INTRODUCE:
      return read(who, required(from.hasIntroduce(), from.getIntroduce()));
    case NodeMessage::INTRODUCTION_ANSWER:
      return read(who, required(from.hasIntroductionAnswer(),
                                from.getIntroductionAnswer()));
    case NodeMessage::FOUNDED:
      return read(who, required(from.hasFounded(), from.getFounded()));
  }
  throw malformed{"a message is of a kind that this version does not know"};
}

} // namespace

frame_ptr encode(const node_message& what) {
  // Table, pointer to the root and the root.
  constexpr auto front = table_words + 1 + capnp::sizeInWords<NodeMessage>();
  auto room = std::visit([](const auto& x) { return words_of(x); }, what)
              + front;
  auto words = std::make_unique<uint64_t[]>(frame_header_words + room);
  auto used = build_message<NodeMessage>(
    words.get() + frame_header_words, room, [&](NodeMessage::Builder to) {
      std::visit([to](const auto& x) { write(to, x); }, what);
    });
  return make_frame(frame_type::node, std::move(words), used);
}

result_of<node_message> decode_node(sender from, bytes_view body) {
  return read_message<NodeMessage>(body, [&](NodeMessage::Reader root) {
    return read(from, root);
  });
}

} // namespace caf::raft::wire
