"""fusectl's commands for printers, against something that pretends to be Fuse: what is asked of whom, what is shown,
what a person is asked first, and that neither an access code nor a printer's words do harm on the way."""
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from rig import fuse as rig_fuse
from rig import secrets, wire
from rig.fusectl import (DONE, FAILED, FUSECTL, HARMFUL, NOT_FOUND, REFUSED, TIMED_OUT, UNREACHABLE, USAGE, Stranger,
                         keys_of, on_terminal, run)
from rig.waiting import wait_until

PIN = "ab" * 32
OTHER_PIN = "cd" * 32
ANNA, BERTA, CARL = "00M00A000000001", "01P00A000000002", "03900A000000003"
EDITS = ["name", "address", "model", "ports", "certificateSha256", "accessCode"]


def stat(serial: str, **more) -> dict:
    return {"serial": serial, "state": "RUNNING", "isOnline": True, "receivedAt": "2026-11-22T18:30:00.123Z", "progressPercent": 42, "preparing": False,
            "layers": {"current": 12, "total": 200}, "times": {"remainingMinutes": 75},
            "stage": {"words": "heating the bed"}, "job": {"name": "bracket_v2"}, "file": "bracket_v2.3mf",
            "speed": {"words": "standard", "percent": 100},
            "temperatures": {"nozzle": {"actualCelsius": 219.6, "targetCelsius": 220}, "nozzles": [],
                             "bed": {"actualCelsius": 60.0, "targetCelsius": 60}, "chamber": None},
            "ams": [{"id": 0, "label": "AMS 1", "kindName": "AMS 2 Pro", "humidityIndex": 3, "humidityPercent": 24,
                     "temperatureCelsius": 28.5, "drying": {"remainingMinutes": 120},
                     "slots": [{"id": 0, "fill": "loaded", "material": "PLA", "brand": "PLA Matte", "color": "00AE42FF",
                                "remainPercent": 80, "active": True}, {"id": 1, "fill": "empty"}]}],
            "externalSpools": [{"id": 255, "fill": "loaded", "material": "PETG", "active": False}],
            "nozzles": [{"id": 0, "diameterMm": 0.4, "type": "hardened_steel"}],
            "hms": [{"code": "0300-0100-0001-0001", "severity": "serious", "message": "The bed does not heat.",
                     "remedy": "Switch it off and on.", "link": "https://wiki.bambulab.com/x"}],
            "printError": None, "firmware": "01.07.00.00", "previousFirmware": "01.06.00.00", "wifiDbm": -48,
            "storage": "normal", "developerMode": "on", "door": "closed", "link": {"problems": []}, **more}


class Farm:
    """A Fuse with printers, as far as fusectl can tell."""

    def __init__(self):
        self.printers, self.links, self.stats, self.workers = {}, {}, {}, {}
        self.probed = {}
        self.refusal = None  # (reason, sentence) of whatever stored is asked to change
        self.asked = []      # (name, fields, to_role, to_slot) of all but RECALL
        self.answers = {}    # name -> function(request, say) in place of what stands below
        self.lock = threading.Lock()

    def add(self, serial: str, name: str, address: str, slot: int = None, link: dict = None, state: dict = None, **more):
        self.printers[serial] = {"serial": serial, "name": name, "address": address, "model": "X1C",
                                 "has_access_code": True, "added_ms": 1_700_000_000_000, **more}
        if slot is not None:
            self.workers[serial] = {"role": wire.ROLES["worker"], "slot": slot, "entry": serial, "state": 2, "pid": 7}
        if link is not None:
            self.links[serial] = {"serial": serial, "phase": "live", "online": True, **link}
        if state is not None:
            self.stats[serial] = {"serial": serial, "json": json.dumps(state)}
        return self

    def _recall(self, number: int, say):
        name = wire.BY_NUMBER[number].name
        kept = {"PRINTER": self.printers, "PRINTER_LINK": self.links, "PRINTER_STATE": self.stats,
                "PROC_STATUS": self.workers}.get(name)
        for row in (kept or {}).values():
            say(name, row)
        if name == "STORE_STATUS":
            say(name, {"health": 0, "sentence": "All is on disk."})
        say("DONE")

    def __call__(self, request, say):
        name = request.message.name
        if name == "RECALL":
            self._recall(request["number"], say)
            return None
        with self.lock:
            self.asked.append((name, request.fields, request.to_role, request.to_slot))
        if name in self.answers:
            return self.answers[name](request, say)
        if name == "PROBE":
            say("PROBED", self.probed)
        elif self.refusal:
            say("REFUSED", {"reason": self.refusal[0], "sentence": self.refusal[1]})
        else:
            say("DONE")
        return None

    def asked_for(self, name: str) -> list:
        return [fields for asked, fields, _, _ in self.asked if asked == name]


@pytest.fixture
def farm(tmp_path):
    """A Farm behind a socket; farm.run() and farm.terminal() run fusectl against it."""
    one = Farm()
    stranger = Stranger(tmp_path, one)
    one.path = stranger.path
    one.run = lambda *arguments, **more: run("--socket", stranger.path, *arguments, **more)
    one.terminal = lambda *arguments, **more: on_terminal("--socket", stranger.path, *arguments, **more)
    yield one
    stranger.close()


@pytest.fixture
def three(farm):
    farm.add(ANNA, "Anna", "192.0.2.1", slot=4, link={"received_ms": int(time.time() * 1000) - 1500,
                                                      "seen_serial": ANNA, "seen_sha256": PIN, "vouch": 1},
             state=stat(ANNA))
    farm.add(BERTA, "Berta", "192.0.2.2", slot=7, model="P1S", certificate_sha256=OTHER_PIN,
             link={"phase": "identity", "online": False, "fault": "fingerprint-changed", "sentence": "Another certificate.",
                   "remedy": "Approve it anew.", "seen_serial": BERTA, "seen_sha256": PIN, "seen_issuer": "somebody"})
    farm.add(CARL, "Carl", "192.0.2.3")
    return farm


