"""REST as programs meet it, and as attackers would like it: who may ask, what is too much, who goes away, and what
becomes of what was asked. The processes behind it are played (rig/play.py); real ones are in test_rest_printers.py.
"""
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import time

import pytest

from rig import http as rig_http
from rig import wire
from rig.alone import Alone
from rig.play import DONE, MINE, OTHER, PRINTER, SERIAL, SHA, WORKER, Play
from rig.slowloris import Slowloris
from rig.waiting import holds_for, wait_until

EDIT_BITS = ["name", "address", "model", "ports", "certificateSha256", "accessCode"]


@pytest.fixture(scope="module")
def module_play():
    made = Play("test_rest")
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


# -- who may ask -----------------------------------------------------------------------------------------

def test_hosts_that_are_ours_are_served(play):
    for host in ("localhost", "LocalHost:8888", "127.0.0.1", "127.0.0.1:9000", "[::1]", "[::1]:8888", play.fuse.address,
                 f"{play.fuse.address}:8888"):
        assert play.http.get("/livez", headers={"Host": host}).json() == {"status": "alive"}


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:8888", "127.0.0.1.attacker.example",
                                  "localhost.attacker.example", "localhost.", "localhost:8888.attacker.example",
                                  "user@localhost", "localhost@attacker.example", "127.0.0.1:", "127.0.0.1:x",
                                  "127.0.0.1:123456", "[::1", "[::2]", "0.0.0.0", "127.1", "2130706433", "::1", " "])
def test_a_name_that_was_pointed_here_from_elsewhere_is_not_served(play, host):
    answer = play.http.ask("GET", "/livez", headers={"Host": host})
    assert answer.status in (400, 421), host


def test_exactly_one_host_is_needed(play):
    for headers in (b"", b"Host: localhost\r\nHost: localhost\r\n", b"Host: localhost\r\nHost: attacker.example\r\n"):
        assert raw(play, b"GET /livez HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(play, b"GET /livez HTTP/1.0\r\n\r\n").split(b" ")[1] == b"400"


@pytest.mark.parametrize("origin", ["http://attacker.example", "null", "http://localhost", "http://127.0.0.1:8888",
                                    "file://", "http://{host}.attacker.example", "http://attacker.example/{host}", ""])
def test_a_page_elsewhere_cannot_drive_fuse(play, origin):
    """CSRF: whatever such a page can send without asking first is refused, and nothing is done."""
    headers = {"Origin": origin.format(host=f"{play.fuse.address}:8888")}
    for method, path, body in (("POST", "/api/v1/restart", {"process": "all"}), ("DELETE", MINE, None),
                               ("POST", MINE + "/reconnect", None), ("PATCH", MINE, {"name": "pwned"}),
                               ("GET", "/api/v1/probe?address=127.28.0.9", None)):
        before = len(play.stage.heard())
        play.http.problem(method, path, 403, "foreign-origin", body, headers)
        assert len(play.stage.heard()) == before


def test_our_own_page_may(play):
    headers = {"Origin": f"http://{play.fuse.address}:8888", "Sec-Fetch-Site": "same-origin"}
    play.http.ask("POST", MINE + "/reconnect", headers=headers, status=200)
    play.http.problem("POST", MINE + "/reconnect", 403, "foreign-origin",
                      headers={"Origin": f"https://{play.fuse.address}:8888"})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "anything"])
def test_an_image_of_a_page_elsewhere_cannot_look_around_the_network(play, site):
    """Such requests carry no Origin; browsers say by Sec-Fetch-Site where they come from."""
    before = len(play.stage.heard())
    play.http.problem("GET", "/api/v1/probe?address=127.28.0.9", 403, "foreign-origin", headers={"Sec-Fetch-Site": site})
    assert len(play.stage.heard()) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                  "application/jsonx", "text/json", "application/json5"])
def test_only_json_is_a_body(play, kind):
    before = len(play.stage.heard())
    play.http.problem("POST", "/api/v1/printers", 415, "not-json", b'{"serial":"X","address":"127.0.0.1"}',
                      {"Content-Type": kind})
    play.http.problem("POST", MINE + "/reconnect", 415, "not-json", b"", {"Content-Type": kind})
    assert len(play.stage.heard()) == before
    play.http.ask("PATCH", MINE, b'{"name":"L"}', {"Content-Type": "Application/JSON; charset=utf-8"}, 200)


# -- paths and methods ---------------------------------------------------------------------------------------

def test_a_method_that_a_path_does_not_know_is_told_those_that_it_does(play):
    allowed = {}
    for method, path in rig_http.operations():
        for brace, name in (("{id}", SERIAL), ("{sha256}", SHA), ("{job}", "J1"), ("{n}", "1")):
            path = path.replace(brace, name)
        allowed.setdefault(path, set()).update({method, *(["HEAD"] if method == "GET" else [])})
    for path, methods in allowed.items():
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"):
            if method in methods:
                continue
            answer = play.http.ask(method, path, status=405)
            assert set(answer.headers["allow"].split(", ")) == methods, (method, path)


