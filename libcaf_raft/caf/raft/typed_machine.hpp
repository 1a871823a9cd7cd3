#pragma once

#include "caf/raft/bytes.hpp"
#include "caf/raft/fields.hpp"
#include "caf/raft/state_machine.hpp"
#include "caf/raft/types.hpp"
#include "caf/raft/whole_state.hpp"

#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace caf::raft {

/// How a command, a query or an answer becomes bytes. Specialize it for a codec
/// of your own, Cap'n Proto for example; the default asks for `fields`.
template <class T>
struct codec {
  static bytes encode(const T& x) {
    return to_fields(x);
  }

  /// @returns Whether the bytes were a whole value.
  static bool decode(bytes_view from, T& x) {
    return from_fields(from, x);
  }
};

/// Types in an order.
template <class... Ts>
struct list {
  template <class T>
  static constexpr bool has = (std::is_same_v<T, Ts> || ...);

  /// The place of a type in the list.
  template <class T>
  static constexpr size_t place() {
    size_t result = 0;
    bool found = false;
    ((found = found || std::is_same_v<T, Ts>, result += found ? 0 : 1), ...);
    return result;
  }

  /// Calls `fun` with the type at a place, as a `std::type_identity`.
  /// @returns Whether there is one.
  template <class F>
  static bool visit(size_t place, F fun) {
    size_t i = 0;
    return ((i++ == place ? (fun(std::type_identity<Ts>{}), true) : false)
            || ...);
  }
};

/// How a machine with types has snapshots; without any of these it has none.
/// @{

/// `bytes save() const` and `void load(bytes_view)` deal with the whole state at
/// once: for small ones. `load` throws for bytes that are none of `save`, and has
/// changed nothing then.
template <class T>
concept has_save = requires(T& x) {
  x.save();
};

template <class T>
concept has_load = requires(T& x, bytes_view from) {
  x.load(from);
};

/// For large states, read and written bit by bit (state_machine.hpp).
template <class T>
concept has_view = requires(T& x) {
  { x.view() } -> std::convertible_to<std::unique_ptr<state_view>>;
};

template <class T>
concept has_loader = requires(T& x) {
  { x.loader() } -> std::convertible_to<std::unique_ptr<state_loader>>;
};

/// A machine whose whole state is listed by a `fields` of its own, as a friend.
template <class T>
concept has_state_fields
  = std::copyable<T> && std::default_initializable<T> && requires(
    field_writer& out, field_reader& in, T& x) {
  fields(out, x);
  fields(in, x);
};

/// @}

/// What a state machine with types looks like to the rest of the library:
///
///     class counter {
///     public:
///       using commands = caf::raft::list<add>;
///       using queries = caf::raft::list<total>;
///
///       int64_t apply(caf::raft::index_t, const add&);
///       int64_t query(const total&);
///     };
///
/// A command's place in its list is stored with it: new ones go to the end. A
/// machine whose functions all end within microseconds says so with
/// `static constexpr bool quick = true`. How it has snapshots: `has_save`,
/// `has_view`, `has_state_fields`. One that keeps its state on a disk of its own
/// has `index_t applied_index() const`.
/// @see state_machine for what `apply` must not do.
template <class Machine>
class typed_machine final : public state_machine {
public:
  using commands = typename Machine::commands;
  using queries = typename Machine::queries;

  static_assert(has_save<Machine> == has_load<Machine>,
                "a machine with bytes save() const needs void "
                "load(caf::raft::bytes_view), and the other way round");
  static_assert(
    has_view<Machine> == has_loader<Machine>,
    "a machine with view() needs loader(), and the other way round");
  static_assert(!(has_save<Machine> && has_view<Machine>),
                "a machine has save() and load() or view() and loader(), not "
                "both");

  template <class C>
  using applied_type = std::decay_t<decltype(std::declval<Machine&>().apply(
    index_t{}, std::declval<const C&>()))>;

  template <class Q>
  using answer_type = std::decay_t<decltype(std::declval<Machine&>().query(
    std::declval<const Q&>()))>;

  template <class C>
  static bytes encode_command(const C& x) {
    return encode(commands::template place<C>(), x);
  }

  template <class Q>
  static bytes encode_query(const Q& x) {
    return encode(queries::template place<Q>(), x);
  }

  /// @throws std::invalid_argument for what this version does not know:
  ///         applying it differently than others would be worse.
  bytes apply(index_t index, bytes_view command) override {
    bytes result;
    auto known = dispatch<commands>(command, [&](const auto& x) {
      using command_type = std::decay_t<decltype(x)>;
      result
        = codec<applied_type<command_type>>::encode(machine_.apply(index, x));
    });
    if (!known)
      throw std::invalid_argument("entry " + to_string(index)
                                  + " holds no command of this state machine");
    return result;
  }

  bytes query(bytes_view what) override {
    bytes result;
    dispatch<queries>(what, [&](const auto& x) {
      using query_type = std::decay_t<decltype(x)>;
      result = codec<answer_type<query_type>>::encode(machine_.query(x));
    });
    return result;
  }

  std::unique_ptr<state_view> view() override {
    if constexpr (has_view<Machine>)
      return machine_.view();
    else if constexpr (has_save<Machine>)
      return std::make_unique<whole_view>(std::as_const(machine_).save());
    else if constexpr (has_state_fields<Machine>)
      return std::make_unique<whole_view>(to_fields(machine_));
    else
      return nullptr;
  }

  std::unique_ptr<state_loader> loader() override {
    if constexpr (has_loader<Machine>)
      return machine_.loader();
    else if constexpr (has_load<Machine>)
      return std::make_unique<whole_loader>(
        [this](bytes_view from) { machine_.load(from); });
    else if constexpr (has_state_fields<Machine>)
      return std::make_unique<whole_loader>(
        [this](bytes_view from) { load_fields(from); });
    else
      return nullptr;
  }

  index_t applied_index() const override {
    if constexpr (requires { machine_.applied_index(); })
      return machine_.applied_index();
    else
      return {};
  }

  bool quick() const override {
    if constexpr (requires { Machine::quick; })
      return Machine::quick;
    else
      return false;
  }

private:
  void load_fields(bytes_view from) {
    Machine fresh;
    field_reader in{from};
    in(fresh);
    if (!in.at_end())
      throw std::invalid_argument(
        "the snapshot cannot be loaded: it is cut off, or a newer version of "
        "this state machine wrote it");
    machine_ = std::move(fresh);
  }

  /// The place of the type, one byte, then its content.
  template <class T>
  static bytes encode(size_t place, const T& x) {
    auto content = codec<T>::encode(x);
    bytes result;
    result.reserve(content.size() + 1);
    result.push_back(static_cast<std::byte>(place));
    result.insert(result.end(), content.begin(), content.end());
    return result;
  }

  template <class List, class F>
  static bool dispatch(bytes_view what, F fun) {
    if (what.empty())
      return false;
    auto whole = false;
    auto place = std::to_integer<size_t>(what.front());
    List::visit(place, [&]<class T>(std::type_identity<T>) {
      T x;
      whole = codec<T>::decode(what.subspan(1), x);
      if (whole)
        fun(std::as_const(x));
    });
    return whole;
  }

  Machine machine_;
};

} // namespace caf::raft
