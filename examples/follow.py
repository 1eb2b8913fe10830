#!/usr/bin/env python3
"""Follows what happens in a workspace, by the local API of this machine's node. Python's standard library is enough.

    python3 examples/follow.py [--home DIR] [--say TEXT] [--once]

Prints who is here and the newest activity, then each new activity as it arrives. With --say it writes one first.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request


class Node:
    def __init__(self, home):
        try:
            self.url = json.loads((home / "node.json").read_text())["web"] + "/api/v1"
            self.token = (home / "token").read_text().strip()
        except FileNotFoundError:
            sys.exit(f"No node has run with the home {home}. Start one with `bullpen up`.")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            sys.exit(" ".join(filter(None, (problem["detail"], problem.get("hint")))))
        except OSError:
            sys.exit(f"No node answers at {self.url}. Start it with `bullpen up`.")


def main():
    data = os.environ.get("XDG_DATA_HOME", os.path.expanduser("~/.local/share"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--home", type=pathlib.Path, default=os.environ.get("BULLPEN_HOME", f"{data}/bullpen"))
    parser.add_argument("--say", metavar="TEXT")
    parser.add_argument("--once", action="store_true", help="stop after the first look")
    arguments = parser.parse_args()
    node = Node(pathlib.Path(arguments.home))

    if arguments.say:
        node.ask("POST", "/activity", {"text": arguments.say})
    names = {one["user_id"]: one["name"] for one in node.ask("GET", "/members")["items"]}
    for one in node.ask("GET", "/presence")["items"]:
        print(f"{names.get(one['user_id'], '?')} is {one['status']}")
    seen = set()
    while True:
        for one in reversed(node.ask("GET", "/activity?limit=20")["items"]):
            if one["id"] not in seen:
                seen.add(one["id"])
                print(f"{names.get(one['user_id'], '?')}: {one['text']}", flush=True)
        if arguments.once:
            return
        time.sleep(2)


if __name__ == "__main__":
    main()
