"""REST with real processes: printers played by Mosquitto are added, read, commanded, followed, and told apart from what
is wrong with them; every answer is held against docs/openapi.json."""
import contextlib
import json
import signal
import time

import pytest

from rig import http, links, printers, wire
from rig.waiting import wait_until

P1S, A1MINI, X1C = "01P00A280000001", "03000A280000002", "00M00A280000003"
STAT_SCHEMA = json.loads((wire.ROOT / "tests/integration/schemas/printer_stat.json").read_text())


@pytest.fixture
def fuse(make_fuse):
    return make_fuse().start()


@pytest.fixture
def rest(fuse) -> http.Http:
    return http.Http(fuse, timeout_s=30)


def printer(serial: str, address: str, sample: str, tmp_path, **how) -> printers.MosquittoPrinter:
    made = printers.MosquittoPrinter(serial, address, tmp_path=tmp_path, **how)
    made.auto, made.report = True, links.sample(sample)
    return made


def wait_phase(rest, serial: str, phase: str, fault=None, deadline_s: float = 15) -> dict:
    """The printer's link has come so far; returns the printer."""
    def there():
        now = rest.get(f"/api/v1/printers/{serial}").json()
        return now if (now["link"]["phase"], now["link"]["fault"]) == (phase, fault) else None

    return wait_until(there, deadline_s, lambda: f"{rest.get(f'/api/v1/printers/{serial}').json()['link']}")


def test_a_printer_from_the_first_look_to_the_last(fuse, rest, tmp_path, planted_secret):
    """Probe, add, trust, live: state, report, diagnosis, messages, a command; and it is forgotten."""
    code = planted_secret[:8]
    with printer(P1S, "127.28.3.1", "p1p-1", tmp_path, code=code) as real:
        probed = rest.get("/api/v1/probe?address=127.28.3.1&detectPort=28999").json()
        assert (probed["serial"], probed["verified"], probed["mqttOpen"]) == (P1S, "unknown", True)

        # Added without a certificate that anyone vouches for, it waits, and its code has gone nowhere.
        body = {"serial": P1S, "name": "Left one", "address": "127.28.3.1", "accessCode": code}
        added = rest.ask("POST", "/api/v1/printers", body, status=201)
        assert added.headers["location"] == f"/api/v1/printers/{P1S}" and added.json()["model"] == "P1S"
        rest.problem("POST", "/api/v1/printers", 409, "conflict", body)
        waiting = wait_phase(rest, P1S, "identity", "not-trusted-yet")
        seen = waiting["link"]["certificate"]
        assert seen == {"serial": P1S, "sha256": probed["certificateSha256"], "issuer": seen["issuer"],
                        "verified": "unknown"}
        assert real.requests() == []

        # Approved: only what was seen can be.
        rest.problem("POST", f"/api/v1/printers/{P1S}/trust", 409, "conflict", {"certificateSha256": "00" * 32})
        trusted = rest.ask("POST", f"/api/v1/printers/{P1S}/trust", {"certificateSha256": seen["sha256"].upper()}, status=200)
        assert trusted.json()["certificateSha256"] == seen["sha256"]
        live = wait_phase(rest, P1S, "live")
        assert live["link"]["online"] and live["hasAccessCode"] and live["name"] == "Left one"

        # What it says.
        stat = wait_until(lambda: (lambda now: now if now["state"] else None)(
            rest.get(f"/api/v1/printers/{P1S}/stat").json()), 10)
        told = real.report["print"]
        assert stat["isOnline"] and stat["state"] == told["gcode_state"]
        assert stat["data"]["temps"]["bedTemp"] == pytest.approx(told["bed_temper"], abs=0.001)
        report = rest.get(f"/api/v1/printers/{P1S}/report").json()
        assert report["print"]["gcode_state"] == told["gcode_state"] and report["print"]["nozzle_temper"] == told["nozzle_temper"]

        # What went over the wire; with a tail.
        kept = rest.get(f"/api/v1/printers/{P1S}/messages").lines()
        assert {"sent", "received"} == {message["direction"] for message in kept}
        assert len(rest.get(f"/api/v1/printers/{P1S}/messages?limit=2").lines()) == 2
        connection = rest.connect()
        connection.request("GET", f"/api/v1/printers/{P1S}/messages?follow=1&limit=1")
        tail = connection.getresponse()
        tail.readline()
        real.publish({"print": {"command": "push_status", "msg": 1, "sequence_id": "4711", "bed_temper": 61.5}})
        while (now := json.loads(tail.readline()))["payload"].get("print", {}).get("sequence_id") != "4711":
            pass
        assert now["direction"] == "received"
        connection.close()
        wait_until(lambda: rest.get(f"/api/v1/printers/{P1S}/stat").json()["data"]["temps"]["bedTemp"] == 61.5, 5)

        # What it is told.
        result = rest.ask("POST", f"/api/v1/printers/{P1S}/commands",
                          {"command": {"command": "led-control", "light": "chamber_light", "state": "on"}}, status=200)
        assert result.json()["confirmed"], result.json()
        assert real.wait_for_request(lambda request: "ledctrl" in json.dumps(request))
        rest.problem("POST", f"/api/v1/printers/{P1S}/commands", 422, "invalid",
                     {"command": {"command": "set-temperature", "type": "bed", "temperature": 900}})
        rest.problem("POST", f"/api/v1/printers/{P1S}/commands", 422, "invalid", {"command": {"command": "explode"}})

        # How it is, phase by phase.
        steps = rest.get(f"/api/v1/printers/{P1S}/diagnosis").json()["steps"]
        assert {"tcp", "tls", "identity", "login"} <= {step["phase"] for step in steps if step["outcome"] == "passed"}
        by_line = rest.get(f"/api/v1/printers/{P1S}/diagnosis", headers={"Accept": "application/x-ndjson"}).lines()
        assert [step["phase"] for step in by_line] == [step["phase"] for step in steps]

        rest.ask("DELETE", f"/api/v1/printers/{P1S}/messages", status=204)
        rest.ask("POST", f"/api/v1/printers/{P1S}/reconnect", status=200)
        wait_until(lambda: rest.get(f"/api/v1/printers/{P1S}").json()["link"]["reconnects"] > 0, 10)
        wait_phase(rest, P1S, "live")
        assert "up" in rest.problem("POST", f"/api/v1/printers/{P1S}/retry", 409, "conflict")["detail"]

        rest.ask("DELETE", f"/api/v1/printers/{P1S}", status=204)
        rest.problem("GET", f"/api/v1/printers/{P1S}", 404, "not-found")
        assert rest.get("/api/v1/printers").json() == {"printers": []}
    for path in ("/api/v1/printers", "/api/v1/status", "/api/v1/logs?lines=5000"):
        assert code not in rest.get(path).body.decode()


