"""The two WebSockets as programs meet them, and as attackers would like them: who may open one, what is told, what a client
may say, and what becomes of one that reads slowly, breaks the rules or goes away. The other processes are played
(rig/play.py); printers that are linked for real are in test_live_links.py.
"""
import contextlib
import json
import os
import random
import signal
import socket
import struct
import time

import pytest

from rig import http as rig_http
from rig.live import Events, Refused, Statistics, WebSocket
from rig.play import LINK, MINE, OTHER, PRINTER, SERIAL, WORKER, Play
from rig.waiting import wait_until

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
CLIENTS_MAX = 256


@pytest.fixture(scope="module")
def module_play():
    made = Play("test_live")
    made.beat, made.state = 0, made.http.get(MINE + "/stat").json()
    yield made
    made.fuse.close()


@pytest.fixture
def play(module_play):
    """The played Fuse, with the printer as it is at the beginning; at the end httpd is the one that it was."""
    wait_told(module_play)
    before = module_play.fuse.pids()["httpd"]
    yield module_play
    assert module_play.fuse.pids()["httpd"] == before, module_play.fuse.obituary("httpd")


def tell(play, **more):
    """The worker tells a state, with these members besides."""
    state = {**play.state, "isOnline": True, **more}
    play.stage.tell(WORKER, "PRINTER_STATE", {"serial": SERIAL, "json": json.dumps(state, separators=(",", ":"))})


def wait_told(play):
    """The printer is known, and its state has no member of a test before."""
    tell(play)
    play.stage.tell(WORKER, "PRINTER_LINK", LINK)
    play.stage.tell("stored", "PRINTER", PRINTER, 0)
    wait_until(lambda: play.http.raw("GET", MINE + "/stat").json() == {**play.state, "isOnline": True}, 10)


def next_beat(play) -> int:
    """A state that was not there before; clients see it by stat.beat."""
    play.beat += 1
    tell(play, beat=play.beat)
    return play.beat


def wait_beat(client, beat: int, deadline_s: float = 10):
    stats = (lambda: client.printers.get(SERIAL, {}).get("stat", {})) if isinstance(client, Events) else \
        (lambda: client.stats.get(SERIAL, {}))
    client.wait(lambda: stats().get("beat") == beat, deadline_s, f"beat {beat} never comes")


def whole(http) -> tuple:
    """(status, printers) as a client that has seen everything must have them."""
    printers = {printer["serial"]: {**printer, "stat": http.get(f"/api/v1/printers/{printer['serial']}/stat").json()}
                for printer in http.get("/api/v1/printers").json()["printers"]}
    status = http.get("/api/v1/status").json()
    del status["uptimeSeconds"]
    return status, printers


def upgrade(**headers) -> dict:
    """Headers of a handshake; None takes one away."""
    usual = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return {name: value for name, value in {**usual, **given}.items() if value is not None}


# -- the handshake ------------------------------------------------------------------------------------------

def test_a_plain_request_is_told_what_is_there(play):
    for port, path in ((8888, "/api/v1/events"), (8889, "/"), (8889, "/whatever"), (8889, MINE)):
        answer = rig_http.Http(play.fuse, port).raw("GET", path)
        assert (answer.status, answer.type) == (426, "application/problem+json")
        assert answer.json()["type"] == "/problems/upgrade-needed" and answer.json()["remedy"]
        assert answer.headers["upgrade"] == "websocket" and answer.headers["sec-websocket-version"] == "13"
    for method in ("HEAD", "POST", "DELETE"):
        assert rig_http.Http(play.fuse, 8889).raw(method, "/").status == 426
    assert play.http.raw("HEAD", "/api/v1/events", headers=upgrade()).status == 426


@pytest.mark.parametrize("change,status", [
    ({"Sec-WebSocket-Version": "8"}, 426), ({"Sec-WebSocket-Version": None}, 400), ({"Sec-WebSocket-Key": None}, 400),
    ({"Sec-WebSocket-Key": "short=="}, 400), ({"Sec-WebSocket-Key": KEY[:-3] + "h=="}, 400), ({"Connection": "keep-alive"}, 400),
    ({"Upgrade": "h2c"}, 426), ({"Host": "attacker.example"}, 421), ({"Host": ""}, 421)])
@pytest.mark.parametrize("port", [8888, 8889])
def test_a_handshake_that_breaks_the_rules_is_refused(play, port, change, status):
    answer = rig_http.Http(play.fuse, port).raw("GET", "/api/v1/events", headers=upgrade(**change))
    assert answer.status == status, answer
    assert status != 426 or answer.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("origin", ["http://attacker.example", "null", "http://localhost", "http://127.0.0.1:8888", "file://"])
