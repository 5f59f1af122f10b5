"""What comes and goes through the door to the MQTT library (see rig/mqttlink.py): what is no MQTT, what is too big, too much
or too slow, and what becomes of what is published."""
import statistics
import threading
import time

import pytest

from rig.fuse import SANITIZED, SLOWNESS
from rig.mqttlink import (CONNACK, CONNECT, DISCONNECT, HOST, MIB, PINGRESP, PORT, PUBACK, PUBLISH,  # noqa: F401
                          QUICK_US, SERIAL, SUBACK, broker, identity, link, make_link, packets_of,
                          plain_publishes, printer, topic)
from rig.printers import packet
from rig.tlspeer import Peer
from rig.waiting import holds_for, wait_until

# -- what is no MQTT, and what is too much of it -----------------------------------------------------------------

def after_connack(*packets):
    def play(one):
        one.welcome()
        for data in packets:
            one.end.send(data)
        one.stay()
    return play


NOT_MQTT = {
    "random bytes": after_connack(bytes(range(7, 255))),
    "a second CONNACK": after_connack(packet(CONNACK, b"\0\0")),
    "a length that does not end": after_connack(b"\x30\xff\xff\xff\xff\x7f"),
    "PUBLISH of QoS 2": after_connack(packet(PUBLISH | 4, topic(SERIAL) + b"\0\1{}")),
    "PUBLISH of QoS 3": after_connack(packet(PUBLISH | 6, topic(SERIAL) + b"\0\1{}")),
    "PUBLISH without a topic": after_connack(packet(PUBLISH, b"\0")),
    "PUBLISH with a topic beyond its end": after_connack(packet(PUBLISH, b"\xff\xff{}")),
    "a request": after_connack(packet(CONNECT, b"\0\4MQTT\4\2\0\0\0\1x")),
    "PUBREL": after_connack(packet(0x62, b"\0\1")),
    "a long PUBACK": after_connack(packet(PUBACK, b"\0\1\0\0")),
    "PINGRESP with a body": after_connack(packet(PINGRESP, b"x")),
    "DISCONNECT of MQTT 5": after_connack(packet(DISCONNECT, b"\x8e")),
    "PUBLISH before CONNACK": lambda one: (one.next(CONNECT), one.report(b"{}"), one.stay()),
    "a long CONNACK": lambda one: (one.next(CONNECT), one.say(CONNACK, bytes(40)), one.stay()),
}


@pytest.mark.parametrize("name", NOT_MQTT)
def test_what_is_not_mqtt(link, identity, name):
    with Peer(HOST, PORT, broker(identity, NOT_MQTT[name])):
        events = link.fail(pin=identity.sha256)
        assert events[-1] == "ended" and events.count("ended") == 1
        assert link.reports() == []
        assert link.event("ended")["us"] < 900_000 * SLOWNESS
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.serve_subscribe(), one.stay()))):
        link.link(pin=identity.sha256)


def test_stray_acknowledgements_and_foreign_topics_are_passed_over(link, identity):
    play = after_connack(packet(PUBACK, b"\0\x63"), packet(SUBACK, b"\0\x63\0"), packet(PINGRESP, b""),
                         packet(PUBLISH, topic("01P00A300000002") + b"{}"), packet(PUBLISH, b"\0\1x" + b"{}"),
                         packet(PUBLISH, topic(SERIAL) + b"1"), packet(PUBLISH | 2, topic(SERIAL) + b"\0\7" + b"2"),
                         packet(PUBLISH, topic(SERIAL) + b""))
    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        wait_until(lambda: len(link.reports()) == 3, what=lambda: link.said)
        assert [one["begin"] for one in link.reports()] == ["1", "2", ""]
        assert link.events() == ["tcp_open", "identity", "connected"]


