#include "floor.hpp"

#include "figures.hpp"
#include "load.hpp"

#include <filesystem>
#include <fstream>

namespace bench {

using harness::await;
using harness::seconds;

namespace {

/// Waits for a process and reads the figures that it printed last.
floor_cost costs_of(harness::process& who, const std::string& log,
                    std::chrono::milliseconds span) {
  auto end = who.wait(span + seconds(20));
  if (!end || end->code != 0)
    throw harness::failure{"a floor was not measured; see " + log};
  std::ifstream in{log};
  floor_cost result;
  in >> result.p50_us >> result.p99_us >> result.rate;
  return result;
}

} // namespace

machine_floor::machine_floor(const options& how)
  : how_(how),
    directory_(how.dir) {
  // nop
}

std::string machine_floor::new_file() {
  return directory_.path() + "/" + std::to_string(++files_);
}

harness::process machine_floor::start(const std::vector<std::string>& args,
                                      const std::string& log) {
  harness::command what;
  what.args = {std::filesystem::read_symlink("/proc/self/exe").string(),
               "--floor"};
  what.args.insert(what.args.end(), args.begin(), args.end());
  what.log = log;
  what.directory = directory_.path();
  return harness::process{what};
}

floor_cost machine_floor::http(size_t connections) {
  auto port = harness::free_port();
  auto server = start({"http", std::to_string(port)}, "/dev/null");
  await("the HTTP broker", [&] {
    return bool{harness::connect_to(port, harness::deadline{seconds(1)})};
  });
  auto result = run_load({.ports = {port},
                          .connections = connections,
                          .next = puts(),
                          .warm_up = how_.span / 10,
                          .span = how_.span});
  http_rate_ = result.rate();
  return {result.p50_ms * 1000, result.p99_ms * 1000, http_rate_};
}

floor_cost machine_floor::peer() {
  auto port = std::to_string(harness::free_port());
  auto log = new_file();
  auto server = start({"peer-server", port}, "/dev/null");
  await("the peer", [&] {
    return bool{harness::connect_to(static_cast<uint16_t>(std::stoi(port)),
                                    harness::deadline{seconds(1)})};
  });
  auto span = std::to_string(how_.span.count());
  auto client = start({"peer-client", port, span}, log);
  return costs_of(client, log, how_.span);
}

floor_cost machine_floor::disk(size_t value_bytes) {
  auto span = std::to_string(how_.span.count());
  auto bytes = std::to_string(value_bytes);
  std::vector<std::pair<harness::process, std::string>> all;
  for (int i = 0; i < 3; ++i) {
    auto data = new_file();
    auto log = new_file();
    all.emplace_back(start({"disk", data, span, bytes}, log), log);
  }
  // They do not begin at quite the same time: the mean of the three.
  floor_cost result;
  for (auto& [process, log] : all) {
    auto one = costs_of(process, log, how_.span);
    result.p50_us += one.p50_us / 3;
    result.p99_us += one.p99_us / 3;
    result.rate += one.rate / 3;
  }
  for (const auto& entry :
       std::filesystem::directory_iterator{directory_.path()})
    std::filesystem::remove(entry.path());
  return result;
}

} // namespace bench
