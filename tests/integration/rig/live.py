"""WebSocket clients for tests, with python3-websockets for the protocol: it is ours in nothing. They read only when they
are asked to, so that a test can have one that does not.

	with Events(fuse) as events:
	    events.wait(lambda: events.printers["01S…"]["stat"]["isOnline"])
"""
import json
import select
import socket
import time

from websockets.client import ClientConnection
from websockets.connection import State
from websockets.frames import Opcode
from websockets.uri import parse_uri


class Refused(Exception):
    """The handshake was answered, but not with a WebSocket."""

    def __init__(self, response, body: bytes):
        super().__init__(f"{response.status_code}: {body[:300]}")
        self.status, self.headers, self.body = response.status_code, dict(response.headers.raw_items()), body

    def json(self):
        return json.loads(self.body)


class Closed(Exception):
    """The connection is over; `code` is the close code (1006: without one)."""

    def __init__(self, code: int, reason: str):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class WebSocket:
    """
    headers   more of them for the handshake, e.g. {"Origin": …, "Host": …}
    source    the address to come from
    buffer    SO_RCVBUF, for a reader that is soon full
    """

    def __init__(self, fuse, path: str = "/api/v1/events", port: int = 8888, headers: dict = None, source: str = None,
                 buffer: int = None, timeout_s: float = 15):
        self.timeout_s, self.messages, self.partial, self.pings = timeout_s, [], [], 0
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(timeout_s)
        self.socket.connect((fuse.address, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.protocol = ClientConnection(parse_uri(f"ws://{fuse.address}:{port}{path}"), max_size=None)
        request = self.protocol.connect()
        for name, value in (headers or {}).items():
            if name in request.headers:
                del request.headers[name]
            request.headers[name] = value
        self.protocol.send_request(request)
        self.flush()
        try:
            self._shake_hands()
        except BaseException:
            self.socket.close()
            raise

    def _shake_hands(self):
        while self.protocol.state is State.CONNECTING and self.protocol.handshake_exc is None:
            self.read()
        error = self.protocol.handshake_exc
        if error is not None:
            response = getattr(error, "response", None)
            if response is None:
                raise error
            raise Refused(response, response.body or b"") from error

    # -- bytes -----------------------------------------------------------------------------------

    def flush(self):
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def read(self):
        """Read once, and take what has come."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        self.received_at = time.time()
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        for event in self.protocol.events_received():
            self._take(event)
        try:
            self.flush()
        except OSError:
            pass  # it closed before it heard our last word

    def _take(self, event):
        opcode = getattr(event, "opcode", None)
        if opcode is Opcode.PING:
            self.pings += 1
        if opcode in (Opcode.TEXT, Opcode.CONT):
            self.partial.append(bytes(event.data))
            if event.fin:
                self.messages.append((b"".join(self.partial).decode(), self.received_at))
                self.partial = []

    # -- messages ----------------------------------------------------------------------------------

    def receive(self, timeout_s: float = None) -> dict:
        """The next message. Raises Closed, or TimeoutError."""
        return self.receive_timed(timeout_s)[0]

    def receive_timed(self, timeout_s: float = None) -> tuple:
        """(the next message, when it came)"""
        until = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while not self.messages:
            if self.protocol.state is State.CLOSED:
                raise Closed(self.protocol.close_code or 1006, self.protocol.close_reason or "")
            if not select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("nothing came")
            self.read()
        text, at = self.messages.pop(0)
        return json.loads(text), at

    def wait_closed(self, timeout_s: float = 15) -> int:
        """Read on until it is closed; returns the code."""
        try:
            while True:
                self.receive(timeout_s)
        except Closed as closed:
            return closed.code

    def send(self, message):
        """A message: an object as JSON, or a text."""
        self.protocol.send_text((message if isinstance(message, str) else json.dumps(message)).encode())
        self.flush()

    def raw(self, data: bytes):
        """Bytes past the protocol."""
        self.socket.sendall(data)

    def close(self):
        if self.protocol.state is State.OPEN:
            try:
                self.protocol.send_close()
                self.flush()
            except OSError:
                pass
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# -- those who understand what they are told -------------------------------------------------------------

def merge(into: dict, news: dict):
    """The rule of docs/events.md."""
    for name in news.get("$gone", []):
        into.pop(name, None)
    for name, value in news.items():
        if name == "$gone":
            continue
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        elif isinstance(value, dict):
            into[name] = {}
            merge(into[name], value)
        else:
            into[name] = value


class Events(WebSocket):
    """A client of /api/v1/events that keeps what it is told."""

    def __init__(self, fuse, **how):
        super().__init__(fuse, **how)
        self.hello = self.receive()
        assert self.hello["type"] == "hello" and self.hello["protocol"] == 1, self.hello
        self.rev, self.status, self.printers, self.snapshots, self.deltas = 0, {}, {}, 0, []
        self.whole = {}  # what is not told of each printer: files, jobs, the cache
        self.take(self.receive())

    def take(self, message: dict) -> dict:
        if message["type"] == "snapshot":
            self.snapshots += 1
            self.status, self.printers = message["status"], message["printers"]
            self.whole = {name: message[name] for name in ("files", "jobs", "cache") if name in message}
        elif message["type"] == "delta":
            assert self.snapshots > 0 and message["rev"] > self.rev, (self.rev, message)
            assert len(message) > 2, message
            self.deltas.append(message)
            for serial in message.get("removed", []):
                self.printers.pop(serial, None)
            merge(self.status, message.get("status", {}))
            for serial, news in message.get("printers", {}).items():
                merge(self.printers.setdefault(serial, {}), news)
            for kind in ("files", "jobs"):
                for name in message.get("removed" + kind.capitalize(), []):
                    self.whole[kind].pop(name, None)
                for name, news in message.get(kind, {}).items():
                    merge(self.whole[kind].setdefault(name, {}), news)
            merge(self.whole.setdefault("cache", {}), message.get("cache", {}))
        else:
            return message
        self.rev = message["rev"]
        return message

    def follow(self, seconds: float = 0.05):
        """Take what comes within so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self.take(self.receive(left))
            except TimeoutError:
                return

    def wait(self, predicate, deadline_s: float = 10, what: str = ""):
        """Take what comes until `predicate` is true; returns what it gave."""
        until = time.monotonic() + deadline_s
        while not (result := predicate()):
            left = until - time.monotonic()
            assert left > 0, f"not within {deadline_s} s: {what or predicate}"
            try:
                self.take(self.receive(min(left, 1)))
            except TimeoutError:
                pass
        return result


class Statistics(WebSocket):
    """A client of port 8889 that keeps what it is told."""

    def __init__(self, fuse, **how):
        super().__init__(fuse, **{"path": "/", "port": 8889, **how})
        self.hello = self.receive()
        assert self.hello["type"] == "hello", self.hello
        self.snapshots, self.told = 0, []
        self.stats = {}
        self.take(self.receive())

    def take(self, message: dict) -> dict:
        if message["type"] == "snapshot":
            self.snapshots += 1
            self.stats = {stat["serial"]: stat for stat in message["printers"]}
        elif message["type"] == "stat":
            assert message["serial"] == message["stat"]["serial"]
            self.stats[message["serial"]] = message["stat"]
            self.told.append(message["serial"])
        elif message["type"] == "removed":
            self.stats.pop(message["serial"], None)
        return message

    wait = Events.wait
    follow = Events.follow
