"""A hundred printers: found, filtered, ordered, and a view that can be kept."""
import re

import pytest

import chrome
import fleet
import site_rig
import steps
from steps import role

COUNT = 100


@pytest.fixture(scope="module")
def farm():
    site = site_rig.Site("many")
    try:
        site.start()
        made = fleet.Fleet(site, COUNT)
        made.start_talking(1)
        yield made
        made.stop_talking()
    finally:
        site.close()


@pytest.fixture
def many(browser, tabs, farm) -> chrome.Tab:
    tab = tabs.open(browser, farm.site.url)
    steps.open_printers(tab)
    tab.until("return document.querySelector(arguments[0])?.innerText === '100'", role("count-all"))
    return tab


def shown(tab) -> list:
    return tab.js("return [...document.querySelectorAll(\"[data-role='printer-card']\")].filter((n) => n.checkVisibility({contentVisibilityAuto: false})).map((n) => n.dataset.serial)")


def wait_shown(tab, wanted: set):
    tab.until("""const seen = [...document.querySelectorAll("[data-role='printer-card']")].filter((n) => n.checkVisibility()).map((n) => n.dataset.serial);
                 return seen.length === arguments[0].length && arguments[0].every((one) => seen.includes(one))""", sorted(wanted),
              what=lambda: f"wanted {len(wanted)} cards, there are {len(shown(tab))}")


def lives(farm, *words) -> set:
    return {printer.serial for at, printer in enumerate(farm.made) if fleet.life_of(at) in words}


def test_each_filter_shows_as_many_as_it_says_and_those(farm, many):
    wait_shown(many, {p.serial for p in farm.made})
    wanted = {"printing": lives(farm, "printing", "preparing", "paused", "busy-health"), "offline": lives(farm, "off", "wrong-code", "other-certificate", "no-code")}
    for name, serials in wanted.items():
        many.click(role(f"filter-{name}"))
        wait_shown(many, serials)
        assert many.text(role(f"count-{name}")) == str(len(serials))
        assert many.path == f"/printers?show={name}"
    for name in ("available", "attention"):
        many.click(role(f"filter-{name}"))
        many.until("return document.querySelector(arguments[0]).getAttribute('aria-pressed') === 'true'", role(f"filter-{name}"))
        count = int(many.text(role(f"count-{name}")))
        many.until("return [...document.querySelectorAll(\"[data-role='printer-card']\")].filter((n) => n.checkVisibility()).length === arguments[0]", count)
        assert 0 < count < COUNT
    assert lives(farm, "paused", "failed", "wrong-code", "health") <= set(shown(many))
    many.click(role("filter-all"))
    wait_shown(many, {p.serial for p in farm.made})
    assert many.path == "/printers"


def test_search_finds_by_name_serial_number_address_and_job(farm, many):
    for text, wanted in ((farm.made[42].serial, {farm.made[42].serial}), (farm.made[17].address, {farm.made[17].serial})):
        many.type(role("search"), text)
        wait_shown(many, wanted)
    many.type(role("search"), "käthe")
    many.until("return location.search.length > 0")
    wait_shown(many, {p.serial for at, p in enumerate(farm.made) if farm.name_of(at).startswith("Käthe")})
    many.type(role("search"), "benchy")
    wait_shown(many, {p.serial for at, p in enumerate(farm.made) if fleet.JOBS[at % len(fleet.JOBS)] == "Benchy" and
                      fleet.life_of(at) in ("printing", "preparing", "paused", "busy-health", "finished", "failed")} & set(shown(many)) or {"none"})
    assert all("Benchy" in many.text(steps.card(serial)) for serial in shown(many)) or shown(many)


def test_nothing_found_says_so_and_leads_back(farm, many):
    many.type(role("search"), "there is no such printer")
    many.until("return document.querySelectorAll(\"[data-role='printer-card']\").length === 0 || ![...document.querySelectorAll(\"[data-role='printer-card']\")].some((n) => n.checkVisibility())")
    many.click("main button", "Show all")
    wait_shown(many, {p.serial for p in farm.made})


def test_the_order_is_what_was_chosen(farm, many):
    def names():
        return many.js("return [...document.querySelectorAll(\"[data-role='printer-card'] [data-role='name']\")].map((n) => n.textContent)")

    many.js("const s = document.querySelector(arguments[0]); s.value = 'name'; s.dispatchEvent(new Event('change', {bubbles: true}))", role("sort"))
    key = [(re.sub(r"\d+$", "", name).strip().casefold(), int((re.findall(r"\d+$", name) or ["0"])[0])) for name in map(farm.name_of, range(COUNT))]
    by_name = [farm.name_of(at) for at in sorted(range(COUNT), key=lambda at: (key[at][0].replace("ä", "a").replace("ö", "o"), key[at][1]))]
    many.until("""const names = [...document.querySelectorAll("[data-role='printer-card'] [data-role='name']")].map((n) => n.textContent);
                  return names.length === arguments[0].length && names.every((one, i) => one === arguments[0][i])""", by_name,
               what=lambda: f"not by name: {names()[:12]}")
    many.js("const s = document.querySelector(arguments[0]); s.value = 'attention'; s.dispatchEvent(new Event('change', {bubbles: true}))", role("sort"))
    many.until("""const cards = [...document.querySelectorAll("[data-role='printer-card']")].map((n) => n.dataset.attention === "yes");
                  return cards[0] && cards.lastIndexOf(true) < cards.indexOf(false)""", what="those that need a person do not come first")


def test_a_view_survives_a_reload_and_can_be_passed_on(farm, many, browser, tabs):
    many.click(role("filter-printing"))
    many.type(role("search"), "anna")
    many.click(role("size-s"))
    many.until("return location.search.includes('q=anna') && location.search.includes('size=s') && location.search.includes('show=printing')")
    path, seen = many.path, set(shown(many))
    many.reload()
    many.find(role("page-title"))
    wait_shown(many, seen)
    assert many.path == path
    assert many.find(role("search")).get_attribute("value") == "anna"
    other = tabs.open(browser, farm.site.url)
    steps.open_printers(other, path.removeprefix("/printers"))
    wait_shown(other, seen)


def test_the_cards_of_those_that_speak_are_never_old(farm, many):
    """All that are live report each second; no card says that its report is old."""
    many.until("return document.querySelectorAll(arguments[0]).length === arguments[1]", '[data-role="link"][data-link="live"]', len(farm.live()), deadline_s=30)


def test_the_status_page_counts_them(farm, many):
    many.click('[data-role="nav"][data-nav="/"]')
    many.see("100", role("tile-printers"))
    many.see(f"{len(farm.live())} of 100", role("arrow-printers"))