def test_a_page_elsewhere_gets_no_websocket(play, origin):
    """Browsers let any page open a WebSocket to anywhere; they only say whose page it is."""
    for client in (Events, Statistics):
        with pytest.raises(Refused) as refused:
            client(play.fuse, headers={"Origin": origin})
        assert refused.value.status == 403 and refused.value.json()["type"] == "/problems/foreign-origin"


def test_a_program_that_names_no_origin_but_a_foreign_site_gets_none(play):
    with pytest.raises(Refused) as refused:
        Events(play.fuse, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.value.status == 403


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}])
def test_our_own_page_gets_one(play, headers):
    """What browsers say of the site of a WebSocket of the same origin differs."""
    with Events(play.fuse, headers={"Origin": f"http://{play.fuse.address}:8888", **headers}) as events:
        assert SERIAL in events.printers


def test_what_comes_along_with_the_handshake_is_heard(play):
    """Some clients send before they have heard the answer."""
    ping = b'{"type":"ping","t":4711}'
    frame = bytes([0x81, 0x80 | len(ping)]) + bytes(4) + ping
    request = f"GET /api/v1/events HTTP/1.1\r\nHost: {play.fuse.address}:8888\r\n" + \
        "".join(f"{name}: {value}\r\n" for name, value in upgrade().items()) + "\r\n"
    with socket.create_connection((play.fuse.address, 8888), 10) as connection:
        connection.sendall(request.encode() + frame)
        received = b""
        while b'"t":4711' not in received:
            piece = connection.recv(65536)
            assert piece, received
            received += piece
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in received


# -- what is told -------------------------------------------------------------------------------------------

def test_hello_then_the_whole_then_changes(play):
    with Events(play.fuse) as events, Statistics(play.fuse) as statistics:
        assert events.hello["version"] == play.http.get("/api/v1/status").json()["version"]
        assert len(events.hello["instance"]) == 16 and events.hello["serverTime"].endswith("Z")
        events.wait(lambda: (events.status, events.printers) == whole(play.http))
        beat = next_beat(play)
        wait_beat(events, beat)
        wait_beat(statistics, beat)
        assert (events.snapshots, statistics.snapshots) == (1, 1)
        news = events.deltas[-1]["printers"][SERIAL]
        assert set(news) == {"stat"} and set(news["stat"]) <= {"beat", "$gone"}, "only what is new is told"
        assert statistics.stats[SERIAL] == play.http.get(MINE + "/stat").json()


def test_a_ping_is_answered(play):
    with Events(play.fuse) as events, Statistics(play.fuse) as statistics:
        for client in (events, statistics):
            for t in (0, 17, -1.5, 1e300, 1763836200123.25):
                client.send({"type": "ping", "t": t})
                pong = client.receive()
                while pong["type"] != "pong":
                    pong = client.receive()
                assert pong["t"] == t and pong["serverTime"].endswith("Z")
            client.send({"type": "of another version", "t": 1})
            client.send({"type": "ping", "t": "no number"})
            client.send("[]")
            client.protocol.send_ping(b"x" * 125)
            client.flush()
        beat = next_beat(play)
        wait_beat(events, beat)
        wait_beat(statistics, beat)


def random_value(depth: int):
    kind = random.randrange(6 if depth else 4)
    if kind == 0:
        return random.choice([None, True, False, 0, -1.5, 1e-7, "", 'ä"\\\n\u2028😀'])
    if kind == 1:
        return random.randrange(3)
    if kind in (2, 3):
        return [random.randrange(2)] * random.randrange(3)
    return {random.choice("abcdef"): random_value(depth - 1) for _ in range(random.randrange(5))}


