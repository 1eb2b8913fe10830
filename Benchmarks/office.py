"""An office to measure in: the lab's LAN of network namespaces, and on each host the node of one person."""

import http.client
import json
import os
import pathlib
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent / "Tests" / "Lab"))

from lan import Lan, can_build  # noqa: E402, F401
from namespaces import end  # noqa: E402, F401

WEB_PORT = 4780
# So many announce themselves by mDNS, each with a responder of its own, as where no daemon runs; the rest are told of by
# the others. Fifty responders on one machine would measure how they meet.
ANNOUNCED = 21
# Seconds until a node that was started must answer, and until all must see each other.
PATIENCE, MEETING = 60, 120


class Refused(Exception):
    """A node said no, or nothing."""


def until(what, condition, bound, every=0.05):
    deadline = time.monotonic() + bound
    while True:
        try:
            answer = condition()
            if answer:
                return answer
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise Refused(f"not within {bound} s: {what}")
        time.sleep(every)


class Node:
    """The node of one person, started as it is by hand; its home is the host's."""

    def __init__(self, host, bullpen):
        self.host, self.home, self.name = host, host.directory / "home", f"Person {host.number}"
        environment = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        discovery = "embedded" if host.number <= ANNOUNCED else "off"
        self.process = host.start("node", bullpen, "up", "--home", self.home, "--interface", "eth0",
                                  "--discovery", discovery, env=dict(environment, HOME=str(host.directory)))
        until(f"the API of {self.name}", self._answers, PATIENCE)
        self.token = (self.home / "token").read_text().strip()

    @property
    def pid(self):
        return self.process.pid

    @property
    def place(self):
        """Where a load generator finds its WebSocket."""
        return f"{self.host.holder.pid} 127.0.0.1 {WEB_PORT} {self.token}"

    def _answers(self):
        if self.process.poll() is not None:
            raise Refused(f"the node of {self.name} has ended: {(self.host.directory / 'node.log').read_text()[-500:]}")
        return self.api("GET", "/health", token=None)

    def api(self, method, path, body=None, token=""):
        client = http.client.HTTPConnection("127.0.0.1", WEB_PORT)
        client.sock = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            client.sock.settimeout(60)
            client.sock.connect(("127.0.0.1", WEB_PORT))
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            headers = {} if token is None else {"Authorization": f"Bearer {token or self.token}"}
            client.request(method, path, headers=dict(headers, **({"Content-Type": "application/json"} if body else {})),
                           body=json.dumps(body).encode() if body else None)
            answer = client.getresponse()
            text = answer.read()
        finally:
            client.close()
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def here(self):
        """How many it shows as not offline, oneself included."""
        return sum(one["status"] != "offline" for one in self.api("GET", "/api/v1/presence")["items"])


def acquaint(hosts):
    """Tells each host the hardware addresses of all others, for good. A machine keeps 1,024 neighbours that it found out
    itself, in all of its network namespaces together: thirty-three hosts that talk to one another fill them, and nobody
    finds a newcomer then. Hosts that are machines have as many places each."""
    known = {host.address: host.hardware_address() for host in hosts}
    for host in hosts:
        others = [(address, hardware) for address, hardware in known.items() if address != host.address]
        batch = host.directory / "neighbours"
        batch.write_text("".join(f"neigh replace {address} lladdr {hardware} dev eth0 nud permanent\n"
                                 for address, hardware in others))
        host.run("ip", "-batch", batch)


class Office:
    """One workspace that grows. Use it in a `with`: all nodes end with the block."""

    def __init__(self, lan, bullpen):
        self.lan, self.bullpen, self.nodes, self.code = lan, bullpen, [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            end(node.process)

    def grow(self, people, hosts):
        """Lets in as many as are missing, and waits until everybody sees everybody."""
        while len(self.nodes) < people:
            node = Node(hosts[len(self.nodes)], self.bullpen)
            if not self.nodes:
                node.api("POST", "/api/v1/workspaces", {"name": "Harbour Desk Seven", "member_name": node.name})
                self.code = node.api("POST", "/api/v1/invites", {"role": "member", "uses": 200})["code"]
            else:
                node.api("POST", "/api/v1/workspaces/join", {"code": self.code, "member_name": node.name})
            # Others see in which room somebody is, and so a cursor, only where the person lets them.
            node.api("PUT", "/api/v1/presence/settings", {"show_page": True})
            self.nodes.append(node)
        self.all_meet()

    def all_meet(self):
        for node in self.nodes:
            until(f"{node.name} sees all {len(self.nodes)}", lambda: node.here() == len(self.nodes), MEETING, every=0.2)

    def lose(self, percent):
        """Drops that share of all packets that reach a host; 0 ends it. Dropped there, no sender learns of it."""
        for node in self.nodes:
            node.host.run("nft", "add table inet loss; delete table inet loss")
            if percent:
                node.host.run("nft", "add table inet loss; add chain inet loss in { type filter hook input priority 0; };"
                              f' add rule inet loss in iifname "eth0" numgen random mod 100 < {percent} drop')
