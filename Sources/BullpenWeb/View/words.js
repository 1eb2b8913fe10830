// Times, statuses and states in words.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const short = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const minute = 60_000, hour = 60 * minute, day = 24 * hour;

export const statuses = ["online", "idle", "away", "busy", "offline"];

/// "40 s", "12 min", "3 h", "2 days".
export function span(milliseconds) {
  if (milliseconds < minute) return `${Math.max(0, Math.round(milliseconds / 1000))} s`;
  if (milliseconds < hour) return `${Math.floor(milliseconds / minute)} min`;
  if (milliseconds < day) return `${Math.floor(milliseconds / hour)} h`;
  const days = Math.floor(milliseconds / day);
  return days === 1 ? "1 day" : `${days} days`;
}

export function ago(time, now = Date.now()) {
  const past = now - time;
  return past < 10_000 ? "just now" : `${span(past)} ago`;
}

/// The time of day today, else the date.
export function at(time, now = Date.now()) {
  return sameDay(time, now) ? clock.format(time) : short.format(time);
}

export const timeOfDay = (time) => clock.format(time);

export function dayOf(time, now = Date.now()) {
  if (sameDay(time, now)) return "Today";
  if (sameDay(time, now - day)) return "Yesterday";
  return weekday.format(time);
}

function sameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/// "Ada", "Ada and Bob", "Ada, Bob and 3 more".
export function list(names, most = 3) {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

export function many(count, one, several = `${one}s`) {
  return `${count} ${count === 1 ? one : several}`;
}

/// A room's name for people.
export function roomName(room) {
  if (room === "page:people") return "People";
  if (room === "page:feed") return "Feed";
  if (room === "page:rooms") return "Rooms";
  return room;
}

/// Where a room is in this view.
export function roomPath(room) {
  const page = { "page:people": "#/people", "page:feed": "#/feed", "page:rooms": "#/rooms" }[room];
  return page ?? `#/room/${encodeURIComponent(room)}`;
}

/// A sentence as a heading.
export const heading = (sentence) => sentence.replace(/\.$/, "");

/// Bytes of UTF-8, as the node counts most lengths.
export const bytes = (text) => new TextEncoder().encode(text).length;

/// Characters as a person counts them.
export function length(text) {
  return [...new Intl.Segmenter().segment(text)].length;
}
