"""Searches for printers over REST: begun, watched row by row, stopped, forgotten. Addresses: 127.0.64.0/24."""
import contextlib
import signal

import pytest

from rig import http
from rig.owners import fuse, owners  # noqa: F401
from rig.tlspeer import Peer, silent, tls
from rig.waiting import wait_until

P1S, A1 = "01P00A641111111", "03900A642222222"
SCANS = "/api/v1/scans"


@pytest.fixture
def rest(fuse):
    return http.Http(fuse)


def begin(rest, **body) -> str:
    return rest.ask("POST", SCANS, body, status=201).headers["location"]


def test_rows_appear_while_it_searches_and_say_what_is_added_by_now(fuse, rest, owners):
    printer = owners.printer(P1S)
    with contextlib.ExitStack() as stack:
        stack.enter_context(Peer("127.0.64.7", 8883, tls(printer)))
        for last in range(20, 24):  # these hold the search up
            stack.enter_context(Peer(f"127.0.64.{last}", 8883, silent))
        path = begin(rest, type="subnet", cidr="127.0.64.0/24")
        row = wait_until(lambda: next(iter(rest.get(path).json()["printers"]), None), 10)
        scan = rest.get(path).json()
        assert scan["state"] == "running" and scan["total"] == 254 and scan["type"] == "subnet"
        assert (row["serial"], row["address"], row["verified"], row["model"]) == (P1S, "127.0.64.7", "owner-ca", "P1S")
        assert row["certificateSha256"] == printer.sha256 and not row["added"]
        rest.ask("POST", "/api/v1/printers", {"serial": P1S, "address": "127.0.64.7", "name": "Anna"}, status=201)
        row = rest.get(path).json()["printers"][0]
        assert (row["added"], row["addedName"], row["addedAddress"]) == (True, "Anna", "127.0.64.7")
        rest.ask("DELETE", path, status=204)
        wait_until(lambda: rest.get(path).json()["state"] == "stopped", 10)
    assert rest.get(path).json()["sentence"].startswith("Stopped") and rest.get(path).json()["endedAt"]
    assert [scan["id"] for scan in rest.get(SCANS).json()["scans"]] == [path.rsplit("/", 1)[1]]
    rest.ask("DELETE", path, status=204)
    rest.ask("GET", path, status=404)


@pytest.mark.parametrize("body,status,words", [
    ({"type": "subnet", "cidr": "192.168.0.7/24"}, 422, "write 192.168.0.0/24"),
    ({"type": "subnet", "cidr": "203.0.113.0/24"}, 403, "public internet"),
    ({"type": "subnet"}, 422, "is missing"), ({"type": "ssdp", "cidr": "192.168.0.0/24"}, 422, "it listens"),
    ({"type": "bluetooth"}, 422, "must be"), ({"type": "subnet", "cidr": "127.0.64.0/30", "publicToo": 1}, 422, "true or false")])
def test_what_cannot_be_searched_is_a_problem_with_its_reason_and_no_search(rest, body, status, words):
    problem = rest.ask("POST", SCANS, body, status=status).json()
    assert words in problem["detail"]
    assert rest.get(SCANS).json() == {"scans": []}


def test_a_search_outlives_its_visitor_but_not_discovery(fuse, rest):
    with contextlib.ExitStack() as stack:
        for last in range(1, 5):
            stack.enter_context(Peer(f"127.0.64.{last}", 8883, silent))
        path = begin(rest, type="subnet", cidr="127.0.64.0/28")
        assert http.Http(fuse).get(path).json()["state"] == "running"
        generation = fuse.ps()["discovery"]["generation"]
        fuse.kill("discovery", signal.SIGKILL)
        scan = wait_until(lambda: (now := rest.get(path).json())["state"] == "failed" and now, 10)
        assert scan["remedy"]
        fuse.wait_reborn("discovery", generation)
    path = begin(rest, type="subnet", cidr="127.0.64.0/30")
    wait_until(lambda: rest.get(path).json()["state"] == "done", 10)
    assert "No printer answers" in rest.get(path).json()["sentence"] and rest.get(path).json()["remedy"]


def test_no_more_than_four_at_once_and_the_oldest_are_forgotten(rest):
    with contextlib.ExitStack() as stack:
        stack.enter_context(Peer("127.0.64.1", 8883, silent))
        running = [begin(rest, type="subnet", cidr="127.0.64.0/30") for _ in range(4)]
        assert rest.ask("POST", SCANS, {"type": "ssdp"}, status=503).json()["type"] == "/problems/busy"
        for path in running:
            rest.ask("DELETE", path, status=204)
        wait_until(lambda: all(scan["state"] == "stopped" for scan in rest.get(SCANS).json()["scans"]), 10)
    for _ in range(20):
        path = begin(rest, type="subnet", cidr="127.0.64.8/32")
        wait_until(lambda: rest.get(path).json()["state"] == "done", 10)
    assert len(rest.get(SCANS).json()["scans"]) == 16


def test_the_networks_are_told_and_those_that_a_person_saved(fuse, rest):
    rest.ask("PATCH", "/api/v1/settings", {"scanNetworks": "192.168.7.0/24, 10.1.0.0/16"}, status=200)
    told = wait_until(lambda: (now := rest.get("/api/v1/networks").json())["saved"] and now, 10)
    assert told["saved"] == ["192.168.7.0/24", "10.1.0.0/16"] and told["hears"] and told["sentence"]
