"""Why can't I see Bob? Each fault, planted, is what the doctor names, and its lines mend it."""

import contextlib
import json
import signal
import socket

import pytest

import browser
from door import DAY_AND_MORE, Door, forget_neighbours, let_mdns_alone_pass
from foreign import Foreign
from homes import forget_addresses, lose_history
from namespaces import end
from node import BULLPEN, PEER_PORT
from office import WORKSPACE
from view import View
from visitor import firewall
from waiting import TooLate, ready

MDNS_PORT = 5353
MDNS = "{ 01:00:5e:00:00:fb, 33:33:00:00:00:fb }"


class Asked:
    """What `bullpen doctor` says to whoever sits at a node."""

    def __init__(self, node, person=None):
        words = [person.display_name] if person else []
        done = node.host.run(BULLPEN, "doctor", "--home", node.home, "--json", *words, check=False, timeout=60,
                             env=node.environment)
        self.exit_code = done.returncode
        assert done.stdout.strip(), done.stderr
        self.report = json.loads(done.stdout)
        assert "verdicts" in self.report, self.report
        self.codes = [one["code"] for one in self.report["verdicts"]]
        self.first = self.report["verdicts"][0]

    def lines(self, tool):
        return next(one["lines"] for one in self.first["remedies"] if one["tool"] == tool)

    def interface(self, name="eth0"):
        return next(one for one in self.report["interfaces"] if one["name"] == name)

    def __repr__(self):
        return f"{self.exit_code}: {self.report['verdicts']}"


def comes_to(code, node, person=None, bound=60, before=lambda: None):
    """Asks until the first verdict is this one: a fault that was planted a moment ago shows itself after a while."""
    last = []

    def asked():
        before()
        last[:] = [Asked(node, person)]
        return last[0] if last[0].first["code"] == code else None

    try:
        return ready(f"the doctor of {node.name} comes to {code}", asked, bound=bound, every=0.5)
    except TooLate as error:
        raise AssertionError(f"{error}; it said {last}") from error


def carry_out(host, lines):
    for line in lines:
        host.run("sh", "-ec", line.removeprefix("sudo "))


def heal(host):
    host.run("nft", "add table inet filter; delete table inet filter")


def meet(door):
    door.join(door.bob, door.invite())
    see_each_other(door)
    return door


def see_each_other(door):
    ready("ada and bob see each other", lambda: door.ada.sees_online() == {door.bob.member}
          and door.bob.sees_online() == {door.ada.member})
    # Presence is ahead of history, which brings the names that the doctor is asked by.
    ready("both know the other's name", lambda: all(
        {door.ada.display_name, door.bob.display_name} <= set(node.members().values()) for node in (door.ada, door.bob)))


@pytest.mark.parametrize("daemons", [False, True], ids=["embedded", "system"])
def test_doctor_of_an_office_in_which_all_is_well(lan, product, daemons):
    door = Door(lan, discovery="auto")
    alone = comes_to("nobody_else", door.ada)
    assert alone.exit_code == 2 and "bullpen invite" in alone.first["hint"]
    for host in lan.hosts if daemons else []:
        host.start_avahi()
    meet(door)
    expected = "system" if daemons else "embedded"
    ready("both speak by that responder",
          lambda: {node.status()["discovery"] for node in (door.ada, door.bob)} == {expected})
    for node, other in ((door.ada, door.bob), (door.bob, door.ada)):
        well = comes_to("nothing_wrong", node, other)
        assert well.exit_code == 0
        assert other.display_name in well.first["detail"]
        seen = well.interface()
        assert (seen["mdns"], seen["is_up"], seen["kind"]) == ("heard", True, "link")
        assert seen["sent"]["packets"] > 0 and seen["heard"]["packets"] > 0
    if daemons:
        lan.hosts[1].stop_avahi()
        lan.hosts[1].start_avahi()
        ready("the daemon's coming back is told",
              lambda: "mdns_restarted" in Asked(door.bob).codes)
    door.ada.end()
    stopped = comes_to("not_running", door.ada)
    assert stopped.exit_code == 69 and "`bullpen up`" in stopped.first["hint"]


