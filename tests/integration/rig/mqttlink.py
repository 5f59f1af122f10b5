"""What the stories about the one door to the MQTT library (worker/link/mqtt) need: the door, driven by lines through a
program of its own that is locked in as fuse-worker is (tests/rig/mqtt_link.c), and a broker that is played by hand."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import threading
import time

import pytest

from rig import ca
from rig.fuse import BUILD, SANITIZED, SLOWNESS
from rig.printers import MosquittoPrinter, packet, take_packet
from rig.tlspeer import Tls

# Files that run side by side may have to share a network (rig/darkness.py): each process has an address of its own.
HOST = f"127.0.30.{9 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw'))}"
PORT = 8883
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


def packets_of(one) -> list:
    buffer, found = bytearray(one.end.connection.plain), []
    while (taken := take_packet(buffer)) is not None:
        found.append(taken)
    return found


def plain_publishes(one) -> int:
    return sum(first & 0xF0 == PUBLISH for first, _ in packets_of(one))
