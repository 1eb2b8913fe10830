// An invite: for whom, how often, how long; then its code, once.
import { h } from "./dom.js";
import { post } from "./api.js";
import { dialog, tell } from "./layers.js";
import { office } from "./office.js";
import { qr } from "./qr.js";
import { toasts } from "./toasts.js";
import { many } from "./words.js";

const lifetimes = [["1 hour", 3_600], ["1 day", 86_400], ["1 week", 604_800], ["30 days", 2_592_000]];
const when = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export function invite() {
  const role = h("select", { name: "role" }, h("option", { value: "member" }, "member"),
    h("option", { value: "guest" }, "guest"),
    // An invite is for less than one has oneself; an admin names admins by their sheet.
    office.me.role === "owner" ? h("option", { value: "admin" }, "admin") : null);
  const uses = h("input", { name: "uses", type: "number", min: 1, max: 200, value: "1", required: true });
  const life = h("select", { name: "life" }, lifetimes.map(([words, seconds]) =>
    h("option", { value: seconds, selected: seconds === 86_400 }, words)));
  const trouble = h("div", { role: "alert" });
  const make = h("button", { class: "main" }, "Make the invite");
  const form = h("form", {
    class: "fields",
    onsubmit: async (event) => {
      event.preventDefault();
      tell(trouble);
      make.disabled = true;
      make.textContent = "Making…";
      try {
        show(await post("/invites", { role: role.value, uses: Number(uses.value), expires_in: Number(life.value) }));
      } catch (problem) {
        tell(trouble, problem);
      }
      make.disabled = false;
      make.textContent = "Make the invite";
    },
  },
    h("p", { class: "quiet" }, "Whoever has the code and reaches one of your online colleagues may join."),
    h("div", { class: "pair" }, h("label", {}, h("span", {}, "How many may use it"), uses),
      h("label", {}, h("span", {}, "Valid for"), life)),
    h("label", {}, h("span", {}, "They join as"), role),
    trouble, h("div", { class: "side end" }, make));
  const box = dialog("Invite", form);

  function show(made) {
    const code = h("output", { class: "code", tabIndex: 0, aria: { label: "Invite code" } }, made.code);
    const copy = h("button", { class: "main", type: "button", onclick: () => copyText(made.code, code) },
      "Copy the code");
    form.replaceWith(h("div", { class: "fields" },
      h("div", {}, h("span", { class: "label" }, "The code, shown this once"), code),
      h("p", {}, "Send it to your colleague, who pastes it into Bullpen's first page on the other machine, or runs ",
        h("code", {}, "bullpen join CODE"), " there."),
      h("p", {}, `${many(made.uses, "person", "people")} may join with it as ${made.role}, until `,
        `${when.format(made.expires)}. The other machine has to be on the same network as one of you.`),
      h("div", { class: "picture" }, made.qr.length ? qr(made.qr, "The invite as a QR picture") : null,
        h("p", { class: "quiet small" }, "Or show this picture to the other machine's camera. It holds a link ",
          "that the first page takes like the code.")),
      h("div", { class: "side end" }, copy)));
    copy.focus();
  }
}

/// A code by which another laptop becomes one of mine.
export async function inviteOwnDevice() {
  try {
    const made = await post("/invites", { own_device: true });
    const code = h("output", { class: "code", tabIndex: 0, aria: { label: "Invite code" } }, made.code);
    const copy = h("button", { class: "main first", type: "button", onclick: () => copyText(made.code, code) },
      "Copy the code");
    dialog("Another device of yours", h("div", { class: "fields" },
      h("p", {}, "Give this code to the other laptop, and to nobody else: whoever joins by it is you, with your name, ",
        "your role and your inbox."),
      h("div", {}, h("span", { class: "label" }, "The code, shown this once"), code),
      h("p", { class: "quiet" }, `It holds once, until ${when.format(made.expires)}, while this node runs. On the other `
        + "machine run ", h("code", {}, "bullpen join CODE"), " or paste it on the first page."),
      h("div", { class: "picture" }, made.qr.length ? qr(made.qr, "The invite as a QR picture") : null),
      h("div", { class: "side end" }, copy)));
  } catch (problem) {
    toasts().trouble(problem);
  }
}

export async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    toasts().say("Copied.", { life: 3_000 });
  } catch {
    getSelection().selectAllChildren(place);
    toasts().say("Selected: copy it with Ctrl C.", { life: 6_000 });
  }
}
