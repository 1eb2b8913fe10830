// The bench: who is here, always on top, those with me first. It keeps its order while someone points at it.
import { Part, h, keep, setData, setText, setAttribute } from "./dom.js";
import { statusGlyph, showStatus, bell } from "./glyphs.js";
import { live } from "./live.js";
import { office, silence } from "./office.js";
import { showPerson } from "./person.js";
import { pickStatus } from "./status.js";
import { ago, many, roomName, span } from "./words.js";

const groups = ["In this room", "Here", "Away", "Offline"];

class Bench extends Part {
  build() {
    this.self = place("My status", () => pickStatus());
    this.self.classList.add("self");
    this.strip = h("ul", { class: "strip", aria: { label: "People, those with you first" } });
    this.truth = h("div", { class: "truth", role: "status" });
    this.bell = h("a", { class: "bell", href: "#/inbox" }, bell(),
      h("span", { class: "count", aria: { hidden: "true" } }));
    this.more = h("a", { class: "more-people", href: "#/people", hidden: true });
    this.append(this.self, this.strip, this.more, this.truth, this.bell);
    this.sizes = new ResizeObserver(() => this.drawMore());
    // A wheel that turns moves along the strip, as there is nothing to move down to.
    this.strip.addEventListener("wheel", (event) => {
      if (!event.deltaX) this.strip.scrollLeft += event.deltaY;
    }, { passive: true });
    for (const name of ["pointerleave", "focusout"]) {
      this.strip.addEventListener(name, () => setTimeout(() => this.draw()));
    }
  }

  start() {
    this.sizes.observe(this.strip);
    this.listen(office, "people loaded", () => this.draw());
    this.listen(office, "mine loaded", () => this.drawSelf());
    this.listen(office, "unread", () => this.drawBell());
    this.listen(live, "phase", () => this.drawTruth());
    this.every(1_000, () => this.drawTruth());
    this.every(20_000, () => this.draw());
    this.draw();
    this.drawSelf();
    this.drawBell();
  }

  draw() {
    let people = office.people();
    if (this.strip.matches(":hover, :focus-within")) {
      const order = new Map(this.order.map((id, place) => [id, place]));
      const placeOf = (one) => order.get(one.member.user_id) ?? order.size;
      people = people.toSorted((a, b) => placeOf(a) - placeOf(b));
    }
    this.order = people.map((one) => one.member.user_id);
    let group = -1;
    keep(this.strip, people, (one) => one.member.user_id, (one) => {
      const button = place("", () => showPerson(one.member.user_id));
      return h("li", { class: "place-item" }, button);
    }, (item, one) => {
      const { member, presence } = one;
      const button = item.firstChild;
      item.classList.toggle("first-of-group", one.group !== group);
      group = one.group;
      setData(button, "hue", member.colour);
      setData(button, "withMe", one.group === 0);
      setAttribute(button, "title", groups[one.group]);
      fill(button, office.nameOf(member.user_id), presence, wordOf(presence));
    });
    this.drawTruth();
    this.drawMore();
  }

  /// How many have no place on the bench: they are a turn of the wheel away, or on the page of people.
  drawMore() {
    const width = this.strip.firstElementChild?.offsetWidth || 152;
    const count = this.strip.childElementCount;
    const free = this.offsetWidth - this.self.offsetWidth - this.bell.offsetWidth - beside();
    const room = Math.floor((free < count * width ? free - 48 : free) / width);
    const over = count - room;
    this.more.hidden = over <= 0 || room < 2;
    setText(this.more, `+${over}`);
    setAttribute(this.more, "aria-label", `${over} more on the page of people`);
  }

  drawSelf() {
    if (!office.me) return;
    const mine = office.mine;
    setData(this.self, "hue", office.me.colour);
    const words = [mine.custom_emoji, mine.custom_status].filter(Boolean).join(" ") || mine.status;
    fill(this.self, office.me.name || "You", mine, words);
    setAttribute(this.self, "aria-label",
      `You, ${office.me.name}: ${mine.status}. ${mine.custom_status} Change your status`);
  }

  drawBell() {
    setText(this.bell.lastChild, office.unread > 99 ? "99+" : office.unread ? String(office.unread) : "");
    setAttribute(this.bell, "aria-label", office.unread ? `Inbox, ${office.unread} unread` : "Inbox, nothing unread");
  }

  drawTruth() {
    const lost = !live.isLive;
    const [first, second] = lost ? lostWords() : office.loaded ? office.truth : ["", ""];
    setData(this.truth, "lost", lost);
    if (this.kind !== lost) {
      this.kind = lost;
      this.truth.replaceChildren(h("div", { class: "first" }), h("div", { class: "second" }, lost
        ? [h("button", { class: "link", onclick: () => live.tryNow() }, "Try now"),
          h("span", { class: "otherwise" }, ", or run ", h("code", {}, "bullpen up"))] : []));
      // A countdown is for the eye; readers hear of the loss once.
      setAttribute(this.truth, "aria-live", lost ? "off" : "polite");
    }
    setText(this.truth.firstChild, first);
    if (!lost) setText(this.truth.lastChild, second);
  }
}

/// What the state of the connection takes beside the strip, on a wide screen.
const beside = () => (matchMedia("(max-width: 719px)").matches ? 0 : 280);

function lostWords() {
  const wait = Math.max(0, Math.ceil((live.retryAt - Date.now()) / 1000));
  if (live.phase === "connecting") return ["Connecting to your node", ""];
  return [live.phase === "retrying" || wait === 0 ? "This page lost its node; trying again now"
    : `This page lost its node; trying again in ${wait}\u00a0s`, ""];
}

/// What stands under a name.
function wordOf(presence) {
  const silent = silence(presence);
  if (presence.status === "offline") return presence.last_seen ? `seen ${ago(presence.last_seen)}` : "not seen yet";
  if (silent != null) return `silent ${span(silent)}`;
  if (presence.typing) return presence.typing === live.room ? "typing…" : `typing in ${roomName(presence.typing)}…`;
  return [presence.custom_emoji, presence.custom_status].filter(Boolean).join(" ") || presence.status;
}

function place(label, press) {
  return h("button", { class: "place", type: "button", onclick: press, aria: { label: label || null } },
    h("span", { class: "name" }, statusGlyph("offline"), h("b")), h("span", { class: "word" }));
}

function fill(button, name, presence, word) {
  const [top, bottom] = button.children;
  setData(button, "status", presence.status);
  showStatus(top.firstChild, presence.status);
  setText(top.lastChild, name);
  setText(bottom, word);
  const devices = presence.devices?.length ?? 0;
  setAttribute(button, "aria-label", [name, presence.status, word === presence.status ? "" : word,
    devices > 1 ? many(devices, "device") : ""].filter(Boolean).join(", "));
}

customElements.define("bp-bench", Bench);