def test_packets_that_share_a_record_are_all_seen(link, identity):
    """A PINGRESP has no body; what follows it in the same TLS record must not wait for the next record."""
    play = after_connack(packet(PINGRESP, b"") + packet(PUBLISH, topic(SERIAL) + b"after a ping")
                         + packet(PINGRESP, b"") + packet(PUBLISH, topic(SERIAL) + b"and another"))
    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        wait_until(lambda: len(link.reports()) == 2, what=lambda: link.said)


def test_a_byte_at_a_time(link, identity):
    def play(one):
        one.next(CONNECT)
        for byte in packet(CONNACK, b"\0\0") + packet(PUBLISH, topic(SERIAL) + b"{}"):
            one.end.send(bytes([byte]))
        one.stay()

    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        link.wait_for("report")


SIZES = [256 * 1024, 256 * 1024 + 1, 300 * 1000, MIB, 2 * MIB - 100]


def test_a_report_that_is_too_big_is_passed_over(link, identity):
    def play(one):
        one.welcome()
        for size in SIZES:
            one.report(b"[" * size)
        one.report(b"the next")
        one.stay()

    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        wait_until(lambda: len(link.reports()) == 2, 20, what=lambda: link.said)
        assert [one["report"] for one in link.reports()] == [256 * 1024, 8]
        # Those that are skipped in one go are told once, by the last of them.
        told = [one["error"] for one in link.said if one.get("event") == "too_big"]
        assert link.events()[3:] == ["too_big"] * len(told) and 1 <= len(told) <= 4
        assert all(any(0 <= bytes_ - size < 64 for size in SIZES[1:]) for bytes_ in told)
        assert told == sorted(told) and 0 <= told[-1] - SIZES[-1] < 64
        link.drop()


def test_a_packet_without_end_is_cut(link, identity):
    sent = []

    def play(one):
        one.welcome()
        one.serve_subscribe()
        one.end.send(b"\x30" + bytes([0x80, 0x84, 0xAF, 0x5F]) + topic(SERIAL))  # announces 200,000,000 bytes
        while not one.end.connection.ending.is_set():
            one.end.send(bytes(16384))
            sent.append(16384)

    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        before_kib = link.status("VmHWM")
        data_kib = link.status("VmData")
        link.tell("subscribe")
        link.event("ended")
        assert link.events()[3:] in (["subscribed", "too_big", "ended"], ["too_big", "ended"])
        assert link.event("too_big")["error"] == 200_000_000
        assert link.event("ended")["text"] == "it announced a message without end"
    assert link.status("VmHWM") - before_kib < 1024
    assert link.status("VmData") - data_kib < 1024
    assert sum(sent) < 16 * MIB


# -- much of it ----------------------------------------------------------------------------------------------

def test_a_flood_below_the_bound_loses_nothing(link, printer):
    link.link(pin=printer.fingerprint)
    link.tell("quiet")
    for number in range(5000):
        printer.publish(b'{"print":{"n":%d,"filler":"%s"}}' % (number, b"x" * 160))
    wait_until(lambda: link.figures()["reports"] == 5000, 30 * SLOWNESS, what=link.figures)
    assert link.figures()["dropped"] == 0


def test_what_a_slow_reader_loses_is_counted(link, printer):
    link.link(pin=printer.fingerprint)
    link.tell("quiet")
    link.tell("hold 2000")
    for _ in range(500):
        printer.publish(bytes(15000))
    link.wait_for("did", "hold")
    wait_until(lambda: sum(link.figures()[key] for key in ("reports", "dropped")) == 500, 30, what=link.figures)
    figures = link.figures()
    assert figures["dropped"] > 300 and figures["reports"] * 15000 < 2 * MIB
    assert link.event("dropped")["error"] > 0
    printer.publish(b"again")
    wait_until(lambda: link.figures()["reports"] == figures["reports"] + 1)


