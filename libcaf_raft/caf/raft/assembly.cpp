#include "caf/raft/assembly.hpp"

#include "caf/raft/log_reader_actor.hpp"
#include "caf/raft/node_actor.hpp"
#include "caf/raft/server_actor.hpp"
#include "caf/raft/snapshotter_actor.hpp"

namespace caf::raft {

assembly::assembly(actor_system& sys, std::shared_ptr<storage::log_store> store,
                   std::shared_ptr<storage::snapshot_store> snapshots,
                   std::shared_ptr<transport> net, assembly_settings cfg)
  : sys_(sys),
    store_(std::move(store)),
    net_(std::move(net)),
    cfg_(std::move(cfg)),
    rng_(cfg_.seed) {
  auto reader = std::shared_ptr<storage::log_reader>{store_->reader()};
  log_ = spawn_at<log_actor_state>(sys_, cfg_.where.log, store_, cfg_.log,
                                   cfg_.fatal);
  reader_ = spawn_at<log_reader_state>(sys_, cfg_.where.log_reader,
                                       std::move(reader), cfg_.fatal);
  snapshotter_ = spawn_at<snapshotter_state>(
    sys_, cfg_.where.snapshotter, std::move(snapshots), cfg_.log, cfg_.fatal);
  node_setup node;
  auto& me = store_->who();
  node.id = me.id;
  node.incarnation = me.incarnation;
  node.cluster = me.cluster;
  node.zero = me.zero;
  node.initial_members = cfg_.initial_members;
  node.address = cfg_.address;
  node.join = cfg_.join;
  node.expected_cluster = cfg_.expected_cluster;
  node.log = log_;
  node.net = net_;
  node.log_to = cfg_.log;
  node.seed = rng_();
  node.place = cfg_.where.front;
  node_ = spawn_at<node_state>(sys_, cfg_.where.front, std::move(node));
}

server_actor assembly::add_group(const group_settings& cfg) {
  auto setup = std::make_shared<server_setup>();
  setup->group = cfg.group;
  setup->cfg = cfg.cfg;
  setup->self = {store_->who().id, store_->who().incarnation};
  setup->log = log_;
  setup->reader = reader_;
  setup->snapshotter = snapshotter_;
  setup->node = node_;
  setup->make_machine = cfg.make;
  setup->applier_place = cfg.quick ? cfg_.where.front : cfg_.where.applier;
  setup->role_place = cfg_.where.front;
  setup->seed = rng_();
  setup->log_to = cfg_.log;
  setup->fatal = cfg_.fatal;
  setup->removed = cfg_.removed;
  setup->address = cfg_.address;
  auto result = spawn_at<server_state>(sys_, cfg_.where.front,
                                       std::move(setup));
  post_from_outside(node_, raft::add_group{cfg.group, result});
  return result;
}

} // namespace caf::raft
