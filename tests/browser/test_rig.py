"""The rig itself: what it must notice, it notices."""
import json

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


@pytest.mark.skipif("VirtualAdd" not in rig_http.DOCUMENT["components"]["schemas"], reason="docs/openapi.json does not describe virtual printers yet")
def test_the_same_holds_for_virtual_printers(fake, fake_tab):
    status, made = fake.make_virtual({"name": "Vera", "ams": ["ams"]})
    assert status == 201
    serial = made["printers"][0]["serial"]
    check_form("VirtualResult", {**made["printers"][0], "printer": None})
    for change in ({"do": "trigger-error", "error": "nozzle-clog"}, {"faults": {"silent": True, "cutUploadPercent": 50}}, {"timeFactor": 60}):
        fake.turn(serial, change)
        check_form("VirtualControls", fake.docs["printers"][serial]["virtualControls"])
    assert {"virtual", "virtualControls"} <= set(rig_http.DOCUMENT["components"]["schemas"]["Printer"]["required"])
    # And what the pages send has the form that a true one takes.
    tab = fake_tab
    steps.open_printers(tab)
    tab.click(steps.role("add-printer-more"))
    tab.click(steps.role("way-virtual"))
    tab.click(steps.role("virtual-submit"))
    tab.gone("dialog")
    tab.click(steps.card(serial, steps.role("act-controls")))
    for name in ("virtual-online", "factor-10", "fault-noStorage", "faults-off", "test-print", "virtual-reboot", "virtual-clear"):
        tab.click(steps.role(name))
    tab.until("return document.querySelectorAll('[data-role=said][data-state=sent]').length === 0")
    sent = {path: [json.loads(body) for method, one, _, body in fake.asked if method == "POST" and one == path]
            for path in ("/api/v1/virtual-printers", f"/api/v1/printers/{serial}/virtual")}
    for (path, bodies), form in zip(sent.items(), ("VirtualAdd", "VirtualControl")):
        assert bodies, path
        for body in bodies:
            check_form(form, body)
