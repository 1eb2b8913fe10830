// A workspace that is shut on this node: why, and the way to have it back.
import { h, prose } from "./dom.js";
import { post, workspace } from "./api.js";
import { tell } from "./layers.js";
import { many } from "./words.js";
import { workspaceList } from "./workspaces.js";

/// What stands in the view's place. A database that is damaged can be rebuilt from here.
export function shut(root, problem) {
  const trouble = h("div", { role: "alert" }), words = h("div", { role: "status" });
  const go = h("button", { type: "button", class: "main", hidden: problem.code !== "damaged" }, "Repair it");
  go.addEventListener("click", async () => {
    tell(trouble);
    go.disabled = true;
    go.textContent = "Repairing…";
    try {
      outcome(words, await post(`/workspaces/${workspace.get()}/repair`, {}, { timeout: 3_600_000 }));
      go.replaceWith(h("button", { type: "button", class: "main", onclick: () => location.assign("/") }, "Go on"));
    } catch (failure) {
      tell(trouble, failure);
      go.disabled = false;
      go.textContent = "Repair it";
    }
  });
  root.replaceChildren(h("main", { class: "door small-door" }, h("div", { class: "stack" },
    h("span", { class: "mark" }), h("h1", {}, "This workspace is shut"), h("p", {}, prose(problem.title)),
    h("p", {}, prose(problem.hint)), go, words, trouble, workspaceList())));
}

function outcome(place, made) {
  const lines = [`Rebuilt, with ${many(made.entries, "entry", "entries")} of history.`];
  if (made.aside) lines.push(`The damaged file is kept as ${made.aside}.`);
  if (made.missing) {
    lines.push(`${many(made.missing, "entry is", "entries are")} missing, and asked of the others as soon as one is near.`);
  }
  if (!made.knows_itself) lines.push("Who is in it has to come from a colleague's laptop: be on one network with any.");
  place.replaceChildren(...lines.map((line) => h("p", {}, line)));
}