def test_many_are_added_and_their_codes_changed_at_once(fuse, rest, tmp_path):
    with contextlib.ExitStack() as stack:
        reals = [stack.enter_context(printer(serial, f"127.28.3.{number}", sample, tmp_path, code="12345678"))
                 for number, (serial, sample) in enumerate([(P1S, "p1p-1"), (A1MINI, "a1mini-1"), (X1C, "x1c-1")], 11)]
        probes = [rest.get(f"/api/v1/probe?address=127.28.3.{number}&detectPort=28999").json() for number in (11, 12, 13)]
        items = [{"serial": probe["serial"], "address": f"127.28.3.{number}", "accessCode": "99999999",
                  "certificateSha256": probe["certificateSha256"]} for number, probe in enumerate(probes, 11)]
        results = rest.ask("POST", "/api/v1/printers", items + items[:1] + [{"serial": "NO"}], status=207).json()["results"]
        assert [result["status"] for result in results] == [201, 201, 201, 409, 422]
        assert [result["printer"]["model"] for result in results[:3]] == ["P1S", "A1-mini", "X1C"]
        for serial in (P1S, A1MINI, X1C):
            wait_phase(rest, serial, "login", "code-refused")
        assert rest.get("/readyz").json() == {"status": "ready"}
        changes = [{"serial": serial, "accessCode": "12345678"} for serial in (P1S, A1MINI, X1C)]
        results = rest.ask("PATCH", "/api/v1/printers", changes + [{"serial": "NOBODY", "name": "x"}], status=207).json()
        assert [result["status"] for result in results["results"]] == [200, 200, 200, 404]
        wait_phase(rest, P1S, "live")
        wait_phase(rest, A1MINI, "live")
        wait_phase(rest, X1C, "live", "developer-mode-off")  # its sample says so
        status = rest.get("/api/v1/status").json()
        assert status["counts"] == {"printers": 3, "online": 3, "withFault": 1, "held": 0}
        assert {f"worker/{serial}" for serial in (P1S, A1MINI, X1C)} <= {p["process"] for p in status["processes"]}
        for serial, real in zip((P1S, A1MINI, X1C), reals):
            stat = rest.get(f"/api/v1/printers/{serial}/stat").json()
            assert stat["state"] == real.report["print"]["gcode_state"], serial


