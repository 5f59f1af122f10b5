"""Whoever is killed at whichever crash point: nothing prints twice, is lost, or is said to be done when it is not.

One table: at which point somebody stands still, who is killed then, and how the job must end. The whole of Fuse, each
printer a Mosquitto with a storage behind FTPS. Its worker's and its sender's time passes quicker than in the product
(Makefile, HURRIED_…): an answer to a start is awaited for 6 s.
Addresses: 127.0.51.0/24.
"""
import concurrent.futures
import http.client
import os
import shutil
import signal

import pytest

from rig import crashpoints, links, threemf, waiting
from rig.fuse import Fuse
from rig.place import Place, make_place  # noqa: F401

X1C = "00M00A510000001"
PRINTS, NOT_SENT, NOT_KNOWN = {"running": 1}, {"not-started": 0}, {"unknown": 0}
# What the worker has handed to its MQTT library is on its way, or never will be: either is seen, and neither leads to a second.
PRINTS_OR_NOT_KNOWN = {"running": 1, "unknown": 0}

# (crash point, who is killed there): how the job then stands, and how many starts the printer has been told.
# "self" is who stands still there; where another is killed it goes on afterwards.
TABLE = {
    ("worker-received", "self"): PRINTS,
    ("worker-received", "stored"): PRINTS,
    ("worker-received", "fused"): PRINTS,
    ("worker-checked", "self"): PRINTS,
    ("worker-checked", "stored"): PRINTS,
    ("worker-checked", "fused"): PRINTS,
    ("worker-before-upload", "self"): PRINTS,
    ("worker-before-upload", "stored"): PRINTS,
    ("worker-before-upload", "fused"): PRINTS,
    ("worker-uploaded", "self"): PRINTS,
    ("worker-uploaded", "stored"): PRINTS,
    ("worker-uploaded", "fused"): PRINTS,
    ("worker-before-armed", "self"): PRINTS,
    ("worker-before-armed", "stored"): PRINTS,
    ("worker-before-armed", "fused"): PRINTS,
    # Decided, on disk, and whoever knew that nothing was sent is dead.
    ("worker-armed", "self"): NOT_KNOWN,
    ("worker-armed", "stored"): PRINTS,
    ("worker-armed", "fused"): NOT_KNOWN,
    ("worker-published", "self"): PRINTS_OR_NOT_KNOWN,
    ("worker-published", "stored"): PRINTS,
    ("worker-published", "fused"): PRINTS_OR_NOT_KNOWN,
    ("worker-sent", "self"): PRINTS_OR_NOT_KNOWN,
    ("worker-sent", "stored"): PRINTS,
    ("worker-sent", "fused"): PRINTS_OR_NOT_KNOWN,
    ("worker-started", "self"): PRINTS,
    ("worker-started", "stored"): PRINTS,
    ("worker-started", "fused"): PRINTS,
    ("upload-before-stor", "self"): PRINTS,
    ("upload-before-stor", "worker"): PRINTS,
    ("upload-before-stor", "stored"): PRINTS,
    ("upload-before-stor", "fused"): PRINTS,
    ("upload-half", "self"): PRINTS,
    ("upload-half", "worker"): PRINTS,
    ("upload-half", "stored"): PRINTS,
    ("upload-half", "fused"): PRINTS,
    ("upload-before-final", "self"): PRINTS,
    ("upload-before-final", "worker"): PRINTS,
    ("upload-before-final", "fused"): PRINTS,
    ("upload-before-size", "self"): PRINTS,
    ("upload-before-size", "worker"): PRINTS,
    ("upload-before-size", "fused"): PRINTS,
    # Not in the log: it is decided anew.
    ("stored-before-armed-log", "self"): PRINTS,
    ("stored-before-armed-log", "fused"): PRINTS,
    # In the log and not in the record. The worker that asked knows that it has handed nothing to MQTT; another cannot.
    ("stored-armed-log", "self"): NOT_SENT,
    ("stored-armed-log", "fused"): NOT_KNOWN,
    ("stored-before-commit", "self"): PRINTS,
    ("stored-before-commit", "fused"): PRINTS,
    ("stored-committed", "self"): PRINTS,
    ("stored-committed", "fused"): PRINTS,
    # While the file is taken: who sent it has no answer, and sends it again.
    ("stored-file-hashed", "self"): PRINTS,
    ("stored-file-hashed", "fused"): PRINTS,
    ("stored-file-named", "self"): PRINTS,
    ("stored-file-named", "fused"): PRINTS,
}
AT_ONCE = 6  # most of the time of a row is waiting