@pytest.mark.timelimit(90)
def test_after_any_changes_a_client_has_what_get_gives(play):
    """One that follows, one that looks now and then, and one that has read nothing in between."""
    random.seed(4)
    with Events(play.fuse) as quick, Events(play.fuse) as slow, Events(play.fuse) as sleeper:
        for step in range(80):
            tell(play, **{random.choice("xyz"): random_value(4) for _ in range(2)})
            if step % 3 == 0:
                play.stage.tell(WORKER, "PRINTER_LINK", {**LINK, "attempts": step, "phase": random.choice(["tls", "live"]),
                                                         "online": random.random() < 0.5, "fault": random.choice(["", "wifi"]),
                                                         "seen_sha256": random.choice(["", LINK["seen_sha256"]])})
            if step % 10 == 0:
                play.stage.tell("stored", "PRINTER", {**PRINTER, "name": f"Name {step} ä", "ftps_port": step})
                play.stage.tell("stored", "STORE_STATUS", {"sentence": f"All is well {step}.", "schema": 1})
            if step % 20 == 5:
                play.stage.tell("stored", "PRINTER", {**PRINTER, "serial": OTHER, "name": "Other"}, 1)
            elif step % 20 == 15:
                play.stage.clear("stored", "PRINTER", 1)
            quick.follow(0.1 if step % 2 else 0.02)
            if step % 17 == 0:
                slow.follow(0.01)
        play.stage.clear("stored", "PRINTER", 1)
        play.stage.tell(WORKER, "PRINTER_LINK", LINK)
        beat = next_beat(play)
        wait_beat(quick, beat)
        wait_until(lambda: OTHER not in whole(play.http)[1], 10)
        for client in (quick, slow, sleeper):
            client.wait(lambda c=client: (c.status, c.printers) == whole(play.http), 10, "it has not what GET gives")
            assert client.snapshots == 1
        assert len(quick.deltas) > 20


def test_a_printer_comes_and_goes(play):
    with Events(play.fuse) as events, Statistics(play.fuse) as statistics:
        play.stage.tell("stored", "PRINTER", {**PRINTER, "serial": OTHER, "name": "Other"}, 1)
        for client, known in ((events, lambda: events.printers), (statistics, lambda: statistics.stats)):
            client.wait(lambda known=known: OTHER in known())
        assert events.printers[OTHER]["name"] == "Other" and events.printers[OTHER]["stat"]["serial"] == OTHER
        assert statistics.stats[OTHER]["isOnline"] is False
        play.stage.clear("stored", "PRINTER", 1)
        for client, known in ((events, lambda: events.printers), (statistics, lambda: statistics.stats)):
            client.wait(lambda known=known: OTHER not in known())
        assert any(OTHER in delta.get("removed", []) for delta in events.deltas)


def test_a_worker_that_is_killed_shows_and_so_does_its_return(play):
    with Events(play.fuse) as events, Statistics(play.fuse) as statistics:
        events.wait(lambda: events.printers[SERIAL]["link"]["online"] and events.printers[SERIAL]["stat"]["isOnline"])
        generation = play.fuse.ps()[WORKER]["generation"]
        play.fuse.kill(WORKER, signal.SIGKILL)
        events.wait(lambda: any(not delta["printers"][SERIAL]["stat"].get("isOnline", True) for delta in events.deltas
                                if "stat" in delta.get("printers", {}).get(SERIAL, {})), 10, "its death does not show")
        play.fuse.wait_reborn(WORKER, generation)
        events.wait(lambda: events.printers[SERIAL]["link"]["online"] and events.printers[SERIAL]["stat"]["isOnline"], 20)
        statistics.wait(lambda: statistics.told and statistics.stats[SERIAL]["isOnline"])
        events.wait(lambda: (events.status, events.printers) == whole(play.http))
        row = next(row for row in events.status["processes"] if row["process"] == WORKER)
        assert row["state"] == "up" and row["restarts"] >= 1


def test_statistics_are_there_at_any_path(play):
    for path in ("/", "/stats", "/a/b/c", "/?client=1"):
        with Statistics(play.fuse, path=path) as statistics:
            assert list(statistics.stats) == [SERIAL]


# -- what a client may not say ---------------------------------------------------------------------------------

def frame(opcode: int, data: bytes = b"", fin: bool = True, mask: bool = True, bits: int = 0, length: int = None) -> bytes:
    length = len(data) if length is None else length
    head = bytes([(0x80 if fin else 0) | bits | opcode])
    flag = 0x80 if mask else 0
    head += bytes([flag | length]) if length < 126 else bytes([flag | 126]) + struct.pack(">H", length) if length < 65536 \
        else bytes([flag | 127]) + struct.pack(">Q", length)
    return head + (bytes(4) if mask else b"") + data


