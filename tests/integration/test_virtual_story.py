"""Stories of a whole Fuse with virtual printers: the ordinary worker links to what fuse-virtual plays, and each fault control
is seen and said as with a real printer. Everything here is real.
"""
import contextlib
import os
import signal
import socket

import pytest

from rig import http
from rig.fuse import AS_ROOT, Fuse

MAKE = "/api/v1/virtual-printers"
NOBODY = 65534
STARTS_ANEW_S = 40  # a link that waits up to so long between tries


class Played:
    """A Fuse with one virtual printer."""

    def __init__(self, fuse, **wish):
        self.fuse, self.web = fuse, http.Http(fuse, timeout_s=60)
        (made,) = self.web.ask("POST", MAKE, wish, status=201).json()["printers"]
        self.serial = made["serial"]
        self.path = f"/api/v1/printers/{self.serial}"
        self.wait_link(lambda link: link["phase"] == "live" and link["online"])

    @property
    def printer(self) -> dict:
        return self.web.get(self.path).json()

    @property
    def stat(self) -> dict:
        return self.web.get(f"{self.path}/stat").json()

    def wait_link(self, predicate, deadline_s=STARTS_ANEW_S):
        return self.fuse.wait_until(lambda: predicate(self.printer["link"]), deadline_s, lambda: str(self.printer["link"]))

    def wait_live(self):
        self.wait_link(lambda link: link["phase"] == "live" and link["online"] and not link["fault"])

    def turn(self, **change):
        self.web.ask("POST", f"{self.path}/virtual", change, status=200)

    def faults(self, **faults):
        self.turn(faults=faults)

    def reconnect(self):
        """As a person does who does not want to wait."""
        self.web.raw("POST", f"{self.path}/reconnect")

    @property
    def jobs(self) -> list:
        return [job for job in self.web.get("/api/v1/jobs").json()["jobs"] if job["printer"] == self.serial]

    def wait_job(self, *states: str, deadline_s=60):
        def newest():
            return max(self.jobs, key=lambda job: job["id"], default=None)

        return self.fuse.wait_until(lambda: (job := newest()) and job["state"] in states and job, deadline_s, lambda: str(newest()))


@pytest.fixture(scope="module", name="stage")
def one_fuse(request):
    fuse = Fuse(name=request.node.nodeid.rpartition("/")[2]).start()
    yield Played(fuse, name="Vera", model="X1C", ams=["ams"])
    fuse.close()


def test_a_test_print_goes_through_cache_and_upload_and_runs_to_its_end(stage):
    stage.turn(timeFactor=600)
    stage.turn(do="test-print")
    stage.wait_job("running", "done")
    stage.wait_job("done")
    stage.fuse.wait_until(lambda: stage.printer["virtualControls"]["storage"]["files"] == 0, 20, lambda: str(stage.printer))
    stage.turn(timeFactor=1)


def test_what_an_h2d_says_of_its_former_print_is_not_taken_for_the_new_one(stage):
    """Most of a minute after a start it still says FINISH (here 5 s): by the number the job is known to be on its way."""
    other = Played(stage.fuse, name="Heidi", model="H2D", ams=["ams"])
    other.turn(timeFactor=600)
    other.turn(do="test-print")
    first = other.wait_job("done")["id"]
    assert stage.web.raw("POST", f"{other.path}/plate-clear").status < 300
    other.turn(timeFactor=10)
    other.turn(do="test-print")
    stage.fuse.wait_until(lambda: other.stat["state"] == "FINISH" and [job["state"] for job in other.jobs if job["id"] != first] == ["sent"],
                          30, lambda: str(other.jobs))
    other.wait_job("started", "running")
    assert other.stat["state"] in ("PREPARE", "RUNNING")
    other.turn(timeFactor=600)
    assert other.wait_job("done")["id"] != first


def test_one_without_power_refuses_and_comes_back(stage):
    stage.turn(online=False)
    stage.wait_link(lambda link: not link["online"] and link["fault"] == "refused")
    stage.turn(online=True)
    stage.wait_live()


