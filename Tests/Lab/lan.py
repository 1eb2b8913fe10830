"""A LAN on one machine: hosts are namespaces of network, mounts and host name, joined by veth cables to a switch.

    host eth0 10.77.0.N ──veth── portN ┐
    host eth0 10.77.0.M ──veth── portM ┴ bridge, in a namespace of its own

Nothing here touches the machine's own network. Needs root.
"""

import os
import pathlib
import subprocess
import tempfile
import uuid

from namespaces import end, hold, inside, socket_inside, spawn
from waiting import ready

HOST_NAMESPACES = ("--net", "--mount", "--uts")


class Lan:
    """A switch and the hosts on it. Use it in a `with`: everything ends with the block, also after a failure."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bullpen-lab-"))
        self.hosts = []
        self.switch = hold("--net", "--mount")
        try:
            self.at_switch("ip", "link", "set", "lo", "up")
            # Without snooping a group reaches every port at once, as on a plain office switch.
            self.at_switch("ip", "link", "add", "switch", "type", "bridge", "mcast_snooping", "0", "forward_delay", "0")
            self.at_switch("ip", "link", "set", "switch", "up")
            self.at_switch("nft", "add table bridge lab; add chain bridge lab cut "
                                  "{ type filter hook forward priority 0; }")
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def at_switch(self, *command):
        return _run(inside(self.switch.pid, "--net", "--mount") + list(command))

    def host(self, name):
        """Plugs in a new host, with no daemon on it."""
        host = Host(self, name, len(self.hosts) + 1)
        self.hosts.append(host)
        host.plug()
        return host

    def part(self, one, other):
        """Cuts a pair of hosts from each other; both still reach all the rest."""
        for a, b in ((one, other), (other, one)):
            self.at_switch("nft", f'add rule bridge lab cut iifname "{a.port}" oifname "{b.port}" drop')

    def cut_off(self, host):
        """Nothing of a host's passes the switch any more, and its carrier stays."""
        for way in ("iifname", "oifname"):
            self.at_switch("nft", f'add rule bridge lab cut {way} "{host.port}" drop')

    def rejoin(self):
        """Ends every partition."""
        self.at_switch("nft", "flush chain bridge lab cut")

    def close(self):
        for host in reversed(self.hosts):
            host.close()
        self.hosts = []
        end(self.switch)
        subprocess.run(["rm", "-rf", str(self.directory)], check=False)


