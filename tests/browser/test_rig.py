"""The rig itself: what it must notice, it notices."""
import jsonschema
import pytest

from rig import http as rig_http

import chrome
import fake_fuse
import steps


def test_a_script_and_a_style_that_the_policy_forbids_are_noticed(site, tab):
    tab.go("/")
    tab.js("document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.__pwned = 1'}))")
    tab.until("return window.__faults.length > 0")
    assert any(fault.startswith("CSP: script-src") for fault in tab.faults()), tab.faults()
    tab.tolerated += ["CSP: script-src", "Executing inline script|Refused to execute inline script"]


def test_an_error_of_a_page_is_noticed(site, tab):
    tab.go("/")
    tab.js("setTimeout(() => { throw new Error('of the story'); })")
    tab.until("return window.__faults.length > 0")
    said = chrome.console_complaints(tab.browser)
    assert any("of the story" in text for text in said), said
    tab.tolerated += ["of the story", "Script error"]


def test_what_cannot_be_seen_is_not_found(site, tab):
    tab.go("/")
    tab.js("document.body.insertAdjacentHTML('beforeend', '<button hidden>Here</button>')")
    with pytest.raises(AssertionError, match="there is no button"):
        tab.find("button", "Here", deadline_s=0.3)


def check_form(name: str, document):
    jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": rig_http.DOCUMENT["components"]}).validate(document)


@pytest.mark.skipif("/api/v1/jobs/{job}" not in rig_http.DOCUMENT["paths"], reason="docs/openapi.json does not describe files and jobs yet")
def test_what_the_played_fuse_says_has_the_form_that_a_true_one_promises(fake, fake_tab):
    """Else stories before it would say nothing of Fuse."""
    printer = fake.add_printer("Anna")
    for check in ("printable", "unprintable", "waiting", "failed"):
        file = fake.add_file(f"{check}.gcode.3mf", check=check)
    file = fake.add_file("bracket.gcode.3mf", plates=2)
    for state in (*fake_fuse.ENDED, "waiting", "uploading", "unknown"):
        job = fake.add_job(printer, file, state, "So it is.", progress={"phase": "send", "sentBytes": 1, "totalBytes": 2, "bytesPerSecond": 3})
    check_form("Files", {"files": list(fake.docs["files"].values()), "usage": {**fake.cache, "sentence": ""}})
    check_form("Jobs", {"jobs": list(fake.docs["jobs"].values())})
    check_form("JobWithStory", {**fake.docs["jobs"][job], "story": fake.stories[job]})
    check_form("Plates", fake.plates[file])
    order = {"file": file, "plate": 1, "stageOnly": False, "options": {}}
    check_form("JobOrder", order)
    check_form("Preflight", fake.preflight(fake.docs["printers"][printer], fake.docs["files"][file], order))
    # And what the pages order has the form that a true one takes.
    steps.open_page(fake_tab, "/files")
    fake_tab.click(steps.file_row(file, steps.role("file-print")))
    fake_tab.click(steps.printer_row(printer, "label"))
    fake_tab.find('[data-role="target"][data-standing="ready"]')
    fake_tab.click(steps.role("print-submit"))
    fake_tab.gone("dialog")
    (_, key, sent), = fake.orders()
    check_form("JobOrder", sent)
    assert key
