// The view: first run where there is no workspace yet, else the shell, one page at a time.
import "./analytics.js";
import { Problem, get, invite, put, token, workspace } from "./api.js";
import "./bench.js";
import "./connections.js";
import { h, prose, setData, setText } from "./dom.js";
import "./edges.js";
import "./feed.js";
import "./follow.js";
import { feed } from "./feed.js";
import { firstRun } from "./first-run.js";
import "./inbox.js";
import { watchHands } from "./hands.js";
import { learnKeys } from "./shortcuts.js";
import { live } from "./live.js";
import { shut } from "./mend.js";
import "./nav.js";
import "./node.js";
import { followNotes } from "./notes.js";
import { office } from "./office.js";
import "./people.js";
import { pointers } from "./pointers.js";
import { privacy } from "./privacy.js";
import "./room.js";
import "./rooms.js";
import { route } from "./routes.js";
import "./sheet.js";
import "./toasts.js";
import { heading } from "./words.js";
import { workspaceList } from "./workspaces.js";

const root = document.getElementById("view");

async function open() {
  try {
    if (!token.get()) throw new Problem("unauthorized", "There is no login.", "", 401);
    const here = await ready();
    if (here && !here.trouble) await office.load();
    const code = invite.take();
    const joined = here && !code ? null : await firstRun(root, { code, back: here && (office.name || here.name) });
    if (joined) workspace.set(joined.id);
    else if (here?.trouble) return shut(root, here);
    if (!here || code) await office.load();
  } catch (problem) {
    return closed(problem);
  }
  shell();
}

/// The workspace to show, null where this node is in none; of several it is the first until another is chosen. One that
/// this device was removed from, or that cannot be opened, is shown only to say so.
async function ready() {
  const { items } = await get("/workspaces");
  const open = items.filter((one) => !one.is_removed && !one.trouble);
  if (items.length && !items.some((one) => one.id === workspace.get())) workspace.set((open[0] ?? items[0]).id);
  if (!items.length) sessionStorage.removeItem("bullpen.workspace");
  return items.find((one) => one.id === workspace.get()) ?? null;
}

/// What stands where the view cannot: no login, or no node.
function closed(problem) {
  if (!(problem instanceof Problem)) throw problem;
  live.end();
  if (problem.code === "removed") return removed(problem);
  if (problem.code === "damaged") {
    return shut(root, { name: office.name, trouble: { code: problem.code, detail: problem.title, hint: problem.hint } });
  }
  const out = problem.status === 401 || problem.status === 403;
  let left = 5;
  const words = h("p", { class: "quiet", role: "status" });
  root.replaceChildren(h("main", { class: "door small-door" }, h("div", { class: "stack" },
    h("span", { class: "mark" }),
    h("h1", {}, out ? "This page needs a new login link" : prose(heading(problem.title))),
    out ? h("p", {}, "In a terminal on this machine, run ", h("code", {}, "bullpen open"),
      ". It opens this page with a fresh link.")
      : h("p", {}, prose(problem.hint || "Try again in a moment.")),
    h("button", { class: "main", onclick: () => location.reload() }, "Try again"), words)));
  if (out) return;
  const tick = () => {
    words.textContent = `Trying again in ${left} s`;
    if (left-- <= 0) location.reload();
    else setTimeout(tick, 1_000);
  };
  tick();
}

/// Somebody took this device out of the workspace: who it was, and where else one can go.
function removed(problem) {
  root.replaceChildren(h("main", { class: "door small-door" }, h("div", { class: "stack" },
    h("span", { class: "mark" }), h("h1", {}, heading(problem.title)), h("p", {}, problem.hint),
    h("p", { class: "quiet" }, "What this machine has heard until then is still on its disk; nothing new comes."),
    workspaceList())));
}

function shell() {
  const page = h("main", { id: "page", tabIndex: -1, aria: { label: "Page" } });
  const beside = h("aside", { id: "beside" });
  document.documentElement.style.setProperty("--mine", `var(--p${office.me.colour})`);
  root.replaceChildren(
    h("a", { class: "skip", href: "#page", onclick: (event) => { event.preventDefault(); page.focus(); } },
      "Skip to the page"),
    h("div", { id: "shell" }, h("header", { class: "contents" }, document.createElement("bp-bench")),
      document.createElement("bp-nav"), page, beside),
    document.createElement("bp-pointers"), document.createElement("bp-edges"), document.createElement("bp-follow"),
    document.createElement("bp-toasts"));
  office.listen();
  privacy.listen();
  followNotes();
  office.addEventListener("removed", ({ detail }) => closed(detail));
  live.addEventListener("refused", () => stillMine());
  live.addEventListener("phase", () => setData(document.documentElement, "stale",
    !live.isLive && live.phase !== "connecting"));
  learnKeys();
  watchHands();
  addEventListener("hashchange", () => turn(page, beside, true));
  for (const [target, name] of [[office, "unread"], [office, "loaded"], [office, "name"]]) target.addEventListener(name, title);
  turn(page, beside, false);
  live.start();
}

/// A connection that was refused may mean that the login ended: then trying again would never help.
async function stillMine() {
  try {
    await get("/user/current");
    await put("/presence/status", {});
  } catch (problem) {
    if (problem.status === 401 || ["forbidden", "removed"].includes(problem.code)) closed(problem);
    // The workspace was left, here or by the command: first run again, or another workspace.
    if (problem.code === "no_workspace" || problem.code === "not_found") location.assign("/");
  }
}

let now = null;
const told = () => document.querySelector("bp-told") ?? document.createElement("bp-told");

function turn(page, beside, byHand) {
  const next = route();
  if (now && now.page === next.page && now.room === next.room && next.page !== "room") {
    if (next.detail) page.firstChild.show?.(next.detail);
    return title();
  }
  if (now?.page === "room" && next.page === "room" && now.room === next.room) {
    if (next.spot) page.querySelector("bp-sheet").choose(next.spot);
    return;
  }
  now = next;
  pointers().clear();
  live.enter(next.room);
  const element = document.createElement(`bp-${next.page}-page`);
  Object.assign(element, { room: next.room, spot: next.spot, wanted: next.detail });
  page.replaceChildren(element, told());
  page.setAttribute("aria-label", next.title);
  setData(document.getElementById("shell"), "wide", next.page === "people" || next.page === "room");
  accompany(beside, next.page);
  office.dispatchEvent(new Event("people"));
  title();
  if (byHand) {
    scrollTo(0, 0);
    page.focus({ preventScroll: true });
  }
}

/// On a wall there is place for a second column: the feed, or beside the feed the people.
function accompany(beside, page) {
  const other = page === "feed" ? "people" : "feed";
  if (beside.dataset.shows === other) return;
  beside.dataset.shows = other;
  const element = document.createElement(`bp-${other}`);
  if (other === "people") element.setAttribute("compact", "");
  else Object.assign(element, { rows: feed() }).setAttribute("plain", "");
  beside.setAttribute("aria-label", other === "people" ? "People" : "Feed");
  beside.replaceChildren(h("div", { class: "page-head" }, h("h2", {}, other === "people" ? "People" : "Feed")),
    element);
}

function title() {
  const count = office.unread ? `(${office.unread}) ` : "";
  setText(document.querySelector("title"), `${count}${now?.title ?? "Bullpen"} · ${office.name || "Bullpen"}`);
}

open();
