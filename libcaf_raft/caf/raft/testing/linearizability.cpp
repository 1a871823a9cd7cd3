#include "caf/raft/testing/linearizability.hpp"

#include "caf/raft/testing/key_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

namespace caf::raft::testing {

namespace {

// -- the search ---------------------------------------------------------------

/// A set of operations as the sum of random numbers, one for each: the chance
/// that two sets of one search are taken for each other is nil.
struct set_hash {
  uint64_t high = 0;
  uint64_t low = 0;

  bool operator==(const set_hash&) const = default;
};

/// Splitmix64.
uint64_t scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void toggle(set_hash& set, size_t op) {
  set.high ^= scramble(2 * op);
  set.low ^= scramble(2 * op + 1);
}

struct situation {
  set_hash done;
  key_state state;

  bool operator==(const situation&) const = default;
};

struct situation_hash {
  size_t operator()(const situation& x) const {
    return x.done.low ^ scramble(x.state.version ^ x.state.value);
  }
};

/// Orders the operations on one key.
class search {
public:
  search(std::vector<step> ops, size_t max_steps);

  verdict run();

  size_t steps() const {
    return steps_;
  }

  std::string explain() const;

private:
  static constexpr size_t none = static_cast<size_t>(-1);

  /// An invocation or a return in the list of what is not ordered yet; the
  /// list's head is the first node.
  struct node {
    size_t op = none;
    bool is_return = false;
    size_t partner = none;
    size_t next = none;
    size_t previous = none;
  };

  /// An operation that was put in order, and how to go on without it.
  struct choice {
    size_t op;
    key_state before;
  };

  void build();
  void find_twins();
  void link_in_order(std::vector<size_t> order);
  void lift(size_t op);
  void put_back(size_t op);
  bool choose(size_t op);
  bool choose_next(size_t after);
  size_t first_return() const;
  bool undo();

  bool is_open(size_t op) const {
    return ops_[op].op->result == op_result::unknown;
  }

  std::vector<step> ops_;
  size_t max_steps_;
  size_t steps_ = 0;
  std::vector<node> nodes_;
  /// The node of each operation's invocation; none for open ones.
  std::vector<size_t> call_of_;
  /// Those that never returned, in order of invocation.
  std::vector<size_t> open_;
  /// For each of them the last one before that does the very same, if any. One
  /// is as good as the other, so the earlier one is always taken first.
  std::vector<size_t> twin_of_;
  std::vector<bool> done_;
  size_t left_ = 0;
  situation now_;
  std::vector<choice> chosen_;
  std::unordered_set<situation, situation_hash> seen_;
  size_t deepest_ = 0;
  std::vector<size_t> best_;
  size_t stuck_at_ = none;
};

search::search(std::vector<step> ops, size_t max_steps)
  : ops_(std::move(ops)),
    max_steps_(max_steps),
    call_of_(ops_.size(), none),
    twin_of_(ops_.size(), none),
    done_(ops_.size()) {
  build();
  find_twins();
}

void search::build() {
  nodes_.emplace_back();
  std::vector<size_t> order;
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (is_open(i)) {
      open_.push_back(i);
      continue;
    }
    ++left_;
    auto call = nodes_.size();
    call_of_[i] = call;
    nodes_.push_back({i, false, call + 1});
    nodes_.push_back({i, true, call});
    order.push_back(call);
    order.push_back(call + 1);
  }
  std::stable_sort(open_.begin(), open_.end(), [this](size_t x, size_t y) {
    return ops_[x].op->invoked < ops_[y].op->invoked;
  });
  link_in_order(std::move(order));
}

void search::find_twins() {
  std::map<std::tuple<op_kind, std::optional<uint64_t>, uint32_t>, size_t> last;
  for (auto i : open_) {
    auto& op = *ops_[i].op;
    auto [twin, added]
      = last.emplace(std::tuple{op.kind, op.expected,
                                op.kind == op_kind::put ? ops_[i].value : 0},
                     i);
    if (!added)
      twin_of_[i] = std::exchange(twin->second, i);
  }
}

void search::link_in_order(std::vector<size_t> order) {
  auto key = [this](size_t x) {
    auto& op = *ops_[nodes_[x].op].op;
    return std::tuple{nodes_[x].is_return ? op.returned : op.invoked,
                      nodes_[x].is_return};
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t x, size_t y) { return key(x) < key(y); });
  size_t last = 0;
  for (auto x : order) {
    nodes_[last].next = x;
    nodes_[x].previous = last;
    last = x;
  }
}

void search::lift(size_t op) {
  auto unlink = [this](size_t x) {
    nodes_[nodes_[x].previous].next = nodes_[x].next;
    if (nodes_[x].next != none)
      nodes_[nodes_[x].next].previous = nodes_[x].previous;
  };
  unlink(call_of_[op]);
  unlink(nodes_[call_of_[op]].partner);
}

void search::put_back(size_t op) {
  auto link = [this](size_t x) {
    nodes_[nodes_[x].previous].next = x;
    if (nodes_[x].next != none)
      nodes_[nodes_[x].next].previous = x;
  };
  link(nodes_[call_of_[op]].partner);
  link(call_of_[op]);
}

