"""A desktop on a host, with a D-Bus of its own."""

import os
import subprocess

import pytest

from clocks import Clocks
from namespaces import spawn
from node import BUILT
from waiting import ready

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


class Bus:
    """One bus is both the session's and the system's."""

    def __init__(self, host):
        socket, configuration = host.directory / "bus", host.directory / "bus.conf"
        self.address = f"unix:path={socket}"
        configuration.write_text(CONFIGURATION.format(address=self.address))
        host.start("bus", "dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile")
        ready(f"a bus on {host.name}", socket.exists)

    @property
    def environment(self):
        return {"DBUS_SESSION_BUS_ADDRESS": self.address, "DBUS_SYSTEM_BUS_ADDRESS": self.address}


class Desktop(Bus):
    """GNOME's compositor and the login service answer what they are told to."""

    def __init__(self, host):
        super().__init__(host)
        self.screen = spawn(host.enter(BUILT / "desktop", self.address, "mutter", "logind"),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        host.processes.append(self.screen)
        self._hear()

    def say(self, line):
        """See the head of Tests/Desktop/main.swift."""
        self.screen.stdin.write(line + "\n")
        self.screen.stdin.flush()
        self._hear()

    def _hear(self):
        said = self.screen.stdout.readline()
        assert said == "ok\n", f"the desktop said {said!r}"


class Mutter(Bus):
    """GNOME's compositor itself, on a screen that nobody sees, with a clock that can be set."""

    def __init__(self, host):
        super().__init__(host)
        self.host = host
        self.clocks = Clocks(host.directory / "clocks-mutter")
        runtime = host.directory / "runtime"
        runtime.mkdir(mode=0o700)
        own = {"XDG_RUNTIME_DIR": str(runtime), "MUTTER_DEBUG_RESET_IDLETIME": "1"}
        compositor = host.start("mutter", "mutter", "--headless", "--wayland", "--no-x11", "--virtual-monitor", "640x480",
                                env=os.environ | self.environment | self.clocks.environment | own)
        ready(f"a compositor on {host.name}", lambda: compositor.poll() is not None
              or self._ask("GetIdletime", check=False).returncode == 0)
        if compositor.poll() is not None:
            host.processes.remove(compositor)
            pytest.skip(f"mutter does not run on this machine: {(host.directory / 'mutter.log').read_text()[-300:]}")

    def rest(self, seconds):
        """Nobody touches anything for as long."""
        self.clocks.leap(seconds)

    def touch(self):
        """As an input device would."""
        self._ask("ResetIdletime")

    def _ask(self, method, check=True):
        name = "org.gnome.Mutter.IdleMonitor"
        return self.host.run("dbus-send", f"--bus={self.address}", "--print-reply", f"--dest={name}",
                             "/org/gnome/Mutter/IdleMonitor/Core", f"{name}.{method}", check=check)
