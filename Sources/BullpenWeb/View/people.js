// Everyone in the workspace, one row a person; and the page that shows them.
import { get } from "./api.js";
import { Part, h, keep, setData, setText, setAttribute } from "./dom.js";
import { statusGlyph, showStatus } from "./glyphs.js";
import { invite } from "./invite.js";
import { live } from "./live.js";
import { office, silence } from "./office.js";
import { showPerson } from "./person.js";
import { nameAdmin } from "./role.js";
import { SuccessorNudge } from "./successor.js";
import { ago, many, roomName, roomPath, span } from "./words.js";

/// Whether a member is in a team; everybody is in none.
const isIn = (team, member) => !team || team.user_ids.includes(member.user_id);

class People extends Part {
  /// Whose people are shown; null for everybody.
  team = null;

  build() {
    const head = ["Name", "Status", "In", "Last heard", "Role"];
    const names = ["name", "status", "room", "seen", "role"];
    this.rows = h("tbody");
    this.append(h("table", { class: "people" },
      h("thead", {}, h("tr", {}, head.map((word, place) =>
        h("th", { scope: "col", class: `col-${names[place]}` }, word)))),
      this.rows));
  }

  start() {
    this.listen(office, "people loaded mine", () => this.draw());
    this.every(10_000, () => this.draw());
    this.draw();
  }

  /// By name, so that no row moves while people come and go; who is with whom is the bench's to show.
  draw() {
    if (!office.me) return;
    const members = [...office.members.values()].filter((one) => isIn(this.team, one)).sort((a, b) =>
      office.nameOf(a.user_id).localeCompare(office.nameOf(b.user_id)) || (a.user_id < b.user_id ? -1 : 1));
    keep(this.rows, members, (one) => one.user_id, (one) => this.#row(one.user_id), (row, one) => this.#fill(row, one));
  }

  #row(id) {
    const anchored = !this.hasAttribute("compact");
    return h("tr", { data: { anchor: anchored ? `member:${id.slice(0, 32)}` : null } },
      h("td", { class: "rule" }, h("div", { class: "name" }, h("button", {
        onclick: () => showPerson(id), data: { step: anchored },
      }, h("span")), h("span", { class: "quiet small" }))),
      h("td", { class: "cut" }, h("div", { class: "name" }, statusGlyph("offline"), h("span", { class: "cut-text" }))),
      h("td", { class: "cut quiet col-room" }),
      h("td", { class: "cut quiet col-seen" }),
      h("td", { class: "cut quiet col-role" }));
  }

  #fill(row, member) {
    const me = member.user_id === office.me.user_id;
    const presence = me ? office.mine : office.presenceOf(member.user_id);
    const [name, status, room, seen, role] = row.children;
    const silent = silence(presence);
    setData(row, "hue", member.colour);
    setText(name.firstChild.firstChild.firstChild, office.nameOf(member.user_id));
    setText(name.firstChild.lastChild, me ? "you" : "");
    showStatus(status.firstChild.firstChild, presence.status);
    const typing = presence.typing ? ", typing" : "";
    const said = [presence.custom_emoji, presence.custom_status].filter(Boolean).join(" ");
    setText(status.firstChild.lastChild, silent != null ? `silent ${span(silent)}`
      : `${presence.status}${typing}${said ? ` · ${said}` : ""}`);
    setAttribute(status, "title", said || null);
    const rooms = presence.rooms ?? [];
    if (room.rooms !== rooms.join("\n")) {
      room.rooms = rooms.join("\n");
      room.replaceChildren(...rooms.flatMap((one, place) => [place ? ", " : "",
        h("a", { href: roomPath(one) }, roomName(one))]));
    }
    const word = presence.sightings?.find((one) => one.last_seen === presence.last_seen)?.said_by;
    setText(seen, presence.status !== "offline" && silent == null ? "now"
      : presence.last_seen ? `${ago(presence.last_seen)}${word ? `, says ${office.nameOf(word)}` : ""}` : "not yet");
    setText(role, [member.role, member.is_successor && "successor", member.is_surplus && "one more than invited"]
      .filter(Boolean).join(", "));
    setAttribute(role, "title", member.is_successor ? "named to take the owner’s place" : null);
  }
}

class PeoplePage extends Part {
  #teams = [];

  build() {
    this.className = "page-wide";
    this.sum = h("p", { class: "here" });
    this.team = h("select", { hidden: true, aria: { label: "Whose people to show" }, onchange: () => this.draw() });
    this.people = document.createElement("bp-people");
    this.nobody = h("p", { class: "quiet", hidden: true }, "Nobody is in this team yet.");
    this.append(
      h("div", { class: "page-head" }, h("h1", {}, "People"), this.sum,
        h("div", { class: "side" }, this.team, this.door = h("button", { onclick: () => invite() }, "Invite…"))),
      this.people, this.nobody);
    this.nudge = h("div", { class: "nudge", hidden: true },
      h("p", {}, "You are the only one who can invite and remove people here. If this laptop is lost, nobody can."),
      h("button", { onclick: () => nameAdmin() }, "Name an admin…"));
    this.succession = new SuccessorNudge();
    this.append(this.nudge, this.succession.element);
    this.alone = h("div", { class: "nothing", hidden: true },
      h("p", {}, "Nobody else is in this workspace yet. Make an invite and give its code to a colleague on the ",
        "same network."),
      h("button", { class: "main", onclick: () => invite() }, "Invite someone…"));
    this.append(this.alone);
  }

  start() {
    this.listen(office, "people loaded", () => this.draw());
    this.listen(live, "phase", () => this.draw());
    this.listen(live, "settings.update", () => this.read());
    this.read();
    this.draw();
  }

  /// Where there are no teams there is nothing to choose from.
  async read() {
    try {
      this.#teams = (await get("/teams")).items;
    } catch {
      return; // The list shows everybody, as before.
    }
    const chosen = this.team.value;
    this.team.replaceChildren(h("option", { value: "" }, "Everybody"),
      ...this.#teams.map((team) => h("option", { value: team.id }, team.name)));
    this.team.value = this.#teams.some((team) => team.id === chosen) ? chosen : "";
    this.team.hidden = !this.#teams.length;
    this.draw();
  }

  draw() {
    const people = office.people(), team = this.#teams.find((one) => one.id === this.team.value) ?? null;
    const shown = people.filter((one) => isIn(team, one.member));
    const here = shown.filter((one) => one.group < 3).length;
    setText(this.sum, shown.length ? `${here} of ${many(shown.length, "colleague")} here` : "");
    this.people.team = team;
    this.people.draw();
    this.nobody.hidden = team?.user_ids.length !== 0;
    this.door.hidden = !office.isAdmin;
    const admins = [...office.members.values()].filter((one) => one.role === "owner" || one.role === "admin");
    this.nudge.hidden = !(office.isAdmin && admins.length === 1
      && people.some((one) => one.member.assignable_roles.includes("admin")));
    this.succession.draw(!this.nudge.hidden);
    this.alone.hidden = !office.loaded || people.length > 0;
  }
}

customElements.define("bp-people", People);
customElements.define("bp-people-page", PeoplePage);
