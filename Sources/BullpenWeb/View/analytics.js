// How the workspace is used, where an admin lets that be counted: pictures of sums, and what is counted of me. Not a room.
import { Part, h, setText } from "./dom.js";
import { del, get, put, table } from "./api.js";
import { bars, columns, figures } from "./charts.js";
import { dialog, tell } from "./layers.js";
import { office } from "./office.js";
import { privacy } from "./privacy.js";
import { toasts } from "./toasts.js";
import { ago, list, many, span } from "./words.js";

const day = 86_400_000;
const iso = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
const time = (seconds) => span(seconds * 1_000);
const hourName = (hour) => `${String(hour).padStart(2, "0")}:00`;
const shortDay = (date) => new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" })
  .format(new Date(`${date}T00:00:00Z`));
const kinds = { desktop: "Desktop", mobile: "Phone", tablet: "Tablet", headless: "No screen" };

const counted = ["how often and for how long you are here in a day, and in which of its hours, where you are neither idle "
  + "nor away", "at which kind of device", "which pages you come to, if you show in which rooms you are; of their addresses "
  + "no number or key is kept, nothing after a question mark, and not who follows “people”, “users” and the like"];

/// What is counted, who reads it, and for how long it is kept.
function meaning(readers) {
  const others = readers.filter((id) => id !== office.me?.user_id).map((id) => office.nameOf(id));
  return h("div", { class: "fields" },
    h("p", {}, "Your own node adds up:"), h("ul", { class: "points dashes" }, counted.map((one) => h("li", {}, one))),
    h("p", {}, others.length ? `It shares these sums alone, sealed to ${list(others)} and to your own devices, `
      : "It seals these sums to the admins who may see that you are here, and to your own devices, ",
    "and keeps them for 90 days. No moment of anything leaves it. While you appear offline, or are hidden from every "
      + "admin, nothing is counted. You see, export and erase what was counted of you, at any time."));
}

async function know() {
  try {
    await put("/presence/analytics/told");
    await privacy.read();
  } catch (problem) {
    toasts().trouble(problem, know);
  }
}

/// Stays until I said that I know: before, nothing of me is counted.
class Told extends Part {
  build() {
    this.className = "told";
    this.hidden = true;
    this.words = h("p", { role: "status" });
    this.append(this.words, h("div", { class: "side" },
      h("button", { type: "button", onclick: () => explain() }, "What is counted…"),
      h("button", { type: "button", class: "main", onclick: know }, "I know")));
  }

  start() {
    this.listen(privacy, "change", () => this.draw());
    this.listen(office, "people loaded", () => this.draw());
    this.draw();
  }

  draw() {
    const state = privacy.settings?.analytics;
    this.hidden = !state?.on || state.told;
    if (this.hidden) return;
    setText(this.words, `${state.by ? office.nameOf(state.by) : "An admin"} turned on counting how this workspace is used. `
      + "Nothing of you is counted until you say that you know.");
  }
}

function explain() {
  const state = privacy.settings?.analytics ?? { readers: [] };
  const box = dialog("What is counted", h("div", { class: "fields" }, meaning(state.readers),
    state.on && !state.told ? h("div", { class: "side end" }, h("button", { type: "button", class: "main",
      onclick: () => { box.close(); know(); } }, "I know")) : null));
}

class AnalyticsPage extends Part {
  build() {
    this.className = "page-wide";
    this.state = h("p", { class: "here" });
    this.switch = h("button", { type: "button", hidden: true, onclick: () => this.turn() });
    this.trouble = h("div", { role: "alert" });
    const field = (name, words) => h("label", {}, h("span", {}, words),
      h("input", { type: "date", name, required: true, onchange: () => this.read() }));
    this.scope = h("select", { name: "scope", onchange: () => this.read() },
      h("option", { value: "all" }, "Everybody"), h("option", { value: "me" }, "Me"));
    this.whose = h("label", { hidden: true }, h("span", {}, "Whose"), this.scope);
    this.from = field("from", "From");
    this.to = field("to", "To");
    this.asked = h("form", { class: "asked", onsubmit: (event) => event.preventDefault() }, this.from, this.to, this.whose,
      h("div", { class: "side" }, [7, 30, 90].map((days) => h("button", { type: "button", onclick: () => this.span(days) },
        `${days} days`)), h("button", { type: "button", onclick: () => this.save(this.scope.value) }, "Save as CSV")));
    this.pictures = h("div", { class: "pictures" });
    this.mine = h("section", { class: "section fields" }, h("h2", {}, "What is counted of me"), h("div"),
      h("div", { class: "side" },
        h("button", { type: "button", onclick: () => { this.scope.value = "me"; this.read(); } }, "Show mine"),
        h("button", { type: "button", onclick: () => this.save("me") }, "Export mine"),
        h("button", { type: "button", onclick: () => this.erase() }, "Erase mine…")));
    this.append(h("div", { class: "page-head" }, h("h1", {}, "Analytics"), this.state, this.switch), this.trouble,
      this.asked, this.pictures, this.mine);
    this.range(30);
  }

