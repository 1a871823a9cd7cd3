#include "caf/raft/testing/swarm_shrink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

namespace caf::raft::testing {

namespace {

using std::chrono::milliseconds;

constexpr auto shortest = milliseconds(1);

timespan in_milliseconds(timespan x) {
  return std::chrono::ceil<milliseconds>(x);
}

bool has_digit(std::string_view word) {
  return std::any_of(word.begin(), word.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Looks for smaller plans, from the one that it has found last.
class shrinker {
public:
  shrinker(const swarm_plan& plan, plan_reduction begin, size_t budget,
           const swarm_runner& run)
    : plan_(plan),
      budget_(budget),
      run_(run) {
    found_.reduction = std::move(begin);
  }

  shrunk_swarm look() {
    found_.failure = run(found_.reduction);
    if (!found_.failure)
      return found_;
    kind_ = kind_of_failure(found_.failure->why);
    do {
      smaller_ = false;
      drop_faults();
      fewer(&plan_reduction::members, 1, now().cluster.members);
      fewer(&plan_reduction::groups, 1, now().cluster.groups.size());
      fewer(&plan_reduction::clients, 0, now().workload.clients);
      shorten();
    } while (smaller_);
    return found_;
  }

private:
  /// The smallest plan so far.
  swarm_plan now() const {
    return reduce(plan_, found_.reduction);
  }

  std::optional<swarm_finding> run(const plan_reduction& what) {
    ++found_.runs;
    return run_(reduce(plan_, what), what.duration);
  }

  /// @returns Whether this plan fails, too; it is the smallest then.
  bool still_fails(plan_reduction next) {
    if (found_.runs >= budget_)
      return false;
    auto failure = run(next);
    if (!failure || kind_of_failure(failure->why) != kind_)
      return false;
    found_.reduction = std::move(next);
    found_.failure = std::move(failure);
    smaller_ = true;
    return true;
  }

  /// All kinds at once, then half of them, a quarter, and so on.
  void drop_faults() {
    auto kinds = now().faults.kinds;
    for (auto size = kinds.size(); size > 0; size /= 2)
      for (size_t first = 0; first < kinds.size();) {
        auto begin = kinds.begin() + static_cast<ptrdiff_t>(first);
        auto end
          = begin
            + static_cast<ptrdiff_t>(std::min(size, kinds.size() - first));
        auto next = found_.reduction;
        next.without.insert(begin, end);
        if (still_fails(std::move(next)))
          kinds.erase(begin, end);
        else
          first += size;
      }
  }

  /// The fewest first: twice as many are still few.
  void fewer(std::optional<size_t> plan_reduction::*what, size_t least,
             size_t present) {
    for (auto count = least; count < present; count = count * 2 + 1) {
      auto next = found_.reduction;
      next.*what = count;
      if (still_fails(std::move(next)))
        return;
    }
  }

  /// All that happens until the failure is the same where faults end just behind
  /// it. A failure that shows only after that needs luck.
  void shorten() {
    for (auto more = true; more;) {
      auto next = found_.reduction;
      auto& when = found_.failure->when;
      next.duration = when < next.duration ? when : next.duration / 2;
      next.duration = std::max<timespan>(in_milliseconds(next.duration),
                                         shortest);
      more = next.duration < found_.reduction.duration
             && still_fails(std::move(next));
    }
  }

  const swarm_plan& plan_;
  size_t budget_;
  const swarm_runner& run_;
  std::string kind_;
  shrunk_swarm found_;
  bool smaller_ = false;
};

} // namespace

swarm_plan reduce(swarm_plan plan, const plan_reduction& by) {
  std::erase_if(plan.faults.kinds,
                [&](fault_kind x) { return by.without.count(x) > 0; });
  auto limit = [](size_t& x, const std::optional<size_t>& most) {
    x = std::min(x, most.value_or(x));
  };
  limit(plan.cluster.members, by.members);
  limit(plan.workload.clients, by.clients);
  auto groups = plan.cluster.groups.size();
  limit(groups, by.groups);
  plan.cluster.groups.resize(groups);
  return plan;
}

std::string options_of(const plan_reduction& what) {
  auto result = fmt::format(
    "--seconds {:.10g}", std::chrono::duration<double>(what.duration).count());
  auto separator = " --without ";
  for (auto x : what.without) {
    result += fmt::format("{}{}", separator, to_string(x));
    separator = ",";
  }
  auto add = [&](std::string_view name, const std::optional<size_t>& x) {
    if (x)
      result += fmt::format(" --{} {}", name, *x);
  };
  add("members", what.members);
  add("groups", what.groups);
  add("clients", what.clients);
  return result;
}

std::optional<swarm_finding> find_failure(const swarm_plan& plan,
                                          timespan duration) {
  swarm_finding result;
  swarm_options how;
  how.duration = duration;
  how.events = [&](const run_event& x) { result.when = x.when; };
  try {
    run_swarm(plan, how);
    return std::nullopt;
  } catch (const swarm_failure& x) {
    result.why = x.what();
  } catch (const invariant_violated& x) {
    result.why = x.what();
  }
  return result;
}

std::string kind_of_failure(std::string_view why) {
  if (auto end = why.find(": "); why.starts_with("seed ") && end != why.npos)
    why.remove_prefix(end + 2);
  why = why.substr(0, why.find(": "));
  std::string result;
  while (!why.empty()) {
    auto end = std::min(why.find(' '), why.size());
    if (auto word = why.substr(0, end); !has_digit(word))
      result += fmt::format("{}{}", result.empty() ? "" : " ", word);
    why.remove_prefix(std::min(end + 1, why.size()));
  }
  return result;
}

shrunk_swarm shrink(const swarm_plan& plan, plan_reduction begin, size_t budget,
                    const swarm_runner& run) {
  return shrinker{plan, std::move(begin), budget, run}.look();
}

} // namespace caf::raft::testing
