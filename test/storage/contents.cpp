#include "storage/contents.hpp"

#include <algorithm>

namespace caf::raft::test {

namespace {

size_t random_size(generator& numbers) {
  if (numbers.one_in(10))
    return numbers.below(7000);
  return numbers.one_in(3) ? numbers.below(600) : numbers.below(60);
}

log_write random_write(group_id to, const contents::log& log,
                       generator& numbers) {
  // Keeps the files that are copied again and again small.
  constexpr size_t long_log = 120;
  log_write result;
  result.group = to;
  auto state = log.state;
  auto last = index_t{log.xs.size()};
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

} // namespace

void contents::apply(std::span<const log_write> batch) {
  for (auto& x : batch) {
    auto& log = groups[x.group];
    if (x.state)
      log.state = *x.state;
    if (x.truncate_from && x.truncate_from.value <= log.xs.size())
      log.xs.resize(x.truncate_from.value - 1);
    log.xs.insert(log.xs.end(), x.append.begin(), x.append.end());
  }
}

bool same(const contents& x, const contents& y) {
  auto same_group = [](const auto& xs, const auto& ys) {
    return xs.first == ys.first && xs.second.state == ys.second.state
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
    if (log->recent.size() != log->last_index.value)
      return failure{errc::storage_failed, "not all entries came back"};
    result.groups.emplace(group_id{i},
                          contents::log{log->state, std::move(log->recent)});
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
