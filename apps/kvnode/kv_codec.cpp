#include "kvnode/kv_codec.hpp"

#include "kv.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>

namespace kvnode {

namespace {

// -- bytes --------------------------------------------------------------------

constexpr size_t word = sizeof(capnp::word);

/// How many words a blob takes.
size_t words(size_t num_bytes) {
  return (num_bytes + word - 1) / word;
}

capnp::Data::Reader blob(raft::bytes_view xs) {
  return {reinterpret_cast<const kj::byte*>(xs.data()), xs.size()};
}

capnp::Data::Reader blob(std::string_view xs) {
  return blob(raft::as_bytes(xs));
}

raft::bytes_view view(capnp::Data::Reader xs) {
  return {reinterpret_cast<const std::byte*>(xs.begin()), xs.size()};
}

std::string_view text(capnp::Data::Reader xs) {
  return raft::as_text(view(xs));
}

/// Builds a message of one segment in the place where it stays.
/// @param blob_words What all blobs and lists in it take.
template <class Root, class Fill>
raft::bytes build(size_t blob_words, Fill fill) {
  // In front of the blobs stand the root pointer and the root.
  auto size = 1 + capnp::sizeInWords<Root>() + blob_words;
  raft::bytes result(size * word);
  auto* first = reinterpret_cast<capnp::word*>(result.data());
  capnp::FlatMessageBuilder message{kj::arrayPtr(first, size)};
  fill(message.template initRoot<Root>());
  result.resize(message.getSegmentsForOutput()[0].size() * word);
  return result;
}

raft::failure unreadable(const char* what) {
  return {raft::errc::storage_failed, what};
}

/// Reads a message of one segment where it lies.
template <class Result, class Root, class Read>
raft::result_of<Result> parse(raft::bytes_view from, Read read) {
  if (reinterpret_cast<uintptr_t>(from.data()) % word != 0
      || from.size() % word != 0)
    return unreadable("the message is not made of whole words");
  try {
    auto* first = reinterpret_cast<const capnp::word*>(from.data());
    auto segment = kj::arrayPtr(first, from.size() / word);
    capnp::ReaderOptions options;
    // Blobs may be looked at twice.
    options.traversalLimitInWords = 2 * segment.size() + 64;
    capnp::SegmentArrayMessageReader message{kj::arrayPtr(&segment, 1),
                                             options};
    return read(message.getRoot<Root>());
  } catch (const kj::Exception& ex) {
    return unreadable(ex.getDescription().cStr());
  }
}

// -- conditions ---------------------------------------------------------------

void fill(schema::Command::Condition::Builder to, const condition& from) {
  switch (from.kind) {
    case condition::kind_t::always:
      to.setAlways();
      break;
    case condition::kind_t::absent:
      to.setAbsent();
      break;
    case condition::kind_t::present:
      to.setPresent();
      break;
    case condition::kind_t::version:
      to.setVersion(from.version.value);
      break;
  }
}

raft::result_of<condition> read(schema::Command::Condition::Reader from) {
  using kind = condition::kind_t;
  switch (from.which()) {
    case schema::Command::Condition::ALWAYS:
      return condition{kind::always, {}};
    case schema::Command::Condition::ABSENT:
      return condition{kind::absent, {}};
    case schema::Command::Condition::PRESENT:
      return condition{kind::present, {}};
    case schema::Command::Condition::VERSION:
      return condition{kind::version, version_t{from.getVersion()}};
  }
  return unreadable("a condition of a newer version");
}

// -- the roots ----------------------------------------------------------------

raft::result_of<command> read_command(schema::Command::Reader from) {
  auto only = read(from.getCondition());
  if (!only)
    return only.error();
  command result{command::op_t::put, text(from.getKey()), {}, *only};
  switch (from.getOp().which()) {
    case schema::Command::Op::PUT:
      result.value = view(from.getOp().getPut());
      return result;
    case schema::Command::Op::DELETE:
      result.op = command::op_t::del;
      return result;
  }
  return unreadable("a command of a newer version");
}

raft::result_of<query> read_query(schema::Query::Reader from) {
  switch (from.which()) {
    case schema::Query::GET:
      return query{query::op_t::get, text(from.getGet()), {}, {}, 0};
    case schema::Query::LIST: {
      auto list = from.getList();
      return query{query::op_t::list,
                   {},
                   text(list.getPrefix()),
                   text(list.getStart()),
                   list.getLimit()};
    }
  }
  return unreadable("a query of a newer version");
}

answer read_page(schema::Answer::Page::Reader from) {
  answer result;
  result.kind = answer::kind_t::page;
  result.next = text(from.getNext());
  auto items = from.getItems();
  result.items.reserve(items.size());
  for (auto x : items)
    result.items.push_back(
      {text(x.getKey()), version_t{x.getVersion()}, view(x.getValue())});
  return result;
}

raft::result_of<answer> read_answer(schema::Answer::Reader from) {
  using kind = answer::kind_t;
  switch (from.which()) {
    case schema::Answer::DONE:
      return answer{kind::done, version_t{from.getDone()}, {}, {}, {}};
    case schema::Answer::NOT_FOUND:
      return answer{kind::not_found, {}, {}, {}, {}};
    case schema::Answer::PRECONDITION_FAILED:
      return answer{kind::precondition_failed,
                    version_t{from.getPreconditionFailed()},
                    {},
                    {},
                    {}};
    case schema::Answer::FOUND: {
      auto found = from.getFound();
      return answer{kind::found,
                    version_t{found.getVersion()},
                    view(found.getValue()),
                    {},
                    {}};
    }
    case schema::Answer::PAGE:
      return read_page(from.getPage());
  }
  return unreadable("an answer of a newer version");
}

/// What the blobs and lists of an answer take.
size_t blob_words(const answer& what) {
  auto per_item = capnp::sizeInWords<schema::Item>();
  auto result = words(what.value.size()) + words(what.next.size());
  if (what.kind == answer::kind_t::page)
    result += 1; // of the list
  for (auto& x : what.items)
    result += per_item + words(x.key.size()) + words(x.value.size());
  return result;
}

void fill(schema::Answer::Page::Builder to, const answer& from) {
  auto items = to.initItems(static_cast<unsigned>(from.items.size()));
  for (unsigned i = 0; i < items.size(); ++i) {
    auto& x = from.items[i];
    items[i].setKey(blob(x.key));
    items[i].setVersion(x.version.value);
    items[i].setValue(blob(x.value));
  }
  to.setNext(blob(from.next));
}

} // namespace

raft::bytes encode(const command& what) {
  auto size = words(what.key.size()) + words(what.value.size());
  return build<schema::Command>(size, [&](schema::Command::Builder to) {
    to.setKey(blob(what.key));
    if (what.op == command::op_t::put)
      to.getOp().setPut(blob(what.value));
    else
      to.getOp().setDelete();
    fill(to.getCondition(), what.only);
  });
}

raft::bytes encode(const query& what) {
  auto size = words(what.key.size()) + words(what.prefix.size())
              + words(what.start.size());
  return build<schema::Query>(size, [&](schema::Query::Builder to) {
    if (what.op == query::op_t::get) {
      to.setGet(blob(what.key));
    } else {
      auto list = to.initList();
      list.setPrefix(blob(what.prefix));
      list.setStart(blob(what.start));
      list.setLimit(what.limit);
    }
  });
}

raft::bytes encode(const answer& what) {
  using kind = answer::kind_t;
  return build<schema::Answer>(blob_words(what), [&](auto to) {
    switch (what.kind) {
      case kind::done:
        to.setDone(what.version.value);
        break;
      case kind::not_found:
        to.setNotFound();
        break;
      case kind::precondition_failed:
        to.setPreconditionFailed(what.version.value);
        break;
      case kind::found: {
        auto found = to.initFound();
        found.setVersion(what.version.value);
        found.setValue(blob(what.value));
        break;
      }
      case kind::page:
        fill(to.initPage(), what);
        break;
    }
  });
}

raft::result_of<command> decode_command(raft::bytes_view from) {
  return parse<command, schema::Command>(from, read_command);
}

raft::result_of<query> decode_query(raft::bytes_view from) {
  return parse<query, schema::Query>(from, read_query);
}

raft::result_of<answer> decode_answer(raft::bytes_view from) {
  return parse<answer, schema::Answer>(from, read_answer);
}

} // namespace kvnode
