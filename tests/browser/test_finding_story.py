"""A person with many printers: found, added in one go, followed; a subnet searched; new access codes from a list.
Announcements come from a sender that was not written with the listener (rig of test_scan.py)."""
import contextlib
import itertools
import json
import threading

import pytest

from rig import links
from rig.tlspeer import Peer, silent
from rig.waiting import wait_until
from test_scan import announce

import site_rig
import steps
from axe import check_axe
from steps import role

FIND, RECODE, IMPORT = (f'[data-role="{name}-dialog"]' for name in ("find", "recode", "import"))
CODES = {"p1p-1": "C12", "x1c-1": "BL-P001", "a1-1": "N2S"}
FARM = 40
WRONG, MOVED, NO_DEVELOPER = 7, 12, 30
ELSEWHERE = "127.99.99.7"  # not in the network where Fuse looks for who is lost
DEVELOPER_MODE_OFF = "31A30F9CFB"  # `fun` with its bit 29


def row(printer, inner: str = "") -> str:
    return f'{FIND} [data-role="find"][data-serial="{printer.serial}"] {inner}'.strip()


def state_of(tab, printer) -> str:
    return tab.js("return document.querySelector(arguments[0])?.dataset.state", row(printer))


def make(site, number: int):
    sample = list(CODES)[number % len(CODES)]
    report = links.idle()
    if number == NO_DEVELOPER:
        report = site_rig.report_of("x1c-1", gcode_state="IDLE", hms=[], print_error=0, fun=DEVELOPER_MODE_OFF)
    made = site.make(sample, report=report, code=f"{10000000 + number}")
    made.model_code = CODES[sample]
    made.called = '<img src=x onerror="window.__pwned=1">' if number == 2 else f"Shelf {number}"
    return made


@contextlib.contextmanager
def announcing(printers: list, lock=contextlib.nullcontext()):
    """Each once a second, where it is now. Whoever is taken out of the list (under the lock) falls silent."""
    ended = threading.Event()

    def shout():
        while not ended.wait(1):
            for printer in list(printers):
                with lock, contextlib.suppress(OSError):
                    if printer in printers:
                        announce(printer.serial, printer.address, **{"DevModel.bambu.com": printer.model_code,
                                                                    "DevName.bambu.com": printer.called})

    thread = threading.Thread(target=shout)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def paste(tab, selector: str, text: str):
    """As the clipboard brings it: the page hears of it before the browser fills it in."""
    tab.js("""const node = document.querySelector(arguments[0]), data = new DataTransfer();
              node.focus();
              data.setData("text/plain", arguments[1]);
              node.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));""", selector, text)


def drop(tab, selector: str, name: str, text: str):
    """A file, as it is dropped from a folder. Whoever leaves it to the browser is shown the file instead of the page."""
    assert not tab.js("""const data = new DataTransfer();
                         data.items.add(new File([arguments[2]], arguments[1]));
                         return document.querySelector(arguments[0]).dispatchEvent(
                             new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));""", selector, name, text)


