// This node: how it reaches the others, and how this view behaves on this device. Not a room.
import { Part, h, keep, setText } from "./dom.js";
import { get, put } from "./api.js";
import { tell } from "./layers.js";
import { letters } from "./keys.js";
import { live } from "./live.js";
import { leave } from "./leave.js";
import { drawNotices } from "./notices.js";
import { office } from "./office.js";
import { pointers } from "./pointers.js";
import "./security.js";
import "./teams.js";
import { chooseTheme, theme } from "./look.js";
import { myName, workspaceList, workspaceName } from "./workspaces.js";

class NodePage extends Part {
  build() {
    this.className = "page-narrow";
    this.trouble = h("div", { role: "alert" });
    this.sum = h("p");
    this.notices = h("div", { class: "notices", role: "status" });
    this.facts = h("tbody");
    this.login = h("input", { type: "checkbox", onchange: () => this.startAtLogin(this.login.checked) });
    this.loginWhy = h("p", { class: "quiet", hidden: true });
    this.loginTrouble = h("div", { role: "alert" });
    this.append(h("div", { class: "page-head" }, h("h1", {}, "This node")),
      h("section", {}, this.sum, this.trouble, this.notices),
      h("section", { class: "section" }, h("h2", {}, "Workspaces"), workspaceList()),
      document.createElement("bp-teams"),
      document.createElement("bp-security"),
      h("section", { class: "section" }, h("h2", {}, "Other devices"),
        h("p", {}, "How each is reached, and why somebody is not seen: ", h("a", { href: "#/connections" }, "Connections"),
          ".")),
      h("section", { class: "section" }, h("h2", {}, "How it is used"),
        h("p", {}, "What is counted of it, if anything, and of me: ", h("a", { href: "#/analytics" }, "Analytics"), ".")),
      h("section", { class: "section" }, h("h2", {}, "In figures"), h("table", { class: "facts" }, this.facts)),
      h("section", { class: "section fields" }, h("h2", {}, "At login"),
        h("label", { class: "side" }, this.login, "Start Bullpen when I log in"), this.loginWhy, this.loginTrouble),
      h("section", { class: "section fields" }, h("h2", {}, "This view, on this device"), this.#looks(),
        this.#habits()),
      h("section", { class: "section" }, h("h2", {}, "Leaving"),
        h("p", { class: "quiet" }, "Erases this workspace from this machine. The others keep what they have."),
        h("button", { type: "button", onclick: leave }, "Leave this workspace…")));
    this.shared = workspaceName();
    this.querySelector("section").after(h("section", { class: "section" }, myName(), this.shared));
  }

  #looks() {
    return h("fieldset", {}, h("legend", {}, "Light"), h("div", { class: "side" },
      [["", "As the system"], ["day", "Day"], ["night", "Night"]].map(([value, words]) => h("label", { class: "side" },
        h("input", { type: "radio", name: "theme", value, checked: theme() === value,
          onchange: () => chooseTheme(value) }),
        words))));
  }

  #habits() {
    const box = (words, checked, change) => h("label", { class: "side" },
      h("input", { type: "checkbox", checked, onchange: (event) => change(event.target.checked) }), words);
    return h("div", {},
      box("Show colleagues' pointers", !pointers().hiddenByMe,
        (on) => { if (on === pointers().hiddenByMe) pointers().toggle(); }),
      box("Single-letter keys", letters.on, (on) => { letters.on = on; }));
  }

  start() {
    this.listen(live, "phase connections.update", () => this.read());
    this.atLogin();
    this.listen(office, "people loaded name", () => this.allow());
    this.allow();
    this.every(5_000, () => { if (!document.hidden) this.read(); });
    this.read();
  }

  /// The workspace's name is for admins to change, and it changes under one's eyes.
  allow() {
    this.shared.hidden = !office.isAdmin;
    const field = this.shared.querySelector("input");
    if (document.activeElement !== field) field.value = office.name;
  }

  /// Whether this machine can start the node by itself, and does. Where it cannot, why.
  async atLogin() {
    try {
      this.drawLogin(await get("/node/at-login"));
    } catch (problem) {
      tell(this.loginTrouble, problem);
    }
  }

  async startAtLogin(enabled) {
    tell(this.loginTrouble);
    try {
      this.drawLogin(await put("/node/at-login", { enabled }));
    } catch (problem) {
      this.login.checked = !enabled;
      tell(this.loginTrouble, problem);
    }
  }

  drawLogin({ possible, enabled, reason, hint }) {
    this.login.checked = enabled;
    this.login.disabled = !possible;
    this.loginWhy.hidden = possible;
    setText(this.loginWhy, `${reason} ${hint}`.trim());
  }

  async read() {
    if (live.hasEnded) return;
    try {
      const status = await get("/status?digests=false");
      const { storage } = status;
      tell(this.trouble, storage && storage.state !== "ok" ? { title: storage.detail, hint: storage.hint } : null);
      this.draw(status);
    } catch (problem) {
      tell(this.trouble, problem);
    }
  }

  draw(status) {
    const truth = office.truth.filter(Boolean).join("; ");
    setText(this.sum, `${office.nameOf(status.user_id)} in ${status.name}. ${truth}.`);
    drawNotices(this.notices, status.notices);
    const drops = (status.drops ?? []).filter((drop) => drop.count > 0);
    const figures = [
      ["Workspace", status.workspace_id], ["Device", status.device_id], ["Discovery", status.discovery],
      ["Live devices", `${status.live_devices} of ${status.known_devices}`],
      ["Changes refused", String(status.refused_changes ?? 0)],
      ["Changes in quarantine", String(status.quarantined_changes ?? 0)],
      ["Packets dropped", drops.length ? drops.map((drop) => `${drop.count} ${drop.detail}`).join("; ") : "none"],
    ].filter(([, value]) => value != null);
    keep(this.facts, figures, ([name]) => name, ([name]) => h("tr", {}, h("th", { scope: "row" }, name), h("td")),
      (row, [, value]) => setText(row.lastChild, value));
  }
}

customElements.define("bp-node-page", NodePage);
