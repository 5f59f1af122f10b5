"""Jobs as the store keeps them: nothing is acknowledged that is not on disk, one key is one job, a start is decided once
and stands in armed.log before anything else, and what a restored snapshot does not know is never started again.

The real fuse-stored, with the test as everybody else (rig/store_alone.py).
"""
import json
import os
import re
import shutil
import signal

import pytest

from rig import wire
from rig.store_alone import StoreAlone
from rig.waiting import wait_until

STATES = ["received", "checked", "waiting", "uploading", "uploaded", "staged", "armed", "sent", "started", "running", "done",
          "failed", "not-started", "unknown", "cancelled"]
RESOLUTIONS = ["", "not-started", "started", "done", "failed"]
TO_UPLOADED = ("checked", "uploading", "uploaded")


@pytest.fixture
def stored():
    with StoreAlone() as one:
        one.printer("ALPHA")
        one.sha256 = one.file()
        yield one


def order(stored, serial="ALPHA", **more) -> dict:
    return {"serial": serial, "sha256": stored.sha256, "plate": 1, **more}


def submit(stored, serial="ALPHA", role="httpd", **more) -> str:
    return stored.ask(role, "JOB_SUBMIT", order(stored, serial, **more))["id"]


def state_of(stored, job: str) -> str:
    return STATES[stored.job(job)["state"]]


def step(stored, job: str, to: str, from_: str = None, serial: str = "ALPHA", **more):
    fields = {"id": job, "from": STATES.index(from_ or state_of(stored, job)), "to": STATES.index(to),
              "sentence": f"It is {to}.", "evidence": f"evidence of {to}", **more}
    return stored.as_worker(serial, "JOB_STEP", fields)


def bring(stored, job: str, *states, serial: str = "ALPHA"):
    for to in states:
        step(stored, job, to, serial=serial)


def post_step(stored, job: str, to: str) -> int:
    slot = stored.workers["ALPHA"]
    return stored.post("worker", "JOB_STEP", {"id": job, "from": STATES.index(state_of(stored, job)), "to": STATES.index(to)},
                       slot, slot + 7)


def arms(stored, job: str) -> bool:
    try:
        step(stored, job, "armed")
    except wire.Refused:
        return False
    return True


def refused(function, *arguments, **more) -> wire.Refused:
    with pytest.raises(wire.Refused) as caught:
        function(*arguments, **more)
    return caught.value


def story(stored, job: str) -> list:
    return json.loads(stored.ask("httpd", "JOB_STORY_WANT", {"id": job})["json"])


def armed_log(stored) -> list:
    path = stored.dir / "armed.log"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


# -- on disk before it is said -----------------------------------------------------------------------------

def test_what_was_answered_is_there_after_the_power_failed(stored):
    options = '{"timelapse":true}'
    job = submit(stored, options=options, key="k")
    told = stored.job(job)
    assert told["state"] == 0 and told["file_name"] == "part.gcode" and told["printer_name"] == "Printer ALPHA"
    stored.restart()
    assert stored.job(job) == told
    mine, = stored.jobs_of("ALPHA")
    assert mine["options"] == options and 1 <= mine["number"] <= 2**31 - 1
    for to in (*TO_UPLOADED, "armed", "sent", "started", "running", "done"):
        step(stored, job, to, remote_path="/part.gcode", attempts=3)
        stored.restart()
        assert state_of(stored, job) == to
    assert stored.job(job)["remote_path"] == "/part.gcode" and stored.job(job)["attempts"] == 3
    assert [entry["state"] for entry in story(stored, job)] == ["received", *TO_UPLOADED, "armed", "sent", "started", "running", "done"]


