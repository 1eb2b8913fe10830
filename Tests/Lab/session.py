"""A person's own systemd on a host of the lab, as a login starts it.

The host has no systemd of its own, so what that would have made is made here: the folders under /run, an account, a
session bus, and a control group that the person may divide.
"""

import os
import pathlib
import shutil

from waiting import ready

PERSON = 65_500
HOME = "/home/person"
RUNTIME = f"/run/user/{PERSON}"


def hierarchies():
    """Where control groups are made: one hierarchy, or the two that an older set-up has."""
    top = pathlib.Path("/sys/fs/cgroup")
    found = [path for path in (top, top / "systemd", top / "unified") if (path / "cgroup.procs").exists()]
    return [path for path in found if os.access(path, os.W_OK)]


class Session:
    def __init__(self, host, installed):
        """`installed` is a folder with what `make install` puts under a prefix, seen from here."""
        self.host = host
        self.environment = {
            "HOME": HOME, "USER": "person", "XDG_RUNTIME_DIR": RUNTIME, "LC_ALL": "C.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={RUNTIME}/bus", "PATH": "/usr/local/bin:/usr/bin:/bin"}
        name = f"bullpen-lab-{os.getpid()}"
        self.groups = [path / name for path in hierarchies()]
        for group in self.groups:
            group.mkdir()
            for path in (group, *group.iterdir()):
                shutil.chown(path, PERSON, PERSON)
        host.run("sh", "-ec", f"""
            mkdir -p /run/systemd/system /run/systemd/unit-root {RUNTIME}
            for file in passwd group; do cp /etc/$file /run/$file; done
            echo 'person:x:{PERSON}:{PERSON}::{HOME}:/bin/sh' >> /run/passwd
            echo 'person:x:{PERSON}:' >> /run/group
            for file in passwd group; do mount --bind /run/$file /etc/$file; done
            mount --bind {installed} /usr/local
            mount -t tmpfs tmpfs /home
            mkdir -p {HOME}/.config/systemd
            cp -r /usr/local/lib/systemd/user {HOME}/.config/systemd/
            chown -R {PERSON}:{PERSON} {HOME} {RUNTIME}
            chmod 700 {RUNTIME}
        """)
        host.start("bus", *self._as("dbus-daemon", "--session", "--nofork", "--nopidfile",
                                    f"--address={self.environment['DBUS_SESSION_BUS_ADDRESS']}"), env=self.environment)
        ready("the session bus", lambda: host.path(f"{RUNTIME}/bus").exists())
        enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self.groups)
        words = " ".join(self._as("/lib/systemd/systemd", "--user"))
        self.systemd = host.start("systemd", "sh", "-ec", f"{enter} exec {words}", env=self.environment)
        ready("the person's systemd", lambda: self.run("systemctl", "--user", "is-system-running").stdout == "running\n")

    def _as(self, *command):
        return ["setpriv", f"--reuid={PERSON}", f"--regid={PERSON}", "--clear-groups", *command]

    def run(self, *command):
        """As the person; whatever it ends with."""
        return self.host.run(*self._as(*command), check=False, timeout=60, env=self.environment)

    def show(self, name):
        return self.run("systemctl", "--user", "show", "--value", "-p", name, "bullpen.service").stdout.strip()

    def close(self):
        """The groups are the machine's; they go when nobody is in them."""
        self.systemd.terminate()
        self.systemd.wait(30)
        for group in self.groups:
            for folder, _, _ in os.walk(group, topdown=False):
                ready(f"{folder} is empty", lambda: os.rmdir(folder) is None)
