"""Files over REST: how they come in, are kept out, and go out again. fuse-httpd is alone, its store is played
(rig/playedstore.py); the store's own side is tested with the store."""
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import time

import pytest

from rig.alone import Alone
from rig.live import Events
from rig.playedstore import PlayedStore
from rig.waiting import wait_until

AS_FILE = {"Content-Type": "application/octet-stream"}
CONTENT = random.Random(120).randbytes(3_000_003)
SHA = hashlib.sha256(CONTENT).hexdigest()
PATH = f"/api/v1/files/{SHA}"


@pytest.fixture
def store():
    with PlayedStore() as made:
        yield made


@pytest.fixture
def httpd(store):
    with Alone(printers=1, hear=store.hear) as made:
        yield made


def post(httpd, content: bytes = CONTENT, path: str = "/api/v1/files?name=bracket.gcode.3mf", status: int = 201, **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpd.http.ask("POST", path, content, {**AS_FILE, **given}, status)


class Sender:
    """A client that sends a file piece by piece."""

    def __init__(self, httpd, size: int, *more: str):
        self.socket = socket.create_connection((httpd.address, httpd.port), 10)
        head = ["POST /api/v1/files?name=a.3mf HTTP/1.1", "Host: localhost", "Content-Type: application/octet-stream",
                f"Content-Length: {size}", *more]
        self.socket.sendall("\r\n".join([*head, "", ""]).encode())

    def send(self, data: bytes):
        self.socket.sendall(data)

    def receive(self, wanted: bytes = b"\r\n\r\n") -> bytes:
        """What comes, up to `wanted` or the end."""
        data = b""
        while wanted not in data:
            piece = self.socket.recv(65536)
            if not piece:
                break
            data += piece
        return data

    def hears_nothing(self) -> bool:
        """So far. To be asked when there was an occasion to say something."""
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) is None
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def rss_bytes(httpd) -> int:
    return int(pathlib.Path(f"/proc/{httpd.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def metric(httpd, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", httpd.http.get("/metrics").body.decode(), re.MULTILINE)
    return float(found.group(1)) if found else None


# -- in and out --------------------------------------------------------------------------------------------

def test_a_file_comes_in_and_goes_out_as_it_was(httpd, store):
    answer = post(httpd)
    assert answer.headers["location"] == PATH
    assert (answer.json()["sha256"], answer.json()["name"], answer.json()["sizeBytes"]) == (SHA, "bracket.gcode.3mf", len(CONTENT))
    assert store.files[SHA] == ("bracket.gcode.3mf", CONTENT)
    assert (store.heard[0]["name"], store.heard[0]["size_bytes"]) == ("bracket.gcode.3mf", len(CONTENT))
    assert httpd.http.get("/api/v1/files").json()["files"] == [answer.json()]
    whole = httpd.http.get(PATH)
    assert whole.body == CONTENT and whole.headers["content-length"] == str(len(CONTENT))
    assert whole.headers["etag"] == f'"{SHA}"' and whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"].startswith('attachment; filename="bracket.gcode.3mf"')
    head = httpd.http.ask("HEAD", PATH, status=200)
    assert head.headers["content-length"] == str(len(CONTENT)) and head.headers["etag"] == whole.headers["etag"]
    # The same again is no new file.
    assert post(httpd, status=200).json()["sha256"] == SHA
    httpd.http.ask("DELETE", PATH, status=204)
    httpd.http.problem("GET", PATH, 404, "not-found")


def test_a_file_comes_in_chunks_without_a_promise(httpd, store):
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (CONTENT[at:at + 70_000] for at in range(0, len(CONTENT), 70_000)))
    post(httpd, body + b"0\r\n\r\n", Transfer_Encoding="chunked")
    assert store.files[SHA][1] == CONTENT
    assert store.heard[0]["size_bytes"] == 0 and store.wait_heard("FILE_COMPLETE")["size_bytes"] == len(CONTENT)


def test_what_a_client_knows_of_the_content_must_be_so(httpd, store):
    post(httpd, X_Content_SHA256=SHA.upper())
    assert store.wait_heard("FILE_COMPLETE")["sha256"] == SHA
    problem = post(httpd, CONTENT[:-1], status=422, X_Content_SHA256=SHA).json()
    assert problem["type"] == "/problems/invalid" and "SHA-256" in problem["detail"]
    heard = len(store.heard)
    post(httpd, status=422, X_Content_SHA256=SHA[:-1])
    assert len(store.heard) == heard


