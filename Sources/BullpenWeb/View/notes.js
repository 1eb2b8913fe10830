// The notifications that I sent or may read, and what I do with them.
import { get, put } from "./api.js";
import { h } from "./dom.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { Rows } from "./rows.js";
import { toasts } from "./toasts.js";
import { many } from "./words.js";

export const notes = new Rows(async (after) => {
  const answer = await get(`/notifications?limit=50${after ? `&after=${encodeURIComponent(after)}` : ""}`);
  return { items: answer.items, next: answer.next };
}, (row) => row.sender_id === office.me?.user_id);

export function followNotes() {
  live.addEventListener("notification", ({ detail }) => {
    const known = notes.shown.concat(notes.waiting).some((row) => row.id === detail.id);
    notes.arrive(detail);
    if (!known && isUnread(detail)) announce(detail);
  });
  live.addEventListener("phase", () => { if (live.isLive) notes.refresh(); });
  live.addEventListener("resync", () => notes.refresh());
  notes.refresh();
}

export const isUnread = (row) => row.is_mine && row.read_at == null;

function announce(row) {
  toasts().say([h("b", { class: "who" }, office.nameOf(row.sender_id)), " ", row.title], {
    deeds: [["Open", () => { location.hash = `#/inbox/${row.id}`; }]], needsMe: true,
    hue: office.colourOf(row.sender_id),
  });
}

/// Marks a row read or takes the mark back: shown at once, put back when the node refuses.
export async function mark(row, read, { undo = true } = {}) {
  const before = row.read_at;
  if (!row.id || (before != null) === read) return;
  notes.change(row.id, { read_at: read ? Date.now() : null });
  office.setUnread(Math.max(0, office.unread + (read ? -1 : 1)));
  try {
    await put(`/notifications/${row.id}/read`, { read });
    if (undo) toasts().undo(read ? "Marked read." : "Marked unread.", () => mark(row, !read, { undo: false }));
  } catch (problem) {
    notes.change(row.id, { read_at: before });
    office.setUnread(office.unread + (read ? 1 : -1));
    toasts().trouble(problem, () => mark(row, read, { undo }));
  }
}

export async function markAll() {
  const marked = notes.shown.concat(notes.waiting).filter(isUnread);
  const count = office.unread;
  if (!count) return toasts().say("Nothing is unread.", { life: 3_000 });
  const now = Date.now();
  for (const row of marked) notes.change(row.id, { read_at: now });
  office.setUnread(0);
  try {
    const ids = await unreadIds();
    const answer = await put("/notifications/read-all", {});
    toasts().undo(`${many(answer.count, "notification")} marked read.`, () => unmark(ids));
  } catch (problem) {
    for (const row of marked) notes.change(row.id, { read_at: null });
    office.setUnread(count);
    toasts().trouble(problem, markAll);
  }
}

/// Which are unread, as far as an undo can reach: the newest five hundred.
async function unreadIds() {
  const ids = [];
  let after = "";
  for (let page = 0; page < 5; page += 1) {
    const answer = await get(`/notifications?unread=true&limit=100${after}`);
    ids.push(...answer.items.map((row) => row.id));
    if (!answer.next) break;
    after = `&after=${encodeURIComponent(answer.next)}`;
  }
  return ids;
}

async function unmark(ids) {
  for (const id of ids) notes.change(id, { read_at: null });
  office.setUnread(office.unread + ids.length);
  for (const id of ids) {
    try {
      await put(`/notifications/${id}/read`, { read: false });
    } catch (problem) {
      return toasts().trouble(problem, () => unmark(ids.slice(ids.indexOf(id))));
    }
  }
}
