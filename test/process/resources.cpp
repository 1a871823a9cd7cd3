// What a member takes of the machine.

#include "process/support/testing.hpp"

#include <fmt/format.h>

using namespace harness;

TEST_CASE("memory does not grow with writes to the same keys") {
  cluster servers;
  servers.start_all();
  servers.await_leader();
  std::string value(1000, 'v');
  auto put = [&](size_t count) {
    std::vector<std::thread> threads;
    for (size_t t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        auto client = servers.client(t % 3 + 1);
        for (size_t i = 0; i < count / 8; ++i)
          client.put("/kv/" + std::to_string((t * 31 + i) % 1000), value);
      });
    for (auto& thread : threads)
      thread.join();
  };
  auto measure = [&] {
    std::vector<size_t> result;
    for (size_t id = 1; id <= 3; ++id)
      result.push_back(private_bytes(servers.process(id).pid()));
    return result;
  };
  // Enough that what the log keeps in memory is full.
  size_t writes = short_run() ? 12'000 : 40'000;
  put(writes);
  auto before = measure();
  put(writes);
  auto after = measure();
  for (size_t i = 0; i < 3; ++i) {
    MESSAGE(fmt::format("member {}: {} KiB, after {} more writes {} KiB", i + 1,
                        before[i] / 1024, writes, after[i] / 1024));
    CHECK(after[i] < before[i] + before[i] / 4 + (8 << 20));
  }
}
