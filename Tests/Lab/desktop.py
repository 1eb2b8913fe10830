"""A desktop on a host: a D-Bus of its own, on which GNOME's compositor and the login service answer what they are told to."""

import subprocess

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


class Desktop:
    """One bus is both the session's and the system's."""

    def __init__(self, host):
        socket, configuration = host.directory / "bus", host.directory / "bus.conf"
        self.address = f"unix:path={socket}"
        configuration.write_text(CONFIGURATION.format(address=self.address))
        host.start("bus", "dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile")
        ready(f"a bus on {host.name}", socket.exists)
        self.screen = spawn(host.enter(BUILT / "desktop", self.address, "mutter", "logind"),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        host.processes.append(self.screen)
        self._hear()

    @property
    def environment(self):
        return {"DBUS_SESSION_BUS_ADDRESS": self.address, "DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def say(self, line):
        """See the head of Tests/Desktop/main.swift."""
        self.screen.stdin.write(line + "\n")
        self.screen.stdin.flush()
        self._hear()

    def _hear(self):
        said = self.screen.stdout.readline()
        assert said == "ok\n", f"the desktop said {said!r}"
