#include "caf/raft/testing/timeline.hpp"

#include "caf/raft/core/tenure.hpp"
#include "caf/raft/testing/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <type_traits>

namespace caf::raft::testing {

using span_kind = timeline::span_kind;
using mark_kind = timeline::mark_kind;

timeline_builder::timeline_builder(timeline::axis_t axis) {
  so_far_.axis = axis;
}

void timeline_builder::add(const run_event& what) {
  move_on(what);
  std::visit([this](const auto& x) { on(x); }, what.what);
}

/// Says where on the axis the event is.
void timeline_builder::move_on(const run_event& what) {
  auto& here = so_far_.end;
  if (so_far_.axis == timeline::axis_t::time) {
    here = static_cast<uint64_t>(what.when / std::chrono::microseconds(1));
    return;
  }
  auto begins_step = std::visit(
    []<class T>(const T&) {
      return std::is_same_v<
               T,
               command_given> || std::is_same_v<T, block_ended> || std::is_same_v<T, message_arrived> || std::is_same_v<T, message_lost>;
    },
    what.what);
  if (begins_step || what.when != last_time_)
    ++here;
  last_time_ = what.when;
}

timeline timeline_builder::finish() const {
  auto result = so_far_;
  auto end_all = [&](auto& xs, const auto& open) {
    for (auto& kvp : open)
      xs[kvp.second].end = result.end;
  };
  end_all(result.bands, open_bands_);
  end_all(result.spans, open_spans_);
  end_all(result.arrows, open_arrows_);
  end_all(result.requests, open_requests_);
  if (in_block_)
    result.blocks.back().end = result.end;
  return result;
}

// -- members ------------------------------------------------------------------

void timeline_builder::on(const member_started& x) {
  so_far_.members.insert(x.id);
  end_span(x.id, {}, span_kind::down);
}

void timeline_builder::on(const member_crashed& x) {
  end_bands(x.id);
  for (auto kind :
       {span_kind::paused, span_kind::disk_stalled, span_kind::reader_stalled})
    end_span(x.id, {}, kind);
  begin_span(x.id, {}, span_kind::down, describe(x));
}

void timeline_builder::on(const member_failed& x) {
  mark(x.id, {}, mark_kind::fault, describe(x));
}

void timeline_builder::on(const member_paused& x) {
  begin_span(x.id, {}, span_kind::paused, describe(x));
}

void timeline_builder::on(const member_resumed& x) {
  end_span(x.id, {}, span_kind::paused);
}

void timeline_builder::on(const clock_jumped& x) {
  mark(x.id, {}, mark_kind::fault, describe(x));
}

void timeline_builder::on(const role_changed& x) {
  so_far_.groups.insert(x.group);
  auto [i, is_new] = open_bands_.try_emplace({x.id, x.group});
  if (!is_new)
    so_far_.bands[i->second].end = so_far_.end;
  i->second = so_far_.bands.size();
  so_far_.bands.push_back(
    {x.id, x.group, so_far_.end, so_far_.end, x.role, x.term});
}

void timeline_builder::on(const commit_advanced& x) {
  mark(x.id, x.group, mark_kind::commit, describe(x));
}

void timeline_builder::on(const disk_changed& x) {
  switch (x.what) {
    case disk_change::stalled:
      return begin_span(x.id, {}, span_kind::disk_stalled, describe(x));
    case disk_change::released:
      return end_span(x.id, {}, span_kind::disk_stalled);
    case disk_change::slowed:
      end_span(x.id, {}, span_kind::disk_slow);
      if (x.amount > 0)
        begin_span(x.id, {}, span_kind::disk_slow, describe(x));
      return;
    case disk_change::reader_stalled:
      return begin_span(x.id, {}, span_kind::reader_stalled, describe(x));
    case disk_change::reader_released:
      return end_span(x.id, {}, span_kind::reader_stalled);
    case disk_change::filled:
      return begin_span(x.id, {}, span_kind::disk_full, describe(x));
    case disk_change::cleared:
      return end_span(x.id, {}, span_kind::disk_full);
    case disk_change::fails_next:
    case disk_change::damaged:
    case disk_change::wiped:
      return mark(x.id, {}, mark_kind::fault, describe(x));
  }
}

// -- network ------------------------------------------------------------------

void timeline_builder::on(const message_sent& x) {
  open_arrows_[x.number] = so_far_.arrows.size();
  so_far_.arrows.push_back({x.from, x.to, x.group, so_far_.end, so_far_.end,
                            timeline::fate::under_way, core::name_of(x.body),
                            core::term_of(x.body), describe(x)});
}

void timeline_builder::on(const message_arrived& x) {
  end_arrow(x.number, timeline::fate::arrived);
}

void timeline_builder::on(const message_lost& x) {
  end_arrow(x.number, timeline::fate::lost);
}

void timeline_builder::on(const link_changed& x) {
  switch (x.what) {
    case link_change::cut:
      cuts_.emplace(x.from, x.to);
      return show_cuts();
    case link_change::mended:
      cuts_.erase({x.from, x.to});
      return show_cuts();
    case link_change::slowed:
      end_span(x.from, x.to, span_kind::slow_link);
      if (x.by > timespan{})
        begin_span(x.from, x.to, span_kind::slow_link, describe(x));
      return;
    case link_change::broken:
    case link_change::abandoned:
    case link_change::garbled:
      return mark({}, {}, mark_kind::fault, describe(x));
  }
}

// -- clients and whoever runs the cluster -------------------------------------

void timeline_builder::on(const request_made& x) {
  so_far_.groups.insert(x.group);
  open_requests_[x.number] = so_far_.requests.size();
  so_far_.requests.push_back(
    {x.at, x.group, so_far_.end, so_far_.end, false, errc::none, x.text});
}

void timeline_builder::on(const request_answered& x) {
  auto i = open_requests_.find(x.number);
  if (i == open_requests_.end())
    return;
  auto& request = so_far_.requests[i->second];
  open_requests_.erase(i);
  request.end = so_far_.end;
  request.answered = true;
  request.code = x.code;
  request.text += " -> " + x.text;
}

void timeline_builder::on(const remark& x) {
  mark({}, {}, mark_kind::remark, x.text);
}

void timeline_builder::on(const command_given& x) {
  if (!in_block_)
    so_far_.blocks.push_back({so_far_.end, so_far_.end, {}, {}});
  in_block_ = true;
  auto& commands = so_far_.blocks.back().commands;
  commands += (commands.empty() ? "" : "\n") + x.text;
}

void timeline_builder::on(const block_ended& x) {
  if (!in_block_)
    return;
  in_block_ = false;
  so_far_.blocks.back().end = so_far_.end;
  so_far_.blocks.back().output = x.output;
}

void timeline_builder::on(const run_failed& x) {
  so_far_.failure = x.why;
}

// -- helpers ------------------------------------------------------------------

/// @param other For a span of a link, its other end.
void timeline_builder::begin_span(server_id member, server_id other,
                                  span_kind kind, std::string text) {
  if (!open_spans_.try_emplace({kind, {member, other}}, so_far_.spans.size())
         .second)
    return;
  auto of_network = kind == span_kind::cut || kind == span_kind::slow_link;
  so_far_.spans.push_back({of_network ? server_id{} : member, so_far_.end,
                           so_far_.end, kind, std::move(text)});
}

void timeline_builder::end_span(server_id member, server_id other,
                                span_kind kind) {
  auto i = open_spans_.find({kind, {member, other}});
  if (i == open_spans_.end())
    return;
  so_far_.spans[i->second].end = so_far_.end;
  open_spans_.erase(i);
}

void timeline_builder::end_bands(server_id member) {
  std::erase_if(open_bands_, [&](auto& x) {
    if (x.first.first != member)
      return false;
    so_far_.bands[x.second].end = so_far_.end;
    return true;
  });
}

void timeline_builder::end_arrow(uint64_t number, timeline::fate became) {
  auto i = open_arrows_.find(number);
  if (i == open_arrows_.end())
    return;
  so_far_.arrows[i->second].end = so_far_.end;
  so_far_.arrows[i->second].became = became;
  open_arrows_.erase(i);
}

void timeline_builder::mark(server_id member, group_id group, mark_kind kind,
                            std::string text) {
  so_far_.marks.push_back({member, group, so_far_.end, kind, std::move(text)});
}

/// What is cut at one moment is cut together.
void timeline_builder::show_cuts() {
  auto i = open_spans_.find({span_kind::cut, {}});
  if (i != open_spans_.end() && so_far_.spans[i->second].begin == so_far_.end
      && !cuts_.empty()) {
    so_far_.spans[i->second].text = describe_cuts(so_far_.members, cuts_);
    return;
  }
  end_span({}, {}, span_kind::cut);
  if (!cuts_.empty())
    begin_span({}, {}, span_kind::cut, describe_cuts(so_far_.members, cuts_));
}

std::string
describe_cuts(const std::set<server_id>& members,
              const std::set<std::pair<server_id, server_id>>& cuts) {
  // Who hears each other is on one side.
  std::map<server_id, server_id> side_of;
  for (auto id : members) {
    side_of[id] = id;
    for (auto& [other, side] : side_of)
      if (other != id
          && cuts.count({id, other}) + cuts.count({other, id}) == 0) {
        side_of[id] = side;
        break;
      }
  }
  size_t between = 0;
  for (auto& [x, side_of_x] : side_of)
    for (auto& [y, side_of_y] : side_of)
      between += side_of_x != side_of_y ? 1 : 0;
  auto is_between = [&](auto& x) {
    return side_of[x.first] != side_of[x.second];
  };
  std::string result;
  if (cuts.size() != between
      || !std::all_of(cuts.begin(), cuts.end(), is_between)) {
    for (auto& [from, to] : cuts)
      result += fmt::format("{}{}->{}", result.empty() ? "" : ", ", from.value,
                            to.value);
    return result;
  }
  std::map<server_id, std::string> sides;
  for (auto& [id, side] : side_of)
    sides[side] += fmt::format(" {}", id.value);
  for (auto& [side, ids] : sides)
    result += (result.empty() ? ids.substr(1) : " |" + ids);
  return result;
}

} // namespace caf::raft::testing
