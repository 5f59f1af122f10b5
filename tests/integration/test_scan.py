"""Looking for printers: a network is searched address by address, announcements are heard; who a printer is its
certificate says. Addresses: 127.0.61.0/24 and 127.0.62.0/24."""
import contextlib
import socket
import threading

import pytest

from rig import ca, darkness, links, probes
from rig.links import troupe  # noqa: F401
from rig.owners import fuse, owners  # noqa: F401
from rig.tlspeer import Peer, detect_reply, silent, tls, tls_detect, web_server
from rig.waiting import wait_until
from rig.wire import Refused

P1S, A1 = "01P00A611111111", "03900A622222222"
NET = "127.0.61.0/24"
needs_root = pytest.mark.skipif(not darkness.POSSIBLE, reason="a network of its own needs root")


def scan(fuse, cidr: str = "", timeout_s: float = 30, **fields) -> list:
    with fuse.ctl(timeout_s=timeout_s) as ctl:
        return ctl.request("SCAN", {"cidr": cidr, **fields})


def found(messages) -> list:
    return [message.fields for message in messages if message.message.name == "SCAN_FOUND"]


def announce(serial: str, address: str, sender: str = None, port: int = 2021, start: str = "NOTIFY * HTTP/1.1", **headers):
    """As printers do, written from the dossier: to a port of this machine, from an address of its own."""
    fields = {"Host": "239.255.255.250:1990", "Server": "UPnP/1.0", "Location": address,
              "NT": "urn:bambulab-com:device:3dprinter:1", "NTS": "ssdp:alive", "USN": serial,
              "Cache-Control": "max-age=1800", "DevModel.bambu.com": "C12", "DevName.bambu.com": "Shelf 3 left",
              "DevSignal.bambu.com": "-51", "DevConnect.bambu.com": "lan", "DevBind.bambu.com": "free",
              "Devseclink.bambu.com": "secure", "DevVersion.bambu.com": "01.07.02.00", **headers}
    text = start + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    send(text.encode("utf-8", "surrogateescape"), sender or address, port)


