// The bytes of a few frames: what older and newer versions must understand. A
// change here is a change of the protocol.

#include "caf/raft/wire/codec.hpp"
#include "wire/samples.hpp"

#include <doctest/doctest.h>

using namespace caf::raft;
using namespace caf::raft::wire;
using namespace sample;

TEST_CASE("the bytes of a heartbeat") {
  heartbeat what{{},         term_t{2},  tenure_id{3},    round_t{4},
                 index_t{5}, index_t{6}, incarnation_t{7}};
  CHECK(hex(encode(group_id{1}, what)->view())
        == "5241465458000000\n"
           "0102e8be3366699d\n"
           "000000000a000000\n"
           "0000000002000100\n"
           "0100000000000000\n"
           "0400000000000000\n"
           "0000000006000000\n"
           "0200000000000000\n"
           "0300000000000000\n"
           "0400000000000000\n"
           "0500000000000000\n"
           "0600000000000000\n"
           "0700000000000000\n");
}

TEST_CASE("the bytes of a hello") {
  hello what{protocol_version, cluster_id{0x1122334455667788},
             server_id{2},     incarnation_t{0xaa},
             "127.0.0.1:9021", server_id{1},
             index_t{7}};
  CHECK(hex(encode(what)->view())
        == "5241465468000000\n"
           "0101073d54aae245\n"
           "000000000c000000\n"
           "0000000001000100\n"
           "0000000000000000\n"
           "0000000006000100\n"
           "0100000001000000\n"
           "8877665544332211\n"
           "0200000000000000\n"
           "aa00000000000000\n"
           "0100000000000000\n"
           "0700000000000000\n"
           "010000007a000000\n"
           "3132372e302e302e\n"
           "313a393032310000\n");
}

TEST_CASE("the bytes of an append_entries with two entries") {
  append_entries what;
  what.term = term_t{3};
  what.tenure = tenure_id{0xbb};
  what.prev = {term_t{2}, index_t{9}};
  what.commit = index_t{8};
  what.entries = {entry::make(index_t{10}, term_t{3}, entry_kind::noop, {}),
                  entry::make(index_t{11}, term_t{3}, entry_kind::command,
                              as_bytes("hello"))};
  CHECK(hex(encode(group_id{1}, what)->view())
        == "52414654a0000000\n"
           "01028b5bce54f6d6\n"
           "0000000013000000\n"
           "0000000002000100\n"
           "0100000000000000\n"
           "0200000000000000\n"
           "0000000005000100\n"
           "0300000000000000\n"
           "bb00000000000000\n"
           "0200000000000000\n"
           "0900000000000000\n"
           "0800000000000000\n"
           "0100000016000000\n"
           "05000000c2000000\n"
           "0d00000002010000\n"
           "ae12497e00000000\n"
           "0300000000000000\n"
           "0000000000000000\n"
           "f3f16a1205000000\n"
           "0300000000000000\n"
           "0100000000000000\n"
           "68656c6c6f000000\n");
}
