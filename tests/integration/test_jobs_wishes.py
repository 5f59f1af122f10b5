"""What a person may want of a job, from every state that it can be in: to cancel it, to say what became of it, to have it
once more. The store alone; who moves the job is its worker."""
import pytest

from test_jobs_store import RESOLUTIONS, STATES, TO_UPLOADED, bring, refused, state_of, step, stored, submit  # noqa: F401

STARTED = (*TO_UPLOADED, "armed", "sent", "started")
# How a job comes to each state.
WAYS = {"received": (), "checked": ("checked",), "waiting": ("checked", "waiting"), "uploading": TO_UPLOADED[:2],
        "uploaded": TO_UPLOADED, "armed": (*TO_UPLOADED, "armed"), "sent": (*TO_UPLOADED, "armed", "sent"), "started": STARTED,
        "running": (*STARTED, "running"), "unknown": (*TO_UPLOADED, "armed", "unknown"),
        "staged": (*TO_UPLOADED, "staged"), "done": (*STARTED, "running", "done"), "failed": (*STARTED, "failed"),
        "not-started": ("checked", "not-started"), "cancelled": ("cancelled",)}
ENDS = ("staged", "done", "failed", "not-started", "cancelled")
OPEN = tuple(state for state in WAYS if state not in ENDS)


def at(stored, state: str, **more) -> str:
    job = submit(stored, stage_only=state == "staged", **more)
    bring(stored, job, *WAYS[state])
    assert state_of(stored, job) == state
    return job


def test_every_state_is_among_them(stored):
    assert set(WAYS) == set(STATES)


@pytest.mark.parametrize("state", OPEN)
def test_a_job_that_has_not_ended_can_be_cancelled(stored, state):
    job = at(stored, state)
    stored.events.clear()
    assert stored.ask("httpd", "JOB_CANCEL", {"id": job})["sentence"] == "The job is being cancelled."
    stored.wait_event("JOBS_CHANGED", stored.workers["ALPHA"])
    stored.restart()
    mine, = stored.jobs_of("ALPHA")
    assert mine["cancel_wanted"] and state_of(stored, job) == state  # it is the worker who moves it
    if state not in ("armed", "sent"):
        step(stored, job, "cancelled")
        assert "already" in stored.ask("httpd", "JOB_CANCEL", {"id": job})["sentence"]
    else:  # it is told as it went, and never as cancelled
        assert refused(step, stored, job, "cancelled").reason == "conflict"


@pytest.mark.parametrize("state", ENDS[:-1])
def test_a_job_that_has_ended_stays_as_it_is(stored, state):
    job = at(stored, state)
    refusal = refused(stored.ask, "httpd", "JOB_CANCEL", {"id": job})
    assert refusal.reason == "conflict" and f"it is {state}" in refusal.sentence
    for outcome in RESOLUTIONS[1:]:
        refusal = refused(stored.ask, "httpd", "JOB_RESOLVE", {"id": job, "resolution": RESOLUTIONS.index(outcome)})
        assert refusal.reason == "conflict" and f"it is {state}" in refusal.sentence


@pytest.mark.parametrize("state", [state for state in OPEN if state != "unknown"])
def test_nobody_decides_on_what_is_known(stored, state):
    job = at(stored, state)
    refusal = refused(stored.ask, "httpd", "JOB_RESOLVE", {"id": job, "resolution": RESOLUTIONS.index("done")})
    assert refusal.reason == "conflict" and "Nobody need decide" in refusal.sentence and state in refusal.sentence


@pytest.mark.parametrize("outcome", RESOLUTIONS[1:])
def test_what_a_person_knows_is_kept_until_the_worker_follows_it(stored, outcome):
    job = at(stored, "unknown")
    # Somebody was wrong the first time: the last word counts.
    stored.ask("httpd", "JOB_RESOLVE", {"id": job, "resolution": RESOLUTIONS.index("done" if outcome != "done" else "failed")})
    stored.ask("httpd", "JOB_RESOLVE", {"id": job, "resolution": RESOLUTIONS.index(outcome)})
    stored.restart()
    mine, = stored.jobs_of("ALPHA")
    assert RESOLUTIONS[mine["resolved"]] == outcome
    step(stored, job, outcome)
    assert state_of(stored, job) == outcome


@pytest.mark.parametrize("state", ENDS)
def test_whatever_has_ended_can_be_had_once_more(stored, state):
    job = at(stored, state, options='{"timelapse":true}', key="first")
    again = stored.ask("httpd", "JOB_AGAIN", {"id": job, "key": "second"})
    assert not again["was_there"] and again["id"] != job
    assert stored.ask("httpd", "JOB_AGAIN", {"id": job, "key": "second"}).fields == {"id": again["id"], "was_there": True}
    one, = [mine for mine in stored.jobs_of("ALPHA") if mine["id"] == again["id"]]
    assert one["options"] == '{"timelapse":true}' and one["stage_only"] == (state == "staged")
    assert one["number"] != stored.job(job)["number"]  # the printer knows it by another
    # The order's own key still means the first one.
    assert submit(stored, options='{"timelapse":true}', key="first", stage_only=state == "staged") == job


@pytest.mark.parametrize("state", OPEN)
def test_what_has_not_ended_is_not_doubled(stored, state):
    job = at(stored, state)
    refusal = refused(stored.ask, "httpd", "JOB_AGAIN", {"id": job})
    assert refusal.reason == "conflict" and state in refusal.sentence and refusal.remedy
