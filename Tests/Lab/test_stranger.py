"""Chapter 6: what a stranger, an eavesdropper and a member with a modified program can and cannot do."""

import signal
import socket
import time

import pytest

import browser
import packets
from node import BUILT, Node
from office import NAMES, WORKSPACE, Office
from stranger import Stranger, device_key, found_services
from view import View
from waiting import never, ready, within

PEER_PORT = 4781
WORD = "gone fishing behind the print shop"
DEED = "ada ironed the blue banner"


@pytest.fixture
def office(lan, product):
    return Office(lan).ready()


def secrets(office):
    """What no stranger may learn: names, ids, words; as text, as raw bytes and in hexadecimal."""
    status = office.ada.status()
    ids = [status["workspace_id"], *(node.member for node in office.all)]
    texts = [WORKSPACE, WORD, DEED, *NAMES.values()]
    raw = [bytes.fromhex(one) for one in ids]
    return [text.encode() for text in texts] + [one.encode() for one in ids] + raw


def leaks(office, *heard):
    return [secret for secret in secrets(office) for data in heard if secret in data]


@pytest.mark.parametrize("company", [False, True], ids=["no node", "a node of another workspace"])
def test_6_a_stranger_learns_a_device_key_and_a_port_and_nothing_else(lan, office, company):
    mallory = Stranger(lan)
    with mallory.listen() as ears:
        office.ada.api("PUT", "/presence/status", {"status": "busy", "custom_status": WORD})
        office.ada.command("log", DEED)
        # The eavesdropper that a switch would not even allow: every frame at bob's own socket.
        with packets.Capture(office.bob.host) as tap:
            services = found_services(mallory, 3)
            if company:
                node = Node(mallory.host, "mallory", "Mallory of elsewhere")
                node.command("init", "--name", node.display_name, "--workspace", "Elsewhere")
                node.up("--discovery", "auto")
                never(4, "a stranger's node sees somebody",
                      lambda: node.sees_online() or len(node.members()) > 1)
                assert node.activities() == [] and node.notifications() == []
                leaked = leaks(office, *node.files().values())
                assert leaked == []
            said = []
            for address, port in services:
                if address == mallory.host.address:
                    continue
                shown, hello = mallory.knock(address, port)
                said += [shown, hello]
                for noise in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x05hello", hello):
                    said.append(mallory.knock(address, port, noise)[1])
                assert len(device_key(shown)) == 32
            office.ada.command("log", DEED + " again")
            office.agree()
            wire = [packet.frame for packet in tap.packets()] + tap.frames
        assert {address for address, _ in services} >= {node.host.address for node in office.all}
        assert tap.packets(lambda packet: packet.is_udp), "nothing was tapped, so nothing was shown"
        leaked = leaks(office, mallory.browse().encode(), *said, *wire, *ears.frames)
        assert leaked == []
    for node in office.all:
        assert len(node.members()) == 3
        assert len(node.sees_online()) == 2


def state(node):
    """All that a datagram could change."""
    presence = {member: (one["status"], one.get("custom_status"), tuple(one["rooms"]))
                for member, one in node.presence().items()}
    return presence, node.digests()


def recorded(office, count=20):
    """Datagrams of ada to bob, as they came."""
    with packets.Capture(office.bob.host) as capture:
        def enough():
            office.ada.show(custom_status=f"fidget {len(capture.frames)}")
            found = capture.packets(lambda p: p.is_udp and not p.outgoing and p.destination_port == PEER_PORT
                                    and p.source in (office.ada.host.address, office.ada.host.link_local))
            return found if len(found) >= count else None

        return ready(f"{count} datagrams of ada", enough)[:count]


def total(drops):
    return sum(drops.values())


def grown(before, after):
    return {reason: count - before.get(reason, 0) for reason, count in after.items() if count > before.get(reason, 0)}


