"""The Debian package on machines that have nothing else: it comes, is upgraded, and goes. `make package-test` builds what
this needs."""

import json
import time

import pytest

from bare import Bare, field
from earlier import PROTOCOL, protocol
from homes import from_the_future, from_today, parts
from installed import BARE, EARLIER, PACKAGE, Installed, needs_earlier, needs_root, running
from node import ROOT
from waiting import within


@pytest.fixture
def office(lan):
    """Ada and Bob on machines on which nothing is installed yet."""
    return [Installed(Bare(lan.host(f"host-{name}"), BARE), name, display_name) for name, display_name in (
        ("ada", "Adelheid Quillfeather"), ("bob", "Bobolink Underwood"))]


def meet(ada, bob):
    """Ada starts a workspace, and Bob joins it."""
    ada.command("init", "--name", ada.display_name, "--workspace", "Harbour Desk")
    ada.up()
    bob.up()
    bob.command("join", ada.command("invite")["code"], "--name", bob.display_name)
    see_each_other(ada, bob)


def see_each_other(ada, bob, what=""):
    for one, other in ((ada, bob), (bob, ada)):
        within(10, f"{one.name} sees {other.name} online{what}", lambda: one.sees_online() == {other.member})


def lines(node):
    return {one["text"] for one in node.activities()}


def is_shut(node, *words):
    """That its workspace cannot be opened is said at once, and to whoever asks; the node itself is up."""
    log = node.host.logs[f"node-{node.name}"]
    before = len(log.read_text()) if log.exists() else 0
    node.up()
    within(10, f"{node.name}'s node says that the workspace is shut",
           lambda: any("is shut" in line and all(word in line for word in words)
                       for line in log.read_text()[before:].splitlines()))
    shut, = node.api("GET", "/workspaces")["items"]
    said = node.said("status").stdout
    assert f"{shut['name']} ({shut['id'][:8]}): shut." in said, said
    for word in words:
        assert word in shut["trouble"]["detail"] + shut["trouble"]["hint"] and word in said, (word, shut, said)
    return shut


@needs_root
def test_two_bare_machines_install_meet_and_forget(office):
    ada, bob = office
    trees = [node.bare.tree() for node in office]
    assert not any("bullpen" in path or "swift" in path for tree in trees for path in tree)
    since = time.monotonic()
    for node in office:
        node.bare.install(PACKAGE)

    # Installing starts nothing and enables nothing, and where there is no systemd the command says so.
    assert not running()
    assert not list(ada.bare.path("/etc/systemd/user").rglob("*bullpen*"))
    refused = ada.said("service", "enable")
    assert refused.returncode == 69 and "no systemd user session" in refused.stderr, refused

    meet(ada, bob)
    # Whoever came with the package in hand, on two machines one after the other.
    within(120, "from the package to seeing each other", lambda: ada.sees_online() and bob.sees_online(), since=since)
    assert running() == 2
    for node in office:
        # libavahi-core is loaded by name; it is there because the package says so.
        assert node.status()["discovery"] == "embedded"
    # The view and its font are there, and the picture of an invite.
    assert "<html" in ada.api("GET", "/", prefix="").lower()
    assert ada.bare.run("ls", "/usr/share/fonts/opentype/inter/Inter-Regular.otf").stdout
    assert ada.command("invite")["qr"]
    ada.command("log", "ada watered the ferns")
    within(5, "bob reads it", lambda: "ada watered the ferns" in lines(bob))
    # A link in the journal would let in whoever may read that.
    assert "login" not in ada.host.logs["node-ada"].read_text()

    # A file of a version yet to come shuts its workspace in words, and nothing of it is lost.
    bob.end()
    from_the_future(bob.database())
    shut = is_shut(bob, "newer version of Bullpen", "Install that version")
    assert shut["name"] == "Harbour Desk"
    assert json.loads(bob.said("status", "--json").stdout) == shut | {"is_removed": False}
    bob.end()
    from_today(bob.database())
    bob.up()
    see_each_other(ada, bob, " again")

    # Removing leaves people's homes alone, and nothing else.
    for node, tree in zip(office, trees):
        machine = node.bare
        node.end()
        assert {"usr/bin/bullpen", "usr/share/fonts/opentype/inter"} <= machine.tree() - tree
        machine.run("apt-get", "remove", "-y", "-q", "bullpen")
        assert not machine.path("/usr/bin/bullpen").exists()
        machine.run("apt-get", "purge", "-y", "-q", "--auto-remove", "bullpen")
        left = machine.tree() - tree
        assert not [path for path in left if "bullpen" in path.lower()], left
        assert not left, left
        assert (node.home / "device.key").exists() and node.database().exists()


@needs_earlier
@needs_root
def test_an_upgrade_keeps_what_an_earlier_commit_wrote(office):
    ada, bob = office
    older, newer = EARLIER["package"], PACKAGE
    for node in office:
        node.bare.install(older)
        assert node.version() == field(older, "Version")
    meet(ada, bob)
    ada.command("log", "ada watered the ferns")
    bob.command("notify", ada.display_name, "--title", "The key is under the mat")
    within(5, "both have heard of it", lambda: ada.unread() == 1 and "ada watered the ferns" in lines(bob))
    member, digests, form = ada.member, ada.digests(), parts(ada.database())

    # Upgraded while it runs, it goes on; the new one starts at the next login.
    ada.bare.install(newer)
    assert ada.process.poll() is None and ada.version() == field(newer, "Version")
    ada.end()
    within(5, "bob sees ada leave", lambda: bob.sees_online() == set())
    ada.up()
    assert ada.api("GET", "/user/current")["user_id"] == member
    assert {table: digest for table, digest in ada.digests().items() if table in digests} == digests
    assert "ada watered the ferns" in lines(ada)
    assert [one["title"] for one in ada.notifications()] == ["The key is under the mat"]

    # An office is not upgraded in one minute: both versions live together, where they speak one protocol. Where they do
    # not, each goes on by itself until the other is upgraded, too.
    speaks = EARLIER["protocol"] == protocol((ROOT / PROTOCOL[0]).read_text())
    if speaks:
        see_each_other(ada, bob, ", who is not upgraded yet")
    ada.command("log", "ada dusted the atlas")
    bob.command("log", "bob wound the clock")
    if speaks:
        within(5, "each reads the other across versions",
               lambda: "ada dusted the atlas" in lines(bob) and "bob wound the clock" in lines(ada))
    bob.end()
    bob.bare.install(newer)
    bob.up()
    see_each_other(ada, bob, " after both upgrades")
    within(5, "both hold the same", lambda: ada.digests() == bob.digests())
    assert {"ada watered the ferns", "ada dusted the atlas", "bob wound the clock"} <= lines(bob)

    # There is no way back unnoticed: apt asks for a word, and a file of another form is shut with one.
    bob.end()
    refused = bob.bare.install(older, check=False)
    assert refused.returncode != 0 and "downgraded" in refused.stdout + refused.stderr, refused
    assert bob.version() == field(newer, "Version")
    bob.bare.install(older, "--allow-downgrades")
    if parts(bob.database()) != form:
        kept = bob.database().with_name(bob.database().name + ".before-upgrade")
        is_shut(bob, "newer version of Bullpen", kept.name)
        assert kept.exists()
    else:
        bob.up()
        if speaks:
            see_each_other(ada, bob, " after the way back")
    bob.end()
    bob.bare.install(newer)
    bob.up()
    see_each_other(ada, bob, " at the end")
    assert "bob wound the clock" in lines(bob)
