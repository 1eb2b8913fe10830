"""What a person keeps: a disk is lost and comes back from a stick, and a workspace is left for good."""

import ctypes
import json
import os
import pty
import select
import shutil
import signal
import sqlite3
import struct
import time
import unicodedata

import pytest

import browser
from node import BULLPEN, Refused
from office import WORKSPACE, Office
from view import View
from waiting import ready, within

PASSPHRASE = "correct horse battery staple\n"


@pytest.fixture
def office(lan, product):
    return Office(lan)


class Stick:
    """A folder that outlives the home, with a backup and the passphrase's file."""

    def __init__(self, node):
        self.node = node
        folder = node.host.directory / "stick"
        folder.mkdir()
        self.backup, self.secret = folder / "ada.backup", folder / "passphrase"
        self.secret.write_text(PASSPHRASE)

    def write(self, *words):
        return self.node.command("backup", self.backup, "--passphrase-file", self.secret, *words)

    def restore(self):
        return self.node.command("restore", self.backup, "--passphrase-file", self.secret)

    def lose_the_disk(self):
        """Without a goodbye, and with all that was on it."""
        self.node.end(signal.SIGKILL)
        shutil.rmtree(self.node.home)


def opened(backup, passphrase):
    """The entries of a sealed backup, read by another program: this is protocol/backup.md and nothing else."""
    sodium = ctypes.CDLL("libsodium.so.23")
    data = backup.read_bytes()
    assert data[:17] == b"bullpen backup\n" + bytes([1, 1])
    memory, passes = struct.unpack(">II", data[17:25])
    salt, header, proof = data[25:41], data[41:65], data[65:82]
    text = unicodedata.normalize("NFC", passphrase).encode()
    key, state = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    assert sodium.crypto_pwhash(key, ctypes.c_ulonglong(32), text, ctypes.c_ulonglong(len(text)), salt,
                                ctypes.c_ulonglong(passes), ctypes.c_size_t(memory * 1024), 2) == 0
    stream = "crypto_secretstream_xchacha20poly1305_"
    assert getattr(sodium, stream + "init_pull")(state, header, key) == 0

    def pull(message, bound=b""):
        plain, tag = ctypes.create_string_buffer(max(len(message) - 17, 1)), ctypes.c_ubyte()
        assert getattr(sodium, stream + "pull")(
            state, plain, None, ctypes.byref(tag), message, ctypes.c_ulonglong(len(message)), bound,
            ctypes.c_ulonglong(len(bound))) == 0
        return plain.raw[:len(message) - 17], tag.value == 3

    assert pull(proof, data[:65]) == (b"", False)
    pieces = [data[place:place + 65_553] for place in range(82, len(data), 65_553)]
    plain = [pull(piece) for piece in pieces]
    assert [last for _, last in plain] == [False] * (len(plain) - 1) + [True]
    contents, entries = b"".join(piece for piece, _ in plain), {}
    while True:
        length, contents = int.from_bytes(contents[:2], "big"), contents[2:]
        if length == 0:
            assert contents == b""
            return entries
        name, contents = contents[:length].decode(), contents[length:]
        length, contents = int.from_bytes(contents[:8], "big"), contents[8:]
        entries[name], contents = contents[:length], contents[length:]


def at_terminal(node, answers, *command):
    """Runs a command at a terminal, answers each question, and returns the exit code and what was to be seen."""
    words = node.host.enter(BULLPEN, *command)
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(words[0], words, node.environment)
    seen, answers = b"", list(answers)
    try:
        while select.select([terminal], [], [], 30)[0]:
            try:
                got = os.read(terminal, 4_096)
            except OSError:  # how a terminal says that nobody is at its other end any more
                break
            if not got:
                break
            seen += got
            if answers and seen.endswith(b": "):
                os.write(terminal, answers.pop(0).encode() + b"\n")
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode()


def texts(node):
    return {one["text"] for one in node.activities()}


def logs_of(node, device):
    """Sequence numbers by incarnation and kind, as a node has them of a device."""
    return {(one["incarnation"], one["kind"]): one["sequence"] for one in node.status()["heads"]
            if one["device_id"] == device}


