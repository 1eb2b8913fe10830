// First run: two doors. Start a workspace, or join one with an invite.
import { h } from "./dom.js";
import { post } from "./api.js";
import { tell } from "./layers.js";
import { span } from "./words.js";

/// Resolves when this device is in a workspace.
export function firstRun(place) {
  return new Promise((done) => {
    place.replaceChildren(h("main", { class: "door", id: "page", tabIndex: -1 },
      h("header", {}, h("span", { class: "mark" }), h("h1", {}, "Bullpen"),
        h("p", {}, "The room you share without a server. What you do here stays on the laptops of your office.")),
      h("div", { class: "doors" },
        door({
          title: "Start a workspace", what: "You are the first. You name it, own it, and invite the others.",
          fields: [field("member_name", "Your name", { autocomplete: "name", maxLength: 60 }),
            field("name", "The workspace's name", { placeholder: "Second floor", maxLength: 60 })],
          press: "Start", steps: ["Making your keys and the workspace"],
          send: (values) => post("/workspaces", values), done,
        }),
        door({
          title: "Join with an invite", what: "A colleague gave you a code. Be on the same network as one of them.",
          fields: [field("member_name", "Your name", { autocomplete: "name", maxLength: 60 }),
            field("code", "The invite code", { area: true, placeholder: "bullpen1…" })],
          press: "Join", steps: ["Reading the code", "Looking for a colleague's node on the network",
            "Still looking; a colleague must be online and on the same network",
            "Still trying the addresses in the invite. This ends by itself"],
          send: (values) => post("/workspaces/join", values, { timeout: 90_000 }), done,
        }))));
    place.querySelector("input").focus();
  });
}

function field(name, words, { area = false, ...parts } = {}) {
  const input = h(area ? "textarea" : "input", { name, required: true, spellcheck: false, autocomplete: "off",
    rows: area ? 3 : null, ...parts });
  return h("label", {}, h("span", {}, words), input);
}

function door({ title, what, fields, press, steps, send, done }) {
  const trouble = h("div", { role: "alert" }), progress = h("p", { class: "progress", role: "status" });
  const button = h("button", { class: "main" }, press);
  const form = h("form", {
    onsubmit: async (event) => {
      event.preventDefault();
      const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
      tell(trouble);
      button.disabled = true;
      const stop = tellSteps(progress, steps);
      try {
        await send(values);
        stop("You are in.");
        done();
      } catch (problem) {
        stop("");
        tell(trouble, problem);
        button.disabled = false;
        const blamed = problem.code?.startsWith("invite") ? "textarea" : problem.code === "invalid" ? "input"
          : "button";
        form.querySelector(blamed)?.focus();
      }
    },
  }, h("h2", {}, title), h("p", { class: "quiet what" }, what), fields, h("div", { class: "side" }, button), progress,
    trouble);
  return form;
}

/// Progress in words, with how long it has taken.
function tellSteps(place, steps) {
  const since = Date.now();
  const turns = [0, 1_500, 8_000, 20_000];
  const tick = () => {
    const past = Date.now() - since;
    const step = steps[Math.min(steps.length - 1, turns.findLastIndex((turn) => past >= turn))];
    place.textContent = past > 3_000 ? `${step} (${span(past)})` : `${step}…`;
  };
  const timer = setInterval(tick, 1_000);
  tick();
  return (last) => {
    clearInterval(timer);
    place.textContent = last;
  };
}
