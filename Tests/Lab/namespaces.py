"""Enter Linux namespaces from this process, without leaving our own.

A namespace is named by the pid of a process that lives in it (its holder). `ip netns` is not used: it needs
/run/netns, which the lab's private mounts and an outer `unshare -n` make unreliable.
"""

import ctypes
import os
import signal
import socket
import subprocess
import threading

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    """A test run that is killed leaves no process behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def spawn(command, **options):
    """Starts a process that ends with this one.

    The kernel means the thread, not the process: what a thread starts dies with the thread.
    """
    assert threading.current_thread() is threading.main_thread(), "only the main thread lives long enough"
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(command, preexec_fn=_die_with_parent, **options)


def hold(*flags):
    """Starts a holder of fresh namespaces; returns once they exist."""
    holder = spawn(
        ["unshare", *flags, "--propagation", "private", "sh", "-c", "echo ready; exec sleep infinity"],
        stdout=subprocess.PIPE,
    )
    if holder.stdout.readline() != b"ready\n":
        holder.wait()
        raise RuntimeError(f"no namespaces: unshare {' '.join(flags)} ended with {holder.returncode}")
    return holder


def inside(pid, *flags):
    """The words that put a command into the namespaces of `pid`. The command keeps the pid of the spawned process."""
    return ["nsenter", "--target", str(pid), *flags, "--wd=/", "--"]


def socket_inside(pid, *arguments):
    """A socket that belongs to the network namespace of `pid`, for use from here.

    Only a thread changes its namespace, and it ends; a socket stays where it was made.
    """
    made = []

    def make():
        descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.socket(*arguments))
        except OSError as error:
            made.append(error)
        finally:
            os.close(descriptor)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def end(process, patience=5):
    """Ends a process by its pid: asked first, then killed."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
