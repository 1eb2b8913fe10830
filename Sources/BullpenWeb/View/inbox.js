// The inbox: what needs me, what I have read, and what I sent. Not a room: each person sees something else.
import { Part, h, setData, setText } from "./dom.js";
import { Lines, fate } from "./lines.js";
import { notes, isUnread, mark, markAll } from "./notes.js";
import { office } from "./office.js";
import { showToMore, write } from "./write.js";
import { at, list } from "./words.js";

class NoteLines extends Lines {
  label = "Notifications";
  days = false;
  rows = notes;

  line(row) {
    const line = h("div", { class: "line note", role: "listitem", tabIndex: -1, data: { step: true } },
      h("span", { class: "dot" }), h("time"),
      h("div", { class: "body rule" }, h("b", { class: "who" }), " ", h("span", { class: "title" }),
        h("span", { class: "text" }), h("a", { class: "onward small", hidden: true })),
      h("div", { class: "deeds" }));
    line.deed = h("button", { onclick: () => mark(line.row, isUnread(line.row)) });
    line.answer = h("button", { onclick: () => write([line.row.sender_id], { title: answerTitle(line.row.title) }) },
      "Answer");
    line.more = h("button", { onclick: () => showToMore(line.row) }, "Show to more…");
    line.lastChild.append(line.answer, line.more, line.deed);
    return line;
  }

  fill(line, row) {
    line.row = row;
    const [dot, time, body] = line.children, [who, title, text, onward] = body.children;
    const unread = isUnread(row), mine = row.sender_id === office.me?.user_id;
    setData(line, "unread", unread);
    setData(line, "pending", row.pending);
    setData(line, "note", row.id);
    setData(line, "hue", office.colourOf(row.sender_id));
    dot.setAttribute("title", unread ? "Unread" : "");
    setText(time, at(row.created_at));
    time.dateTime = new Date(row.created_at).toISOString();
    setText(who, mine ? `You to ${list(row.recipient_ids.map((id) => office.nameOf(id)))}`
      : office.nameOf(row.sender_id));
    setText(title, row.title);
    setText(text, row.body ?? "");
    onward.hidden = !safe(row.link);
    if (!onward.hidden) {
      setText(onward, row.link);
      onward.href = row.link;
    }
    setText(line.deed, unread ? "Mark read" : "Mark unread");
    line.deed.hidden = !row.is_mine;
    line.answer.hidden = mine;
    line.more.hidden = !mine || row.pending || !row.id;
    const state = row.pending ? "pending" : row.problem ? row.problem.title : "";
    if (line.state !== state) {
      line.state = state;
      line.fate?.remove();
      line.fate = fate(row);
      if (line.fate) body.append(line.fate);
    }
  }

  nothing() {
    const words = { unread: "Nothing needs you.", sent: "You have sent nothing yet.",
      all: "No notifications yet." }[this.tab];
    return h("div", { class: "nothing" }, h("p", { class: "quiet" }, words),
      h("button", { onclick: () => write() }, "Write a notification…"));
  }
}

/// A link may lead into this view or to the web, and must not run anything.
const safe = (link) => /^(\/?#\/|https?:\/\/)/.test(link ?? "");
const answerTitle = (title) => (title.startsWith("Re: ") ? title : `Re: ${title}`).slice(0, 100);

const tabs = [["all", "Received"], ["unread", "Unread"], ["sent", "Sent"]];

class InboxPage extends Part {
  build() {
    this.className = "page-narrow";
    this.all = h("button", { onclick: () => markAll() }, "Mark all read");
    this.tabs = tabs.map(([tab, words]) => h("button", {
      role: "tab", id: `tab-${tab}`, aria: { controls: "notes" }, onclick: () => this.choose(tab),
      onkeydown: (event) => this.#turn(event, tab),
    }, words));
    this.lines = document.createElement("bp-notes");
    this.lines.id = "notes";
    this.lines.setAttribute("role", "tabpanel");
    this.append(
      h("div", { class: "page-head" }, h("h1", {}, "Inbox"),
        h("div", { class: "side" }, this.all, h("button", { class: "main", onclick: () => write() }, "Write…"))),
      h("div", { class: "tabs", role: "tablist", aria: { label: "Notifications" } }, this.tabs));
    this.choose("all");
    this.append(this.lines);
  }

  start() {
    const draw = () => { this.all.disabled = office.unread === 0; };
    this.listen(office, "unread", draw);
    this.listen(office, "people", () => this.lines.draw());
    draw();
    if (this.wanted) this.show(this.wanted);
  }

  /// Shows one notification, as a toast or a link asked.
  async show(id) {
    notes.absorb();
    await new Promise(requestAnimationFrame);
    const line = this.querySelector(`[data-note="${CSS.escape(id)}"]`);
    line?.scrollIntoView({ block: "center" });
    line?.focus({ preventScroll: true });
  }

  choose(tab) {
    this.lines.tab = tab;
    for (const [place, button] of this.tabs.entries()) {
      const chosen = tabs[place][0] === tab;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    this.lines.setAttribute("aria-labelledby", `tab-${tab}`);
    // A row that I read while I look at what is unread stays where it is.
    const unread = new Set();
    this.lines.filter = {
      all: (row) => row.is_mine,
      sent: (row) => row.sender_id === office.me?.user_id,
      unread: (row) => {
        if (isUnread(row)) unread.add(row.key);
        return unread.has(row.key);
      },
    }[tab];
    this.lines.endState = null;
    if (this.lines.isConnected) this.lines.draw();
  }

  #turn(event, tab) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = (tabs.findIndex(([name]) => name === tab) + by + tabs.length) % tabs.length;
    this.choose(tabs[next][0]);
    this.tabs[next].focus();
  }

  /// The line that has the focus, for the keys.
  get current() {
    return this.lines.of?.querySelector(".line:focus, .line:focus-within")?.row;
  }
}

customElements.define("bp-notes", NoteLines);
customElements.define("bp-inbox-page", InboxPage);