def test_a_file_that_may_be_left_on_a_printer_is_told_until_it_is_gone(stored):
    done, staged = submit(stored), submit(stored, stage_only=True)
    bring(stored, done, *TO_UPLOADED, "armed", "sent", "started", "running")
    step(stored, done, "done", remote_path="/part.gcode")
    bring(stored, staged, *TO_UPLOADED)
    step(stored, staged, "staged", remote_path="/cache/part.gcode")  # that one is to stay
    stored.restart()
    left, = stored.jobs_of("ALPHA")
    assert (left["id"], left["remote_path"], STATES[left["state"]]) == (done, "/part.gcode", "done")
    for wrong in ({"to": "failed"}, {"to": "done", "remote_path": "/other.gcode"}, {"to": "done", "from_": "running"}):
        assert refused(step, stored, done, **wrong).reason == "conflict"
    ended = stored.job(done)
    step(stored, done, "done")
    assert stored.jobs_of("ALPHA") == []
    stored.restart()
    assert stored.jobs_of("ALPHA") == []
    assert stored.job(done) == {**ended, "remote_path": ""}
    assert story(stored, done)[-1]["sentence"] == "Its file was deleted from the printer."
    assert refused(step, stored, staged, "staged").reason == "conflict"


@pytest.mark.parametrize("point, kept", [("stored-before-commit", "received"), ("stored-committed", "checked")])
def test_a_step_is_answered_after_it_is_on_disk_and_not_before(stored, point, kept):
    job = submit(stored)
    stored.restart(hold_at=point)
    post_step(stored, job, "checked")
    stored.wait_held()
    stored.ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:  # retained messages and the like, and no answer
            assert wire.decode_frame(stored.ours.recv(wire.FRAME_MAX_BYTES)).message.kind != "REPLY"
    stored.restart()
    assert state_of(stored, job) == kept


# -- keys --------------------------------------------------------------------------------------------------

def test_one_key_and_order_is_one_job(stored):
    first = stored.ask("httpd", "JOB_SUBMIT", order(stored, key="k", options="{}"))
    assert not first["was_there"]
    stored.restart()
    for _ in range(2):
        again = stored.ask("httpd", "JOB_SUBMIT", order(stored, key="k", options="{}"))
        assert again["id"] == first["id"] and again["was_there"]
    stored.printer("BETA")
    for other in ({"plate": 2}, {"stage_only": True}, {"options": '{"timelapse":true}'}, {"serial": "BETA"},
                  {"sha256": stored.file(b"another")}):
        refusal = refused(stored.ask, "httpd", "JOB_SUBMIT", {**order(stored, key="k", options="{}"), **other})
        assert refusal.reason == "conflict" and first["id"] in refusal.sentence
    # Another's keys are other keys, and without a key each is a job.
    assert submit(stored, key="k", options="{}", role="fusectl") != first["id"]
    assert submit(stored) != submit(stored)
    # The same holds when it is over and its file is gone.
    for job in [job["id"] for job in stored.all("JOB")]:
        step(stored, job, "cancelled")
    stored.ask("httpd", "FILE_REMOVE", {"sha256": stored.sha256})
    assert stored.ask("httpd", "JOB_SUBMIT", order(stored, key="k", options="{}"))["id"] == first["id"]


def test_one_key_twice_in_one_turn_is_one_job(stored):
    os.kill(stored.process.pid, signal.SIGSTOP)
    requests = [stored.post("httpd", "JOB_SUBMIT", order(stored, key="k", plate=plate)) for plate in (1, 1, 2)]
    requests.append(stored.post("httpd", "JOB_SUBMIT", order(stored, key="other")))
    os.kill(stored.process.pid, signal.SIGCONT)
    first, again = stored.answer(requests[0]), stored.answer(requests[1])
    assert first["id"] == again["id"] and not first["was_there"] and again["was_there"]
    assert refused(stored.answer, requests[2]).reason == "conflict"
    assert stored.answer(requests[3])["id"] != first["id"]
    assert len(stored.all("JOB")) == 2 and len(stored.jobs_of("ALPHA")) == 2


# -- what cannot be ----------------------------------------------------------------------------------------

