#include "caf/raft/testing/timeline_assets.hpp"

namespace caf::raft::testing {

const std::string_view timeline_style = R"css(
body { font: 13px/1.4 system-ui, sans-serif; margin: 12px; color: #222;
  background: #fff; }
h1 { font-size: 17px; margin: 0 0 6px; }
pre { font-size: 12px; background: #f4f4f4; padding: 8px; margin: 4px 0;
  max-height: 16em; overflow: auto; white-space: pre-wrap; }
.failure { background: #fde0e0; border-left: 4px solid #c00;
  padding: 6px 10px; margin: 6px 0; overflow-wrap: anywhere; }
#controls { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 6px 0;
  align-items: center; }
#controls label { white-space: nowrap; }
#controls i { display: inline-block; width: 18px; height: 0; margin: 0 4px 3px;
  border-top: 3px solid; }
#legend { display: flex; flex-wrap: wrap; gap: 2px 16px; color: #555;
  margin: 4px 0; }
#legend b { font-weight: 600; color: #222; }
#picture { display: block; width: 100%; border: 1px solid #ccc; cursor: grab;
  touch-action: none; }
#picture:active { cursor: grabbing; }
#tip { position: fixed; display: none; max-width: 46em; background: #222;
  color: #fff; padding: 4px 8px; border-radius: 3px; pointer-events: none;
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; z-index: 9; }
)css";

const std::string_view timeline_controls = R"html(
<div id="controls">
<button id="whole">whole run</button>
<button id="closer">+</button>
<button id="farther">&minus;</button>
<button id="last">end</button>
<span id="filters"></span>
</div>
<canvas id="picture"></canvas>
<div id="tip"></div>
<div id="legend">
<span><b>Lanes</b> are members; colours are terms</span>
<span><b>Thin</b> follower, <b>hatched</b> candidate, <b>thick</b> leader</span>
<span><b>Dashed lane</b> down, <b>grey veil</b> paused</span>
<span><b>Arrow</b> arrived, <b>dashed with &times;</b> lost,
<b>without head</b> still under way</span>
<span><b>Bars above a lane</b> requests: green done, red refused, grey no
answer</span>
<span><b>Bars below</b> trouble with its disk</span>
<span><b>Small triangles</b> commits, <b>red diamonds</b> faults</span>
<span><b>Top row</b> cuts and slow links</span>
<span>Wheel: zoom; drag: move; keys + &minus; 0 and arrows</span>
</div>
)html";

} // namespace caf::raft::testing
