#include "caf/raft/testing/timeline_assets.hpp"

namespace caf::raft::testing {

const std::string_view timeline_drawing_script = R"js(
// -- drawing ------------------------------------------------------------------

function line(x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

const oblique = (() => {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const p = tile.getContext('2d');
  p.strokeStyle = 'rgba(255,255,255,.85)';
  p.lineWidth = 2;
  p.beginPath();
  for (const shift of [-6, 0, 6]) {
    p.moveTo(shift, 6);
    p.lineTo(shift + 6, 0);
  }
  p.stroke();
  return tile;
})();

function drawAxis() {
  const span = last - first;
  const wanted = span / Math.max((width - LEFT) / 110, 1);
  let step = Math.pow(10, Math.floor(Math.log10(wanted)));
  for (const factor of [1, 2, 5, 10])
    if (step * factor >= wanted) {
      step *= factor;
      break;
    }
  step = Math.max(step, 1);
  const digits = Math.max(0, 6 - Math.floor(Math.log10(step) + 1e-9));
  pen.fillStyle = '#666';
  pen.strokeStyle = '#eee';
  pen.lineWidth = 1;
  for (let at = Math.ceil(Math.max(first, 0) / step) * step;
       at <= Math.min(last, run.end); at += step) {
    const x = xOf(at);
    line(x, 14, x, height);
    pen.fillText(run.steps ? String(at)
                           : (at / 1e6).toFixed(Math.min(digits, 6)) + ' s',
                 x + 3, 11);
  }
}

function drawBlocks() {
  blocks.forEach((x, i) => {
    if (!isInside(x.begin, x.end + 1))
      return;
    const begin = Math.max(xOf(x.begin - 0.5), LEFT);
    const end = xOf(x.end + 0.5);
    pen.fillStyle = i % 2 ? '#f3f6fb' : '#fbf8f0';
    pen.fillRect(begin, 14, end - begin, height);
    pen.save();
    pen.beginPath();
    pen.rect(begin, 14, end - begin - 4, 30);
    pen.clip();
    pen.fillStyle = '#333';
    pen.fillText(x.commands.split('\n').join('; '), begin + 4, 27);
    pen.restore();
  });
}

function drawLanes() {
  for (const member of run.members) {
    pen.strokeStyle = '#ddd';
    line(0, topOf(member), width, topOf(member));
    for (const group of visibleGroups()) {
      pen.setLineDash([2, 4]);
      pen.strokeStyle = '#aaa';
      line(LEFT, yOf(member, group), xOf(run.end), yOf(member, group));
      pen.setLineDash([]);
    }
  }
}

const thickness = {follower: 6, learner: 3, pre_candidate: 11, candidate: 11,
                   leader: 20};

function drawBands() {
  const hatch = pen.createPattern(oblique, 'repeat');
  for (const x of bands) {
    if (!groupsShown.has(x.group) || !isInside(x.begin, x.end))
      continue;
    const high = thickness[x.role];
    const begin = Math.max(xOf(x.begin), LEFT - 2);
    const wide = Math.max(Math.min(xOf(x.end), width + 2) - begin, 1);
    const top = yOf(x.member, x.group) - high / 2;
    pen.fillStyle = colourOf(x.term);
    pen.fillRect(begin, top, wide, high);
    if (x.role.endsWith('candidate')) {
      pen.fillStyle = hatch;
      pen.fillRect(begin, top, wide, high);
    }
    if (x.role === 'leader' && wide > 54) {
      pen.fillStyle = '#fff';
      pen.fillText('term ' + x.term, begin + 5, top + 14);
    }
  }
}

const spanColours = ['', 'rgba(90,90,90,.28)', '#c0392b', '#e08e79', '#8e44ad',
                     '#d68910', 'rgba(192,57,43,.35)', 'rgba(214,137,16,.3)'];

/// Where a span is, or null where it is only seen by what is missing.
function boxOf(x) {
  const begin = Math.max(xOf(x.begin), LEFT);
  const wide = Math.max(Math.min(xOf(x.end), width) - begin, 2);
  if (x.member === 0)
    return [begin, x.kind === CUT ? 34 : 42, wide, 7];
  const high = rowsOf() * LANE;
  if (x.kind === PAUSED)
    return [begin, topOf(x.member) + 2, wide, high - 4];
  if (x.kind === DOWN)
    return [begin, topOf(x.member) + high / 2 - 8, wide, 16];
  return [begin, topOf(x.member) + high - 22 + 4 * (x.kind - 2), wide, 3];
}

function drawSpans() {
  for (const x of spans) {
    if (!isInside(x.begin, x.end) || !shown.faults)
      continue;
    const box = boxOf(x);
    if (x.kind === DOWN) {
      pen.fillStyle = '#c00';
      if (box[2] > 40)
        pen.fillText('down', box[0] + 4, box[1] + 3);
    } else {
      pen.fillStyle = spanColours[x.kind];
      pen.fillRect(...box);
    }
  }
}

function drawArrow(x, strong) {
  const x1 = xOf(x.begin), y1 = yOf(x.from, x.group);
  const x2 = xOf(x.end), y2 = yOf(x.to, x.group);
  pen.strokeStyle = pen.fillStyle = x.fate === LOST ? '#c0392b' : x.kind.colour;
  pen.lineWidth = strong ? 2.5 : 1;
  if (x.fate !== 1)
    pen.setLineDash([4, 3]);
  line(x1, y1, x2, y2);
  pen.setLineDash([]);
  const angle = Math.atan2(y2 - y1, x2 - x1);
  if (x.fate === LOST) {
    line(x2 - 4, y2 - 4, x2 + 4, y2 + 4);
    line(x2 - 4, y2 + 4, x2 + 4, y2 - 4);
  } else if (x.fate !== UNDER_WAY) {
    pen.beginPath();
    pen.moveTo(x2, y2);
    for (const turn of [-0.35, 0.35])
      pen.lineTo(x2 - 8 * Math.cos(angle + turn),
                 y2 - 8 * Math.sin(angle + turn));
    pen.fill();
  }
}

function drawArrows() {
  const visible = arrows.filter(x => isShown(x) && isInside(x.begin, x.end));
  pen.globalAlpha = visible.length > 3000 ? 0.25
    : visible.length > 800 ? 0.5 : 0.9;
  for (const x of visible)
    drawArrow(x, false);
  pen.globalAlpha = 1;
}

function placeOf(x) {
  if (x.member === 0)
    return [xOf(x.at), 54];
  const down = x.kind === COMMIT ? 17 : 24;
  return [xOf(x.at), yOf(x.member, x.group) + down];
}

const isMarkShown = x => x.at >= first && x.at <= last
  && (x.group === 0 || groupsShown.has(x.group))
  && (x.kind === COMMIT ? shown.commits : shown.faults);

function drawMarks() {
  for (const x of marks) {
    if (!isMarkShown(x))
      continue;
    const [px, py] = placeOf(x);
    pen.beginPath();
    if (x.kind === COMMIT) {
      pen.fillStyle = '#2a8c4a';
      pen.moveTo(px, py - 5);
      pen.lineTo(px + 3, py + 1);
      pen.lineTo(px - 3, py + 1);
    } else {
      pen.fillStyle = x.kind === FAULT ? '#c0392b' : '#e08e79';
      pen.moveTo(px, py - 5);
      pen.lineTo(px + 4, py);
      pen.lineTo(px, py + 5);
      pen.lineTo(px - 4, py);
    }
    pen.fill();
  }
}

function requestBox(x) {
  const begin = Math.max(xOf(x.begin), LEFT);
  const end = Math.max(Math.min(xOf(x.end), width), begin + 3);
  return [begin, yOf(x.member, x.group) - 18 - 5 * x.level, end - begin, 4];
}

const isRequestShown = x => shown.requests && groupsShown.has(x.group)
  && isInside(x.begin, x.end);

function drawRequests() {
  for (const x of requests) {
    if (!isRequestShown(x))
      continue;
    pen.fillStyle = x.result === 'none' ? '#57b273'
      : x.result === 'open' || x.result === 'outcome_unknown' ? '#aaaaaa'
      : '#d9776c';
    pen.fillRect(...requestBox(x));
  }
}

function drawFrame() {
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, LEFT, height);
  pen.fillStyle = '#222';
  for (const member of run.members)
    for (const group of visibleGroups())
      pen.fillText('member ' + member
                   + (run.groups.length > 1 ? ' g' + group : ''),
                   6, yOf(member, group) + 4);
  pen.fillStyle = '#888';
  pen.fillText('network', 6, 45);
  if (run.failure) {
    pen.strokeStyle = '#c00';
    pen.lineWidth = 2;
    line(xOf(run.end), 14, xOf(run.end), height);
    pen.fillStyle = '#c00';
    pen.fillText('failed', Math.min(xOf(run.end) + 4, width - 36), height - 4);
  }
}

function draw() {
  pen.font = '11px system-ui, sans-serif';
  pen.lineWidth = 1;
  pen.clearRect(0, 0, width, height);
  for (const part of [drawBlocks, drawAxis, drawLanes, drawBands, drawRequests,
                      drawArrows, drawSpans, drawMarks, drawFrame])
    part();
}
)js";

} // namespace caf::raft::testing
