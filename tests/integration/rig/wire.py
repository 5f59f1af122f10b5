"""The wire of Fuse, implemented a second time from its description alone: the tables ipc/messages.def and
ipc/procs.def, the header in ipc/header.h, MessagePack by Debian's python3-msgpack. It shares no line
with the C code, so where both agree the description is true.
"""
import array
import dataclasses
import functools
import os
import pathlib
import re
import select
import socket
import struct
import time

import msgpack

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADER = struct.Struct("<HBBBBHHHIIIIIQ")
MAGIC, VERSION = 0xF05E, 1
FRAME_MAX_BYTES = 128 * 1024
FLAG_CLEAR = 1
SLOT_ALL = 0xFFFF
KINDS = ["EVENT", "REQUEST", "REPLY", "PART", "RETAINED"]
FIELD_KINDS = ["BOOL", "U32", "U64", "I64", "STR", "TEXT", "BYTES", "SECRET"]
SECRET_MAX_BYTES = 512

REFUSALS = ["busy", "unreachable", "died", "not-found", "invalid", "forbidden", "read-only", "no-space",
            "conflict", "failed"]
LIFE_STATES = ["down", "starting", "up", "stopping", "waiting", "held"]


# -- the tables ---------------------------------------------------------------------------------

def _expanded(text: str) -> str:
    """Fields that several rows share stand in a macro of the table's own, from its #define to its #undef."""
    macros, lines = {}, []
    for line in text.split("\n"):
        if found := re.match(r"#define (\w+) +(.+)$", line):
            macros[found[1]] = found[2]
        elif found := re.match(r"#undef (\w+)", line):
            macros.pop(found[1], None)
        else:
            for name, body in macros.items():
                line = re.sub(rf"\b{name}\b", lambda _: body, line)
            lines.append(line)
    return "\n".join(lines)


