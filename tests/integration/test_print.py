"""Prints with the whole of Fuse: a sliced file goes over REST into the cache, to a printer's storage over FTPS, and its
print starts over MQTT exactly once. Whoever dies meanwhile: test_crash_points.py; faults of printers: test_print_faults.py.
Addresses: 127.0.50.0/24."""
import json
import signal

import pytest

from rig import ftpd, links, threemf, waiting
from rig.place import make_place, place  # noqa: F401

X1C, P1S = "00M00A500000001", "01P00A500000002"


@pytest.fixture(scope="module")
def sliced() -> bytes:
    return threemf.sliced("BL-P001")


@pytest.mark.parametrize("serial,code,kind,plain", [
    pytest.param(X1C, "BL-P001", ftpd.FtpsPrinter, False, id="X1C"),
    pytest.param(P1S, "C12", ftpd.FtpsPrinter, True, id="P1S"),
    pytest.param("03000A500000003", "N1", ftpd.FtpsPrinter, True, id="A1-mini"),
    pytest.param("22E00A500000004", "N7", ftpd.VsftpdPrinter, False, id="P2S-vsftpd",
                 marks=pytest.mark.skipif(not ftpd.POSSIBLE, reason="vsftpd needs namespaces of its own"))])
def test_a_file_is_printed_once_from_the_order_to_the_end(place, serial, code, kind, plain):
    printer = place.printer(serial, "127.0.50.1", kind=kind, plain=plain)
    content = threemf.sliced(code)
    job = place.order(serial, place.keep(content))
    now = place.wait_job(job, "running")
    start = printer.starts[0]
    assert printer.storage.read(now["remotePath"]) == content
    assert start["url"] == f"ftp://{now['remotePath']}" and start["subtask_id"] == str(now["number"])
    assert start["ams_mapping"] == [0] and start["use_ams"] is True and start["param"] == "Metadata/plate_1.gcode"
    sent = [line for line in place.rest.get(f"/api/v1/printers/{serial}/messages").lines() if "project_file" in json.dumps(line)]
    assert sent, "the start is among the printer's messages"
    printer.finish()
    now = place.wait_job(job, "done")
    assert place.states(job) == ["received", "checked", "uploading", "uploaded", "armed", "sent", "started", "running", "done"]
    assert now["endedAt"] and now["startedAt"] and now["attempts"] == 1 and len(printer.starts) == 1 and not printer.missing
    place.fuse.wait_until(lambda: not printer.storage.files(), 10, "its file is still on the printer")
    waiting.wait_until(lambda: place.rest.get(f"/api/v1/printers/{serial}").json()["plateUsedAt"], 10)


def test_the_next_job_waits_for_its_turn_and_for_the_plate(place, sliced):
    printer = place.printer(X1C, "127.0.50.1")
    file = place.keep(sliced)
    first, second = place.order(X1C, file), place.order(X1C, file)
    place.wait_job(first, "running")
    assert place.wait_fault(second, "others-first")["sentence"] == "1 job is before it."
    printer.finish()
    place.wait_job(first, "done")
    assert place.wait_fault(second, "plate-not-clear")["state"] == "uploaded"
    assert len(printer.starts) == 1
    place.clear_plate(X1C)
    place.wait_job(second, "running")
    assert [start["subtask_id"] for start in printer.starts] == [str(place.job(job)["number"]) for job in (first, second)]


def test_a_staged_file_is_not_started(place, sliced):
    printer = place.printer(P1S, "127.0.50.2", plain=True)
    job = place.order(P1S, place.keep(threemf.sliced("C12")), stageOnly=True)
    now = place.wait_job(job, "staged")
    assert list(printer.storage.files()) == [now["remotePath"]] and now["remotePath"].count("/") == 2
    listed = place.rest.get(f"/api/v1/printers/{P1S}/files").json()
    assert now["remotePath"] in json.dumps(listed)
    place.rest.ask("DELETE", f"/api/v1/printers/{P1S}/files?path={now['remotePath']}", status=204)
    assert not printer.storage.files() and not printer.starts


@pytest.mark.parametrize("manner,fault", [("refuses", "start-refused"), ("unsigned", "developer-mode-off"),
                                          ("fails", "start-unreadable")])
def test_a_start_that_the_printer_refuses_has_certainly_not_begun(place, sliced, manner, fault):
    printer = place.printer(X1C, "127.0.50.1")
    printer.manner = manner
    job = place.order(X1C, place.keep(sliced))
    now = place.wait_job(job, "not-started")
    assert now["fault"] == fault and now["sentence"] and now["remedy"] and len(printer.starts) == 1


