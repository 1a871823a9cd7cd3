#include "kvnode/listener.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace kvnode;

namespace {

bool can_connect(uint16_t port) {
  auto fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto result = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  close(fd);
  return result;
}

} // namespace

TEST_CASE("clients are refused, not kept waiting, before it listens") {
  auto at = listener::open("127.0.0.1", 0);
  REQUIRE(at);
  CHECK_FALSE(can_connect(at->port()));
  REQUIRE(at->listen());
  CHECK(can_connect(at->port()));
  CHECK(at->address() == "127.0.0.1:" + std::to_string(at->port()));
}

TEST_CASE("an address that is taken is refused with one line") {
  auto first = listener::open("127.0.0.1", 0);
  REQUIRE(first);
  REQUIRE(first->listen());
  auto second = listener::open("127.0.0.1", first->port());
  REQUIRE_FALSE(second);
  CHECK(second.error().text.find(first->address()) != std::string::npos);
  for (auto host : {"", "no such host", "192.0.2.1"}) {
    CAPTURE(host);
    if (auto other = listener::open(host, 0); !other)
      CHECK(other.error().text.find('\n') == std::string::npos);
    else
      CHECK(host == std::string{});
  }
}

TEST_CASE("IPv6 with and without brackets") {
  for (auto host : {"::1", "[::1]"})
    if (auto at = listener::open(host, 0))
      CHECK(at->address().starts_with("[::1]:"));
}