def test_an_order_that_cannot_be_is_refused_with_the_reason(stored):
    def refusal(**more):
        return refused(stored.ask, "httpd", "JOB_SUBMIT", {**order(stored), **more})

    assert refusal(serial="NOBODY").reason == "not-found"
    assert refusal(sha256="0" * 64).reason == "not-found"
    assert refusal(sha256=stored.sha256.upper()).reason == "invalid"
    assert refusal(sha256="../../etc/passwd").reason == "invalid"
    assert refusal(plate=0).reason == "invalid"
    wrong = refusal(options='{"timelapse":"perhaps"}')
    assert wrong.reason == "invalid" and "timelapse" in wrong.sentence
    assert refusal(options="[").reason == "invalid"
    assert stored.all("JOB") == [] and stored.jobs_of("ALPHA") == []


def test_a_file_that_cannot_be_printed_is_refused_in_its_own_words():
    with StoreAlone() as stored:
        stored.examined = {"printable": False, "sentence": "It is a recipe for soup.", "remedy": "Slice something.",
                           "json": '{"kind":"other","plates":[]}'}
        stored.printer("ALPHA")
        stored.sha256 = stored.file(b"two carrots", "soup.gcode")
        stored.wait_retained("FILE", lambda files: files and files[0]["check"] == 2)
        refusal = refused(submit, stored)
        assert refusal.reason == "conflict"
        assert (refusal.sentence, refusal.remedy) == ("It is a recipe for soup.", "Slice something.")


def test_no_more_jobs_wait_for_a_printer_than_may(stored):
    for number in range(64):
        last = submit(stored, key=str(number))
    assert refused(submit, stored).reason == "conflict"
    assert submit(stored, key="0") != last  # it is there already: that is no more
    numbers = [job["number"] for job in stored.jobs_of("ALPHA")]
    assert len(set(numbers)) == 64
    assert [job["id"] for job in stored.jobs_of("ALPHA")] == sorted(job["id"] for job in stored.all("JOB"))
    step(stored, last, "cancelled")
    submit(stored)
    # A printer takes all of them along, in one change.
    assert stored.ask("httpd", "PRINTER_REMOVE", {"serial": "ALPHA"}).message.name == "DONE"
    assert {STATES[job["state"]] for job in stored.all("JOB")} == {"cancelled"}


# -- steps -------------------------------------------------------------------------------------------------

def test_only_the_printers_own_worker_moves_its_jobs_and_only_as_they_may_go(stored):
    stored.printer("BETA")
    job = submit(stored)
    stored.wait_event("JOBS_CHANGED", stored.workers["ALPHA"])
    assert stored.jobs_of("BETA") == []
    assert refused(step, stored, job, "checked", serial="BETA").reason == "not-found"
    assert refused(stored.ask, "worker", "JOB_STEP", {"id": job, "from": 0, "to": 1}, 0, 99).reason == "not-found"  # a ghost
    assert refused(step, stored, "j000000000000000", "checked", from_="received").reason == "not-found"
    wrong = refused(step, stored, job, "waiting", from_="checked")
    assert wrong.reason == "conflict" and wrong.sentence == "The job is received, and not checked."
    for to in ("armed", "running", "done", "unknown", "staged"):
        assert refused(step, stored, job, to).reason == "conflict"
    assert refused(stored.as_worker, "ALPHA", "JOB_STEP", {"id": job, "from": 0, "to": 15}).reason == "conflict"
    assert state_of(stored, job) == "received"
    staged = submit(stored, stage_only=True)
    bring(stored, staged, *TO_UPLOADED)
    assert refused(step, stored, staged, "armed").reason == "conflict"
    step(stored, staged, "staged")
    bring(stored, job, *TO_UPLOADED)
    assert refused(step, stored, job, "staged").reason == "conflict"
    assert armed_log(stored) == []