@pytest.mark.parametrize("alone", [False, True], ids=["among others", "alone at first"])
def test_keeping_a_lost_disk_comes_back_and_nothing_forks(office, alone):
    office.ready()
    ada, bob, eve = office.all
    stick = Stick(ada)
    ada.command("log", "before the backup")
    bob.command("notify", ada.member, "--title", "Kettle", "--body", "sealed before")
    office.agree()
    made = stick.write()
    assert made["is_sealed"] and made["workspaces"] == 1
    assert stick.backup.stat().st_mode & 0o777 == 0o600
    # What is written after it is only with the others.
    for number in range(5):
        ada.command("log", f"after the backup {number}")
    bob.command("notify", ada.member, "--title", "Kettle two", "--body", "sealed after")
    office.agree()
    device = made["device_id"]
    before = {node: logs_of(node, device) for node in (bob, eve)}
    assert before[bob] == before[eve]
    stick.lose_the_disk()
    if alone:
        bob.end()
        eve.end()

    assert stick.restore()["device_id"] == device
    start = time.monotonic()
    ada.up()
    # Her log is behind itself now; she writes before or while she hears of that.
    ada.command("log", "after the restore")
    if alone:
        assert "after the backup 0" not in texts(ada)
        start = time.monotonic()
        bob.up()
        eve.up()
    within(20, "all three agree after the restore",
           lambda: ada.digests() == bob.digests() == eve.digests() and "after the restore" in texts(eve), since=start)
    everything = {"before the backup", "after the restore"} | {f"after the backup {number}" for number in range(5)}
    for node in office.all:
        assert everything <= texts(node)
        assert node.status()["refused_changes"] == 0
    # Every log that peers had is as long as it was, and what is new stands in logs of a second incarnation.
    for node in (bob, eve):
        after = logs_of(node, device)
        assert before[node].items() <= after.items()
        assert len({incarnation for incarnation, _ in after}) == 2
    assert {one["body"] for one in ada.notifications()} == {"sealed before", "sealed after"}
    office.all_meet(10, since=time.monotonic())
    # She is the member that she was.
    assert len(bob.members()) == 3


def test_keeping_a_backup_is_what_the_protocol_says(office):
    office.open()
    ada = office.ada
    ada.command("log", "ada watered the ferns")
    stick = Stick(ada)
    made = stick.write()
    entries = opened(stick.backup, PASSPHRASE.strip())
    assert next(iter(entries)) == "about.json"
    assert json.loads(entries["about.json"])["device"] == made["device_id"]
    assert entries["device.key"] == ada.key_file().read_bytes()
    database = next(name for name in entries if name.endswith("/bullpen.sqlite"))
    assert set(entries) == {"about.json", "device.key", "web.key", database, database.replace(
        "bullpen.sqlite", "member.key")}
    copy = stick.backup.with_name("copy.sqlite")
    copy.write_bytes(entries[database])
    with sqlite3.connect(copy) as read:
        assert read.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert read.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        meta = dict(read.execute("SELECT name, value FROM node_meta"))
    assert meta["workspace"] and all(meta[name] is None for name in ("machine", "file", "incarnation"))


def test_keeping_refusals_have_sentences_and_exit_codes(office):
    office.open()
    ada, bob, _ = office.all
    stick = Stick(ada)

    def refused(code, words, node, *command):
        with pytest.raises(Refused) as refusal:
            node.command(*command)
        assert refusal.value.code == code, refusal.value.said
        assert words in refusal.value.said

    stick.write()
    refused(1, "--force", ada, "backup", stick.backup, "--passphrase-file", stick.secret)
    stick.write("--force")
    refused(64, "no passphrase", ada, "backup", stick.backup, "--passphrase-file", stick.secret, "--plain")
    refused(1, "cannot be read", ada, "backup", stick.backup, "--passphrase-file", "/no/such/file")
    refused(70, "is running", ada, "restore", stick.backup, "--passphrase-file", stick.secret)
    bob.end()
    refused(1, "device's key already", bob, "restore", stick.backup, "--passphrase-file", stick.secret)
    stick.secret.write_text("another horse battery staple\n")
    shutil.rmtree(bob.home)
    refused(77, "is not the one", bob, "restore", stick.backup, "--passphrase-file", stick.secret)
    assert not bob.home.exists()
    # Where nobody can be asked, nothing waits for an answer.
    done = ada.host.run("setsid", "--wait", BULLPEN, "backup", "--home", ada.home, stick.backup, "--force", check=False,
                        env=ada.environment)
    assert done.returncode == 64 and "--passphrase-file" in done.stderr