def test_doctor_where_a_colleagues_node_was_killed(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    ada.end(signal.SIGKILL)
    dead = comes_to("node_not_running", bob, ada)
    # Whoever asks at a terminal sees each step before the answer.
    screen = bob.host.run("script", "-qec", f"{BULLPEN} doctor --home {bob.home} '{ada.display_name}'", "/dev/null",
                          check=False, env=bob.environment).stdout.replace("\r", "")
    steps, answer = screen.split(f"{ada.display_name}'s device", 1)
    assert f"{ada.host.address}:{PEER_PORT}" in steps and "no node listens" in answer, screen
    assert dead.exit_code == 2
    assert f"{ada.host.address} is there, but no node listens on its port {PEER_PORT}" in dead.first["detail"]
    assert "`bullpen up`" in dead.first["hint"]
    ada.up(*door.options)
    see_each_other(door)


def test_doctor_tries_what_was_given_by_hand_and_leads_to_nobody(lan, product):
    door = Door(lan)
    ada, bob = door.ada, door.bob
    ada.end()
    ada.up(*door.options, "--peer", bob.host.address)

    def given():
        found = [one for one in Asked(ada).report["verdicts"] if one["code"] == "given_unanswered"]
        return found[0] if found else None

    # A node that is no member's.
    stranger = ready("that bob's node is not in the workspace", given)
    assert stranger["severity"] == "warning" and "is not in it" in stranger["detail"]
    assert f"`--peer {bob.host.address}`" in stranger["detail"] and "`bullpen invite`" in stranger["hint"]
    bob.end()
    silent = ready("that no node listens there", lambda: "no node listens" in given()["detail"] and given())
    assert f"port {PEER_PORT}" in silent["detail"] and "`bullpen up`" in silent["hint"]
    bob.up(*door.options)
    meet(door)
    assert given() is None


def test_doctor_past_a_firewall_and_its_line_opens_it(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    # From the beginning: what ada's machine sends would go on to be heard.
    ada.end()
    firewall(ada.host, "meta l4proto icmpv6 accept", 'iifname "eth0" drop')
    ada.up(*door.options)
    ready("bob misses ada", lambda: bob.sees_online() == set())
    blocked = comes_to("firewall", bob, ada, before=lambda: forget_neighbours(bob.host))
    assert "a firewall on that machine is suspected" in blocked.first["detail"]
    carry_out(ada.host, blocked.lines("nftables"))
    comes_to("nothing_wrong", bob, ada)


def test_doctor_where_the_wifi_keeps_its_clients_apart(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    lan.part(ada.host, bob.host)
    ready("bob misses ada", lambda: bob.sees_online() == set())
    apart = comes_to("asleep_or_isolated", bob, ada, before=lambda: forget_neighbours(bob.host))
    assert "client isolation" in apart.first["detail"] and "guest network" in apart.first["hint"]
    lan.rejoin()
    comes_to("nothing_wrong", bob, ada)


def test_doctor_where_the_wifi_lets_mdns_alone_pass(lan, product):
    door = meet(Door(lan, discovery="auto"))
    ada, bob = door.ada, door.bob
    ready("mdns shows ada to bob", lambda: "mdns" in bob.api("GET", "/peers")["items"][0]["sources"])
    let_mdns_alone_pass(lan, ada.host, bob.host)
    ready("bob misses ada", lambda: bob.sees_online() == set())
    apart = comes_to("client_isolation", bob, ada, before=lambda: forget_neighbours(bob.host))
    assert "client isolation of the Wi-Fi is suspected" in apart.first["detail"]
    lan.rejoin()
    comes_to("nothing_wrong", bob, ada)


def test_doctor_where_a_node_is_of_another_version(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    bob.end()
    with Foreign(bob, PEER_PORT):
        other = comes_to("other_version", ada, bob)
        assert f"Its node at {bob.host.address} speaks another version" in other.first["detail"]
        assert other.first["hint"] == "Install the same version of Bullpen on both machines."
    bob.up(*door.options)
    see_each_other(door)
    comes_to("nothing_wrong", ada, bob)


def test_doctor_where_a_node_breaks_off_amid_the_greeting(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    bob.end()
    with Foreign(bob, PEER_PORT, breaks_off=True):
        broken = comes_to("broken_off", ada, bob)
        assert f"Its node at {bob.host.address} broke off while the two greeted" in broken.first["detail"]
        assert (broken.exit_code, broken.first["severity"]) == (2, "fault")
        assert "Try again" in broken.first["hint"]
    bob.up(*door.options)
    see_each_other(door)
    comes_to("nothing_wrong", ada, bob)


def test_doctor_brings_back_whom_nobody_has_dialed_since(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob

    def again():
        # Nobody is dialed often who did not answer for long, so the doctor mostly comes first.
        lan.part(ada.host, bob.host)
        for node in (ada, bob):
            ready(f"{node.name} sees nobody", lambda: node.sees_online() == set())
        comes_to("asleep_or_isolated", bob, ada, before=lambda: forget_neighbours(bob.host))
        lan.rejoin()
        asked = Asked(bob, ada)
        return asked if "reached_again" in asked.codes else None

    back = ready("the doctor reaches ada first", again, bound=180)
    note = next(one for one in back.report["verdicts"] if one["code"] == "reached_again")
    assert note["severity"] == "note" and "was not connected, and answered just now" in note["detail"]
    assert back.exit_code == 0 and back.first["code"] == "nothing_wrong"
    see_each_other(door)


def test_doctor_where_somebody_else_answers_or_the_network_is_another(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    eve = door.node("eve").up(*door.options)
    door.join(eve, door.invite())
    ready("ada sees both", lambda: ada.sees_online() == {bob.member, eve.member})
    for node in (bob, eve):
        node.end()
    with Foreign(eve, PEER_PORT, at=bob.host):
        other = comes_to("other_device", ada, bob)
        assert f"At {bob.host.address}:{PEER_PORT} another device answers" in other.first["detail"]
    server = bob.host.start("server", "python3", "-m", "http.server", str(PEER_PORT))
    other = comes_to("not_bullpen", ada, bob)
    assert "is no Bullpen node" in other.first["detail"] and "`bullpen up`" in other.first["hint"]
    end(server)
    # Ada takes her laptop to another floor, where the addresses of this one are nobody's.
    ada.host.move("10.99.0.1")
    ada.host.run("ip", "route", "add", "default", "via", "10.99.0.254")
    floor = comes_to("other_subnet", ada, bob)
    assert bob.host.address in floor.first["detail"]


def test_doctor_where_half_of_what_is_sent_is_dropped(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    firewall(bob.host, f"udp dport {PEER_PORT} drop")
    half = comes_to("datagrams_blocked", bob, ada)
    assert "connected by TCP" in half.first["detail"] and "not visible to you" in half.first["detail"]
    carry_out(bob.host, half.lines("nftables"))
    comes_to("nothing_wrong", bob, ada)
    heal(bob.host)

    firewall(ada.host, 'iifname "eth0" meta l4proto tcp drop')
    other = comes_to("connections_blocked", bob, ada)
    assert "drops TCP" in other.first["detail"]
    carry_out(ada.host, other.lines("nftables"))
    heal(ada.host)
    comes_to("nothing_wrong", bob, ada)


def test_doctor_where_multicast_is_dropped(lan, product):
    # As at a switch that filters it, from the beginning: whoever is invited finds the others by the invite.
    lan.at_switch("nft", f"add rule bridge lab cut ether daddr {MDNS} drop")
    door = meet(Door(lan, discovery="auto"))
    note = ready("that mDNS does not show ada", lambda: next(
        (one for one in Asked(door.bob).report["verdicts"] if one["code"] == "mdns_not_carried"), None))
    assert door.ada.display_name in note["detail"] and note["severity"] == "note"
    firewall(door.bob.host, "udp dport 5353 drop")
    deaf = comes_to("mdns_not_heard", door.bob)
    assert deaf.exit_code == 2 and "eth0" in deaf.first["detail"]
    assert deaf.interface()["mdns"] == "silent"
    carry_out(door.bob.host, deaf.lines("nftables"))
    comes_to("nothing_wrong", door.bob)


def test_doctor_on_a_machine_that_is_on_no_network(lan, product):
    door = Door(lan)
    bob = door.bob
    bob.end()
    bob.interface = None
    bob.up(*door.options)
    meet(door)
    # As on many a laptop: containers and a VPN.
    for name, number in (("docker0", 17), ("wg0", 18)):
        bob.host.link(name, f"172.{number}.0.1/16")
    comes_to("nothing_wrong", bob, door.ada)
    bob.host.run("ip", "link", "set", "eth0", "down")
    virtual = comes_to("virtual_only", bob, door.ada)
    assert virtual.exit_code == 2
    assert all(name in virtual.first["detail"] for name in ("docker0", "wg0", "Down: eth0"))
    assert "node_not_running" not in virtual.codes and "other_subnet" not in virtual.codes
    for name in ("docker0", "wg0"):
        bob.host.run("ip", "link", "del", name)
    down = comes_to("interface_down", bob)
    assert down.first["detail"].startswith("eth0 is down")
    carry_out(bob.host, down.lines("ip"))
    comes_to("nothing_wrong", bob, door.ada)
    bob.host.cable_out()
    assert comes_to("interface_down", bob).interface()["is_up"] is False
    bob.host.cable_in()
    comes_to("nothing_wrong", bob, door.ada)


def test_doctor_where_no_address_is_known(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    ada.end()
    bob.end()
    forget_addresses(bob.database())
    bob.up(*door.options)
    lost = comes_to("no_address", bob, ada)
    assert lost.exit_code == 2 and "No address of it is known" in lost.first["detail"]
    assert "`bullpen up --peer HOST:PORT`" in lost.first["hint"]
    ada.up("--discovery", "off", "--peer", bob.host.address)
    see_each_other(door)
    comes_to("nothing_wrong", bob, ada)


def test_doctor_does_not_say_that_somebody_hides(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    # No fault, but good to know where somebody is missed.
    assert comes_to("nothing_wrong", bob).codes == ["nothing_wrong", "mdns_off"]
    ada.api("PUT", "/presence/settings", {"appear_offline": True})
    ready("ada is not seen", lambda: bob.sees_online() == set())
    hidden = comes_to("offline_or_hidden", bob, ada)
    assert hidden.exit_code == 2
    assert hidden.first["detail"] == f"{ada.display_name} is offline or not visible to you."
    ada.api("PUT", "/presence/settings", {"appear_offline": False})
    see_each_other(door)
    comes_to("nothing_wrong", bob, ada)


def test_doctor_where_a_colleague_has_left_while_nobody_heard(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    bob.command("init", "--another", "--name", bob.display_name, "--workspace", "Attic")
    ada.end()
    bob.command("leave", "--yes", WORKSPACE)
    ada.up(*door.options)
    gone = comes_to("not_recognised", ada, bob)
    assert gone.exit_code == 2 and f"{bob.host.address} does not take this device" in gone.first["detail"]
    assert "may have left the workspace" in gone.first["hint"]
    # Whoever is in no workspace any more is a new device.
    bob.command("leave", "--yes")
    assert comes_to("other_device", ada, bob).exit_code == 2


def test_doctor_where_nobody_gives_out_addresses(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    bob.host.run("ip", "address", "flush", "dev", "eth0")
    lonely = comes_to("no_network", bob, ada)
    assert lonely.exit_code == 2 and "eth0 is up but has no address" in lonely.first["detail"]
    assert lonely.codes == ["no_network"]


def test_doctor_where_another_program_has_the_port_of_mdns(lan, product):
    door = Door(lan)
    with contextlib.closing(door.bob.host.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as other:
        # It lets nobody share it, over IPv4 either.
        other.bind(("::", MDNS_PORT))
        door.bob.end()
        door.bob.up("--discovery", "auto")
        meet(door)
        failing = comes_to("mdns_failing", door.bob)
        assert failing.exit_code == 2 and "mDNS does not work here" in failing.first["detail"]
        assert "`bullpen up --peer HOST:PORT`" in failing.first["hint"]
    mended = comes_to("nothing_wrong", door.bob, door.ada, bound=90)
    assert mended.exit_code == 0


def test_doctor_where_the_daemon_of_mdns_hangs_at_the_start(lan, product):
    door = Door(lan, discovery="auto")
    bob = door.bob
    bob.host.start_avahi()
    meet(door)
    comes_to("nothing_wrong", bob, door.ada)
    bob.end()
    daemon = bob.host.daemons[-1]
    daemon.send_signal(signal.SIGSTOP)
    try:
        bob.up(*door.options)
        starting = comes_to("mdns_starting", bob, bound=20)
        assert starting.first["severity"] == "warning" and "who is near is not known yet" in starting.first["detail"]
        assert "in a few seconds" in starting.first["hint"]
    finally:
        daemon.send_signal(signal.SIGCONT)
    comes_to("nothing_wrong", bob, door.ada)


def test_doctor_names_who_announces_what_they_do_not_send(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    eve = door.node("eve").up(*door.options)
    door.join(eve, door.invite())
    device = eve.status()["device_id"]
    ready("bob and eve see each other", lambda: eve.member in bob.sees_online() and bob.member in eve.sees_online())
    ada.end()
    eve.command("log", "while ada is away")
    ready("bob has what eve wrote", lambda: "while ada is away" in {one["text"] for one in bob.activities()})
    eve.end()
    bob.end()
    lose_history(bob.database(), device)
    bob.up(*door.options)
    ada.up(*door.options)
    see_each_other(door)
    withheld = comes_to("withholding", ada, bob)
    assert withheld.first["detail"].startswith(bob.display_name)
    assert "announces changes that it does not send" in withheld.first["detail"]
    assert "`bullpen verify`" in withheld.first["hint"]
    # Whoever has them is asked.
    eve.up(*door.options)
    ready("ada has what eve wrote", lambda: "while ada is away" in {one["text"] for one in ada.activities()})


def test_doctor_names_a_wrong_clock_and_who_was_removed(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob
    bob.end()
    bob.set_clock(DAY_AND_MORE).up(*door.options)
    see_each_other(door)
    wrong = comes_to("clock", ada, bob)
    assert f"{bob.display_name}'s clock is 30 h ahead of this machine's" in wrong.first["detail"]
    assert "timedatectl" in wrong.first["hint"]
    bob.end()
    bob.set_clock(0).up(*door.options)
    see_each_other(door)
    comes_to("nothing_wrong", ada, bob)
    member = bob.member
    ada.api("DELETE", f"/members/{member}")
    former = comes_to("former_member", ada, bob)
    assert former.exit_code == 2
    assert former.first["detail"] == (
        f"{bob.display_name} is no longer in this workspace: {ada.display_name} removed their last device.")
    cut = comes_to("removed", bob)
    assert cut.exit_code == 2 and ada.display_name in cut.first["detail"]


def test_doctor_where_a_disk_was_put_back(lan, product):
    door = meet(Door(lan))
    ada, bob = door.ada, door.bob

    def written(node):
        return {one["text"] for one in node.activities()}

    bob.end()
    files = bob.database().parent.glob("bullpen.sqlite*")
    disk = {path: path.read_bytes() for path in files if not path.name.endswith("-shm")}
    bob.up(*door.options)
    see_each_other(door)
    bob.command("log", "before")
    ready("ada has what bob wrote", lambda: "before" in written(ada))
    bob.end()
    for path, content in disk.items():
        # The same file with other bytes: nothing but these tells.
        with open(path, "r+b") as file:
            file.truncate(0)
            file.write(content)
    lan.cut_off(bob.host)
    bob.up(*door.options)
    bob.command("log", "after")
    lan.rejoin()
    see_each_other(door)
    for node in (ada, bob):
        ready(f"{node.name} has both", lambda: {"before", "after"} <= written(node))
        # Nothing is lost, so it keeps nobody from anything.
        asked = comes_to("nothing_wrong", node, bob)
        fork = next(one for one in asked.report["verdicts"] if one["code"] == "fork")
        assert f"{bob.display_name}'s device" in fork["detail"] and "in 2 versions since" in fork["detail"]
        assert "put back to an earlier state" in fork["detail"] and "`bullpen leave`" in fork["hint"]
        assert fork["device_id"] == bob.status()["device_id"]
        # Nobody else's history has.
        assert "fork" not in Asked(node, ada).codes
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    with browser.playing() as playwright, contextlib.closing(View(playwright, ada, (1280, 900))) as view:
        view.press("g", "c")
        told = view.page.locator(".connections .notices")
        told.get_by_text(f"The history of {bob.display_name}'s device").wait_for()
        told.get_by_text("bullpen leave").wait_for()
        assert view.complaints == []


def test_doctor_in_the_view_tells_each_step_and_what_to_do(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    door = meet(Door(lan))
    door.ada.end(signal.SIGKILL)
    ready("bob misses ada", lambda: door.bob.sees_online() == set())
    with browser.playing() as playwright, contextlib.closing(View(playwright, door.bob, (1280, 900))) as view:
        page = view.page
        view.press("g", "c")
        page.get_by_role("heading", level=1, name="Connections").wait_for()
        page.locator("#page").get_by_text("offline or not visible to you").wait_for()
        page.locator("#page").get_by_text(f"{door.ada.host.address}:{PEER_PORT}").first.wait_for()
        # A step may be over before anybody looks, so each is written down as it is shown.
        page.evaluate("""() => {
          window.told = [];
          new MutationObserver((changes) => changes.filter((change) => change.target.matches?.(".doctor .progress"))
            .forEach((change) => change.addedNodes.forEach((words) => window.told.push(words.textContent))))
            .observe(document.body, { childList: true, subtree: true });
        }""")
        page.get_by_role("button", name="Why can’t I see them?").click()
        page.get_by_role("heading", name=f"Why can’t I see {door.ada.display_name}?").wait_for()
        page.locator(".verdict[data-severity=fault]").get_by_text("no node listens on its port").wait_for(timeout=20_000)
        told = page.evaluate("window.told")
        assert told[0] == "One moment…" and any(f"{door.ada.host.address}:{PEER_PORT}" in text for text in told), told
        page.get_by_text("What was sent and heard").click()
        page.get_by_role("rowheader", name="eth0").wait_for()
        # What was found is there for whoever comes back.
        view.press("g", "p")
        page.get_by_role("heading", level=1, name="People").wait_for()
        view.press("g", "c")
        page.get_by_text("Looked at").wait_for()
        assert view.complaints == []
