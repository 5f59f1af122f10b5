"""A printer that has another address by now is found by its serial number and followed, and nobody on the way gets its
access code. Addresses: 127.0.63.0/24."""
import contextlib

import pytest

from rig import links, pretend, printers, tlspeer
from rig.links import delta, idle, troupe  # noqa: F401
from rig.ward import context_of
from test_scan import announce

ONE, OTHER = "01P00A631111111", "01P00A632222222"


def kept(fuse, serial: str) -> dict:
    with fuse.ctl() as ctl:
        return next(row for row in ctl.recall("PRINTER") if row["serial"] == serial)


def linked(fuse, troupe, serial: str, address: str, **options):
    printer = troupe.printer(serial, address, **options)
    links.add(fuse, serial, address, pin=printer.fingerprint, model="X1C", name=f"at {address}",
              code=options.get("code", "12345678"))
    links.wait_live(fuse, serial)
    return printer


def move(printer, address: str):
    """It gets another address from its network, as after a night without power."""
    printer.stop()
    printer.settle_at(address)
    printer.start()


def wait_kept_at(fuse, serial: str, address: str):
    return fuse.wait_until(lambda: (row := kept(fuse, serial))["address"] == address and row, 60)


def test_a_printer_that_moves_while_it_prints_is_followed(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe, ONE, "127.0.63.7", report=idle(gcode_state="RUNNING", layer_num=5, total_layer_num=9))
    move(printer, "127.0.63.77")
    row = wait_kept_at(fuse, ONE, "127.0.63.77")
    assert row["moved_from"] == "127.0.63.7" and row["moved_ms"] > 0
    links.wait_live(fuse, ONE)
    printer.publish(delta(layer_num=6))
    links.wait_stat(fuse, ONE, lambda stat: stat["layers"]["current"] == 6 and stat["address"] == "127.0.63.77")
    assert any("127.0.63.77" in record.get("address", "") and "moved" in record["msg"] for record in fuse.records(role="worker"))
    # It is kept: also after a restart of everything.
    fuse.stop()
    fuse.start(all_up=False)
    links.wait_live(fuse, ONE)
    assert kept(fuse, ONE)["address"] == "127.0.63.77"


def test_two_that_swap_their_addresses_are_both_followed(make_fuse, troupe):
    fuse = make_fuse().start()
    one = linked(fuse, troupe, ONE, "127.0.63.11", code="code-one")
    other = linked(fuse, troupe, OTHER, "127.0.63.12", code="codeother")
    one.stop(), other.stop()
    one.settle_at("127.0.63.12"), other.settle_at("127.0.63.11")
    one.start(), other.start()
    wait_kept_at(fuse, ONE, "127.0.63.12")
    wait_kept_at(fuse, OTHER, "127.0.63.11")
    links.wait_live(fuse, ONE, 60)
    links.wait_live(fuse, OTHER, 60)


def test_who_stands_at_the_old_address_or_only_claims_the_serial_number_gets_no_code(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe, ONE, "127.0.63.21", code="the-code")
    printer.stop()
    # Another printer at the old address; a thief with the right name but another key at a new one.
    with contextlib.ExitStack() as stack:
        strangers = [stack.enter_context(tlspeer.Peer(address, 8883, tlspeer.tls(context_of(*printers.self_signed(serial)))))
                     for address, serial in (("127.0.63.21", OTHER), ("127.0.63.66", ONE))]
        links.wait_link(fuse, ONE, 30, fault="fingerprint-changed")
        for stranger in strangers:
            for connection in stranger.connections:
                assert b"the-code" not in connection.raw + connection.plain and b"bblp" not in connection.plain
        assert kept(fuse, ONE)["address"] == "127.0.63.21"
    move(printer, "127.0.63.22")
    # A person who knows better need not wait.
    links.edit(fuse, ONE, address="127.0.63.22")
    links.wait_live(fuse, ONE)
    assert kept(fuse, ONE)["moved_from"] == ""


@pytest.mark.parametrize("port", [18883])
def test_a_printer_behind_a_port_of_its_own_is_not_looked_for(make_fuse, troupe, port):
    fuse = make_fuse().start()
    links.add(fuse, ONE, "127.0.63.31", model="X1C", port=port)
    links.wait_link(fuse, ONE, 30, fault="refused", attempts=3)
    assert not any("search" in record["msg"] or "lost" in record["msg"] for record in fuse.records(role="discovery"))


# -- virtual printers --------------------------------------------------------------------------------------

def virtual(fuse) -> tuple:
    """A virtual printer that somebody of the test's is to play: its serial number and the last part of its address."""
    with fuse.ctl() as ctl:
        serial = ctl.request("VIRTUAL_ADD", {}, "stored")[-1]["serial"]
    return serial, kept(fuse, serial)["address"].rpartition(".")[2]


def test_a_virtual_printer_that_has_moved_is_found_where_it_announces_itself(make_fuse, troupe):
    """As VIRTUAL_MOVE has it (supervisor/stand.c): from 127.64.0.N to 127.65.K.N, at the same port."""
    fuse, _ = pretend.pretend(make_fuse, ("virtual",))
    fuse.start(all_up=False)
    serial, last = virtual(fuse)
    stranger = troupe.peer(tlspeer.Peer, f"127.64.0.{int(last) + 1}", 8883, tlspeer.silent)
    printer = troupe.printer(serial, f"127.65.3.{last}")
    links.edit(fuse, serial, certificate_sha256=printer.fingerprint)
    # Nobody is where it was, and it says nothing: it is lost, and none of its neighbours was bothered.
    links.wait_link(fuse, serial, 30, fault="refused", attempts=3)

    def moved():
        announce(serial, f"127.65.3.{last}")
        return kept(fuse, serial)["address"] == f"127.65.3.{last}"

    fuse.wait_until(moved, 45)  # it is asked again only after a minute
    row = kept(fuse, serial)
    assert row["moved_from"] == f"127.64.0.{last}" and row["is_virtual"] and row["mqtt_port"] == 0
    assert stranger.connections == []