@pytest.mark.timelimit(180)
def test_forty_printers_are_found_and_added_in_one_go_and_the_three_with_faults_say_what_to_do(site, tab):
    farm = [make(site, number) for number in range(FARM)]
    heard, lock = list(farm), threading.Lock()
    with announcing(heard, lock):
        steps.open_printers(tab)
        tab.click(role("empty-scan"))
        tab.until("return document.querySelectorAll('[data-role=\"find\"][data-state=\"open\"]').length === arguments[0]", FARM, deadline_s=40)
        with lock:
            heard.remove(farm[MOVED])
        farm[MOVED].stop()
        farm[MOVED].settle_at(ELSEWHERE)
        farm[MOVED].start()
        lines = [f"{one.serial}\t{'99999999' if number == WRONG else one.code}" for number, one in enumerate(farm)]
        paste(tab, role("find-code", FIND), "\n".join(lines))
        # Nobody whom Fuse knows vouches for them.
        tab.click(role("find-trust-chosen"))
        tab.click(role("find-add"))
        tab.until("""const states = [...document.querySelectorAll('[data-role="find"]')].map((node) => node.dataset.state);
                     return states.filter((state) => state === "live").length === arguments[0]""", FARM - 3, deadline_s=60,
                  what=lambda: tab.text(role("find-summary")))
        tab.find(f'{FIND}[data-outcome="some"]')
        wait_until(lambda: [state_of(tab, farm[at]) for at in (WRONG, MOVED, NO_DEVELOPER)] == ["fault", "fault", "warned"], 20)
        # They alone are left to be looked at.
        wait_until(lambda: tab.js("return [...document.querySelectorAll('[data-role=\"find\"]')].filter((n) => n.checkVisibility()).length") == 3, 10)
        for at, words in ((WRONG, "refuses the access code"), (MOVED, "compare it with the printer's screen"),
                          (NO_DEVELOPER, "Developer Mode is off")):
            tab.see(words, row(farm[at]))
        assert "3 need you" in tab.text(role("find-summary"))
        check_axe(tab, "added")
        tab.viewport(390, 844)
        check_axe(tab, "added, 390")
        tab.assert_no_sideways_scroll()
        tab.viewport()
        # What was typed is there for the next try.
        code = row(farm[WRONG], role("find-code"))
        assert tab.find(code).get_attribute("value") == "99999999"
        tab.type(code, farm[WRONG].code)
        tab.click(role("find-add"))
        wait_until(lambda: state_of(tab, farm[WRONG]) == "live", 60, lambda: tab.text(row(farm[WRONG])))
        # It is heard where it is now: Fuse follows it, or is told by another try, whatever comes first.
        heard.append(farm[MOVED])
        if tab.has(role("find-stop")):
            tab.click(role("find-stop"))
        tab.click(role("find-again"))
        tab.see(ELSEWHERE, row(farm[MOVED]), deadline_s=30)
        tab.click(role("find-add"))
        wait_until(lambda: state_of(tab, farm[MOVED]) == "live", 60, lambda: tab.text(row(farm[MOVED])))
    assert tab.count(role("printer-card")) == FARM
    tab.click(role("find-only"))
    tab.click(row(farm[MOVED], role("find-show")))
    tab.see(ELSEWHERE, steps.card(farm[MOVED].serial))
    assert {one["serial"]: one["certificate_sha256"] for one in site.kept()} == {one.serial: one.fingerprint for one in farm}


def test_tab_and_enter_go_from_code_to_code_and_a_closed_dialog_forgets_nothing(site, tab):
    farm = sorted((make(site, number) for number in range(3)), key=lambda one: one.serial)
    by_address = sorted(farm, key=lambda one: int(one.address.rpartition(".")[2]))
    with announcing(list(farm)):
        steps.open_printers(tab)
        tab.press("s")
        tab.until("return document.querySelectorAll('[data-role=\"find\"]').length === 3", deadline_s=30)
        tab.click(row(by_address[0], role("find-code")))
        tab.press("1234")
        tab.press("\ue004")
        assert tab.js("return document.activeElement.closest('[data-serial]').dataset.serial") == by_address[1].serial
        tab.press("\ue007")
        assert tab.js("return document.activeElement.closest('[data-serial]').dataset.serial") == by_address[2].serial
        tab.press("\ue007")
        assert tab.focused().startswith("find-add")
        tab.press("\ue00c")
        tab.gone(FIND)
        tab.press("s")
        assert tab.find(row(by_address[0], role("find-code"))).get_attribute("value") == "1234"
        paste(tab, row(by_address[0], role("find-code")), "11111111\n\n33333333")
        tab.click(role("find-stop"))
        tab.click(role("find-again"))
        tab.find(role("find-stop"))
        tab.until("return document.querySelectorAll('[data-role=\"find\"]').length === 3", deadline_s=30)
        values = [tab.find(row(one, role("find-code"))).get_attribute("value") for one in by_address]
        assert values == ["11111111", "", "33333333"]
    assert site.kept() == []


def test_a_subnet_is_searched_with_reasons_warnings_and_progress_and_kept_for_next_time(site, tab):
    tab.tolerated += ["scans - Failed to load resource"]
    printer = make(site, 0)
    net = f"{printer.address.rpartition('.')[0]}.0/24"
    steps.open_printers(tab)
    tab.click(role("empty-subnet"))
    for typed, words in ((printer.address + "/24", f"write {net}"), ("203.0.113.0/24", "public internet")):
        tab.type(role("find-subnet"), typed)
        tab.press("\ue007")
        tab.see(words, FIND)
    tab.find(role("find-public"))
    check_axe(tab, "subnet")
    last = itertools.count(100)
    with contextlib.ExitStack() as stack:
        for _ in range(4):  # these hold the search up
            stack.enter_context(Peer(f"{net.rpartition('.')[0]}.{next(last)}", 8883, silent))
        tab.type(role("find-subnet"), net)
        tab.press("\ue007")
        tab.find(row(printer))
        tab.see("of 254 addresses", role("find-progress"))
        tab.click(role("find-stop"))
        tab.see("Stopped", role("find-end"))
    tab.click(role("network-save"))
    tab.find(role("network-forget"))
    tab.type(row(printer, role("find-code")), printer.code)
    tab.click(role("find-add"))
    tab.see("Is it your printer?", row(printer))
    tab.click(row(printer, role("find-trust")))
    tab.click(role("find-add"))
    tab.find(f'{FIND}[data-outcome="live"]', deadline_s=40)


