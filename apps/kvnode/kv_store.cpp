#include "kvnode/kv_store.hpp"

#include "kvnode/kv_loader.hpp"
#include "kvnode/kv_view.hpp"

#include <algorithm>
#include <stdexcept>

namespace kvnode {

namespace {

/// @param there The version that is there, zero for none.
bool holds(const condition& only, version_t there) {
  switch (only.kind) {
    case condition::kind_t::always:
      return true;
    case condition::kind_t::absent:
      return !there;
    case condition::kind_t::present:
      return static_cast<bool>(there);
    case condition::kind_t::version:
      return there && there == only.version;
  }
  return false;
}

/// Gives back what a value took that was much larger.
void trim(raft::bytes& xs) {
  if (xs.capacity() > 2 * xs.size() + 64)
    xs.shrink_to_fit();
}

answer refusal(answer::kind_t why, version_t there) {
  answer result;
  result.kind = why;
  result.version = there;
  return result;
}

} // namespace

raft::bytes kv_store::apply(raft::index_t index, raft::bytes_view what) {
  auto cmd = decode_command(what);
  if (!cmd)
    throw std::runtime_error{"not a command of kvnode: " + cmd.error().text};
  auto& known = state_->records;
  auto at = known.find(cmd->key);
  auto there = at == known.end() ? version_t{} : at->second.version;
  if (!holds(cmd->only, there))
    return encode(refusal(answer::kind_t::precondition_failed, there));
  if (cmd->op == command::op_t::put)
    return encode(put(index, *cmd, at));
  if (!there)
    return encode(refusal(answer::kind_t::not_found, there));
  return encode(erase(at));
}

answer kv_store::put(raft::index_t index, const command& what,
                     records::iterator at) {
  auto& known = state_->records;
  auto is_new = at == known.end();
  before_write(what.key, is_new ? nullptr : &at->second);
  if (is_new) {
    at = known.emplace(std::string{what.key}, kv_record{}).first;
    state_->order.insert(at->first);
  }
  auto& to = at->second;
  to.version = index;
  to.value.assign(what.value.begin(), what.value.end());
  trim(to.value);
  return answer{answer::kind_t::done, index, {}, {}, {}};
}

answer kv_store::erase(records::iterator at) {
  before_write(at->first, &at->second);
  state_->order.erase(at->first);
  state_->records.erase(at);
  return answer{};
}

void kv_store::before_write(std::string_view key, kv_record* old) {
  if (state_->open_view != nullptr)
    state_->open_view->before_write(key, old);
}

std::unique_ptr<raft::state_view> kv_store::view() {
  return std::make_unique<kv_view>(state_);
}

std::unique_ptr<raft::state_loader> kv_store::loader() {
  return std::make_unique<kv_loader>(state_);
}

raft::bytes kv_store::query(raft::bytes_view what) {
  auto asked = decode_query(what);
  if (!asked)
    return {};
  return encode(asked->op == query::op_t::get ? get(asked->key) : list(*asked));
}

answer kv_store::get(std::string_view key) const {
  auto at = state_->records.find(key);
  if (at == state_->records.end())
    return refusal(answer::kind_t::not_found, {});
  return answer{
    answer::kind_t::found, at->second.version, at->second.value, {}, {}};
}

answer kv_store::list(const kvnode::query& what) const {
  answer result;
  result.kind = answer::kind_t::page;
  size_t taken = 0;
  auto& order = state_->order;
  for (auto i = order.lower_bound(std::max(what.prefix, what.start));
       i != order.end() && i->starts_with(what.prefix); ++i) {
    auto& found = state_->records.find(*i)->second;
    taken += i->size() + found.value.size();
    if (result.items.size() == what.limit
        || (taken > max_page_bytes && !result.items.empty())) {
      result.next = *i;
      break;
    }
    result.items.push_back({*i, found.version, found.value});
  }
  return result;
}

} // namespace kvnode
