#include "kvnode/http_input.hpp"

#include <caf/io/receive_policy.hpp>
#include <caf/io/scribe.hpp>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace kvnode {

namespace {

/// Each read fills as much, so a usual request should not need more.
constexpr size_t small_read = 4 << 10;
constexpr size_t large_read = 64 << 10;

} // namespace

http_input::http_input(caf::io::abstract_broker* broker,
                       caf::io::connection_handle connection)
  : broker_(broker),
    connection_(connection) {
  broker_->configure_read(connection_,
                          caf::io::receive_policy::at_most(small_read));
}

void http_input::pause() {
  if (!std::exchange(paused_, true))
    broker_->halt(connection_);
}

void http_input::go_on() {
  if (std::exchange(paused_, false))
    broker_->trigger(connection_);
}

void http_input::expect(size_t num_bytes) {
  auto large = num_bytes > 4 * small_read;
  if (large == std::exchange(reads_large_, large))
    return;
  auto size = large ? large_read : small_read;
  broker_->configure_read(connection_, caf::io::receive_policy::at_most(size));
}

std::string http_input::take_arrived(size_t max) const {
  // CAF numbers connections so.
  auto fd = static_cast<int>(connection_.id());
  int arrived = 0;
  if (ioctl(fd, FIONREAD, &arrived) != 0 || arrived <= 0)
    return {};
  std::string result(std::min(static_cast<size_t>(arrived), max), '\0');
  auto n = ::recv(fd, result.data(), result.size(), MSG_DONTWAIT);
  result.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
  return result;
}

} // namespace kvnode
