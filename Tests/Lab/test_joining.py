"""The second door when it does not open: each reason, planted, gives its own sentence and what to do."""

import contextlib
import itertools
import re
import time

import pytest

import browser
from door import DAY_AND_MORE, JOIN, Door, let_mdns_alone_pass
from node import BULLPEN, PEER_PORT, Node
from office import WORKSPACE, Office
from waiting import ready


@pytest.fixture
def door(lan, product):
    return Door(lan)


def test_joining_where_no_node_runs(door):
    code = door.invite()
    door.ada.end()
    problem = door.refused(door.bob, code)
    assert problem["code"] == "unreachable"
    assert problem["detail"] == (
        f"The machine at {door.ada.host.address} is there, but no node listens on its port {PEER_PORT}.")
    assert "`bullpen up`" in problem["hint"]
    tried = door.attempt(problem, door.ada)
    assert (tried["source"], tried["outcome"], tried["cause"]) == ("invite", "refused", "node_not_running")


@pytest.mark.parametrize("verdict", ["drop", "reject with icmpx type admin-prohibited"], ids=["drops", "prohibits"])
def test_joining_past_a_firewall_and_its_line_opens_it(door, verdict):
    ada = door.ada.host
    code = door.invite()
    # As Debian's nftables.conf has it, with a policy that keeps everything out but what is named.
    ada.run("nft", "add table inet filter; add chain inet filter input { type filter hook input priority 0; }; "
                   "add rule inet filter input meta l4proto icmpv6 accept; "
                   f'add rule inet filter input iifname "eth0" {verdict}')
    problem = door.refused(door.bob, code)
    assert problem["detail"] == (
        f"The machine at {ada.address} is awake, but its port {PEER_PORT} does not answer: a firewall on that machine "
        "is suspected.")
    tried = door.attempt(problem, door.ada)
    assert tried["cause"] == "firewall"
    lines = {remedy["tool"]: remedy["lines"] for remedy in tried["remedies"]}
    assert lines["ufw"] == [
        f"sudo ufw allow {PEER_PORT}/tcp", f"sudo ufw allow {PEER_PORT}/udp", "sudo ufw allow 5353/udp"]
    assert f"--add-port={PEER_PORT}/tcp --add-port={PEER_PORT}/udp --add-port=5353/udp" in lines["firewalld"][0]
    # The lines are meant to be run, so they are.
    for line in lines["nftables"]:
        ada.run("sh", "-ec", line.removeprefix("sudo "))
    assert door.join(door.bob, code)["name"] == WORKSPACE
    ready("ada and bob see each other", lambda: door.ada.sees_online() == {door.bob.member}
          and door.bob.sees_online() == {door.ada.member})


@pytest.mark.parametrize("routed", [False, True], ids=["no route", "a route to nowhere"])
def test_joining_from_another_subnet(door, routed):
    code = door.invite()
    bob = door.bob.host
    # On a switch of his own, too: a kernel that knows no way asks for any address on the link that it is confined to.
    door.lan.part(door.ada.host, bob)
    bob.run("ip", "addr", "flush", "dev", "eth0", "scope", "global")
    bob.run("ip", "addr", "add", "10.88.0.2/24", "dev", "eth0")
    if routed:
        bob.run("ip", "route", "add", "default", "via", "10.88.0.1")
    problem = door.refused(door.bob, code)
    assert problem["detail"] == (
        f"The address {door.ada.host.address} is in none of this machine's networks (10.88.0.0/24 on eth0).")
    assert "same network" in problem["hint"]
    assert door.attempt(problem, door.ada)["cause"] == "other_subnet"


def test_joining_where_the_wifi_keeps_its_clients_apart(door):
    code = door.invite()
    door.lan.part(door.ada.host, door.bob.host)
    problem = door.refused(door.bob, code)
    assert problem["detail"].startswith(f"Nothing answers at {door.ada.host.address}, though it is in this machine's own")
    assert "client isolation" in problem["detail"]
    assert "guest network" in problem["hint"]
    assert "Any member who is online can let you in" in problem["hint"]
    assert door.attempt(problem, door.ada)["cause"] == "asleep_or_isolated"
    # And nothing is left behind: the same code works once they can hear one another.
    door.lan.rejoin()
    assert door.join(door.bob, code)["name"] == WORKSPACE


def test_joining_where_a_colleague_fell_asleep_a_moment_ago(door):
    code = door.invite()
    # The kernel has just heard ada's machine, and believes in it for half a minute.
    door.bob.host.run("bash", "-c", f"exec 3<>/dev/tcp/{door.ada.host.address}/{PEER_PORT}")
    door.lan.part(door.ada.host, door.bob.host)

    def heard():
        # "used 3/1/1": seconds since it was used, confirmed and updated.
        return door.bob.host.run("ip", "-s", "neigh", "show", door.ada.host.address).stdout

    ready("that is a second ago", lambda: int(re.search(r"used \d+/(\d+)/", heard())[1]) >= 1)
    assert "REACHABLE" in heard()
    problem = door.refused(door.bob, code)
    assert "is awake" not in problem["detail"]
    assert door.attempt(problem, door.ada)["cause"] in ("asleep_or_isolated", "no_answer")