/// Puts an operation next in order, if that is right and was not tried before.
bool search::choose(size_t op) {
  auto next = now_;
  ++steps_;
  if (!apply(next.state, ops_[op]))
    return false;
  // What nobody was told of need not have happened if it changes nothing.
  if (is_open(op) && next.state == now_.state)
    return false;
  toggle(next.done, op);
  if (!seen_.insert(next).second)
    return false;
  chosen_.push_back({op, now_.state});
  now_ = next;
  done_[op] = true;
  if (!is_open(op)) {
    lift(op);
    --left_;
  }
  return true;
}

size_t search::first_return() const {
  auto i = nodes_[0].next;
  while (!nodes_[i].is_return)
    i = nodes_[i].next;
  return i;
}

/// Tries what may come next: first what has an answer, then what has none.
/// @param after The operation that was tried last here; none: from the start.
bool search::choose_next(size_t after) {
  if (after == none || !is_open(after)) {
    auto i = after == none ? nodes_[0].next : nodes_[call_of_[after]].next;
    for (; !nodes_[i].is_return; i = nodes_[i].next)
      if (choose(nodes_[i].op))
        return true;
    after = none;
  }
  auto& bound = *ops_[nodes_[first_return()].op].op;
  auto i = open_.begin();
  if (after != none)
    i = std::find(open_.begin(), open_.end(), after) + 1;
  for (; i != open_.end() && ops_[*i].op->invoked <= bound.returned; ++i)
    if (!done_[*i] && (twin_of_[*i] == none || done_[twin_of_[*i]])
        && choose(*i))
      return true;
  return false;
}

/// Takes the newest choice back and tries the next one in its place.
bool search::undo() {
  if (stuck_at_ == none || chosen_.size() > deepest_) {
    deepest_ = chosen_.size();
    stuck_at_ = nodes_[first_return()].op;
    best_.clear();
    for (auto& x : chosen_)
      best_.push_back(x.op);
  }
  while (!chosen_.empty()) {
    auto last = chosen_.back();
    chosen_.pop_back();
    done_[last.op] = false;
    now_.state = last.before;
    toggle(now_.done, last.op);
    if (!is_open(last.op)) {
      put_back(last.op);
      ++left_;
    }
    if (choose_next(last.op))
      return true;
  }
  return false;
}

verdict search::run() {
  while (left_ > 0) {
    if (steps_ > max_steps_)
      return verdict::undecided;
    if (!choose_next(none) && !undo())
      return verdict::violated;
  }
  return verdict::linearizable;
}

std::string search::explain() const {
  constexpr size_t shown = 12;
  std::string result = "these can be put in this order:\n";
  if (best_.size() > shown)
    result += fmt::format("  (and {} before them)\n", best_.size() - shown);
  for (size_t i = best_.size() - std::min(shown, best_.size());
       i < best_.size(); ++i)
    result += "  " + to_string(*ops_[best_[i]].op) + "\n";
  result += "but then this one finds no place before it returns:\n";
  if (stuck_at_ != none)
    result += "  " + to_string(*ops_[stuck_at_].op) + "\n";
  return result;
}

// -- the history by keys ------------------------------------------------------

constexpr uint32_t never_read = std::numeric_limits<uint32_t>::max();

bool says_something(const operation& x) {
  return x.result != op_result::failed
         && (x.result != op_result::unknown || x.kind != op_kind::get);
}

/// Values that nobody read and that were written without an answer are all the
/// same. Leaves out such writes where nobody can have noticed them: where all else
/// on the key only asks for values.
std::vector<step> prepare(const std::vector<const operation*>& ops) {
  std::map<std::string_view, uint32_t> values;
  std::set<std::string_view> read;
  auto only_values = true;
  for (auto* x : ops) {
    values.emplace(x->value, static_cast<uint32_t>(values.size() + 1));
    if (x->kind == op_kind::get && x->result == op_result::ok)
      read.insert(x->value);
    only_values = only_values && x->kind != op_kind::remove
                  && x->result != op_result::mismatch;
  }
  std::vector<step> result;
  for (auto* x : ops) {
    if (x->result != op_result::unknown || read.count(x->value) > 0)
      result.push_back({x, values[x->value]});
    else if (!only_values)
      result.push_back({x, never_read});
  }
  return result;
}

} // namespace

linearizability_report check_linearizability(const history& xs,
                                             size_t max_steps) {
  std::map<std::string_view, std::vector<const operation*>> by_key;
  for (auto& x : xs)
    if (says_something(x))
      by_key[x.key].push_back(&x);
  linearizability_report result;
  for (auto& [key, ops] : by_key) {
    search order{prepare(ops), max_steps};
    auto found = order.run();
    result.steps += order.steps();
    if (found == verdict::linearizable || result.result == verdict::violated)
      continue;
    result.result = found;
    result.key = std::string{key};
    result.explanation = found == verdict::violated
                           ? order.explain()
                           : "too many orders are possible\n";
  }
  return result;
}

} // namespace caf::raft::testing
