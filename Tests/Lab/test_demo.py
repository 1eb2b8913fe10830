"""The office of three on one machine, as a person who only wants a look would meet it."""

import re
import signal

import browser
from node import BULLPEN
from waiting import ready

CAST = ["Ada Quill", "Bob Underwood", "Eve Marsh"]


def test_three_links_work_in_one_browser(lan, product):
    host = lan.host("solo")
    folder = host.directory / "temporary"
    folder.mkdir()
    demo = host.start("demo", BULLPEN, "demo", env={"PATH": "/usr/bin:/bin", "HOME": str(host.directory),
                                                   "TMPDIR": str(folder)})

    def told():
        return dict(re.findall(r"^  (.+?)  +(http://127\.0\.0\.1:\d+/login#t=\S+)$", host.logs["demo"].read_text(), re.M))

    links = ready("three links", lambda: told() if len(told()) == 3 else None)
    assert list(links) == CAST
    assert len({path.name for path in folder.iterdir()}) == 1

    with browser.inside(host) as chromium:
        # One context is one person's browser: one jar of cookies for all three views.
        context = chromium.new_context()
        pages = {}
        for person, link in links.items():
            pages[person] = context.new_page()
            pages[person].set_default_timeout(20_000)
            pages[person].goto(link)
        for person, page in pages.items():
            page.get_by_role("link", name="Inbox").first.wait_for()
            ready(f"{person} is live with both others",
                  lambda: "Live with 2 of 2" in page.locator("header").inner_text())
        page = pages["Ada Quill"]
        page.evaluate("location.hash = '#/room/plan'")
        for other in CAST[1:]:
            pointer = page.locator("bp-pointers .pointer:not([hidden])", has_text=other)
            pointer.wait_for()
            seen = pointer.bounding_box()
            ready(f"{other}'s pointer moves", lambda: pointer.bounding_box() != seen)
        # A view that was reloaded is still that person's.
        pages["Eve Marsh"].reload()
        pages["Eve Marsh"].get_by_role("link", name="Inbox").first.wait_for()

    demo.send_signal(signal.SIGTERM)
    assert demo.wait(15) == 0
    host.processes.remove(demo)
    assert list(folder.iterdir()) == []
