"""fuse-virtual alone, with the test in the place of fused, of the store and of who turns its controls.

	with VirtualAlone(model="X1C", address="127.64.0.7") as printer:
	    printer.ftps, printer.code                  # its port, and what it takes as its password
	    printer.control({"faults": {"noStorage": True}})
	    printer.state()                             # VIRTUAL_STATE's JSON
	    printer.card / "cache"                      # its card, as a folder
	    printer.jobs                                # what it submitted: JOB_SUBMIT's fields and the file's bytes
	    printer.log_text()

It is pinged all the time; what it does not answer in time fails the test, as does an exit code other than 0.
"""
import array
import hashlib
import json
import os
import pathlib
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from cryptography.hazmat.primitives import serialization

from . import filechk, printers, procfs, wire
from . import fuse as rig_fuse
from .waiting import wait_until

SLOT = 3
DATA_MIB, FILES = next((int(row[12]), int(row[13])) for row in wire.rows(wire.ROOT / "ipc/procs.def", "PROC") if row[1] == "virtual")
PING_EVERY_S = 0.2
PURPOSES = ["mqtt", "ftps", "camera", "detect", "detect-tls", "announce", "data", "video"]
PORTS = {"mqtt": 8883, "ftps": 990, "camera": 6000, "detect": 3000, "detect-tls": 3002, "video": 322}
DATA_SOCKETS = 4


