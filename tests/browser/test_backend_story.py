"""Fuse itself is in trouble while somebody works with it: nothing that was typed is lost, and what happens is said."""
import pytest

from rig import links

import steps
from steps import role

# What a browser writes about connections that break is no fault of the page.
BROKEN = ["WebSocket connection to", "net::ERR_", "Failed to load resource"]


def fill(tab, printer):
    steps.open_printers(tab)
    steps.begin_to_add(tab, printer, name="Typed before")


def assert_typed(tab, printer):
    for field, value in (("field-address", printer.address), ("field-name", "Typed before"), ("field-code", printer.code)):
        assert tab.find(role(field, steps.ADD)).get_attribute("value") == value, field


def test_httpd_dies_under_an_open_form(site, tab):
    tab.tolerated += BROKEN
    printer = site.make("p1p-1")
    fill(tab, printer)
    steps.record(tab, '[data-role="connection"]', "class")
    before = site.kill("httpd")
    tab.until("return window.__recorded.some((name) => !name.includes('badge--ok'))")
    site.fuse.wait_reborn("httpd", before["generation"], 30)
    steps.wait_connected(tab)
    assert_typed(tab, printer)
    tab.click(role("add-submit"))
    tab.find(f'{steps.FOLLOW}[data-outcome="live"]', deadline_s=40)


def test_fused_dies_under_an_open_form_and_the_banner_comes_and_goes(site, tab):
    tab.tolerated += BROKEN
    printer = site.make("p1p-1")
    fill(tab, printer)
    site.fuse.kill9()
    tab.find(steps.BANNER, deadline_s=30)
    tab.see("Fuse", steps.BANNER)
    assert_typed(tab, printer)
    site.fuse.start(all_up=False)
    site.wait_http()
    tab.gone(steps.BANNER, deadline_s=60)
    steps.wait_connected(tab)
    assert_typed(tab, printer)
    tab.click(role("add-submit"))
    tab.find(f'{steps.FOLLOW}[data-outcome="live"]', deadline_s=40)


def test_a_form_that_is_sent_into_the_dark_says_so_and_stays(site, tab):
    tab.tolerated += BROKEN
    printer = site.make("p1p-1")
    fill(tab, printer)
    site.fuse.kill9()
    tab.find(steps.BANNER, deadline_s=30)
    tab.click(role("add-submit"))
    tab.see("could not be reached", steps.ADD)
    assert_typed(tab, printer)
    site.fuse.start(all_up=False)
    site.wait_http()
    steps.wait_connected(tab)
    tab.click(role("add-submit"))
    tab.find(f'{steps.FOLLOW}[data-outcome="live"]', deadline_s=40)


def test_an_address_typed_while_fuse_is_away_is_asked_as_soon_as_it_is_back(site, tab):
    tab.tolerated += BROKEN
    printer = site.make("p1p-1")
    steps.open_printers(tab)
    site.fuse.kill9()
    tab.find(steps.BANNER, deadline_s=30)
    tab.click(role("add-printer"))
    tab.type(role("field-address", steps.ADD), printer.address)
    tab.see("could not be reached", steps.ADD)
    site.fuse.start(all_up=False)
    site.wait_http()
    tab.until("return document.querySelector(arguments[0]).value === arguments[1]", role("field-serial", steps.ADD), printer.serial,
              deadline_s=60)
    tab.unseen("could not be reached", steps.ADD)


def test_what_is_known_stays_to_be_seen_while_fuse_is_away(site, tab):
    tab.tolerated += BROKEN
    printer = site.printer("Anna")
    steps.open_printers(tab)
    steps.wait_card(tab, printer.serial)
    site.fuse.kill9()
    tab.find(steps.BANNER, deadline_s=30)
    tab.see("Anna", steps.card(printer.serial))
    # The page itself comes from nowhere else: a second look at another page works without Fuse.
    tab.click('[data-role="nav"][data-nav="/"]')
    tab.find(role("page-title"), "Status")
    site.fuse.start(all_up=False)
    tab.gone(steps.BANNER, deadline_s=60)


def test_a_hanging_httpd_comes_back_by_itself(site, tab):
    tab.tolerated += BROKEN
    steps.open_printers(tab)
    before = site.fuse.ps()["httpd"]
    site.hold("httpd")
    site.fuse.wait_reborn("httpd", before["generation"], 60)
    steps.wait_connected(tab)
    printer = site.printer("Anna")
    steps.wait_card(tab, printer.serial)


def test_a_network_that_has_gone_silent_is_noticed_when_the_page_is_looked_at_again(site, tabs, browser):
    """A laptop that wakes elsewhere: its connection stands and nothing comes."""
    between = links.Meddler(site.fuse.address, (site.fuse.address, 8888), port=8899)
    try:
        tab = tabs.open(browser, f"http://{site.fuse.address}:8899")
        tab.tolerated += BROKEN
        steps.open_printers(tab)
        between.mute = True
        tab.js("document.dispatchEvent(new Event('visibilitychange'))")
        tab.find(steps.BANNER, deadline_s=30)
        between.mute = False
        between.cut()
        tab.click(role("reconnect"))
        tab.gone(steps.BANNER, deadline_s=30)
        steps.wait_connected(tab)
    finally:
        between.close()


def test_a_process_of_fuse_is_restarted_from_the_status_page(site, tab):
    tab.go("/")
    steps.wait_connected(tab)
    before = site.fuse.ps()["discovery"]
    tab.click('[data-role="process"][data-process="discovery"] [data-role="process-restart"]')
    tab.click(role("confirm-yes"))
    site.fuse.wait_reborn("discovery", before["generation"], 30)
    tab.until("return document.querySelector(arguments[0]).innerText === '1'",
              '[data-process="discovery"] .table__num .process__cell', what="the restart is not counted")


@pytest.mark.parametrize("process", ["gatewayd", "discovery"])
def test_what_a_process_died_of_is_read_on_the_status_page(site, tab, process):
    tab.go("/")
    steps.wait_connected(tab)
    before = site.kill(process)
    site.fuse.wait_reborn(process, before["generation"], 30)
    obituary = site.fuse.obituary(process)
    assert obituary
    tab.see(obituary, f'[data-role="process"][data-process="{process}"]')