TEXT, BINARY, CLOSE, PING, PONG, MORE = 1, 2, 8, 9, 10, 0
BREACHES = {
    "unmasked": (1002, frame(TEXT, b"{}", mask=False)),
    "a reserved opcode": (1002, frame(3, b"{}")),
    "a reserved control opcode": (1002, frame(11, b"")),
    "reserved bits": (1002, frame(TEXT, b"{}", bits=0x40)),
    "a fragmented ping": (1005, frame(PING, b"x", fin=False)),
    "a long ping": (1005, frame(PING, b"x" * 126)),
    "a continuation of nothing": (1002, frame(MORE, b"x")),
    "a text within a text": (1002, frame(TEXT, b"{", fin=False) + frame(TEXT, b"}")),
    "no UTF-8": (1007, frame(TEXT, b"\xff\xfe")),
    "half a character": (1007, frame(TEXT, "ä".encode()[:1])),
    "a surrogate in fragments": (1007, frame(TEXT, b"\xed", fin=False) + frame(MORE, b"\xa0\x80")),
    "a close of one byte": (1005, frame(CLOSE, b"x")),
    "a close with a code that may not be sent": (1002, frame(CLOSE, struct.pack(">H", 1006))),
    "a close that is no UTF-8": (1007, frame(CLOSE, struct.pack(">H", 1000) + b"\xff")),
    "a binary message": (1003, frame(BINARY, b"\0")),
    "no JSON": (1008, frame(TEXT, b"hello?")),
    "JSON nested deep": (1008, frame(TEXT, b"[" * 500 + b"]" * 500)),
    "too long by one": (1009, frame(TEXT, b" " * 1023 + b"{}")),
    "too long in fragments": (1009, frame(TEXT, b" " * 600, fin=False) + frame(MORE, b" " * 600)),
    "64 KiB": (1009, frame(TEXT, b" " * 65536)),
    "huge": (1009, frame(TEXT, b" ", length=1 << 40)),
    "as long as can be": (1009, frame(TEXT, b" ", length=(1 << 63) - 1)),
    "longer than can be": (1005, frame(TEXT, b"", length=1 << 63)),
    "a flood of pings": (1008, frame(PING, b"") * 500),
    "a flood of texts": (1008, frame(TEXT, b"{}") * 500),
    "a flood of empty fragments": (1008, frame(TEXT, b"", fin=False) + frame(MORE, b"", fin=False) * 500),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_who_breaks_the_rules_is_closed_and_nobody_else(play, breach):
    code, data = BREACHES[breach]
    with Events(play.fuse) as other, Events(play.fuse) as bad:
        with contextlib.suppress(ConnectionError):
            bad.raw(data)
        assert bad.wait_closed() == code
        wait_beat(other, next_beat(play))


def test_a_text_in_fragments_with_pings_between_is_one_message(play):
    with Events(play.fuse) as events:
        text = b'{"type":"ping","t":12345}'
        for at, byte in enumerate(text):
            events.raw(frame(TEXT if at == 0 else MORE, bytes([byte]), fin=at == len(text) - 1) +
                       (frame(PING, b"between") if at % 5 == 0 else b""))
        message = events.receive()
        while message["type"] != "pong":
            message = events.receive()
        assert message["t"] == 12345


def test_a_message_as_long_as_may_be_is_heard(play):
    with Events(play.fuse) as events:
        events.send(json.dumps({"type": "ping", "t": 1}).rjust(1024))
        assert events.receive()["t"] == 1


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999, None])
def test_a_close_is_answered_with_its_code(play, code):
    with WebSocket(play.fuse) as client:
        client.receive()
        client.raw(frame(CLOSE, b"" if code is None else struct.pack(">H", code) + b"bye"))
        client.socket.settimeout(10)
        received = b""
        while piece := client.socket.recv(65536):
            received += piece
        answer = b"\x88\x00" if code is None else b"\x88\x05" + struct.pack(">H", code) + b"bye"
        assert received.endswith(answer), received[-20:]


def test_who_goes_away_without_a_word_leaves_nothing_behind(play):
    pid = play.fuse.pids()["httpd"]
    before = len(os.listdir(f"/proc/{pid}/fd"))
    for way in range(30):
        client = Events(play.fuse)
        if way % 3 == 0:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        elif way % 3 == 1:
            client.raw(b"\x81")  # in the middle of a frame
        client.socket.close()
    wait_until(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= before, 10, "descriptors are left")


def test_who_shuts_its_side_is_let_go(play):
    with WebSocket(play.fuse) as client:
        client.receive()
        client.socket.shutdown(socket.SHUT_WR)
        wait_until(lambda: client.socket.recv(65536) == b"", 10, "it is still there")


