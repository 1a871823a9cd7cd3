#pragma once

#include "caf/raft/message.hpp"
#include "caf/raft/testing/run_events.hpp"
#include "caf/raft/testing/sim_messages.hpp"
#include "caf/raft/testing/sim_system.hpp"
#include "caf/raft/transport.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace caf::raft::testing {

/// How a network behaves.
struct network_conditions {
  /// How long bytes travel: between these, as chance has it.
  timespan min_latency = std::chrono::microseconds(100);
  timespan max_latency = std::chrono::microseconds(1000);
  /// How many packets in a thousand take up to `slowest` instead.
  unsigned slow_permille = 0;
  timespan slowest = std::chrono::milliseconds(50);
  /// How many packets in a thousand are lost. As TCP has it, they are sent again
  /// after `resend_after`, then after twice that and so on, and whatever is
  /// behind them waits.
  unsigned loss_permille = 0;
  timespan resend_after = std::chrono::milliseconds(200);
  /// How many in a thousand of the messages with which members vote, replicate
  /// and acknowledge arrive a second time, at once or behind later ones. (TCP
  /// repeats nothing; but a member that sends again after a broken connection
  /// does, and Raft must not mind. What is passed on for a client is never sent
  /// again.)
  unsigned repeat_permille = 0;
  /// How many frames in a hundred arrive in pieces.
  unsigned split_percent = 10;
};

/// Watches what becomes of the messages of groups.
class network_observer {
public:
  virtual ~network_observer();

  /// @param number Of this message alone.
  virtual void on_sent(uint64_t number, server_id to, const envelope& what) = 0;

  /// The last of its bytes are there.
  virtual void on_arrived(uint64_t number) = 0;

  /// Some of its bytes never arrive, or not as they were sent.
  virtual void on_lost(uint64_t number) = 0;

  virtual void on_link_changed(const link_changed& what) = 0;
};

/// A message of a group that waits to be delivered.
struct waiting_message {
  uint64_t number = 0;
  server_id from;
  server_id to;
  envelope content;
};

/// Streams of bytes between members, as TCP has them: in order and whole, until
/// they break; what was under way then is lost from some byte on.
///
/// Time is what the driver says.
class sim_network {
public:
  /// One of the two directions of a connection.
  using direction_id = uint64_t;

  using accept_function = std::function<stream_owner(direction_id towards)>;

  explicit sim_network(random_source& rng);

  sim_network(const sim_network&) = delete;

  sim_network& operator=(const sim_network&) = delete;

  void observe(network_observer* who) {
    observer_ = who;
  }

  network_conditions& conditions() {
    return conditions_;
  }

  // -- members ----------------------------------------------------------------

  /// The process of a member is gone. What it sent still travels.
  /// @param silent Nobody tells the others (the machine is gone too): their
  ///               connections stay until `reset_silent`.
  void detach(server_id member, bool silent);

  /// The machine of a member is back and knows nothing of old connections.
  void reset_silent(server_id member);

  // -- what goes wrong --------------------------------------------------------

  /// Nothing arrives at `to` that `from` sends; it waits.
  void cut(server_id from, server_id to);

  /// Ends `cut`: what waited travels on.
  void mend(server_id from, server_id to);

  void mend_all();

  bool is_cut(server_id from, server_id to) const;

  /// Breaks all connections between two members.
  void break_connections(server_id x, server_id y);

  /// Breaks those alone that one of them made.
  void break_connections_from(server_id maker, server_id to);

  /// Breaks the newest of them alone: the one for chunks, if there is one.
  void break_newest(server_id x, server_id y);

  /// As above, but only `from` notices. All that it sent still arrives, and so
  /// late that what it says on its next connection can be there first.
  void abandon_connections(server_id from, server_id to, timespan lag);

  /// Everything takes so much longer from one member to another; zero ends it.
  void slow_down(server_id from, server_id to, timespan by);

  /// Flips a bit of something that is under way, or where nothing is sends a few
  /// bytes that mean nothing, on each connection from one member to another.
  void garble(server_id from, server_id to);

  // -- the course of time -----------------------------------------------------

  /// When something is to arrive next.
  std::optional<time_point> next_event() const;

  /// Lets everything arrive that is due.
  void advance_to(time_point now);

  // -- one message at a time --------------------------------------------------

