// Why somebody is not seen: an examination as it goes, and what it came to, with lines to copy.
import { h, prose, setText } from "./dom.js";
import { events } from "./api.js";
import { copyText } from "./invite.js";
import { tell } from "./layers.js";
import { many } from "./words.js";

/// A verdict is shape and word; the word stands before what it says.
const words = { fault: "Wrong", warning: "Careful", note: "Good to know", well: "All is well" };
const marks = { fault: "✗", warning: "!", note: "·", well: "✓" };
const echoes = { heard: "mDNS heard", silent: "mDNS not heard", not_tried: "" };

/// A place on a page that examines when it is asked to.
export function examinationRoom() {
  const step = h("p", { class: "progress", role: "status" }), failed = h("ul", { class: "quiet small" });
  const problem = h("div", { role: "alert" }), heading = h("h2", { tabIndex: -1 }), answer = h("div", { class: "verdicts" });
  const place = h("section", { class: "section doctor", hidden: true }, heading, step, failed, problem, answer);
  let turn = 0;
  return {
    place,
    /// Asks about a person, or about everybody; whoever asks later takes the place of who asked before.
    async ask(id, title) {
      const mine = ++turn;
      place.hidden = false;
      setText(heading, title);
      heading.focus({ preventScroll: true });
      place.scrollIntoView({ block: "nearest" });
      setText(step, "One moment…");
      failed.replaceChildren();
      answer.replaceChildren();
      tell(problem);
      try {
        const report = await events("/doctor", id ? { user_id: id } : {}, (name, data) => {
          if (mine !== turn || name !== "progress") return;
          if (data.phase === "failed" || data.phase === "echo") failed.append(h("li", {}, data.text));
          else setText(step, `${data.text}…`);
        }, "report");
        if (mine === turn) this.show(report, title);
      } catch (trouble) {
        if (mine !== turn) return;
        setText(step, "");
        failed.replaceChildren();
        tell(problem, trouble);
      }
    },
    show(report, title, past = "") {
      place.hidden = false;
      setText(heading, title);
      setText(step, past);
      failed.replaceChildren();
      answer.replaceChildren(h("ul", {}, report.verdicts.map(verdict)), seen(report));
    },
  };
}

function verdict({ severity, detail, hint, remedies }) {
  return h("li", { class: "verdict", data: { severity } },
    h("p", { class: "label" }, h("span", { aria: { hidden: "true" } }, `${marks[severity] ?? ""} `), words[severity] ?? severity),
    h("p", { class: "said" }, prose(detail)), hint ? h("p", { class: "quiet" }, prose(hint)) : null,
    remedies.length ? h("details", {},
      h("summary", {}, `Lines to run (${remedies.map((one) => one.tool).join(", ")})`), remedies.map(remedy)) : null);
}

function remedy({ tool, lines }) {
  const text = lines.join("\n"), place = h("pre", { tabIndex: 0 }, h("code", {}, text));
  return h("div", {}, h("div", { class: "spread" }, h("span", { class: "label" }, tool),
    h("button", { type: "button", class: "bare small", onclick: () => copyText(text, place),
      aria: { label: `Copy the lines for ${tool}` } }, "Copy")), place);
}

/// What each interface has sent and heard.
function seen({ interfaces, datagrams }) {
  const rows = interfaces.filter((one) => one.kind !== "loopback").map((one) => {
    const count = (what, traffic) => traffic ? `${what} ${many(traffic.packets, "packet")}` : null;
    const state = one.is_up ? "up" : "down";
    return h("tr", {}, h("th", { scope: "row" }, one.name),
      h("td", {}, [one.kind === "link" ? state : `${state}, ${one.kind}`, one.addresses.join(", "),
        count("sent", one.sent), count("heard", one.heard), echoes[one.mdns],
        one.services ? `${many(one.services, "node")} seen by it` : null].filter(Boolean).join("; ")));
  });
  rows.push(h("tr", {}, h("th", { scope: "row" }, "Datagrams"),
    h("td", {}, `${datagrams.sent} sent, ${datagrams.heard} heard, ${datagrams.dropped} dropped since the node began`)));
  return h("details", {}, h("summary", {}, "What was sent and heard"),
    h("table", { class: "facts" }, h("tbody", {}, rows)));
}
