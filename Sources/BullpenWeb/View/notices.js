// What a person should know of a device, each with what to do.
import { h, keep, prose } from "./dom.js";

/// Draws the notices of a node's status into a place, and touches only what differs.
export function drawNotices(place, notices) {
  keep(place, notices, (notice) => `${notice.kind} ${notice.device_id}`,
    () => h("div", { class: "trouble" }, h("p"), h("p", { class: "quiet" })),
    (element, { detail, hint }) => {
      if (element.said === detail + hint) return;
      element.said = detail + hint;
      element.firstChild.replaceChildren(...prose(detail));
      element.lastChild.replaceChildren(...prose(hint));
    });
}
