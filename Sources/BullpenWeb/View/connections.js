// How this machine reaches everybody else, and why somebody is not seen. Not a room.
import { Part, h, keep, setAttribute, setData, setText } from "./dom.js";
import { get } from "./api.js";
import { examinationRoom } from "./doctor.js";
import { showStatus, statusGlyph } from "./glyphs.js";
import { tell } from "./layers.js";
import { live } from "./live.js";
import { drawNotices } from "./notices.js";
import { office, silence } from "./office.js";
import { ago, list, span } from "./words.js";

const states = {
  connected: "connected", session: "heard by datagrams", dialing: "being called", waiting: "waiting to call again",
  lost: "lost",
};
const rungs = { mdns: "found on the LAN", remembered: "remembered", given: "given by hand",
  exchange: "named by a colleague" };
/// An examination that ended longer ago says little of now, in milliseconds.
const fresh = 600_000;

class ConnectionsPage extends Part {
  build() {
    this.className = "page-narrow";
    this.sum = h("p", { class: "here" });
    this.trouble = h("div", { role: "alert" });
    this.mine = h("div", { class: "notices", role: "status" });
    this.people = h("ul", { class: "connections" });
    this.room = examinationRoom();
    this.alone = h("p", { class: "quiet", hidden: true }, "Nobody else is in this workspace yet.");
    this.append(
      h("div", { class: "page-head" }, h("h1", {}, "Connections"), this.sum,
        h("button", { type: "button", class: "main", onclick: () => this.ask(null) }, "Is anything wrong?")),
      this.trouble, this.mine, this.room.place, this.people, this.alone);
  }

  start() {
    this.listen(live, "phase connections.update", () => this.read());
    this.listen(office, "people loaded", () => this.draw());
    this.every(5_000, () => { if (!document.hidden) this.read(); });
    this.peers ??= [];
    this.notices ??= [];
    this.read();
    if (this.wanted) this.show(this.wanted);
    else this.recall();
  }

  /// A person whom a link names is looked for at once.
  show(id) {
    if (office.members.has(id) || office.former.has(id)) this.ask(id);
  }

  ask(id) {
    return this.room.ask(id, this.#title(id));
  }

  #title(id) {
    return id ? `Why can’t I see ${office.nameOf(id)}?` : "Is anything wrong?";
  }

  /// What was found lately, and what is being looked for now.
  async recall() {
    try {
      const { is_running: isRunning, user_id: id, report } = await get("/doctor");
      if (isRunning) this.ask(id);
      else if (report && Date.now() - report.finished_at < fresh) {
        this.room.show(report, this.#title(report.user_id), `Looked at ${ago(report.finished_at)}.`);
      }
    } catch { /* what the list below cannot have either says why */ }
  }

  async read() {
    if (live.hasEnded) return;
    try {
      const [peers, { notices }] = await Promise.all([get("/peers"), get("/status?digests=false")]);
      this.peers = peers.items;
      this.notices = notices;
      tell(this.trouble);
      this.draw();
    } catch (problem) {
      tell(this.trouble, problem);
    }
  }

  draw() {
    if (!office.me) return;
    const mine = this.peers.some((peer) => peer.user_id === office.me.user_id) ? [{ member: office.me }] : [];
    const people = [...office.people(null).sort((a, b) =>
      office.nameOf(a.member.user_id).localeCompare(office.nameOf(b.member.user_id))), ...mine];
    setText(this.sum, office.truth.filter(Boolean).join("; "));
    const devices = new Set(this.peers.map((peer) => peer.device_id));
    drawNotices(this.mine, this.notices.filter((notice) => !devices.has(notice.device_id)));
    this.alone.hidden = !office.loaded || people.length > 0;
    keep(this.people, people, (one) => one.member.user_id, (one) => this.#person(one.member.user_id),
      (item, one) => this.#fill(item, one.member));
  }

  #person(id) {
    return h("li", { class: "rule" },
      h("div", { class: "spread" },
        h("h2", { class: "name" }, statusGlyph("offline"), h("span", { class: "who" }), h("span", { class: "quiet small" })),
        id === office.me.user_id ? null : h("button", { type: "button", data: { step: true },
          onclick: () => this.ask(id) })),
      h("ul", { class: "devices" }));
  }

  #fill(item, member) {
    const id = member.user_id, isMe = id === office.me.user_id, presence = office.presenceOf(id);
    const [glyph, name, state] = item.querySelector("h2").children, silent = silence(presence);
    setData(item, "hue", member.colour);
    showStatus(glyph, isMe ? office.mine.status : presence.status);
    setText(name, office.nameOf(id));
    setText(state, isMe ? "you, on other devices" : presence.status === "offline" ? "offline or not visible to you"
      : silent != null ? `silent ${span(silent)}` : presence.status);
    const button = item.querySelector("button");
    if (button) {
      const question = presence.status === "offline" || silent != null ? "Why can’t I see them?" : "Look at the way there";
      setText(button, question);
      setAttribute(button, "aria-label", `${question} ${office.nameOf(id)}`);
    }
    keep(item.querySelector("ul"), this.peers.filter((peer) => peer.user_id === id), (peer) => peer.device_id,
      () => h("li", {}, h("p"), h("ul", { class: "quiet small" }), h("div", { class: "notices" })),
      (place, peer) => this.#device(place, peer));
  }

  #device(place, peer) {
    const heard = peer.silence == null ? "never heard" : peer.silence < 5_000 ? "heard now" : `heard ${span(peer.silence)} ago`;
    setText(place.firstChild, [`Device ${peer.device_id.slice(0, 8)}`, states[peer.state] ?? peer.state, heard,
      peer.withholds && "does not send what it announces"].filter(Boolean).join(", "));
    const addresses = peer.addresses.length ? peer.addresses : [{ endpoint: null, sources: [] }];
    drawNotices(place.lastChild, this.notices.filter((notice) => notice.device_id === peer.device_id));
    keep(place.children[1], addresses, (one) => one.endpoint ?? "none", () => h("li"), (line, one) =>
      setText(line, one.endpoint ? `${one.endpoint}, ${list(one.sources.map((source) => rungs[source] ?? source))}`
        : "No address is known."));
  }
}

customElements.define("bp-connections-page", ConnectionsPage);
