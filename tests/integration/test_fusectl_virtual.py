"""fusectl's commands for virtual printers, against something that pretends to be Fuse (rig/farm.py)."""
import json

import pytest

from rig import wire
from rig.farm import ANNA, BERTA, farm, three  # noqa: F401
from rig.fusectl import DONE, FAILED, NOT_FOUND, REFUSED, UNREACHABLE, USAGE

VERA, WANDA = "00MFUSE00000001", "01PFUSE00000002"
FAULTS = {"wrongCode": True, "silent": False, "cutUploadPercent": 50}
CONTROLS = {"online": True, "timeFactor": 60, "faults": FAULTS,
            "errors": [{"error": "nozzle-clog", "code": "0300-1A00-0002-0002", "message": "The nozzle is\x1b clogged."}]}


@pytest.fixture
def troupe(three):
    """Vera is played by a process, Wanda not yet."""
    three.add(VERA, "Vera", "127.64.0.1", slot=5, is_virtual=True)
    three.add(WANDA, "Wanda", "127.64.0.2", is_virtual=True, model="P1S")
    three.workers["player"] = {"role": wire.ROLES["virtual"], "slot": 9, "entry": VERA, "state": 2, "pid": 8}
    three.controls[VERA] = {"serial": VERA, "json": json.dumps(CONTROLS)}
    return three


def turned(troupe) -> dict:
    """What the process was told, last."""
    name, fields, role, slot = troupe.asked[-1]
    assert (name, fields["serial"], role, slot) == ("VIRTUAL_CONTROL", VERA, wire.ROLES["virtual"], 9)
    return json.loads(fields["json"])


# -- making ---------------------------------------------------------------------------------------------

def test_one_is_made(farm):
    farm.answers["VIRTUAL_ADD"] = lambda _, say: say("VIRTUAL_ADDED", {"serial": VERA})
    told = farm.run("virtual", "add", "Vera", "--model", "A1 mini", "--nozzle", "0.2", "--ams", "ams-lite", "--expose", "192.0.2.7")
    assert told.returncode == DONE and VERA in told.stdout
    assert farm.asked_for("VIRTUAL_ADD") == [{"name": "Vera", "model": "A1 mini", "nozzle": "0.2", "ams": "ams-lite",
                                              "exposed": "192.0.2.7"}]
    told = farm.run("--json", "virtual", "add")
    assert json.loads(told.stdout) == {"done": True, "serials": [VERA]}
    assert farm.asked_for("VIRTUAL_ADD")[-1]["name"] == ""


def test_many_are_numbered_and_what_was_made_before_a_refusal_is_said(farm):
    def answer(request, say):
        if request["name"] == "Vera #3":
            say("REFUSED", {"reason": wire.REFUSALS.index("conflict"), "sentence": "There are 20.", "remedy": "Remove one."})
        else:
            say("VIRTUAL_ADDED", {"serial": VERA if request["name"] == "Vera #1" else WANDA})

    farm.answers["VIRTUAL_ADD"] = answer
    told = farm.run("virtual", "add", "Vera", "--quantity", "2")
    assert told.returncode == DONE and "2 virtual printers are made" in told.stdout
    told = farm.run("virtual", "add", "Vera", "--quantity", "5")
    assert (told.returncode, told.stdout) == (REFUSED, "")
    assert f"There are 20. 2 of 5 were made: {VERA} {WANDA}" in told.stderr and "Remove one." in told.stderr


@pytest.mark.parametrize("arguments,words", [
    (["--quantity", "21"], "from 1 to 20"), (["--quantity", "0"], "from 1 to 20"), (["--model", "Voron"], "no model 'Voron'"),
    (["--nozzle", "1"], "no nozzle"), (["--model", "A1", "--ams", "ams"], "takes no AMS"), (["x" * 97], "too long"),
    (["--model", "x" * 99], "too long"), (["Vera", "Wanda"], "")])
def test_what_cannot_be_made_is_said_without_asking(farm, arguments, words):
    told = farm.run("virtual", "add", *arguments)
    assert told.returncode == USAGE and words in told.stderr and farm.asked == []


# -- looking ----------------------------------------------------------------------------------------------

def test_they_are_listed_with_what_is_not_as_usual(troupe):
    rows = troupe.run("virtual", "list").stdout.splitlines()
    assert rows[0].split() == ["NAME", "SERIAL", "MODEL", "ADDRESS", "IS", "TIME", "FAULTS"]
    assert rows[1].split() == ["Vera", VERA, "X1C", "127.64.0.1", "on", "x60", "wrongCode,", "cutUploadPercent", "50,", "nozzle-clog"]
    assert rows[2].split() == ["Wanda", WANDA, "P1S", "127.64.0.2", "no", "process", "-"]
    assert len(rows) == 3
    listed = json.loads(troupe.run("--json", "virtual", "list").stdout)["printers"]
    assert [(row["serial"], row["process"], row["controls"]) for row in listed] == [(VERA, "up", CONTROLS), (WANDA, None, None)]


def test_without_any_it_says_how_to_make_one(three):
    assert "fusectl virtual add" in three.run("virtual", "list").stdout


