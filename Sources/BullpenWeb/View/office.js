// What this view knows: who is in the workspace, how they are, and what needs me. Parts of the page listen to it.
import { get, put } from "./api.js";
import { live } from "./live.js";

/// Events: `people` (members or presence), `mine` (my own presence), `unread`, `node`, `loaded`, `name` (the
/// workspace's), and `removed`, with the problem that says so as `detail`.
class Office extends EventTarget {
  me = null;
  name = "";
  members = new Map();
  /// Who was a member: what they wrote is still here.
  former = new Map();
  presence = new Map();
  unread = 0;
  loaded = false;
  /// What I chose that the node has not confirmed yet.
  #chosen = null;
  #people = false;

  async load() {
    const me = await get("/user/current");
    this.me = me;
    const [members, presence, unread, status] = await Promise.all([
      get("/members?former=true"), get("/presence"), get("/notifications/unread/count"), get("/status?digests=false")]);
    this.#take(members.items);
    this.presence = new Map(presence.items.map((one) => [one.user_id, heardAt(one)]));
    this.name = status.name ?? "";
    this.status = status;
    this.unread = unread.count;
    this.loaded = true;
    for (const name of ["loaded", "people", "unread", "node"]) this.#tell(name);
  }

  listen() {
    live.addEventListener("presence.update", ({ detail }) => {
      this.presence.set(detail.user_id, heardAt(detail));
      if (detail.user_id === this.me?.user_id) this.#tell("mine");
      if (!this.members.has(detail.user_id)) this.refreshMembers();
      this.#peopleSoon();
    });
    live.addEventListener("notification.count", ({ detail }) => this.setUnread(detail.count));
    live.addEventListener("members.update", () => this.refreshMembers());
    live.addEventListener("workspace.update", ({ detail }) => this.rename(detail.name));
    live.addEventListener("connections.update", () => this.refreshStatus());
    live.addEventListener("resync", () => this.load().catch((problem) => this.#failed(problem)));
    live.addEventListener("phase", () => {
      if (live.isLive && this.loaded) this.load().catch((problem) => this.#failed(problem));
    });
  }

  async refreshMembers() {
    this.membersAsked ??= get("/members?former=true").finally(() => { this.membersAsked = null; });
    const members = await this.membersAsked.catch((problem) => this.#failed(problem));
    if (!members) return;
    this.#take(members.items);
    this.me = this.members.get(this.me.user_id) ?? this.me;
    this.#peopleSoon();
  }

  #take(members) {
    const map = (some) => new Map(some.map((member) => [member.user_id, member]));
    this.members = map(members.filter((member) => !member.is_former));
    this.former = map(members.filter((member) => member.is_former));
  }

  /// A node that was removed answers nothing else any more.
  #failed(problem) {
    if (problem.code === "removed") this.dispatchEvent(new CustomEvent("removed", { detail: problem }));
    return null;
  }

  /// Why the disk takes nothing now; null where it does.
  get trouble() {
    return this.status?.storage && this.status.storage.state !== "ok" ? this.status.storage : null;
  }

  /// Whether another machine lives with this device's key.
  get hasTwin() {
    return this.status?.notices.some((one) => one.kind === "twin" && one.device_id === this.status.device_id) ?? false;
  }

  async refreshStatus() {
    const status = await get("/status?digests=false").catch((problem) => this.#failed(problem));
    if (!status) return;
    this.status = status;
    this.#peopleSoon();
  }

  rename(name) {
    if (!name || this.name === name) return;
    this.name = name;
    this.#tell("name");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }

  /// Many presences at once are drawn once.
  #peopleSoon() {
    if (this.#people) return;
    this.#people = true;
    queueMicrotask(() => {
      this.#people = false;
      this.#tell("people");
    });
  }

  setUnread(count) {
    if (this.unread === count) return;
    this.unread = count;
    this.#tell("unread");
  }

  nameOf(id) {
    return this.members.get(id)?.name || this.former.get(id)?.name || (id ? `Someone (${id.slice(0, 6)})` : "Someone");
  }

  colourOf(id) {
    return this.members.get(id)?.colour ?? this.former.get(id)?.colour ?? this.presence.get(id)?.colour ?? 0;
  }

  presenceOf(id) {
    return this.presence.get(id) ?? { user_id: id, status: "offline", rooms: [], custom_status: "", custom_emoji: "" };
  }

  /// Whether I may invite people and rename the workspace.
  get isAdmin() {
    return this.me?.role === "owner" || this.me?.role === "admin";
  }

  get mine() {
    const known = this.presenceOf(this.me?.user_id);
    return this.#chosen ? { ...known, ...this.#chosen } : known;
  }

  /// Everyone but me, those with me first: [{ member, presence, group }].
  people(room = live.room) {
    const others = [...this.members.values()].filter((member) => member.user_id !== this.me?.user_id);
    return others.map((member) => {
      const presence = this.presenceOf(member.user_id);
      return { member, presence, group: group(presence, room) };
    }).sort((a, b) => a.group - b.group || this.nameOf(a.member.user_id).localeCompare(this.nameOf(b.member.user_id))
      || (a.member.user_id < b.member.user_id ? -1 : 1));
  }

  /// Shows my new status at once; when the node refuses it, the old one is back and the problem is thrown.
  async choose(change) {
    this.#chosen = change;
    this.#tell("mine");
    try {
      const presence = await put("/presence/status", change);
      if (presence?.user_id) this.presence.set(presence.user_id, heardAt(presence));
    } finally {
      if (this.#chosen === change) this.#chosen = null;
      this.#tell("mine");
      this.#tell("people");
    }
  }

  /// The state of the connections in words, by people.
  get truth() {
    if (this.trouble) return [troubles[this.trouble.state] ?? "The disk fails", "see This node"];
    const others = this.people().map((one) => one.presence);
    if (!others.length) return ["Nobody else is here yet", ""];
    const present = others.filter((one) => one.status !== "offline");
    const silent = present.filter((one) => silence(one) != null);
    const heard = present.length - silent.length;
    return [`Live with ${heard} of ${others.length}`, silent.slice(0, 2).map((one) =>
      `${this.nameOf(one.user_id)} silent ${Math.round(silence(one) / 1000)} s`).join(", ")];
  }
}

const troubles = {
  full: "The disk is full", read_only: "The disk may not be written", damaged: "The database is damaged",
};

function group(presence, room) {
  if (presence.status === "offline") return 3;
  if (room && presence.rooms?.includes(room)) return 0;
  return presence.status === "online" || presence.status === "busy" ? 1 : 2;
}

function heardAt(presence) {
  return { ...presence, readAt: Date.now() };
}

/// How long a person has been silent by now, where that is worth a word; else null.
export function silence(presence) {
  if (presence.silent_for == null) return null;
  return presence.silent_for + Date.now() - presence.readAt;
}

export const office = new Office();
