// The login link: its one-time token becomes a cookie and a token that this origin keeps.
import { h, prose } from "./dom.js";
import { get, invite, post, token } from "./api.js";
import { heading } from "./words.js";

const title = document.getElementById("title"), words = document.getElementById("words");
const deeds = document.getElementById("deeds");
const given = new URLSearchParams(location.hash.slice(1));
const oneTime = given.get("t");
// The token leaves the address at once, so that neither history nor a shoulder keeps it.
history.replaceState(null, "", location.pathname);

function say(said, what, deed = null) {
  title.textContent = said;
  words.replaceChildren(...prose(what));
  deeds.replaceChildren(...deed ? [deed] : []);
}

async function stop(said) {
  say(said, "A login link works once, within ten minutes, and until the node is started anew. In a terminal on this "
    + "machine, run `bullpen open`: it opens this page with a fresh link.");
  // A link that is of no use takes nothing away from who is logged in already.
  if (token.get() && await get("/workspaces").then(() => true, () => false)) {
    deeds.replaceChildren(h("a", { class: "button", href: "/" }, "Go on with the earlier login"));
  }
}

async function spend() {
  say("Opening Bullpen", "One moment.");
  try {
    const answer = await post("/login", { t: oneTime });
    token.set(answer.origin_token);
    location.replace("/");
  } catch (problem) {
    if (problem.code === "login_spent") stop("This login link does not work any more");
    else say(heading(problem.title), problem.hint, h("button", { class: "main", onclick: spend }, "Try again"));
  }
}

if (given.has("invite")) invite.keep(given.get("invite"));
if (oneTime) spend();
else stop("This page needs a login link");
