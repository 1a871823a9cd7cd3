#pragma once

#include "caf/raft/actors.hpp"
#include "caf/raft/log_actor.hpp"
#include "caf/raft/storage/log_store.hpp"

#include <memory>

namespace caf::raft {

/// Reads old entries beside the writer: for slow followers, for the applier at
/// start, for people who look at the log. A log that cannot be read ends the
/// process: a leader could bring nobody up to date from it, and keep others from
/// leading who can.
class log_reader_state {
public:
  using handle = log_reader_actor;
  static constexpr const char* name = "raft.log_reader";

  log_reader_state(scheduled_actor* self,
                   std::shared_ptr<storage::log_reader> reader,
                   fatal_handler fatal)
    : self_(self),
      reader_(std::move(reader)),
      fatal_(std::move(fatal)) {
    // nop
  }

  handle::behavior_type make_behavior() {
    return {
      [this](const read_log& msg) { on(msg); },
      [this](stop) { self_->quit(); },
    };
  }

private:
  void on(const read_log& msg) {
    auto content = reader_->read(msg.group, msg.first, msg.last, msg.max_bytes);
    if (!content && content.error().code == errc::storage_failed)
      fatal_(content.error());
    post(self_, msg.reply_to, log_read{msg.id, msg.first, std::move(content)});
  }

  scheduled_actor* self_;
  std::shared_ptr<storage::log_reader> reader_;
  fatal_handler fatal_;
};

} // namespace caf::raft
