"""The view of one person in a real browser, used as that person would."""

import browser


class View:
    """A window of Chromium on a node's own host, logged in by a login link."""

    def __init__(self, playwright, node, size, prepare=lambda page: None):
        self.node = node
        self.chromium = browser.launch(playwright, node.host)
        self.page = self.chromium.new_page(viewport={"width": size[0], "height": size[1]})
        self.page.set_default_timeout(10_000)
        self.complaints = []
        self.page.on("console", lambda message: self.complaints.append(f"{message.text} {message.location.get('url', '')}")
                     if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # A page that is left takes its requests back; that is no fault.
        self.page.on("requestfailed", lambda request: self.complaints.append(f"{request.url}: {request.failure}")
                     if request.failure != "net::ERR_ABORTED" else None)
        prepare(self.page)
        self.page.goto(node.api("POST", "/login-links")["url"])
        self.page.get_by_role("link", name="Inbox").first.wait_for()

    def close(self):
        self.chromium.close()

    # MARK: Another tab

    def hide(self):
        """Another tab is before this one. A browser without a screen calls every tab visible, so the page is told."""
        self.page.evaluate("""() => {
          const seen = { visibilityState: "hidden", hidden: true };
          for (const [name, value] of Object.entries(seen)) {
            Object.defineProperty(document, name, { configurable: true, get: () => value });
          }
          document.hasFocus = () => false;
          document.dispatchEvent(new Event("visibilitychange"));
        }""")

    def come_back(self):
        self.page.evaluate("""() => {
          for (const name of ["visibilityState", "hidden", "hasFocus"]) delete document[name];
          document.dispatchEvent(new Event("visibilitychange"));
        }""")

    # MARK: By keyboard

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.type(text)

    def focused(self):
        """What a screen reader would say of the element in focus: its name, or its label's words."""
        return self.page.evaluate("""() => {
          const one = document.activeElement;
          const label = one.labels?.[0]?.textContent ?? "";
          return `${one.getAttribute("aria-label") ?? ""} ${label} ${label ? "" : one.textContent}`.trim();
        }""")

    def tab_to(self, words, most=40):
        """Presses Tab until the focus is on what is called so."""
        for _ in range(most):
            if words in self.focused():
                return
            self.press("Tab")
        raise AssertionError(f"{most} times Tab never came to {words!r}")

    def enter_room(self, name):
        self.press("/")
        self.page.get_by_label("Go into a room by its name").and_(self.page.locator(":focus")).wait_for()
        self.type(name)
        self.press("Enter")
        self.page.get_by_role("heading", level=1, name=name).wait_for()

    def sheet(self, person):
        """Opens what there is to know and do about a person."""
        self.press("g", "p")
        self.page.locator("#page bp-people").get_by_role("button", name=person).click()
        self.page.get_by_role("dialog", name=person).wait_for()

    # MARK: What is seen

    def unread(self):
        name = self.page.get_by_role("link", name="Inbox").first.get_attribute("aria-label") or ""
        found = [word for word in name.split() if word.isdigit()]
        return int(found[0]) if found else 0

    def toasts(self):
        return self.page.get_by_role("region", name="Messages").inner_text()

    def field(self, name):
        return self.page.get_by_role("button", name=f"Field {name}").bounding_box()

    def point(self, name, x, y):
        """Moves the mouse to a fraction of a field of the shared sheet."""
        box = self.field(name)
        self.page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)

    def pointer_of(self, person):
        """Where another's pointer is on this screen; None while it is not shown."""
        found = self.page.locator("bp-pointers .pointer:not([hidden])", has_text=person)
        if found.count() != 1:
            return None
        box = found.bounding_box()
        return (box["x"], box["y"]) if box else None
