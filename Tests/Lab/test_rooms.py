"""Rooms on hosts of their own: who points where, beyond which edge, whom one follows, and what an admin clears."""

import contextlib
import urllib.parse

import pytest

import browser
from crowd import Crowd
from node import Refused
from office import Office
from test_view import SHARP, two_views
from view import View
from waiting import ready

ROOM = "planning"


@pytest.fixture
def office(lan, product):
    return Office(lan).ready()


def path(room, rest=""):
    return f"/rooms/{urllib.parse.quote(room, safe='')}{rest}"


def together(office, room=ROOM):
    ready("each is in the room with the other", lambda: room in office.ada.presence()[office.bob.member]["rooms"]
          and room in office.bob.presence()[office.ada.member]["rooms"])


def test_who_points_beyond_the_edge_is_named_there_and_followed(office):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    name = office.ada.display_name
    with two_views(office) as (ada, bob):
        for view in (ada, bob):
            view.enter_room(ROOM)
        together(office)
        # A window so low that most of the sheet is below it.
        bob.page.set_viewport_size({"width": 900, "height": 420})

        def arrived(field):
            seen, box = bob.pointer_of(name), bob.field(field)
            return seen and abs(seen[0] - box["x"] - box["width"] / 2) < SHARP \
                and abs(seen[1] - box["y"] - box["height"] / 2) < SHARP

        ada.point("D4", 0.5, 0.5)
        marker = bob.page.get_by_role("button", name=f"{name} points below: follow")
        marker.wait_for()
        assert bob.pointer_of(name) is None
        marker.click()
        ready("bob's page goes to where ada points", lambda: arrived("D4"))
        bob.page.get_by_text(f"Following {name} in {ROOM}").wait_for()
        marker.wait_for(state="hidden")
        ada.point("A1", 0.5, 0.5)
        ready("bob's page follows her back up", lambda: arrived("A1"))

        # What she chooses has an outline, and no more when she takes it back.
        ada.page.get_by_role("button", name="Field B2").click()
        outline = bob.page.locator("bp-pointers .held:not([hidden])", has_text=name)
        outline.wait_for()
        ready("the outline is around the field", lambda: abs(outline.bounding_box()["x"] - bob.field("B2")["x"]) < SHARP)
        ada.press("Escape")
        outline.wait_for(state="hidden")

        # Into another room, and no further once Escape was pressed.
        ada.enter_room("attic")
        bob.page.get_by_role("heading", level=1, name="attic").wait_for()
        bob.press("Escape")
        bob.page.locator("bp-follow").wait_for(state="hidden")
        ada.enter_room(ROOM)
        ready("bob's node knows where ada is", lambda: ROOM in office.bob.presence()[office.ada.member]["rooms"])
        assert bob.page.get_by_role("heading", level=1, name="attic").is_visible()

        # By keyboard alone: who is here is followed one after the other.
        bob.enter_room(ROOM)
        together(office)
        bob.page.get_by_role("button", name=name).and_(bob.page.locator(".here button")).wait_for()
        bob.press("Escape", "f")
        bob.page.get_by_text(f"Following {name} in {ROOM}").wait_for()
        bob.press("f")
        bob.page.locator("bp-follow").wait_for(state="hidden")

        # An admin takes all pointers out, is told whose, and who moves has one again.
        bob.point("A1", 0.5, 0.5)
        other = office.bob.display_name
        ready("ada sees where bob points", lambda: ada.pointer_of(other))
        ada.page.get_by_role("button", name="Clear pointers").click()
        ada.page.get_by_text(f"The pointers of {other}, and yours, are taken out of {ROOM}").first.wait_for()
        ready("ada sees it no more", lambda: ada.pointer_of(other) is None)
        assert not bob.page.get_by_role("button", name="Clear pointers").is_visible()
        bob.point("A1", 0.7, 0.5)
        ready("ada sees where bob points again", lambda: ada.pointer_of(other))
        assert ada.complaints == [] and bob.complaints == []


