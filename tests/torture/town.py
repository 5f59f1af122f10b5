"""The farm of the torture: printers that print quickly and keep count of what they were told, clients that order prints again and
again until they are answered, and a person who looks at printers and says what became of a job.

Nobody here knows what is killed when. What a printer has counted is the truth; the referee (referee.py) holds Fuse's words
against it.
"""
import collections
import contextlib
import hashlib
import http.client
import json
import random
import threading
import time

from rig import ftpd, threemf
from rig.brain import Brain
from rig.place import CODE, ENDED

# serial, what files call the model, plain deltas, starts unasked, kind of its storage
PRINTERS = [("00M00A500000101", "BL-P001", False, True, ftpd.FtpsPrinter),
            ("00M00A500000102", "BL-P001", False, False, ftpd.FtpsPrinter),
            ("01P00A500000103", "C12", True, True, ftpd.FtpsPrinter),
            ("01P00A500000104", "C12", True, False, ftpd.FtpsPrinter),
            ("03000A500000105", "N1", True, True, ftpd.FtpsPrinter),
            ("22E00A500000106", "N7", False, True, ftpd.VsftpdPrinter if ftpd.POSSIBLE else ftpd.FtpsPrinter)]
SIZES = (20_000, 600_000, 6_000_000)  # of the G-code in the files
OPEN_MOST = 3  # jobs of a printer
RATE = 6_000_000  # bytes a second that most storages take
PRINT_S = (0.05, 1.5)  # a print takes from … to
# What a printer does with a start (rig/brain.py), and how often.
MANNERS = {"prints": 80, "waits": 8, "refuses": 3, "fails": 3, "echoes": 3, "deaf": 3}
WAIT_S = (0.2, 3.0)  # one that waits parses so long before it begins
JOBS_MAX = 1024  # that the store keeps
GRACE_S = 1.0  # so long nobody decides on a job that is UNKNOWN


class Truth:
    """What became of one number at its printer."""

    def __init__(self):
        self.starts, self.began, self.end = 0, 0, ""  # end: "finished", "failed", "stopped", "cut"


class CountingBrain(Brain):
    """A printer that counts, looks at each file that it is to print, and ends its prints by itself."""

    def __init__(self, serial: str, address: str, town, **options):
        self.town, self.truths, self.wrong = town, collections.defaultdict(Truth), []
        self.ends_at, self.begins_at, self.says_at, self.dice = None, None, 0, random.Random(serial)
        super().__init__(serial, address, **options)

    @property
    def is_busy(self) -> bool:
        return self.state["gcode_state"] in ("PREPARE", "RUNNING", "PAUSE")

    @property
    def shown(self) -> str:
        return self.state["subtask_id"]

    def _start(self, inner: dict):
        number = inner.get("subtask_id", "")
        truth = self.truths[number]
        truth.starts += 1
        if truth.starts > 1:
            self.wrong.append(f"{self.serial} was told {truth.starts} times to print number {number}")
        if self.is_busy:
            self.wrong.append(f"{self.serial} was told to print number {number} while it prints {self.shown}")
        path = "/" + inner.get("url", "").removeprefix("ftp://").lstrip("/")
        whole = self.town.is_whole(self.storage, path)
        if not whole:
            self.wrong.append(f"{self.serial} was told to print {path}, which is not there whole")
        self.manner = self.dice.choices(list(MANNERS), MANNERS.values())[0]
        try:
            super()._start(inner)
        finally:  # also when it was unplugged in the middle of saying so
            if self.manner == "waits" and whole:
                self.begins_at = time.monotonic() + self.dice.uniform(*WAIT_S)
            if self.is_busy and self.shown == number:
                self._note_beginning()

    def _note_beginning(self):
        self.truths[self.shown].began += 1
        self.ends_at = time.monotonic() + self.dice.uniform(*PRINT_S)

    def _stop(self, inner: dict):
        if self.is_busy:
            self.truths[self.shown].end, self.ends_at = "stopped", None
        super()._stop(inner)

    def pass_time(self):
        """Its print may be over; and it is heard now and then."""
        if time.monotonic() > self.says_at:
            self.says_at = time.monotonic() + 3
            self.say(nozzle_temper=self.dice.randint(25, 27))
        with self.turn:
            if self.begins_at is not None and time.monotonic() > self.begins_at:
                self.begins_at = None
                self.go("RUNNING", layer_num=1)
                self._note_beginning()
            if self.ends_at is None or time.monotonic() < self.ends_at:
                return
            self.ends_at, good = None, self.dice.random() < 0.85
            self.truths[self.shown].end = "finished" if good else "failed"
        self.finish() if good else self.fail(0x0300800B)

    def cut_power(self):
        """It was unplugged: when it is back it knows nothing of its print."""
        self.storage.stop()
        self.stop()
        with self.turn:
            self.begins_at = None
            if self.is_busy:
                self.truths[self.shown].end, self.ends_at = "cut", None
            self.state.update(gcode_state="IDLE", subtask_id="0", task_id="0", subtask_name="", gcode_file="", print_error=0,
                              mc_remaining_time=0, layer_num=0)