@pytest.mark.timelimit(60)
def test_random_bytes_harm_nobody(play):
    random.seed(9)
    with Events(play.fuse) as other:
        for _ in range(40):
            client = WebSocket(play.fuse)
            with contextlib.suppress(OSError):
                client.raw(random.randbytes(random.randrange(1, 3000)))
            client.socket.close()
        wait_beat(other, next_beat(play))


# -- slow readers, many clients ------------------------------------------------------------------------------------

def test_a_reader_that_stops_and_goes_on_has_what_is_true_and_not_what_was(play):
    with Events(play.fuse, buffer=4096) as sleeper, Statistics(play.fuse, buffer=4096) as other_sleeper, \
            Events(play.fuse) as awake:
        started = play.beat
        for _ in range(60):
            play.beat += 1
            tell(play, beat=play.beat, bulk=[str(random.random())] * 2000, **{f"of{play.beat % 10}": 1})  # 40 KB
            wait_beat(awake, play.beat)
        missed = play.beat - started
        wait_beat(sleeper, play.beat)
        wait_beat(other_sleeper, play.beat)
        sleeper.wait(lambda: (sleeper.status, sleeper.printers) == whole(play.http))
        assert sleeper.printers == awake.printers
        assert len(sleeper.deltas) < missed / 2, "nothing was left out"
        assert len(other_sleeper.told) < missed / 2, "nothing was left out"


@pytest.mark.timelimit(90)
def test_256_clients_are_held_and_the_next_is_told_so(play):
    opened = []
    try:
        for number in range(CLIENTS_MAX):
            client = Statistics if number % 8 == 7 else Events
            opened.append(client(play.fuse, source=f"127.28.2.{number % 5 + 1}"))
        for client in (Events, Statistics):
            with pytest.raises(Refused) as refused:
                client(play.fuse)
            assert refused.value.status == 503 and refused.value.json()["type"] == "/problems/busy"
            assert "Retry-After" in refused.value.headers
        # Others are served as ever, and the news reaches all.
        with contextlib.ExitStack() as stack:
            for _ in range(60):
                stack.enter_context(socket.create_connection((play.fuse.address, 8888), 5))
            assert play.http.get("/livez").json() == {"status": "alive"}
        beat = next_beat(play)
        for client in opened:
            wait_beat(client, beat)
        opened.pop().close()
        wait_until(lambda: opens(play), 10, "no place becomes free")
    finally:
        for client in opened:
            client.close()
    wait_until(lambda: opens(play), 10)


def opens(play) -> bool:
    try:
        Events(play.fuse).close()
        return True
    except Refused:
        return False


def test_connections_that_say_nothing_do_not_keep_clients_out(play):
    """Places of REST and of WebSockets are counted apart."""
    with Events(play.fuse) as events, contextlib.ExitStack() as stack:
        for peer in range(1, 5):
            for _ in range(50):
                stack.enter_context(socket.create_connection((play.fuse.address, 8888), 5, source_address=(f"127.28.3.{peer}", 0)))
        wait_beat(events, next_beat(play))
        assert opens(play)


# -- the end ------------------------------------------------------------------------------------------------------

def test_clients_of_a_killed_httpd_can_come_back(module_play):
    play = module_play
    wait_told(play)
    with Events(play.fuse) as events:
        row = play.fuse.ps()["httpd"]
        play.fuse.kill("httpd", signal.SIGKILL)
        assert events.wait_closed() == 1006
        play.fuse.wait_reborn("httpd", row["generation"])
        with Events(play.fuse) as again:
            assert again.hello["instance"] != events.hello["instance"]
            wait_beat(again, next_beat(play))


def test_at_the_end_all_are_told(module_play):
    play = module_play
    row = play.fuse.ps()["httpd"]
    with Events(play.fuse) as events, Statistics(play.fuse) as statistics, Events(play.fuse, buffer=4096) as deaf:
        play.fuse.ask("restart", "httpd")
        assert events.wait_closed() == 1001
        assert statistics.wait_closed() == 1001
        deaf.socket.close()
    play.fuse.wait_reborn("httpd", row["generation"])
    assert play.fuse.ps()["httpd"]["obituary"] == row["obituary"], "it had to be killed"


def test_a_client_that_does_not_answer_the_goodbye_does_not_keep_httpd(module_play):
    play = module_play
    row = play.fuse.ps()["httpd"]
    with Events(play.fuse):
        play.fuse.ask("restart", "httpd")
        play.fuse.wait_reborn("httpd", row["generation"])
    assert play.fuse.ps()["httpd"]["obituary"] == row["obituary"], "it had to be killed"
