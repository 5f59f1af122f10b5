"""fuse-upload alone, with the test in the place of the supervisor and of the worker that it serves.

	with Uploader(ca_dir) as uploader:
	    uploader.put(printer, "/name.gcode.3mf", content)     # FTP_PUT for a printer of rig/ftpd.py
	    result = uploader.result()                            # FTP_RESULT's fields
	    uploader.progress                                     # FTP_PROGRESS's fields, in order
	    uploader.log_text()

It is pinged all the time, and what it does not answer fails the test, as does an exit code other than 0.
"""
import array
import fcntl
import os
import pathlib
import select
import socket
import subprocess
import tempfile
import threading
import time

from . import fuse as rig_fuse
from . import procfs, wire
from .waiting import wait_until

SLOT = 7
# Its limits, as the supervisor sets them.
DATA_MIB, FILES = next((int(row[12]), int(row[13])) for row in wire.rows(wire.ROOT / "ipc/procs.def", "PROC") if row[1] == "upload")
PING_EVERY_S = 0.2
HURRY = rig_fuse.BUILD / "tests/hurry/fuse-upload"  # it waits a tenth as long
HOLD = rig_fuse.BUILD / "hold/fuse-upload"  # it stands still at the crash point that it is told


def in_memory(content: bytes) -> int:
    """A descriptor that reads this, and only that."""
    writable = os.memfd_create("upload")
    with open(writable, "wb", closefd=False) as file:
        file.write(content)
    readable = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    os.close(writable)
    return readable


