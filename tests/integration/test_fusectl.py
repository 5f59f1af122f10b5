"""fusectl as people and scripts meet it: every command as text and as JSON, its exit codes, a Fuse that does
not run, strangers at the socket, terminals, pipes, and completion in a real bash."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from rig import fuse as rig_fuse
from rig import wire
from rig.fusectl import (DONE, FAILED, FUSECTL, HARMFUL, NOT_FOUND, REFUSED, TIMED_OUT, UNREACHABLE, USAGE, Stranger,
                         keys_of, on_terminal, run)

COMMANDS = ["status", "ps", "logs", "printers", "printer add", "printer edit", "printer codes", "printer show",
            "printer reconnect", "printer remove", "printer files", "import", "export", "trust", "scan", "probe", "send",
            "print", "jobs", "job show", "job cancel", "job again", "job resolve", "plate-clear", "files",
            "file add", "file show", "file get", "file remove", "virtual add", "virtual list", "virtual show",
            "virtual access", "virtual set", "virtual error", "virtual clear", "virtual test-print",
            "virtual reboot", "virtual reset", "messages", "report", "doctor", "restart", "retry", "reload",
            "settings", "store", "setup-code", "password", "token add", "token list", "token remove", "completion",
            "help"]
FIRST_WORDS = list(dict.fromkeys(command.split()[0] for command in COMMANDS))


# -- a Fuse that runs ------------------------------------------------------------------------------

def test_status_is_one_look(fuse):
    text = fuse.fusectl("status")
    assert text.returncode == DONE and text.stderr == ""
    assert re.match(r"Fuse \d\S*, running for .+ \(pid \d+\)", text.stdout)
    assert f"http://{fuse.http}/" in text.stdout
    assert str(fuse.state) in text.stdout
    assert "6: 6 up" in text.stdout and "good: " in text.stdout
    status = fuse.ask("status")
    assert status["pid"] == fuse.pid and status["http"] == fuse.http and status["stats"] == fuse.stats
    assert status["processes"]["up"] == status["processes"]["total"] == 6
    assert status["store"]["health"] == "good" and status["store"]["holdsPrints"] is False
    assert status["attention"] == [] and status["stopping"] is False
    assert 0 <= status["uptimeMs"] < 600_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", status["startedAt"])


def test_ps_tells_each_process_and_how_it_last_died(fuse):
    text = fuse.fusectl("ps").stdout.splitlines()
    assert text[0].split() == ["PROCESS", "STATE", "PID", "GENERATION", "AGE", "RESTARTS"]
    assert [line.split()[0] for line in text[1:] if not line.startswith(" ")] == \
        ["stored", "gatewayd", "httpd", "discovery", "worker/ALPHA", "worker/BETA"]
    before = fuse.ps()["worker/ALPHA"]
    fuse.kill("worker/ALPHA", signal.SIGKILL)
    row = fuse.wait_reborn("worker/ALPHA", before["generation"])
    assert row["role"] == "worker" and row["entry"] == "ALPHA"
    assert row["restarts"] == before["restarts"] + 1 and row["pid"] != before["pid"]
    assert "signal 9" in row["obituary"] and row["diedAt"]
    told = fuse.fusectl("ps").stdout
    assert re.search(r"^worker/ALPHA .*\n +Last death, .* ago: it was killed by signal 9", told, re.M)


def test_every_json_document_has_camel_case_keys(fuse):
    for command in (["status"], ["ps"], ["logs"], ["settings"], ["settings", "logLevel"], ["store"],
                    ["reload"], ["help"], ["help", "ps"], ["--version"], ["completion", "bash"],
                    ["restart", "httpd"]):
        document = fuse.ask(*command)
        bad = [key for key in keys_of(document) if not re.fullmatch(r"[a-z][A-Za-z0-9]*", key)]
        assert isinstance(document, dict) and not bad, (command, bad)


def test_restart_takes_one_process_or_all(fuse):
    before = fuse.ps()
    with fuse.others_untouched("httpd"):
        done = fuse.fusectl("restart", "httpd")
        assert done.returncode == DONE and "httpd" in done.stdout
        fuse.wait_reborn("httpd", before["httpd"]["generation"])
    assert fuse.ask("restart")["done"] is True
    for name, row in before.items():
        fuse.wait_reborn(name, row["generation"])


def test_requests_that_fuse_refuses_have_its_words_and_a_code(fuse):
    for arguments, code, reason, words in [
            (["restart", "nosuch"], NOT_FOUND, "not-found", "no process nosuch"),
            (["retry", "worker/nosuch"], NOT_FOUND, "not-found", "no process"),
            (["retry", "worker/ALPHA"], REFUSED, "conflict", "nothing to retry"),
            (["retry", "x" * 200], NOT_FOUND, "not-found", "so long a name"),
            (["store", "confirm"], REFUSED, "conflict", "nothing to confirm"),
            (["settings", "noSuch"], NOT_FOUND, "not-found", "no setting"),
            (["settings", "logLevel=loud"], REFUSED, "invalid", "error, warn, info, debug")]:
        told = fuse.fusectl(*arguments)
        assert (told.returncode, told.stdout) == (code, ""), arguments
        assert words in told.stderr, arguments
        in_json = fuse.fusectl("--json", *arguments)
        error = json.loads(in_json.stdout)["error"]
        assert (in_json.returncode, in_json.stderr, error["reason"]) == (code, "", reason), arguments
        assert words in error["sentence"]
    told = run("--socket", fuse.socket_path, "restart", b"\xff".decode("utf-8", "surrogateescape"))
    assert told.returncode == USAGE and "UTF-8" in told.stderr


def test_settings_are_listed_shown_set_and_put_back(fuse):
    listed = fuse.fusectl("settings").stdout
    assert re.search(r"^snapshotKeep +24 +snapshots +default +How many", listed, re.MULTILINE)
    shown = fuse.fusectl("settings", "snapshotKeep").stdout
    assert "It takes 2 to 168 snapshots; the default is 24." in shown
    changed = fuse.fusectl("settings", "snapshotKeep=30", "logToFile=off")
    assert changed.stdout == "snapshotKeep is now 30 snapshots.\nlogToFile is now false.\n"
    shown = {row["name"]: row for row in fuse.ask("settings")["settings"]}
    assert shown["snapshotKeep"]["value"] == 30 and shown["snapshotKeep"]["isDefault"] is False
    assert shown["snapshotKeep"]["default"] == 24 and shown["snapshotKeep"]["max"] == 168
    assert shown["logToFile"]["value"] is False
    back = fuse.ask("settings", "--default", "snapshotKeep", "logToFile")["settings"]
    assert [(row["value"], row["isDefault"]) for row in back] == [(24, True), (True, True)]


def test_one_wrong_value_changes_nothing(fuse):
    told = fuse.fusectl("settings", "snapshotKeep=30", "logLevel=loud")
    assert told.returncode == REFUSED
    assert fuse.ask("settings", "snapshotKeep")["settings"][0]["isDefault"] is True


def test_settings_say_when_the_store_does_not_run(fuse):
    fuse.kill("stored", signal.SIGSTOP)  # it answers nothing
    told = fuse.fusectl("--timeout", 1, "settings", "snapshotKeep=30")
    assert told.returncode == TIMED_OUT and "within 1 s" in told.stderr
    fuse.kill("stored", signal.SIGCONT)


def test_logs_are_the_newest_lines_oldest_first(fuse):
    few = fuse.fusectl("logs", "--lines", 3).stdout.splitlines()
    assert len(few) == 3 and all(line.startswith("ts=2") for line in few)
    assert few == fuse.stderr_text().splitlines()[-3:]
    lines = fuse.ask("logs", "-n", 3)["lines"]
    assert len(lines) == 3 and lines[-1]["line"].startswith("ts=")
    assert lines[-1]["time"] and lines[-1]["pid"] > 0
    assert fuse.ask("logs", "--lines", 0) == {"lines": []}


def test_all_lines_of_a_full_log_come_out(fuse):
    """Also when there are more than the door's queue holds at once, and a pager takes its time."""
    with fuse.ctl() as visitor:
        for _ in range(1500):
            visitor.request("RELOAD")
    command = f"'{FUSECTL}' --socket '{fuse.socket_path}' --timeout 1 logs --lines 5000 | (sleep 2; cat)"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=True)
    said = fuse.stderr_text().splitlines()
    assert done.stderr == "" and len(said) > 1500 and done.stdout.splitlines() == said


