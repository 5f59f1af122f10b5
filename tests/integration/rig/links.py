"""What the stories about links need: printers added to a Fuse, what Fuse says of them, and peers with faults.

Printers are Mosquitto (rig/printers.py); between Fuse and one of them a Meddler may stand; Actor is a printer of
our own that speaks TLS and as much MQTT as a story needs, and keeps every byte that it was sent.
"""
import contextlib
import json
import pathlib
import select
import socket
import ssl
import tempfile
import threading
import time

import pytest

from rig import printers, wire

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "tests/samples"


# -- samples ---------------------------------------------------------------------------------------

def sample(name: str) -> dict:
    """A status report as it is on the wire: {"print": {…}}."""
    kept = json.loads((SAMPLES / f"{name}.json").read_text())
    for key in ("pushall", "push_all", "message"):
        if key in kept:
            body = kept[key]
            return {"print": {**body.get("print", body), "command": "push_status"}}
    raise KeyError(name)


def modules(name: str) -> list:
    kept = json.loads((SAMPLES / f"{name}.json").read_text())
    body = kept.get("get_version", {})
    return body.get("info", body).get("module", [])


def idle(**more) -> dict:
    """A short full report of a printer that has nothing to do."""
    return {"print": {"command": "push_status", "msg": 0, "gcode_state": "IDLE", "nozzle_temper": 25, "bed_temper": 20,
                      "home_flag": 256, "sdcard": True, "spd_lvl": 2, "vt_tray": {"id": "254"}, "hms": [], **more}}


def delta(**fields) -> dict:
    return {"print": {"command": "push_status", "msg": 1, **fields}}


# -- what stories make ---------------------------------------------------------------------------------

class Troupe:
    """All printers and peers that a story has made, to be ended with it."""

    def __init__(self, folder):
        self.folder, self.made = folder, []

    def printer(self, serial: str, address: str, **options) -> printers.MosquittoPrinter:
        """A printer, switched on, that answers by itself."""
        options = {"auto": True, "report": idle(), **options}
        self.made.append(printers.MosquittoPrinter(serial, address, tmp_path=self.folder, **options))
        return self.made[-1].start()

    def peer(self, kind, *arguments, **options):
        self.made.append(kind(*arguments, **options))
        return self.made[-1]

    def close(self):
        for one in self.made:
            one.kill() if isinstance(one, printers.MosquittoPrinter) else one.close()


@pytest.fixture
def troupe(tmp_path):
    made = Troupe(tmp_path)
    yield made
    made.close()


# -- a Fuse with printers ------------------------------------------------------------------------------

def add(fuse, serial: str, address: str, code: str = "12345678", pin: str = "", model: str = "", name: str = "",
        port: int = 0):
    """Keep a printer, as fusectl does."""
    with fuse.ctl() as ctl:
        ctl.request("PRINTER_ADD", {"serial": serial, "name": name or f"Printer {serial[-4:]}", "address": address,
                                    "model": model, "certificate_sha256": pin, "mqtt_port": port,
                                    "access_code": code.encode()})


EDITS = ["name", "address", "model", "ports", "certificate_sha256", "access_code"]


def edit(fuse, serial: str, **fields):
    """Change some fields of a printer (rows of enum printer_field)."""
    changes = sum(1 << EDITS.index(name) for name in fields)
    if "access_code" in fields:
        fields["access_code"] = fields["access_code"].encode()
    with fuse.ctl() as ctl:
        ctl.request("PRINTER_EDIT", {"serial": serial, "changes": changes, **fields})


def remove(fuse, serial: str):
    with fuse.ctl() as ctl:
        ctl.request("PRINTER_REMOVE", {"serial": serial})


def link(fuse, serial: str) -> dict:
    """What PRINTER_LINK says of a printer; {} when nothing does."""
    with fuse.ctl() as ctl:
        return next((row for row in ctl.recall("PRINTER_LINK") if row["serial"] == serial), {})


def stats(fuse) -> dict:
    """All printers' states by serial."""
    with fuse.ctl() as ctl:
        return {row["serial"]: json.loads(row["json"]) for row in ctl.recall("PRINTER_STATE")}


def slot(fuse, serial: str) -> int:
    with fuse.ctl() as ctl:
        role = wire.ROLES["worker"]
        return next(row["slot"] for row in ctl.recall("PROC_STATUS") if row["role"] == role and row["entry"] == serial)


def command(fuse, serial: str, **fields) -> dict:
    """Send one command; returns COMMAND_RESULT's fields. Raises wire.Refused."""
    with fuse.ctl(30) as ctl:
        frames = ctl.request("COMMAND", {"serial": serial, "json": json.dumps(fields)}, "worker", slot(fuse, serial))
        return frames[-1].fields


def diagnose(fuse, serial: str) -> list:
    with fuse.ctl(75) as ctl:
        frames = ctl.request("DIAGNOSE", {"serial": serial}, "worker", slot(fuse, serial))
        return [frame.fields for frame in frames if frame.message.name == "DIAGNOSIS_STEP"]


def wait_link(fuse, serial: str, deadline_s: float = 15, **wanted) -> dict:
    """PRINTER_LINK has these values; returns it."""
    def there():
        now = link(fuse, serial)
        return now if now and all(now[key] == value for key, value in wanted.items()) else None

    return fuse.wait_until(there, deadline_s, lambda: f"{serial} is not {wanted} but {link(fuse, serial)}")


def wait_live(fuse, serial: str, deadline_s: float = 15) -> dict:
    return wait_link(fuse, serial, deadline_s, online=True, phase="live")


