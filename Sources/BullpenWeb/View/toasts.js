// At most three toasts. They wait while someone points at them or is in them; what does not fit is counted.
import { Part, h, prose, setText } from "./dom.js";

const most = 3, gap = 8;

class Toasts extends Part {
  #over = 0;

  build() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Messages");
    this.rest = h("p", { class: "toast", hidden: true }, h("a", { href: "#/inbox" }));
    this.spoken = h("div", { class: "seen-only-by-readers", role: "status" });
    this.append(this.rest, this.spoken);
  }

  /// `words` are nodes or text; `deeds` are `[label, run]`. Returns what takes the toast away.
  say(words, { deeds = [], life = 8_000, needsMe = false, hue = null } = {}) {
    const toasts = this.querySelectorAll(".toast.one");
    if (toasts.length >= most) {
      const idle = [...toasts].find((toast) => !toast.matches(":hover, :focus-within"));
      if (!idle) return () => {};
      idle.remove();
      if (idle.needsMe) setText(this.rest.firstChild, `and ${(this.#over += 1)} earlier in the inbox`);
    }
    const toast = h("div", { class: "toast one", data: { needsMe, hue } },
      h("div", { class: "words" }, words),
      h("div", { class: "side" },
        deeds.map(([label, run]) => h("button", { class: "bare", onclick: () => { end(); run(); } }, label)),
        h("button", { class: "bare", aria: { label: "Dismiss" }, onclick: () => end() }, "×")));
    toast.needsMe = needsMe;
    let left = life, since = performance.now();
    let timer = setTimeout(() => end(), left);
    const pause = () => {
      clearTimeout(timer);
      left -= performance.now() - since;
    };
    const resume = () => {
      if (toast.matches(":hover, :focus-within")) return;
      since = performance.now();
      clearTimeout(timer);
      timer = setTimeout(() => end(), Math.max(left, 1_500));
    };
    for (const name of ["pointerenter", "focusin"]) {
      toast.addEventListener(name, () => {
        pause();
        since = performance.now();
      });
    }
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => setTimeout(resume));
    const end = () => {
      clearTimeout(timer);
      const focused = toast.contains(document.activeElement);
      toast.remove();
      if (focused) document.getElementById("page")?.focus({ preventScroll: true });
      if (!this.querySelector(".toast.one")) {
        this.#over = 0;
        this.rest.hidden = true;
      }
    };
    this.insertBefore(toast, this.rest);
    this.#settle(toast);
    if (this.#over && this.rest.hidden) {
      this.rest.hidden = false;
      this.#settle(this.rest);
    }
    setText(this.spoken, toast.querySelector(".words").textContent);
    return end;
  }

  /// A toast takes the lowest place that is free and stays there: none moves when another comes or goes.
  #settle(toast) {
    const taken = [...this.querySelectorAll(".toast:not([hidden])")].filter((one) => one !== toast)
      .map((one) => [one.at ?? 0, (one.at ?? 0) + one.offsetHeight + gap]).sort((a, b) => a[0] - b[0]);
    let at = 0;
    for (const [from, to] of taken) if (at + toast.offsetHeight + gap > from && at < to) at = to;
    toast.at = at;
    toast.style.bottom = `${at}px`;
  }

  /// A deed that can be taken back for ten seconds, by button or key.
  undo(words, takeBack) {
    const end = this.say(words, { deeds: [["Undo", () => this.takeBack?.()]], life: 10_000 });
    const mine = (this.takeBack = () => {
      if (this.takeBack === mine) this.takeBack = null;
      end();
      takeBack();
    });
    setTimeout(() => { if (this.takeBack === mine) this.takeBack = null; }, 10_000);
  }

  trouble(problem, retry) {
    this.say([h("b", {}, prose(problem.title)), " ", prose(problem.hint)], {
      deeds: retry ? [["Try again", retry]] : [], life: 12_000,
    });
  }
}

customElements.define("bp-toasts", Toasts);
export const toasts = () => document.querySelector("bp-toasts");
