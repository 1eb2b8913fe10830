"""The first run where machines are not as one would like them."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import unicodedata

import pytest

from node import Node, Refused
from office import Office
from waiting import ready, within


def pair(lan):
    """Ada with a workspace, and Bob with a node."""
    ada, bob = (Node(lan.host(f"host-{name}"), name, name) for name in ("ada", "bob"))
    ada.command("init", "--name", "Ada Quill", "--workspace", "Harbour")
    return ada, bob


def see_each_other(*nodes):
    for node in nodes:
        others = {other.member for other in nodes if other is not node}
        ready(f"{node.name} sees the others", lambda: others <= node.sees_online())


@pytest.mark.parametrize("daemons", [True, False], ids=["daemons", "no daemon"])
def test_containers_and_a_vpn_are_no_obstacle(lan, product, daemons):
    """Every laptop has the same address on docker0, which leads each of them to itself."""
    office = Office(lan, daemons=False)
    for number, host in enumerate(office.hosts, 1):
        host.run("sh", "-ec", f"""
            ip link add docker0 type bridge
            ip addr add 172.17.0.1/16 dev docker0
            ip link set docker0 up
            ip link add tun0 type veth peer name far
            ip addr add 10.8.0.{number}/24 dev tun0
            ip link set far up
            ip link set tun0 up
        """)
    if daemons:
        office.start_daemons()
    for node in office.all:
        node.interface = None
    office.open().all_meet()
    office.agree()
    for node in office.all:
        assert {peer["endpoint"].split(".")[0] for peer in node.api("GET", "/peers")["items"]
                if peer["endpoint"][0] != "["} <= {"10"}
    # Containers end and begin: nobody goes anywhere by it.
    with office.ada.live() as hers:
        for number in range(3):
            office.bob.host.link(f"veth{number}", f"172.18.{number}.1/24")
            office.bob.host.run("ip", "link", "del", f"veth{number}")
        office.bob.command("log", "in a container")
        within(3, "ada has what bob writes", lambda: "in a container" in {one["text"] for one in office.ada.activities()})
        hers.settle()
        assert not any(one["type"] == "presence.update" and one["data"]["status"] == "offline" for one in hers.heard)
    # And again, when all that is left is what was remembered.
    office.eve.end()
    start = time.monotonic()
    office.eve.up()
    office.all_meet(3, since=start)


def test_two_accounts_of_one_laptop_are_two_people(lan, product):
    ada, bob = pair(lan)
    eve = Node(bob.host, "eve", "eve")
    lan.directory.chmod(0o711)
    bob.host.directory.chmod(0o777)
    for node, account in ((bob, 2001), (eve, 2002)):
        node.account = ["setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups"]
    ada.up()
    code = ada.command("invite", "--uses", "2")["code"]
    bob.up()
    bob.command("join", code, "--name", "Bob Underwood", timeout=60)

    # The second account's node takes other ports, and says so.
    eve.process = eve.host.start("node-eve", *eve.start, env=eve.environment)
    said = lambda: eve.host.logs["node-eve"].read_text()  # noqa: E731
    ready("eve's node tells where it is", lambda: "Your view" in said())
    assert "Other nodes reach this one at port" in said() and "The view is at port" in said()
    eve.web_port = int(said().split("http://127.0.0.1:")[1].split("/")[0])
    eve.command("join", code, "--name", "Eve Marsh", timeout=60)
    see_each_other(ada, bob, eve)
    Office.agree(None, nodes=[ada, bob, eve])

    # Neither may look into the other's home, nor use the other's node.
    for other in (bob, eve):
        stranger = eve if other is bob else bob
        peek = stranger.host.run(*stranger.account, "cat", other.home / "token", check=False)
        assert peek.returncode != 0 and "denied" in peek.stderr.lower()
        with pytest.raises(Refused) as refused:
            stranger_home, stranger.home = stranger.home, other.home
            try:
                stranger.command("who")
            finally:
                stranger.home = stranger_home
        assert refused.value.code != 0
    port = eve.web_port
    eve.end()
    eve.up()
    assert eve.web_port == port, "it keeps its place"


def test_a_terminal_that_is_closed_says_goodbye(lan, product):
    ada, bob = pair(lan)
    ada.up()
    bob.up()
    bob.command("join", ada.command("invite")["code"], "--name", "Bob Underwood", timeout=60)
    see_each_other(ada, bob)
    bob.end()

    words = " ".join(str(word) for word in bob.start)
    terminal = bob.host.start("terminal", "script", "--quiet", "--flush", "--command", words, "/dev/null",
                              env=bob.environment)
    see_each_other(ada, bob)
    shown = bob.host.logs["terminal"].read_text()
    assert "close this terminal" in shown
    start = time.monotonic()
    terminal.send_signal(signal.SIGKILL)
    within(1, "ada sees that bob's terminal was closed", lambda: ada.status_of(bob) == "offline", since=start)
    terminal.wait(5)
    bob.host.processes.remove(terminal)
    # Nothing holds the home any more.
    ready("bob's node has ended", lambda: exit_of(bob) == 69)
    bob.up()
    see_each_other(ada, bob)


def exit_of(node):
    try:
        node.command("who")
    except Refused as refused:
        return refused.code
    return 0


def test_a_second_up_leads_to_the_first(lan, product):
    ada, _ = pair(lan)
    ada.up()
    second = ada.host.run(*ada.start, env=ada.environment)
    assert "already running" in second.stdout and "/login#t=" in second.stdout
    # The other command says it to programs.
    assert "/login#t=" in ada.command("up")["url"]


def test_names_are_what_people_have(lan, product):
    """Typed decomposed, in a terminal without a locale, they are shown composed to everybody."""
    ada, bob = (Node(lan.host(f"host-{name}"), name, name) for name in ("ada", "bob"))
    name, office = "Zoë Ångström-Łącki 李", "Büro “Süd” № 5 🪴"
    ada.command("init", "--name", unicodedata.normalize("NFD", name), "--workspace", unicodedata.normalize("NFD", office))
    ada.up()
    bob.up()
    bob.command("join", ada.command("invite")["code"], "--name", "Nguyễn Thị Ánh", timeout=60)
    see_each_other(ada, bob)
    ready("bob knows both names", lambda: set(bob.members().values()) == {name, "Nguyễn Thị Ánh"})
    assert bob.status()["name"] == office
    human = bob.host.run(*bob.account, str(product), "who", "--home", bob.home, env={**bob.environment, "LC_ALL": "C"})
    assert name in human.stdout
    ada.command("notify", "Nguyễn Thị Ánh", "--title", "Grüße", "--body", "Ça va?")
    ready("bob has it", lambda: bob.notifications()[0]["title"] == "Grüße")


MAKEFILE = pathlib.Path(__file__).resolve().parent.parent.parent / "Makefile"
LACKED = "bullpen-lacks-this"


def make_run(folder, sudo=None):
    """`make run` by a person without rights, on a machine that lacks a package; `sudo` is a script in its place."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("make", "id", "dpkg-query", "apt-get"):
        (tools / name).symlink_to(shutil.which(name))
    if sudo:
        (tools / "sudo").write_text(sudo)
        (tools / "sudo").chmod(0o755)
    shutil.copy(MAKEFILE, folder)
    folder.chmod(0o755)
    person = [shutil.which("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.run([*person, shutil.which("make"), "-C", str(folder), "run", f"BUILD_PACKAGES={LACKED}"],
                          env={"PATH": str(tools)}, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder():
    """Open to everybody, as a folder that was cloned is; pytest's own are not."""
    path = pathlib.Path("/tmp") / f"bullpen-make-{os.getpid()}-{time.monotonic_ns()}"
    path.mkdir()
    yield path
    shutil.rmtree(path)


def test_make_run_without_sudo_prints_the_line_that_installs_what_is_missing(folder):
    asked = make_run(folder)
    assert asked.returncode != 0
    assert f"Debian packages that are missing here: {LACKED}" in asked.stdout
    line = next(line.strip() for line in asked.stdout.splitlines() if line.strip().startswith("su -c '"))
    assert line.endswith(f"apt-get install -y -q --no-install-recommends {LACKED}'")
    # It can be pasted: a shell reads it as one word behind `su -c`.
    words = subprocess.run(["bash", "-c", f'su() {{ printf "%s\\0" "$@"; }}; {line}'], capture_output=True, text=True)
    assert words.stdout.split("\0")[0] == "-c" and LACKED in words.stdout.split("\0")[1]
    assert len(words.stdout.split("\0")) == 3, words


def test_make_run_elevates_for_apt_alone(folder):
    script = f"#!/bin/bash\necho \"asked: $*\" > {folder}/asked\n"
    record = folder / "asked"
    record.touch()
    record.chmod(0o666)
    make_run(folder, script)
    asked = record.read_text()
    assert asked.startswith("asked: bash -c apt-get update -q && ") and asked.rstrip().endswith(LACKED)