def test_the_same_state_again_tells_more_and_is_news_only_in_other_words(stored):
    job = submit(stored)
    for sentence in ("The printer is away.", "The printer is away.", "It is busy."):
        step(stored, job, "waiting", sentence=sentence, fault="not-linked", remedy="Wait.", evidence=sentence.upper())
    told = stored.job(job)
    assert (told["sentence"], told["fault"], told["remedy"]) == ("It is busy.", "not-linked", "Wait.")
    assert [(entry["state"], entry["sentence"], entry["evidence"]) for entry in story(stored, job)[1:]] == [
        ("waiting", "The printer is away.", "THE PRINTER IS AWAY."), ("waiting", "It is busy.", "IT IS BUSY.")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["at"]) for entry in story(stored, job))


# -- the start ---------------------------------------------------------------------------------------------

def test_a_start_stands_in_the_log_before_its_record(stored):
    job = submit(stored, key="k")
    bring(stored, job, *TO_UPLOADED)
    number = stored.jobs_of("ALPHA")[0]["number"]
    stored.restart(hold_at="stored-before-armed-log")
    post_step(stored, job, "armed")
    stored.wait_held()
    assert armed_log(stored) == []
    stored.restart(hold_at="stored-armed-log")  # nothing has happened: it can be decided still
    assert state_of(stored, job) == "uploaded"
    post_step(stored, job, "armed")
    stored.wait_held()
    assert [line[2:5] for line in armed_log(stored)] == [[job, str(number), "ALPHA"]]
    stored.restart()
    told = stored.job(job)
    assert STATES[told["state"]] == "unknown" and told["fault"] == "armed-before" and told["number"] == number
    assert "Look at the printer." in told["sentence"] and "restored" not in told["sentence"]
    assert "armed.log" in story(stored, job)[-1]["evidence"]
    assert stored.jobs_of("ALPHA")[0]["armed_ms"] > 0
    stored.restart()
    assert stored.job(job) == told
    assert submit(stored, key="k") == job


def test_a_start_whose_record_cannot_be_written_is_decided_anew_and_noted_once(stored):
    job = submit(stored)
    bring(stored, job, *TO_UPLOADED)
    stored.no_space_beyond(4096)  # of the database, not of the log
    refusal = refused(step, stored, job, "armed")
    assert state_of(stored, job) == "uploaded" and refusal.reason in ("failed", "no-space", "read-only")
    assert len(armed_log(stored)) == 1
    stored.no_space_beyond(0)
    wait_until(lambda: arms(stored, job), 20)
    assert len(armed_log(stored)) == 1
    stored.restart()
    assert state_of(stored, job) == "armed"


def snapshot(stored):
    """What the store does now and then by itself (stored/snapshot.h), now."""
    stored.stop()
    (stored.dir / "snapshots").mkdir(exist_ok=True)
    for old in (stored.dir / "snapshots").iterdir():
        old.unlink()
    shutil.copy(stored.dir / "db/data.mdb", stored.dir / "snapshots/2026-11-22T18-30-00Z-5.mdb")
    stored.start()


def lose_database(stored):
    stored.kill()
    for late in (stored.dir / "snapshots").iterdir():
        if "2026-11-22T18-30-00Z-5" not in late.name:
            late.unlink()
    (stored.dir / "db/data.mdb").write_bytes(b"x" * 65536)
    stored.start()


