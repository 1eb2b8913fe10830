"""SIGKILL at any instant of what is done seldom: a start, an end, an upgrade, a joining, a repair, a backup, a restore.

Each story lets it be done once in peace and counts what it changes on disk. Then it is done again and again, and each
time power goes right before another of these changes.
"""

import contextlib
import os
import random
import shutil
import signal
import sqlite3

import pytest

from door import Door
from history import fill, rows, rows_on_disk, verified
from homes import files_of, of_an_older_version, put_back
from node import BULLPEN, Node, Refused
from office import NAMES, WORKSPACE
from power import SEED, Power, instants
from waiting import ready


@pytest.fixture
def chance():
    print(f"seed {SEED}", flush=True)
    return random.Random(SEED)


@pytest.fixture
def alone(lan, product):
    """Ada's node, which is up, with nobody to bring anything back."""
    ada = Node(lan.host("host-ada"), "ada", NAMES["ada"])
    ada.command("init", "--name", ada.display_name, "--workspace", WORKSPACE)
    return ada.up("--discovery", "off")


def rises(node):
    """Starts the node; whether it came up before its power went."""
    node.begin()
    ready("the node is up, or was killed",
          lambda: node.process.poll() is not None or node.api("GET", "/health", prefix=""))
    if node.process.poll() is None:
        return True
    assert node.process.returncode == -signal.SIGKILL, (SEED, node.process.returncode)
    node.host.processes.remove(node.process)
    return False


def falls(node):
    """Ends the node in order; its power may go meanwhile."""
    node.process.send_signal(signal.SIGTERM)
    assert node.process.wait(15) in (0, -signal.SIGKILL), (SEED, node.process.returncode)
    node.host.processes.remove(node.process)


def cut_short(node, *command):
    """Runs a command; whether its power went before it ended."""
    try:
        node.command(*command)
        return False
    except Refused as refusal:
        assert refusal.code == -signal.SIGKILL, (SEED, refusal)
        return True


def test_kills_a_start_and_an_end_at_any_instant_lose_nothing(alone, chance):
    ada = alone
    acknowledged = fill(ada, 1_500)
    power = Power(ada)
    ada.end(signal.SIGKILL)
    database = ada.database()
    assert len(files_of(database)["-wal"]) > 1 << 20
    assert rises(ada)
    start = power.changes()
    ada.end(signal.SIGKILL)
    left = files_of(database)
    assert rises(ada)
    power.lasts()
    falls(ada)
    end = power.changes()
    cuts = [(rises, at) for at in instants(start, chance, 14)] + [(falls, at) for at in instants(end, chance, 14)]
    chance.shuffle(cuts)
    # Each begins with what the one before left behind: most of them with a WAL that grows.
    put_back(database, left)
    for number, (what, at) in enumerate(cuts):
        if what is falls:
            assert rises(ada)
            for text in (f"{number} one", f"{number} two"):
                acknowledged.append(ada.api("POST", "/activity", {"text": text})["text"])
        power.goes_before(at)
        if what(ada) is True:
            ada.end(signal.SIGKILL)
        power.lasts()
    assert rises(ada)
    here = rows(ada)
    assert sorted(here) == sorted(acknowledged), f"seed {SEED}: lost {set(acknowledged) - set(here)}"
    assert not ada.status()["was_set_back"]
    verified(ada)
    ada.end()
    verified(ada)


def test_kills_an_upgrade_at_any_instant_is_made_again_at_the_next_start(alone, chance):
    ada = alone
    acknowledged = sorted(fill(ada, 400))
    ada.end()
    database = ada.database()
    aside = database.with_name("bullpen.sqlite.before-upgrade")
    of_an_older_version(database)
    older = files_of(database)
    power = Power(ada)
    assert rises(ada)
    changes = power.changes()
    ada.end(signal.SIGKILL)
    assert aside.exists() and sorted(rows_on_disk(database)) == acknowledged
    for at in instants(changes, chance, 14, always=[aside.name]):
        put_back(database, older)
        aside.unlink(missing_ok=True)
        power.goes_before(at)
        if rises(ada):
            ada.end(signal.SIGKILL)
        power.lasts()
        # What bears the name of what was there before is that, whole.
        if aside.exists():
            with contextlib.closing(sqlite3.connect(f"file:{aside}?mode=ro", uri=True)) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert copy.execute("SELECT count(*) FROM node_unknown_rows").fetchone() == (400,)
        assert rises(ada)
        assert sorted(rows(ada)) == acknowledged, f"seed {SEED}: before change {at} of the upgrade"
        assert not ada.status()["was_set_back"]
        ada.end()
        verified(ada)