# -- looking -----------------------------------------------------------------------------------------

def test_printers_are_one_a_line_with_what_is_wrong_below(three):
    lines = three.run("printers").stdout.splitlines()
    assert lines[0].split() == ["NAME", "MODEL", "SERIAL", "ADDRESS", "LINK", "STATE", "PROGRESS", "NOZZLE/BED/CHAMBER"]
    rows = {line.split()[0]: line for line in lines[1:] if not line.startswith(" ")}
    assert list(rows) == ["Anna", "Berta", "Carl"]
    assert rows["Anna"].split()[1:] == ["X1C", ANNA, "192.0.2.1", "live", "printing", "42", "%", "12/200", "220/60/-"]
    assert rows["Berta"].split()[4:] == ["identity", "-", "-", "-"]
    assert rows["Carl"].split()[4] == "-"
    assert "    Another certificate. Approve it anew." in lines
    assert "    The bed does not heat. (0300-0100-0001-0001) Switch it off and on." in lines


def test_printers_as_json_have_record_link_and_stat(three):
    printers = json.loads(three.run("--json", "printers").stdout)["printers"]
    anna, berta, carl = printers
    assert anna["record"]["serial"] == ANNA and anna["record"]["ports"]["mqtt"] is None
    assert anna["record"]["hasAccessCode"] is True and anna["link"]["seen"]["verified"] == "bambu-ca"
    assert anna["stat"] == stat(ANNA)
    assert berta["link"]["fault"] == "fingerprint-changed" and berta["stat"] is None
    assert carl["link"] is None
    assert not [key for key in keys_of(printers) if not re.fullmatch(r"[a-z][A-Za-z0-9]*", key)]
    shown = json.loads(three.run("--json", "printer", "show", "berta").stdout)
    assert shown == berta


def test_a_farm_without_printers_says_how_to_add_one(farm):
    assert "fusectl printer add" in farm.run("printers").stdout
    assert json.loads(farm.run("--json", "printers").stdout) == {"printers": []}


def test_show_has_everything(three):
    text = three.run("printer", "show", "Anna").stdout
    for words in (ANNA, "X1 Carbon (X1C)", "192.0.2.1", "live", "Bambu Lab vouches for it", "printing", "heating the bed",
                  "bracket_v2", "42 %, layer 12 of 200", "1 h 15 min", "219.6 of 220 °C", "60.0 of 60 °C",
                  "0.4 mm hardened_steel", "AMS 1 (AMS 2 Pro)", "24 % humidity", "drying for another 2 h", "PLA Matte",
                  "#00AE42 ", "80 %", "loaded, in use", "empty", "PETG", "serious: The bed does not heat.",
                  "https://wiki.bambulab.com/x", "01.07.00.00", "was 01.06.00.00", "-48 dBm (strong)", "normal",
                  "Developer Mode is on", "closed"):
        assert words in text, words
    assert "Chamber" not in text  # it has no sensor: not told, not shown
    text = three.run("printer", "show", "Berta").stdout
    assert "nothing was told yet" in text and "Machine" not in text
    assert "AB:AB" in text and "CD:CD" in text and "signed by somebody" in text and "Approve it anew." in text


def test_a_printer_is_named_by_serial_beginning_or_name(three):
    three.add("00M00A000000009", "anna", "192.0.2.9")
    for word, serial in ((ANNA, ANNA), ("Anna", ANNA), ("anna", "00M00A000000009"), ("01p", BERTA), ("CARL", CARL)):
        shown = json.loads(three.run("--json", "printer", "show", word).stdout)
        assert shown["record"]["serial"] == serial, word
    told = three.run("printer", "show", "00M")
    assert told.returncode == USAGE and ANNA in told.stderr and "00M00A000000009" in told.stderr
    told = three.run("printer", "show", "Bertha")
    assert told.returncode == NOT_FOUND and "Did you mean Berta" in told.stderr
    told = three.run("--json", "printer", "show", "nowhere")
    assert told.returncode == NOT_FOUND and json.loads(told.stdout)["error"]["reason"] == "not-found"


EVIL = "\x1b]0;owned\x07\u202e\x9b2J\x7f\r\n\t"


def test_nothing_that_a_printer_says_reaches_the_terminal_raw(farm):
    evil = json.loads(json.dumps(stat(ANNA)).replace("PLA Matte", json.dumps(EVIL)[1:-1])
                      .replace("The bed does not heat.", json.dumps(EVIL)[1:-1]).replace("bracket_v2", json.dumps(EVIL)[1:-1])
                      .replace("printing", json.dumps(EVIL)[1:-1]))
    farm.add(ANNA, f"Anna {EVIL}", "192.0.2.1", slot=1, state={**evil, "state": EVIL},
             link={"phase": "tls", "fault": EVIL, "sentence": EVIL, "remedy": EVIL, "seen_issuer": EVIL, "seen_sha256": PIN})
    farm.probed = {"serial": EVIL, "model": EVIL[:9], "name": EVIL, "sentence": EVIL, "remedy": EVIL, "issuer": EVIL,
                   "certificate_sha256": PIN, "mqtt_open": True}
    farm.answers["DIAGNOSE"] = lambda _, say: (say("DIAGNOSIS_STEP", {"phase": EVIL, "outcome": 2, "sentence": EVIL,
                                                                      "remedy": EVIL}), say("DONE"))[0]
    farm.answers["MESSAGES_WANT"] = lambda request, say: speak(request, say, json.dumps(
        {"at": EVIL, "name": EVIL, "kind": EVIL, "direction": "received", "payload": {EVIL: EVIL}}) + "\n" + EVIL + "\n")
    farm.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {"sentence": EVIL})
    farm.answers["REPORT_WANT"] = lambda request, say: speak(request, say, json.dumps({"print": {EVIL: EVIL}}))
    for command in (["printers"], ["printer", "show", ANNA], ["probe", "192.0.2.1"], ["doctor"], ["report", ANNA],
                    ["messages", ANNA, "--raw"], ["send", ANNA, "pause"], ["trust", ANNA], ["printer", "show", EVIL],
                    ["printer", "add", "--address", EVIL], ["printer", "remove", ANNA]):
        for form in ([], ["--json"]):
            told = farm.run(*form, *command)
            assert told.stdout + told.stderr, command
            assert not HARMFUL.search((told.stdout + told.stderr).replace("\n", "")), command
        with farm.terminal(*command, env={"NO_COLOR": "1"}) as terminal:
            wait_until(terminal.ended_or_asks, 10 * rig_fuse.SLOWNESS)
            assert not HARMFUL.search(terminal.text.replace("\r\n", "")), (command, terminal.text)


