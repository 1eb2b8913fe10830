"""Damage: power that goes at any instant, a disk that is full, may not be written or holds nonsense."""

import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

import browser
from door import Door
from history import rows, verified
from homes import from_the_future, from_today
from node import BULLPEN, Refused
from office import WORKSPACE, Office
from power import SEED
from view import View
from waiting import ready, within

# How often power goes in the story of kills.
KILLS = int(os.environ.get("BULLPEN_KILLS", "200"))


@pytest.fixture
def office(lan, product):
    return Office(lan)


@pytest.fixture
def small(lan):
    """A disk of 16 MB with nothing on it, seen by every host that is plugged in after it."""
    folder = lan.directory / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def problem(work, *words, **more):
    """The problem document with which the API refuses."""
    with pytest.raises(Refused) as refusal:
        work(*words, **more)
    return refusal.value.code, json.loads(refusal.value.said)


class Writer(threading.Thread):
    """Writes on one node as fast as it is acknowledged, and keeps what was: rows that pass, and one that lasts."""

    def __init__(self, node, pen):
        super().__init__(daemon=True)
        self.node, self.pen = node, pen
        self.acknowledged, self.number, self.failure = [], 0, None
        # The last name that was acknowledged, and those that were asked for since and may be on disk.
        self.names = [node.display_name]
        self.hasEnded = False

    def run(self):
        try:
            while not self.hasEnded:
                if not self.pen.wait(0.1):
                    continue
                self.number += 1
                text = f"{self.node.name} {self.number}"
                isName = self.number % 4 == 0
                try:
                    if isName:
                        self.names.append(text)
                        self.node.api("PUT", "/user/current", {"name": text})
                    else:
                        self.node.api("POST", "/activity", {"text": text})
                except (OSError, Refused, ValueError, http.client.HTTPException) as error:
                    # Power went before the answer: whether it is on disk, nobody was told.
                    if isinstance(error, Refused) and error.code not in (503,):
                        raise
                    time.sleep(0.01)
                    continue
                if isName:
                    self.names = [text]
                else:
                    self.acknowledged.append(text)
        except BaseException as error:  # noqa: BLE001 - told by the story
            self.failure = error


def test_damage_power_goes_at_any_instant_and_nothing_acknowledged_is_lost(office):
    office.ready()
    chance = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills", flush=True)
    pen = threading.Event()
    writers = [Writer(node, pen) for node in office.all]
    for writer in writers:
        writer.start()
    kills = 0
    while kills < KILLS:
        victims = chance.sample(office.all, chance.choice([1, 1, 1, 2, 3]))
        kills += len(victims)
        pen.set()
        time.sleep(chance.uniform(0.02, 0.3))
        for node in victims:
            node.end(signal.SIGKILL)
        pen.clear()
        for node in victims:
            node.up()
    for writer in writers:
        writer.hasEnded = True
        writer.join()
        assert writer.failure is None, (SEED, writer.failure)
    acknowledged = [text for writer in writers for text in writer.acknowledged]
    print(f"{kills} kills, {len(acknowledged)} rows were acknowledged", flush=True)
    assert len(acknowledged) > KILLS
    office.agree(bound=60)
    for node in office.all:
        here = rows(node)
        assert len(here) == len(set(here)), f"seed {SEED}: {node.name} has rows twice"
        assert set(acknowledged) <= set(here), f"seed {SEED}: {node.name} lost {set(acknowledged) - set(here)}"
        for writer in writers:
            assert node.members()[writer.node.member] in writer.names, f"seed {SEED}: {node.name} lost a name"
        assert not node.status()["was_set_back"]
        verified(node)
        node.end()
        verified(node)


def backed_up(node, file):
    """Also where the home's own disk takes nothing."""
    done = node.host.run(BULLPEN, "backup", "--home", node.home, "--plain", file, check=False, env=node.environment)
    assert done.returncode == 0, done.stderr
    back = file.with_suffix(".back")
    node.host.run(BULLPEN, "restore", "--home", back, file, env=node.environment)
    node.host.run(BULLPEN, "verify", "--home", back, env=node.environment)


