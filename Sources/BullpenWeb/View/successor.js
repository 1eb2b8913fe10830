// Who takes the owner's place: the owner names somebody, and whoever is named takes over by their own hand.
import { h } from "./dom.js";
import { del, get, post, put } from "./api.js";
import { dialog } from "./layers.js";
import { office } from "./office.js";
import { ask } from "./role.js";
import { toasts } from "./toasts.js";
import { ago, list, many } from "./words.js";

/// Whom the owner has named; two only where two devices of the owner named somebody at once.
export const successors = () => [...office.members.values()].filter((one) => one.is_successor);
const path = (id) => `/members/${id}/successor`;

/// Buttons for what this view's person may do about a member and the owner's place; null where that is nothing.
export function placeDeeds(member, box) {
  const press = (words, run) => h("div", { class: "side" }, h("button", {
    type: "button", onclick: () => { box.close(); run(); },
  }, words));
  if (member.user_id === office.me.user_id) return member.is_successor ? press("Take over…", takeOver) : null;
  if (office.me.role !== "owner") return null;
  if (member.is_successor) return press("Not my successor any more", () => unname(member.user_id));
  return member.is_nameable ? press("Name as my successor…", () => name(member.user_id)) : null;
}

/// Whom the owner could name.
export function chooseSuccessor() {
  const able = [...office.members.values()].filter((one) => one.is_nameable)
    .sort((a, b) => office.nameOf(a.user_id).localeCompare(office.nameOf(b.user_id)));
  const box = dialog("Name a successor", h("div", { class: "fields" },
    h("p", {}, "Who may take your place as the owner when you are gone for good?"),
    h("div", { class: "choices tall" }, able.map((one) => h("div", {
      class: "spread row", data: { hue: one.colour },
    }, h("span", { class: "who" }, office.nameOf(one.user_id)),
    h("button", { type: "button", onclick: () => { box.close(); name(one.user_id); } }, "Name…"))))));
}

function name(id) {
  const who = office.nameOf(id), before = successors().map((one) => office.nameOf(one.user_id));
  ask(`Name ${who} as your successor?`, [
    `${who} could take your place as the owner at any time. No node can tell whether you are gone, so nobody asks you: `
      + "name somebody whom you trust.",
    "You would be an admin then, whom the new owner can remove.",
    `Only you can remove ${who} or take their role while they are named.`,
    before.length ? `It takes it back from ${list(before, 3)}. Do it while everybody is here, so that they hear of it.` : null,
  ], "Name as successor", async () => {
    await put(path(id));
    await office.refreshMembers();
    toasts().say(`${who} can take your place now.`);
  });
}

async function unname(id) {
  const who = office.nameOf(id);
  try {
    await del(path(id));
    await office.refreshMembers();
    toasts().undo(`${who} is not your successor any more.`, () => put(path(id)).then(() => office.refreshMembers())
      .catch((problem) => toasts().trouble(problem)));
  } catch (problem) {
    toasts().trouble(problem, () => unname(id));
  }
}

/// What changes is shown, and the workspace's name typed, before it is done: it cannot be undone.
export async function takeOver() {
  let told;
  try {
    told = await get("/takeover");
  } catch (problem) {
    return toasts().trouble(problem, () => takeOver());
  }
  const owner = office.nameOf(told.owner_id);
  const names = (ids) => list(ids.map((id) => office.nameOf(id)), 6);
  const heard = told.last_heard ? `last heard ${ago(told.last_heard)}` : "never heard by this node";
  ask(`Take ${owner}’s place?`, [
    `You would be the owner of “${office.name}”, and ${owner} an admin, whom you can remove. Do it when ${owner} is gone `
      + "for good.",
    `What ${owner} did as the owner stands as far as this node has heard it: `
      + `${many(told.kept_changes, "entry", "entries")}. What came after counts as an admin’s (${heard}).`,
    told.also_removed.length ? `Who stands on it goes: ${names(told.also_removed)}.` : null,
    told.also_demoted.length ? `Who loses a role by it: ${names(told.also_demoted)}.` : null,
    "If the laptop was lost or stolen, cut it afterwards, on their page.",
    "It cannot be undone.",
  ], "Take over", async () => {
    await post("/takeover");
    await office.refreshMembers();
    toasts().say("You are the owner now.");
  }, office.name);
}

/// A line for the owner who has named nobody, until it is waved away, or says whom; and one for who is named.
export class SuccessorNudge {
  constructor() {
    this.element = h("div", { class: "nudge", hidden: true });
  }

  /// - Parameter isQuiet: whether something else is asked of the owner already.
  draw(isQuiet) {
    const kind = this.#kind(isQuiet), heirs = successors().map((one) => office.nameOf(one.user_id));
    const key = kind && [kind, this.#owner(), ...heirs].join("\n");
    this.element.hidden = !kind;
    if (this.shown === key) return;
    this.shown = key;
    this.element.className = kind === "settled" ? "settled" : "nudge";
    this.element.replaceChildren(...(kind === "named" ? [
      h("p", {}, `${this.#owner()} has named you to take over as the owner when they are gone for good.`),
      h("button", { onclick: () => takeOver() }, "Take over…"),
    ] : kind === "nobody" ? [
      h("p", {}, "If you are gone for good, nobody can take your place as the owner."),
      h("button", { onclick: () => chooseSuccessor() }, "Name a successor…"),
      h("button", { class: "bare", onclick: () => {
        localStorage.setItem(this.#memory, "no");
        this.draw(isQuiet);
      } }, "Not now"),
    ] : kind === "settled" ? [
      h("p", {}, `${list(heirs, 3)} can take your place as the owner when you are gone for good.`),
    ] : []));
  }

  #owner() {
    const owner = [...office.members.values()].find((one) => one.role === "owner");
    return owner ? office.nameOf(owner.user_id) : "The owner";
  }

  get #memory() {
    return `bullpen.successor.${office.status?.workspace_id ?? ""}`;
  }

  #kind(isQuiet) {
    if (!office.me) return null;
    if (office.members.get(office.me.user_id)?.is_successor) return "named";
    if (office.me.role === "owner" && successors().length) return "settled";
    const isOwed = office.me.role === "owner" && office.members.size >= 3;
    return isOwed && !isQuiet && localStorage.getItem(this.#memory) == null ? "nobody" : null;
  }
}