  start() {
    this.listen(privacy, "change", () => { this.draw(); this.read(); });
    this.listen(office, "loaded people", () => this.draw());
    this.every(60_000, () => { if (!document.hidden) this.read(); });
    this.draw();
    privacy.read().catch((problem) => tell(this.trouble, problem));
  }

  range(days) {
    const now = Date.now();
    this.to.lastChild.value = iso(now);
    this.from.lastChild.value = iso(now - (days - 1) * day);
  }

  span(days) {
    this.range(days);
    this.read();
  }

  get query() {
    return new URLSearchParams({ from: this.from.lastChild.value, to: this.to.lastChild.value });
  }

  /// What the state of things is, and what there is to do about it.
  draw() {
    const state = privacy.settings?.analytics;
    if (!state) return;
    if (!office.isAdmin) this.scope.value = "me";
    this.whose.hidden = this.switch.hidden = !office.isAdmin;
    setText(this.switch, state.on ? "Turn it off" : "Turn it on…");
    this.switch.className = state.on ? "" : "main";
    const by = state.by === office.me?.user_id ? "you" : state.by ? office.nameOf(state.by) : "an admin";
    setText(this.state, state.on ? `Turned on by ${by}${state.at ? `, ${ago(state.at)}` : ""}`
      : "Off: nothing is counted");
    const words = this.mine.children[1];
    if (!state.on) {
      words.replaceChildren(h("p", {}, "Nothing. What was counted before is kept for 90 days, or until you erase it."));
    } else if (state.counted) {
      words.replaceChildren(meaning(state.readers));
    } else if (state.told) {
      words.replaceChildren(h("p", {}, "Nothing now, for no admin may see that you are here."));
    } else {
      words.replaceChildren(h("p", {}, "Nothing yet: it begins when you say that you know."), meaning(state.readers));
    }
  }