def test_a_slow_printer_is_waited_for_and_an_echo_is_no_start(place, sliced):
    printer = place.printer(P1S, "127.0.50.2", plain=True)
    printer.manner = "waits"
    job = place.order(P1S, place.keep(threemf.sliced("C12")))
    place.wait_job(job, "sent")
    printer.say(nozzle_temper=26)
    assert place.job(job)["state"] == "sent"
    problem = place.rest.ask("POST", f"/api/v1/printers/{P1S}/reconnect")
    assert problem.status == 409  # a printer that parses is left alone
    printer.go("PREPARE")
    place.wait_job(job, "started")
    printer.go("RUNNING", layer_num=1)
    place.wait_job(job, "running")
    printer.fail(0x0300800B)
    assert place.wait_job(job, "failed")["fault"] == "print-error"
    assert len(printer.starts) == 1


def test_a_job_is_cancelled_while_its_file_is_on_its_way(place):
    printer = place.printer(X1C, "127.0.50.1")
    printer.storage.stall_at = 100000
    job = place.order(X1C, place.keep(threemf.sliced("BL-P001", gcode_bytes=4 << 20)))
    place.fuse.wait_until(lambda: (place.job(job)["progress"] or {}).get("sentBytes", 0) > 0, 20, lambda: str(place.job(job)))
    place.rest.ask("DELETE", f"/api/v1/jobs/{job}")
    place.wait_job(job, "cancelled")
    printer.storage.stall_at = None
    place.fuse.wait_until(lambda: not printer.storage.files(), 20, "the part that was sent is still there")
    assert not printer.starts and place.job(job)["progress"] is None


def test_a_print_is_stopped_when_its_job_is_cancelled_and_others_never_are(place, sliced):
    printer = place.printer(X1C, "127.0.50.1")
    file = place.keep(sliced)
    job = place.order(X1C, file)
    place.wait_job(job, "running")
    place.rest.ask("DELETE", f"/api/v1/jobs/{job}")
    place.wait_job(job, "cancelled")
    assert printer.stops == 1
    printer.start_own()
    place.clear_plate(X1C)
    other = place.order(X1C, file)
    place.wait_fault(other, "printer-busy")
    place.rest.ask("DELETE", f"/api/v1/jobs/{other}")
    place.wait_job(other, "cancelled")
    assert printer.stops == 1 and len(printer.starts) == 1


def test_a_printer_that_is_unplugged_on_the_way_gets_the_file_anew_by_itself(place):
    printer = place.printer(X1C, "127.0.50.1")
    printer.storage.stall_at = 2 << 20
    content = threemf.sliced("BL-P001", gcode_bytes=12 << 20)
    job = place.order(X1C, place.keep(content))
    place.fuse.wait_until(lambda: (place.job(job)["progress"] or {}).get("sentBytes", 0) > 0, 20)
    printer.storage.stop()
    printer.stop()
    waited = place.wait_job(job, "waiting")
    assert waited["sentence"] and waited["remedy"] and waited["attempts"] == 1 and waited["progress"] is None
    printer.storage.stall_at = None
    printer.storage.start()
    printer.start()
    now = place.wait_job(job, "running")
    assert now["attempts"] == 2 and printer.storage.read(now["remotePath"]) == content and len(printer.starts) == 1


def test_a_helper_that_is_killed_costs_an_attempt_and_nothing_else(place):
    printer = place.printer(X1C, "127.0.50.1")
    printer.storage.stall_at = 100000
    content = threemf.sliced("BL-P001", gcode_bytes=4 << 20)
    job = place.order(X1C, place.keep(content))
    place.fuse.wait_until(lambda: (place.job(job)["progress"] or {}).get("sentBytes", 0) > 0, 20)
    place.fuse.kill(f"upload/{X1C}", signal.SIGKILL)
    printer.storage.stall_at = None
    now = place.wait_job(job, "running")
    assert now["attempts"] == 2 and printer.storage.read(now["remotePath"]) == content and len(printer.starts) == 1


def test_what_stands_in_the_way_is_told_before_anybody_orders(place, sliced):
    place.printer(X1C, "127.0.50.1")
    file = place.keep(sliced)
    told = place.rest.ask("POST", f"/api/v1/printers/{X1C}/preflight", {"file": file, "plate": 1}, status=200).json()
    assert told["ready"] is True and told["mapping"][0]["slotId"] == 0
    told = place.rest.ask("POST", f"/api/v1/printers/{X1C}/preflight", {"file": file, "plate": 7}, status=200).json()
    assert [one["finding"] for one in told["findings"]] == ["no-such-plate"]