@contextlib.contextmanager
def following(fuse, *arguments):
    with subprocess.Popen([str(FUSECTL), "--socket", str(fuse.socket_path), "logs", "--follow", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def test_following_the_log_shows_what_comes(fuse):
    with following(fuse, "--lines", "1") as text, following(fuse, "--json", "--lines", "1") as objects:
        assert text.stdout.readline().startswith("ts=")
        assert json.loads(objects.stdout.readline())["message"]
        before = fuse.ps()["httpd"]["generation"]
        fuse.ask("restart", "httpd")
        fuse.wait_reborn("httpd", before)
        for line in text.stdout:
            if 'msg="a person restarts a process"' in line:
                break
        for line in objects.stdout:
            record = json.loads(line)
            if record["message"] == "a person restarts a process":
                assert record["fields"]["process"] == "httpd" and record["level"] == "info"
                break


def test_a_follower_ends_when_its_reader_has_gone(fuse):
    with following(fuse, "--lines", "1") as child:
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(10) in (DONE, FAILED, -13)


def test_a_follower_ends_when_fuse_does(fuse):
    with following(fuse, "--lines", "1") as child:
        child.stdout.readline()
        fuse.stop()
        child.stdout.read()
        assert child.wait(10) == FAILED
        assert "closed the connection" in child.stderr.read()


def test_head_ends_it_quietly(fuse):
    command = f"'{FUSECTL}' --socket '{fuse.socket_path}' logs | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("ts=") and done.stderr == ""


def test_output_that_cannot_be_written_is_a_failure(fuse):
    with open("/dev/full", "w", encoding="ascii") as full:
        told = run("--socket", fuse.socket_path, "ps", capture_output=False, stdout=full,
                   stderr=subprocess.PIPE)
    assert told.returncode == FAILED and "No space left" in told.stderr


# -- the way to it ---------------------------------------------------------------------------------

def test_without_a_fuse_it_says_how_to_start_one(tmp_path):
    missing = tmp_path / "fused.sock"
    for command in (["status"], ["ps"], ["logs"], ["logs", "--follow"], ["restart"], ["retry", "x"],
                    ["reload"], ["settings"], ["settings", "logLevel=info"], ["store"], ["store", "confirm"]):
        told = run("--socket", missing, *command)
        assert (told.returncode, told.stdout) == (UNREACHABLE, ""), command
        assert told.stderr == (f"Fuse does not answer at {missing}: nothing listens there.\n"
                               "Start it with `fused` (or `systemctl start fuse`), or name its socket with "
                               "--socket.\n")
        in_json = run("--json", "--socket", missing, *command)
        assert in_json.returncode == UNREACHABLE and in_json.stderr == ""
        assert json.loads(in_json.stdout)["error"]["reason"] == "unreachable"


def test_a_killed_fuse_has_left_a_socket_where_nobody_listens(fuse):
    fuse.kill9()
    assert fuse.socket_path.is_socket()
    assert fuse.fusectl("ps").returncode == UNREACHABLE


def test_the_socket_is_found_as_fused_finds_its_state(fuse):
    for env in ({"FUSE_SOCKET": str(fuse.socket_path)}, {"FUSE_STATE": str(fuse.state)},
                {"STATE_DIRECTORY": f"{fuse.state}:/elsewhere"}):
        assert run("ps", env=env).returncode == DONE, env
    assert run("--socket", fuse.socket_path, "ps", env={"FUSE_SOCKET": "/nonexistent"}).returncode == DONE


def test_a_path_longer_than_a_socket_s_name_works(make_fuse):
    fuse = make_fuse(workers=["A"])
    fuse.state = fuse.dir / ("long-" * 20) / ("longer-" * 12)
    assert len(str(fuse.socket_path)) > 180
    fuse.start()
    assert fuse.fusectl("status").returncode == DONE


@pytest.mark.skipif(not rig_fuse.AS_ROOT, reason="only root can be somebody else")
def test_who_may_not_come_in_is_told_who_may(fuse):
    program = fuse.dir / "fusectl"
    shutil.copy2(FUSECTL, program)
    told = subprocess.run([str(program), "--socket", str(fuse.socket_path), "ps"], user=65534, group=65534,
                          extra_groups=[], capture_output=True, text=True, timeout=30, check=False)
    assert told.returncode == REFUSED and told.stdout == ""
    assert "only root" in told.stderr and "sudo" in told.stderr


# -- words -----------------------------------------------------------------------------------------

def test_help_explains_every_command():
    overview = run("help")
    assert overview.returncode == DONE and overview.stdout == run("--help").stdout == run("-h").stdout
    listed = overview.stdout.partition("Commands\n")[2].partition("\n\n")[0]
    lines = [line for line in listed.splitlines() if not line.startswith("   ")]
    assert len(lines) == len(COMMANDS)
    assert all(line.startswith(f"  {command}") for line, command in zip(lines, COMMANDS))
    for command in COMMANDS:
        told = run(*command.split(), "--help")
        assert told.returncode == DONE and told.stdout == run("help", *command.split()).stdout
        assert re.search(rf"Example\n  .*fusectl {command}", told.stdout), command
        (row,) = json.loads(run("--json", "help", *command.split()).stdout)["commands"]
        assert row["name"] == command and row["example"] in told.stdout
    group = run("help", "printer")
    assert group.returncode == DONE and group.stdout == run("printer", "--help").stdout
    rows = json.loads(run("--json", "help", "printer").stdout)["commands"]
    assert [row["name"] for row in rows] == [command for command in COMMANDS if command.startswith("printer ")]
    assert run("--version").stdout.startswith("fusectl 0.")


@pytest.mark.parametrize("arguments,code,words", [
    ([], USAGE, "needs a command"),
    (["pss"], USAGE, "Did you mean 'fusectl ps'?"),
    (["ps", "--jsn"], USAGE, "Did you mean '--json'?"),
    (["printer", "ad"], USAGE, "Did you mean 'fusectl printer add'?"),
    (["ps", "x"], USAGE, "nothing to do with 'x'"),
    (["ps", "--lines", "3"], USAGE, "goes with `fusectl logs` and `fusectl messages` only"),
    (["printer"], USAGE, "needs a second word"),
    (["help", "printer", "nosuch"], NOT_FOUND, "no command 'printer nosuch'"),
    (["retry"], USAGE, "fusectl retry PROCESS"),
    (["--timeout", "0", "ps"], USAGE, "1 to 86400 seconds"),
    (["logs", "--lines", "9999"], USAGE, "0 to 5000"),
    (["ps", "--socket"], USAGE, "--socket PATH"),
    (["settings", "--default"], USAGE, "names of the settings"),
    (["store", "shut"], USAGE, "'confirm'"),
    (["completion", "fish"], NOT_FOUND, "no completion for 'fish'"),
    (["help", "nosuch"], NOT_FOUND, "no command 'nosuch'"),
    (["--socket", "/etc/passwd", "ps"], UNREACHABLE, "not Fuse's socket"),
    (["--socket", "/x" * 3000, "ps"], USAGE, "cannot be told"),
])
def test_mistakes_are_named(arguments, code, words):
    told = run(*arguments)
    assert (told.returncode, told.stdout) == (code, "")
    assert words in told.stderr
    in_json = run("--json", *arguments)
    assert (in_json.returncode, in_json.stderr) == (code, "")
    error = json.loads(in_json.stdout)["error"]
    assert words in f"{error['sentence']} {error['remedy']}" and error["reason"]


# -- strangers at the socket -----------------------------------------------------------------------

@pytest.fixture
def stranger(tmp_path):
    made = []

    def make(answer) -> Stranger:
        made.append(Stranger(tmp_path, answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


def frame_with(request, number: int, body: bytes) -> bytes:
    return wire.encode_frame(number, body, request_id=request.request_id)


def full_house(_, say):
    say("REFUSED", {"reason": 0, "sentence": "Full."}, request_id=0)
    return "hang up"


def endless(request, say):
    message = wire.MESSAGES["PROC_STATUS"]
    body = wire.encode_body(message, {"role": 3})
    frame = frame_with(request, message.number, body)
    while True:
        say(frame)


@pytest.mark.parametrize("answer,code,words", [
    (lambda _, say: say(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"." * 50), FAILED, "no message of Fuse"),
    (lambda _, say: say(b"\x00"), FAILED, "no message of Fuse"),
    (lambda _, say: say(b"\x00" * (wire.FRAME_MAX_BYTES + 1)), FAILED, "more than a message may hold"),
    (lambda _, say: say("DONE", schema=1), REFUSED, "different builds"),
    (lambda _, say: say("DONE", request_id=99), FAILED, "an answer to something else"),
    (lambda _, say: say("SETTING", {"name": "x"}), FAILED, "an answer to something else"),
    (lambda r, say: say(frame_with(r, 999, b"\x90")), FAILED, "something else"),
    (lambda r, say: say(frame_with(r, 16, b"\x92\xa0\xa0")), FAILED, "not as agreed"),
    (lambda r, say: say(frame_with(r, 32, b"\xff" * 99)), FAILED, "not as agreed"),
    (lambda _, say: "hang up", FAILED, "closed the connection"),
    (lambda _, say: say("PROC_STATUS", {"role": 3}) or "hang up", FAILED, "closed the connection"),
    (lambda _, say: None, TIMED_OUT, "within 1 s"),
    (endless, FAILED, "without end"),
    (full_house, REFUSED, "Full."),
    (lambda _, say: say("REFUSED", {"reason": 15}), FAILED, "gave no reason"),
], ids=["a-web-server", "one-byte", "oversized", "other-build", "other-request", "not-asked",
        "unknown-number", "extra-field", "broken-body", "hangs-up", "hangs-up-amid", "silent", "endless",
        "full-house", "no-reason"])
def test_a_stranger_gets_one_sentence_and_no_harm_done(stranger, answer, code, words):
    path = stranger(answer).path
    told = run("--socket", path, "--timeout", 1 if code == TIMED_OUT else 20, "ps")
    assert (told.returncode, told.stdout) == (code, ""), told.stderr
    assert words in told.stderr
    assert json.loads(run("--json", "--socket", path, "--timeout", 1, "ps").stdout)["error"]["sentence"]


def test_following_a_silent_stranger_ends_too(stranger):
    told = run("--socket", stranger(lambda _, say: None).path, "--timeout", 1, "logs", "--follow")
    assert told.returncode == TIMED_OUT


def sick_fuse(request, say):
    """A Fuse with a held worker, a waiting one, a restored store, and words that would harm a terminal."""
    kind = request.message.name
    if kind == "RECALL":
        kind = wire.BY_NUMBER[request["number"]].name
    now = int(time.time() * 1000)
    if kind == "FUSE_STATUS":
        say("FUSE_STATUS", {"version": "9", "pid": 7, "started_ms": now - 192_500, "state_dir": "/s",
                            "http": "127.0.0.1:1", "sentence": "Two are ill.\x1b]0;owned\x07"})
    elif kind == "PROC_STATUS":
        ill = {"role": 7, "next_try_ms": now + 60_500, "died_ms": now - 5_500}
        say("PROC_STATUS", {**ill, "slot": 1, "entry": "b", "state": 4,
                            "obituary": "was \u202eturned\x1b[31m"})
        say("PROC_STATUS", {**ill, "slot": 0, "entry": "a", "state": 5, "obituary": "ended with exit code 1"})
        say("PROC_STATUS", {"role": 7, "slot": 2, "entry": "$(touch x)", "state": 2, "pid": 9, "dropped": 3,
                            "since_ms": now - 192_500, "unapplied": "landlock,uid"})
    elif kind == "STORE_STATUS":
        say("STORE_STATUS", {"health": 1, "sentence": "Restored from 12:00.",
                             "remedy": "Look at the printers.", "holds_prints": True,
                             "records": 3, "size_bytes": 4096})
    elif kind == "LOGS":
        say("LOG_LINE", {"line": "ts=1 role=\x1b[2J msg=\"x\"\r\x7f\u202e"})
    say("DONE")


def test_status_says_what_to_do_about_what_is_held_or_waits(stranger):
    path = stranger(sick_fuse).path
    told = run("--socket", path, "status").stdout
    assert "running for 3 min 12 s (pid 7)" in told and "3: 1 up, 1 waiting, 1 held" in told
    assert re.search(r"worker/a is held, the next try is in (1 min|\d+ s)\. It ended with exit code 1\.",
                     told)
    assert "fusectl retry worker/a" in told and "fusectl retry worker/b" in told
    assert "restored: Restored from 12:00.\n" in told and "Look at the printers." in told
    assert "fusectl store confirm" in told
    status = json.loads(run("--json", "--socket", path, "status").stdout)
    remedies = [row["remedy"] for row in status["attention"]]
    assert remedies == ["fusectl retry worker/a", "fusectl retry worker/b"]
    assert status["store"]["holdsPrints"] is True and status["stats"] is None


def test_nothing_foreign_reaches_the_terminal_raw(stranger):
    path = stranger(sick_fuse).path
    for command in (["status"], ["ps"], ["store"], ["logs"], ["restart", "\x1b[31m"]):
        for form in ([], ["--json"]):
            told = run(*form, "--socket", path, *command)
            raw = told.stdout + told.stderr
            assert not HARMFUL.search(raw), command
    assert "\\x1b]0;owned\\x07" in run("--socket", path, "status").stdout
    told = run("--socket", path, "ps").stdout
    assert "cannot apply of its confinement: landlock,uid" in told and "too slow for 3 messages" in told
    rows = json.loads(run("--json", "--socket", path, "ps").stdout)["processes"]
    assert rows[2]["unapplied"] == ["landlock", "uid"]


def test_only_a_person_confirms_the_store(stranger):
    fake = stranger(sick_fuse)
    told = run("--socket", fake.path, "store", "confirm")
    assert told.returncode == USAGE and "--yes" in told.stderr
    with on_terminal("--socket", fake.path, "store", "confirm") as terminal:
        terminal.wait_for("[y/N]")
        assert "Restored from 12:00." in terminal.text
        terminal.type("\n")
        assert terminal.exit_code() == FAILED and "Not confirmed" in terminal.text
    assert "STORE_CONFIRM" not in [request.message.name for request in fake.requests]
    with on_terminal("--socket", fake.path, "store", "confirm") as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("y\n")
        assert terminal.exit_code() == DONE
    assert run("--socket", fake.path, "--yes", "store", "confirm").returncode == DONE
    confirmed = [request for request in fake.requests if request.message.name == "STORE_CONFIRM"]
    assert [request.to_role for request in confirmed] == [wire.ROLES["stored"]] * 2


# -- terminals -------------------------------------------------------------------------------------

def test_colour_is_for_terminals_that_want_it(stranger):
    path = stranger(sick_fuse).path
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False),
                          ({"TERM": ""}, False)):
        with on_terminal("--socket", path, "ps", env=env) as terminal:
            assert terminal.exit_code() == DONE
            assert ("\x1b[31mheld\x1b[0m" in terminal.text) == coloured, env
            assert ("\x1b" in terminal.text) == coloured and "held" in terminal.text
    assert "\x1b" not in run("--socket", path, "ps", env={"TERM": "xterm"}).stdout


def test_lines_end_before_the_terminal_s_edge(fuse):
    for columns in (60, 80, 132):
        for command in (["settings"], ["help"], ["status"], ["store"]):
            with on_terminal("--socket", fuse.socket_path, *command, columns=columns,
                             env={"NO_COLOR": "1"}) as terminal:
                assert terminal.exit_code() == DONE
            lines = terminal.text.replace("\r", "").split("\n")
            # A single word, such as a path, may be longer than a narrow terminal.
            assert [line for line in lines if len(line) > columns and len(line.split()) > 2] == [], command


# -- completion in bash ----------------------------------------------------------------------------

COMPLETE = """
source /usr/share/bash-completion/bash_completion
compopt() { printf 'compopt %s\\n' "$*"; }
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_fusectl "$FUSECTL"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(*words, env: dict = None) -> list:
    """What bash offers for the last word, with the installed script and bash-completion's own set-up."""
    script = rig_fuse.ROOT / "etc" / "fusectl.bash"
    environment = {"PATH": os.environ["PATH"], "FUSECTL": str(FUSECTL), "HOME": "/nonexistent", **(env or {})}
    done = subprocess.run(["bash", "--norc", "-c", COMPLETE, "bash", str(script), *map(str, words)],
                          capture_output=True, text=True, timeout=30, check=True, env=environment)
    assert done.stderr == ""
    return [line for line in done.stdout.split("\n") if line]


def test_the_installed_script_is_the_one_that_fusectl_prints():
    assert run("completion", "bash").stdout == (rig_fuse.ROOT / "etc" / "fusectl.bash").read_text()


def test_commands_options_and_settings_complete(tmp_path):
    nowhere = {"FUSE_SOCKET": str(tmp_path / "none")}
    assert complete("fusectl", "", env=nowhere) == FIRST_WORDS
    assert complete("fusectl", "printer", "re") == ["reconnect", "remove"]
    assert complete("fusectl", "se") == ["send", "settings", "setup-code"]
    assert complete("fusectl", "logs", "--") == ["--socket", "--json", "--yes", "--timeout", "--help",
                                                 "--version", "--follow", "--lines"]
    assert complete("fusectl", "settings", "logL") == ["compopt -o nospace", "logLevel="]
    assert complete("fusectl", "settings", "logLevel", "=", "") == ["error", "warn", "info", "debug"]
    assert complete("fusectl", "settings", "logLevel", "=") == ["error", "warn", "info", "debug"]
    assert complete("fusectl", "settings", "logToFile", "=", "f") == ["false"]
    (tmp_path / "some.sock").touch()
    assert complete("fusectl", "--socket", f"{tmp_path}/so") == \
        ["compopt -o filenames", f"{tmp_path}/some.sock"]
    for words in (["--code-file"], ["--from"], ["printer", "codes"], ["printer", "add", "--from"], ["send", "--raw-json"]):
        assert complete("fusectl", *words, f"{tmp_path}/so") == \
            ["compopt -o filenames", f"{tmp_path}/some.sock"], words
    assert complete("fusectl", "restart", "", env=nowhere) == []  # quietly
    assert complete("fusectl", "trust", "", env=nowhere) == []


def test_names_of_processes_come_from_the_running_fuse(fuse, stranger):
    here = {"FUSE_SOCKET": str(fuse.socket_path)}
    assert complete("fusectl", "restart", "worker/", env=here) == ["worker/ALPHA", "worker/BETA"]
    assert complete("fusectl", "--socket", fuse.socket_path, "restart", "ht") == ["httpd"]
    assert complete("fusectl", "retry", "", env=here) == []  # nobody waits
    # Only those that wait, and never a name that a shell would act on.
    sick = {"FUSE_SOCKET": str(stranger(sick_fuse).path)}
    assert complete("fusectl", "retry", "", env=sick) == ["worker/a", "worker/b"]
    assert complete("fusectl", "restart", "", env=sick) == ["worker/a", "worker/b"]


def test_a_person_presses_tab(fuse, tmp_path):
    """The whole way, in an interactive bash: keys in, the completed line run."""
    rc = tmp_path / "bashrc"
    rc.write_text(f"PATH={FUSECTL.parent}:$PATH\nPS1='ready> '\nbind 'set enable-bracketed-paste off'\n"
                  f'eval "$(fusectl completion bash)"\n')
    with on_terminal("--noprofile", "--rcfile", rc, "-i", program=["bash"], columns=200,
                     env={"FUSE_SOCKET": str(fuse.socket_path)}) as terminal:
        terminal.wait_for("ready> ")
        terminal.type("fusectl sett\tsnapshotK\t40\n")
        terminal.wait_for("snapshotKeep is now 40 snapshots.")
        terminal.type("fusectl settings logLe\td\t\n")
        terminal.wait_for("logLevel is now debug.")
        terminal.type("fusectl resta\tworker/A\t\n")
        terminal.wait_for("worker/ALPHA is stopped and started anew.")
    fuse.wait_all_up()
