"""The Debian package on machines that have nothing else. `make package-test` builds what this needs."""

import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess

import pytest

from bare import Bare, Listener, exec_start, field
from node import ROOT, Node, Refused
from session import HOME, Session, hierarchies
from waiting import ready, within

PACKAGE, OLDER, BARE = (os.environ.get(name) for name in ("BULLPEN_DEB", "BULLPEN_DEB_OLDER", "BULLPEN_BARE"))
needs_package = pytest.mark.skipif(not PACKAGE, reason="there is no package: `make package-test` builds it")
needs_root = pytest.mark.skipif(not (PACKAGE and OLDER and BARE),
                                reason="there is no bare Debian: `make package-test`, as root, makes it")

# Beside what every Debian has and the C and C++ runtime, these and no others.
MAY_NEED = {"fonts-inter", "libavahi-client3", "libavahi-common3", "libavahi-core7", "libsodium23", "libsqlite3-0",
            "init-system-helpers", "libc6", "libgcc-s1", "libstdc++6", "zlib1g"}


class Installed(Node):
    """A person on a bare machine, with the command and the home of the package."""

    def __init__(self, bare, name, display_name):
        super().__init__(bare.host, name, display_name)
        self.bare = bare
        self.home = bare.path("/home/person/.local/share/bullpen")
        self.listener = None

    def said(self, verb, *words, timeout=60):
        return self.bare.run("bullpen", verb, *words, person=True, check=False, timeout=timeout)

    def command(self, verb, *words, timeout=60):
        done = self.said(verb, *words, "--json", timeout=timeout)
        if done.returncode != 0:
            raise Refused(done.returncode, f"bullpen {verb}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def up(self):
        """As systemd does it: the unit's command line, and a word when the node is ready."""
        self.listener = Listener(self.bare)
        self.process = self.bare.start(
            f"node-{self.name}", *exec_start(self.bare.path("/usr/lib/systemd/user/bullpen.service")),
            env={"NOTIFY_SOCKET": self.listener.inside})
        within(10, f"{self.name}'s unit says that it is ready", self._is_ready, promise=False)
        # Ready means that it answers, without another try.
        assert self.api("GET", "/health", prefix="") is not None
        return self

    def _is_ready(self):
        if self.process.poll() is not None:
            raise Refused(self.process.returncode, f"the node of {self.name} has ended")
        return self.listener.heard("READY=1")

    def end(self, how=signal.SIGTERM, wait=True):
        super().end(how, wait)
        ready(f"{self.name}'s unit said that it was stopping", lambda: self.listener.heard("STOPPING=1"))
        self.listener.close()


def running():
    """How many processes have the name of the command; those of all hosts are seen from here."""
    return sum(path.read_text() == "bullpen\n" for path in pathlib.Path("/proc").glob("[0-9]*/comm"))


# MARK: The file


@needs_package
def test_debian_finds_no_error_in_it():
    done = subprocess.run(["lintian", "--fail-on", "error", "--allow-root", "--tag-display-limit", "0", PACKAGE],
                          capture_output=True, text=True)
    print(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_package
def test_it_depends_on_what_debian_12_has():
    names = {re.match(r"\s*([^\s(]+)", part).group(1) for part in field(PACKAGE, "Depends").split(",")}
    assert {"fonts-inter", "libavahi-client3", "libavahi-core7", "libsodium23", "libsqlite3-0"} <= names <= MAY_NEED


@needs_package
def test_what_is_installed_is_well_formed(tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    share = tmp_path / "usr/share"
    checks = [["desktop-file-validate", share / "applications/bullpen.desktop"],
              ["bash", "-n", share / "bash-completion/completions/bullpen"]]
    for command in checks:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stdout, f"{command}: {done.stdout}{done.stderr}"
    page = subprocess.run(["zcat", str(share / "man/man1/bullpen.1.gz")], capture_output=True, text=True, check=True)
    listed = subprocess.run([str(tmp_path / "usr/bin/bullpen"), "--experimental-dump-help"], capture_output=True,
                            text=True, check=True)
    for verb in json.loads(listed.stdout)["command"]["subcommands"]:
        if verb["commandName"] != "help":
            assert f"bullpen {verb['commandName']}" in page.stdout
    for completion in ("bash-completion/completions/bullpen", "zsh/vendor-completions/_bullpen",
                       "fish/vendor_completions.d/bullpen.fish"):
        assert "service" in (share / completion).read_text()
    built = tmp_path / "usr/bin/bullpen"
    dynamic = subprocess.run(["objdump", "-p", str(built)], capture_output=True, text=True, check=True).stdout
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic and "libswift" not in dynamic


@needs_package
def test_the_unit_is_what_systemd_understands(tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    unit = tmp_path / "usr/lib/systemd/user/bullpen.service"
    # The command is where the package puts it, which need not be on this machine.
    text = unit.read_text()
    assert "ExecStart=/usr/bin/bullpen up\n" in text
    unit.write_text(text.replace("/usr/bin/bullpen", str(tmp_path / "usr/bin/bullpen")))
    done = subprocess.run(["systemd-analyze", "verify", "--user", "--man=no", str(unit)], capture_output=True, text=True,
                          env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert done.returncode == 0 and "bullpen" not in done.stderr, done.stderr


@needs_package
def test_every_library_that_is_linked_in_is_named_in_the_copyright(tmp_path):
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    named = (ROOT / "debian/copyright").read_text()
    for pin in pins:
        folder = pin["location"].removesuffix(".git").rsplit("/", 1)[1]
        assert f".build/checkouts/{folder}/*" in named, folder


@needs_package
def test_make_install_and_uninstall(tmp_path):
    def make(verb):
        subprocess.run(["make", "-s", "-C", str(ROOT), verb, f"DESTDIR={tmp_path}", "PREFIX=/opt/bullpen"], check=True)

    make("install")
    top = tmp_path / "opt/bullpen"
    files = {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}
    assert {"bin/bullpen", "lib/systemd/user/bullpen.service", "share/man/man1/bullpen.1",
            "share/applications/bullpen.desktop"} <= files
    assert "ExecStart=/opt/bullpen/bin/bullpen up" in (top / "lib/systemd/user/bullpen.service").read_text()
    said = subprocess.run([str(top / "bin/bullpen"), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"bullpen {field(PACKAGE, 'Version')}"
    make("uninstall")
    assert not [path for path in top.rglob("*") if path.is_file()]


# MARK: The unit


@pytest.mark.skipif(not hierarchies(), reason="no control group can be made here")
@needs_root
def test_the_unit_runs_in_a_persons_own_systemd(lan, tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    unit = tmp_path / "usr/lib/systemd/user/bullpen.service"
    unit.write_text(unit.read_text().replace("/usr/bin/", "/usr/local/bin/"))
    for path in tmp_path.parents:
        if os.stat(path).st_uid == os.getuid() and path != pathlib.Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    session = Session(lan.host("host-ada"), tmp_path / "usr")
    try:
        state = json.loads(session.run("bullpen", "service", "status", "--json").stdout)
        assert state == {"enabled": False, "active": False, "state": "inactive"}
        done = session.run("bullpen", "service", "enable")
        assert done.returncode == 0, done
        state = json.loads(session.run("bullpen", "service", "status", "--json").stdout)
        assert state == {"enabled": True, "active": True, "state": "active"}
        # Type=notify: it is active because the node said so.
        assert session.show("StatusText").startswith("The view is at http://127.0.0.1:")
        done = session.run("bullpen", "init", "--name", "Ada", "--workspace", "Desk")
        assert done.returncode == 0, done

        # The cage, seen from inside, by root itself.
        pid = session.show("MainPID")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status

        def touch(place):
            words = ["nsenter", "--target", pid, "--mount", "touch", place]
            return subprocess.run(words, capture_output=True, text=True)

        for place in ("/usr/bullpen-was-here", f"{HOME}/bullpen-was-here"):
            assert "Read-only file system" in touch(place).stderr
        assert touch(f"{HOME}/.local/share/bullpen/was-here").returncode == 0

        os.kill(int(pid), signal.SIGKILL)
        ready("systemd starts it again", lambda: session.show("NRestarts") == "1"
              and session.show("ActiveState") == "active")
        assert "Desk" in session.run("bullpen", "status").stdout
        assert session.run("bullpen", "down").returncode == 0
        ready("an orderly end is no failure", lambda: session.show("ActiveState") == "inactive")
        assert session.show("Result") == "success"
        assert session.run("bullpen", "service", "disable").returncode == 0
        assert not json.loads(session.run("bullpen", "service", "status", "--json").stdout)["enabled"]
    finally:
        session.close()


# MARK: The story


@needs_root
def test_two_bare_machines_install_meet_upgrade_and_forget(lan):
    machines = [Bare(lan.host(f"host-{name}"), BARE) for name in ("ada", "bob")]
    trees = [machine.tree() for machine in machines]
    assert not any("bullpen" in path or "swift" in path for tree in trees for path in tree)
    for machine, package in zip(machines, (OLDER, PACKAGE)):
        machine.install(package)
    ada, bob = (Installed(machine, name, display) for machine, name, display
                in zip(machines, ("ada", "bob"), ("Adelheid Quillfeather", "Bobolink Underwood")))

    # Installing starts nothing and enables nothing, and where there is no systemd the command says so.
    assert not running()
    assert not list(machines[0].path("/etc/systemd/user").rglob("*bullpen*"))
    refused = ada.said("service", "enable")
    assert refused.returncode == 69 and "no systemd user session" in refused.stderr, refused

    ada.command("init", "--name", ada.display_name, "--workspace", "Harbour Desk")
    ada.up()
    bob.up()
    assert running() == 2
    code = ada.command("invite")["code"]
    bob.command("join", code, "--name", bob.display_name)
    for one, other in ((ada, bob), (bob, ada)):
        within(5, f"{one.name} sees {other.name} online", lambda: one.sees_online() == {other.member})
        # libavahi-core is loaded by name; it is there because the package says so.
        assert one.status()["discovery"] == "embedded"
    # The view and its font are there.
    assert "<html" in ada.api("GET", "/", prefix="").lower()
    assert ada.bare.run("ls", "/usr/share/fonts/opentype/inter/Inter-Regular.otf").stdout
    ada.command("log", "ada watered the ferns")
    within(5, "bob reads it", lambda: "ada watered the ferns" in {one["text"] for one in bob.activities()})
    # A link in the journal would let in whoever may read that.
    assert "login" not in ada.host.logs["node-ada"].read_text()

    # Upgrade while it runs: it goes on, and the new one starts with the data at the next login.
    machines[0].install(PACKAGE)
    assert ada.process.poll() is None
    assert ada.bare.run("dpkg-query", "-W", "-f=${Version}", "bullpen").stdout == field(PACKAGE, "Version")
    member, before = ada.member, ada.digests()
    ada.end()
    within(5, "bob sees ada leave", lambda: bob.sees_online() == set())
    ada.up()
    within(10, "ada and bob see each other after the upgrade",
           lambda: ada.sees_online() == {bob.member} and bob.sees_online() == {ada.member})
    assert ada.api("GET", "/user/current")["user_id"] == member
    assert ada.digests() == before
    assert "ada watered the ferns" in {one["text"] for one in ada.activities()}

    # A file of a version yet to come is refused in words, and nothing of it is lost.
    bob.end()
    with sqlite3.connect(bob.database()) as database:
        database.execute("INSERT INTO node_schema (part) VALUES ('holograms.shimmer')")
    database.close()
    refused = bob.said("up")
    assert refused.returncode == 70 and "newer version of Bullpen" in refused.stderr, refused
    with sqlite3.connect(bob.database()) as database:
        database.execute("DELETE FROM node_schema WHERE part = 'holograms.shimmer'")
    database.close()
    bob.up()
    within(10, "bob is back", lambda: ada.sees_online() == {bob.member})

    # Removing leaves people's homes alone, and nothing else.
    for node, machine, tree in zip((ada, bob), machines, trees):
        node.end()
        assert {"usr/bin/bullpen", "usr/share/fonts/opentype/inter"} <= machine.tree() - tree
        machine.run("apt-get", "remove", "-y", "-q", "bullpen")
        assert not machine.path("/usr/bin/bullpen").exists()
        machine.run("apt-get", "purge", "-y", "-q", "--auto-remove", "bullpen")
        left = machine.tree() - tree
        assert not [path for path in left if "bullpen" in path.lower()], left
        assert not left, left
        assert (node.home / "device.key").exists() and node.database().exists()
