"""Jobs over REST: how they are ordered, listed, followed and resolved, and what is asked of a printer for them. fuse-httpd is
alone; its store (rig/playedstore.py) and workers are played."""
import json

import pytest

from rig import wire
from rig.alone import Alone
from rig.live import Events
from rig.playedstore import PlayedStore
from rig.waiting import wait_until

SHA = "ab" * 32
STATES = ["received", "checked", "waiting", "uploading", "uploaded", "staged", "armed", "sent", "started", "running", "done", "failed",
          "not-started", "unknown", "cancelled"]


@pytest.fixture
def store():
    with PlayedStore() as made:
        yield made


@pytest.fixture
def httpd(store):
    with Alone(printers=2, hear=store.hear) as made:
        yield made


def order(httpd, body=None, status: int = 201, printer: int = 0, key: str = None):
    path = f"/api/v1/printers/{httpd.serials[printer]}/jobs"
    return httpd.http.ask("POST", path, {"file": SHA} if body is None else body, {"Idempotency-Key": key} if key else {}, status)


def tell(httpd, store, job: str, state: str, **more):
    store.tell_job(httpd, job, state=STATES.index(state), **more)
    wait_until(lambda: httpd.http.get(f"/api/v1/jobs/{job}").json()["state"] == state, 10, "it is never told")


def ids(httpd, query: str = "") -> list:
    return [job["id"] for job in httpd.http.get("/api/v1/jobs" + query).json()["jobs"]]


# -- orders -------------------------------------------------------------------------------------------------

def test_an_order_becomes_a_job(httpd, store):
    options = {"timelapse": True, "amsMapping": [{"amsId": 0, "slotId": 1}, None], "bedType": "Glätte"}
    answer = order(httpd, {"file": SHA.upper(), "plate": 3, "stageOnly": True, "options": options})
    heard = store.heard[0]
    assert (heard["serial"], heard["sha256"], heard["plate"], heard["stage_only"]) == (httpd.serials[0], SHA, 3, True)
    assert json.loads(heard["options"]) == options and heard["key"] == ""
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["printer"], job["file"], job["plate"], job["stageOnly"], job["state"]) == (httpd.serials[0], SHA, 3, True, "received")
    assert httpd.http.get(answer.headers["location"]).json()["story"][0]["state"] == "received"


def test_what_is_left_out_is_the_usual(httpd, store):
    order(httpd)
    assert (store.heard[0]["plate"], store.heard[0]["stage_only"], store.heard[0]["options"]) == (1, False, "")


@pytest.mark.parametrize("body,word", [
    ({}, "file"), ({"file": "x"}, "file"), ({"file": SHA + "0"}, "file"), ({"file": 5}, "file"), ({"file": SHA, "plate": 0}, "plate"),
    ({"file": SHA, "plate": 1000}, "plate"), ({"file": SHA, "plate": "1"}, "plate"), ({"file": SHA, "plate": 1.5}, "plate"),
    ({"file": SHA, "stageOnly": 1}, "stageOnly"), ({"file": SHA, "options": []}, "options"), ({"file": SHA, "serial": "X"}, "serial"),
    ({"file": SHA, "options": {"x": "y" * 4096}}, "4096"), ([], "object")])
@pytest.mark.parametrize("what", ["jobs", "preflight"])
def test_an_order_that_is_none_is_not_passed_on(httpd, store, body, word, what):
    path = f"/api/v1/printers/{httpd.serials[0]}/{what}"
    assert word in httpd.http.problem("POST", path, 422, "invalid", body)["detail"]
    assert store.heard == []


def test_the_same_key_is_the_same_job(httpd):
    first = order(httpd, key="order 4711")
    again = order(httpd, key="order 4711", status=200)
    assert again.json()["id"] == first.json()["id"] and "location" not in again.headers
    assert order(httpd, {"file": SHA, "plate": 2}, 409, key="order 4711").json()["type"] == "/problems/conflict"
    assert order(httpd).json()["id"] != order(httpd).json()["id"]
    assert order(httpd, key="k" * 96).status == 201


@pytest.mark.parametrize("key", ["k" * 97, "a\tb", "\u00e9"])
def test_a_key_that_is_none_is_refused(httpd, store, key):
    assert "Idempotency-Key" in order(httpd, status=422, key=key).json()["detail"]
    assert store.heard == []