  /// From now on messages of groups wait until they are delivered or dropped one
  /// by one; everything else arrives at once.
  void hold_messages() {
    holding_ = true;
  }

  const std::deque<waiting_message>& waiting() const {
    return waiting_;
  }

  void deliver(uint64_t number);

  void drop(uint64_t number);

  // -- for those who send -----------------------------------------------------

  void listen(const std::string& address, server_id member,
              accept_function accept);

  void stop_listening(server_id member);

  /// Makes a connection.
  /// @param opener Hears what comes back.
  /// @returns The direction towards the other side.
  direction_id open(const sender& from, const std::string& address);

  /// The direction in which answers come.
  static direction_id other(direction_id x) {
    return x ^ 1;
  }

  /// Whether it leads from the side that made the connection.
  static bool is_makers(direction_id x) {
    return x % 2 == 0;
  }

  /// Says who hears what arrives.
  void set_owner(direction_id towards, stream_owner who);

  void send(direction_id towards, const wire::frame_ptr& what);

  /// Sends what need not be a frame; nobody observes or holds it.
  void send_bytes(direction_id towards, bytes_view what);

  /// How many bytes have not arrived.
  size_t underway(direction_id towards) const;

  /// The one who sends in this direction closes the connection.
  void close(direction_id towards);

private:
  struct packet {
    enum class kind_t : uint8_t {
      open,
      data,
      end,
      /// An end that is noticed without a word from the other side.
      broken,
    };
    time_point due;
    kind_t kind = kind_t::data;
    bytes content;
    /// Of an end: why; of an opening: the address.
    std::string text;
    /// Of which message this is the last piece; zero: of none.
    uint64_t message = 0;
  };

  struct direction {
    sender from;
    server_id to;
    stream_owner owner;
    std::deque<packet> packets;
    size_t bytes_underway = 0;
    size_t messages_waiting = 0;
    bool scheduled = false;
    /// The sender has ended.
    bool closed = false;
    /// Nobody takes what arrives any more.
    bool gone = false;
    /// The sender's machine is gone, which nobody knows.
    bool silent = false;
    /// An end that has to wait for messages before it.
    std::optional<std::string> last_words;
    /// What will arrive once more.
    wire::frame_ptr repeated;
  };

  struct held_frame {
    direction_id towards;
    wire::frame_ptr content;
  };

  struct listener {
    server_id member;
    accept_function accept;
  };

  using arrival = std::pair<time_point, uint64_t>;

  // -- what goes wrong (sim_network_faults.cpp) ---------------------------------

  std::vector<direction_id> between(server_id from, server_id to) const;
  void delay(direction_id id, time_point due);
  void flip_bit(direction& of);
  void tell(const link_changed& what);

  // -- sending (sim_network.cpp) ----------------------------------------------

  direction* find(direction_id id);
  void add(direction_id id, packet what);
  void add_frame(direction_id id, bytes_view content, uint64_t message);
  void add_end(direction_id id, const std::string& reason);
  timespan latency(const direction& of);
  void repeat(direction_id id, const wire::frame_ptr& what);
  uint64_t observe(direction_id id, const wire::frame_ptr& what);

  // -- arriving (sim_network_arrival.cpp) --------------------------------------

  void schedule(direction_id id);
  void arrive(direction_id id);
  void take_data(direction_id id);
  void take_open(direction_id id, const std::string& address);
  void take_end(direction_id id, const std::string& reason);
  void lose_packets(direction_id id, const std::string& reason);
  void lose(uint64_t message);
  void lose_all(direction& of);
  void drop_waiting(const std::function<bool(const waiting_message&)>& which);
  void release(uint64_t number);
  void forget_if_over(direction_id id);

  random_source& rng_;
  network_conditions conditions_;
  network_observer* observer_ = nullptr;
  time_point now_;
  uint64_t last_connection_ = 0;
  std::map<direction_id, direction> directions_;
  std::map<std::string, listener> listeners_;
  std::set<std::pair<server_id, server_id>> cuts_;
  std::map<std::pair<server_id, server_id>, timespan> slow_;
  uint64_t last_arrival_ = 0;
  std::map<arrival, direction_id> arrivals_;
  bool holding_ = false;
  uint64_t last_message_ = 0;
  std::deque<waiting_message> waiting_;
  std::map<uint64_t, held_frame> held_;
};

} // namespace caf::raft::testing
