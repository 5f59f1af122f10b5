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
import fake_fuse  # noqa: E402
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


GOING_UP = {"phase": "send", "sentBytes": 400000, "totalBytes": 812345, "bytesPerSecond": 150000}
JOBS = {"waiting": "It waits until the plate is clear.", "uploading": "Its file is on its way.", "running": "It prints.",
        "unknown": "The start was sent, and the printer never said what became of it.", "done": "Printed.", "failed": "It was stopped at the printer.",
        "not-started": "The printer has no storage.", "cancelled": "Cancelled by a person.", "staged": "The file lies on the printer."}


def fill_prints(fake: fake_fuse.FakeFuse, count: int):
    """As many printers, files of all kinds, and a job in each state."""
    printers = []
    for at in range(count):
        busy = {"state": "RUNNING", "progressPercent": 37, "isAvailable": False, "times": {"remainingMinutes": 42}} if at % 9 == 2 else {}
        printers.append(fake.add_printer(f"{fleet.NAMES[at % 25]} {at // 25 + 1}", list(fake_fuse.MODELS)[at % 4], job={"name": "bracket"}, **busy))
    files = [fake.add_file(f"{fleet.JOBS[at % 10]}.gcode.3mf", plates=at % 3 + 1, size=(at + 1) * 1234567, ago_s=at * 40000,
                           model=list(fake_fuse.MODELS)[at % 2 * 2], check=["printable", "printable", "printable", "unprintable", "waiting"][at % 5])
             for at in range(count + count // 2)]
    for at, (state, sentence) in enumerate(JOBS.items()):
        if printers:
            fake.add_job(printers[at % count], files[at % min(3, len(files))], state, sentence, remedy="Look at the printer." if state in ("waiting", "unknown") else "",
                         progress=GOING_UP if state == "uploading" else None, startedAt=fake_fuse.now(4000) if state == "done" else None)
    for printer in printers[:4]:
        fake.change("printers", printer, plateUsedAt=fake_fuse.now(4000))
    return printers, files


def take_prints(browser: chrome.Browser, count: int):
    """Files, jobs and the print dialog, before a Fuse that is played."""
    fake = fake_fuse.FakeFuse().start()
    printers, files = fill_prints(fake, count)
    tab = browser.tab(fake.url)
    for theme in THEMES:
        tab.go("/")
        tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
        for width in WIDTHS:
            camera = Camera(tab, count, theme, width)
            camera.page("files", "/files", whole=count < 100, ready=role("file") if count else role("no-files"))
            camera.page("jobs", "/jobs", whole=count < 100, ready=role("job") if count else role("no-jobs"))
            camera.page("cards-with-jobs", "/printers", whole=count < 100, ready=role("printer-card") if count else role("empty"))
            if not count:
                continue
            tab.go("/files")
            camera.dialog("dialog-print", steps.file_row(files[0], role("file-print")), steps.PRINT, lambda: (
                tab.find(role("printer-row")), tab.click(steps.printer_row(printers[0], "label")), tab.find(role("mapping"))))
            tab.go("/jobs")
            camera.dialog("dialog-story", role("job-open"), role("job-dialog"), lambda: tab.find(role("story-step")))
            camera.dialog("dialog-resolve", role("job-resolve"), role("resolve-dialog"))
    browser.close_tabs()
    fake.close()


def take_virtual(browser: chrome.Browser, count: int):
    """Virtual printers: on the page, being made, and their controls, before a Fuse that is played."""
    fake = fake_fuse.FakeFuse().start()
    models = list(fake_fuse.MODELS)
    busy = {"state": "RUNNING", "isAvailable": False, "times": {"remainingMinutes": 42}, "job": {"name": "fuse-test-print"}}
    made = [fake.add_virtual(f"Virtual {models[at % 4]} #{at // 4 + 1}", models[at % 4],
                             **({**busy, "progressPercent": at * 5} if at % 3 == 0 else {})) for at in range(count)]
    if made:
        fake.turn(made[0], {"do": "test-print", "timeFactor": 60, "faults": {"slowUpload": True, "wrongCode": True}})
        for error in list(fake_fuse.ERRORS)[:2]:
            fake.turn(made[0], {"do": "trigger-error", "error": error})
        fake.change("printers", made[0], stat={"hms": [{"code": "0300-0200-0001-0001", "severity": "serious",
                                                        "message": "The nozzle temperature is abnormal.", "remedy": ""}]})
    tab = browser.tab(fake.url)
    for theme in THEMES:
        tab.go("/printers")
        tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
        for width in WIDTHS:
            camera = Camera(tab, count, theme, width)
            camera.page("virtual-printers", "/printers", ready=role("printer-card") if count else role("empty"))
            if count == 20:
                camera.page("virtual-printers-small", "/printers?size=s", ready=role("printer-card"))
            if not camera.wants("virtual"):
                continue
            tab.go("/printers")
            steps.wait_connected(tab)
            if camera.wants("virtual-menu"):
                tab.click(role("add-printer-more"))
                tab.find(role("way-virtual"))
                camera.shoot("virtual-menu", whole=False)
                tab.press(ESCAPE)
            tab.click(role("add-printer-more"))
            camera.dialog("virtual-dialog-add", role("way-virtual"), role("virtual-dialog"))
            if not count:
                continue
            camera.dialog("virtual-dialog-controls", card(made[0], role("act-controls")), role("controls-dialog"))
            camera.dialog("virtual-dialog-faults", card(made[0], role("act-controls")), role("controls-dialog"),
                          lambda: tab.js("document.querySelector('[data-role=fault-part]').scrollIntoView()"))
            camera.dialog("virtual-dialog-edit", card(made[0], role("act-edit")), steps.EDIT)
    browser.close_tabs()
    fake.close()


def main() -> int:
    if not PARTS:
        shutil.rmtree(OUT, ignore_errors=True)
    with chrome.Browser() as browser:
        for count in COUNTS:
            take(browser, count)
            take_prints(browser, count)
            if count <= fake_fuse.VIRTUALS_MOST:
                take_virtual(browser, count)
        take_door(browser)
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
