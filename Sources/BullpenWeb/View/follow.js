// Following a person: the page goes where they point, and into the room into which they go, until Escape or my own hand
// ends it.
import { Part, h, setData, setText } from "./dom.js";
import { layer } from "./layers.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { pointers } from "./pointers.js";
import { go, route } from "./routes.js";
import { toasts } from "./toasts.js";
import { roomName, roomPath } from "./words.js";

const pause = 400;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/// Event: `change` when somebody else, or nobody any more, is followed.
class Follow extends Part {
  user = null;
  #scrolledAt = 0;
  #again;
  /// The room into which this led.
  #led = null;

  build() {
    this.hidden = true;
    this.words = h("span", { role: "status" });
    this.append(this.words, h("button", { type: "button", class: "bare", onclick: () => this.end() }, "Stop"));
  }

  start() {
    this.listen(office, "people", () => this.#keepUp());
    this.listen(pointers(), "moved", ({ detail }) => { if (detail === this.user) this.#reach(); });
    this.listen(window, "hashchange", () => this.#turned());
    // Whoever turns the wheel looks elsewhere.
    this.listen(document, "wheel touchmove", () => this.end());
  }

  /// Follows a person; nobody any more where it is the one who is followed.
  take(id) {
    const again = id === this.user;
    this.end();
    if (again || id === office.me?.user_id) return;
    if (!roomsOf(id).length) return toasts().say(`${office.nameOf(id)} is in no room that you can see.`);
    this.user = id;
    this.unlayer = layer(() => this.end());
    this.dispatchEvent(new Event("change"));
    this.#keepUp();
    this.#reach();
  }

  /// The next of those who are in this room with me.
  next() {
    const here = office.people().filter((one) => one.group === 0).map((one) => one.member.user_id);
    if (!here.length) return toasts().say("Nobody else is in this room.", { life: 3_000 });
    const place = here.indexOf(this.user);
    if (place === here.length - 1) return this.end();
    this.take(here[place + 1]);
  }

  end(why) {
    if (!this.user) return;
    this.user = null;
    clearTimeout(this.#again);
    this.unlayer?.();
    this.hidden = true;
    if (why) toasts().say(why, { life: 5_000 });
    this.dispatchEvent(new Event("change"));
  }

  #keepUp() {
    if (!this.user) return;
    const name = office.nameOf(this.user), rooms = roomsOf(this.user);
    if (office.presenceOf(this.user).status === "offline") return this.end(`${name} has gone, so you follow nobody.`);
    this.hidden = false;
    setData(this, "hue", office.colourOf(this.user));
    setText(this.words, !rooms.length ? `Following ${name}, who is in no room now`
      : `Following ${name} in ${roomName(rooms.includes(live.room) ? live.room : rooms[0])}`);
    if (!rooms.length || rooms.includes(live.room)) return;
    this.#led = rooms[0];
    go(roomPath(rooms[0]));
  }

  /// Whoever goes elsewhere by hand is not dragged back.
  #turned() {
    const { room } = route();
    if (this.user && room !== this.#led && !roomsOf(this.user).includes(room)) this.end();
  }

  /// Brings their pointer into sight, to the middle, and then lets the page rest for a moment.
  #reach() {
    clearTimeout(this.#again);
    const off = this.user && pointers().outOfSight(this.user);
    const now = performance.now(), wait = this.#scrolledAt + pause - now;
    if (!off) return;
    if (wait > 0) {
      this.#again = setTimeout(() => this.#reach(), wait);
      return;
    }
    this.#scrolledAt = now;
    scrollBy({ left: off[0], top: off[1], behavior: calm.matches ? "instant" : "smooth" });
  }
}

const roomsOf = (id) => {
  const presence = office.presenceOf(id);
  return presence.status === "offline" ? [] : presence.rooms ?? [];
};

customElements.define("bp-follow", Follow);
export const follow = () => document.querySelector("bp-follow");
