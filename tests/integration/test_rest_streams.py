"""What REST gives bit by bit: logs and messages that are followed, reports, a diagnosis; who reads slowly or goes away, and the
end. The processes behind it are played (rig/play.py).
"""
import http.client
import json
import os
import re
import signal
import socket
import time

import pytest

from rig import http as rig_http
from rig.play import DONE, MINE, SERIAL, WORKER, Play, following, module_play, play  # noqa: F401
from rig.waiting import holds_for, wait_until


# -- streams -------------------------------------------------------------------------------------------------------

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
