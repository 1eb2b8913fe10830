"""The Debian package: what is in it, and its unit. `make package-test` builds what this needs."""

import gzip
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from bare import field
from installed import PACKAGE, needs_package, needs_root
from node import ROOT
from session import HOME, Session, hierarchies
from waiting import ready

MUST_NEED = {"fonts-inter", "libavahi-client3", "libavahi-core7", "libdbus-1-3", "libqrencode4", "libsodium23", "libsqlite3-0"}
# What every Debian has, and the C and C++ runtime.
MAY_NEED = {"libavahi-common3", "init-system-helpers", "libc6", "libgcc-s1", "libstdc++6", "zlib1g"}


# MARK: The file


@needs_package
def test_debian_finds_no_error_in_it():
    done = subprocess.run(["lintian", "--fail-on", "error", "--allow-root", "--tag-display-limit", "0", PACKAGE],
                          capture_output=True, text=True)
    print(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_package
def test_it_depends_on_what_debian_12_has():
    names = {re.match(r"\s*([^\s(]+)", part).group(1) for part in field(PACKAGE, "Depends").split(",")}
    assert MUST_NEED <= names <= MUST_NEED | MAY_NEED


@needs_package
def test_what_is_installed_is_well_formed(tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    share = tmp_path / "usr/share"
    checks = [["desktop-file-validate", share / "applications/bullpen.desktop"],
              ["bash", "-n", share / "bash-completion/completions/bullpen"]]
    for command in checks:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stdout, f"{command}: {done.stdout}{done.stderr}"
    entry = (share / "applications/bullpen.desktop").read_text()
    assert "\nMimeType=x-scheme-handler/bullpen;\n" in entry and "\nExec=bullpen up --open %u\n" in entry
    built = tmp_path / "usr/bin/bullpen"
    dynamic = subprocess.run(["objdump", "-p", str(built)], capture_output=True, text=True, check=True).stdout
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic and "libswift" not in dynamic
    # The folder that it was built in is a stranger's business.
    held = built.read_bytes()
    for place in (ROOT, pathlib.Path.home()):
        assert f"{place}/".encode() not in held, place
    for path in share.rglob("*"):
        assert not path.is_file() or str(ROOT).encode() not in path.read_bytes(), path


def commands(command, words=()):
    """Every command that does something, by its words."""
    for child in command.get("subcommands", []):
        if child["shouldDisplay"] and child["commandName"] != "help":
            found = (*words, child["commandName"])
            yield from commands(child, found) if child.get("subcommands") else [(found, child)]


@needs_package
def test_the_page_and_the_completions_have_every_command_and_option(tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    share, built = tmp_path / "usr/share", tmp_path / "usr/bin/bullpen"
    listed = subprocess.run([str(built), "--experimental-dump-help"], capture_output=True, text=True, check=True)
    page = gzip.decompress((share / "man/man1/bullpen.1.gz").read_bytes()).decode().replace("\\-", "-")
    completions = [(share / name).read_text() for name in (
        "bash-completion/completions/bullpen", "zsh/vendor-completions/_bullpen", "fish/vendor_completions.d/bullpen.fish")]
    found = list(commands(json.loads(listed.stdout)["command"]))
    assert len(found) > 20
    for words, command in found:
        assert f"\n.SS \\fBbullpen {' '.join(words)}\\fR" in page, words
        names = {name["name"] for argument in command["arguments"] if argument["shouldDisplay"]
                 for name in argument.get("names", []) if name["kind"] == "long"} - {"help", "version"}
        for name in names:
            assert re.search(rf"\\fB--{name}\\fR", page), (words, name)
        for text in completions:
            for word in (*words, *names):
                assert re.search(rf"(?<![\w-])(--)?{word}(?![\w-])", text), (words, word)
    # They are of use in the shells that they are for.
    complete = f"""
        source {share}/bash-completion/completions/bullpen
        COMP_WORDS=(bullpen service en) COMP_CWORD=2 COMP_LINE="bullpen service en" COMP_POINT=18
        _bullpen bullpen en service
        echo "${{COMPREPLY[@]}}"
        """
    said = subprocess.run(["bash", "-c", complete], capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{tmp_path}/usr/bin:{os.environ['PATH']}"})
    assert said.stdout.split() == ["enable"], said
    for check in (["zsh", "-n", share / "zsh/vendor-completions/_bullpen"],
                  ["fish", "--no-execute", share / "fish/vendor_completions.d/bullpen.fish"]):
        done = subprocess.run([str(word) for word in check], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, f"{check}: {done.stderr}"
    # groff understands the page.
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=page.replace("-", "\\-"), capture_output=True,
                          text=True)
    assert not done.stderr, done.stderr


@needs_package
def test_the_unit_is_what_systemd_understands(tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    unit = tmp_path / "usr/lib/systemd/user/bullpen.service"
    # The command is where the package puts it, which need not be on this machine.
    text = unit.read_text()
    assert "ExecStart=/usr/bin/bullpen up\n" in text
    unit.write_text(text.replace("/usr/bin/bullpen", str(tmp_path / "usr/bin/bullpen")))
    done = subprocess.run(["systemd-analyze", "verify", "--user", "--man=no", str(unit)], capture_output=True, text=True,
                          env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert done.returncode == 0 and "bullpen" not in done.stderr, done.stderr


@needs_package
def test_every_library_that_is_linked_in_is_named_in_the_copyright_with_its_licence(tmp_path):
    paragraphs = (ROOT / "debian/copyright").read_text().split("\n\n")
    licences = {folder: re.search(r"^License: (.+)$", paragraph, re.M).group(1) for paragraph in paragraphs
                for folder in re.findall(r"\.build/checkouts/([^/\s]+)/\*\n", paragraph)}
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    notices = gzip.decompress((tmp_path / "usr/share/doc/bullpen/NOTICE.gz").read_bytes()).decode()
    for pin in json.loads((ROOT / "Package.resolved").read_text())["pins"]:
        folder = pin["location"].removesuffix(".git").rsplit("/", 1)[1]
        checkout = ROOT / ".build/checkouts" / folder
        text = next(checkout.glob("LICENSE*")).read_text()
        licence = "MIT" if "Permission is hereby granted" in text else "Apache-2.0"
        if "Runtime Library Exception" in text:
            licence += " with Swift-exception"
        assert licences.get(folder) == licence, folder
        for notice in checkout.glob("NOTICE*"):
            assert f"== {folder}\n" in notices and notice.read_text() in notices


@needs_package
def test_make_install_and_uninstall(tmp_path):
    def make(verb):
        subprocess.run(["make", "-s", "-C", str(ROOT), verb, f"DESTDIR={tmp_path}", "PREFIX=/opt/bullpen"], check=True)

    make("install")
    top = tmp_path / "opt/bullpen"
    files = {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}
    assert {"bin/bullpen", "lib/systemd/user/bullpen.service", "share/man/man1/bullpen.1",
            "share/applications/bullpen.desktop"} <= files
    assert "ExecStart=/opt/bullpen/bin/bullpen up" in (top / "lib/systemd/user/bullpen.service").read_text()
    said = subprocess.run([str(top / "bin/bullpen"), "--version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"bullpen {field(PACKAGE, 'Version')}"
    make("uninstall")
    assert not [path for path in top.rglob("*") if path.is_file()]


# MARK: The unit


@pytest.mark.skipif(not hierarchies(), reason="no control group can be made here")
@needs_root
def test_the_unit_runs_in_a_persons_own_systemd(lan, tmp_path):
    subprocess.run(["dpkg-deb", "-x", PACKAGE, str(tmp_path)], check=True)
    unit = tmp_path / "usr/lib/systemd/user/bullpen.service"
    unit.write_text(unit.read_text().replace("/usr/bin/", "/usr/local/bin/"))
    for path in tmp_path.parents:
        if os.stat(path).st_uid == os.getuid() and path != pathlib.Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    session = Session(lan.host("host-ada"), tmp_path / "usr")
    try:
        state = json.loads(session.run("bullpen", "service", "status", "--json").stdout)
        assert state == {"enabled": False, "active": False, "state": "inactive"}
        done = session.run("bullpen", "service", "enable")
        assert done.returncode == 0, done
        state = json.loads(session.run("bullpen", "service", "status", "--json").stdout)
        assert state == {"enabled": True, "active": True, "state": "active"}
        # Type=notify: it is active because the node said so.
        assert session.show("StatusText").startswith("The view is at http://127.0.0.1:")
        done = session.run("bullpen", "init", "--name", "Ada", "--workspace", "Desk")
        assert done.returncode == 0, done

        # The cage, seen from inside, by root itself.
        pid = session.show("MainPID")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status

        def touch(place):
            words = ["nsenter", "--target", pid, "--mount", "touch", place]
            return subprocess.run(words, capture_output=True, text=True)

        for place in ("/usr/bullpen-was-here", f"{HOME}/bullpen-was-here"):
            assert "Read-only file system" in touch(place).stderr
        assert touch(f"{HOME}/.local/share/bullpen/was-here").returncode == 0

        os.kill(int(pid), signal.SIGKILL)
        ready("systemd starts it again", lambda: session.show("NRestarts") == "1"
              and session.show("ActiveState") == "active")
        assert "Desk" in session.run("bullpen", "status").stdout
        assert session.run("bullpen", "down").returncode == 0
        ready("an orderly end is no failure", lambda: session.show("ActiveState") == "inactive")
        assert session.show("Result") == "success"
        assert session.run("bullpen", "service", "disable").returncode == 0
        assert not json.loads(session.run("bullpen", "service", "status", "--json").stdout)["enabled"]
    finally:
        session.close()
