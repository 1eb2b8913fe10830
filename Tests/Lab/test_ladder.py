"""How people find each other where a rung of the ladder is missing."""

from door import Door
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


def test_who_hears_no_mdns_is_told_of_those_whom_it_shows_to_others(lan, product):
    door = Door(lan, discovery="auto")
    ada, bob = door.ada, door.bob
    door.join(bob, door.invite())
    ready("mdns shows bob to ada", lambda: "mdns" in ada.api("GET", "/peers")["items"][0]["sources"])
    eve = door.node("eve").up("--discovery", "off")
    door.join(eve, door.invite())
    within(3, "eve and bob see each other, by ada's word",
           lambda: bob.member in eve.sees_online() and eve.member in bob.sees_online())

    def sources(node, other):
        return next(peer["sources"] for peer in node.api("GET", "/peers")["items"] if peer["user_id"] == other.member)

    assert "mdns" not in sources(eve, bob) + sources(bob, eve)
    # Whichever of the two was told first has dialed the other.
    assert "exchange" in sources(eve, bob) + sources(bob, eve)
