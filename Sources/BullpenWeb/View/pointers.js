// Pointers: where I point goes out as an anchor and a fraction of its box; where others point is drawn the same way.
// They never take a click, glide to a new place within 100 ms, and lose their name after two seconds of rest. What
// somebody has chosen on the sheet of a room has an outline in their hue. `where.js` knows the places.
import { Part, h, setData, setText } from "./dom.js";
import { arrow } from "./glyphs.js";
import { tones } from "./hues.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { boxOf, chosenIn, edgeOf, fraction, lineWords, placeIn } from "./where.js";

const glide = 100, rest = 2_000, most = 8, lifetime = 300_000, interval = 33, nameRoom = 120;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/// Event: `moved`, with the id of who points elsewhere now as `detail`.
class Pointers extends Part {
  #cursors = new Map();
  #tones = new Map();
  #frame = 0;
  #sentAt = 0;
  #sending;
  #latest = null;
  #chosen = null;

  build() {
    this.setAttribute("aria-hidden", "true");
    this.tally = h("div", { class: "tally", hidden: true });
    this.append(this.tally);
    this.hiddenByMe = localStorage.getItem("bullpen.pointers") === "off";
    this.hidden = this.hiddenByMe;
  }

  start() {
    this.listen(live, "cursor.move", ({ detail }) => this.#receive(detail));
    this.listen(live, "cursor.sync", ({ detail }) => {
      if (detail.room !== live.room) return;
      for (const cursor of detail.cursors) this.#receive(cursor);
      // In the room again after the connection or the tab was gone: what I chose is still chosen.
      if (this.#chosen) this.#send(null);
    });
    this.listen(live, "cursor.remove", ({ detail }) => this.#remove(keyOf(detail)));
    this.listen(live, "phase", () => { if (!live.isLive) this.#forget(); });
    this.listen(office, "people", () => this.#sweep());
    this.listen(window, "scroll resize", () => this.#draw());
    this.listen(document, "pointermove pointerdown", (event) => this.#point(event));
    this.listen(document, "focusin", (event) => this.#focus(event));
    this.listen(document.documentElement, "pointerleave", () => this.#gone());
    this.every(1_000, () => this.#sweep());
  }

  toggle() {
    this.hiddenByMe = !this.hiddenByMe;
    localStorage.setItem("bullpen.pointers", this.hiddenByMe ? "off" : "on");
    this.hidden = this.hiddenByMe;
    this.#draw();
    return this.hiddenByMe;
  }

  /// Another page.
  clear() {
    this.#chosen = null;
    this.#forget();
  }

  #forget() {
    for (const key of [...this.#cursors.keys()]) this.#remove(key);
    this.#latest = null;
  }

  // MARK: Mine

  /// Shows the others what I have chosen on the sheet; null for nothing.
  hold(field) {
    if (this.#chosen === field) return;
    this.#chosen = field;
    if (field || this.#latest?.pointer) this.#send(this.#latest?.pointer);
    else this.#gone();
  }

  #point(event) {
    const anchor = event.target.closest?.("#page [data-anchor]");
    if (!anchor) return this.#gone();
    const box = anchor.getBoundingClientRect();
    if (!box.width || !box.height) return;
    this.#send({ anchor: anchor.dataset.anchor,
      x: fraction((event.clientX - box.left) / box.width), y: fraction((event.clientY - box.top) / box.height) });
  }

  /// A person who moves by keyboard points at what has the focus.
  #focus(event) {
    if (!event.target.matches?.(":focus-visible")) return;
    const anchor = event.target.closest("#page [data-anchor]");
    if (anchor) this.#send({ anchor: anchor.dataset.anchor, x: 0.5, y: 0.5 });
  }

  #send(pointer) {
    if (!live.room) return;
    this.#latest = { room: live.room, ...pointer && { pointer },
      ...this.#chosen && { payload: JSON.stringify({ sheet: this.#chosen }) } };
    this.#flushIn(interval - (performance.now() - this.#sentAt));
  }

  #flushIn(wait) {
    clearTimeout(this.#sending);
    if (wait <= 0) this.#flush();
    else this.#sending = setTimeout(() => this.#flush(), wait);
  }

  #flush() {
    if (!this.#latest || this.#latest.room !== live.room) return;
    // What has not left yet would be older than what comes: the newest waits here instead.
    if (live.isBusy) return this.#flushIn(interval);
    this.#sentAt = performance.now();
    live.send("cursor.move", this.#latest);
  }

  /// My pointer is on nothing that others have; what I chose stays.
  #gone() {
    if (!this.#latest || this.#chosen && !this.#latest.pointer) return;
    if (this.#chosen) return this.#send(null);
    clearTimeout(this.#sending);
    live.send("cursor.remove", { room: this.#latest.room });
    this.#latest = null;
  }

  // MARK: Others'

  /// Who else has a pointer or a choice here.
  users() {
    return [...new Set([...this.#cursors.values()].map((one) => one.user))];
  }

  /// "line 12" of whoever writes in a document, empty for who points.
  whereabouts(user) {
    return lineWords([...this.#cursors.values()].filter((one) => one.user === user));
  }

  /// How far the page must be scrolled to have a person's pointer in its middle; null where it is in sight or nowhere.
  outOfSight(user) {
    const frame = this.getBoundingClientRect();
    const one = [...this.#cursors.values()].filter((other) => other.user === user && other.pointer)
      .sort((a, b) => b.movedAt - a.movedAt)[0];
    const box = one && boxOf(one.pointer), place = box && placeIn(frame, box, one.pointer);
    if (!place || !edgeOf(frame, place)) return null;
    return [place[0] < 0 || place[0] > frame.width ? place[0] - frame.width / 2 : 0,
      place[1] < 0 || place[1] > frame.height ? place[1] - frame.height / 2 : 0];
  }

  #receive(cursor) {
    if (cursor.room !== live.room || cursor.user_id === office.me?.user_id) return;
    const key = keyOf(cursor), now = performance.now();
    let one = this.#cursors.get(key);
    if (!one) {
      one = { key, drawn: null, element: h("div", { class: "pointer", hidden: true }, arrow(), h("span", { class: "tag" })),
        outline: h("div", { class: "held", hidden: true }, h("span", { class: "tag" })) };
      this.#cursors.set(key, one);
      this.append(one.outline, one.element);
    }
    const place = JSON.stringify([cursor.pointer, cursor.payload, cursor.line, cursor.column, cursor.selection]);
    const moved = one.place !== place;
    Object.assign(one, { place, pointer: cursor.pointer ?? null, chosen: chosenIn(cursor.payload), line: cursor.line,
      selection: cursor.selection ?? null, user: cursor.user_id, from: one.drawn, heardAt: now, since: now });
    if (moved) {
      one.movedAt = now;
      clearTimeout(one.resting);
      one.resting = setTimeout(() => this.#draw(), rest + 20);
    }
    if (!this.#tones.has(one.user)) this.#tones = tones(live.room);
    for (const part of [one.element, one.outline]) {
      setData(part, "hue", cursor.colour ?? office.colourOf(one.user));
      setText(part.lastChild, cursor.name || office.nameOf(one.user));
    }
    this.#draw();
    if (moved) this.dispatchEvent(new CustomEvent("moved", { detail: one.user }));
  }

  #remove(key) {
    const one = this.#cursors.get(key);
    if (!one) return;
    clearTimeout(one.resting);
    one.element.remove();
    one.outline.remove();
    this.#cursors.delete(key);
    this.#draw();
    this.dispatchEvent(new CustomEvent("moved", { detail: one.user }));
  }

  /// Takes away who has gone, and names that have rested.
  #sweep() {
    const now = performance.now();
    for (const one of [...this.#cursors.values()]) {
      const presence = office.presenceOf(one.user);
      if (now - one.heardAt > lifetime || presence.status === "offline") this.#remove(one.key);
    }
    this.#tones = tones(live.room);
    if (this.#cursors.size) this.#draw();
  }

  #draw() {
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#paint(now));
  }

  #paint(now) {
    this.#frame = 0;
    const edges = document.querySelector("bp-edges"), beyond = new Map(), goals = new Map();
    if (this.hiddenByMe) return edges?.show(beyond, this.#tones);
    const frame = this.getBoundingClientRect();
    const ordered = [...this.#cursors.values()].sort((a, b) => b.movedAt - a.movedAt);
    for (const one of ordered) {
      this.#outline(one, frame, now);
      const box = one.pointer && boxOf(one.pointer);
      if (!box) continue;
      const goal = placeIn(frame, box, one.pointer), edge = edgeOf(frame, goal);
      if (!edge) goals.set(one, goal);
      else if (!beyond.get(edge)?.includes(one.user)) beyond.set(edge, [...beyond.get(edge) ?? [], one.user]);
    }
    edges?.show(beyond, this.#tones);
    const shown = new Set([...goals.keys()].slice(0, most));
    let gliding = false;
    for (const one of ordered) {
      one.element.hidden = !shown.has(one);
      if (!shown.has(one)) { one.drawn = null; continue; }
      const goal = goals.get(one);
      const part = calm.matches || !one.from ? 1 : Math.min(1, (now - one.since) / glide);
      const place = part >= 1 ? goal : goal.map((end, axis) => one.from[axis] + (end - one.from[axis]) * part);
      if (part < 1) gliding = true;
      else one.from = null;
      one.drawn = place;
      one.element.style.transform = `translate(${place[0].toFixed(1)}px, ${place[1].toFixed(1)}px)`;
      setData(one.element, "tone", this.#tones.get(one.user) || null);
      setData(one.element, "still", now - one.movedAt > rest);
      // Near the right edge the name stands on the other side, where it can be read.
      setData(one.element, "flipped", place[0] > frame.width - nameRoom);
    }
    const more = goals.size - shown.size;
    this.tally.hidden = more <= 0;
    if (more > 0) setText(this.tally, `and ${more} more pointing here`);
    if (gliding) this.#draw();
  }

  #outline(one, frame, now) {
    const box = one.chosen && boxOf({ anchor: one.chosen });
    one.outline.hidden = !box;
    if (!box) return;
    Object.assign(one.outline.style, { left: `${box.left - frame.left}px`, top: `${box.top - frame.top}px`,
      width: `${box.width}px`, height: `${box.height}px` });
    setData(one.outline, "tone", this.#tones.get(one.user) || null);
    setData(one.outline, "still", now - one.movedAt > rest);
  }
}

const keyOf = (cursor) => `${cursor.user_id} ${cursor.device_id ?? ""}`;

customElements.define("bp-pointers", Pointers);
export const pointers = () => document.querySelector("bp-pointers");
