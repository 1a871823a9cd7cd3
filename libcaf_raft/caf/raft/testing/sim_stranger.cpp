#include "caf/raft/testing/sim_stranger.hpp"

#include "caf/raft/wire/codec.hpp"

#include <cstring>

namespace caf::raft::testing {

namespace {

constexpr server_id nobody{1'000'000};

bytes nonsense(random_source& rng) {
  bytes result(1 + rng() % 200);
  for (auto& x : result)
    x = static_cast<std::byte>(rng());
  return result;
}

/// A header as it should be, of a body that would fill the memory.
bytes huge_header() {
  auto whole = wire::encode(node_message{hello{}});
  auto view = whole->view().first(wire::frame_header_size);
  bytes result{view.begin(), view.end()};
  constexpr size_t size_at = 4;
  constexpr size_t check_at = 10;
  constexpr uint32_t size = 0xfffffff8;
  std::memcpy(result.data() + size_at, &size, sizeof(size));
  auto check = wire::header_check(result);
  std::memcpy(result.data() + check_at, &check, sizeof(check));
  return result;
}

hello false_hello(random_source& rng, server_id to) {
  hello result;
  result.version = wire::protocol_version;
  result.cluster = cluster_id{rng() | 1};
  result.id = server_id{1 + rng() % 7};
  result.incarnation = incarnation_t{rng() | 1};
  result.address = "stranger:1";
  result.to = to;
  result.newest_configuration = index_t{rng() % 100};
  return result;
}

} // namespace

void visit_as_stranger(sim_network& net, random_source& rng,
                       const std::string& address, server_id member) {
  auto incarnation = incarnation_t{rng() | 1};
  auto towards = net.open({nobody, incarnation}, address);
  switch (rng() % 4) {
    case 0: {
      auto me = false_hello(rng, member);
      net.send_bytes(towards, wire::encode(node_message{me})->view());
      heartbeat msg{{me.id, me.incarnation},
                    term_t{1'000'000},
                    tenure_id{1},
                    round_t{1},
                    index_t{1}};
      net.send_bytes(towards, wire::encode(group_id{1}, msg)->view());
      break;
    }
    case 1:
      net.send_bytes(towards, nonsense(rng));
      break;
    case 2:
      net.send_bytes(towards, huge_header());
      break;
    default:
      break;
  }
}

} // namespace caf::raft::testing