def test_damage_a_full_disk_is_said_and_all_goes_on_when_there_is_room(lan, small, product):
    office = Office(lan)
    ada, bob = office.ada, office.bob
    ada.home = small / "home-ada"
    office.ready()
    before = rows(ada)
    filler = small / "filler"
    file = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError):
        while True:
            os.write(file, b"\0" * 4096)
    os.close(file)

    # The WAL has some room of its own: write until that is used up.
    def until_full():
        for _ in range(400):
            try:
                ada.api("POST", "/activity", {"text": "x" * 8_000})
            except Refused as refusal:
                return refusal
        raise AssertionError("the disk never filled")

    refusal = until_full()
    said = json.loads(refusal.said)
    assert (refusal.code, said["code"]) == (507, "disk_full"), said
    assert "is full" in said["detail"] and "Free some space" in said["hint"]
    written = len(rows(ada))
    ready("the node says so", lambda: ada.status()["storage"]["state"] == "full", bound=5)
    done = ada.host.run(BULLPEN, "status", "--home", ada.home, check=False, env=ada.environment)
    assert done.returncode == 70 and "is full" in done.stdout
    # Others' changes wait where they are; this node goes on showing what it has.
    for number in range(60):
        bob.api("POST", "/activity", {"text": f"{number} " + "y" * 8_000})
    bob.api("POST", "/activity", {"text": "while ada's disk was full"})
    assert "while ada's disk was full" not in rows(ada)
    assert len(ada.sees_online()) == 2
    # A backup goes to another disk; and the node starts and ends there, too.
    backed_up(ada, lan.directory / "full.backup")
    ada.end()
    ada.command("verify")
    backed_up(ada, lan.directory / "full-and-down.backup")
    ada.up()
    # Whether there is room enough to open the database depends on what its WAL took.
    there, = ada.api("GET", "/workspaces")["items"]
    assert there["trouble"]["code"] == "disk_full" if there["trouble"] else len(rows(ada)) == written
    ended = ada.host.run(BULLPEN, "down", "--home", ada.home, check=False, env=ada.environment)
    assert ended.returncode == 0, ended.stderr
    ada.end()
    filler.unlink()
    ada.up()
    within(20, "after there is room, what others wrote comes", lambda: "while ada's disk was full" in rows(ada))
    within(10, "and the node says that all is well", lambda: ada.status()["storage"]["state"] == "ok")
    ada.command("log", "there is room")
    office.agree()
    assert set(before) <= set(rows(ada)) and len(rows(ada)) == written + 62
    verified(ada)


def test_damage_a_disk_that_may_not_be_written_is_said_and_can_be_verified(office):
    office.ready()
    ada, bob = office.ada, office.bob
    ada.command("log", "before")
    home, folder = ada.home, ada.database().parent

    def read_only(path):
        ada.host.run("mount", "--bind", path, path)
        ada.host.run("mount", "-o", "remount,bind,ro", path)

    # A node that runs is found, whatever may be written by now.
    read_only(home)
    assert "before" in [one["text"] for one in ada.command("activity")["items"]]
    ada.host.run("umount", home)
    ada.end()
    read_only(home)
    done = ada.host.run(*ada.start, check=False, env=ada.environment)
    assert done.returncode == 70 and "read only" in done.stderr and "--home" in done.stderr, done.stderr
    verified(ada)
    backed_up(ada, home.parent / "read-only.backup")
    ada.host.run("umount", home)

    # Only one workspace's folder: the node starts, and says what it is that is shut.
    read_only(folder)
    ada.up()
    shut, = ada.api("GET", "/workspaces")["items"]
    assert shut["trouble"]["code"] == "disk_read_only" and "read only" in shut["trouble"]["hint"]
    status, said = problem(ada.api, "POST", "/activity", {"text": "no"})
    assert (status, said["code"]) == (503, "disk_read_only")
    bob.command("log", "while ada could not write")
    ada.host.run("umount", folder)
    within(15, "a folder that may be written again is opened by itself",
           lambda: "while ada could not write" in rows(ada))
    verified(ada)


@pytest.fixture
def failing(lan):
    """A disk of 32 MB from which the system takes what is written until it finds a fault: a folder, and what makes one."""
    image, folder = lan.directory / "disk", lan.directory / "failing"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(32 << 20)
    try:
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", image, folder], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be made of a file here: {error}")
    source = subprocess.run(["findmnt", "-n", "-o", "SOURCE", folder], capture_output=True, text=True, check=True).stdout
    yield folder, pathlib.Path("/sys/fs/ext4", pathlib.Path(source.strip()).name, "trigger_fs_error")
    subprocess.run(["umount", "-l", folder], check=False)