def test_keeping_a_passphrase_is_asked_for_twice_and_never_shown(office):
    office.open()
    ada, bob, eve = office.all
    stick, secret = Stick(ada), PASSPHRASE.strip()

    def backup(*answers):
        return at_terminal(ada, answers, "backup", "--home", ada.home, stick.backup)

    code, seen = backup(secret, secret + "!")
    assert code == 1 and "not the same" in seen and not stick.backup.exists()
    code, seen = backup("short")
    assert code == 1 and "at least 8 characters" in seen and not stick.backup.exists()
    code, seen = backup(secret, secret)
    assert code == 0 and "sealed by your passphrase" in seen and "horse" not in seen
    other = ada.host.directory / "other"
    code, seen = at_terminal(ada, ["wrong horse battery"], "restore", "--home", other, stick.backup)
    assert code == 77 and not other.exists()
    code, seen = at_terminal(ada, [secret], "restore", "--home", other, stick.backup)
    assert code == 0 and "Use only one of the two" in seen and "horse" not in seen
    assert (other / "device.key").read_bytes() == ada.key_file().read_bytes()

    # Leaving asks for the name, and another name leaves nothing.
    code, seen = at_terminal(eve, ["Harbour Desk"], "leave", "--home", eve.home)
    assert code == 1 and "nothing was done" in seen and len(eve.api("GET", "/workspaces")["items"]) == 1
    code, seen = at_terminal(eve, [WORKSPACE], "leave", "--home", eve.home)
    assert code == 0 and eve.api("GET", "/workspaces")["items"] == []
    code, seen = at_terminal(ada, ["Harbour Desk"], "leave", "--home", ada.home)
    assert code == 1 and "name an admin first" in seen


def test_keeping_a_workspace_is_left_in_the_view_and_by_the_command(office):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    office.ready()
    ada, bob, eve = office.all
    bob.command("log", "bob was here")
    office.agree()
    member = bob.member
    with browser.playing() as playwright:
        view = View(playwright, bob, (1280, 800))
        try:
            page = view.page
            page.evaluate("location.hash = '#/node'")
            page.get_by_role("button", name="Leave this workspace…").click()
            box = page.get_by_role("dialog")
            go = box.get_by_role("button", name="Leave and erase")
            assert go.is_disabled()
            box.get_by_label("To leave, type").fill(WORKSPACE)
            start = time.monotonic()
            go.click()
            page.get_by_role("heading", name="Start a workspace").wait_for()
            within(2, "ada sees bob offline", lambda: ada.presence()[member]["status"] == "offline", since=start)
            # The page waits for the node that begins anew, and asks it until it answers.
            assert [one for one in view.complaints if "/api/v1/setup" not in one] == []
        finally:
            view.close()
    assert list((bob.home / "workspaces").iterdir()) == []
    assert bob.files_holding("bob was here") == []
    # Others keep what he said, and whoever is back is new.
    assert "bob was here" in texts(ada)
    bob.command("join", ada.command("invite")["code"], "--name", bob.display_name, timeout=60)
    ready("bob is back", lambda: bob.api("GET", "/user/current")["user_id"] != member)

    # By the command, while the node runs and while it does not.
    eve.command("leave", "--yes")
    assert list((eve.home / "workspaces").iterdir()) == []
    assert eve.api("GET", "/workspaces")["items"] == []
    ada.end()
    ada.command("leave", "--yes", WORKSPACE)
    assert list((ada.home / "workspaces").iterdir()) == []
    assert not (ada.home / "device.key").exists()
