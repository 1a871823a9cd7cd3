#include "caf/raft/core/log_tail.hpp"

#include "caf/raft/assert.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

bool is_before(index_t index, const entry_id& start) {
  return index < start.index;
}

bool is_placed_before(index_t index, const placed_configuration& x) {
  return index < x.index;
}

/// Checks what `log_tail` relies on: it answers wrongly where this is not so.
void check(const log_tail::contents& xs) {
  CAF_RAFT_ASSERT(xs.base_configuration != nullptr);
  CAF_RAFT_ASSERT(xs.base_configuration_index <= xs.base.index);
  CAF_RAFT_ASSERT(xs.last_index >= xs.base.index);
  CAF_RAFT_ASSERT(xs.term_starts.empty() == (xs.last_index == xs.base.index));
  if (!xs.term_starts.empty()) {
    CAF_RAFT_ASSERT(xs.term_starts.front().index == xs.base.index + 1);
    CAF_RAFT_ASSERT(xs.term_starts.front().term >= xs.base.term);
    CAF_RAFT_ASSERT(xs.term_starts.back().index <= xs.last_index);
  }
  for (size_t i = 1; i < xs.term_starts.size(); ++i) {
    CAF_RAFT_ASSERT(xs.term_starts[i - 1].index < xs.term_starts[i].index);
    CAF_RAFT_ASSERT(xs.term_starts[i - 1].term < xs.term_starts[i].term);
  }
  auto before = xs.base.index;
  for (auto& x : xs.configurations) {
    CAF_RAFT_ASSERT(x.value != nullptr);
    CAF_RAFT_ASSERT(x.index > before && x.index <= xs.last_index);
    before = x.index;
  }
  for (size_t i = 0; i < xs.recent.size(); ++i)
    CAF_RAFT_ASSERT(xs.recent[i].index() + (xs.recent.size() - 1 - i)
                    == xs.last_index);
}

} // namespace

log_tail::log_tail() {
  configurations_.push_back({index_t{}, std::make_shared<configuration>()});
}

log_tail::log_tail(contents xs) {
  check(xs);
  base_ = xs.base;
  term_starts_ = std::move(xs.term_starts);
  last_index_ = xs.last_index;
  configurations_.push_back(
    {xs.base_configuration_index, std::move(xs.base_configuration)});
  for (auto& x : xs.configurations)
    configurations_.push_back(std::move(x));
  recent_bytes_ = size_in_bytes(xs.recent);
  recent_.assign(xs.recent.begin(), xs.recent.end());
  max_recent_bytes_ = xs.max_recent_bytes;
  forget_old_entries();
}

// -- what is there ------------------------------------------------------------

entry_id log_tail::base() const {
  return base_;
}

index_t log_tail::first_index() const {
  return base_.index + 1;
}

index_t log_tail::last_index() const {
  return last_index_;
}

entry_id log_tail::last() const {
  auto term = term_starts_.empty() ? base_.term : term_starts_.back().term;
  return {term, last_index_};
}

std::optional<term_t> log_tail::term_at(index_t index) const {
  if (index < base_.index || index > last_index_)
    return std::nullopt;
  if (index == base_.index)
    return base_.term;
  auto i = std::upper_bound(term_starts_.begin(), term_starts_.end(), index,
                            is_before);
  return std::prev(i)->term;
}

bool log_tail::has(entry_id id) const {
  return term_at(id.index) == id.term;
}

entry_id log_tail::last_not_above(entry_id bound) const {
  auto allowed = [&](const entry_id& start) {
    return start.index <= bound.index && start.term <= bound.term;
  };
  // Indexes and terms of the runs rise, so those that begin within the bound
  // come first.
  auto end = std::partition_point(term_starts_.begin(), term_starts_.end(),
                                  allowed);
  if (end == term_starts_.begin())
    return base_;
  auto run_ends = end == term_starts_.end() ? last_index_ : end->index - 1;
  return {std::prev(end)->term, std::min(bound.index, run_ends)};
}

index_t log_tail::first_index_of(term_t term) const {
  auto less = [](const entry_id& start, term_t x) { return start.term < x; };
  auto i = std::lower_bound(term_starts_.begin(), term_starts_.end(), term,
                            less);
  return i != term_starts_.end() && i->term == term ? i->index : index_t{};
}

const placed_configuration& log_tail::newest_configuration() const {
  return configurations_.back();
}

const placed_configuration& log_tail::configuration_at(index_t index) const {
  auto i = std::upper_bound(configurations_.begin(), configurations_.end(),
                            index, is_placed_before);
  return i == configurations_.begin() ? *i : *std::prev(i);
}

// -- how it changes -----------------------------------------------------------

write_id log_tail::next_write() {
  return ++newest_write_;
}

write_id log_tail::newest_write() const {
  return newest_write_;
}

write_id log_tail::stored_write() const {
  return stored_;
}

