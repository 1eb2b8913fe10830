"""A workspace with an invite, and somebody who stands outside."""

import itertools
import json

import pytest

from node import PEER_PORT, Node, Refused
from office import NAMES, WORKSPACE

JOIN = 60  # seconds that a join may take, the 20 s of its search among them
DAY_AND_MORE = 30 * 3_600  # seconds


class Door:
    """Ada's office, with an invite; bob stands outside."""

    def __init__(self, lan, discovery="off"):
        self.lan = lan
        self.options = ("--discovery", discovery)
        self.ada = self.node("ada")
        self.ada.command("init", "--name", self.ada.display_name, "--workspace", WORKSPACE)
        self.ada.up(*self.options)
        self.bob = self.node("bob").up(*self.options)

    def node(self, name):
        return Node(self.lan.host(f"host-{name}"), name, NAMES[name])

    def invite(self, *words):
        return self.ada.command("invite", *words)["code"]

    def join(self, node, code):
        return node.command("join", code, "--name", node.display_name, timeout=JOIN)

    def refused(self, node, code, exit_code=75):
        """The problem document of a join that must fail."""
        with pytest.raises(Refused) as refusal:
            self.join(node, code)
        assert refusal.value.code == exit_code
        said = refusal.value.said
        problem = json.loads(said[said.index("{"):].splitlines()[0])
        # People read the same as programs.
        assert said.count(problem["detail"]) >= 2, said
        return problem

    def attempt(self, problem, node):
        return next(one for one in problem["attempts"] if one["endpoint"] == f"{node.host.address}:{PEER_PORT}")


def let_mdns_alone_pass(lan, *hosts):
    """As access points do that let clients find a printer and nothing more, and as it has been since they came."""
    for one, other in itertools.permutations(hosts, 2):
        lan.at_switch("nft", f'add rule bridge lab cut iifname "{one.port}" oifname "{other.port}" '
                             "ether daddr != { 01:00:5e:00:00:fb, 33:33:00:00:00:fb } drop")
    forget_neighbours(*hosts)


def forget_neighbours(*hosts):
    """Whom the kernel has heard by now is asked for anew."""
    for host in hosts:
        host.run("ip", "neigh", "flush", "dev", "eth0")
