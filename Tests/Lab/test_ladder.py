"""How people find each other where a rung of the ladder is missing."""

import time

import pytest

from door import Door
from node import PEER_PORT
from office import Office
from waiting import ready, within


def test_an_office_with_nothing_but_ipv4(lan, product):
    office = Office(lan, daemons=False)
    for host in office.hosts:
        host.run("sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1")
    office.open().all_meet()
    office.speaks_by_its_responder()

    def endpoints():
        return {node.name: {peer["user_id"]: peer["endpoint"] for peer in node.api("GET", "/peers")["items"]}
                for node in office.all}

    assert not any("[" in endpoint for known in endpoints().values() for endpoint in known.values())
    office.a_cursor_moves()


def endpoint(node, other):
    return next(peer["endpoint"] for peer in node.api("GET", "/peers")["items"] if peer["user_id"] == other.member)


@pytest.mark.parametrize("daemons", [False, True], ids=["embedded", "system"])
def test_an_address_that_changes_where_there_is_nothing_but_ipv4(lan, product, daemons):
    office = Office(lan, daemons=daemons)
    for host in office.hosts:
        host.run("sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1")
    ada, bob, eve = office.ready().all
    for address in ("10.77.0.77", "10.77.0.78", "10.77.0.79"):
        with ada.live() as hers, eve.live() as theirs:
            bob.host.move(address)
            moved = time.monotonic()
            for node in (ada, eve):
                within(8, f"{node.name} knows where bob is now", lambda: endpoint(node, bob) == f"{address}:{PEER_PORT}",
                       since=moved)
            # What he writes comes by it, and he was there all the time.
            bob.command("log", f"at {address}")
            for node, ear in ((ada, hers), (eve, theirs)):
                within(8, f"{node.name} has what bob writes there", lambda: f"at {address}" in {
                    one["text"] for one in node.activities()}, since=moved)
                ear.settle()
                assert not any(one["type"] == "presence.update" and one["data"]["status"] == "offline" for one in ear.heard)


@pytest.mark.parametrize("daemons", [False, True], ids=["embedded", "system"])
def test_machines_with_the_longest_names_and_two_of_one_name(lan, product, daemons):
    # 63 bytes, the most that a label holds, of one and of two bytes a letter; and a name that is on the link already.
    longest, letters = "b" * 63, "ü" * 31 + "e"
    office = Office(lan, daemons=False)
    for host, name in zip(office.hosts, (longest, letters, longest)):
        assert len(name.encode()) == 63
        # The command would take no letters but those of ASCII; the kernel takes all.
        host.run("sh", "-c", f"printf %s '{name}' > /proc/sys/kernel/hostname")
    if daemons:
        office.start_daemons()
    office.open().all_meet()
    office.speaks_by_its_responder()
    for node in office.all:
        for other in office.others(node):
            within(10, f"{node.name} has found {other.name} by mDNS", lambda: "mdns" in sources(node, other))


def test_others_announce_names_as_long_as_a_label_and_longer(lan, product):
    """What strangers call their services does not keep members from finding each other."""
    office = Office(lan)
    stranger = lan.host("stranger")
    stranger.start_avahi()
    for number, name in enumerate(("n" * 63, "é" * 31 + "x", "印" * 21, "🚢" * 15 + "abc")):
        assert len(name.encode()) == 63
        stranger.start(f"publish-{number}", "avahi-publish-service", name, "_bullpen._tcp", str(5_000 + number), "v=1")
    ready("they are announced", lambda: stranger.run("avahi-browse", "-pt", "_bullpen._tcp").stdout.count("+;eth0;IPv4") >= 4)
    office.open().all_meet()
    for node in office.all:
        for other in office.others(node):
            within(10, f"{node.name} has found {other.name} by mDNS", lambda: "mdns" in sources(node, other))


@pytest.mark.parametrize("daemons", [False, True], ids=["embedded", "system"])
def test_a_name_that_somebody_else_has_taken(lan, product, daemons):
    office = Office(lan, daemons=daemons).ready()
    ada, bob, eve = office.all
    stranger = lan.host("stranger")
    stranger.start_avahi()

    def names():
        """Instance names on the link, by the address at which they are."""
        lines = (line.split(";") for line in stranger.run("avahi-browse", "-rpt", "_bullpen._tcp").stdout.splitlines())
        return {words[7]: words[3] for words in lines if words[0] == "=" and words[2] == "IPv4"}

    name = ready("bob's name is on the link", lambda: names().get(bob.host.address))
    bob.end()
    ready("it is no more", lambda: bob.host.address not in names())
    stranger.start("publish", "avahi-publish-service", name, "_bullpen._tcp", "4999", "v=1")
    ready("the stranger has it", lambda: names().get(stranger.address) == name)
    bob.host.move("10.77.0.66")
    bob.up()
    ready("bob has another", lambda: names().get(bob.host.address) == f"{name}-2")
    for node in (ada, eve):
        ready(f"{node.name} has found bob by it", lambda: f"{bob.host.address}:{PEER_PORT}" in [
            one["endpoint"] for peer in node.api("GET", "/peers")["items"] for one in peer["addresses"]
            if "mdns" in one["sources"] and peer["user_id"] == bob.member])
    office.all_meet(10, since=time.monotonic())


def sources(node, other):
    return next(peer["sources"] for peer in node.api("GET", "/peers")["items"] if peer["user_id"] == other.member)


def test_who_hears_no_mdns_is_told_of_those_whom_it_shows_to_others(lan, product):
    door = Door(lan, discovery="auto")
    ada, bob = door.ada, door.bob
    door.join(bob, door.invite())
    ready("mdns shows bob to ada", lambda: "mdns" in ada.api("GET", "/peers")["items"][0]["sources"])
    eve = door.node("eve").up("--discovery", "off")
    door.join(eve, door.invite())
    within(3, "eve and bob see each other, by ada's word",
           lambda: bob.member in eve.sees_online() and eve.member in bob.sees_online())

    assert "mdns" not in sources(eve, bob) + sources(bob, eve)
    # Whichever of the two was told first has dialed the other.
    assert "exchange" in sources(eve, bob) + sources(bob, eve)
