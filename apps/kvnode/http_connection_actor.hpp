#pragma once

#include "kvnode/http_actors.hpp"
#include "kvnode/http_input.hpp"
#include "kvnode/http_output.hpp"
#include "kvnode/http_parser.hpp"
#include "kvnode/response_queue.hpp"

#include <caf/io/scribe.hpp>

#include <string>

namespace kvnode {

/// One connection: makes requests of what arrives, asks the group, answers in
/// order. Bounded in everything that a client could let grow; all its times are
/// kept with one timer.
class http_connection_state {
public:
  using handle = http_connection_actor;
  static constexpr const char* name = "kvnode.http_connection";

  struct setup {
    caf::io::scribe_ptr connection;
    http_environment_ptr env;
    http_acceptor_actor acceptor;
    uint64_t number = 0;
    /// There are too many connections: say so and close.
    bool refuse = false;
  };

  http_connection_state(caf::scheduled_actor* self, const setup& from);

  handle::behavior_type make_behavior();

private:
  enum class phase_t : uint8_t {
    open,
    /// No more requests are taken; it ends with the last answer.
    closing,
    /// All is sent; the client has to close.
    lingering,
    over,
  };

  void on(const raft::outcome& msg);
  void on(const raft::status_report& msg);
  void on(const raft::log_page& msg);
  void on(const raft::members_changed& msg);
  void on(const caf::io::new_data_msg& msg);
  void on(const caf::io::data_transferred_msg& msg);
  void on(const caf::io::connection_closed_msg& msg);
  void on(alarm msg);
  void on(send_answers);
  void on(read_on);
  void on(finish);

  // -- requests
  void take(std::string_view arrived);
  void take_waiting();
  size_t take_requests(std::string_view from);
  bool may_take_more() const;
  bool wants_more() const;
  void begin(const http_request& request);
  void refuse(const http_answer& why);
  void invite_body();

  // -- the group
  void ask(raft::request_id id, ask_store& what);
  void ask(raft::request_id id, ask_status&);
  void ask(raft::request_id id, ask_log& what);
  void ask(raft::request_id id, ask_leadership& what);
  void ask(raft::request_id id, ask_snapshot& what);
  void ask(raft::request_id id, ask_change& what);
  void settle(raft::request_id id, const http_answer& what);
  raft::timespan time_left() const;

  // -- the end of a turn
  void end_turn();
  void end_turn_with_others();
  void advance_closing();
  void leave();

  // -- the end of all
  void take_last();
  void answer_all();

  // -- reading
  bool may_read() const;
  void read_on_soon();

  // -- time
  void set_deadline(raft::time_point& which, bool applies,
                    raft::timespan time) const;
  void set_deadlines();
  void watch(raft::time_point deadline);

  caf::scheduled_actor* self_;
  caf::io::abstract_broker* broker_;
  setup setup_;
  const http_settings& cfg_;
  caf::io::connection_handle connection_;
  http_input input_;
  http_output output_;
  http_parser parser_;
  response_queue queue_;
  /// Of the answers that are not sent.
  share held_;
  /// What arrived and was not read by the parser.
  std::string waiting_;
  /// When the newest of it arrived.
  raft::time_point arrived_{};
  /// All of that is the beginning of something.
  bool is_beginning_ = false;
  phase_t phase_ = phase_t::open;
  /// The client has finished sending: what waits is all that it asks.
  bool all_arrived_ = false;
  /// The client was told to go on with the body of the present request.
  bool invited_ = false;
  /// A `send_answers` is under way.
  bool sending_ = false;
  /// A `read_on` is under way.
  bool reading_on_ = false;
  bool finishing_ = false;

  // Deadlines that do not apply are `max()`.
  /// For the rest of the present request.
  raft::time_point receive_by_ = raft::time_point::max();
  /// For the first byte of a request.
  raft::time_point idle_by_ = raft::time_point::max();
  /// For the client to read some of what waits for it.
  raft::time_point stall_by_ = raft::time_point::max();
  /// As above, where it sends more than we can take.
  raft::time_point push_by_ = raft::time_point::max();
  /// For the client to close after we have.
  raft::time_point linger_by_ = raft::time_point::max();
  /// Of the timer that is under way.
  raft::time_point armed_ = raft::time_point::max();
  uint64_t generation_ = 0;
};

} // namespace kvnode