@pytest.mark.parametrize("port,phase,fault", [(28997, "tcp", "refused")])
def test_a_printer_that_is_off_is_no_fault_of_fuse(rest, port, phase, fault):
    rest.ask("POST", "/api/v1/printers", {"serial": P1S, "address": "127.28.3.21", "accessCode": "12345678",
                                          "ports": {"mqtt": port}}, status=201)
    off = wait_phase(rest, P1S, phase, fault)
    assert off["link"]["sentence"] and off["link"]["remedy"] and off["link"]["nextTryAt"]
    assert not rest.get(f"/api/v1/printers/{P1S}/stat").json()["isOnline"]
    assert rest.get("/readyz").json() == {"status": "ready"}
    problem = rest.problem("POST", f"/api/v1/printers/{P1S}/commands", 503, "unreachable", {"command": {"command": "pause"}})
    assert problem["detail"] and problem["remedy"]
    rest.problem("GET", f"/api/v1/printers/{P1S}/report", 409, "conflict")
    steps = rest.get(f"/api/v1/printers/{P1S}/diagnosis").json()["steps"]
    assert any(step["outcome"] == "failed" and step["phase"] == phase and step["fault"] == fault for step in steps)


def test_settings_are_kept_by_the_store(fuse, rest):
    before = {s["name"]: s for s in rest.get("/api/v1/settings").json()["settings"]}
    assert all(setting["isDefault"] for setting in before.values())
    after = rest.ask("PATCH", "/api/v1/settings", {"fuseName": "Shed", "logFileKeep": 7}, status=200).json()["settings"]
    told = {s["name"]: (s["value"], s["isDefault"]) for s in after}
    assert (told["fuseName"], told["logFileKeep"]) == (("Shed", False), (7, False))
    assert fuse.ask("settings", "fuseName")
    rest.ask("PATCH", "/api/v1/settings", {"fuseName": None}, status=200)
    assert {s["name"]: s["isDefault"] for s in rest.get("/api/v1/settings").json()["settings"]}["fuseName"]


def test_the_store_down_is_told_and_mends_by_itself(fuse, rest):
    fuse.kill("stored", signal.SIGSTOP)
    started = time.monotonic()
    rest.problem("POST", "/api/v1/printers", 504, "timed-out", {"serial": P1S, "address": "127.28.3.31"})
    assert 9 < time.monotonic() - started < 20
    assert rest.get("/api/v1/printers").json() is not None
    fuse.kill("stored", signal.SIGKILL)
    # Whether it was done, was not known: now it can be seen, and done if it was not.
    wait_until(lambda: rest.ask("POST", "/api/v1/printers", {"serial": P1S, "address": "127.28.3.31"}).status in (201, 409),
               15, "the store does not come back")
    rest.get("/readyz")


def test_a_process_is_restarted_and_its_link_is_back(fuse, rest, tmp_path):
    with printer(P1S, "127.28.3.41", "p1p-1", tmp_path) as real:
        pin = rest.get("/api/v1/probe?address=127.28.3.41&detectPort=28999").json()["certificateSha256"]
        rest.ask("POST", "/api/v1/printers", {"serial": P1S, "address": real.address, "accessCode": "12345678",
                                              "certificateSha256": pin}, status=201)
        wait_phase(rest, P1S, "live")
        generation = fuse.ps()[f"worker/{P1S}"]["generation"]
        rest.ask("POST", "/api/v1/restart", {"process": f"worker/{P1S}"}, status=200)
        fuse.wait_reborn(f"worker/{P1S}", generation)
        wait_phase(rest, P1S, "live")
        # httpd itself: the answer comes before it goes, and all is known again after it.
        generation = fuse.ps()["httpd"]["generation"]
        rest.ask("POST", "/api/v1/restart", {"process": "httpd"}, status=200)
        fuse.wait_reborn("httpd", generation)
        assert rest.get(f"/api/v1/printers/{P1S}").json()["link"]["online"]
