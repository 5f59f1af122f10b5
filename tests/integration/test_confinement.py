"""The walls around each child: what the real ones look like from outside, and what happens to a rogue in the
place of each that tries to get out."""
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

import pytest

from rig import procfs, wire
from rig.fuse import AS_ROOT, BUILD, SANITIZED

ROLES = wire.CHILD_ROLES
FORBIDDEN = "asked the system for something that its confinement forbids, and was killed for it"
NOBODY = 65534

# The figures of procs.def that a process shows.
TABLE = {row[1]: {"data_mib": int(row[12]), "files": int(row[13])}
         for row in wire.rows(wire.ROOT / "ipc/procs.def", "PROC")}


def role_of(process: str) -> str:
    return process.partition("/")[0]


# -- the real children, from outside ---------------------------------------------------------------------------

def test_every_child_has_a_filter_no_privileges_and_no_way_to_get_any(fuse):
    for process, pid in fuse.pids().items():
        status = procfs.status(pid)
        told = {key: status[key] for key in ("Seccomp", "NoNewPrivs", "CapEff", "CapPrm", "CapInh", "CapAmb")}
        none = "0" * 16
        assert told == {"Seccomp": "2", "NoNewPrivs": "1", "CapEff": none, "CapPrm": none, "CapInh": none,
                        "CapAmb": none}, process
        assert status["Threads"] == "1", process


@pytest.mark.skipif(not AS_ROOT, reason="only root can give each role a user of its own")
def test_every_role_has_a_user_of_its_own_when_fused_is_root(fuse):
    def uid_of(role):
        try:
            return pwd.getpwnam(f"fuse-{role}").pw_uid
        except KeyError:
            return 64800 + wire.ROLES[role]

    for process, pid in fuse.pids().items():
        status = procfs.status(pid)
        assert set(status["Uid"].split()) == {str(uid_of(role_of(process)))}, process
        assert status["Gid"].split()[0] not in ("0", str(os.getegid())) and status["Groups"] == "", process
    uids = {role: procfs.status(fuse.pids()[p])["Uid"] for p in fuse.pids() for role in [role_of(p)]}
    assert len(set(uids.values())) == len(wire.STANDING_ROLES)


def test_limits_are_those_of_the_process_table_and_no_child_leaves_a_core(fuse):
    for process, pid in fuse.pids().items():
        limits, row = procfs.limits(pid), TABLE[role_of(process)]
        assert limits["Max core file size"] == ("0", "0"), process
        assert limits["Max open files"] == (str(row["files"]),) * 2, process
        if not SANITIZED:
            assert limits["Max data size"] == (str(row["data_mib"] << 20),) * 2, process


@pytest.mark.skipif(not AS_ROOT, reason="only root may look at the descriptors of a sealed process")
def test_open_descriptors_are_exactly_those_that_a_child_needs(fuse):
    """Standard ones, channel, lock, what the loop needs; httpd's two listeners and what the two instances of its library
    for each wait with (two each); discovery's ears; what wakes a worker's loop; the store's own files, and what wakes it when a
    password or a file is hashed."""
    pipe_or_socket = r"pipe:\[\d+\]|socket:\[\d+\]"
    loop = [r"anon_inode:\[eventpoll\]", r"anon_inode:\[timerfd\]", pipe_or_socket, pipe_or_socket]
    more = {"httpd": [r"socket:\[\d+\]"] * 2 + [r"anon_inode:\[eventpoll\]"] * 8,
            "discovery": [r"socket:\[\d+\]"] * 2,
            "stored": [re.escape(str(fuse.state / "store")) + "(/.*)?"] * 8 + [r"anon_inode:\[eventfd\]"] * 2,
            "worker": [r"anon_inode:\[eventfd\]"] * 2}  # the mailbox, and to wake the MQTT library
    for process, pid in fuse.pids().items():
        fds = procfs.descriptors(pid)
        assert fds.pop(0) == fds.pop(1) == "/dev/null", process
        assert re.fullmatch(r"pipe:\[\d+\]", fds.pop(2)), process
        assert re.fullmatch(r"socket:\[\d+\]", fds.pop(3)), process
        assert fds.pop(4) == str(fuse.state / "fused.lock"), process
        role = role_of(process)
        allowed = more.get(role, []) + loop
        for fd, target in fds.items():
            fitting = next((pattern for pattern in allowed if re.fullmatch(pattern, target)), None)
            assert fitting is not None, f"{process} has {fd} -> {target}"
            allowed.remove(fitting)
        assert role == "stored" or allowed == [], f"{process} lacks {allowed}"


