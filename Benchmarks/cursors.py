"""Cursors of people in one room, from each person's WebSocket to everybody else's: through Bullpen, where each has a node
of their own, and through relays that one could pick instead, under the same generator."""

import time

import generators
from relays import RELAYS

# Moves a second of each person, and seconds that are measured.
RATE, SECONDS = 30, 10
# Seconds that newcomers' announcements by mDNS take to fall silent: an office is measured as it is, not as it begins.
SETTLE = 10


def through_relays(lan, hosts, sizes, programs, python, say):
    """What each relay did with so many people, by its name and their number; and why one is left out."""
    found, skipped = {}, []
    server = lan.host("host-relay")
    for kind, (name, relay) in RELAYS.items():
        for people in sizes:
            say(f"cursors of {people} people through {name}")
            # Anew each time, so that nobody pays for what a larger room left behind.
            with relay(server, python) as running:
                if not running:
                    skipped.append(f"{name}: it is not installed here or does not start")
                    break
                at, pids = running
                places = [f"{host.holder.pid} {at[number % len(at)][0]} {at[number % len(at)][1]} -"
                          for number, host in enumerate(hosts[:people])]
                told = generators.cursors(programs, kind, places, RATE, SECONDS, pids)
            if told:
                found[name, people] = told
            else:
                skipped.append(f"{name} with {people} people: not all of them were let in and kept")
    return found, skipped


def through_nodes(nodes, programs, seconds=SECONDS, settle=SETTLE):
    time.sleep(settle)
    return generators.cursors(programs, "bullpen", [node.place for node in nodes], RATE, seconds,
                              [node.pid for node in nodes])


# MARK: The table


def share(told):
    pairs = told["people"] - 1
    return told["delivered"] / max(told["asked"] * pairs, 1)


def cost(told):
    return told["processor"] / told["arrived"] if told["arrived"] else None


def late(told, part):
    return told[part] if told["delivered"] else None


def rows(told, relays):
    """`relays`: name and figures of each. Bullpen alone is told beside what was sent."""
    work = f"cursors of {told['people']} people"

    def row(what, kind, figure, against, theirs):
        return {"work": f"{work}, {what}", "ours": figure(told), "against": against, "theirs": theirs, "kind": kind}

    found = []
    for what, kind, figure in (("p50", "time", lambda it: late(it, "p50")), ("p99", "time", lambda it: late(it, "p99")),
                               ("processor for each delivered", "processor", cost)):
        found += [row(what, kind, figure, name, figure(it)) for name, it in relays]
    found += [row("delivered", "share", share, name, share(it)) for name, it in relays]
    if not relays:
        found += [row("p99", "time", lambda it: late(it, "p99"), f"the time between two moves at {RATE} Hz", 1 / RATE),
                  row("delivered", "share", share, "what was sent", 1)]
    return found


def notes(name, told):
    """What a reader must know to believe the numbers."""
    people, pairs = told["people"], told["people"] * (told["people"] - 1)
    found = []
    if told["pairs"] < pairs:
        found.append(f"{name} with {people} people: of {pairs} pairs {pairs - told['pairs']} never heard each other")
    if told["late"] > 0.005:
        found.append(f"{name} with {people} people: the generator itself was {told['late'] * 1000:.0f} ms late at its "
                     "p99, for the processors were full")
    return found