class Row:
    """One row of the table, tried in a Fuse of its own."""

    def __init__(self, row: tuple, number: int, folder):
        (self.point, self.victim), self.address = row, f"127.0.51.{number}"
        self.program, self.predicted = self.point.partition("-")[0], TABLE[row]
        folder.mkdir()
        self.place = Place(lambda **how: Fuse(name=f"crash-{self.point}-{self.victim}", **how), folder, hold=True)
        self.fuse = self.place.fuse

    def insist(self, method: str, path: str, body, headers: dict) -> dict:
        """A client that was not answered asks again."""
        def answered():
            try:
                answer = self.place.rest.ask(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                return None
            assert answer.status in (200, 201, 502, 503, 504), answer.body
            return answer.json() if answer.status < 300 else None

        return waiting.wait_until(answered, 30, f"{method} {path} is not answered", every_s=0.1)

    def hold(self):
        """Whoever comes to the point from now on stands still there."""
        self.fuse.hold_at(self.point)
        if self.program == "stored":
            self.fuse.restart("stored")

    def order(self) -> str:
        content = threemf.sliced("BL-P001", gcode_bytes=3 << 20 if self.program == "upload" else 20_000)
        headers = {"X-File-Name": "bracket.gcode.3mf", "Content-Type": "application/octet-stream"}
        if "-file-" in self.point:
            self.hold()
        file = self.insist("POST", "/api/v1/files", content, headers)["sha256"]
        if "-file-" not in self.point:
            self.hold() if self.program != "worker" else None
        body = {"file": file, "plate": 1}
        return self.insist("POST", f"/api/v1/printers/{X1C}/jobs", body, {"Idempotency-Key": "once"})["id"]

    def strike(self):
        """Somebody stands still at the point: kill whom the row names."""
        name = self.program if self.program == "stored" else f"{self.program}/{X1C}"
        pid = self.fuse.wait_held(name, 30)
        if self.victim == "self":
            self.fuse.kill(pid, signal.SIGKILL)
        elif self.victim == "fused":
            self.fuse.kill9()
            self.fuse.start(all_up=False)
        else:
            victim = f"worker/{X1C}" if self.victim == "worker" else self.victim
            generation = self.fuse.ps()[victim]["generation"]
            self.fuse.kill(victim, signal.SIGKILL)
            self.fuse.wait_reborn(victim, generation)
            if self.victim != "worker":  # a sender goes with its worker
                os.kill(pid, signal.SIGCONT)

    def play(self) -> tuple:
        """(how the job stands, starts that came to the printer)."""
        self.place.start()
        if self.program == "worker":
            self.fuse.hold_at(self.point)
        printer = self.place.printer(X1C, self.address)
        with concurrent.futures.ThreadPoolExecutor(1) as client:
            job = client.submit(self.order)
            self.strike()
            job = job.result(60)
        now = self.place.wait_job(job, *self.predicted, deadline_s=60)
        assert now["sentence"] and (now["state"] == "running" or now["remedy"]), now
        if now["state"] == "running":
            assert printer.storage.sha256(now["remotePath"]) == now["file"]
            printer.finish()
            self.place.wait_job(job, "done")
        links.wait_live(self.fuse, X1C)
        assert not printer.missing and len(self.place.rest.get("/api/v1/jobs").json()["jobs"]) == 1
        if now["state"] != "unknown":  # a file that may be printing stays
            # A busy storage that has not answered within a (hurried) second is tried again after 20 s.
            waiting.wait_until(lambda: not printer.storage.files(), 70, "its file is left on the printer")
        return now["state"], len(printer.starts)

    def close(self):
        self.place.close()
        self.fuse.close()


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Every row, several at a time: what play() gave or raised."""
    folder = tmp_path_factory.mktemp("rows")

    def play(number, row):
        one = Row(row, number, folder / str(number))
        try:
            return one.play()
        except BaseException as fault:  # raised where its row is looked at
            return fault
        finally:
            one.close()

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = {row: pool.submit(play, number, row) for number, row in enumerate(TABLE, 1)}
        return {row: future.result() for row, future in found.items()}


@pytest.mark.timelimit(300)
@pytest.mark.parametrize("point,victim", TABLE)
def test_the_job_ends_as_predicted(played, point, victim):
    found = played[point, victim]
    if isinstance(found, BaseException):
        raise found
    state, starts = found
    assert starts == TABLE[point, victim][state]


def test_every_crash_point_stands_in_the_table():
    assert {point for point, _ in TABLE} == crashpoints.names()
    assert {point for point, victim in TABLE if victim == "self"} == {point for point, victim in TABLE if victim == "fused"} \
        == crashpoints.names()
