"""The one door to the MQTT library (worker/link/mqtt), driven by lines through a program of its own that is locked in as
fuse-worker is (tests/rig/mqtt_link.c): real brokers, peers that misbehave, and what each gives its hearer."""
import contextlib
import errno
import json
import os
import pathlib
import resource
import ssl
import statistics
import subprocess
import threading
import time

import pytest

from rig import ca, secrets
from rig.fuse import AS_ROOT, BUILD, SANITIZED, SLOWNESS
from rig.printers import MosquittoPrinter, packet, take_packet
from rig.tlspeer import (APPLICATION, Blackhole, Peer, Tls, close_at_once, garbage,
                         hang_before_the_end_of_the_handshake, silent, tls, web_server)
from rig.waiting import holds_for, wait_until

HOST, PORT = "127.0.30.9", 8883
SERIAL = "01P00A300000001"
LIMIT_S = 1  # how long the rig waits in each phase, where a test does not say otherwise
QUICK_US = 5000 * SLOWNESS
MIB = 1 << 20

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xD0
CONNECT, SUBSCRIBE, PINGREQ, DISCONNECT = 0x10, 0x82, 0xC0, 0xE0


class Link:
    """The program, and what it has said so far."""

    def __init__(self, sandbox=True, ca_folder=None, env=None):
        words = [str(BUILD / "tests" / "mqtt_link")]
        words += ["--sandbox"] if sandbox else []
        words += ["--ca", str(ca_folder)] if ca_folder else []
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True,
                                        bufsize=1, preexec_fn=self._limit)
        self.said, self.changed = [], threading.Condition()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        self.wait_for("up")

    @staticmethod
    def _limit():
        if not SANITIZED:
            resource.setrlimit(resource.RLIMIT_DATA, (64 * MIB, 64 * MIB))  # as ipc/procs.def gives a worker
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    def _listen(self):
        for line in self.process.stdout:
            with self.changed:
                self.said.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.said.append({"over": True})
            self.changed.notify_all()

    def tell(self, line: str):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, predicate, deadline_s=20, after=0):
        until = time.monotonic() + deadline_s * SLOWNESS
        with self.changed:
            while True:
                for one in self.said[after:]:
                    if predicate(one):
                        return one
                assert "over" not in (self.said[-1] if self.said else {}), \
                    f"it ended ({self.process.wait()}); it said {self.said[-6:]}"
                assert self.changed.wait(until - time.monotonic()), f"not within {deadline_s} s; it said {self.said[-12:]}"

    def wait_for(self, key, value=None, after=0, **how):
        return self.wait(lambda one: key in one and (value is None or one[key] == value), after=after, **how)

    def event(self, kind, after=0, **how):
        return self.wait_for("event", kind, after=after, **how)

    def events(self, after=0) -> list:
        with self.changed:
            return [one["event"] for one in self.said[after:] if "event" in one]

    def reports(self) -> list:
        with self.changed:
            return [one for one in self.said if "report" in one]

    def mark(self) -> int:
        with self.changed:
            return len(self.said)

    def connect(self, pin="-", code="12345678", address=HOST, serial=SERIAL, keepalive_s=30, limit_s=LIMIT_S) -> dict:
        mark = self.mark()
        self.tell(f"connect {address} {PORT} fuse-test-1 {serial} {pin} {code} {keepalive_s} {limit_s}")
        return self.wait_for("did", "connect", after=mark)

    def link(self, **target):
        """Connected and subscribed."""
        mark = self.mark()
        self.connect(**target)
        self.event("connected", after=mark)
        self.tell("subscribe")
        self.event("subscribed", after=mark)

    def fail(self, **target) -> list:
        """A session's events up to its end."""
        mark = self.mark()
        self.connect(**target)
        self.event("ended", after=mark)
        return self.events(mark)

    def ask(self, line: str, key, value=None) -> dict:
        mark = self.mark()
        self.tell(line)
        return self.wait_for(key, value, after=mark)

    def drop(self) -> dict:
        return self.ask("drop", "did", "drop")

    def figures(self) -> dict:
        return self.ask("figures", "heap")

    def status(self, name: str) -> int:
        """A figure of /proc/PID/status."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith(name + ":")).split()[1])

    def close(self):
        if self.process.poll() is None:
            with contextlib.suppress(BrokenPipeError):
                self.tell("quit")
        try:
            assert self.process.wait(20 * SLOWNESS) == 0
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def make_link():
    made = []

    def make(**how) -> Link:
        made.append(Link(**how))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def link(make_link) -> Link:
    return make_link()


@pytest.fixture(scope="module")
def identity():
    """A printer's certificate that is known by its fingerprint."""
    return ca.Authority("BBL CA", key_number=4).printer(SERIAL)


