"""Who may do what, and what everybody sees of it: on three hosts, by command, and in two views."""

import contextlib
import json
import signal

import pytest

import browser
from node import Node, Refused
from office import NAMES, WORKSPACE
from view import View
from waiting import ready, within

OPTIONS = ("--discovery", "off")
RENAMED = "Second Floor"


@pytest.fixture
def people(lan, product):
    return People(lan)


class People:
    """Ada's office; bob is in it, eve not yet."""

    def __init__(self, lan):
        self.ada, self.bob, self.eve = (Node(lan.host(f"host-{name}"), name, NAMES[name]) for name in NAMES)
        self.ada.command("init", "--name", self.ada.display_name, "--workspace", WORKSPACE)
        for node in (self.ada, self.bob, self.eve):
            node.up(*OPTIONS)
        self.admit(self.bob, self.ada)

    def admit(self, node, by):
        node.command("join", by.command("invite")["code"], "--name", node.display_name, timeout=60)
        ready(f"{by.name} sees {node.name}", lambda: node.display_name in by.members().values())


def refusal(node, *words):
    """Exit code and words of a command that must be refused."""
    with pytest.raises(Refused) as refused:
        node.command(*words)
    return refused.value.code, refused.value.said


def test_an_admin_invites_and_removes_and_who_is_out_is_told_why(people):
    ada, bob, eve = people.ada, people.bob, people.eve
    code, said = refusal(bob, "invite")
    assert code == 77 and "Only the owner and admins" in said

    assert ada.command("role", bob.display_name, "admin")["role"] == "admin"
    ready("bob knows that he is an admin", lambda: bob.api("GET", "/user/current")["role"] == "admin")
    people.admit(eve, bob)
    ready("ada sees eve", lambda: eve.display_name in ada.members().values())
    eve.command("log", "eve fed the cat")
    ready("ada has eve's word", lambda: "eve fed the cat" in [one["text"] for one in ada.activities()])

    # What one may not do is not offered, and is refused with the reason.
    offered = {one["user_id"]: (one["assignable_roles"], one["is_removable"])
               for one in bob.command("members")["items"]}
    assert offered[ada.member] == ([], False) and offered[eve.member] == (["guest", "admin"], True)
    assert refusal(eve, "remove", bob.display_name, "--yes")[0] == 77
    assert refusal(bob, "remove", ada.display_name, "--yes")[0] == 1
    code, said = refusal(bob, "remove", eve.display_name)
    assert code == 64 and '"code":"unconfirmed"' in said and "What was heard from there stays" in said

    name = eve.display_name
    bob.command("remove", name, "--yes")
    within(5, "eve's node says that it is out", lambda: _removed(eve))
    code, said = refusal(eve, "who")
    assert code == 77 and f"{bob.display_name} removed this device" in said
    ready("ada does not see eve", lambda: name not in ada.members().values())
    assert "eve fed the cat" in [one["text"] for one in ada.activities()]

    # A new start does not bring her in again, nor does her old home take a new invite.
    eve.end()
    eve.up(*OPTIONS)
    code, said = refusal(eve, "join", ada.command("invite")["code"], "--name", name)
    assert code == 77 and "bullpen leave" in said
    eve.command("leave", "--yes")
    eve.command("join", ada.command("invite")["code"], "--name", name, timeout=60)
    ready("eve is back, as a new member", lambda: name in bob.members().values())

    bob.command("rename-workspace", RENAMED)
    for node in (ada, bob):
        within(3, f"{node.name} sees the new name", lambda: node.status()["name"] == RENAMED)
    bob.command("invite")
    ready("ada knows of the invite", lambda: ada.api("GET", f"/members/{bob.member}/demotion?role=member")["ended_invites"])
    code, said = refusal(ada, "role", bob.display_name, "member")
    assert code == 64 and "Nobody is let in any more by invites of theirs: 1 open until now." in said
    assert bob.api("GET", "/user/current")["role"] == "admin"
    ada.command("role", bob.display_name, "member", "--yes")
    ready("bob is a member again", lambda: bob.api("GET", "/user/current")["role"] == "member")
    assert refusal(bob, "rename-workspace", "Mine")[0] == 77
    assert bob.status()["name"] == RENAMED


def _removed(node):
    try:
        node.api("GET", "/user/current")
    except Refused as refused:
        return refused.code == 403 and json.loads(refused.said)["code"] == "removed"
    return False


