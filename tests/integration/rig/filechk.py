"""fuse-filechk alone, with the test in the place of fused and of stored: one file, one question, one answer.

    found = filechk.examine(threemf.sliced(), "bracket.gcode.3mf")
    found["printable"], found["sentence"], found.json["plates"]
    picture = filechk.picture(threemf.sliced(), 1)         # the descriptor's bytes; None: there is none
"""
import array
import json
import os
import pathlib
import resource
import socket
import subprocess
import tempfile

from . import fuse as rig_fuse
from . import wire

DATA_BYTES = 256 << 20  # as in ipc/procs.def
SAN = rig_fuse.SANITIZED
ASAN = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")} if SAN else {}


class Answer(dict):
    """The message's fields, its name and its descriptor."""
    name = ""
    fd = -1

    @property
    def json(self) -> dict:
        return json.loads(self["json"])


class Filechk:
    """`with Filechk() as checker:` it is ready when the block begins, and has ended by itself when it ends."""

    def __init__(self, data_bytes: int = DATA_BYTES):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.settimeout(60 * rig_fuse.SLOWNESS)
        self.log = tempfile.TemporaryFile()
        high = [os.dup(theirs.fileno()), os.open(os.devnull, os.O_RDONLY)]

        def place():
            spare = [os.dup(fd) for fd in high]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)
            if not SAN:
                resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
            resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

        self.process = subprocess.Popen([rig_fuse.BUILD / "fuse-filechk"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log, preexec_fn=place, pass_fds=(3, 4), env=ASAN)
        for fd in high:
            os.close(fd)
        theirs.close()
        assert self.receive().name == "HELLO"
        self.tell("WELCOME", {"generation": 1, "log_level": 1})
        self.tell("SYNCED", {})
        assert self.receive().name == "READY"

    def tell(self, name: str, fields: dict, role: str = "supervisor", request_id: int = 0, fd: int = -1):
        message = wire.MESSAGES[name]
        frame = wire.encode_frame(message.number, wire.encode_body(message, fields), from_role=wire.ROLES[role],
                                  to_role=wire.ROLES["filechk"], generation=1, request_id=request_id)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        self.ours.sendmsg([frame], extra)

    def receive(self, pongs: bool = False) -> Answer:
        """The next message, pongs only when they are wanted; an Answer without a name: it has ended."""
        while True:
            try:
                data, extra, _flags, _ = self.ours.recvmsg(wire.FRAME_MAX_BYTES, socket.CMSG_SPACE(4))
            except ConnectionResetError:  # it has left what we said unread
                return Answer()
            if not data:
                return Answer()
            frame = wire.decode_frame(data)
            answer = Answer(frame.fields)
            answer.name, answer.request_id, answer.to_role = frame.message.name, frame.request_id, frame.to_role
            for _level, _kind, body in extra:
                answer.fd = array.array("i", body)[0]
            if pongs or answer.name != "PONG":
                return answer

    def ask(self, name: str, fields: dict, path: pathlib.Path) -> Answer:
        """The question of stored, and its one answer."""
        fd = os.open(path, os.O_RDONLY)
        self.tell(name, fields, "stored", request_id=77, fd=fd)
        os.close(fd)
        answer = self.receive()
        assert answer.name, f"it ended without an answer: {self.ended()}"
        assert answer.request_id == 77 and answer.to_role == wire.ROLES["stored"]
        return answer

    def ended(self) -> tuple:
        """It ends by itself: its exit code, and what it logged."""
        code = self.process.wait()
        self.ours.close()
        self.log.seek(0)
        return code, self.log.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.returncode is None:
            if kind is not None:
                self.process.kill()
            code, said = self.ended()
            assert kind is not None or code == 0, f"exit code {code}: {said}"
        self.log.close()


def _ask(name: str, fields: dict, data: bytes, path=None) -> Answer:
    with tempfile.NamedTemporaryFile() as file, Filechk() as checker:
        if path is None:
            file.write(data)
            file.flush()
        answer = checker.ask(name, fields, path or file.name)
        assert not checker.receive().name, "it says something else besides its answer"
        code, said = checker.ended()
        assert code == 0, f"exit code {code}: {said}"
        assert said == "", said
    return answer


def examine(data: bytes, name: str = "file.gcode.3mf", path=None) -> Answer:
    """EXAMINED, or REFUSED."""
    size = len(data) if path is None else os.stat(path).st_size
    return _ask("EXAMINE", {"name": name, "size_bytes": size}, data, path)


def picture(data: bytes, plate: int = 1):
    """The PNG's bytes; None when there is none."""
    answer = _ask("PICTURE", {"plate": plate}, data)
    if answer.name == "REFUSED":
        assert wire.REFUSALS[answer["reason"]] == "not-found"
        return None
    with os.fdopen(answer.fd, "rb") as file:
        content = file.read()
        answer.fd = file.fileno()
        try:
            os.pwrite(answer.fd, b"x", 0)
        except PermissionError:
            pass
        else:
            raise AssertionError("the picture can be changed")
    assert answer.name == "PICTURE_MADE" and answer["size_bytes"] == len(content)
    return content
