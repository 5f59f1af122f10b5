"""A virtual printer at an address where other machines reach it, and one that stays at home: three machines with cables between
them, the Fuse that plays them on the one in the middle."""
import contextlib
import select
import socket
import time

import pytest

from rig import http, links, nets
from rig.waiting import wait_until

pytestmark = pytest.mark.skipif(not nets.POSSIBLE, reason="machines of the test's own need root")

MAKE = "/api/v1/virtual-printers"
HERE, OFFICE, BESIDE, SHED = "10.77.1.1", "10.77.1.2", "10.77.2.1", "10.77.2.2"
PORTS = (8883, 990, 6000, 322, 3000, 3002)


@pytest.fixture(scope="module", name="machines")
def three_machines():
    with nets.Machine() as farm, nets.Machine() as office, nets.Machine() as shed:
        nets.cable(farm, f"{HERE}/24", office, f"{OFFICE}/24")
        nets.cable(farm, f"{BESIDE}/24", shed, f"{SHED}/24")
        yield farm, office, shed


@contextlib.contextmanager
def listener():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(("", 2021))
        yield one


def heard(one, seconds: float) -> set:
    """(sender, name) of what is announced meanwhile."""
    found, until = set(), time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([one], [], [], left)[0]:
            data, sender = one.recvfrom(4096)
            found.add((sender[0], data.decode().partition("DevName.bambu.com: ")[2].partition("\r\n")[0]))
    return found


def open_ports(address: str) -> list:
    found = []
    for port in PORTS:
        with contextlib.suppress(OSError), socket.create_connection((address, port), 2):
            found.append(port)
    return found


def make(web, **order) -> dict:
    return web.ask("POST", MAKE, order, status=201).json()["printers"][0]


def test_others_find_and_link_the_exposed_one_and_no_other(make_fuse, machines):
    farm, office, shed = machines
    with farm.inside():
        ours = make_fuse().start()
        web = http.Http(ours, timeout_s=60)
        vera = make(web, name="Vera", model="X1C", exposed=HERE)
        wanda = make(web, name="Wanda", model="P1S")
        assert vera["printer"]["address"] == HERE and wanda["printer"]["address"].startswith("127.64.0.")
        for made in (vera, wanda):
            links.wait_live(ours, made["serial"], 30)
        assert open_ports(HERE) == [8883, 990, 322, 3000, 3002] and open_ports(wanda["printer"]["address"]) == [8883, 990, 6000, 3000, 3002]
        # One address is one printer: the second is refused, in words, and nothing is made.
        refused = web.ask("POST", MAKE, {"name": "Vroni", "exposed": HERE}, status=409).json()
        assert f"'Vera' ({vera['serial']}) is at {HERE} port 8883 already" in refused["detail"] and refused["remedy"]
        told = ours.fusectl("virtual", "add", "Vroni", "--expose", HERE)
        assert told.returncode == 5 and f"is at {HERE} port 8883 already" in told.stderr
        # Nor can one stand at an address of another machine.
        refused = web.ask("POST", MAKE, {"name": "Vroni", "exposed": OFFICE}, status=409).json()
        assert refused["detail"] == f"The computer on which Fuse runs has no address {OFFICE} (it has {HERE}, {BESIDE})."
        told = ours.fusectl("virtual", "add", "Vroni", "--expose", OFFICE)
        assert told.returncode == 5 and f"has no address {OFFICE}" in told.stderr
        assert len(ours.ask("virtual", "list")["printers"]) == 2
        access = ours.ask("virtual", "access", vera["serial"])
        assert access["cameraPort"] == 322
        assert f"rtsps://{HERE}:322/streaming/live/1\n" in ours.fusectl("virtual", "access", "Vera").stdout
        assert "port 6000, JPEG" in ours.fusectl("virtual", "access", "Wanda").stdout
    with shed.inside(), listener() as one:  # the same machine's other cable
        assert heard(one, 7) == set() and open_ports(BESIDE) == []
    with office.inside():
        assert open_ports(HERE) == [8883, 990, 322, 3000, 3002] and open_ports(wanda["printer"]["address"]) == []
        with listener() as one:
            assert heard(one, 7) == {(HERE, "Vera")}
        theirs = make_fuse().start()
        for network in ([], ["10.77.1.0/24"]):  # what was announced, and address by address
            def found():
                return theirs.ask("scan", *network)["printers"]
            row, = wait_until(found, 20, "nothing is found", 1)
            assert (row["address"], row["serial"], row["name"], row["model"]) == (HERE, vera["serial"], "Vera", "X1C")
        links.add(theirs, vera["serial"], HERE, access["accessCode"], vera["printer"]["certificateSha256"], name="Theirs")
        links.wait_live(theirs, vera["serial"], 30)
    # A new name is announced without a restart.
    with farm.inside():
        before = ours.pids()[f"virtual/{vera['serial']}"]
        web.ask("PATCH", f"/api/v1/printers/{vera['serial']}", {"name": "Vera the Second"}, status=200)
    with office.inside(), listener() as one:
        wait_until(lambda: (HERE, "Vera the Second") in heard(one, 2), 20, "its new name is not announced")
        assert heard(one, 7) == {(HERE, "Vera the Second")}
        assert links.link(theirs, vera["serial"])["online"]
    with farm.inside():
        assert ours.pids()[f"virtual/{vera['serial']}"] == before
