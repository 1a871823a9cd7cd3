#include "caf/raft/testing/timeline_assets.hpp"

namespace caf::raft::testing {

const std::string_view timeline_layout_script = R"js(
'use strict';
const run = JSON.parse(document.getElementById('run').textContent);
const canvas = document.getElementById('picture');
const pen = canvas.getContext('2d');
const tip = document.getElementById('tip');

// -- what is in a row of the data ---------------------------------------------

const spanNames = ['down', 'paused', 'disk stalled', 'disk slow', 'disk full',
                   'reader stalled', 'cut', 'slow link'];
const DOWN = 0, PAUSED = 1, CUT = 6;
const UNDER_WAY = 0, LOST = 2;
const COMMIT = 0, FAULT = 1;

const fields = (rows, ...names) => rows.map(row =>
  Object.fromEntries(names.map((name, i) => [name, row[i]])));
const bands = fields(run.bands, 'member', 'group', 'begin', 'end', 'role',
                     'term');
const spans = fields(run.spans, 'member', 'begin', 'end', 'kind', 'text');
const marks = fields(run.marks, 'member', 'group', 'at', 'kind', 'text');
const requests = fields(run.requests, 'member', 'group', 'begin', 'end',
                        'result', 'text');
const blocks = fields(run.blocks, 'begin', 'end', 'commands', 'output');
const arrows = fields(run.arrows, 'from', 'to', 'group', 'begin', 'end', 'fate',
                      'name', 'term', 'text');
for (const x of arrows)
  x.name = run.names[x.name];
requests.forEach((x, i) => { x.level = i % 4; });

// -- filters ------------------------------------------------------------------

const kinds = [
  {text: 'votes', colour: '#b58900', on: true,
   has: ['request_vote', 'vote_result', 'timeout_now']},
  {text: 'entries', colour: '#1f6fb4', on: true,
   has: ['append_entries', 'append_result']},
  {text: 'heartbeats', colour: '#999999', on: false,
   has: ['heartbeat', 'heartbeat_result', 'commit_notice']},
  {text: 'forwarded requests', colour: '#2a8c4a', on: true, has: []},
];
const others = kinds[kinds.length - 1];
const kindOf = name => kinds.find(x => x.has.includes(name)) || others;
for (const x of arrows)
  x.kind = kindOf(x.name);
const shown = {arrived: true, lost: true, requests: true, commits: true,
               faults: true};
const groupsShown = new Set(run.groups);

function addFilter(text, colour, on, change) {
  const label = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = on;
  box.addEventListener('change', () => { change(box.checked); resize(); });
  label.append(box);
  if (colour) {
    const line = document.createElement('i');
    line.style.color = colour;
    label.append(line);
  }
  label.append(' ' + text + ' ');
  document.getElementById('filters').append(label);
}

for (const x of kinds)
  addFilter(x.text, x.colour, x.on, on => { x.on = on; });
for (const name of Object.keys(shown))
  addFilter(name === 'arrived' ? 'messages that arrived' :
            name === 'lost' ? 'lost messages' : name,
            null, true, on => { shown[name] = on; });
if (run.groups.length > 1)
  for (const id of run.groups)
    addFilter('group ' + id, null, true, on => {
      if (on)
        groupsShown.add(id);
      else
        groupsShown.delete(id);
    });

const isShown = x => x.kind.on && groupsShown.has(x.group)
  && (x.fate === LOST ? shown.lost : shown.arrived);

// -- where things are ---------------------------------------------------------

const LEFT = 90, TOP = 62, LANE = 84;
let width = 0, height = 0;
let first = 0, last = Math.max(run.end, 1);
const whole = () => [-run.end * 0.01, run.end * 1.01 + 1];
[first, last] = whole();

const visibleGroups = () => run.groups.filter(x => groupsShown.has(x));
const rowsOf = () => Math.max(visibleGroups().length, 1);
const xOf = at => LEFT + (at - first) / (last - first) * (width - LEFT);
const atOf = x => first + (x - LEFT) / (width - LEFT) * (last - first);
function yOf(member, group) {
  const lane = run.members.indexOf(member);
  const row = Math.max(visibleGroups().indexOf(group), 0);
  return TOP + (lane * rowsOf() + row + 0.5) * LANE;
}
const topOf = member => yOf(member, visibleGroups()[0]) - LANE / 2;
const isInside = (begin, end) => end >= first && begin <= last;

function resize() {
  const scale = window.devicePixelRatio || 1;
  width = canvas.clientWidth;
  height = TOP + run.members.length * rowsOf() * LANE + 10;
  canvas.style.height = height + 'px';
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  draw();
}

const colourOf = term => term === 0 ? '#bbbbbb'
  : `hsl(${Math.round(term * 137.508) % 360} 62% 52%)`;

function timeText(at) {
  if (run.steps)
    return 'step ' + Math.round(at);
  return (at / 1e6).toFixed(6) + ' s';
}
)js";

} // namespace caf::raft::testing
