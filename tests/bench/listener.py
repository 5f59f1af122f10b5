#!/usr/bin/python3
"""A client of /api/v1/events:  listener.py ADDRESS SERIAL

Writes "live" when it has the snapshot, then a line for each delta that tells of SERIAL's layer: the seconds since 1970
when it came, and the layer. The time is taken when the bytes are there, before they are looked at.
"""
import json
import pathlib
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from rig.live import Events, State  # noqa: E402


def main(address: str, serial: str):
    events = Events(types.SimpleNamespace(address=address))
    events.socket.settimeout(None)  # nothing stands between the bytes and the clock
    print("live", flush=True)
    while events.protocol.state is State.OPEN:
        events.read()
        for text, at in events.messages:
            layers = json.loads(text).get("printers", {}).get(serial, {}).get("stat", {}).get("layers", {})
            if "current" in layers:
                print(f"{at:.6f} {layers['current']}", flush=True)
        events.messages.clear()


main(*sys.argv[1:])
