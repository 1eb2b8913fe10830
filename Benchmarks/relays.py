"""Ways to carry cursors that Bullpen is measured beside. Each is a context that yields where its WebSockets are, one for
each person in turns, and the ids of its processes; None where it does not start."""

import contextlib
import os
import pathlib
import shutil
import socket

from office import Refused, end, until

HERE = pathlib.Path(__file__).resolve().parent
# Two processes: to have several is what Redis is there for.
WORKERS = 2
REDIS, NATS, FLASK = 6379, 8080, 5000


def program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def listens(host, port):
    with contextlib.closing(host.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1)
        probe.connect(("127.0.0.1", port))
        return True


@contextlib.contextmanager
def started(host, commands):
    """Processes on a host, each with the port on which it is waited for; their ids."""
    processes = []
    try:
        for number, (port, *command) in enumerate(commands):
            processes.append(host.start(f"relay-{number}", *command, env=os.environ))
            until(f"port {port} of {command[0]}", lambda: listens(host, port), 20)
        yield [process.pid for process in processes]
    except Refused:
        yield None
    finally:
        for process in reversed(processes):
            end(process)
            host.processes.remove(process)


@contextlib.contextmanager
def socketio(host, python):
    redis = program("redis-server")
    if not redis or not python:
        yield None
        return
    commands = [(REDIS, redis, "--port", REDIS, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")]
    commands += [(FLASK + number, python, HERE / "relay.py", FLASK + number, f"redis://127.0.0.1:{REDIS}")
                 for number in range(WORKERS)]
    with started(host, commands) as pids:
        yield pids and ([(host.address, FLASK + number) for number in range(WORKERS)], pids)


@contextlib.contextmanager
def nats(host, _):
    server = program("nats-server")
    if not server:
        yield None
        return
    settings = host.directory / "nats.conf"
    settings.write_text(f'host: "127.0.0.1"\nwebsocket {{ host: "0.0.0.0", port: {NATS}, no_tls: true }}\n')
    with started(host, [(NATS, server, "-c", settings)]) as pids:
        yield pids and ([(host.address, NATS)], pids)


# By what the generator calls the way they speak.
RELAYS = {"socketio": ("Flask-SocketIO and Redis", socketio), "nats": ("NATS", nats)}