def test_joining_where_the_wifi_lets_mdns_alone_pass(lan, product):
    door = Door(lan, discovery="auto")
    code = door.invite()
    let_mdns_alone_pass(lan, door.ada.host, door.bob.host)
    problem = door.refused(door.bob, code)
    assert "client isolation of the Wi-Fi is suspected" in problem["detail"]
    # Of one machine's addresses, IPv6's among them, one cause is suspected.
    assert {one["cause"] for one in problem["attempts"]} == {"client_isolation"}, problem["attempts"]
    assert any(one["endpoint"].startswith("[fe80:") for one in problem["attempts"])


def test_joining_with_a_spent_invite(door):
    code = door.invite("--uses", "1")
    door.join(door.bob, code)
    eve = door.node("eve").up(*door.options)
    problem = door.refused(eve, code, exit_code=77)
    assert problem["code"] == "invite_refused"
    assert problem["detail"] == (
        f"The invite has been used as often as it may be, says the node at {door.ada.host.address}.")
    assert problem["hint"] == "Ask an owner or admin of the workspace for a new one."
    assert door.attempt(problem, door.ada)["cause"] == "invite_spent"


def test_joining_with_an_expired_invite(door):
    # The shortest life that an invite may have.
    code = door.invite("--expires", "1m")
    made = time.monotonic()
    ready("the invite is over", lambda: time.monotonic() - made > 61, bound=70, every=1)
    problem = door.refused(door.bob, code, exit_code=77)
    assert problem["code"] == "invite_refused"
    assert problem["detail"] == f"The invite has expired, says the node at {door.ada.host.address}."
    assert problem["hint"] == "Ask an owner or admin of the workspace for a new one."
    assert door.attempt(problem, door.ada)["cause"] == "invite_expired"


def test_joining_while_the_inviter_sleeps_and_another_member_lets_in(lan, product):
    door = Door(lan, discovery="auto")
    door.join(door.bob, door.invite())
    ready("ada and bob see each other", lambda: door.ada.sees_online() == {door.bob.member}
          and door.bob.sees_online() == {door.ada.member})
    code = door.invite()
    ready("bob's node has word of the invite", lambda: door.ada.digests() == door.bob.digests())
    door.ada.host.cable_out()
    eve = door.node("eve").up(*door.options)
    assert door.join(eve, code)["name"] == WORKSPACE
    ready("eve and bob see each other", lambda: eve.sees_online() == {door.bob.member}
          and door.bob.sees_online() == {eve.member})


def test_joining_in_two_halves_by_one_use_lets_both_stay_and_tells_the_owner(lan, product):
    door = Door(lan, discovery="auto")
    ada, bob = door.ada, door.bob
    door.join(bob, door.invite())
    ready("ada and bob see each other", lambda: ada.sees_online() == {bob.member} and bob.sees_online() == {ada.member})
    code = door.invite("--uses", "1")
    ready("bob's node has word of the invite", lambda: ada.digests() == bob.digests())
    eve, dan = door.node("eve"), Node(lan.host("host-dan"), "dan", "Dandelion Fell")
    for one, other in itertools.product((ada, eve), (bob, dan)):
        lan.part(one.host, other.host)
    for newcomer in (eve, dan):
        newcomer.up(*door.options)
        assert door.join(newcomer, code)["name"] == WORKSPACE
    lan.rejoin()
    everybody = {node.member for node in (ada, bob, eve, dan)}
    ready("all four see one another", lambda: all(
        node.sees_online() == everybody - {node.member} for node in (ada, bob, eve, dan)), bound=JOIN)
    surplus = {node.name: {one["user_id"] for one in node.api("GET", "/members")["items"] if one["is_surplus"]}
               for node in (ada, bob)}
    assert len(surplus["ada"]) == 1 and surplus["ada"] < {eve.member, dan.member}
    # A member who may remove nobody is not asked to judge.
    assert surplus["bob"] == set()
    listed = ada.host.run(BULLPEN, "members", "--home", ada.home, env=ada.environment).stdout
    assert listed.count("member, one more than invited") == 1