def near(view, name, spot):
    seen, box = view.pointer_of(name), view.field(spot)
    return seen and abs(seen[0] - box["x"] - box["width"] / 2) < SHARP and abs(seen[1] - box["y"] - box["height"] / 2) < SHARP


# Every place in which a pointer was drawn, as it comes to it.
WATCH = """(name) => {
  const mine = [...document.querySelectorAll("bp-pointers .pointer")].find((one) => one.textContent === name);
  window.drawn = [];
  new MutationObserver(() => {
    if (window.drawn.at(-1) !== mine.style.transform) window.drawn.push(mine.style.transform);
  }).observe(mine, { attributes: true, attributeFilter: ["style"] });
}"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_pointer_glides_where_motion_is_wanted_and_its_name_fades(office, motion):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    name = office.ada.display_name
    with two_views(office) as (hers, his):
        his.page.emulate_media(reduced_motion=motion)
        for view in (hers, his):
            view.enter_room(ROOM)
        together(office)
        hers.point("A1", 0.5, 0.5)
        ready("bob sees ada's pointer", lambda: his.pointer_of(name))
        his.page.evaluate(WATCH, name)
        spots = ("D4", "A1", "D1", "A4")
        for spot in spots:
            before = his.page.evaluate("window.drawn.length")
            hers.point(spot, 0.5, 0.5)
            ready(f"the pointer comes to {spot}", lambda: his.page.evaluate("window.drawn.length") > before
                  and near(his, name, spot))
        drawn = len(his.page.evaluate("window.drawn"))
        assert drawn > len(spots) if motion == "no-preference" else drawn == len(spots)

        # Who rests for two seconds loses the name, and has it back with the next move.
        still = his.page.locator("bp-pointers .pointer[data-still]")
        still.wait_for(state="attached")
        hers.point("B2", 0.5, 0.5)
        still.wait_for(state="detached")

        # A program in a document says where it is by lines.
        here = his.page.get_by_label("In this room with you")
        for last, words in ((12, "line 13"), (14, "lines 13–15")):
            office.eve.api("PUT", path(ROOM, "/cursors/me"), {"line": 12, "selection": {
                "start": {"line": 12, "column": 0}, "end": {"line": last, "column": 3}}})
            here.get_by_text(words, exact=True).wait_for()
        assert hers.complaints == his.complaints == []


def test_a_program_puts_its_cursor_by_requests_and_an_admin_clears_the_room(office):
    place = {"line": 12, "column": 4, "payload": '{"tool":"pen"}', "pointer": {"x": 0.25, "y": 1}}
    with office.ada.live() as ada, office.eve.live() as eve:
        for client in (ada, eve):
            client.join(ROOM)
        assert office.bob.api("GET", path(ROOM, "/cursors")) == {"room": ROOM, "is_in": False, "cursors": []}
        mine = office.bob.api("PUT", path(ROOM, "/cursors/me"), place)
        assert {part: mine[part] for part in place} == place
        for node, client in ((office.ada, ada), (office.eve, eve)):
            seen = client.wait("cursor.move", 5, lambda data: data["user_id"] == office.bob.member)
            assert {part: seen[part] for part in place} == place
            assert seen["colour"] == mine["colour"], "the same colour everywhere"
            told = node.api("GET", path(ROOM, "/cursors"))
            assert told["is_in"] and [one["payload"] for one in told["cursors"]] == [place["payload"]]
        here = {office.ada.member, office.bob.member, office.eve.member}
        for node in office.all:
            ready(f"{node.name} sees who is in the room",
                  lambda: {one["user_id"] for one in node.api("GET", path(ROOM))["people"]} == here)
            assert [one["room"] for one in node.command("rooms")["items"]] == [ROOM]

        with pytest.raises(Refused):
            office.bob.api("DELETE", path(ROOM, "/cursors"))
        office.ada.api("DELETE", path(ROOM, "/cursors"))
        for client in (ada, eve):
            client.wait("cursor.remove", 5, lambda data: data["user_id"] == office.bob.member)
        for node in office.all:
            ready(f"{node.name} has no cursor in the room any more",
                  lambda: node.api("GET", path(ROOM, "/cursors"))["cursors"] == [])

        office.bob.api("DELETE", path(ROOM, "/cursors/me"))
        ready("bob is not in the room any more", lambda: office.bob.member not in {
            one["user_id"] for one in office.ada.api("GET", path(ROOM))["people"]})


def test_whoever_points_beyond_any_edge_is_named_at_it_and_many_are_counted(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    crowd = Crowd(lan, 6).open().join()
    crowd.all_meet(60, "six people see each other")
    crowd.each(lambda node: node.show_page())
    me, *others = crowd.all
    names = [node.display_name for node in others]
    with browser.playing() as playwright, contextlib.closing(View(playwright, me, (900, 420))) as view:
        page = view.page
        view.enter_room(ROOM)

        def point(anchor, nodes=others):
            for node in nodes:
                node.api("PUT", path(ROOM, "/cursors/me"), {"pointer": {"anchor": anchor, "x": 0.5, "y": 0.5}})

        def markers(where):
            return page.get_by_role("button", name=f" points {where}: follow")

        # A window so low that most of the sheet is below it: three are named, the others counted.
        point("D4")
        below = page.locator(".edge[data-edge=bottom]")
        below.get_by_text("and 2 more").wait_for()
        assert markers("below").count() == 3
        assert all(label in names for label in below.locator("b").all_inner_texts())
        # Who points where it can be seen is at no edge.
        point("A1", others[:3])
        below.get_by_text("more").wait_for(state="hidden")
        ready("two are named below", lambda: sorted(below.locator("b").all_inner_texts()) == sorted(names[3:]))

        # A sheet that is wider than the window as well.
        page.evaluate("document.getElementById('page').style.minWidth = '2400px'")
        for near_by, far, where in (("A4", "D4", "to the right"), ("D4", "A4", "to the left")):
            page.get_by_role("button", name=f"Field {near_by}").scroll_into_view_if_needed()
            point(far)
            markers(where).first.wait_for()
            assert markers(where).count() == 3
            page.locator(".edge:not([hidden])").get_by_text("and 2 more").wait_for()
        page.evaluate("document.getElementById('page').style.minWidth = ''")
        page.get_by_role("button", name="Field A4").scroll_into_view_if_needed()
        point("A1")
        markers("above").first.wait_for()
        page.locator(".edge[data-edge=top]").get_by_text("and 2 more").wait_for()
        assert view.complaints == []


def test_of_a_pointer_that_could_not_leave_the_browser_the_newest_place_alone_is_sent(office):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    with two_views(office) as (ada, bob), office.eve.live() as eve:
        for view in (ada, bob):
            view.enter_room(ROOM)
        together(office)
        eve.join(ROOM)
        # As where a node takes nothing for a while: what is sent waits in the browser.
        ada.page.evaluate("""() => Object.defineProperty(WebSocket.prototype, "bufferedAmount",
          { configurable: true, get: () => window.isStuck ? 1 : 0 })""")
        ada.point("A1", 0.5, 0.5)
        eve.wait("cursor.move", 5, lambda data: data["pointer"]["anchor"] == "A1")
        ada.page.evaluate("window.isStuck = true")
        for field in ("B1", "C1", "D1", "D4"):
            ada.point(field, 0.5, 0.5)
        before = len(eve.heard)
        bob.point("A4", 0.5, 0.5)
        eve.wait("cursor.move", 5, lambda data: data["user_id"] == office.bob.member)
        ada.page.evaluate("window.isStuck = false")
        eve.wait("cursor.move", 5, lambda data: data["pointer"]["anchor"] == "D4")
        hers = [one["data"]["pointer"]["anchor"] for one in eve.heard[before:]
                if one["type"] == "cursor.move" and one["data"]["user_id"] == office.ada.member]
        assert set(hers) == {"D4"}
        ready("bob sees where ada's pointer has come to", lambda: near(bob, office.ada.display_name, "D4"))
        assert ada.complaints == bob.complaints == []
