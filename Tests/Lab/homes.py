"""What stories do to a home whose node is down."""

import contextlib
import sqlite3

# A part of a file's form that no version knows.
FUTURE = "holograms.shimmer"


def parts(database):
    """What a workspace's file is made of."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        return {part for part, in file.execute("SELECT part FROM node_schema")}


def from_the_future(database):
    """Makes a workspace's file one of a version that is yet to come."""
    _change(database, "INSERT INTO node_schema (part) VALUES (?)")


def from_today(database):
    """Takes that back."""
    _change(database, "DELETE FROM node_schema WHERE part = ?")


def forget_addresses(database):
    """Makes a workspace's file one that remembers of nobody where they were."""
    _change(database, "DELETE FROM node_peers", ())


def lose_history(database, device):
    """Takes away what a workspace's file has of one device's lasting history, as a disk may; what it says it has stays."""
    _change(database, """
        DELETE FROM node_segments WHERE log IN (
          SELECT l.id FROM node_logs l JOIN node_devices d ON d.id = l.device WHERE d.device = ?)""",
            (bytes.fromhex(device),))


def of_an_older_version(database):
    """Makes a workspace's file one that a version has left which knows no activities: it keeps them for a newer one."""
    with contextlib.closing(sqlite3.connect(database)) as file, file:
        logs = file.execute("SELECT id, sequence FROM node_logs WHERE kind = 2").fetchall()
        count, = file.execute("SELECT count(*) FROM activities").fetchone()
        # Each passing entry is an activity, so it is easily said which they were.
        assert sum(sequence for _, sequence in logs) == count, (logs, count)
        file.executemany(
            "INSERT INTO node_unknown_rows (log, sequence, row, name) VALUES (?, ?, 0, 'activities')",
            [(log, number) for log, sequence in logs for number in range(1, sequence + 1)])
        file.execute("DROP TABLE activities")
        file.execute("DELETE FROM node_schema WHERE part LIKE 'activities.%'")


def files_of(database):
    """The bytes of a workspace's database and of what lies beside it, as they are now."""
    return {part: path.read_bytes() for part in ("", "-wal", ".heads")
            if (path := database.with_name(database.name + part)).exists()}


def put_back(database, files):
    """Puts such bytes into the very same files: nothing but their content tells that they are others."""
    for part in ("", "-wal", "-shm", ".heads"):
        path = database.with_name(database.name + part)
        if part not in files:
            path.unlink(missing_ok=True)
            continue
        with open(path, "r+b" if path.exists() else "wb") as file:
            file.truncate(0)
            file.write(files[part])


def _change(database, statement, values=(FUTURE,)):
    with contextlib.closing(sqlite3.connect(database)) as file, file:
        file.execute(statement, values)
