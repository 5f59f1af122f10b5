"""Printers whose broker is not Mosquitto: each manner that MQTT 3.1.1 leaves to a broker. What Fuse must do is the same:
be live, show what was said last, have a command confirmed that went out once. Addresses: 127.0.45.0/24.
"""
import json

import pytest

from rig import http, links
from rig.broker import Manners, Printer
from rig.links import delta, idle, troupe  # noqa: F401

SERIAL = "01P00A000000045"

MANNERS = {
    "plain": Manners(),
    "says that a session was present": Manners(session_present=1),
    "takes four seconds for the login": Manners(late_s=4),
    "grants QoS 1 and sends everything twice": Manners(grants=1, window=1),
    "sends byte by byte": Manners(pieces=1),
    "sends in pieces, with QoS 1": Manners(grants=1, pieces=7),
    "offers TLS 1.3": Manners(tls13=True),
    "acknowledges after the answer": Manners(acknowledges="late"),
    "never acknowledges": Manners(acknowledges="never"),
    "gives the last report of yesterday first": Manners(retained=idle(gcode_state="RUNNING", bed_temper=99)),
}


@pytest.mark.parametrize("name", MANNERS)
def test_a_broker_with_manners_of_its_own(make_fuse, troupe, name):
    fuse = make_fuse().start()
    printer = Printer(troupe, SERIAL, "127.0.45.1", MANNERS[name], idle(bed_temper=21))
    links.add(fuse, SERIAL, "127.0.45.1", code=printer.code, pin=printer.fingerprint)
    links.wait_stat(fuse, SERIAL, lambda s: s["isOnline"] and s["data"]["temps"]["bedTemp"] == 21 and
                    s["state"] == "IDLE" and s["firmware"] == "01.02.03.04", 20)
    for celsius in range(30, 60):
        printer.publish(delta(bed_temper=celsius, upgrade_state={"status": "IDLE"}, ignored="x" * 300))
    links.wait_stat(fuse, SERIAL, lambda s: s["data"]["temps"]["bedTemp"] == 59)
    result = links.command(fuse, SERIAL, command="set-temperature", type="bed", temperature=47)
    assert result["confirmed"], result
    assert sum("M140 S47" in json.dumps(request) for request in printer.requests) == 1
    assert links.link(fuse, SERIAL)["reconnects"] == 0 and printer.actor.handshakes == 1
    assert links.link(fuse, SERIAL)["fault"] == ""


def test_a_report_of_the_largest_size_in_small_pieces(make_fuse, troupe):
    """250 KB, as no printer sends them yet."""
    fuse = make_fuse().start()
    printer = Printer(troupe, SERIAL, "127.0.45.2", Manners(pieces=1400), idle(bed_temper=21, later="y" * 250_000))
    links.add(fuse, SERIAL, "127.0.45.2", code=printer.code, pin=printer.fingerprint)
    links.wait_stat(fuse, SERIAL, lambda s: s["isOnline"] and s["data"]["temps"]["bedTemp"] == 21, 20)
    printer.publish(delta(bed_temper=22))
    links.wait_stat(fuse, SERIAL, lambda s: s["data"]["temps"]["bedTemp"] == 22)
    told = http.Http(fuse).get(f"/api/v1/printers/{SERIAL}/report").json()["print"]
    assert told["later"] == "y" * 250_000 and told["bed_temper"] == 22 and told["gcode_state"] == "IDLE"
    assert links.link(fuse, SERIAL)["fault"] == ""
