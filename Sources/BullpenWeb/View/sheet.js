// The shared surface of a room: sixteen named fields, A1 to D4, the same on every screen. People point at them,
// choose one and write on it; what is written on a field is an activity of the room that links to the field.
import { Part, h, keep, setData, setText } from "./dom.js";
import { spotOf } from "./feed.js";
import { layer } from "./layers.js";
import { office } from "./office.js";
import { many } from "./words.js";

const letters = ["A", "B", "C", "D"], numbers = ["1", "2", "3", "4"];
const fields = numbers.flatMap((number) => letters.map((letter) => letter + number));
/// How many of the newest lines a field shows; the rest are in the list beside.
const mostSlips = 2;
const help = "Sheet: arrow keys move, Enter chooses a field, then write on it";

class Sheet extends Part {
  chosen = null;

  build() {
    this.fields = new Map(fields.map((name, place) => [name, h("button", {
      class: "field", type: "button", tabIndex: place === 0 ? 0 : -1, data: { anchor: name },
      aria: { pressed: "false", label: `Field ${name}` },
      onclick: () => this.choose(this.chosen === name ? null : name),
      onkeydown: (event) => this.#move(event, place), onfocus: () => this.#rove(name),
      ondblclick: () => { this.choose(name); this.oncompose?.(); },
    }, h("span", { class: "rest" }), h("span", { class: "slips" }))]));
    this.append(h("div", { class: "sheet-frame" },
      h("div", { class: "letters", aria: { hidden: "true" } }, letters.map((letter) => h("span", {}, letter))),
      h("div", { class: "numbers", aria: { hidden: "true" } }, numbers.map((number) => h("span", {}, number))),
      h("div", { class: "sheet", role: "group", aria: { label: help } },
        [...this.fields.values()])),
      h("p", { class: "sheet-hint small quiet" },
        "Choose a field and write on it. The others in the room see where you point."));
    if (this.fields.has(this.chosenFirst)) queueMicrotask(() => this.choose(this.chosenFirst));
  }

  start() {
    this.listen(this.rows, "change", () => this.draw());
    this.listen(office, "people", () => this.draw());
    this.draw();
  }

  choose(name) {
    if (name === this.chosen) return;
    this.fields.get(this.chosen)?.setAttribute("aria-pressed", "false");
    this.chosen = name;
    this.fields.get(name)?.setAttribute("aria-pressed", "true");
    this.unlayer?.();
    const field = this.fields.get(name);
    this.unlayer = name ? layer(() => { this.choose(null); field.focus(); }) : null;
    this.dispatchEvent(new Event("choose"));
  }

  stop() {
    this.unlayer?.();
  }

  #move(event, place) {
    if (event.key === "Enter" && this.chosen === fields[place]) {
      event.preventDefault();
      return this.oncompose?.();
    }
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -4, ArrowDown: 4 }[event.key];
    const next = fields[place + by];
    const wraps = Math.abs(by) === 1 && next && next[1] !== fields[place][1];
    if (!next || wraps) return;
    event.preventDefault();
    this.fields.get(next).focus();
  }

  #rove(name) {
    for (const [other, field] of this.fields) field.tabIndex = other === name ? 0 : -1;
  }

  /// What is written on each field, the oldest first, so that what is there stays where it is.
  draw() {
    const onField = Map.groupBy(this.rows.shown.concat(this.rows.waiting).filter(spotOf), spotOf);
    for (const [name, field] of this.fields) {
      const all = (onField.get(name) ?? []).toSorted((a, b) => a.created_at - b.created_at);
      const slips = all.slice(-mostSlips);
      const earlier = all.length - slips.length;
      setText(field.firstChild, earlier ? many(earlier, "earlier line") : "");
      keep(field.lastChild, slips, (row) => row.key,
        () => h("span", { class: "slip rule" }, h("span", { class: "words" }), h("small", { class: "who" })),
        (slip, row) => {
          setData(slip, "hue", office.colourOf(row.user_id));
          setText(slip.firstChild, row.text);
          setText(slip.lastChild, row.problem ? `${office.nameOf(row.user_id)}, not saved`
            : office.nameOf(row.user_id));
        });
      field.setAttribute("aria-label", all.length
        ? `Field ${name}: ${slips.map((row) => `${row.text}, by ${office.nameOf(row.user_id)}`).join("; ")}`
        : `Field ${name}, empty`);
    }
  }
}

customElements.define("bp-sheet", Sheet);
