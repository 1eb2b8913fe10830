"""Who sees whom: what others' hosts get of a person who hides, on the wire, and how a person says so in the view."""

import urllib.parse

import pytest

import browser
from node import PEER_PORT
from office import NAMES, Office
from packets import Capture
from view import View
from waiting import never, ready, within

ROOM = "page:/plan"


@pytest.fixture
def office(lan, product):
    return Office(lan, daemons=False, options=("--discovery", "off")).ready()


def datagrams(capture, node):
    """What came from a node's machine for other nodes, by any of its addresses. mDNS is not for nodes."""
    theirs = {node.host.address, node.host.link_local}
    return capture.packets(lambda one: one.is_udp and not one.outgoing and one.source in theirs
                           and PEER_PORT in (one.source_port, one.destination_port))


def cursors(node, of):
    """The lines at which a node shows another's cursor."""
    listed = node.api("GET", f"/rooms/{urllib.parse.quote(ROOM, safe='')}/cursors")["cursors"]
    return [one["line"] for one in listed if one["user_id"] == of.member]


def quiet_from(host, node):
    """Until the last goodbye is acknowledged; then nothing of the node's comes to the host while others' words do."""
    with Capture(host) as capture:
        never(4, "more goodbyes than belong to one hiding", lambda: len(datagrams(capture, node)) > 7)


def test_privacy_invisible_eve_sends_bob_nothing_that_he_could_open(office):
    ada, bob, eve = office.all
    with Capture(bob.host) as before:
        ready("eve's words come to bob", lambda: len(datagrams(before, eve)) >= 2)

    settings = eve.command("visibility", "contacts", "--contact", NAMES["ada"], "--show-page")
    assert settings["visible_to"] == [ada.member]
    within(1, "bob sees eve offline", lambda: bob.status_of(eve) == "offline")
    assert ada.status_of(eve) == "online"
    last_seen = bob.presence()[eve.member]["last_seen"]
    quiet_from(bob.host, eve)

    with Capture(bob.host) as capture, eve.live() as hers, bob.live() as his:
        hers.join(ROOM)
        his.join(ROOM)
        hers.send("cursor.move", room=ROOM, line=1, column=1)
        eve.api("PUT", "/presence/status", {"status": "busy", "custom_status": "not for bob"})
        within(2, "ada sees what eve does", lambda: ada.presence()[eve.member]["custom_status"] == "not for bob"
               and ROOM in ada.presence()[eve.member]["rooms"])
        # Bob's changes want an answer, and his suspicion asks for one.
        bob.api("PUT", "/presence/status", {"status": "away"})
        within(2, "eve sees bob", lambda: eve.status_of(bob) == "away")
        eve.command("log", "eve is here all the same")
        ready("bob has eve's word, by connection",
              lambda: "eve is here all the same" in [one["text"] for one in bob.activities()])
        ready("ada's words come to bob meanwhile", lambda: len(datagrams(capture, ada)) >= 8)
        assert datagrams(capture, eve) == []
        shown = bob.presence()[eve.member]
        assert (shown["status"], shown["rooms"], shown["custom_status"], shown["devices"]) == ("offline", [], "", [])
        assert shown["last_seen"] == last_seen
        his.settle()
        assert "cursor.move" not in {message["type"] for message in his.heard}

    # Not when her node starts anew, either, and bob's is as before though he has restarted.
    with Capture(bob.host) as capture:
        eve.end()
        eve.up()
        within(5, "ada sees eve again", lambda: ada.status_of(eve) == "busy" or ada.status_of(eve) == "online")
        ready("bob and eve are connected", lambda: any(
            one["user_id"] == eve.member and one["state"] == "connected" for one in bob.api("GET", "/peers")["items"]))
        ready("ada's words come to bob", lambda: len(datagrams(capture, ada)) >= 3)
        assert datagrams(capture, eve) == []
    assert bob.status_of(eve) == "offline"
    bob.end()
    bob.up()
    assert abs(bob.presence()[eve.member]["last_seen"] - last_seen) < 1_000, "kept over a restart"

    eve.command("visibility", "--appear-offline")
    within(1, "ada sees eve offline, too", lambda: ada.status_of(eve) == "offline")
    assert eve.presence()[ada.member]["status"] == "online"
    eve.command("visibility", "team", "--no-appear-offline")
    for node in (ada, bob):
        within(3, f"{node.name} sees eve again", lambda: node.status_of(eve) != "offline")
    parts = [one["changed"] for one in eve.command("visibility", "--history")["items"]]
    assert parts[:3] == [["visibility", "appear_offline"], ["appear_offline"], ["visibility", "contacts"]]
    office.agree()
    assert bob.files_holding("not for bob") == []


