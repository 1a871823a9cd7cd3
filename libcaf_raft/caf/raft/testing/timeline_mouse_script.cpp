#include "caf/raft/testing/timeline_assets.hpp"

namespace caf::raft::testing {

const std::string_view timeline_mouse_script = R"js(
// -- zoom and pan -------------------------------------------------------------

function look(from, to) {
  const widest = run.end * 1.2 + 2;
  const narrowest = run.steps ? 4 : 20;
  const span = Math.min(Math.max(to - from, narrowest), widest);
  const middle = Math.min(Math.max((from + to) / 2, 0), run.end);
  first = middle - span / 2;
  last = middle + span / 2;
  draw();
}

function zoom(factor, at) {
  look(at - (at - first) * factor, at + (last - at) * factor);
}

const middle = () => (first + last) / 2;
const move = part => look(first + (last - first) * part,
                          last + (last - first) * part);
const showWhole = () => look(...whole());
const showEnd = () => {
  const span = run.steps ? 30 : Math.min(2e5, run.end + 1);
  look(run.end - span * 0.9, run.end + span * 0.1);
};

document.getElementById('whole').addEventListener('click', showWhole);
document.getElementById('closer').addEventListener(
  'click', () => zoom(0.5, middle()));
document.getElementById('farther').addEventListener(
  'click', () => zoom(2, middle()));
document.getElementById('last').addEventListener('click', showEnd);

canvas.addEventListener('wheel', event => {
  event.preventDefault();
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
    move((event.deltaX || event.deltaY) / 1000);
  else
    zoom(Math.exp(event.deltaY / 400), atOf(event.offsetX));
}, {passive: false});

let dragged = null;
canvas.addEventListener('pointerdown', event => {
  dragged = event.offsetX;
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointerup', () => { dragged = null; });
canvas.addEventListener('pointercancel', () => { dragged = null; });

window.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey)
    return;
  const keys = {
    '+': () => zoom(0.5, middle()),
    '-': () => zoom(2, middle()),
    '0': showWhole,
    'End': showEnd,
    'ArrowLeft': () => move(-0.2),
    'ArrowRight': () => move(0.2),
  };
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

// -- what the mouse is on -----------------------------------------------------

function distance(px, py, x1, y1, x2, y2) {
  const dx = x2 - x1, dy = y2 - y1;
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0
    : Math.min(Math.max(((px - x1) * dx + (py - y1) * dy) / length, 0), 1);
  return Math.hypot(px - x1 - part * dx, py - y1 - part * dy);
}

const isIn = (px, py, [x, y, wide, high]) =>
  px >= x - 1 && px <= x + wide + 1 && py >= y - 1 && py <= y + high + 1;

function nearestArrow(px, py) {
  let nearest = null, best = 5;
  for (const x of arrows) {
    if (!isShown(x) || !isInside(x.begin, x.end))
      continue;
    const far = distance(px, py, xOf(x.begin), yOf(x.from, x.group),
                         xOf(x.end), yOf(x.to, x.group));
    if (far < best) {
      best = far;
      nearest = x;
    }
  }
  return nearest;
}

function bandAt(px, py) {
  const at = atOf(px);
  return bands.find(x => groupsShown.has(x.group) && at >= x.begin && at < x.end
    && Math.abs(py - yOf(x.member, x.group)) <= thickness[x.role] / 2 + 1);
}

const between = x => `${timeText(x.begin)} to ${timeText(x.end)}`;
const fates = ['still under way at the end', 'arrived', 'lost'];

/// The text for a place, and the arrow that is there.
function findAt(px, py) {
  if (px < LEFT)
    return ['', null];
  const mark = marks.find(x => isMarkShown(x)
    && Math.hypot(placeOf(x)[0] - px, placeOf(x)[1] - py) < 6);
  if (mark)
    return [`${mark.text}\n${timeText(mark.at)}`, null];
  const request = requests.find(x =>
    isRequestShown(x) && isIn(px, py, requestBox(x)));
  if (request)
    return [`request at ${request.member}: ${request.text}`
            + `\n${request.result === 'open' ? 'no answer, ' : ''}`
            + between(request), null];
  const arrow = nearestArrow(px, py);
  if (arrow)
    return [`${arrow.text}\n${fates[arrow.fate]}, ${between(arrow)}`, arrow];
  const band = bandAt(px, py);
  const span = spans.find(x => shown.faults && isInside(x.begin, x.end)
    && isIn(px, py, boxOf(x)));
  if (span && (!band || span.kind !== PAUSED))
    return [`${spanNames[span.kind]}: ${span.text}\n${between(span)}`, null];
  if (band)
    return [`${band.member} ${band.role} term=${band.term} group=${band.group}`
            + `\n${between(band)}`, null];
  const block = py < TOP && blocks.find(x =>
    px >= xOf(x.begin - 0.5) && px <= xOf(x.end + 0.5));
  return [block ? `${block.commands}\n----\n${block.output}` : '', null];
}

function showTip(event, text) {
  tip.style.display = text ? 'block' : 'none';
  tip.textContent = text;
  const right = event.clientX + 14 + tip.offsetWidth > window.innerWidth;
  tip.style.left = Math.max(right ? event.clientX - tip.offsetWidth - 10
                                  : event.clientX + 14, 0) + 'px';
  const low = event.clientY + 14 + tip.offsetHeight > window.innerHeight;
  tip.style.top = Math.max(low ? event.clientY - tip.offsetHeight - 8
                               : event.clientY + 14, 0) + 'px';
}

canvas.addEventListener('pointermove', event => {
  if (dragged !== null) {
    const by = atOf(dragged) - atOf(event.offsetX);
    dragged = event.offsetX;
    look(first + by, last + by);
    return showTip(event, '');
  }
  const [text, arrow] = findAt(event.offsetX, event.offsetY);
  draw();
  if (arrow)
    drawArrow(arrow, true);
  showTip(event, text);
});
canvas.addEventListener('pointerleave', event => showTip(event, ''));

window.addEventListener('resize', resize);
resize();
)js";

} // namespace caf::raft::testing
