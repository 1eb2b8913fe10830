"""The lab itself: hosts, daemons, cables, loss, partitions and captured packets are what they claim to be."""

import json
import os
import re
import socket
import time

import pytest

import browser
import packets
from clocks import Clocks
from waiting import ready, within


def listener(host, port=9000):
    made = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("0.0.0.0", port))
    made.settimeout(2)
    return made


def heard(receiver, seconds=0.3):
    receiver.settimeout(seconds)
    try:
        return receiver.recv(2_000)
    except TimeoutError:
        return None


def sender(host):
    made = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host.address, 9001))
    return made


def test_a_service_published_on_one_host_is_browsed_on_the_other(lan):
    ada, bob = lan.host("host-ada"), lan.host("host-bob")
    ada.start_avahi()
    bob.start_avahi()
    ada.start("publish", "avahi-publish", "-s", "probe", "_labprobe._tcp", "4781", "v=1")
    found = ready("the service on the other host", lambda: re.search(
        r"=;eth0;IPv4;probe;_labprobe._tcp;local;[^;]*;([^;]*);4781;",
        bob.run("avahi-browse", "-rptk", "_labprobe._tcp").stdout), bound=10)
    assert found.group(1) == ada.address
    assert re.search(r"=;eth0;IPv6;probe;", bob.run("avahi-browse", "-rptk", "_labprobe._tcp").stdout)


def test_a_host_is_a_machine_of_its_own(lan):
    ada, bob = lan.host("host-ada"), lan.host("host-bob")
    assert ada.run("hostname").stdout.strip() == "host-ada"
    assert ada.run("cat", "/etc/machine-id").stdout != bob.run("cat", "/etc/machine-id").stdout
    assert not ada.path("/run/dbus/system_bus_socket").exists()
    links = re.findall(r"^\d+: ([^:@]+)", ada.run("ip", "-o", "link").stdout, re.M)
    assert sorted(links) == ["eth0", "lo"]
    assert "default" not in ada.run("ip", "route").stdout
    assert ada.link_local.startswith("fe80::")


def test_a_pulled_cable_stops_every_packet_and_takes_the_carrier(lan):
    ada, bob = lan.host("host-ada"), lan.host("host-bob")
    with listener(bob) as ear, sender(ada) as mouth:
        mouth.sendto(b"one", (bob.address, 9000))
        assert heard(ear, 2) == b"one"
        bob.cable_out()
        within(1, "the carrier goes with the cable",
               lambda: "NO-CARRIER" in bob.run("ip", "link", "show", "eth0").stdout)
        mouth.sendto(b"two", (bob.address, 9000))
        assert heard(ear) is None
        bob.cable_in()
        ready("the carrier is back", lambda: "NO-CARRIER" not in bob.run("ip", "link", "show", "eth0").stdout)

        def again():
            mouth.sendto(b"three", (bob.address, 9000))
            return heard(ear, 0.1) == b"three"

        within(2, "packets flow again", again)


def test_a_partition_cuts_one_pair_only(lan):
    ada, bob, eve = lan.host("host-ada"), lan.host("host-bob"), lan.host("host-eve")
    with listener(bob) as bobs, listener(eve) as eves, sender(ada) as mouth:
        lan.part(ada, bob)
        mouth.sendto(b"x", (bob.address, 9000))
        mouth.sendto(b"x", (eve.address, 9000))
        assert heard(eves, 2) == b"x"
        assert heard(bobs) is None
        lan.rejoin()

        def again():
            mouth.sendto(b"y", (bob.address, 9000))
            return heard(bobs, 0.1) == b"y"

        within(5, "the pair is joined again", again)


def test_a_fifth_of_the_packets_is_lost(lan):
    ada, bob = lan.host("host-ada"), lan.host("host-bob")
    with listener(bob) as ear, sender(ada) as mouth:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        mouth.sendto(b"meet", (bob.address, 9000))
        assert heard(ear, 2) == b"meet"
        ada.lose(20)
        sent = 2_000
        for _ in range(sent):
            try:
                mouth.sendto(b"x", (bob.address, 9000))
            except PermissionError:  # the sender is told of a drop in its own output chain
                pass
        got = 0
        while heard(ear):
            got += 1
        assert got == sent - ada.lost()
        assert 0.74 < got / sent < 0.86
        ada.lose(0)
        mouth.sendto(b"done", (bob.address, 9000))
        assert heard(ear, 2) == b"done"


