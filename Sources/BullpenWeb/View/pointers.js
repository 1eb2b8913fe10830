// Pointers: where I point goes out as an anchor and a fraction of its box; where others point is drawn the same way.
// They never take a click, glide to a new place within 100 ms, and lose their name after two seconds of rest.
import { Part, h, setData, setText } from "./dom.js";
import { arrow } from "./glyphs.js";
import { live } from "./live.js";
import { office } from "./office.js";

const glide = 100, rest = 2_000, most = 8, lifetime = 300_000, interval = 33, nameRoom = 120;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Pointers extends Part {
  #cursors = new Map();
  #frame = 0;
  #sentAt = 0;
  #sending;
  #latest = null;

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
      if (detail.room === live.room) for (const cursor of detail.cursors) this.#receive(cursor);
    });
    this.listen(live, "cursor.remove", ({ detail }) => this.#remove(keyOf(detail)));
    this.listen(live, "phase", () => { if (!live.isLive) this.clear(); });
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

  clear() {
    for (const key of [...this.#cursors.keys()]) this.#remove(key);
    this.#latest = null;
  }

  // MARK: Mine

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
    this.#latest = { room: live.room, pointer };
    const wait = interval - (performance.now() - this.#sentAt);
    clearTimeout(this.#sending);
    if (wait <= 0) this.#flush();
    else this.#sending = setTimeout(() => this.#flush(), wait);
  }

  #flush() {
    if (!this.#latest || this.#latest.room !== live.room) return;
    this.#sentAt = performance.now();
    live.send("cursor.move", this.#latest);
  }

  #gone() {
    if (!this.#latest) return;
    clearTimeout(this.#sending);
    live.send("cursor.remove", { room: this.#latest.room });
    this.#latest = null;
  }

  // MARK: Others'

  #receive(cursor) {
    if (cursor.room !== live.room || cursor.user_id === office.me?.user_id || !cursor.pointer) return;
    const key = keyOf(cursor);
    const now = performance.now();
    let one = this.#cursors.get(key);
    if (!one) {
      const element = h("div", { class: "pointer", hidden: true }, arrow(), h("span", { class: "tag" }));
      this.#cursors.set(key, (one = { key, element, drawn: null }));
      this.append(element);
    }
    const moved = !one.pointer || one.pointer.anchor !== cursor.pointer.anchor || one.pointer.x !== cursor.pointer.x
      || one.pointer.y !== cursor.pointer.y;
    one.from = one.drawn;
    one.pointer = cursor.pointer;
    one.user = cursor.user_id;
    one.heardAt = now;
    one.since = now;
    if (moved) {
      one.movedAt = now;
      clearTimeout(one.resting);
      one.resting = setTimeout(() => this.#draw(), rest + 20);
    }
    setData(one.element, "hue", cursor.colour ?? office.colourOf(cursor.user_id));
    setText(one.element.lastChild, cursor.name || office.nameOf(cursor.user_id));
    this.#draw();
  }

  #remove(key) {
    this.#cursors.get(key)?.element.remove();
    if (this.#cursors.delete(key)) this.#draw();
  }

  /// Takes away who has gone, and names that have rested.
  #sweep() {
    const now = performance.now();
    for (const one of [...this.#cursors.values()]) {
      const presence = office.presenceOf(one.user);
      if (now - one.heardAt > lifetime || presence.status === "offline") this.#remove(one.key);
    }
    if (this.#cursors.size) this.#draw();
  }

  #draw() {
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#paint(now));
  }

  #paint(now) {
    this.#frame = 0;
    if (this.hiddenByMe) return;
    const frame = this.getBoundingClientRect();
    const ordered = [...this.#cursors.values()].sort((a, b) => b.movedAt - a.movedAt);
    let gliding = false, places = new Map();
    for (const one of ordered) {
      const anchor = document.querySelector(`#page [data-anchor="${CSS.escape(one.pointer.anchor)}"]`);
      if (anchor) places.set(one, anchor.getBoundingClientRect());
    }
    const shown = ordered.filter((one) => places.has(one)).slice(0, most);
    const more = places.size - shown.length;
    for (const one of ordered) {
      const box = shown.includes(one) ? places.get(one) : null;
      one.element.hidden = !box;
      if (!box) { one.drawn = null; continue; }
      const goal = [box.left - frame.left + box.width * one.pointer.x,
        box.top - frame.top + box.height * one.pointer.y];
      const part = calm.matches || !one.from ? 1 : Math.min(1, (now - one.since) / glide);
      const place = part >= 1 ? goal : goal.map((end, axis) => one.from[axis] + (end - one.from[axis]) * part);
      if (part < 1) gliding = true;
      else one.from = null;
      one.drawn = place;
      one.element.style.transform = `translate(${place[0].toFixed(1)}px, ${place[1].toFixed(1)}px)`;
      setData(one.element, "still", now - one.movedAt > rest);
      // Near the right edge the name stands on the other side, where it can be read.
      setData(one.element, "flipped", place[0] > frame.width - nameRoom);
    }
    this.tally.hidden = more <= 0;
    if (more > 0) setText(this.tally, `and ${more} more pointing here`);
    if (gliding) this.#draw();
  }
}

const fraction = (part) => Math.round(Math.min(1, Math.max(0, part)) * 10_000) / 10_000;
const keyOf = (cursor) => `${cursor.user_id} ${cursor.device_id ?? ""}`;

customElements.define("bp-pointers", Pointers);
export const pointers = () => document.querySelector("bp-pointers");
