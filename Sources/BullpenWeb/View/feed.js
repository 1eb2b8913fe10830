// The feed: what people did, newest first, and a line to say something oneself.
import { Part, h, setData, setText } from "./dom.js";
import { get, post } from "./api.js";
import { Lines, fate } from "./lines.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { Rows } from "./rows.js";
import { bytes, dayOf, many, roomName, roomPath, timeOfDay } from "./words.js";

/// The activities of the workspace, or of one room. They follow what happens until `signal` aborts.
export function activities(room, signal) {
  const where = room ? `&room=${encodeURIComponent(room)}` : "";
  const rows = new Rows(async (after) => {
    const answer = await get(`/activity?limit=50${where}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    return { items: answer.items, next: answer.next };
  }, (row) => row.user_id === office.me?.user_id);
  live.addEventListener("activity", ({ detail }) => {
    if (!room || detail.room === room) rows.arrive(detail);
  }, { signal });
  live.addEventListener("phase", () => { if (live.isLive) rows.refresh(); }, { signal });
  live.addEventListener("resync", () => rows.refresh(), { signal });
  rows.refresh();
  return rows;
}

let everything = null;
/// The feed of the workspace: one for the whole view.
export const feed = () => (everything ??= activities(null));

export function sayActivity(rows, text, { room = null, link = null, edit } = {}) {
  return rows.write({ user_id: office.me.user_id, kind: "note", text, room, link, created_at: Date.now(), edit },
    () => post("/activity", { kind: "note", text, room, link }));
}

class FeedLines extends Lines {
  label = "Activity";
  build() {
    this.rows ??= feed();
    super.build();
  }
  get room() { return this.getAttribute("room"); }
  get plain() { return this.hasAttribute("plain"); }

  line(row) {
    return h("div", { class: "line", role: "listitem", tabIndex: -1, data: { step: !this.plain } },
      h("time"), h("div", { class: "body rule" }, h("b", { class: "who" }), " ", h("span"), " ",
        h("a", { class: "room", hidden: true }), " "));
  }

  fill(line, row) {
    const [time, body] = line.children;
    const [who, words, place] = body.children;
    const anchor = row.id && !this.plain ? `activity:${row.id.slice(-32)}` : null;
    setData(line, "anchor", anchor);
    setData(line, "hue", office.colourOf(row.user_id));
    setData(line, "pending", row.pending);
    setText(time, timeOfDay(row.created_at));
    time.dateTime = new Date(row.created_at).toISOString();
    time.title = dayOf(row.created_at);
    setText(who, office.nameOf(row.user_id));
    setText(words, row.text);
    const spot = spotOf(row);
    const elsewhere = row.room && row.room !== this.room;
    place.hidden = !elsewhere && !spot;
    if (!place.hidden) {
      setText(place, elsewhere ? `${roomName(row.room)}${spot ? ` ${spot}` : ""}` : spot);
      place.href = spot ? row.link.slice(row.link.indexOf("#")) : roomPath(row.room);
    }
    const state = row.pending ? "pending" : row.problem ? row.problem.title : "";
    if (line.state !== state) {
      line.state = state;
      line.fate?.remove();
      line.fate = fate(row);
      if (line.fate) body.append(line.fate);
    }
  }

  nothing() {
    const words = this.room ? "Nothing has been said here yet."
      : "Nothing has happened yet. What you write is seen by everyone in the workspace.";
    return h("div", { class: "nothing" }, h("p", { class: "quiet" }, words), this.plain ? null
      : h("button", { onclick: () => this.parentElement.querySelector("textarea")?.focus() }, "Write the first line"));
  }
}

/// The field of a room's sheet that an activity names in its link, as in `/#/room/NAME?at=C2`.
export function spotOf(row) {
  return row.room && /#\/room\/[^?]*\?at=([A-D][1-4])$/.exec(row.link ?? "")?.[1] || null;
}

class ComposeLine extends Part {
  /// When I was last said to type.
  #typed = -Infinity;

  build() {
    this.words = h("textarea", { rows: 1, aria: { label: this.label ?? "Write to the feed" },
      placeholder: this.hint ?? "Say what you do" });
    this.under = h("p", { class: "hint", role: "status" });
    this.form = h("form", {
      class: "compose", onsubmit: (event) => { event.preventDefault(); this.send(); },
    }, this.words, h("button", { class: "main" }, "Post"), this.under);
    this.append(this.form);
    this.words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.words.addEventListener("input", () => {
      this.check();
      if (!this.words.value) return this.rest();
      if (!live.room || performance.now() - this.#typed < 2_000) return;
      this.#typed = performance.now();
      live.type(live.room);
    });
    this.words.addEventListener("blur", () => this.rest());
  }

  /// I type no more.
  rest() {
    if (this.#typed === -Infinity) return;
    this.#typed = -Infinity;
    live.type(null);
  }

  check() {
    const over = bytes(this.words.value) - 8_192;
    setText(this.under, over > 0 ? `Too long by ${many(over, "byte")}` : "");
    this.words.setAttribute("aria-invalid", String(over > 0));
    return over <= 0;
  }

  send() {
    const text = this.words.value.trim();
    if (!text || !this.check()) return this.words.focus();
    this.words.value = "";
    this.rest();
    const edit = () => { this.words.value = text; this.words.focus(); };
    sayActivity(this.rows, text, { ...this.where?.(), edit });
  }
}

class FeedPage extends Part {
  build() {
    this.className = "page-narrow";
    const compose = document.createElement("bp-compose-line"), lines = document.createElement("bp-feed");
    compose.rows = feed();
    this.append(h("div", { class: "page-head", data: { anchor: "feed:head" } }, h("h1", {}, "Feed")), compose, lines);
  }
}

customElements.define("bp-feed", FeedLines);
customElements.define("bp-compose-line", ComposeLine);
customElements.define("bp-feed-page", FeedPage);