def test_calls_are_quick_while_messages_pour_in(link, identity):
    """Its receiving thread holds the library's lock most of the time then."""
    def play(one):
        one.welcome()
        one.serve_subscribe()
        flood = packet(PUBLISH, topic(SERIAL) + b"x" * 100) * 100
        while not one.end.connection.ending.is_set():
            one.end.send(flood)

    with Peer(HOST, PORT, broker(identity, play)):
        link.tell("quiet")
        link.link(pin=identity.sha256)
        took_us = [link.ask(f"publish {n % 2} {n} {{}}", "did", "publish")["us"] for n in range(60)]
        took_us.append(link.drop()["us"])
        print(f"longest call {max(took_us)} us, median {statistics.median(took_us)} us")
        assert statistics.median(took_us) < QUICK_US and max(took_us) < 10 * QUICK_US
        mark = link.mark()
        counted = link.figures()["reports"]
        assert holds_for(lambda: link.figures()["reports"] == counted, 0.3) is None
        assert link.events(mark) == []


def test_publishes_that_are_never_acknowledged(link, identity):
    """Sent once each, with QoS 1 as long as that may come to something; nothing is sent again, not by the next session."""
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.stay()), kept)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        took_us = [link.ask(f'publish 1 {n} {{"n":{n}}}', "did", "publish") for n in range(300)]
        assert all(one["good"] for one in took_us)
        link.event("published")
        wait_until(lambda: plain_publishes(kept[0]) == 300, what=lambda: plain_publishes(kept[0]))
        first_bytes = [first for first, _ in packets_of(kept[0]) if first & 0xF0 == PUBLISH]
        assert first_bytes == [PUBLISH | 2] * 256 + [PUBLISH] * 44
        link.drop()
        mark = link.mark()
        link.connect(pin=identity.sha256)
        link.event("connected", after=mark)
        assert holds_for(lambda: plain_publishes(kept[1]) == 0, 0.5) is None
        assert statistics.median(one["us"] for one in took_us) < QUICK_US


def test_a_publish_under_way_is_told_when_the_session_ends(link, identity):
    def play(one):
        one.welcome()
        one.next(PUBLISH | 2)

    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        link.tell("publish 1 77 {}")
        link.event("ended")
        assert link.events() == ["tcp_open", "identity", "connected", "publish_failed", "ended"]
        assert link.event("publish_failed")["tag"] == 77
        assert link.ask("publish 1 78 {}", "did", "publish")["good"] is False


def test_a_peer_that_reads_nothing(link, identity):
    """What is published waits, up to a bound; no call does."""
    def play(one):
        one.welcome()
        one.end.connection.ending.wait(60)

    with Peer(HOST, PORT, broker(identity, play)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        answers = []
        for number in range(600):
            answers.append(link.ask(f"publish 0 {number} {'x' * 60000}", "did", "publish"))
            if not answers[-1]["good"]:
                break
        assert not answers[-1]["good"], "600 publishes of 60 KB are held for a peer that reads nothing"
        assert statistics.median(one["us"] for one in answers) < QUICK_US
        assert link.status("VmRSS") < 64 * 1024 or SANITIZED
        assert link.drop()["us"] < QUICK_US


def test_a_peer_that_reads_late_gets_all_at_once_then(link, identity):
    """What could not be written goes out as soon as there is room, not at the next of some ticks."""
    kept, reads = [], threading.Event()

    def play(one):
        one.welcome()
        reads.wait(60)
        one.stay()

    with Peer(HOST, PORT, broker(identity, play, kept)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        taken = 0
        while link.ask(f"publish 1 {taken} {'x' * 60000}", "did", "publish")["good"] and taken < 220:
            taken += 1
        assert taken > 100
        started = time.monotonic()
        reads.set()
        wait_until(lambda: plain_publishes(kept[0]) >= taken, 20, what=lambda: plain_publishes(kept[0]))
        print(f"{taken} publishes of 60 KB in {time.monotonic() - started:.2f} s")
        assert time.monotonic() - started < 4 * SLOWNESS
