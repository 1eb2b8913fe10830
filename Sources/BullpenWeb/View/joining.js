// How a joining goes, in words and with a bar; and when it fails, each address that was tried, and what to do.
import { h, prose, setText } from "./dom.js";
import { trouble } from "./layers.js";
import { many, span } from "./words.js";

/// Addresses that are shown at once; the rest waits behind a word.
const most = 6;

export function joinProgress() {
  const words = h("span", {}), past = h("span", {}), bar = h("progress", { hidden: true });
  const place = h("div", { class: "joining" }, h("p", { class: "progress" },
    h("span", { role: "status" }, words), past), bar);
  const list = h("div", { class: "tried" });
  let timer = 0;
  return {
    place, list,
    start() {
      const since = Date.now();
      list.replaceChildren();
      setText(words, "One moment…");
      timer = setInterval(() => setText(past, Date.now() - since > 3_000 ? ` (${span(Date.now() - since)})` : ""), 1_000);
    },
    /// A step that the node tells. What failed meanwhile stays in sight while others are tried.
    show(step) {
      if (step.phase === "failed") {
        list.append(h("p", { class: "quiet small" }, step.text));
        return;
      }
      // From here on the count tells how far it is, and nothing writes over it.
      if (step.phase === "fetching") clearInterval(timer);
      const counts = step.phase === "fetching" && step.total !== null;
      setText(words, step.phase === "fetching" ? "Fetching the history" : `${step.text}…`);
      bar.hidden = step.phase !== "fetching";
      if (!counts) return;
      bar.max = Math.max(step.total, 1);
      bar.value = step.total ? step.have : 1;
      bar.setAttribute("aria-label", step.text);
      if (step.total) setText(past, `: ${step.have} of ${step.total}`);
    },
    end(last) {
      clearInterval(timer);
      setText(words, last);
      setText(past, "");
      bar.hidden = true;
      list.replaceChildren();
    },
    /// Something to read before going on.
    note(text) {
      return new Promise((done) => {
        const button = h("button", { class: "main", type: "button", onclick: done }, "Go on");
        list.replaceChildren(trouble(text, "", { role: "alert" }), button);
        button.focus();
      });
    },
    /// Each address with what kept it from letting us in, where `problem` has not said that already.
    tried(problem) {
      const attempts = problem.attempts ?? [];
      if (!attempts.length) return;
      const tried = (attempt) => attemptWords(attempt, problem.title.includes(attempt.detail));
      const rest = attempts.slice(most);
      list.replaceChildren(h("h3", {}, many(attempts.length, "address was tried", "addresses were tried")),
        h("ul", {}, attempts.slice(0, most).map(tried)));
      if (rest.length) {
        list.append(h("details", {}, h("summary", {}, `${rest.length} more`), h("ul", {}, rest.map(tried))));
      }
    },
  };
}

const sources = { invite: "from the invite", mdns: "seen on this network", given: "given by hand" };

function attemptWords(attempt, isSaid) {
  const lines = attempt.remedies.length ? h("details", {},
    h("summary", {}, `Lines to run on that machine (${attempt.remedies.map((one) => one.tool).join(", ")})`),
    attempt.remedies.map((one) => h("div", {}, h("span", { class: "label" }, one.tool),
      h("pre", { tabIndex: 0 }, h("code", {}, one.lines.join("\n")))))) : null;
  return h("li", {}, h("p", {}, h("b", {}, attempt.endpoint), " ", h("span", { class: "quiet" },
    sources[attempt.source] ?? "")),
    isSaid ? null : [h("p", {}, prose(attempt.detail)),
      attempt.hint ? h("p", { class: "quiet" }, prose(attempt.hint)) : null], lines);
}