def test_lines_end_before_the_terminal_s_edge(three):
    three.probed = {"serial": ANNA, "model": "X1C", "sentence": "A printer answers. " * 6, "remedy": "Do this. " * 20,
                    "certificate_sha256": PIN, "issuer": "BBL CA", "mqtt_open": True}
    three.answers["DIAGNOSE"] = lambda _, say: (say("DIAGNOSIS_STEP", {
        "phase": "route", "outcome": 1, "sentence": "Very far. " * 15, "remedy": "Come near. " * 20}), say("DONE"))[0]
    for columns in (60, 80, 120):
        for command in (["printers"], ["printer", "show", "Anna"], ["printer", "show", "Berta"], ["probe", "192.0.2.1"],
                        ["doctor", "Anna"], ["send", "--list"], ["help", "printer", "add"]):
            with three.terminal(*command, columns=columns, env={"NO_COLOR": "1"}) as terminal:
                terminal.exit_code()
            lines = terminal.text.replace("\r", "").split("\n")
            assert [line for line in lines if len(line) > columns and len(line.split()) > 2] == [], (command, columns)


# -- adding -------------------------------------------------------------------------------------------

def probed(serial: str, vouch: int = 0) -> dict:
    return {"serial": serial, "model": "X1C", "name": "", "certificate_sha256": PIN, "issuer": "BBL CA", "vouch": vouch,
            "mqtt_open": True, "sentence": "A printer answers."}


def test_a_printer_is_added_by_its_address_alone(farm, tmp_path):
    code = secrets.plant()[:8]
    file = tmp_path / "code"
    file.write_text(f"\ufeff {code} \r\nsecond line\n")
    farm.probed = probed(ANNA, vouch=1)
    told = farm.run("printer", "add", "--name", "Anna", "--address", "192.0.2.1", "--mqtt-port", "18883", "--code-file", file)
    assert told.returncode == DONE, told.stderr
    assert "A printer answers." in told.stderr and "added" in told.stdout and code not in told.stdout + told.stderr
    (name, ask, role, _), (added, add, to, _) = farm.asked
    assert (name, ask["address"], ask["mqtt_port"], role) == ("PROBE", "192.0.2.1", 18883, wire.ROLES["discovery"])
    assert (added, to) == ("PRINTER_ADD", wire.ROLES["stored"])
    assert add["serial"] == ANNA and add["model"] == "X1C" and add["name"] == "Anna" and add["mqtt_port"] == 18883
    assert add["access_code"] == code.encode() and add["certificate_sha256"] == ""


def test_who_knows_everything_is_not_probed(farm):
    told = farm.run("--json", "printer", "add", "--address", "fe80::7", "--serial", ANNA.lower(), "--model", "x1 carbon",
                    "--certificate", ":".join(re.findall("..", PIN.upper())), "--code-file", "-", stdin=None, input="12345678\n")
    assert told.returncode == DONE and told.stderr == ""
    document = json.loads(told.stdout)
    assert document["done"] is True and document["serial"] == ANNA and document["waitsForTrust"] is False
    assert [name for name, *_ in farm.asked] == ["PRINTER_ADD"]
    add = farm.asked_for("PRINTER_ADD")[0]
    assert (add["serial"], add["model"], add["name"], add["certificate_sha256"]) == (ANNA, "X1C", "X1 Carbon 0001", PIN)
    assert add["access_code"] == b"12345678"


def test_the_code_is_typed_unseen_and_trust_is_asked(farm):
    for answer, pin in (("y\n", PIN), ("\n", "")):
        farm.asked.clear()
        farm.probed = probed(ANNA)
        with farm.terminal("printer", "add", "--address", "192.0.2.1") as terminal:
            terminal.wait_for("Trust this printer? [y/N]")
            assert "AB:AB:AB" in terminal.text and "BBL CA" in terminal.text
            terminal.type(answer)
            terminal.wait_for("not shown")
            wait_until(lambda: not terminal.shows_what_is_typed(), 5)
            terminal.type("s3cr3t77\n")
            assert terminal.exit_code() == DONE
            assert terminal.shows_what_is_typed()
        assert "s3cr3t77" not in terminal.text
        assert ("fusectl trust" in terminal.text) == (pin == "")
        add = farm.asked_for("PRINTER_ADD")[0]
        assert add["access_code"] == b"s3cr3t77" and add["certificate_sha256"] == pin


