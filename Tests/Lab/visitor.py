"""A person whose browser has never been here, and what a network does to them while they join."""

import contextlib

import browser
from door import JOIN


class Visitor:
    """A person in front of a node's host, with a browser of their own."""

    def __init__(self, chromium, node, camera, place):
        self.chromium, self.node, self.camera, self.place = chromium, node, camera, place
        self.page = None

    def look(self):
        """A fresh browser, that has never been here."""
        if self.page:
            self.page.context.close()
        self.page = self.chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
        self.page.set_default_timeout(10_000)
        return self.page

    def enter(self):
        self.look().goto(self.node.api("POST", "/login-links")["url"])
        return self.page

    def take(self, state, **how):
        self.camera.take(self.page, self.place, state, **how)

    def people(self):
        """The page of everybody."""
        self.enter().get_by_role("link", name="People").first.click()
        self.page.get_by_role("heading", level=1, name="People").wait_for()
        return self.page

    def connections(self):
        """The page of who is reached, and how."""
        self.enter().get_by_role("link", name="Connections").first.click()
        self.page.get_by_role("heading", level=1, name="Connections").wait_for()
        return self.page

    def asks(self, question, answer, before=lambda: None):
        """Has the doctor asked, and waits for its answer; again until it is that, for a fault shows itself after a while."""
        for _ in range(4):
            before()
            self.page.get_by_role("button", name=question).first.click()
            self.page.locator(".doctor .verdicts > ul").wait_for(timeout=20_000)
            if answer in self.page.locator(".doctor").inner_text():
                return
        raise AssertionError(f"never said {answer!r}: {self.page.locator('.doctor').inner_text()}")

    def row(self, person, role):
        """Waits until a person is listed with that role."""
        self.page.locator("#page bp-people").get_by_role("row", name=person).get_by_role(
            "cell", name=role, exact=True).wait_for()

    def open_person(self, name):
        self.page.locator("#page bp-people").get_by_role("button", name=name).click()
        return self.dialog(name)

    def dialog(self, name):
        box = self.page.get_by_role("dialog", name=name)
        box.wait_for()
        return box

    def close(self):
        self.page.keyboard.press("Escape")
        self.page.get_by_role("dialog").wait_for(state="hidden")

    # MARK: The two doors

    def doors(self):
        self.enter().get_by_role("heading", name="Join with an invite").wait_for()
        return self

    def form(self, title):
        return self.page.locator("form", has_text=title)

    def fill_join(self, code, name=None):
        form = self.form("Join with an invite")
        form.get_by_label("Your name").fill(name or self.node.display_name)
        form.get_by_label("The invite code").fill(code)
        return form

    def press_join(self):
        self.page.locator("form", has_text="Join with an invite").locator("button.main").click()

    def start_anew(self):
        """Loads the page anew: whoever hangs up ends the search."""
        self.page.reload()
        self.page.get_by_role("heading", name="Join with an invite").wait_for()

    def join_anew(self, code):
        self.start_anew()
        self.fill_join(code)
        self.press_join()

    def says(self, words, timeout=JOIN):
        """Waits for words on the page, and looks often: they may be over soon."""
        try:
            self.page.wait_for_function("(words) => document.body?.innerText.includes(words)", arg=words,
                                        timeout=timeout * 1_000, polling=10)
        except Exception as error:
            raise AssertionError(f"never said {words!r}: {self.page.locator('body').inner_text()[-600:]}") from error

    def fails(self, state, code, says):
        """Joins from a fresh first page; the picture is of what it ends with."""
        self.doors().fill_join(code)
        self.press_join()
        self.page.get_by_role("button", name="Try again").wait_for(timeout=JOIN * 1_000)
        self.take(state, says=says)


@contextlib.contextmanager
def visiting(node, camera, place):
    with browser.inside(node.host) as chromium:
        yield Visitor(chromium, node, camera, place)


# MARK: The network between


def firewall(host, *rules):
    host.run("nft", "add table inet filter; add chain inet filter input { type filter hook input priority 0; }; "
             + "".join(f"add rule inet filter input {rule}; " for rule in rules))


def slow(host, rate):
    """What leaves a host goes by a slow link from now on, at a rate in tc's words."""
    host.run("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "1600", "limit", "200kb")


def hold(door, visitor, code, step):
    """Joins over a link on which each step takes its time, and cuts the cable at that step.

    From slow to fast: on a link that is too slow nobody is reached, on one that is too fast all is over at once.
    """
    hosts = (door.ada.host, door.bob.host)
    for rate in ("10kbit", "14kbit", "20kbit", "28kbit", "40kbit"):
        # Started anew, so that nothing is left of connections that were cut.
        door.ada.end()
        door.ada.up()
        for host in hosts:
            slow(host, rate)
        visitor.join_anew(code)
        with contextlib.suppress(AssertionError):
            visitor.says(step, timeout=6)
        door.lan.part(*hosts)
        for host in hosts:
            host.run("tc", "qdisc", "del", "dev", "eth0", "root")
        if visitor.page.get_by_text(step).is_visible():
            return
        leave(door, visitor)
    raise AssertionError(f"on no link {step!r} took its time")


def leave(door, visitor):
    """Hangs up before the cable is whole again, or the joining would go on to its end."""
    visitor.start_anew()
    door.lan.rejoin()