class Uploader:
    def __init__(self, ca_dir, program: pathlib.Path = rig_fuse.BUILD / "fuse-upload", hold_at: str = None):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.frames, self.changed, self.lock = [], threading.Condition(), threading.Lock()
        self.pings = self.pongs = self.requests = 0
        self.longest_silence_s, self.pinged_at = 0.0, None
        self.hold_at, self.killed = hold_at, False
        self.log, self.last_words = tempfile.TemporaryFile(), None
        with open(os.devnull, "rb") as lock:
            self.process = self._spawn(program, theirs, lock.fileno(), str(ca_dir))
        theirs.close()
        self.thread = threading.Thread(target=self._attend, daemon=True)
        self.thread.start()
        self.wait_for("HELLO")
        self.tell("WELCOME", {"generation": 1, "slot": SLOT, "entry": "TESTED", "log_level": 3})
        self.tell("SYNCED", {})
        self.wait_for("READY")

    def _spawn(self, program, channel: socket.socket, lock: int, ca_dir: str) -> subprocess.Popen:
        """The channel is to be 3 and the lock 4 there, whatever they are here. (By a shell: this process has threads.)"""
        fds = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (channel.fileno(), lock)]
        place = 'exec "$0" "$@" 3<&{0} 4<&{1} {0}<&- {1}<&-'.format(*fds)
        if not rig_fuse.SANITIZED:
            place = f"ulimit -d {DATA_MIB * 1024} -n {FILES} && {place}"
        environment = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        if self.hold_at:
            environment["FUSE_HOLD_AT"] = self.hold_at
        try:
            return subprocess.Popen(["bash", "-c", place, program, "TESTED", "--ca", ca_dir], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=self.log, pass_fds=fds, env=environment)
        finally:
            for fd in fds:
                os.close(fd)

    # -- the channel -------------------------------------------------------------------------------------

    def _attend(self):
        """Reads what it says, and pings it."""
        while True:
            ready, _, _ = select.select([self.ours], [], [], PING_EVERY_S)
            if self.pings and self.pinged_at is None and not ready:
                self._ping()
            if not ready:
                continue
            try:
                data = self.ours.recv(wire.FRAME_MAX_BYTES)
            except ConnectionResetError:
                continue  # it has gone with a ping unread; what it had still said comes now
            except OSError:
                data = b""
            with self.changed:
                if data:
                    self._take(wire.decode_frame(data))
                else:
                    self.frames.append(None)
                self.changed.notify_all()
            if not data:
                return

    def _ping(self):
        self.pings += 1
        self.pinged_at = time.monotonic()
        self.tell("PING", {"sequence": self.pings})

    def _take(self, frame: wire.Frame):
        if frame.message.name == "PONG":
            self.longest_silence_s = max(self.longest_silence_s, time.monotonic() - self.pinged_at)
            self.pinged_at = None
            self.pongs += 1
        else:
            self.frames.append(frame)
            if frame.message.name == "READY":
                self.pings = 1
                self.pinged_at = None

    def tell(self, name: str, fields: dict, role: str = "supervisor", slot: int = 0, fd: int = -1, request_id: int = 0):
        message = wire.MESSAGES[name]
        frame = wire.encode_frame(message.number, wire.encode_body(message, fields), from_role=wire.ROLES[role], from_slot=slot,
                                  to_role=wire.ROLES["upload"], to_slot=SLOT, generation=1, request_id=request_id)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        with self.lock:
            try:
                self.ours.sendmsg([frame], extra)
            except OSError:
                pass  # it has gone: wait_for() and the exit code say so

    def wait_for(self, *names: str, deadline_s: float = 60) -> wire.Frame:
        """The first frame of one of these names."""
        def found():
            return next((frame for frame in self.frames if frame is None or frame.message.name in names), False)

        with self.changed:
            assert self.changed.wait_for(lambda: found() is not False, deadline_s), f"no {names}: {self.log_text()}"
            frame = found()
        assert frame is not None, f"it has gone without {names}: {self.log_text()}"
        return frame

    # -- the worker's side -----------------------------------------------------------------------------------

    def ask(self, name: str, fields: dict, fd: int = -1, slot: int = SLOT) -> int:
        self.requests += 1
        self.tell(name, fields, "worker", slot, fd, self.requests)
        return self.requests

    @staticmethod
    def to(printer, **more) -> dict:
        """The fields that name a printer of rig/ftpd.py."""
        return {"serial": printer.serial, "address": printer.address, "port": printer.port, "model": "X1C",
                "access_code": printer.code.encode(), **more}

    def put(self, printer, path: str, content: bytes, remove=(), size: int = None, fd: int = None, **more):
        """FTP_PUT; `more` are fields of another value than the printer's own."""
        mine = in_memory(content) if fd is None else fd
        self.ask("FTP_PUT", self.to(printer, path=path, size_bytes=len(content) if size is None else size,
                                    remove="\n".join(remove), **more), mine)
        os.close(mine)

    def cancel(self):
        self.tell("FTP_CANCEL", {}, "worker", SLOT)

    def result(self, deadline_s: float = 60) -> dict:
        frame = self.wait_for("FTP_RESULT", "REFUSED", deadline_s=deadline_s)
        assert frame.message.name == "FTP_RESULT", frame.fields
        return frame.fields

    def refusal(self) -> str:
        """Why it refused."""
        frame = self.wait_for("FTP_RESULT", "REFUSED")
        assert frame.message.name == "REFUSED", frame.fields
        return wire.REFUSALS[frame["reason"]]

    def of(self, name: str) -> list:
        """The fields of every such message that came."""
        with self.changed:
            return [frame.fields for frame in self.frames if frame is not None and frame.message.name == name]

    @property
    def progress(self) -> list:
        return self.of("FTP_PROGRESS")

    def phases(self) -> list:
        """Those that were told, each once."""
        return list(dict.fromkeys(fields["phase"] for fields in self.progress))

    def wait_sent(self, bytes_: int):
        """It says that so much has gone."""
        wait_until(lambda: any(fields["sent_bytes"] >= bytes_ for fields in self.progress), 30,
                   lambda: f"{self.progress[-3:]} {self.log_text()}")

    def log_text(self) -> str:
        return self.last_words if self.last_words is not None else os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    # -- life ---------------------------------------------------------------------------------------------------

    def stop(self):
        self.tell("STOP", {"deadline_ms": 3000})

    def stands_still(self) -> bool:
        return procfs.state(self.process.pid) == "T"

    def kill(self):
        self.process.kill()
        self.killed = True

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not self.of("FTP_RESULT"):
            self.stop()
        try:
            code = self.process.wait(15 * rig_fuse.SLOWNESS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = f"none: it does not end ({self.process.wait()})"
        self.thread.join(10)
        self.ours.close()
        said = self.last_words = self.log_text()
        self.log.close()
        if kind is None and not self.killed:
            assert code == 0, f"exit code {code}: {said}"
            assert self.longest_silence_s < 3 * rig_fuse.SLOWNESS, f"it left a ping unanswered for {self.longest_silence_s} s"
            assert not [line for line in rig_fuse.NEVER_IN_A_LOG if line in said], said
