#include "caf/raft/testing/key_model.hpp"

namespace caf::raft::testing {

namespace {

/// Versions rise from write to write.
bool see_version(key_state& state, uint64_t version) {
  if (version == 0)
    return true;
  if (version <= state.newest)
    return false;
  state.newest = version;
  return true;
}

/// Whether the version could be the expected one. If it was not known, it is now.
bool may_match(key_state& state, const operation& op) {
  if (!op.expected)
    return true;
  if (*op.expected == 0)
    return !state.present;
  if (!state.present)
    return false;
  // One that nobody saw was written after all that were seen.
  return state.version == 0 ? see_version(state, *op.expected)
                            : state.version == *op.expected;
}

bool may_mismatch(const key_state& state, const operation& op) {
  if (!op.expected)
    return false;
  if (*op.expected == 0)
    return state.present;
  return !state.present || state.version == 0 || state.version != *op.expected;
}

bool do_get(key_state& state, const step& x) {
  if (x.op->result == op_result::absent)
    return !state.present;
  if (!state.present || state.value != x.value)
    return false;
  if (state.version != 0)
    return x.op->version == 0 || state.version == x.op->version;
  state.version = x.op->version;
  return see_version(state, state.version);
}

bool do_put(key_state& state, const step& x) {
  if (x.op->result == op_result::mismatch)
    return may_mismatch(state, *x.op);
  if (!may_match(state, *x.op))
    return false;
  state.present = true;
  state.value = x.value;
  state.version = x.op->version;
  return see_version(state, state.version);
}

bool do_remove(key_state& state, const step& x) {
  if (x.op->result == op_result::mismatch)
    return may_mismatch(state, *x.op);
  if (x.op->result == op_result::absent)
    return !state.present;
  if (!state.present || !may_match(state, *x.op))
    return false;
  state.present = false;
  state.value = 0;
  state.version = 0;
  return see_version(state, x.op->version);
}

} // namespace

bool apply(key_state& state, const step& x) {
  switch (x.op->kind) {
    case op_kind::get:
      return do_get(state, x);
    case op_kind::put:
      return do_put(state, x);
    case op_kind::remove:
      break;
  }
  return do_remove(state, x);
}

} // namespace caf::raft::testing
