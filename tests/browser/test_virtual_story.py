"""Virtual printers in the pages: made, told by their badge, turned by their controls. Played by a Fuse that does at once what it is
told; the last story has a true one."""
import json

import pytest

from rig import http as rig_http
from rig import threemf
from rig.waiting import wait_until

import fake_fuse
import steps
from axe import check_axe
from steps import PRINT, card, role

MAKE, CONTROLS = role("virtual-dialog"), role("controls-dialog")
ESCAPE = "\ue00c"
PATH = "/api/v1/virtual-printers"
HAS_VIRTUAL = PATH in rig_http.DOCUMENT["paths"]


def open_making(tab):
    steps.open_printers(tab)
    tab.click(role("add-printer-more"))
    tab.click(role("way-virtual"))
    tab.find(MAKE)


def choose(tab, selector: str, value: str):
    tab.js("""const select = document.querySelector(arguments[0]);
        select.value = arguments[1];
        if (select.value !== arguments[1])
            throw new Error(`there is no ${arguments[1]}`);
        select.dispatchEvent(new Event("change", {bubbles: true}));""", selector, value)


def value_of(tab, selector: str) -> str:
    return tab.js("return document.querySelector(arguments[0]).value", selector)


def wait_value(tab, selector: str, value: str):
    tab.until("return document.querySelector(arguments[0])?.value === arguments[1]", selector, value, what=lambda: value_of(tab, selector))


def sent(fake, path: str = PATH) -> list:
    return [json.loads(body) for method, asked, _, body in fake.asked if method == "POST" and asked == path]


def words_of(tab, selector: str) -> list:
    return tab.js("return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)", selector)


def open_controls(tab, serial: str):
    steps.open_printers(tab)
    tab.click(card(serial, role("act-controls")))
    tab.find(CONTROLS)


def is_on(tab, name: str) -> bool:
    return tab.js("return document.querySelector(arguments[0]).checked", role(name, CONTROLS))


def said(name: str) -> str:
    """What is said below a control."""
    return f'{CONTROLS} .vrow:has([data-role="{name}"]) [data-role="said"]'


# -- making ---------------------------------------------------------------------------------------------------------

def test_who_has_no_printer_tries_fuse_with_a_virtual_one(fake, fake_tab):
    tab = fake_tab
    steps.open_printers(tab)
    tab.click(role("empty-virtual"), "Virtual printer…")
    wait_value(tab, role("virtual-name", MAKE), "Virtual X1C #1")
    assert [value_of(tab, role(f"virtual-{name}", MAKE)) for name in ("quantity", "model", "nozzle", "units")] == ["1", "X1C", "0.4", "ams"]
    tab.click(role("virtual-submit"))
    tab.gone("dialog")
    serial, = fake.docs["printers"]
    tab.see("Virtual X1C #1 is added.", role("toast"))
    tab.see("virtual", card(serial, role("virtual")))
    assert sent(fake) == [{"name": "Virtual X1C #1", "model": "X1C", "nozzle": "0.4", "ams": ["ams"]}]
    # What is real has neither.
    real = fake.add_printer("Anna")
    tab.find(card(real))
    assert not tab.has(card(real, role("virtual"))) and not tab.has(card(real, role("act-controls")))


def test_any_model_nozzle_and_combination_of_units_can_be_made(fake, fake_tab):
    tab = fake_tab
    open_making(tab)
    tab.until("return document.querySelectorAll('[data-role=virtual-model] option').length === 4")
    choose(tab, role("virtual-model", MAKE), "A1")
    wait_value(tab, role("virtual-name", MAKE), "Virtual A1 #1")
    wait_value(tab, role("virtual-units", MAKE), "ams-lite")  # what an X1C takes, an A1 does not
    offered = words_of(tab, f"{role('virtual-units', MAKE)} option")
    assert "1 AMS lite" in offered and "1 AMS lite and 1 AMS HT" in offered and "1 AMS" not in offered and offered[-1] == "Another combination …"
    choose(tab, role("virtual-units", MAKE), "other")
    choose(tab, role("virtual-count-ams-ht", MAKE), "2")
    tab.see("1 AMS lite and 2 AMS HT: 6 spools, besides the one at the back.", MAKE)
    choose(tab, role("virtual-nozzle", MAKE), "0.6")
    tab.type(role("virtual-name", MAKE), "Vera")
    choose(tab, role("virtual-model", MAKE), "H2D")
    assert value_of(tab, role("virtual-name", MAKE)) == "Vera"  # a name by hand stays
    choose(tab, role("virtual-model", MAKE), "A1")
    tab.click(f"{MAKE} summary")
    tab.type(role("virtual-exposed", MAKE), "192.168.1")
    tab.click(role("virtual-submit"))
    tab.see("This is not an address.", MAKE)
    assert sent(fake) == []
    tab.type(role("virtual-exposed", MAKE), "192.168.1.5")
    tab.click(role("virtual-submit"))
    tab.gone("dialog")
    assert sent(fake) == [{"name": "Vera", "model": "A1", "nozzle": "0.6", "ams": ["ams-ht", "ams-ht"], "exposed": "192.168.1.5"}]


