// How long does a snapshot of N keys hold writes up, and how long does loading it
// take? In process: the store of kvnode alone, without disk and network.

#include "lib/figures.hpp"

#include "kvnode/kv_store.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <stdexcept>

using namespace bench;
using namespace kvnode;

namespace {

constexpr size_t value_bytes = 256;
constexpr size_t piece_bytes = 256 << 10;

struct snapshot_options : options {
  size_t keys = 1'000'000;
};

using steady = std::chrono::steady_clock;

double ms_since(steady::time_point start) {
  return std::chrono::duration<double, std::milli>(steady::now() - start)
    .count();
}

/// What the process has in memory now.
double resident_mib() {
  std::ifstream in{"/proc/self/statm"};
  size_t all = 0;
  size_t resident = 0;
  in >> all >> resident;
  return static_cast<double>(resident)
         * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// A store and the writes to it.
class load {
public:
  explicit load(size_t keys) : keys_(keys) {
    for (size_t i = 0; i < keys; ++i)
      put(i);
  }

  /// Overwrites random keys.
  /// @returns How long one takes, in us.
  double overwrite(size_t count) {
    std::vector<raft::bytes> commands;
    for (size_t i = 0; i < count; ++i)
      commands.push_back(command_for(rng_() % keys_));
    auto start = steady::now();
    for (auto& x : commands)
      store.apply(++last_, x);
    return 1000 * ms_since(start) / static_cast<double>(count);
  }

  kv_store store;

private:
  raft::bytes command_for(size_t i) {
    auto key = fmt::format("key-{:012}", i * 7919 % keys_);
    return encode(command{command::op_t::put, key, raft::as_bytes(value_), {}});
  }

  void put(size_t i) {
    store.apply(++last_, command_for(i));
  }

  size_t keys_;
  std::string value_ = std::string(value_bytes, 'v');
  raft::index_t last_;
  std::mt19937_64 rng_{1};
};

using pieces = std::vector<raft::bytes>;

/// Reads a view to its end, and measures each piece.
pieces read_all(raft::state_view& from, figures& got) {
  pieces result;
  auto start = steady::now();
  double longest = 0;
  for (bool more = true; more;) {
    auto& piece = result.emplace_back();
    piece.reserve(piece_bytes + 512);
    auto before = steady::now();
    more = from.read(piece, piece_bytes);
    longest = std::max(longest, ms_since(before));
  }
  got.add("read_all_ms", ms_since(start));
  got.add("longest_read_ms", longest);
  return result;
}

void load_all(const pieces& from, size_t keys, figures& got) {
  kv_store to;
  auto start = steady::now();
  auto loader = to.loader();
  for (auto& x : from)
    loader->write(x);
  auto finish = steady::now();
  loader->finish();
  got.add("finish_ms", ms_since(finish));
  got.add("load_ms", ms_since(start));
  if (to.size() != keys)
    throw std::runtime_error{"not all keys were loaded"};
  got.add("loaded_mib", resident_mib());
}

void measure(load& from, const snapshot_options& how, figures& got) {
  auto writes = std::max<size_t>(how.keys / 20, 1);
  got.add("apply_us", from.overwrite(writes));
  got.add("before_mib", resident_mib());
  auto begin = steady::now();
  auto view = from.store.view();
  got.add("begin_ms", ms_since(begin));
  auto all = read_all(*view, got);
  got.add("with_bytes_mib", resident_mib());
  load_all(all, how.keys, got);
  all = {};
  view.reset();
  view = from.store.view();
  auto before = resident_mib();
  got.add("apply_with_view_us", from.overwrite(writes));
  got.add("kept_mib", resident_mib() - before);
}

void run(const snapshot_options& how) {
  figures got;
  load from{how.keys};
  for (size_t i = 0; i < how.runs; ++i)
    measure(from, how, got);
  auto line = [&](const char* what, const char* name, const char* unit) {
    fmt::print("{:44} {} {}\n", what, got.show(name), unit);
  };
  fmt::print("{} keys with values of {} bytes\n", how.keys, value_bytes);
  line("beginning a view", "begin_ms", "ms");
  line("longest read of 256 KiB", "longest_read_ms", "ms");
  line("reading all", "read_all_ms", "ms");
  line("loading all", "load_ms", "ms");
  line("of that, the swap at the end", "finish_ms", "ms");
  line("a write, no view open", "apply_us", "us");
  line("a write, a view open and nothing read of it", "apply_with_view_us",
       "us");
  line("memory before", "before_mib", "MiB");
  line("memory with all the bytes", "with_bytes_mib", "MiB");
  line("memory with the bytes and a second store", "loaded_mib", "MiB");
  line("memory that those writes added", "kept_mib", "MiB");
  got.print_json(how, "snapshot");
}

} // namespace

int main(int argc, char** argv) {
  snapshot_options how;
  return bench::answer(
    argc, argv,
    "How long does a snapshot hold writes up, and how long does loading it "
    "take, in process?",
    [&](const options& common) {
      static_cast<options&>(how) = common;
      if (how.smoke)
        how.keys = 10'000;
      run(how);
    },
    [&](CLI::App& app) {
      app.add_option("--keys", how.keys, "how many")
        ->check(CLI::PositiveNumber);
    });
}
