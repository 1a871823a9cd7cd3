#pragma once

#include "caf/raft/bytes.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

// A small codec for the commands, queries and answers of applications that do
// not bring one of their own: a type lists its members once,
//
//     struct add { std::string counter; int64_t amount = 0; };
//
//     template <class Archive>
//     void fields(Archive& ar, add& x) {
//       ar(x.counter, x.amount);
//     }
//
// and can be written and read: integers and enums as 8 bytes little-endian,
// bool as one byte, strings, bytes and vectors behind their length. What was
// written into a log must stay readable: add members at the end only, and give
// them defaults; they keep them where an older writer left them out.

namespace caf::raft {

class field_writer {
public:
  template <class... Ts>
  void operator()(Ts&... xs) {
    (put(xs), ...);
  }

  bytes take() {
    return std::move(out_);
  }

private:
  void word(uint64_t x) {
    for (int shift = 0; shift < 64; shift += 8)
      out_.push_back(static_cast<std::byte>(x >> shift));
  }

  void put(std::string& x) {
    word(x.size());
    auto view = as_bytes(x);
    out_.insert(out_.end(), view.begin(), view.end());
  }

  void put(bytes& x) {
    word(x.size());
    out_.insert(out_.end(), x.begin(), x.end());
  }

  template <class T>
  void put(std::vector<T>& xs) {
    word(xs.size());
    for (auto& x : xs)
      put(x);
  }

  template <class T>
  void put(T& x) {
    if constexpr (std::is_same_v<T, bool>)
      out_.push_back(std::byte{x});
    else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      word(static_cast<uint64_t>(x));
    else
      fields(*this, x);
  }

  bytes out_;
};

class field_reader {
public:
  explicit field_reader(bytes_view from) : left_(from) {
    // nop
  }

  template <class... Ts>
  void operator()(Ts&... xs) {
    (get(xs), ...);
  }

  /// Whether nothing that was begun broke off.
  bool ok() const {
    return ok_;
  }

  /// Whether that was all there is.
  bool at_end() const {
    return ok_ && left_.empty();
  }

private:
  /// @returns Null where nothing is left: the member keeps its default.
  const std::byte* take(size_t n) {
    if (left_.empty() && n > 0)
      return nullptr;
    if (left_.size() < n) {
      ok_ = false;
      left_ = {};
      return nullptr;
    }
    auto* result = left_.data();
    left_ = left_.subspan(n);
    return result;
  }

  bool word(uint64_t& x) {
    auto* from = take(8);
    if (from == nullptr)
      return false;
    x = 0;
    for (int i = 0; i < 8; ++i)
      x |= std::to_integer<uint64_t>(from[i]) << (8 * i);
    return true;
  }

  /// A length that cannot be is an error before memory is taken for it.
  bool length(uint64_t& n) {
    if (!word(n))
      return false;
    if (n <= left_.size())
      return true;
    ok_ = false;
    left_ = {};
    return false;
  }

  void get(std::string& x) {
    uint64_t n = 0;
    if (!length(n))
      return;
    auto text = as_text(left_.first(n));
    x.assign(text.begin(), text.end());
    left_ = left_.subspan(n);
  }

  void get(bytes& x) {
    uint64_t n = 0;
    if (!length(n))
      return;
    x.assign(left_.begin(), left_.begin() + static_cast<ptrdiff_t>(n));
    left_ = left_.subspan(n);
  }

  template <class T>
  void get(std::vector<T>& xs) {
    uint64_t n = 0;
    if (!length(n))
      return;
    xs.clear();
    for (uint64_t i = 0; i < n && ok_; ++i)
      get(xs.emplace_back());
  }

  template <class T>
  void get(T& x) {
    if constexpr (std::is_same_v<T, bool>) {
      if (auto* from = take(1))
        x = *from != std::byte{0};
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      uint64_t word_value = 0;
      if (word(word_value))
        x = static_cast<T>(word_value);
    } else {
      fields(*this, x);
    }
  }

  bytes_view left_;
  bool ok_ = true;
};

/// Encodes a value by its `fields`.
template <class T>
bytes to_fields(const T& x) {
  field_writer out;
  // `fields` serves both directions and takes a mutable reference.
  auto copy = x;
  out(copy);
  return out.take();
}

/// Decodes a value by its `fields`.
/// @returns Whether the bytes were whole.
template <class T>
bool from_fields(bytes_view from, T& x) {
  field_reader in{from};
  in(x);
  return in.ok();
}

} // namespace caf::raft
