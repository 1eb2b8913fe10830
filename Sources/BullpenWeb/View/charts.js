// Pictures of numbers: columns over a line, and bars beside words. Each says in words what it shows, too.
import { h, setAttribute } from "./dom.js";

const space = "http://www.w3.org/2000/svg";

function shape(tag, parts, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(parts)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/// One column for each item: `{ name, value, words }`. `marks` says under which of them, by their places, the name stands.
export function columns(items, label, marks) {
  const most = Math.max(1, ...items.map((one) => one.value));
  const picture = shape("svg", {
    viewBox: `0 0 ${items.length * 10} 100`, preserveAspectRatio: "none", role: "img", "aria-label": label,
  }, ...items.map(({ name, value, words }, place) => {
    const height = value ? Math.max(2, (value / most) * 100) : 0;
    const title = shape("title", {});
    title.textContent = `${name}: ${words}`;
    // The whole height answers the pointer, so that a small column says its number, too.
    return shape("g", {}, title, shape("rect", { class: "room", x: place * 10, y: 0, width: 10, height: 100 }),
      shape("rect", { x: place * 10 + 1.5, y: 100 - height, width: 7, height }));
  }));
  return h("figure", { class: "columns" }, picture,
    h("div", { class: "marks quiet small", aria: { hidden: "true" } }, marks.map((place) => h("span", {}, items[place]?.name ?? ""))));
}

/// One line for each item: `{ name, value, words, hue }`, longest first as they are given.
export function bars(items) {
  const most = Math.max(1, ...items.map((one) => one.value));
  return h("ul", { class: "bars" }, items.map(({ name, value, words, hue }) => h("li", { data: { hue } },
    h("span", { class: "what" }, name),
    shape("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
      shape("rect", { x: 0, y: 0, width: value ? Math.max(0.5, (value / most) * 100) : 0, height: 8 })),
    h("span", { class: "small" }, words))));
}

/// The same numbers for whoever cannot see a picture, or wants them exactly: rows of cells under their heads.
export function figures(words, heads, rows) {
  return h("details", { class: "figures" }, h("summary", { class: "quiet small" }, words),
    h("table", { class: "facts" },
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map(([first, ...cells]) => h("tr", {}, h("th", { scope: "row" }, first),
        cells.map((cell) => h("td", {}, String(cell))))))));
}
