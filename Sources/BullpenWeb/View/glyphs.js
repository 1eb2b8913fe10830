// The shapes of the view. A status has a shape of its own, so that colour alone never carries it.
import { svg, setAttribute } from "./dom.js";

const shapes = {
  online: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1z",
  idle: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zM6 2.500v7a3.500 3.500 0 0 0 0-7z",
  away: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zm0 1.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  busy: "M1 1h10v10H1zM3 5.200v1.600h6V5.200z",
  offline: "M2 5.200h8v1.600H2z",
};

export function statusGlyph(status) {
  const glyph = svg("0 0 12 12", shapes[status] ?? shapes.offline, "glyph");
  glyph.firstChild.setAttribute("fill-rule", "evenodd");
  glyph.dataset.status = status;
  return glyph;
}

export function showStatus(glyph, status) {
  if (glyph.dataset.status === status) return;
  glyph.dataset.status = status;
  setAttribute(glyph.firstChild, "d", shapes[status] ?? shapes.offline);
}

export const bell = () => svg("0 0 20 20",
  "M4 14.500h12c-1.200-1.300-1.700-2.500-1.700-4.800a4.300 4.300 0 0 0-8.600 0c0 2.300-.5 3.500-1.700 4.800z"
    + "M8.300 17a1.900 1.900 0 0 0 3.400 0");
export const arrow = () => svg("0 0 16 20", "M1 1v15l4-3.700 2.600 6 2.600-1.200-2.600-5.800H13z");