@pytest.fixture
def printer(tmp_path):
    with MosquittoPrinter(SERIAL, HOST, tmp_path=tmp_path) as one:
        yield one


class Broker:
    """A peer's end of MQTT by hand."""

    def __init__(self, end):
        self.end, self.buffer, self.heard = end, bytearray(), []

    def next(self, kind=None) -> tuple:
        """The next packet (of that kind)."""
        while True:
            while (found := take_packet(self.buffer)) is not None:
                self.heard.append(found)
                if kind in (None, found[0]):
                    return found
            data = self.end.receive()
            if not data:
                self.end.connection.wait_for_the_end()
            self.buffer += data

    def say(self, kind: int, body: bytes = b""):
        self.end.send(packet(kind, body))

    def welcome(self):
        self.next(CONNECT)
        self.say(CONNACK, b"\0\0")

    def serve_subscribe(self):
        _, body = self.next(SUBSCRIBE)
        self.say(SUBACK, body[:2] + b"\0")

    def report(self, payload: bytes, first: int = PUBLISH):
        self.say(first, topic(SERIAL) + payload)

    def stay(self):
        self.end.keep_reading()
        self.end.connection.wait_for_the_end()


def topic(serial: str) -> bytes:
    text = f"device/{serial}/report".encode()
    return len(text).to_bytes(2, "big") + text


def broker(identity, play, kept=None):
    """A behaviour for rig.tlspeer.Peer: a right handshake, and then what `play(Broker)` does."""
    context = identity.server_context()

    def behave(connection):
        end = Tls(connection, context)
        end.shake_hands()
        one = Broker(end)
        if kept is not None:
            kept.append(one)
        play(one)
    return behave


# -- the right printer --------------------------------------------------------------------------------

def test_a_printer_is_linked_step_by_step(link, printer):
    printer.auto, printer.report = True, {"print": {"command": "push_status", "msg": 0}}
    link.link(pin=printer.fingerprint)
    link.tell('publish 0 41 {"pushing":{"command":"pushall","sequence_id":"1"}}')
    link.wait_for("report")
    assert link.ask('publish 1 42 {"print":{"command":"pause"}}', "event", "published")["tag"] in (41, 42)
    printer.wait_for_request(lambda request: "print" in request)
    wait_until(lambda: len(link.reports()) == 2, what=lambda: link.said)
    assert link.events()[:4] == ["tcp_open", "identity", "connected", "subscribed"]
    assert sorted(link.events()[4:]) == ["published", "published"]
    assert link.event("identity")["verdict"] == "trusted-pin"
    assert link.event("identity")["sha256"] == printer.fingerprint
    assert printer.subscriptions() == [f"fuse-test-1 0 device/{SERIAL}/report"]
    assert abs(link.reports()[0]["at"] - time.time() * 1000) < 60_000


def test_a_printer_is_trusted_for_its_issuer(make_link, tmp_path):
    owners = ca.Authority("Farm CA")
    (tmp_path / "ca.d").mkdir()
    owners.write_pem(tmp_path / "ca.d" / "farm.pem")
    link = make_link(ca_folder=tmp_path / "ca.d")
    with MosquittoPrinter(SERIAL, HOST, ca=owners, tmp_path=tmp_path):
        link.link()
    assert link.event("identity")["verdict"] == "trusted-chain"


def test_ipv6(link, identity):
    with Peer("::1", PORT, broker(identity, lambda one: (one.welcome(), one.serve_subscribe(), one.stay()))):
        link.link(pin=identity.sha256, address="::1")


def test_connected_in_milliseconds(link, printer):
    """A figure to look at; the limit is far above what it takes."""
    took_ms = []
    for _ in range(15):
        mark = link.mark()
        link.connect(pin=printer.fingerprint)
        took_ms.append(link.event("connected", after=mark)["us"] / 1000)
        link.drop()
    print(f"connected after {statistics.median(took_ms):.1f} ms (median of {len(took_ms)}; most {max(took_ms):.1f})")
    assert statistics.median(took_ms) < 90 * SLOWNESS


def test_a_session_that_is_dropped_says_goodbye(link, identity):
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.next(DISCONNECT)), kept)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        link.drop()
        wait_until(lambda: kept[0].heard[-1:] == [(DISCONNECT, b"")], what=lambda: kept[0].heard)


