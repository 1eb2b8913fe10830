"""Who is here: machines that sleep, are starved, lose their cable or lose packets, and an office that comes at once."""

import signal
import time

import pytest

from office import Office
from waiting import ready, within


@pytest.fixture
def office(lan, product):
    """Three people, each with clocks of their own."""
    made = Office(lan)
    for node in made.all:
        node.with_clocks()
    return made.ready()


def shown(ear, member):
    """Every status that a view was told of a member, in order."""
    return [one["data"]["status"] for one in ear.heard
            if one["type"] == "presence.update" and one["data"]["user_id"] == member]


def sees_all(node, office):
    return node.sees_online() == {other.member for other in office.others(node)}


def sources(node, other):
    """What named the address at which another's host is now."""
    return [source for peer in node.api("GET", "/peers")["items"] if peer["user_id"] == other.member
            for one in peer["addresses"] if one["endpoint"].startswith(f"{other.host.address}:")
            for source in one["sources"]]


def hold(since, seconds):
    """So long a thing lasts, whatever was seen meanwhile."""
    time.sleep(max(0, since + seconds - time.monotonic()))


def wait_until_left(office, node, since):
    for other in office.others(node):
        within(8, f"{other.name} sees {node.name} offline", lambda: other.status_of(node) == "offline", since=since)


def is_one_person(office, node):
    """No ghost is left of who was away, and no second one has come."""
    for other in office.others(node):
        assert len(other.members()) == len(other.presence()) == 3
        assert len(other.presence()[node.member]["devices"]) == 1
        assert len(other.api("GET", "/peers")["items"]) == 2


def test_liveness_a_laptop_that_slept_is_back_at_once(office):
    ada, bob, eve = office.all
    with ada.live() as hers:
        hers.settle()
        ada.sleep()
        asleep = ada.asleep_since
        wait_until_left(office, ada, asleep)
        bob.command("log", "bob fed the cat while ada slept")
        # So long that all who look for her wait a while between two tries.
        hold(asleep, 12)
        woke = ada.wake()
        for node in (bob, eve):
            within(2, f"{node.name} sees ada again", lambda: node.status_of(ada) != "offline", since=woke)
        within(3, "ada has what was written while she slept",
               lambda: "bob fed the cat while ada slept" in {one["text"] for one in ada.activities()}, since=woke)
        # That nothing was heard of the others was her own sleep, and she takes it for nothing else.
        hers.settle()
        for node in (bob, eve):
            assert "offline" not in shown(hers, node.member)
        assert sees_all(ada, office)
    is_one_person(office, ada)
    office.agree()


def test_liveness_who_was_starved_doubts_itself(office):
    ada, bob, eve = office.all
    with ada.live() as hers:
        hers.settle()
        ada.freeze()
        wait_until_left(office, ada, ada.asleep_since)
        hold(ada.asleep_since, 10)
        thawed = ada.thaw()
        for node in (bob, eve):
            within(2, f"{node.name} sees ada again", lambda: node.status_of(ada) != "offline", since=thawed)
        # By then whoever does not answer her would be gone.
        hold(thawed, 4)
        hers.settle()
        for node in (bob, eve):
            assert "offline" not in shown(hers, node.member)
        assert sees_all(ada, office)
    is_one_person(office, ada)


@pytest.mark.parametrize("how", ["cable", "address"])
def test_liveness_a_network_that_was_away_is_back_at_once(office, how):
    ada, bob, eve = office.all
    host = bob.host
    if how == "cable":
        host.cable_out()
    else:
        host.run("ip", "link", "set", "eth0", "down")
    away = time.monotonic()
    wait_until_left(office, bob, away)
    within(8, "bob sees that he is alone", lambda: not bob.sees_online(), since=away)
    # So long that all who look for one another wait a while between two tries.
    hold(away, 10)
    if how == "cable":
        host.cable_in()
    else:
        host.move("10.77.0.77")
        host.run("ip", "link", "set", "eth0", "up")
    back = time.monotonic()
    for node in (ada, eve):
        within(2, f"{node.name} sees bob again", lambda: node.status_of(bob) != "offline", since=back)
    within(2, "bob sees both again", lambda: sees_all(bob, office), since=back)
    is_one_person(office, bob)
    office.agree()


def test_liveness_daemons_are_killed_and_start_again(office):
    ada, bob, eve = office.all
    with ada.live() as hers, bob.live() as his:
        for ear in (hers, his):
            ear.settle()
        for host in office.hosts:
            host.kill_avahi()
        office.has_daemons = False
        office.speaks_by_its_responder()
        # Whoever comes now is found by the nodes' own responders, and by the daemons when they are back. A new address
        # is known to nobody before.
        for address, start_daemons in (("10.77.0.71", False), ("10.77.0.72", True)):
            eve.end()
            eve.host.move(address)
            if start_daemons:
                for host in office.hosts:
                    host.start_avahi_alone()
                office.has_daemons = True
                for node in (ada, bob):
                    within(10, f"{node.name} speaks by the daemon again", lambda: node.status()["discovery"] == "system")
            start = time.monotonic()
            eve.up()
            office.all_meet(3, since=start)
            office.speaks_by_its_responder()
            for node in (ada, bob):
                within(10, f"{node.name} has found eve by mDNS", lambda: "mdns" in sources(node, eve))
        # Who did not restart was there all the time.
        for ear, member in ((hers, bob.member), (his, ada.member)):
            ear.settle()
            assert "offline" not in shown(ear, member)
