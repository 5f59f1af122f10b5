"""The door of fused, <state>/fused.sock: whoever comes in there and misbehaves is shown out with a sentence in the
log, and no child pays for it."""
import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess

import pytest

from rig import procfs, wire
from rig.fuse import AS_ROOT


def pong() -> bytes:
    message = wire.MESSAGES["PONG"]
    return wire.encode_frame(message.number, wire.encode_body(message, {}), to_role=wire.ROLES["supervisor"])


def recall(**header) -> bytes:
    message = wire.MESSAGES["RECALL"]
    fields = {"to_role": wire.ROLES["supervisor"], "request_id": 1, **header}
    return wire.encode_frame(message.number, wire.encode_body(message, {"number": 32}), **fields)


IN_ANOTHER_NAME = "sent RECALL in the name of another process"
BAD_VISITS = {
    "garbage": (lambda: b"hello?", "sent bytes that are no message of Fuse"),
    "a message that is not for visitors": (pong, "sent PONG to supervisor, which a fusectl may not"),
    "the name of another": (lambda: recall(from_role=wire.ROLES["worker"]), IN_ANOTHER_NAME),
    "another visitor's seat": (lambda: recall(from_role=2, from_slot=5), IN_ANOTHER_NAME),
    "no request number": (lambda: recall(request_id=0), "sent RECALL without a request number"),
    "an oversized message": (lambda: recall() + bytes(200_000), "sent a message larger than 128 KiB"),
    "a malformed message": (lambda: recall()[:wire.HEADER.size] + b"\x91\xc0",
                            "sent a malformed RECALL: it has something else where a number belongs"),
    "a message to a worker": (lambda: recall(to_role=wire.ROLES["worker"]),
                              "sent RECALL to worker, which a fusectl may not"),
}


@pytest.mark.parametrize("visit", BAD_VISITS)
def test_a_visitor_that_breaks_the_rules_is_shown_out_and_no_child_pays(fuse, visit):
    make, words = BAD_VISITS[visit]
    with fuse.others_untouched():
        with fuse.ctl() as ctl:
            ctl.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            ctl.send_raw(make())
            with pytest.raises(EOFError):
                while True:
                    ctl.receive()
        assert words in fuse.wait_log('msg="shows a visitor out"')
        assert fuse.ask("status")


def test_a_visitor_of_another_build_is_told_so(fuse):
    with fuse.ctl() as ctl:
        ctl.send_raw(recall(schema=wire.schema_hash() ^ 1))
        answer = ctl.receive()
        assert answer["sentence"] == "fusectl and fused are of different builds."
        with pytest.raises(EOFError):
            ctl.receive()


def test_a_follower_of_the_log_that_never_reads_slows_nobody(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "usr1", "log_much", 500)
    fuse.start()
    with fuse.ctl() as lazy, fuse.others_untouched():
        lazy.post("LOGS", {"lines": 5000, "follow": True}, "supervisor")
        for _ in range(20):
            fuse.provoke("worker/ALPHA")
            assert fuse.ps()["worker/ALPHA"]["state"] == "up"


def test_when_all_seats_are_taken_the_next_visitor_is_turned_away_and_comes_in_later(fuse):
    visitors = []
    with fuse.others_untouched():
        for _ in range(100):
            visitors.append(fuse.ctl())
            try:
                visitors[-1].request("RECALL", {"number": 33}, "supervisor")
            except (EOFError, BrokenPipeError, ConnectionResetError):
                break
        assert 2 <= len(visitors) < 100, "there is no bound"
        fuse.wait_log("all seats are taken")
        for visitor in visitors:
            visitor.close()
        fuse.wait_until(lambda: fuse.fusectl("status").returncode == 0, 5)


@pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
def test_a_stranger_is_turned_away_at_the_door(fuse):
    """The socket's mode keeps strangers out; and were it open, its owner is asked who they are."""
    fuse.state.chmod(0o755)
    fuse.socket_path.chmod(0o666)
    code = ("import sys; sys.path.insert(0, sys.argv[1]); from rig import wire\n"
            "ctl = wire.Ctl(sys.argv[2])\n"
            "try: print(ctl.request('RECALL', {'number': 33}, 'supervisor'))\n"
            "except (EOFError, BrokenPipeError, ConnectionResetError): print('turned away')\n")
    here = str(pathlib.Path(__file__).resolve().parent)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", code, here,
               str(fuse.socket_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "turned away", done
    fuse.wait_log('msg="turns a visitor away" uid=65534')


# -- descriptors that come in ----------------------------------------------------------------------------

WANTS = {"REPORT_WANT": {"serial": "ALPHA"}, "MESSAGES_WANT": {"serial": "ALPHA", "most": 5}}


@contextlib.contextmanager
def no_descriptor_is_left(fuse):
    """After all, fused has as many open as before, and so has each child."""
    def counts():
        pids = {"fused": fuse.pid, **fuse.pids()}
        return {name: len(procfs.descriptors(pid)) for name, pid in pids.items()}

    before = counts()
    yield
    fuse.wait_until(lambda: counts() == before, 5, lambda: f"before {before}, now {counts()}")


def read_all(fd: int) -> bytes:
    """What was written, once nobody has the other end any more."""
    said = b""
    with os.fdopen(fd, "rb", buffering=0) as file:
        while True:
            ready, _, _ = select.select([file], [], [], 10)
            assert ready, f"somebody still has the other end, after {said!r}"
            piece = file.read(65536)
            if not piece:
                return said
            said += piece


@pytest.mark.parametrize("want", WANTS)
def test_a_descriptor_from_the_door_arrives_at_the_worker_that_is_asked(make_fuse, want):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"}).start()
    with fuse.ctl() as ctl, no_descriptor_is_left(fuse):
        slots = {row["entry"]: row["slot"] for row in ctl.recall("PROC_STATUS") if row["entry"]}
        for serial, slot in slots.items():
            here, there = os.pipe()
            ctl.request(want, {**WANTS[want], "serial": serial}, "worker", slot, fd=there)
            os.close(there)
            assert read_all(here) == f"written by the worker of {serial}\n".encode()


def ask_refused(ctl, want: str, slot: int, fd: int) -> str:
    with pytest.raises(wire.Refused) as refused:
        ctl.request(want, WANTS[want], "worker", slot, fd=fd)
    return refused.value.reason


@pytest.mark.timelimit(120)
def test_no_descriptor_is_left_in_fused_after_a_thousand_requests(make_fuse):
    """Answered ones, some to a worker that does not run, and some in a queue whose reader dies."""
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.start()
    here, there = os.pipe()
    try:
        with no_descriptor_is_left(fuse), fuse.ctl(timeout_s=30) as ctl:
            slots = {row["entry"]: row["slot"] for row in ctl.recall("PROC_STATUS") if row["entry"]}
            for turn in range(100):
                for want in WANTS:
                    ctl.request(want, WANTS[want], "worker", slots["ALPHA"], fd=there)
                    assert ask_refused(ctl, want, 77, there) == "unreachable"
                os.read(here, 65536)
            row = fuse.ps()["worker/BETA"]
            fuse.kill(row["pid"], signal.SIGSTOP)
            asked = {ctl.post("REPORT_WANT", WANTS["REPORT_WANT"], "worker", slots["BETA"], there) for _ in range(600)}
            answers = [ctl.receive()["reason"] for _ in range(600 - 256)]
            assert {wire.REFUSALS[reason] for reason in answers} == {"busy"}, "256 may wait for an answer"
            fuse.kill(row["pid"], signal.SIGKILL)
            answers = [ctl.receive() for _ in range(256)]
            assert {wire.REFUSALS[answer["reason"]] for answer in answers} == {"died"} and len(asked) == 600
            fuse.wait_reborn("worker/BETA", row["generation"])
    finally:
        os.close(here)
        os.close(there)


BAD_DESCRIPTORS = {
    "none": ("REPORT_WANT", 0, "sent REPORT_WANT without a descriptor"),
    "two": ("REPORT_WANT", 2, "descriptor"),
    "eight": ("REPORT_WANT", 8, "descriptor"),
    "one with a message that carries none": ("RECALL", 1, "sent RECALL with a descriptor"),
    "one with a request to the store": ("PRINTER_REMOVE", 1, "sent PRINTER_REMOVE with a descriptor"),
}


@pytest.mark.parametrize("visit", BAD_DESCRIPTORS)
def test_descriptors_that_break_the_rules_are_closed_and_their_sender_shown_out(fuse, visit):
    name, count, words = BAD_DESCRIPTORS[visit]
    message = wire.MESSAGES[name]
    frame = wire.encode_frame(message.number, wire.encode_body(message, {}), request_id=1,
                              to_role=wire.ROLES[message.receivers()[0]])
    here, there = os.pipe()
    with no_descriptor_is_left(fuse), fuse.others_untouched():
        for _ in range(20):
            with fuse.ctl() as ctl:
                ctl.send_raw(frame, [there] * count)
                with pytest.raises(EOFError):
                    while True:
                        ctl.receive()
        assert words in fuse.wait_log('msg="shows a visitor out"')
    os.close(there)
    assert read_all(here) == b"", "somebody wrote to it"
