"""Whatever goes wrong on a job's way, with the whole of Fuse: it goes on by itself, or a person is told in a sentence what is wrong
and what to do; nothing is said to be there or printed that is not, and nothing starts twice.

Single faults of a transfer, reply by reply: test_upload.py. Here each is a job's story. Time passes quicker than in the product for
the worker and its sender (Makefile, HURRIED_…): 3 minutes are 6 s, 40 s of an upload are 4. Addresses: 127.0.52.0/24.
"""
import concurrent.futures
import contextlib
import shutil
import subprocess

import pytest

from rig import ftpd, links, threemf, waiting
from rig.place import Place, make_place  # noqa: F401

X1C, P1S = "00M00A520000001", "01P00A520000002"
MIB = 1 << 20
CONTENT = threemf.sliced("BL-P001", gcode_bytes=2 * MIB, level=0)


@pytest.fixture
def place(make_place):
    return make_place(hold=True)


def percent(share: int) -> int:
    return len(CONTENT) * share // 100


def check_told(job: dict):
    """A person learns what is wrong and what to do."""
    assert job["fault"] and job["sentence"].endswith(".") and job["remedy"].endswith(".") and "{" not in job["sentence"] + job["remedy"]


def check_printed_once(place, printer, job: str, attempts: int = None, deadline_s: float = 40) -> dict:
    now = place.wait_job(job, "running", deadline_s=deadline_s)
    assert attempts in (None, now["attempts"])
    assert printer.storage.read(now["remotePath"]) == CONTENT and len(printer.starts) == 1 and not printer.missing
    printer.finish()
    assert place.wait_job(job, "done")["endedAt"] and len(printer.starts) == 1
    return now


# -- the file on its way ----------------------------------------------------------------------------------

# What the storage does, and the fault that the job shows meanwhile; then the storage is well again.
CUT = "files-cut size-differs"  # the latter when all was written already
PASSES = {"cut at 1 %": (dict(cut_at=percent(1)), CUT),
          "cut at 50 %": (dict(cut_at=percent(50)), CUT),
          "cut at 99 %": (dict(cut_at=percent(99)), CUT),
          "226 after losing data": (dict(loses_from=percent(60)), "size-differs"),
          "stall": (dict(stall_at=percent(50)), "files-stalled"),
          "full of other connections": (dict(answers={"": "421 Too many connections."}), "files-busy")}
# These are none: the size counts.
HARMLESS = {"426 after the whole file": dict(final="426 Failure reading network stream."), "226 late by 40 s": dict(final_delay_s=4)}
# And these end the job: only a person can help.
ENDS = {"552": (dict(answers={"STOR": "552 Insufficient storage."}), "storage-full"),
        "452": (dict(answers={"STOR": "452 full"}), "storage-full"),
        "553": (dict(answers={"STOR": "553 Could not create file."}), "storage-refuses"),
        "550": (dict(answers={"STOR": "550 denied"}), "storage-refuses"),
        "530": (dict(answers={"PASS": "530 Login incorrect."}), "code-refused")}
WELL = dict(cut_at=None, loses_from=None, stall_at=None, final=None, final_delay_s=0, answers={})
CASES = [*PASSES, *HARMLESS, *ENDS]


def behave(printer, **how):
    for name, value in how.items():
        setattr(printer.storage, name, value)


def serial_of(number: int) -> str:
    return f"00M00A5200001{number:02}"