def test_what_a_restored_snapshot_does_not_know_is_not_started_again(stored):
    job, other = submit(stored, key="k"), submit(stored)
    bring(stored, job, *TO_UPLOADED)
    bring(stored, other, *TO_UPLOADED)
    snapshot(stored)
    bring(stored, job, "armed", "sent", "started")
    late, never = submit(stored, key="late"), submit(stored, key="never")
    bring(stored, late, *TO_UPLOADED, "armed")
    lose_database(stored)
    status, = stored.all("STORE_STATUS")
    assert status["holds_prints"]
    # A job that was started meanwhile, one that was not, and two that the snapshot does not know.
    assert state_of(stored, job) == "unknown" and "before the database was restored" in stored.job(job)["sentence"]
    assert state_of(stored, other) == "uploaded"
    assert stored.job(late) is None and stored.job(never) is None
    assert submit(stored, key="k") == job
    refusal = refused(submit, stored, key="late")
    assert refusal.reason == "conflict" and "started already" in refusal.sentence and "ALPHA" in refusal.sentence
    assert submit(stored, key="never") not in (job, other, late, never)
    # Nothing is started until a person has looked.
    held = refused(step, stored, other, "armed")
    assert held.reason == "conflict" and "confirmed" in held.sentence
    stored.ask("httpd", "STORE_CONFIRM", {})
    step(stored, other, "armed")
    assert [line[2] for line in armed_log(stored)] == [job, late, other]
    assert refused(submit, stored, key="late").reason == "conflict"  # that stays


def test_while_the_log_cannot_be_read_nothing_is_started_and_no_key_is_taken(stored):
    job = submit(stored)
    bring(stored, job, *TO_UPLOADED)
    stored.kill()
    (stored.dir / "armed.log").mkdir()
    stored.start()
    refusal = refused(step, stored, job, "armed")
    assert refusal.reason == "failed" and "armed.log" in refusal.sentence and "nothing is started" in refusal.sentence
    assert refused(submit, stored, key="k").sentence == refusal.sentence
    submit(stored)
    stored.kill()
    (stored.dir / "armed.log").rmdir()
    stored.start()
    step(stored, job, "armed")
    submit(stored, key="k")


def test_a_damaged_log_is_owned_up_to_and_a_person_looks(stored):
    jobs = [submit(stored) for _ in range(3)]
    for job in jobs:
        bring(stored, job, *TO_UPLOADED, "armed")
    stored.kill()
    path = stored.dir / "armed.log"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0].replace(b"ALPHA", b"ALPHB") + lines[1] + lines[2])
    stored.start()
    status, = stored.all("STORE_STATUS")
    assert status["holds_prints"] and "armed.log" in status["sentence"]
    assert len(list(stored.dir.glob("armed.log.damaged-*"))) == 1
    # What the database knows of starts is in the log again.
    assert sorted(line[2] for line in armed_log(stored)) == jobs
    fresh = submit(stored)
    bring(stored, fresh, *TO_UPLOADED)
    assert refused(step, stored, fresh, "armed").reason == "conflict"
    stored.ask("httpd", "STORE_CONFIRM", {})
    step(stored, fresh, "armed")


# -- what people want --------------------------------------------------------------------------------------

def test_a_wish_to_cancel_is_on_disk_and_stops_the_start(stored):
    job = submit(stored)
    bring(stored, job, *TO_UPLOADED)
    stored.events.clear()
    stored.ask("httpd", "JOB_CANCEL", {"id": job})
    stored.wait_event("JOBS_CHANGED", stored.workers["ALPHA"])
    assert stored.job(job)["cancel_wanted"] and state_of(stored, job) == "uploaded"
    stored.restart()
    assert stored.jobs_of("ALPHA")[0]["cancel_wanted"]
    assert refused(step, stored, job, "armed").sentence == "The job is to be cancelled."
    assert armed_log(stored) == []
    stored.ask("fusectl", "JOB_CANCEL", {"id": job})
    step(stored, job, "cancelled")
    assert "httpd" in story(stored, job)[-2]["sentence"]
    assert "already" in stored.ask("httpd", "JOB_CANCEL", {"id": job})["sentence"]
    assert refused(stored.ask, "httpd", "JOB_CANCEL", {"id": "j000000000000000"}).reason == "not-found"
    done = submit(stored)
    bring(stored, done, *TO_UPLOADED, "armed", "sent", "started", "done")
    refusal = refused(stored.ask, "httpd", "JOB_CANCEL", {"id": done})
    assert refusal.reason == "conflict" and "done" in refusal.sentence


