"""Two people, two browsers, two nodes on two hosts."""

import contextlib
import json
import time

import pytest

import browser
from office import Office
from view import View
from waiting import ready, within

ROOM = "planning"
SHARP = 12  # pixels: the arrow's tip may lie so far from the spot


@pytest.fixture
def office(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    return Office(lan).ready()


@contextlib.contextmanager
def two_views(office):
    # Different windows: a pointer is placed by field and fraction, never by pixel.
    with browser.playing() as playwright, contextlib.ExitStack() as stack:
        views = []
        for node, size in ((office.ada, (1280, 800)), (office.bob, (1600, 1000))):
            views.append(View(playwright, node, size))
            stack.callback(views[-1].close)
        yield views


def test_9_a_pointer_is_seen_and_a_notification_posted_by_keyboard_alone(office):
    with two_views(office) as (ada, bob):
        for view in (ada, bob):
            view.enter_room(ROOM)
        ready("each is in the room with the other",
              lambda: ROOM in office.ada.presence()[office.bob.member]["rooms"]
              and ROOM in office.bob.presence()[office.ada.member]["rooms"])

        for name, x, y in (("B2", 0.25, 0.5), ("C3", 0.75, 0.25)):
            start = time.monotonic()
            ada.point(name, x, y)

            def arrived():
                seen, box = bob.pointer_of(office.ada.display_name), bob.field(name)
                return seen and abs(seen[0] - box["x"] - box["width"] * x) < SHARP \
                    and abs(seen[1] - box["y"] - box["height"] * y) < SHARP

            within(1, f"bob sees ada's pointer on {name}", arrived, since=start)

        # From here on ada has no mouse.
        assert bob.unread() == 0
        ada.press("Escape", "c")
        ada.page.get_by_role("dialog").wait_for()
        ada.tab_to(office.bob.display_name)
        ada.press("Space")
        ada.tab_to("Title")
        ada.type("Kettle is on")
        ada.tab_to("Words")
        ada.type("Come before it sings.")
        ada.tab_to("Send")
        start = time.monotonic()
        ada.press("Enter")
        within(1, "bob sees the toast", lambda: "Kettle is on" in bob.toasts(), since=start)
        within(1, "bob sees the count", lambda: bob.unread() == 1, since=start)
        ready("ada is told that it was sent", lambda: office.bob.display_name in ada.toasts())

        # Bob reads it by keyboard too, and the count goes.
        bob.press("Escape", "g", "i")
        bob.page.get_by_role("heading", level=1, name="Inbox").wait_for()
        bob.press("E")
        ready("nothing is unread", lambda: bob.unread() == 0 and office.bob.unread() == 0)
        assert ada.complaints == [] and bob.complaints == []


def test_9_ones_own_status_and_typing_are_seen_by_the_other(office):
    ada, bob = office.ada, office.bob
    with two_views(office) as (hers, his):
        his.press("g", "p")
        row = his.page.locator("#page bp-people").get_by_role("row", name=ada.display_name)
        row.get_by_text("online").wait_for()

        hers.page.locator("bp-bench .self").click()
        dialog = hers.page.get_by_role("dialog", name="My status")
        dialog.get_by_label("busy").check()
        dialog.get_by_label("Emoji").fill("📐")
        dialog.get_by_label("In words").fill("Drawing <b>the</b> plan")
        dialog.get_by_label("They stay").select_option(label="for 30 minutes")
        dialog.get_by_role("button", name="Set status").click()
        row.get_by_text("busy · 📐 Drawing <b>the</b> plan").wait_for()
        left = ada.presence()[ada.member]["clears_at"] / 1_000 - time.time()
        assert 29 * 60 < left <= 30 * 60
        hers.page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
        row.get_by_text("online").wait_for()
        assert row.get_by_text("Drawing").count() == 0

        hers.enter_room(ROOM)
        line = hers.page.get_by_role("textbox", name="Write in this room")
        line.fill("A first thought")
        row.get_by_text("online, typing").wait_for()
        # Before the five seconds are over in which it would end by itself.
        typed = time.monotonic()
        line.press("Enter")
        row.get_by_text("online, typing").wait_for(state="detached")
        row.get_by_text("online").wait_for()
        assert time.monotonic() - typed < 4
        assert hers.complaints == his.complaints == []


def test_9_the_views_pages_have_no_grave_obstacle(office):
    from axe_playwright_python.sync_playwright import Axe

    with two_views(office) as (ada, _):
        found = []
        for page in ("#/people", "#/feed", "#/rooms", f"#/room/{ROOM}", "#/inbox", "#/connections", "#/analytics", "#/node"):
            ada.page.evaluate(f"location.hash = {json.dumps(page)}")
            ada.page.get_by_role("heading", level=1).wait_for()
            for violation in Axe().run(ada.page).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    found.append((page, violation["id"], violation["nodes"][0]["html"]))
        assert found == []


def test_9_a_view_whose_node_has_ended_says_so_and_comes_back(office):
    with two_views(office) as (ada, _):
        ready("the view is live", lambda: "Live with 2 of 2" in ada.page.locator("header").inner_text())
        office.ada.end()
        within(5, "the view says that its node is gone",
               lambda: "lost" in ada.page.locator("header").inner_text())
        office.ada.up()
        within(20, "the view is live again by itself",
               lambda: "Live with 2 of 2" in ada.page.locator("header").inner_text())
