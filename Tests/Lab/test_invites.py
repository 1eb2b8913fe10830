"""An invite as a link: what a picture holds, and what a click opens."""

import configparser
import json

import pytest

import browser
from door import JOIN, Door
from node import BULLPEN, ROOT
from office import WORKSPACE


@pytest.fixture
def door(lan, product):
    return Door(lan)


def modules(lines):
    """The modules of a picture that `bullpen invite --qr` printed without colour: there the light ones are drawn."""
    halves = {"█": "00", "▀": "01", "▄": "10", " ": "11"}
    rows = []
    for line in lines:
        rows += ["".join(halves[letter][half] for letter in line) for half in (0, 1)]
    return rows


def test_joining_by_the_link_that_an_invite_shows_as_a_picture(door):
    made = door.ada.command("invite")
    assert made["link"] == f"bullpen:{made['code']}"
    assert {len(row) for row in made["qr"]} == {len(made["qr"])}
    printed = door.ada.host.run(
        BULLPEN, "invite", "--qr", "--home", door.ada.home, env=door.ada.environment).stdout.splitlines()
    picture = [line for line in printed if set(line) <= set("█▀▄ ") and line]
    rows = modules(picture)
    # Four light modules all around, then the three corners that a reader looks for.
    assert all(set(row) == {"0"} for row in rows[:4] + rows[-4:])
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert [row[4:11] for row in rows[4:11]] == finder
    assert [row[-11:-4] for row in rows[4:11]] == finder
    # What a camera reads from it is the link in capitals.
    assert door.join(door.bob, made["link"].upper())["name"] == WORKSPACE


def test_joining_by_a_link_that_the_desktop_opens(door):
    """Whoever clicks an invite's link gets the first page with the code in it, though the node runs already."""
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    link = door.ada.command("invite")["link"]
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(ROOT / "packaging/bullpen.desktop")
    entry = entry["Desktop Entry"]
    assert "x-scheme-handler/bullpen" in entry["MimeType"].split(";")
    name, *words = entry["Exec"].replace("%u", link).split()
    bob = door.bob
    said = bob.host.run(BULLPEN.with_name(name), *words, "--home", bob.home, env=bob.environment).stdout
    with browser.inside(bob.host) as chromium:
        page = chromium.new_page()
        page.set_default_timeout(10_000)
        page.goto(next(word for word in said.split() if "/login#t=" in word))
        form = page.locator("form", has_text="Join with an invite")
        assert form.get_by_label("The invite code").input_value() == link
        # It is asked about, and nothing is joined by a click on a link alone.
        assert page.evaluate("document.activeElement.name") == "member_name"
        assert bob.api("GET", "/workspaces")["items"] == []
        page.keyboard.type(bob.display_name)
        form.get_by_role("button", name="Join").click()
        page.get_by_role("link", name="Inbox").first.wait_for(timeout=JOIN * 1_000)
    refused = bob.host.run(BULLPEN, "up", "soon", "--home", bob.home, env=bob.environment, check=False)
    assert refused.returncode == 64 and "is no invite" in refused.stderr
    # A program reads what is wrong also where the command itself is not understood.
    refused = bob.host.run(BULLPEN, "join", "--json", "--home", bob.home, env=bob.environment, check=False)
    assert refused.returncode == 64 and json.loads(refused.stdout)["code"] == "usage", refused
