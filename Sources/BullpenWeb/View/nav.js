// The way around: the pages, the rooms that people are in, the keys and this node.
import { Part, h, keep, setAttribute, setText } from "./dom.js";
import { showKeys } from "./keys.js";
import { office } from "./office.js";
import { inhabited, lately } from "./rooms.js";
import { route } from "./routes.js";
import { roomPath } from "./words.js";
import { pickWorkspace } from "./workspaces.js";

const ways = [["people", "People"], ["feed", "Feed"], ["rooms", "Rooms"], ["inbox", "Inbox"], ["connections", "Connections"],
  ["analytics", "Analytics"], ["node", "This node"]];
const mostRooms = 10;

class Nav extends Part {
  build() {
    this.workspace = h("button", { class: "workspace bare", type: "button", onclick: () => pickWorkspace() },
      h("span", { class: "label-text" }), h("span", { class: "quiet", aria: { hidden: "true" } }, "▾"));
    this.links = ways.map(([page, words]) => h("a", { href: `#/${page}` },
      h("span", { class: "label-text" }, words), page === "inbox" ? h("span", { class: "count" }) : null));
    this.rooms = h("ul", { class: "rooms" });
    this.heading = h("h2", {}, "Rooms");
    this.append(h("nav", { aria: { label: "Pages" } }, this.workspace,
      h("ul", { class: "ways" }, this.links.map((link, place) => h("li", { data: { way: ways[place][0] } }, link))), this.heading, this.rooms),
      h("div", { class: "foot" },
        h("button", { class: "bare small", onclick: () => showKeys() }, h("kbd", {}, "?"), "Keys")));
  }

  start() {
    this.listen(office, "loaded people unread name", () => this.draw());
    this.listen(window, "hashchange", () => this.draw());
    this.draw();
  }

  draw() {
    const here = route();
    setText(this.workspace.firstChild, office.name);
    setAttribute(this.workspace, "aria-label", `${office.name}: workspaces`);
    for (const [place, link] of this.links.entries()) {
      setAttribute(link, "aria-current", ways[place][0] === here.page ? "page" : null);
    }
    setText(this.links[3].lastChild, office.unread ? String(office.unread) : "");
    const people = new Map(inhabited().filter(([room]) => !room.startsWith("page:")));
    const rooms = [...new Set([...here.page === "room" ? [here.room] : [], ...people.keys(), ...lately.get()])]
      .slice(0, mostRooms).sort();
    this.heading.hidden = rooms.length === 0;
    keep(this.rooms, rooms, (room) => room, (room) => h("li", {}, h("a", { href: roomPath(room), title: room },
      h("span", { class: "label-text" }, room), h("span", { class: "quiet small" }))),
    (item, room) => {
      const inside = people.get(room)?.length ?? 0;
      setText(item.firstChild.lastChild, inside ? String(inside) : "");
      setAttribute(item.firstChild.lastChild, "title", inside ? `${inside} inside` : null);
      setAttribute(item.firstChild, "aria-current", here.page === "room" && here.room === room ? "page" : null);
    });
  }
}

customElements.define("bp-nav", Nav);
