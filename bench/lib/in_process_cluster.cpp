#include "in_process_cluster.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

namespace bench {

namespace {

constexpr size_t member_count = 3;

std::string addresses() {
  std::string result;
  for (size_t i = 0; i < member_count; ++i)
    result += fmt::format("{}127.0.0.1:{}", i == 0 ? "" : ",",
                          harness::free_port());
  return result;
}

bool parse(const std::string& answer, burst& to) {
  std::istringstream in{answer};
  in >> to.done >> to.seconds >> to.p50_us >> to.p99_us;
  return !in.fail() && to.done > 0;
}

} // namespace

in_process_cluster::in_process_cluster(std::string name,
                                       const std::vector<std::string>& program,
                                       const std::string& where)
  : name_(std::move(name)),
    directory_(where) {
  auto all = addresses();
  for (size_t id = 1; id <= member_count; ++id) {
    auto dir = fmt::format("{}/m{}", directory_.path(), id);
    std::filesystem::create_directory(dir);
    auto args = program;
    args.insert(args.end(), {std::to_string(id), all, dir});
    members_.emplace_back(args, dir);
  }
}

burst in_process_cluster::run(size_t outstanding,
                              std::chrono::milliseconds span) {
  burst result;
  auto line = fmt::format("run {} {}", outstanding, span.count());
  harness::await(
    "commands of " + name_,
    [&] {
      return parse(await_leader().ask(line, span + harness::seconds(30)),
                   result);
    },
    3 * span + harness::seconds(60));
  return result;
}

double in_process_cluster::cpu() const {
  double result = 0;
  for (const auto& x : members_)
    result += x.cpu();
  return result;
}

line_process& in_process_cluster::await_leader() {
  line_process* result = nullptr;
  harness::await("a leader of " + name_, [&] {
    for (auto& x : members_)
      if (x.ask("leads", harness::seconds(30)) == "yes")
        result = &x;
    return result != nullptr;
  });
  return *result;
}

} // namespace bench
