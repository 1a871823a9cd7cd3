#include "contender.hpp"

#include "etcd.hpp"
#include "hashicorp.hpp"
#include "load.hpp"
#include "raftexample.hpp"

#include "process/support/cluster.hpp"

#include <algorithm>

namespace bench {

namespace {

class kvnode_cluster : public contender {
public:
  explicit kvnode_cluster(const std::string& where)
    : members_({.where = where}) {
    members_.start_all();
  }

  std::string name() const override {
    return "kvnode";
  }

  uint16_t await_leader() override {
    return members_.http_port(members_.await_leader());
  }

  double cpu() const override {
    double result = 0;
    for (size_t id = 1; id <= members_.size(); ++id)
      result += harness::cpu_seconds(members_.process(id).pid());
    return result;
  }

  request_maker puts(size_t value_bytes, size_t keys) const override {
    return bench::puts(value_bytes, keys);
  }

  request_maker gets(size_t keys) const override {
    return bench::gets(keys);
  }

private:
  // (Its functions say that they change it.)
  mutable harness::cluster members_;
};

/// A contender that may not be there.
struct peer {
  std::string name;
  std::function<std::string()> program;
  std::function<std::unique_ptr<contender>(const std::string&)> start;
};

template <class Cluster>
peer peer_of(const std::string& name) {
  return {name, &Cluster::program, [](const std::string& where) {
            return std::make_unique<Cluster>(where);
          }};
}

std::vector<peer> all_peers() {
  return {peer_of<etcd_cluster>("etcd"),
          peer_of<hashicorp_cluster>("hashicorp"),
          peer_of<raftexample_cluster>("raftexample")};
}

} // namespace

contender::~contender() {
  // nop
}

void contender::settle() {
  // nop
}

promises contender::promised() const {
  return {};
}

std::vector<std::string> peer_names() {
  std::vector<std::string> result;
  for (auto& x : all_peers())
    result.push_back(x.name);
  return result;
}

std::vector<std::unique_ptr<contender>>
contenders(const std::string& where, const std::vector<std::string>& peers,
           const std::function<void(const std::string&)>& missing) {
  std::vector<std::unique_ptr<contender>> result;
  result.push_back(std::make_unique<kvnode_cluster>(where));
  for (auto& x : all_peers()) {
    if (std::find(peers.begin(), peers.end(), x.name) == peers.end())
      continue;
    if (x.program().empty())
      missing(x.name);
    else
      result.push_back(x.start(where));
  }
  return result;
}

} // namespace bench