@pytest.mark.parametrize("header,query,name", [
    ("Br%C3%BCcke%201.3mf", None, "Brücke 1.3mf"), (None, "Br%C3%BCcke+1.3mf", "Brücke 1.3mf"),
    (None, "C:%5Cparts%5Cbracket.3mf", "bracket.3mf"), ("..%2F..%2Fetc%2Fpasswd", None, "passwd"), ("a" * 200, None, "a" * 200)])
def test_its_name_is_what_a_client_calls_it(httpd, store, header, query, name):
    path = "/api/v1/files" + (f"?name={query}" if query else "")
    answer = post(httpd, b"x", path, **({"X_File_Name": header} if header else {}))
    assert answer.json()["name"] == name and store.heard[0]["name"] == name
    text = httpd.http.get(answer.headers["location"]).headers["content-disposition"]
    assert text.isascii() and (name.isascii() or "filename*=UTF-8''Br%C3%BCcke%201.3mf" in text)


@pytest.mark.parametrize("header,query", [(None, None), ("a.3mf", "a.3mf"), ("%0a", None), ("%", None), ("..", None), ("a" * 201, None)])
def test_without_a_proper_name_nothing_is_asked_for(httpd, store, header, query):
    path = "/api/v1/files" + (f"?name={query}" if query else "")
    problem = post(httpd, b"x", path, 422, **({"X_File_Name": header} if header else {})).json()
    assert "name" in problem["detail"] and problem["remedy"]
    assert store.heard == []


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", "image/png", None])
def test_forms_and_what_any_page_may_send_are_refused_with_the_right_words(httpd, store, kind):
    headers = {"X-File-Name": "a.3mf", **({"Content-Type": kind} if kind else {})}
    problem = httpd.http.problem("POST", "/api/v1/files", 415, "no-file-type", b"--x\r\n", headers)
    assert "curl" in problem["remedy"] and store.heard == []


def test_the_curl_line_of_that_remedy_works(httpd, store, tmp_path):
    remedy = httpd.http.problem("POST", "/api/v1/files", 415, "no-file-type", b"", {"Content-Type": "text/plain"})["remedy"]
    (tmp_path / "a.3mf").write_bytes(CONTENT)
    line = remedy.removeprefix("With curl: ").replace("HOST:8888", f"{httpd.address}:{httpd.port}").replace("FILE", "a.3mf")
    done = subprocess.run(line + " -s", shell=True, cwd=tmp_path, capture_output=True, timeout=30, check=True)
    assert json.loads(done.stdout)["sha256"] == SHA and store.files[SHA] == ("a.3mf", CONTENT)


def test_an_empty_file_is_none(httpd, store):
    assert "empty" in post(httpd, b"", status=422).json()["detail"]
    assert store.heard == []
    assert "empty" in post(httpd, b"0\r\n\r\n", status=422, Transfer_Encoding="chunked").json()["detail"]
    store.wait_heard("FILE_ABANDON")
    with socket.create_connection((httpd.address, httpd.port), 10) as connection:
        connection.sendall(b"POST /api/v1/files?name=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/zip\r\n\r\n")
        assert b"400 Bad Request" in connection.recv(4096)


# -- parts ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("wanted,first,last", [("bytes=0-0", 0, 0), ("bytes=1000000-", 1000000, None), ("bytes=-7", -7, None),
                                               ("bytes=5-99999999", 5, None)])
def test_a_part_is_given(httpd, wanted, first, last):
    post(httpd)
    part = httpd.http.ask("GET", PATH, headers={"Range": wanted}, status=206)
    assert part.body == (CONTENT[first:last + 1] if last is not None else CONTENT[first:])
    begin = first % len(CONTENT)
    assert part.headers["content-range"] == f"bytes {begin}-{begin + len(part.body) - 1}/{len(CONTENT)}"
    assert httpd.http.ask("HEAD", PATH, headers={"Range": wanted}, status=206).headers["content-range"] == part.headers["content-range"]


def test_a_download_that_broke_goes_on(httpd, tmp_path):
    """As curl does it; and only if it is the same file still."""
    post(httpd)
    (tmp_path / "out").write_bytes(CONTENT[:1_234_567])
    subprocess.run(["curl", "-s", "-f", "-C", "-", "-o", "out", f"http://{httpd.address}:{httpd.port}{PATH}"], cwd=tmp_path, timeout=30,
                   check=True)
    assert (tmp_path / "out").read_bytes() == CONTENT
    for tag, status in ((f'"{SHA}"', 206), ('"another"', 200), ("Fri, 27 Nov 2026 10:00:00 GMT", 200)):
        httpd.http.ask("GET", PATH, headers={"Range": "bytes=10-", "If-Range": tag}, status=status)