def test_a_terminal_shows_what_is_typed_again_after_ctrl_c(farm):
    farm.probed = probed(ANNA, vouch=1)
    with farm.terminal("printer", "add", "--address", "192.0.2.1") as terminal:
        terminal.wait_for("not shown")
        wait_until(lambda: not terminal.shows_what_is_typed(), 5)
        terminal.child.send_signal(signal.SIGINT)
        assert terminal.exit_code() == -signal.SIGINT
        assert terminal.shows_what_is_typed()
    assert farm.asked_for("PRINTER_ADD") == []


def test_without_a_person_it_waits_for_trust(farm):
    farm.probed = probed(ANNA)
    told = farm.run("printer", "add", "--address", "192.0.2.1", "--code-file", "-", stdin=None, input="12345678")
    assert told.returncode == DONE and f"fusectl trust {ANNA}" in told.stdout
    assert farm.asked_for("PRINTER_ADD")[0]["certificate_sha256"] == ""
    told = farm.run("printer", "add", "--address", "192.0.2.1", "--trust")
    assert told.returncode == DONE and "no access code yet" in told.stdout  # standard input is empty
    assert farm.asked_for("PRINTER_ADD")[1]["certificate_sha256"] == PIN
    assert farm.asked_for("PRINTER_ADD")[1]["access_code"] == b""


@pytest.mark.parametrize("arguments,probe,code,words", [
    ([], {}, USAGE, "needs the printer's address"),
    (["--address", "printer.local"], {}, USAGE, "no IP address"),
    (["--address", "192.0.2.1:8883"], {}, USAGE, "--mqtt-port"),
    (["--address", "192.0.2.1", "--serial", "x y"], {}, USAGE, "other characters"),
    (["--address", "192.0.2.1", "--model", "Ender"], {}, USAGE, "none of the models"),
    (["--address", "192.0.2.1", "--mqtt-port", "70000"], {}, USAGE, "1 to 65535"),
    (["--address", "192.0.2.1", "--certificate", "abc"], {}, USAGE, "3 digits in place of 64"),
    (["--address", "192.0.2.1", "--from", "x"], {}, USAGE, "do not go together"),
    (["--address", "192.0.2.1"], {"sentence": "Nobody is there."}, UNREACHABLE, "Nobody is there."),
    (["--address", "192.0.2.1"], {"sentence": "A router.", "mqtt_open": True}, FAILED, "A router."),
    (["--address", "192.0.2.1", "--serial", BERTA], probed(ANNA), REFUSED, "Another printer answers"),
    (["--address", "192.0.2.1", "--certificate", OTHER_PIN], probed(ANNA), REFUSED, "another certificate"),
    (["--address", "192.0.2.1", "--serial", ANNA, "--trust"], {"sentence": "Nobody."}, UNREACHABLE, "shows none"),
    (["--address", "192.0.2.1", "--code-file", "/nonexistent/code"], probed(ANNA, 1), USAGE, "No such file"),
    (["--address", "192.0.2.1", "--code-file", "12ab34cd"], probed(ANNA, 1), USAGE, "never the code itself"),
])
def test_what_cannot_be_added_is_told(farm, arguments, probe, code, words):
    farm.probed = probe
    told = farm.run("printer", "add", *arguments)
    assert (told.returncode, told.stdout) == (code, ""), told.stderr
    assert words in told.stderr and "12ab34cd" not in told.stderr
    assert farm.asked_for("PRINTER_ADD") == []


def test_one_that_is_there_already_and_one_that_is_off(three):
    three.probed = probed(ANNA, 1)
    told = three.run("printer", "add", "--address", "192.0.2.1")
    assert told.returncode == REFUSED and "already, as Anna" in told.stderr
    three.probed = {"sentence": "Nobody is there."}
    told = three.run("printer", "add", "--address", "192.0.2.8", "--serial", "03000A000000008")
    assert told.returncode == DONE and "Nobody is there." in told.stderr
    assert three.asked_for("PRINTER_ADD")[0]["model"] == "A1-mini"  # by its serial number
    three.refusal = (7, "The disk is full.")
    told = three.run("printer", "add", "--address", "192.0.2.8", "--serial", "03000A000000008", "--model", "A1-mini")
    assert told.returncode == REFUSED and told.stderr == "The disk is full.\n"


# -- adding many ---------------------------------------------------------------------------------------

CSV = f"""Name,Address,Serial,Code,Model
Dora,192.0.2.4,03900A000000004,11112222,A1
Anna,192.0.2.1,{ANNA},11112222,X1C
"Emil, left",192.0.2.5,03900A000000005,,
Broken,nowhere,03900A000000006,33334444,A1
"""


def test_many_are_shown_first_and_then_added(three, tmp_path):
    file = tmp_path / "farm.csv"
    file.write_text(CSV)
    told = three.run("printer", "add", "--from", file)
    assert told.returncode == USAGE and "--yes" in told.stderr and three.asked_for("PRINTER_ADD") == []
    assert "no IP address" in told.stderr and "already, as Anna" in told.stderr
    with three.terminal("printer", "add", "--from", file) as terminal:
        terminal.wait_for("Add 2 printers? [y/N]")
        assert three.asked_for("PRINTER_ADD") == []
        terminal.type("n\n")
        assert terminal.exit_code() == FAILED
    assert three.asked_for("PRINTER_ADD") == []
    told = three.run("--yes", "printer", "add", "--from", file)
    assert told.returncode == FAILED  # one row could not be taken
    assert "2 added, 0 failed, 1 with errors, 1 duplicate." in told.stdout
    assert "11112222" not in told.stdout + told.stderr and "33334444" not in told.stdout + told.stderr
    dora, emil = three.asked_for("PRINTER_ADD")
    assert (dora["name"], dora["access_code"], dora["model"]) == ("Dora", b"11112222", "A1")
    assert (emil["name"], emil["access_code"], emil["model"]) == ("Emil, left", b"", "A1")


