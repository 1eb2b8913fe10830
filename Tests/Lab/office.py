"""An office of three on a LAN, and the steps that several stories share."""

import time

from node import Node
from waiting import ready, report, within

WORKSPACE = "Harbour Desk Seven"
NAMES = {"ada": "Adelheid Quillfeather", "bob": "Bobolink Underwood", "eve": "Evangeline Marsh"}


class Office:
    def __init__(self, lan, daemons=True, options=()):
        self.lan = lan
        self.hosts = [lan.host(f"host-{name}") for name in NAMES]
        self.has_daemons = False
        if daemons:
            self.start_daemons()
        self.ada, self.bob, self.eve = (Node(host, name, NAMES[name]) for host, name in zip(self.hosts, NAMES))
        self.options = options or ("--discovery", "auto")
        self.last_join = None

    @property
    def all(self):
        return [self.ada, self.bob, self.eve]

    def others(self, node):
        return [other for other in self.all if other is not node]

    def start_daemons(self):
        for host in self.hosts:
            host.start_avahi()
        self.has_daemons = True

    def open(self):
        """Ada starts a workspace; bob and eve join with one invite of two uses."""
        self.ada.command("init", "--name", self.ada.display_name, "--workspace", WORKSPACE)
        self.ada.up(*self.options)
        code = self.ada.command("invite", "--uses", "2")["code"]
        for node in (self.bob, self.eve):
            node.up(*self.options)
            node.command("join", code, "--name", node.display_name, timeout=60)
            self.last_join = time.monotonic()
        for node in self.all:
            node.show_page()
        self.code = code
        return self

    def speaks_by_its_responder(self):
        """Every node uses its host's daemon, and where there is none its own responder."""
        expected = "system" if self.has_daemons else "embedded"
        within(10, f"every node speaks by the {expected} responder",
               lambda: {node.status()["discovery"] for node in self.all} == {expected})

    # MARK: Steps

    def all_meet(self, bound=3, since=None):
        """Each of the three lists the other two as online."""
        for node in self.all:
            within(bound, f"{node.name} lists the other two as online",
                   lambda: node.sees_online() == {other.member for other in self.others(node)},
                   since=self.last_join if since is None else since)

    def ready(self):
        """The office that most stories start from."""
        self.open()
        ready("three people who see each other", lambda: all(
            node.sees_online() == {other.member for other in self.others(node)} for node in self.all))
        self.agree()
        return self

    def agree(self, bound=30, since=None, nodes=None, what=None):
        """Nodes report the same digest for every replicated table."""
        nodes = nodes or self.all

        def same():
            first, *rest = [node.digests() for node in nodes]
            return bool(first) and all(one == first for one in rest)

        within(bound, what or "the same digest for every table", same, since=since, promise=what is not None)

    def a_cursor_moves(self, room="page:/plan"):
        """Story 2: the people in the room see it, with all that belongs to it; one who is not in it does not."""
        selection = {"start": {"line": 12, "column": 4}, "end": {"line": 13, "column": 9}}
        with self.ada.live() as ada, self.bob.live() as bob, self.eve.live() as eve, self.eve.live() as outside:
            for client in (ada, bob, eve):
                client.join(room)
            outside.join("page:/elsewhere")
            # A room is known to others with the next presence; until then there is nobody to send to.
            for node in (self.bob, self.eve):
                ready(f"ada's node knows that {node.name} is in the room",
                      lambda: room in self.ada.presence()[node.member]["rooms"])
            start = time.monotonic()
            ada.send("cursor.move", room=room, line=12, column=4, selection=selection)
            for node, client in ((self.bob, bob), (self.eve, eve)):
                seen = client.wait("cursor.move", 3, lambda data: data["user_id"] == self.ada.member)
                report(f"{node.name} sees ada's cursor", 1, time.monotonic() - start)
                assert seen["room"] == room
                assert (seen["line"], seen["column"]) == (12, 4)
                assert seen["selection"] == selection
                assert seen["name"] == self.ada.display_name
                assert seen["color"] and 0 <= seen["colour"] <= 9
            outside.settle()
            # What it is told of its own room is that nobody points there.
            assert all(message["data"]["cursors"] == [] for message in outside.heard if message["type"] == "cursor.sync")
            assert not {message["type"] for message in outside.heard} & {"cursor.move", "cursor.remove"}
            # On a laptop where nobody is in the room, nobody hears of it either.
            eve.send("room.leave", room=room)
            ready("ada's node knows that eve has left the room",
                  lambda: room not in self.ada.presence()[self.eve.member]["rooms"])
            before = len(eve.heard)
            ada.send("cursor.move", room=room, line=13, column=1)
            bob.wait("cursor.move", 3, lambda data: data["user_id"] == self.ada.member and data["line"] == 13)
            for client in (eve, outside):
                client.settle()
            assert "cursor.move" not in {message["type"] for message in eve.heard[before:] + outside.heard}

    def a_separation_heals(self):
        """Story 3."""
        text = "the kettle in the north kitchen sings a flat G"
        self.bob.host.cable_out()
        for node in (self.ada, self.eve):
            ready(f"{node.name} sees that bob is gone", lambda: node.status_of(self.bob) == "offline")
        self.ada.command("notify", self.bob.member, "--title", "Kettle", "--body", text)
        self.ada.command("log", "ada watered the ferns")
        self.ada.command("log", "ada fed the cat")
        self.bob.command("log", "bob counted the paper clips")
        self.bob.host.cable_in()
        since = time.monotonic()
        self.agree(3, since, what="all three agree after the separation")
        within(3, "bob's unread count is 1", lambda: self.bob.unread() == 1, since=since)
        for node in self.all:
            assert {"ada watered the ferns", "ada fed the cat", "bob counted the paper clips"} <= {
                one["text"] for one in node.activities()}
        assert self.bob.notifications()[0]["body"] == text
        # The search finds what is there for all to read, so that finding nothing means something.
        assert self.eve.files_holding("bob counted the paper clips")
        assert self.eve.files_holding(text) == []

    def a_relay_carries(self):
        """Story 3, the second half: ada's word reaches bob through eve, who cannot read it."""
        text = "the second kettle sings a sharp F"
        before = self.bob.unread()
        self.bob.host.cable_out()
        for node in (self.ada, self.eve):
            ready(f"{node.name} sees that bob is gone", lambda: node.status_of(self.bob) == "offline")
        self.ada.command("notify", self.bob.member, "--title", "Kettle two", "--body", text)
        self.agree(nodes=[self.ada, self.eve])
        self.ada.end()
        self.bob.host.cable_in()
        since = time.monotonic()
        within(3, "bob has ada's notification from eve", lambda: self.bob.unread() == before + 1, since=since)
        self.agree(3, since, nodes=[self.bob, self.eve], what="bob and eve agree without ada")
        assert self.bob.notifications()[0]["body"] == text
        assert self.eve.files_holding(text) == []
        self.ada.up()
        self.agree()
