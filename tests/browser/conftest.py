"""Fixtures of the stories in a browser: one Chromium for all stories of a process, a tab for each.

	def test_something(site, tab):       # a Fuse with its web UI, and a tab that looks at it
	    printer = site.printer("Anna")   # a printer played by Mosquitto, kept by Fuse
	    tab.go("/printers")
"""
import contextlib
import pathlib
import re
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from rig import darkness, fuse as rig_fuse  # noqa: E402

import chrome  # noqa: E402
import fake_fuse  # noqa: E402
import site_rig  # noqa: E402

FAILURES = rig_fuse.BUILD / "browser-failures"


def pytest_configure(config):
    config.addinivalue_line("markers", "timelimit(seconds): it may take so long")
    if hasattr(config, "workerinput"):
        darkness.leave_for_good()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A story that fails keeps what was on its screens."""
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        for number, tab in enumerate(item.funcargs.get("tabs", None).made if "tabs" in item.funcargs else []):
            name = re.sub(r"[^A-Za-z0-9_.-]+", "-", item.nodeid.rpartition("/")[2]).strip("-")
            with contextlib.suppress(Exception):
                tab.screenshot(FAILURES / f"{name}-{number}.png")
                outcome.get_result().sections.append(("screen", f"{FAILURES}/{name}-{number}.png\n{tab.told()}"))


@pytest.fixture(scope="session")
def browser():
    with chrome.Browser() as one:
        yield one


@pytest.fixture(scope="session")
def second_browser():
    """Another person's: nothing is shared with the first."""
    with chrome.Browser() as one:
        yield one


class Tabs:
    """All tabs of a story, in any browser; what they complained of fails it."""

    def __init__(self):
        self.made, self.browsers = [], []

    def open(self, browser: chrome.Browser, base: str) -> chrome.Tab:
        if browser not in self.browsers:
            browser.console()  # what an earlier story left
            self.browsers.append(browser)
        self.made.append(browser.tab(base))
        return self.made[-1]

    def close(self):
        tolerated = [pattern for tab in self.made for pattern in tab.tolerated]
        faults = [fault for tab in self.made for fault in tab.faults()
                  if not any(re.search(pattern, fault) for pattern in tolerated)]
        for browser in self.browsers:
            faults += chrome.console_complaints(browser, tolerated)
            browser.close_tabs()
        if faults:
            pytest.fail("the browser complains:\n" + "\n".join(faults), pytrace=False)


@pytest.fixture
def tabs():
    made = Tabs()
    yield made
    made.close()


@pytest.fixture
def site(request):
    """A Fuse with its web UI and no printers."""
    one = site_rig.Site(request.node.nodeid.rpartition("/")[2])
    try:
        one.start()
        yield one
    finally:
        one.close()


@pytest.fixture
def tab(browser, tabs, site) -> chrome.Tab:
    return tabs.open(browser, site.url)


@pytest.fixture
def fake():
    """What the pages see of a Fuse, played (fake_fuse.py)."""
    one = fake_fuse.FakeFuse().start()
    yield one
    one.close()


@pytest.fixture
def fake_tab(browser, tabs, fake) -> chrome.Tab:
    return tabs.open(browser, fake.url)
