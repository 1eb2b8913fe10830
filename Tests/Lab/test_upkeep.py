"""What a node does for its disk while nobody asks it for anything."""

import contextlib
import sqlite3

import pytest

from node import Node
from office import NAMES, WORKSPACE
from waiting import ready, within

LINES = 150
LOOSE = 64  # so many small pieces of one history are joined; fewer wait


@pytest.fixture
def pair(lan, product):
    """Ada, who is alone, and Bob, who is in no workspace yet; both have clocks that a story can turn on."""
    ada, bob = (Node(lan.host(f"host-{name}"), name, NAMES[name]).with_clocks() for name in ("ada", "bob"))
    ada.command("init", "--name", ada.display_name, "--workspace", WORKSPACE)
    return ada.up("--discovery", "off"), bob


def pieces(node):
    """In how many signed pieces the disk has each history."""
    with contextlib.closing(sqlite3.connect(f"file:{node.database()}?mode=ro", uri=True)) as file:
        return sorted(count for count, in file.execute("SELECT count(*) FROM node_segments GROUP BY log"))


def test_upkeep_small_pieces_of_a_history_become_long_ones_and_a_newcomer_gets_all(pair):
    ada, bob = pair
    texts = {f"line {number}" for number in range(LINES)}
    for text in sorted(texts):
        ada.api("POST", "/activity", {"kind": "note", "text": text})
    digests = ada.digests()
    assert pieces(ada)[-1] >= LINES, "whoever writes a line at a time signs each"

    # A node looks after its disk a minute after its beginning, without being asked.
    for node in pair:
        node.clocks.leap(90)
    within(5, "ada's disk has her lines in few pieces", lambda: pieces(ada)[-1] < LOOSE)
    assert ada.digests() == digests

    bob.up("--discovery", "off")
    bob.command("join", ada.command("invite")["code"], "--name", bob.display_name, timeout=60)
    ready("bob has what ada has", lambda: bob.digests() == ada.digests())
    for node in pair:
        found = node.api("GET", "/activity?limit=100")
        rest = node.api("GET", f"/activity?limit=100&after={found['next']}")
        assert {one["text"] for one in found["items"] + rest["items"]} == texts
    assert pieces(bob)[-1] < LOOSE, "it came to him as it is there"
    for node in pair:
        node.end()
        assert all(one["is_clean"] for one in node.command("verify", timeout=120)["items"])