def test_what_is_not_there_is_told_so(httpd):
    post(httpd)
    answer = httpd.http.ask("GET", PATH, headers={"Range": f"bytes={len(CONTENT)}-"}, status=416)
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}" and answer.json()["type"] == "/problems/no-such-part"
    for odd in ("bytes=1-2,5-6", "bytes=2-1", "pages=1-2", "bytes=x"):
        assert httpd.http.ask("GET", PATH, headers={"Range": odd}, status=200).body == CONTENT


def test_a_browser_keeps_what_never_changes(httpd, store):
    post(httpd)
    picture = httpd.http.get(PATH + "/plates/1.png")
    assert picture.body.startswith(b"\x89PNG") and picture.type == "image/png"
    heard = len(store.heard)
    for path, tag in ((PATH + "/plates/1.png", picture.headers["etag"]), (PATH, f'W/"{SHA}"'), (PATH, "*")):
        assert httpd.http.ask("GET", path, headers={"If-None-Match": tag}, status=304).body == b""
    assert len(store.heard) == heard, "the store was asked for what the client has"
    httpd.http.ask("GET", PATH, headers={"If-None-Match": f'"{SHA}x"'}, status=200)
    httpd.http.problem("GET", PATH + "/plates/2.png", 404, "not-found")
    store.forget(httpd, SHA)
    wait_until(lambda: httpd.http.get("/api/v1/files").json()["files"] == [], 10, "it is still known")
    httpd.http.problem("GET", PATH, 404, "not-found", headers={"If-None-Match": "*"})


# -- room for it ---------------------------------------------------------------------------------------------------

def test_a_client_that_asks_sends_nothing_before_there_is_room(httpd, store):
    store.waits.add("FILE_NEW")
    with Sender(httpd, 5, "Expect: 100-continue") as sender:
        store.wait_heard("FILE_NEW")
        httpd.http.get("/livez")
        assert sender.hears_nothing()
        store.answer_all(httpd)
        assert sender.receive() == b"HTTP/1.1 100 Continue\r\n\r\n"
        sender.send(b"hello")
        assert b"HTTP/1.1 201 Created" in sender.receive()
    assert store.files[hashlib.sha256(b"hello").hexdigest()] == ("a.3mf", b"hello")


@pytest.mark.parametrize("refusal,status", [("no-space", 507), ("busy", 503), ("read-only", 507)])
def test_a_refusal_comes_before_the_bytes(httpd, store, refusal, status):
    store.refuses["FILE_NEW"] = refusal
    with Sender(httpd, 1 << 40, "Expect: 100-continue") as sender:
        answer = sender.receive(b"}")
    assert answer.startswith(b"HTTP/1.1 %d " % status) and b"100 Continue" not in answer and b"It cannot be done." in answer


def test_a_client_that_does_not_ask_hears_the_refusal_all_the_same(httpd, store):
    """A browser sends on, whatever comes: over unread bytes its connection would break, and the words be lost."""
    store.refuses["FILE_NEW"] = "no-space"
    with Sender(httpd, 7 * len(CONTENT)) as sender:
        sender.send(CONTENT * 7)  # all of it: no error on the way
        assert b"HTTP/1.1 507 " in sender.receive()


def test_a_disk_that_is_full_is_told_when_it_shows(httpd, store):
    """/dev/full takes nothing, as a full disk."""
    def on_file_new(httpd, frame):
        with open("/dev/full", "wb") as full:
            httpd.reply(frame, "FILE_ROOM", {"ticket": 77}, full.fileno())

    store.on_file_new, store.on_file_abandon = on_file_new, lambda *_: None
    problem = post(httpd, CONTENT, status=507).json()
    assert problem["type"] == "/problems/no-space" and "full" in problem["detail"] and problem["remedy"]
    with Sender(httpd, 7 * len(CONTENT)) as sender:
        sender.send(CONTENT * 7)
        assert b"HTTP/1.1 507 " in sender.receive()
    assert store.wait_heard("FILE_ABANDON")["ticket"] == 77
    assert "FILE_COMPLETE" not in store.names()
    assert metric(httpd, "fuse_uploads") == 0