def wait_stat(fuse, serial: str, predicate, deadline_s: float = 10) -> dict:
    def there():
        now = stats(fuse).get(serial)
        return now if now and predicate(now) else None

    return fuse.wait_until(there, deadline_s, lambda: f"state of {serial}: {stats(fuse).get(serial)}")


class Watch:
    """Keeps how every link was, from the beginning: what came and went between two looks of a story is not lost."""

    def __init__(self, fuse):
        self.fuse, self.rows, self.ended = fuse, {}, False  # serial -> rows, oldest first
        self.ctl = fuse.ctl()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        with contextlib.suppress(OSError, EOFError):
            while not self.ended:
                for row in self.ctl.recall("PRINTER_LINK"):
                    kept = self.rows.setdefault(row["serial"], [])
                    if not kept or kept[-1] != row:
                        kept.append(row)
                time.sleep(0.1)

    def find(self, serial: str, **wanted):
        """The newest that was so; None."""
        return next((row for row in reversed(self.rows.get(serial, []))
                     if all(row[key] == value for key, value in wanted.items())), None)

    def wait(self, serial: str, deadline_s: float, **wanted) -> dict:
        return self.fuse.wait_until(lambda: self.find(serial, **wanted), deadline_s,
                                    lambda: f"{serial} was never {wanted}: {self.rows.get(serial, [])[-4:]}")

    def close(self):
        self.ended = True
        self.thread.join(5)
        self.ctl.close()


# -- between Fuse and a printer ----------------------------------------------------------------------------

class Meddler:
    """A TCP relay from (address, 8883) to a printer, with faults. It keeps what Fuse sent (still encrypted)."""

    def __init__(self, address: str, target: tuple, port: int = 8883):
        self.address, self.port, self.target = address, port, target
        self.pairs, self.lock = [], threading.Lock()
        self.mute = False  # keep connections, pass nothing on
        self.accepted = 0
        self.listener = None
        self.open()

    def open(self):
        self.listener = socket.create_server((self.address, self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def shut(self):
        """Refuse from now on, and cut what stands."""
        if self.listener is not None:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self.cut()

    def cut(self):
        """Cut all connections."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                far = socket.create_connection(self.target, 5)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                while self.mute:
                    time.sleep(0.02)
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.mute = False
        self.shut()


# -- a printer of our own -----------------------------------------------------------------------------------

CONNACK, SUBACK, PUBLISH = 0x20, 0x90, 0x30


class Actor:
    """
    A TLS server with a certificate from `chain` and `key` (PEM). `play(self, connection)` is its part: it is called for
    each connection after the handshake, in a thread; connection.read_packet() and .send() are at its hand.
    `heard` has every byte that came after the handshake, `plain` what came on TCP when it does not speak TLS.
    """

    def __init__(self, address: str, chain: bytes = None, key: bytes = None, play=None, port: int = 8883):
        self.address, self.play, self.heard, self.plain = address, play, bytearray(), bytearray()
        self.handshakes, self.accepted, self.closed = 0, 0, False
        self.context = None
        if chain is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.maximum_version = self.context.minimum_version = ssl.TLSVersion.TLSv1_2
            with tempfile.NamedTemporaryFile() as chain_file, tempfile.NamedTemporaryFile() as key_file:
                chain_file.write(chain), key_file.write(key)
                chain_file.flush(), key_file.flush()
                self.context.load_cert_chain(chain_file.name, key_file.name)
        self.listener = socket.create_server((address, port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.closed:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, EOFError, ValueError):
            if self.context is None:
                connection.settimeout(60)
                while data := connection.recv(4096):
                    self.plain += data
                return
            connection.settimeout(30)
            secure = self.context.wrap_socket(connection, server_side=True)
            self.handshakes += 1
            self.play(Line(self, secure))
        with contextlib.suppress(OSError):
            connection.close()

    def close(self):
        self.closed = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Line:
    """
    One secure connection of an Actor. One thread may read and another write: OpenSSL bears only one at a time in a
    connection, and Python guards it against that from 3.13 on only; before, a read beside a write may see an end.
    """

    def __init__(self, actor: Actor, secure):
        self.actor, self.secure, self.buffer, self.turn = actor, secure, bytearray(), threading.Lock()

    def read_packet(self) -> tuple:
        """The next MQTT packet: (first byte, body)."""
        while True:
            packet = printers.take_packet(self.buffer)
            if packet is not None:
                return packet
            data = self._receive()
            if not data:
                raise EOFError
            self.actor.heard += data
            self.buffer += data

    def _receive(self) -> bytes:
        """What has come; waits for it outside of the connection, so that who sends has its turn."""
        patience_s = self.secure.gettimeout()
        there = select.poll()
        there.register(self.secure, select.POLLIN)
        while True:
            with self.turn, contextlib.suppress(ssl.SSLWantReadError):  # a record that is not whole yet
                self.secure.settimeout(0)
                try:
                    return self.secure.recv(1 << 16)
                finally:
                    self.secure.settimeout(patience_s)
            if not there.poll(patience_s * 1000):
                raise TimeoutError

    def send(self, data: bytes):
        with self.turn:
            self.secure.sendall(data)

    def accept_login(self):
        while self.read_packet()[0] >> 4 != 1:
            pass
        self.send(printers.packet(CONNACK, b"\0\0"))

    def accept_subscription(self):
        while True:
            kind, body = self.read_packet()
            if kind >> 4 == 8:
                self.send(printers.packet(SUBACK, body[:2] + b"\0"))
                return

    def publish(self, serial: str, payload: bytes):
        topic = f"device/{serial}/report".encode()
        self.send(printers.packet(PUBLISH, len(topic).to_bytes(2, "big") + topic + payload))

    def wait_end(self):
        """Read on until Fuse closes."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.read_packet()
