// First run: two doors. Start a workspace, or join one with an invite.
import { h } from "./dom.js";
import { events, post } from "./api.js";
import { joinProgress } from "./joining.js";
import { tell } from "./layers.js";

/// Resolves with the workspace that this device is in now; with null for who turns `back` to the one it names.
export function firstRun(place, { back = null } = {}) {
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
            field("code", "The invite code", { area: true, placeholder: "bullpen1…" })],
          press: "Join", send: (values, hear) => events("/workspaces/join", values, hear), done,
        }))));
    place.querySelector("input").focus();
  });
}

function field(name, words, { area = false, ...parts } = {}) {
  const input = h(area ? "textarea" : "input", { name, required: true, spellcheck: false, autocomplete: "off",
    rows: area ? 3 : null, ...parts });
  return h("label", {}, h("span", {}, words), input);
}

function door({ title, what, fields, press, send, done }) {
  const trouble = h("div", { role: "alert" }), progress = joinProgress();
  const button = h("button", { class: "main" }, press);
  const form = h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
      tell(trouble);
      button.disabled = true;
      progress.start();
      try {
        const joined = await send(values, (name, step) => name === "progress" && progress.show(step));
        progress.end("You are in.");
        if (joined.notice) await progress.note(joined.notice);
        done(joined);
      } catch (problem) {
        progress.end("");
        tell(trouble, problem);
        progress.tried(problem.attempts ?? []);
        button.textContent = "Try again";
        button.disabled = false;
        const blamed = problem.code?.startsWith("invite") ? "textarea" : problem.code === "invalid" ? "input"
          : "button";
        form.querySelector(blamed)?.focus();
      }
    },
  }, h("h2", {}, title), h("p", { class: "quiet what" }, what), fields, h("div", { class: "side" }, button),
    progress.place, trouble, progress.list);
  return form;
}
