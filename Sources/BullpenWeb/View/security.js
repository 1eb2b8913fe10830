// What is kept and passed on and not believed: who wrote it, what it is, when, and why.
import { Part, h, keep, setText } from "./dom.js";
import { get, post } from "./api.js";
import { dialog, tell } from "./layers.js";
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
      (row) => h("li", {}, h("p", {}, h("time", { class: "quiet" }), " ", h("span")), h("p", { class: "quiet small" }),
        row.is_voidable ? h("button", { type: "button", class: "link small", onclick: () => this.ask(row) }, "Void…") : null),
      (item, row) => {
        const [head, hint] = item.children;
        const [time, words] = head.children;
        setText(time, row.stamped_at == null ? "" : at(row.stamped_at));
        setText(words, row.detail);
        setText(hint, row.hint);
      });
  }

  ask(row) {
    const trouble = h("div", { role: "alert" });
    const go = async () => {
      tell(trouble);
      try {
        await post(`/security/waiting/${row.id}/void`);
        box.close();
        this.read();
      } catch (problem) {
        tell(trouble, problem);
      }
    };
    const box = dialog("Void a change", h("div", { class: "fields" }, h("p", {}, row.detail),
      h("p", {}, "Once it is void it shows to nobody, on no laptop, also when its time has come. This cannot be undone; ",
        "what it said can be written anew."), trouble,
      h("div", { class: "side end" }, h("button", { type: "button", onclick: () => box.close() }, "Keep"),
        h("button", { type: "button", class: "main", onclick: go }, "Void it"))));
  }
}

customElements.define("bp-security", Security);
