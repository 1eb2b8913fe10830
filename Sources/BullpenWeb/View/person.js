// One person: how they are, where, on which devices, and how to reach them.
import { h } from "./dom.js";
import { statusGlyph } from "./glyphs.js";
import { dialog } from "./layers.js";
import { office, silence } from "./office.js";
import { write } from "./write.js";
import { ago, roomName, roomPath, span } from "./words.js";

export function showPerson(id) {
  const member = office.members.get(id), presence = office.presenceOf(id);
  const rooms = presence.rooms ?? [];
  const fact = (name, ...value) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value));
  const silent = silence(presence);
  const box = dialog(office.nameOf(id), h("div", { class: "fields", data: { hue: office.colourOf(id) } },
    h("table", { class: "facts" }, h("tbody", {},
      fact("Status", statusGlyph(presence.status), " ", presence.status,
        silent != null ? `, silent ${span(silent)}` : ""),
      presence.custom_status || presence.custom_emoji
        ? fact("Says", [presence.custom_emoji, presence.custom_status].filter(Boolean).join(" ")) : null,
      rooms.length ? fact("In", rooms.map((room, place) => [place ? ", " : "",
        h("a", { href: roomPath(room), onclick: () => box.close() }, roomName(room))])) : null,
      fact("Last heard", presence.last_seen ? ago(presence.last_seen) : "not yet by this node"),
      presence.devices?.length ? fact("Devices", presence.devices.map((one) =>
        `${one.kind} (${one.status})`).join(", ")) : null,
      fact("Role", member?.role ?? "unknown"))),
    h("div", { class: "side end" },
      rooms.length ? h("a", { class: "button", href: roomPath(rooms[0]), onclick: () => box.close() },
        `Go to ${roomName(rooms[0])}`) : null,
      h("button", { class: "main first", onclick: () => { box.close(); write([id]); } }, "Notify…"))));
}
