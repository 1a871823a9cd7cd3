// In process, without a protocol for clients: three processes, each a member,
// durable, and the leader's process keeps N commands of 256 bytes outstanding.
// libcaf_raft beside Debian's libraft, which `bench/compare_in_process`
// installs and builds.

#include "lib/figures.hpp"
#include "lib/in_process_cluster.hpp"
#include "lib/in_process_member.hpp"
#include "lib/peer_processes.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <list>

using namespace bench;

namespace {

constexpr size_t counts[]{1, 16, 64, 256};

std::string name_of(const std::string& who, size_t outstanding,
                    const char* figure) {
  return fmt::format("{}_{}_{}", who, outstanding, figure);
}

class comparison {
public:
  explicit comparison(const options& how) : how_(how) {
    add("caf_raft",
        {std::filesystem::read_symlink("/proc/self/exe").string(), "--member"});
    auto libraft = built_peer("libraft");
    if (libraft.empty()) {
      fmt::print("libraft is not there: it is not compared\n");
      return;
    }
    add("libraft", {libraft});
    // With snapshots as seldom as ours are.
    add("libraft_rare", {libraft, "100000"});
  }

  void take_turns(size_t outstanding) {
    for (auto& x : all_)
      measure(x, outstanding);
  }

  void show() const {
    fmt::print("{:>11} {:13} | {:28} {:>6} | {:24} {:>6} | {:24} {:>6} | {}\n",
               "outstanding", "", "commits/s (min .. max)", "ratio", "p50 us",
               "ratio", "p99 us", "ratio", "CPU us");
    for (auto outstanding : counts)
      for (auto& x : all_)
        show(x.name(), outstanding);
    fmt::print(
      "ratios: caf_raft to this one; wanted of libraft's rate with 16, "
      "64 and 256: at least 1.5\n"
      "libraft takes a snapshot every 1,024 commands, as by default; _rare: "
      "every 100,000, as caf_raft does\n"
      "CPU: of all three processes, the one who asks included, for a "
      "command\n");
  }

  const figures& got() const {
    return got_;
  }

private:
  void add(const std::string& name, const std::vector<std::string>& program) {
    all_.emplace_back(name, program, how_.dir);
    // Memory, files and connections are as large as they will be.
    all_.back().run(counts[3], how_.span / 2);
  }

  void measure(in_process_cluster& who, size_t outstanding) {
    auto before = who.cpu();
    auto result = who.run(outstanding, how_.span);
    auto done = static_cast<double>(result.done);
    auto add = [&](const char* figure, double value) {
      got_.add(name_of(who.name(), outstanding, figure), value);
    };
    add("rate", done / result.seconds);
    add("p50_us", result.p50_us);
    add("p99_us", result.p99_us);
    add("cpu_us", (who.cpu() - before) * 1e6 / done);
  }

  void show(const std::string& who, size_t outstanding) const {
    auto name = [&](const char* figure) {
      return name_of(who, outstanding, figure);
    };
    auto ratio = [&](const char* figure) {
      return got_.median_of(name_of("caf_raft", outstanding, figure))
             / got_.median_of(name(figure));
    };
    fmt::print(
      "{:11} {:13} | {:28} {:6.2f} | {:24} {:6.2f} | {:24} {:6.2f} | {:.0f}\n",
      outstanding, who, got_.show(name("rate"), 0), ratio("rate"),
      got_.show(name("p50_us"), 0), ratio("p50_us"),
      got_.show(name("p99_us"), 0), ratio("p99_us"),
      got_.median_of(name("cpu_us")));
  }

  options how_;
  std::list<in_process_cluster> all_;
  figures got_;
};

void run(const options& how) {
  comparison all{how};
  for (size_t run = 0; run < how.runs; ++run)
    for (auto outstanding : counts)
      all.take_turns(outstanding);
  all.show();
  all.got().print_json(how, "in_process");
}

} // namespace

int main(int argc, char** argv) {
  // For ourselves: PROGRAM --member ID ADDRESSES DIR
  if (argc == 5 && std::string{argv[1]} == "--member")
    return become_member({argv + 2, argv + argc});
  return answer(argc, argv,
                "In process, durable, N commands of 256 bytes outstanding: "
                "commits a second, and how long they take, beside libraft?",
                run);
}