def test_6_replayed_datagrams_change_nothing_and_are_counted(lan, office):
    mallory = lan.host("host-mallory")
    bob = office.bob
    recording = recorded(office)
    office.ada.show(custom_status="settled")
    ready("bob has ada's last word", lambda: bob.presence()[office.ada.member]["custom_status"] == "settled")
    before, drops = state(bob), bob.drops()
    with packets.Wire(mallory) as wire:
        for packet in recording:
            wire.send(packets.rebuilt(packet))
        within(2, "each replay is counted", lambda: grown(drops, bob.drops()).get("replay", 0) >= len(recording))
    assert state(bob) == before
    assert grown(drops, bob.drops()) == {"replay": len(recording)}

    bob.end()
    bob.up()
    ready("bob is back", lambda: len(bob.sees_online()) == 2)
    ready("bob has ada's last word", lambda: bob.presence()[office.ada.member]["custom_status"] == "settled")
    office.agree()
    before, drops = state(bob), bob.drops()
    with packets.Wire(mallory) as wire:
        for packet in recording:
            wire.send(packets.rebuilt(packet))
        within(2, "each recording of an earlier session is counted",
               lambda: total(grown(drops, bob.drops())) >= len(recording))
    assert state(bob) == before
    assert grown(drops, bob.drops()) == {"unknown_connection": len(recording)}


def test_6_bit_flipped_datagrams_change_nothing_and_are_counted(lan, office):
    mallory = lan.host("host-mallory")
    bob = office.bob
    packet = recorded(office, 1)[0]
    office.ada.show(custom_status="settled")
    ready("bob has ada's last word", lambda: bob.presence()[office.ada.member]["custom_status"] == "settled")
    before, drops = state(bob), bob.drops()
    # Every bit of the header, and every seventh of what is sealed: version 1, connection id 8, sequence 8, rest.
    bits = sorted({*range(17 * 8), *range(17 * 8, len(packet.payload) * 8, 7)})
    with packets.Wire(mallory) as wire, mallory.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        for bit in bits:
            wire.send(packets.rebuilt(packet, packets.flipped(packet.payload, bit)))
        # Cut short, empty of meaning, and too long.
        shapes = [packet.payload[:length] for length in (1, 16, 17, 40, len(packet.payload) - 1)] + [bytes(1_400)]
        for shape in shapes:
            plain.sendto(shape, (bob.host.address, PEER_PORT))
        sent = len(bits) + len(shapes)
        within(3, "each flipped or cut datagram is counted", lambda: total(grown(drops, bob.drops())) >= sent)
    assert state(bob) == before
    counted = grown(drops, bob.drops())
    assert total(counted) == sent
    assert counted["version"] == 8
    assert counted["unknown_connection"] >= 64
    assert counted["authentication"] >= len(bits) - 8 - 64
    ready("ada is still heard", lambda: bob.status_of(office.ada) != "offline")


def test_6_a_member_who_writes_in_anothers_name_is_refused_by_every_node(office):
    ada, bob, eve = office.all
    eve.command("log", "eve was here")
    office.agree()
    names = bob.members()
    before = ada.digests()
    eve.end()
    database, key = eve.database(), eve.key_file()
    lie = "ada broke the good teapot"
    for deed, text in (("activity", lie), ("rename", "Ada the Teapot Breaker")):
        eve.host.run(BUILT / "forge", database, key, ada.member, deed, text)
    eve.up()
    for node in (ada, bob):
        within(5, f"{node.name} refuses both forgeries", lambda: node.status()["refused_changes"] >= 2)
    for node in (ada, bob):
        assert lie not in {one["text"] for one in node.activities()}
        assert node.members() == names
        assert node.digests() == before
    # Who wrote what in whose name, when and why it is not believed.
    listed = ada.command("security")["items"]
    assert {(one["user_id"], one["owner_id"], one["table"], one["reason"]) for one in listed} == {
        (eve.member, ada.member, "activities", "author"), (eve.member, ada.member, "members", "author")}
    for one in listed:
        assert eve.display_name in one["detail"] and ada.display_name in one["detail"] and one["hint"]
        assert abs(one["stamped_at"] / 1000 - time.time()) < 60
    if not browser.obstacle():
        with browser.playing() as playwright:
            view = View(playwright, ada, (1280, 800))
            try:
                view.page.goto(view.page.url.split("#")[0] + "#/node")
                view.page.get_by_text(f"only {ada.display_name} may write that").first.wait_for()
                assert view.complaints == []
            finally:
                view.close()
    # What an honest hand of hers writes afterwards is taken: a bad change does not block its neighbours.
    eve.command("log", "eve is sorry")
    for node in (ada, bob):
        ready(f"{node.name} has eve's next word", lambda: "eve is sorry" in {
            one["text"] for one in node.activities()})
    office.agree(nodes=[ada, bob])
    eve.end(signal.SIGTERM)
