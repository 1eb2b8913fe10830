"""A relay for cursors as one would write it on Flask-SocketIO with Redis between its processes, at its best: gevent with
gevent-websocket and wsaccel, hiredis, orjson, WebSocket alone, no Nagle, no log, and no time-outs that a full processor
would run into.

    relay.py PORT REDIS_URL
"""

import sys

from gevent import monkey

monkey.patch_all()

import socket  # noqa: E402

import orjson  # noqa: E402
from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit, join_room  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402
from geventwebsocket.handler import WebSocketHandler  # noqa: E402
from socketio import RedisManager  # noqa: E402


class JSON:
    """What Socket.IO encodes with."""

    loads = staticmethod(orjson.loads)

    @staticmethod
    def dumps(value, **_):
        return orjson.dumps(value).decode()


def listener(port):
    """Sockets that it accepts have no Nagle either."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.bind(("0.0.0.0", port))
    made.listen(1024)
    return made


def main(port, redis):
    app = Flask(__name__)
    others = RedisManager(redis, json=JSON, redis_options={"socket_timeout": None})
    relay = SocketIO(app, async_mode="gevent", client_manager=others, cors_allowed_origins="*", json=JSON,
                     transports=["websocket"], allow_upgrades=False)

    @relay.on("join")
    def join(room):
        join_room(room)
        emit("joined", room)

    @relay.on("cursor")
    def cursor(position):
        emit("cursor", position, to=position["room"], include_self=False)

    WSGIServer(listener(port), app, handler_class=WebSocketHandler, log=None, error_log=None).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