class Host:
    """One machine. Its processes see its network, its host name, its /run and its machine id."""

    def __init__(self, lan, name, number):
        self.lan, self.name, self.number = lan, name, number
        self.address = f"10.77.0.{number}"
        self.port = f"port{number}"
        self.directory = lan.directory / name
        self.directory.mkdir()
        self.processes = []
        self.daemons = []
        self.logs = {}
        self.holder = hold("--net", "--mount", "--uts")

    # MARK: The machine

    def plug(self):
        """Cabling and the things that make it a machine of its own."""
        machine_id = self.directory / "machine-id"
        machine_id.write_text(uuid.uuid4().hex + "\n")
        self.run("sh", "-ec", f"""
            hostname {self.name}
            mount -t tmpfs tmpfs /run
            mkdir -p /run/dbus /run/avahi-daemon /run/lock
            if [ -e /etc/machine-id ]; then mount --bind {machine_id} /etc/machine-id; fi
            sysctl -q -w net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 2>/dev/null || true
            ip link set lo up
        """)
        self.lan.at_switch("ip", "link", "add", self.port, "type", "veth",
                           "peer", "name", "eth0", "netns", str(self.holder.pid))
        self.lan.at_switch("ip", "link", "set", self.port, "master", "switch", "up")
        self.run("ip", "addr", "add", f"{self.address}/24", "brd", "+", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.link_local = ready(f"link-local address of {self.name}", self._link_local)

    def _link_local(self):
        out = self.run("ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link").stdout
        return "" if "tentative" in out or "inet6 " not in out else out.split("inet6 ")[1].split("/")[0]

    def move(self, address):
        """Another IPv4 address than before, as a network gives one to whom it has forgotten."""
        self.run("ip", "addr", "flush", "dev", "eth0", "scope", "global")
        self.run("ip", "addr", "add", f"{address}/24", "brd", "+", "dev", "eth0")
        self.address = address

    def link(self, name, address):
        """A link that leads to no colleague, such as a container's or a VPN's."""
        self.run("sh", "-ec", f"ip link add {name} type veth peer name {name}-end; ip addr add {address} dev {name}; "
                              f"ip link set {name} up; ip link set {name}-end up")

    def hardware_address(self):
        return self.run("ip", "-o", "link", "show", "eth0").stdout.split("link/ether ")[1].split()[0]

    # MARK: Processes

    def enter(self, *command):
        return inside(self.holder.pid, *HOST_NAMESPACES) + [str(word) for word in command]

    def run(self, *command, check=True, timeout=30, env=None):
        """Runs a command to its end and returns it with its output as text."""
        return _run(self.enter(*command), check=check, timeout=timeout, env=env)

    def start(self, name, *command, env=None):
        """Starts a process that runs on; its output goes to a file that a failing story prints."""
        path = self.directory / f"{name}.log"
        self.logs[name] = path
        with open(path, "ab") as log:
            process = spawn(self.enter(*command), stdout=log, stderr=log, env=env, start_new_session=True)
        self.processes.append(process)
        return process

    def socket(self, *arguments):
        """A socket of this host, for use from here."""
        return socket_inside(self.holder.pid, *arguments)

    def close(self):
        for process in reversed(self.processes):
            end(process)
        self.processes = []
        end(self.holder)

    # MARK: Avahi

    def start_avahi(self):
        """The system's D-Bus and Avahi daemons, as Debian runs them."""
        bus = self.start("dbus", "dbus-daemon", "--system", "--nofork", "--nopidfile")
        self.daemons.append(bus)
        ready(f"system bus on {self.name}", lambda: self.path("/run/dbus/system_bus_socket").exists())
        self.start_avahi_alone()

    def start_avahi_alone(self):
        """Where the bus runs already."""
        self.daemons.append(self.start("avahi", "avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits"))
        ready(f"Avahi on {self.name}", self._avahi_runs)

    def _avahi_runs(self):
        answer = self.run("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.Avahi", "/",
                          "org.freedesktop.Avahi.Server.GetState", check=False).stdout
        return "int32 2" in answer

    def kill_avahi(self):
        """The daemon dies without a word; the bus lives on."""
        daemon = self.daemons.pop()
        daemon.kill()
        daemon.wait()
        self.processes.remove(daemon)

    def stop_avahi(self):
        for daemon in reversed(self.daemons):
            end(daemon)
            self.processes.remove(daemon)
        self.daemons = []
        self.run("sh", "-c", "rm -rf /run/dbus/* /run/avahi-daemon/*")

    def path(self, inside):
        """A path of this host as seen from here."""
        return pathlib.Path(f"/proc/{self.holder.pid}/root{inside}")

    # MARK: The cable

    def cable_out(self):
        self.lan.at_switch("ip", "link", "set", self.port, "down")

    def cable_in(self):
        self.lan.at_switch("ip", "link", "set", self.port, "up")

    def lose(self, percent):
        """Drops that share of all packets that leave this host; 0 ends it.

        The kernel answers a sender whose packet dies in its own output chain with EPERM: a node must take that as loss.
        """
        self.run("nft", "add table inet loss; delete table inet loss")
        if percent:
            rule = f'add rule inet loss out oifname "eth0" {{}} numgen random mod 100 < {percent} counter drop; '
            self.run("nft", "add table inet loss; add chain inet loss out { type filter hook output priority 0; }; "
                            + rule.format("meta l4proto udp") + rule.format("meta l4proto != udp"))

    def lost(self):
        """How many datagrams `lose` has dropped since it was called; what else the kernel sends by itself is not counted."""
        words = self.run("nft", "list", "chain", "inet", "loss", "out").stdout.split()
        return int(words[words.index("packets") + 1])


def _run(command, check=True, timeout=30, env=None):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, env=env)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


def can_build():
    """Why a LAN cannot be built here; None where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        end(hold("--net", "--mount", "--uts"))
    except (RuntimeError, OSError) as error:
        return f"namespaces are not to be had: {error}"
    return None