def send(data: bytes, sender: str, port: int = 2021):
    """To all who listen, as printers do: one alone of several Fuses on a machine would get what is sent to an address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        out.bind((sender, 0))
        out.sendto(data, ("127.255.255.255", port))


# -- a network -------------------------------------------------------------------------------------------

def test_a_network_is_searched_and_every_printer_in_it_told_once(fuse, owners):
    one, other = owners.printer(P1S), ca.Authority("Stranger", key_number=4).printer(A1)
    with contextlib.ExitStack() as stack:
        for address, port, behaviour in (("127.0.61.7", 8883, tls(one)),
                                         ("127.0.61.7", 3002, tls_detect(one, detect_reply(P1S))),
                                         ("127.0.61.254", 8883, tls(other)), ("127.0.61.9", 8883, web_server)):
            stack.enter_context(Peer(address, port, behaviour))
        messages = scan(fuse, NET)
    rows = {row["address"]: row for row in found(messages)}
    assert set(rows) == {"127.0.61.7", "127.0.61.254"} and len(found(messages)) == 2
    assert (rows["127.0.61.7"]["serial"], rows["127.0.61.7"]["model"], rows["127.0.61.7"]["vouch"]) == (P1S, "P1S", 2)
    assert rows["127.0.61.7"]["name"] == "Shelf 3 left" and not rows["127.0.61.7"]["announced"]
    assert (rows["127.0.61.254"]["serial"], rows["127.0.61.254"]["vouch"]) == (A1, 0)
    done = messages[-1].fields
    assert (done["total"], done["found"], done["cancelled"]) == (254, 2, False)
    assert done["machines"] == 252  # on loopback every address is there
    assert done["sentence"] == "2 printers were found."


def test_what_is_connected_is_told_and_left_in_peace(fuse, troupe):
    printer = troupe.printer(P1S, "127.0.61.20")
    links.add(fuse, P1S, "127.0.61.20", pin=printer.fingerprint, name="Anna")
    links.wait_live(fuse, P1S)
    sessions = printer.log_text().count("New connection")
    rows = found(scan(fuse, "127.0.61.16/28"))
    assert [(row["address"], row["serial"], row["name"], row["connected"]) for row in rows] == \
        [("127.0.61.20", P1S, "Anna", True)]
    assert printer.log_text().count("New connection") == sessions


@pytest.mark.parametrize("cidr,words", [
    ("192.168.0.0", "write 192.168.0.0/24"), ("192.168.0.7/24", "write 192.168.0.0/24"), ("10.0.0.0/8", "too large"),
    ("192.168.0.0/33", "from 16 to 32"), ("192.168.0/24", "no IPv4 address"), ("224.0.0.0/24", "No machine"),
    ("fe80::/64", "IPv4"), ("/24", "Write the network like"), ("0.0.0.0/16", "No machine")])
def test_what_is_no_network_is_refused_with_how_to_write_it(fuse, cidr, words):
    with pytest.raises(Refused) as refused:
        scan(fuse, cidr)
    assert words in str(refused.value)


def test_the_internet_is_not_searched_unless_a_person_insists(fuse):
    with pytest.raises(Refused) as refused:
        scan(fuse, "203.0.113.0/30")
    assert "public internet" in str(refused.value)


def test_a_search_can_be_stopped(fuse):
    with contextlib.ExitStack() as stack:
        for last in range(1, 60):
            stack.enter_context(Peer(f"127.0.61.{last}", 8883, silent))
        with fuse.ctl(timeout_s=20) as ctl:
            request_id = ctl.post("SCAN", {"cidr": NET}, "discovery")
            ctl.wait_for("SCAN_PROGRESS", request_id)
            ctl.post("SCAN_CANCEL", {"scan_request": request_id}, "discovery")
            done = ctl.wait_for("SCAN_DONE", request_id).fields
    assert done["cancelled"] and done["sentence"].startswith("Stopped")


@needs_root
def test_where_packets_vanish_512_are_tried_at_once_and_each_has_its_second(make_fuse):
    with darkness.around():
        fuse = make_fuse().start()
        with probes.Watch() as watch:
            done = scan(fuse, "10.66.4.0/22")[-1].fields
        assert (done["total"], done["found"], done["machines"], done["cancelled"]) == (1022, 0, 0, False)
        assert "No printer answers at the 1022 addresses" in done["sentence"]
        assert watch.count > 600 and 256 < watch.most <= 512
        assert watch.shortest_s >= 1
        # Whoever lets it in and says nothing takes two connections: they count as well. And nobody waits in vain behind them.
        with darkness.mute("10.66.8.64/26"), probes.Watch() as watch:
            done = scan(fuse, "10.66.8.0/22")[-1].fields
        assert (done["total"], done["machines"]) == (1022, 64)
        assert 256 < watch.most <= 512


# -- announcements -------------------------------------------------------------------------------------------

@contextlib.contextmanager
def announced(serial: str, address: str, **how):
    """Every half second, until the end."""
    ended = threading.Event()

    def shout():
        while not ended.wait(0.5):
            announce(serial, address, **how)
    thread = threading.Thread(target=shout)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_who_announces_itself_is_found_and_proved(fuse, owners):
    printer = owners.printer(P1S)
    with Peer("127.0.61.30", 8883, tls(printer)), announced(P1S, "127.0.61.30"), \
            announced(A1, "127.0.61.31", port=1990, **{"DevModel.bambu.com": "N2S", "DevName.bambu.com": "Zoë's A1"}):
        messages = scan(fuse)
    rows = {row["serial"]: row for row in found(messages)}
    assert set(rows) == {P1S, A1}
    proved, claimed = rows[P1S], rows[A1]
    assert proved["announced"] and proved["vouch"] == 2 and proved["certificate_sha256"] == printer.sha256
    assert (proved["address"], proved["name"], proved["firmware"]) == ("127.0.61.30", "Shelf 3 left", "01.07.02.00")
    # The other one says so only: its ports are closed.
    assert claimed["announced"] and claimed["certificate_sha256"] == "" and not claimed["mqtt_open"]
    assert (claimed["model"], claimed["name"]) == ("A1", "Zoë's A1") and claimed["remedy"]


def test_whoever_announces_another_is_not_believed(fuse, owners):
    with Peer("127.0.61.40", 8883, tls(owners.printer(A1))), announced(P1S, "127.0.61.40"):
        rows = found(scan(fuse))
    assert [row["serial"] for row in rows] == [A1]
    assert "announces itself as" in rows[0]["sentence"] and not rows[0]["announced"]


def test_floods_and_nonsense_leave_it_small_and_awake(fuse, owners):
    pid = fuse.pids()["discovery"]
    for number in range(3000):
        announce(f"01P00A{number:09}", f"127.0.62.{number % 250 + 1}", sender="127.0.62.1")
    for data in (b"", b"\x00" * 2000, b"NOTIFY * HTTP/1.1\r\n" + b"A: b\r\n" * 300, b"NOTIFY * HTTP/1.1\r\nUSN:" + b"x" * 1900,
                 b"M-SEARCH * HTTP/1.1\r\nST: urn:bambulab-com:device:3dprinter:1\r\nUSN: 01P00A1\r\n\r\n", b"\xff" * 1400):
        send(data, "127.0.62.1")
    with Peer("127.0.61.50", 8883, tls(owners.printer(P1S))):
        rows = found(scan(fuse, "127.0.61.50/32"))
    assert [row["serial"] for row in rows] == [P1S] and fuse.pids()["discovery"] == pid
    status = next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    assert int(status.split()[1]) < 24 * 1024


def kernel_drops(port: int) -> int:
    """Datagrams that the kernel has thrown away, of this thread's network."""
    lines = [line.split() for line in open("/proc/thread-self/net/udp")][1:]
    return sum(int(line[-1]) for line in lines if int(line[1].rpartition(":")[2], 16) == port)


@needs_root
def test_a_flood_is_not_even_read_and_when_it_is_over_printers_are_heard(make_fuse):
    def heard():
        announce(P1S, "127.0.61.60")
        with fuse.ctl() as ctl:
            return next(iter(ctl.recall("DISCOVERY_STATUS")))["announced"] == 1

    with darkness.around():
        fuse = make_fuse().start()
        for _ in range(20000):
            send(b"NOTIFY * HTTP/1.1\r\n\r\n", "127.0.62.1")
        assert kernel_drops(2021) > 10000
        wait_until(heard, 10)


def test_how_it_is_is_told(fuse):
    def status():
        with fuse.ctl() as ctl:
            return next(iter(ctl.recall("DISCOVERY_STATUS")), None)
    told = wait_until(status, 10)
    assert told["hears"] and told["sentence"]
    announce(P1S, "127.0.61.60")
    wait_until(lambda: status()["announced"] == 1, 10)
    assert status()["sentence"] == "1 printer was heard of in the last 20 s."
