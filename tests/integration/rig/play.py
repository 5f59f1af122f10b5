"""A Fuse whose stored, worker and discovery are played (rig/pretend.py), with one printer, and an HTTP client of it
that holds all answers against docs/openapi.json."""
import contextlib
import shutil
import socket

import pytest

from . import fuse as rig_fuse
from . import http, pretend
from .waiting import wait_until

SERIAL, OTHER = "01S00A000000001", "01P00A000000002"
SHA = "ab" * 32
PRINTER = {"serial": SERIAL, "name": "Left", "address": "127.28.0.1", "model": "P1S", "has_access_code": True,
           "certificate_sha256": SHA, "added_ms": 1_700_000_000_000, "changed_ms": 1_700_000_000_001,
           "ftps_port": 9990}
LINK = {"serial": SERIAL, "phase": "live", "online": True, "sentence": "All is well.", "since_ms": 1_700_000_000_000,
        "connected_ms": 1_700_000_000_000, "received_ms": 1_700_000_000_500, "seen_serial": SERIAL,
        "seen_sha256": SHA, "seen_issuer": "BBL CA2 RSA", "vouch": 1, "developer_mode": 2, "firmware": "01.07.00.00"}
WORKER = f"worker/{SERIAL}"
MINE = f"/api/v1/printers/{SERIAL}"
DONE = ["DONE", {"sentence": "It is done."}]


class Play:
    """httpd  the program to use in the place of fuse-httpd
    roles  who is played besides"""

    def __init__(self, name: str, httpd=None, roles=()):
        self.made, self.name, self.held = [], name, 0
        self.fuse, self.stage = pretend.pretend(self._make, ("stored", "worker", "discovery", *roles))
        if httpd is not None:
            shutil.copy2(httpd, self.fuse.bin / "fuse-httpd")
        self.stage.tell("stored", "PRINTER", PRINTER, 0)
        self.stage.tell("stored", "STORE_STATUS", {"sentence": "All is well.", "schema": 1})
        self.stage.tell(WORKER, "PRINTER_LINK", LINK)
        self.stage.tell("discovery", "DISCOVERY_STATUS", {"hears": True, "sentence": "All is quiet."})
        self.fuse.start(all_up=False)
        self.fuse.workers = [SERIAL]  # of the played store's printer
        self.http = http.Http(self.fuse, timeout_s=75)
        self.wait_online()
        self.fuse.wait_all_up()

    def _make(self, **arguments):
        self.made.append(rig_fuse.Fuse(name=self.name, **arguments))
        return self.made[-1]

    def wait_online(self):
        def online():
            answer = self.http.raw("GET", MINE)
            return answer.status == 200 and answer.json()["link"]["online"]

        wait_until(online, 10, "the printer is not there")

    @contextlib.contextmanager
    def holding(self, count: int, source: str = None):
        """So many connections for which Fuse works: each waits for an answer of the worker."""
        with contextlib.ExitStack() as stack:
            if self.held == 0:
                self.stage.answers(WORKER, "DIAGNOSE", ["@later"])
            self.held += count
            heard = len(self.stage.heard("DIAGNOSE"))
            for _ in range(count):
                connection = socket.create_connection((self.fuse.address, 8888), 5,
                                                      source_address=(source, 0) if source else None)
                stack.enter_context(connection)
                connection.sendall(f"GET {MINE}/diagnosis HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            wait_until(lambda: len(self.stage.heard("DIAGNOSE")) == heard + count, 10, "not all are worked for")
            try:
                yield
            finally:
                self.held -= count
                if self.held == 0:
                    answered = len(self.stage.heard("@answered"))
                    self.stage.answers(WORKER, "DIAGNOSE", DONE)
                    wait_until(lambda: len(self.stage.heard("@answered")) > answered, 10, "they wait for ever")


# -- for files of tests: import what is used of these; `play` needs `module_play` -----------------------

@pytest.fixture(scope="module")
def module_play(request):
    made = Play(request.module.__name__)
    yield made
    made.fuse.close()


@pytest.fixture
def play(module_play):
    """The played Fuse; at the end of each test httpd is the one that it was at its beginning."""
    before = module_play.fuse.pids()["httpd"]
    yield module_play
    module_play.stage.forget_answers()
    assert module_play.fuse.pids()["httpd"] == before, module_play.fuse.obituary("httpd")


def raw(play, data: bytes, timeout_s: float = 5, source: str = None) -> bytes:
    """Send bytes, and read until the other side closes."""
    with socket.create_connection((play.fuse.address, 8888), timeout_s,
                                  source_address=(source, 0) if source else None) as connection:
        connection.sendall(data)
        received = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
        return received


def heard(play, name: str, already: int = 0) -> dict:
    """The fields of the newest request of this name; there must be one more than `already`."""
    found = play.stage.heard(name)
    assert len(found) == already + 1, found
    return found[-1]["fields"]


@contextlib.contextmanager
def following(play, path: str, timeout_s: float = 5, patience_s: float = 0):
    """The answer to a request for a stream, while it comes."""
    def asked():
        connection = play.http.connect()
        connection.timeout = timeout_s
        connection.request("GET", path)
        response = connection.getresponse()
        # Those who have just left may not have been missed yet.
        return (connection, response) if response.status != 503 else None

    connection, response = wait_until(asked, patience_s, "there is no room")
    assert response.status == 200 and response.getheader("Content-Type") == "application/x-ndjson", response.read()
    yield response
    connection.close()
    response.close()
