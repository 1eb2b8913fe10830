"""Who works with whom, and who sees whoever has chosen nothing: said in the view, and felt by everybody."""

import pytest

import browser
from office import Office
from test_view import two_views
from waiting import ready


def sees(office, expected):
    """By node: whom its person sees."""
    for node in office.all:
        ready(f"{node.name} sees who may be seen",
              lambda: node.sees_online() == {other.member for other in expected.get(node, ())})


def to_this_node(view):
    view.page.get_by_role("link", name="This node").first.click()
    view.page.get_by_role("heading", level=2, name="Teams").wait_for()


def test_the_owner_sets_the_usual_visibility_and_an_admin_a_team_in_the_view(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    office = Office(lan).ready()
    ada, bob, eve = office.all
    with two_views(office) as (hers, his):
        for view in (hers, his):
            to_this_node(view)
        usual = hers.page.get_by_label("Who sees people who have chosen nothing")
        usual.select_option(label="my contacts")
        hers.page.get_by_text("Whoever has chosen nothing is seen by my contacts now.").first.wait_for()
        # Nobody has any yet.
        sees(office, {})
        # Neither is for everybody to set.
        assert not his.page.get_by_label("Who sees people who have chosen nothing").is_visible()
        assert not his.page.get_by_role("button", name="Make a team…").is_visible()

        ada.api("PUT", f"/members/{bob.member}/role", {"role": "admin"})
        his.page.get_by_role("button", name="Make a team…").click()
        dialog = his.page.get_by_role("dialog", name="Make a team")
        dialog.get_by_label("Name").fill("Harbour watch")
        for node in (ada, bob):
            dialog.get_by_label(node.display_name).check()
        dialog.get_by_role("button", name="Make the team").click()
        dialog.wait_for(state="hidden")
        row = hers.page.locator(".teams li", has_text="Harbour watch")
        for node in (ada, bob):
            row.get_by_text(node.display_name).wait_for()
        sees(office, {ada: [bob], bob: [ada]})

        # Eve in ada's place.
        his.page.locator(".teams li", has_text="Harbour watch").get_by_role("button", name="Change…").click()
        dialog = his.page.get_by_role("dialog", name="Change a team")
        dialog.get_by_label(ada.display_name).uncheck()
        dialog.get_by_label(eve.display_name).check()
        dialog.get_by_role("button", name="Keep it so").click()
        row.get_by_text(eve.display_name).wait_for()
        sees(office, {bob: [eve], eve: [bob]})

        usual.select_option(label="everyone")
        sees(office, {node: office.others(node) for node in office.all})
        assert hers.complaints == his.complaints == []