@pytest.mark.parametrize("family", ["IPv4", "IPv6"])
def test_a_captured_datagram_can_be_replayed_and_bit_flipped_by_a_third_host(lan, family):
    ada, bob, mallory = lan.host("host-ada"), lan.host("host-bob"), lan.host("host-mallory")
    six = family == "IPv6"
    kind = socket.AF_INET6 if six else socket.AF_INET
    with bob.socket(kind, socket.SOCK_DGRAM) as ear, ada.socket(kind, socket.SOCK_DGRAM) as mouth:
        scope = _interface_index(ada) if six else None
        ear.bind(("::" if six else "0.0.0.0", 9000))
        target = (bob.link_local, 9000, 0, scope) if six else (bob.address, 9000)
        with packets.Capture(bob) as capture:
            mouth.sendto(b"a datagram of ada", target)
            assert heard(ear, 2) == b"a datagram of ada"
            caught = ready("the datagram in the capture",
                           lambda: capture.packets(lambda p: p.is_udp and p.destination_port == 9000))[0]
        assert caught.payload == b"a datagram of ada"
        with packets.Wire(mallory) as wire:
            wire.send(packets.rebuilt(caught))
            assert heard(ear, 2) == b"a datagram of ada"
            wire.send(packets.rebuilt(caught, packets.flipped(caught.payload, 0)))
            assert heard(ear, 2) == b"` datagram of ada"


def _interface_index(host):
    return int(host.run("ip", "-o", "link", "show", "eth0").stdout.split(":")[0])


# Says what its clocks say, now and after its wall clock was set; then how late a timer of its boot clock goes off.
CLOCK_READER = """
import ctypes, json, os, struct, time
clocks = (time.CLOCK_REALTIME, time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC)
say = lambda: print(json.dumps([time.clock_gettime(clock) for clock in clocks]), flush=True)
start = time.time()
say()
while time.time() < start + 1_000: time.sleep(0.01)
say()
c = ctypes.CDLL(None)
timer, due = c.timerfd_create(time.CLOCK_BOOTTIME, 0), time.clock_gettime(time.CLOCK_BOOTTIME) + 0.2
c.timerfd_settime(timer, 1, struct.pack("=4q", 0, 0, int(due), int(due % 1 * 1e9)), None)
os.read(timer, 8)
print(time.clock_gettime(time.CLOCK_BOOTTIME) - due)
"""


def test_a_process_has_the_clocks_that_a_story_gives_it(lan):
    host = lan.host("host-ada")
    clocks = Clocks(host.directory / "clocks")
    clocks.set(wall=-500, boot=60, awake=-5)

    def ahead(line):
        real = [time.clock_gettime(clock) for clock in (time.CLOCK_REALTIME, time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC)]
        return [read - now for read, now in zip(json.loads(line), real)]

    reader = host.start("reader", "python3", "-c", CLOCK_READER, env={**os.environ, **clocks.environment})
    lines = ready("the clocks", lambda: host.logs["reader"].read_text().splitlines())
    assert ahead(lines[0]) == pytest.approx([-500, 60, -5], abs=5)
    clocks.leap(3_600, "wall", "boot")
    assert reader.wait(10) == 0
    _, line, late = host.logs["reader"].read_text().splitlines()
    assert ahead(line) == pytest.approx([3_100, 3_660, -5], abs=5)
    assert 0 <= float(late) < 1


def test_processes_and_namespaces_end_with_the_lan(lan):
    ada = lan.host("host-ada")
    sleeper = ada.start("sleeper", "sleep", "1000")
    holders = [ada.holder, lan.switch]
    directory = lan.directory
    lan.close()
    assert all(process.poll() is not None for process in [sleeper, *holders])
    assert not directory.exists()
    lan.__init__()  # so that the fixture has something to close


def test_a_browser_inside_a_host_sees_only_that_host(lan):
    ada = lan.host("host-ada")
    page_directory = ada.directory / "page"
    page_directory.mkdir()
    (page_directory / "index.html").write_text("<!doctype html><title>inside</title><p>served by ada")
    ada.start("http", "python3", "-m", "http.server", "4780", "--bind", "127.0.0.1", "--directory", page_directory)
    ready("the page's server", lambda: _connects(ada, 4780))
    with browser.inside(ada) as chromium:
        page = chromium.new_page()
        page.goto("http://127.0.0.1:4780/")
        assert page.title() == "inside"


def _connects(host, port):
    with host.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.settimeout(1)
        made.connect(("127.0.0.1", port))
        return True


def test_a_stranger_who_knocks_reads_the_certificate_and_all_that_is_said(lan):
    from stranger import Stranger, device_key

    ada = lan.host("host-ada")
    mallory = Stranger(lan)
    pair = mallory.certificate()
    ada.start("tls", "openssl", "s_server", "-accept", "4781", "-cert", pair, "-key", pair, "-tls1_3", "-rev", "-quiet")
    ready("a TLS listener", lambda: _connects(ada, 4781))
    shown, said = mallory.knock(ada.address, 4781, b"hello\n")
    assert said == b"olleh\n"
    expected = ada.run("openssl", "x509", "-in", pair, "-noout", "-text").stdout
    assert ":".join(f"{byte:02x}" for byte in device_key(shown)[:15]) in expected.replace("\n", "").replace(" ", "")