def test_many_as_json_and_from_standard_input(three):
    three.answers["PRINTER_ADD"] = lambda request, say: say("REFUSED", {"reason": 7, "sentence": "The disk is full."}) \
        if request["name"] == "Dora" else say("DONE", {"sentence": "Kept."})
    told = three.run("--json", "--yes", "printer", "add", "--from", "-", stdin=None, input=CSV)
    document = json.loads(told.stdout)
    assert told.returncode == FAILED and told.stderr == ""
    assert (document["done"], document["failed"], document["duplicates"]) == (1, 2, 1)
    assert [(row["line"], row["check"], row["result"]) for row in document["rows"]] == [
        (2, "valid", "failed"), (3, "duplicate", "skipped"), (4, "valid", "done"), (5, "error", "skipped")]
    assert document["rows"][0]["sentence"] == "The disk is full." and "11112222" not in told.stdout


def test_a_file_that_is_none_is_refused_whole(farm, tmp_path):
    for content, words in ((b"", "has no rows"), (b"x" * (1024 * 1024 + 1), "more than 1048576 bytes"),
                           (b"a,1,b\n" * 300, "more than 256 rows"), (b"name,address\nA,192.0.2.1\n", "no column for the serial")):
        file = tmp_path / "farm.csv"
        file.write_bytes(content)
        told = farm.run("--yes", "printer", "add", "--from", file)
        assert told.returncode == USAGE and words in told.stderr
    assert farm.run("printer", "add", "--from", tmp_path).returncode == USAGE
    assert farm.run("printer", "add", "--from", tmp_path / "none").returncode == USAGE
    assert farm.asked == []


def test_codes_of_many_are_changed_at_once(three, tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text(f"{ANNA},55556666\n{BERTA.lower()};\n{BERTA},77778888\nnosuch,1\n")
    told = three.run("--yes", "printer", "codes", file)
    assert told.returncode == FAILED and "2 changed, 0 failed, 2 with errors, 0 duplicate." in told.stdout, told.stdout
    edits = three.asked_for("PRINTER_EDIT")
    assert [(edit["serial"], edit["access_code"], edit["changes"]) for edit in edits] == [
        (ANNA, b"55556666", 1 << EDITS.index("accessCode")), (BERTA, b"77778888", 1 << EDITS.index("accessCode"))]
    assert "55556666" not in told.stdout + told.stderr


# -- changing -------------------------------------------------------------------------------------------

def test_edit_changes_what_is_named_and_nothing_else(three):
    three.printers[ANNA].update(mqtt_port=1, detect_port=2)
    told = three.run("printer", "edit", "Anna", "--address", "192.0.2.77", "--mqtt-port", "0", "--camera-port", "7000")
    assert told.returncode == DONE and "Anna is changed." in told.stdout
    edit = three.asked_for("PRINTER_EDIT")[0]
    assert edit["changes"] == 1 << EDITS.index("address") | 1 << EDITS.index("ports")
    assert (edit["serial"], edit["address"]) == (ANNA, "192.0.2.77")
    assert [edit[f"{port}_port"] for port in ("mqtt", "ftps", "camera", "detect")] == [0, 0, 7000, 2]
    three.run("printer", "edit", "Anna", "--name", "Änne", "--model", "p1s", "--certificate", "", "--code-file", "-",
              stdin=None, input="99990000\n")
    edit = three.asked_for("PRINTER_EDIT")[1]
    assert edit["changes"] == sum(1 << EDITS.index(name) for name in ("name", "model", "certificateSha256", "accessCode"))
    assert (edit["name"], edit["model"], edit["access_code"]) == ("Änne", "P1S", b"99990000")
    told = three.run("printer", "edit", "Anna")
    assert told.returncode == USAGE and "--code-file" in told.stderr
    assert len(three.asked_for("PRINTER_EDIT")) == 2


def test_remove_asks_for_all_of_them_at_once(three):
    told = three.run("printer", "remove", "Anna")
    assert told.returncode == USAGE and "--yes" in told.stderr
    told = three.run("--yes", "printer", "remove", "Anna", "nosuch")
    assert told.returncode == NOT_FOUND and three.asked_for("PRINTER_REMOVE") == []
    with three.terminal("printer", "remove", "Anna", "berta", ANNA) as terminal:
        terminal.wait_for("[y/N]")
        assert f"Anna ({ANNA}), Berta ({BERTA})?" in terminal.text.replace("\r\n", "")
        terminal.type("y\n")
        assert terminal.exit_code() == DONE
    assert [fields["serial"] for fields in three.asked_for("PRINTER_REMOVE")] == [ANNA, BERTA]


def test_trust_approves_what_the_link_has_seen(three):
    told = three.run("trust", "Berta")
    assert told.returncode == USAGE and "Only a person" in told.stderr
    assert "AB:AB" in told.stderr and "somebody" in told.stderr and "CD:CD" in told.stderr
    with three.terminal("trust", "Berta") as terminal:
        terminal.wait_for("Trust this printer? [y/N]")
        terminal.type("\n")
        assert terminal.exit_code() == FAILED and "nothing was changed" in terminal.text
    assert three.asked_for("PRINTER_EDIT") == []
    assert three.run("--yes", "trust", "Berta").returncode == DONE
    (edit,) = three.asked_for("PRINTER_EDIT")
    assert (edit["serial"], edit["certificate_sha256"], edit["changes"]) == (BERTA, PIN, 1 << EDITS.index("certificateSha256"))
    told = three.run("trust", "Anna")
    assert told.returncode == DONE and "needs no approval: Bambu Lab vouches for it" in told.stdout
    told = three.run("--yes", "trust", "Carl")
    assert told.returncode == UNREACHABLE and "No certificate has been seen" in told.stderr
    three.links[BERTA]["seen_serial"] = ANNA
    told = three.run("--yes", "trust", "Berta")
    assert told.returncode == REFUSED and ANNA in told.stderr
    assert len(three.asked_for("PRINTER_EDIT")) == 1


def test_reconnect_goes_to_the_printer_s_own_process(three):
    assert three.run("printer", "reconnect", "Berta").returncode == DONE
    assert three.asked == [("RECONNECT", {"serial": BERTA}, wire.ROLES["worker"], 7)]
    told = three.run("printer", "reconnect", "Carl")
    assert told.returncode == UNREACHABLE and "has not been started yet" in told.stderr


# -- commands -------------------------------------------------------------------------------------------

def test_send_builds_the_command_and_says_what_became_of_it(three):
    three.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {"confirmed": True, "sentence": "The bed is set to 60 °C.",
                                                                     "took_ms": 87})
    told = three.run("send", "Berta", "set-temperature", "type=bed", "temperature=60")
    assert told.returncode == DONE
    assert told.stdout == "The bed is set to 60 °C.\nThe printer has confirmed it after 87 ms.\n"
    (name, fields, role, slot), = three.asked
    assert (name, fields["serial"], role, slot) == ("COMMAND", BERTA, wire.ROLES["worker"], 7)
    assert json.loads(fields["json"]) == {"command": "set-temperature", "type": "bed", "temperature": 60}
    document = json.loads(three.run("--json", "send", "Berta", "pause").stdout)
    assert document == {"done": True, "confirmed": True, "sentence": "The bed is set to 60 °C.", "tookMs": 87}
    three.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {"sentence": "pauses the print"})
    assert three.run("send", "Berta", "pause").stdout.startswith("Berta pauses the print.\n")
    assert "has not answered" in three.run("send", "Berta", "pause").stdout
    three.answers["COMMAND"] = lambda _, say: say("REFUSED", {"reason": 4, "sentence": "Too hot.", "remedy": "Cooler."})
    told = three.run("send", "Berta", "pause")
    assert (told.returncode, told.stderr) == (REFUSED, "Too hot.\nCooler.\n")