def test_joining_with_a_clock_on_which_the_invite_is_over_works_and_says_so(lan, product):
    door = Door(lan)
    code = door.invite()
    door.bob.end()
    door.bob.set_clock(DAY_AND_MORE).up(*door.options)
    said = door.bob.host.run(BULLPEN, "join", "--home", door.bob.home, code, "--name", door.bob.display_name,
                             timeout=JOIN, env=door.bob.environment).stdout
    assert "A colleague's clock is 30 h behind this machine's." in said
    assert "timedatectl" in said

    # Where nobody is reached, the own clock is all there is, and it is doubted.
    code = door.invite()
    door.ada.end()
    eve = door.node("eve").set_clock(DAY_AND_MORE).up(*door.options)
    door.bob.end()
    problem = door.refused(eve, code, exit_code=77)
    assert problem["detail"].startswith("By this machine's clock the invite expired 6 h ago, and nobody was reached")
    assert "if this machine's clock is wrong, set it" in problem["hint"]


def test_joining_through_a_member_whose_clock_is_wrong_names_the_clocks(lan, product):
    door = Door(lan)
    door.join(door.bob, door.invite())
    code = door.invite()
    ready("bob's node has word of the invite", lambda: door.ada.digests() == door.bob.digests())
    door.ada.end()
    door.bob.end()
    door.bob.set_clock(DAY_AND_MORE).up(*door.options)
    eve = door.node("eve").up(*door.options, "--peer", f"{door.bob.host.address}:{PEER_PORT}")
    problem = door.refused(eve, code, exit_code=77)
    assert problem["detail"] == (
        f"By the clock of the machine at {door.bob.host.address} the invite has expired, but that clock is 30 h ahead "
        "of this machine's: one of the two is wrong.")
    assert door.attempt(problem, door.bob)["source"] == "given"


def test_joining_a_laptop_whose_clock_is_wrong_honours_the_codes_that_it_made(lan, product):
    """They run out by the time on which the office agrees, and so the door reads them."""
    office = Office(lan).ready()
    bob = office.bob
    bob.end()
    bob.set_clock(DAY_AND_MORE).up(*office.options)
    ready("bob's node knows that its own clock is wrong", lambda: any(
        (one["kind"], one["device_id"]) == ("clock", bob.status()["device_id"]) for one in bob.status()["notices"]))
    desk = Node(office.lan.host("host-desk"), "desk", bob.display_name)
    if office.has_daemons:
        desk.host.start_avahi()
    desk.up(*office.options)
    desk.command("join", bob.command("invite", "--own-device")["code"], timeout=JOIN)
    assert desk.member == bob.member


@contextlib.contextmanager
def first_page(node):
    """The first page of a node that is in no workspace, in a browser on its own host."""
    with browser.playing() as playwright:
        chromium = browser.launch(playwright, node.host)
        try:
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(10_000)
            page.goto(node.api("POST", "/login-links")["url"])
            page.get_by_role("heading", name="Join with an invite").wait_for()
            yield page
        finally:
            chromium.close()


def test_joining_in_the_view_tells_each_step_and_what_was_tried(door):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    for number in range(30):
        door.ada.command("log", f"number {number}")
    code = door.invite()
    door.ada.end()
    with first_page(door.bob) as page:
        complaints = []
        page.on("console", lambda message: complaints.append(message.text)
                if message.type in ("error", "warning") else None)
        form = page.locator("form", has_text="Join with an invite")
        form.get_by_label("Your name").fill(door.bob.display_name)
        form.get_by_label("The invite code").fill(f"bullpen:{code}")
        # A step may be over before anybody looks, so each is written down as it is shown.
        form.get_by_role("status").evaluate("""(place) => {
          window.told = [];
          new MutationObserver((changes) => changes.forEach((change) =>
            change.addedNodes.forEach((words) => window.told.push(words.textContent))))
            .observe(place, { childList: true, subtree: true });
        }""")
        form.get_by_role("button", name="Join").click()
        form.get_by_text(f"{door.ada.host.address}:{PEER_PORT}: nothing listens there").wait_for()
        form.get_by_text("Still looking").wait_for()
        again = form.get_by_role("button", name="Try again")
        again.wait_for(timeout=JOIN * 1_000)
        form.get_by_text("1 address was tried").wait_for()
        # What is said above is not said again beside the address.
        assert "Run bullpen up on that machine" in form.get_by_role("alert").inner_text()
        assert "bullpen up" not in form.get_by_role("listitem").inner_text()
        door.ada.up()
        address = f"{door.ada.host.address}:{PEER_PORT}"
        assert page.evaluate("window.told")[1:3] == [
            "Looking for colleagues; one address is known…", f"Trying {address}, from the invite…"]
        page.evaluate("window.told = []")
        again.click()
        page.get_by_role("link", name="Inbox").first.wait_for()
        told = page.evaluate("window.told")
        steps = [f"Reached a device at {address}…", f"Showing the invite to the device at {address}…",
                 f"The device at {address} has let you in…", "Fetching the history", "You are in."]
        assert [text for text in told if text in steps] == steps, told
        assert complaints == []