  async read() {
    if (!this.asked.checkValidity()) return;
    const asked = (this.asking = {});
    const query = this.query;
    query.set("scope", office.isAdmin ? this.scope.value : "me");
    try {
      const report = await get(`/presence/analytics?${query}`);
      if (this.asking !== asked) return;
      tell(this.trouble);
      const read = JSON.stringify(report);
      if (this.shown === read) return;
      this.shown = read;
      // While somebody reads a table it does not close under them.
      const open = [...this.pictures.querySelectorAll("details")].map((one) => one.open);
      this.pictures.replaceChildren(...this.#drawn(report));
      for (const [place, one] of this.pictures.querySelectorAll("details").entries()) one.open = open[place] ?? false;
    } catch (problem) {
      if (this.asking === asked) tell(this.trouble, problem);
    }
  }

  #drawn(report) {
    const people = report.members.filter((one) => one.seconds || one.sessions || one.views);
    if (!people.length) {
      return [h("div", { class: "nothing" }, h("p", {}, report.on ? "Nothing was counted in these days."
        : "Nothing was counted, for it is off."),
      report.on || !office.isAdmin ? null : h("p", { class: "quiet" }, "An admin may turn it on; each person is told, and "
        + "counted only once they have said that they know."))];
    }
    const sums = [["Sessions", report.sessions], ["On average", report.average_seconds == null ? "–" : time(report.average_seconds)],
      ["Together", time(report.seconds)], [report.scope === "all" ? "People" : "Page views",
        report.scope === "all" ? people.length : report.views]];
    const days = report.days.map((one) => ({ name: shortDay(one.date), value: one.sessions,
      words: `${many(one.sessions, "session")}, ${time(one.seconds)}` }));
    const hours = report.hours.map((seconds, hour) => ({ name: hourName(hour), value: seconds, words: time(seconds) }));
    const peak = hours.reduce((best, one) => (one.value > best.value ? one : best));
    const devices = Object.entries(report.devices).filter(([, seconds]) => seconds).sort((a, b) => b[1] - a[1]);
    const all = devices.reduce((sum, [, seconds]) => sum + seconds, 0);
    const part = (name, ...content) => h("section", { class: "section" }, h("h2", {}, name), content);
    return [
      h("dl", { class: "sums" }, sums.map(([name, value]) => h("div", {}, h("dt", { class: "quiet small" }, name),
        h("dd", {}, String(value))))),
      part("Sessions per day", columns(days, `Sessions per day: ${report.sessions} in all`,
        [0, Math.floor((days.length - 1) / 2), days.length - 1].filter((place, at, all) => all.indexOf(place) === at)),
      figures("In figures", ["Day", "Sessions", "Time", "People"], report.days.filter((one) => one.members)
        .map((one) => [one.date, one.sessions, time(one.seconds), one.members]))),
      part("Hours of the day", columns(hours, `Time by hour of the day; most at ${peak.name}`, [0, 6, 12, 18, 23]),
        h("p", { class: "quiet small" }, peak.value ? `Most from ${peak.name} on.` : ""),
        figures("In figures", ["Hour", "Time"], hours.filter((one) => one.value).map((one) => [one.name, one.words]))),
      report.scope === "all" ? part("Most active", bars(people.slice(0, 20).map((one) => ({
        name: one.name || office.nameOf(one.user_id), value: one.seconds, hue: office.colourOf(one.user_id),
        words: `${time(one.seconds)}, ${many(one.sessions, "session")}` })))) : null,
      part("Pages", report.pages.length ? bars(report.pages.slice(0, 20).map((one) => ({ name: one.page, value: one.views,
        words: report.scope === "all" ? `${many(one.views, "view")} by ${many(one.members, "person", "people")}`
          : many(one.views, "view") })))
        : h("p", { class: "quiet" }, "None: they are counted where people show in which rooms they are.")),
      part("Devices", devices.length ? bars(devices.map(([kind, seconds]) => ({ name: kinds[kind] ?? kind, value: seconds,
        words: `${Math.round((seconds / all) * 100)} %, ${time(seconds)}` }))) : h("p", { class: "quiet" }, "None.")),
    ].filter(Boolean);
  }

  async save(scope) {
    const query = this.query;
    query.set("scope", office.isAdmin ? scope : "me");
    query.set("format", "csv");
    try {
      const address = URL.createObjectURL(await table(`/presence/analytics?${query}`));
      const name = `bullpen-${query.get("scope")}-${query.get("from")}-${query.get("to")}.csv`;
      h("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (problem) {
      tell(this.trouble, problem);
    }
  }

  turn() {
    if (privacy.settings?.analytics.on) return this.#turn(false);
    const box = dialog("Count how this workspace is used", h("div", { class: "fields" },
      h("p", {}, "Each person is told, and nothing of them is counted before they have said that they know. Of whoever "
        + "hides from you, you learn nothing here, either."), meaning([]),
      h("div", { class: "side end" }, h("button", { type: "button", onclick: () => box.close() }, "Leave it off"),
        h("button", { type: "button", class: "main", onclick: () => { box.close(); this.#turn(true); } }, "Turn it on"))));
  }

  async #turn(on) {
    try {
      await put("/workspace/analytics", { on });
      await privacy.read();
      if (!on) toasts().undo("Nothing is counted any more.", () => this.#turn(true));
    } catch (problem) {
      tell(this.trouble, problem);
    }
  }

  erase() {
    const trouble = h("div", { role: "alert" });
    const box = dialog("Erase what was counted of me", h("div", { class: "fields" },
      h("p", {}, "All of it goes, on every device and for every admin, as soon as they hear of it. This cannot be undone. "
        + "What somebody saved before stays with them."), trouble,
      h("div", { class: "side end" }, h("button", { type: "button", class: "first", onclick: () => box.close() }, "Keep it"),
        h("button", { type: "button", class: "main", onclick: async () => {
          try {
            await del("/presence/analytics/me");
            box.close();
            toasts().say("What was counted of you is erased.");
            this.read();
          } catch (problem) {
            tell(trouble, problem);
          }
        } }, "Erase it"))));
  }
}

customElements.define("bp-told", Told);
customElements.define("bp-analytics-page", AnalyticsPage);