def test_send_takes_whole_objects_from_a_file_only(three, tmp_path):
    file = tmp_path / "command.json"
    for content, words in (("{", "no JSON"), ("[1]", "no command"), ('{"x":1}', "no command"), ('{"command":1}', "no command"),
                           ('{"command":"pause","command":"stop"}', "no JSON"), (" " * 5000, "more than 4096 bytes")):
        file.write_text(content)
        told = three.run("send", "Anna", "--raw-json", file)
        assert told.returncode == USAGE and words in told.stderr, content
    file.write_text('{"command":"move-axis","axes":{"x":1.5}}')
    assert three.run("send", "Anna", "pause", "--raw-json", file).returncode == USAGE
    assert three.asked == []
    three.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {"confirmed": True, "sentence": "Moved."})
    assert three.run("send", "Anna", "--raw-json", file).returncode == DONE
    assert json.loads(three.asked[0][1]["json"]) == {"command": "move-axis", "axes": {"x": 1.5}}


def test_stop_is_asked_first_however_it_comes(three):
    three.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {"confirmed": True, "sentence": "Stopped."})
    for arguments in (["send", "Anna", "stop"], ["send", "Anna", "--raw-json", "-"]):
        told = three.run(*arguments, stdin=None, input='{"command":"stop"}')
        assert told.returncode == USAGE and "nobody is there to say yes" in told.stderr
    with three.terminal("send", "Anna", "stop") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("n\n")
        assert terminal.exit_code() == FAILED
    assert three.asked == []
    assert three.run("--yes", "send", "Anna", "stop").returncode == DONE
    assert len(three.asked) == 1


def test_the_commands_are_listed():
    text = run("send", "--list").stdout
    listed = json.loads(run("--json", "send", "--list").stdout)["commands"]
    assert len(listed) == 15
    for command in listed:
        assert f"{command['name']}: {command['description']}" in text
        for field in command["fields"]:
            assert field["name"] in text and field["type"] in ("number", "text", "true or false")
    assert "axes.x" in text


# -- messages and the report ------------------------------------------------------------------------------

def speak(request, say, text, end="DONE"):
    """Write `text` to the descriptor that came along, close it, and say DONE."""
    def write():
        data = text.encode(errors="surrogateescape") if isinstance(text, str) else text
        with contextlib.suppress(BrokenPipeError), os.fdopen(request.fd, "wb") as pipe:
            for at in range(0, len(data), 50_000):
                pipe.write(data[at:at + 50_000])
                pipe.flush()
        with contextlib.suppress(BrokenPipeError):
            if end is not None:
                say(end)
    threading.Thread(target=write, daemon=True).start()


def message(number: int, **more) -> dict:
    return {"number": number, "at": f"2026-11-22T18:30:00.{number:03}Z", "direction": "received", "kind": "delta",
            "name": "print.push_status", "bytes": 512, "payload": {"print": {"layer_num": number}}, **more}


def lines(*messages) -> str:
    return "".join(json.dumps(one) + "\n" for one in messages)


