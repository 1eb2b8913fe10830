// Who sees me: what I decided about my presence, what it means, and when I decided it.
import { h } from "./dom.js";
import { get, put } from "./api.js";
import { dialog, tell } from "./layers.js";
import { live } from "./live.js";
import { office } from "./office.js";
import { toasts } from "./toasts.js";
import { ago, list, many } from "./words.js";

const levels = {
  everyone: ["Everyone", "the whole workspace, guests too"],
  team: ["The team", "the workspace without guests"],
  contacts: ["My contacts", "who is in a team with me, and whom I name below"],
  nobody: ["Nobody", "only my own devices; to all others I am offline"],
};
export const levelName = (level) => (levels[level]?.[0] ?? level).toLowerCase();
const parts = {
  visibility: "who sees me", show_page: "whether my rooms show", show_activity: "whether typing and idling show",
  appear_offline: "appearing offline", contacts: "my contacts", analytics: "what is counted of me",
};

/// My settings as the node has them; null until they were read. Event: `change`.
class Privacy extends EventTarget {
  settings = null;

  listen() {
    const read = () => this.read().catch(() => {});
    live.addEventListener("settings.update", read);
    office.addEventListener("loaded", read);
    // Nobody sees who chose to be offline, whatever is set.
    let wasOffline = false;
    office.addEventListener("mine", () => {
      const isOffline = office.mine?.status === "offline";
      if (isOffline !== wasOffline) read();
      wasOffline = isOffline;
    });
  }

  async read() {
    this.#take(await get("/presence/settings"));
    return this.settings;
  }

  async change(wanted) {
    this.#take(await put("/presence/settings", wanted));
  }

  /// Shows in which rooms I am, and lets it be taken back.
  async showPage() {
    try {
      await this.change({ show_page: true });
      toasts().undo(`${whom(this.settings)} in which rooms you are now.`, () => this.#quietly({ show_page: false }));
    } catch (problem) {
      toasts().trouble(problem, () => this.showPage());
    }
  }

  async set(wanted) {
    const before = this.settings;
    const undo = Object.fromEntries(Object.keys(wanted).map((name) => [name, before[name]]));
    await this.change(wanted);
    toasts().undo(sentence(this.settings), () => this.#quietly(undo));
  }

  #quietly(wanted) {
    return this.change(wanted).catch((problem) => toasts().trouble(problem));
  }

  #take(settings) {
    this.settings = settings;
    this.dispatchEvent(new Event("change"));
  }
}

export const privacy = new Privacy();

const whom = ({ visible_to: seen }) => (seen.length ? `${seen.length > 3 ? many(seen.length, "person", "people")
  : list(seen.map((id) => office.nameOf(id)))} ${seen.length === 1 ? "sees" : "see"}` : "Nobody sees");

/// What comes of the settings, in one sentence.
export function sentence(settings) {
  if (settings.appear_offline) return "You appear offline to everybody.";
  if (!settings.visible_to.length) return "Nobody else sees that you are here.";
  return `${whom(settings)} that you are here${settings.show_page ? ", and in which rooms" : ", and not in which rooms"}.`;
}

const box = (name, checked, words, meaning) => h("label", {}, h("input", { type: "checkbox", name, checked }),
  h("span", {}, h("b", {}, words), h("span", { class: "quiet" }, `  ${meaning}`)));

/// The dialog in which all of it is set.
export async function choosePrivacy() {
  let settings;
  try {
    settings = await privacy.read();
  } catch (problem) {
    return toasts().trouble(problem, choosePrivacy);
  }
  const trouble = h("div", { role: "alert" });
  const choice = (value, words, meaning) => h("label", {},
    h("input", { type: "radio", name: "visibility", value, checked: settings.visibility === value,
      autofocus: settings.visibility === value }),
    h("span", {}, h("b", {}, words), h("span", { class: "quiet" }, `  ${meaning}`)));
  const others = [...office.members.values()].filter((member) => member.user_id !== office.me.user_id)
    .sort((a, b) => office.nameOf(a.user_id).localeCompare(office.nameOf(b.user_id)));
  // Who has left stays on the list until it is written anew.
  const gone = settings.contacts.filter((id) => !office.members.has(id));
  const contacts = h("div", { class: "choices tall" }, others.map((member) => h("label", {
    data: { hue: member.colour },
  }, h("input", { type: "checkbox", name: "contact", value: member.user_id,
    checked: settings.contacts.includes(member.user_id) }), h("span", { class: "who" }, office.nameOf(member.user_id)))));
  const form = h("form", {
    class: "fields",
    onsubmit: async (event) => {
      event.preventDefault();
      tell(trouble);
      const given = new FormData(form), on = (name) => given.get(name) === "on";
      const wanted = {
        visibility: given.get("visibility"), show_page: on("show_page"), show_activity: on("show_activity"),
        appear_offline: on("appear_offline"),
      };
      if (others.length) wanted.contacts = [...given.getAll("contact"), ...gone];
      try {
        await privacy.set(wanted);
        sheet.close();
      } catch (problem) {
        tell(trouble, problem);
      }
    },
  },
    h("fieldset", {}, h("legend", {}, "Who sees that I am here"), h("div", { class: "choices" },
      choice("default", "As the workspace says", `now ${levelName(settings.default_visibility)}`),
      Object.entries(levels).map(([level, [words, meaning]]) => choice(level, words, meaning)))),
    others.length ? h("fieldset", {}, h("legend", {}, "My contacts, for that level"), contacts) : null,
    h("div", { class: "choices" },
      box("appear_offline", settings.appear_offline, "Appear offline", "to everybody, for as long as this is on"),
      box("show_page", settings.show_page, "Show in which rooms I am",
        "without it, others see neither me nor my pointer there"),
      box("show_activity", settings.show_activity, "Show that I type or am idle", "without it, idle is told as online")),
    h("div", { class: "quiet small" },
      h("p", {}, "Whoever may not see you is told nothing: for them you are offline. It holds at once, on all your devices."),
      h("p", {}, "What cannot be hidden: colleagues’ devices exchange the workspace’s history with yours, so they "
        + "see that it is connected. What was shown before cannot be called back.")),
    h("details", { ontoggle: (event) => { if (event.target.open) past(event.target.lastChild); } },
      h("summary", {}, "What I changed in the last 90 days"), h("ul", { class: "points" })),
    trouble,
    h("div", { class: "side end" }, h("button", { class: "main" }, "Keep it so")));
  const sheet = dialog("Who sees me", form);
  form.querySelector("input:checked")?.focus();
}

/// When which part was changed; for nobody but this person.
async function past(place) {
  try {
    const { items } = await get("/presence/settings/history?limit=20");
    const told = items.filter((one) => one.changed.length);
    place.replaceChildren(...(told.length ? told.map((one) => h("li", {}, `${ago(one.at)}: `,
      one.changed.map((part) => value(part, one)).join(", "))) : [h("li", {}, "Nothing yet.")]));
  } catch (problem) {
    place.replaceChildren(h("li", {}, problem.title));
  }
}

function value(part, one) {
  if (part === "visibility") return `${parts[part]}: ${one.visibility === "default" ? "as the workspace says"
    : levelName(one.visibility)}`;
  if (part === "analytics") return `${parts[part]}: I said that I know`;
  if (part === "contacts") return `${parts[part]}: ${list(one.contacts.map((id) => office.nameOf(id))) || "nobody"}`;
  return `${parts[part]}: ${one[part] ? "on" : "off"}`;
}
