// A workspace that is shut on this node: why, and the way to have it back.
import { h, prose } from "./dom.js";
import { get, post, workspace } from "./api.js";
import { tell } from "./layers.js";
import { many } from "./words.js";
import { workspaceList } from "./workspaces.js";

/// How often one looks whether it is open again, in milliseconds.
const pulse = 3_000;

/// What stands in the view's place: which workspace it is, why, and what to do. A database that is damaged can be
/// rebuilt from here; where something else is mended elsewhere, the view comes back by itself.
export function shut(root, { name, trouble: why }) {
  const trouble = h("div", { role: "alert" }), words = h("div", { class: "points", role: "status" });
  const go = h("button", { type: "button", class: "main", hidden: why.code !== "damaged" }, "Repair it");
  go.addEventListener("click", async () => {
    tell(trouble);
    go.disabled = true;
    go.textContent = "Repairing…";
    try {
      const made = await post(`/workspaces/${workspace.get()}/repair`, {}, { timeout: 3_600_000 });
      page.firstChild.replaceChildren(h("span", { class: "mark" }), h("h1", {}, "This workspace is open again"), words,
        h("button", { type: "button", class: "main", onclick: () => location.assign("/") }, "Go on"));
      outcome(words, made);
    } catch (failure) {
      tell(trouble, failure);
      go.disabled = false;
      go.textContent = "Repair it";
    }
  });
  const page = h("main", { class: "door small-door" }, h("div", { class: "stack" },
    h("span", { class: "mark" }), h("h1", {}, name ? `“${name}” is shut` : "This workspace is shut"),
    h("p", {}, prose(why.detail)), why.hint ? h("p", {}, prose(why.hint)) : null, go,
    go.hidden ? h("p", { class: "quiet" }, "This page goes on by itself when it is open again.") : null,
    words, trouble, workspaceList()));
  root.replaceChildren(page);
  // Somebody may mend it elsewhere. A repair that was begun here is told to its end.
  const look = async () => {
    if (!page.isConnected || !go.isConnected) return;
    if (!go.disabled && await isOver()) return location.reload();
    setTimeout(look, pulse);
  };
  setTimeout(look, pulse);
}

/// Whether the workspace is open again, or left; or the login has ended, which the first page says.
async function isOver() {
  try {
    const { items } = await get("/workspaces");
    return !items.find((one) => one.id === workspace.get())?.trouble;
  } catch (problem) {
    return problem.status === 401;
  }
}

function outcome(place, made) {
  const lines = [`Rebuilt, with ${many(made.entries, "entry", "entries")} of history.`];
  if (made.aside) lines.push(`The damaged file is kept as ${made.aside}.`);
  if (made.rewritten) {
    lines.push(`${many(made.rewritten, "entry of yours is", "entries of yours are")} kept in a history of their own: `
      + "what stood before them cannot be read.");
  }
  if (made.missing) {
    lines.push(`${many(made.missing, "entry is", "entries are")} missing, and asked of the others as soon as one is near.`);
  }
  if (!made.knows_itself) lines.push("Who is in it has to come from a colleague's laptop: be on one network with any.");
  place.replaceChildren(...lines.map((line) => h("p", {}, line)));
}
