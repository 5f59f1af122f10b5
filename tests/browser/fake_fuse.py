"""What the pages see of a Fuse with print files and jobs, played: the REST and WebSocket of docs/jobs.md, in this process, as a
story wants it. For states that a true Fuse takes minutes to come to or never comes to by itself; what a true one does is tried
in the stories beside these.

	fake = FakeFuse().start()
	fake.add_printer("Anna"); fake.add_file("bracket.gcode.3mf"); fake.add_job(serial, sha256, state="waiting")
	fake.change("jobs", job, state="running")            # told at once
	fake.held["POST /api/v1/files"] = threading.Event()   # that request is read slowly, until the event is set
	fake.asked                                            # what the pages have asked for: [(method, path, headers, body)]
"""
import base64
import copy
import datetime
import hashlib
import http.server
import itertools
import json
import mimetypes
import re
import socket
import struct
import threading
import urllib.parse
import zlib

from rig import wire

WWW = wire.ROOT / "www"
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
       "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
PAGES = ["/", "/status", "/printers", "/files", "/jobs"]
MODELS = {"X1C": "X1 Carbon", "P1S": "P1S", "A1": "A1", "H2D": "H2D"}
AMS = {model: ["ams-lite", "ams-2-pro", "ams-ht"] if model == "A1" else ["ams", "ams-2-pro", "ams-ht"] for model in MODELS}
VIRTUALS_MOST = 20
FAULTS, ERRORS = ({row[1].strip('"'): row for table in ("printer/virtual_controls.def", "worker/virtual/controls.def")
                   for row in (wire.rows(wire.ROOT / table, macro) if (wire.ROOT / table).exists() else ())} for macro in ("FAULT", "ERROR"))
GONE = {"printers": "removed", "files": "removedFiles", "jobs": "removedJobs"}
ENDED = {"staged", "done", "failed", "not-started", "cancelled"}