@pytest.mark.parametrize("path", ["//", "/api", "/api/v1", "/api/v1/", "/api/v1/printers/", "/api/v2/status",
                                  "/api/v1//status", "/API/v1/status", "/api/v1/status/", "/api/v1/printers/x/stat",
                                  "/api/v1/printers/%2e%2e/status", "/api/v1/./status", "/api/v1%2fstatus",
                                  "/api/v1/printers/" + "A" * 33, MINE + "/nothing", MINE + "/stat/more",
                                  "/a/b/c/d/e/f/g/h/i/j/k/l", "/../../etc/passwd", "/%2e%2e/etc/passwd"])
def test_what_is_no_path_is_not_found(play, path):
    assert play.http.problem("GET", path, 404, "not-found")["instance"] == path


@pytest.mark.parametrize("path", ["/livez%", "/livez%0", "/livez%zz", "/%00", "/%ff", "/livez?a=%ff", "/livez?=1",
                                  "/livez?a=1&a=2", "/livez?a&b&c&d&e&f&g&h&i", "livez", "http:///livez", "*"])
def test_what_is_malformed_is_refused(play, path):
    answer = play.http.raw("GET", path)
    assert answer.status == 400 and answer.json()["type"] in ("/problems/bad-request", "/problems/bad-parameter")


def test_an_encoded_letter_is_the_letter(play):
    assert play.http.raw("GET", "/%6civez").status == 200
    assert play.http.raw("GET", MINE.replace("01S", "01%53")).json()["serial"] == SERIAL


def test_query_parameters_are_checked(play):
    for path in ("/api/v1/logs?lines=", "/api/v1/logs?lines=0", "/api/v1/logs?lines=5001", "/api/v1/logs?lines=+5",
                 "/api/v1/logs?lines=5x", "/api/v1/logs?follow=yes", "/api/v1/logs?limit=5", MINE + "/messages?limit=-1",
                 MINE + "/messages?limit=99999999999999999999", MINE + "/messages?follow=2", "/api/v1/probe",
                 "/api/v1/probe?address=", "/api/v1/probe?address=printer.local", "/api/v1/probe?address=1.2.3",
                 "/api/v1/probe?address=1.2.3.4&mqttPort=0", "/api/v1/probe?address=1.2.3.4&detectPort=65536"):
        play.http.problem("GET", path, 400, "bad-parameter")


# -- ready ---------------------------------------------------------------------------------------------------

def test_fuse_is_ready_by_its_store_and_not_by_its_printers():
    """A printer that is off, or whose process is held, does not matter; a store that is down or takes nothing does."""
    def readiness(status: int) -> dict:
        wait_until(lambda: httpd.http.raw("GET", "/readyz").status == status, 5, f"it is not {status}")
        assert httpd.http.get("/livez").json() == {"status": "alive"}
        return httpd.http.get("/readyz", status).json()

    stored = {"role": wire.ROLES["stored"], "since_ms": 1}
    with Alone(printers=3) as httpd:
        assert readiness(200) == {"status": "ready"}
        for number, serial in enumerate(httpd.serials):
            httpd.tell("PRINTER_LINK", {"serial": serial, "phase": "route", "fault": "no-route", "stale": True}, "worker", number)
            httpd.tell("PROC_STATUS", {"role": wire.ROLES["worker"], "slot": number, "entry": serial,
                                       "state": wire.LIFE_STATES.index("held")}, key=wire.ROLES["worker"] << 16 | number)
        wait_until(lambda: httpd.http.get("/api/v1/status").json()["counts"]["held"] == 3, 5)
        assert readiness(200) == {"status": "ready"}
        for state in ("waiting", "starting", "stopping", "down"):
            httpd.tell("PROC_STATUS", {**stored, "state": wire.LIFE_STATES.index(state)}, key=wire.ROLES["stored"] << 16)
            assert readiness(503)["type"] == "/problems/not-ready"
        httpd.tell("PROC_STATUS", {**stored, "state": wire.LIFE_STATES.index("up")}, key=wire.ROLES["stored"] << 16)
        assert readiness(200) == {"status": "ready"}
        for health, status in ((1, 200), (2, 503), (3, 503), (0, 200)):
            httpd.tell("STORE_STATUS", {"health": health, "sentence": f"Health {health}.", "remedy": "Do."}, "stored")
            told = readiness(status)
            assert status == 200 or (told["detail"], told["remedy"]) == (f"Health {health}.", "Do.")
        httpd.tell("STORE_STATUS", None, "stored")
        assert readiness(503)["type"] == "/problems/not-ready"


# -- too much ---------------------------------------------------------------------------------------------------

def post(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"POST /api/v1/printers HTTP/1.1", b"Host: localhost", b"Content-Type: application/json",
                         b"Connection: close", *headers, b"", body])


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_that_is_too_large_is_refused(play):
    before = len(play.stage.heard())
    for body in (post(b"", b"Content-Length: 1048577"), post(b"", b"Content-Length: 99999999999999"),
                 post(chunked(*[b" " * 65536] * 17), b"Transfer-Encoding: chunked")):
        assert raw(play, body).startswith(b"HTTP/1.1 413 "), body[:200]
    # One that does not stop is cut off, not stored.
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        assert b" 200 " not in raw(play, post(chunked(*[b" " * 65536] * 200), b"Transfer-Encoding: chunked"))
    assert len(play.stage.heard()) == before


def test_a_body_just_within_its_bound_is_read(play):
    body = json.dumps([{"serial": "X"}]).encode().rjust(1 << 20)
    answer = play.http.ask("POST", "/api/v1/printers", body, {"Content-Type": "application/json"}, 207)
    assert answer.json()["results"][0]["status"] == 422


