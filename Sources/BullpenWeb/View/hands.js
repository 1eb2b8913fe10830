// Whether somebody is here: who does nothing in any view for a while is shown as idle.
import { live } from "./live.js";

/// Often enough for minutes, and seldom enough for a battery.
const every = 20_000;
let said = -every;

function tell() {
  const now = performance.now();
  if (now - said >= every && live.send("presence.active", {})) said = now;
}

export function watchHands() {
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
    addEventListener(kind, tell, { capture: true, passive: true });
  }
  // Who opens the page or comes back to it is here; a tab behind others that found its node again is no sign of anybody.
  const seen = () => document.visibilityState === "visible" && tell();
  document.addEventListener("visibilitychange", seen);
  live.addEventListener("phase", () => live.isLive && document.hasFocus() && seen());
}