def test_a_person_decides_on_what_is_not_known(stored):
    job = submit(stored)
    assert refused(stored.ask, "httpd", "JOB_RESOLVE", {"id": job, "resolution": 3}).reason == "conflict"
    bring(stored, job, *TO_UPLOADED, "armed", "unknown")
    assert refused(stored.ask, "httpd", "JOB_RESOLVE", {"id": job, "resolution": 0}).reason == "invalid"
    stored.events.clear()
    stored.ask("httpd", "JOB_RESOLVE", {"id": job, "resolution": RESOLUTIONS.index("done")})
    stored.wait_event("JOBS_CHANGED", stored.workers["ALPHA"])
    stored.restart()
    assert RESOLUTIONS[stored.jobs_of("ALPHA")[0]["resolved"]] == "done"
    assert state_of(stored, job) == "unknown"  # the worker moves it
    step(stored, job, "done")


def test_what_a_person_said_is_not_said_of_the_next_time(stored):
    job = submit(stored)
    bring(stored, job, *TO_UPLOADED, "armed", "unknown")
    stored.ask("httpd", "JOB_RESOLVE", {"id": job, "resolution": RESOLUTIONS.index("started")})
    step(stored, job, "unknown")
    assert RESOLUTIONS[stored.jobs_of("ALPHA")[0]["resolved"]] == "started"
    bring(stored, job, "started", "unknown")
    stored.restart()
    assert RESOLUTIONS[stored.jobs_of("ALPHA")[0]["resolved"]] == ""


def test_a_job_that_has_ended_can_be_ordered_again(stored):
    job = submit(stored, plate=3, options='{"timelapse":true}', key="k")
    assert refused(stored.ask, "httpd", "JOB_AGAIN", {"id": job}).reason == "conflict"
    step(stored, job, "not-started")
    again = stored.ask("httpd", "JOB_AGAIN", {"id": job, "key": "second"})
    assert again["id"] > job and not again["was_there"]
    assert stored.ask("httpd", "JOB_AGAIN", {"id": job, "key": "second"}).fields == {"id": again["id"], "was_there": True}
    mine, = stored.jobs_of("ALPHA")
    assert (mine["id"], mine["plate"], mine["options"]) == (again["id"], 3, '{"timelapse":true}')
    step(stored, again["id"], "not-started")
    stored.ask("httpd", "FILE_REMOVE", {"sha256": stored.sha256})
    assert refused(stored.ask, "httpd", "JOB_AGAIN", {"id": job}).reason == "not-found"


def test_a_file_is_held_while_a_job_needs_it(stored):
    job = submit(stored)
    stored.wait_retained("FILE", lambda files: files[0]["open_jobs"] == 1)
    stored.restart()
    stored.wait_retained("FILE", lambda files: files and files[0]["open_jobs"] == 1)
    assert refused(stored.ask, "httpd", "FILE_REMOVE", {"sha256": stored.sha256}).reason == "conflict"
    step(stored, job, "cancelled")
    stored.wait_retained("FILE", lambda files: files[0]["open_jobs"] == 0)
    # Both in one turn: the job comes first, so the file stays.
    os.kill(stored.process.pid, signal.SIGSTOP)
    ordered = stored.post("httpd", "JOB_SUBMIT", order(stored))
    removed = stored.post("httpd", "FILE_REMOVE", {"sha256": stored.sha256})
    os.kill(stored.process.pid, signal.SIGCONT)
    stored.answer(ordered)
    assert refused(stored.answer, removed).reason == "conflict"


def test_a_worker_is_told_when_the_file_was_looked_into(stored):
    job = submit(stored)
    stored.kill()
    stored.examined = {"printable": True, "kind": 2, "plates": 1, "sentence": "One plate.", "json": '{"kind":"gcode","plates":[]}'}
    stored.start()
    stored.wait_event("JOBS_CHANGED", stored.workers["ALPHA"])
    assert stored.jobs_of("ALPHA")[0]["id"] == job


# -- a printer that goes -----------------------------------------------------------------------------------