def test_one_in_chunks_is_no_larger_than_the_cache_may_be(httpd, store):
    httpd.tell("CACHE_STATUS", {"limit_bytes": 100_000, "sentence": "It is small."}, "stored")
    body = b"186a1\r\n" + CONTENT[:100_001] + b"\r\n0\r\n\r\n"
    assert "cacheMaxMib" in post(httpd, body, status=413, Transfer_Encoding="chunked").json()["remedy"]
    store.wait_heard("FILE_ABANDON")
    post(httpd, b"186a0\r\n" + CONTENT[:100_000] + b"\r\n0\r\n\r\n", Transfer_Encoding="chunked")


# -- what ends it -----------------------------------------------------------------------------------------------------

def test_a_client_that_goes_away_leaves_nothing(httpd, store):
    with Sender(httpd, 1000) as sender:
        sender.send(b"x" * 999)
        wait_until(lambda: store.rooms and os.path.getsize(store.rooms[1][0]) == 999, 10, "nothing comes")
        assert metric(httpd, "fuse_uploads") == 1
    store.wait_heard("FILE_ABANDON")
    wait_until(lambda: store.rooms == {} and metric(httpd, "fuse_uploads") == 0, 10, "something stays")
    assert "FILE_COMPLETE" not in store.names()


def test_room_that_comes_when_the_client_has_gone_is_given_back(httpd, store):
    store.waits.add("FILE_NEW")
    with Sender(httpd, 1000):
        store.wait_heard("FILE_NEW")
    wait_until(lambda: metric(httpd, "fuse_uploads") == 0, 10, "it waits for ever")
    store.answer_all(httpd)
    assert store.wait_heard("FILE_ABANDON")["ticket"] == 1


def test_a_file_that_is_whole_is_kept_whoever_has_gone(httpd, store):
    store.waits.add("FILE_COMPLETE")
    with Sender(httpd, 5) as sender:
        sender.send(b"hello")
        store.wait_heard("FILE_COMPLETE")
    wait_until(lambda: metric(httpd, "fuse_uploads") == 0, 10, "it waits for ever")
    store.answer_all(httpd)
    wait_until(lambda: len(httpd.http.get("/api/v1/files").json()["files"]) == 1, 10, "it is not kept")
    assert "FILE_ABANDON" not in store.names()


def test_what_comes_when_fuse_stops_is_given_back(store):
    with Alone(hear=store.hear) as httpd:
        sender = Sender(httpd, 1000)
        sender.send(b"x" * 10)
        wait_until(lambda: store.rooms, 10, "nothing comes")
    sender.socket.close()
    assert "FILE_ABANDON" in store.names()


def test_it_may_take_as_long_as_it_will_but_not_pause(store):
    """Time passes twenty times as fast for this httpd: a pause of 1.5 s is as long as it may be. While something comes, nobody
    takes its place, however many others come (httpd/crowd.h; its patience is 5 s here, too)."""
    store.waits.add("FILE_COMPLETE")
    with Alone(hear=store.hear, program="tests/hurry/fuse-httpd") as httpd, contextlib.ExitStack() as stack:
        for count in range(127):
            stack.enter_context(Sender(httpd, 1)).send(b"x")
            if count % 16 == 15:  # not all at once: a played store is slow
                store.wait_heard("FILE_COMPLETE", count + 1)
        store.wait_heard("FILE_COMPLETE", 127)
        sender = stack.enter_context(Sender(httpd, 1000))
        for _ in range(12):
            sender.send(b"x")
            time.sleep(0.5)  # its own pace is what this is about
        assert httpd.http.raw("GET", "/livez").status == 503, "it gave way"
        sender.send(b"x" * 988)
        store.wait_heard("FILE_COMPLETE", 128)
        store.answer_all(httpd)
        assert b"HTTP/1.1 201 Created" in sender.receive()
        pausing = stack.enter_context(Sender(httpd, 1000))
        pausing.send(b"x")
        began = time.monotonic()
        assert pausing.receive() == b"", "it is waited for"
        assert time.monotonic() - began >= 1.4
    assert "FILE_ABANDON" in store.names()


# -- many, and large --------------------------------------------------------------------------------------------------

