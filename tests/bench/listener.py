#!/usr/bin/python3
"""A client of /api/v1/events:  listener.py ADDRESS SERIAL

Writes "live" when it has the snapshot, then a line for each delta that tells of SERIAL's layer: the seconds since 1970 when
it came, and the layer. The time is taken when the bytes are there, before they are looked at.
"""
import pathlib
import sys
import types

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from rig.live import Closed, Events  # noqa: E402


def main(address: str, serial: str):
    events = Events(types.SimpleNamespace(address=address), timeout_s=3600)
    print("live", flush=True)
    try:
        while True:
            message, at = events.receive_timed()
            layers = message.get("printers", {}).get(serial, {}).get("stat", {}).get("layers", {})
            if "current" in layers:
                print(f"{at:.6f} {layers['current']}", flush=True)
    except Closed:
        pass


main(*sys.argv[1:])