def test_the_jobs_of_a_removed_printer_end_with_it(stored):
    stored.printer("BETA")
    waiting, running, beside = submit(stored), submit(stored), submit(stored, "BETA")
    bring(stored, running, *TO_UPLOADED, "armed", "sent", "started", "running")
    os.kill(stored.process.pid, signal.SIGSTOP)  # one that is ordered in the very same turn
    late = stored.post("httpd", "JOB_SUBMIT", order(stored))
    gone = stored.post("httpd", "PRINTER_REMOVE", {"serial": "ALPHA"})
    os.kill(stored.process.pid, signal.SIGCONT)
    late = stored.answer(late)["id"]
    assert stored.answer(gone).message.name == "DONE"
    for restart in (False, True):
        if restart:
            stored.restart()
        for job in (waiting, running, late):
            assert state_of(stored, job) == "cancelled" and stored.job(job)["fault"] == "printer-removed"
        assert "may run on" in stored.job(running)["sentence"] and "may run on" not in stored.job(waiting)["sentence"]
        assert state_of(stored, beside) == "received"
    stored.wait_retained("FILE", lambda files: files and files[0]["open_jobs"] == 1)
    assert story(stored, running)[-1]["state"] == "cancelled" and len(story(stored, running)) == 9
    assert refused(submit, stored).reason == "not-found"


# -- the plate ---------------------------------------------------------------------------------------------

def plate_of(stored, serial: str = "ALPHA") -> int:
    return next(p for p in stored.all("PRINTER") if p["serial"] == serial)["plate_used_ms"]


def test_no_start_is_decided_while_there_may_be_a_print_on_the_plate(stored):
    job = submit(stored)
    bring(stored, job, *TO_UPLOADED)
    assert plate_of(stored) == 0
    stored.as_worker("ALPHA", "PLATE_USED", {"print": 4711})
    used = plate_of(stored)
    assert used > 0
    stored.restart()
    assert plate_of(stored) == used
    slot = stored.workers["ALPHA"]
    mine = stored.ask("worker", "PRINTER_WANT", {}, slot, slot + 7)
    assert mine["plate_used_ms"] == used and mine["plate_print"] == 4711
    assert "plate" in refused(step, stored, job, "armed").sentence
    stored.events.clear()
    assert "clear now" in stored.ask("httpd", "PLATE_CLEAR", {"serial": "ALPHA"})["sentence"]
    stored.wait_event("PRINTER_CHANGED", slot)
    assert plate_of(stored) == 0
    stored.restart()  # which print it was stays known
    mine = stored.as_worker("ALPHA", "PRINTER_WANT", {})
    assert mine["plate_used_ms"] == 0 and mine["plate_print"] == 4711
    assert "already" in stored.ask("httpd", "PLATE_CLEAR", {"serial": "ALPHA"})["sentence"]
    assert refused(stored.ask, "httpd", "PLATE_CLEAR", {"serial": "NOBODY"}).reason == "not-found"
    step(stored, job, "armed")


def test_a_printer_that_starts_unasked_does_not_wait_for_the_plate(stored):
    job = submit(stored)
    bring(stored, job, *TO_UPLOADED)
    stored.as_worker("ALPHA", "PLATE_USED", {"print": 4711})
    stored.ask("httpd", "PRINTER_EDIT", {"serial": "ALPHA", "changes": 1 << 6, "starts_unasked": True})
    printer, = stored.all("PRINTER")
    assert printer["starts_unasked"] and printer["plate_used_ms"] > 0
    stored.restart()
    printer, = stored.all("PRINTER")
    assert printer["starts_unasked"]
    # Another change leaves it as it is.
    stored.ask("httpd", "PRINTER_EDIT", {"serial": "ALPHA", "changes": 1, "name": "Anna"})
    printer, = stored.all("PRINTER")
    assert printer["starts_unasked"] and printer["name"] == "Anna"
    step(stored, job, "armed")
