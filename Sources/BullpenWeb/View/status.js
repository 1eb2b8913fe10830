// My status: how available I am, a few words and an emoji.
import { h } from "./dom.js";
import { statusGlyph } from "./glyphs.js";
import { dialog } from "./layers.js";
import { office } from "./office.js";
import { toasts } from "./toasts.js";
import { at, length, many } from "./words.js";

const choices = [
  ["online", "Here and reachable"],
  ["idle", "Here, not looking"],
  ["away", "Not at the desk"],
  ["busy", "Here, please do not disturb"],
  ["offline", "Seen as offline"],
];

const minute = 60_000;

/// How long words stay, in milliseconds from now: a meeting, a morning, a day.
function clearings(mine) {
  const now = new Date();
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  return [
    ...mine.clears_at > Date.now() ? [[mine.clears_at - Date.now(), `${at(mine.clears_at)}, as it is`]] : [],
    ["", "until I change them"],
    [30 * minute, "for 30 minutes"], [60 * minute, "for an hour"], [240 * minute, "for four hours"],
    [midnight - now, "for today"], [7 * 24 * 60 * minute, "for a week"],
  ];
}

export function pickStatus() {
  const mine = office.mine;
  // Who looks at this is here; idle was what the machine saw.
  const chosen = mine.status === "idle" ? "online" : mine.status;
  const until = h("select", { name: "until" },
    clearings(mine).map(([after, words]) => h("option", { value: String(after) }, words)));
  const emoji = h("input", { name: "emoji", value: mine.custom_emoji ?? "", autocomplete: "off" });
  const words = h("input", { name: "words", value: mine.custom_status ?? "", autocomplete: "off",
    placeholder: "In a meeting until three" });
  const left = h("p", { class: "small quiet", role: "status" });
  const choice = (event) => new FormData(event.currentTarget);
  const check = () => {
    const over = length(words.value) - 100, emojiOver = length(emoji.value) - 10;
    left.textContent = over > 0 ? `${many(over, "character")} too many` : emojiOver > 0 ? "The emoji is at most 10 characters"
      : `${many(100 - length(words.value), "character")} left`;
    words.setAttribute("aria-invalid", String(over > 0));
    emoji.setAttribute("aria-invalid", String(emojiOver > 0));
    return over <= 0 && emojiOver <= 0;
  };
  const form = h("form", {
    class: "fields", oninput: check,
    onsubmit: (event) => {
      event.preventDefault();
      if (!check()) return;
      const change = {
        status: choice(event).get("status"), custom_status: words.value.trim(), custom_emoji: emoji.value.trim(),
        ...until.value && { clear_after: Math.max(1, Math.round(Number(until.value))) },
      };
      box.close();
      setStatus(change);
    },
  },
    h("fieldset", {}, h("legend", {}, "Status"), h("div", { class: "choices", data: { hue: office.me.colour } },
      choices.map(([status, meaning]) => h("label", {},
        h("input", { type: "radio", name: "status", value: status, checked: chosen === status,
          autofocus: chosen === status }),
        statusGlyph(status), h("span", {}, h("b", {}, status), h("span", { class: "quiet" }, `  ${meaning}`)))))),
    h("div", {},
      h("div", { class: "emoji-row" }, h("label", {}, h("span", {}, "Emoji"), emoji),
        h("label", {}, h("span", {}, "In words"), words)),
      left,
      h("label", {}, h("span", {}, "They stay"), until)),
    h("div", { class: "side end" },
      h("button", { type: "button", onclick: () => { emoji.value = words.value = ""; check(); words.focus(); } },
        "Clear the words"),
      h("button", { class: "main" }, "Set status")));
  const box = dialog("My status", form);
  form.querySelector("input:checked")?.focus();
  check();
}

export async function setStatus(change) {
  const before = office.mine;
  const undo = { status: before.status === "idle" ? "online" : before.status, custom_status: before.custom_status ?? "",
    custom_emoji: before.custom_emoji ?? "",
    ...before.clears_at > Date.now() && { clear_after: before.clears_at - Date.now() } };
  try {
    await office.choose(change);
    toasts().undo(`You are ${office.mine.status} now.`, () => setStatusQuietly(undo));
  } catch (problem) {
    toasts().trouble(problem, () => setStatus(change));
  }
}

async function setStatusQuietly(change) {
  try {
    await office.choose(change);
  } catch (problem) {
    toasts().trouble(problem, () => setStatusQuietly(change));
  }
}
