#include "process/support/workload.hpp"

#include <charconv>

namespace harness {

using caf::raft::testing::op_kind;
using caf::raft::testing::op_result;

struct workload::client {
  uint64_t id;
  std::mt19937_64 random;
  /// To each member.
  std::vector<http_client> servers;
  /// The versions that this client saw last.
  std::map<std::string, uint64_t> seen = {};
  uint64_t count = 0;

  http_client& any_server() {
    return servers[random() % servers.size()];
  }

  std::string unique_value() {
    return "c" + std::to_string(id) + "-" + std::to_string(++count);
  }
};

namespace {

http_request request_for(const operation& op) {
  http_request result;
  result.target = "/kv/" + op.key;
  if (op.kind == op_kind::put)
    result.method = "PUT";
  else if (op.kind == op_kind::remove)
    result.method = "DELETE";
  result.body = op.value;
  if (op.expected && *op.expected == 0)
    result.headers.emplace_back("If-None-Match", "*");
  else if (op.expected)
    result.headers.emplace_back("If-Match",
                                "\"" + std::to_string(*op.expected) + "\"");
  return result;
}

op_result result_of_get(const http_answer& answer) {
  if (answer.status == 200)
    return op_result::ok;
  return answer.status == 404 ? op_result::absent : op_result::failed;
}

op_result result_of_write(const http_answer& answer) {
  switch (answer.status) {
    case 204:
      return op_result::ok;
    case 404:
      return op_result::absent;
    case 412:
      return op_result::mismatch;
    case 429:
    case 503:
      return op_result::failed;
    default:
      return answer.what == outcome::not_sent ? op_result::failed
                                              : op_result::unknown;
  }
}

bool may_be(const operation& op, const http_answer& answer) {
  switch (answer.status) {
    case 0:
    case 429:
    case 503:
      return true;
    case 200:
      return op.kind == op_kind::get;
    case 204:
      return op.kind != op_kind::get;
    case 404:
      return op.kind != op_kind::put;
    case 412:
      return op.expected.has_value();
    case 504:
      return op.kind != op_kind::get;
    default:
      return false;
  }
}

} // namespace

uint64_t version_of(const http_answer& answer) {
  auto text = answer.header("etag");
  uint64_t result = 0;
  if (text.size() > 2)
    std::from_chars(text.data() + 1, text.data() + text.size() - 1, result);
  return result;
}

bool settle(operation& done, const http_answer& answer) {
  done.result = done.kind == op_kind::get ? result_of_get(answer)
                                          : result_of_write(answer);
  if (done.result == op_result::ok) {
    done.version = version_of(answer);
    if (done.kind == op_kind::get)
      done.value = answer.body;
  }
  if (done.result == op_result::unknown)
    done.returned = operation::never;
  return may_be(done, answer);
}

workload::workload(const cluster& servers, workload_options options)
  : servers_(servers),
    options_(options) {
  for (size_t i = 0; i < options_.clients; ++i)
    threads_.emplace_back([this, i] { run(i); });
}

workload::~workload() {
  stop();
}

history workload::stop() {
  stop_ = true;
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
  return history_;
}

std::string workload::counts() const {
  std::string result;
  for (const auto& [what, count] : counts_)
    result += (result.empty() ? "" : ", ") + what + ": "
              + std::to_string(count);
  return result;
}

operation workload::next_operation(client& self) {
  auto dice = self.random() % 100;
  auto epoch = (steady::now() - start_) / options_.epoch;
  operation next;
  next.client = self.id;
  next.key = "k" + std::to_string(epoch) + "-"
             + std::to_string(self.random() % options_.keys);
  if (dice < 38)
    next.kind = op_kind::get;
  else
    next.kind = dice < 92 ? op_kind::put : op_kind::remove;
  if (next.kind == op_kind::put)
    next.value = self.unique_value();
  auto version = self.seen[next.key];
  if (dice >= 68 && next.kind == op_kind::put)
    next.expected = version; // Zero: only if there is none.
  else if (dice >= 96 && version != 0)
    next.expected = version;
  return next;
}

void workload::do_one(client& self) {
  auto now = [this] {
    return static_cast<uint64_t>((steady::now() - start_).count());
  };
  auto next = next_operation(self);
  next.invoked = now();
  auto answer = self.any_server().send(request_for(next));
  next.returned = now();
  if (version_of(answer) != 0 || answer.status == 404)
    self.seen[next.key] = version_of(answer);
  if (answer.what != outcome::answered)
    self.id += options_.clients; // It may be done later: another one goes on.
  write_down(std::move(next), answer);
}

void workload::run(size_t number) {
  client self{number, std::mt19937_64{options_.seed * 1000 + number}, {}};
  for (size_t id = 1; id <= servers_.size(); ++id)
    self.servers.push_back(servers_.client(id, options_.limit));
  while (!stop_) {
    if (self.random() % 8 == 0)
      put_once(self);
    else
      do_one(self);
    auto rest = static_cast<uint64_t>(options_.rest.count()) * 1000;
    std::this_thread::sleep_for(microseconds(self.random() % (rest + 1)));
  }
}

void workload::write_down(operation done, const http_answer& answer) {
  auto fine = settle(done, answer);
  if (done.kind != op_kind::get && done.result == op_result::ok)
    ++acknowledged_;
  std::lock_guard guard{mutex_};
  ++counts_[to_string(answer)];
  if (!fine)
    surprises_.push_back(to_string(answer) + " " + answer.body + " to "
                         + to_string(done));
  history_.push_back(std::move(done));
}

void workload::put_once(client& self) {
  auto value = self.unique_value();
  auto key = "kept-" + value;
  auto answer = self.any_server().put("/kv/" + key, value);
  if (answer.status != 204)
    return;
  ++acknowledged_;
  std::lock_guard guard{mutex_};
  kept_.emplace(std::move(key), std::move(value));
}

} // namespace harness