def test_who_was_away_when_they_were_removed_learns_it_at_the_door(people):
    people.ada.command("role", people.bob.display_name, "admin")
    ready("bob is an admin", lambda: people.bob.api("GET", "/user/current")["role"] == "admin")
    people.admit(people.eve, people.bob)
    ready("ada sees eve", lambda: people.eve.display_name in people.ada.members().values())
    people.eve.end()
    people.bob.command("remove", people.eve.display_name, "--yes")
    ready("ada knows", lambda: people.eve.display_name not in people.ada.members().values())
    people.bob.end()
    people.eve.up(*OPTIONS)
    within(15, "eve hears from ada that bob removed her", lambda: _removed(people.eve))
    assert people.bob.display_name in refusal(people.eve, "who")[1]


def test_who_is_named_takes_over_when_the_owners_laptop_is_gone(people):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    ada, bob, eve = people.ada, people.bob, people.eve
    people.admit(eve, ada)
    ready("bob sees eve", lambda: eve.display_name in bob.members().values())
    code, said = refusal(bob, "take-over", "--yes")
    assert code == 77 and "has not named you" in said
    assert refusal(bob, "successor", eve.display_name)[0] == 77
    ada.command("role", bob.display_name, "admin")
    ready("bob is an admin", lambda: bob.api("GET", "/user/current")["role"] == "admin")
    with browser.playing() as playwright, contextlib.ExitStack() as stack:
        def view(node):
            made = View(playwright, node, (1280, 800))
            stack.callback(made.close)
            return made

        hers, his, theirs = view(ada), view(bob), view(eve)
        hers.press("g", "p")
        hers.page.get_by_role("button", name="Name a successor…").wait_for()
        hers.page.get_by_role("button", name="Not now").click()
        hers.page.get_by_role("button", name="Name a successor…").wait_for(state="hidden")
        hers.sheet(bob.display_name)
        hers.page.get_by_role("button", name="Name as my successor…").click()
        hers.page.get_by_role("button", name="Name as successor", exact=True).click()
        hers.page.get_by_role("cell", name="admin, successor").wait_for()
        his.press("g", "p")
        his.page.get_by_role("button", name="Take over…").wait_for()
        theirs.press("g", "p")
        theirs.page.get_by_role("cell", name="admin, successor").wait_for()
        assert theirs.page.get_by_role("button", name="Take over…").count() == 0
        assert ada.command("successor") == [bob.member]
        assert refusal(eve, "take-over", "--yes")[0] == 77

        # Ada's laptop falls into the harbour.
        hers.close()
        stack.pop_all()
        stack.callback(his.close)
        stack.callback(theirs.close)
        ada.end(signal.SIGKILL)
        code, said = refusal(bob, "take-over")
        assert code == 64 and '"code":"unconfirmed"' in said and "What came after counts as an admin's" in said
        his.page.get_by_role("button", name="Take over…").click()
        dialog = his.page.get_by_role("dialog")
        go = dialog.get_by_role("button", name="Take over", exact=True)
        assert go.is_disabled()
        dialog.get_by_label(f"To do it, type “{WORKSPACE}”").fill(WORKSPACE)
        go.click()
        ready("bob is the owner", lambda: bob.api("GET", "/user/current")["role"] == "owner")
        theirs.page.get_by_role("row", name=bob.display_name).get_by_role("cell", name="owner").wait_for()
        theirs.page.get_by_role("row", name=ada.display_name).get_by_role("cell", name="admin").wait_for()
        assert his.complaints == [] and theirs.complaints == []

        # It was found again: ada is an admin, and cannot take it back.
        ada.up(*OPTIONS)
        ready("ada hears of it", lambda: ada.api("GET", "/user/current")["role"] == "admin")
        hers = view(ada)
        hers.press("g", "p")
        hers.page.get_by_role("row", name=ada.display_name).get_by_role("cell", name="admin").wait_for()
        assert refusal(ada, "successor", eve.display_name)[0] == 77
        assert refusal(ada, "remove", bob.display_name, "--yes")[0] == 1
    assert eve.command("successor") == []
    bob.command("remove", ada.display_name, "--yes")
    within(5, "ada's node says that it is out", lambda: _removed(ada))


def test_several_workspaces_in_one_home(people):
    ada = people.ada
    second = ada.command("init", "--another", "--name", "Ada", "--workspace", "Chess Club")
    code, said = refusal(ada, "who")
    assert code == 1 and WORKSPACE in said and "Chess Club" in said and "--workspace" in said
    assert [one["name"] for one in ada.command("members", "--workspace", "chess")["items"]] == ["Ada"]
    assert len(ada.command("members", "--workspace", WORKSPACE)["items"]) == 2
    assert len(ada.command("members", "--workspace", second["id"])["items"]) == 1
    assert "no workspace called" in refusal(ada, "who", "--workspace", "Golf")[1]


