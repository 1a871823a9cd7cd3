#include "caf/raft/core/tenure.hpp"

#include "caf/raft/assert.hpp"
#include "caf/raft/core/membership.hpp"

#include <algorithm>

namespace caf::raft::core {

namespace {

/// Messages by how the fence treats them. See the table at `fence`.
struct border {
  term_t own;
  tenure_id tenure;
  bool leader_is_alive;

  passage by_term(term_t other, passage stale, passage same) const {
    switch (compare_terms(own, other)) {
      case term_order::stale:
        return stale;
      case term_order::same:
        return same;
      default:
        return passage::newer_term;
    }
  }

  passage deliver_to(tenure_id other) const {
    return other == tenure ? passage::deliver : passage::drop;
  }

  passage request(term_t other) const {
    return by_term(other, passage::refuse, passage::deliver);
  }

  passage notice(term_t other) const {
    return by_term(other, passage::drop, passage::deliver);
  }

  passage answer(term_t other, tenure_id to) const {
    return by_term(other, passage::drop, deliver_to(to));
  }

  passage operator()(const request_vote& msg) const {
    auto result = request(msg.term);
    if (result != passage::newer_term)
      return result;
    if (msg.pre_vote)
      return passage::deliver;
    return leader_is_alive && !msg.transfer ? passage::refuse : result;
  }

  passage operator()(const vote_result& msg) const {
    if (!msg.pre_vote)
      return answer(msg.term, msg.tenure);
    if (msg.granted)
      return msg.term == own + 1 ? deliver_to(msg.tenure) : passage::drop;
    return by_term(msg.term, deliver_to(msg.tenure), deliver_to(msg.tenure));
  }

  passage operator()(const append_entries& msg) const {
    return request(msg.term);
  }

  passage operator()(const append_result& msg) const {
    return answer(msg.term, msg.tenure);
  }

  passage operator()(const heartbeat& msg) const {
    return request(msg.term);
  }

  passage operator()(const heartbeat_result& msg) const {
    return answer(msg.term, msg.tenure);
  }

  passage operator()(const commit_notice& msg) const {
    return notice(msg.term);
  }

  passage operator()(const timeout_now& msg) const {
    return notice(msg.term);
  }

  passage operator()(const propose& msg) const {
    return request(msg.term);
  }

  passage operator()(const propose_result& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }

  passage operator()(const read_index& msg) const {
    return request(msg.term);
  }

  passage operator()(const read_index_result& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }

  passage operator()(const request_transfer& msg) const {
    return request(msg.term);
  }

  passage operator()(const transfer_result& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }

  passage operator()(const install_snapshot& msg) const {
    return request(msg.term);
  }

  passage operator()(const install_result& msg) const {
    return answer(msg.term, msg.tenure);
  }

  passage operator()(const farewell& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }

  passage operator()(const farewell_result& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }

  passage operator()(const request_change& msg) const {
    return request(msg.term);
  }

  passage operator()(const change_result& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }

  passage operator()(const removal_notice& msg) const {
    return by_term(msg.term, passage::deliver, passage::deliver);
  }
};

/// Makes the answers to refused requests.
struct refuser {
  sender self;
  term_t own;

  std::optional<message> operator()(const request_vote& msg) const {
    return vote_result{self, own, msg.tenure, msg.pre_vote, false};
  }

  std::optional<message> operator()(const append_entries& msg) const {
    return append_result{self, own, msg.tenure, false, msg.prev.index, {}};
  }

  std::optional<message> operator()(const heartbeat& msg) const {
    return heartbeat_result{self, own, msg.tenure, msg.round};
  }

  std::optional<message> operator()(const propose& msg) const {
    propose_result result{self, own, {}};
    for (auto& x : msg.proposals)
      result.results.push_back({x.id, errc::no_leader, {}});
    return result;
  }

  std::optional<message> operator()(const read_index& msg) const {
    return read_index_result{self, own, msg.id, errc::no_leader, {}, {}};
  }

  std::optional<message> operator()(const request_transfer& msg) const {
    return transfer_result{self, own, msg.id, errc::no_leader, {}};
  }

  std::optional<message> operator()(const install_snapshot& msg) const {
    return install_result{self,          own, msg.tenure,
                          msg.head.last, 0,   errc::no_leader};
  }

  std::optional<message> operator()(const request_change& msg) const {
    return change_result{self, own, msg.id, errc::no_leader, {}, {}, {}, {}};
  }

  std::optional<message> operator()(const auto&) const {
    return std::nullopt;
  }
};

struct naming {
  const char* operator()(const request_vote&) const {
    return "request_vote";
  }

  const char* operator()(const vote_result&) const {
    return "vote_result";
  }

  const char* operator()(const append_entries&) const {
    return "append_entries";
  }

  const char* operator()(const append_result&) const {
    return "append_result";
  }