def test_the_environment_changes_nothing(make_link, printer):
    """Neither a proxy nor the library's trace, which would show what is sent."""
    link = make_link(env={"https_proxy": "http://127.0.30.8:9", "http_proxy": "http://127.0.30.8:9",
                          "MQTT_C_CLIENT_TRACE": "ON", "MQTT_C_CLIENT_TRACE_LEVEL": "MAXIMUM"})
    link.link(pin=printer.fingerprint)  # each line that it prints must be JSON, too


# -- who is it? -----------------------------------------------------------------------------------------

FARM = {"serial": "01P00A300000999"}


def nothing_was_said(peer, code: str):
    """Not one byte of MQTT or of the access code came over the wire, in TLS or out of it."""
    for connection in peer.connections:
        kinds = [kind for kind, _ in connection.records()]
        assert APPLICATION not in kinds, kinds
        assert not connection.plain
        assert code.encode() not in connection.raw and b"MQTT" not in connection.raw


@pytest.mark.parametrize("name, pin, verdict", [
    ("01P00A300000999", "own", "other-serial"),
    ("01p00a300000001", "own", "serial-case"),
    ("", "own", "no-serial"),
    (SERIAL, "-", "untrusted"),
    (SERIAL, "ab" * 32, "pin-changed"),
])
def test_nothing_is_said_to_who_is_not_the_printer(link, name, pin, verdict):
    code = secrets.plant()
    other = ca.Authority("BBL CA", key_number=4).printer(name)
    with Peer(HOST, PORT, tls(other)) as peer:
        events = link.fail(pin=other.sha256 if pin == "own" else pin, code=code)
        assert events == ["tcp_open", "identity", "ended"]
        assert link.event("identity")["verdict"] == verdict
        assert link.event("identity")["serial"] == name
        nothing_was_said(peer, code)


def test_dates_are_looked_at_where_an_issuer_vouches(make_link, tmp_path):
    code = secrets.plant()
    owners = ca.Authority("Farm CA")
    (tmp_path / "ca.d").mkdir()
    owners.write_pem(tmp_path / "ca.d" / "farm.pem")
    link = make_link(ca_folder=tmp_path / "ca.d")
    with Peer(HOST, PORT, tls(owners.printer(SERIAL, begins=ca.years(-2), ends=ca.years(-1)))) as peer:
        assert link.fail(code=code) == ["tcp_open", "identity", "ended"]
        assert link.event("identity")["verdict"] == "expired"
        nothing_was_said(peer, code)


def test_a_certificate_is_not_believed_before_its_key(link, identity):
    """Anybody can show a printer's certificate; this one then cannot go on, for want of the key."""
    code = secrets.plant()
    with Peer(HOST, PORT, hang_before_the_end_of_the_handshake(identity)) as peer:
        events = link.fail(pin=identity.sha256, code=code)
        assert events == ["tcp_open", "tls_failed", "ended"]
        assert link.event("tls_failed")["error"] == errno.ETIMEDOUT
        nothing_was_said(peer, code)


def test_the_access_code_is_gone_when_the_session_is(make_link, identity):
    """Searched for in all of the program's memory."""
    if not AS_ROOT or SANITIZED:
        pytest.skip("reads another process's memory; a sanitizer keeps freed memory")
    link, code = make_link(sandbox=False), secrets.plant()
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.stay()), kept)):
        link.connect(pin=identity.sha256, code=code)
        link.event("connected")
        assert code.encode() in kept[0].heard[0][1]
        assert found_in_memory(link.process.pid, code.encode()) > 0
        link.drop()
        link.tell("forget")
        link.figures()
        assert found_in_memory(link.process.pid, code.encode()) == 0


def found_in_memory(pid: int, needle: bytes) -> int:
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            with contextlib.suppress(OSError):
                memory.seek(begin)
                found += memory.read(end - begin).count(needle)
    return found


# -- each phase fails as itself ------------------------------------------------------------------------------

def test_nobody_listens(link):
    assert link.fail() == ["tcp_failed", "ended"]
    assert link.event("tcp_failed")["error"] == errno.ECONNREFUSED


def test_an_address_that_is_none(link):
    assert link.fail(address="printer.local") == ["tcp_failed", "ended"]
    assert link.event("tcp_failed")["error"] == errno.EADDRNOTAVAIL


