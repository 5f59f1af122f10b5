"""Themes, motion, widths, and what axe-core (WCAG 2.2 AA) has against any page or dialog."""
import pytest

import chrome
import fleet
import site_rig
import steps
from axe import check_axe
from steps import card, role

DARK, LIGHT = "rgb(11, 18, 32)", "rgb(243, 246, 251)"
ESCAPE = "\ue00c"


@pytest.fixture(scope="module")
def farm():
    """Twenty printers with faults of every kind, for all stories of this file: they only look."""
    site = site_rig.Site("look")
    try:
        site.start()
        made = fleet.Fleet(site, 20)
        made.start_talking(0.5)
        yield made
        made.stop_talking()
    finally:
        site.close()


@pytest.fixture
def look(browser, tabs, farm) -> chrome.Tab:
    return tabs.open(browser, farm.site.url)


def choose_theme(tab, theme: str):
    tab.click(role("theme"))
    tab.click(role(f"theme-{theme}"))
    tab.find(f'html[data-theme="{theme}"]' if theme != "auto" else "html")


def open_dialog(tab, opener: str, dialog: str):
    tab.click(opener)
    tab.find(dialog)


DIALOGS = {
    "add": (role("add-printer"), steps.ADD),
    "edit": (card("{live}", role("act-edit")), steps.EDIT),
    "details": (card("{live}", role("details")), steps.DETAILS),
    "diagnosis": (card("{live}", role("act-diagnosis")), steps.DIAGNOSIS),
    "trust": (card("{untrusted}", role("fix-trust")), role("trust-dialog")),
    "stop": (card("{live}", role("act-stop")), role("confirm")),
    "keys": (role("keys"), role("keys-dialog")),
}


WITH_DIALOGS = [("dark", 390), ("light", 1440)]  # each in both themes and both widths, though not in all four


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_core_finds_nothing(farm, look, theme, width):
    look.viewport(width, 900)
    look.go("/")
    steps.wait_connected(look)
    choose_theme(look, theme)
    for path in steps.PAGES:
        look.go(path)
        steps.wait_connected(look)
        check_axe(look, f"{path}, {theme}, {width}")
        look.assert_no_sideways_scroll()
    if (theme, width) not in WITH_DIALOGS:
        return
    serials = {"live": farm.made[0].serial, "untrusted": next(p.serial for at, p in enumerate(farm.made) if fleet.life_of(at) == "other-certificate")}
    for name, (opener, dialog) in DIALOGS.items():
        if name == "keys" and width < 500:
            continue  # no keyboard there, and no button
        open_dialog(look, opener.format(**serials), dialog)
        if name == "diagnosis":
            look.find(f'{dialog} [data-role="step"][data-outcome="passed"]')
        check_axe(look, f"{name}, {theme}, {width}")
        look.assert_no_sideways_scroll()
        look.press(ESCAPE)
        look.gone("dialog")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_core_finds_nothing_where_there_are_no_printers(site, tab, theme):
    tab.go("/")
    steps.wait_connected(tab)
    choose_theme(tab, theme)
    for path in steps.PAGES:
        tab.go(path)
        steps.wait_connected(tab)
        check_axe(tab, f"{path}, empty, {theme}")


def background(tab) -> str:
    return tab.js("return getComputedStyle(document.documentElement).backgroundColor")


@pytest.mark.parametrize("theme, color", [("dark", DARK), ("light", LIGHT)])
def test_the_theme_is_there_before_anything_else(farm, look, theme, color):
    """Without any module the page has its colour: nothing that runs later can have set it."""
    look.go("/")
    steps.wait_connected(look)
    choose_theme(look, theme)
    look.cdp("Network.enable")
    look.cdp("Network.setBlockedURLs", urls=["*/js/*"])
    look.tolerated += ["Failed to load resource", "ERR_BLOCKED_BY_CLIENT", "error: (undefined|http.*js)"]
    look.reload()
    assert look.js("return document.querySelector('[data-role]')") is None
    assert background(look) in (color, "rgba(0, 0, 0, 0)"), background(look)
    assert look.js("return getComputedStyle(document.body).backgroundColor") in (color, "rgba(0, 0, 0, 0)")
    assert color in (background(look), look.js("return getComputedStyle(document.body).backgroundColor"))
    # Scripts and styles stand in the head, and hold the first paint back until they are there.
    assert look.js("""return [...document.querySelectorAll("head script:not([type=module]), head link[rel=stylesheet]")]
        .every((n) => !n.async && !n.defer && (n.media ?? "") === "") && document.querySelectorAll("body link, body style").length === 0""")
    look.cdp("Network.setBlockedURLs", urls=[])


