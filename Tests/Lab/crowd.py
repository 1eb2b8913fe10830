"""An office of many: one invite, and everybody comes at once."""

from concurrent.futures import ThreadPoolExecutor

from node import Node
from office import WORKSPACE
from waiting import within

HANDS = 8  # so many things are done at a time


class Crowd:
    def __init__(self, lan, count, options=("--discovery", "auto")):
        self.lan, self.options = lan, options
        self.all = [Node(lan.host(f"host-{number}"), f"person-{number}", f"Person {number}")
                    for number in range(1, count + 1)]

    @property
    def first(self):
        return self.all[0]

    def open(self):
        """The first starts a workspace; all others have a node, and are in no workspace yet."""
        self.first.command("init", "--name", self.first.display_name, "--workspace", WORKSPACE)
        self.start(self.all)
        return self

    def start(self, nodes):
        """All at once, and only then is waited for."""
        for node in nodes:
            node.begin(*self.options)
        for node in nodes:
            node.answers()

    def join(self):
        """All by one invite, at once."""
        newcomers = self.all[1:]
        code = self.first.command("invite", "--uses", str(len(newcomers)))["code"]
        self.each(lambda node: node.api("POST", "/workspaces/join", {"code": code, "member_name": node.display_name},
                                        patience=60), newcomers)
        return self

    def each(self, do, nodes=None):
        with ThreadPoolExecutor(HANDS) as hands:
            return list(hands.map(do, self.all if nodes is None else nodes))

    def all_meet(self, bound, what, since=None):
        """Everybody sees everybody."""
        left = list(self.all)
        members = {node.member for node in self.all}

        def done():
            left[:] = [node for node in left if node.sees_online() != members - {node.member}]
            return not left

        within(bound, what, done, since=since, every=0.1)
