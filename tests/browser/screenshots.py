#!/usr/bin/python3
"""Every page and dialog of the web UI as pictures, in both themes, wide and narrow, with 0, 1, 20 and 100 printers:

    tests/browser/screenshots.py BUILD [PART…]      into BUILD/screenshots; only those whose name has a PART in it

A name says what is on it: <page or dialog>-<printers>-<theme>-<width>.png
"""
import os
import pathlib
import shutil
import sys

if len(sys.argv) < 2:
    print(__doc__, file=sys.stderr)
    sys.exit(64)
BUILD = pathlib.Path(sys.argv[1]).resolve()
os.environ["FUSE_BUILD"] = str(BUILD)
sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from rig import access, secrets  # noqa: E402

import chrome  # noqa: E402
import fleet  # noqa: E402
import site_rig  # noqa: E402
import steps  # noqa: E402
from steps import card, role  # noqa: E402

OUT = BUILD / "screenshots"
PARTS = sys.argv[2:]
THEMES, WIDTHS, COUNTS = ["dark", "light"], {390: 844, 1440: 900}, [0, 1, 20, 100]
ESCAPE = "\ue00c"


class Camera:
    """Takes the pictures of one site in one theme and width."""

    def __init__(self, tab: chrome.Tab, count: int, theme: str, width: int):
        self.tab, self.count, self.theme, self.width = tab, count, theme, width
        tab.viewport(width, WIDTHS[width], touch=width < 500)

    def wants(self, what: str) -> bool:
        return not PARTS or any(part in self.name(what) for part in PARTS)

    def name(self, what: str) -> str:
        return f"{what}-{self.count}-{self.theme}-{self.width}"

    def shoot(self, what: str, whole: bool = True):
        if not self.wants(what):
            return
        # A pointer that rests somewhere, or a focus ring, is not what is to be seen.
        self.tab.until("return document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)")
        self.tab.frame()
        self.tab.screenshot(OUT / f"{self.name(what)}.png", whole)

    def page(self, what: str, path: str, whole: bool = True, ready: str = None):
        if not self.wants(what):
            return
        self.tab.go(path)
        steps.wait_connected(self.tab)
        if ready:
            self.tab.find(ready)
        self.shoot(what, whole)

    def dialog(self, what: str, opener: str, dialog: str, prepare=None):
        """From the page that is shown: open it, take it, close it."""
        if not self.wants(what):
            return
        self.tab.click(opener)
        self.tab.find(dialog)
        if prepare:
            prepare()
        self.shoot(what, whole=False)
        self.tab.press(ESCAPE)
        self.tab.gone("dialog")


def pages(camera: Camera, count: int):
    camera.page("status", "/")
    camera.page("printers", "/printers", whole=count < 100, ready=role("printer-card") if count else role("empty"))
    camera.page("printers-top", "/printers", whole=False)
    if count >= 20:
        camera.page("printers-small", "/printers?size=s", whole=count < 100)
        camera.page("printers-large", "/printers?size=l", whole=False)
        camera.page("printers-attention", "/printers?show=attention", whole=False)
        camera.page("printers-by-model", "/printers?group=model&sort=name", whole=False)
        camera.page("printers-nothing-found", "/printers?q=nobody", whole=False)


