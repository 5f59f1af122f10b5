"""One printer as Mosquitto plays it, linked for real: what is added through fusectl is what a person sees; commands go
out once; nothing that a printer sends costs more than its own report. Addresses: 127.0.40.0/24.
"""
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest
from test_state_json import at, assert_valid, differences, MISSING, sample_payloads

from rig import fuse as rig_fuse
from rig import http, links, printers, procfs, secrets, wire
from rig.links import delta, idle, troupe  # noqa: F401
from rig.waiting import holds_for, wait_until

X1C, P1S, MINI, P2S, H2D = "00M00A000000001", "01P00A000000002", "03000A000000003", "22E00A000000004", "09400A000000005"


def linked(fuse, troupe, serial=P1S, address="127.0.40.1", **options):
    printer = troupe.printer(serial, address, **options)
    links.add(fuse, serial, address, code=printer.code, pin=printer.fingerprint)
    links.wait_live(fuse, serial)
    return printer


def add_by_fusectl(fuse, printer, name: str):
    """As a person does it, with the code on standard input."""
    told = fuse.fusectl("printer", "add", "--name", name, "--address", printer.address, "--serial", printer.serial,
                        "--certificate", printer.fingerprint, "--code-file", "-", stdin=printer.code + "\n")
    assert told.returncode == 0, told.stdout + told.stderr
    assert printer.code not in told.stdout + told.stderr


# -- five models ---------------------------------------------------------------------------------------------

MODELS = {"x1c-1": X1C, "p1p-1": "01S00A000000002", "a1mini-1": MINI, "p2s-1": P2S, "h2d-1": H2D}


def play(troupe, sample: str, address: str) -> tuple:
    """A printer that answers as the sample says; and what a person reads off it."""
    story = json.loads((links.SAMPLES / f"{sample}.expected.json").read_text())
    first, *more = story["steps"]
    payloads = sample_payloads(sample, first["feed"])
    report = next(payload for payload in payloads if "print" in payload)
    modules = next((payload["info"]["module"] for payload in payloads if "info" in payload), [])
    printer = troupe.printer(MODELS[sample], address, report=report, modules=modules, code=secrets.plant())
    # The printers of the samples were not asked whether Developer Mode is on.
    printer.silent = {"print"}
    return printer, story["model"], first, more


@pytest.mark.timelimit(60)
def test_five_models_are_added_by_fusectl_and_seen_over_rest_as_a_person_reads_them(make_fuse, troupe):
    fuse = make_fuse().start()
    rest = http.Http(fuse, timeout_s=30)
    casts = {sample: play(troupe, sample, f"127.0.40.{n}") for n, sample in enumerate(MODELS, 11)}
    for sample, (printer, *_) in casts.items():
        add_by_fusectl(fuse, printer, f"My {sample}")
    for sample, (printer, model, first, more) in casts.items():
        path = f"/api/v1/printers/{printer.serial}"
        links.wait_live(fuse, printer.serial)
        for feed, step in [(None, first), *((step["feed"], step) for step in more)]:
            for payload in sample_payloads(sample, feed or []):
                printer.publish(payload)
            # Where Developer Mode is off, nothing can be printed, however idle it is.
            off = step["expected"].get("developerMode") == "off"
            expected = {**step["expected"], **({"isAvailable": False} if off else {})}
            wait_until(lambda: differences(expected, rest.get(path + "/stat").json()) == [], 5,
                       lambda: f"{sample}: {differences(expected, rest.get(path + '/stat').json())}")
            stat = rest.get(path + "/stat").json()
            for gone in step.get("absent", []):
                assert at(stat, gone) is MISSING, f"{sample}: {gone}"
        assert_valid(stat)
        assert stat["isOnline"] and stat["name"] == f"My {sample}" and stat["model"]["key"] == model
        listed = rest.get(path).json()
        assert listed["link"]["online"] and listed["hasAccessCode"]
        report = rest.get(path + "/report").json()["print"]
        told = printer.report["print"]
        assert {key for key in told if key not in report} == set()
        assert report["gcode_state"] == told["gcode_state"] and report["nozzle_temper"] == told["nozzle_temper"]
        steps = rest.get(path + "/diagnosis").json()["steps"]
        assert [step["outcome"] for step in steps[:8]] == ["passed"] * 8
        kept = rest.get(path + "/messages").lines()
        assert [m["name"] for m in kept if m["direction"] == "sent"][:2] == ["info.get_version", "pushing.pushall"]
        kinds = {m["kind"] for m in kept if m["direction"] == "received"}
        assert {"full", "version"} <= kinds or (not printer.modules and "full" in kinds)
    listed = rest.get("/api/v1/printers").json()["printers"]
    assert {one["serial"] for one in listed} == set(MODELS.values())
    # The same for a person at a terminal.
    table = fuse.fusectl("printers").stdout
    assert all(re.search(rf"My {sample} .* live ", table) for sample in MODELS), table
    everything = fuse.fusectl("doctor").stdout
    assert all(f"My {sample}" in everything for sample in MODELS), everything


