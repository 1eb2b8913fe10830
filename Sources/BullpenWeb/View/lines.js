// A list of rows under hairlines, with days between them, the pill of what waits, and an honest end.
import { Part, h, keep, prose, setAttribute, setText } from "./dom.js";
import { dayOf } from "./words.js";

/// What nobody has looked at for so long may take its place by itself: a board on a wall has no hands.
const unattended = 120_000;
let touched = performance.now();
for (const name of ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"]) {
  addEventListener(name, () => { touched = performance.now(); }, { passive: true, capture: true });
}

/// Give it `rows`, `line(row)` that makes an element, `fill(element, row)`, `filter(row)` and `nothing` (an element).
export class Lines extends Part {
  filter = () => true;
  days = true;

  build() {
    this.classList.add("lines");
    this.pill = h("button", { class: "pill", onclick: () => this.absorb() });
    this.restOfPill = h("div", { class: "pill-rest", hidden: true }, this.pill);
    this.of = h("div", { class: "lines-of", role: "list", aria: { label: this.label } });
    this.end = h("div", { class: "more" });
    this.append(this.restOfPill, this.of, this.end);
  }

  start() {
    this.listen(this.rows, "change", () => this.draw());
    this.every(20_000, () => {
      if (performance.now() - touched > unattended && scrollY === 0) this.rows.absorb();
      this.draw();
    });
    this.draw();
  }

  absorb() {
    this.rows.absorb();
    this.scrollTop = 0;
    this.of.firstElementChild?.scrollIntoView({ block: "nearest" });
    this.of.querySelector("[data-step]")?.focus({ preventScroll: true });
  }

  draw() {
    const { rows } = this;
    const waiting = rows.waiting.filter((row) => this.filter(row)).length;
    this.restOfPill.hidden = waiting === 0;
    setText(this.pill, `${waiting} new`);
    const shown = rows.shown.filter((row) => this.filter(row));
    const entries = [];
    let day = null;
    for (const row of shown) {
      const words = dayOf(row.created_at);
      if (this.days && words !== day) entries.push({ key: `day ${(day = words)}`, day });
      entries.push(row);
    }
    keep(this.of, entries, (entry) => entry.key,
      (entry) => entry.day ? h("div", { class: "day", role: "listitem" }, entry.day) : this.line(entry),
      (element, entry) => { if (!entry.day) this.fill(element, entry); });
    setAttribute(this.of, "role", entries.length ? "list" : null);
    setAttribute(this.of, "aria-label", entries.length ? this.label : null);
    this.#drawEnd(shown);
  }

  #drawEnd(shown) {
    const { rows } = this;
    const state = rows.phase === "failed" ? "failed" : rows.phase === "loading" ? "loading" : rows.next ? "more"
      : shown.length ? "end" : "nothing";
    if (this.endState === state) return;
    this.endState = state;
    const retry = (words) => h("button", { onclick: () => {
      this.endState = null;
      rows.phase = "loading";
      this.draw();
      rows.refresh();
    } }, words);
    this.end.replaceChildren(...{
      failed: () => [h("div", { class: "nothing" },
        h("p", {}, h("b", {}, prose(rows.problem.title)), " ", prose(rows.problem.hint)), retry("Try again"))],
      loading: () => [],
      more: () => [h("button", { onclick: (event) => this.#more(event.target) }, "Show earlier")],
      end: () => [],
      nothing: () => [this.nothing()],
    }[state]());
  }

  async #more(button) {
    button.disabled = true;
    try {
      await this.rows.more();
    } catch (problem) {
      button.textContent = `${problem.title} Try again`;
    }
    button.disabled = false;
    if (!this.rows.next) this.endState = null;
    this.draw();
  }
}

/// What became of a row that I wrote, in place: pending, or in trouble with a reason and a retry.
export function fate(row, { again = "Try again" } = {}) {
  if (row.pending) return h("span", { class: "state" }, "saving…");
  if (!row.problem) return null;
  return h("div", { class: "trouble", role: "alert" },
    h("b", {}, prose(`Not saved. ${row.problem.title}`)), h("span", {}, prose(row.problem.hint)),
    h("div", { class: "side" }, h("button", { onclick: () => row.retry() }, again),
      row.edit ? h("button", { class: "bare", onclick: () => { row.drop(); row.edit(); } }, "Change it") : null,
      h("button", { class: "bare", onclick: () => row.drop() }, "Discard")));
}

