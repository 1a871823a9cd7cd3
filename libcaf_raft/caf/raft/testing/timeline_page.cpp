#include "caf/raft/testing/timeline_page.hpp"

#include "caf/raft/testing/html_text.hpp"
#include "caf/raft/testing/timeline_assets.hpp"

#include <fmt/format.h>

#include <map>
#include <ostream>
#include <utility>

namespace caf::raft::testing {

namespace {

/// `"NAME":[...],`, a row for each of what is in a list.
template <class List, class Row>
void write_rows(std::ostream& out, std::string_view name, const List& xs,
                Row row) {
  out << fmt::format("\"{}\":[", name);
  auto separator = "\n";
  for (auto& x : xs)
    out << std::exchange(separator, ",\n") << row(x);
  out << "],\n";
}

template <class Enum>
auto number_of(Enum x) {
  return static_cast<unsigned>(x);
}

std::string row(const timeline::band& x) {
  return fmt::format("[{},{},{},{},\"{}\",{}]", x.member.value, x.group.value,
                     x.begin, x.end, to_string(x.role), x.term.value);
}

std::string row(const timeline::span& x) {
  return fmt::format("[{},{},{},{},{}]", x.member.value, x.begin, x.end,
                     number_of(x.kind), json_string(x.text));
}

std::string row(const timeline::mark& x) {
  return fmt::format("[{},{},{},{},{}]", x.member.value, x.group.value, x.at,
                     number_of(x.kind), json_string(x.text));
}

std::string row(const timeline::request& x) {
  auto result = x.answered ? to_string(x.code) : "open";
  return fmt::format("[{},{},{},{},\"{}\",{}]", x.member.value, x.group.value,
                     x.begin, x.end, result, json_string(x.text));
}

std::string row(const timeline::block& x) {
  return fmt::format("[{},{},{},{}]", x.begin, x.end, json_string(x.commands),
                     json_string(x.output));
}

void write_arrows(std::ostream& out, const timeline& what) {
  std::map<std::string, size_t> places;
  for (auto& x : what.arrows)
    places.emplace(x.name, 0);
  size_t count = 0;
  for (auto& kvp : places)
    kvp.second = count++;
  write_rows(out, "names", places,
             [](auto& x) { return json_string(x.first); });
  write_rows(out, "arrows", what.arrows, [&](auto& x) {
    return fmt::format("[{},{},{},{},{},{},{},{},{}]", x.from.value, x.to.value,
                       x.group.value, x.begin, x.end, number_of(x.became),
                       places[x.name], x.term.value, json_string(x.text));
  });
}

void write_data(std::ostream& out, const timeline& what) {
  auto id = [](auto& x) { return to_string(x); };
  auto rows = [](auto& x) { return row(x); };
  out << "{";
  write_rows(out, "members", what.members, id);
  write_rows(out, "groups", what.groups, id);
  write_rows(out, "bands", what.bands, rows);
  write_rows(out, "spans", what.spans, rows);
  write_rows(out, "marks", what.marks, rows);
  write_rows(out, "requests", what.requests, rows);
  write_rows(out, "blocks", what.blocks, rows);
  write_arrows(out, what);
  out << fmt::format("\"steps\":{},\"end\":{},\"failure\":{}}}\n",
                     what.axis == timeline::axis_t::steps, what.end,
                     json_string(what.failure));
}

} // namespace

void write_page(std::ostream& out, const timeline& what,
                const page_heading& heading) {
  auto title = html_escaped(heading.title);
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
         "<meta charset=\"utf-8\">\n<title>"
      << title << "</title>\n<style>\n"
      << timeline_style << "</style>\n</head>\n<body>\n<h1>" << title
      << "</h1>\n<details><summary>How it came about</summary>\n<pre>"
      << html_escaped(heading.text) << "</pre></details>\n";
  if (!what.failure.empty())
    out << "<p class=\"failure\">Failed: " << html_escaped(what.failure)
        << "</p>\n";
  out << timeline_controls << "<script type=\"application/json\" id=\"run\">\n";
  write_data(out, what);
  out << "</script>\n<script>\n"
      << timeline_layout_script << timeline_drawing_script
      << timeline_mouse_script << "</script>\n</body>\n</html>\n";
}

} // namespace caf::raft::testing
