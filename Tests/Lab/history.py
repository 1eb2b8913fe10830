"""What a node has of its history, and whether it is whole."""

import contextlib
import http.client
import json
import sqlite3
import threading


def rows(node):
    """The texts of all activities, newest first, page by page."""
    texts, after = [], ""
    while True:
        page = node.api("GET", f"/activity?limit=100{after}")
        texts += [one["text"] for one in page["items"]]
        if not page["next"]:
            return texts
        after = f"&after={page['next']}"


def rows_on_disk(database):
    """The same of a file, in no order."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        return [text for text, in file.execute("SELECT text FROM activities WHERE _deleted = 0")]


def verified(node):
    """What `bullpen verify` says of the node's home, which must be that all is right."""
    found = node.command("verify", timeout=120)["items"]
    assert found and all(one["is_clean"] for one in found), json.dumps(found, indent=1)
    return found


def fill(node, count, hands=8):
    """Writes rows, several at a time, and returns the texts of those that were acknowledged: all of them."""
    acknowledged, failures = [], []

    def write(numbers):
        try:
            client = http.client.HTTPConnection("127.0.0.1", node.web_port)
            client.sock = node.connection()
            headers = {"Authorization": f"Bearer {node.token}", "Content-Type": "application/json"}
            for number in numbers:
                text = f"{node.name} {number} " + "and so on " * (number % 30)
                client.request("POST", "/api/v1/activity", body=json.dumps({"text": text}), headers=headers)
                answer = client.getresponse()
                said = answer.read()
                assert answer.status == 201, said
                acknowledged.append(json.loads(said)["text"])
            client.close()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    crowd = [threading.Thread(target=write, args=(range(first, count, hands),)) for first in range(hands)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert failures == [], failures
    return acknowledged
