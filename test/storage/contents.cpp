#include "storage/contents.hpp"

#include <algorithm>

namespace caf::raft::test {

namespace {

size_t random_size(generator& numbers) {
  if (numbers.one_in(10))
    return numbers.below(7000);
  return numbers.one_in(3) ? numbers.below(600) : numbers.below(60);
}

/// One of three is a snapshot of another member, and replaces the log.
/// @param state Gets a newer term where the entry must be another one.
log_base random_base(const contents::log& log, hard_state& state,
                     generator& numbers) {
  log_base result;
  if (log.xs.empty() || numbers.one_in(3)) {
    ++state.term;
    auto first = numbers.one_in(2) ? log.base.id.index : log.last();
    result.id = {state.term, first + 1 + numbers.below(4)};
  } else {
    result.id = log.xs[numbers.below(log.xs.size())].id();
  }
  result.members = voters({numbers.below(4), numbers.below(9)});
  result.members_index = index_t{numbers.below(result.id.index.value + 1)};
  return result;
}

log_write random_write(group_id to, contents::log log, generator& numbers) {
  // Keeps the files that are copied again and again small.
  constexpr size_t long_log = 120;
  log_write result;
  result.group = to;
  auto state = log.state;
  if (numbers.one_in(8)) {
    result.base = random_base(log, state, numbers);
    log.begin_behind(*result.base);
  }
  auto last = log.last();
  if (!log.xs.empty() && (log.xs.size() > long_log || numbers.one_in(5))) {
    auto most = log.xs.size() > long_log ? log.xs.size() : 10;
    last = last - std::min(numbers.below(most) + 1, log.xs.size());
    result.truncate_from = last + 1;
    ++state.term;
  }
  if (numbers.one_in(4) || !state.term) {
    ++state.term;
    state.voted_for = server_id{numbers.below(4)};
  }
  if (state != log.state)
    result.state = state;
  if (!numbers.one_in(6)) {
    auto count = numbers.one_in(4) ? numbers.below(8) + 1 : 1;
    for (auto i = last + 1; i <= last + count; ++i)
      result.append.push_back(
        make_entries(i, state.term, 1, random_size(numbers)).front());
  }
  return result;
}

bool same(const log_base& x, const log_base& y) {
  auto of = [](const log_base& base) {
    return base.members ? *base.members : configuration{};
  };
  return x.id == y.id && x.members_index == y.members_index && of(x) == of(y);
}

} // namespace

void contents::log::begin_behind(const log_base& what) {
  auto kept = xs.end();
  if (what.id.index > base.id.index && what.id.index <= last()) {
    auto at = xs.begin() + (what.id.index - base.id.index - 1);
    if (at->id() == what.id)
      kept = at + 1;
  }
  xs.erase(xs.begin(), kept);
  base = what;
}

void contents::apply(std::span<const log_write> batch) {
  for (auto& x : batch) {
    auto& log = groups[x.group];
    if (x.state)
      log.state = *x.state;
    if (x.base)
      log.begin_behind(*x.base);
    if (x.truncate_from && x.truncate_from <= log.last())
      log.xs.resize(x.truncate_from - log.base.id.index - 1);
    log.xs.insert(log.xs.end(), x.append.begin(), x.append.end());
  }
}

bool same(const contents& x, const contents& y) {
  auto same_group = [](const auto& xs, const auto& ys) {
    return xs.first == ys.first && xs.second.state == ys.second.state
           && same(xs.second.base, ys.second.base)
           && same(xs.second.xs, ys.second.xs);
  };
  return x.cluster == y.cluster
         && std::equal(x.groups.begin(), x.groups.end(), y.groups.begin(),
                       y.groups.end(), same_group);
}

result_of<contents> contents_of(storage::log_store& store) {
  contents result;
  result.cluster = store.who().cluster;
  for (uint64_t i = 1; i <= max_group; ++i) {
    auto log = store.recover(group_id{i}, all);
    if (!log)
      return log.error();
    if (log->state == hard_state{} && log->last_index == index_t{})
      continue;
    contents::log found{log->state,
                        {log->base, log->base_configuration,
                         log->base_configuration_index},
                        std::move(log->recent)};
    if (found.last() != log->last_index)
      return failure{errc::storage_failed, "not all entries came back"};
    result.groups.emplace(group_id{i}, std::move(found));
  }
  return result;
}

std::vector<log_write> random_batch(const contents& now, generator& numbers) {
  std::vector<log_write> result;
  auto next = now;
  auto count = numbers.one_in(3) ? numbers.below(max_group) + 2 : 1;
  for (uint64_t i = 0; i < count; ++i) {
    // Some groups write more than once.
    auto to = group_id{numbers.below(max_group) + 1};
    result.push_back(random_write(to, next.groups[to], numbers));
    next.apply(std::span{&result.back(), 1});
  }
  return result;
}

} // namespace caf::raft::test
