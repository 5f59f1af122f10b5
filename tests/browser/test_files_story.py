"""A person and the print files that Fuse keeps: bring, find, look, delete."""
import hashlib
import threading

import pytest
from rig.waiting import wait_until

import steps
from axe import check_axe
from steps import file_row, role

BROKEN = ["Failed to load resource", "net::ERR_"]


def names(tab) -> list:
    return tab.js("return [...document.querySelectorAll('[data-role=\"file-name\"]')].map((n) => n.innerText)")


def sha(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def test_files_are_chosen_several_at_once_and_their_way_is_seen(fake, fake_tab, tmp_path):
    tab = fake_tab
    steps.open_page(tab, "/files")
    tab.find(role("no-files"))
    for name in ("bracket ü.gcode.3mf", "second.gcode.3mf", "third.gcode.3mf"):
        (tmp_path / name).write_bytes(name.encode() * 500000)
    held = fake.held["POST /api/v1/files"] = threading.Event()
    steps.choose_files(tab, *sorted(tmp_path.iterdir()))
    # Two go at once, the third waits; how far they are is told.
    tab.until("return document.querySelectorAll('[data-role=upload][data-state=sending]').length === 2")
    tab.until("""return [...document.querySelectorAll("[data-role=upload-words]")]
        .some((n) => /[1-9]\\d? % of \\d/.test(n.innerText))""", what="nothing is said of how far it is")
    tab.see("waits for its turn", role("uploads"))
    held.set()
    tab.until("return document.querySelectorAll('[data-role=file]').length === 3", deadline_s=30)
    assert sorted(names(tab)) == ["bracket ü.gcode.3mf", "second.gcode.3mf", "third.gcode.3mf"]
    tab.see("Being looked into")
    # What Fuse finds in it comes by itself, and what has arrived makes room.
    fake.change("files", sha("bracket ü.gcode.3mf" * 500000), check="printable", kind="3mf", model="X1C", plates=1, sentence="One plate for the X1 Carbon: 2 h.")
    tab.see("One plate for the X1 Carbon: 2 h.")
    tab.gone(role("upload"), deadline_s=20)


def test_a_file_that_is_dropped_anywhere_on_the_page_is_kept(fake, fake_tab):
    tab = fake_tab
    steps.open_page(tab, "/files")
    steps.drop_files(tab, "h1", **{"dropped.gcode.3mf": "content"})
    tab.find(file_row(sha("content")))
    tab.see("dropped.gcode.3mf")
    # The same content again is the same file.
    steps.drop_files(tab, "h1", **{"other name.gcode.3mf": "content"})
    tab.see("was there already")
    assert names(tab) == ["dropped.gcode.3mf"]


def test_a_sending_is_stopped_and_one_that_failed_is_tried_again(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += BROKEN
    steps.open_page(tab, "/files")
    held = fake.held["POST /api/v1/files"] = threading.Event()
    steps.drop_files(tab, "h1", **{"stopped.3mf": "x" * 3000000})
    tab.click(role("upload-stop"))
    tab.gone(role("upload"))
    held.set()
    del fake.held["POST /api/v1/files"]
    fake.answers["POST /api/v1/files"] = (507, {"type": "/problems/no-space", "title": "The disk is full", "detail": "The disk is full.", "remedy": "Make room."})
    steps.drop_files(tab, "h1", **{"late.3mf": "late"})
    tab.see("The disk is full. Make room.", role("uploads"))
    del fake.answers["POST /api/v1/files"]
    tab.click(role("upload-again"))
    tab.find(file_row(sha("late")))
    assert names(tab) == ["late.3mf"]


def test_a_sending_goes_on_while_another_page_is_looked_at(fake, fake_tab):
    tab = fake_tab
    steps.open_page(tab, "/files")
    held = fake.held["POST /api/v1/files"] = threading.Event()
    steps.drop_files(tab, "h1", **{"long.3mf": "y" * 3000000})
    tab.find(role("upload"))
    tab.click('[data-role="nav"][data-nav="/"]')
    tab.find(role("page-title"), "Status")
    held.set()
    tab.see("long.3mf is in Fuse", role("toast"))
    tab.click('[data-role="nav"][data-nav="/files"]')
    tab.find(file_row(sha("y" * 3000000)))


def test_two_hundred_files_are_searched_and_sorted(fake, fake_tab):
    tab = fake_tab
    for n in range(200):
        fake.add_file(f"part {n}.gcode.3mf", ago_s=n * 3600, size=1000 + (n * 7919) % 200 * 1000, model="X1C" if n % 2 else "P1S")
    steps.open_page(tab, "/files")
    tab.until("return document.querySelectorAll('[data-role=file]').length === 200")
    assert names(tab)[:2] == ["part 0.gcode.3mf", "part 1.gcode.3mf"], "not what was used last"
    tab.click(role("sort-name"))
    assert names(tab)[:3] == ["part 0.gcode.3mf", "part 1.gcode.3mf", "part 2.gcode.3mf"]
    tab.click(role("sort-name"))
    assert names(tab)[0] == "part 199.gcode.3mf"
    tab.click(role("sort-size"))
    assert tab.js("return document.querySelector('th[aria-sort]').innerText").startswith("Size")
    sizes = tab.js("return [...document.querySelectorAll('[data-role=file-size]')].slice(0, 5).map((n) => parseFloat(n.innerText))")
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 1
    tab.type(role("search"), "part 19 p1s")
    tab.until("return document.querySelectorAll('[data-role=file]').length < 20")
    assert all("19" in name for name in names(tab)) and len(names(tab)) == 5
    assert "q=part" in tab.path and "sort=-size" in tab.path
    tab.reload()
    tab.until("return document.querySelectorAll('[data-role=file]').length === 5")
    tab.type(role("search"), "nobody")
    tab.click(role("show-all"))
    tab.until("return document.querySelectorAll('[data-role=file]').length === 200")


def test_deleting_can_be_undone_and_what_a_job_needs_stays(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    needed, free, other = (fake.add_file(f"{name}.gcode.3mf") for name in ("needed", "free", "other"))
    fake.add_job(printer, needed, state="waiting")
    steps.open_page(tab, "/files")
    tab.click(file_row(free, role("file-remove")))
    tab.gone(file_row(free))
    tab.click(f"{role('toast')} button", "Undo")
    tab.find(file_row(free))
    tab.click(file_row(needed, role("file-remove")))
    tab.see("A job needs needed.gcode.3mf", role("toast"))
    assert tab.has(file_row(needed))
    # Who goes has decided.
    tab.click(file_row(other, role("file-remove")))
    tab.gone(file_row(other))
    tab.go("/")
    wait_until(lambda: other not in fake.docs["files"], 20)
    assert {needed, free} <= fake.docs["files"].keys()


def test_clearing_says_what_goes_and_wants_a_word(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    needed, *_ = [fake.add_file(f"{n}.gcode.3mf", size=1000000) for n in range(3)]
    fake.add_job(printer, needed, state="waiting")
    steps.open_page(tab, "/files")
    tab.click(role("clear-files"))
    tab.see("2 files of 2 MB", role("confirm"))
    tab.see("1 file stays", role("confirm"))
    tab.click(role("confirm-yes"))
    tab.stays("return document.querySelector('[data-role=confirm]') !== null", frames=5)
    assert len(fake.docs["files"]) == 3
    tab.type(f'{role("confirm")} input', "delete")
    tab.click(role("confirm-yes"))
    tab.gone("dialog")
    tab.until("return document.querySelectorAll('[data-role=file]').length === 1")
    assert list(fake.docs["files"]) == [needed]


def test_the_limit_is_seen_and_changed_and_a_file_is_downloaded(fake, fake_tab):
    tab = fake_tab
    file = fake.add_file("bracket.gcode.3mf", size=5000000000, content=b"the content")
    steps.open_page(tab, "/files")
    tab.see("5 GB of 10.7 GB used (46 %)", role("usage"))
    tab.click(role("limit-change"))
    tab.type(role("limit"), "0.01")
    tab.click(role("limit-save"))
    tab.find(".field__error")
    tab.type(role("limit"), "20")
    tab.click(role("limit-save"))
    tab.see("5 GB of 20 GB used (25 %)", role("usage"))
    assert fake.setting == round(20e9 / 1048576)
    link = tab.find(file_row(file, role("file-download")))
    assert link.get_attribute("download") == "bracket.gcode.3mf"
    assert steps.call(tab, "GET", f"/api/v1/files/{file}") == (200, "the content")


def test_names_of_files_are_text_and_nothing_else(fake, fake_tab):
    tab = fake_tab
    fake.add_file('<img src=x onerror="window.__pwned=1">\u202e\u0007.3mf', sentence="<b>bold</b>")
    fake.add_file("x" * 200, check="unprintable")
    for width in (1440, 320):
        tab.viewport(width, 900)
        steps.open_page(tab, "/files")
        tab.see("<img src=x onerror=")
        tab.see("<b>bold</b>")
        tab.assert_no_sideways_scroll()
    assert tab.js("return window.__pwned") is None


def test_without_fuse_the_part_that_cannot_be_fetched_says_so(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += [*BROKEN, "WebSocket", "TypeError", "Failed to fetch", "later.js"]
    tab.go("/")
    steps.wait_connected(tab)
    tab.offline(True)
    tab.click('[data-role="nav"][data-nav="/files"]')
    tab.see("could not be fetched")
    tab.offline(False)
    tab.click("main button", "Load this page again")
    tab.find(role("no-files"))


@pytest.mark.parametrize("theme, width", [("dark", 390), ("light", 1440)])
def test_axe_core_finds_nothing(fake, fake_tab, theme, width):
    tab = fake_tab
    tab.viewport(width, 900)
    tab.go("/files")
    tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
    steps.open_page(tab, "/files")
    check_axe(tab, f"no files, {theme}, {width}")
    printer = fake.add_printer("Anna")
    for name, check in (("a", "printable"), ("b", "unprintable"), ("c", "waiting"), ("d", "failed")):
        file = fake.add_file(f"{name}.gcode.3mf", check=check)
    fake.add_job(printer, file, state="waiting")
    tab.until("return document.querySelectorAll('[data-role=file]').length === 4")
    held = fake.held["POST /api/v1/files"] = threading.Event()
    steps.drop_files(tab, "h1", **{"up.3mf": "z" * 3000000})
    tab.find(role("upload"))
    check_axe(tab, f"files, {theme}, {width}")
    tab.assert_no_sideways_scroll()
    held.set()
    tab.click(role("limit-change"))
    tab.find(role("limit-dialog"))
    check_axe(tab, f"limit, {theme}, {width}")
