// What one person may do about another's place here: give a role, or take somebody out. What a smaller role or a removal
// takes away is shown before, and only that is asked for.
import { h } from "./dom.js";
import { del, get, put } from "./api.js";
import { dialog, tell } from "./layers.js";
import { office } from "./office.js";
import { toasts } from "./toasts.js";
import { ago, list, many } from "./words.js";

const rank = { guest: 0, member: 1, admin: 2, owner: 3 };
const meaning = {
  owner: "may do everything, and cannot be removed",
  admin: "invites people, names admins, and removes members and later admins",
  member: "writes, is notified, and lets in who has an invite",
  guest: "reads and writes, and lets nobody in",
};
export const one = (role) => `${role === "admin" || role === "owner" ? "an" : "a"} ${role}`;
export const roleMeaning = (role) => meaning[role] ?? "";

/// Buttons for what this view's person may do about a member; null where that is nothing.
export function deeds(member, box) {
  const mine = member.user_id === office.me.user_id;
  const roles = member.assignable_roles.toReversed().map((role) => h("button", {
    type: "button", onclick: () => (rank[role] < rank[member.role] ? lower(member, role, box) : give(member, role, box)),
  }, mine ? `Step down to ${role}` : `Make ${role}`));
  const away = member.is_removable
    ? [h("button", { type: "button", onclick: () => remove(member, box) }, "Remove…")] : [];
  return roles.length + away.length ? h("div", { class: "side" }, roles, away) : null;
}

async function change(member, role, digest) {
  await put(`/members/${member.user_id}/role`, { role, digest });
  await office.refreshMembers();
}

async function give(member, role, box) {
  const name = office.nameOf(member.user_id), before = member.role;
  box.close();
  try {
    await change(member, role);
    toasts().undo(`${name} is ${one(role)} now.`, () => change(member, before).catch((problem) => toasts().trouble(problem)));
  } catch (problem) {
    toasts().trouble(problem, () => give(member, role, box));
  }
}

/// Less than before: what goes is told and asked about, because seniority does not come back.
async function lower(member, role, box) {
  const name = office.nameOf(member.user_id), mine = member.user_id === office.me.user_id;
  box?.close();
  let told;
  try {
    told = await get(`/members/${member.user_id}/demotion?role=${role}`);
  } catch (problem) {
    return toasts().trouble(problem, () => lower(member, role, null));
  }
  ask(mine ? `Step down to ${role}?` : `Make ${name} ${one(role)}?`, [
    mine ? `You would be ${one(role)}, and could not take it back yourself.`
      : `${name} would be ${one(role)} from now on, who ${meaning[role]}.`,
    `What was done as ${one(told.from)} and is known here stands: whoever was let in stays.`
      + (mine ? "" : ` What was done since and reached nobody does not count (${lastHeard(told)}).`),
    ...alsoGoes(member, told),
    told.ended_invites ? endedInvites(told, mine ? "your invites" : "invites of theirs") : null,
    told.from === "admin" ? "Who becomes an admin again later comes after those who are admins by then." : null,
  ], mine ? "Step down" : `Make ${role}`, async () => {
    await change(member, role, told.digest);
    toasts().say(mine ? `You are ${one(role)} now.` : `${name} is ${one(role)} now.`);
  });
}

const lastHeard = (told) => (told.last_heard ? `last heard ${ago(told.last_heard)}` : "never heard by this node");
const endedInvites = (told, whose) => `Nobody is let in any more by ${whose}: ${told.ended_invites} open until now.`;

/// Who and what else goes, because it stands on what goes.
function alsoGoes(member, told) {
  const names = (ids) => list(ids.map((id) => office.nameOf(id)), 6);
  const devices = told.also_cut.map((id) => {
    const whose = [...office.members.values()].find((one) => one.devices.includes(id))?.user_id ?? member.user_id;
    return `${whose === member.user_id ? "" : `${office.nameOf(whose)}’s `}${id.slice(0, 8)}`;
  });
  return [
    devices.length ? `Devices that stand on it go too: ${list(devices, 6)}.` : null,
    told.also_removed.length ? `Who stands on it goes too: ${names(told.also_removed)}.` : null,
    told.also_demoted.length ? `Who loses a role by it: ${names(told.also_demoted)}.` : null,
  ];
}

/// - Parameter device: only this one of the member's; all of them unless given.
export async function remove(member, box, device = null) {
  const name = office.nameOf(member.user_id);
  const path = device ? `/devices/${device}` : `/members/${member.user_id}`;
  box?.close();
  let told;
  try {
    told = await get(`${path}/removal`);
  } catch (problem) {
    return toasts().trouble(problem, () => remove(member, null, device));
  }
  ask(told.is_last ? `Remove ${name}?` : `Cut this device of ${name}?`, [
    told.is_last ? `${name} goes out with ${many(told.devices.length, "device")}, and hears nothing new from now on.`
      : `The device ${told.devices[0].slice(0, 8)} goes out. ${name} stays with the others.`,
    `What was heard from there stays: ${many(told.kept_changes, "entry", "entries")}. What was written since and `
      + `reached nobody is lost (${lastHeard(told)}).`,
    ...alsoGoes(member, told),
    told.ended_invites ? endedInvites(told, "invites of theirs") : null,
    "What the device holds cannot be called back. It does not come back either: that takes a new invite and a fresh "
      + "start on that machine.",
  ], told.is_last ? `Remove ${name}` : "Cut the device", async () => {
    await del(`${path}?digest=${told.digest}`);
    await office.refreshMembers();
    toasts().say(told.is_last ? `${name} is out.` : "The device is out.");
  });
}

/// Words, and one deed that is done when it is pressed.
///
/// - Parameter typed: what has to be typed before; for what is not undone.
export function ask(title, words, press, run, typed = null) {
  const field = typed ? h("input", {
    autocomplete: "off", spellcheck: false, autofocus: true,
    oninput: () => { go.disabled = field.value.trim() !== typed; },
  }) : null;
  const trouble = h("div", { role: "alert" });
  const go = h("button", { class: "main", type: "button", disabled: typed != null, onclick: async () => {
    tell(trouble);
    go.disabled = true;
    try {
      await run();
      box.close();
    } catch (problem) {
      tell(trouble, problem);
      go.disabled = false;
    }
  } }, press);
  const box = dialog(title, h("div", { class: "fields" },
    h("ul", { class: "points" }, words.filter(Boolean).map((line) => h("li", {}, line))),
    field ? h("label", {}, h("span", {}, `To do it, type “${typed}”`), field) : null,
    trouble,
    h("div", { class: "side end" },
      h("button", { type: "button", class: "first", onclick: () => box.close() }, "Leave it as it is"), go)));
}

/// Whom the owner could name as a second admin.
export function nameAdmin() {
  const able = [...office.members.values()].filter((member) => member.assignable_roles.includes("admin"))
    .sort((a, b) => office.nameOf(a.user_id).localeCompare(office.nameOf(b.user_id)));
  const box = dialog("Name an admin", h("div", { class: "fields" },
    h("p", {}, `An admin ${meaning.admin}.`),
    h("div", { class: "choices tall" }, able.map((member) => h("div", {
      class: "spread row", data: { hue: member.colour },
    }, h("span", { class: "who" }, office.nameOf(member.user_id)),
    h("button", { type: "button", onclick: () => give(member, "admin", box) }, "Make admin"))))));
}