def test_messages_come_through_a_pipe_of_ours(three):
    told_lines = lines(message(1), message(2, direction="sent", kind="", name="pushing.pushall", bytes=99),
                       {"missed": 17}, message(4, bytes=262144)) + "no JSON\n"
    three.answers["MESSAGES_WANT"] = lambda request, say: speak(request, say, told_lines)
    told = three.run("messages", "Anna", "--lines", 5)
    assert told.returncode == DONE and told.stderr == ""
    shown = told.stdout.splitlines()
    assert shown[0].split() == ["2026-11-22T18:30:00.001Z", "received", "delta", "512", "bytes", "print.push_status"]
    assert "sent" in shown[1] and "pushing.pushall" in shown[1]
    assert "17 messages were missed" in shown[2] and "256.0 KiB" in shown[3]
    ((name, fields, role, slot),) = three.asked
    assert (name, fields, role, slot) == ("MESSAGES_WANT", {"serial": ANNA, "most": 5, "follow": False}, wire.ROLES["worker"], 4)
    assert '{"print":{"layer_num":1}}' in three.run("messages", "Anna", "--raw").stdout
    documents = [json.loads(line) for line in three.run("--json", "messages", "Anna").stdout.splitlines()]
    assert documents[0] == message(1) and documents[2] == {"missed": 17} and documents[4] == {"unreadable": "no JSON"}


