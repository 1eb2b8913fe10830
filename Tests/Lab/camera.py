"""Takes the pictures of a page as people have it: by day and by night, on a laptop and on a phone; and on a wall, where
a page uses the room that is there.

A picture is no test, so what a machine can see of a fault is looked for beside it: what runs out of the page, words
that are cut, what is too small for a finger, and what axe calls grave.
"""

import base64
import html
import pathlib

LOOKS = [(light, size) for size in ("laptop", "phone", "wall") for light in ("light", "dark")]
SIZES = {"laptop": (1280, 800), "phone": (390, 844), "wall": (1920, 1080)}

# What runs out of the page at its right, words that are cut without an ellipsis, and targets that a finger misses.
FAULTS = """(touch) => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
  const called = (one) => `${one.tagName.toLowerCase()}.${one.className} “${one.textContent.trim().slice(0, 40)}”`;
  const scrolled = (one) => one.closest(".strip, .tall, dialog");
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is wider than its window");
  for (const one of document.querySelectorAll("body *")) {
    if (!seen(one) || one.closest(".seen-only-by-readers, .skip, svg")) continue;
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    if (!scrolled(one) && (box.right > innerWidth + 1 || box.left < -1)) faults.push(`out of the page: ${called(one)}`);
    if (style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && one.scrollWidth > one.clientWidth + 1) {
      faults.push(`cut: ${called(one)}`);
    }
    // What is smaller than a finger may still be hit beside its words.
    const hit = (y) => one.contains(document.elementFromPoint((box.left + box.right) / 2, y));
    const middle = (box.top + box.bottom) / 2;
    if (touch && one.matches("button, a.button, input:not([type=checkbox], [type=radio]), textarea, select, summary")
      && box.height < 43.5 && !(hit(middle - 21) && hit(middle + 21))) {
      faults.push(`${Math.round(box.height)} px high: ${called(one)}`);
    }
  }
  return faults;
}"""


class Passed(Exception):
    """The state that a picture was to show was over before it was taken."""


class Camera:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.faults = []

    def take(self, page, place, state, says=None, again=None, judged=True, wall=False):
        """Four pictures of what a page shows now, or six with those on a wall.

        `says` are words that stand on the page for as long as the state lasts, and `again` leads back to it when it
        is over; without `judged`, axe, which takes its time, is left out.
        """
        for light, size in LOOKS:
            if size == "wall" and not wall:
                continue
            name = f"{place}-{state}-{light}-{size}.png"
            for _ in range(3):
                self._dress(page, light, size)
                self._shoot(page, name)
                if not says or page.get_by_text(says).first.is_visible():
                    break
                if again:
                    again()
            else:
                raise Passed(f"{name}: {says!r} is not on the page: {page.locator('body').inner_text()[:800]}")
            self._judge(page, name, size, judged and (light, size) in (("light", "laptop"), ("dark", "phone")))

    @staticmethod
    def _dress(page, light, size):
        """Gives the page that light, and the window and the pointer of that machine; the window is as high as the
        page, where that is more."""
        width, height = SIZES[size]
        # Out of the window, so that nothing is drawn as if it were about to be pressed.
        page.mouse.move(-1, -1)
        page.emulate_media(color_scheme=light)
        # Playwright cannot make a phone of a laptop. What is set by Chromium's own protocol holds for as long as its
        # session, so the page keeps that.
        if not hasattr(page, "_chromium"):
            page._chromium = page.context.new_cdp_session(page)
        page._chromium.send("Emulation.setTouchEmulationEnabled", {"enabled": size == "phone", "maxTouchPoints": 5})
        for _ in range(2):
            page._chromium.send("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"})
            page.evaluate("document.fonts.ready.then(() => new Promise((done) => "
                          "requestAnimationFrame(() => requestAnimationFrame(() => done()))))")
            height = max(height, page.evaluate("document.documentElement.scrollHeight"))

    def _shoot(self, page, name):
        shot = page._chromium.send("Page.captureScreenshot", {"format": "png"})
        (self.folder / name).write_bytes(base64.b64decode(shot["data"]))

    def _judge(self, page, name, size, with_axe):
        found = page.evaluate(FAULTS, size == "phone")
        if with_axe:
            from axe_playwright_python.sync_playwright import Axe

            violations = Axe().run(page).response["violations"]
            found += [f"axe, {violation['id']}: {node['html'][:160]}" for violation in violations
                      if violation["impact"] in ("serious", "critical") for node in violation["nodes"]]
        self.faults += [f"{name}: {fault}" for fault in dict.fromkeys(found)]

    # MARK: All on one page

    def write_index(self):
        """Every picture of the folder, in the order in which they were taken."""
        states = {}
        for path in sorted(self.folder.glob("*.png"), key=lambda path: path.stat().st_mtime_ns):
            state, light, size = path.stem.rsplit("-", 2)
            states.setdefault(state, {})[light, size] = path.name
        parts = []
        for state, pictures in states.items():
            place, _, words = state.partition("-")
            parts.append(f'<h2>{html.escape(place)}: {html.escape(words.replace("-", " "))}</h2><div>')
            parts += [
                f'<figure class="{size}"><a href="{html.escape(pictures[light, size])}"><img loading="lazy" '
                f'src="{html.escape(pictures[light, size])}" alt=""></a><figcaption>{light}, {size}</figcaption></figure>'
                for light, size in LOOKS if (light, size) in pictures]
            parts.append("</div>")
        (self.folder / "index.html").write_text(INDEX.format(count=len(states), body="\n".join(parts)))


INDEX = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bullpen: first run and joining</title>
<style>
body {{ font: 14px/20px Inter, system-ui, sans-serif; margin: 24px; background: #888; color: #000; }}
h2 {{ font-size: 14px; margin: 24px 0 8px; }}
div {{ display: flex; gap: 16px; align-items: start; }}
figure {{ margin: 0; }}
.laptop img {{ width: 640px; }}
.phone img {{ width: 195px; }}
.wall img {{ width: 640px; }}
</style>
<h1>Bullpen: first run and joining</h1>
<p>{count} states, each by day and by night, on a laptop and on a phone, and inside on a wall.</p>
{body}
</html>
"""
