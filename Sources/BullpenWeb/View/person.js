// One person: how they are, where, on which devices, with which role, and how to reach them.
import { h } from "./dom.js";
import { follow } from "./follow.js";
import { statusGlyph } from "./glyphs.js";
import { inviteOwnDevice } from "./invite.js";
import { dialog } from "./layers.js";
import { office, silence } from "./office.js";
import { choosePrivacy } from "./privacy.js";
import { deeds, remove, roleMeaning } from "./role.js";
import { placeDeeds } from "./successor.js";
import { write } from "./write.js";
import { ago, roomName, roomPath, span } from "./words.js";

export function showPerson(id) {
  const member = office.members.get(id), presence = office.presenceOf(id);
  const mine = id === office.me.user_id;
  const rooms = presence.rooms ?? [];
  const fact = (name, ...value) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value));
  const silent = silence(presence);
  const box = dialog(office.nameOf(id), h("div", { class: "fields", data: { hue: office.colourOf(id) } },
    h("table", { class: "facts" }, h("tbody", {},
      member ? fact("Status", statusGlyph(presence.status), " ", presence.status,
        silent != null ? `, silent ${span(silent)}` : "") : null,
      presence.custom_status || presence.custom_emoji
        ? fact("Says", [presence.custom_emoji, presence.custom_status].filter(Boolean).join(" ")) : null,
      rooms.length ? fact("In", rooms.map((room, place) => [place ? ", " : "",
        h("a", { href: roomPath(room), onclick: () => box.close() }, roomName(room))])) : null,
      member && !mine ? fact("Last seen", seen(presence)) : null,
      member ? fact("Devices", devices(member, presence)) : null,
      fact("Role", member ? [member.role, h("span", { class: "quiet" }, `: ${roleMeaning(member.role)}`),
        member.is_successor ? h("p", { class: "quiet" }, "Named to take the owner’s place.") : null,
        member.is_surplus ? h("p", {}, "One more than invited: two colleagues let somebody in at once, by an invite "
          + "that had one use left. Remove them if they are not meant to be here.") : null]
        : "no longer a member"))),
    mine ? h("div", { class: "side" },
      h("button", { type: "button", onclick: () => { box.close(); choosePrivacy(); } }, "Who sees me…"),
      member.role !== "guest" ? h("button", {
        type: "button", onclick: () => { box.close(); inviteOwnDevice(); },
      }, "Add a device of mine…") : null) : null,
    // The deeds need the dialog, which is made from them.
    h("div", { class: "deeds points" }),
    member && !mine ? h("div", { class: "side end" },
      rooms.length ? h("a", { class: "button", href: roomPath(rooms[0]), onclick: () => box.close() },
        `Go to ${roomName(rooms[0])}`) : null,
      presence.status === "offline" ? h("a", { class: "button", href: `#/connections/${id}`, onclick: () => box.close() },
        "Why can’t I see them?") : null,
      rooms.length && presence.status !== "offline" ? h("button", {
        type: "button", onclick: () => { box.close(); follow().take(id); },
      }, follow().user === id ? "Stop following" : "Follow") : null,
      h("button", { class: "main first", onclick: () => { box.close(); write([id]); } }, "Notify…")) : null));
  const place = box.querySelector(".deeds");
  const buttons = member ? [deeds(member, box), placeDeeds(member, box)].filter(Boolean) : [];
  if (buttons.length) place.append(...buttons);
  else place.remove();

  /// Offline and not visible to me are one answer.
  function seen({ last_seen: last, sightings = [], status }) {
    if (!last) return "not yet by this node";
    const sighting = sightings.find((one) => one.last_seen === last);
    const session = sighting?.session_duration ?? 0;
    const stayed = session >= 60_000 ? `, for ${span(session)}` : "";
    const page = sighting?.last_page ? `, on ${sighting.last_page}` : "";
    const doing = { typing: ", typing", idle: ", idle" }[sighting?.last_activity] ?? "";
    const words = `${ago(last)}${stayed}${page}${doing}${says(sighting)}`;
    return status === "offline" ? `${words}; offline, or not visible to you` : words;
  }

  /// What this node did not see itself is somebody's word.
  function says(sighting) {
    return sighting?.said_by ? `, says ${office.nameOf(sighting.said_by)}` : "";
  }

  function devices(person, shown) {
    return h("ul", {}, person.devices.map((device) => {
      const known = shown.devices?.find((other) => other.device_id === device);
      const isHere = device === office.status?.device_id;
      const sighting = shown.sightings?.find((other) => other.device_id === device);
      const words = [known ? `${known.kind}, ${known.status}` : sighting
        ? `last seen ${ago(sighting.last_seen)}${says(sighting)}` : "not heard", isHere ? "this one" : ""];
      const cut = person.devices.length > 1 && !isHere && (person.is_removable || mine);
      return h("li", { class: "spread" }, h("span", {}, device.slice(0, 8), " ",
        h("span", { class: "quiet" }, `(${words.filter(Boolean).join(", ")})`)),
      cut ? h("button", { type: "button", class: "link small", onclick: () => remove(person, box, device) }, "Cut…")
        : null);
    }));
  }
}