def test_damage_a_disk_that_turns_read_only_under_a_running_node_is_said_with_what_can_be_done(lan, failing, product):
    folder, trigger = failing
    if not trigger.exists():
        pytest.skip("the kernel cannot be asked to find a fault")
    office = Office(lan)
    ada = office.ada
    ada.home = folder / "home-ada"
    office.ready()
    ada.command("log", "before")
    trigger.write_text("1")
    status, said = problem(ada.api, "POST", "/activity", {"text": "no"})
    assert (status, said["code"]) == (503, "disk_read_only"), said
    assert "mounted to be read only" in said["detail"] and "journalctl -k" in said["hint"], said
    assert "bullpen backup" not in said["hint"]
    ready("the node says so", lambda: ada.status()["storage"]["state"] == "read_only", bound=5)
    done = ada.host.run(BULLPEN, "status", "--home", ada.home, check=False, env=ada.environment)
    assert done.returncode == 70 and "read only" in done.stdout, done
    # What is there can be read, and saved on another disk; on this one a program hears why it cannot.
    assert "before" in rows(ada)
    backed_up(ada, lan.directory / "ada.backup")
    with pytest.raises(Refused) as refusal:
        ada.command("backup", "--plain", folder / "ada.backup")
    assert refusal.value.code == 70 and '"code":"disk_read_only"' in refusal.value.said, refusal.value.said
    ada.end(signal.SIGKILL)


def shown_shut(view, workspace):
    """The view's page, which says that the workspace is shut."""
    page = view.page
    page.evaluate(f"sessionStorage.setItem('bullpen.workspace', '{workspace['id']}'); location.assign('/')")
    page.get_by_role("heading", name=f"“{workspace['name']}” is shut").wait_for()
    return page


def test_damage_one_workspace_is_shut_and_repaired_while_the_other_goes_on(office):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    office.ready()
    ada, bob = office.ada, office.bob
    ada.command("log", "from ada")
    bob.command("notify", ada.display_name, "--title", "For ada alone")
    ready("ada has it", lambda: ada.unread() == 1)
    office.agree()
    database = ada.database()
    ada.command("init", "--name", "Ada", "--workspace", "Second floor", "--another")
    ada.end()
    # The head of the file, and pages here and there.
    bytes_ = bytearray(database.read_bytes())
    for place in [0] + list(range(5 * 4096, len(bytes_), 7 * 4096)):
        bytes_[place:place + 4096] = os.urandom(4096)
    database.write_bytes(bytes_)
    with pytest.raises(Refused) as refusal:
        ada.command("verify")
    assert refusal.value.code == 65
    ada.up()
    by_trouble = {bool(one["trouble"]): one for one in ada.api("GET", "/workspaces")["items"]}
    assert by_trouble[True]["trouble"]["code"] == "damaged" and by_trouble[False]["name"] == "Second floor"
    ada.command("log", "--workspace", "Second floor", "life goes on here")
    done = ada.host.run(BULLPEN, "status", "--home", ada.home, check=False, env=ada.environment)
    assert done.returncode == 65
    assert "shut" in done.stdout and "bullpen repair" in done.stdout and "Second floor" in done.stdout
    with browser.playing() as playwright:
        view = View(playwright, ada, (1280, 800))
        try:
            page = shown_shut(view, by_trouble[True])
            page.get_by_role("button", name="Repair it").click()
            page.get_by_text("The damaged file is kept as").wait_for()
            page.get_by_role("button", name="Go on").click()
            page.evaluate("location.hash = '#/feed'")
            page.locator("#page").get_by_text("from ada").wait_for()
        finally:
            view.close()
    assert list(database.parent.glob("bullpen.sqlite.damaged-*"))
    assert all(one["trouble"] is None for one in ada.api("GET", "/workspaces")["items"])
    verified(ada)
    # Nothing to repair is said so.
    with pytest.raises(Refused) as refusal:
        ada.command("repair", "--workspace", "Second floor")
    assert refusal.value.code == 1 and "Nothing is wrong" in refusal.value.said


