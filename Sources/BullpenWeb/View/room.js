// A room: its people, its sheet, and what is said in it.
import { del } from "./api.js";
import { Part, h, keep, setAttribute, setData, setText } from "./dom.js";
import { activities } from "./feed.js";
import { follow } from "./follow.js";
import { statusGlyph, showStatus } from "./glyphs.js";
import { tones } from "./hues.js";
import { copyText } from "./invite.js";
import { office } from "./office.js";
import { pointers } from "./pointers.js";
import { lately } from "./rooms.js";
import { go } from "./routes.js";
import { privacy } from "./privacy.js";
import { toasts } from "./toasts.js";
import { list, roomPath } from "./words.js";

class RoomPage extends Part {
  #ended = new AbortController();

  build() {
    const room = this.room;
    this.className = "page-room";
    lately.add(room);
    const rows = activities(room, this.#ended.signal);
    this.here = h("p", { class: "here", aria: { label: "In this room with you" } });
    this.unseen = h("p", { class: "spread trouble", hidden: true },
      h("span", {}, "Your page is hidden: others do not see that you are in this room, nor where you point."),
      h("button", { type: "button", onclick: () => privacy.showPage() }, "Show in which rooms I am"));
    this.sheet = document.createElement("bp-sheet");
    this.compose = document.createElement("bp-compose-line");
    this.lines = document.createElement("bp-feed");
    this.lines.setAttribute("room", room);
    this.lines.rows = this.compose.rows = this.sheet.rows = rows;
    this.compose.label = "Write in this room";
    this.compose.hint = "Say something here";
    this.compose.where = () => ({ room, link: this.sheet.chosen ? `/${roomPath(room)}?at=${this.sheet.chosen}`
      : null });
    this.sheet.chosenFirst = this.spot;
    this.sheet.oncompose = () => this.compose.words.focus();
    this.sheet.addEventListener("choose", () => {
      pointers().hold(this.sheet.chosen);
      this.compose.words.placeholder = this.sheet.chosen ? `Write on ${this.sheet.chosen}` : "Say something here";
      this.compose.words.setAttribute("aria-label",
        this.sheet.chosen ? `Write on field ${this.sheet.chosen}` : "Write in this room");
    });
    const link = h("span", { class: "seen-only-by-readers" }, location.href);
    this.append(
      h("div", { class: "page-head" }, h("h1", {}, room), this.here, link,
        h("div", { class: "side" },
          h("button", { onclick: () => copyText(`${location.origin}/${roomPath(room)}`, link) }, "Copy link"),
          this.clear = h("button", { hidden: true, onclick: () => this.#clear() }, "Clear pointers"),
          h("button", { onclick: () => this.#leave() }, "Leave"))),
      this.unseen,
      h("div", { class: "room-grid" }, this.sheet,
        h("section", { class: "room-side" }, h("h2", {}, "Said here"), this.compose, this.lines)));
  }

  /// Leaving can be taken back for a while: the way in is the same as before.
  #leave() {
    const room = this.room;
    go("#/rooms");
    toasts().undo(`You left ${room}.`, () => go(roomPath(room)));
  }

  /// Everybody's pointers go, for everybody here. There is nothing to take back: who moves has one again.
  async #clear() {
    const room = this.room, names = pointers().users().map((user) => office.nameOf(user));
    try {
      await del(`/rooms/${encodeURIComponent(room)}/cursors`);
      const whose = names.length ? `The pointers of ${list(names, 6)}, and yours,` : "All pointers";
      toasts().say(`${whose} are taken out of ${room}, for everybody there. Whoever moves has one again.`);
    } catch (problem) {
      toasts().trouble(problem, () => this.#clear());
    }
  }

  start() {
    this.listen(office, "people loaded", () => this.draw());
    this.listen(privacy, "change", () => this.hide());
    this.listen(pointers(), "moved", () => this.#drawPlaces());
    this.listen(follow(), "change", () => this.draw());
    this.draw();
    this.hide();
  }

  /// Whoever points unseen should know.
  hide() {
    this.unseen.hidden = privacy.settings?.show_page !== false;
  }

  stop() {
    this.#ended.abort();
  }

  draw() {
    this.clear.hidden = !office.isAdmin;
    const here = office.people(this.room).filter((one) => one.group === 0);
    if (!here.length) {
      this.here.kept = null;
      this.here.replaceChildren("Only you are here. Others come in by the same name, or by the link.");
      return;
    }
    if (!this.here.kept) this.here.replaceChildren();
    const manner = tones(this.room);
    keep(this.here, here, (one) => one.member.user_id,
      ({ member }) => h("button", { class: "one bare", type: "button", onclick: () => follow().take(member.user_id) },
        statusGlyph("online"), h("b"), h("span", { class: "small" })),
      (element, { member, presence }) => {
        const name = office.nameOf(member.user_id), followed = follow().user === member.user_id;
        setData(element, "hue", member.colour);
        setData(element, "tone", manner.get(member.user_id) || null);
        showStatus(element.firstChild, presence.status);
        setText(element.children[1], name);
        element.user = member.user_id;
        element.typing = presence.typing === this.room;
        setAttribute(element, "aria-pressed", String(followed));
        setAttribute(element, "title", followed ? `Stop following ${name}` : `Follow ${name}`);
      });
    this.#drawPlaces();
  }

  /// What each of them does here, where that is more than to look on.
  #drawPlaces() {
    for (const element of this.here.children) {
      setText(element.children[2], element.typing ? "typing…" : pointers().whereabouts(element.user));
    }
  }
}

customElements.define("bp-room-page", RoomPage);