def test_a_large_file_takes_no_memory_and_nobody_waits_for_it(httpd, store, tmp_path):
    post(httpd, b"warm")
    before, size = rss_bytes(httpd), 200 << 20
    with open(tmp_path / "large", "wb") as file:
        file.truncate(size)
    store.on_file_complete = lambda httpd, frame: httpd.reply(frame, "FILE_KEPT", {"sha256": SHA})
    curl = subprocess.Popen(["curl", "-s", "-f", "-X", "POST", "-T", "large", "-H", "Content-Type: application/octet-stream",
                             f"http://{httpd.address}:{httpd.port}/api/v1/files?name=large"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    most, asked = 0, 0
    while curl.poll() is None:
        most = max(most, rss_bytes(httpd))
        assert httpd.http.get("/livez").status == 200
        asked += 1
    assert curl.returncode == 0 and asked > 0
    assert store.wait_heard("FILE_COMPLETE")["size_bytes"] == size
    assert most - before < 8 << 20


def ask_slowly(httpd, path: str, rcvbuf: int = 65536) -> socket.socket:
    """With little room for the answer."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    connection.settimeout(20)
    connection.connect((httpd.address, httpd.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


@pytest.mark.timelimit(60)
def test_a_large_file_that_is_taken_does_not_give_way_for_its_size(httpd, store):
    """Of 128 connections of one address Fuse works for 126, and two take a file: one in its time, the other not at all."""
    content = random.Random(5).randbytes(24 << 20)
    post(httpd, content)
    path = f"/api/v1/files/{hashlib.sha256(content).hexdigest()}"
    store.waits.add("FILE_PLATES_WANT")
    with contextlib.ExitStack() as stack:
        taken = stack.enter_context(ask_slowly(httpd, path))  # the first: by its age it would go
        began, got = time.monotonic(), len(taken.recv(65536))
        stalled = stack.enter_context(ask_slowly(httpd, path))
        wait_until(lambda: store.names().count("FILE_WANT") == 2, 10)
        for _ in range(126):
            stack.enter_context(ask_slowly(httpd, path + "/plates"))
        wait_until(lambda: store.names().count("FILE_PLATES_WANT") == 126, 10)
        while time.monotonic() - began < 6.5:  # longer than anybody is waited for who takes nothing
            got += len(taken.recv(65536) or pytest.fail("it has given way"))
            time.sleep(0.02)
        assert metric(httpd, "fuse_http_connections_gave_way_total") == 1  # to this very question
        while got < len(content):
            got += len(taken.recv(1 << 20) or pytest.fail("it has given way"))
        with contextlib.suppress(ConnectionResetError):
            rest = 0
            while piece := stalled.recv(1 << 20):
                rest += len(piece)
            assert rest < len(content)
        store.answer_all(httpd)


def test_one_connection_serves_for_several(httpd, store):
    connection = httpd.http.connect()
    for number, content in enumerate((b"first" * 100_000, iter([b"second" * 50_000, b"end"]), b"", b"third")):
        connection.request("POST", f"/api/v1/files?name={number}", content, AS_FILE, encode_chunked=not isinstance(content, bytes))
        response = connection.getresponse()
        assert response.status == (422 if content == b"" else 201), response.read()
        response.read()
        connection.request("GET", "/livez")
        assert connection.getresponse().read() == b'{"status":"alive"}'
    connection.close()
    assert sorted(content for _, content in store.files.values()) == [b"first" * 100_000, b"second" * 50_000 + b"end", b"third"]


def test_several_come_at_once(httpd, store):
    contents = [random.Random(number).randbytes(500_000 + number) for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda content: post(httpd, content, f"/api/v1/files?name={len(content)}"), contents))
    for content, answer in zip(contents, answers):
        assert store.files[answer.json()["sha256"]] == (str(len(content)), content)


def test_events_tell_of_a_file_as_it_comes_and_goes(httpd, store):
    with Events(httpd, port=httpd.port) as events:
        assert events.whole["files"] == {}
        post(httpd)
        events.wait(lambda: SHA in events.whole["files"])
        assert events.whole["files"][SHA] == httpd.http.get("/api/v1/files").json()["files"][0]
        store.tell_file(httpd, SHA, check=2, sentence="It is a picture.")
        events.wait(lambda: events.whole["files"][SHA]["check"] == "unprintable")
        assert metric(httpd, 'fuse_websocket_clients{kind="events"}') == 1
        assert metric(httpd, 'fuse_websocket_clients{kind="statistics"}') == 0
        httpd.tell("CACHE_STATUS", {"files": 1, "used_bytes": 7, "limit_bytes": 100, "sentence": "It is small."}, "stored")
        events.wait(lambda: events.whole.get("cache", {}).get("usedBytes") == 7)
        assert (metric(httpd, "fuse_files"), metric(httpd, "fuse_cache_bytes"), metric(httpd, "fuse_cache_limit_bytes")) == (1, 7, 100)
        httpd.http.ask("DELETE", PATH, status=204)
        events.wait(lambda: events.whole["files"] == {})
