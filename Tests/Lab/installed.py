"""A person on a bare machine, with the command and the home of the Debian package."""

import json
import os
import pathlib
import signal

import pytest

from bare import Listener, exec_start
from node import Node, Refused
from waiting import ready, within

PACKAGE, BARE = (os.environ.get(name) for name in ("BULLPEN_DEB", "BULLPEN_BARE"))
# That of an earlier commit, as `earlier.py` has left it: `package`, or the `obstacle` to it.
EARLIER = json.loads(os.environ.get("BULLPEN_DEB_EARLIER", "{}"))

needs_package = pytest.mark.skipif(not PACKAGE, reason="there is no package: `make package-test` builds it")
needs_root = pytest.mark.skipif(not (PACKAGE and BARE),
                                reason="there is no bare Debian: `make package-test`, as root, makes it")
needs_earlier = pytest.mark.skipif(
    "package" not in EARLIER,
    reason="there is no package to upgrade from: " + EARLIER.get("obstacle", "`make package-test` builds it"))


class Installed(Node):
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

    def database(self):
        """The workspace's file; beside it may lie what an upgrade has put aside."""
        found, = self.home.glob("workspaces/*/bullpen.sqlite")
        return found

    # MARK: Packages

    def version(self):
        return self.bare.run("dpkg-query", "-W", "-f=${Version}", "bullpen").stdout


def running():
    """How many processes have the name of the command; those of all hosts are seen from here."""
    return sum(path.read_text() == "bullpen\n" for path in pathlib.Path("/proc").glob("[0-9]*/comm"))