def took_the_limit(link, kind):
    assert LIMIT_S <= link.event(kind)["us"] / 1e6 < LIMIT_S + 3 * SLOWNESS


def test_tcp_without_an_answer(link):
    with Blackhole(HOST, PORT):
        assert link.fail() == ["tcp_failed", "ended"]
    assert link.event("tcp_failed")["error"] == errno.ETIMEDOUT
    took_the_limit(link, "tcp_failed")


def test_tls_without_an_answer(link):
    with Peer(HOST, PORT, silent):
        assert link.fail() == ["tcp_open", "tls_failed", "ended"]
    assert link.event("tls_failed")["error"] == errno.ETIMEDOUT
    took_the_limit(link, "tls_failed")


@pytest.mark.parametrize("behaviour", [garbage, web_server, close_at_once])
def test_what_is_not_tls(link, behaviour):
    with Peer(HOST, PORT, behaviour):
        assert link.fail() == ["tcp_open", "tls_failed", "ended"]
    assert link.event("tls_failed")["error"] == 0 and link.event("tls_failed")["text"]
    assert link.event("ended")["us"] < 900_000 * SLOWNESS


def test_login_without_an_answer(link, identity):
    with Peer(HOST, PORT, tls(identity)):
        assert link.fail(pin=identity.sha256) == ["tcp_open", "identity", "no_answer", "ended"]
    took_the_limit(link, "no_answer")


def test_each_phase_has_its_own_time(link, identity):
    """A printer may be slow in each: two thirds of the limit for the handshake and as much for the login."""
    context = identity.server_context()

    def slowly(connection):
        connection.ending.wait(LIMIT_S * 0.65)
        end = Tls(connection, context)
        end.shake_hands()
        one = Broker(end)
        one.next(CONNECT)
        connection.ending.wait(LIMIT_S * 0.65)
        one.say(CONNACK, b"\0\0")
        one.stay()

    with Peer(HOST, PORT, slowly):
        link.connect(pin=identity.sha256)
        assert link.event("connected")["us"] / 1e6 > LIMIT_S * 1.3
        link.drop()


def test_the_wrong_code(link, printer):
    assert link.fail(pin=printer.fingerprint, code="87654321") == ["tcp_open", "identity", "refused", "ended"]
    assert link.event("refused")["error"] == 5
    link.link(pin=printer.fingerprint)


@pytest.mark.parametrize("answer", [1, 2, 3, 4, 5, 200])
def test_a_login_refused(link, identity, answer):
    with Peer(HOST, PORT, broker(identity, lambda one: (one.next(CONNECT), one.say(CONNACK, bytes([0, answer]))))):
        assert link.fail(pin=identity.sha256) == ["tcp_open", "identity", "refused", "ended"]
    assert link.event("refused")["error"] == answer


def test_closed_instead_of_an_answer_to_the_login(link, identity):
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: one.next(CONNECT), kept)):
        assert link.fail(pin=identity.sha256) == ["tcp_open", "identity", "ended"]
    assert link.event("ended")["text"] == "it closed the connection"
    assert len(kept) == 1  # nor is it tried again with an older MQTT


def test_closed_after_subscribe(link, identity):
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.next(SUBSCRIBE)))):
        link.connect(pin=identity.sha256)
        link.event("connected")
        link.tell("subscribe")
        link.event("ended")
    assert link.events() == ["tcp_open", "identity", "connected", "ended"]


def test_a_subscription_refused_or_unanswered(link, identity):
    def refuse(one):
        one.welcome()
        _, body = one.next(SUBSCRIBE)
        one.say(SUBACK, body[:2] + b"\x80")
        one.stay()

    with Peer(HOST, PORT, broker(identity, refuse)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        assert link.ask("subscribe", "event")["event"] == "subscribe_failed"
        assert link.event("subscribe_failed")["error"] == 0
        link.drop()
    mark = link.mark()
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.stay()))):
        link.connect(pin=identity.sha256)
        link.event("connected", after=mark)
        link.tell("subscribe")
        assert link.event("subscribe_failed", after=mark)["error"] == errno.ETIMEDOUT
        assert link.events(mark)[-1] == "subscribe_failed"
        link.drop()


def test_a_broker_killed(link, printer):
    link.link(pin=printer.fingerprint)
    printer.kill()
    link.event("ended")
    assert link.events() == ["tcp_open", "identity", "connected", "subscribed", "ended"]
    assert link.event("ended")["text"]


