"""fusectl's commands that look at printers and change what is kept of them, against something that pretends to be Fuse:
what is asked of whom, what is shown, what a person is asked first, and that neither an access code nor a printer's
words do harm on the way."""
import json
import re
import signal
import subprocess

import pytest

from rig import fuse as rig_fuse
from rig import secrets, wire
from rig.farm import ANNA, BERTA, CARL, EDITS, OTHER_PIN, PIN, farm, speak, stat, three  # noqa: F401
from rig.fusectl import (DONE, FAILED, FUSECTL, HARMFUL, NOT_FOUND, REFUSED, UNREACHABLE, USAGE, keys_of)
from rig.waiting import wait_until


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


def test_virtual_printers_are_marked(three):
    three.add("00MFUSE00000001", "Vera", "127.64.0.1", is_virtual=True)
    lines = three.run("printers").stdout.splitlines()
    assert [line.split()[1:3] for line in lines if line.startswith(("Vera", "Anna"))] == [["X1C", ANNA], ["X1C,", "virtual"]]


def test_a_network_that_is_written_wrongly_is_a_matter_of_the_command_line(three):
    three.refusal = (wire.REFUSALS.index("invalid"), "Write 192.168.0.0/24.")
    told = three.run("scan", "192.168.0.7/24")
    assert told.returncode == USAGE and "Write 192.168.0.0/24." in told.stderr
    three.refusal = (wire.REFUSALS.index("busy"), "Another search is under way.")
    assert three.run("scan", "192.168.0.0/24").returncode == REFUSED


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
    for words in (ANNA, "X1 Carbon (X1C)", "192.0.2.1", "live", "Bambu Lab vouches for it", "printing",
                  "heating the bed", "bracket_v2", "42 %, layer 12 of 200", "1 h 15 min", "219.6 of 220 °C",
                  "60.0 of 60 °C",
                  "0.4 mm hardened_steel", "AMS 1 (AMS 2 Pro)", "24 % humidity", "drying for another 2 h", "PLA Matte",
                  "green ", "80 %", "loaded, in use", "empty", "PETG", "serious: The bed does not heat.",
                  "https://wiki.bambulab.com/x", "01.07.00.00", "was 01.06.00.00", "-48 dBm (strong)", "normal",
                  "Developer Mode is on", "closed"):
        assert words in text, words
    assert "Chamber" not in text  # it has no sensor: not told, not shown
    for key, words in (("X1E", "-90 dBm (none, or very weak: it says so when it is on a cable)"), ("X1C", "-90 dBm (very weak)")):
        three.add(ANNA, "Anna", "192.0.2.1", slot=3, link={}, state=stat(ANNA, model={"key": key}, wifiDbm=-90))
        assert words in three.run("printer", "show", "Anna").stdout
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
                      .replace("The bed does not heat.", json.dumps(EVIL)[1:-1])
                      .replace("bracket_v2", json.dumps(EVIL)[1:-1])
                      .replace("printing", json.dumps(EVIL)[1:-1]))
    farm.add(ANNA, f"Anna {EVIL}", "192.0.2.1", slot=1, state={**evil, "state": EVIL},
             link={"phase": "tls", "fault": EVIL, "sentence": EVIL, "remedy": EVIL, "seen_issuer": EVIL,
                   "seen_sha256": PIN})
    farm.probed = {"serial": EVIL, "model": EVIL[:9], "name": EVIL, "sentence": EVIL, "remedy": EVIL, "issuer": EVIL,
                   "certificate_sha256": PIN, "mqtt_open": True}
    farm.answers["DIAGNOSE"] = lambda _, say: (say("DIAGNOSIS_STEP", {"phase": EVIL, "outcome": 2, "sentence": EVIL,
                                                                      "remedy": EVIL}), say("DONE"))[0]
    farm.answers["MESSAGES_WANT"] = lambda request, say: speak(request, say, json.dumps(
        {"at": EVIL, "name": EVIL, "kind": EVIL, "direction": "received", "payload": {EVIL: EVIL}}) + f"\n{EVIL}\n")
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
    code = secrets.plant()
    file = tmp_path / "code"
    file.write_text(f"\ufeff {code} \r\nsecond line\n")
    farm.probed = probed(ANNA, vouch=1)
    told = farm.run("printer", "add", "--name", "Anna", "--address", "192.0.2.1", "--mqtt-port", "18883",
                    "--code-file", file)
    assert told.returncode == DONE, told.stderr
    assert "A printer answers." in told.stderr and "added" in told.stdout and code not in told.stdout + told.stderr
    (name, ask, role, _), (added, add, to, _) = farm.asked
    assert (name, ask["address"], ask["mqtt_port"], role) == ("PROBE", "192.0.2.1", 18883, wire.ROLES["discovery"])
    assert (added, to) == ("PRINTER_ADD", wire.ROLES["stored"])
    assert add["serial"] == ANNA and add["model"] == "X1C" and add["name"] == "Anna" and add["mqtt_port"] == 18883
    assert add["access_code"] == code.encode() and add["certificate_sha256"] == ""