def test_damage_a_workspace_of_a_newer_version_is_shut_in_words_and_comes_back(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    door = Door(lan)
    ada = door.ada
    ada.command("log", "from ada")
    ada.end()
    database = ada.database()
    from_the_future(database)
    # The node stays up, and standard error has the sentence.
    said = ada.host.directory / "said"
    ada.process = ada.host.start(
        "node-newer", "sh", "-c", 'said=$1; shift; exec "$@" 2>"$said"', "sh", said, *ada.start, env=ada.environment)
    why = f"The database {database} was written by a newer version of Bullpen."
    hint = "Install that version again."
    ready("up says so", lambda: f"The workspace “{WORKSPACE}” is shut. {why} {hint}\n" in said.read_text())
    ready("the node is up", ada._answers)
    shut, = ada.api("GET", "/workspaces")["items"]
    assert shut["name"] == WORKSPACE and shut["trouble"] == {"code": "storage", "detail": why, "hint": hint}

    def status(*words):
        # A script can tell by the exit code.
        done = ada.host.run(BULLPEN, "status", "--home", ada.home, *words, check=False, env=ada.environment)
        assert done.returncode == 70, done
        return done.stdout

    assert json.loads(status("--json")) == shut
    text = status()
    assert f"workspace  {WORKSPACE} ({shut['id'][:8]}): shut. {why}\n           {hint}\nview " in text, text
    # A second up leads to the first, and says it too.
    again = ada.host.run(BULLPEN, "up", "--home", ada.home, env=ada.environment)
    assert "already running" in again.stdout and f"“{WORKSPACE}” is shut. {why}" in again.stderr, again
    # Other workspaces go on, and are not hidden by it.
    second = ada.command("init", "--name", "Ada", "--workspace", "Second floor", "--another")
    both = json.loads(status("--json"))["items"]
    assert [one["name"] for one in both if "trouble" in one] == [WORKSPACE]
    assert {one.get("workspace_id", one.get("id")) for one in both} == {shut["id"], second["id"]}
    with browser.playing() as playwright:
        view = View(playwright, ada, (1280, 800))
        try:
            page = shown_shut(view, shut)
            page.get_by_text(hint).wait_for()
            assert page.get_by_role("button", name="Repair it").count() == 0
            page.get_by_role("button", name="Second floor").wait_for()
            # The page of a workspace that is mended comes back by itself.
            ada.end()
            from_today(database)
            ada.up()
            page.get_by_role("link", name="Inbox").first.wait_for(timeout=20_000)
            page.evaluate("location.hash = '#/feed'")
            page.locator("#page").get_by_text("from ada").wait_for()
        finally:
            view.close()


def test_damage_a_database_of_which_nothing_is_left_comes_back_from_colleagues(office):
    office.ready()
    ada, bob, eve = office.all
    bob.command("log", "bob was here")
    ada.command("notify", bob.display_name, "--title", "For bob alone")
    ready("bob has it", lambda: bob.unread() == 1)
    office.agree()
    member = bob.member
    database = bob.database()
    bob.end(signal.SIGKILL)
    for file in database.parent.glob("bullpen.sqlite*"):
        if file.name.endswith(".sqlite"):
            file.write_bytes(b"\0" * file.stat().st_size)
        else:
            file.unlink()
    answer, = bob.command("repair")["items"]
    assert not answer["knows_itself"] and answer["is_new_incarnation"] and answer["entries"] == 0
    for node in (ada, eve):
        node.end()
    bob.up()
    status, said = problem(bob.api, "GET", "/status")
    assert (status, said["code"]) == (503, "unavailable") and "waits for a colleague" in said["detail"]
    one, = bob.api("GET", "/workspaces")["items"]
    assert not one["is_removed"] and one["trouble"]["code"] == "unavailable"
    ada.up()
    within(30, "bob is who he was, from ada alone", lambda: bob.api("GET", "/user/current")["user_id"] == member)
    within(30, "and has what he wrote", lambda: "bob was here" in rows(bob))
    within(10, "and can read what was sealed to him", lambda: bob.unread() == 1)
    bob.command("log", "bob is back")
    eve.up()
    office.agree()
    assert "bob is back" in rows(eve)
    for node in office.all:
        verified(node)


def test_damage_more_writes_than_can_wait_are_refused_with_when_to_try_again(office):
    """The queue is full while the disk stands still: here a program holds the database's lock for some seconds."""
    office.ready()
    ada = office.ada
    base = len(rows(ada))
    held = sqlite3.connect(ada.database(), isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    results, words = [], set()

    def write():
        try:
            ada.api("POST", "/activity", {"text": "one of many"})
            results.append((201, ""))
        except Refused as refusal:
            said = json.loads(refusal.said)
            results.append((refusal.code, said["code"]))
            words.add((said["code"], said["detail"].split(" ", 1)[1], said["hint"]))

    crowd = [threading.Thread(target=write) for _ in range(560)]
    for one in crowd:
        one.start()
    ready("some are refused", lambda: (503, "busy") in results, bound=10)
    held.execute("ROLLBACK")
    held.close()
    for one in crowd:
        one.join()
    taken = [code for code, _ in results if code == 201]
    # Those that the disk was at when it stood still for longer than a node waits for it are told that, and are not there.
    assert set(results) <= {(201, ""), (503, "busy"), (500, "storage")}, set(results)
    busy, = {one for one in words if one[0] == "busy"}
    assert busy[1] == "writes wait for the disk already, so this one was not taken." and "Try again" in busy[2]
    assert results.count((503, "busy")) >= 1
    ready("what was told is there", lambda: len(rows(ada)) == base + len(taken))
    verified(ada)