def test_bad_json_is_told_by_its_place_and_not_by_its_content(play, planted_secret):
    body = b'{"serial": "X",\n "accessCode": "' + planted_secret.encode() + b'" oops}'
    problem = play.http.problem("POST", "/api/v1/printers", 400, "bad-json", body, {"Content-Type": "application/json"})
    assert problem["line"] == 2 and problem["column"] > 20
    assert planted_secret not in json.dumps(problem)


def test_a_field_that_is_too_long_or_strange_is_refused_by_name(play):
    good = {"serial": OTHER, "address": "127.28.0.2"}
    for field, value in (("name", "x" * 97), ("name", ""), ("name", "  "), ("name", "a\nb"), ("name", 5), ("name", None),
                         ("address", "printer.local"), ("address", ""), ("address", "127.0.0.256"), ("address", 5),
                         ("model", "Z9"), ("model", None), ("serial", ""), ("serial", "A B"), ("serial", "A" * 33),
                         ("serial", "../x"), ("serial", None), ("accessCode", ""), ("accessCode", "with blank"),
                         ("accessCode", 12345678), ("accessCode", "x" * 65), ("certificateSha256", "ab"),
                         ("certificateSha256", "zz" * 32), ("ports", []), ("ports", {"http": 80}),
                         ("ports", {"mqtt": 0}), ("ports", {"mqtt": 65536}), ("ports", {"mqtt": "8883"}),
                         ("ports", {"mqtt": 1.5}), ("hasAccessCode", True), ("link", {})):
        problem = play.http.problem("POST", "/api/v1/printers", 422, "invalid", {**good, field: value})
        named = next(iter(value)) if field == "ports" and value else field
        assert f'"{named}"' in problem["detail"] or f'"ports.{named}"' in problem["detail"], (field, value, problem)
    for missing in good:
        problem = play.http.problem("POST", "/api/v1/printers", 422, "invalid",
                                    {key: value for key, value in good.items() if key != missing})
        assert f'"{missing}" is missing' in problem["detail"]


def test_a_command_that_is_too_long_does_not_reach_the_worker(play):
    before = len(play.stage.heard("COMMAND"))
    play.http.problem("POST", MINE + "/commands", 422, "invalid", {"command": {"command": "pause", "x": "y" * 5000}})
    for body in ({}, {"command": "pause"}, {"command": []}, {"command": {"command": "pause"}, "serial": "X"}, []):
        play.http.problem("POST", MINE + "/commands", 422, "invalid", body)
    assert len(play.stage.heard("COMMAND")) == before


@pytest.mark.timelimit(40)
def test_headers_that_trickle_are_cut_off(play):
    started = time.monotonic()
    with socket.create_connection((play.fuse.address, 8888), 30) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        connection.settimeout(0.5)
        while time.monotonic() - started < 25:
            with contextlib.suppress(TimeoutError):
                if connection.recv(1000) == b"":
                    break
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(b"y")
        else:
            pytest.fail("it is still open")
    assert 9 < time.monotonic() - started < 20


def test_fuse_works_for_256_connections_128_of_one_address(play):
    ask = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with play.holding(128, "127.28.1.1"):
        assert raw(play, ask, source="127.28.1.1").startswith(b"HTTP/1.1 503"), "129 of one address"
        assert raw(play, ask, source="127.28.1.2").startswith(b"HTTP/1.1 200")
        with play.holding(127, "127.28.1.2"):
            assert raw(play, ask, source="127.28.1.3").startswith(b"HTTP/1.1 200")
            with play.holding(1, "127.28.1.4"):
                assert raw(play, ask, source="127.28.1.3").startswith(b"HTTP/1.1 503"), "257 in all"
    wait_until(lambda: raw(play, ask).startswith(b"HTTP/1.1 200"), 5, "it does not recover")


