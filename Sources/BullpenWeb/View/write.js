// Writing a notification: to whom, a title, and words if they are needed; and showing one to more people.
import { h } from "./dom.js";
import { get, post, put } from "./api.js";
import { dialog, tell } from "./layers.js";
import { notes } from "./notes.js";
import { office } from "./office.js";
import { toasts } from "./toasts.js";
import { list } from "./words.js";

/// Opens the dialog with the recipients ticked and the words as they were.
export function write(recipients = [], before = {}) {
  const people = office.people();
  if (!people.length) return toasts().say("Nobody else is here yet: invite someone first.");
  const choice = new Audience(people, recipients);
  const title = h("input", { name: "title", required: true, maxLength: 100, value: before.title ?? "",
    autocomplete: "off" });
  const body = h("textarea", { name: "body", rows: 3, maxLength: 2000, value: before.body ?? "" });
  const trouble = h("div", { role: "alert" });
  const form = h("form", {
    class: "fields",
    onsubmit: (event) => {
      event.preventDefault();
      const to = choice.ticked;
      if (!to.length) {
        tell(trouble, { title: "Nobody is ticked.", hint: "Tick at least one person." });
        return choice.focus();
      }
      box.close();
      send(to, title.value.trim(), body.value.trim());
    },
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    },
  },
    choice.fieldset,
    h("label", {}, h("span", {}, "Title"), title),
    h("label", {}, h("span", {}, "Words (may stay empty)"), body),
    trouble,
    h("div", { class: "spread" }, h("p", { class: "small quiet" }, "Only the people ticked can read it."),
      h("button", { class: "main" }, "Send")));
  const box = dialog("Notify", form);
  if (recipients.length) title.focus(); else choice.focus();
}

async function send(recipients, title, body) {
  const edit = () => write(recipients, { title, body });
  const names = list(recipients.map((id) => office.nameOf(id)));
  const row = await notes.write({
    sender_id: office.me.user_id, recipient_ids: recipients, kind: "message", title, body, link: null,
    created_at: Date.now(),
    read_at: null, is_mine: false, edit,
  }, () => post("/notifications", { recipient_ids: recipients, kind: "message", title, body }));
  if (!row.problem) toasts().say(`Sent to ${names}.`, { life: 4_000 });
  else toasts().say([h("b", {}, `Not sent to ${names}. `), row.problem.title], {
    deeds: [["Try again", () => row.retry()], ["Change it", () => { row.drop(); edit(); }]], life: 15_000,
  });
}

/// Lets more people read what I sent; those who have it keep it.
export function showToMore(row) {
  const people = office.people().filter(({ member }) => !row.recipient_ids.includes(member.user_id));
  if (!people.length) return toasts().say("Everybody who is here has it already.", { life: 4_000 });
  const choice = new Audience(people, []), trouble = h("div", { role: "alert" });
  const form = h("form", {
    class: "fields",
    onsubmit: async (event) => {
      event.preventDefault();
      const to = choice.ticked;
      if (!to.length) {
        tell(trouble, { title: "Nobody is ticked.", hint: "Tick at least one person." });
        return choice.focus();
      }
      try {
        notes.arrive(await put(`/notifications/${row.id}/recipients`, { recipient_ids: to }));
        box.close();
        toasts().say(`${list(to.map((id) => office.nameOf(id)))} can read “${row.title}” now.`, { life: 4_000 });
      } catch (problem) {
        tell(trouble, problem);
      }
    },
  },
    h("p", { class: "quiet" }, `“${row.title}” went to ${list(row.recipient_ids.map((id) => office.nameOf(id)))}.`),
    choice.fieldset, trouble,
    h("div", { class: "spread" }, h("p", { class: "small quiet" }, "They read all of it. It cannot be taken back."),
      h("button", { class: "main" }, "Show to them")));
  const box = dialog("Show to more people", form);
  choice.focus();
}

/// People to tick, one by one or a team at a time.
class Audience {
  constructor(people, recipients) {
    this.boxes = people.map(({ member, presence }) => h("label", { data: { hue: member.colour } },
      h("input", { type: "checkbox", name: "to", value: member.user_id, checked: recipients.includes(member.user_id) }),
      h("span", { class: "who" }, office.nameOf(member.user_id)),
      h("span", { class: "quiet small" }, presence.status)));
    this.picks = h("div", { class: "picks", role: "group", aria: { label: "Whole teams" }, hidden: true });
    this.fieldset = h("fieldset", {}, h("div", { class: "spread" }, h("legend", {}, "To"),
      people.length > 1
        ? h("button", { type: "button", class: "link small", onclick: () => this.#turn(this.boxes) }, "All or none")
        : null),
    this.picks, h("div", { class: "choices tall" }, this.boxes));
    const admins = people.filter(({ member }) => ["owner", "admin"].includes(member.role));
    this.#offer(admins.length ? [{ name: "Admins", user_ids: admins.map(({ member }) => member.user_id) }] : []);
    get("/teams").then(({ items }) => this.#offer(items), () => {});
  }

  get ticked() { return this.boxes.filter((box) => box.firstChild.checked).map((box) => box.firstChild.value); }

  focus() { this.boxes[0].firstChild.focus(); }

  #offer(teams) {
    for (const team of teams) {
      const boxes = this.boxes.filter((box) => team.user_ids.includes(box.firstChild.value));
      if (!boxes.length) continue;
      this.picks.append(h("button", { type: "button", class: "small", onclick: () => this.#turn(boxes) }, team.name));
      this.picks.hidden = false;
    }
  }

  /// Ticks all, or none where all are ticked.
  #turn(boxes) {
    const some = boxes.some((box) => !box.firstChild.checked);
    for (const box of boxes) box.firstChild.checked = some;
  }
}
