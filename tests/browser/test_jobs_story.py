"""A person and jobs: on their page, on the printers' cards, and what is done with them."""
import pytest

import fake_fuse
import steps
from axe import check_axe
from steps import card, job_row, role

ESCAPE = "\ue00c"
GOING_UP = {"phase": "send", "sentBytes": 400000, "totalBytes": 800000, "bytesPerSecond": 150000}


def shown(tab, panel: str) -> list:
    return tab.js("return [...document.querySelectorAll(arguments[0])].map((n) => n.dataset.job)", f'[data-role="{panel}"] [data-role="job"]')


def test_open_jobs_come_first_the_most_urgent_on_top_and_change_live(fake, fake_tab):
    tab = fake_tab
    anna, berta = fake.add_printer("Anna", state="RUNNING", progressPercent=45, times={"remainingMinutes": 40}), fake.add_printer("Berta")
    file = fake.add_file("bracket.gcode.3mf")
    waiting = fake.add_job(berta, file, "waiting", "It waits until the printer is reached.", remedy="Switch it on.")
    running = fake.add_job(anna, file, "running", "It prints.")
    lost = fake.add_job(berta, file, "unknown", "Nobody knows.")
    sending = fake.add_job(anna, file, "uploading", progress=GOING_UP)
    done = fake.add_job(anna, file, "done", "Printed.")
    steps.open_page(tab, "/jobs")
    assert shown(tab, "jobs-open") == [lost, running, sending, waiting] and shown(tab, "jobs-ended") == [done]
    tab.see("45 % · 40 min left", job_row(running))
    tab.see("50 % · 150 kB/s · 3 s left", job_row(sending))
    tab.see("Switch it on.", job_row(waiting))
    fake.change("printers", anna, stat={"progressPercent": 46})
    tab.see("46 %", job_row(running))
    fake.move_job(running, "failed", "It was stopped at the printer.")
    tab.find(f'[data-role="jobs-ended"] {job_row(running)}')
    assert shown(tab, "jobs-ended") == [running, done]
    # The filters say how many, are kept in the address, and a printer alone can be looked at.
    tab.click(role("filter-failed"), "1")
    tab.until("return document.querySelectorAll('[data-role=job]').length === 1")
    assert tab.path == "/jobs?show=failed"
    tab.click(role("filter-all"))
    tab.find(role("filter-printer")).send_keys("Berta")
    tab.until("return document.querySelectorAll('[data-role=job]').length === 2")
    assert tab.path == f"/jobs?printer={berta}"
    tab.reload()
    tab.until("return document.querySelectorAll('[data-role=job]').length === 2")