def test_kills_a_joining_at_any_instant_is_finished_or_can_be_tried_again(lan, product, chance):
    door = Door(lan)
    ada, bob = door.ada, door.bob
    texts = set(fill(ada, 600))
    home = bob.home
    bob.end()
    power = Power(bob)

    def newcomer(number, *invite):
        bob.home = home.with_name(f"home-bob-{number}")
        bob.begin(*door.options)
        bob.answers()
        return ada.command("invite", *invite)["code"]

    code = newcomer(0)
    power.lasts()
    door.join(bob, code)
    ready("bob has it all", lambda: texts <= set(rows(bob)))
    changes = power.changes()
    bob.end()
    for number, at in enumerate(instants(changes, chance, 12, always=["bullpen.sqlite"]), 1):
        # Every other time it is a further device of ada's.
        code = newcomer(number, *[["--uses", "1"], ["--own-device"]][number % 2])
        power.goes_before(at)
        try:
            door.join(bob, code)
        except Refused as refusal:
            assert "The node does not answer" in refusal.said and "`bullpen up` starts it" in refusal.said, refusal
        ready("bob's power went, or he has it all", lambda: bob.process.poll() is not None or texts <= set(rows(bob)))
        said = f"seed {SEED}: before change {at} of the joining, {power.changes()[-1]}"
        if bob.process.poll() is None:
            bob.end(signal.SIGKILL)
        else:
            bob.host.processes.remove(bob.process)
        bob.up()
        # He is in it, or may come with the same invite, and never is there half of it.
        known = bob.api("GET", "/workspaces")["items"]
        assert all(one["trouble"] is None for one in known), (said, known)
        if not known:
            status = bob.host.run(BULLPEN, "status", "--home", bob.home, check=False, env=bob.environment).stdout
            assert "`bullpen join CODE` joins one" in status, (said, status)
            door.join(bob, code)
        ready(f"bob has it all, {said}", lambda: texts <= set(rows(bob)))
        assert len(os.listdir(bob.home / "workspaces")) == 1 and bob.members() == ada.members(), said
        verified(bob)
        bob.end()
        verified(bob)
    verified(ada)


def test_kills_a_repair_at_any_instant_leaves_what_the_next_makes_whole(alone, chance):
    ada = alone
    acknowledged = fill(ada, 500)
    # The last of it is in the WAL alone.
    ada.end()
    ada.up()
    acknowledged += [ada.api("POST", "/activity", {"text": f"last {number}"})["text"] for number in range(40)]
    ada.end(signal.SIGKILL)
    database = ada.database()
    damaged = files_of(database)
    assert b"last 39" in damaged["-wal"] and b"last 39" not in damaged[""]
    bytes_ = bytearray(damaged[""])
    # Where tables begin, so that the logs are whole.
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        for root, in file.execute("SELECT rootpage FROM sqlite_schema WHERE name IN ('activities', 'notifications')"):
            bytes_[(root - 1) * 4096:root * 4096] = chance.randbytes(4096)
    damaged[""] = bytes(bytes_)

    def asides():
        return sorted(database.parent.glob("bullpen.sqlite.damaged-*"))

    put_back(database, damaged)
    power = Power(ada)
    ada.command("repair")
    changes = power.changes()
    verified(ada)
    saved = sorted(acknowledged)
    assert sorted(rows_on_disk(database)) == saved
    # The new file took the old one's place.
    names = ["bullpen.sqlite", "bullpen.sqlite-wal", "bullpen.sqlite.repairing"]
    for at in instants(changes, chance, 13, always=[*names, *(one.name for one in asides())]):
        for path in asides():
            path.unlink()
        put_back(database, damaged)
        power.goes_before(at)
        cut_short(ada, "repair")
        power.lasts()
        try:
            verified(ada)
        except Refused as damage:
            assert damage.code == 65 and ("is damaged" in damage.said or "was broken off" in damage.said), damage
            try:
                ada.command("repair")
            except Refused as refusal:
                # It was as good as done, and is so by now.
                assert refusal.code == 1 and "Nothing is wrong" in refusal.said and "was broken off" in damage.said, refusal
        said = f"seed {SEED}: before change {at} of the repair, {changes[at - 1]}"
        assert sorted(rows_on_disk(database)) == saved, said
        verified(ada)
        # The damaged file is kept, and nothing unfinished is.
        assert asides() and not list(database.parent.glob("*.repair*")), said
    ada.up()
    assert sorted(rows(ada)) == saved


def test_kills_a_backup_and_a_restore_at_any_instant_leave_nothing_half_in_their_place(alone, chance):
    ada = alone
    acknowledged = sorted(fill(ada, 300))
    ada.end()
    stick = ada.host.directory / "stick"
    stick.mkdir()
    backup, draft = stick / "ada.backup", stick / "ada.backup.new"
    home, other = ada.home, ada.host.directory / "home-again"
    power = Power(ada)
    ada.command("backup", backup, "--plain")
    changes = power.changes()

    def restored(file):
        """Whether a file made a home, which then is whole."""
        ada.home = other
        try:
            ada.command("restore", file)
            assert sorted(rows_on_disk(ada.database())) == acknowledged
            verified(ada)
            return True
        except Refused as refusal:
            assert "damaged or was cut short" in refusal.said or "is no backup" in refusal.said, refusal
            assert not other.exists()
            return False
        finally:
            ada.home = home
            shutil.rmtree(other, ignore_errors=True)

    for at in instants(changes, chance, 10, always=[backup.name, draft.name]):
        backup.unlink(missing_ok=True)
        power.goes_before(at)
        cut_short(ada, "backup", backup, "--plain")
        power.lasts()
        said = f"seed {SEED}: before change {at} of the backup, {changes[at - 1]}"
        if backup.exists():
            assert restored(backup), said
        elif draft.exists():
            restored(draft)
        ada.command("backup", backup, "--plain", "--force")
        assert restored(backup), said
        assert os.listdir(stick) == [backup.name] and not (home / "backing-up").exists(), said
    verified(ada)

    ada.home = other
    power.lasts()
    ada.command("restore", backup)
    changes = power.changes()
    for at in instants(changes, chance, 8, always=[other.name]):
        shutil.rmtree(other)
        power.goes_before(at)
        cut_short(ada, "restore", backup)
        power.lasts()
        if not other.exists():
            ada.command("restore", backup)
        assert sorted(rows_on_disk(ada.database())) == acknowledged, f"seed {SEED}: before change {at} of the restore"
        verified(ada)
        assert not list(other.parent.glob("home-again.*"))
    assert rises(ada)
    assert sorted(rows(ada)) == acknowledged
