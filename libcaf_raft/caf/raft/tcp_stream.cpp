#include "caf/raft/tcp_stream.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/tcp_socket.hpp"

#include <caf/io/receive_policy.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace caf::raft {

namespace {

/// Before each read CAF fills as much with zeros, so a connection with little to
/// say reads little at a time, and one in haste much.
constexpr size_t small_read = 4 << 10;
constexpr size_t large_read = 64 << 10;

/// After so many small reads in a row the haste is over.
constexpr size_t patience = 16;

/// How long the other side has to take what is queued and to close.
constexpr auto linger = std::chrono::seconds(1);

} // namespace

tcp_stream::tcp_stream(scheduled_actor* self)
  : self_(self),
    broker_(dynamic_cast<io::abstract_broker*>(self)) {
  CAF_RAFT_ASSERT(broker_ != nullptr);
}

void tcp_stream::out(const wire::frame_ptr& what) {
  if (closing_)
    return;
  auto rest = what->view();
  if (!established_)
    early_.insert(early_.end(), rest.begin(), rest.end());
  if (!open())
    return;
  // Around the broker's buffer where nothing waits in it: that saves two calls
  // of epoll and a round of its loop.
  if (established_ && outstanding_ == 0) {
    auto n = ::send(fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
    // What is wrong will be seen by the loop.
    rest = rest.subspan(static_cast<size_t>(std::max<ssize_t>(n, 0)));
  }
  if (!rest.empty())
    queue(rest);
}

size_t tcp_stream::outstanding() const {
  return outstanding_;
}

void tcp_stream::close() {
  if (closing_)
    return;
  closing_ = true;
  if (!open())
    return;
  if (!established_)
    return abort();
  wake_at(self_, now(self_) + linger, wake{linger_wake});
  if (outstanding_ == 0)
    finish();
}

void tcp_stream::connect(int fd) {
  handle_ = broker_->add_scribe(fd);
  start_reading();
  outstanding_ = 0;
  queue(early_);
}

void tcp_stream::accept(const io::scribe_ptr& what) {
  broker_->move_scribe(what);
  handle_ = what->hdl();
  watch_liveness(fd());
  start_reading();
  established_ = true;
}

void tcp_stream::on_read(size_t n) {
  small_reads_ = n >= small_read ? 0 : small_reads_ + 1;
  auto size = n >= read_size_           ? large_read
              : small_reads_ > patience ? small_read
                                        : read_size_;
  if (size != std::exchange(read_size_, size) && open())
    broker_->configure_read(handle_, io::receive_policy::at_most(size));
}

void tcp_stream::on_written(size_t n) {
  established_ = true;
  early_.clear();
  outstanding_ -= std::min(n, outstanding_);
  if (closing_ && outstanding_ == 0 && open())
    finish();
}

void tcp_stream::on_closed() {
  handle_ = io::invalid_connection_handle;
}

void tcp_stream::on(wake msg) {
  if ((msg.generation == linger_wake || msg.generation == give_way_wake)
      && open())
    abort();
}

void tcp_stream::abort() {
  closing_ = true;
  if (!open())
    return;
  // The broker's own way would keep the socket until the other side closes it.
  ::shutdown(fd(), SHUT_RDWR);
  broker_->close(handle_);
  on_closed();
}

int tcp_stream::fd() const {
  // CAF numbers connections so.
  return static_cast<int>(handle_.id());
}

void tcp_stream::start_reading() {
  broker_->ack_writes(handle_, true);
  read_size_ = small_read;
  broker_->configure_read(handle_, io::receive_policy::at_most(read_size_));
}

void tcp_stream::queue(bytes_view xs) {
  append_to(broker_->wr_buf(handle_), xs);
  outstanding_ += xs.size();
  broker_->flush(handle_);
}

/// All is written. What the other side still sends is read and ignored until
/// it closes: closing first could take from it what it has not read yet.
void tcp_stream::finish() {
  ::shutdown(fd(), SHUT_WR);
}

} // namespace caf::raft