# -- the good life ---------------------------------------------------------------------------------------

def test_a_printer_is_added_and_live_and_its_reports_arrive(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    requests = [next(iter(request.items())) for request in printer.requests()]
    assert [f"{section}.{inner['command']}" for section, inner in requests][:2] == ["info.get_version", "pushing.pushall"]
    numbers = [int(inner["sequence_id"]) for _, inner in requests]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) and 20000 <= numbers[0] < 30000
    printer.publish(delta(nozzle_temper=211.5))
    stat = links.wait_stat(fuse, P1S, lambda s: s["data"]["temps"]["nozzleTemp"] == 211.5)
    assert stat["isOnline"] and stat["state"] == "IDLE" and stat["serial"] == P1S
    assert stat["data"]["temps"]["bedTemp"] == 20  # what a delta does not tell stays
    client_id, qos, topic = printer.subscriptions()[0].split()
    assert re.fullmatch(f"fuse-[0-9a-f]{{8}}-{P1S}", client_id) and topic == f"device/{P1S}/report"


def test_a_changed_code_address_and_name_keep_the_process(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    pid = fuse.pids()[f"worker/{P1S}"]
    links.edit(fuse, P1S, name="Shelf 3")
    links.wait_stat(fuse, P1S, lambda s: s["name"] == "Shelf 3")
    assert links.link(fuse, P1S)["reconnects"] == 0 and len(printer.subscriptions()) == 1
    printer.set_code("87654321")
    printer.restart()
    links.wait_link(fuse, P1S, fault="code-refused", phase="login")
    links.edit(fuse, P1S, access_code="87654321")
    links.wait_live(fuse, P1S)
    printer.stop()
    moved = troupe.printer(P1S, "127.0.40.2", code="87654321")
    links.edit(fuse, P1S, address="127.0.40.2", certificate_sha256=moved.fingerprint)
    links.wait_live(fuse, P1S)
    assert moved.requests() and fuse.pids()[f"worker/{P1S}"] == pid


def test_off_and_on_again(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    printer.publish(delta(bed_temper=44))
    links.wait_stat(fuse, P1S, lambda s: s["data"]["temps"]["bedTemp"] == 44)
    printer.stop()
    links.wait_link(fuse, P1S, fault="refused", phase="tcp", online=False)
    stat = links.stats(fuse)[P1S]
    assert stat["isOnline"] is False and stat["data"]["temps"]["bedTemp"] == 44  # old, but shown
    fuse.wait_until(lambda: links.link(fuse, P1S)["attempts"] >= 2, 10, "it is not tried again")
    printer.start()
    links.wait_live(fuse, P1S, 12)
    links.wait_stat(fuse, P1S, lambda s: s["data"]["temps"]["bedTemp"] == 20)


def test_a_killed_worker_is_back_and_current_and_nobody_else_notices(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    linked(fuse, troupe, serial=X1C, address="127.0.40.3")
    before = links.link(fuse, P1S)
    generation = fuse.ps()[f"worker/{P1S}"]["generation"]
    printer.report = idle(bed_temper=77)
    with fuse.others_untouched(f"worker/{P1S}"):
        fuse.kill(f"worker/{P1S}", signal.SIGKILL)
        links.wait_stat(fuse, P1S, lambda s: s["isOnline"] and s["data"]["temps"]["bedTemp"] == 77)
        fuse.wait_reborn(f"worker/{P1S}", generation)
    assert links.link(fuse, P1S)["connected_ms"] > before["connected_ms"]
    assert links.link(fuse, X1C)["reconnects"] == 0
    assert len(set(printer.subscriptions())) == 1  # the same client id: it replaces its own dead session


# -- commands -----------------------------------------------------------------------------------------------

def bed(celsius: int) -> dict:
    return {"command": "set-temperature", "type": "bed", "temperature": celsius}


def sent(printer, gcode: str) -> int:
    return sum(gcode in json.dumps(request) for request in printer.requests())


def in_background(function, *arguments, **named) -> tuple:
    """(thread, what it will bring: a list with the result or the exception)."""
    brought = []

    def run():
        try:
            brought.append(function(*arguments, **named))
        except Exception as error:  # pylint: disable=broad-except
            brought.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, brought


def test_a_command_goes_out_once_and_its_answer_comes_back(make_fuse, troupe):
    fuse = make_fuse().start()
    mute = linked(fuse, troupe, serial=X1C, address="127.0.40.4")
    mute.silent = True
    started = time.monotonic()
    thread, unanswered = in_background(links.command, fuse, X1C, **bed(46))
    printer = linked(fuse, troupe)
    result = links.command(fuse, P1S, **bed(45))
    assert result["confirmed"] and sent(printer, "M140 S45") == 1
    printer.refuse = printers.REFUSED_UNSIGNED
    with pytest.raises(wire.Refused) as refused:
        links.command(fuse, P1S, **bed(47))
    assert refused.value.reason == "forbidden" and "Developer Mode is off" in str(refused.value)
    links.wait_link(fuse, P1S, 5, fault="developer-mode-off", developer_mode=1)
    with pytest.raises(wire.Refused):
        links.command(fuse, P1S, **bed(48))
    assert sent(printer, "M140 S48") == 0  # it is known now
    with pytest.raises(wire.Refused):
        links.command(fuse, P1S, **bed(900))
    thread.join(20)
    assert time.monotonic() - started > 8
    assert not unanswered[0]["confirmed"] and "not answered" in unanswered[0]["sentence"]
    assert sent(mute, "M140 S46") == 1


def test_an_answer_with_an_error_and_no_result_is_a_refusal(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    printer.silent = {"print"}

    def refused(celsius: int, error: int) -> wire.Refused:
        thread, brought = in_background(links.command, fuse, P1S, **bed(celsius))
        asked = printer.wait_for_request(lambda request: f"M140 S{celsius}" in json.dumps(request))["print"]
        printer.publish({"print": {"command": "gcode_line", "sequence_id": asked["sequence_id"], "err_code": error}})
        thread.join(5)
        assert isinstance(brought[0], wire.Refused), brought
        return brought[0]

    told = refused(61, 50348043)
    assert told.reason == "conflict" and "error 50348043" in str(told)
    told = refused(62, 84033543)
    assert told.reason == "forbidden" and "Developer Mode is off" in str(told)
    # The remedy: switch it on, restart the printer, enter the new code.
    links.wait_link(fuse, P1S, fault="developer-mode-off")
    printer.set_code("11223344")
    printer.restart()
    printer.silent = set()
    links.edit(fuse, P1S, access_code="11223344")
    links.wait_link(fuse, P1S, fault="", online=True, developer_mode=2)
    assert links.command(fuse, P1S, **bed(63))["confirmed"]


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_command_is_never_published_twice_across_reconnects(make_fuse, troupe, acknowledged):
    """QoS 1 and the connection gone before the printer's answer, with and without the broker's acknowledgement."""
    published, seen = [], threading.Event()

    def play(line):
        line.accept_login()
        line.accept_subscription()
        line.publish(P1S, json.dumps(idle()).encode())
        while True:
            kind, body = line.read_packet()
            if kind >> 4 != 3:
                continue
            number = body[2 + int.from_bytes(body[:2], "big"):][:2]
            published.append((kind, body))
            if b"M140 S55" not in body:
                if kind & 6:
                    line.send(printers.packet(0x40, number))
                continue
            if acknowledged:
                line.send(printers.packet(0x40, number))
            seen.set()
            return  # the connection is closed

    fuse = make_fuse().start()
    chain, key = printers.self_signed(P1S)
    actor = troupe.peer(links.Actor, "127.0.40.5", chain, key, play)
    links.add(fuse, P1S, "127.0.40.5", pin=printers.fingerprint(chain))
    links.wait_live(fuse, P1S)
    thread, brought = in_background(links.command, fuse, P1S, **bed(55))
    assert seen.wait(5)
    thread.join(5)
    assert not brought[0]["confirmed"] and "it is not sent again" in brought[0]["sentence"], brought
    for handshakes in (2, 3):
        fuse.wait_until(lambda: actor.handshakes >= handshakes and links.link(fuse, P1S)["online"], 10)
        with fuse.ctl() as ctl:
            ctl.request("RECONNECT", {"serial": P1S}, "worker", links.slot(fuse, P1S))
    fuse.wait_until(lambda: actor.handshakes >= 4 and links.link(fuse, P1S)["online"], 10)
    commands = [(kind, body) for kind, body in published if b"M140 S55" in body]
    assert len(commands) == 1 and commands[0][0] == 0x32  # QoS 1, no duplicate
    assert all(not kind & 8 for kind, _ in published)


def test_a_printer_that_is_removed_is_let_go_also_while_it_is_commanded(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    other = linked(fuse, troupe, serial=X1C, address="127.0.40.6")
    printer.silent = True
    thread, brought = in_background(links.command, fuse, P1S, **bed(50))
    printer.wait_for_request(lambda request: "M140 S50" in json.dumps(request))
    began = time.monotonic()
    with fuse.others_untouched(f"worker/{P1S}"):
        links.remove(fuse, P1S)
        thread.join(8)
        assert brought and time.monotonic() - began < 8, "who commands waits for ever"
        assert isinstance(brought[0], wire.Refused) or not brought[0]["confirmed"], brought
        fuse.wait_until(lambda: f"worker/{P1S}" not in fuse.ps())
    assert links.link(fuse, P1S) == {} and P1S not in links.stats(fuse)
    wait_until(lambda: f"{P1S} disconnected" in printer.log_text() or "disconnected" in printer.log_text(), 5)
    assert links.command(fuse, X1C, **bed(51))["confirmed"] and sent(other, "M140 S51") == 1


# -- messages -------------------------------------------------------------------------------------------------

class Follower:
    """`fusectl messages --follow` in the background."""

    def __init__(self, fuse, serial: str):
        self.process = subprocess.Popen([rig_fuse.BUILD / "fusectl", "--socket", fuse.socket_path, "--json", "messages",
                                         "--follow", "-n", "1", serial], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
        self.lines, self.rest = [], ""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith('{"'):
                self.lines.append(json.loads(line))
            else:
                self.rest += line  # what it says at the end

    def close(self):
        self.process.kill()
        self.process.communicate()


def test_messages_are_seen_live_and_a_killed_worker_ends_the_tail(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    follower = troupe.peer(Follower, fuse, P1S)
    wait_until(lambda: follower.lines, 5)
    for number in range(5):
        printer.publish(delta(bed_temper=30 + number))
        wait_until(lambda: follower.lines[-1]["payload"].get("print", {}).get("bed_temper") == 30 + number, 1)
    assert links.command(fuse, P1S, **bed(52))["confirmed"]
    wait_until(lambda: any(line["direction"] == "sent" and "M140 S52" in json.dumps(line) for line in follower.lines), 1)
    numbers = [line["number"] for line in follower.lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    generation = fuse.ps()[f"worker/{P1S}"]["generation"]
    fuse.kill(f"worker/{P1S}", signal.SIGKILL)
    assert follower.process.wait(5) != 0, "it has not got all, and says so"
    follower.thread.join(5)
    assert json.loads(follower.rest)["error"], follower.rest
    fuse.wait_reborn(f"worker/{P1S}", generation)
    links.wait_live(fuse, P1S)
    again = troupe.peer(Follower, fuse, P1S)
    wait_until(lambda: again.lines, 5)


def test_the_access_code_that_a_printer_tells_is_nowhere_to_be_seen(make_fuse, troupe):
    code, asked = secrets.plant(), secrets.plant()
    fuse = make_fuse().start()
    rest = http.Http(fuse, timeout_s=30)
    printer = linked(fuse, troupe, code=code)
    follower = troupe.peer(Follower, fuse, P1S)
    for number, body in enumerate([{"system": {"command": "get_access_code", "sequence_id": "9", "access_code": asked}},
                                   {"system": {"access_code": asked, "command": "get_access_code", "result": "success"}},
                                   {"print": {"command": "push_status", "msg": 1, "access_code": asked, "bed_temper": 29}},
                                   {"print": {"command": "push_status", "msg": 1, "ipcam": {
                                       "rtsp_url": f"rtsps://bblp:{asked}@192.0.2.1/streaming/live/1"}}}]):
        printer.publish(body)
        printer.publish(delta(bed_temper=40 + number))
        links.wait_stat(fuse, P1S, lambda s: s["data"]["temps"]["bedTemp"] == 40 + number)
    wait_until(lambda: any("get_access_code" in json.dumps(line) for line in follower.lines), 5)
    path = f"/api/v1/printers/{P1S}"
    said = [rest.get(path + tail).body for tail in ("", "/messages", "/report", "/stat", "/diagnosis")]
    said += [json.dumps(follower.lines).encode(), fuse.log_text().encode(), rest.get("/api/v1/logs?lines=5000").body]
    for words in (("messages", "--raw"), ("report",), ("printer", "show")):
        said.append(fuse.fusectl(*words, P1S).stdout.encode())
    for text in said:
        assert secrets.leaks_in(text) == []
    assert any(b"get_access_code" in text and b"****" in text for text in said)


# -- hostile reports ------------------------------------------------------------------------------------------------

def many_hms(count: int) -> bytes:
    entry = b'{"attr":50335744,"code":65537}'
    return b'{"print":{"command":"push_status","msg":1,"hms":[' + b",".join([entry] * count) + b"]}}"


def nested(size: int) -> bytes:
    return b'{"print":' + b'{"a":' * (size // 6) + b"1" + b"}" * (size // 6 + 1)


# Noise, the same each time, and with a first byte that begins neither JSON nor a packet.
NOISE = b"\x00" + random.Random(20261122).randbytes(4999)

# What it is; the warning that it brings; whether the session survives it.
HOSTILE = {
    "garbage": (NOISE, "is not JSON", True),
    "nested": (nested(200_000), "nested deeper than", True),
    "nested-1-mb": (nested(1_000_000), "larger than 256 KiB", True),
    "nested-4-mb": (nested(4_000_000), "larger than 256 KiB", False),
    "hms-250-kib": (many_hms(8000), "more than", True),
    "hms-a-million": (many_hms(1_000_000), "larger than 256 KiB", False),
    "wrong-types": (json.dumps(delta(gcode_state=7, ams="x", hms={"a": 1}, device=[], nozzle_temper={"x": []}, vt_tray=5,
                                     net=True, stg="no", home_flag=[], sdcard={}, fun=1.5)).encode(), None, True),
    "duplicates": (b'{"print":{"command":"push_status","msg":1,"bed_temper":1,"bed_temper":2,"bed_temper":"3"},'
                   b'"print":{"command":"push_status","bed_temper":4}}', None, True),
    "bad-utf8": (b'{"print":{"command":"push_status","msg":1,"subtask_name":"\xff\xfe caf\xe9"}}', None, True),
    "numbers": (b'{"print":{"command":"push_status","msg":1,"nozzle_temper":1e999,"layer_num":99999999999999999999,'
                b'"mc_percent":-5e300,"wifi_signal":"-999999999999dBm"}}', None, True),
    "not-an-object": (b'[[[{"print":1}],null],"x",1e5]', "is not a JSON object", True),
    "empty": (b"", "is not JSON", True),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_report_costs_nothing_but_itself(make_fuse, troupe, what):
    payload, warning, survives = HOSTILE[what]
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    pid = fuse.pids()[f"worker/{P1S}"]
    for _ in range(3 if survives else 1):
        printer.publish(payload)
    if not survives:
        links.wait_link(fuse, P1S, 10, reconnects=1)
        links.wait_live(fuse, P1S)
    printer.publish(delta(bed_temper=33))
    stat = links.wait_stat(fuse, P1S, lambda s: s["data"]["temps"]["bedTemp"] == 33)
    assert_valid(stat)
    assert stat["state"] == "IDLE" and stat["data"]["temps"]["nozzleTemp"] is not None
    row = links.wait_link(fuse, P1S, 5, fault="bad-reports" if warning else "")
    assert fuse.pids()[f"worker/{P1S}"] == pid and row["online"] and row["reconnects"] == (0 if survives else 1)
    if warning:
        assert warning in row["sentence"], row
        links.wait_stat(fuse, P1S, lambda s: [problem["id"] for problem in s["link"]["problems"]] == ["bad-reports"])
    # What was kept of it is still JSON, a line each.
    kept = http.Http(fuse).get(f"/api/v1/printers/{P1S}/messages").lines()
    assert kept[-1]["payload"]["print"]["bed_temper"] == 33
    assert http.Http(fuse).get(f"/api/v1/printers/{P1S}/report").json()["print"]["bed_temper"] == 33


def test_the_last_of_doubled_keys_counts_everywhere(make_fuse, troupe):
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    printer.publish(b'{"print":{"command":"push_status","msg":1,"bed_temper":1,"bed_temper":"3"}}')
    links.wait_stat(fuse, P1S, lambda s: s["data"]["temps"]["bedTemp"] == 3)
    assert http.Http(fuse).get(f"/api/v1/printers/{P1S}/report").json()["print"]["bed_temper"] == "3"


def test_mqtt_garbage_and_an_endless_packet_end_the_session_only(make_fuse, troupe):
    turns = [NOISE, b"\x30\xff\xff\xff\x7f" + b"x" * 3_000_000, b"\x30\x80\x80\x80\x80\x01",
             b"\x20\x02\x00\x00", b"\xf0\x00", b"\x30\x05\xff\xffabc"]

    def play(line):
        turn = actor.handshakes - 1
        line.accept_login()
        line.accept_subscription()
        line.publish(P1S, json.dumps(idle()).encode())
        if turn < len(turns):
            line.send(turns[turn])
        line.wait_end()

    fuse = make_fuse().start()
    chain, key = printers.self_signed(P1S)
    actor = troupe.peer(links.Actor, "127.0.40.11", chain, key, play)
    links.add(fuse, P1S, "127.0.40.11", pin=printers.fingerprint(chain))
    pid = fuse.pids().get(f"worker/{P1S}") or fuse.wait_state(f"worker/{P1S}", "up")["pid"]
    for turn in range(1, len(turns) + 1):
        fuse.wait_until(lambda: actor.handshakes > turn or links.link(fuse, P1S).get("next_try_ms"), 10,
                        f"turn {turn} does not end the session")
        if actor.handshakes == turn:  # a person is impatient
            with fuse.ctl() as ctl:
                ctl.request("RECONNECT", {"serial": P1S}, "worker", links.slot(fuse, P1S))
        fuse.wait_until(lambda: actor.handshakes > turn, 10)
    links.wait_live(fuse, P1S)
    holds_for(lambda: links.link(fuse, P1S)["online"], 1)
    assert fuse.ps()[f"worker/{P1S}"]["restarts"] == 0 and fuse.pids()[f"worker/{P1S}"] == pid
    if not rig_fuse.SANITIZED:
        assert procfs.peak_memory_kib(pid) < 24 * 1024


def test_a_store_that_stands_still_costs_a_starting_worker_nothing(make_fuse, troupe):
    """The store is given a minute when its disk stands still; a worker is given ten seconds to be ready."""
    fuse = make_fuse().start()
    printer = linked(fuse, troupe)
    generation = fuse.ps()[f"worker/{P1S}"]["generation"]
    fuse.kill("stored", signal.SIGSTOP)
    try:
        fuse.kill(f"worker/{P1S}", signal.SIGKILL)
        fuse.wait_reborn(f"worker/{P1S}", generation)
        fuse.wait_log("waits for the store")
    finally:
        fuse.kill("stored", signal.SIGCONT)
    links.wait_live(fuse, printer.serial)
    assert fuse.ps()[f"worker/{P1S}"]["generation"] == generation + 1
