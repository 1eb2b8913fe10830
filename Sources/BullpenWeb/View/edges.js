// Who points beyond which edge of the page: a marker there says so, and follows them at a click.
import { Part, h, keep, setAttribute, setData, setText } from "./dom.js";
import { follow } from "./follow.js";
import { office } from "./office.js";

const most = 3;
const words = { top: "above", bottom: "below", left: "to the left", right: "to the right" };
const arrows = { top: "↑", bottom: "↓", left: "←", right: "→" };

class Edges extends Part {
  build() {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Pointing out of sight");
    this.places = new Map(Object.keys(words).map((edge) => [edge, h("div", { class: "edge", data: { edge } },
      h("div", { class: "those" }), h("span", { class: "over", hidden: true }))]));
    this.append(...this.places.values());
    this.hidden = true;
  }

  /// - beyond: by edge, the people beyond it; the one who moved last comes first.
  /// - tones: by person, how its hue is drawn.
  show(beyond, tones) {
    this.hidden = beyond.size === 0;
    for (const [edge, place] of this.places) {
      const people = beyond.get(edge) ?? [];
      place.hidden = people.length === 0;
      // By name, so that no marker moves while people do.
      const shown = people.slice(0, most).sort((a, b) => office.nameOf(a).localeCompare(office.nameOf(b)));
      keep(place.firstChild, shown, (id) => id, (id) => h("button", { type: "button", onclick: () => follow().take(id) },
        h("span", { aria: { hidden: "true" } }, arrows[edge]), h("b")),
      (button, id) => {
        const name = office.nameOf(id);
        setData(button, "hue", office.colourOf(id));
        setData(button, "tone", tones.get(id) || null);
        setText(button.lastChild, name);
        setAttribute(button, "aria-label", `${name} points ${words[edge]}: follow`);
        setAttribute(button, "title", `Follow ${name}`);
      });
      place.lastChild.hidden = people.length <= most;
      setText(place.lastChild, `and ${people.length - most} more`);
    }
  }
}

customElements.define("bp-edges", Edges);
