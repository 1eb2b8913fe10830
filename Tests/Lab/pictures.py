"""Pictures of every state of the view on the way in, and of those that few come to see and must get right: `make
pictures` writes them to .build/pictures.

Nodes, LAN and browser are real. A state that passes quickly is held by what holds it in an office, too: a machine
that hangs, a firewall that drops, a slow link, a cable that is cut.
"""

import contextlib
import os
import pathlib
import signal

import pytest

import browser
from camera import Camera
from door import DAY_AND_MORE, JOIN, Door, forget_neighbours, let_mdns_alone_pass
from homes import from_the_future
from node import PEER_PORT, WEB_PORT, Node
from office import NAMES, WORKSPACE
from visitor import Visitor, firewall, hold, leave, slow, visiting
from waiting import ready

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / ".build" / "pictures"


@pytest.fixture(scope="module")
def camera():
    camera = Camera(os.environ.get("BULLPEN_PICTURES", FOLDER))
    yield camera
    camera.write_index()
    assert camera.faults == [], "\n" + "\n".join(camera.faults)


@pytest.fixture
def door(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    return Door(lan)


@pytest.fixture
def ada(lan, product):
    """A node that is in no workspace."""
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    return Node(lan.host("host-ada"), "ada", NAMES["ada"]).up("--discovery", "off")


# MARK: The way in


def test_pictures_of_the_login(ada, camera):
    with visiting(ada, camera, "login") as visitor:
        page = visitor.look()

        def hang(route):
            ada.process.send_signal(signal.SIGSTOP)
            route.continue_()

        page.route("**/api/v1/login", hang)
        link = ada.api("POST", "/login-links")["url"]
        page.goto(link, wait_until="commit")
        visitor.says("One moment")
        visitor.take("being-spent", says="One moment", judged=False)
        visitor.says("did not answer in time")
        visitor.take("node-hangs", judged=False)
        ada.process.send_signal(signal.SIGCONT)
        ready("the node answers again", lambda: ada.api("GET", "/health", prefix=""))

        visitor.enter().get_by_role("heading", name="Join with an invite").wait_for()
        link = ada.api("POST", "/login-links")["url"]
        visitor.look().goto(link)
        page = visitor.page
        page.get_by_role("heading", name="Join with an invite").wait_for()
        page.goto("about:blank")
        page.goto(link)
        page.get_by_text("bullpen open").wait_for()
        visitor.take("link-spent-with-an-earlier-login")
        visitor.look().goto(link)
        visitor.page.get_by_text("bullpen open").wait_for()
        visitor.take("link-spent")

        # A node that starts anew knows no link of before.
        link = ada.api("POST", "/login-links")["url"]
        ada.end()
        ada.up()
        visitor.look().goto(link)
        visitor.page.get_by_text("bullpen open").wait_for()
        visitor.take("link-old")
        address = f"http://127.0.0.1:{WEB_PORT}"
        visitor.look().goto(f"{address}/login")
        visitor.page.get_by_text("bullpen open").wait_for()
        visitor.take("link-missing")
        visitor.look().goto(f"{address}/")
        visitor.page.get_by_text("bullpen open").wait_for()
        visitor.take("never-logged-in")


def test_pictures_of_the_first_run(ada, camera):
    with visiting(ada, camera, "start") as visitor:
        visitor.doors().take("two-doors")
        form = visitor.form("Start a workspace")
        form.get_by_label("Your name").fill(ada.display_name)
        form.get_by_label("The workspace's name").fill(WORKSPACE)
        visitor.take("filled")
        form.get_by_label("Your name").fill("   ")
        form.get_by_role("button").click()
        form.get_by_text("is missing").wait_for()
        visitor.take("name-of-blanks")
        form.get_by_label("Your name").fill("Ж" * 60)
        form.get_by_label("The workspace's name").fill("🚢" * 30)
        form.get_by_role("button").click()
        form.get_by_text("too long").wait_for()
        visitor.take("name-too-long")

        visitor.place = "join"
        visitor.doors().press_join()
        visitor.page.get_by_text("is missing").wait_for()
        visitor.take("nothing")
        visitor.doors().fill_join("Bullpen1 is what I was told on the phone")
        visitor.press_join()
        visitor.page.get_by_role("button", name="Try again").wait_for()
        visitor.take("malformed-code")


# MARK: Joining, step by step


def test_pictures_of_joining(door, camera):
    ada, bob = door.ada, door.bob
    with visiting(bob, camera, "join") as visitor:
        code = door.invite("--uses", "99")
        visitor.doors().fill_join(f"bullpen:{code}")
        visitor.take("link-from-the-clipboard")

        # An invite that was made off the network names no address.
        ada.host.run("ip", "link", "set", "eth0", "down")
        lonely = door.invite()
        ada.host.run("ip", "link", "set", "eth0", "up")
        visitor.doors().fill_join(lonely)
        visitor.press_join()
        visitor.says("Still looking")
        visitor.take("searching", says="Still looking", judged=False)
        visitor.page.get_by_role("button", name="Try again").wait_for(timeout=JOIN * 1_000)
        visitor.take("failed-nobody-there")

        firewall(ada.host, f'iifname "eth0" tcp dport {PEER_PORT} drop')

        def connect():
            visitor.join_anew(code)
            visitor.says("Trying")

        connect()
        visitor.take("connecting", says="Trying", again=connect, judged=False)
        visitor.says("Still looking")
        visitor.take("connecting-again", says="Still looking", judged=False)
        ada.host.run("nft", "delete table inet filter")

        for state, step in (("reached", "Reached a device"), ("proving", "Showing the invite")):
            hold(door, visitor, code, step)
            visitor.take(state, says=step, judged=False)
            leave(door, visitor)


def test_pictures_of_fetching_the_history(door, camera):
    ada, bob = door.ada, door.bob
    words = "Ada counted the paper clips in the third drawer once more. " * 10
    for number in range(900):
        ada.api("POST", "/activity", {"kind": "note", "text": f"{number}. {words}"})
    with visiting(bob, camera, "join") as visitor:
        code = door.invite()
        visitor.doors()
        slow(ada.host, "200kbit")
        visitor.join_anew(code)
        # Some of the bar is to be seen.
        visitor.page.wait_for_function("() => /: \\d{3} of 9/.test(document.body.innerText)", timeout=JOIN * 1_000)
        visitor.take("fetching", says=" of 9", judged=False)
        ada.host.run("tc", "qdisc", "del", "dev", "eth0", "root")
        visitor.page.get_by_role("link", name="Inbox").first.wait_for(timeout=JOIN * 1_000)


# MARK: Joining that fails


def test_pictures_of_joining_that_fails_on_the_network(door, camera):
    ada, bob = door.ada, door.bob
    code = door.invite("--uses", "9")
    with visiting(bob, camera, "join-failed") as visitor:
        ada.end()
        visitor.fails("node-not-running", code, "no node listens")
        ada.up()

        forget_neighbours(bob.host)
        firewall(ada.host, "meta l4proto icmpv6 accept", 'iifname "eth0" drop')
        visitor.fails("firewall", code, "a firewall on that machine is suspected")
        for summary in visitor.page.locator("summary").all():
            summary.click()
        visitor.take("firewall-lines")
        ada.host.run("nft", "delete table inet filter")

        # As when it has been so for a while.
        forget_neighbours(bob.host)
        door.lan.part(ada.host, bob.host)
        visitor.fails("asleep-or-isolated", code, "client isolation")
        bob.host.run("ip", "addr", "flush", "dev", "eth0", "scope", "global")
        bob.host.run("ip", "addr", "add", "10.88.0.2/24", "dev", "eth0")
        visitor.fails("other-subnet", code, "in none of this machine")
        bob.host.run("ip", "addr", "flush", "dev", "eth0")
        visitor.fails("no-network", code, "on no network")


def test_pictures_of_joining_where_the_wifi_keeps_its_clients_apart(lan, product, camera):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    door = Door(lan, discovery="auto")
    code = door.invite()
    let_mdns_alone_pass(lan, door.ada.host, door.bob.host)
    with visiting(door.bob, camera, "join-failed") as visitor:
        visitor.fails("client-isolation", code, "client isolation of the Wi-Fi is suspected")


def test_pictures_of_joining_that_is_refused(door, camera):
    ada, bob = door.ada, door.bob
    used, over = door.invite("--uses", "1"), door.invite("--uses", "9")
    eve = door.node("eve").up(*door.options)
    door.join(eve, used)
    with visiting(bob, camera, "join-failed") as visitor:
        visitor.fails("used-up", used, "used as often")
        code = door.invite()
        ready("eve's node has word of the invite", lambda: ada.digests() == eve.digests())
        ada.end()
        eve.end()
        eve.set_clock(DAY_AND_MORE).up(*door.options)
        bob.end()
        bob.up(*door.options, "--peer", f"{eve.host.address}:{PEER_PORT}")
        visitor.fails("a-colleagues-clock", code, "one of the two is wrong")
        eve.end()
        bob.end()
        bob.set_clock(DAY_AND_MORE).up(*door.options)
        visitor.fails("own-clock-perhaps", code, "By this machine's clock")
        ada.set_clock(DAY_AND_MORE).up()
        visitor.fails("expired", over, "The invite has expired")
        ada.end()
        ada.set_clock(0).up()
        visitor.place = "join"
        visitor.doors().fill_join(over)
        visitor.press_join()
        visitor.page.get_by_role("button", name="Go on").wait_for(timeout=JOIN * 1_000)
        visitor.take("joined-with-a-wrong-clock")


# MARK: Inside


def test_pictures_of_the_first_minutes_inside(door, camera):
    with browser.playing() as playwright, contextlib.ExitStack() as stack:
        people = []
        for node in (door.ada, door.bob):
            chromium = browser.launch(playwright, node.host)
            stack.callback(chromium.close)
            people.append(Visitor(chromium, node, camera, "office"))
        ada, bob = people
        ada.enter().get_by_role("button", name="Invite someone").wait_for()
        ada.take("owner-alone", wall=True)
        ada.page.get_by_role("button", name="Invite someone").click()
        ada.page.get_by_role("dialog").wait_for()
        ada.take("invite")
        ada.page.get_by_role("button", name="Make the invite").click()
        code = ada.page.get_by_label("Invite code").inner_text()
        ada.take("invite-made")
        ada.page.get_by_role("button", name="Close").click()

        bob.doors().fill_join(code)
        bob.press_join()
        bob.page.get_by_role("link", name="Inbox").first.wait_for(timeout=JOIN * 1_000)
        for visitor in people:
            ready("each sees the other", lambda: "Live with 1 of 1" in visitor.page.locator("header").inner_text())
        for name in ("People", "Feed", "Rooms", "Inbox", "This node"):
            bob.page.get_by_role("link", name=name).first.click()
            bob.page.get_by_role("heading", level=1, name=name).wait_for()
            bob.take("with-one-colleague-" + name.lower().replace(" ", "-"), wall=True)
        bob.page.get_by_role("link", name="People").first.click()
        door.bob.end()
        ready("the page has noticed", lambda: "lost" in bob.page.locator("header").inner_text())
        bob.take("connection-lost", says="lost its node")
        ready("ada's page shows that bob is gone",
              lambda: "Live with 0 of 1" in ada.page.locator("header").inner_text())
        ada.take("colleague-gone")
        # Whoever clicks an invite's link in an office comes to the doors, and may turn back.
        ada.place = "join"
        ada.look().goto(door.ada.api("POST", "/login-links")["url"] + f"&invite=bullpen:{code}")
        ada.page.get_by_role("button", name="Back to").wait_for()
        ada.take("by-a-link-from-inside")


def test_pictures_of_connections(door, camera):
    ada, bob = door.ada, door.bob
    door.join(bob, door.invite())
    ready("each sees the other", lambda: all(len(node.sees_online()) == 1 for node in (ada, bob)))
    with visiting(bob, camera, "connections") as visitor:
        page = visitor.connections()
        page.locator("#page").get_by_text("heard now").wait_for()
        visitor.take("with-one-colleague", wall=True)
        visitor.asks("Is anything wrong?", "Nothing is wrong")
        visitor.take("nothing-wrong", wall=True)
        ada.end()
        firewall(ada.host, "meta l4proto icmpv6 accept", 'iifname "eth0" drop')
        ada.up(*door.options)
        ready("bob misses ada", lambda: bob.sees_online() == set())
        page = visitor.connections()
        page.locator("#page").get_by_text("offline or not visible to you").wait_for()
        page.get_by_role("button", name="Why can’t I see them?").click()
        visitor.says("Trying")
        visitor.take("being-tried", says="Trying", judged=False,
                     again=lambda: page.get_by_role("button", name="Why can’t I see them?").click())
        visitor.asks("Why can’t I see them?", "a firewall on that machine is suspected",
                     before=lambda: forget_neighbours(bob.host))
        visitor.take("firewall", wall=True)
        for summary in page.locator("#page summary").all():
            summary.click()
        visitor.take("firewall-lines", wall=True)
        bob.host.run("ip", "link", "set", "eth0", "down")
        visitor.asks("Why can’t I see them?", "eth0 is down")
        visitor.take("interface-down", wall=True)


def test_pictures_of_the_owners_place(door, camera):
    ada, bob, eve = door.ada, door.bob, door.node("eve").up(*door.options)
    for node in (bob, eve):
        door.join(node, door.invite())
    # Who is the only admin is asked for another one first.
    ready("ada knows bob", lambda: bob.display_name in ada.members().values())
    ada.command("role", bob.display_name, "admin")
    ready("each sees the others", lambda: all(len(node.sees_online()) == 2 for node in (ada, bob, eve)))
    with browser.playing() as playwright, contextlib.ExitStack() as stack:
        hers, his = (Visitor(stack.enter_context(contextlib.closing(browser.launch(playwright, node.host))), node, camera,
                             "owner") for node in (ada, bob))
        page = hers.people()
        page.get_by_role("button", name="Name a successor…").wait_for()
        hers.take("nudged-to-name-a-successor", wall=True)
        page.get_by_role("button", name="Name a successor…").click()
        hers.dialog("Name a successor")
        hers.take("whom-to-name", wall=True)
        page.get_by_role("dialog").locator(".row", has_text=bob.display_name).get_by_role("button").click()
        asked = hers.dialog(f"Name {bob.display_name} as your successor?")
        hers.take("naming-a-successor", wall=True)
        asked.get_by_role("button", name="Name as successor").click()
        hers.row(bob.display_name, "admin, successor")
        hers.take("a-successor-is-named", wall=True)
        hers.open_person(bob.display_name)
        hers.take("the-successors-page", wall=True)
        hers.close()
        # Whoever turns to another takes it back from the first.
        hers.open_person(eve.display_name).get_by_role("button", name="Name as my successor…").click()
        hers.dialog(f"Name {eve.display_name} as your successor?")
        hers.take("naming-another", wall=True)
        hers.close()

        page = his.people()
        page.get_by_role("button", name="Take over…").wait_for()
        his.take("named-by-the-owner", wall=True)
        his.open_person(bob.display_name)
        his.take("ones-own-page-when-named", wall=True)
        his.close()
        ada.end(signal.SIGKILL)
        ready("bob sees that ada is gone", lambda: bob.status_of(ada) == "offline")
        page.get_by_role("button", name="Take over…").click()
        asked = his.dialog(f"Take {ada.display_name}’s place?")
        his.take("before-taking-over", wall=True)
        asked.get_by_label("To do it, type").fill(WORKSPACE)
        his.take("ready-to-take-over", wall=True)
        asked.get_by_role("button", name="Take over", exact=True).click()
        his.row(bob.display_name, "owner")
        his.row(ada.display_name, "admin")
        his.take("taken-over", wall=True)
        ada.up(*door.options)
        ready("ada hears of it", lambda: ada.api("GET", "/user/current")["role"] == "admin")
        hers.people()
        hers.row(bob.display_name, "owner")
        hers.take("whose-place-was-taken", wall=True)


def test_pictures_of_a_workspace_that_is_shut(door, camera):
    ada = door.ada
    with visiting(ada, camera, "shut") as visitor:
        ada.end()
        database = ada.database()
        from_the_future(database)
        ada.up()
        visitor.enter().get_by_role("heading", name=f"“{WORKSPACE}” is shut").wait_for()
        visitor.take("by-a-newer-version")
        ada.end()
        content = bytearray(database.read_bytes())
        content[:100] = bytes(100)
        database.write_bytes(content)
        ada.up()
        visitor.enter().get_by_role("button", name="Repair it").wait_for()
        visitor.take("damaged")
        visitor.page.get_by_role("button", name="Repair it").click()
        visitor.page.get_by_role("button", name="Go on").wait_for()
        visitor.take("repaired")
