// Every action has a key, and `?` lists them. Single-letter keys can be turned off, for those who dictate.
import { h } from "./dom.js";
import { dialog } from "./layers.js";

const actions = [];
let prefix = null, prefixTimer;

export const letters = {
  get on() { return localStorage.getItem("bullpen.letters") !== "off"; },
  set on(value) { localStorage.setItem("bullpen.letters", value ? "on" : "off"); },
};

/// Adds an action: its key ("g p" is two in a row), the group and words of the list, and what it does.
export function key(keys, group, words, run) {
  actions.push({ keys, group, words, run });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !letters.on) return;
  if (event.target.closest?.("input:not([type='checkbox'], [type='radio']), textarea, select")) return;
  if (document.querySelector("dialog[open]")) return;
  const pressed = prefix ? `${prefix} ${event.key}` : event.key;
  prefix = null;
  clearTimeout(prefixTimer);
  const action = actions.find((one) => one.keys === pressed);
  if (action) {
    event.preventDefault();
    action.run();
  } else if (actions.some((one) => one.keys.startsWith(`${pressed} `))) {
    prefix = pressed;
    prefixTimer = setTimeout(() => { prefix = null; }, 1_500);
  }
});

export function showKeys() {
  const groups = Map.groupBy(actions, (one) => one.group);
  dialog("Keys", h("div", { class: "keys" }, [...groups].map(([group, list]) => h("div", {},
    h("h2", {}, group),
    h("dl", {}, list.map((one) => [
      h("dt", {}, one.keys.split(" ").map((name, place) => [place ? " " : "", h("kbd", {}, name)])),
      h("dd", {}, one.words),
    ]))))), { wide: true });
}

/// Moves the focus to the next or previous line of the page.
export function step(by) {
  const lines = [...document.querySelectorAll("#page [data-step]")].filter((line) => line.offsetParent);
  if (!lines.length) return;
  const now = lines.findIndex((line) => line.contains(document.activeElement));
  const line = lines[Math.min(lines.length - 1, Math.max(0, now + by))];
  line.focus();
  line.scrollIntoView({ block: "nearest" });
}