def test_one_is_shown_and_nothing_of_it_steers_the_screen(troupe):
    text = troupe.run("virtual", "show", "Vera").stdout
    for line in ("timeFactor          60     so many times faster", "wrongCode           true   it takes another access code",
                 "silent              false", "slowParse           -", "nozzle-clog (0300-1A00-0002-0002) The nozzle is\\x1b clogged."):
        assert line in text, line
    assert json.loads(troupe.run("--json", "virtual", "show", "Vera").stdout)["controls"] == CONTROLS
    assert "has told nothing" in troupe.run("virtual", "show", "Wanda").stdout
    told = troupe.run("virtual", "show", "Anna")
    assert told.returncode == REFUSED and "Anna is a real printer" in told.stderr
    assert troupe.run("virtual", "show", "Nobody").returncode == NOT_FOUND
    assert "virtual printer" in troupe.run("printer", "show", "Vera").stdout
    assert "virtual printer" not in troupe.run("printer", "show", "Anna").stdout


@pytest.mark.parametrize("text", ["[]", "{", "\"x\"", "", "{\"errors\":[1],\"faults\":[],\"online\":2}"])
def test_what_a_process_tells_may_be_anything(troupe, text):
    troupe.controls[VERA]["json"] = text
    for arguments in (["virtual", "list"], ["virtual", "show", "Vera"]):
        assert troupe.run(*arguments).returncode == DONE
        assert troupe.run("--json", *arguments).returncode == DONE


# -- turning -----------------------------------------------------------------------------------------------

def test_when_a_fault_may_be_over_its_link_is_made_at_once(troupe):
    assert troupe.run("virtual", "set", "Vera", "wrongCode=false").returncode == DONE
    assert troupe.asked_for("RECONNECT") == [], "it has no link yet that could be made anew"
    for online, asked in ((True, []), (False, [{"serial": VERA}])):
        troupe.links[VERA] = {"serial": VERA, "phase": "mqtt", "online": online}
        told = troupe.run("virtual", "set", "Vera", "wrongCode=false")
        assert (told.returncode, told.stdout) == (DONE, "It is set.\n")
        assert troupe.asked_for("RECONNECT") == asked
    # What was turned is turned, though it cannot connect just now.
    troupe.answers["RECONNECT"] = lambda _, say: say("REFUSED", {"reason": wire.REFUSALS.index("conflict"), "sentence": "Not now."})
    told = troupe.run("virtual", "set", "Vera", "wrongCode=false")
    assert (told.returncode, told.stderr) == (DONE, "")


def test_controls_are_turned(troupe):
    troupe.answers["VIRTUAL_CONTROL"] = lambda _, say: say("DONE", {"sentence": "It is off."})
    told = troupe.run("virtual", "set", "Vera", "online=false", "silent=true", "cutUploadPercent=0")
    assert (told.returncode, told.stdout) == (DONE, "It is off.\n")
    assert turned(troupe) == {"online": False, "faults": {"silent": True, "cutUploadPercent": 0}}
    for arguments, wanted in ((["error", "Vera", "filament-runout"], {"do": "trigger-error", "error": "filament-runout"}),
                              (["error", "Vera", "ams-connection-lost", "--message", "Ä!"],
                               {"do": "trigger-error", "error": "ams-connection-lost", "message": "Ä!"}),
                              (["clear", "Vera"], {"do": "clear-errors"}), (["reboot", "Vera"], {"do": "reboot"}),
                              (["test-print", "Vera"], {"do": "test-print"}), (["--yes", "reset", "Vera"], {"do": "reset"})):
        arguments = ["--yes", "virtual", *arguments[1:]] if arguments[0] == "--yes" else ["virtual", *arguments]
        assert troupe.run(*arguments).returncode == DONE, arguments
        assert turned(troupe) == wanted


def test_a_slip_is_named_before_anything_is_asked(troupe):
    for arguments in (["set", "Vera", "onlin=false"], ["set", "Vera"], ["set", "Vera", "online"], ["error", "Vera", "fire"],
                      ["error", "Vera"]):
        assert troupe.run("virtual", *arguments).returncode == USAGE, arguments
    assert troupe.asked == []


def test_a_reset_is_asked_first(troupe):
    told = troupe.run("virtual", "reset", "Vera")
    assert told.returncode == USAGE and "nobody is there to say yes" in told.stderr
    with troupe.terminal("virtual", "reset", "Vera") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("n\n")
        assert terminal.exit_code() == FAILED
    assert troupe.asked == []


def test_who_has_no_process_or_is_real_is_not_turned(troupe):
    told = troupe.run("virtual", "set", "Wanda", "online=true")
    assert told.returncode == UNREACHABLE and "does not run yet" in told.stderr
    assert troupe.run("virtual", "set", "Anna", "online=true").returncode == REFUSED
    assert troupe.run("virtual", "clear", ANNA).returncode == REFUSED
    assert troupe.asked == []


def test_what_the_process_refuses_is_said(troupe):
    troupe.answers["VIRTUAL_CONTROL"] = lambda _, say: say("REFUSED", {"reason": wire.REFUSALS.index("conflict"),
                                                                       "sentence": "It prints already."})
    told = troupe.run("virtual", "test-print", "Vera", "--follow")
    assert (told.returncode, told.stderr.strip()) == (REFUSED, "It prints already.")
    troupe.answers["VIRTUAL_CONTROL"] = lambda _, say: say("DONE")
    told = troupe.run("virtual", "test-print", "Vera", "--follow")
    assert told.returncode == FAILED and "no job of it is to be found" in told.stderr
