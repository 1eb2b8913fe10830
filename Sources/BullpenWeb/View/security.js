// What is kept and passed on and not believed: who wrote it, what it is, when, and why.
import { Part, h, keep, setText } from "./dom.js";
import { get } from "./api.js";
import { tell } from "./layers.js";
import { live } from "./live.js";
import { at, many } from "./words.js";

class Security extends Part {
  #rows = [];
  #next = null;
  #waiting = [];

  build() {
    this.className = "section";
    this.sum = h("p");
    this.list = h("ul", { class: "rooms-list doubts" });
    this.trouble = h("div", { role: "alert" });
    this.more = h("button", { type: "button", hidden: true, onclick: () => this.read(this.#next) }, "Earlier…");
    this.append(h("h2", {}, "Security"), this.sum, this.list, h("div", { class: "side" }, this.more), this.trouble);
  }

  start() {
    this.listen(live, "resync", () => this.read());
    this.listen(live, "members.update", () => this.read());
    this.read();
  }

  async read(after = null) {
    try {
      const answer = await get(`/security?limit=20${after ? `&after=${encodeURIComponent(after)}` : ""}`);
      this.#rows = after ? [...this.#rows, ...answer.items] : answer.items;
      [this.#next, this.#waiting] = [answer.next, answer.waiting];
      tell(this.trouble);
    } catch (problem) {
      tell(this.trouble, problem);
    }
    this.draw();
  }

  draw() {
    const waiting = this.#waiting.length, refused = this.#rows.length;
    const open = [waiting && `${many(waiting, "change")} that ${waiting === 1 ? "waits" : "wait"} for their time`,
      refused && `${this.#next ? "more than " : ""}${many(refused, "change")} that ${refused === 1 ? "breaks" : "break"} a rule`]
      .filter(Boolean).join(", and ");
    setText(this.sum, open ? `Kept and passed on, and shown to nobody: ${open}.`
      : "Every change that came keeps the rules of the workspace.");
    this.more.hidden = !this.#next;
    keep(this.list, [...this.#waiting, ...this.#rows],
      (row) => `${row.device_id} ${row.incarnation} ${row.log} ${row.sequence} ${row.kind} ${row.detail}`,
      () => h("li", {}, h("p", {}, h("time", { class: "quiet" }), " ", h("span")), h("p", { class: "quiet small" })),
      (item, row) => {
        const [time, words] = item.firstChild.children;
        setText(time, row.stamped_at == null ? "" : at(row.stamped_at));
        setText(words, row.detail);
        setText(item.lastChild, row.hint);
      });
  }
}

customElements.define("bp-security", Security);
