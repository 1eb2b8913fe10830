// A QR picture, drawn from the rows of modules that the node sends. It is dark on light by night too: readers expect it.
import { svg } from "./dom.js";

/// Light modules around it, without which readers do not find it.
const quiet = 4;

export function qr(rows, label) {
  const size = rows.length + 2 * quiet;
  // A run of dark modules is one stroke of the path.
  const path = rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) =>
    `M${run.index + quiet} ${y + quiet}h${run[0].length}v1h-${run[0].length}z`)).join("");
  const picture = svg(`0 0 ${size} ${size}`, path, "qr");
  picture.removeAttribute("aria-hidden");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  picture.setAttribute("shape-rendering", "crispEdges");
  return picture;
}
