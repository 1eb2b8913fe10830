// First run: two doors. Start a workspace, or join one with an invite.
import { h, setAttribute } from "./dom.js";
import { events, post } from "./api.js";
import { joinProgress } from "./joining.js";
import { tell } from "./layers.js";
import { bytes } from "./words.js";

/// What a name may have, in bytes of UTF-8.
const mostOfName = 100;

/// Resolves with the workspace that this device is in now; with null for who turns `back` to the one it names. A `code`
/// is an invite that the person came with.
export function firstRun(place, { back = null, code = null } = {}) {
  return new Promise((done) => {
    place.replaceChildren(h("main", { class: "door", id: "page", tabIndex: -1 },
      h("header", {}, h("span", { class: "mark" }), h("h1", {}, "Bullpen"),
        h("p", {}, "The room you share without a server. What you do here stays on the laptops of your office."),
        back ? h("div", {}, h("button", { type: "button", onclick: () => done(null) }, `Back to ${back}`)) : null),
      h("div", { class: "doors" },
        door({
          title: "Start a workspace", what: "You are the first. You name it, own it, and invite the others.",
          fields: [field("member_name", "Your name", { autocomplete: "name", maxLength: 60 }),
            field("name", "The workspace's name", { placeholder: "Second floor", maxLength: 60 })],
          press: "Start", send: (values) => post("/workspaces", values), done,
        }),
        door({
          title: "Join with an invite", what: "A colleague gave you a code. Be on the same network as one of them.",
          fields: [field("member_name", "Your name", { autocomplete: "name", maxLength: 60 }),
            field("code", "The invite code", { area: true, placeholder: "bullpen1…", value: code ?? "" })],
          press: "Join", send: (values, hear) => events("/workspaces/join", values, hear, "joined"), done,
        }))));
    place.querySelector(code ? "form + form input" : "input").focus();
  });
}

function field(name, words, { area = false, ...parts } = {}) {
  const input = h(area ? "textarea" : "input", { name, required: true, spellcheck: false, autocomplete: "off",
    rows: area ? 3 : null, ...parts });
  return h("label", {}, h("span", {}, words), input);
}

/// What is wrong with a field before it is sent; null where nothing is.
function lack(name, value) {
  if (name === "code") {
    return value ? null : { title: "The invite code is missing.",
      hint: "Paste the whole code that a colleague gave you. It begins with bullpen1." };
  }
  const whose = name === "name" ? "The workspace's name" : "Your name";
  if (!value) return { title: `${whose} is missing.`, hint: "Write it into the field that is marked." };
  return bytes(value) > mostOfName ? { title: `${whose} is too long.`, hint: "Leave out some of it." } : null;
}

function door({ title, what, fields, press, send, done }) {
  const trouble = h("div", { role: "alert" }), progress = joinProgress();
  const button = h("button", { class: "main" }, press);
  /// Marks the field of that name, and only it, and goes there.
  const blame = (name) => {
    for (const field of form.elements) setAttribute(field, "aria-invalid", name && field.name === name ? "true" : null);
    const field = name && form.elements[name];
    field?.focus();
    return field;
  };
  const form = h("form", {
    noValidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
      const lacking = Object.keys(values).find((name) => lack(name, values[name]));
      blame(lacking);
      progress.end("");
      tell(trouble, lacking && lack(lacking, values[lacking]));
      if (lacking) return;
      button.disabled = true;
      progress.start();
      try {
        const joined = await send(values, (name, step) => name === "progress" && progress.show(step));
        progress.end("You are in.");
        button.hidden = true;
        if (joined.notice) await progress.note(joined.notice);
        done(joined);
      } catch (problem) {
        progress.end("");
        tell(trouble, problem);
        progress.tried(problem);
        button.textContent = "Try again";
        button.disabled = false;
        if (problem.code?.startsWith("invite")) blame("code");
        else if (!blame(problem.field)) button.focus();
        trouble.scrollIntoView({ block: "nearest" });
      }
    },
  }, h("h2", {}, title), h("p", { class: "quiet what" }, what), fields, h("div", { class: "side" }, button),
    progress.place, trouble, progress.list);
  return form;
}