def test_privacy_who_chooses_to_be_offline_sends_nothing_until_it_chooses_otherwise(office):
    ada, bob, eve = office.all
    for node in (bob, eve):
        node.command("visibility", "team", "--show-page")
    with eve.live() as hers, bob.live() as his:
        hers.join(ROOM)
        his.join(ROOM)
        hers.send("cursor.move", room=ROOM, line=1, column=1)
        ready("bob sees where eve points", lambda: cursors(bob, eve) == [1])
        eve.api("PUT", "/presence/status", {"status": "offline"})
        within(1, "bob sees eve offline, and her cursor gone",
               lambda: bob.status_of(eve) == "offline" and cursors(bob, eve) == [])
        assert eve.api("GET", "/presence/settings")["visible_to"] == []
        quiet_from(bob.host, eve)
        with Capture(bob.host) as capture:
            hers.send("cursor.move", room=ROOM, line=2, column=1)
            hers.send("typing", room=ROOM)
            eve.api("PUT", "/presence/status", {"custom_status": "not for bob"})
            bob.api("PUT", "/presence/status", {"status": "away"})
            within(2, "eve sees bob", lambda: eve.status_of(bob) == "away")
            ready("ada's words come to bob meanwhile", lambda: len(datagrams(capture, ada)) >= 8)
            assert datagrams(capture, eve) == []
        assert cursors(bob, eve) == [] and bob.presence()[eve.member]["custom_status"] == ""

    # A restart is no reason to be seen.
    with Capture(bob.host) as capture:
        eve.end()
        eve.up()
        ready("bob and eve are connected", lambda: any(
            one["user_id"] == eve.member and one["state"] == "connected" for one in bob.api("GET", "/peers")["items"]))
        ready("ada's words come to bob", lambda: len(datagrams(capture, ada)) >= 3)
        assert datagrams(capture, eve) == []
    assert eve.status_of(eve) == "offline" and eve.status_of(bob) == "away"
    eve.api("PUT", "/presence/status", {"status": "busy"})
    within(1, "bob sees eve again", lambda: bob.status_of(eve) == "busy")
    assert bob.presence()[eve.member]["custom_status"] == "not for bob"


def test_privacy_a_team_and_the_default_of_the_workspace(office):
    ada, bob, eve = office.all
    teams = ada.command("teams", "Night desk", "--add", NAMES["bob"], "--add", NAMES["ada"])["items"]
    assert teams[0]["user_ids"] == sorted([ada.member, bob.member])
    ready("all know the team", lambda: all(node.command("teams")["items"] == teams for node in office.all))
    listed = ada.command("who", "--team", "night desk")["items"]
    assert {one["user_id"] for one in listed} == {ada.member, bob.member}
    assert ada.command("who", "--team", "Night desk", "--room", "nowhere")["items"] == []
    ada.command("visibility", "--workspace-default", "contacts")
    within(3, "eve sees nobody any more, for she is in no team", lambda: eve.sees_online() == set())
    assert ada.sees_online() == {bob.member} and bob.sees_online() == {ada.member}
    ada.command("teams", "night desk", "--add", NAMES["eve"])
    within(3, "eve sees the others of her team", lambda: eve.sees_online() == {ada.member, bob.member})


