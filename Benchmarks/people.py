"""All that is measured of people who are there, in one office that grows: small rooms before large ones, so that nobody
pays for people who are not asked about."""

import cursors
import generators
import presence
from office import Lan, Office, Refused, can_build

LOSSES = (0, 5, 20)
SUBSCRIBERS = 1000
# An idle node has so many peers, and so many people change their status in turns.
PEERS, CHANGERS = 20, 20


def measure(bullpen, python, sizes, folder, tiny, say):
    """Rows of the table, what is left out and why, and what else a reader must know.

    - sizes: people in the room.
    - tiny: two people and Bullpen alone, in seconds: whether the measurements still run.
    """
    obstacle = can_build()
    if obstacle:
        return [], [f"cursors and presence: {obstacle}"], []
    programs = generators.build(folder)
    if not programs:
        return [], ["cursors and presence: their load generators need a C compiler"], []
    sizes = [2] if tiny else sorted(sizes)
    with Lan() as lan:
        try:
            hosts = [lan.host(f"host-{number}") for number in range(max(sizes) + (0 if tiny else 1))]
            if tiny:
                return tiny_office(lan, hosts, bullpen, programs, folder)
            relays, skipped = cursors.through_relays(lan, hosts, sizes, programs, python, say)
            found, more, notes = grown_office(lan, hosts, bullpen, programs, folder, sizes, relays, say)
            return found, skipped + more, notes
        except (Refused, RuntimeError) as error:
            return [], [f"cursors and presence: {error}"], []


def tiny_office(lan, hosts, bullpen, programs, folder):
    with Office(lan, bullpen) as office:
        office.grow(2, hosts)
        told = cursors.through_nodes(office.nodes, programs, seconds=1)
        if not told:
            raise Refused("the generator of cursors ended early")
        crowd, skipped = presence.crowd(office, programs, folder, 5, count=1)
        return (cursors.rows(told, []) + crowd + presence.changes(office, programs, folder, [0], count=3)
                + presence.bulk(office, programs, rounds=1, requests=20)
                + presence.idle(office, settle=0, seconds=1)), skipped, []


def grown_office(lan, hosts, bullpen, programs, folder, sizes, relays, say):
    found, skipped, notes, changed, rested = [], [], [], False, False
    with Office(lan, bullpen) as office:
        for people in sizes:
            if people > PEERS + 1 and not rested:
                rested = True
                found += at_rest(office, hosts, say)
            say(f"an office of {people}")
            office.grow(people, hosts)
            if people == sizes[0]:
                say(f"{SUBSCRIBERS} WebSockets of one node")
                rows, more = presence.crowd(office, programs, folder, SUBSCRIBERS)
                found, skipped = found + rows, skipped + more
            say(f"cursors of {people} people through Bullpen")
            told = cursors.through_nodes(office.nodes, programs)
            if told:
                beside = [(name, figures) for (name, size), figures in relays.items() if size == people]
                found += cursors.rows(told, beside)
                for name, figures in [("Bullpen", told), *beside]:
                    notes += cursors.notes(name, figures)
            else:
                skipped.append(f"cursors of {people} people: the generator ended early")
            if not changed and (people >= CHANGERS or people == sizes[-1]):
                changed = True
                say(f"changes of status among {people} people")
                found += presence.changes(office, programs, folder, LOSSES)
            if people == sizes[-1]:
                say(f"presence of {people} people over HTTP")
                found += presence.bulk(office, programs)
        if not rested:
            found += at_rest(office, hosts, say)
    return found, skipped, notes


def at_rest(office, hosts, say):
    office.grow(min(PEERS + 1, len(hosts)), hosts)
    say(f"{len(office.nodes)} nodes that do nothing")
    return presence.idle(office)
