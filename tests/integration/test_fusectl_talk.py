"""fusectl's commands that speak with a printer's own process: send, messages, report, doctor, against something that
pretends to be Fuse: many answers at once, pipes that break off, processes that die or sleep."""
import contextlib
import json
import os
import re
import subprocess
import threading
import time

import pytest

from rig import wire
from rig.farm import ANNA, BERTA, CARL, farm, lines, message, speak, three  # noqa: F401
from rig.fusectl import DONE, FAILED, FUSECTL, REFUSED, TIMED_OUT, USAGE, run


# -- commands -------------------------------------------------------------------------------------------

def test_send_builds_the_command_and_says_what_became_of_it(three):
    three.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {
        "confirmed": True, "sentence": "The bed is set to 60 °C.", "took_ms": 87})
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
    told = three.run("send", "Berta", "pause")
    assert "has not answered" in told.stdout and (told.returncode, told.stderr) == (TIMED_OUT, "")
    told = three.run("--json", "send", "Berta", "pause")
    assert told.returncode == TIMED_OUT and json.loads(told.stdout)["done"] is False
    three.answers["COMMAND"] = lambda _, say: say("COMMAND_RESULT", {"confirmed": True, "sentence": "It is asked to report."})
    told = three.run("send", "Berta", "resync-data")
    assert (told.returncode, told.stdout) == (DONE, "It is asked to report.\n")
    three.answers["COMMAND"] = lambda _, say: say("REFUSED", {"reason": 4, "sentence": "Too hot.", "remedy": "Cooler."})
    told = three.run("send", "Berta", "pause")
    assert (told.returncode, told.stderr) == (REFUSED, "Too hot.\nCooler.\n")


def test_send_takes_whole_objects_from_a_file_only(three, tmp_path):
    file = tmp_path / "command.json"
    for content, words in (("{", "no JSON"), ("[1]", "no command"), ('{"x":1}', "no command"),
                           ('{"command":1}', "no command"), ('{"command":"pause","command":"stop"}', "no JSON"),
                           (" " * 5000, "more than 4096 bytes")):
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
    assert (name, role, slot) == ("MESSAGES_WANT", wire.ROLES["worker"], 4)
    assert fields == {"serial": ANNA, "most": 5, "follow": False}
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
    (lambda request, say: (os.close(request.fd), say("REFUSED", {"reason": 2, "sentence": "It died."}))[1], FAILED,
     "It died."),
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
    order = [text.index(words) for words in ("Anna (", "No card.", "Berta (", "refused", "Carl (")]
    assert order == sorted(order)
    told = three.run("--json", "doctor")
    document = json.loads(told.stdout)
    assert told.returncode == FAILED and told.stderr == ""
    assert document["summary"] == {"passed": 2, "warned": 1, "failed": 1, "skipped": 1, "printers": 3,
                                   "printersFailed": 2}
    assert document["printers"][1]["steps"][1] == {
        "phase": "login", "outcome": "failed", "fault": "code-refused", "sentence": "The code is refused.",
        "remedy": "Read it.", "tookMs": None}
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

    def release():
        time.sleep(0.3)  # a ninth would have come by now
        most[0] = max(most[0], len(waiting))
        for serial, tell in reversed(waiting):  # the last first
            tell("DIAGNOSIS_STEP", step("route", 0, f"{serial} is there."))
        ready, waiting[:] = list(waiting), []
        for _, tell in ready:
            tell("DONE")

    def answer(request, say):
        waiting.append((request["serial"], say))
        if len(waiting) == 8 or len(farm.asked_for("DIAGNOSE")) == 20:
            threading.Thread(target=release, daemon=True).start()

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
