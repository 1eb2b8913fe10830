// Leaving: what it means, and the workspace's name typed before it is done. It cannot be undone.
import { h } from "./dom.js";
import { get, hangUp, remove, workspace } from "./api.js";
import { dialog, tell } from "./layers.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { many } from "./words.js";

export function leave() {
  const trouble = h("div", { role: "alert" });
  const name = h("input", { name: "name", autocomplete: "off", spellcheck: false, required: true, autofocus: true });
  const go = h("button", { class: "main", disabled: true }, "Leave and erase");
  const others = [...office.members.values()].filter((one) => !one.is_self).length;
  const form = h("form", {
    class: "fields",
    oninput: () => { go.disabled = name.value.trim() !== office.name; },
    onsubmit: async (event) => {
      event.preventDefault();
      tell(trouble);
      go.disabled = true;
      go.textContent = "Leaving…";
      // What this page would hear of its own end, it would ask about in vain.
      live.end();
      hangUp();
      try {
        const { device_id: last } = await get("/setup");
        await remove(`/workspaces/${workspace.get()}`, { name: office.name });
        workspace.clear();
        await nextNode(last);
        location.assign("/");
      } catch (problem) {
        live.resume();
        tell(trouble, problem);
        go.disabled = false;
        go.textContent = "Leave and erase";
      }
    },
  },
    h("p", {}, `“${office.name}” will be erased from this machine: its history, your keys, what others sealed to you. `,
      "To come back takes an invite, and makes you a new member."),
    consequence(others),
    h("p", { class: "quiet" }, "The files are removed; that the disk overwrites them cannot be promised."),
    h("label", {}, h("span", {}, `To leave, type “${office.name}”`), name),
    trouble,
    h("div", { class: "side end" }, h("button", { type: "button", onclick: () => box.close() }, "Stay"), go));
  const box = dialog("Leave this workspace", form);
}

/// The node that has left its last workspace gives way to another, a new device; whoever joined before would be refused.
async function nextNode(last) {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline;) {
    const now = await get("/setup").catch(() => null);
    if (now && (now.workspaces || now.device_id !== last)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

function consequence(others) {
  if (office.hasTwin) {
    return h("p", {}, "Only this copy goes where the other machine that was met with the same key of late goes on: "
      + "there you stay who you are. Without it, this is your last. What this one wrote and the others have not heard is lost.");
  }
  if (!others) return h("p", {}, "Nobody else is in it, so nobody else has a copy.");
  if (office.me.role === "owner") {
    const all = [...office.members.values()];
    const admins = all.some((one) => one.role === "admin"), heir = all.find((one) => one.is_successor);
    return h("p", {}, h("b", {}, `You own it, and ${many(others, "other person stays", "others stay")}: `),
      heir ? `${office.nameOf(heir.user_id)} can take your place, as you have named them.`
        : admins ? "its admins go on, but nobody can remove the first of them. Name a successor first, on their page."
          : "nobody there can invite or remove anybody then. Name a successor or an admin first, on their page.");
  }
  return h("p", {}, "The others keep what they have of it, your name and your words included.");
}