def open_connection(play, data: bytes, source: str = "127.28.1.9") -> socket.socket:
    """Send bytes, and have read what comes back when they are a request."""
    connection = socket.create_connection((play.fuse.address, 8888), 5, source_address=(source, 0))
    connection.sendall(data)
    if data.endswith(b"\r\n\r\n"):
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    return connection


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def test_who_wants_nothing_gives_way_and_who_is_worked_for_does_not(play):
    """First the idle, the oldest before the others; then those whose headers are on their way."""
    ask = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as stack, play.holding(120):
        slow = [stack.enter_context(open_connection(play, ask[:20], "127.28.1.8")) for _ in range(3)]
        idle = [stack.enter_context(open_connection(play, ask, "127.28.1.9")) for _ in range(3)]
        for count, source in ((120, "127.28.1.10"), (256 - 240 - 6, "127.28.1.11")):
            stack.enter_context(play.holding(count, source))
        order, heard = [*idle, *slow], len(play.stage.heard("DIAGNOSE"))
        for number, expected in enumerate(order):
            newcomer = stack.enter_context(open_connection(play, ask, "127.28.1.12"))
            wait_until(lambda: not is_open(expected), 5, f"number {number} does not give way")
            assert all(is_open(other) for other in order[number + 1:])
            # It stays, and is worked for: the next one finds it busy.
            newcomer.sendall(f"GET {MINE}/diagnosis HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            wait_until(lambda: len(play.stage.heard("DIAGNOSE")) == heard + number + 1, 5)
        assert raw(play, ask, source="127.28.1.13").startswith(b"HTTP/1.1 503")


@pytest.mark.parametrize("many", [False, True], ids=["of one address", "each of its own address"])
def test_1500_clients_that_trickle_keep_nobody_out(play, many):
    """A second user, who asks anew each time, is served: while they come, when they are there, and from their address."""
    def served(times: int, source: str) -> list:
        took_s = []
        for _ in range(times):
            started = time.monotonic()
            connection = http.client.HTTPConnection(play.fuse.address, 8888, timeout=20, source_address=(source, 0))
            with contextlib.closing(connection):
                connection.request("GET", "/api/v1/status")
                response = connection.getresponse()
                assert response.status == 200 and json.load(response)["version"]
            took_s.append(time.monotonic() - started)
        return sorted(took_s)

    with Slowloris(play.fuse.address, 8888, clients=1500, many=many) as crowd:
        rush = served(50, "127.28.1.2")
        crowd.wait_all_there()
        there = served(100, "127.28.1.2")
        neighbour = served(50, "127.60.7.1")
    for took_s in (rush, there, neighbour):
        assert took_s[int(len(took_s) * 0.99)] < 3, took_s[-5:]


HIDDEN = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("headers", [
    b"Content-Length: 2\r\nContent-Length: 2", b"Content-Length: 2\r\nContent-Length: 60", b"Content-Length: 2, 2",
    b"Content-Length: +2", b"Content-Length: 0x2", b"Content-Length : 2", b"Content-Length\t: 2", b"Content-Length: 2 2",
    b"Content-Length: 2\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 2",
    b"Transfer-Encoding: gzip", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding : chunked",
    b"X[y]: 1\r\nContent-Length: 2", b"Content-Length: -1", b"Content-Length: 99999999999999999999"])
def test_no_request_can_be_hidden_in_anothers_body(play, headers):
    """What two readers could take differently is refused, and what comes behind it on the connection is not read."""
    before = len(play.stage.heard())
    received = raw(play, b"POST " + MINE.encode() + b"/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                   headers + b"\r\n\r\n{}" + HIDDEN)
    assert received.split(b" ")[1] in (b"400", b"413"), received
    assert b'"version"' not in received and b" 200 " not in received
    assert len(play.stage.heard()) == before


@pytest.mark.parametrize("start", [
    b"GET /livez\r\n", b"GET /livez HTTP/2.0\r\n", b"GET /livez HTTP/0.9\r\n", b"GET /livez HTTP/1.1\r\nNo colon here\r\n",
    b"GET /livez HTTP/1.1\r\n: no name\r\n", b"GET /livez HTTP/1.1\r\nX\x00Y: 1\r\n", b"GET /livez x HTTP/1.1\r\n",
    b"GET\t/livez\tHTTP/1.1\r\n", b"GET /livez HTTP/1.1\r\nHost: attacker.example\r\n .localhost\r\n",
    b"GET /livez HTTP/1.1\r\nX-Long: " + b"y" * 70_000 + b"\r\n", b"B" * 70_000 + b" /livez HTTP/1.1\r\n"])
def test_what_is_no_http_is_not_served(play, start):
    received = raw(play, start + (b"" if b"Host" in start else b"Host: localhost\r\n") + b"\r\n", 2)
    assert b"alive" not in received and not received.startswith(b"HTTP/1.1 200"), received


def test_a_header_with_a_nul_ends_there(play):
    """The rest has no say: neither for whom it is, nor where it comes from."""
    ask = "GET /livez HTTP/1.1\r\nHost: {}\r\n{}Connection: close\r\n\r\n"
    for host, more, status in (("localhost\0", "", b"200"), ("attacker.example\0localhost", "", b"421"),
                               ("localhost", "Origin: http://attacker.example\0http://localhost\r\n", b"403")):
        assert raw(play, ask.format(host, more).encode()).split(b" ")[1] == status


def test_a_target_may_name_the_host_that_it_is_sent_to(play):
    ask = "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
    for target, host, status in (("http://localhost:8888/livez", "localhost:8888", b"200"),
                                 ("HTTP://LOCALHOST/livez", "localhost", b"200"),
                                 ("http://attacker.example/livez", "localhost", b"400"),
                                 ("http://localhost/livez", "attacker.example", b"400"),
                                 ("http://attacker.example/livez", "attacker.example", b"421"),
                                 ("http://user@localhost/livez", "user@localhost", b"421")):
        assert raw(play, ask.format(target, host).encode()).split(b" ")[1] == status, target


def test_http_1_0_is_served_too(play):
    received = raw(play, b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ") and received.endswith(b'{"status":"alive"}')
    # It closes unless it is asked to stay; and a stream comes without chunks, which 1.0 does not know.
    with following(play, "/api/v1/logs?follow=1&lines=1", patience_s=3):
        pass
    play.stage.answers(WORKER, "REPORT_WANT", ["@write", '{"print":{}}'], ["@close"], DONE)
    received = raw(play, f"GET {MINE}/report HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    assert b"chunked" not in received.lower() and received.endswith(b'\r\n\r\n{"print":{}}')


def test_a_body_that_is_announced_is_asked_for_only_when_it_is_wanted(play):
    head = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection((play.fuse.address, 8888), 5) as connection:
        connection.sendall(head.format("/api/v1/restart", 2).encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(10_000).startswith(b"HTTP/1.1 422 ")
    for path, length, status in (("/nope", 2, b"404"), ("/api/v1/restart", 2 << 20, b"413"), ("/livez", 2, b"405")):
        received = raw(play, head.format(path, length).encode())
        assert received.split(b" ")[1] == status and b"100 Continue" not in received


def test_chunks_of_any_size_make_one_body(play):
    body = json.dumps({"command": {"command": "pause"}}).encode()
    head = (f"POST {MINE}/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()
    play.stage.answers(WORKER, "COMMAND", ["COMMAND_RESULT", {"confirmed": True, "sentence": "pauses", "took_ms": 1}])
    for data in (chunked(body), chunked(*[bytes([byte]) for byte in body]), chunked(body[:7], body[7:]),
                 b"%x;name=value\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(body), body)):
        assert raw(play, head + data).startswith(b"HTTP/1.1 200 "), data
    for data in (b"-2\r\n{}\r\n0\r\n\r\n", b" 2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}x\r\n0\r\n\r\n", b"\r\n{}\r\n",
                 b"fffffffffffffffff\r\n{}"):
        assert b" 200 " not in raw(play, head + data, 1), data


@pytest.mark.timelimit(60)
def test_answers_that_are_not_taken_are_given_up_after_30_s(play):
    """… and who is only slow gets all of them."""
    ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    size = (wire.ROOT / "docs/openapi.json").stat().st_size

    def others() -> int:
        """Connections but that which asks."""
        return int(re.search(r"^fuse_http_connections (\d+)", play.http.get("/metrics").body.decode(), re.MULTILINE).group(1)) - 1

    def ask_for_much() -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect((play.fuse.address, 8888))
        connection.sendall(ask * 10)
        return connection

    wait_until(lambda: others() == 0, 10, "those of earlier tests do not go")
    with ask_for_much() as never, ask_for_much() as slow:
        started, received = time.monotonic(), 0
        wait_until(lambda: others() == 2, 5)
        while received < 10 * size:
            received += len(slow.recv(30_000))
            time.sleep(0.02)
        slow.close()
        wait_until(lambda: others() == 1, 5)
        wait_until(lambda: others() == 0, 50, "it is still held")
        assert 25 < time.monotonic() - started
        got = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := never.recv(65536):
                got += len(piece)
        assert got < 10 * size, "all of it came"


def test_garbage_harms_nobody(play):
    random.seed(8)
    for _ in range(60):
        noise = random.choice([b"", b"GET ", b"GET / HTTP/1.1\r\nHost: localhost\r\n", post(b"", b"Content-Length: 10")])
        with contextlib.suppress(OSError):
            raw(play, noise + random.randbytes(random.randint(1, 3000)), 0.2)
    for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /livez\r\n\r\n",
                 b"GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", post(b"zz\r\n", b"Transfer-Encoding: chunked"),
                 post(b"ffffffffffffffff\r\n", b"Transfer-Encoding: chunked"), post(b"", b"Content-Length: -1"),
                 post(b"{}", b"Content-Length: 2", b"Content-Length: 3")):
        with contextlib.suppress(OSError):
            raw(play, data, 0.3)
    assert play.http.get("/livez").json() == {"status": "alive"}


def test_requests_one_after_the_other_on_one_connection(play):
    connection = play.http.connect()
    pairs = [("GET", "/livez", 200), ("GET", "/nope", 404), ("POST", MINE + "/reconnect", 200), ("GET", MINE, 200),
             ("PUT", MINE, 405), ("GET", MINE + "/report", 200), ("GET", "/livez", 200)]
    play.stage.answers(WORKER, "REPORT_WANT", ["@write", '{"print":{}}'], ["@close"], DONE)
    for method, path, status in pairs:
        connection.request(method, path)
        response = connection.getresponse()
        response.read()
        assert (response.status, response.will_close) == (status, False), path
    connection.close()


def test_requests_that_come_before_the_answers_are_answered_in_order(play):
    ask = "GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
    data = "".join([ask.format("/livez", ""), ask.format(MINE, ""), ask.format("/nope", "Connection: close\r\n")])
    received = raw(play, data.encode())
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"200", b"404"]


# -- what is asked of others ---------------------------------------------------------------------------------------

def test_what_a_printer_is_added_with_reaches_the_store_and_its_code_nobody_else(play, planted_secret):
    already = len(play.stage.heard("PRINTER_ADD"))
    code = planted_secret[:64]
    answer = play.http.ask("POST", "/api/v1/printers", {
        "serial": OTHER.lower(), "name": "Rechts äöü", "address": "127.28.0.2", "model": "a1 mini", "accessCode": code,
        "ports": {"mqtt": 18883, "camera": None}, "certificateSha256": SHA.upper()}, status=201)
    assert answer.headers["location"] == f"/api/v1/printers/{OTHER}"
    assert heard(play, "PRINTER_ADD", already) == {
        "serial": OTHER, "name": "Rechts äöü", "address": "127.28.0.2", "model": "A1-mini", "mqtt_port": 18883, "ftps_port": 0,
        "camera_port": 0, "detect_port": 0, "certificate_sha256": SHA, "starts_unasked": False, "access_code": code.encode().hex()}
    added = answer.json()
    assert (added["serial"], added["model"], added["hasAccessCode"], added["certificateSha256"]) == \
        (OTHER, "A1-mini", True, SHA)
    assert code not in answer.body.decode() and code not in play.http.get("/api/v1/printers").body.decode()
    play.stage.forget_answers()
    journal = play.stage.folder / "journal.stored"  # the played store has written it down: ours to forget
    journal.write_text(journal.read_text().replace(code.encode().hex(), "-"))


def test_a_printer_without_name_or_model_gets_those_of_its_serial_number(play):
    already = len(play.stage.heard("PRINTER_ADD"))
    play.http.ask("POST", "/api/v1/printers", {"serial": "00M00A000000009", "address": "::1"}, status=201)
    fields = heard(play, "PRINTER_ADD", already)
    assert (fields["model"], fields["name"]) == ("X1C", "X1 Carbon 00M00A000000009")


@pytest.mark.parametrize("body,bits,fields", [
    ({"name": "New"}, ["name"], {"name": "New"}),
    ({"address": "127.28.0.7"}, ["address"], {"address": "127.28.0.7"}),
    ({"model": "Other"}, ["model"], {"model": "Other"}),
    ({"ports": {"mqtt": 1883}}, ["ports"], {"mqtt_port": 1883, "ftps_port": 9990, "camera_port": 0}),
    ({"ports": {"ftps": None}}, ["ports"], {"mqtt_port": 0, "ftps_port": 0}),
    ({"ports": None}, ["ports"], {"ftps_port": 0}),
    ({"certificateSha256": None}, ["certificateSha256"], {"certificate_sha256": ""}),
    ({"accessCode": None}, ["accessCode"], {"access_code": ""}),
    ({"accessCode": "12345678", "name": "N"}, ["name", "accessCode"], {"access_code": b"12345678".hex(), "name": "N"}),
])
def test_a_change_names_what_it_changes_and_nothing_else(play, body, bits, fields):
    already = len(play.stage.heard("PRINTER_EDIT"))
    assert play.http.ask("PATCH", MINE, body, status=200).json()["serial"] == SERIAL
    edit = heard(play, "PRINTER_EDIT", already)
    assert edit["serial"] == SERIAL
    assert {name for number, name in enumerate(EDIT_BITS) if edit["changes"] >> number & 1} == set(bits)
    assert {key: edit[key] for key in fields} == fields


def test_a_change_of_nothing_is_refused(play):
    assert "at least one" in play.http.problem("PATCH", MINE, 422, "invalid", {})["detail"]
    assert "cannot be changed" in play.http.problem("PATCH", MINE, 422, "invalid", {"serial": OTHER})["detail"]


def test_a_list_of_256_is_done_in_its_order(play):
    play.stage.answers("stored", "PRINTER_ADD", DONE)
    many = [{"serial": f"S{number:03}", "address": "127.28.0.3"} for number in range(256)]
    many[17]["address"] = "nowhere"
    results = play.http.ask("POST", "/api/v1/printers", many, status=207).json()["results"]
    assert [result["serial"] for result in results] == [item["serial"] for item in many]
    assert [result["status"] for result in results] == [422 if number == 17 else 201 for number in range(256)]
    play.http.problem("POST", "/api/v1/printers", 422, "invalid", many + many[:1])
    play.http.problem("POST", "/api/v1/printers", 422, "invalid", [])


def test_codes_change_in_bulk_and_each_failure_is_its_own(play):
    already = len(play.stage.heard("PRINTER_EDIT"))
    results = play.http.ask("PATCH", "/api/v1/printers", [
        {"serial": SERIAL.lower(), "accessCode": "87654321"}, {"serial": OTHER, "accessCode": "11111111"},
        {"serial": SERIAL}, {"accessCode": "1"}, 7], status=207).json()["results"]
    assert [result["status"] for result in results] == [200, 404, 422, 422, 422]
    edit = heard(play, "PRINTER_EDIT", already)
    assert (edit["serial"], edit["changes"], edit["access_code"]) == (SERIAL, 1 << 5, b"87654321".hex())


def test_a_command_reaches_the_worker_as_it_is_without_the_clouds_ids(play):
    already = len(play.stage.heard("COMMAND"))
    command = {"command": "set-temperature", "type": "nozzle", "temperature": 220}
    play.stage.answers(WORKER, "COMMAND", ["COMMAND_RESULT", {"sentence": "not yet", "took_ms": 5000}])
    result = play.http.ask("POST", MINE + "/commands", {"ids": ["a", "b"], "command": command}, status=200).json()
    assert result == {"confirmed": False, "sentence": "not yet", "tookMs": 5000}
    fields = heard(play, "COMMAND", already)
    assert fields["serial"] == SERIAL and json.loads(fields["json"]) == command


def test_settings_are_all_checked_before_one_is_kept(play):
    already = len(play.stage.heard("SETTING_SET"))
    for wrong in ({"logFileKeep": 21}, {"logFileKeep": "5"}, {"logToFile": 1}, {"logLevel": "loud"}, {"fuseName": ""},
                  {"fuseNam": "x"}, {"fuseName": ["x"]}, {"logFileKeep": 5.5}):
        problem = play.http.problem("PATCH", "/api/v1/settings", 422, "invalid", {"logFileMaxKib": 4096, **wrong})
        assert next(iter(wrong)) in problem["detail"], problem
    assert "fuseName" in play.http.problem("PATCH", "/api/v1/settings", 422, "invalid", {"fuseNam": "x"})["detail"]
    play.http.problem("PATCH", "/api/v1/settings", 422, "invalid", {})
    assert len(play.stage.heard("SETTING_SET")) == already
    play.http.ask("PATCH", "/api/v1/settings", {"logToFile": False, "logFileKeep": 7, "fuseName": None}, status=200)
    sets = [line["fields"] for line in play.stage.heard("SETTING_SET")[already:]]
    assert [(s["name"], s["value"], s["to_default"]) for s in sets] == \
        [("logToFile", "false", False), ("logFileKeep", "7", False), ("fuseName", "", True)]


def test_settings_have_the_value_that_the_store_tells(play):
    names = [row[0] for row in wire.rows(wire.ROOT / "ipc/settings.def", "SETTING")]
    play.stage.tell("stored", "SETTING", {"name": "logFileKeep", "value": "9"}, names.index("logFileKeep"))

    def value():
        found = {s["name"]: s for s in play.http.get("/api/v1/settings").json()["settings"]}
        assert list(found) == names
        return (found["logFileKeep"]["value"], found["logFileKeep"]["isDefault"]) == (9, False)

    wait_until(value, 5, "it keeps its old value")


def test_a_printer_that_is_removed_or_told_anew_is_so_at_once(play):
    play.stage.tell("stored", "PRINTER", {**PRINTER, "serial": OTHER, "name": "another"}, 1)
    wait_until(lambda: play.http.raw("GET", f"/api/v1/printers/{OTHER}").status == 200, 5, "it is not there")
    listed = play.http.get("/api/v1/printers").json()["printers"]
    assert [printer["name"] for printer in listed] == ["another", "Left"]
    # It has no worker yet: that is told, and its state is there all the same.
    assert listed[0]["link"]["phase"] == "setup" and not listed[0]["link"]["online"]
    stat = play.http.get(f"/api/v1/printers/{OTHER}/stat").json()
    assert (stat["serial"], stat["isOnline"], stat["state"], stat["data"]) == (OTHER, False, None, stat["data"])
    play.http.problem("POST", f"/api/v1/printers/{OTHER}/reconnect", 503, "unreachable")
    play.stage.clear("stored", "PRINTER", 1)
    wait_until(lambda: play.http.raw("GET", f"/api/v1/printers/{OTHER}").status == 404, 5, "it is still there")


def test_a_state_goes_through_as_the_worker_wrote_it(play):
    text = json.dumps({"serial": SERIAL, "printerId": None, "storeId": None, "state": "IDLE", "isOnline": True,
                       "receivedAt": None, "expiresAt": None, "isAvailable": True, "data": {},
                       "link": {"phase": "live", "stale": False, "problems": []}, "new": [1.25]}, indent=1)
    play.stage.tell(WORKER, "PRINTER_STATE", {"serial": SERIAL, "json": text})
    wait_until(lambda: play.http.get(MINE + "/stat").body == text.encode(), 5, "it is another")


# -- streams -------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def following(play, path: str, timeout_s: float = 5, patience_s: float = 0):
    def asked():
        connection = http.client.HTTPConnection(play.fuse.address, 8888, timeout=timeout_s)
        connection.request("GET", path)
        response = connection.getresponse()
        # Those who have just left may not have been missed yet.
        return (connection, response) if response.status != 503 else None

    connection, response = wait_until(asked, patience_s, "there is no room")
    assert response.status == 200 and response.getheader("Content-Type") == "application/x-ndjson", response.read()
    yield response
    connection.close()
    response.close()


def descriptors(play) -> int:
    return len(os.listdir(f"/proc/{play.fuse.pids()['httpd']}/fd"))


def descriptors_at_rest(play) -> int:
    """Once the connections of earlier stories are gone: so many for a second."""
    seen = []

    def at_rest():
        seen.append(descriptors(play))
        return len(seen) > 20 and set(seen[-20:]) == {seen[-1]}

    wait_until(at_rest, 10, lambda: f"it opens and closes: {seen}", every_s=0.05)
    return seen[-1]


LINE = '{"number":1,"at":"2026-11-22T18:30:00.123Z","direction":"sent","kind":null,"name":"x.y","bytes":2,"payload":{}}\n'


def test_a_follower_gets_each_line_when_it_comes_and_the_writer_sees_it_go(play):
    before = descriptors_at_rest(play)
    broken = len(play.stage.heard("@broken"))
    play.stage.answers(WORKER, "MESSAGES_WANT", ["@write", LINE], ["@wait", 0.5], ["@write", LINE])
    with following(play, MINE + "/messages?follow=1&limit=3") as stream:
        for _ in range(2):
            rig_http.validate(json.loads(stream.readline()), {"$ref": "#/components/schemas/Message"})
        want = play.stage.heard("MESSAGES_WANT")[-1]["fields"]
        assert want == {"serial": SERIAL, "most": 3, "follow": True}
    wait_until(lambda: len(play.stage.heard("@broken")) == broken + 1, 5, "the pipe is still read")
    wait_until(lambda: descriptors(play) <= before, 5, lambda: f"{descriptors(play)} descriptors, before {before}")


def test_a_follower_of_silence_has_its_headers_at_once(play):
    play.stage.answers(WORKER, "MESSAGES_WANT")
    started = time.monotonic()
    with following(play, MINE + "/messages?follow=1"):
        assert time.monotonic() - started < 2


def test_all_of_a_large_report_comes(play):
    text = json.dumps({"print": {"filler": "x" * 900_000}})
    play.stage.answers(WORKER, "REPORT_WANT", ["@write", text], ["@close"], DONE)
    assert play.http.get(MINE + "/report").body.decode() == text


def test_what_is_cut_short_is_not_taken_for_whole(play):
    """The worker dies in the middle: the client must see that something is missing."""
    generation = play.fuse.ps()[WORKER]["generation"]
    play.stage.answers(WORKER, "REPORT_WANT", ["@write", '{"print":{"a":1,'], ["@wait", 0.3], ["@die"])
    with pytest.raises(http.client.IncompleteRead):
        play.http.raw("GET", MINE + "/report")
    play.stage.forget_answers()
    play.fuse.wait_reborn(WORKER, generation)
    play.wait_online()


def test_a_slow_reader_costs_neither_memory_nor_others_time(play):
    pid = play.fuse.pids()["httpd"]
    play.stage.answers(WORKER, "MESSAGES_WANT", ["@flood", LINE * 500])
    with socket.create_connection((play.fuse.address, 8888)) as slow:
        slow.sendall(f"GET {MINE}/messages?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        wait_until(lambda: play.stage.heard("MESSAGES_WANT"), 5)
        before = rss_kib(pid)
        # Others are served while nobody reads here: for a second, in which the writer could fill any memory.
        holds_for(lambda: play.http.get("/livez").status == 200 and rss_kib(pid) - before < 4096, 1)
    wait_until(lambda: play.stage.heard("@broken"), 5, "the writer was not told")
    play.fuse.wait_state(WORKER, "up")
    play.wait_online()


def rss_kib(pid: int) -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1))


def test_a_diagnosis_comes_step_by_step_where_that_is_asked_for(play):
    step = ["DIAGNOSIS_STEP", {"phase": "tcp", "sentence": "The port is open."}]
    play.stage.answers(WORKER, "DIAGNOSE", step, ["@wait", 2], step, ["REFUSED", {"reason": 9, "sentence": "It failed."}])
    connection = play.http.connect()
    started = time.monotonic()
    connection.request("GET", MINE + "/diagnosis", headers={"Accept": "application/x-ndjson"})
    response = connection.getresponse()
    assert json.loads(response.readline())["phase"] == "tcp"
    assert time.monotonic() - started < 1.9, "the first step waited for the last"
    rest = [json.loads(line) for line in response.read().splitlines()]
    for line in rest:
        rig_http.validate(line, {"$ref": "#/components/schemas/DiagnosisLine"})
    assert rest[1]["problem"]["type"] == "/problems/failed" and len(rest) == 2
    connection.close()


def test_who_does_not_wait_for_the_answer_leaves_nothing_behind(play):
    play.stage.answers(WORKER, "COMMAND")
    play.stage.answers(WORKER, "REPORT_WANT")
    play.stage.answers(WORKER, "DIAGNOSE")
    before = descriptors(play)
    body = b'{"command":{"command":"pause"}}'
    for data in (f"POST {MINE}/commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body,
                 f"GET {MINE}/report HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
                 f"GET {MINE}/diagnosis HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()):
        for _ in range(10):
            with socket.create_connection((play.fuse.address, 8888)) as connection:
                connection.sendall(data)
    wait_until(lambda: descriptors(play) <= before, 5, lambda: f"{descriptors(play)} descriptors, before {before}")
    # The late answers find nobody, and harm nobody.
    generation = play.fuse.ps()[WORKER]["generation"]
    play.fuse.kill(WORKER, signal.SIGKILL)
    play.fuse.wait_reborn(WORKER, generation)
    play.wait_online()


def test_the_log_is_followed_and_let_go(play):
    for number in range(20):  # more than may follow at once
        with following(play, "/api/v1/logs?follow=1&lines=3", patience_s=3) as stream:
            first = [json.loads(stream.readline()) for _ in range(3)]
            assert all(re.match(r"ts=20", line["line"]) for line in first)
            if number == 0:
                play.fuse.hangup()
                while "configuration" not in json.loads(stream.readline())["line"]:
                    pass
    assert len(play.http.get("/api/v1/logs?lines=7").json()["lines"]) == 7


def test_when_fuse_stops_streams_end_in_order_and_who_waits_is_told():
    play = Play("test_rest_stop")
    try:
        play.stage.answers(WORKER, "COMMAND")
        waiting = play.http.connect()
        waiting.request("POST", MINE + "/commands", b'{"command":{"command":"pause"}}', {"Content-Type": "application/json"})
        with following(play, "/api/v1/logs?follow=1&lines=1", 20) as stream:
            wait_until(lambda: play.stage.heard("COMMAND"), 5)
            play.fuse.process.send_signal(signal.SIGTERM)
            stream.read()  # to its end, in order: else IncompleteRead
            answer = waiting.getresponse()
            assert answer.status in (502, 503) and json.load(answer)["type"] in ("/problems/unreachable", "/problems/died")
        assert play.fuse.wait_exit() == 0
    finally:
        play.fuse.close()
