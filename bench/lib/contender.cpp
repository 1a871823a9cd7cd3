#include "contender.hpp"

#include "etcd.hpp"
#include "hashicorp.hpp"
#include "load.hpp"

#include "process/support/cluster.hpp"

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

} // namespace

contender::~contender() {
  // nop
}

std::vector<std::unique_ptr<contender>>
contenders(const std::string& where,
           const std::function<void(const std::string&)>& missing) {
  std::vector<std::unique_ptr<contender>> result;
  result.push_back(std::make_unique<kvnode_cluster>(where));
  if (etcd_cluster::program().empty())
    missing("etcd");
  else
    result.push_back(std::make_unique<etcd_cluster>(where));
  if (hashicorp_cluster::program().empty())
    missing("hashicorp");
  else
    result.push_back(std::make_unique<hashicorp_cluster>(where));
  return result;
}

} // namespace bench
