"""A Fuse with printers, as far as fusectl can tell: something that answers at its socket, keeps what it was asked, and
says what a story wants.

	def test_something(three):           # Anna is linked and prints, Berta shows another certificate, Carl has no process
	    told = three.run("printers")     # fusectl against it; three.terminal(…) the same on a terminal
	    three.answers["COMMAND"] = lambda request, say: say("COMMAND_RESULT", {"sentence": "Done."})
"""
import contextlib
import json
import os
import threading
import time

import pytest

from . import wire
from .fusectl import Stranger, on_terminal, run

PIN = "ab" * 32
OTHER_PIN = "cd" * 32
ANNA, BERTA, CARL = "00M00A000000001", "01P00A000000002", "03900A000000003"
EDITS = ["name", "address", "model", "ports", "certificateSha256", "accessCode"]


def stat(serial: str, **more) -> dict:
    return {"serial": serial, "state": "RUNNING", "isOnline": True, "preparing": False,
            "receivedAt": "2026-11-22T18:30:00.123Z", "progressPercent": 42,
            "layers": {"current": 12, "total": 200}, "times": {"remainingMinutes": 75},
            "stage": {"words": "heating the bed"}, "job": {"name": "bracket_v2"}, "file": "bracket_v2.3mf",
            "speed": {"words": "standard", "percent": 100},
            "temperatures": {"nozzle": {"actualCelsius": 219.6, "targetCelsius": 220}, "nozzles": [],
                             "bed": {"actualCelsius": 60.0, "targetCelsius": 60}, "chamber": None},
            "ams": [{"id": 0, "label": "AMS 1", "kindName": "AMS 2 Pro", "humidityIndex": 3, "humidityPercent": 24,
                     "temperatureCelsius": 28.5, "drying": {"remainingMinutes": 120},
                     "slots": [{"id": 0, "fill": "loaded", "material": "PLA", "brand": "PLA Matte", "color": "00AE42FF",
                                "remainPercent": 80, "active": True}, {"id": 1, "fill": "empty"}]}],
            "externalSpools": [{"id": 255, "fill": "loaded", "material": "PETG", "active": False}],
            "nozzles": [{"id": 0, "diameterMm": 0.4, "type": "hardened_steel"}],
            "hms": [{"code": "0300-0100-0001-0001", "severity": "serious", "message": "The bed does not heat.",
                     "remedy": "Switch it off and on.", "link": "https://wiki.bambulab.com/x"}],
            "printError": None, "firmware": "01.07.00.00", "previousFirmware": "01.06.00.00", "wifiDbm": -48,
            "storage": "normal", "developerMode": "on", "door": "closed", "link": {"problems": []}, **more}


class Farm:
    """A Fuse with printers, as far as fusectl can tell."""

    def __init__(self):
        self.printers, self.links, self.stats, self.workers, self.controls = {}, {}, {}, {}, {}
        self.probed = {}
        self.refusal = None  # (reason, sentence) of whatever stored is asked to change
        self.asked = []      # (name, fields, to_role, to_slot) of all but RECALL
        self.answers = {}    # name -> function(request, say) in place of what stands below
        self.lock = threading.Lock()

    def add(self, serial: str, name: str, address: str, slot: int = None, link: dict = None, state: dict = None,
            **more):
        self.printers[serial] = {"serial": serial, "name": name, "address": address, "model": "X1C",
                                 "has_access_code": True, "added_ms": 1_700_000_000_000, **more}
        if slot is not None:
            self.workers[serial] = {"role": wire.ROLES["worker"], "slot": slot, "entry": serial, "state": 2, "pid": 7}
        if link is not None:
            self.links[serial] = {"serial": serial, "phase": "live", "online": True, **link}
        if state is not None:
            self.stats[serial] = {"serial": serial, "json": json.dumps(state)}
        return self

    def _recall(self, number: int, say):
        name = wire.BY_NUMBER[number].name
        kept = {"PRINTER": self.printers, "PRINTER_LINK": self.links, "PRINTER_STATE": self.stats,
                "PROC_STATUS": self.workers, "VIRTUAL_STATE": self.controls}.get(name)
        for row in (kept or {}).values():
            say(name, row)
        if name == "STORE_STATUS":
            say(name, {"health": 0, "sentence": "All is on disk."})
        say("DONE")

    def __call__(self, request, say):
        name = request.message.name
        if name == "RECALL":
            self._recall(request["number"], say)
            return None
        with self.lock:
            self.asked.append((name, request.fields, request.to_role, request.to_slot))
        if name in self.answers:
            return self.answers[name](request, say)
        if name == "PROBE":
            say("PROBED", self.probed)
        elif self.refusal:
            say("REFUSED", {"reason": self.refusal[0], "sentence": self.refusal[1]})
        else:
            say("DONE")
        return None

    def asked_for(self, name: str) -> list:
        return [fields for asked, fields, _, _ in self.asked if asked == name]


@pytest.fixture
def farm(tmp_path):
    """A Farm behind a socket; farm.run() and farm.terminal() run fusectl against it."""
    one = Farm()
    stranger = Stranger(tmp_path, one)
    one.path = stranger.path
    one.run = lambda *arguments, **more: run("--socket", stranger.path, *arguments, **more)
    one.terminal = lambda *arguments, **more: on_terminal("--socket", stranger.path, *arguments, **more)
    yield one
    stranger.close()


@pytest.fixture
def three(farm):
    farm.add(ANNA, "Anna", "192.0.2.1", slot=4, link={"received_ms": int(time.time() * 1000) - 1500,
                                                      "seen_serial": ANNA, "seen_sha256": PIN, "vouch": 1},
             state=stat(ANNA))
    farm.add(BERTA, "Berta", "192.0.2.2", slot=7, model="P1S", certificate_sha256=OTHER_PIN,
             link={"phase": "identity", "online": False, "fault": "fingerprint-changed",
                   "sentence": "Another certificate.", "remedy": "Approve it anew.", "seen_serial": BERTA,
                   "seen_sha256": PIN, "seen_issuer": "somebody"})
    farm.add(CARL, "Carl", "192.0.2.3")
    return farm


def speak(request, say, text, end="DONE"):
    """Write `text` to the descriptor that came along, close it, and say DONE."""
    def write():
        data = text.encode(errors="surrogateescape") if isinstance(text, str) else text
        with contextlib.suppress(OSError), os.fdopen(request.fd, "wb") as pipe:
            for at in range(0, len(data), 50_000):
                pipe.write(data[at:at + 50_000])
                pipe.flush()
        with contextlib.suppress(OSError):  # it has left
            if end is not None:
                say(end)
    threading.Thread(target=write, daemon=True).start()


def message(number: int, **more) -> dict:
    return {"number": number, "at": f"2026-11-22T18:30:00.{number:03}Z", "direction": "received", "kind": "delta",
            "name": "print.push_status", "bytes": 512, "payload": {"print": {"layer_num": number}}, **more}


def lines(*messages) -> str:
    return "".join(json.dumps(one) + "\n" for one in messages)
