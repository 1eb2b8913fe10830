"""A real Chromium whose network is a host's.

Playwright starts the program that it is given as `executable_path`; that program is a script that enters the host's
namespaces and becomes Chromium there. Playwright's own download is not used.
"""

import contextlib
import shutil

import pytest

CHROMIUM = "/usr/bin/chromium"


def obstacle():
    """Why there is no browser here; None where there is."""
    if not shutil.which(CHROMIUM):
        return "Debian's chromium is not installed"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "PyPI's playwright is not installed"
    return None


@contextlib.contextmanager
def playing():
    """Playwright, or a skip with its reason."""
    if obstacle():
        pytest.skip(obstacle())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


def launch(playwright, host):
    """Chromium inside a host. Root has no sandbox of Chromium's; the pages are our own."""
    wrapper = host.directory / "chromium"
    wrapper.write_text("#!/bin/sh\nexec " + " ".join(host.enter(CHROMIUM)) + ' "$@"\n')
    wrapper.chmod(0o755)
    return playwright.chromium.launch(
        executable_path=str(wrapper), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"])


@contextlib.contextmanager
def inside(host):
    with playing() as playwright:
        chromium = launch(playwright, host)
        try:
            yield chromium
        finally:
            chromium.close()
