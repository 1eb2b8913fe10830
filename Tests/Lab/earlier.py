"""The Debian package of an earlier commit of this repository: what people upgrade from.

Which commit is a rule, so that the story stays true as the history grows. It is the last tag before this commit;
without a tag, the newest commit that kept or sent data in another form than this one; without such a one, the newest
whose sources differ. Only commits that have a package count, and one that does not build is passed over.

    earlier.py FOLDER      leaves the package in FOLDER and says in FOLDER/earlier.json which it is, or why there is none

It is built where this tree is: in a mount namespace of its own, in which the earlier tree lies over this one, so that
a copy of this tree's build holds there too and only what differs is compiled. For the same reason it is built by the
Makefile of today; by its own, from the start, only where that cannot do it.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What a message on a wire and a row in a home are made of; of the schema, its SQL and its names.
FORMS = ("protocol/bullpen.proto", "Sources/BullpenCore/Rows/Tables.swift")
SCHEMA = ("Sources/BullpenStore/Schema.swift", r'"""(.*?)"""|"(bookkeeping \d+)"')
PROTOCOL = ("Sources/BullpenCore/Limits.swift", r"static let protocolVersion: UInt32 = (\d+)")
TRIES = 3
# In the earlier tree as if it were this one.
OVER = 'mount --bind "$1" "$2"; cd "$2"; exec make --no-print-directory deb "DEB_VERSION=$3"'
# What a build needs of another of the same tree.
SEED = ("Package.resolved", ".build/checkouts", ".build/repositories", ".build/artifacts", ".build/workspace-state.json",
        ".build/build.db", ".build/release.yaml", ".build/release", ".build/*-*-*/release")


class NoHistory(Exception):
    """Why there is no earlier package, as a sentence without a full stop."""


def git(*words, check=True):
    # Root reads a tree that is somebody else's, too.
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(ROOT), *words], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise NoHistory("there is no git history here")
    return done.stdout.strip() if done.returncode == 0 else None


def text(commit, path):
    return git("show", f"{commit}:{path}", check=False) or ""


def protocol(source):
    """The version of the protocol that a tree speaks."""
    found = re.search(PROTOCOL[1], source)
    return int(found.group(1)) if found else None


# MARK: Which


def tree(commit, *paths):
    return [git("rev-parse", "--verify", "--quiet", f"{commit}:{path}", check=False) for path in paths]


def form(commit):
    return tree(commit, *FORMS), re.findall(SCHEMA[1], text(commit, SCHEMA[0]), re.S)


def candidates():
    """Commits to build, the best first."""
    git("rev-parse", "--verify", "HEAD")
    line = [commit for commit in git("rev-list", "--first-parent", "--skip=1", "--max-count=500", "HEAD").splitlines()
            if "DEB_VERSION" in text(commit, "Makefile") and tree(commit, "debian/control") != [None]]
    sources, now = tree("HEAD", "Sources"), form("HEAD")
    line = [commit for commit in line if tree(commit, "Sources") != sources]
    tagged = [commit for commit in line if git("tag", "--points-at", commit)]
    otherwise = [commit for commit in line if form(commit) != now]
    return list(dict.fromkeys(tagged[:1] + otherwise + line))[:TRIES]


# MARK: Its package


def build(commit, folder):
    """Builds the package of a commit, and returns its path; None where that commit does not build."""
    version = re.search(r'static let version = "(.+)"$', text(commit, "Sources/BullpenNode/Release.swift"), re.M).group(1)
    # Earlier than every package of the same version, and named by its day and commit.
    version += "~" + git("show", "-s", "--format=%cd.%h", "--date=format:%Y%m%d", commit)
    work = folder / "tree"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        git("archive", "--output", str(folder / "tree.tar"), commit)
        subprocess.run(["tar", "-C", str(work), "-xf", str(folder / "tree.tar")], check=True)
        for found in (path for pattern in SEED for path in sorted(ROOT.glob(pattern))):
            copy = work / found.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", "--reflink=auto", str(found), str(copy)], check=True)
        for recipe in (ROOT / "Makefile").read_text(), text(commit, "Makefile") + "\n":
            (work / "Makefile").write_text(recipe)
            done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-ec", OVER, "sh", str(work),
                                   str(ROOT), version], stdin=subprocess.DEVNULL)
            built = sorted((work / ".build" / "deb").glob("*.deb"))
            if done.returncode == 0 and built:
                return shutil.move(built[0], folder / built[0].name)
        return None
    finally:
        shutil.rmtree(work, ignore_errors=True)
        (folder / "tree.tar").unlink(missing_ok=True)


def make(folder):
    """What `earlier.json` says."""
    if os.geteuid() != 0:
        raise NoHistory("building it in this tree's place needs root")
    found = candidates()
    if not found:
        raise NoHistory("no earlier commit of this history has another source and a package")
    record = folder / "earlier.json"
    before = json.loads(record.read_text()) if record.exists() else {}
    for commit in found:
        if before.get("commit") == commit and pathlib.Path(before["package"]).exists():
            return before
        print(f"The package of an earlier commit: {git('show', '-s', '--format=%h, %s', commit)}", flush=True)
        for stale in folder.glob("*.deb"):
            stale.unlink()
        package = build(commit, folder)
        if package:
            return {"package": str(package), "commit": commit, "protocol": protocol(text(commit, PROTOCOL[0]))}
    raise NoHistory(f"none of {len(found)} earlier commits builds")


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    try:
        said = make(place)
    except NoHistory as reason:
        said = {"obstacle": str(reason)}
        print(f"No package of an earlier commit: {reason}.")
    (place / "earlier.json").write_text(json.dumps(said))
