// The login link: its one-time token becomes a cookie and a token that this origin keeps.
import { h } from "./dom.js";
import { post, token } from "./api.js";

const title = document.getElementById("title"), words = document.getElementById("words");
const oneTime = new URLSearchParams(location.hash.slice(1)).get("t");
// The token leaves the address at once, so that neither history nor a shoulder keeps it.
history.replaceState(null, "", location.pathname);

function spent(said) {
  title.textContent = said;
  words.replaceChildren("A login link works once, for a short while. In a terminal on this machine, run ",
    h("code", {}, "bullpen open"), ": it opens this page with a fresh link.");
  if (token.get()) words.after(h("a", { class: "button", href: "/" }, "Go on with the earlier login"));
}

if (!oneTime) spent("This page needs a login link");
else {
  try {
    token.clear();
    const answer = await post("/login", { t: oneTime });
    token.set(answer.origin_token);
    location.replace("/");
  } catch (problem) {
    if (problem.status >= 400 && problem.status < 500) spent("This login link is spent");
    else {
      title.textContent = problem.title;
      words.textContent = problem.hint;
    }
  }
}
