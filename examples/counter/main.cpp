// A counter replicated inside an ordinary CAF application: three nodes in one
// process here, on three machines in earnest.

#include "caf/raft/all.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <filesystem>

struct add {
  int64_t amount = 0;
};

struct total {};

template <class Archive>
void fields(Archive& ar, add& x) {
  ar(x.amount);
}

template <class Archive>
void fields(Archive&, total&) {
}

class counter {
public:
  using commands = caf::raft::list<add>;
  using queries = caf::raft::list<total>;
  static constexpr bool quick = true;

  int64_t apply(caf::raft::index_t, const add& x) {
    return sum_ += x.amount;
  }

  int64_t query(const total&) {
    return sum_;
  }

  template <class Archive>
  friend void fields(Archive& ar, counter& x) {
    ar(x.sum_);
  }

private:
  int64_t sum_ = 0;
};

CAF_BEGIN_TYPE_ID_BLOCK(counter, caf::raft::first_application_type_id)
CAF_ADD_TYPE_ID(counter, (add))
CAF_ADD_TYPE_ID(counter, (total))
CAF_END_TYPE_ID_BLOCK(counter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(add)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(total)

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  auto base = argc > 1 ? std::filesystem::path{argv[1]}
                       : std::filesystem::temp_directory_path() / "counter";
  std::vector<std::string> members{"127.0.0.1:9021", "127.0.0.1:9022",
                                   "127.0.0.1:9023"};
  caf::actor_system_config cfg;
  caf::raft::configure(cfg);
  caf::actor_system sys{cfg};
  std::vector<std::unique_ptr<caf::raft::node>> nodes;
  std::vector<caf::raft::group_of<counter>> groups;
  for (uint64_t id = 1; id <= members.size(); ++id) {
    caf::raft::node_settings me;
    me.id = caf::raft::server_id{id};
    me.members = members;
    me.data_dir = (base / fmt::format("counter-{}", id)).string();
    auto started = caf::raft::node::start(sys, me);
    if (!started) {
      fmt::print(stderr, "{}\n", started.error().text);
      return 1;
    }
    nodes.push_back(std::move(*started));
    groups.push_back(*nodes.back()->spawn_group<counter>());
  }
  caf::scoped_actor self{sys};
  auto fail = [](const caf::error& err) {
    fmt::print(stderr, "{}\n", to_string(err));
    std::exit(1);
  };
  self->request(groups[0], 10s, add{5})
    .receive([](int64_t sum) { fmt::print("added 5: {}\n", sum); }, fail);
  self->request(groups[2], 10s, total{})
    .receive([](int64_t sum) { fmt::print("member 3 reads {}\n", sum); }, fail);
  for (auto& x : nodes)
    x->stop(5s);
}