def test_a_wrong_code_is_said_and_forgotten_when_it_is_right_again(stage):
    stage.faults(wrongCode=True)
    stage.wait_link(lambda link: link["fault"] == "code-refused")
    stage.faults(wrongCode=False)
    stage.reconnect()
    stage.wait_live()


def test_a_changed_certificate_is_refused_until_somebody_approves_it(stage):
    own = stage.printer["certificateSha256"]
    stage.faults(changedCertificate=True)
    stage.wait_link(lambda link: link["fault"] == "fingerprint-changed")
    other = stage.printer["link"]["certificate"]["sha256"]
    assert other != own
    stage.web.ask("POST", f"{stage.path}/trust", {"certificateSha256": other}, status=200)
    stage.wait_live()
    stage.faults(changedCertificate=False)
    stage.wait_link(lambda link: link["fault"] == "fingerprint-changed")
    stage.web.ask("POST", f"{stage.path}/trust", {"certificateSha256": own}, status=200)
    stage.wait_live()


def test_one_that_has_moved_is_found_and_followed(stage):
    home = stage.printer["address"]
    stage.faults(changedAddress=True)
    stage.fuse.wait_until(lambda: stage.printer["address"] != home, STARTS_ANEW_S, lambda: str(stage.printer))
    stage.wait_live()
    assert stage.printer["address"] == stage.printer["virtualControls"]["address"]
    stage.faults(changedAddress=False)
    stage.fuse.wait_until(lambda: stage.printer["address"] == home, STARTS_ANEW_S, lambda: str(stage.printer))
    stage.wait_live()


def test_developer_mode_off_is_told(stage):
    stage.faults(developerModeOff=True)
    stage.reconnect()
    stage.wait_link(lambda link: link["developerMode"] is False)
    stage.faults(developerModeOff=False)
    stage.reconnect()
    stage.wait_link(lambda link: link["developerMode"] is True)
    stage.wait_live()


def test_a_killed_one_looks_like_one_that_lost_power_and_comes_back_with_its_print(stage):
    stage.web.ask("POST", f"{stage.path}/plate-clear")
    stage.turn(timeFactor=300)
    stage.turn(do="test-print")
    stage.fuse.wait_until(lambda: stage.stat["state"] == "RUNNING" and (stage.stat["progressPercent"] or 0) > 5, 60, lambda: str(stage.stat))
    stage.turn(timeFactor=1)  # so that it still prints afterwards
    before = stage.stat
    os.kill(stage.fuse.pids()[f"virtual/{stage.serial}"], signal.SIGKILL)
    stage.wait_link(lambda link: not link["online"] and link["fault"] in ("lost", "refused"))
    stage.wait_live()
    after = stage.fuse.wait_until(lambda: (stat := stage.stat)["state"] == "PAUSE" and stat, 20, lambda: str(stage.stat))
    # What was seen last may be a little older than the last moment before the cut, at that pace.
    assert before["progressPercent"] - 2 <= after["progressPercent"] < 90
    assert after["job"]["subtaskId"] == before["job"]["subtaskId"]
    stage.turn(timeFactor=600)
    stage.web.ask("POST", f"{stage.path}/commands", {"command": {"command": "resume"}}, status=200)
    stage.wait_job("done")


@pytest.mark.skipif(not AS_ROOT, reason="only root can start Fuse as somebody else")
def test_without_the_right_to_low_ports_it_has_others_and_keeps_them_when_it_is_switched_off(make_fuse):
    common = Played(make_fuse(uid=NOBODY).start(), name="Wanda", model="P1S")
    ports = common.printer["ports"]
    # Another Fuse may have the others there.
    standing = {"mqtt": ports["mqtt"] or 8883, "ftps": ports["ftps"], "detect": ports["detect"] or 3000}
    told = common.printer["virtualControls"]["ports"]
    told.pop("camera", None)  # of the models that have one
    assert ports["ftps"] > 1024 and told == standing
    common.turn(online=False)
    common.wait_link(lambda link: not link["online"])
    common.turn(online=True)
    common.wait_live()
    with contextlib.closing(socket.create_connection((common.printer["address"], ports["ftps"]), 10)):
        assert common.printer["ports"] == ports
