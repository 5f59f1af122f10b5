"""A Fuse to try things on: started in a folder and on an address of its own, looked at through fusectl,
and at the end checked for what no test may leave behind."""
import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from . import procfs, secrets, wire
from .waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", ROOT / "build")).resolve()
LOGS = BUILD / "test-logs"  # what is left of every test: its logs, its fusectl sessions
SANITIZED = "asan" in BUILD.name
SLOWNESS = 4 if SANITIZED else 1  # deadlines are so many times longer
AS_ROOT = os.geteuid() == 0

# A line with one of these is a bug, whatever the test was about.
NEVER_IN_A_LOG = ["met a state that cannot be", "an event came that cannot come", "AddressSanitizer",
                  "LeakSanitizer", "runtime error:", "terminate called"]


def parse_logfmt(line: str) -> dict:
    """A log line as a dict of its values, unescaped as far as tests need it."""
    found = {}
    for key, quoted, bare in re.findall(r'([A-Za-z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', line):
        found[key] = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
    return found


def free_address() -> str:
    """A loopback address that nobody else uses, so that the real ports do not clash."""
    while True:
        address = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"
        with socket.socket() as probe:
            try:
                probe.bind((address, 8888))
                return address
            except OSError:
                continue


class Notifications:
    """The socket that systemd would listen at."""

    def __init__(self, path: pathlib.Path):
        self.path, self.messages = path, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o777)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while True:
            data = self.socket.recv(65536)
            if data == b"end":
                return
            self.messages.append(dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line))

    def count(self, key: str) -> int:
        return sum(key in message for message in self.messages)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"end", str(self.path))
        self.thread.join(5)
        self.socket.close()


