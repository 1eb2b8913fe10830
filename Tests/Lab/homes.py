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


def _change(database, statement, values=(FUTURE,)):
    with contextlib.closing(sqlite3.connect(database)) as file, file:
        file.execute(statement, values)