class VirtualAlone:
    def __init__(self, model: str = "X1C", serial: str = "00M00A000000007", address: str = "127.64.0.7", code: str = "12345678",
                 nozzle: str = "0.4", ams: str = "", folder: str = None, issuer=None):
        self.model, self.serial, self.address, self.code, self.nozzle, self.ams = model, serial, address, code, nozzle, ams
        self.temporary = tempfile.TemporaryDirectory(prefix="virtual-") if folder is None else None
        self.dir = pathlib.Path(folder or self.temporary.name)
        self.card = self.dir / "card"
        self.issuer = issuer or printers.OwnIssuer()
        self.chain, key = self.issuer.issue(serial)
        self.fingerprint = printers.fingerprint(self.chain)
        self.key = serialization.load_pem_private_key(key, None).private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        self.ports, self.jobs, self.rooms, self.requests, self.examined = {}, [], {}, 0, []
        self.helpers, self.longest_silence_s, self.pinged_at, self.pings, self.killed = 0, 0.0, None, 0, False
        self.refuse = {}  # a request's name to why it is refused
        self.frames, self.changed, self.sending = [], threading.Condition(), threading.Lock()
        self.log, self.last_words = tempfile.TemporaryFile(), None
        self._start()

    # -- life ------------------------------------------------------------------------------------------------

    def _start(self):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with open(os.devnull, "rb") as lock:
            self.process = self._spawn(theirs, lock.fileno())
        theirs.close()
        self.thread = threading.Thread(target=self._attend, daemon=True)
        self.thread.start()
        self.wait_for("HELLO")
        self.tell("WELCOME", {"generation": 1, "slot": SLOT, "entry": self.serial, "log_level": 2})
        self.give_sockets(self.address)
        self.tell("SYNCED", {})
        self.wait_for("READY")
        self.wait_for("VIRTUAL_AT")

    def _spawn(self, channel: socket.socket, lock: int) -> subprocess.Popen:
        """The channel is to be 3 and the lock 4 there, whatever they are here. (By a shell: this process may have threads.)"""
        fds = [os.dup(fd) for fd in (channel.fileno(), lock)]
        place = 'exec "$0" "$@" 3<&{0} 4<&{1} {0}<&- {1}<&-'.format(*fds)
        if not rig_fuse.SANITIZED:
            place = f"ulimit -d {DATA_MIB * 1024} -n {FILES} && {place}"
        environment = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        try:
            return subprocess.Popen(["bash", "-c", place, rig_fuse.BUILD / "fuse-virtual", self.serial, "--dir", self.dir],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log, pass_fds=fds,
                                    env=environment)
        finally:
            for fd in fds:
                os.close(fd)

    def give_sockets(self, address: str):
        """As fused does (supervisor/stand.c): bound, and, but for the one to announce with, listening."""
        for purpose in [*PURPOSES, *["data"] * (DATA_SOCKETS - 1)]:
            with self._bound(address, purpose) as one:
                port = one.getsockname()[1]
                self.ports.setdefault(purpose, port)
                self.tell("VIRTUAL_SOCKET", {"purpose": PURPOSES.index(purpose), "address": address, "port": port}, fd=one.fileno())

    @staticmethod
    def _bound(address: str, purpose: str) -> socket.socket:
        """At the standard port where that can be had; any port is bound by its number, too."""
        is_udp = purpose == "announce"
        for port in (PORTS.get(purpose, 0), 0):
            if port == 0:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM) as free:
                    free.bind((address, 0))
                    port = free.getsockname()[1]
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST if is_udp else socket.SO_REUSEADDR, 1)
            one.setblocking(False)
            try:
                one.bind((address, port))
            except PermissionError:
                one.close()
                continue
            if not is_udp:
                one.listen(32)
            return one
        raise AssertionError("no port is free")

    @property
    def ftps(self) -> int:
        return self.ports["ftps"]

    port = ftps  # as printers of rig/ftpd.py call it

    def kill(self):
        self.process.kill()
        self.killed = True

    def restart(self):
        """As after the loss of power: the same folder."""
        self.process.kill()
        self.process.wait()
        self.thread.join(10)
        self.ours.close()
        self.frames, self.pings, self.pinged_at = [], 0, None
        self._start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.tell("STOP", {"deadline_ms": 4000})
        try:
            code = self.process.wait(15 * rig_fuse.SLOWNESS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = f"none: it does not end ({self.process.wait()})"
        self.thread.join(10)
        self.ours.close()
        said = self.last_words = self.log_text()
        self.log.close()
        if self.temporary is not None:
            self.temporary.cleanup()
        if kind is None and not self.killed:
            assert code == 0, f"exit code {code}: {said}"
            assert self.longest_silence_s < 3 * rig_fuse.SLOWNESS, f"it left a ping unanswered for {self.longest_silence_s} s"
            assert not [line for line in rig_fuse.NEVER_IN_A_LOG if line in said], said
            assert self.code not in said, said

    def log_text(self) -> str:
        return self.last_words if self.last_words is not None else os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def memory_kib(self) -> int:
        return procfs.peak_memory_kib(self.process.pid)

    # -- the channel --------------------------------------------------------------------------------------------

    def _attend(self):
        while True:
            ready, _, _ = select.select([self.ours], [], [], PING_EVERY_S)
            if self.pings and self.pinged_at is None and not ready:
                self.pings += 1
                self.pinged_at = time.monotonic()
                self.tell("PING", {"sequence": self.pings})
            if not ready:
                continue
            try:
                data, extra, _flags, _ = self.ours.recvmsg(wire.FRAME_MAX_BYTES, socket.CMSG_SPACE(4))
            except ConnectionResetError:
                continue  # it has gone with a ping unread; what it had still said comes now
            except OSError:
                data, extra = b"", []
            fd = array.array("i", extra[0][2])[0] if extra else -1
            with self.changed:
                if data:
                    self._take(wire.decode_frame(data), fd)
                else:
                    self.frames.append(None)
                self.changed.notify_all()
            if not data:
                return

    def _take(self, frame: wire.Frame, fd: int):
        name = frame.message.name
        if name == "PONG":
            self.longest_silence_s = max(self.longest_silence_s, time.monotonic() - self.pinged_at)
            self.pinged_at = None
            return
        self.frames.append(frame)
        if name == "READY":
            self.pings = 1
        if name in self.refuse:
            self.reply(frame, "REFUSED", {"reason": wire.REFUSALS.index(self.refuse[name]), "sentence": "It cannot be.", "remedy": ""})
        elif hasattr(self, f"_on_{name.lower()}"):
            getattr(self, f"_on_{name.lower()}")(frame, fd)
        if fd >= 0:
            os.close(fd)

    def tell(self, name: str, fields: dict, role: str = "supervisor", slot: int = 0, fd: int = -1, request_id: int = 0):
        message = wire.MESSAGES[name]
        frame = wire.encode_frame(message.number, wire.encode_body(message, fields), from_role=wire.ROLES[role], from_slot=slot,
                                  to_role=wire.ROLES["virtual"], to_slot=SLOT, generation=1, request_id=request_id)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        with self.sending:
            try:
                self.ours.sendmsg([frame], extra)
            except OSError:
                pass  # it has gone: wait_for() and the exit code say so

    def reply(self, request: wire.Frame, name: str, fields: dict, fd: int = -1):
        role = next(role for role, number in wire.ROLES.items() if number == request.to_role)
        self.tell(name, fields, role, request.to_slot, fd, request.request_id)

    def of(self, name: str) -> list:
        """The fields of every such message that came."""
        with self.changed:
            return [frame.fields for frame in self.frames if frame is not None and frame.message.name == name]

    def wait_for(self, *names: str, deadline_s: float = 60, request_id: int = None) -> wire.Frame:
        def found():
            return next((frame for frame in self.frames if frame is None or
                         (frame.message.name in names and request_id in (None, frame.request_id))), False)

        with self.changed:
            assert self.changed.wait_for(lambda: found() is not False, deadline_s), f"no {names}: {self.log_text()}"
            frame = found()
        assert frame is not None, f"it has gone without {names}: {self.log_text()}"
        return frame

    # -- the store's side -----------------------------------------------------------------------------------------

    def _on_virtual_want(self, request, _fd):
        pieces = {f"key_{i}": self.key[512 * i:512 * (i + 1)] for i in range(4)}
        self.reply(request, "VIRTUAL_MINE", {"serial": self.serial, "name": "Tested", "model": self.model, "nozzle": self.nozzle,
                                             "ams": self.ams, "exposed": "", "access_code": self.code.encode(),
                                             "chain": self.chain.decode(), **pieces})

    def _on_virtual_at(self, request, _fd):
        self.reply(request, "DONE", {"sentence": ""})

    def _on_virtual_move(self, request, _fd):
        threading.Thread(target=lambda: (self.give_sockets("127.65.0.7"), self.reply(request, "DONE", {"sentence": ""}))).start()

    def _on_file_new(self, request, _fd):
        ticket, fd = len(self.rooms) + 1, os.memfd_create("room")
        self.rooms[ticket] = fd
        self.reply(request, "FILE_ROOM", {"ticket": ticket}, fd)

    def _on_file_complete(self, request, _fd):
        fd = self.rooms[request["ticket"]]
        content = os.pread(fd, 1 << 30, 0)
        assert len(content) == request["size_bytes"]
        self.content = content
        self.reply(request, "FILE_KEPT", {"sha256": hashlib.sha256(content).hexdigest(), "was_there": False})

    def _on_job_submit(self, request, _fd):
        self.jobs.append({**request.fields, "content": self.content})
        self.reply(request, "JOB_SUBMITTED", {"id": f"J{len(self.jobs)}", "was_there": False})

    # -- fuse-filechk, by a real one ----------------------------------------------------------------------------------

    def _on_helper_want(self, request, _fd):
        self.helpers += 1
        self.reply(request, "HELPER", {"slot": self.helpers})

    def _on_examine(self, request, fd):
        threading.Thread(target=self._examine, args=(request, os.dup(fd))).start()

    def _examine(self, request, fd: int):
        with os.fdopen(fd, "rb") as file:
            answer = filechk.examine(b"", request["name"], path=f"/proc/self/fd/{file.fileno()}")
        self.examined.append(request["name"])
        self.reply(request, answer.name, dict(answer))

    # -- controls ------------------------------------------------------------------------------------------------------

    def control(self, change: dict) -> wire.Frame:
        """DONE or REFUSED."""
        self.requests += 1
        number = 1000 + self.requests
        self.tell("VIRTUAL_CONTROL", {"serial": self.serial, "json": json.dumps(change)}, "httpd", request_id=number)
        return self.wait_for("DONE", "REFUSED", request_id=number)

    def turn(self, change: dict):
        frame = self.control(change)
        assert frame.message.name == "DONE", frame.fields

    def faults(self, **faults):
        self.turn({"faults": faults})

    def state(self) -> dict:
        return json.loads(self.of("VIRTUAL_STATE")[-1]["json"])

    def wait_state(self, predicate, what: str = ""):
        return wait_until(lambda: predicate(self.state()), 20, lambda: f"{what} {self.state()}")

    # -- the printer's -----------------------------------------------------------------------------------------------

    def files(self) -> dict:
        """Path and size of every file on the card."""
        return {f"/{path.relative_to(self.card)}": path.stat().st_size for path in self.card.rglob("*") if path.is_file()}

    def read(self, path: str) -> bytes:
        return (self.card / path.lstrip("/")).read_bytes()

    def put(self, path: str, content: bytes):
        (self.card / path.lstrip("/")).write_bytes(content)

    def context(self) -> ssl.SSLContext:
        """A client's, that accepts this printer and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=self.issuer.pem().decode())
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context
