#!/usr/bin/python3
"""A child of fused that says what a test tells it to: it stands in the place of fuse-stored, fuse-worker or
fuse-discovery, speaks the wire of rig/wire.py, and answers requests as planned. So every answer that a process can
give, and every way of not giving one, can be tried against the others.

As a module: pretend() makes a Fuse whose roles are played so, and a Stage to direct them.
As a program (started by tests/rig/pretend.c): the child.

The plan is a JSON file beside the program, read anew whenever it changes:

	{"worker/SERIAL": {"retained": [["PRINTER_LINK", 0, {…}]], "answers": {"COMMAND": [["DONE", {…}]]}}}

What an answer can be, one after the other:
	["NAME", {fields}]      a reply or part
	["@write", "text"]      into the descriptor that came with the request
	["@close"]              that descriptor
	["@give", "NAME", {fields}, "text"]  a reply, and with it the descriptor of a file that has this text in it
	["@die"]                the child ends at once
	["@wait", seconds]      then go on, deaf meanwhile
	["@later"]              it waits for its answer, DONE, until it is planned otherwise; that is noted as "@answered"
	["@flood", "text"]      write it into the descriptor until nobody reads it any more
Requests without a plan are answered DONE; with an empty plan, never. With "unready": true it is started and never ready.
"""
import array
import contextlib
import json
import os
import pathlib
import select
import shutil
import socket
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from rig import wire  # noqa: E402

CHANNEL_FD = 3
STAGE_FILES = ["tests/integration/rig/__init__.py", "tests/integration/rig/wire.py",
               "tests/integration/rig/pretend.py", "ipc/messages.def", "ipc/procs.def"]


# -- the child ----------------------------------------------------------------------------------------