def dialogs(camera: Camera, site: site_rig.Site, made: fleet.Fleet):
    tab = camera.tab
    tab.go("/printers")
    steps.wait_connected(tab)

    def serial(life: str) -> str:
        return next(p.serial for at, p in enumerate(made.made) if fleet.life_of(at) == life)

    newcomer = site.printers.get("newcomer") or site.printers.setdefault("newcomer", site.make("p1p-1"))
    camera.dialog("dialog-find", role("auto-scan"), role("find-dialog"))
    camera.dialog("dialog-add", role("add-printer"), steps.ADD)

    def type_address():
        tab.type(role("field-address", steps.ADD), newcomer.address)
        tab.find(role("trust-check", steps.ADD))

    camera.dialog("dialog-add-found", role("add-printer"), steps.ADD, type_address)
    camera.dialog("dialog-add-errors", role("add-printer"), steps.ADD, lambda: (tab.click(role("add-submit")), tab.find(".field__error")))
    for what, life, opener, dialog in (("edit", "printing", "act-edit", steps.EDIT), ("details", "printing", "details", steps.DETAILS),
                                       ("details-fault", "wrong-code", "details", steps.DETAILS), ("trust", "other-certificate", "fix-trust", role("trust-dialog")),
                                       ("stop", "printing", "act-stop", role("confirm"))):
        camera.dialog(f"dialog-{what}", card(serial(life), role(opener)), dialog)
    for what, life in (("diagnosis", "printing"), ("diagnosis-fault", "wrong-code")):
        camera.dialog(f"dialog-{what}", card(serial(life), role("act-diagnosis")), steps.DIAGNOSIS,
                      lambda: tab.until("return document.querySelector(arguments[0]).innerText !== '' || document.querySelector(arguments[1]) !== null",
                                        role("diagnosis-end"), '[data-role="step"][data-outcome="failed"]', deadline_s=60))
    if camera.wants("toast-removed"):
        tab.click(card(serial("idle"), role("act-remove")))
        tab.find(role("toast"))
        camera.shoot("toast-removed", whole=False)
        tab.click(f"{role('toast')} button", "Undo")
    if camera.width > 500:
        camera.dialog("dialog-keys", role("keys"), role("keys-dialog"))
    if camera.wants("menu-theme"):
        tab.click(role("theme"))
        tab.find(role("theme-auto"))
        camera.shoot("menu-theme", whole=False)
        tab.press(ESCAPE)


def lost(camera: Camera, site: site_rig.Site):
    """Fuse is gone: the banner over what was known."""
    for what, path in (("lost-printers", "/printers"), ("lost-status", "/")):
        if camera.wants(what):
            camera.tab.go(path)
            steps.wait_connected(camera.tab)
            site.fuse.kill9()
            camera.tab.find(steps.BANNER, deadline_s=30)
            camera.shoot(what, whole=False)
            site.fuse.start(all_up=False)
            site.wait_http()
            camera.tab.gone(steps.BANNER, deadline_s=60)


def take(browser: chrome.Browser, count: int):
    site = site_rig.Site(f"screenshots-{count}")
    try:
        site.start()
        made = fleet.Fleet(site, count)
        made.start_talking(1)
        tab = browser.tab(site.url)
        for theme in THEMES:
            tab.go("/")
            tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
            for width in WIDTHS:
                camera = Camera(tab, count, theme, width)
                pages(camera, count)
                if count == 20:
                    dialogs(camera, site, made)
                    lost(camera, site)
        made.stop_talking()
        browser.close_tabs()
    finally:
        site.close()


def take_door(browser: chrome.Browser):
    """What is seen over a network before anybody is let in."""
    site = site_rig.Site("screenshots-door", scheme="https", config=access.GUARDED)
    try:
        site.start()
        access.wait_for_tls(site.fuse)
        tab = browser.tab(site.url)
        for what in ("setup", "login"):
            if what == "login":
                access.Visitor(site.fuse.address).set_up(access.setup_code(site.fuse), secrets.plant())
            for theme in THEMES:
                for width in WIDTHS:
                    camera = Camera(tab, 0, theme, width)
                    tab.go("/")
                    tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
                    tab.reload()
                    tab.find(role(f"{what}-screen"))
                    camera.shoot(what, whole=False)
        browser.close_tabs()
    finally:
        site.close()


def main() -> int:
    if not PARTS:
        shutil.rmtree(OUT, ignore_errors=True)
    with chrome.Browser() as browser:
        for count in COUNTS:
            take(browser, count)
        take_door(browser)
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
