"""Who is here: how fast a change of status is heard, with and without loss; what asking costs; and what a node costs that
does nothing."""

import collections
import pathlib
import time

import generators
from office import Refused

# Changes for each loss, in all, and seconds until one that nobody heard counts as late as that.
CHANGES, LATEST = 100, 5
# What is asked for: seconds of a change under loss, and until the last of a thousand hears it, of one bulk query; bytes of
# private memory and share of a core of an idle node.
ASKED_CHANGE, ASKED_CROWD, ASKED_BULK, ASKED_MEMORY, ASKED_CORE = 2, 0.2, 0.005, 12e6, 0.003
# The node refuses more than one change a second of one person.
PACE = 1.1


def quantile(values, part):
    return sorted(values)[int(part * (len(values) - 1))]


def row(work, ours, against, theirs, kind):
    return {"work": work, "ours": ours, "against": against, "theirs": theirs, "kind": kind}


# MARK: Changes


def change(watch, node, number, ears, bound=LATEST):
    """Seconds after which each of `ears` heard a change of the node's status, from just before it was asked for."""
    heard = {}
    start = time.monotonic_ns()
    node.api("PUT", "/api/v1/presence/status", {"custom_status": f"@{number};"})
    while len(heard) < len(ears) and time.monotonic_ns() - start < bound * 1e9:
        for ear, found, moment in watch.heard():
            if found == number and ear in ears:
                heard[ear] = (moment - start) / 1e9
        time.sleep(0.002)
    return [heard.get(ear, bound) for ear in ears]


def changes(office, programs, folder, losses, count=CHANGES):
    """Each person in turn changes its status, and a WebSocket at everybody else's node hears it."""
    found, people = [], len(office.nodes)
    number = 0
    for loss in losses:
        office.lose(loss)
        with generators.Watch(programs, folder, [(node.place, 1) for node in office.nodes]) as watch:
            each, last = [], []
            for turn in range(count):
                begun = time.monotonic()
                ears = [ear for ear in range(people) if ear != turn % people]
                took = change(watch, office.nodes[turn % people], number, ears)
                each += took
                last.append(max(took))
                number += 1
                time.sleep(max(0, PACE / people - (time.monotonic() - begun)))
        work = f"status change among {people} people, {loss} % loss"
        found += [row(f"{work}, {what}", value, "the 2 s that are asked for", ASKED_CHANGE, "time")
                  for what, value in (("p50", quantile(each, 0.5)), ("p99", quantile(each, 0.99)),
                                      ("p50 of the last to hear", quantile(last, 0.5)),
                                      ("p99 of the last to hear", quantile(last, 0.99)))]
    office.lose(0)
    office.all_meet()
    return found


def crowd(office, programs, folder, subscribers, count=10):
    """Many WebSockets at one node hear a change that another node makes."""
    with generators.Watch(programs, folder, [(office.nodes[0].place, subscribers)]) as watch:
        if watch.open == 0:
            return [], [f"{subscribers} subscribers: the node lets none in"]
        took = []
        for number in range(count):
            took.append(max(change(watch, office.nodes[1], 900 + number, range(watch.open))))
            time.sleep(PACE)
        work = f"status change at the last of {watch.open} WebSockets of one node, the slowest of {count}"
        skipped = [] if watch.open == subscribers else [
            f"{subscribers - watch.open} of {subscribers} subscribers: one node lets in {watch.open} WebSockets"]
        return [row(work, max(took), "the aim", ASKED_CROWD, "time")], skipped


# MARK: Questions


def bulk(office, programs, rounds=5, requests=300):
    """Presence of all over HTTP beside `/health` of the same node, in turns; each as in its median round."""
    node = office.nodes[0]
    members = [one["user_id"] for one in node.api("GET", "/api/v1/presence")["items"]]
    paths = ["/health", "/api/v1/presence/users?user_ids=" + ",".join(members)]
    told = collections.defaultdict(list)
    for _ in range(rounds):
        for path in paths:
            answered = generators.requests(programs, node.place, requests, path)
            if not answered:
                raise Refused(f"not every {path[:32]} was answered")
            told[path].append(answered)
            # The node refuses a caller who asks more than 1,000 times a second for long.
            time.sleep(requests / 1000)
    health, asked = (sorted(told[path], key=lambda one: one["each"])[rounds // 2] for path in paths)
    work = f"presence of {len(members)} people over HTTP"
    return [row(work, asked["each"], "`/health` of the same node", health["each"], "rate"),
            row(f"{work}, p99", asked["p99"], "the aim", ASKED_BULK, "time")]


# MARK: Doing nothing


def memory(pid):
    """Bytes of a process that are its own, and those that it has in RAM."""
    sizes = collections.Counter()
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        sizes[name.rstrip(":")] += int(value) * 1024
    return sizes["Private_Clean"] + sizes["Private_Dirty"], sizes["Rss"]


def idle(office, settle=10, seconds=30):
    time.sleep(settle)
    pids = [node.pid for node in office.nodes]
    spent, start = generators.processor(pids), time.monotonic()
    time.sleep(seconds)
    core = (generators.processor(pids) - spent) / (time.monotonic() - start) / len(pids)
    private, resident = (sum(sizes) / len(pids) for sizes in zip(*map(memory, pids)))
    work = f"idle node with {len(pids) - 1} peer{'' if len(pids) == 2 else 's'}"
    return [row(f"{work}, of a core", core, "the aim", ASKED_CORE, "core"),
            row(f"{work}, private memory", private, "the aim", ASKED_MEMORY, "memory"),
            row(f"{work}, resident memory", resident, "of which private", private, "memory")]
