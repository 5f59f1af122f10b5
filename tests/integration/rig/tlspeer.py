"""What may answer at a printer's address: TCP and TLS servers that misbehave to order and keep every byte they get.

	with Peer("127.0.20.1", 8883, tls(printer)) as peer: …
	peer.connections[0].raw          # as it came over the wire
	peer.connections[0].plain        # out of TLS
	peer.connections[0].records()    # TLS records of `raw`: [(type, length), …]

A behaviour is a function that is given a Connection and talks over it until it returns; then the connection is closed.
"""
import contextlib
import json
import os
import select
import socket
import ssl
import struct
import threading

ALERT, HANDSHAKE, APPLICATION = 21, 22, 23
DETECT_REQUEST = b"\xa5\xa5\x3a\x00" + b'{"login":{"command":"detect","sequence_id":"20000"}}' + b"\xa7\xa7"
LONG_S = 60  # nobody waits for it: what hangs is ended when the peer is closed


class Ended(Exception):
    """The other end, or the test, has ended the connection."""


class Connection:
    def __init__(self, sock: socket.socket, ending: threading.Event):
        self.socket, self.ending = sock, ending
        self.raw, self.plain = bytearray(), bytearray()
        self.tls = None  # ssl.SSLObject once the handshake has begun
        self.handshaken = self.closed_by_client = False
        self.server_name = None
        sock.settimeout(0.05)

    def records(self) -> list:
        found, at = [], 0
        while at + 5 <= len(self.raw):
            kind, _, size = struct.unpack_from("!BHH", self.raw, at)
            found.append((kind, size))
            at += 5 + size
        assert at == len(self.raw), f"{len(self.raw) - at} bytes beyond the last record"
        return found

    def receive(self) -> bytes:
        """The next bytes off the wire."""
        while not self.ending.is_set():
            with contextlib.suppress(socket.timeout):
                try:
                    data = self.socket.recv(65536)
                except ConnectionError as error:
                    self.closed_by_client = True
                    raise Ended from error
                if not data:
                    self.closed_by_client = True
                    raise Ended
                self.raw += data
                return data
        raise Ended

    def send(self, data: bytes):
        view = memoryview(data)
        while view and not self.ending.is_set():
            with contextlib.suppress(socket.timeout):
                try:
                    view = view[self.socket.send(view):]
                except ConnectionError as error:
                    self.closed_by_client = True
                    raise Ended from error

    def wait_for_the_end(self):
        """Read on, say nothing."""
        while True:
            self.receive()


# -- behaviours without TLS ------------------------------------------------------------------------

def silent(connection):
    connection.wait_for_the_end()


def close_at_once(connection):
    pass


def garbage(connection):
    connection.send(os.urandom(600))
    connection.wait_for_the_end()


def web_server(connection):
    connection.receive()
    connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.wait_for_the_end()


