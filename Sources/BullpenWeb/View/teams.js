// Which people work together, and who sees whoever has chosen nothing: for admins to say, and for all to read.
import { Part, h, keep, setText } from "./dom.js";
import { del, get, post, put } from "./api.js";
import { dialog, tell } from "./layers.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { choosePrivacy, levelName, privacy, sentence } from "./privacy.js";
import { toasts } from "./toasts.js";
import { list } from "./words.js";

class Teams extends Part {
  teams = [];

  build() {
    this.className = "section fields";
    this.mine = h("p");
    this.usual = h("select", { onchange: () => this.choose(this.usual.value) },
      ["everyone", "team", "contacts", "nobody"].map((level) => h("option", { value: level }, levelName(level))));
    this.usualRow = h("label", { hidden: true }, h("span", {}, "Who sees people who have chosen nothing"), this.usual);
    this.trouble = h("div", { role: "alert" });
    this.rows = h("ul", { class: "rooms-list teams" });
    this.none = h("p", { class: "quiet" }, "There is no team yet. Who is in a team with you is one of your contacts.");
    this.make = h("button", { type: "button", hidden: true, onclick: () => edit(null) }, "Make a team…");
    this.append(h("h2", {}, "Who sees me"), this.mine,
      h("div", { class: "side" }, h("button", { type: "button", onclick: choosePrivacy }, "Who sees me…")),
      this.usualRow, h("h2", {}, "Teams"), this.none, this.rows, h("div", { class: "side" }, this.make), this.trouble);
  }

  start() {
    this.listen(office, "people loaded", () => this.draw());
    this.listen(privacy, "change", () => this.draw());
    this.listen(live, "settings.update", () => this.read());
    this.read();
    privacy.read().catch(() => {});
  }

  async read() {
    try {
      this.teams = (await get("/teams")).items;
      tell(this.trouble);
    } catch (problem) {
      tell(this.trouble, problem);
    }
    this.draw();
  }

  draw() {
    const { settings } = privacy;
    if (settings) {
      setText(this.mine, sentence(settings));
      if (document.activeElement !== this.usual) this.usual.value = settings.default_visibility;
    }
    this.usualRow.hidden = office.me?.role !== "owner";
    this.make.hidden = !office.isAdmin;
    this.none.hidden = this.teams.length > 0;
    keep(this.rows, this.teams, (team) => team.id,
      () => h("li", {}, h("div", {}, h("b"), h("span", { class: "quiet" })),
        h("button", { type: "button", class: "link small" }, "Change…")),
      (row, team) => {
        setText(row.firstChild.firstChild, team.name);
        setText(row.firstChild.lastChild, list(team.user_ids.map((id) => office.nameOf(id)), 6) || "nobody yet");
        row.lastChild.hidden = !office.isAdmin;
        row.lastChild.onclick = () => edit(team);
      });
  }

  async choose(level) {
    const before = privacy.settings.default_visibility;
    try {
      await put("/workspace/visibility", { default_visibility: level });
      toasts().undo(`Whoever has chosen nothing is seen by ${levelName(level)} now.`,
        () => put("/workspace/visibility", { default_visibility: before }).catch((problem) => toasts().trouble(problem)));
    } catch (problem) {
      this.usual.value = before;
      tell(this.trouble, problem);
    }
  }
}

/// A team's name and people; a new one for null.
function edit(team) {
  const trouble = h("div", { role: "alert" });
  const name = h("input", { value: team?.name ?? "", maxLength: 100, required: true, autocomplete: "off" });
  const people = [...office.members.values()].sort((a, b) => office.nameOf(a.user_id).localeCompare(office.nameOf(b.user_id)));
  const form = h("form", {
    class: "fields",
    onsubmit: async (event) => {
      event.preventDefault();
      tell(trouble);
      const wanted = { name: name.value.trim(), user_ids: new FormData(form).getAll("member") };
      try {
        await (team ? put(`/teams/${team.id}`, wanted) : post("/teams", wanted));
        box.close();
      } catch (problem) {
        tell(trouble, problem);
      }
    },
  }, h("label", {}, h("span", {}, "Name"), name),
  h("fieldset", {}, h("legend", {}, "Who is in it"), h("div", { class: "choices tall" }, people.map((member) => h("label", {
    data: { hue: member.colour },
  }, h("input", { type: "checkbox", name: "member", value: member.user_id,
    checked: team?.user_ids.includes(member.user_id) ?? false }),
  h("span", { class: "who" }, office.nameOf(member.user_id)))))),
  h("p", { class: "quiet small" }, "People of one team are each other’s contacts: whoever shows themselves to contacts "
    + "is seen by them."),
  trouble,
  h("div", { class: "side end" }, team ? h("button", { type: "button", onclick: () => { box.close(); end(team); } },
    "Remove the team") : null, h("button", { class: "main" }, team ? "Keep it so" : "Make the team")));
  const box = dialog(team ? "Change a team" : "Make a team", form);
}

async function end(team) {
  try {
    await del(`/teams/${team.id}`);
    toasts().undo(`“${team.name}” is removed.`, () => post("/teams", { name: team.name, user_ids: team.user_ids })
      .catch((problem) => toasts().trouble(problem)));
  } catch (problem) {
    toasts().trouble(problem, () => end(team));
  }
}

customElements.define("bp-teams", Teams);
