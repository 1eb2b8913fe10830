"""Hosts whose root is a bare Debian 12, as debootstrap makes it: no Swift, no tree, nothing but what apt brings.

The root is made once, where there is a network, and kept as a tarball together with the packages that ours depends
on. The stories run where there is none, and apt installs from what the tarball holds.

    bare.py ROOT.tar PACKAGE.deb ...   makes the tarball, unless it is there and fits
"""

import hashlib
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

SUITE = "bookworm"
PERSON = 1000
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


# MARK: The root


def mirror():
    """Where this machine's own apt gets Debian from."""
    lists = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    for path in lists:
        text = re.sub(r"(?m)^\s*#.*$", "", path.read_text(errors="replace")) if path.is_file() else ""
        for block in re.split(r"\n\s*\n", text):
            classic = re.search(rf"(?m)^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+{SUITE}\s", block)
            modern = re.search(r"(?m)^URIs:\s*(\S+)", block)
            suites = re.search(r"(?m)^Suites:\s*(.*)$", block)
            if classic:
                return classic.group(1)
            if modern and suites and SUITE in suites.group(1).split():
                return modern.group(1)
    raise RuntimeError(f"no source of apt on this machine has {SUITE}")


def field(package, name):
    done = subprocess.run(["dpkg-deb", "-f", str(package), name], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make(tarball, packages):
    """A root with an account for a person, and what each of `packages` needs in apt's cache."""
    needs = "".join(field(package, "Depends") for package in packages)
    wanted = hashlib.sha256((SUITE + needs + pathlib.Path(__file__).read_text()).encode()).hexdigest()
    mark = tarball.with_suffix(".made")
    if tarball.exists() and mark.exists() and mark.read_text() == wanted:
        return
    tarball.parent.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root"}
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        if name in os.environ:
            environment[name] = os.environ[name]
    with tempfile.TemporaryDirectory(prefix="bullpen-bare-") as directory:
        root = pathlib.Path(directory) / "root"

        def run(*command):
            subprocess.run([str(word) for word in command], check=True, env=environment, stdin=subprocess.DEVNULL)

        run("debootstrap", "--variant=minbase", SUITE, root, mirror())
        run("chroot", root, "apt-get", "-q", "update")
        for package in packages:
            shutil.copy(package, root / "tmp" / "wanted.deb")
            run("chroot", root, "apt-get", "-q", "-y", "-o", "APT::Keep-Downloaded-Packages=true", "install",
                "--download-only", "--no-install-recommends", "/tmp/wanted.deb")
        (root / "tmp" / "wanted.deb").unlink()
        run("chroot", root, "useradd", "--create-home", "--uid", str(PERSON), "--shell", "/bin/bash", "person")
        draft = tarball.with_suffix(".new")
        run("tar", "-C", root, "--one-file-system", "-cf", draft, ".")
        draft.replace(tarball)
        mark.write_text(wanted)


# MARK: The host


class Bare:
    """A host of the lab with a root of its own."""

    def __init__(self, host, tarball):
        self.host = host
        self.root = host.directory / "root"
        self.root.mkdir()
        subprocess.run(["tar", "-C", str(self.root), "-xpf", str(tarball)], check=True)
        host.run("sh", "-ec", f"""
            mount --bind {self.root} {self.root}
            cd {self.root}
            mount -t proc proc proc
            mount --rbind /dev dev
            mount -t tmpfs tmpfs run
            cp {host.directory}/machine-id etc/machine-id
            echo {host.name} > etc/hostname
            echo '127.0.0.1 localhost {host.name}' > etc/hosts
        """)

    def words(self, command, person):
        who = [f"--userspec={PERSON}:{PERSON}"] if person else []
        return ["chroot", *who, self.root, *command]

    @staticmethod
    def environment(person):
        return {"PATH": PATH, "HOME": "/home/person" if person else "/root", "USER": "person" if person else "root",
                "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}

    def run(self, *command, person=False, check=True, timeout=120, env=()):
        return self.host.run(*self.words(command, person), check=check, timeout=timeout,
                             env={**self.environment(person), **dict(env)})

    def start(self, name, *command, env=()):
        """As the person."""
        return self.host.start(name, *self.words(command, True), env={**self.environment(True), **dict(env)})

    def path(self, inside):
        """A path of the root as seen from here."""
        return self.root / str(inside).lstrip("/")

    # MARK: Packages

    def install(self, package, *options, check=True):
        """By apt, from the tarball's cache, as a person does: `apt install ./bullpen.deb`."""
        name = pathlib.Path(package).name
        shutil.copy(package, self.path("/tmp") / name)
        return self.run("apt-get", "install", "-y", "-q", "--no-install-recommends", *options, f"/tmp/{name}", check=check)

    def tree(self):
        """Every path under /usr, /etc and /var, but for what apt and dpkg write of themselves."""
        own = re.compile(r"(var/(lib/(dpkg|apt)|cache/(apt|ldconfig|debconf)|log)|etc/(ld\.so\.cache|.*-))(/.*)?$")
        found = set()
        for top in ("usr", "etc", "var"):
            for folder, folders, files in os.walk(self.root / top):
                for name in folders + files:
                    path = str(pathlib.Path(folder, name).relative_to(self.root))
                    if not own.match(path):
                        found.add(path)
        return found


class Listener:
    """What a supervisor hears: the socket of sd_notify(3), in the person's home."""

    def __init__(self, bare, name="notify"):
        self.inside = f"/home/person/{name}"
        path = bare.path(self.inside)
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        os.chmod(path, 0o666)
        self.words = []

    def heard(self, word):
        """Whether a line was heard, now or before."""
        while True:
            try:
                self.words += self._socket.recv(4_096).decode().splitlines()
            except BlockingIOError:
                return word in self.words

    def close(self):
        self._socket.close()


def exec_start(unit):
    """The unit's own command line."""
    line = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    return shlex.split(line.removeprefix("ExecStart="))


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]), [pathlib.Path(word) for word in sys.argv[2:]])