def test_no_child_inherits_the_environment_or_a_secret_in_its_arguments(fuse):
    assert fuse.secret_in_env.encode() in procfs.environment(fuse.pid)
    for process, pid in fuse.pids().items():
        if AS_ROOT:
            names = {entry.split(b"=")[0] for entry in procfs.environment(pid).split(b"\0") if entry}
            assert names <= {b"TZ", b"ASAN_OPTIONS", b"UBSAN_OPTIONS"}, process
        command_line = procfs.command_line(pid)
        assert not any("Planted" in word for word in command_line)
        role, _, entry = process.partition("/")
        folder = {"stored": ["--dir", str(fuse.state / "store")], "worker": ["--ca", str(fuse.state / "ca.d")],
                  "discovery": ["--ca", str(fuse.state / "ca.d")]}.get(role, [])
        assert command_line == [f"fuse-{role}", *([entry] if entry else []), *folder]


@pytest.mark.skipif(not AS_ROOT, reason="every process of a user has the user's own /proc entries")
def test_no_child_can_be_looked_into_by_others_of_its_user(fuse):
    """Not dumpable: its /proc entries belong to root, so not even a sibling worker may open its memory."""
    for process, pid in fuse.pids().items():
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0, process


def test_the_children_of_a_user_without_privileges_are_confined_as_well(make_fuse):
    if not AS_ROOT:
        pytest.skip("all the tests run like this then")
    fuse = make_fuse(workers=["ALPHA"], uid=NOBODY).start()
    fuse.wait_log("the processes share one uid, as fused was not started as root")
    for process, pid in fuse.pids().items():
        status = procfs.status(pid)
        assert (status["Uid"].split()[0], status["Seccomp"], status["NoNewPrivs"]) == (str(NOBODY), "2", "1"), process
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0, process


def test_what_the_kernel_cannot_apply_is_said_and_nothing_else(fuse):
    """On this kernel, that is what `fusectl ps` and the log agree on; in a sanitizer build it is never nothing."""
    rows = fuse.ps()
    for process, row in rows.items():
        assert ("sanitizer-build" in row["unapplied"]) == SANITIZED, process
        assert ("own-uid" in row["unapplied"]) == (not AS_ROOT), process
        of_the_child = [what for what in row["unapplied"] if what != "own-uid"]  # the supervisor says that once
        said = fuse.records(msg="not all of its confinement can be applied here", process=process)
        assert [record["missing"].split(",") for record in said] == ([of_the_child] if of_the_child else []), process
    assert len({tuple(row["unapplied"]) for row in rows.values()}) == 1


# -- the supervisor's death --------------------------------------------------------------------------------------

def test_when_fused_is_killed_no_child_outlives_it_by_a_second(make_fuse):
    """Neither one that works nor one that stands still; and a new start rebuilds all."""
    fuse = make_fuse(workers=[f"W{i}" for i in range(10)]).start()
    pids = fuse.pids()
    for process in ("worker/W0", "httpd", "stored"):
        fuse.kill(process, signal.SIGSTOP)
    fuse.kill9()
    started = time.monotonic()
    fuse.wait_until(lambda: not any(procfs.alive(pid) for pid in pids.values()) and fuse.lock_is_free(), 1)
    assert time.monotonic() - started < 1.5
    fuse.start()
    assert set(fuse.pids()) == set(pids) and not set(fuse.pids().values()) & set(pids.values())


def test_a_child_without_a_supervisor_says_what_it_is_and_ends(fuse):
    """Started by hand, it has no channel: it explains itself and leaves."""
    for role in ROLES:
        extra = ["--dir", str(fuse.dir / "elsewhere")] if role == "stored" else []
        (fuse.dir / "elsewhere").mkdir(exist_ok=True)
        done = subprocess.run([str(BUILD / f"fuse-{role}"), *extra], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20, check=False, close_fds=True)
        assert (done.returncode, done.stdout) == (64, ""), role
        assert done.stderr == f"fuse-{role} is a part of Fuse: fused starts it. Start `fused` instead.\n"


# -- a rogue in the place of each, trying to get out --------------------------------------------------------------

KILLED, REFUSED, WORKED = "killed", "refused", "worked"
CLIENTS = ["discovery", "worker"]  # who talks to printers


class Escape:
    """One attempt: what the rogue does, with which argument, and how it ends in each role."""

    def __init__(self, argument=lambda fuse: "", ends=KILLED, in_stored=None, in_clients=None):
        self.argument, self.ends = argument, ends
        self.in_stored, self.in_clients = in_stored or ends, in_clients or ends

    def expected(self, role: str) -> set:
        end = self.in_stored if role == "stored" else self.in_clients if role in CLIENTS else self.ends
        # What the sanitizer needs gets past the filter, and meets the second wall.
        return {end, REFUSED} if SANITIZED and end == KILLED else {end}


def sibling(fuse):
    return fuse.pids()["worker/BETA"]


def passwd(_fuse):
    return "/etc/passwd"


