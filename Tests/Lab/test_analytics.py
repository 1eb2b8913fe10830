"""How the workspace is used: off until an admin turns it on and each person knows; sums for those admins alone."""

import csv
import io

import pytest

import browser
from node import Refused
from office import NAMES, Office
from view import View
from waiting import ready, within

# What somebody comes to, and all that is ever kept of it.
ROOM, PAGE = "page:/quay/4711/plan?for=eve", "/quay/*/plan"


@pytest.fixture
def office(lan, product):
    if browser.obstacle():
        pytest.skip(browser.obstacle())
    return Office(lan, daemons=False, options=("--discovery", "off")).ready()


def report(node, scope):
    return node.api("GET", f"/presence/analytics?scope={scope}")


def test_analytics_bob_is_told_ada_reads_his_sums_and_eve_does_not(office):
    ada, bob, eve = office.all
    with browser.playing() as playwright:
        his, hers = View(playwright, bob, (390, 844)), View(playwright, ada, (1280, 800))
        try:
            hers.press("g", "a")
            hers.page.get_by_text("Off: nothing is counted").wait_for()
            hers.page.get_by_role("button", name="Turn it on…").click()
            hers.page.get_by_role("dialog").get_by_role("button", name="Turn it on").click()
            hers.page.get_by_text("Turned on by you").wait_for()
            his.page.get_by_text(f"{NAMES['ada']} turned on counting").wait_for()
            assert not bob.api("GET", "/presence/settings")["analytics"]["counted"]
            assert report(bob, "me")["members"] == []
            his.page.get_by_role("button", name="I know").click()
            his.page.get_by_text(f"{NAMES['ada']} turned on counting").wait_for(state="hidden")
            assert bob.api("GET", "/presence/settings")["analytics"]["counted"]
            with bob.live() as client:
                client.join(ROOM)
                ready("bob's page and his session are counted", lambda: (
                    (mine := report(bob, "me"))["sessions"] == 1 and PAGE in [one["page"] for one in mine["pages"]]))
            his.page.goto(f"http://127.0.0.1:{bob.web_port}/#/analytics")
            his.page.get_by_text(PAGE).first.wait_for()
            assert his.complaints == []

            # What a node has counted it shares when it stops, or after two hours.
            bob.end()
            bob.up(*office.options)
            within(10, "bob's sums reach ada", lambda: any(
                one["user_id"] == bob.member and one["sessions"] == 1 for one in report(ada, "all")["members"]))
            hers.page.get_by_role("button", name="7 days").click()
            hers.page.locator("bp-analytics-page .bars").get_by_text(NAMES["bob"]).wait_for()
            with hers.page.expect_download() as saved:
                hers.page.get_by_role("button", name="Save as CSV").click()
            rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
            assert [row["value"] for row in rows if row["measure"] == "page_views" and row["key"] == PAGE] == ["1"]
            assert any(row["measure"] == "member_seconds" and row["name"] == NAMES["bob"] for row in rows)
            assert hers.complaints == []

            # Eve has bob's rows, as everybody has them, and cannot open them.
            office.agree()
            with pytest.raises(Refused, match="403"):
                report(eve, "all")
            assert report(eve, "me")["members"] == []
            assert eve.files_holding(PAGE) == [] and ada.files_holding(PAGE) == []

            assert bob.command("analytics", "--erase")["erased"] >= 1
            within(5, "nothing of bob is left to ada", lambda: not any(
                one["user_id"] == bob.member for one in report(ada, "all")["members"]))
            assert bob.command("visibility", "--history")["items"][0]["changed"] == ["analytics"]
        finally:
            his.close()
            hers.close()
