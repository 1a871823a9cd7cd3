#include "kvnode/http_output.hpp"

#include <caf/raft/compat.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kvnode {

namespace {

/// What a connection may keep for its next answers.
constexpr size_t max_spare_bytes = 64 << 10;

} // namespace

http_output::http_output(caf::io::abstract_broker* broker,
                         caf::io::connection_handle connection)
  : broker_(broker),
    connection_(connection),
    // CAF numbers connections so.
    fd_(static_cast<int>(connection.id())) {
  // nop
}

http_output::~http_output() {
  if (own_fd_)
    ::close(fd_);
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
  if (sent < text_.size() && own_fd_) {
    abort();
  } else if (sent < text_.size()) {
    auto rest = std::string_view{text_}.substr(sent);
    caf::raft::append_to(broker_->wr_buf(connection_),
                         caf::raft::as_bytes(rest));
    queued_ += rest.size();
    broker_->flush(connection_);
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
  ::shutdown(fd_, SHUT_RDWR);
  if (own_fd_)
    ::close(fd_);
  else
    broker_->close(connection_);
  own_fd_ = false;
  fd_ = -1;
  text_.clear();
  queued_ = 0;
}

bool http_output::keep() {
  if (!own_fd_ && fd_ >= 0)
    // What the broker has would be mixed up with what we send.
    fd_ = queued_ == 0 ? ::dup(fd_) : -1;
  own_fd_ = fd_ >= 0;
  return own_fd_;
}

} // namespace kvnode
