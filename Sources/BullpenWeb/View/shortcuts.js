// What every key does.
import { follow } from "./follow.js";
import { key, showKeys, step } from "./keys.js";
import { invite } from "./invite.js";
import { turnTheme } from "./look.js";
import { isUnread, mark, markAll } from "./notes.js";
import { office } from "./office.js";
import { pointers } from "./pointers.js";
import { go } from "./routes.js";
import { pickStatus } from "./status.js";
import { toasts } from "./toasts.js";
import { pickWorkspace } from "./workspaces.js";
import { write } from "./write.js";

export function learnKeys() {
  const one = (selector) => document.querySelector(selector);
  const note = () => one("bp-inbox-page")?.current;

  key("g p", "Go to", "People", () => go("#/people"));
  key("g f", "Go to", "Feed", () => go("#/feed"));
  key("g r", "Go to", "Rooms", () => go("#/rooms"));
  key("g i", "Go to", "Inbox", () => go("#/inbox"));
  key("g c", "Go to", "Connections", () => go("#/connections"));
  key("g a", "Go to", "Analytics", () => go("#/analytics"));
  key("g n", "Go to", "This node", () => go("#/node"));
  key("g w", "Go to", "Another workspace", () => pickWorkspace());
  key("/", "Go to", "A room by its name", () => {
    go("#/rooms");
    setTimeout(() => one("bp-rooms-page")?.focusName());
  });

  key("j", "On the page", "Next line", () => step(1));
  key("k", "On the page", "Line before", () => step(-1));
  key(".", "On the page", "Show what is new", () => one(".pill-rest:not([hidden]) .pill")?.click());
  key("b", "On the page", "To the bench", () => one("bp-bench .strip .place")?.focus());
  key("m", "On the page", "To the sheet of the room", () => one(".field[tabindex='0']")?.focus());
  key("p", "On the page", "To the toasts", () => one("bp-toasts .toast button")?.focus());
  key("h", "On the page", "Hide or show pointers", () => {
    toasts().say(pointers().toggle() ? "Pointers are hidden." : "Pointers are shown.", { life: 3_000 });
  });
  key("f", "On the page", "Follow who is here, one after the other", () => follow().next());
  key("t", "On the page", "Day or night", turnTheme);

  key("s", "Do", "Set my status", () => pickStatus());
  key("c", "Do", "Write a notification", () => write());
  key("a", "Do", "Write an activity", () => {
    const line = one("#page bp-compose-line textarea");
    if (line) return line.focus();
    go("#/feed");
    setTimeout(() => one("#page bp-compose-line textarea")?.focus());
  });
  key("i", "Do", "Invite someone", () => {
    if (office.isAdmin) invite();
    else toasts().say("The owner and admins invite people: ask one of them.");
  });
  key("u", "Do", "Undo", () => toasts().takeBack?.());

  key("e", "In the inbox", "Mark read or unread", () => {
    const row = note();
    if (row?.is_mine) mark(row, isUnread(row));
  });
  key("r", "In the inbox", "Answer", () => one(".note:is(:focus, :focus-within)")?.answer.click());
  key("E", "In the inbox", "Mark all read", () => markAll());

  key("?", "Help", "This list", () => showKeys());
  key("Escape", "Help", "Close one layer, give focus back", () => {});
}