class Town:
    """
    fuse     started already
    ca       the issuer that it trusts
    """

    def __init__(self, fuse, ca, folder, seed: int):
        self.fuse, self.dice, self.ended, self.lock = fuse, random.Random(seed), False, threading.Lock()
        self.contents = {(code, size): threemf.sliced(code, gcode_bytes=size, mark=str(size), level=0)
                         for code in {row[1] for row in PRINTERS} for size in SIZES}
        self.digests = {hashlib.sha256(content).hexdigest() for content in self.contents.values()}
        self.printers = {}
        for at, (serial, _, plain, unasked, kind) in enumerate(PRINTERS, 1):
            storage = kind(serial, f"127.0.60.{at}", CODE, ca=ca).start()
            storage.rate = RATE
            self.printers[serial] = CountingBrain(serial, f"127.0.60.{at}", self, storage=storage, ca=ca, code=CODE,
                                                  tmp_path=folder, plain=plain).start()
        # By key; by id as they were told just now; and ever: the oldest that have ended give way to others.
        self.orders, self.jobs, self.seen = {}, {}, {}
        self.words, self.said = [], {}  # what went wrong between client and Fuse; id -> what the person said
        self.unknown_since, self.keys = {}, 0
        self.gone = {}  # jobs that a restored database does not know, as they were seen last
        self.threads, self.orders_more = [], True

    def is_whole(self, storage, path: str) -> bool:
        with contextlib.suppress(OSError):
            return hashlib.sha256(storage.read(path)).hexdigest() in self.digests
        return False

    # -- over REST ------------------------------------------------------------------------------------------

    def try_once(self, method: str, path: str, body=None, headers=None) -> tuple:
        """(status, parsed answer); raises OSError or HTTPException when Fuse is not there just now."""
        address, _, port = self.fuse.http.rpartition(":")
        connection = http.client.HTTPConnection(address, int(port), timeout=30)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def insist(self, method: str, path: str, body=None, headers=None, deadline_s: float = 120) -> tuple:
        """Again and again until it was answered, and not by "try again"."""
        until = time.monotonic() + deadline_s
        while True:
            said = None
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                said = self.try_once(method, path, body, headers)
                if said[0] < 500:
                    return said
            assert time.monotonic() < until, f"{method} {path} is not answered: {said}"
            time.sleep(0.1)

    def keep(self, content: bytes, code: str) -> str:
        headers = {"Content-Type": "application/octet-stream", "X-File-Name": f"part-{code}.gcode.3mf"}
        status, told = self.insist("POST", "/api/v1/files", content, headers)
        assert status in (200, 201), told
        return told["sha256"]

    # -- who lives here -----------------------------------------------------------------------------------------

    def settle(self):
        """Printers and files are known; then everybody begins."""
        for serial, _, _, unasked, _ in PRINTERS:
            self.insist("PATCH", f"/api/v1/printers/{serial}", {"startsUnasked": unasked})
        self.kept = {key: self.keep(content, key[0]) for key, content in self.contents.items()}
        for live in (self._printers_live, self._look, self._person, *[self._client] * 3):
            thread = threading.Thread(target=self._surely, args=(live,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _surely(self, live):
        """Until the end; whatever goes wrong in here is told and tried again."""
        while not self.ended:
            try:
                live()
            except (OSError, http.client.HTTPException, ValueError, TypeError):
                pass  # Fuse is not there just now, or has answered half
            except AssertionError as fault:
                self.words.append(str(fault))
            time.sleep(0.05)

    def _printers_live(self):
        for printer in self.printers.values():
            with contextlib.suppress(AttributeError):  # it is switched off this moment
                printer.pass_time()

    def _look(self):
        """All jobs as Fuse tells them."""
        status, told = self.try_once("GET", "/api/v1/jobs?limit=1024")
        if status == 200:
            with self.lock:
                self.jobs = {job["id"]: job for job in told["jobs"]}
                self.seen.update(self.jobs)

    def open_jobs(self, serial: str = None) -> list:
        with self.lock:
            return [job for job in self.jobs.values() if job["state"] not in ENDED and serial in (None, job["printer"])]

    def _client(self):
        """Orders something, insists, and now and then cancels it."""
        with self.lock:
            if not self.orders_more:
                return
            serial, code = self.dice.choice(PRINTERS)[:2]
            pending = sum(1 for order in self.orders.values() if order["printer"] == serial and not order["id"])
            key, size = f"order-{self.keys}", self.dice.choice(SIZES)
            stage_only, cancels, is_new = (self.dice.random() < share for share in (0.1, 0.12, 0.15))
            self.keys += 1
        if len(self.open_jobs(serial)) + pending >= OPEN_MOST:
            return
        order = {"printer": serial, "id": "", "stage": stage_only, "sha256": self.kept[code, size]}
        with self.lock:
            self.orders[key] = order
        if is_new:
            content = threemf.sliced(code, mark=key, level=0)
            self.digests.add(hashlib.sha256(content).hexdigest())
            order["sha256"] = self.keep(content, code)
        body = {"file": order["sha256"], "plate": 1, "stageOnly": stage_only}
        while not order["id"]:
            status, told = self.insist("POST", f"/api/v1/printers/{serial}/jobs", body, {"Idempotency-Key": key})
            if status in (200, 201):
                order["id"] = told["id"]
            elif status != 409:  # 409: the file is being looked into, or too many jobs wait
                raise AssertionError(f"an order is refused: {status} {told}")
            time.sleep(0.1)
        if cancels:
            time.sleep(self.dice.uniform(0, 2))
            self.insist("DELETE", f"/api/v1/jobs/{order['id']}")

    def find_lost(self):
        """The database was restored: who ordered what it does not know orders it again, with the same key."""
        with self.lock:
            orders = {key: order for key, order in self.orders.items() if order["id"]}
        for key, order in orders.items():
            if self.insist("GET", f"/api/v1/jobs/{order['id']}")[0] != 404 or self.made_room(order["id"]):
                continue
            lost = self.gone[order["id"]] = {"number": 0, **self.seen.get(order["id"], {})}
            body = {"file": order["sha256"], "plate": 1, "stageOnly": order["stage"]}
            status, told = self.insist("POST", f"/api/v1/printers/{order['printer']}/jobs", body, {"Idempotency-Key": key})
            starts = self.printers[order["printer"]].truths[str(lost["number"])].starts if lost["number"] else 0
            if status in (200, 201) and starts:
                self.words.append(f"{order['id']} was started, lost, and with the same key it is ordered again as {told['id']}")
            order["id"] = told["id"] if status in (200, 201) else "gone"

    def made_room(self, job: str) -> bool:
        """It had ended, and so many came after it that the store keeps it no more."""
        return len(self.seen) >= JOBS_MAX and self.seen.get(job, {}).get("ended", False)

    # -- a person ------------------------------------------------------------------------------------------------

    def _person(self):
        """Takes prints off plates, and looks at printers where Fuse does not know; confirms what was restored."""
        status, told = self.try_once("GET", "/api/v1/status")
        if status == 200 and told["store"]["holdsPrints"]:
            self.fuse.fusectl("--yes", "store", "confirm")
        for serial, _, _, unasked, _ in PRINTERS:
            status, told = self.try_once("GET", f"/api/v1/printers/{serial}")
            printer = self.printers[serial]
            if status == 200 and told["plateUsedAt"] and not unasked and not printer.is_busy:
                self.insist("POST", f"/api/v1/printers/{serial}/plate-clear")
        for job in self.open_jobs():
            if job["state"] != "unknown":
                self.unknown_since.pop(job["id"], None)
            elif time.monotonic() - self.unknown_since.setdefault(job["id"], time.monotonic()) > GRACE_S:
                self._decide(job)

    def _decide(self, job: dict):
        printer = self.printers[job["printer"]]
        truth = printer.truths[str(job["number"])]
        if (truth.began and not truth.end) or printer.begins_at is not None:
            return  # it prints, or is about to: Fuse will see it
        word = "not-started" if not truth.began else "done" if truth.end == "finished" else "failed"
        status, _ = self.insist("POST", f"/api/v1/jobs/{job['id']}/resolve", {"outcome": word})
        if status < 300:
            self.said[job["id"]] = word
        self.unknown_since.pop(job["id"], None)

    # -- the end ---------------------------------------------------------------------------------------------------

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join(60)

    def close(self):
        for printer in self.printers.values():
            printer.close()
            printer.storage.close()
