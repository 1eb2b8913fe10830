"""Power that goes at an instant that a story chooses: right before a process' Nth change of a file."""

import collections
import os
import pathlib
import random
import struct
import subprocess

SEED = int(os.environ.get("BULLPEN_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
_ALWAYS = 1 << 60

Change = collections.namedtuple("Change", "call path")


class Power:
    """What the processes that a node starts live on, from now on: what they change on their host is counted."""

    def __init__(self, node):
        directory = node.host.directory / f"power-{node.name}"
        directory.mkdir()
        library, self._file, self._trace = directory / "power.so", directory / "left", directory / "changes"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, pathlib.Path(__file__).with_name("power.c")], check=True)
        self.lasts()
        node.extra = {**node.extra, "LD_PRELOAD": str(library), "POWER_FILE": str(self._file),
                      "POWER_FOLDER": str(node.host.directory), "POWER_TRACE": str(self._trace)}

    def goes_before(self, number):
        """The change of that number from now on, 1 for the next, does not take place, nor does anything after it."""
        self._set(number)

    def lasts(self):
        self._set(_ALWAYS)

    def changes(self):
        """Those since the last of these three calls, in order; the one included that did not take place."""
        found = [Change(*line.split(" ", 1)) for line in self._trace.read_text().splitlines()]
        self.lasts()
        return found

    def _set(self, left):
        self._trace.write_text("")
        # In place: whoever is running has the file mapped.
        with open(self._file, "r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", left))


def instants(changes, chance, count, always=()):
    """Numbers of changes before which power is to go, ascending: those that give or take one of the names `always`, and
    others by chance, up to `count`. What SQLite makes anew at each start is left out."""
    numbered = [(number, change) for number, change in enumerate(changes, 1) if not change.path.endswith("-shm")]
    picked = {number for number, change in numbered
              if change.call in ("rename", "link", "unlink", "rmdir") and change.path.endswith(tuple(always) or ("\0",))}
    rest = [number for number, _ in numbered if number not in picked]
    picked.update(chance.sample(rest, max(0, min(count - len(picked), len(rest)))))
    return sorted(picked)