def rows(path: pathlib.Path, macro: str):
    """The arguments of each MACRO(…) of a .def file, as lists of texts. String literals keep their quotes;
    the last argument may be anything that the commas do not part, e.g. the fields of a message."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.DOTALL).replace("\\\n", " ")
    text = _expanded(text)
    for start in re.finditer(rf"^{macro}\(", text, flags=re.MULTILINE):
        arguments, depth, current, at = [], 1, "", start.end()
        while depth > 0:
            literal = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at)
            if literal:
                current, at = current + literal.group(), literal.end()
                continue
            char = text[at]
            depth += (char == "(") - (char == ")")
            if (char == "," and depth == 1) or depth == 0:
                arguments.append(" ".join(current.split()))
                current = ""
            else:
                current += char
            at += 1
        yield arguments


def _load_roles() -> dict:
    roles = {"supervisor": 1, "fusectl": 2}
    roles.update({row[1]: int(row[2]) for row in rows(ROOT / "ipc/procs.def", "PROC")})
    return roles


ROLES = _load_roles()  # name to number
ROLE_NAMES = {number: name for name, number in ROLES.items()}
# Those that always run; the others are started when somebody asks for one, or makes a virtual printer.
STANDING_ROLES = [row[1] for row in rows(ROOT / "ipc/procs.def", "PROC") if row[4] in ("ONE", "PER_ENTRY")]
CHILD_ROLES = [name for name in ROLES if name not in ("supervisor", "fusectl")]


def _role_mask(text: str) -> int:
    mask = 0
    for word in (part.strip() for part in text.split("|")):
        names = CHILD_ROLES if word == "CHILDREN" else [{"CTL": "fusectl"}.get(word, word.lower())]
        for name in names:
            mask |= 1 << ROLES[name]
    return mask


@dataclasses.dataclass(frozen=True)
class Field:
    kind: str
    name: str
    max: int  # greatest number, or most bytes

    @property
    def empty(self):
        return {"BOOL": False, "STR": "", "TEXT": "", "BYTES": b"", "SECRET": b""}.get(self.kind, 0)


@dataclasses.dataclass(frozen=True)
class Message:
    name: str
    number: int
    kind: str
    from_mask: int
    to_mask: int
    carries_fd: bool
    fields: tuple

    @property
    def max_bytes(self) -> int:
        return 3 + sum(5 + f.max if FIELD_KINDS.index(f.kind) >= 4 else 9 for f in self.fields)

    def receivers(self) -> list:
        return [name for name, number in ROLES.items() if self.to_mask >> number & 1]


def _fields(text: str) -> tuple:
    found = []
    for kind, inner in re.findall(r"F_([A-Z0-9]+)\(((?:[^()\"]|\"(?:[^\"\\]|\\.)*\")*)\)", text):
        name, _, rest = (part.strip() for part in inner.partition(","))
        first = rest.split(",")[0].strip()
        most = {"BOOL": 1, "U64": 0, "I64": 0, "SECRET": SECRET_MAX_BYTES}.get(kind)
        found.append(Field(kind, name, most if most is not None else int(first)))
    return tuple(found)


def _load_messages() -> dict:
    messages = {}
    for row in rows(ROOT / "ipc/messages.def", "MSG"):
        name, _, number, kind, sender, receiver, carries_fd, _doc = row[:8]
        messages[name] = Message(name, int(number), kind, _role_mask(sender), _role_mask(receiver),
                                 carries_fd == "true", _fields(",".join(row[8:])))
    return messages


MESSAGES = _load_messages()  # name to Message
BY_NUMBER = {message.number: message for message in MESSAGES.values()}


@functools.cache
def schema_hash() -> int:
    """FNV-1a over every row and role, as ipc/message.c describes it."""
    value = 0xCBF29CE484222325

    def take(data: bytes):
        nonlocal value
        for byte in data:
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF

    for m in MESSAGES.values():
        take(m.name.encode() + b"\0")
        take(struct.pack("<5I", m.number, KINDS.index(m.kind), m.from_mask, m.to_mask, m.carries_fd))
        for f in m.fields:
            take(f.name.encode() + b"\0" + struct.pack("<2I", FIELD_KINDS.index(f.kind), f.max))
    take("".join(f"{name} {ROLES[name]}\n" for name in CHILD_ROLES).encode() + b"\0")
    return value


# -- frames ---------------------------------------------------------------------------------------

@dataclasses.dataclass
class Frame:
    """One message: header and decoded fields (None for a CLEAR), and a descriptor if one came along."""
    message: Message
    fields: dict
    flags: int = 0
    from_role: int = 0
    to_role: int = 0
    from_slot: int = 0
    to_slot: int = 0
    generation: int = 0
    to_generation: int = 0
    request_id: int = 0
    retain_key: int = 0
    fd: int = -1

    def __getitem__(self, name):
        return self.fields[name]


def encode_body(message: Message, fields: dict) -> bytes:
    """The fields, those not given empty or 0, as one MessagePack array."""
    unknown = set(fields) - {f.name for f in message.fields}
    assert not unknown, f"{message.name} has no {unknown}"
    return msgpack.packb([fields.get(f.name, f.empty) for f in message.fields], use_bin_type=True)


def decode_body(message: Message, body: bytes) -> dict:
    values = msgpack.unpackb(body, raw=False)
    assert isinstance(values, list) and len(values) == len(message.fields), f"{message.name}: {values}"
    return {f.name: value for f, value in zip(message.fields, values)}


def encode_frame(number: int, body: bytes, *, flags=0, from_role=0, to_role=0, from_slot=0, to_slot=0,
                 generation=0, to_generation=0, request_id=0, retain_key=0, schema=None) -> bytes:
    return HEADER.pack(MAGIC, VERSION, flags, from_role, to_role, number, from_slot, to_slot, generation,
                       to_generation, request_id, retain_key, 0, schema_hash() if schema is None else schema) + body


def decode_frame(data: bytes, fd: int = -1) -> Frame:
    (magic, version, flags, from_role, to_role, number, from_slot, to_slot, generation, to_generation,
     request_id, retain_key, zero, schema) = HEADER.unpack_from(data)
    assert (magic, version, zero) == (MAGIC, VERSION, 0), "no header of Fuse"
    assert schema == schema_hash(), "the hashes differ: these are not the tables that fused was built from"
    message = BY_NUMBER[number]
    fields = None if flags & FLAG_CLEAR else decode_body(message, data[HEADER.size:])
    return Frame(message, fields, flags, from_role, to_role, from_slot, to_slot, generation, to_generation,
                 request_id, retain_key, fd)


# -- fusectl's door -------------------------------------------------------------------------------

class Refused(Exception):
    """A request was refused."""

    def __init__(self, frame: Frame):
        self.reason = REFUSALS[frame["reason"]]
        self.sentence, self.remedy = frame["sentence"], frame["remedy"]
        super().__init__(f"{self.reason}: {self.sentence} {self.remedy}")


class Ctl:
    """A visitor at <state>/fused.sock, as fusectl is one."""

    def __init__(self, path, timeout_s: float = 10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.timeout_s = timeout_s
        self.next_request_id = 1
        folder, name = pathlib.Path(path).parent, pathlib.Path(path).name
        # By way of a descriptor: the path may be longer than a socket's name can be.
        dir_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        try:
            self.socket.connect(f"/proc/self/fd/{dir_fd}/{name}")
        finally:
            os.close(dir_fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_raw(self, data: bytes, fds=()):
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([data], ancillary)

    def post(self, name: str, fields: dict, to_role: str, to_slot: int = 0, fd: int = None) -> int:
        """Send a request, with a descriptor if its row says so; returns its number."""
        message = MESSAGES[name]
        request_id, self.next_request_id = self.next_request_id, self.next_request_id + 1
        self.send_raw(encode_frame(message.number, encode_body(message, fields), to_role=ROLES[to_role],
                                   to_slot=to_slot, request_id=request_id), () if fd is None else (fd,))
        return request_id

    def wait_for(self, name: str, request_id: int) -> Frame:
        """The next frame of that name for that request."""
        while True:
            frame = self.receive()
            if frame.message.name == name and frame.request_id == request_id:
                return frame

    def receive(self, timeout_s: float = None) -> Frame:
        """The next frame. EOFError when fused has closed the door, TimeoutError when nothing comes."""
        ready, _, _ = select.select([self.socket], [], [], self.timeout_s if timeout_s is None else timeout_s)
        if not ready:
            raise TimeoutError("fused says nothing")
        try:
            data, ancillary, flags, _ = self.socket.recvmsg(FRAME_MAX_BYTES + 1, socket.CMSG_SPACE(16))
        except ConnectionResetError:
            data, ancillary, flags = b"", [], 0
        if not data:
            raise EOFError("fused has closed the connection")
        assert not flags & socket.MSG_TRUNC
        fds = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
        return decode_frame(data, fds[0] if fds else -1)

    def request(self, name: str, fields: dict = None, to_role: str = None, to_slot: int = 0, fd: int = None) -> list:
        """Ask, and gather all frames up to the one that ends it (DONE or another REPLY). Raises Refused."""
        receivers = MESSAGES[name].receivers()
        request_id = self.post(name, fields or {}, to_role or receivers[0], to_slot, fd)
        frames, until = [], time.monotonic() + self.timeout_s
        while True:
            frame = self.receive(max(0.0, until - time.monotonic()))
            if frame.request_id != request_id:
                continue
            if frame.message.name == "REFUSED":
                raise Refused(frame)
            frames.append(frame)
            if frame.message.kind == "REPLY":
                return frames

    def recall(self, name: str) -> list:
        """The retained messages of one kind, as dicts."""
        frames = self.request("RECALL", {"number": MESSAGES[name].number}, "supervisor")
        return [frame.fields for frame in frames if frame.message.name == name]
