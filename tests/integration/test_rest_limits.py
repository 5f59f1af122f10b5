"""REST when there is too much of something, or it is malformed: bodies, headers, connections, clients that take their time.
The processes behind it are played (rig/play.py).
"""
import contextlib
import http.client
import json
import random
import re
import socket
import time

import pytest

from rig import wire
from rig.play import DONE, MINE, OTHER, WORKER, following, module_play, play, raw  # noqa: F401
from rig.slowloris import Slowloris
from rig.waiting import wait_until


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
