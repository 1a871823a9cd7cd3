// The tools of the tests of this directory, without kvnode.

#include "process/support/testing.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>

using namespace harness;

namespace {

std::string contents_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A directory with a disk of its own, in which dd overwrites a file.
struct dd_fixture {
  temporary_directory top;
  std::string data = top.path() + "/data";
  std::string file = data + "/file";
  faulty_disk disk{data, top.path() + "/disk"};
  std::string before = std::string(16384, 'a');
  std::string after = std::string(20480, 'b');

  dd_fixture() {
    std::filesystem::create_directory(data);
    std::ofstream{file, std::ios::binary} << before;
    std::ofstream{top.path() + "/new", std::ios::binary} << after;
  }

  exit_status overwrite(const std::string& how) {
    command dd;
    dd.args = {"/bin/dd", "if=" + top.path() + "/new", "of=" + file, "bs=4096",
               "conv=" + how};
    dd.environment = disk.environment();
    return process{dd}.wait(seconds(10)).value();
  }
};

} // namespace

TEST_CASE_FIXTURE(dd_fixture, "what was not synced is lost with the power") {
  REQUIRE(overwrite("notrunc").code == 0);
  CHECK(contents_of(file) == after);
  CHECK(disk.lose_power(0) == 5);
  CHECK(contents_of(file) == before);
  CHECK(disk.lose_power(0) == 0);
}

TEST_CASE_FIXTURE(dd_fixture, "what was synced is not lost with the power") {
  REQUIRE(overwrite("notrunc,fdatasync").code == 0);
  CHECK(disk.syncs() == 1);
  CHECK(disk.lose_power(0) == 0);
  CHECK(contents_of(file) == after);
}

TEST_CASE_FIXTURE(dd_fixture, "some of what was not synced may survive") {
  REQUIRE(overwrite("notrunc").code == 0);
  disk.lose_power(1);
  auto left = contents_of(file);
  left.resize(before.size());
  for (size_t page = 0; page < left.size(); page += 4096) {
    auto text = left.substr(page, 4096);
    CHECK((text == before.substr(0, 4096) || text == after.substr(0, 4096)));
  }
}

TEST_CASE_FIXTURE(dd_fixture,
                  "a killed process leaves what can be lost later") {
  REQUIRE(overwrite("notrunc").code == 0);
  REQUIRE(overwrite("notrunc").code == 0);
  CHECK(disk.lose_power(4) == 10);
  CHECK(contents_of(file) == before);
}

TEST_CASE_FIXTURE(dd_fixture, "a full disk takes no growth, and all else") {
  disk.set(DISK_FULL);
  CHECK(overwrite("notrunc").code != 0);
  CHECK(contents_of(file) == after.substr(0, before.size()));
  CHECK(disk.met() == 1);
  disk.set(DISK_WELL);
  CHECK(overwrite("notrunc").code == 0);
  CHECK(contents_of(file) == after);
}

TEST_CASE_FIXTURE(dd_fixture, "a broken disk fails writes, or syncs") {
  disk.set(DISK_WRITE_FAILS);
  CHECK(overwrite("notrunc").code != 0);
  CHECK(contents_of(file) == before);
  disk.set(DISK_SYNC_FAILS);
  CHECK(overwrite("notrunc,fdatasync").code != 0);
}

TEST_CASE("the network cuts each direction for itself") {
  network net{2};
  // Both members are this process; so the first connection is the first one's.
  net.set_process(1, getpid());
  auto listener = listen_on(net.real_port(2));
  deadline limit{seconds(10)};
  auto client = connect_to(net.announced_port(2), limit);
  REQUIRE(client);
  file_descriptor server{
    accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  auto pass = [&](int from, int to, milliseconds bound) {
    std::string got;
    REQUIRE(send_all(from, "x", limit));
    auto result = receive_some(to, got, deadline{bound});
    return result == received::bytes ? got : std::string{};
  };
  CHECK(pass(client.get(), server.get(), seconds(5)) == "x");
  CHECK(pass(server.get(), client.get(), seconds(5)) == "x");
  net.set(1, 2, path::stalled);
  CHECK(pass(server.get(), client.get(), seconds(5)) == "x");
  CHECK(pass(client.get(), server.get(), milliseconds(50)).empty());
  net.heal();
  CHECK(pass(client.get(), server.get(), seconds(5)).starts_with("x"));
  net.set_both(1, 2, path::refused);
  std::string got;
  CHECK(receive_some(client.get(), got, limit) == received::broken);
}

TEST_CASE("a process that is stopped can be killed") {
  command sleep;
  sleep.args = {"/bin/sleep", "100"};
  process child{sleep};
  child.send(SIGSTOP);
  CHECK(child.running());
  CHECK(!child.wait(milliseconds(20)));
  child.kill();
  CHECK(!child.running());
  CHECK(child.wait(seconds(0))->signal == SIGKILL);
}
