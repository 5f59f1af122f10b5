"""Who started a print and who stopped it: at the printer's screen, with Fuse's buttons, or a job; and plain G-code, whose
start has no number. Addresses: 127.0.57.0/24."""
import json

from rig import threemf
from rig.place import make_place, place  # noqa: F401

X1C, P1S = "00M00A570000001", "01P00A570000002"


def command(place, serial: str, word: str):
    place.rest.ask("POST", f"/api/v1/printers/{serial}/commands", {"command": {"command": word}}, status=200)


def test_a_print_that_is_stopped_with_fuses_own_button_is_cancelled(place):
    printer = place.printer(X1C, "127.0.57.1")
    job = place.order(X1C, place.keep(threemf.sliced("BL-P001")))
    place.wait_job(job, "running")
    command(place, X1C, "stop")
    now = place.wait_job(job, "cancelled")
    assert now["fault"] == "cancelled" and "stopped" in now["sentence"] and printer.stops == 1


def test_a_print_from_the_screen_is_stopped_by_a_person_alone_and_is_nobodys_job(place):
    printer = place.printer(X1C, "127.0.57.1")
    job = place.order(X1C, place.keep(threemf.sliced("BL-P001")), stageOnly=True)
    now = place.wait_job(job, "staged")
    # The very file that Fuse has put there is printed at the screen, with no number, as printers do.
    name = now["remotePath"].rpartition("/")[2]
    printer.go("RUNNING", subtask_id="0", task_id="0", subtask_name=name.removesuffix(".gcode.3mf"), gcode_file=name)
    other = place.order(X1C, place.keep(threemf.sliced("BL-P001", mark="other")))
    place.wait_fault(other, "printer-busy")
    place.rest.ask("DELETE", f"/api/v1/jobs/{other}")
    place.wait_job(other, "cancelled")
    assert place.job(job)["state"] == "staged" and printer.stops == 0
    command(place, X1C, "stop")  # a person may
    place.fuse.wait_until(lambda: printer.stops == 1, 10, "it is not stopped")
    assert now["remotePath"] in printer.storage.files()


def test_plain_gcode_is_printed_once_and_known_by_its_name(place):
    printer = place.printer(P1S, "127.0.57.2", plain=True)
    content = b"; HEADER_BLOCK_START\n; total layer number: 10\n; HEADER_BLOCK_END\nG28\nG1 X10 Y10 E1\nM400\n"
    job = place.order(P1S, place.keep(content, "cube.gcode"))
    now = place.wait_job(job, "not-started", "running")
    if now["state"] == "not-started":  # it does not say for which model it is
        assert now["fault"] == "model-not-told" and now["remedy"], json.dumps(now)
        job = place.order(P1S, now["file"], options={"accept": ["all"]})
        now = place.wait_job(job, "running")
    start, = printer.starts
    assert start["command"] == "gcode_file" and start["param"] == f"/sdcard{now['remotePath']}"
    assert printer.storage.read(now["remotePath"]) == content
    printer.finish()
    assert place.wait_job(job, "done")["endedAt"]
    place.fuse.wait_until(lambda: not printer.storage.files(), 10, "its file is still on the printer")
    # Once more: another job, another name; and the old name says nothing of it.
    place.clear_plate(P1S)
    printer.manner = "deaf"
    again = place.rest.ask("POST", f"/api/v1/jobs/{job}/again", status=201).json()["id"]
    second = place.wait_job(again, "sent")
    assert second["remotePath"] != now["remotePath"] and len(printer.starts) == 2
    printer.go("RUNNING", subtask_id="0", gcode_file=now["remotePath"].lstrip("/"), subtask_name="")
    printer.say(nozzle_temper=30)
    assert place.job(again)["state"] == "sent"
    printer.go("IDLE")
    printer.go("RUNNING", subtask_id="0", gcode_file="/sdcard" + second["remotePath"], subtask_name="")
    place.wait_job(again, "running")
