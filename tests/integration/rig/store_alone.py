"""fuse-stored alone, with the test in the supervisor's place: it speaks to it as any process there may be, as many at a
time as it likes, ends it as the power failing would, and starts it again on the same folder.

    with StoreAlone() as stored:
        stored.worker("ALPHA")
        stored.ask("httpd", "JOB_SUBMIT", {...})["id"]
        stored.kill()
        stored.start(hold_at="stored-armed-log")
"""
import array
import hashlib
import os
import pathlib
import resource
import select
import signal
import socket
import subprocess
import tempfile
import time

from . import fuse as rig_fuse
from . import procfs, wire
from .waiting import wait_until

WAIT_S = 20


class StoreAlone:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fuse-store-")
        self.dir = pathlib.Path(self.folder.name) / "store"
        self.dir.mkdir(mode=0o700)
        self.log_file = pathlib.Path(self.folder.name) / "log"
        self.next_request_id, self.process, self.workers, self.players = 1, None, {}, {}
        self.examined = None  # the fields of EXAMINED that fuse-filechk says; None: it never comes
        self.places, self.no_place = [], ""  # where virtual printers are to be exposed, and why they cannot
        self.start()

    # -- life ---------------------------------------------------------------------------------------

    def start(self, hold_at: str = ""):
        """Start it; with `hold_at` it stands still at that crash point (common/crashpoint.h)."""
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.retained, self.events, self.frames = {}, [], []

        def place():
            high = [os.dup(fd) for fd in (theirs.fileno(), lock.fileno())]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        with open(os.devnull, "rb") as lock, open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([rig_fuse.BUILD / "hold" / "fuse-stored", "--dir", self.dir],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                            preexec_fn=place, pass_fds=(3, 4), env={"FUSE_HOLD_AT": hold_at},
                                            restore_signals=False)  # SIGXFSZ stays ignored: see no_space_beyond()
        theirs.close()
        self._wait_for("HELLO")
        self.tell("WELCOME", {"generation": 1, "log_level": 2})
        for serial, slot in self.workers.items():
            self._tell_process("worker", serial, slot)
        for serial, slot in self.players.items():
            self._tell_process("virtual", serial, slot)
        self.tell("SYNCED", {})
        self._wait_for("READY")

    def kill(self):
        """As if the power failed. What it said before counts."""
        self.process.kill()
        self.process.wait()
        self.ours.close()

    def stop(self):
        self.tell("STOP", {"deadline_ms": 8000})
        assert self.process.wait(WAIT_S) == 0, self.log_text()
        self.ours.close()

    def restart(self, hold_at: str = ""):
        self.kill()
        self.start(hold_at)

    def wait_held(self):
        wait_until(lambda: procfs.state(self.process.pid) == "T", WAIT_S, self.log_text)

    def log_text(self) -> str:
        return self.log_file.read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)
            self.stop() if kind is None else self.kill()
        self.folder.cleanup()

    def no_space_beyond(self, size_bytes: int):
        """Its files cannot be written beyond this size any more; 0: they can again."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size_bytes or resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    # -- talk ---------------------------------------------------------------------------------------

    def tell(self, name: str, fields: dict, role: str = "supervisor", slot: int = 0, generation: int = 1, key: int = 0,
             request_id: int = 0, fd: int = -1):
        message = wire.MESSAGES[name]
        frame = wire.encode_frame(message.number, wire.encode_body(message, fields), retain_key=key, request_id=request_id,
                                  from_role=wire.ROLES[role], from_slot=slot, generation=generation)
        self.ours.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else [])

    def post(self, role: str, name: str, fields: dict, slot: int = 0, generation: int = 1) -> int:
        """Ask without waiting for the answer: two of them come in one turn of its loop."""
        request_id, self.next_request_id = self.next_request_id, self.next_request_id + 1
        self.tell(name, fields, role, slot, generation, request_id=request_id)
        return request_id

    def answer(self, request_id: int, parts: list = None) -> wire.Frame:
        """The frame that ends a request; raises wire.Refused. PARTs before it go into `parts`."""
        while True:
            frame = self._next(lambda f: f.request_id == request_id and f.message.kind in ("REPLY", "PART"))
            if frame.message.name == "REFUSED":
                raise wire.Refused(frame)
            if frame.message.kind == "REPLY":
                return frame
            parts.append(frame)

    def ask(self, role: str, name: str, fields: dict, slot: int = 0, generation: int = 1) -> wire.Frame:
        return self.answer(self.post(role, name, fields, slot, generation))

    def _receive(self):
        ready, _, _ = select.select([self.ours], [], [], WAIT_S)
        assert ready, f"fuse-stored says nothing\n{self.log_text()}"
        data, ancillary, _, _ = self.ours.recvmsg(wire.FRAME_MAX_BYTES, socket.CMSG_SPACE(16))
        assert data, f"fuse-stored has ended\n{self.log_text()}"
        fds = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
        self._note(wire.decode_frame(data, fds[0] if fds else -1))

    def _note(self, frame: wire.Frame):
        name = frame.message.name
        if frame.message.kind == "RETAINED":
            self.retained.setdefault(name, {})[frame.retain_key] = frame.fields
        elif name == "HELPER_WANT" and self.examined is not None:
            self.tell("HELPER", {"slot": 0}, request_id=frame.request_id)
        elif name == "EXAMINE":
            os.close(frame.fd)
            self.tell("EXAMINED", self.examined, "filechk", request_id=frame.request_id)
        elif name == "VIRTUAL_PLACE":
            self.places.append(frame["address"])
            answer = {"reason": wire.REFUSALS.index("conflict"), "sentence": self.no_place, "remedy": "Elsewhere."}
            self.tell(*(("REFUSED", answer) if self.no_place else ("DONE", {"sentence": ""})), request_id=frame.request_id)
        elif frame.message.kind in ("REPLY", "PART") or name in ("HELLO", "READY"):
            self.frames.append(frame)
        else:
            self.events.append(frame)

    def _next(self, wanted) -> wire.Frame:
        while True:
            for frame in self.frames:
                if wanted(frame):
                    self.frames.remove(frame)
                    return frame
            self._receive()

    def _wait_for(self, name: str):
        self._next(lambda frame: frame.message.name == name)

    def wait_retained(self, name: str, truth):
        """Until the retained messages of this name, those that are not taken back, fulfil `truth`."""
        deadline = time.monotonic() + WAIT_S
        while not truth(self.all(name)):
            assert time.monotonic() < deadline, self.all(name)
            self._receive()

    def wait_event(self, name: str, slot: int):
        """Takes it out of the events; its fields."""
        while True:
            for event in self.events:
                if event.message.name == name and event.to_slot == slot:
                    self.events.remove(event)
                    return event.fields
            self._receive()

    def all(self, name: str) -> list:
        return [fields for _, fields in sorted(self.retained.get(name, {}).items()) if fields is not None]

    # -- what the stories need ------------------------------------------------------------------------

    def _tell_process(self, role: str, serial: str, slot: int):
        self.tell("PROC_STATUS", {"role": wire.ROLES[role], "slot": slot, "entry": serial, "state": 2, "generation": slot + 7},
                  key=wire.ROLES[role] << 16 | slot)

    def printer(self, serial: str) -> str:
        """Keep a printer, with a worker as the supervisor would start it."""
        self.ask("httpd", "PRINTER_ADD", {"serial": serial, "name": f"Printer {serial}", "model": "X1C",
                                          "address": f"192.0.2.{len(self.workers) + 1}"})
        return self.serve(serial)

    def serve(self, serial: str) -> str:
        self.workers[serial] = len(self.workers)
        self._tell_process("worker", serial, self.workers[serial])
        return serial

    def virtual(self, **fields) -> str:
        """Make a virtual printer, with both of its processes as the supervisor would start them."""
        serial = self.ask("httpd", "VIRTUAL_ADD", fields)["serial"]
        self.players[serial] = len(self.players)
        self._tell_process("virtual", serial, self.players[serial])
        return self.serve(serial)

    def as_player(self, serial: str, name: str, fields: dict = {}) -> wire.Frame:
        """As the process that plays a virtual printer."""
        slot = self.players[serial]
        return self.ask("virtual", name, fields, slot, slot + 7)

    def as_worker(self, serial: str, name: str, fields: dict) -> wire.Frame:
        slot = self.workers[serial]
        return self.ask("worker", name, fields, slot, slot + 7)

    def jobs_of(self, serial: str) -> list:
        """What its worker is told when it wants its jobs."""
        parts, slot = [], self.workers[serial]
        self.answer(self.post("worker", "JOBS_WANT", {}, slot, slot + 7), parts)
        return [part.fields for part in parts]

    def file(self, content: bytes = b"G28", name: str = "part.gcode") -> str:
        """Keep a file; returns its SHA-256."""
        room = self.ask("httpd", "FILE_NEW", {"name": name, "size_bytes": len(content)})
        with os.fdopen(room.fd, "wb") as file:
            file.write(content)
        kept = self.ask("httpd", "FILE_COMPLETE", {"ticket": room["ticket"], "size_bytes": len(content)})
        assert kept["sha256"] == hashlib.sha256(content).hexdigest()
        return kept["sha256"]

    def job(self, job_id: str) -> dict:
        """As it is told to everybody."""
        return next((job for job in self.all("JOB") if job["id"] == job_id), None)
