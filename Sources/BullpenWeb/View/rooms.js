// Rooms: where people are now, where I was, and a way into any by its name.
import { Part, h, keep, setText } from "./dom.js";
import { tell } from "./layers.js";
import { office } from "./office.js";
import { go } from "./routes.js";
import { bytes, list, roomName, roomPath } from "./words.js";

const memory = "bullpen.rooms";

/// The rooms that I was in lately on this device, newest first, at most eight.
export const lately = {
  get: () => { try { return JSON.parse(localStorage.getItem(memory)) ?? []; } catch { return []; } },
  add(room) {
    localStorage.setItem(memory, JSON.stringify([room, ...this.get().filter((one) => one !== room)].slice(0, 8)));
  },
};

/// Rooms with people in them: [room, [member id]], the fullest first.
export function inhabited() {
  const rooms = new Map();
  for (const { member, presence } of office.people()) {
    if (presence.status === "offline") continue;
    for (const room of presence.rooms ?? []) rooms.set(room, [...rooms.get(room) ?? [], member.user_id]);
  }
  return [...rooms].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
}

class RoomsPage extends Part {
  build() {
    this.className = "page-narrow";
    const trouble = h("div", { role: "alert" });
    this.name = h("input", { name: "room", maxLength: 100, autocomplete: "off", placeholder: "planning" });
    this.now = h("ul", { class: "rooms-list" });
    this.before = h("ul", { class: "rooms-list" });
    this.nobody = h("p", { class: "quiet" },
      "Nobody is in a room. Go into one by its name, and the others see you there.");
    this.lately = h("section", { class: "section" }, h("h2", {}, "Where you were"), this.before);
    this.append(
      h("div", { class: "page-head" }, h("h1", {}, "Rooms")),
      h("form", {
        class: "compose", onsubmit: (event) => {
          event.preventDefault();
          const name = this.name.value.trim();
          const bad = !name ? "Give the room a name." : bytes(name) > 200 ? "A name has at most 200 bytes." : null;
          const hint = "Any words will do; whoever uses the same name is in the same room.";
          tell(trouble, bad && { title: bad, hint });
          if (!bad) go(roomPath(name));
        },
      }, h("label", {}, h("span", {}, "Go into a room by its name"), this.name),
        h("button", { class: "main" }, "Go in"), trouble),
      h("section", { class: "section", data: { anchor: "rooms:now" } }, h("h2", {}, "Where people are"), this.now,
        this.nobody),
      this.lately);
  }

  start() {
    this.listen(office, "people loaded", () => this.draw());
    this.draw();
  }

  draw() {
    const rooms = inhabited().sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const draw = (parent, entries) => keep(parent, entries, ([room]) => room,
      ([room]) => h("li", {}, h("a", { href: roomPath(room), data: { step: true } }, h("b"),
        h("span", { class: "inside quiet" }))),
      (item, [room, people]) => {
        setText(item.firstChild.firstChild, roomName(room));
        setText(item.firstChild.lastChild, people.length ? list(people.map((id) => office.nameOf(id)), 6)
          : "nobody there now");
      });
    draw(this.now, rooms);
    this.nobody.hidden = rooms.length > 0;
    const before = lately.get().filter((room) => !rooms.some(([one]) => one === room)).map((room) => [room, []]);
    draw(this.before, before);
    this.lately.hidden = before.length === 0;
  }

  focusName() {
    this.name.focus();
  }
}

customElements.define("bp-rooms-page", RoomsPage);
