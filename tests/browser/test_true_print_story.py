"""A person prints with the whole of Fuse behind the pages: a sliced file is dropped, looked into, sent and started, and followed to its
end. What is hard to come to is played in the stories beside this one."""
import pytest

from rig import links, threemf
from rig.brain import Brain
from rig.printers import OwnIssuer
from rig.waiting import wait_until

import site_rig
import steps
from steps import PRINT, card, role

ftpd = pytest.importorskip("rig.ftpd")

X1C, CODE = "00M00A600000001", "12345678"


@pytest.fixture
def site(request):
    """A Fuse whose owner vouches for the printer: its two services have two certificates."""
    one, issuer = site_rig.Site(request.node.name), OwnIssuer()
    (one.fuse.state / "ca.d").mkdir(parents=True)
    (one.fuse.state / "ca.d" / "test.pem").write_bytes(issuer.pem())
    one.issuer = issuer
    try:
        yield one.start()
    finally:
        one.close()


@pytest.fixture
def printer(site, tmp_path):
    """One that takes files and prints, and is live."""
    address = f"{site.net}.7"
    storage = ftpd.FtpsPrinter(X1C, address, CODE, ca=site.issuer).start()
    made = Brain(X1C, address, storage=storage, ca=site.issuer, code=CODE, tmp_path=tmp_path).start()
    links.add(site.fuse, X1C, address, CODE, name="Anna")
    links.wait_live(site.fuse, X1C)
    yield made
    made.close()
    storage.close()


def put_in(tab, path):
    """A file of this disk, chosen in the print dialog of the printer's card."""
    steps.open_printers(tab)
    tab.click(card(X1C, role("act-print")))
    tab.find(role("pick-upload", PRINT))
    tab.driver.find_element("css selector", f"{PRINT} {role('choose')}").send_keys(str(path))


@pytest.mark.timelimit(180)
def test_a_file_becomes_a_print_and_its_plate_is_cleared(site, tab, printer, tmp_path):
    (tmp_path / "bracket.gcode.3mf").write_bytes(threemf.sliced("BL-P001"))
    put_in(tab, tmp_path / "bracket.gcode.3mf")
    tab.find(f'{PRINT} [data-role="target"][data-serial="{X1C}"][data-standing="ready"]', deadline_s=30)
    tab.see("same material and colour", PRINT)
    tab.until("return document.querySelector(arguments[0])?.naturalWidth > 0", f"{PRINT} .platepic img", what="the plate has no picture")
    tab.click(role("print-submit"))
    tab.gone("dialog")
    wait_until(lambda: len(printer.starts) == 1, 60, "nothing was started")
    tab.see("bracket.gcode.3mf", card(X1C, role("print")), deadline_s=30)
    assert not tab.has(card(X1C, role("foreign")))
    tab.click('[data-role="nav"][data-nav="/jobs"]')
    tab.find('[data-role="jobs-open"] [data-state="running"]', deadline_s=30)
    printer.finish()
    tab.find('[data-role="jobs-ended"] [data-state="done"]', deadline_s=30)
    tab.click(role("job-open"))
    tab.until("return document.querySelectorAll('[data-role=story-step]').length > 6")
    tab.press("\ue00c")
    tab.gone("dialog")
    # The next one waits until somebody has taken it off.
    tab.click(role("job-again"))
    tab.click('[data-role="nav"][data-nav="/printers"]')
    tab.click(card(X1C, f'{role("plate-clear")}.btn--primary'), deadline_s=30)
    wait_until(lambda: len(printer.starts) == 2, 60, "the second was not started")


@pytest.mark.timelimit(120)
def test_a_file_that_was_not_sliced_is_kept_and_says_why_it_cannot_be_printed(site, tab, printer, tmp_path):
    (tmp_path / "project.3mf").write_bytes(threemf.unsliced())
    steps.open_page(tab, "/files")
    steps.choose_files(tab, tmp_path / "project.3mf")
    tab.find('[data-role="file"][data-check="unprintable"]', deadline_s=30)
    assert not tab.has(role("file-print"))
    tab.click(role("file-remove"))
    tab.gone(role("file"))
    tab.click(f"{role('toast')} button", "Undo")
    tab.find(role("file"))