def test_following_goes_on_until_the_reader_leaves(three):
    pipes = []

    def answer(request, say):
        pipes.append(os.fdopen(request.fd, "w"))
        pipes[0].write(lines(message(1)))
        pipes[0].flush()

    three.answers["MESSAGES_WANT"] = answer
    command = [str(FUSECTL), "--socket", str(three.path), "--timeout", "1", "messages", "Anna", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert "00.001Z" in child.stdout.readline()
        time.sleep(1.5)  # longer than --timeout: following has none
        pipes[0].write(lines(message(2)))
        pipes[0].flush()
        assert "00.002Z" in child.stdout.readline()
        child.stdout.close()
        assert child.wait(10) in (DONE, FAILED)
    with pytest.raises(BrokenPipeError):
        pipes[0].write(lines(message(3)))
        pipes[0].flush()
    with contextlib.suppress(BrokenPipeError):
        pipes[0].close()


@pytest.mark.parametrize("answer,code,words", [
    (lambda request, say: (os.close(request.fd), say("REFUSED", {"reason": 2, "sentence": "It died."}))[1], FAILED, "It died."),
    (lambda request, say: speak(request, say, "x" * (9 * 1024 * 1024)), FAILED, "more than it should"),
    (lambda request, say: speak(request, say, lines(message(1)), end=None), TIMED_OUT, "within 1 s"),
    (lambda request, say: (os.close(request.fd), "hang up")[1], FAILED, "closed the connection"),
], ids=["dies", "endless-line", "never-done", "hangs-up"])
def test_a_worker_that_breaks_off_is_told(three, answer, code, words):
    three.answers["MESSAGES_WANT"] = answer
    told = three.run("--timeout", 1, "messages", "Anna")
    assert told.returncode == code and words in told.stderr, told


def test_large_messages_come_whole(three):
    huge = message(1, payload={"x": "y" * 1_000_000})
    three.answers["MESSAGES_WANT"] = lambda request, say: speak(request, say, lines(*[huge] * 12))
    told = three.run("--json", "messages", "Anna")
    assert [json.loads(line) for line in told.stdout.splitlines()] == [huge] * 12


def test_clear_forgets_and_does_nothing_else(three):
    assert three.run("messages", "Anna", "--clear").returncode == DONE
    assert three.asked == [("MESSAGES_CLEAR", {"serial": ANNA}, wire.ROLES["worker"], 4)]
    assert three.run("messages", "Anna", "--clear", "--follow").returncode == USAGE


def test_the_report_is_one_document(three):
    report = {"print": {"gcode_state": "IDLE", "x": ["y"] * 50_000}}
    three.answers["REPORT_WANT"] = lambda request, say: speak(request, say, json.dumps(report))
    assert json.loads(three.run("report", "Anna").stdout) == report
    three.answers["REPORT_WANT"] = lambda request, say: speak(request, say, "")
    told = three.run("report", "Anna")
    assert told.returncode == FAILED and "told nothing yet" in told.stderr


# -- the doctor --------------------------------------------------------------------------------------------

def step(phase: str, outcome: int, sentence: str = "", **more) -> dict:
    return {"phase": phase, "outcome": outcome, "sentence": sentence or f"About {phase}.", **more}


def test_the_doctor_begins_with_fuse_itself(three):
    three.workers["x"] = {"role": wire.ROLES["gatewayd"], "state": 5, "obituary": "ended"}
    three.answers["DIAGNOSE"] = lambda _, say: say("DONE")
    told = three.run("doctor", "Anna")
    assert told.returncode == FAILED and told.stdout.startswith("Fuse\n")
    assert re.search(r"^  FAIL +processes +gatewayd is held\.$", told.stdout, re.M)
    assert re.search(r"^  ok +store +All is on disk\.$", told.stdout, re.M)
    assert "Fuse itself is not well" in told.stdout


def test_steps_are_shown_with_sentence_and_remedy(three):
    def answer(request, say):
        say("DIAGNOSIS_STEP", step("route", 0, took_ms=3))
        if request["serial"] == ANNA:
            say("DIAGNOSIS_STEP", step("storage", 1, "No card.", remedy="Put one in.", fault="storage-missing"))
        else:
            say("DIAGNOSIS_STEP", step("login", 2, "The code is refused.", remedy="Read it.", fault="code-refused"))
            say("DIAGNOSIS_STEP", step("reports", 3))
        say("DONE")

    three.answers["DIAGNOSE"] = answer
    told = three.run("doctor", "Anna", ANNA)
    assert told.returncode == DONE and "1 printer examined: nothing is broken, but look at the warnings." in told.stdout
    assert "About route. (3 ms)" in told.stdout and "Put one in." in told.stdout
    told = three.run("doctor")
    assert told.returncode == FAILED and told.stderr == "" and "2 of 3 printers" in told.stdout
    assert "has not been started yet" in told.stdout  # Carl
    text = told.stdout
    assert text.index("Anna (") < text.index("No card.") < text.index("Berta (") < text.index("refused") < text.index("Carl (")
    told = three.run("--json", "doctor")
    document = json.loads(told.stdout)
    assert told.returncode == FAILED and told.stderr == ""
    assert document["summary"] == {"passed": 2, "warned": 1, "failed": 1, "skipped": 1, "printers": 3, "printersFailed": 2}
    assert document["printers"][1]["steps"][1] == {"phase": "login", "outcome": "failed", "fault": "code-refused",
                                                   "sentence": "The code is refused.", "remedy": "Read it.", "tookMs": None}
    assert document["printers"][2]["error"]["reason"] == "unreachable"
    with three.terminal("doctor", "Anna", env={"NO_COLOR": "1"}) as terminal:
        assert terminal.exit_code() == DONE
        assert "✓" in terminal.text and "\x1b" not in terminal.text
    with three.terminal("doctor", "Anna", env={"LANG": "C", "LC_ALL": "C"}) as terminal:
        assert terminal.exit_code() == DONE
        assert "✓" not in terminal.text and "ok" in terminal.text and "\x1b[32mok" in terminal.text


def test_eight_are_walked_at_once_and_shown_in_order(farm):
    for number in range(20):
        farm.add(f"01P00A0000000{number:02}", f"P{number:02}", f"192.0.2.{number + 1}", slot=number)
    waiting, most = [], [0]

    def answer(request, say):
        waiting.append((request["serial"], say))
        most[0] = max(most[0], len(waiting))
        if len(waiting) == 8 or len(farm.asked_for("DIAGNOSE")) == 20:
            for serial, tell in reversed(waiting):  # the last first
                tell("DIAGNOSIS_STEP", step("route", 0, f"{serial} is there."))
                tell("DONE")
            waiting.clear()

    farm.answers["DIAGNOSE"] = answer
    told = farm.run("doctor")
    assert told.returncode == DONE and most[0] == 8
    assert re.findall(r"(\S+) is there", told.stdout) == [f"01P00A0000000{number:02}" for number in range(20)]


def test_a_step_is_shown_when_it_comes(three):
    released = threading.Event()

    def answer(_, say):
        say("DIAGNOSIS_STEP", step("route", 0))

        def rest():
            released.wait(10)
            say("DIAGNOSIS_STEP", step("tls", 0))
            say("DONE")
        threading.Thread(target=rest, daemon=True).start()

    three.answers["DIAGNOSE"] = answer
    with three.terminal("doctor", "Anna") as terminal:
        terminal.wait_for("About route.")
        assert "About tls." not in terminal.text
        released.set()
        terminal.wait_for("About tls.")
        assert terminal.exit_code() == DONE


def test_a_worker_that_dies_or_sleeps_under_the_doctor_leaves_the_others(three):
    three.workers[CARL] = {"role": wire.ROLES["worker"], "slot": 9, "entry": CARL, "state": 2, "pid": 8}

    def answer(request, say):
        if request["serial"] == ANNA:
            say("REFUSED", {"reason": 2, "sentence": "fuse-worker died before it answered."})
        elif request["serial"] == CARL:
            say("DIAGNOSIS_STEP", step("route", 0))
            say("DONE")
        # Berta's worker says nothing at all.

    three.answers["DIAGNOSE"] = answer
    told = three.run("--timeout", 1, "doctor")
    assert told.returncode == FAILED and "died before it answered" in told.stdout
    assert "did not answer within 1 s" in told.stdout and "About route." in told.stdout
    assert "2 of 3 printers" in told.stdout


# -- the shell ------------------------------------------------------------------------------------------------

def test_the_probe_tells_what_is_there(farm):
    farm.probed = {**probed(ANNA), "firmware": "01.02.03.04", "bind": "free", "connect": "lan", "remedy": "Approve it."}
    told = farm.run("probe", "192.0.2.1", "--mqtt-port", 1883, "--detect-port", "3000")
    assert told.returncode == DONE and "A printer answers." in told.stdout and "AB:AB" in told.stdout
    assert "lan, free" in told.stdout and "nobody known vouches" in told.stdout
    assert farm.asked[0][1] == {"address": "192.0.2.1", "mqtt_port": 1883, "detect_port": 3000}
    document = json.loads(farm.run("--json", "probe", "192.0.2.1").stdout)["probe"]
    assert document["certificateSha256"] == PIN and document["verified"] == "unknown" and document["mqttOpen"] is True
    farm.probed = {"sentence": "Nobody is there."}
    told = farm.run("probe", "192.0.2.1")
    assert told.returncode == UNREACHABLE and told.stdout == "Nobody is there.\n" and told.stderr == ""
    assert farm.run("probe", "localhost").returncode == USAGE


def test_no_code_is_ever_in_the_arguments_or_the_environment_of_fusectl(farm):
    """It comes in by standard input and goes out by the socket."""
    farm.probed = probed(ANNA, 1)
    code = secrets.plant()[:12]
    with subprocess.Popen([str(FUSECTL), "--socket", str(farm.path), "printer", "add", "--address", "192.0.2.1"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdin.write(code.encode())
        child.stdin.flush()
        wait_until(lambda: farm.asked_for("PROBE"), 10)
        for what in ("cmdline", "environ"):
            with open(f"/proc/{child.pid}/{what}", "rb") as file:
                assert code.encode() not in file.read()
        child.stdin.close()
        assert child.wait(10) == DONE
        assert code.encode() not in child.stdout.read() + child.stderr.read()
    assert farm.asked_for("PRINTER_ADD")[0]["access_code"] == code.encode()