def test_the_same_is_ordered_once_more(httpd, store):
    job = order(httpd).json()["id"]
    answer = httpd.http.ask("POST", f"/api/v1/jobs/{job}/again", headers={"Idempotency-Key": "again"}, status=201)
    assert answer.json()["id"] != job
    assert (store.heard[-1]["id"], store.heard[-1]["key"]) == (job, "again")


# -- lists ----------------------------------------------------------------------------------------------------

def test_jobs_are_listed_newest_first_and_as_they_are_wanted(httpd, store):
    assert ids(httpd) == []
    made = [order(httpd, printer=printer).json()["id"] for printer in (0, 1, 0)]
    tell(httpd, store, made[0], "done", ended_ms=1_700_000_001_000)
    tell(httpd, store, made[1], "unknown")
    assert ids(httpd) == made[::-1]
    assert ids(httpd, "?limit=1") == made[2:]
    assert ids(httpd, f"?printer={httpd.serials[0]}") == [made[2], made[0]]
    assert ids(httpd, "?state=open") == [made[2], made[1]]
    assert ids(httpd, "?state=ended") == made[:1]
    assert ids(httpd, f"?state=unknown&printer={httpd.serials[1]}&limit=5") == made[1:2]
    assert ids(httpd, "?state=running") == []


@pytest.mark.parametrize("query", ["?state=gone", "?state=", "?printer=x", "?limit=0", "?limit=1025", "?limit=x"])
def test_a_list_of_what_cannot_be_is_refused(httpd, query):
    httpd.http.problem("GET", "/api/v1/jobs" + query, 400, "bad-parameter")


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_name(httpd, store, state):
    job = order(httpd).json()["id"]
    tell(httpd, store, job, state)
    told = httpd.http.get(f"/api/v1/jobs/{job}").json()
    assert told["ended"] == (state in ("staged", "done", "failed", "not-started", "cancelled"))
    assert f'fuse_jobs{{state="{state}"}} 1' in httpd.http.get("/metrics").body.decode()


def test_times_faults_and_progress_are_told(httpd, store):
    job = order(httpd).json()["id"]
    tell(httpd, store, job, "uploading", fault="busy", remedy="Wait.", number=5, remote_path="/a.3mf", attempts=2, cancel_wanted=True,
         started_ms=1_700_000_000_000)
    httpd.tell("JOB_PROGRESS", {"serial": httpd.serials[0], "id": job, "phase": "send", "sent_bytes": 40, "total_bytes": 100,
                                "rate_bytes_per_s": 7}, "worker", 0)
    wait_until(lambda: httpd.http.get(f"/api/v1/jobs/{job}").json()["progress"], 10, "its progress is never told")
    told = httpd.http.get(f"/api/v1/jobs/{job}").json()
    assert told["progress"] == {"phase": "send", "sentBytes": 40, "totalBytes": 100, "bytesPerSecond": 7}
    assert (told["fault"], told["remedy"], told["number"], told["remotePath"], told["attempts"], told["cancelWanted"]) == \
        ("busy", "Wait.", 5, "/a.3mf", 2, True)
    assert told["startedAt"] == "2023-11-14T22:13:20.000Z" and told["endedAt"] is None and told["origin"] == "httpd"


def test_events_tell_each_step(httpd, store):
    with Events(httpd, port=httpd.port) as events:
        job = order(httpd).json()["id"]
        events.wait(lambda: events.whole["jobs"].get(job, {}).get("state") == "received")
        for state in ("checked", "uploading", "armed", "running", "done"):
            tell(httpd, store, job, state)
            events.wait(lambda: events.whole["jobs"][job]["state"] == state)
            told = httpd.http.get(f"/api/v1/jobs/{job}").json()
            del told["story"]
            assert events.whole["jobs"][job] == told
        httpd.tell("JOB", None, "stored", key=0)
        events.wait(lambda: events.whole["jobs"] == {})
    httpd.http.problem("GET", f"/api/v1/jobs/{job}", 404, "not-found")


# -- what people do ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("outcome,number", [("not-started", 1), ("started", 2), ("done", 3), ("failed", 4)])
def test_a_person_says_what_became_of_it(httpd, store, outcome, number):
    httpd.http.ask("POST", "/api/v1/jobs/J7/resolve", {"outcome": outcome}, status=200)
    assert (store.heard[0]["id"], store.heard[0]["resolution"]) == ("J7", number)