def test_the_theme_follows_the_system_when_it_is_asked_to(farm, look):
    look.prefers(color_scheme="light")
    look.go("/")
    steps.wait_connected(look)
    assert look.js("return document.documentElement.dataset.theme") == "dark", "dark is the default"
    choose_theme(look, "auto")
    look.find('html[data-theme="light"]')
    look.prefers(color_scheme="dark")
    look.find('html[data-theme="dark"]')
    look.prefers(color_scheme="light")
    look.reload()
    look.find('html[data-theme="light"]')


def test_who_wants_no_motion_gets_none(farm, look):
    look.prefers(reduced_motion="reduce")
    steps.open_printers(look)
    preparing = next(p.serial for at, p in enumerate(farm.made) if fleet.life_of(at) == "preparing")
    steps.wait_card(look, preparing)
    moving = """return document.getAnimations().filter((one) => one.playState === "running")
        .map((one) => [one.animationName ?? one.transitionProperty, one.effect.getComputedTiming().duration, one.effect.target?.className])
        .filter((one) => one[1] > 1)"""
    assert look.js(moving) == []
    open_dialog(look, role("add-printer"), steps.ADD)
    assert look.js(moving) == []
    look.press(ESCAPE)


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440, 2560, 3840])
def test_nothing_scrolls_sideways_at_any_width(farm, look, width):
    look.viewport(width, 900)
    for path in steps.PAGES:
        look.go(path)
        steps.wait_connected(look)
        look.assert_no_sideways_scroll()
    for size in "sl":
        steps.open_printers(look, f"?size={size}")
        look.assert_no_sideways_scroll()


def test_a_finger_finds_everything(farm, look):
    """Controls have 40 px and more; whatever else can be touched has the 24 px that WCAG 2.2 wants."""
    look.viewport(390, 844, touch=True)
    small = """return [...document.querySelectorAll("button, a[href], select, input:not([type=hidden]), summary")]
        .filter((n) => n.checkVisibility() && !n.closest(".visually-hidden") && !n.matches(".visually-hidden, .skip") && getComputedStyle(n).display !== "inline")
        .map((n) => [n, (n.type === "checkbox" ? n.closest("label") ?? n : n).getBoundingClientRect()])
        .filter(([n, box]) => box.width > 0 && (box.height < (n.matches(".btn, .chip, .input, .select, .nav__link, .tile") ? 40 : 24) || box.width < 24))
        .map(([n, box]) => `${n.localName}.${n.className} [${n.dataset.role ?? ""}] ${n.innerText?.slice(0, 20)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
    for path in steps.PAGES:
        look.go(path)
        steps.wait_connected(look)
        look.frame()
        found = sorted(set(look.js(small)))
        assert found == [], f"{path}: {chrome.dump(found[:20])}"


def test_the_page_says_what_it_is_to_screen_readers(farm, look):
    for path, title in (("/", "Status"), ("/printers", "Printers"), ("/files", "Files"), ("/jobs", "Jobs")):
        look.go(path)
        steps.wait_connected(look)
        assert look.js("return [...document.querySelectorAll('h1')].map((n) => n.innerText)") == [title]
        assert title in look.js("return document.title")
        for landmark in ("header", "nav", "main", "footer"):
            assert look.count(landmark) >= 1, landmark
        assert look.js("return document.documentElement.lang") == "en"


# What stands out of its card is cut off there, and the page does not scroll for it.
CUT = """return [...document.querySelectorAll('[data-role="printer-card"]')].flatMap((card) => {
    const box = card.getBoundingClientRect();
    return [...card.querySelectorAll("button")].filter((n) => n.getClientRects().length > 0)
        .filter((n) => n.getBoundingClientRect().right > box.right || n.getBoundingClientRect().left < box.left)
        .map((n) => card.dataset.serial + " " + n.dataset.role);
}).concat([...document.querySelectorAll(".pcard .trouble__remedy")].filter((n) => n.scrollHeight > n.clientHeight + 1)
    .map((n) => "cut: " + n.innerText))"""


@pytest.mark.parametrize("width, touch", [(320, True), (390, True), (1440, False)])
def test_nothing_that_helps_is_cut_off_at_a_card(farm, look, width, touch):
    look.viewport(width, 9000, touch)
    steps.open_printers(look)
    for at, made in enumerate(farm.made):
        if farm.is_live(at):
            steps.wait_card(look, made.serial)
    assert look.has(role("act-remove")) and look.has(".pcard .trouble__remedy")
    look.until(f"{CUT}.length === 0", what=lambda: str(look.js(CUT)))
