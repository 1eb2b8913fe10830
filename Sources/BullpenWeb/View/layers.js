// Layers over the page. Escape closes the topmost, and focus goes back to where it was. A dialog is a layer that
// the browser keeps; a selection or an open line is one that is told of here.
import { h, prose } from "./dom.js";

const open = [];

/// Tells of a layer that is not a dialog. Returns what ends it without calling `close`.
export function layer(close) {
  const entry = { close };
  open.push(entry);
  return () => {
    const place = open.indexOf(entry);
    if (place >= 0) open.splice(place, 1);
  };
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const top = open.pop();
  if (top) {
    event.preventDefault();
    top.close();
  } else if (document.activeElement?.matches?.("input, textarea")) {
    document.activeElement.blur();
    document.getElementById("page")?.focus({ preventScroll: true });
  }
});

/// Opens a dialog with a title and resolves when it has closed. The browser returns the focus to who had it.
export function dialog(title, content, { wide = false } = {}) {
  const name = `dialog-${Math.random().toString(36).slice(2)}`;
  const element = h("dialog", { class: wide ? "wide" : "", aria: { labelledby: name } },
    h("header", {},
      h("h1", { id: name }, title),
      h("button", { type: "button", class: "bare", onclick: () => element.close() }, "Close")),
    content);
  const before = document.activeElement;
  document.body.append(element);
  element.addEventListener("click", (event) => {
    if (event.target === element && outside(element, event)) element.close();
  });
  element.addEventListener("close", () => {
    element.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
    else document.getElementById("page")?.focus({ preventScroll: true });
  });
  element.showModal();
  element.querySelector("[autofocus], input, textarea, .first")?.focus();
  return element;
}

function outside(element, event) {
  const box = element.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/// Shows what went wrong and what to do, or clears it.
export function tell(place, problem) {
  place.replaceChildren();
  if (!problem) return;
  place.append(trouble(problem.title, problem.hint));
}

/// The first sentence is the one to see.
export function trouble(title, hint = "", parts = {}) {
  const [first, ...rest] = title.split(/(?<=\.) (?=[A-Z])/);
  const more = [...rest, hint].filter(Boolean).join(" ");
  return h("div", { class: "trouble", ...parts }, h("b", {}, prose(first)), more ? h("span", {}, prose(more)) : null);
}