  const char* operator()(const heartbeat&) const {
    return "heartbeat";
  }

  const char* operator()(const heartbeat_result&) const {
    return "heartbeat_result";
  }

  const char* operator()(const commit_notice&) const {
    return "commit_notice";
  }

  const char* operator()(const timeout_now&) const {
    return "timeout_now";
  }

  const char* operator()(const propose&) const {
    return "propose";
  }

  const char* operator()(const propose_result&) const {
    return "propose_result";
  }

  const char* operator()(const read_index&) const {
    return "read_index";
  }

  const char* operator()(const read_index_result&) const {
    return "read_index_result";
  }

  const char* operator()(const request_transfer&) const {
    return "request_transfer";
  }

  const char* operator()(const transfer_result&) const {
    return "transfer_result";
  }

  const char* operator()(const install_snapshot&) const {
    return "install_snapshot";
  }

  const char* operator()(const install_result&) const {
    return "install_result";
  }

  const char* operator()(const farewell&) const {
    return "farewell";
  }

  const char* operator()(const farewell_result&) const {
    return "farewell_result";
  }

  const char* operator()(const request_change&) const {
    return "request_change";
  }

  const char* operator()(const change_result&) const {
    return "change_result";
  }

  const char* operator()(const removal_notice&) const {
    return "removal_notice";
  }
};

} // namespace

term_order compare_terms(term_t own, term_t other) {
  if (other < own)
    return term_order::stale;
  return other == own ? term_order::same : term_order::newer;
}

passage fence(term_t own, tenure_id tenure, const message& what,
              bool leader_is_alive) {
  return std::visit(border{own, tenure, leader_is_alive}, what);
}

std::optional<message> answer_stale(const sender& self, term_t own,
                                    const message& what) {
  return std::visit(refuser{self, own}, what);
}

std::optional<message> answer_unready(const sender& self, const message& what) {
  if (std::holds_alternative<farewell>(what))
    return farewell_result{self, term_t{}};
  auto is_request = std::holds_alternative<propose>(what)
                    || std::holds_alternative<read_index>(what)
                    || std::holds_alternative<request_transfer>(what)
                    || std::holds_alternative<request_change>(what);
  return is_request ? answer_stale(self, term_t{}, what) : std::nullopt;
}

bool settles_requests(const message& what) {
  return std::holds_alternative<propose_result>(what)
         || std::holds_alternative<read_index_result>(what)
         || std::holds_alternative<transfer_result>(what)
         || std::holds_alternative<change_result>(what)
         || std::holds_alternative<farewell>(what)
         || std::holds_alternative<farewell_result>(what);
}

const sender& sender_of(const message& what) {
  return std::visit([](auto& msg) -> const sender& { return msg.from; }, what);
}

term_t term_of(const message& what) {
  return std::visit([](auto& msg) { return msg.term; }, what);
}

const char* name_of(const message& what) {
  return std::visit(naming{}, what);
}

bool is_name_of_message(std::string_view name) {
  auto is_one_of = [name]<class... Ts>(const std::variant<Ts...>*) {
    return ((naming{}(Ts{}) == name) || ...);
  };
  request_vote pre_vote;
  pre_vote.pre_vote = true;
  vote_result pre_vote_answer;
  pre_vote_answer.pre_vote = true;
  return is_one_of(static_cast<const message*>(nullptr))
         || naming{}(pre_vote) == name || naming{}(pre_vote_answer) == name;
}

tenure next_tenure(tenure from, term_t term, tenure_id number) {
  CAF_RAFT_ASSERT(term >= from.term);
  if (term > from.term) {
    from.term = term;
    from.voted_for = server_id{};
    from.leader = server_id{};
  }
  from.number = number;
  return from;
}

timespan random_timeout(const settings& cfg, uint64_t draw) {
  CAF_RAFT_ASSERT(cfg.election_timeout > timespan::zero());
  auto jitter = cfg.election_jitter.value_or(cfg.election_timeout);
  if (jitter == timespan::zero())
    return cfg.election_timeout;
  auto range = static_cast<uint64_t>(jitter.count());
  return cfg.election_timeout
         + timespan{static_cast<timespan::rep>(draw % range)};
}

bool advance_commit(tenure& self, index_t to) {
  to = std::min(to, self.log.last_index());
  if (to <= self.commit_index)
    return false;
  self.commit_index = to;
  return true;
}

index_t applicable_index(const tenure& self) {
  return std::min(self.commit_index, self.log.durable_index());
}

bool may_campaign(const tenure& self) {
  auto votes = [&](const configuration& conf) {
    return is_voter(conf, self.self.id) && names(conf, self.self);
  };
  auto& newest = self.log.newest_configuration();
  if (votes(*newest.value))
    return true;
  return newest.index > self.commit_index
         && votes(*self.log.configuration_at(self.commit_index).value);
}

} // namespace caf::raft::core
