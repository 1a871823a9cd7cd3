#pragma once

// What CAF 1.x needs before its other headers; included by compat.hpp alone.

// typed_broker.hpp of 1.0 needs it and does not include it.
#include <caf/log/io.hpp>

#include <caf/detail/type_list.hpp>

namespace caf::detail {

/// CAF 1.0 takes a signature out of an interface in a way that doubles the work
/// with every one behind it: a behavior of twenty handlers wants tens of
/// gigabytes to compile. Where the handlers stand in the order of the interface,
/// as ours do, it is always the first that goes.
template <class Value, class... Ts, class... Out>
struct tl_remove_impl<type_list<Value, Ts...>, Value, type_list<Out...>> {
  using type = type_list<Out..., Ts...>;
};

} // namespace caf::detail
