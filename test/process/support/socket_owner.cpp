#include "process/support/socket_owner.hpp"

#include "process/support/socket.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <filesystem>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

namespace harness {

namespace fs = std::filesystem;

namespace {

struct question {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

question ask_for(uint16_t port, uint16_t remote) {
  question result;
  result.header.nlmsg_len = sizeof(result);
  result.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  result.header.nlmsg_flags = NLM_F_REQUEST;
  result.body.sdiag_family = AF_INET;
  result.body.sdiag_protocol = IPPROTO_TCP;
  result.body.idiag_states = ~0u;
  result.body.id.idiag_sport = htons(port);
  result.body.id.idiag_dport = htons(remote);
  result.body.id.idiag_src[0] = htonl(INADDR_LOOPBACK);
  result.body.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  result.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  result.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return result;
}

/// The inode of a socket; zero if there is none.
uint32_t socket_inode(uint16_t port, uint16_t remote) {
  file_descriptor kernel{
    socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  auto asked = ask_for(port, remote);
  if (!kernel || send(kernel.get(), &asked, sizeof(asked), 0) < 0)
    return 0;
  alignas(nlmsghdr) char answer[4096];
  auto size = recv(kernel.get(), answer, sizeof(answer), 0);
  nlmsghdr header{};
  inet_diag_msg body{};
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(body))))
    return 0;
  memcpy(&header, answer, sizeof(header));
  memcpy(&body, answer + NLMSG_HDRLEN, sizeof(body));
  return header.nlmsg_type == SOCK_DIAG_BY_FAMILY ? body.idiag_inode : 0;
}

bool has_open(pid_t pid, const std::string& link) {
  std::error_code code;
  for (const auto& entry :
       fs::directory_iterator{"/proc/" + std::to_string(pid) + "/fd", code}) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone) == link)
      return true;
  }
  return false;
}

} // namespace

pid_t owner_of(uint16_t port, uint16_t remote,
               const std::vector<pid_t>& among) {
  auto inode = socket_inode(port, remote);
  auto link = "socket:[" + std::to_string(inode) + "]";
  for (auto pid : among)
    if (inode != 0 && pid != 0 && has_open(pid, link))
      return pid;
  return 0;
}

} // namespace harness
