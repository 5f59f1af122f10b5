"""A Fuse with printers that print, for stories of whole prints: files and jobs go over REST, printers are played by
rig/brain.py with a storage of rig/ftpd.py each.

	place = Place(make_fuse, tmp_path).start()
	printer = place.printer("00M00A500000001", "127.0.50.1")
	job = place.order("00M00A500000001", place.keep(threemf.sliced("BL-P001")))
	place.wait_job(job, "running")
"""
import contextlib
import json
from http.client import HTTPException

import pytest

from . import ftpd, http, links, waiting
from .brain import Brain
from .printers import OwnIssuer

CODE = "12345678"
ENDED = {"staged", "done", "failed", "not-started", "cancelled"}


class Place:
    """A Fuse, and printers that it knows."""

    def __init__(self, make_fuse, tmp_path, **how):
        self.folder, self.issuer, self.stages = tmp_path, OwnIssuer(), {}
        self.fuse = make_fuse(**how)
        (self.fuse.state / "ca.d").mkdir(parents=True)
        (self.fuse.state / "ca.d" / "test.pem").write_bytes(self.issuer.pem())

    def start(self):
        self.fuse.start()
        self.rest = http.Http(self.fuse, timeout_s=30)
        return self

    def printer(self, serial: str, address: str, kind=ftpd.FtpsPrinter, **options) -> Brain:
        """It is switched on, known, and live."""
        storage = kind(serial, address, CODE, ca=self.issuer).start()
        printer = Brain(serial, address, storage=storage, ca=self.issuer, code=CODE, tmp_path=self.folder, **options)
        self.stages[serial] = printer.start()
        links.add(self.fuse, serial, address, CODE)
        links.wait_live(self.fuse, serial)
        return printer

    def close(self):
        for printer in self.stages.values():
            printer.close()
            printer.storage.close()

    # -- over REST ----------------------------------------------------------------------------------------

    def keep(self, content: bytes, name: str = "bracket.gcode.3mf") -> str:
        """Put a file into the cache; returns its name there, once it was looked into."""
        headers = {"X-File-Name": name, "Content-Type": "application/octet-stream"}
        answer = self.rest.ask("POST", "/api/v1/files", content, headers)
        sha256 = answer.json()["sha256"]

        def examined():
            return any(file["sha256"] == sha256 and file["check"] != "waiting"
                       for file in self.rest.get("/api/v1/files").json()["files"])

        waiting.wait_until(examined, 20, "the file is not examined")
        return sha256

    def order(self, serial: str, sha256: str, **more) -> str:
        order = {"file": sha256, "plate": 1, **more}
        return self.rest.ask("POST", f"/api/v1/printers/{serial}/jobs", order, status=201).json()["id"]

    def job(self, job: str) -> dict:
        """As Fuse tells it, with its story; asked again while the store is not there."""
        def told():
            with contextlib.suppress(OSError, HTTPException):
                answer = self.rest.ask("GET", f"/api/v1/jobs/{job}")
                assert answer.status in (200, 502, 503), answer.body
                return answer.json() if answer.status == 200 else None

        return waiting.wait_until(told, 20, f"nothing is told of {job}", every_s=0.1)

    def wait_job(self, job: str, *states: str, deadline_s: float = 30) -> dict:
        """Until it is in one of these states."""
        def there():
            now = self.job(job)
            assert now["state"] in states or now["state"] not in ENDED, f"it is {json.dumps(now, indent=1)}"
            return now if now["state"] in states else None

        return self.fuse.wait_until(there, deadline_s, lambda: json.dumps(self.job(job), indent=1))

    def wait_fault(self, job: str, *faults: str, deadline_s: float = 30) -> dict:
        def there():
            now = self.job(job)
            return now if now["fault"] in faults else None

        return self.fuse.wait_until(there, deadline_s, lambda: json.dumps(self.job(job), indent=1))

    def clear_plate(self, serial: str):
        self.rest.ask("POST", f"/api/v1/printers/{serial}/plate-clear", status=200)

    def states(self, job: str) -> list:
        """The states that it went through."""
        found = []
        for step in self.job(job)["story"]:
            if step["state"] not in found[-1:]:
                found.append(step["state"])
        return found


@pytest.fixture
def make_place(make_fuse, tmp_path):
    made = []

    def make(**how) -> Place:
        made.append(Place(make_fuse, tmp_path, **how))
        return made[-1].start()

    yield make
    for place in made:
        place.close()


@pytest.fixture
def place(make_place):
    return make_place()
