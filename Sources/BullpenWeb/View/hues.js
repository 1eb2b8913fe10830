// Hues belong to people and never change. Of more than ten people some share one; in a room where they meet, they are
// told apart by how it is drawn.
import { office } from "./office.js";

/// The manner of each person of a room, by id: 0 full, 1 hollow, 2 pale and dashed. It goes by the ids, so that all see
/// the same.
export function tones(room) {
  const here = office.people(room).filter((one) => one.group === 0).map((one) => one.member.user_id);
  if (office.me) here.push(office.me.user_id);
  const taken = new Map();
  return new Map(here.sort().map((id) => {
    const hue = office.colourOf(id), tone = taken.get(hue) ?? 0;
    taken.set(hue, tone + 1);
    return [id, Math.min(tone, 2)];
  }));
}