def repeats(data: bytes):
    """Sends the same without end."""
    def behave(connection):
        while not connection.ending.is_set():
            connection.send(data * (65536 // len(data) + 1))
    return behave


HELLO_REQUESTS = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"  # each a whole record that TLS lets a client skip


def detect_frame(body, length: int = None) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"\xa5\xa5" + struct.pack("<H", len(text) + 6 if length is None else length) + text + b"\xa7\xa7"


def detect_reply(serial: str, model: str = "C12", **more) -> bytes:
    return detect_frame({"login": {"command": "detect", "sequence_id": 3021, "id": serial, "model": model,
                                   "name": "Shelf 3 left", "version": "01.07.02.00", "bind": "free",
                                   "connect": "lan", "dev_cap": 1, **more}})


def detect_refusal(reason) -> bytes:
    return detect_frame({"login": {"sequence_id": 1000, "command": "login_report", "status": "FAILURE",
                                   "reason": reason if isinstance(reason, str) else json.dumps(reason)}})


def plain(answer: bytes, slowly_s: float = 0, stays: bool = False):
    """The detect service without TLS: one answer to the right request, then it hangs up (or `stays`)."""
    def behave(connection):
        while not connection.plain.endswith(b"\xa7\xa7"):
            connection.plain += connection.receive()
        if bytes(connection.plain) == DETECT_REQUEST:
            say(connection, connection.send, answer, slowly_s)
        if stays:
            connection.wait_for_the_end()
    return behave


def say(connection, send, answer: bytes, slowly_s: float):
    pieces = [answer] if not slowly_s else [answer[i:i + 1] for i in range(len(answer))]
    for piece in pieces:
        send(piece)
        if slowly_s and connection.ending.wait(slowly_s):
            raise Ended


# -- behaviours in TLS -----------------------------------------------------------------------------

class Tls:
    """The server's end of TLS over a Connection, by hand, so that bytes can be kept, held back and dripped."""

    def __init__(self, connection: Connection, context: ssl.SSLContext, most_flights: int = None,
                 slowly_s: float = 0):
        self.connection, self.flights_left, self.slowly_s = connection, most_flights, slowly_s
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = connection.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def flush(self):
        data = self.outgoing.read()
        if not data:
            return
        if self.flights_left is not None:
            self.flights_left -= 1
            if self.flights_left < 0:
                self.connection.wait_for_the_end()
        say(self.connection, self.connection.send, data, self.slowly_s)

    def _step(self, call):
        while True:
            try:
                result = call()
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.incoming.write(self.connection.receive())

    def shake_hands(self):
        self._step(self.object.do_handshake)
        self.connection.handshaken = True

    def send(self, data: bytes):
        self.object.write(data)
        self.flush()

    def receive(self) -> bytes:
        data = self._step(lambda: self.object.read(65536))
        self.connection.plain += data
        return data

    def keep_reading(self):
        with contextlib.suppress(ssl.SSLError):
            while self.receive():
                pass


def server_context(printer) -> ssl.SSLContext:
    return printer if isinstance(printer, ssl.SSLContext) else printer.server_context()


def tls(printer, **how):
    """A printer's MQTT port as far as TLS: it completes the handshake and listens."""
    context = server_context(printer)

    def behave(connection):
        context.sni_callback = lambda _, name, __: setattr(connection, "server_name", name)
        end = Tls(connection, context, **how)
        try:
            end.shake_hands()
        except ssl.SSLError:
            connection.wait_for_the_end()
        end.keep_reading()
    return behave


def hang_before_the_end_of_the_handshake(printer):
    """It shows its certificate, and then nothing more: anybody can do that, without the key."""
    return tls(printer, most_flights=1)


def tls_detect(printer, answer: bytes, slowly_s: float = 0):
    context = server_context(printer)

    def behave(connection):
        end = Tls(connection, context)
        end.shake_hands()
        while not connection.plain.endswith(b"\xa7\xa7"):
            end.receive()
        if bytes(connection.plain) == DETECT_REQUEST:
            say(connection, end.send, answer, slowly_s)
        end.keep_reading()
    return behave


# -- the server ------------------------------------------------------------------------------------

class Peer:
    def __init__(self, address: str, port: int, behaviour):
        self.address, self.port, self.behaviour = address, port, behaviour
        self.connections, self.threads, self.faults = [], [], []
        self.ending = threading.Event()
        self.listener = socket.create_server((address, port), backlog=64,
                                             family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.listener.settimeout(0.05)
        self._start(self._accept)

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.ending.is_set():
            with contextlib.suppress(socket.timeout):
                accepted, _ = self.listener.accept()
                connection = Connection(accepted, self.ending)
                self.connections.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: Connection):
        try:
            self.behaviour(connection)
        except (Ended, ssl.SSLError):
            pass
        except Exception as fault:  # pylint: disable=broad-except
            self.faults.append(fault)
        finally:
            connection.socket.close()

    def received(self) -> bytes:
        """All bytes of all connections."""
        return b"".join(bytes(connection.raw) for connection in self.connections)

    def close(self):
        self.ending.set()
        for thread in list(self.threads):
            thread.join(LONG_S)
        self.listener.close()
        assert not self.faults, self.faults

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Blackhole:
    """A port that takes no connection and refuses none: its queue is full."""

    def __init__(self, address: str, port: int):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(0)
        self.fillers = []
        while not self.fillers or select.select([], [self.fillers[-1]], [], 0.3)[1]:
            self.fillers.append(socket.socket())
            self.fillers[-1].setblocking(False)
            self.fillers[-1].connect_ex((address, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for filler in self.fillers:
            filler.close()
        self.listener.close()
