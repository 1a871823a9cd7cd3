#include "caf/raft/testing/sample_store.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/fields.hpp"
#include "caf/raft/whole_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace caf::raft::testing {

namespace {

/// What a `read` of a snapshot gives at most: small pieces of a small state, and
/// never many more than that.
constexpr size_t small_piece_bytes = 64;
constexpr size_t many_pieces = 16;

struct saved_cell {
  std::string key;
  std::string value;
  uint64_t version = 0;
};

template <class Archive>
void fields(Archive& ar, saved_cell& x) {
  ar(x.key, x.value, x.version);
}

/// Commands, queries and answers are the parts of a line of a history.
operation parse(std::string_view text, std::string_view result) {
  auto x = parse_operation(fmt::format("0 0 - {} = {}", text, result));
  CAF_RAFT_ASSERT(x);
  return std::move(*x);
}

std::string line_between(const operation& x, std::string_view from,
                         std::string_view to) {
  auto line = to_string(x);
  auto first = line.find(from);
  CAF_RAFT_ASSERT(first != std::string::npos);
  first += from.size();
  return line.substr(first, line.find(to, first) - first);
}

std::string answer(op_result result, const operation& about) {
  operation x;
  x.kind = about.kind;
  x.result = result;
  x.version = about.version;
  // Of a write it is not in the answer, and may be long.
  if (x.kind == op_kind::get)
    x.value = about.value;
  return line_between(x, " = ", "\n");
}

std::string done(const operation& about, index_t index) {
  operation x;
  x.kind = about.kind;
  x.version = index.value;
  return answer(op_result::ok, x);
}

bool matches(const operation& x, uint64_t version) {
  return !x.expected || *x.expected == version;
}

} // namespace

bytes sample_store::apply(index_t index, bytes_view command) {
  auto x = parse(as_text(command), "unknown");
  return to_bytes(x.kind == op_kind::put ? put(index, x) : remove(index, x));
}

std::string sample_store::put(index_t index, const operation& x) {
  auto i = cells_.find(x.key);
  auto version = i == cells_.end() ? 0 : i->second.version;
  if (!matches(x, version))
    return answer(op_result::mismatch, x);
  cells_[x.key] = {x.value, index.value};
  return done(x, index);
}

std::string sample_store::remove(index_t index, const operation& x) {
  auto i = cells_.find(x.key);
  auto version = i == cells_.end() ? 0 : i->second.version;
  if (!matches(x, version))
    return answer(op_result::mismatch, x);
  if (i == cells_.end())
    return answer(op_result::absent, x);
  cells_.erase(i);
  return done(x, index);
}

bytes sample_store::query(bytes_view what) {
  auto x = parse(as_text(what), "absent");
  auto i = cells_.find(x.key);
  if (i == cells_.end())
    return to_bytes(answer(op_result::absent, x));
  x.value = i->second.value;
  x.version = i->second.version;
  return to_bytes(answer(op_result::ok, x));
}

std::unique_ptr<state_view> sample_store::view() {
  std::vector<saved_cell> cells;
  for (auto& [key, x] : cells_)
    cells.push_back({key, x.value, x.version});
  field_writer out;
  out(cells);
  auto all = out.take();
  auto most = std::max(small_piece_bytes, all.size() / many_pieces);
  return std::make_unique<whole_view>(std::move(all), most);
}

std::unique_ptr<state_loader> sample_store::loader() {
  return std::make_unique<whole_loader>(
    [this](bytes_view from) { load(from); });
}

void sample_store::load(bytes_view from) {
  std::vector<saved_cell> cells;
  field_reader in{from};
  in(cells);
  // Not even an empty store is without its number of cells.
  if (from.empty() || !in.at_end())
    throw std::runtime_error{"these bytes are no snapshot of a sample_store"};
  cells_.clear();
  for (auto& x : cells)
    cells_[x.key] = {x.value, x.version};
}

request_kind kind_of(const operation& x) {
  return x.kind == op_kind::get ? request_kind::query : request_kind::command;
}

bytes payload_of(const operation& x) {
  operation plain;
  plain.kind = x.kind;
  plain.key = x.key;
  plain.value = x.value;
  plain.expected = x.expected;
  return to_bytes(line_between(plain, "0 0 - ", " = "));
}

void take_answer(operation& x, errc code, bytes_view answer) {
  if (code == errc::outcome_unknown) {
    x.result = op_result::unknown;
    return;
  }
  if (code != errc::none) {
    x.result = op_result::failed;
    return;
  }
  auto told = parse(as_text(payload_of(x)), as_text(answer));
  x.result = told.result;
  x.version = told.version;
  if (x.kind == op_kind::get)
    x.value = told.value;
}

} // namespace caf::raft::testing