class Child:
    def __init__(self, role: str, arguments: list, folder: pathlib.Path):
        self.role = role
        self.process = "/".join([role, *arguments[:1]]) if role in ("worker", "virtual") else role
        self.plan_file, self.journal = folder / "plan.json", folder / f"journal.{role}"
        self.plan_stamp, self.plan, self.told = None, {}, {}
        self.socket = socket.socket(fileno=CHANNEL_FD)
        self.socket.setblocking(True)
        self.generation, self.ready, self.descriptors, self.owed = 0, False, [], []

    def send(self, name: str, fields: dict, **header):
        message = wire.MESSAGES[name]
        self.socket.send(wire.encode_frame(message.number, wire.encode_body(message, decoded(message, fields)),
                                           generation=self.generation, **header))

    def to_supervisor(self, name: str, fields: dict):
        self.send(name, fields, to_role=wire.ROLES["supervisor"])

    def reply(self, request: wire.Frame, name: str, fields: dict):
        self.send(name, fields, to_role=request.from_role, to_slot=request.from_slot,
                  to_generation=request.generation, request_id=request.request_id)

    def read_plan(self):
        stamp = self.plan_file.stat().st_mtime_ns
        if stamp == self.plan_stamp:
            return
        self.plan_stamp = stamp
        self.plan = json.loads(self.plan_file.read_text()).get(self.process, {})
        self.pay()
        if not self.ready:
            return
        wanted = {(name, key): fields for name, key, fields in self.plan.get("retained", [])}
        for (name, key), fields in wanted.items():
            if self.told.get((name, key)) != fields:
                self.send(name, fields, retain_key=key, to_slot=wire.SLOT_ALL)
        for name, key in set(self.told) - set(wanted):
            self.socket.send(wire.encode_frame(wire.MESSAGES[name].number, b"", flags=wire.FLAG_CLEAR,
                                               generation=self.generation, retain_key=key, to_slot=wire.SLOT_ALL))
        self.told = wanted

    def pay(self):
        """Answer those who wait and need not any more."""
        paid = [frame for frame in self.owed if ["@later"] not in self.plan.get("answers", {}).get(frame.message.name, [])]
        for frame in paid:
            self.owed.remove(frame)
            self.reply(frame, "DONE", {"sentence": "It is done."})
        if paid:
            self.note_event("@answered")

    def note(self, frame: wire.Frame):
        fields = {key: value.hex() if isinstance(value, bytes) else value for key, value in frame.fields.items()}
        line = json.dumps({"process": self.process, "name": frame.message.name, "fields": fields}) + "\n"
        descriptor = os.open(self.journal, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    def write(self, fd: int, text: str, without_end: bool):
        os.set_blocking(fd, True)
        try:
            data = text.encode()
            while data or without_end:
                data = data[os.write(fd, data):] or (text.encode() if without_end else b"")
        except BrokenPipeError:
            self.note_event("@broken")

    def note_event(self, name: str):
        descriptor = os.open(self.journal, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, json.dumps({"process": self.process, "name": name, "fields": {}}).encode() + b"\n")
        os.close(descriptor)

    def give(self, request: wire.Frame, name: str, fields: dict, text: str):
        fd = os.memfd_create("given")
        os.pwrite(fd, text.encode(), 0)
        message = wire.MESSAGES[name]
        frame = wire.encode_frame(message.number, wire.encode_body(message, fields), generation=self.generation,
                                  to_role=request.from_role, to_slot=request.from_slot, to_generation=request.generation,
                                  request_id=request.request_id)
        self.socket.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
        os.close(fd)

    def answer(self, request: wire.Frame):
        self.note(request)
        default = [["@close"], ["DONE", {"sentence": "It is done."}]]
        for name, *rest in self.plan.get("answers", {}).get(request.message.name, default):
            if name in ("@write", "@flood"):
                self.write(request.fd, rest[0], name == "@flood")
            elif name == "@close":
                if request.fd >= 0:
                    os.close(request.fd)
                    request.fd = -1
            elif name == "@give":
                self.give(request, *rest)
            elif name == "@die":
                os._exit(7)
            elif name == "@later":
                self.owed.append(request)
            elif name == "@wait":
                time.sleep(rest[0])
            else:
                self.reply(request, name, rest[0])
        if request.fd >= 0:
            self.descriptors.append(request.fd)  # stays open: more could come

    def receive(self) -> wire.Frame:
        data, ancillary, _, _ = self.socket.recvmsg(wire.FRAME_MAX_BYTES + 1, socket.CMSG_SPACE(16))
        if not data:
            os._exit(0)
        fds = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
        return wire.decode_frame(data, fds[0] if fds else -1)

    def on_frame(self, frame: wire.Frame):
        name = frame.message.name
        if name == "WELCOME":
            self.generation = frame["generation"]
        elif name == "SYNCED":
            self.read_plan()
            if self.plan.get("unready"):
                return
            self.to_supervisor("READY", {"sentence": "plays its part"})
            self.ready, self.plan_stamp = True, None
        elif name == "PING":
            self.to_supervisor("PONG", {"sequence": frame["sequence"]})
        elif name == "STOP":
            os._exit(0)
        elif frame.message.kind == "REQUEST":
            self.read_plan()
            self.answer(frame)
        elif frame.fd >= 0:
            os.close(frame.fd)  # a socket that it was to listen at: free for a peer of the test's

    def look_for_hangups(self):
        """A reader that goes away is noted."""
        poll = select.poll()
        for fd in self.descriptors:
            poll.register(fd, 0)
        for fd, _ in poll.poll(0):
            self.descriptors.remove(fd)
            os.close(fd)
            self.note_event("@broken")

    def run(self):
        self.to_supervisor("HELLO", {"version": "pretend"})
        while True:
            ready, _, _ = select.select([self.socket], [], [], 0.05)
            if ready:
                self.on_frame(self.receive())
            self.read_plan()
            self.look_for_hangups()


def decoded(message: wire.Message, fields: dict) -> dict:
    """JSON has no bytes: those fields are given as texts."""
    kinds = {f.name: f.kind for f in message.fields}
    return {key: value.encode() if kinds[key] in ("BYTES", "SECRET") else value for key, value in fields.items()}


# -- for tests ------------------------------------------------------------------------------------------

class Stage:
    """The plan of a Fuse's pretended children."""

    def __init__(self, fuse, roles):
        self.fuse, self.plan = fuse, {}
        self.folder = fuse.bin / "pretend"
        root = wire.ROOT
        for name in STAGE_FILES:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, self.folder / name)
        for role in roles:
            journal = self.folder / f"journal.{role}"
            journal.touch()
            journal.chmod(0o666)
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        self._write()

    def _write(self):
        fresh = self.folder / "plan.json.new"
        fresh.write_text(json.dumps(self.plan))
        fresh.chmod(0o644)
        fresh.rename(self.folder / "plan.json")

    def answers(self, process: str, request: str, *answers):
        """From now on `process` answers the request so; without answers: never."""
        self.plan.setdefault(process, {}).setdefault("answers", {})[request] = list(answers)
        self._write()

    @contextlib.contextmanager
    def unready(self, process: str):
        """Whoever is started as `process` meanwhile does not become ready."""
        self.plan.setdefault(process, {})["unready"] = True
        self._write()
        yield
        del self.plan[process]["unready"]
        self._write()

    def forget_answers(self):
        for part in self.plan.values():
            part.pop("answers", None)
        self._write()

    def tell(self, process: str, name: str, fields: dict, key: int = 0):
        """A retained message of `process`."""
        retained = self.plan.setdefault(process, {}).setdefault("retained", [])
        retained[:] = [row for row in retained if row[:2] != [name, key]] + [[name, key, fields]]
        self._write()

    def clear(self, process: str, name: str, key: int = 0):
        retained = self.plan.setdefault(process, {}).setdefault("retained", [])
        retained[:] = [row for row in retained if row[:2] != [name, key]]
        self._write()

    def heard(self, name: str = None, process: str = None) -> list:
        """The requests that came, oldest first, as dicts: process, name, fields (bytes as hex)."""
        lines = []
        for journal in sorted(self.folder.glob("journal.*")):
            lines += [json.loads(line) for line in journal.read_text().splitlines()]
        return [line for line in lines if name in (None, line["name"]) and process in (None, line["process"])]


def pretend(make_fuse, roles=("stored", "worker", "discovery"), **arguments):
    """A Fuse (not started) whose `roles` are played, and the Stage to direct them."""
    fuse = make_fuse(rogues=set(roles), **arguments)
    from rig import fuse as rig_fuse  # the child has no need of it, and not what it imports
    for role in roles:
        shutil.copy2(rig_fuse.BUILD / "tests" / "pretend", fuse.bin / f"fuse-{role}")
    return fuse, Stage(fuse, roles)


if __name__ == "__main__":
    Child(sys.argv[1].removeprefix("fuse-"), sys.argv[2:], pathlib.Path(__file__).resolve().parents[3]).run()