@pytest.mark.parametrize("body", [{}, {"outcome": ""}, {"outcome": "printed"}, {"outcome": 3}, [], {"outcome": "done", "x": 1}])
def test_an_outcome_that_is_none_is_refused(httpd, store, body):
    httpd.http.problem("POST", "/api/v1/jobs/J7/resolve", 422, "invalid", body)
    assert store.heard == []


def test_a_job_is_cancelled_and_a_plate_is_clear(httpd, store):
    assert httpd.http.ask("DELETE", "/api/v1/jobs/J7", status=200).json()["sentence"] == "It is done."
    httpd.http.ask("POST", f"/api/v1/printers/{httpd.serials[1]}/plate-clear", status=200)
    assert [(frame.message.name, frame.fields) for frame in store.heard] == \
        [("JOB_CANCEL", {"id": "J7"}), ("PLATE_CLEAR", {"serial": httpd.serials[1]})]


def test_a_printer_may_start_unasked(httpd, store):
    path = f"/api/v1/printers/{httpd.serials[0]}"
    assert (httpd.http.get(path).json()["startsUnasked"], httpd.http.get(path).json()["plateUsedAt"]) == (False, None)
    httpd.http.ask("PATCH", path, {"startsUnasked": True}, status=200)
    assert store.heard[0]["starts_unasked"] is True and store.heard[0]["changes"] == 1 << 6
    httpd.http.problem("PATCH", path, 422, "invalid", {"startsUnasked": "yes"})
    httpd.tell("PRINTER", {"serial": httpd.serials[0], "name": "Left", "address": "192.0.2.1", "model": "X1C", "starts_unasked": True,
                           "plate_used_ms": 1_700_000_000_000}, "stored", key=0)
    wait_until(lambda: httpd.http.get(path).json()["startsUnasked"], 10, "it is never told")
    assert httpd.http.get(path).json()["plateUsedAt"] == "2023-11-14T22:13:20.000Z"
    httpd.http.ask("POST", "/api/v1/printers", {"serial": "NEW", "address": "192.0.2.9", "startsUnasked": True}, status=201)
    assert store.heard[-1]["starts_unasked"] is True


# -- at the printer --------------------------------------------------------------------------------------------------

def test_a_worker_says_what_stands_in_the_way(httpd, store):
    found = {"plate": 2, "ready": False, "findings": [{"finding": "door-open", "kind": "warning", "accepted": False, "sentence": "Open.",
                                                       "remedy": "Close it."}], "mapping": [], "trays": []}
    store.answers["PREFLIGHT"] = [("PREFLIGHT_RESULT", {"json": json.dumps(found)})]
    path = f"/api/v1/printers/{httpd.serials[1]}/preflight"
    assert httpd.http.ask("POST", path, {"file": SHA, "plate": 2, "options": {"accept": ["all"]}}, status=200).json() == found
    heard = store.heard[0]
    assert (heard.to_role, heard.to_slot, heard["serial"], heard["plate"]) == (wire.ROLES["worker"], 1, httpd.serials[1], 2)


def test_fuses_own_files_on_a_printer_are_listed_and_deleted(httpd, store):
    path = f"/api/v1/printers/{httpd.serials[0]}/files"
    store.answers["PRINTER_FILES_WANT"] = [("PRINTER_FILE", {"path": f"/a{number}.3mf", "size_bytes": number, "job": "J1" if number else ""})
                                           for number in range(1100)] + [("DONE", {})]
    files = httpd.http.get(path).json()["files"]
    assert len(files) == 1024  # more than that a printer will not have of ours
    assert files[:2] == [{"path": "/a0.3mf", "sizeBytes": 0, "job": None}, {"path": "/a1.3mf", "sizeBytes": 1, "job": "J1"}]
    httpd.http.ask("DELETE", path + "?path=/cache/a%20b.3mf", status=204)
    assert store.heard[-1]["path"] == "/cache/a b.3mf"
    heard = len(store.heard)
    for odd in ("", "?path=", "?path=a", "?path=/" + "x" * 130):
        httpd.http.problem("DELETE", path + odd, 400, "bad-parameter")
    assert len(store.heard) == heard
