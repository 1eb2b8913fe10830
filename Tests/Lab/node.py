"""A person with a node on a host: the real `bullpen` command, its home, and its local API."""

import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import time

from clocks import Clocks
from live import Live
from waiting import ready

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILT = pathlib.Path(os.environ.get("BULLPEN_BUILT", ROOT / ".build" / "debug"))
BULLPEN = BUILT / "bullpen"
WEB_PORT, PEER_PORT = 4780, 4781


class Refused(Exception):
    """The API or the command said no: a status or exit code, and what it said."""

    def __init__(self, code, said):
        super().__init__(f"{code}: {said}")
        self.code, self.said = code, said


class Node:
    """One node. It is started and ended as a person's or a system's hand would do it."""

    def __init__(self, host, name, display_name):
        self.host, self.name, self.display_name = host, name, display_name
        self.home = host.directory / f"home-{name}"
        self.process = None
        self.options = []
        self.clocks = None
        self.asleep_since = None
        # The one to which sockets and mDNS are confined; None for all that the host has.
        self.interface = "eth0"
        self.web_port = WEB_PORT
        # Variables of the account's environment beside the usual.
        self.extra = {}
        # What makes a process another account's.
        self.account = []
        self.shown = 0

    def set_clock(self, ahead):
        """From its next start on, the node's wall clock is so many seconds ahead."""
        return self.with_clocks(wall=ahead)

    def with_clocks(self, **ahead):
        """From its next start on, the node has clocks of its own."""
        self.clocks = self.clocks or Clocks(self.host.directory / f"clocks-{self.name}")
        self.clocks.set(**ahead)
        return self

    # MARK: The command

    @property
    def environment(self):
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TMPDIR") if key in os.environ}
        clocks = self.clocks.environment if self.clocks else {}
        return {**kept, **clocks, **self.extra, "HOME": str(self.host.directory), "NO_COLOR": "1"}

    def command(self, verb, *words, timeout=30):
        """Runs `bullpen VERB … --json` and returns what it prints, decoded."""
        done = self.host.run(*self.account, BULLPEN, verb, "--home", self.home, "--json", *words, check=False, timeout=timeout,
                             env=self.environment)
        if done.returncode != 0:
            raise Refused(done.returncode, f"bullpen {verb}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def up(self, *options):
        """Starts the node and waits until its API answers. Options hold for later starts too."""
        self.begin(*options)
        return self.answers()

    def begin(self, *options):
        """Starts the node, and waits for nothing."""
        if options:
            self.options = list(options)
        self.process = self.host.start(f"node-{self.name}", *self.start, env=self.environment)

    def answers(self):
        ready(f"the API of {self.name}", self._answers, bound=60)
        return self

    @property
    def start(self):
        confined = ["--interface", self.interface] if self.interface else []
        return [*self.account, BULLPEN, "up", "--home", self.home, *confined, *self.options]

    def _answers(self):
        if self.process.poll() is not None:
            raise Refused(self.process.returncode, f"the node of {self.name} has ended")
        # Commands find it by what it writes when it answers.
        return self.api("GET", "/health", prefix="") is not None and (self.home / "node.json").exists()

    def end(self, how=signal.SIGTERM, wait=True):
        """SIGTERM is an orderly end, SIGKILL a power cut."""
        self.process.send_signal(how)
        if wait:
            self.ended(how)

    def ended(self, how=signal.SIGTERM):
        """Waits for the end that was asked for."""
        code = self.process.wait(15)
        if how == signal.SIGTERM:
            assert code == 0, f"the node of {self.name} ended with {code}"
        self.host.processes.remove(self.process)

    # MARK: Sleep

    def freeze(self):
        """The process gets no time, as on a machine that is too busy, until `thaw`."""
        self.process.send_signal(signal.SIGSTOP)
        self.asleep_since = time.monotonic()

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)
        return time.monotonic()

    def sleep(self):
        """The lid is shut: nothing runs, and no packet is taken. It needs clocks of its own (`with_clocks`)."""
        self.freeze()
        self.host.lan.cut_off(self.host)

    def wake(self):
        """The boot clock and the wall clock went on, the monotonic clock stood still. Returns when it woke."""
        self.host.lan.rejoin()
        self.clocks.leap(self.asleep_since - time.monotonic(), "awake")
        return self.thaw()

    # MARK: The local API

    @property
    def token(self):
        return (self.home / "token").read_text().strip()

    def connection(self, patience=15):
        made = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(patience)
        made.connect(("127.0.0.1", self.web_port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def show(self, **change):
        """Changes the status, in its turn: once a second, for what comes faster is refused. Returns when it was asked."""
        time.sleep(max(0, self.shown + 1.1 - time.monotonic()))
        self.shown = time.monotonic()
        self.api("PUT", "/presence/status", change)
        return self.shown

    def api(self, method, path, body=None, prefix="/api/v1", patience=15):
        """One request with the home's token. Returns the decoded body; raises `Refused` on 4xx and 5xx."""
        client = http.client.HTTPConnection("127.0.0.1", self.web_port)
        client.sock = self.connection(patience)
        try:
            headers = {"Authorization": f"Bearer {self.token}"} if prefix else {}
            content = None
            if body is not None:
                content = json.dumps(body).encode()
                headers["Content-Type"] = "application/json"
            client.request(method, prefix + path, body=content, headers=headers)
            answer = client.getresponse()
            text = answer.read()
        finally:
            client.close()
        if answer.status >= 400:
            raise Refused(answer.status, text.decode(errors="replace"))
        try:
            return json.loads(text)
        except ValueError:
            return text.decode(errors="replace")

    def live(self):
        """An open WebSocket, as a view or a program has it."""
        return Live(self.connection(), self.web_port, self.token)

    def show_page(self):
        """Lets the others see in which rooms one is; nobody does unless asked to."""
        return self.api("PUT", "/presence/settings", {"show_page": True})

    # MARK: What it knows

    def presence(self):
        """By member id."""
        return {one["user_id"]: one for one in self.api("GET", "/presence")["items"]}

    def status_of(self, other):
        return self.presence().get(other.member, {}).get("status", "unknown")

    def sees_online(self):
        """Member ids of all others who are not offline."""
        return {member for member, one in self.presence().items()
                if one["status"] != "offline" and member != self.member}

    @property
    def member(self):
        if not hasattr(self, "_member"):
            self._member = self.api("GET", "/user/current")["user_id"]
        return self._member

    def status(self):
        return self.api("GET", "/status")

    def digests(self):
        """Digest by table, over the carried form."""
        return {one["table"]: one["digest"] for one in self.status()["digests"]}

    def drops(self):
        """Dropped datagrams by reason."""
        return {one["reason"]: one["count"] for one in self.status()["drops"]}

    def members(self):
        """Display names by member id."""
        return {one["user_id"]: one["name"] for one in self.api("GET", "/members")["items"]}

    def unread(self):
        return self.api("GET", "/notifications/unread/count")["count"]

    def notifications(self):
        return self.api("GET", "/notifications?limit=100")["items"]

    def activities(self):
        return self.api("GET", "/activity?limit=100")["items"]

    def files(self):
        """Every file of the home with its bytes."""
        return {path: path.read_bytes() for path in sorted(self.home.rglob("*")) if path.is_file()}

    def database(self):
        """The workspace's file."""
        found = [path for path, data in self.files().items() if data.startswith(b"SQLite format 3\0")]
        assert len(found) == 1, found
        return found[0]

    def key_file(self):
        """The device's key."""
        return next(path for path in sorted(self.home.rglob("device*")) if path.stat().st_size == 32)

    def files_holding(self, text):
        """Names of files of the home that hold a text, plain or in a form that any reader could undo."""
        plain = text.encode()
        forms = [plain, plain.hex().encode(), plain.hex().upper().encode(), text.encode("utf-16-le")]
        # In base64 a text has three spellings, by its place; the first and last letters depend on the neighbours.
        forms += [base64.b64encode(b"\0" * shift + plain)[4 if shift else 0:-4] for shift in range(3)]
        return [path.name for path, data in self.files().items() if any(form in data for form in forms)]