@pytest.fixture
def many(place):
    """A printer for each case, and one file."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:  # a Mosquitto goes with the thread that has started it
        printers = list(pool.map(lambda n: place.printer(serial_of(n), f"127.0.52.{100 + n}"), range(len(CASES))))
        yield dict(zip(CASES, printers)), place.keep(CONTENT)


@pytest.mark.timelimit(120)
def test_what_goes_wrong_on_the_way_of_a_file_passes_or_is_told(place, many):
    printers, file = many
    for how, printer in printers.items():
        behave(printer, **(HARMLESS[how] if how in HARMLESS else {**PASSES, **ENDS}[how][0]))
    jobs = {how: place.order(printer.serial, file) for how, printer in printers.items()}
    for how, (_, fault) in PASSES.items():
        now = place.wait_fault(jobs[how], *fault.split())
        check_told(now)
        assert now["state"] in ("waiting", "uploading") and not printers[how].starts, how
        behave(printers[how], **WELL)
    for how, (_, fault) in ENDS.items():
        now = place.wait_job(jobs[how], "not-started")
        check_told(now)
        assert now["fault"] == fault and now["attempts"] == 1 and not printers[how].starts, how
    for how in PASSES:
        assert check_printed_once(place, printers[how], jobs[how])["attempts"] >= 2, how
    for how in HARMLESS:
        check_printed_once(place, printers[how], jobs[how], attempts=1)
    # A person made room: the same once more.
    behave(printers["552"], **WELL)
    again = place.rest.ask("POST", f"/api/v1/jobs/{jobs['552']}/again", status=201).json()["id"]
    check_printed_once(place, printers["552"], again)


@pytest.mark.skipif(not ftpd.POSSIBLE, reason="vsftpd needs namespaces of its own")
def test_the_plug_of_a_printer_with_vsftpd_is_pulled_at_60_percent(place):
    storage = lambda *arguments, **how: ftpd.VsftpdPrinter(*arguments, **how, rate=3 * MIB)  # noqa: E731
    printer = place.printer(X1C, "127.0.52.1", kind=storage)
    job = place.order(X1C, place.keep(CONTENT))
    place.fuse.wait_until(lambda: sum(printer.storage.files().values()) > percent(60), 20)
    printer.storage.stop()
    printer.kill()
    waited = place.wait_job(job, "waiting")
    check_told(waited)
    printer.storage.start()
    printer.start()
    check_printed_once(place, printer, job, attempts=2)
    told = place.fuse.fusectl("job", "show", job).stdout
    for words in ("Its file is on its way to the printer.", waited["sentence"], "The printer has the file.", "The printer has begun.", "Printed."):
        assert words in " ".join(told.split()), f"{words!r} is not in:\n{told}"


def test_an_access_code_that_changes_in_mid_life(place):
    printer = place.printer(X1C, "127.0.52.1")
    behave(printer, stall_at=percent(50))
    job = place.order(X1C, place.keep(CONTENT))
    place.fuse.wait_until(lambda: printer.storage.received, 20)
    printer.stop()  # it restarts with another code
    printer.storage.stop()
    printer.set_code("87654321")
    behave(printer, code="87654321", stall_at=None)
    printer.storage.start()
    printer.start()
    links.wait_link(place.fuse, X1C, 20, online=False, phase="login")
    now = place.wait_job(job, "waiting", "not-started")
    check_told(now)
    assert not printer.starts
    links.edit(place.fuse, X1C, access_code="87654321")
    check_printed_once(place, printer, job)


def test_a_link_that_comes_and_goes(place):
    printer = place.printer(X1C, "127.0.52.1")
    behave(printer, stall_at=percent(50))
    job = place.order(X1C, place.keep(CONTENT))
    place.fuse.wait_until(lambda: printer.storage.said("STOR"), 20)
    for _ in range(3):
        printer.restart()
        links.wait_live(place.fuse, X1C)
    behave(printer, stall_at=None)
    check_printed_once(place, printer, job)


# -- the start -----------------------------------------------------------------------------------------------

def test_a_printer_that_accepts_echoes_the_id_and_stays_idle(place):
    """As with Developer Mode off, where it does not say so."""
    printer = place.printer(X1C, "127.0.52.1")
    printer.manner = "echoes"
    job = place.order(X1C, place.keep(CONTENT))
    now = place.wait_job(job, "unknown")
    check_told(now)
    assert now["fault"] == "not-begun" and "has not begun" in now["sentence"] and len(printer.starts) == 1
    # It stays so until a person has looked, whatever is restarted; the next job does not pass it.
    second = place.order(X1C, now["file"])
    assert place.wait_fault(second, "undecided")["state"] == "waiting"
    place.fuse.restart(f"worker/{X1C}")
    links.wait_live(place.fuse, X1C)
    assert place.job(job)["state"] == "unknown" and len(printer.starts) == 1
    place.rest.ask("POST", f"/api/v1/jobs/{job}/resolve", {"outcome": "not-started"}, status=200)
    place.wait_job(job, "not-started")
    printer.manner = "prints"
    place.wait_job(second, "running")
    assert [start["subtask_id"] for start in printer.starts] == [str(place.job(one)["number"]) for one in (job, second)]


def test_a_printer_that_restarts_when_it_is_about_to_begin(place):
    printer = place.printer(X1C, "127.0.52.1")
    printer.manner = "waits"
    job = place.order(X1C, place.keep(CONTENT))
    place.wait_job(job, "sent")
    printer.wait_start()
    printer.kill()
    printer.state.update(gcode_state="IDLE", subtask_id="0", subtask_name="", gcode_file="")
    printer.start()
    now = place.wait_job(job, "unknown")
    check_told(now)
    links.wait_live(place.fuse, X1C)
    place.rest.ask("POST", f"/api/v1/jobs/{job}/resolve", {"outcome": "not-started"}, status=200)
    place.wait_job(job, "not-started")
    assert len(printer.starts) == 1
    place.fuse.wait_until(lambda: not printer.storage.files(), 20, "its file is left there")


def test_a_file_that_a_job_left_is_deleted_when_the_printer_is_back(place):
    """Some models print what they find when they are switched on."""
    printer = place.printer(P1S, "127.0.52.2", plain=True)
    content = threemf.sliced("C12")
    job = place.order(P1S, place.keep(content))
    place_of_file = place.wait_job(job, "running")["remotePath"]
    printer.storage.stop()
    printer.finish()
    place.wait_job(job, "done")
    printer.stop()
    # Whoever knew of the file is gone, and the printer is switched on without Fuse having been there meanwhile.
    place.fuse.stop()
    printer.storage.start()
    printer.start()
    assert printer.storage.files() == {place_of_file: len(content)}
    place.fuse.start(all_up=False)
    place.fuse.wait_until(lambda: not printer.storage.files(), 20, "its file is left there")
    place.fuse.wait_until(lambda: place.job(job)["remotePath"] == "", 10)
    assert place.job(job)["story"][-1]["sentence"] == "Its file was deleted from the printer."


# -- our own side --------------------------------------------------------------------------------------------

UNPRINTABLE = {"no 3MF": lambda: b"%PDF-1.7 this is no 3MF" * 100, "truncated": lambda: threemf.truncated(CONTENT),
               "bomb": lambda: threemf.bomb(256 * MIB), "not sliced": threemf.unsliced}


def test_a_file_that_cannot_be_printed_is_never_sent(place):
    printer = place.printer(X1C, "127.0.52.1")
    for what, make in UNPRINTABLE.items():
        answer = place.rest.ask("POST", f"/api/v1/printers/{X1C}/jobs", {"file": place.keep(make()), "plate": 1})
        assert answer.status == 409, what
        assert answer.json()["detail"].endswith(".") and answer.json()["remedy"].endswith("."), what
    assert not printer.starts and not printer.storage.connections
    assert place.rest.get("/api/v1/jobs").json()["jobs"] == []


def test_a_file_that_is_deleted_while_its_job_waits(place):
    printer = place.printer(X1C, "127.0.52.1")
    printer.start_own()
    file = place.keep(CONTENT)
    job = place.order(X1C, file)
    place.wait_fault(job, "printer-busy")
    assert "still needs the file" in place.rest.problem("DELETE", f"/api/v1/files/{file}", 409, "conflict")["detail"]
    for path in (place.fuse.state / "store/cache").rglob(file):  # by hand, or by a disk that dies
        path.unlink()
    printer.go("IDLE", subtask_id="0", subtask_name="", gcode_file="")
    place.clear_plate(X1C)
    now = place.wait_job(job, "not-started")
    check_told(now)
    assert now["fault"] == "file-missing" and not printer.starts and not printer.storage.files()


@pytest.fixture
def place_on_small_disk(make_fuse, tmp_path):
    """A store that has a disk of 100 MiB for itself."""
    place = Place(make_fuse, tmp_path, hold=True)
    store = place.fuse.state / "store"
    store.mkdir(mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,mode=700", "none", store], check=False).returncode != 0:
        pytest.skip("not tried: this user may not mount a disk of its own (that takes root)")
    yield place.start(), store / "ballast"
    place.close()
    place.fuse.stop()
    subprocess.run(["umount", "--lazy", store], check=True)


def test_nothing_starts_while_our_disk_is_full(place_on_small_disk):
    place, ballast = place_on_small_disk
    printer = place.printer(X1C, "127.0.52.1")
    behave(printer, stall_at=percent(50))
    job = place.order(X1C, place.keep(CONTENT))
    place.fuse.wait_until(lambda: printer.storage.received, 20)
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    behave(printer, stall_at=None)
    place.fuse.wait_log("the store does not take a job's step", 20)
    generation = place.fuse.ps()[f"worker/{X1C}"]["generation"]
    place.fuse.kill(f"worker/{X1C}", 9)
    place.fuse.wait_reborn(f"worker/{X1C}", generation)
    links.wait_live(place.fuse, X1C)
    assert place.job(job)["state"] in ("uploading", "waiting", "uploaded") and not printer.starts
    ballast.unlink()
    check_printed_once(place, printer, job, deadline_s=60)


def lose_database(place):
    """Fuse is stopped, its database damaged; what the snapshot of before has is what it finds."""
    kept = place.fuse.state / "store/snapshots/2026-11-22T18-30-00Z-5.mdb"
    place.fuse.kill9()
    for path in kept.parent.iterdir():
        if path != kept:
            path.unlink()
    (place.fuse.state / "store/db/data.mdb").write_bytes(b"x" * 65536)
    place.fuse.start(all_up=False)


def take_snapshot(place):
    """What the store does now and then by itself."""
    place.fuse.stop()
    folder = place.fuse.state / "store/snapshots"
    folder.mkdir(exist_ok=True)
    shutil.copy(folder.parent / "db/data.mdb", folder / "2026-11-22T18-30-00Z-5.mdb")
    place.fuse.start(all_up=False)


def test_a_restored_snapshot_never_starts_a_print_again_and_holds_the_others(place):
    printer = place.printer(X1C, "127.0.52.1")
    printer.start_own()
    file = place.keep(CONTENT)
    first, second = place.order(X1C, file), place.order(X1C, file)
    place.wait_fault(second, "others-first")
    take_snapshot(place)
    links.wait_live(place.fuse, X1C)
    printer.finish()
    place.wait_fault(first, "plate-not-clear")
    place.clear_plate(X1C)
    place.wait_job(first, "running")
    printer.finish()
    place.wait_job(first, "done")
    lose_database(place)
    now = place.wait_job(first, "unknown")
    assert "restored" in now["sentence"] and now["remedy"]
    place.rest.ask("POST", f"/api/v1/jobs/{first}/resolve", {"outcome": "done"}, status=200)
    place.wait_job(first, "done")
    place.clear_plate(X1C)
    held = place.wait_fault(second, "store-holds")
    assert held["state"] == "uploaded" and "fusectl store confirm" in held["remedy"] and len(printer.starts) == 1
    assert place.fuse.fusectl("--yes", "store", "confirm").returncode == 0
    place.wait_job(second, "running")
    assert len({start["subtask_id"] for start in printer.starts}) == len(printer.starts) == 2