def now(ago_s: float = 0) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago_s)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def png(red: int, green: int, blue: int, side: int = 64) -> bytes:
    """A picture of one colour."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((red, green, blue)) * side for _ in range(side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


TRAYS = [{"amsId": 0, "slotId": 0, "material": "PLA", "color": "FFFFFFFF", "remainPercent": 80, "label": "A1", "nozzle": 0},
         {"amsId": 0, "slotId": 1, "material": "PLA", "color": "FF8000FF", "remainPercent": 15, "label": "A2", "nozzle": 0},
         {"amsId": 0, "slotId": 2, "material": "PETG", "color": "161616FF", "remainPercent": 50, "label": "A3", "nozzle": 0},
         {"amsId": 0, "slotId": 3, "material": "", "color": "", "remainPercent": -1, "label": "A4", "nozzle": 0}]


def plates_of(model: str = "X1C", count: int = 1) -> dict:
    plates = [{"plate": n, "name": "" if count == 1 else f"Part {n}", "gcode": f"Metadata/plate_{n}.gcode", "gcodeBytes": 812345, "seconds": 5025 * n,
               "grams": 31.7 * n, "layers": 212, "nozzlesMm": [0.4], "bedType": "Textured PEI Plate", "picture": True, "supports": False,
               "filaments": [{"index": 0, "grams": 31.7 * n, "meters": 10.6, "nozzle": 0}], "objects": [{"id": 123, "name": "bracket"}]}
              for n in range(1, count + 1)]
    return {"kind": "3mf", "slicer": "BambuStudio-01.10.02.64", "model": model, "modelCode": "BL-P001",
            "filaments": [{"index": 0, "material": "PLA", "color": "FF8000FF", "profile": "GFL99"}], "plates": plates, "notes": []}


class FakeFuse:
    def __init__(self):
        self.lock = threading.RLock()
        self.sockets, self.asked, self.held, self.answers = [], [], {}, {}
        self.docs = {"printers": {}, "files": {}, "jobs": {}}
        self.plates, self.contents, self.stories, self.keys = {}, {}, {}, {}
        self.numbers, self.revision = itertools.count(1), 0
        self.cache = {"files": 0, "usedBytes": 0, "limitBytes": 10737418240, "diskFreeBytes": 50000000000}
        self.status = {"version": "0.1.0", "startedAt": now(3600), "stopping": False,
                       "store": {"health": "good", "sentence": "", "remedy": None, "holdsPrints": False}, "processes": [], "counts": {}}
        self.preflight = self.usual_preflight  # (printer, file, order) -> printer/preflight.h
        self.setting = 10240

    # -- what there is ------------------------------------------------------------------------------------

    def add_printer(self, name: str, model: str = "X1C", **stat) -> str:
        serial = f"00M00A{next(self.numbers):09}"
        lights = [{"node": "chamber_light", "mode": "off"}]
        self.put("printers", serial, {
            "serial": serial, "name": name, "model": model, "modelName": MODELS[model], "address": "192.0.2.7", "ports": {},
            "certificateSha256": "ab" * 32, "hasAccessCode": True, "startsUnasked": False, "plateUsedAt": None, "movedFrom": None, "movedAt": None,
            "addedAt": now(3600), "changedAt": now(3600), "virtual": False, "virtualControls": None,
            "link": {"phase": "live", "online": True, "stale": False, "fault": None, "sentence": "", "remedy": None, "reconnects": 0,
                     "since": now(600), "receivedAt": now(), "connectedAt": now(600), "nextTryAt": None},
            "stat": {"state": "IDLE", "isOnline": True, "isAvailable": True, "receivedAt": now(), "hms": [], "printError": None,
                     "link": {"problems": [], "silenceLimitMs": 3600000}, "lights": lights, **stat}})
        return serial

    def add_virtual(self, name: str, model: str = "X1C", **stat) -> str:
        """One that Fuse plays."""
        serial = self.add_printer(name, model, **stat)
        number = sum(doc["virtual"] for doc in self.docs["printers"].values()) + 1
        self.change("printers", serial, address=f"127.64.0.{number}", virtual=True, virtualControls={
            "online": True, "timeFactor": 1, "faults": {**dict.fromkeys(FAULTS, False), "cutUploadPercent": 0}, "errors": [],
            "storage": {"totalBytes": 32000000000, "usedBytes": 12345678, "files": 2}, "exposed": "", "address": f"127.64.0.{number}",
            "ports": {"mqtt": 8883, "ftps": 990, "detect": 3000}})
        return serial

    def make_virtual(self, order: dict) -> tuple:
        if sum(doc["virtual"] for doc in self.docs["printers"].values()) == VIRTUALS_MOST:
            return 409, problem("conflict", "One Fuse has at most 20 virtual printers, and has them all.", "Remove one of them first.")
        serial = self.add_virtual(order.get("name", "X1C A001"), order.get("model", "X1C"))
        told = {key: value for key, value in self.docs["printers"][serial].items() if key != "stat"}
        return 201, {"printers": [{"status": 201, "serial": serial, "printer": told}]}

    def turn(self, serial: str, change: dict) -> tuple:
        """As worker/virtual/controls.h has it."""
        controls = copy.deepcopy(self.docs["printers"][serial]["virtualControls"])
        controls.update({name: change[name] for name in ("online", "timeFactor") if name in change})
        controls["faults"].update(change.get("faults", {}))
        if change.get("do") == "trigger-error":
            name, attr, code, usual = (ERRORS[change["error"]][at] for at in (1, 2, 3, 4))
            digits = f"{int(attr, 16):08X}{int(code, 16):08X}"
            controls["errors"] = [one for one in controls["errors"] if one["error"] != change["error"]] + [
                {"error": change["error"], "code": "-".join(re.findall("....", digits)), "message": change.get("message", usual.strip('"'))}]
        if change.get("do") in ("clear-errors", "reset"):
            controls["errors"] = []
        if change.get("do") == "test-print":
            self.add_job(serial, self.add_file("fuse-test-print.gcode.3mf", size=10000000), "uploading", "The file is on its way.", origin="virtual",
                         progress={"phase": "send", "sentBytes": 2500000, "totalBytes": 10000000, "bytesPerSecond": 5000000})
        self.change("printers", serial, virtualControls=controls)
        return 200, {"sentence": ""}

    def add_file(self, name: str, check: str = "printable", model: str = "X1C", plates: int = 1, ago_s: float = 0, size: int = 812345,
                 sentence: str = None, content: bytes = None) -> str:
        sha256 = hashlib.sha256(content if content is not None else f"{name} {next(self.numbers)}".encode()).hexdigest()
        words = {"printable": f"{'One plate' if plates == 1 else f'{plates} plates'} for the {MODELS.get(model, '')}: 1 h 24 min, 32 g.",
                 "unprintable": "This is a project that was not sliced yet.", "waiting": "", "failed": "It could not be looked into."}
        self.plates[sha256], self.contents[sha256] = plates_of(model, plates), content or b"x" * 1000
        self.put("files", sha256, {
            "sha256": sha256, "name": name, "sizeBytes": size, "createdAt": now(ago_s), "usedAt": now(ago_s / 2), "check": check,
            "kind": "3mf" if check == "printable" else "other", "model": model if check == "printable" else "", "plates": plates if check == "printable" else 0,
            "openJobs": [], "sentence": sentence if sentence is not None else words[check],
            "remedy": "Slice it and export the plate." if check == "unprintable" else ""})
        self._count()
        return sha256

    def add_job(self, serial: str, sha256: str, state: str = "received", sentence: str = "", **more) -> str:
        job = f"j{next(self.numbers):08}"
        file = self.docs["files"].get(sha256, {"name": "gone.gcode.3mf", "sizeBytes": 1})
        self.put("jobs", job, {
            "id": job, "printer": serial, "printerName": self.docs["printers"].get(serial, {}).get("name", "Gone"), "file": sha256, "fileName": file["name"],
            "sizeBytes": file["sizeBytes"], "plate": 1, "stageOnly": False, "origin": "httpd", "state": state, "ended": state in ENDED,
            "fault": "", "sentence": sentence, "remedy": "", "number": 0, "remotePath": "", "attempts": 0, "cancelWanted": False,
            "createdAt": now(60), "changedAt": now(5), "startedAt": None, "endedAt": now() if state in ENDED else None, "progress": None, **more})
        self.stories[job] = [{"at": now(60), "state": "received", "sentence": "Received from the web pages.", "evidence": ""},
                             {"at": now(5), "state": state, "sentence": sentence, "evidence": "the printer said so"}]
        self._need(sha256)
        return job

    def _need(self, sha256: str):
        open_jobs = [job["id"] for job in self.docs["jobs"].values() if job["file"] == sha256 and not job["ended"]]
        if sha256 in self.docs["files"]:
            self.change("files", sha256, openJobs=open_jobs)

    def _count(self):
        files = self.docs["files"].values()
        self.cache = {**self.cache, "files": len(files), "usedBytes": sum(file["sizeBytes"] for file in files)}
        self.tell({"cache": self.cache})

    # -- telling ------------------------------------------------------------------------------------------

    def put(self, kind: str, key: str, document: dict):
        with self.lock:
            self.docs[kind][key] = document
            self.tell({kind: {key: document}})

    def change(self, kind: str, key: str, /, **leaves):
        """Some leaves of a document are others now; `stat` is merged one level deeper."""
        with self.lock:
            document = self.docs[kind][key]
            for name, value in leaves.items():
                if isinstance(value, dict) and isinstance(document.get(name), dict):
                    document[name].update(value)
                else:
                    document[name] = value
            self.tell({kind: {key: leaves}})
        if kind == "jobs" and "state" in leaves:
            self._need(document["file"])

    def remove(self, kind: str, key: str):
        with self.lock:
            if self.docs[kind].pop(key, None) is not None:
                self.tell({GONE[kind]: [key]})
        self._count()

    def move_job(self, job: str, state: str, sentence: str = "", **more):
        ended = state in ENDED
        self.stories[job].append({"at": now(), "state": state, "sentence": sentence, "evidence": ""})
        self.change("jobs", job, state=state, ended=ended, sentence=sentence, changedAt=now(), endedAt=now() if ended else None, **more)

    def tell(self, parts: dict):
        with self.lock:
            self.revision += 1
            text = json.dumps({"type": "delta", "rev": self.revision, **parts})
            for one in list(self.sockets):
                self.send(one, text)

    def snapshot(self) -> str:
        return json.dumps({"type": "snapshot", "rev": self.revision, "status": self.status, "cache": self.cache, **self.docs})

    def send(self, connection: socket.socket, text: str):
        data = text.encode()
        head = b"\x81" + (bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data)) if len(data) < 65536
                          else b"\x7f" + struct.pack(">Q", len(data)))
        try:
            connection.sendall(head + data)
        except OSError:
            if connection in self.sockets:
                self.sockets.remove(connection)

    # -- what it does by itself ---------------------------------------------------------------------------

    def usual_preflight(self, printer: dict, file: dict, order: dict) -> dict:
        wanted = (order["options"].get("amsMapping") or [None])[0]
        tray = next((t for t in TRAYS if wanted and (t["amsId"], t["slotId"]) == (wanted["amsId"], wanted["slotId"])), TRAYS[1])
        fit = "material-differs" if tray["material"] != "PLA" else "same" if tray["color"] == "FF8000FF" else "color-differs"
        findings = []
        if file["model"] != printer["model"]:
            findings.append(("other-model", "impossible", f"It was sliced for the {MODELS[file['model']]}; this is the {printer['modelName']}.", "Slice it for this model."))
        if printer["stat"].get("door") == "open":
            findings.append(("door-open", "warning", "The door is open.", "Close it."))
        if fit == "material-differs":
            findings.append(("material-differs", "warning", f"{tray['label']} has {tray['material'] or 'nothing known'}; the plate wants PLA.", "Choose another tray."))
        if tray["remainPercent"] == 15:
            findings.append(("color-differs", "note", "The spool is nearly used up.", ""))
        accepted = order["options"].get("accept", [])
        entries = [{"finding": name, "kind": kind, "accepted": kind == "warning" and name in accepted, "sentence": sentence, "remedy": remedy}
                   for name, kind, sentence, remedy in findings]
        ready = all(entry["kind"] == "note" or entry["accepted"] for entry in entries)
        return {"plate": order["plate"], "ready": ready, "findings": entries, "trays": TRAYS,
                "mapping": [{"index": 0, "material": "PLA", "color": "FF8000FF", "grams": 31.7, "used": True, "nozzle": 0, "amsId": tray["amsId"],
                             "slotId": tray["slotId"], "proposed": wanted is None, "trayMaterial": tray["material"], "trayColor": tray["color"], "fit": fit}]}

    def submit(self, serial: str, key: str, order: dict) -> tuple:
        with self.lock:
            known = self.keys.get(key)
            if known is not None:
                job, former = known
                if former != order:
                    return 409, problem("conflict", "This key belongs to another order.")
                return 200, self.docs["jobs"][job]
            job = self.add_job(serial, order["file"], sentence="Fuse has it.", plate=order["plate"], stageOnly=order.get("stageOnly", False))
            self.keys[key] = (job, copy.deepcopy(order))
            return 201, self.docs["jobs"][job]

    # -- serving ------------------------------------------------------------------------------------------

    def start(self, address: str = "127.0.0.1"):
        handler = type("Handler", (Handler,), {"fuse": self})
        self.server = Server((address, 0), handler)
        self.server.daemon_threads = True
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # what is held shall be seen to be
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://{address}:{self.server.server_port}"
        return self

    def close(self):
        for held in self.held.values():
            held.set()
        self.drop_sockets()
        self.server.shutdown()
        self.server.server_close()

    def drop_sockets(self):
        """The WebSockets break."""
        for one in self.sockets[:]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets.clear()

    def orders(self) -> list:
        """Job orders that came: [(serial, key, order)]."""
        return [(path.split("/")[4], headers["Idempotency-Key"], json.loads(body)) for method, path, headers, body in self.asked
                if method == "POST" and re.fullmatch(r"/api/v1/printers/[^/]+/jobs", path)]


def problem(kind: str, detail: str, remedy: str = "") -> dict:
    return {"type": f"/problems/{kind}", "title": kind, "detail": detail, "remedy": remedy}


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A page has gone away: that is no news."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fuse = None

    def log_message(self, *_):
        pass

    def answer(self, status: int, body=None, kind: str = "application/json", headers=()):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(data))), ("Cache-Control", "no-store"),
                            ("Content-Security-Policy", CSP), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def read_body(self, key: str) -> bytes:
        """As long as this request is held, only a third of it is taken. What breaks off is no body: OSError."""
        size = int(self.headers.get("Content-Length") or 0)
        held = self.fuse.held.get(key)
        taken = self.rfile.read(size // 3) if held is not None else b""
        if held is not None:
            held.wait(60)
        body = taken + self.rfile.read(size - len(taken))
        if len(body) < size:
            raise ConnectionResetError("the page has gone")
        return body

    def handle_one(self, method: str):
        path = urllib.parse.urlsplit(self.path).path
        try:
            body = self.read_body(f"{method} {path}")
        except OSError:
            self.close_connection = True
            return
        if path.startswith("/api/"):
            self.fuse.asked.append((method, path, dict(self.headers), body))
            self.rest(method, path, body)
        else:
            self.page(path)

    def page(self, path: str):
        file = (WWW / ("index.html" if path in PAGES else path.lstrip("/"))).resolve()
        if WWW not in file.parents or not file.is_file():
            return self.answer(404, problem("not-found", "There is no such page."))
        kind = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}.get(file.suffix, mimetypes.guess_type(file.name)[0])
        return self.answer(200, file.read_bytes(), kind)

    def rest(self, method: str, path: str, body: bytes):
        told = self.fuse.answers.get(f"{method} {path}")
        if told:
            return self.answer(*(told.pop(0) if isinstance(told, list) else told))
        if path == "/api/v1/events":
            return self.events()
        for on, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and on == method:
                return act(self, body, *found.groups())
        return self.answer(404, problem("not-found", f"{method} {path} is not played."))

    do_GET = lambda self: self.handle_one("GET")  # noqa: E731
    do_POST = lambda self: self.handle_one("POST")  # noqa: E731
    do_PATCH = lambda self: self.handle_one("PATCH")  # noqa: E731
    do_DELETE = lambda self: self.handle_one("DELETE")  # noqa: E731

    # -- the WebSocket ------------------------------------------------------------------------------------

    def events(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"),
                            ("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        fuse = self.fuse
        with fuse.lock:
            fuse.send(self.connection, json.dumps({"type": "hello", "protocol": 1, "version": fuse.status["version"], "instance": "f", "serverTime": now()}))
            fuse.send(self.connection, fuse.snapshot())
            fuse.sockets.append(self.connection)
        try:
            while (text := self.read_frame()) is not None:
                message = json.loads(text)
                if message.get("type") == "ping":
                    with fuse.lock:
                        fuse.send(self.connection, json.dumps({"type": "pong", "t": message["t"], "serverTime": now()}))
        except (OSError, ValueError):
            pass
        with fuse.lock:
            if self.connection in fuse.sockets:
                fuse.sockets.remove(self.connection)

    def read_frame(self):
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 15 != 1:
            return None
        size = head[1] & 127
        if size == 126:
            size = struct.unpack(">H", self.rfile.read(2))[0]
        mask = self.rfile.read(4)
        return bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(size))).decode()

    # -- REST ---------------------------------------------------------------------------------------------

    def session(self, _):
        self.answer(200, {"loginNeeded": False, "loggedIn": True, "setupNeeded": False, "secure": False})

    def settings(self, _):
        self.answer(200, {"settings": [{"name": "cacheMaxMib", "type": "integer", "value": self.fuse.setting, "default": 10240, "isDefault": True,
                                        "range": "", "unit": "MiB", "doc": "", "min": 100, "max": 10485760}]})

    def settings_change(self, body):
        self.fuse.setting = json.loads(body)["cacheMaxMib"]
        self.fuse.cache = {**self.fuse.cache, "limitBytes": self.fuse.setting * 1048576}
        self.fuse.tell({"cache": self.fuse.cache})
        self.answer(200, {"settings": []})

    def models(self, _):
        self.answer(200, {"models": [{"key": key, "name": name, "extruders": 2 if key == "H2D" else 1, "amsKinds": AMS[key],
                                      "accessCodeMenu": "Settings", "developerModeMenu": "Settings"}
                                     for key, name in MODELS.items()]})

    def file_add(self, body):
        name = urllib.parse.unquote(self.headers["X-File-Name"])
        sha256 = hashlib.sha256(body).hexdigest()
        status = 200 if sha256 in self.fuse.docs["files"] else 201
        if status == 201:
            self.fuse.add_file(name, check="waiting", content=body, size=len(body))
        self.answer(status, self.fuse.docs["files"][sha256])

    def file_get(self, _, sha256):
        self.answer(200, self.fuse.contents[sha256], "application/octet-stream")

    def file_remove(self, _, sha256):
        self.fuse.remove("files", sha256)
        self.answer(204)

    def files_clear(self, _):
        for sha256 in [one for one, file in self.fuse.docs["files"].items() if not file["openJobs"]]:
            self.fuse.remove("files", sha256)
        self.answer(200, {"sentence": "The files that no job needs are deleted."})

    def file_plates(self, _, sha256):
        if self.fuse.docs["files"][sha256]["check"] == "waiting":
            return self.answer(409, problem("conflict", "It is being looked into."))
        return self.answer(200, self.fuse.plates[sha256])

    def picture(self, _, sha256, plate):
        tint = int(sha256[:6], 16)
        self.answer(200, png(tint >> 16, tint >> 8 & 255, (tint + 40 * int(plate)) & 255), "image/png")

    def preflight(self, body, serial):
        order = json.loads(body)
        self.answer(200, self.fuse.preflight(self.fuse.docs["printers"][serial], self.fuse.docs["files"][order["file"]], order))

    def job_add(self, body, serial):
        self.answer(*self.fuse.submit(serial, self.headers["Idempotency-Key"], json.loads(body)))

    def job_get(self, _, job):
        if job not in self.fuse.docs["jobs"]:
            return self.answer(404, problem("not-found", "There is no such job."))
        return self.answer(200, {**self.fuse.docs["jobs"][job], "story": self.fuse.stories[job]})

    def job_cancel(self, _, job):
        self.fuse.move_job(job, "cancelled", "Cancelled by a person.")
        self.answer(200, {"sentence": "It is cancelled."})

    def job_again(self, _, job):
        was = self.fuse.docs["jobs"][job]
        again = self.fuse.add_job(was["printer"], was["file"], sentence="Fuse has it.")
        self.answer(201, self.fuse.docs["jobs"][again])

    def job_resolve(self, body, job):
        outcome = json.loads(body)["outcome"]
        self.fuse.move_job(job, {"started": "running"}.get(outcome, outcome), "A person said so.")
        self.answer(200, {"sentence": "Fuse has taken note of it."})

    def command(self, body, serial):
        command = json.loads(body)["command"]["command"]
        states = {"pause": "PAUSE", "resume": "RUNNING", "stop": "FAILED"}
        if command in states:
            self.fuse.change("printers", serial, stat={"state": states[command]})
        self.answer(200, {"confirmed": True, "sentence": f"{command} is done."})

    def plate_clear(self, _, serial):
        self.fuse.change("printers", serial, plateUsedAt=None)
        self.answer(200, {"sentence": "The plate is clear."})

    def virtual_add(self, body):
        self.answer(*self.fuse.make_virtual(json.loads(body)))

    def virtual_turn(self, body, serial):
        self.answer(*self.fuse.turn(serial, json.loads(body)))

    def virtual_access(self, _, serial):
        self.answer(200, {"user": "bblp", "accessCode": "87654321", "issuerPem": "-----BEGIN CERTIFICATE-----\n"})

    def printer_remove(self, _, serial):
        self.fuse.remove("printers", serial)
        self.answer(204)

    def printer_change(self, body, serial):
        self.fuse.change("printers", serial, **json.loads(body))
        self.answer(200, self.fuse.docs["printers"][serial])


ONE = "([^/]+)"
ROUTES = [
    ("GET", "/api/v1/session", Handler.session), ("GET", "/api/v1/models", Handler.models),
    ("GET", "/api/v1/settings", Handler.settings), ("PATCH", "/api/v1/settings", Handler.settings_change),
    ("POST", "/api/v1/files", Handler.file_add), ("DELETE", "/api/v1/files", Handler.files_clear),
    ("GET", f"/api/v1/files/{ONE}", Handler.file_get), ("DELETE", f"/api/v1/files/{ONE}", Handler.file_remove),
    ("GET", f"/api/v1/files/{ONE}/plates", Handler.file_plates), ("GET", f"/api/v1/files/{ONE}/plates/([0-9]+).png", Handler.picture),
    ("POST", f"/api/v1/printers/{ONE}/preflight", Handler.preflight), ("POST", f"/api/v1/printers/{ONE}/jobs", Handler.job_add),
    ("POST", f"/api/v1/printers/{ONE}/commands", Handler.command), ("POST", f"/api/v1/printers/{ONE}/plate-clear", Handler.plate_clear),
    ("POST", "/api/v1/virtual-printers", Handler.virtual_add), ("POST", f"/api/v1/printers/{ONE}/virtual", Handler.virtual_turn),
    ("POST", f"/api/v1/printers/{ONE}/virtual/access", Handler.virtual_access),
    ("PATCH", f"/api/v1/printers/{ONE}", Handler.printer_change), ("DELETE", f"/api/v1/printers/{ONE}", Handler.printer_remove),
    ("GET", f"/api/v1/jobs/{ONE}", Handler.job_get),
    ("DELETE", f"/api/v1/jobs/{ONE}", Handler.job_cancel), ("POST", f"/api/v1/jobs/{ONE}/again", Handler.job_again),
    ("POST", f"/api/v1/jobs/{ONE}/resolve", Handler.job_resolve),
]