void log_tail::append(const entries& xs, write_id with) {
  if (xs.empty())
    return;
  CAF_RAFT_ASSERT(with > stored_ && with <= newest_write_);
  CAF_RAFT_ASSERT(unstored_.empty() || unstored_.back().write <= with);
  if (unstored_.empty() || unstored_.back().write != with)
    unstored_.push_back({last_index_ + 1, with});
  for (auto& x : xs) {
    auto before = last();
    CAF_RAFT_ASSERT(x.index() == before.index + 1);
    CAF_RAFT_ASSERT(x.term() >= before.term);
    if (term_starts_.empty() || x.term() != before.term)
      term_starts_.push_back(x.id());
    if (x.kind() == entry_kind::configuration) {
      CAF_RAFT_ASSERT(x.configuration() != nullptr);
      configurations_.push_back({x.index(), x.configuration()});
    }
    recent_.push_back(x);
    recent_bytes_ += x.record().size();
    last_index_ = x.index();
  }
  forget_old_entries();
}

void log_tail::truncate(index_t from) {
  CAF_RAFT_ASSERT(from > base_.index);
  if (from > last_index_)
    return;
  // The base's configuration stands before `from`, so it stays.
  while (configurations_.back().index >= from)
    configurations_.pop_back();
  while (!term_starts_.empty() && term_starts_.back().index >= from)
    term_starts_.pop_back();
  while (!unstored_.empty() && unstored_.back().first >= from)
    unstored_.pop_back();
  while (!recent_.empty() && recent_.back().index() >= from) {
    recent_bytes_ -= recent_.back().record().size();
    recent_.pop_back();
  }
  last_index_ = from - 1;
}

void log_tail::compact(index_t last) {
  auto term = term_at(last);
  CAF_RAFT_ASSERT(term.has_value());
  CAF_RAFT_ASSERT(last <= durable_index());
  auto run = std::upper_bound(term_starts_.begin(), term_starts_.end(), last,
                              is_before);
  // The run that goes on behind the base begins there from now on.
  auto behind = last + 1;
  if (last < last_index_
      && (run == term_starts_.end() || run->index != behind)) {
    --run;
    *run = {run->term, behind};
  }
  term_starts_.erase(term_starts_.begin(), run);
  auto conf = std::upper_bound(configurations_.begin(), configurations_.end(),
                               last, is_placed_before);
  if (conf != configurations_.begin())
    configurations_.erase(configurations_.begin(), std::prev(conf));
  while (!recent_.empty() && recent_.front().index() <= last) {
    recent_bytes_ -= recent_.front().record().size();
    recent_.pop_front();
  }
  base_ = {*term, last};
}

void log_tail::reset(const log_base& base, write_id with) {
  CAF_RAFT_ASSERT(base.id.index > base_.index);
  CAF_RAFT_ASSERT(base.members != nullptr);
  CAF_RAFT_ASSERT(with > stored_ && with <= newest_write_);
  base_ = base.id;
  last_index_ = base.id.index;
  term_starts_.clear();
  configurations_.assign(1, {base.members_index, base.members});
  recent_.clear();
  recent_bytes_ = 0;
  // Nothing of it counts before the write is stored.
  unstored_.assign(1, {index_t{1}, with});
}

log_base log_tail::base_at(index_t last) const {
  auto term = term_at(last);
  CAF_RAFT_ASSERT(term.has_value());
  auto& conf = configuration_at(last);
  return {{*term, last}, conf.value, conf.index};
}

void log_tail::stored(const durable<write_id>& up_to) {
  CAF_RAFT_ASSERT(*up_to <= newest_write_);
  stored_ = std::max(stored_, *up_to);
  while (!unstored_.empty() && unstored_.front().write <= stored_)
    unstored_.pop_front();
  forget_old_entries();
}

index_t log_tail::durable_index() const {
  return unstored_.empty() ? last_index_ : unstored_.front().first - 1;
}

// -- the newest entries -------------------------------------------------------

std::optional<entries> log_tail::recent(index_t first, index_t last,
                                        size_t max_bytes,
                                        size_t max_entries) const {
  CAF_RAFT_ASSERT(last <= last_index_ + 1);
  entries result;
  if (first >= last)
    return result;
  if (recent_.empty() || first < recent_.front().index())
    return std::nullopt;
  auto i = recent_.begin()
           + static_cast<std::ptrdiff_t>(first - recent_.front().index());
  size_t bytes = 0;
  for (auto n = last - first; n > 0; --n, ++i) {
    bytes += i->record().size();
    if (!result.empty() && (bytes > max_bytes || result.size() >= max_entries))
      break;
    result.push_back(*i);
  }
  return result;
}

std::optional<log_tail::extent> log_tail::extent_of(index_t first, index_t last,
                                                    size_t max_bytes) const {
  CAF_RAFT_ASSERT(last <= last_index_ + 1);
  extent result;
  if (first >= last)
    return result;
  if (recent_.empty() || first < recent_.front().index())
    return std::nullopt;
  auto i = recent_.begin()
           + static_cast<std::ptrdiff_t>(first - recent_.front().index());
  for (auto n = last - first; n > 0; --n, ++i) {
    auto size = i->record().size();
    if (result.count > 0 && result.bytes + size > max_bytes)
      break;
    ++result.count;
    result.bytes += size;
  }
  return result;
}

void log_tail::forget_old_entries() {
  auto durable = durable_index();
  while (recent_bytes_ > max_recent_bytes_
         && recent_.front().index() <= durable) {
    recent_bytes_ -= recent_.front().record().size();
    recent_.pop_front();
  }
}

} // namespace caf::raft::core