ESCAPES = {
    # files: only the store may open any, and only its own
    "read_file": Escape(passwd, in_stored=REFUSED),
    "read_file its own settings' neighbour": Escape(lambda fuse: fuse.state / "fused.lock", in_stored=REFUSED),
    "read_file the log": Escape(lambda fuse: fuse.state / "logs" / "fuse.log", in_stored=REFUSED),
    "read_file the memory of a sibling": Escape(lambda fuse: f"/proc/{sibling(fuse)}/mem", in_stored=REFUSED),
    "read_file the memory of fused": Escape(lambda fuse: f"/proc/{fuse.pid}/mem", in_stored=REFUSED),
    "read_file the environment of fused": Escape(lambda fuse: f"/proc/{fuse.pid}/environ", in_stored=REFUSED),
    "write_file": Escape(lambda fuse: fuse.dir / "open" / "new", in_stored=REFUSED),
    "write_file beside the programs": Escape(lambda fuse: fuse.bin / "fuse-worker", in_stored=REFUSED),
    "unlink_file": Escape(lambda fuse: fuse.dir / "open" / "old", in_stored=REFUSED),
    # other processes and machines
    "connect_tcp": Escape(lambda fuse: "9", in_clients=REFUSED),  # by that machine: nobody listens there
    "connect_unix a second channel": Escape(lambda fuse: fuse.socket_path),
    "make_socket_pair": Escape(),
    "execute": Escape(),
    "fork": Escape(),
    "trace a sibling": Escape(sibling),
    "trace fused": Escape(lambda fuse: fuse.pid),
    "signal a sibling": Escape(sibling),
    "signal fused": Escape(lambda fuse: fuse.pid),
    "signal_thread of a sibling": Escape(sibling),
    "signal_by_owner a sibling": Escape(sibling),
    "read_memory of a sibling": Escape(sibling),
    # itself
    "get_executable_memory": Escape(),
    "become_root": Escape(),
    "mount": Escape(lambda fuse: fuse.dir / "open"),
    "give_up_the_lock": Escape(),
    "write_into_the_lock": Escape(ends=REFUSED),
}


class Attempt:
    """One rogue's attempt under way: how did it end?"""

    def __init__(self, fuse, process: str):
        self.fuse, self.process, self.before = fuse, process, fuse.ps()[process]
        self.deaths = len(fuse.records(msg="obituary", process=process))

    def outcome(self):
        """KILLED, REFUSED, WORKED, or None while it is not known. Another death is a failure of the test."""
        for record in self.fuse.records(msg="attempt", pid=self.before["pid"]):
            return record["result"]
        deaths = self.fuse.records(msg="obituary", process=self.process)[self.deaths:]
        if not deaths:
            return None
        assert deaths[0]["it"].startswith(FORBIDDEN), deaths[0]["it"]
        return KILLED


def prepare_escape(fuse, what: str, escape: Escape, processes: list):
    """All rogues at their posts, knowing what to try; the pids that they aim at are known only now."""
    (fuse.dir / "open").mkdir(mode=0o777, exist_ok=True)
    (fuse.dir / "open").chmod(0o777)
    (fuse.dir / "open" / "old").touch()
    fuse.start()
    for process in processes:
        fuse.plan(process, "usr1", what.split()[0], escape.argument(fuse))
    for process in processes:
        fuse.restart(process)
    fuse.forget_plans()


@pytest.mark.parametrize("uid", [None, NOBODY], ids=["as-started", "as-nobody"])
@pytest.mark.parametrize("what", ESCAPES)
def test_no_role_gets_out(make_fuse, what, uid):
    """As many rogues as there are roles try the same thing; the sibling that they aim at, and fused, stay."""
    if uid is not None and not AS_ROOT:
        pytest.skip("all the tests run like this then")
    fuse, escape = make_fuse(workers=["ALPHA", "BETA"], rogues=set(wire.STANDING_ROLES), uid=uid), ESCAPES[what]
    processes = [f"{role}/ALPHA" if role == "worker" else role for role in wire.STANDING_ROLES]
    prepare_escape(fuse, what, escape, processes)
    with fuse.others_untouched(*processes):
        attempts = {process: Attempt(fuse, process) for process in processes}
        for process in processes:
            fuse.provoke(process)
        fuse.wait_until(lambda: all(attempt.outcome() for attempt in attempts.values()), 10)
        outcomes = {process: attempt.outcome() for process, attempt in attempts.items()}
    wrong = {process: end for process, end in outcomes.items() if end not in escape.expected(role_of(process))}
    assert not wrong, wrong
    assert not (fuse.dir / "open" / "new").exists() and (fuse.dir / "open" / "old").exists()
    for process in processes:
        if outcomes[process] == KILLED:
            assert fuse.obituary(process).startswith(FORBIDDEN)


def test_the_store_may_work_in_its_own_folder(make_fuse):
    """The counter-check: an attempt that is allowed is seen to work."""
    fuse = make_fuse(workers=["ALPHA"], rogues={"stored"})
    fuse.plan("stored", "usr1", "write_file", fuse.state / "store" / "mine")
    fuse.start()
    attempt = Attempt(fuse, "stored")
    fuse.provoke("stored")
    assert fuse.wait_until(attempt.outcome) == WORKED
    assert pathlib.Path(fuse.state / "store" / "mine").exists()
