"""How fused begins and ends: what it needs, what it says when it cannot have it, and in which order it goes."""
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

from rig import by_hand, procfs
from rig.fuse import AS_ROOT, BUILD, SLOWNESS
from rig.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]

USAGE, UNAVAILABLE, CANT_CREATE, IO, TEMP_FAIL, NO_PERMISSION, CONFIG = 64, 69, 73, 74, 75, 77, 78


def one_sentence(said: str) -> str:
    """All that fused said is one line for a person; returns it without its "fused: "."""
    assert said.startswith("fused: ") and said.endswith("\n"), said
    assert said.count("\n") == 1, said
    return said.removeprefix("fused: ").rstrip("\n")


def run_fused(*arguments):
    return subprocess.run([str(BUILD / "fused"), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=20 * SLOWNESS, check=False)


# -- asking fused itself -------------------------------------------------------------------------------

def test_help_and_version_are_answers_not_starts():
    told = run_fused("--help")
    assert told.returncode == 0 and told.stderr == ""
    for word in ("--state DIR", "--http ADDR:PORT", "--stats ADDR:PORT", "--config FILE", "--log-level L", "--version",
                 "--help", "FUSE_STATE", "127.0.0.1:8888", "log-level = L"):
        assert word in told.stdout
    assert all(len(line) < 160 for line in told.stdout.splitlines())
    told = run_fused("--version")
    assert told.returncode == 0 and re.fullmatch(r"fused \d+\.\d+\.\d+\n", told.stdout)


@pytest.mark.parametrize("arguments,words", [
    (["--sate", "/x"], "unknown option '--sate'; did you mean '--state'?"),
    (["--state"], "--state: the value is missing; write --state DIR"),
    (["start"], "the word 'start' has no meaning here; fused --help lists what has"),
])
def test_wrong_arguments_are_named(arguments, words):
    told = run_fused(*arguments)
    assert told.returncode == USAGE
    assert one_sentence(told.stderr) == words


# -- what fused needs ----------------------------------------------------------------------------------

def test_a_second_fuse_in_the_same_folder_is_refused_with_the_first_one_s_pid(fuse):
    with fuse.others_untouched():
        second = subprocess.run(by_hand.command(fuse), env=by_hand.environment(fuse), capture_output=True, text=True,
                                timeout=20 * SLOWNESS, check=False)
    assert second.returncode == TEMP_FAIL
    assert one_sentence(second.stderr) == (f"Another Fuse (process {fuse.pid}) already works in {fuse.state}. Stop it "
                                           "first, or give this one a folder of its own with --state.")


@pytest.mark.parametrize("option", ["--http", "--stats"])
def test_a_port_that_is_taken_is_named(make_fuse, option):
    fuse = make_fuse()
    with socket.socket() as taken:
        taken.bind((fuse.address, 0))
        taken.listen()
        address = f"{fuse.address}:{taken.getsockname()[1]}"
        code, said = fuse.start_in_vain(option, address)
    assert code == UNAVAILABLE
    assert address in one_sentence(said) and option in said
    assert not (fuse.state / "store" / "db").exists(), "it began to work all the same"


def test_an_address_of_another_machine_is_named(make_fuse):
    fuse = make_fuse()
    code, said = fuse.start_in_vain("--http", "192.0.2.1:8888")
    assert code == UNAVAILABLE
    assert "192.0.2.1:8888" in one_sentence(said)


def test_a_read_only_folder_is_named(make_fuse):
    fuse = make_fuse()
    with by_hand.small_disk(fuse.state):
        by_hand.remount(fuse.state, "ro")
        code, said = fuse.start_in_vain()
        assert code == IO
        assert one_sentence(said) == (f"Cannot write to the state folder {fuse.state}: the disk is mounted read-only. "
                                      "Mount it writable, or choose another folder with --state.")
        by_hand.remount(fuse.state, "rw")
        assert fuse.start().stop() == 0


def test_a_full_disk_is_named(make_fuse):
    fuse = make_fuse()
    with by_hand.small_disk(fuse.state, "2m"):
        by_hand.fill(fuse.state)
        code, said = fuse.start_in_vain()
        assert code == IO
        assert one_sentence(said) == (f"Cannot write to the state folder {fuse.state}: the disk is full. Make room on "
                                      "it, or choose a folder on another disk with --state.")
        (fuse.state / "ballast").unlink()
        assert fuse.start().stop() == 0


def test_a_file_in_the_folder_s_place_is_named(make_fuse):
    fuse = make_fuse()
    fuse.state.write_text("")
    code, said = fuse.start_in_vain()
    assert code == CANT_CREATE
    assert "is a file and no folder. Move that file away" in one_sentence(said)


@pytest.mark.skipif(not AS_ROOT, reason="not tried: it takes root to become somebody else")
def test_a_folder_that_belongs_to_somebody_else_is_named(make_fuse):
    fuse = make_fuse(uid=65534)
    fuse.state.mkdir(mode=0o755)
    code, said = fuse.start_in_vain()
    assert code == NO_PERMISSION
    assert one_sentence(said) == (f"Cannot write to the state folder {fuse.state}: this user may not write there. Give "
                                  "the folder to the user that Fuse runs as, or choose another one with --state.")


def test_folders_above_the_state_folder_are_made(make_fuse):
    fuse = make_fuse(workers=["ALPHA"])
    fuse.state = fuse.dir / "a" / "b" / "state"
    fuse.start()
    assert fuse.ps()["worker/ALPHA"]["state"] == "up"


def test_standard_descriptors_that_are_closed_do_no_harm(make_fuse):
    """A service manager of the plainest kind starts it without any; no file may then be taken for them."""
    fuse = make_fuse(workers=["ALPHA"])
    with by_hand.started(fuse, "sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh") as process:
        fuse.wait_all_up()
        assert {procfs.descriptors(process.pid)[n] for n in (0, 1, 2)} == {"/dev/null"}


# -- systemd --------------------------------------------------------------------------------------------

def test_systemd_hears_of_readiness_work_reload_and_stop(make_fuse):
    fuse = make_fuse(workers=["ALPHA"])
    fuse.start(env={"WATCHDOG_USEC": "600000"})
    heard = fuse.notifications
    assert heard.messages[0]["READY"] == "1"
    fuse.wait_until(lambda: any(m.get("STATUS") == "All 5 processes are ready." for m in heard.messages))
    pets = heard.count("WATCHDOG")
    fuse.wait_until(lambda: heard.count("WATCHDOG") >= pets + 3, 10)
    # A reload, with what changed and with nothing, begins and ends for systemd.
    for change in ("log-level = debug\n", "log-level = debug\n"):
        reloads, readies = heard.count("RELOADING"), heard.count("READY")
        fuse.write_config(change)
        fuse.hangup()
        fuse.wait_until(lambda: heard.count("READY") > readies, 10, "READY=1 does not end the reload")
        assert heard.count("RELOADING") == reloads + 1
    begun = [m for m in heard.messages if "RELOADING" in m]
    assert all(int(m["MONOTONIC_USEC"]) > 0 for m in begun)
    fuse.stop()
    fuse.wait_until(lambda: heard.count("STOPPING") == 1)
    assert "STATUS" in next(m for m in heard.messages if "STOPPING" in m)


def test_a_reload_that_fails_ends_for_systemd_too(make_fuse):
    fuse = make_fuse(workers=["ALPHA"]).start()
    heard = fuse.notifications
    readies = heard.count("READY")
    fuse.write_config("htpp = x\n")
    fuse.hangup()
    fuse.wait_until(lambda: heard.count("RELOADING") == 1)
    fuse.wait_until(lambda: heard.count("READY") > readies, 10, "systemd would wait for ever")
    assert "htpp" in next(m for m in reversed(heard.messages) if "READY" in m)["STATUS"]


def test_the_watchdog_is_petted_in_time_through_start_and_stop(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "ready", "ignore_stop")
    fuse.start(env={"WATCHDOG_USEC": "600000"})
    pets = fuse.notifications.count("WATCHDOG")
    fuse.stop()  # takes the 5 s that a worker has
    assert fuse.notifications.count("WATCHDOG") >= pets + 3


def unit_setting(name: str) -> str:
    return re.search(rf"^{name}=(.*)$", (ROOT / "etc/fuse.service").read_text(), re.MULTILINE).group(1)


@pytest.mark.skipif(not AS_ROOT, reason="not tried: it takes root to give root's powers away")
def test_the_powers_that_the_unit_leaves_are_enough(make_fuse):
    """fuse.service bounds what root may do. Everything must work within it: users of their own, the store, stopping."""
    bounds = ",".join("+" + word.removeprefix("CAP_").lower() for word in unit_setting("CapabilityBoundingSet").split())
    fuse = make_fuse(workers=["ALPHA"], rogues={"httpd"})
    fuse.plan("httpd", "ready", "ignore_stop")  # so that a child of another user must be killed
    fuse.http = f"{fuse.address}:80"
    # What a Fuse of another user left behind is handed over, and closed to others.
    store = fuse.state / "store"
    store.mkdir(parents=True)
    store.chmod(0o755)
    os.chown(store, 4321, 4321)
    with by_hand.started(fuse, "setpriv", "--bounding-set", f"-all,{bounds}", "--no-new-privs") as process:
        bounded = int(procfs.status(process.pid)["CapBnd"], 16)
        assert bin(bounded).count("1") == len(unit_setting("CapabilityBoundingSet").split())
        rows = fuse.wait_all_up()
        assert len({procfs.status(row["pid"])["Uid"] for row in rows.values()}) == 5
        assert fuse.fusectl("settings", "fuseName=bounded").returncode == 0
        assert store.stat().st_mode & 0o777 == 0o700
    assert "could not signal a child" not in (fuse.state / "logs/fuse.log").read_text()


def test_the_unit_names_what_is_installed():
    unit = (ROOT / "etc/fuse.service").read_text()
    assert unit_setting("ExecStart") == "@prefix@/bin/fused"
    assert unit_setting("Type") == "notify"
    assert set(re.findall(r"@\w+@", unit)) == {"@prefix@"}
    never_retried = set(map(int, unit_setting("RestartPreventExitStatus").split()))
    fatal = {int(number) for number in re.findall(r"EXIT\(\w+, (\d+), FATAL",
                                                  (ROOT / "common/exits.def").read_text())}
    assert never_retried == fatal | {USAGE, CONFIG}


def test_every_role_has_a_user():
    users = re.findall(r"^u\s+(\S+)", (ROOT / "etc/sysusers.conf").read_text(), re.MULTILINE)
    roles = re.findall(r"^PROC\(\w+, (\w+),", (ROOT / "ipc/procs.def").read_text(), re.MULTILINE)
    assert sorted(users) == sorted(f"fuse-{role}" for role in roles)


# -- the end ------------------------------------------------------------------------------------------------

def test_processes_stop_in_order_the_store_last(make_fuse):
    """Printers first, then those who talk to people, then the store, which the others may still need."""
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker", "httpd"})
    fuse.plan("worker/ALPHA", "ready", "ignore_stop")  # it holds its rank up for 5 s
    fuse.plan("httpd", "ready", "ignore_stop")  # and that one for 4 s
    fuse.start()
    pids = fuse.pids()
    fuse.process.send_signal(signal.SIGTERM)

    def gone(*names):
        return lambda: not any(procfs.alive(pids[name]) for name in names)

    house = ("gatewayd", "httpd", "discovery", "stored")
    fuse.wait_until(gone("worker/BETA"), 3)
    assert procfs.alive(pids["worker/ALPHA"])
    assert all(procfs.alive(pids[name]) for name in house)
    fuse.wait_until(gone("worker/ALPHA"), 8)
    fuse.wait_until(gone("gatewayd", "discovery"), 3)
    assert procfs.alive(pids["httpd"]) and procfs.alive(pids["stored"])
    assert fuse.wait_exit(20) == 0
    assert gone(*pids)()


def test_ctrl_c_in_a_terminal_stops_in_order(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"])
    terminal = by_hand.Terminal(fuse)
    try:
        by_hand.wait_ready(fuse)
        rows = fuse.wait_all_up()
        # The keyboard's signals are for fused alone.
        assert all(os.getsid(row["pid"]) == row["pid"] for row in rows.values())
        terminal.press(b"\x03")
        assert terminal.wait_exit() == 0
    finally:
        terminal.close()
    text = terminal.shown.decode()
    assert 'msg="Fuse stops" because="a person pressed Ctrl-C"' in text
    assert 'msg="Fuse has stopped" code=0' in text
    assert "obituary" not in text and "killed" not in text
    assert not any(procfs.alive(row["pid"]) for row in rows.values())


def test_a_terminal_that_is_closed_stops_in_order(make_fuse):
    """The window was closed, the connection broke: nobody could see or stop it there any more."""
    fuse = make_fuse(workers=["ALPHA"])
    terminal = by_hand.Terminal(fuse)
    try:
        by_hand.wait_ready(fuse)
        rows = fuse.wait_all_up()
        # As long as it is open, the same signal means the configuration.
        os.kill(terminal.pid, signal.SIGHUP)
        terminal.wait_shown(b"configuration read again")
        terminal.hang_up()
        assert terminal.wait_exit() == 0
    finally:
        terminal.close()
    assert 'msg="Fuse stops" because="its terminal was closed"' in fuse.log_text()
    assert "obituary" not in fuse.log_text()
    assert not any(procfs.alive(row["pid"]) for row in rows.values())


def test_a_stop_while_fuse_still_starts_is_a_stop(make_fuse):
    fuse = make_fuse(workers=[f"W{n}" for n in range(20)]).start()
    fuse.stop()
    (fuse.state / "fused.sock").unlink(missing_ok=True)
    fuse.spawn()
    wait_until(lambda: (fuse.state / "fused.sock").exists(), 10 * SLOWNESS)
    assert fuse.stop() == 0
    assert "obituary" not in fuse.stderr_text()