def test_what_falls_with_a_removal_is_shown_before_it_is_made(people):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    ada, bob, eve = people.ada, people.bob, people.eve
    people.admit(eve, ada)
    tablet, device = "77aa88bb" * 8, eve.api("GET", "/user/current")["devices"][0]

    # What only a stolen key does, the answer of a real node is given besides; who stole one is a story of the node's tests.
    def besides(route):
        removal = ada.api("GET", f"/members/{bob.member}/removal")
        assert removal["also_cut"] == removal["also_removed"] == removal["also_demoted"] == []
        route.fulfill(json=removal | {"also_cut": [tablet, device], "also_removed": [eve.member],
                                      "also_demoted": [ada.member]})

    with browser.playing() as playwright, contextlib.ExitStack() as stack:
        hers = View(playwright, ada, (1280, 800))
        stack.callback(hers.close)
        hers.page.route("**/members/*/removal", besides)
        hers.sheet(bob.display_name)
        hers.page.get_by_role("button", name="Remove…").click()
        dialog = hers.page.get_by_role("dialog", name=f"Remove {bob.display_name}?")
        for words in (f"Devices that stand on it go too: 77aa88bb and {eve.display_name}’s {device[:8]}.",
                      f"Who stands on it goes too: {eve.display_name}.",
                      f"Who loses a role by it: {ada.display_name}."):
            dialog.get_by_text(words).wait_for()
        dialog.get_by_role("button", name="Leave it as it is").click()
        # An answer without any of it is told without a word of it.
        hers.page.unroute("**/members/*/removal")
        hers.sheet(bob.display_name)
        hers.page.get_by_role("button", name="Remove…").click()
        dialog.get_by_text("What was heard from there stays").wait_for()
        assert "too" not in dialog.inner_text() and "role" not in dialog.inner_text()
        assert hers.complaints == []


def test_roles_and_names_in_the_view(people):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    ada, bob, eve = people.ada, people.bob, people.eve
    with browser.playing() as playwright, contextlib.ExitStack() as stack:
        def view(node):
            made = View(playwright, node, (1280, 800))
            stack.callback(made.close)
            return made

        hers, his = view(ada), view(bob)
        assert his.page.get_by_role("button", name="Invite…").count() == 0
        hers.sheet(bob.display_name)
        hers.page.get_by_role("button", name="Make admin").click()
        his.page.get_by_role("button", name="Invite…").wait_for()
        ready("bob's node knows", lambda: bob.api("GET", "/user/current")["role"] == "admin")

        people.admit(eve, bob)
        theirs = view(eve)
        his.sheet(eve.display_name)
        his.page.get_by_role("button", name="Remove…").click()
        dialog = his.page.get_by_role("dialog")
        dialog.get_by_text("What was heard from there stays").wait_for()
        # Bob sees nothing to press about ada, who is the owner.
        dialog.get_by_role("button", name=f"Remove {eve.display_name}").click()
        theirs.page.get_by_text(f"{bob.display_name} removed this device").wait_for()
        his.sheet(ada.display_name)
        assert his.page.get_by_role("dialog").get_by_role("button", name="Remove…").count() == 0
        his.press("Escape")

        # Whoever takes a role back sees before what goes with it.
        bob.command("invite")
        ready("ada knows of the invite",
              lambda: ada.api("GET", f"/members/{bob.member}/demotion?role=member")["ended_invites"])
        hers.sheet(bob.display_name)
        hers.page.get_by_role("button", name="Make member").click()
        dialog = hers.page.get_by_role("dialog", name=f"Make {bob.display_name} a member?")
        dialog.get_by_text("Nobody is let in any more by invites of theirs: 1 open until now.").wait_for()
        dialog.get_by_role("button", name="Make member").click()
        his.page.get_by_role("button", name="Invite…").wait_for(state="detached")
        hers.sheet(bob.display_name)
        hers.page.get_by_role("button", name="Make admin").click()
        his.page.get_by_role("button", name="Invite…").wait_for()

        # The workspace's name changes under ada's eyes.
        his.press("g", "n")
        field = his.page.get_by_label("The workspace's name, for everybody")
        field.fill(RENAMED)
        field.press("Enter")
        hers.page.get_by_role("button", name=f"{RENAMED}: workspaces").wait_for()
        ready("the title follows", lambda: RENAMED in hers.page.title())

        # Another workspace, by the first door, and back.
        hers.page.get_by_role("button", name=f"{RENAMED}: workspaces").click()
        hers.page.get_by_role("button", name="Start or join another…").click()
        hers.page.get_by_label("Your name").first.fill("Ada")
        hers.page.get_by_label("The workspace's name").fill("Chess Club")
        hers.page.get_by_role("button", name="Start", exact=True).click()
        hers.page.get_by_role("button", name="Chess Club: workspaces").click()
        hers.page.get_by_role("dialog").get_by_role("button", name=RENAMED).click()
        hers.page.get_by_role("button", name=f"{RENAMED}: workspaces").wait_for()
        assert hers.complaints == [] and his.complaints == []
