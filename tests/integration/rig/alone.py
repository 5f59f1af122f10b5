"""fuse-httpd alone, with the test in the supervisor's place: it is told whatever the test wants, of as many printers
as there may be, without a process for each of them.

    with Alone(printers=200, state='{"state":"IDLE"}') as httpd:
        httpd.http.get("/api/v1/printers")

What it asks others is unanswered, unless `hear` (a function of this and a frame) answers it by reply().
"""
import array
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import threading

from . import fuse as rig_fuse
from . import http, wire
from .waiting import wait_until

LINK = {"phase": "live", "online": True, "sentence": "All is well.", "since_ms": 1_700_000_000_000, "received_ms": 1_700_000_000_500,
        "connected_ms": 1_700_000_000_000, "firmware": "01.07.00.00"}


class Alone:
    def __init__(self, printers: int = 0, state: str = "{}", hear=None, program: str = "fuse-httpd"):
        self.hear, self.program = hear, program
        self.address, self.serials = "127.0.0.1", [f"01S00A{number:09}" for number in range(printers)]
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sending = threading.Lock()
        self.log = tempfile.TemporaryFile()
        with open(os.devnull, "rb") as lock:
            self.process = self._spawn(theirs, lock.fileno())
        theirs.close()
        assert self._receive().message.name == "HELLO"
        self.tell("WELCOME", {"generation": 1, "log_level": 1})
        self._tell_all(state)
        self.tell("SYNCED", {})
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._answer, daemon=True)
        self.thread.start()
        assert self.ready.wait(10), "it is never ready"
        self.http = http.Http(self)
        self.http.port = self.port

    def _spawn(self, channel: socket.socket, lock: int) -> subprocess.Popen:
        """The channel is to be 3 and the lock 4 there, whatever they are here."""
        def place():
            high = [os.dup(fd) for fd in (channel.fileno(), lock)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        return subprocess.Popen([rig_fuse.BUILD / self.program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=self.log, preexec_fn=place, pass_fds=(3, 4), env={})

    def _receive(self) -> wire.Frame:
        return wire.decode_frame(self.ours.recv(wire.FRAME_MAX_BYTES))

    def tell(self, name: str, fields: dict, role: str = "supervisor", slot: int = 0, key: int = 0, fd: int = -1):
        """A message as the supervisor would forward it; `fields` None: it is taken back."""
        message = wire.MESSAGES[name]
        body = b"" if fields is None else wire.encode_body(message, fields)
        frame = wire.encode_frame(message.number, body, flags=wire.FLAG_CLEAR if fields is None else 0, retain_key=key,
                                  from_role=wire.ROLES[role], from_slot=slot, generation=1)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        with self.sending:
            self.ours.sendmsg([frame], extra)

    def _tell_all(self, state: str):
        with socket.create_server((self.address, 0), backlog=4096) as listener:
            self.port = listener.getsockname()[1]
            listener.setblocking(False)
            self.tell("LISTENER", {"purpose": 0, "address": f"{self.address}:{self.port}"}, fd=listener.fileno())
        up = wire.LIFE_STATES.index("up")
        self.tell("PROC_STATUS", {"role": wire.ROLES["stored"], "state": up, "since_ms": 1}, key=wire.ROLES["stored"] << 16)
        self.tell("STORE_STATUS", {"sentence": "All is well.", "schema": 1}, "stored")
        for number, serial in enumerate(self.serials):
            self.tell("PRINTER", {"serial": serial, "name": f"Printer {number}", "address": "192.0.2.1", "model": "X1C"},
                      "stored", key=number)
            self.tell("PROC_STATUS", {"role": wire.ROLES["worker"], "slot": number, "entry": serial, "state": up, "since_ms": 1},
                      key=wire.ROLES["worker"] << 16 | number)
            self.tell("PRINTER_LINK", {**LINK, "serial": serial}, "worker", number)
            self.tell("PRINTER_STATE", {"serial": serial, "json": state.replace("SERIAL", serial)}, "worker", number)

    def reply(self, request: wire.Frame, name: str, fields: dict = None, fd: int = -1):
        """What the process says that was asked; `fd` stays the caller's."""
        message = wire.MESSAGES[name]
        frame = wire.encode_frame(message.number, wire.encode_body(message, fields or {}), from_role=request.to_role,
                                  from_slot=request.to_slot, generation=1, request_id=request.request_id)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        with self.sending:
            self.ours.sendmsg([frame], extra)

    def refuse(self, request: wire.Frame, reason: str, sentence: str = "It cannot be done.", remedy: str = "Try another."):
        self.reply(request, "REFUSED", {"reason": wire.REFUSALS.index(reason), "sentence": sentence, "remedy": remedy})

    def _answer(self):
        """That it is ready, and what `hear` hears."""
        while True:
            ready, _, _ = select.select([self.ours], [], [], 1)
            if not ready:
                continue
            try:
                data = self.ours.recv(wire.FRAME_MAX_BYTES)
            except OSError:
                return
            if not data:
                return
            frame = wire.decode_frame(data)
            if frame.message.name == "READY":
                self.ready.set()
            elif self.hear is not None:
                self.hear(self, frame)

    def remove(self, serial: str):
        self.tell("PRINTER", None, "stored", key=self.serials.index(serial))

    def cpu_s(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stands_still(self):
        """Until goes_on(): what comes meanwhile, it finds all at once."""
        os.kill(self.process.pid, signal.SIGSTOP)
        wait_until(lambda: pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", 5)

    def goes_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.goes_on()
        self.tell("STOP", {"deadline_ms": 3000})
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.thread.join(10)  # it hears the last words, then the end
        self.ours.close()
        self.log.seek(0)
        said = self.log.read().decode(errors="replace")
        self.log.close()
        assert kind is not None or code == 0, f"exit code {code}: {said}"
