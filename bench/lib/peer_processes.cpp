#include "peer_processes.hpp"

#include <filesystem>

namespace bench {

peer_processes::peer_processes(const std::string& where)
  : directory_(where),
    members_(3) {
  for (auto& x : members_) {
    x.client_port = harness::free_port();
    x.peer_port = harness::free_port();
  }
}

double peer_processes::cpu() const {
  double result = 0;
  for (const auto& x : members_)
    result += harness::cpu_seconds(x.process.pid());
  return result;
}

uint16_t peer_processes::client_port(size_t id) const {
  return members_.at(id - 1).client_port;
}

uint16_t peer_processes::peer_port(size_t id) const {
  return members_.at(id - 1).peer_port;
}

std::string peer_processes::data_dir(size_t id) const {
  return directory_.path() + "/m" + std::to_string(id);
}

std::string
peer_processes::list(const std::function<std::string(size_t)>& text_of) const {
  std::string result;
  for (size_t id = 1; id <= size(); ++id)
    result += (id == 1 ? "" : ",") + text_of(id);
  return result;
}

void peer_processes::start(size_t id, harness::command what) {
  what.log = data_dir(id) + ".log";
  members_.at(id - 1).process = harness::process{what};
}

uint16_t peer_processes::await_any(const std::string& what,
                                   const question& is_it) const {
  uint16_t result = 0;
  harness::await(what, [&] {
    for (const auto& x : members_) {
      harness::http_client client{x.client_port, harness::seconds(2)};
      if (is_it(client))
        result = x.client_port;
    }
    return result != 0;
  });
  return result;
}

std::string built_peer(const std::string& name) {
  auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  auto path = here / "peers" / name;
  return std::filesystem::exists(path) ? path.string() : std::string{};
}

} // namespace bench
