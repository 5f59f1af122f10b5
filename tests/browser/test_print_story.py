"""A person prints: from a file, from a card, on one printer and on several; what stands in the way is said before."""
import pytest
from selenium.webdriver.common.action_chains import ActionChains

import fake_fuse
import steps
from axe import check_axe
from steps import PRINT, card, file_row, printer_row, role

BROKEN = ["Failed to load resource", "net::ERR_", "status of 4", "status of 5"]
ESCAPE = "\ue00c"


def begin(tab, file: str):
    """The dialog for a file, from its page."""
    steps.open_page(tab, "/files")
    tab.click(file_row(file, role("file-print")))
    tab.find(role("printer-row", PRINT))


def pick(tab, serial: str, standing: str):
    tab.click(printer_row(serial, "label"))
    tab.find(f'{PRINT} [data-role="target"][data-serial="{serial}"][data-standing="{standing}"]')


def standing(tab, serial: str) -> str:
    return tab.js("return document.querySelector(arguments[0])?.dataset.standing", f'[data-role="target"][data-serial="{serial}"]')


def test_a_plate_goes_to_a_printer_and_its_job_is_followed(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    file = fake.add_file("gears.gcode.3mf", plates=3)
    begin(tab, file)
    tab.find(role("plate", PRINT))
    assert tab.count(role("plate", PRINT)) == 3
    tab.see("2 h 48 min", f'{PRINT} {role("plates")}')
    tab.click(f"{PRINT} .plate", "Part 2")
    pick(tab, printer, "ready")
    tab.see("same material and colour", f"{PRINT} {role('mapping')}")
    tab.click(role("print-submit"))
    tab.gone("dialog")
    assert [(serial, order) for serial, _, order in fake.orders()] == [(printer, {"file": file, "plate": 2, "stageOnly": False, "options": {}})]
    tab.click(f"{role('toast')} button", "Show the job")
    tab.find(role("job-dialog"))
    job = next(iter(fake.docs["jobs"]))
    assert tab.path == f"/jobs?job={job}"
    tab.see("gears.gcode.3mf", role("job-dialog"))


def test_two_clicks_and_a_lost_answer_are_one_job(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += BROKEN
    printer = fake.add_printer("Anna")
    file = fake.add_file("bracket.gcode.3mf")
    begin(tab, file)
    pick(tab, printer, "ready")
    # The order arrives, its answer does not.
    fake.answers[f"POST /api/v1/printers/{printer}/jobs"] = [(502, fake_fuse.problem("died", "The process died before it answered."))]
    ActionChains(tab.driver, duration=0).double_click(tab.find(role("print-submit"))).perform()
    tab.see("died before it answered", f"{PRINT} {role('result')}")
    tab.until("return document.querySelector(arguments[0])?.getAttribute('aria-busy') !== 'true'", role("print-submit"))
    fake.answers.clear()
    ActionChains(tab.driver, duration=0).double_click(tab.find(role("print-submit"))).perform()
    tab.gone("dialog")
    assert len(fake.docs["jobs"]) == 1
    keys = {key for _, key, _ in fake.orders()}
    assert len(keys) == 1 and all(len(key) <= 96 for key in keys), keys
    # Another dialog means another print.
    begin(tab, file)
    pick(tab, printer, "ready")
    tab.click(role("print-submit"))
    tab.gone("dialog")
    assert len(fake.docs["jobs"]) == 2


def test_what_stands_in_the_way_is_said_and_a_warning_can_be_accepted(fake, fake_tab):
    tab = fake_tab
    open_door, wrong_model = fake.add_printer("Anna", door="open"), fake.add_printer("Berta", "P1S")
    file = fake.add_file("bracket.gcode.3mf")
    begin(tab, file)
    pick(tab, open_door, "undecided")
    tab.see("The door is open. Close it.", PRINT)
    tab.click(role("print-submit"))
    tab.see("Anna needs your decision", PRINT)
    assert tab.focused().startswith("accept")
    assert fake.orders() == []
    # Who is of another model stands apart, and says why.
    tab.click(f"{PRINT} {role('other-models')} summary")
    pick(tab, wrong_model, "impossible")
    tab.see("It was sliced for the X1 Carbon; this is the P1S. Slice it for this model.", PRINT)
    tab.click(printer_row(open_door, role("accept")))
    tab.click(role("print-submit"))
    tab.see("Berta cannot print this", PRINT)
    tab.click(role("leave-out"))
    tab.click(role("print-submit"))
    tab.gone("dialog")
    assert [(serial, order["options"]) for serial, _, order in fake.orders()] == [(open_door, {"accept": ["door-open"]})]


def test_a_door_that_is_closed_meanwhile_is_no_longer_in_the_way(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna", door="open")
    begin(tab, fake.add_file("bracket.gcode.3mf"))
    pick(tab, printer, "undecided")
    fake.change("printers", printer, stat={"door": "closed"})
    tab.find(f'[data-role="target"][data-serial="{printer}"][data-standing="ready"]')


def test_a_tray_is_chosen_by_hand_and_its_fit_is_said_in_words(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    begin(tab, fake.add_file("bracket.gcode.3mf"))
    pick(tab, printer, "ready")
    tab.click(role("map", PRINT))
    labels = tab.js("return [...document.querySelectorAll('[role=menu] button')].map((n) => n.innerText.replace(/\\s+/g, ' '))")
    assert labels[1:3] == ["A1 · PLA #FFFFFF another colour · 80 % left", "A2 · PLA #FF8000 same material and colour · 15 % left"], labels
    tab.click(role("tray"), "A3")
    tab.find(f'{role("mapping")}[data-fit="material-differs"]')
    tab.see("another material", f"{PRINT} {role('mapping')}")
    tab.find(f'[data-role="target"][data-standing="undecided"]')
    # Back to what Fuse proposes.
    tab.click(role("map", PRINT))
    tab.click(role("tray-auto"))
    tab.find(f'[data-role="target"][data-standing="ready"]')
    tab.click(role("map", PRINT))
    tab.click(role("tray"), "A1")
    tab.find(f'{role("mapping")}[data-fit="color-differs"]')
    tab.find(f'[data-role="target"][data-standing="ready"]')
    tab.click(role("print-submit"))
    tab.gone("dialog")
    assert fake.orders()[0][2]["options"] == {"amsMapping": [{"amsId": 0, "slotId": 0}]}


def test_several_printers_each_have_their_result(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += BROKEN
    anna, berta, carl = (fake.add_printer(name) for name in ("Anna", "Berta", "Carl"))
    # One cannot be asked now: its job may wait. One refuses the order.
    fake.answers[f"POST /api/v1/printers/{berta}/preflight"] = (503, fake_fuse.problem("unreachable", "Its process does not run just now."))
    fake.answers[f"POST /api/v1/printers/{carl}/jobs"] = [(507, fake_fuse.problem("no-space", "The disk is full.", "Make room."))]
    file = fake.add_file("bracket.gcode.3mf")
    begin(tab, file)
    pick(tab, anna, "ready")
    pick(tab, berta, "unchecked")
    pick(tab, carl, "ready")
    tab.click(f"{PRINT} {role('options')} summary")
    tab.click(role("option-timelapse"))
    tab.find(role("option-bedLeveling")).send_keys("No")
    tab.until("return [...document.querySelectorAll('[data-role=target]')].every((n) => ['ready', 'unchecked'].includes(n.dataset.standing))")
    tab.click(role("print-submit"), "Print on 3 printers")
    tab.see("The disk is full.", printer_row(carl))
    assert (standing(tab, anna), standing(tab, berta), standing(tab, carl)) == ("accepted", "accepted", "refused")
    tab.see("2 jobs accepted · 1 not accepted", PRINT)
    assert {(serial, str(order["options"])) for serial, _, order in fake.orders()} == {
        (serial, str({"bedLeveling": False, "timelapse": True})) for serial in (anna, berta, carl)}
    # Only the one that was refused is ordered again.
    tab.until("return !document.querySelector(arguments[0]).disabled", role("print-submit"))
    tab.click(role("print-submit"))
    tab.find(f'[data-role="target"][data-serial="{carl}"][data-standing="accepted"]')
    assert len(fake.orders()) == 4 and len(fake.docs["jobs"]) == 3
    tab.click(printer_row(berta, role("result-job")))
    tab.find(role("job-dialog"))
    assert tab.count("dialog") == 1


def test_a_file_that_is_dropped_on_a_card_goes_up_at_once_and_is_printed_there(fake, fake_tab):
    tab = fake_tab
    printer, _ = fake.add_printer("Anna"), fake.add_printer("Berta")
    steps.open_printers(tab)
    steps.wait_card(tab, printer)
    steps.drop_files(tab, card(printer, role("name")), **{"dropped.gcode.3mf": "its content"})
    tab.see("Fuse looks what is in it", PRINT)
    file = next(iter(fake.docs["files"]))
    assert standing(tab, printer) == "asking"
    fake.change("files", file, check="printable", kind="3mf", model="X1C", plates=1, sentence="One plate.")
    tab.find(f'[data-role="target"][data-serial="{printer}"][data-standing="ready"]')
    tab.click(role("stage-only"))
    tab.click(role("print-submit"), "Send the file")
    tab.gone("dialog")
    assert [(serial, order["stageOnly"]) for serial, _, order in fake.orders()] == [(printer, True)]
    tab.see("dropped.gcode.3mf", card(printer, role("next-part")))


def test_a_file_that_cannot_be_printed_says_why_and_another_is_chosen(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    fake.add_file("good.gcode.3mf"), fake.add_file("of another model.gcode.3mf", model="P1S")
    steps.open_printers(tab)
    tab.click(card(printer, role("act-print")))
    tab.find(role("pick-file", PRINT))
    # Those for this printer come first.
    assert tab.js("return [...document.querySelectorAll('[data-role=pick-file] bdi')].map((n) => n.innerText)") == ["good.gcode.3mf", "of another model.gcode.3mf"]
    tab.click(role("print-submit"))
    tab.see("Choose a file first", PRINT)
    steps.drop_files(tab, PRINT, **{"project.3mf": "unsliced"})
    tab.see("Fuse looks what is in it", PRINT)
    file = next(sha256 for sha256, doc in fake.docs["files"].items() if doc["name"] == "project.3mf")
    fake.change("files", file, check="unprintable", sentence="This project was not sliced yet.", remedy="Slice it.")
    tab.see("This project was not sliced yet. Slice it.", PRINT)
    tab.stays("return document.querySelector('[data-role=print-summary]').innerText === ''", frames=5)  # no printer is asked
    tab.click(role("other-file", PRINT))
    tab.click(role("pick-file"), "good")
    tab.find(f'[data-role="target"][data-serial="{printer}"][data-standing="ready"]')


def test_a_plate_is_printed_with_the_keyboard_alone(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna", door="open")
    file = fake.add_file("gears.gcode.3mf", plates=2)
    steps.open_page(tab, "/files")
    tab.tab_to(file_row(file, role("file-print")))
    tab.press("\n")
    tab.find(role("printer-row", PRINT))
    tab.tab_to(f"{PRINT} {role('plate')}")
    tab.press("\ue015")  # Down
    tab.tab_to(role("pick-printer", PRINT))
    tab.press(" ")
    tab.find(f'[data-role="target"][data-standing="undecided"]')
    tab.tab_to(role("map", PRINT))
    tab.press("\n")
    tab.press("\ue015", "\n")  # the first tray
    tab.find(f'{role("mapping")}[data-fit="color-differs"]')
    tab.tab_to(role("accept", PRINT))
    tab.press(" ")
    tab.tab_to(role("print-submit"))
    tab.press("\n")
    tab.gone("dialog")
    (serial, _, order), = fake.orders()
    assert (serial, order["plate"], order["options"]["accept"]) == (printer, 2, ["door-open"])
    assert tab.js("return document.activeElement.matches(arguments[0])", file_row(file, role("file-print"))), tab.focused()


def test_a_hundred_printers_are_searched(fake, fake_tab):
    tab = fake_tab
    printers = [fake.add_printer(f"Printer {n}", "X1C" if n < 60 else "P1S") for n in range(100)]
    begin(tab, fake.add_file("bracket.gcode.3mf"))
    assert tab.count(role("printer-row", PRINT)) == 60
    tab.see("40 printers of other models", PRINT)
    pick(tab, printers[0], "ready")
    tab.type(role("printer-search"), "printer 5")
    # Those that are found, and the one that is chosen.
    tab.until("return document.querySelectorAll('[data-role=printer-row]').length === 12")
    tab.press("\n")
    tab.stays("return document.querySelector('[data-role=print-dialog]') !== null", frames=5)
    assert fake.orders() == [], "Enter in a search has printed"
    # All that are found are chosen, and left out, at once; who was chosen before stays.
    tab.click(".print__all", "All 11")
    tab.find(role("print-submit"), "Print on 12 printers")
    tab.find(f'{PRINT} [data-role="target"][data-serial="{printers[59]}"][data-standing="ready"]')
    tab.click(printer_row(printers[59], "label"))
    tab.until("return document.querySelector('[data-role=pick-all]').indeterminate")
    tab.click(".print__all")
    tab.find(role("print-submit"), "Print on 12 printers")
    tab.click(".print__all")
    tab.find(role("print-submit"), "Print", exact=True)
    assert tab.count(f'{PRINT} [data-role="target"]') == 1


@pytest.mark.parametrize("theme, width", [("dark", 390), ("light", 1440)])
def test_axe_core_finds_nothing(fake, fake_tab, theme, width):
    tab = fake_tab
    tab.viewport(width, 900)
    printers = [fake.add_printer("Anna", door="open"), fake.add_printer("Berta"), fake.add_printer("Carl", "P1S")]
    file = fake.add_file("gears.gcode.3mf", plates=2)
    tab.go("/files")
    tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
    steps.open_printers(tab)
    tab.click(card(printers[0], role("act-print")))
    tab.find(role("pick-file"))
    check_axe(tab, f"choosing a file, {theme}, {width}")
    tab.press(ESCAPE)
    begin(tab, file)
    tab.click(f"{PRINT} {role('options')} summary")
    tab.click(f"{PRINT} {role('other-models')} summary")
    pick(tab, printers[0], "undecided")
    pick(tab, printers[1], "ready")
    pick(tab, printers[2], "impossible")
    check_axe(tab, f"print, {theme}, {width}")
    tab.assert_no_sideways_scroll()
    tab.click(printer_row(printers[1], role("map")))
    tab.find(role("tray"))
    check_axe(tab, f"trays, {theme}, {width}")