def test_privacy_a_person_chooses_in_the_view(office):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    ada, bob, eve = office.all
    ada.command("teams", "Night desk", "--add", NAMES["bob"])
    with browser.playing() as playwright:
        view = View(playwright, eve, (1280, 800))
        try:
            page = view.page
            page.goto(page.url.split("#")[0] + "#/people")
            rows = page.locator("bp-people-page tbody tr")
            ready("everybody is listed", lambda: rows.count() == 3)
            page.get_by_label("Whose people to show").select_option(label="Night desk")
            ready("bob alone is in the team", lambda: rows.count() == 1 and NAMES["bob"] in rows.inner_text())
            page.get_by_text("1 of 1 colleague here").wait_for()
            page.get_by_label("Whose people to show").select_option(label="Everybody")
            page.evaluate("document.activeElement.blur()")

            view.sheet(NAMES["eve"])
            page.get_by_role("button", name="Who sees me…").click()
            dialog = page.get_by_role("dialog", name="Who sees me")
            assert "What cannot be hidden" in dialog.inner_text()
            dialog.get_by_role("radio", name="My contacts").check()
            dialog.get_by_role("checkbox", name=NAMES["ada"]).check()
            dialog.get_by_role("checkbox", name="Show in which rooms I am").uncheck()
            dialog.get_by_role("button", name="Keep it so").click()
            page.get_by_text(f"{NAMES['ada']} sees that you are here, and not in which rooms.").first.wait_for()
            within(2, "bob sees eve offline", lambda: bob.status_of(eve) == "offline")
            assert ada.status_of(eve) == "online"

            view.enter_room("plan")
            page.get_by_text("Your page is hidden").wait_for()
            assert ada.presence()[eve.member]["rooms"] == []
            page.get_by_role("button", name="Show in which rooms I am").click()
            within(2, "ada sees where eve is", lambda: "plan" in ada.presence()[eve.member]["rooms"])
            page.get_by_text("Your page is hidden").wait_for(state="hidden")

            page.get_by_role("button", name="Undo").last.click()
            within(2, "and no more when eve takes it back", lambda: ada.presence()[eve.member]["rooms"] == [])
            assert view.complaints == []
        finally:
            view.close()


def test_privacy_what_goes_to_a_team_is_for_who_is_in_it_then(office):
    """By the command first; then in the view, where a team is ticked at once and more people are let in later."""
    ada, bob, eve = office.all
    ada.command("teams", "Night desk", "--add", NAMES["bob"], "--add", NAMES["ada"])
    ada.command("notify", "--team", "night desk", "--title", "Tide table", "--body", "the herring comes at six")
    within(3, "bob can read it", lambda: [one["body"] for one in bob.notifications()] == ["the herring comes at six"])
    office.agree()
    assert eve.files_holding("the herring comes at six") == [] and eve.notifications() == []
    sent = ada.notifications()[0]
    shared = ada.command("share", sent["id"], NAMES["eve"])
    assert set(shared["recipient_ids"]) == {bob.member, eve.member}
    within(3, "eve can read it now", lambda: [one["body"] for one in eve.notifications()] == ["the herring comes at six"])
    assert {one["id"] for one in bob.notifications()} == {sent["id"]}

    if browser.obstacle():
        pytest.skip(browser.obstacle())
    with browser.playing() as playwright:
        view = View(playwright, ada, (1280, 800))
        try:
            page = view.page
            page.goto(page.url.split("#")[0] + "#/inbox")
            page.get_by_role("button", name="Write…").click()
            dialog = page.get_by_role("dialog", name="Notify")
            dialog.get_by_role("button", name="Night desk").click()
            assert dialog.get_by_label(NAMES["bob"]).is_checked()
            assert not dialog.get_by_label(NAMES["eve"]).is_checked()
            dialog.get_by_label("Title").fill("Lanterns")
            dialog.get_by_role("button", name="Send").click()
            within(3, "bob has it, eve has not", lambda: "Lanterns" in {one["title"] for one in bob.notifications()}
                   and "Lanterns" not in {one["title"] for one in eve.notifications()})
            page.get_by_role("tab", name="Sent").click()
            line = page.get_by_role("listitem").filter(has_text="Lanterns")
            line.hover()
            line.get_by_role("button", name="Show to more…").click()
            dialog = page.get_by_role("dialog", name="Show to more people")
            assert dialog.get_by_label(NAMES["bob"]).count() == 0, "he has it"
            dialog.get_by_label(NAMES["eve"]).check()
            dialog.get_by_role("button", name="Show to them").click()
            within(3, "eve has it, too", lambda: "Lanterns" in {one["title"] for one in eve.notifications()})
            line.get_by_text(NAMES["eve"]).wait_for()
            assert view.complaints == []
        finally:
            view.close()
