#pragma once

#include "caf/raft/durable.hpp"
#include "caf/raft/types.hpp"

#include <cstddef>
#include <deque>

namespace caf::raft::core {

/// Decides admission by the room that is set aside on the disk already, so that
/// what was admitted cannot meet a full disk: before anything is appended or
/// sent.
class room_gauge {
public:
  /// The log actor says how much room there is. It does not know yet of what is
  /// still on its way to it.
  void reported(size_t room) {
    room_ = room;
  }

  /// A write was handed to the log actor.
  void handed_over(write_id number, size_t bytes) {
    if (bytes == 0)
      return;
    underway_.push_back({number, bytes});
    underway_bytes_ += bytes;
  }

  void stored(const durable<write_id>& up_to) {
    while (!underway_.empty() && underway_.front().number <= *up_to) {
      underway_bytes_ -= underway_.front().bytes;
      underway_.pop_front();
    }
  }

  /// Whether that many bytes of records may be appended.
  bool has(size_t bytes) const {
    return room_ >= underway_bytes_ && room_ - underway_bytes_ >= bytes;
  }

private:
  struct write {
    write_id number;
    size_t bytes;
  };

  size_t room_ = 0;
  std::deque<write> underway_;
  size_t underway_bytes_ = 0;
};

} // namespace caf::raft::core