def test_new_access_codes_come_from_a_list_and_each_is_tried(site, tab):
    anna, berta = site.printer("Anna"), site.printer("Berta, of the cellar", "a1-1")
    anna.set_code("88880001")
    steps.open_printers(tab)
    tab.click(role("add-printer-more"))
    tab.click(role("way-codes"))
    tab.paste(role("paste-codes", RECODE), f'{anna.serial} 88880001\n"Berta, of the cellar",88880002\nNobody,12345678')
    tab.see("Line 3 (Nobody)", RECODE)
    assert tab.count(role("recode")) == 2
    tab.click(role("recode-submit"))
    tab.find(f'{RECODE}[data-outcome="some"]', deadline_s=40)
    tab.find(f'{RECODE} [data-role="recode"][data-serial="{anna.serial}"][data-state="live"]', deadline_s=40)
    check_axe(tab, "recode")
    tab.see("refuses the access code", f'{RECODE} [data-serial="{berta.serial}"]')
    links.wait_live(site.fuse, anna.serial)


def test_a_slicers_file_becomes_printers_after_a_look_and_each_row_follows_its_printer(site, tab, tmp_path):
    anna, berta, kept = make(site, 0), make(site, 1), site.printer("Kept one")
    settings = {"local_machines": {anna.serial: {"dev_ip": anna.address, "dev_name": "Anna", "printer_type": "C12"},
                                   berta.serial: {"dev_ip": berta.address, "dev_name": "Berta <b>", "printer_type": "BL-P001"},
                                   kept.serial: {"dev_ip": kept.address, "dev_name": "Renamed", "printer_type": "C11"}},
                "user_access_code": {anna.serial: anna.code, berta.serial: "99999999", kept.serial: kept.code, "03900A999999999": "1"}}
    conf = tmp_path / "BambuStudio.conf"
    conf.write_text(json.dumps(settings, indent="\t") + "\n# MD5 checksum 0123456789ABCDEF0123456789ABCDEF\n")
    tab.tolerated += ["dry_run=1 - Failed to load resource"]
    steps.open_printers(tab)
    tab.click(role("add-printer-more"))
    tab.click(role("way-file"))
    tab.find(IMPORT)
    drop(tab, IMPORT, "picture.png", "PK\x03\x04\0")
    tab.see("UTF-8", IMPORT)
    tab.find(role("import-file", IMPORT)).send_keys(str(conf))

    def states():
        return {node.get_attribute("data-serial"): node.get_attribute("data-state")
                for node in tab.driver.find_elements("css selector", f'{IMPORT} [data-role="import"]')}

    wait_until(lambda: states() == {anna.serial: "valid", berta.serial: "valid", kept.serial: "changes", "03900A999999999": "error"}, 10, states)
    tab.see("search the network", f'{IMPORT} [data-serial="03900A999999999"]')
    assert [one["serial"] for one in site.kept()] == [kept.serial]  # looking keeps nothing
    assert "2 printers" in tab.text(role("import-submit"))
    check_axe(tab, "the look at a file")
    tab.click(role("import-update"))
    assert "3 printers" in tab.text(role("import-submit"))
    conf.unlink()  # what was looked at is what is done
    tab.click(role("import-submit"))
    tab.click(role("import-trust"), "Trust these 2", deadline_s=30)
    wait_until(lambda: states() == {anna.serial: "live", berta.serial: "fault", kept.serial: "live", "03900A999999999": "error"}, 60, states)
    tab.see("refuses the access code", f'{IMPORT} [data-serial="{berta.serial}"]')
    tab.see("Anna", steps.card(anna.serial))
    tab.see("Renamed", steps.card(kept.serial))
    assert {one["serial"]: one["name"] for one in site.kept()} == {anna.serial: "Anna", berta.serial: "Berta <b>", kept.serial: "Renamed"}
