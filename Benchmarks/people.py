"""All that is measured of people who are there, in one office that grows: small rooms before large ones, so that nobody
pays for people who are not asked about."""

import subprocess

import cursors
import generators
import presence
from office import Lan, Office, Refused, acquaint, can_build

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
            acquaint(hosts)
            if tiny:
                return tiny_office(lan, hosts, bullpen, programs, folder)
            relays, skipped = cursors.through_relays(lan, hosts, sizes, programs, python, say)
            found, more, notes = grown_office(lan, hosts, bullpen, programs, folder, sizes, relays, say)
            return found, skipped + more, notes
        except (Refused, RuntimeError, OSError, subprocess.SubprocessError) as error:
            return [], [f"cursors and presence: {str(error)[:300]}"], []


def tiny_office(lan, hosts, bullpen, programs, folder):
    with Office(lan, bullpen) as office:
        office.grow(2, hosts)
        told = cursors.through_nodes(office.nodes, programs, seconds=1, settle=0)
        if not told:
            raise Refused("the generator of cursors ended early")
        crowd, skipped = presence.crowd(office, programs, folder, 5, count=1)
        return (cursors.rows(told, []) + crowd + presence.changes(office, programs, folder, [0], count=3)
                + presence.bulk(office, programs, rounds=1, requests=20)
                + presence.idle(office, settle=0, seconds=1)), skipped, []


class Findings:
    """Rows, what is left out and why, and notes; a step that fails takes only itself away."""

    def __init__(self):
        self.rows, self.skipped, self.notes = [], [], []

    def step(self, what, do):
        """Whether it was done."""
        try:
            self.rows += do() or []
            return True
        except (Refused, RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
            self.skipped.append(f"{what}: {str(error)[:300]}")
            return False


def grown_office(lan, hosts, bullpen, programs, folder, sizes, relays, say):
    found = Findings()

    def grow(people):
        say(f"an office of {people}")
        return found.step(f"an office of {people}", lambda: office.grow(people, hosts))

    def crowd():
        say(f"{SUBSCRIBERS} WebSockets of one node")
        rows, skipped = presence.crowd(office, programs, folder, SUBSCRIBERS)
        found.skipped += skipped
        return rows

    def move(people):
        say(f"cursors of {people} people through Bullpen")
        told = cursors.through_nodes(office.nodes, programs)
        if not told:
            raise Refused("not all of them were let in and kept")
        beside = [(name, figures) for (name, size), figures in relays.items() if size == people]
        for name, figures in [("Bullpen", told), *beside]:
            found.notes += cursors.notes(name, figures)
        return cursors.rows(told, beside)

    def change():
        say(f"changes of status among {len(office.nodes)} people")
        return presence.changes(office, programs, folder, LOSSES)

    def rest():
        if grow(min(PEERS + 1, len(hosts))):
            say(f"{len(office.nodes)} nodes that do nothing")
            found.step("idle nodes", lambda: presence.idle(office))

    def ask():
        say(f"presence of {len(office.nodes)} people over HTTP")
        return presence.bulk(office, programs)

    # As soon as there are so many, or as many as there will be; and before there are more.
    changers = next((size for size in sizes if size >= CHANGERS), sizes[-1])
    resting = max((size for size in sizes if size <= PEERS + 1), default=sizes[0])
    with Office(lan, bullpen) as office:
        for people in sizes:
            if not grow(people):
                break
            if people == sizes[0]:
                found.step("WebSockets of one node", crowd)
            found.step(f"cursors of {people} people through Bullpen", lambda: move(people))
            if people == changers:
                found.step("changes of status", change)
            if people == resting:
                rest()
        if office.nodes:
            found.step("presence over HTTP", ask)
    return found.rows, found.skipped, found.notes