def test_a_printer_that_answers_no_ping(link, printer):
    link.link(pin=printer.fingerprint, keepalive_s=1)
    assert holds_for(lambda: "ended" not in link.events(), 2.5) is None  # its pings are answered
    printer.freeze()
    link.event("ended")
    printer.thaw()
    assert link.event("ended")["text"] == "it answers no ping"


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


def packets_of(one) -> list:
    buffer, found = bytearray(one.end.connection.plain), []
    while (taken := take_packet(buffer)) is not None:
        found.append(taken)
    return found


def plain_publishes(one) -> int:
    return sum(first & 0xF0 == PUBLISH for first, _ in packets_of(one))


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


# -- dropped, at whatever moment ------------------------------------------------------------------------------

def moments(identity, printer_identity=None):
    """(what stands at the address, the event after which the session is dropped)"""
    thief = ca.Authority("BBL CA", key_number=4).printer("01P00A300000999")
    return {
        "nobody": (contextlib.nullcontext, None),
        "tcp unanswered": (lambda: Blackhole(HOST, PORT), None),
        "tls unanswered": (lambda: Peer(HOST, PORT, silent), "tcp_open"),
        "another printer": (lambda: Peer(HOST, PORT, tls(thief)), "tcp_open"),
        "login unanswered": (lambda: Peer(HOST, PORT, tls(identity)), "identity"),
        "connected": (lambda: Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.stay()))), "connected"),
    }


MOMENTS = ["nobody", "tcp unanswered", "tls unanswered", "another printer", "login unanswered", "connected"]


@pytest.mark.parametrize("name", MOMENTS)
def test_a_drop_is_quick_and_final(link, identity, name):
    stands, event = moments(identity)[name]
    with stands():
        took_us = []
        for _ in range(5):
            mark = link.mark()
            connected_us = link.connect(pin=identity.sha256, limit_s=1)["us"]
            if event is not None:
                link.event(event, after=mark)
            took_us.append((connected_us, link.drop()["us"]))
            mark = link.mark()
        # The median: a machine that is busy with something else makes one late, not all.
        assert all(statistics.median(us) < QUICK_US for us in zip(*took_us)), took_us
        assert holds_for(lambda: link.events(mark) == [], 1.3) is None
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.serve_subscribe(), one.stay()))):
        link.link(pin=identity.sha256)


@pytest.mark.parametrize("what", ["drop", "connect"])
@pytest.mark.parametrize("event", ["tcp_open", "identity", "connected", "subscribed", "publish_failed", "ended"])
def test_a_hearer_may_drop_or_connect_from_within_an_event(link, identity, event, what):
    def play(one):
        one.welcome()
        one.serve_subscribe()
        one.next(PUBLISH | 2)

    with Peer(HOST, PORT, broker(identity, play)):
        link.ask(f"then {event} {what}", "did", "then")
        link.connect(pin=identity.sha256)
        if event in ("subscribed", "publish_failed", "ended"):
            link.event("connected")
            link.tell("subscribe")
        if event in ("publish_failed", "ended"):
            link.event("subscribed")
            link.tell("publish 1 5 {}")
        first = link.event(event)
        mark = link.said.index(first) + 1
        if what == "drop":
            link.wait_for("did", "drop", after=mark)
            assert holds_for(lambda: link.events(mark) == [], 0.3) is None
        else:
            link.event("connected", after=mark)
            assert link.events(mark) == ["tcp_open", "identity", "connected"]
            link.drop()


def test_two_hundred_sessions_of_each_fault_leave_nothing_behind(make_link, identity):
    link = make_link(sandbox=False)

    def standing() -> dict:
        folder = pathlib.Path(f"/proc/{link.process.pid}")
        return {"threads": link.status("Threads"), "fds": len(os.listdir(folder / "fd")), "heap": link.figures()["heap"]}

    def cycles(event, count):
        for _ in range(count):
            mark = link.mark()
            link.connect(pin=identity.sha256, limit_s=20)
            if event is not None:
                link.event(event, after=mark)
            link.drop()

    for name in MOMENTS:
        stands, event = moments(identity)[name]
        with stands():
            cycles(event, 100)
            before = standing()
            cycles(event, 200)
            after = standing()
        print(f"{name}: {before} -> {after}")
        assert after["threads"] == before["threads"] <= 3, name
        assert after["fds"] <= before["fds"], name
        # What malloc keeps at hand for later settles only after some 3,000 sessions, at 200 KiB; a leak is more a session.
        assert after["heap"] - before["heap"] < 160 * 1024 or SANITIZED, name
