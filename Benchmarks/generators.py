"""The load generators in C, which are built where they are used, and what processes cost meanwhile."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ("cursors", "watch", "requests")
TICKS = os.sysconf("SC_CLK_TCK")


def build(folder):
    """Folder of the programs; None where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        return None
    for name in PROGRAMS:
        if subprocess.run([compiler, "-O2", "-o", f"{folder}/{name}", str(HERE / f"{name}.c")]).returncode != 0:
            return None
    return pathlib.Path(folder)


def processor(pids):
    """Seconds of processor time that processes have had so far."""
    def one(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return sum(one(pid) for pid in pids)


def cursors(programs, kind, places, rate, seconds, pids):
    """What `cursors` tells, with the processor time of `pids` while it measured."""
    process = subprocess.Popen([programs / "cursors", kind, str(rate), str(seconds)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write("\n".join(places) + "\n")
        spent = 0
        for line in process.stdout:
            if line == "begin\n":
                spent -= processor(pids)
            elif line == "end\n":
                spent += processor(pids)
            else:
                return dict(json.loads(line), processor=spent)
        return None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def requests(programs, place, count, path):
    """Seconds that each answer took: in the mean, p50 and p99."""
    done = subprocess.run([programs / "requests", str(count), path], input=place + "\n", text=True,
                          stdout=subprocess.PIPE, timeout=300)
    return json.loads(done.stdout) if done.returncode == 0 else None


class Watch:
    """WebSockets that listen for marks: which socket heard which number, and when, in nanoseconds. Used in a `with`."""

    def __init__(self, programs, folder, places):
        """`places`: pairs of a place and how many sockets to open there."""
        listed = pathlib.Path(folder) / "places"
        listed.write_text("".join(f"{place} {count}\n" for place, count in places))
        self.process = subprocess.Popen([programs / "watch", str(listed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.open = int(self.process.stdout.readline().split()[1])
        os.set_blocking(self.process.stdout.fileno(), False)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def heard(self):
        """What has been heard since it was last asked: triples of socket, number and nanoseconds."""
        self.rest += self.process.stdout.read() or b""
        *lines, self.rest = self.rest.split(b"\n")
        return [tuple(map(int, line.split())) for line in lines]
