"""A client of the node's WebSocket that remembers all it heard."""

import contextlib
import itertools
import json
import time

from websockets.sync.client import connect

from waiting import TooLate


class Live:
    def __init__(self, connection, port, token):
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(connect(
            f"ws://127.0.0.1:{port}/ws", sock=connection, open_timeout=10,
            additional_headers={"Authorization": f"Bearer {token}"}))
        self._numbers = itertools.count(1)
        self.heard = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._open.close()

    def send(self, kind, **data):
        name = str(next(self._numbers))
        self._socket.send(json.dumps({"type": kind, "id": name, "data": data}))
        return name

    def wait(self, kind, bound=5, where=lambda data: True, after=0):
        """The data of the first message of a type, from the `after`-th message heard on."""
        deadline = time.monotonic() + bound
        place = after
        while True:
            while place < len(self.heard):
                message = self.heard[place]
                place += 1
                if message["type"] == kind and where(message.get("data", {})):
                    return message.get("data", {})
            left = deadline - time.monotonic()
            if left <= 0:
                raise TooLate(f"no {kind} within {bound} s; heard {self.heard[-10:]}")
            try:
                self.heard.append(json.loads(self._socket.recv(timeout=left)))
            except TimeoutError:
                pass

    def settle(self, bound=5):
        """Waits until all that the node had to say so far has been heard: it answers in order."""
        start = len(self.heard)
        self.send("ping")
        self.wait("pong", bound, after=start)

    def join(self, room):
        self.send("room.join", room=room)
        self.settle()
        return self
