// The workspaces that this node is in: which one the view shows, its name, and the doors to another.
import { h } from "./dom.js";
import { get, put, workspace } from "./api.js";
import { firstRun } from "./first-run.js";
import { dialog, tell } from "./layers.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { toasts } from "./toasts.js";

export function show(id) {
  workspace.set(id);
  location.assign("/");
}

/// A list to choose from, which fills itself, and the way to the two doors.
export function workspaceList() {
  const rows = h("ul", { class: "rooms-list" });
  fill(rows);
  return h("div", { class: "fields" }, rows,
    h("div", { class: "side" }, h("button", { type: "button", onclick: () => another() }, "Start or join another…")));
}

async function fill(rows) {
  const { items } = await get("/workspaces").catch(() => ({ items: [] }));
  rows.replaceChildren(...items.map((one) => {
    const now = one.id === workspace.get();
    return h("li", {}, h("button", {
      type: "button", class: "bare wide", aria: { current: now ? "true" : null },
      onclick: () => (now ? document.querySelector("dialog[open]")?.close() : show(one.id)),
    }, h("b", {}, now ? office.name || one.name : one.name),
    h("span", { class: "quiet small" }, one.is_removed ? "you were removed" : one.trouble ? "shut" : now ? "shown now" : "")));
  }));
}

export function pickWorkspace() {
  dialog("Workspaces", workspaceList());
}

/// The two doors again; whoever turns back is where they were.
export async function another() {
  document.querySelector("dialog[open]")?.close();
  live.end();
  const made = await firstRun(document.getElementById("view"), { back: office.name || "where you were" });
  if (made) workspace.set(made.id);
  location.assign("/");
}

/// A name that can be written over: kept at once, put back where the node refuses.
export function nameField(words, { value, save, said, autocomplete = "off" }) {
  const trouble = h("div", { role: "alert" });
  const name = h("input", { value: value(), maxLength: 100, required: true, autocomplete });
  return h("form", {
    class: "compose", onsubmit: async (event) => {
      event.preventDefault();
      const before = value(), wanted = name.value.trim();
      tell(trouble);
      if (!wanted || wanted === before) return;
      try {
        await save(wanted);
        toasts().undo(said(wanted), async () => {
          await save(before).catch((problem) => toasts().trouble(problem));
          name.value = value();
        });
      } catch (problem) {
        name.value = before;
        tell(trouble, problem);
      }
    },
  }, h("label", {}, h("span", {}, words), name), h("button", {}, "Rename"), trouble);
}

export const myName = () => nameField("Your name", {
  value: () => office.me.name, autocomplete: "name", said: (name) => `You are ${name} now.`,
  save: async (name) => {
    await put("/user/current", { name });
    await office.refreshMembers();
  },
});

export const workspaceName = () => nameField("The workspace's name, for everybody", {
  value: () => office.name, said: (name) => `The workspace is “${name}” now.`,
  save: async (name) => office.rename((await put("/workspace", { name })).name),
});