def test_who_knows_everything_is_not_probed(farm):
    told = farm.run("--json", "printer", "add", "--address", "fe80::7", "--serial", ANNA.lower(), "--model",
                    "x1 carbon", "--certificate", ":".join(re.findall("..", PIN.upper())), "--code-file", "-",
                    stdin=None, input="12345678\n")
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
    assert "2 added, 0 changed, 0 failed, 1 with errors, 0 duplicate, 1 left as it is." in told.stdout
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
    assert (document["done"], document["failed"], document["duplicates"]) == (1, 2, 0)
    assert [(row["line"], row["check"], row["result"]) for row in document["rows"]] == [
        (2, "valid", "failed"), (3, "changes", "skipped"), (4, "valid", "done"), (5, "error", "skipped")]
    assert document["rows"][0]["sentence"] == "The disk is full." and "11112222" not in told.stdout


def test_a_file_that_is_none_is_refused_whole(farm, tmp_path):
    for content, words in ((b"", "has no rows"), (b"x" * (1024 * 1024 + 1), "more than 1048576 bytes"),
                           (b"a,1,b\n" * 600, "more than 512 rows"),
                           (b"name,address\nA,192.0.2.1\n", "no column for the serial")):
        file = tmp_path / "farm.csv"
        file.write_bytes(content)
        told = farm.run("--yes", "printer", "add", "--from", file)
        assert told.returncode == USAGE and words in told.stderr
    assert farm.run("printer", "add", "--from", tmp_path).returncode == USAGE
    assert farm.run("printer", "add", "--from", tmp_path / "none").returncode == USAGE
    assert farm.asked == []


def test_what_is_exported_can_be_imported(three, tmp_path):
    formula = "=HYPERLINK(\"http://192.0.2.9\"),1"
    three.add("00M00A000000009", formula, "192.0.2.9")
    three.add("00M00A000000010", "-1+1", "192.0.2.10")
    three.add("00MFUSE00000001", "Vera", "127.64.0.1", is_virtual=True)
    told = three.run("export")
    assert told.returncode == DONE and told.stdout.splitlines()[0] == "name,address,serial,model"
    assert f"Anna,192.0.2.1,{ANNA},X1C" in told.stdout.splitlines() and "Vera" not in told.stdout
    assert "5 printers. Access codes are not among it, and virtual printers are left out." in told.stderr.replace("\n", " ")
    # No spreadsheet takes a name for a formula.
    assert not re.search(r'(^|,)"?[=+@-]', told.stdout, re.MULTILINE)
    listed = json.loads(three.run("--json", "export").stdout)
    assert listed["fuseExport"] == 1 and {"name": "Anna", "ip": "192.0.2.1", "serial": ANNA, "model": "X1C"} in listed["printers"]
    for arguments, name in (([], "farm.csv"), (["--json"], "farm.json")):
        file = tmp_path / name
        assert three.run(*arguments, "export", file).returncode == DONE
        assert file.stat().st_mode & 0o777 == 0o600
        rows = json.loads(three.run("--json", "--yes", "import", file).stdout)["rows"]
        assert {row["check"] for row in rows} == {"unchanged"} and len(rows) == 5
        # An older one is not written over.
        told = three.run("export", file)
        assert told.returncode == FAILED and "File exists" in told.stderr


def test_codes_of_many_are_changed_at_once(three, tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text(f"{ANNA},55556666\n{BERTA.lower()};\n{BERTA},77778888\nnosuch,1\n")
    told = three.run("--yes", "printer", "codes", file)
    assert told.returncode == FAILED and "0 added, 2 changed, 0 failed, 2 with errors, 0 duplicate, 0 left as they are." in told.stdout, told.stdout
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
    assert edit["changes"] == sum(1 << EDITS.index(name)
                                  for name in ("name", "model", "certificateSha256", "accessCode"))
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
    assert (edit["serial"], edit["certificate_sha256"]) == (BERTA, PIN)
    assert edit["changes"] == 1 << EDITS.index("certificateSha256")
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


# -- probing, and where codes go ------------------------------------------------------------------

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
    code = secrets.plant()
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
