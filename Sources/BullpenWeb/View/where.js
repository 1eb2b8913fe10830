// Places in the page: by an anchor and a fraction of its box, so that they are the same on every screen.

/// The box of a pointer's anchor, or of the page where it has none; null where this page does not have it.
export function boxOf({ anchor }) {
  const element = anchor ? document.querySelector(`#page [data-anchor="${CSS.escape(anchor)}"]`)
    : document.getElementById("page");
  const box = element?.getBoundingClientRect();
  return box?.width && box.height ? box : null;
}

/// Where a pointer is in a frame of the window, in pixels from its corner.
export const placeIn = (frame, box, { x, y }) => [box.left - frame.left + box.width * x,
  box.top - frame.top + box.height * y];

/// The edge of the frame beyond which a place lies; null for one within.
export function edgeOf(frame, [x, y]) {
  if (y < 0) return "top";
  if (y > frame.height) return "bottom";
  if (x < 0) return "left";
  return x > frame.width ? "right" : null;
}

export const fraction = (part) => Math.round(Math.min(1, Math.max(0, part)) * 10_000) / 10_000;

/// The field of the sheet that a cursor's payload says is chosen; null for none, and for what another program said.
export function chosenIn(payload) {
  if (!payload) return null;
  try {
    const { sheet } = JSON.parse(payload) ?? {};
    return /^[A-D][1-4]$/.test(sheet) ? sheet : null;
  } catch {
    return null;
  }
}

/// The line, or the lines that are selected, as people count, of the cursor that moved last; empty where none has any.
export function lineWords(cursors) {
  const [newest] = cursors.filter((one) => one.line != null || one.selection).sort((a, b) => b.movedAt - a.movedAt);
  if (!newest) return "";
  const [first, last] = newest.selection
    ? [newest.selection.start.line, newest.selection.end.line].sort((a, b) => a - b) : [newest.line, newest.line];
  return first === last ? `line ${first + 1}` : `lines ${first + 1}–${last + 1}`;
}