def test_the_story_of_a_job_has_a_link_and_grows(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    job = fake.add_job(printer, fake.add_file("bracket.gcode.3mf"), "waiting", "It waits.")
    steps.open_page(tab, f"/jobs?job={job}")
    tab.see("Received from the web pages.", role("job-dialog"))
    tab.see("the printer said so", role("story"))
    fake.move_job(job, "running", "It prints now.", number=1204417733, remotePath="/bracket-j1.gcode.3mf")
    tab.see("It prints now.", role("story"))
    tab.see("/bracket-j1.gcode.3mf", role("job-dialog"))
    tab.press(ESCAPE)
    tab.gone("dialog")
    assert tab.path == "/jobs"
    tab.click(job_row(job, role("job-open")))
    tab.find(role("job-dialog"))
    assert tab.path == f"/jobs?job={job}"
    tab.tolerated += ["status of 404"]
    steps.open_page(tab, "/jobs?job=nobody")
    tab.see("no such job any more", role("job-dialog"))


def test_cancelling_asks_only_where_something_prints(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna", state="RUNNING")
    file = fake.add_file("bracket.gcode.3mf")
    waiting, running = fake.add_job(printer, file, "waiting"), fake.add_job(printer, file, "running")
    steps.open_page(tab, "/jobs")
    tab.click(job_row(waiting, role("job-cancel")))
    tab.see("Cancelled by a person.", job_row(waiting))
    tab.click(job_row(running, role("job-cancel")), "Stop")
    tab.see("Stop the print on Anna?", role("confirm"))
    tab.click(role("cancel"))
    tab.gone("dialog")
    assert fake.docs["jobs"][running]["state"] == "running"
    tab.click(job_row(running, role("job-cancel")), "Stop")
    tab.click(role("confirm-yes"))
    tab.see("Cancelled by a person.", job_row(running))
    # And once more the same.
    tab.click(job_row(running, role("job-again")))
    tab.see("is to be printed on Anna again", role("toast"))
    tab.until("return document.querySelectorAll('[data-role=jobs-open] [data-role=job]').length === 1")


def test_an_unknown_job_shouts_at_its_card_and_a_person_says_how_it_went(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    job = fake.add_job(printer, fake.add_file("bracket.gcode.3mf"), "unknown", "The printer never said whether it began.", remedy="Look at the printer.")
    steps.open_printers(tab)
    tab.see("The printer never said whether it began.", card(printer, role("problem")))
    tab.find('[data-role="filter-attention"][data-some]')
    tab.until("return document.title.startsWith('(1) ')")
    tab.click(card(printer, role("fix-resolve")))
    tab.find(role("resolve-dialog"))
    assert tab.count(f'{role("resolve-dialog")} input[type=radio]') == 4
    tab.click(role("resolve-send"))
    tab.see("Choose what you see", role("resolve-dialog"))
    tab.click(f'{role("resolve-dialog")} label', "It was printed, and is well")
    tab.click(role("resolve-send"))
    tab.gone("dialog")
    tab.gone(card(printer, role("problem")))
    assert fake.docs["jobs"][job]["state"] == "done"
    tab.until("return !document.title.startsWith('(')")


def test_a_card_follows_its_jobs_from_the_file_to_the_print(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    file = fake.add_file("bracket.gcode.3mf")
    steps.open_printers(tab)
    steps.wait_card(tab, printer)
    assert not tab.has(card(printer, role("next-part")))
    job = fake.add_job(printer, file, "uploading", progress=GOING_UP)
    tab.see("50 % · 150 kB/s", card(printer, role("next-part")))
    assert tab.js("return document.querySelector(arguments[0]).getAttribute('aria-valuenow')", card(printer, "[data-role=next-part] [role=progressbar]")) == "50"
    tab.until("return document.querySelector(arguments[0])?.naturalWidth > 0", card(printer, "img"))
    fake.move_job(job, "waiting", "It waits until the door is closed.", progress=None, remedy="Close it.")
    tab.see("It waits until the door is closed.", card(printer, role("next-part")))
    tab.see("Close it.", card(printer, role("next-part")))
    fake.add_job(printer, file, "received")
    tab.see("and 1 more waits", card(printer))
    fake.change("printers", printer, stat={"state": "RUNNING", "progressPercent": 5, "job": {"name": "bracket-j1"}})
    fake.move_job(job, "running", "It prints.")
    tab.see("bracket.gcode.3mf", card(printer, role("print")))
    assert not tab.has(card(printer, role("foreign")))
    # What is stopped and started at the printer itself is none of Fuse's.
    fake.move_job(job, "failed", "It was stopped at the printer.")
    tab.see("not started by Fuse", card(printer, role("print")))


def test_why_a_job_was_not_printed_stays_on_the_card_until_it_is_noted_or_printed_again(fake, fake_tab):
    tab = fake_tab
    printer, file = fake.add_printer("Anna"), fake.add_file("bracket.gcode.3mf")
    steps.open_printers(tab)
    job = fake.add_job(printer, file, "uploading", "Its file is on its way.")
    tab.see("Sending", card(printer, role("next-part")))
    fake.move_job(job, "not-started", "The card has no room.", remedy="Delete files.")
    ended = card(printer, '[data-role="problem"][data-id="job-ended"]')
    tab.see("bracket.gcode.3mf: The card has no room.", ended)
    tab.see("Delete files.", ended)
    tab.see("1 needs attention", role("toolbar"))
    # Its story, and back.
    tab.click(f'{ended} {role("fix-story")}')
    tab.until("return location.search === arguments[0]", f"?job={job}")
    steps.open_printers(tab)
    # Printed again, it is looked at first: what was wrong may not be over.
    tab.click(f'{ended} {role("fix-print-again")}')
    tab.see("bracket.gcode.3mf", steps.PRINT)
    tab.click(role("print-submit", steps.PRINT))
    tab.gone("dialog")
    tab.gone(ended)
    again, = [one for one in fake.docs["jobs"] if one != job]
    fake.move_job(again, "not-started", "The card has no room.")
    # Who has noted it hears of it no more, in no tab.
    tab.click(f'{ended} {role("fix-noted")}')
    tab.gone(ended)
    steps.open_printers(tab)
    tab.find(card(printer))
    assert not tab.has(ended)


def test_a_start_that_the_printer_has_not_answered_is_on_the_card(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    steps.open_printers(tab)
    fake.add_job(printer, fake.add_file("bracket.gcode.3mf"), "sent", "The start was sent; the printer has not begun yet.")
    tab.see("The start was sent; the printer has not begun yet.", card(printer, role("next-part")))


def test_the_plate_is_cleared_at_the_card(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna", state="FINISH")
    steps.open_printers(tab)
    fake.change("printers", printer, plateUsedAt=fake_fuse.now(600))
    tab.find(card(printer, f'{role("plate-clear")}.btn--plain'))
    job = fake.add_job(printer, fake.add_file("bracket.gcode.3mf"), "waiting", "It waits until the plate is clear.")
    tab.find(card(printer, f'{role("plate-clear")}.btn--primary'))
    # While something prints, nobody can have cleared it.
    fake.change("printers", printer, stat={"state": "RUNNING"})
    tab.gone(card(printer, role("plate")))
    fake.change("printers", printer, stat={"state": "FINISH"})
    tab.click(card(printer, role("plate-clear")))
    tab.see("The plate is clear.", role("toast"))
    tab.gone(card(printer, role("plate")))
    assert fake.docs["printers"][printer]["plateUsedAt"] is None and fake.docs["jobs"][job]["state"] == "waiting"


def test_a_printer_may_start_unasked_and_says_what_that_means(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    steps.open_printers(tab)
    tab.click(card(printer, role("act-edit")))
    tab.click(role("field-unasked"))
    tab.see("the next print runs into the last one", steps.EDIT)
    tab.click(role("edit-submit"))
    tab.gone("dialog")
    assert [body for method, path, _, body in fake.asked if method == "PATCH"] == [b'{"startsUnasked":true}']
    # Then a used plate is in nobody's way.
    fake.change("printers", printer, plateUsedAt=fake_fuse.now(600))
    fake.add_job(printer, fake.add_file("bracket.gcode.3mf"), "waiting")
    tab.find(card(printer, f'{role("plate-clear")}.btn--plain'))


def test_what_a_printer_is_told_is_shown_and_why_it_refuses(fake, fake_tab):
    tab = fake_tab
    tab.tolerated += ["status of 409"]
    printer = fake.add_printer("Anna", state="RUNNING")
    steps.open_printers(tab)
    tab.click(card(printer, role("act-pause")))
    tab.see("Anna: pause is done.", role("toast"))
    fake.answers[f"POST /api/v1/printers/{printer}/commands"] = (409, fake_fuse.problem("conflict", "The printer heats up; it cannot go on yet.", "Wait a moment."))
    tab.click(card(printer, role("act-resume")))
    tab.see("Anna: The printer heats up; it cannot go on yet.", role("toast"))
    tab.see("Wait a moment.", role("toast"))


def test_many_jobs_are_shown_some_at_a_time(fake, fake_tab):
    tab = fake_tab
    printer = fake.add_printer("Anna")
    file = fake.add_file("bracket.gcode.3mf")
    for _ in range(120):
        fake.add_job(printer, file, "done", "Printed.")
    steps.open_page(tab, "/jobs")
    assert len(shown(tab, "jobs-ended")) == 50
    tab.click(role("more-ended") + ", .panel__body--flush > button")
    assert len(shown(tab, "jobs-ended")) == 100


@pytest.mark.parametrize("theme, width", [("dark", 390), ("light", 1440)])
def test_axe_core_finds_nothing(fake, fake_tab, theme, width):
    tab = fake_tab
    tab.viewport(width, 900)
    tab.go("/jobs")
    tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
    steps.open_page(tab, "/jobs")
    check_axe(tab, f"no jobs, {theme}, {width}")
    file = fake.add_file("bracket, a name that is longer than what there is room for.gcode.3mf")
    jobs = {}
    for state in ("waiting", "uploading", "running", "unknown", "done", "failed", "not-started", "cancelled", "staged"):
        printer = fake.add_printer(state, state="RUNNING" if state == "running" else "IDLE", progressPercent=30)
        jobs[state] = fake.add_job(printer, file, state, f"A sentence about {state}.", remedy="A remedy.", progress=GOING_UP if state == "uploading" else None)
        fake.change("printers", printer, plateUsedAt=fake_fuse.now(60))
    tab.until("return document.querySelectorAll('[data-role=job]').length === 9")
    check_axe(tab, f"jobs, {theme}, {width}")
    tab.assert_no_sideways_scroll()
    tab.click(job_row(jobs["unknown"], role("job-resolve")))
    tab.find(role("resolve-dialog"))
    check_axe(tab, f"resolve, {theme}, {width}")
    tab.press(ESCAPE)
    tab.gone("dialog")
    tab.click(job_row(jobs["waiting"], role("job-open")))
    tab.find(role("story-step"))
    check_axe(tab, f"story, {theme}, {width}")
    steps.open_printers(tab)
    tab.find(role("next-part"))
    check_axe(tab, f"cards with jobs, {theme}, {width}")
    tab.assert_no_sideways_scroll()
