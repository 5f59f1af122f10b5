"""The WebSockets with printers that are linked for real (played by Mosquitto): what a printer publishes is what clients are
told, whatever becomes of the processes in between. Addresses: 127.0.47.0/24.
"""
import json
import random
import signal

import pytest

from rig import http, links
from rig.links import delta, troupe  # noqa: F401
from rig.live import Events, Statistics
from test_state_json import assert_valid

P1S, X1C, MINI = "01P00A000000071", "00M00A000000072", "03000A000000073"


def linked(fuse, troupe, serial: str, host: int, sample: str):
    printer = troupe.printer(serial, f"127.0.47.{host}", report=links.sample(sample))
    links.add(fuse, serial, printer.address, code=printer.code, pin=printer.fingerprint)
    links.wait_live(fuse, serial)
    return printer


def whole(rest) -> tuple:
    printers = {printer["serial"]: {**printer, "stat": rest.get(f"/api/v1/printers/{printer['serial']}/stat").json()}
                for printer in rest.get("/api/v1/printers").json()["printers"]}
    status = rest.get("/api/v1/status").json()
    del status["uptimeSeconds"]
    return status, printers


def agree(client, rest, deadline_s: float = 15):
    """The client gets to where GET is. Between two reports, that is; so not while they come."""
    client.wait(lambda: (client.status, client.printers) == whole(rest), deadline_s, "it has not what GET gives")


def something(beat: int) -> dict:
    """What a printer may say next: now and then a full report, or one in which things vanish."""
    fields = {"nozzle_temper": 20 + random.random() * 200, "layer_num": beat, "mc_percent": random.randrange(101),
              "gcode_state": random.choice(["IDLE", "RUNNING", "PAUSE", "FINISH"]), "wifi_signal": f"-{random.randrange(30, 80)}dBm",
              "hms": random.choice([[], [{"attr": 0x03000100, "code": 0x00010001}]]),
              "subtask_name": random.choice(["", "vase", 'ä"\\']), "print_error": random.choice([0, 0x05008051]),
              "fan_gear": random.randrange(1 << 24)}
    return delta(**{key: fields[key] for key in random.sample(sorted(fields), random.randrange(1, 6))})


@pytest.mark.timelimit(90)
def test_whatever_printers_say_a_client_has_what_get_gives(make_fuse, troupe):
    random.seed(11)
    fuse = make_fuse().start()
    rest = http.Http(fuse, timeout_s=30)
    with Events(fuse) as quick, Events(fuse) as sleeper, Statistics(fuse) as statistics:
        cast = [linked(fuse, troupe, P1S, 1, "p1p-1"), linked(fuse, troupe, X1C, 2, "x1c-1"),
                linked(fuse, troupe, MINI, 3, "a1mini-1")]
        for beat in range(120):
            printer = random.choice(cast)
            if beat % 25 == 24:
                printer.publish({"print": {**printer.report["print"], "msg": 0}})
            printer.publish(something(beat))
            quick.follow(0.02)
        for printer in cast:
            printer.publish(delta(layer_num=4711))
        quick.wait(lambda: all(quick.printers[p.serial]["stat"]["layers"]["current"] == 4711 for p in cast), 15)
        for client in (quick, sleeper):
            agree(client, rest)
            assert client.snapshots == 1
        statistics.wait(lambda: statistics.stats == {serial: doc["stat"] for serial, doc in whole(rest)[1].items()})
        for stat in statistics.stats.values():
            assert_valid(stat)


@pytest.mark.timelimit(90)
def test_what_happens_to_processes_and_printers_shows(make_fuse, troupe):
    fuse = make_fuse().start()
    rest = http.Http(fuse, timeout_s=30)
    printer = linked(fuse, troupe, P1S, 11, "p1p-1")
    with Events(fuse) as events, Statistics(fuse) as statistics:
        events.wait(lambda: events.printers[P1S]["stat"]["isOnline"])

        def changes(member: str) -> list:
            stats = [d["printers"][P1S]["stat"] for d in events.deltas if "stat" in d.get("printers", {}).get(P1S, {})]
            return [stat[member] for stat in stats if member in stat]

        first = events.printers[P1S]["link"]["connectedAt"]
        fuse.kill(f"worker/{P1S}", signal.SIGKILL)
        # A client that is slow (the machine is busy) may skip the moment without a link, and sees a new one.
        events.wait(lambda: changes("isOnline")[:1] == [False] or
                    events.printers[P1S]["link"].get("connectedAt") not in (None, first), 15, "its death does not show")
        events.wait(lambda: events.printers[P1S]["stat"]["isOnline"], 20, "its return does not show")
        # It is switched off: the link says so in words, and the state is not news any more.
        printer.stop()
        events.wait(lambda: not events.printers[P1S]["stat"]["isOnline"] and events.printers[P1S]["link"]["fault"], 20)
        printer.start()
        events.wait(lambda: events.printers[P1S]["stat"]["isOnline"], 30)
        # Another comes, and goes; and the first is given another name.
        other = linked(fuse, troupe, MINI, 12, "a1mini-1")
        for client, known in ((events, lambda: events.printers), (statistics, lambda: statistics.stats)):
            client.wait(lambda known=known: MINI in known(), 15)
        links.edit(fuse, P1S, name="Nadja")
        events.wait(lambda: events.printers[P1S]["name"] == events.printers[P1S]["stat"]["name"] == "Nadja", 15)
        links.remove(fuse, other.serial)
        for client, known in ((events, lambda: events.printers), (statistics, lambda: statistics.stats)):
            client.wait(lambda known=known: MINI not in known(), 15)
        events.wait(lambda: MINI not in json.dumps(events.status), 15, "its process does not go")
        agree(events, rest)


@pytest.mark.timelimit(90)
def test_a_client_comes_back_to_a_new_httpd(make_fuse, troupe):
    fuse = make_fuse().start()
    rest = http.Http(fuse, timeout_s=30)
    printer = linked(fuse, troupe, X1C, 21, "x1c-1")
    with Events(fuse) as before:
        row = fuse.ps()["httpd"]
        fuse.kill("httpd", signal.SIGKILL)
        assert before.wait_closed() == 1006
    fuse.wait_reborn("httpd", row["generation"])
    with Events(fuse) as events:
        assert events.hello["instance"] != before.hello["instance"]
        printer.publish(delta(layer_num=815))
        events.wait(lambda: events.printers[X1C]["stat"]["layers"]["current"] == 815)
        agree(events, rest)