class Fuse:
    """
    workers  serial numbers of printers, added once Fuse is up: a worker each. At their addresses nothing answers.
    config   lines of the configuration
    rogues   roles whose program is replaced by the rogue (tests/rig/rogue.c): {"worker", "httpd", …};
             fused then runs from a folder of its own, self.bin
    env      added to fused's environment
    options  added to fused's command line
    uid      run fused as this user (only root can); it too runs from a folder of its own then
    hold     run the programs that stand still at crash points (common/crashpoint.h): see hold_at()
    """

    def __init__(self, workers=(), config: str = "", rogues=(), env: dict = None, options=(), uid: int = None,
                 name: str = "fuse", hold: bool = False):
        self.workers, self.config, self.rogues = list(workers), config, set(rogues)
        self.players = []  # those of the workers' printers that are virtual
        self.name, self.extra_env, self.options, self.uid = name, env or {}, list(options), uid
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="fuse-"))
        self.dir.chmod(0o755)  # children with uids of their own pass through it
        if uid is not None:
            os.chown(self.dir, uid, uid)
        self.state, self.config_file = self.dir / "state", self.dir / "fused.conf"
        self.stderr_file, self.session_file = self.dir / "stderr.log", self.dir / "fusectl.log"
        self.bin = self._make_bin() if self.rogues or uid is not None else BUILD / "hold" if hold else BUILD
        self.hold_file = self.dir / "hold"
        if hold:
            self.extra_env["FUSE_HOLD_FILE"] = str(self.hold_file)
        self.address = free_address()
        self.http, self.stats = f"{self.address}:8888", f"{self.address}:8889"
        self.secret_in_env = secrets.plant()
        self.notifications = Notifications(self.dir / "notify")
        self.process = None
        self.pids_seen = set()
        self.exits_expected = False
        self.tolerated = []  # of NEVER_IN_A_LOG, where a test provokes it
        self._plan = {}
        self.write_config()

    # -- files ---------------------------------------------------------------------------------

    def _make_bin(self) -> pathlib.Path:
        folder = self.dir / "bin"
        folder.mkdir(mode=0o755)
        for program in BUILD.iterdir():
            if program.is_file() and (program.name == "fused" or program.name.startswith("fuse-")):
                role = program.name.removeprefix("fuse-")
                shutil.copy2(BUILD / "tests" / "rogue" if role in self.rogues else program, folder / program.name)
        return folder

    def write_config(self, config: str = None):
        """Write the configuration file anew (for SIGHUP or the next start)."""
        self.config = self.config if config is None else config
        self.config_file.write_text(self.config)

    @property
    def socket_path(self) -> pathlib.Path:
        return self.state / "fused.sock"

    def log_text(self) -> str:
        """All that has been logged: the files, oldest first, and what fused wrote to its standard error."""
        files = sorted((self.state / "logs").glob("fuse.log*"), key=lambda p: p.stat().st_mtime)
        parts = [path.read_text(errors="replace") for path in files]
        return "".join(parts) + self.stderr_text()

    def stderr_text(self) -> str:
        return self.stderr_file.read_text(errors="replace") if self.stderr_file.exists() else ""

    def records(self, **wanted) -> list:
        """The log (as fused echoed it) as dicts, oldest first; only those with the wanted values."""
        found = [parse_logfmt(line) for line in self.stderr_text().splitlines() if "lvl=" in line]
        return [r for r in found if all(r.get(key) == str(value) for key, value in wanted.items())]

    # -- rogues ---------------------------------------------------------------------------------

    def plan(self, process: str, when: str, what: str, *arguments):
        """Tell the rogue `process` ("worker/A", "httpd") to misbehave. It reads this before it locks itself in,
        so it counts from its next start on.

        when  "before" (it is locked in), "start" (instead of READY), "ready" (right after it), "usr1" (when
              provoke() is called)
        what  and arguments: see tests/rig/rogue.c
        """
        self._plan.setdefault(process, []).append(" ".join([when, what, *map(str, arguments)]))
        self._write_plan()

    def forget_plans(self, process: str = None):
        """From its next start on the rogue behaves (every one without `process`)."""
        if process is None:
            self._plan.clear()
        else:
            self._plan.pop(process, None)
        self._write_plan()

    def _write_plan(self):
        fresh = self.bin / "rogue.plan.new"
        fresh.write_text("".join(f"{process} {line}\n" for process, lines in self._plan.items() for line in lines))
        fresh.chmod(0o644)
        fresh.rename(self.bin / "rogue.plan")

    def provoke(self, process: str):
        """Have a rogue do what was planned for "usr1"."""
        self.kill(process, signal.SIGUSR1)

    # -- crash points -----------------------------------------------------------------------------

    def hold_at(self, point: str):
        """Children that start from now on stand still at this crash point ("worker-armed"); at none with ""."""
        fresh = self.dir / "hold.new"
        fresh.write_text(point)
        fresh.chmod(0o644)
        fresh.rename(self.hold_file)

    def wait_held(self, process: str, deadline_s: float = 20) -> int:
        """Until `process` stands still; returns its pid. Nobody that starts from now on will."""
        wait_until(lambda: self.records(msg="stands still at a crash point"), deadline_s,
                   lambda: f"{process} stands still at no point\n{self.stderr_text()[-6000:]}")
        pid = self.ps()[process]["pid"]
        wait_until(lambda: procfs.state(pid) == "T", deadline_s)
        self.hold_at("")
        return pid

    # -- start and stop ---------------------------------------------------------------------------

    def spawn(self, *options, env: dict = None):
        """Start fused and return at once."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        passed = {key: value for key, value in os.environ.items()
                  if key in ("PATH", "LANG", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
        environment = {**passed, "HOME": str(self.dir), "NOTIFY_SOCKET": str(self.notifications.path),
                       "PLANTED_IN_ENVIRONMENT": self.secret_in_env, **self.extra_env, **(env or {})}
        # Each has an address of its own in 127.0.0.0/8, which is this machine unless a test says otherwise.
        if "local-access" not in self.config:
            environment.setdefault("FUSE_LOCAL_ACCESS", "loopback")
        command = [self.bin / "fused", "--state", self.state, "--http", self.http, "--stats", self.stats,
                   "--config", self.config_file, *self.options, *options]
        with self.stderr_file.open("ab") as stderr:
            other_user = {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": []}
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=stderr,
                                            stderr=stderr, env=environment, cwd=self.dir, **other_user)
        self.exits_expected = False
        return self

    def start(self, *options, env: dict = None, all_up: bool = True):
        """Start fused and wait until it says that it is ready, and (all_up) all its processes are."""
        if "stored" in self.rogues:
            for place, serial in enumerate(self.workers):
                self.plan("stored", "ready", "publish_printer", serial, place)
        announced = self.notifications.count("READY")
        self.spawn(*options, env=env)

        def ready():
            assert self.process.poll() is None, f"fused ended with {self.process.returncode}:\n{self.stderr_text()}"
            return self.notifications.count("READY") > announced

        wait_until(ready, 20 * SLOWNESS, lambda: f"fused is not ready:\n{self.stderr_text()}")
        self.add_missing()
        if all_up:
            self.wait_all_up()
        return self

    def start_in_vain(self, *options, env: dict = None, deadline_s: float = 20) -> tuple:
        """Start fused where it must refuse; returns (exit code, what it said)."""
        before = len(self.stderr_text())
        self.spawn(*options, env=env)
        self.exits_expected = True
        code = self.process.wait(deadline_s * SLOWNESS)
        return code, self.stderr_text()[before:]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_exit(self, deadline_s: float = 25) -> int:
        """Wait for fused to end of itself; returns its exit code."""
        self.exits_expected = True
        return self.process.wait(deadline_s * SLOWNESS)

    def stop(self, deadline_s: float = 25) -> int:
        """SIGTERM, and wait; returns the exit code."""
        self._note_pids()
        self.process.send_signal(signal.SIGTERM)
        return self.wait_exit(deadline_s)

    def kill9(self):
        """SIGKILL to fused itself."""
        self._note_pids()
        self.process.kill()
        self.wait_exit(5)

    def hangup(self):
        self.process.send_signal(signal.SIGHUP)

    # -- printers ---------------------------------------------------------------------------------

    def add_missing(self):
        """Those of self.workers that the store has not got. A rogue in its place publishes them instead."""
        if not self.workers or "stored" in self.rogues:
            return
        with self.ctl(timeout_s=30) as ctl:
            known = ctl.recall("PRINTER")
            missing = [serial for serial in self.workers if serial not in {one["serial"] for one in known}]
            taken = {one["address"] for one in known}
            addresses = (a for n in range(65000) if (a := f"127.9.{9 + n // 250}.{n % 250 + 1}") not in taken)
            for serial in missing:
                ctl.post("PRINTER_ADD", {"serial": serial, "name": serial, "address": next(addresses), "model": "P1S",
                                         "mqtt_port": 1}, "stored")
            for _ in missing:
                answer = ctl.receive()
                assert answer.message.name == "DONE", answer.fields

    def add_workers(self, *serials: str):
        """Add printers (to a Fuse that runs); each gets a worker."""
        self.workers += serials
        self.add_missing()

    def remove_workers(self, *serials: str):
        """Remove printers, and so their workers."""
        self.workers = [serial for serial in self.workers if serial not in serials]
        with self.ctl() as ctl:
            for serial in serials:
                ctl.request("PRINTER_REMOVE", {"serial": serial}, "stored")

    # -- asking ----------------------------------------------------------------------------------

    def fusectl(self, *arguments, stdin: str = None, timeout_s: float = 30, env: dict = None):
        """Run fusectl; returns the subprocess.CompletedProcess. Never fails by itself."""
        command = [str(BUILD / "fusectl"), "--socket", str(self.socket_path), *map(str, arguments)]
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", **(env or {})}
        if "ASAN_OPTIONS" in os.environ:
            environment["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
        done = subprocess.run(command, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                              capture_output=True, text=True, errors="replace", timeout=timeout_s * SLOWNESS,
                              env=environment, check=False)
        with self.session_file.open("a") as session:
            session.write(f"$ fusectl {shlex.join(map(str, arguments))}\n")
            session.write(f"{done.stdout}{done.stderr}[{done.returncode}]\n")
        return done

    def ask(self, *arguments):
        """Run `fusectl --json …`, which must succeed; returns the parsed answer."""
        done = self.fusectl("--json", *arguments)
        assert done.returncode == 0, f"fusectl {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def ctl(self, timeout_s: float = 10) -> wire.Ctl:
        """A connection of our own implementation of the wire (use it as a context manager)."""
        return wire.Ctl(self.socket_path, timeout_s * SLOWNESS)

    def ps(self) -> dict:
        """The processes by name, each as `fusectl --json ps` tells it."""
        rows = {row["process"]: row for row in self.ask("ps")["processes"]}
        self.pids_seen.update(row["pid"] for row in rows.values() if row["pid"])
        return rows

    def pids(self) -> dict:
        """Pids of the processes that run, by name."""
        return {name: row["pid"] for name, row in self.ps().items() if row["pid"]}

    def obituary(self, process: str) -> str:
        return self.ps()[process]["obituary"] or ""

    # -- waiting ----------------------------------------------------------------------------------

    def wait_until(self, predicate, deadline_s: float = 10, what=""):
        def told():
            said = what() if callable(what) else what
            return f"{said}\n--- log:\n{self.stderr_text()[-6000:]}"

        return wait_until(predicate, deadline_s * SLOWNESS, told)

    def wait_all_up(self, deadline_s: float = 15) -> dict:
        """Every process that should be there is up, and no other; returns ps()."""
        wanted = {"stored", "gatewayd", "httpd", "discovery", *(f"worker/{entry}" for entry in self.workers),
                  *(f"virtual/{entry}" for entry in self.players)}

        def all_up():
            rows = self.ps()
            return rows if set(rows) == wanted and all(row["state"] == "up" for row in rows.values()) else None

        def told():
            return f"not all up: { {name: row['state'] for name, row in self.ps().items()} }"

        return self.wait_until(all_up, deadline_s, told)

    def wait_state(self, process: str, state: str, deadline_s: float = 15) -> dict:
        """`process` reaches `state` ("up", "waiting", "held" …); returns its row."""
        def reached():
            row = self.ps().get(process)
            return row if row and row["state"] == state else None

        return self.wait_until(reached, deadline_s, lambda: f"{process} is not {state}: {self.ps().get(process)}")

    def wait_reborn(self, process: str, after_generation: int, deadline_s: float = 15) -> dict:
        """A later incarnation of `process` is up; returns its row."""
        def reborn():
            row = self.ps().get(process)
            return row if row and row["state"] == "up" and row["generation"] > after_generation else None

        return self.wait_until(reborn, deadline_s, lambda: f"{process} does not come back: {self.ps().get(process)}")

    def wait_obituary(self, process: str, words: str, deadline_s: float = 15) -> str:
        """The newest obituary of `process` contains `words` (a regular expression)."""
        def says():
            text = self.obituary(process)
            return text if re.search(words, text) else None

        return self.wait_until(says, deadline_s, lambda: f"obituary of {process}: {self.obituary(process)!r}, "
                                                         f"wanted {words!r}")

    def wait_log(self, words: str, deadline_s: float = 10) -> str:
        """A log line matches the regular expression `words`; returns the first that does."""
        def line():
            return next((line for line in self.stderr_text().splitlines() if re.search(words, line)), None)

        return self.wait_until(line, deadline_s, f"the log never says {words!r}")

    def restart(self, process: str) -> dict:
        """A person restarts `process`, or has it tried now if it waits; returns its row once it is up again."""
        row = self.ps()[process]
        self.ask("retry" if row["state"] in ("waiting", "held") else "restart", process)
        return self.wait_reborn(process, row["generation"])

    @contextlib.contextmanager
    def others_untouched(self, *processes):
        """Within it, no process but those named may change its pid, and none is added or lost."""
        before = {name: pid for name, pid in self.pids().items() if name not in processes}
        fused = self.pid
        yield before
        after = {name: pid for name, pid in self.pids().items() if name not in processes}
        assert after == before, f"others than {processes} were touched"
        assert self.running and self.pid == fused
        assert all(procfs.alive(pid) for pid in before.values())

    # -- signals -----------------------------------------------------------------------------------

    def kill(self, process, number: int):
        """Send a signal to a child, by name or pid; never to a stranger."""
        pid = process if isinstance(process, int) else self.pids()[process]
        assert procfs.parent(pid) == self.pid, f"{pid} is no child of this fused"
        os.kill(pid, number)

    # -- the end -------------------------------------------------------------------------------------

    def _note_pids(self):
        if self.running:
            self.pids_seen.update(procfs.children(self.pid))

    def lock_is_free(self) -> bool:
        """No process of this Fuse lives: all of them hold the lock on its folder."""
        path = self.state / "fused.lock"
        if not path.exists():
            return True
        with path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                return False

    def keep_logs(self):
        """Copy what was said to build/test-logs, for people and for the search for secrets."""
        folder = LOGS / re.sub(r"[^A-Za-z0-9_.-]+", "-", self.name).strip("-")
        folder.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            with contextlib.suppress(FileExistsError):  # of an earlier Fuse, or of another run in this moment
                (folder / str(number)).mkdir()
                break
        folder = folder / str(number)
        for path in [self.stderr_file, self.session_file, self.config_file, *(self.state / "logs").glob("*")]:
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
        return folder

    def close(self):
        """Stop, and check what no test may leave behind. Cleans up first and complains last."""
        faults = []
        died = self.process is not None and not self.running and not self.exits_expected
        if died:
            faults.append(f"fused ended unexpectedly with {self.process.returncode}")
        if self.running:
            try:
                code = self.stop()
                if code != 0:
                    faults.append(f"fused ended with {code} after SIGTERM")
            except subprocess.TimeoutExpired:
                faults.append("fused did not stop within its time")
                self.process.kill()
                self.process.wait()
        faults += self._find_survivors()
        self.notifications.close()
        said = self.log_text()
        faults += [f"the log says {words!r}" for words in NEVER_IN_A_LOG
                   if words in said and words not in self.tolerated]
        folder = self.keep_logs()
        faults += [f"a secret leaked: {leak}" for leak in secrets.leaks_below(folder)]
        subprocess.run(["chmod", "-R", "u+rwX", str(self.dir)], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
        assert not faults, f"{'; '.join(faults)}\n(logs: {folder})\n{said[-3000:]}"

    def _find_survivors(self) -> list:
        try:
            wait_until(self.lock_is_free, 3 * SLOWNESS)
            return []
        except AssertionError:
            survivors = set(procfs.holders_of(self.state / "fused.lock")) - {os.getpid()}
            told = {pid: procfs.command_line(pid) for pid in survivors}
            for pid in survivors & self.pids_seen:
                os.kill(pid, signal.SIGKILL)
            return [f"processes are left: {told}"]
