"""fuse-stored as httpd meets it when it is about files and jobs, played for a httpd that is alone (rig/alone.py). It keeps
files in a folder, says what the tables of ipc/messages.def say, and can be told to refuse, to wait or to fail.

    with PlayedStore() as store, Alone(printers=1, hear=store.hear) as httpd:
        httpd.http.ask("POST", "/api/v1/files?name=a.3mf", b"…", …)
"""
import contextlib
import hashlib
import json
import os
import queue
import tempfile

from . import wire
from .waiting import wait_until



class PlayedStore:
    """
    rooms     ticket -> path of a file that is coming
    files     sha256 -> (name, content)
    heard     all frames, oldest first
    refuses   name of a request -> name of a refusal
    waits     names of requests that stay unanswered until answer_all()
    """

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.rooms, self.files, self.jobs, self.heard = {}, {}, {}, []
        self.refuses, self.waits, self.waiting, self.answers = {}, set(), queue.Queue(), {}
        self.ticket, self.places = 0, {}
        self.room_folder = self.folder.name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def names(self) -> list:
        return [frame.message.name for frame in list(self.heard)]

    def wait_heard(self, name: str, count: int = 1):
        wait_until(lambda: self.names().count(name) >= count, 10, f"{name} is never said")
        return [frame for frame in list(self.heard) if frame.message.name == name][-1]

    # -- what comes --------------------------------------------------------------------------------

    def hear(self, httpd, frame):
        self.heard.append(frame)
        name = frame.message.name
        if name in self.waits:
            self.waiting.put(frame)
        else:
            self.answer(httpd, frame)

    def answer_all(self, httpd):
        self.waits.clear()
        with contextlib.suppress(queue.Empty):
            while True:
                self.answer(httpd, self.waiting.get_nowait())

    def answer(self, httpd, frame):
        name = frame.message.name
        if name in self.refuses:
            httpd.refuse(frame, self.refuses[name])
        elif name in self.answers:
            for reply, fields in self.answers[name]:
                httpd.reply(frame, reply, fields)
        elif hasattr(self, f"on_{name.lower()}"):
            getattr(self, f"on_{name.lower()}")(httpd, frame)
        elif frame.message.kind == "REQUEST":
            httpd.reply(frame, "DONE", {"sentence": "It is done."})

    # -- files -----------------------------------------------------------------------------------------

    def on_file_new(self, httpd, frame):
        self.ticket += 1
        path = os.path.join(self.room_folder, str(self.ticket))
        self.rooms[self.ticket] = (path, frame["name"])
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        httpd.reply(frame, "FILE_ROOM", {"ticket": self.ticket}, fd)
        os.close(fd)

    def on_file_abandon(self, _httpd, frame):
        path, _ = self.rooms.pop(frame["ticket"])
        os.unlink(path)

    def on_file_complete(self, httpd, frame):
        path, name = self.rooms.pop(frame["ticket"])
        with open(path, "rb") as file:
            content = file.read()
        os.unlink(path)
        sha256 = hashlib.sha256(content).hexdigest()
        if len(content) != frame["size_bytes"] or frame["sha256"] not in ("", sha256):
            httpd.refuse(frame, "invalid", "The file has another SHA-256 than it should have.")
            return
        was_there = sha256 in self.files
        self.files[sha256] = (name, content)
        self.tell_file(httpd, sha256)
        httpd.reply(frame, "FILE_KEPT", {"sha256": sha256, "was_there": was_there})

    def tell_file(self, httpd, sha256: str, **more):
        name, content = self.files[sha256]
        place = self.places.setdefault(sha256, len(self.places))
        httpd.tell("FILE", {"sha256": sha256, "name": name, "size_bytes": len(content), "created_ms": 1_700_000_000_000 + place,
                            "used_ms": 1_700_000_000_000, "check": 1, "kind": 1, "model": "X1C", "plates": 1,
                            "sentence": "One plate.", **more}, "stored", key=place)

    def forget(self, httpd, sha256: str):
        del self.files[sha256]
        httpd.tell("FILE", None, "stored", key=self.places[sha256])

    def on_file_want(self, httpd, frame):
        if frame["sha256"] not in self.files:
            httpd.refuse(frame, "not-found", "There is no such file.")
            return
        name, content = self.files[frame["sha256"]]
        with tempfile.TemporaryFile(dir=self.folder.name) as file:
            file.write(content)
            file.flush()
            httpd.reply(frame, "FILE_GIVEN", {"name": name, "size_bytes": len(content)}, file.fileno())

    def on_file_remove(self, httpd, frame):
        if frame["sha256"] not in self.files:
            httpd.refuse(frame, "not-found", "There is no such file.")
            return
        self.forget(httpd, frame["sha256"])
        httpd.reply(frame, "DONE", {"sentence": "It is gone."})

    def on_file_picture_want(self, httpd, frame):
        if frame["plate"] != 1:
            httpd.refuse(frame, "not-found", "There is no such picture.")
            return
        png = b"\x89PNG\r\n\x1a\n" + b"picture" * 100
        fd = os.memfd_create("picture")
        os.write(fd, png)
        httpd.reply(frame, "FILE_PICTURE", {"size_bytes": len(png)}, fd)
        os.close(fd)

    # -- jobs ------------------------------------------------------------------------------------------

    def on_job_submit(self, httpd, frame):
        order = {name: frame[name] for name in ("serial", "sha256", "plate", "stage_only", "options")}
        for job_id, (key, known) in self.jobs.items():
            if key and key == frame["key"]:
                if known == order:
                    httpd.reply(frame, "JOB_SUBMITTED", {"id": job_id, "was_there": True})
                else:
                    httpd.refuse(frame, "conflict", "This key belongs to another order.")
                return
        job_id = f"J{len(self.jobs):03}"
        self.jobs[job_id] = (frame["key"], order)
        self.tell_job(httpd, job_id)
        httpd.reply(frame, "JOB_SUBMITTED", {"id": job_id})

    def on_job_again(self, httpd, frame):
        order = self.jobs[frame["id"]][1]
        job_id = f"J{len(self.jobs):03}"
        self.jobs[job_id] = (frame["key"], order)
        self.tell_job(httpd, job_id)
        httpd.reply(frame, "JOB_SUBMITTED", {"id": job_id})

    def tell_job(self, httpd, job_id: str, **more):
        order = {name: value for name, value in self.jobs[job_id][1].items() if name != "options"}
        httpd.tell("JOB", {"id": job_id, **order, "printer_name": "Left", "file_name": "a.3mf", "size_bytes": 100,
                           "origin": wire.ROLES["httpd"], "sentence": "It is kept.", "created_ms": 1_700_000_000_000,
                           "changed_ms": 1_700_000_000_000, **more}, "stored", key=list(self.jobs).index(job_id))

    def on_job_story_want(self, httpd, frame):
        httpd.reply(frame, "JOB_STORY", {"json": json.dumps([
            {"at": "2026-11-22T18:30:00.000Z", "state": "received", "sentence": "It is kept.", "evidence": ""}])})
