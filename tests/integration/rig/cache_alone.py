"""fuse-stored alone (rig/store_alone.py), where fuse-filechk, too, is the test's to play:

    with CacheAlone(tmp_path) as store:
        work = store.take_work()                              # fuse-filechk was asked for, and got this EXAMINE
        store.reply(work, "EXAMINED", {...}, "filechk")
"""
import os
import pathlib
import select
import time
import types

from . import store_alone, wire


class CacheAlone(store_alone.StoreAlone):
    def __init__(self, folder: pathlib.Path):  # pylint: disable=super-init-not-called
        self.folder = types.SimpleNamespace(cleanup=lambda: None)  # it is the test's, and may have a story already
        self.dir, self.log_file = folder / "store", folder / "log"
        self.dir.mkdir(mode=0o700, exist_ok=True)
        self.logged_before = self.log_file.stat().st_size if self.log_file.exists() else 0
        self.next_request_id, self.process, self.workers, self.players = 1, None, {}, {}
        self.start()

    def said(self) -> str:
        """What this one has logged."""
        return self.log_file.read_bytes()[self.logged_before:].decode(errors="replace")

    # -- hearing -----------------------------------------------------------------------------------

    def _note(self, frame: wire.Frame):
        if frame.message.kind == "RETAINED":
            self.retained.setdefault(frame.message.name, {})[frame.retain_key] = frame.fields
        else:
            self.frames.append(frame)

    def wait_for(self, name: str) -> wire.Frame:
        """The next message of this name."""
        return self._next(lambda frame: frame.message.name == name)

    def hears_nothing_of(self, name: str, seconds: float):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.ours], [], [], left)[0]:
                self._receive()
        assert not [frame for frame in self.frames if frame.message.name == name]

    def wait_until(self, predicate):
        """Until what it has told is so; returns what `predicate` gives."""
        deadline = time.monotonic() + store_alone.WAIT_S
        while not (result := predicate()):
            assert time.monotonic() < deadline, f"{self.retained}\n{self.said()}"
            self._receive()
        return result

    def files(self) -> dict:
        """What it has told of files, by their hashes."""
        return {file["sha256"]: file for file in self.all("FILE")}

    def status(self, name: str) -> dict:
        return self.retained[name][0]

    # -- saying ------------------------------------------------------------------------------------

    def reply(self, request: wire.Frame, name: str, fields: dict, role: str = "supervisor", fd: int = -1):
        """Answer something that it has asked."""
        self.tell(name, fields, role, request_id=request.request_id, fd=fd)

    def refuse(self, request: wire.Frame, reason: str, sentence: str = "No."):
        self.reply(request, "REFUSED", {"reason": wire.REFUSALS.index(reason), "sentence": sentence})

    def says_of(self, role: str, generation: int, state: str = "up"):
        """What fused tells about a process."""
        self.tell("PROC_STATUS", {"role": wire.ROLES[role], "generation": generation, "state": wire.LIFE_STATES.index(state)},
                  key=wire.ROLES[role] << 16)

    def take_work(self, name: str = "EXAMINE", slot: int = 0) -> wire.Frame:
        """fuse-filechk is wanted, and given, and gets something to do."""
        want = self.wait_for("HELPER_WANT")
        assert want["role"] == wire.ROLES["filechk"]
        self.reply(want, "HELPER", {"slot": slot})
        work = self.wait_for(name)
        assert work.to_slot == slot and work.fd >= 0
        return work

    def __exit__(self, kind, *more):
        super().__exit__(kind, *more)
        for frame in self.frames:
            if frame.fd >= 0:
                os.close(frame.fd)