def test_several_are_made_each_with_its_line_and_twenty_is_the_most(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += ["status of 409"]
    for number in range(1, 16):
        fake.add_virtual(f"Virtual X1C #{number}")
    open_making(tab)
    wait_value(tab, role("virtual-name", MAKE), "Virtual X1C #16")
    tab.see("5 at most", MAKE)
    tab.type(role("virtual-quantity", MAKE), "6")
    tab.click(role("virtual-submit"), "Add 6 printers")
    tab.see("1 to 5", MAKE)
    tab.type(role("virtual-quantity", MAKE), "3")
    tab.click(role("virtual-submit"), "Add 3 printers")
    tab.see("3 printers are made.", MAKE)
    tab.until("return document.querySelectorAll('[data-role=virtual-result][data-state=live]').length === 3")
    assert [one["name"] for one in sent(fake)] == [f"Virtual X1C #{number}" for number in (16, 17, 18)]
    tab.click(role("cancel"), "Close")
    tab.gone("dialog")
    # Somebody else takes the last place meanwhile: what is made is made, and the rest says why not.
    open_making(tab)
    full = fake_fuse.problem("conflict", "One Fuse has at most 20 virtual printers, and has them all.", "Remove one of them first.")
    fake.answers[f"POST {PATH}"] = [fake.make_virtual({"name": "Virtual X1C #19"}), (409, full)]
    tab.until("return document.querySelectorAll('[data-role=printer-card]').length === 19")
    fake.remove("printers", next(iter(fake.docs["printers"])))
    tab.until("return document.querySelectorAll('[data-role=printer-card]').length === 18")
    tab.type(role("virtual-quantity", MAKE), "2")
    tab.click(role("virtual-submit"))
    tab.see("One Fuse has at most 20 virtual printers, and has them all.", f'{MAKE} [data-role="virtual-result"][data-state="refused"]')
    assert value_of(tab, role("virtual-quantity", MAKE)) == "1" and tab.count(role("virtual-result", MAKE)) == 2
    tab.press(ESCAPE)
    tab.gone("dialog")
    # And where there are twenty, nothing can be typed in vain.
    fake.answers.clear()
    while sum(doc["virtual"] for doc in fake.docs["printers"].values()) < 20:
        fake.add_virtual("Another")
    tab.until("return document.querySelectorAll('[data-role=printer-card]').length === 20")
    open_making(tab)
    tab.see("This Fuse has 20 virtual printers, and that is the most it plays.", MAKE)
    assert not tab.has(role("virtual-submit")) and not tab.has(role("virtual-name"))


# -- controls ------------------------------------------------------------------------------------------------------------

def test_what_is_turned_is_sent_shown_and_follows_fuse(fake, fake_tab):
    tab = fake_tab
    serial = fake.add_virtual("Vera")
    path = f"/api/v1/printers/{serial}/virtual"
    open_controls(tab, serial)
    tab.see("Vera", CONTROLS)
    tab.see("127.64.0.1", CONTROLS)
    tab.see("2 files, 12.3 MB of 32 GB", CONTROLS)
    assert is_on(tab, "virtual-online")
    tab.click(role("virtual-online", CONTROLS))
    tab.see("Done.", said("virtual-online"))
    tab.click(role("factor-60", CONTROLS))
    tab.find(f'{role("factor-60", CONTROLS)}[aria-pressed="true"]')
    tab.click(role("fault-silent", CONTROLS))
    tab.click(role("fault-wrongCode", CONTROLS))
    tab.see("2 are on", CONTROLS)
    choose(tab, role("fault-cut", CONTROLS), "50")
    tab.see("3 are on", CONTROLS)
    assert sent(fake, path) == [{"online": False}, {"timeFactor": 60}, {"faults": {"silent": True}}, {"faults": {"wrongCode": True}},
                                {"faults": {"cutUploadPercent": 50}}]
    # What another turns is turned here, too.
    fake.turn(serial, {"online": True, "timeFactor": 30, "faults": {"noStorage": True}})
    tab.until("return document.querySelector('[data-role=virtual-online]').checked && document.querySelector('[data-role=fault-noStorage]').checked")
    tab.see("× 30", role("factor-now"))
    tab.gone(f'{CONTROLS} [data-role^="factor-"][aria-pressed="true"]')
    tab.click(role("faults-off", CONTROLS))
    tab.until("return ![...document.querySelectorAll('[data-role^=fault-][type=checkbox]')].some((one) => one.checked)")
    assert value_of(tab, role("fault-cut", CONTROLS)) == "0"


def test_a_control_that_is_refused_goes_back_and_says_why(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += ["status of 503"]
    serial = fake.add_virtual("Vera")
    open_controls(tab, serial)
    fake.answers[f"POST /api/v1/printers/{serial}/virtual"] = (503, fake_fuse.problem("busy", "It is about to move already.", "Try again."))
    tab.click(role("fault-changedAddress", CONTROLS))
    tab.see("It is about to move already. Try again.", said("fault-changedAddress"))
    assert not is_on(tab, "fault-changedAddress")
    # Its process is gone: nothing can be turned, and it comes back by itself.
    fake.change("printers", serial, virtualControls=None)
    tab.see("What plays this printer does not run just now.", CONTROLS)
    tab.until("return document.querySelector('[data-role=virtual-online]').matches(':disabled')")
    fake.answers.clear()
    fake.change("printers", serial, virtualControls={"online": True, "timeFactor": 1, "faults": {}, "errors": []})
    tab.until("return !document.querySelector('[data-role=virtual-online]').matches(':disabled')")
    fake.remove("printers", serial)
    tab.gone("dialog")


def test_its_access_code_is_shown_when_a_person_asks(fake, fake_tab):
    tab = fake_tab
    serial = fake.add_virtual("Vera")
    open_controls(tab, serial)
    assert "87654321" not in tab.text(CONTROLS)
    tab.click(role("virtual-access-show", CONTROLS))
    tab.see("bblp / 87654321", role("virtual-access", CONTROLS))


def test_errors_are_triggered_listed_and_cleared(fake, fake_tab):
    tab = fake_tab
    serial = fake.add_virtual("Vera")
    open_controls(tab, serial)
    assert len(words_of(tab, f"{role('virtual-error', CONTROLS)} option")) == 1 + len(fake_fuse.ERRORS) == 9
    tab.click(role("virtual-trigger", CONTROLS))
    tab.see("Choose the error first.", CONTROLS)
    choose(tab, role("virtual-error", CONTROLS), "filament-runout")
    tab.type(role("virtual-message", CONTROLS), "Put a spool in")
    tab.click(role("virtual-trigger", CONTROLS))
    tab.see("Put a spool in", role("present-errors"))
    tab.see("HMS_0700_2000_0002_0001", role("present-errors"))
    choose(tab, role("virtual-error", CONTROLS), "nozzle-clog")
    tab.type(role("virtual-message", CONTROLS), "")
    tab.click(role("virtual-trigger", CONTROLS))
    tab.see("The nozzle is clogged with filament.", role("present-errors"))
    tab.click(role("virtual-clear", CONTROLS))
    tab.see("It shows none.", CONTROLS)
    assert tab.js("return document.querySelector(arguments[0]).disabled", role("virtual-clear", CONTROLS))


def test_a_test_print_is_followed_and_a_reset_is_asked_for(fake, fake_tab):
    tab = fake_tab
    serial = fake.add_virtual("Vera")
    open_controls(tab, serial)
    tab.click(role("test-print", CONTROLS))
    tab.see("fuse-test-print.gcode.3mf", CONTROLS)
    tab.see("25 %", role("test-progress"))
    job, = fake.docs["jobs"]
    fake.change("printers", serial, stat={"state": "RUNNING", "progressPercent": 37, "preparing": False})
    fake.move_job(job, "running", "It prints.")
    tab.see("37 %", role("test-progress"))
    fake.move_job(job, "done", "Printed.")
    tab.see("Printed.", role("test-sentence"))
    tab.click(role("virtual-reboot", CONTROLS))
    tab.see("Done.", role("power-part"))
    tab.click(role("virtual-reset", CONTROLS))
    tab.see("its files are deleted", role("confirm"))
    tab.click(role("cancel", role("confirm")))
    tab.gone(role("confirm"))
    tab.click(role("virtual-reset", CONTROLS))
    tab.click(role("confirm-yes"))
    tab.gone(role("confirm"))
    tab.until("return document.querySelector('[data-role=power-part] [data-state=done]') !== null")
    assert [one["do"] for one in sent(fake, f"/api/v1/printers/{serial}/virtual")] == ["test-print", "reboot", "reset"]
    tab.click(role("test-job", CONTROLS))
    tab.find(role("job-dialog"))
    assert tab.path == f"/jobs?job={job}" and not tab.has(CONTROLS)


def test_a_fault_that_is_played_is_diagnosed_and_its_button_leads_to_the_controls(fake, fake_tab):
    tab = fake_tab
    serial = fake.add_virtual("Vera")
    steps.open_printers(tab)
    fake.change("printers", serial, link={"online": False, "fault": "code-refused", "phase": "login", "sentence": "The printer refuses the access code."})
    tab.see("The printer refuses the access code.", card(serial, role("problem")))
    assert not tab.has(card(serial, role("fix-enter-code")))
    tab.click(card(serial, role("fix-controls")))
    tab.see("The printer refuses the access code.", f'{CONTROLS} {role("seen")}')
    tab.see("Needs you", role("seen-part"))
    tab.until("return document.querySelector('[data-role=fault-wrongCode]').getBoundingClientRect().bottom <= innerHeight", what="the faults are out of sight")
    fake.change("printers", serial, link={"online": True, "fault": None, "phase": "live", "sentence": ""})
    tab.see("Nothing is wrong with it.", CONTROLS)


def test_what_cannot_be_changed_of_it_is_not_asked_for_and_it_is_removed_as_any(fake, fake_tab):
    tab = fake_tab
    serial = fake.add_virtual("Vera")
    steps.open_printers(tab)
    tab.click(card(serial, role("act-edit")))
    tab.find(role("virtual-note", steps.EDIT))
    for name in ("address", "model", "code", "port-mqtt"):
        assert not tab.has(role(f"field-{name}", steps.EDIT)), name
    tab.type(role("field-name", steps.EDIT), "Wanda")
    tab.click(role("field-unasked"))
    tab.click(role("edit-submit"))
    tab.gone("dialog")
    assert [json.loads(body) for method, _, _, body in fake.asked if method == "PATCH"] == [{"name": "Wanda", "startsUnasked": True}]
    tab.click(card(serial, role("act-remove")))
    tab.see("Its files and its print go with it.", role("toast"))
    tab.go("/jobs")  # whoever leaves has decided
    wait_until(lambda: fake.docs["printers"] == {}, 10, "it was not removed")


# -- how it looks --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("theme, width", [("dark", 390), ("light", 1440)])
def test_axe_core_finds_nothing(fake, fake_tab, theme, width):
    tab = fake_tab
    tab.viewport(width, 900)
    tab.go("/printers")
    tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
    open_making(tab)
    choose(tab, role("virtual-units", MAKE), "other")
    tab.click(f"{MAKE} summary")
    check_axe(tab, f"making, {theme}, {width}")
    tab.press(ESCAPE)
    tab.gone("dialog")
    serial = fake.add_virtual("Vera, a name that is longer than what there is room for on any card", state="RUNNING", progressPercent=30)
    fake.turn(serial, {"do": "test-print"})
    fake.turn(serial, {"do": "trigger-error", "error": "nozzle-clog"})
    fake.turn(serial, {"faults": {"wrongCode": True}})
    tab.click(card(serial, role("act-controls")))
    tab.click(role("virtual-clear", CONTROLS))
    tab.see("It shows none.", CONTROLS)
    fake.turn(serial, {"do": "trigger-error", "error": "nozzle-clog"})
    tab.find(role("present-error"))
    check_axe(tab, f"controls, {theme}, {width}")
    tab.assert_no_sideways_scroll()
    tab.press(ESCAPE)
    tab.gone("dialog")
    check_axe(tab, f"card, {theme}, {width}")
    tab.assert_no_sideways_scroll()


# -- with a true Fuse ----------------------------------------------------------------------------------------------------

@pytest.mark.skipif(not HAS_VIRTUAL, reason="this Fuse has no virtual printers")
@pytest.mark.timelimit(180)
def test_a_virtual_printer_prints_and_each_fault_is_told_on_its_card(site, tab):
    steps.open_printers(tab)
    tab.click(role("empty-virtual"))
    wait_value(tab, role("virtual-name", MAKE), "Virtual X1C #1")
    tab.until("return document.querySelectorAll('[data-role=virtual-model] option').length > 10", what="not all models are offered")
    tab.click(role("virtual-submit"))
    tab.gone("dialog", deadline_s=30)
    tab.find(role("printer-card"), deadline_s=30)
    serial = tab.js("return document.querySelector('[data-role=printer-card]').dataset.serial")
    steps.wait_card(tab, serial, deadline_s=60)
    assert tab.count(card(serial, role("slot"))) >= 4
    # It prints as any printer, in less time.
    tab.click(card(serial, role("act-controls")))
    tab.click(role("factor-600", CONTROLS))
    tab.find(f'{role("factor-600", CONTROLS)}[aria-pressed="true"]')
    tab.see("× 600", role("factor-now"))
    tab.click(role("test-print", CONTROLS))
    tab.find(f'{CONTROLS} .vjob[data-state="running"]', deadline_s=60)
    tab.until("return /[1-9][0-9]* %/.test(document.querySelector('[data-role=test-progress]').innerText)", deadline_s=60, what="it does not go on")
    # An error is shown until it is cleared.
    choose(tab, role("virtual-error", CONTROLS), "bed-temperature")
    tab.click(role("virtual-trigger", CONTROLS))
    tab.see("HMS_0300_0100_0001_0001", role("present-errors"))
    tab.see("HMS_0300_0100_0001_0001", role("seen", CONTROLS))
    tab.click(role("virtual-clear", CONTROLS))
    tab.gone(f'{role("seen", CONTROLS)} [data-role="problem"]')
    # A fault is diagnosed by the ordinary link, and over at once when it is switched off: Fuse does not wait for its next try.
    tab.click(role("fault-wrongCode", CONTROLS))
    tab.see("The printer refuses the access code.", role("seen", CONTROLS), deadline_s=30)
    tab.click(role("fault-wrongCode", CONTROLS))
    tab.see("Done.", said("fault-wrongCode"))
    tab.see("Nothing is wrong with it.", CONTROLS, deadline_s=30)
    tab.press(ESCAPE)
    tab.gone("dialog")
    steps.wait_card(tab, serial)


def hotend_of(tab) -> str:
    return tab.js("const one = document.querySelector(arguments[0]); return one && one.selectedOptions[0].innerText", role("hotend", PRINT))


@pytest.mark.skipif(not HAS_VIRTUAL, reason="this Fuse has no virtual printers")
@pytest.mark.timelimit(180)
def test_a_hotend_of_the_rack_is_chosen_where_the_print_is_ordered(site, tab, tmp_path):
    steps.open_printers(tab)
    status, made = steps.call(tab, "POST", PATH, {"name": "Carla", "model": "H2C", "nozzle": "0.4", "ams": ["ams-2-pro"]})
    assert status == 201, made
    tab.find(role("printer-card"), deadline_s=30)
    serial = tab.js("return document.querySelector('[data-role=printer-card]').dataset.serial")
    steps.wait_card(tab, serial, deadline_s=60)
    # For 0.6 mm on the right, which one of its rack has.
    path = tmp_path / "bracket.gcode.3mf"
    path.write_bytes(threemf.sliced("O1C", nozzles=(0.4, 0.6), plates=(threemf.Plate(nozzles={0: 0}),)))
    tab.click(card(serial, role("act-print")))
    tab.find(role("pick-upload", PRINT))
    tab.driver.find_element("css selector", f"{PRINT} {role('choose')}").send_keys(str(path))
    target = f'{PRINT} [data-role="target"][data-serial="{serial}"]'
    tab.find(f'{target}[data-standing="ready"]', deadline_s=30)
    assert hotend_of(tab) == "Hotend 3 · 0.6 mm"
    options = words_of(tab, f"{role('hotend', PRINT)} option")
    assert options[0] == "Hotend: the printer chooses" and len(options) == 7, options
    assert options[1] == "Hotend 1 · 0.2 mm · not as sliced" and "Hotend 4 · 0.4 mm · high flow · not as sliced" in options, options
    assert [one for one in options if "mounted" in one] == ["Hotend 5 · 0.4 mm · mounted · not as sliced"], options
    # Another is warned of, and so is leaving it to the printer.
    choose(tab, role("hotend", PRINT), options[2])
    tab.see("hotend 2 of the rack has 0.4 mm", target)
    choose(tab, role("hotend", PRINT), options[0])
    tab.find(f'{target} [data-finding="rack-hotend"]')
    check_axe(tab, "the print dialog of an H2C")
    choose(tab, role("hotend", PRINT), options[3])
    tab.find(f'{target}[data-standing="ready"]')
    for width in (1440, 390):
        tab.viewport(width, 900)
        tab.assert_no_sideways_scroll()
    tab.click(role("print-submit"))
    tab.gone("dialog")

    def mounted() -> bool:
        _, printer = steps.call(tab, "GET", f"/api/v1/printers/{serial}/stat")
        nozzles = {one["id"]: one for one in json.loads(printer)["nozzles"]}
        return nozzles[0]["diameterMm"] == 0.6 and nozzles.get(18, {}).get("present") is not True

    wait_until(mounted, 60, "it takes another hotend")
