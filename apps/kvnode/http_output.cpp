#include "kvnode/http_output.hpp"

#include <caf/raft/compat.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace kvnode {

namespace {

/// What a connection may keep for its next answers.
constexpr size_t max_spare_bytes = 64 << 10;

} // namespace

http_output::http_output(caf::io::abstract_broker* broker,
                         caf::io::connection_handle connection)
  : broker_(broker),
    reader_(connection),
    // CAF numbers connections so.
    fd_(static_cast<int>(connection.id())) {
  // nop
}

/// Gives the broker the same socket once more.
bool http_output::open_writer() {
  if (!writer_.invalid())
    return true;
  auto copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    return false;
  writer_ = broker_->add_scribe(copy);
  broker_->ack_writes(writer_, true);
  fd_ = copy;
  return true;
}

void http_output::flush() {
  if (text_.empty() || broken())
    return;
  size_t sent = 0;
  if (queued_ == 0) {
    auto n = ::send(fd_, text_.data(), text_.size(),
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    // What is wrong with the socket will be seen by the broker's loop.
    sent = static_cast<size_t>(std::max<ssize_t>(n, 0));
  }
  if (sent < text_.size()) {
    if (!open_writer())
      return abort();
    auto rest = std::string_view{text_}.substr(sent);
    caf::raft::append_to(broker_->wr_buf(writer_), caf::raft::as_bytes(rest));
    queued_ += rest.size();
    broker_->flush(writer_);
  }
  text_.clear();
  if (text_.capacity() > max_spare_bytes)
    text_.shrink_to_fit();
}

void http_output::on_written(size_t n) {
  queued_ -= std::min(n, queued_);
}

void http_output::finish() {
  if (!broken())
    ::shutdown(fd_, SHUT_WR);
}

void http_output::abort() {
  if (broken())
    return;
  // The broker's own way would keep the socket until the client closes it.
  ::shutdown(std::exchange(fd_, -1), SHUT_RDWR);
  broker_->close(reader_);
  if (!writer_.invalid())
    broker_->close(writer_);
  text_.clear();
  queued_ = 0;
}

bool http_output::keep() {
  return !broken() && open_writer();
}

bool http_output::on_closed(caf::io::connection_handle which) {
  if (which != writer_)
    return false;
  if (!broken()) {
    fd_ = -1;
    broker_->close(reader_);
  }
  return true;
}

} // namespace kvnode
