// Writing a notification: to whom, a title, and words if they are needed.
import { h } from "./dom.js";
import { post } from "./api.js";
import { dialog, tell } from "./layers.js";
import { notes } from "./notes.js";
import { office } from "./office.js";
import { toasts } from "./toasts.js";
import { list } from "./words.js";

/// Opens the dialog with the recipients ticked and the words as they were.
export function write(recipients = [], before = {}) {
  const people = office.people();
  if (!people.length) return toasts().say("Nobody else is here yet: invite someone first.");
  const boxes = people.map(({ member, presence }) => h("label", { data: { hue: member.colour } },
    h("input", { type: "checkbox", name: "to", value: member.user_id, checked: recipients.includes(member.user_id) }),
    h("span", { class: "who" }, office.nameOf(member.user_id)), h("span", { class: "quiet small" }, presence.status)));
  const title = h("input", { name: "title", required: true, maxLength: 100, value: before.title ?? "",
    autocomplete: "off" });
  const body = h("textarea", { name: "body", rows: 3, maxLength: 2000, value: before.body ?? "" });
  const trouble = h("div", { role: "alert" });
  const all = () => {
    const some = boxes.some((box) => !box.firstChild.checked);
    for (const box of boxes) box.firstChild.checked = some;
  };
  const form = h("form", {
    class: "fields",
    onsubmit: (event) => {
      event.preventDefault();
      const to = new FormData(form).getAll("to");
      if (!to.length) {
        tell(trouble, { title: "Nobody is ticked.", hint: "Tick at least one person." });
        return boxes[0].firstChild.focus();
      }
      box.close();
      send(to, title.value.trim(), body.value.trim());
    },
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    },
  },
    h("fieldset", {}, h("div", { class: "spread" }, h("legend", {}, "To"),
      people.length > 1 ? h("button", { type: "button", class: "link small", onclick: all }, "All or none") : null),
      h("div", { class: "choices tall" }, boxes)),
    h("label", {}, h("span", {}, "Title"), title),
    h("label", {}, h("span", {}, "Words (may stay empty)"), body),
    trouble,
    h("div", { class: "spread" }, h("p", { class: "small quiet" }, "Only the people ticked can read it."),
      h("button", { class: "main" }, "Send")));
  const box = dialog("Notify", form);
  (recipients.length ? title : boxes[0].firstChild).focus();
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
