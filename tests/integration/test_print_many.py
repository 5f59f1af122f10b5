"""Many jobs at once: one file to twenty printers, orders in one instant, and a hundred files to printers whose storage (vsftpd) breaks
off at 1, 50 and 99 %: each is there whole in the end, and none is said to be that is not.

Addresses: 127.0.53.0/24.
"""
import concurrent.futures
import contextlib
import threading
import time

import pytest

from rig import ftpd, threemf
from rig.place import make_place  # noqa: F401
from rig.waiting import wait_until

MIB = 1 << 20
X1C = "00M00A530000001"


@pytest.fixture
def place(make_place):
    return make_place(hold=True)


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # a Mosquitto goes with the thread that has started it
        yield pool


def serial_of(number: int) -> str:
    return f"00M00A5300001{number:02}"


@pytest.mark.timelimit(120)
def test_one_file_to_twenty_printers(place, pool):
    printers = list(pool.map(lambda n: place.printer(serial_of(n), f"127.0.53.{100 + n}"), range(20)))
    content = threemf.sliced("BL-P001", gcode_bytes=MIB)
    file = place.keep(content)
    jobs = [place.order(printer.serial, file) for printer in printers]
    for printer, job in zip(printers, jobs):
        now = place.wait_job(job, "running", deadline_s=60)
        assert printer.storage.read(now["remotePath"]) == content
    numbers = [start["subtask_id"] for printer in printers for start in printer.starts]
    assert len(numbers) == len(set(numbers)) == 20
    for printer in printers:
        printer.finish()
    for job in jobs:
        place.wait_job(job, "done")
    assert all(len(printer.starts) == 1 and not printer.missing for printer in printers)
    assert [one["openJobs"] for one in place.rest.get("/api/v1/files").json()["files"]] == [[]]


def at_one_instant(count: int, do) -> list:
    """do(0 … count - 1), all together."""
    gate = threading.Barrier(count)

    def one(number):
        gate.wait(20)
        return do(number)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_two_orders_for_one_printer_at_one_instant(place):
    printer = place.printer(X1C, "127.0.53.1")
    file = place.keep(threemf.sliced("BL-P001"))
    jobs = sorted(at_one_instant(2, lambda _: place.order(X1C, file)))
    assert len(set(jobs)) == 2
    for job in jobs:  # one after the other
        place.wait_job(job, "running")
        printer.finish()
        place.wait_job(job, "done")
        place.clear_plate(X1C)
    assert [start["subtask_id"] for start in printer.starts] == [str(place.job(job)["number"]) for job in jobs]


def test_one_order_eight_times_at_one_instant_is_one_job(place):
    printer = place.printer(X1C, "127.0.53.1")
    body = {"file": place.keep(threemf.sliced("BL-P001")), "plate": 1}
    answers = at_one_instant(8, lambda _: place.rest.ask("POST", f"/api/v1/printers/{X1C}/jobs", body, {"Idempotency-Key": "one"}))
    assert {answer.status for answer in answers} == {200, 201} and [answer.status for answer in answers].count(201) == 1
    job, = {answer.json()["id"] for answer in answers}
    place.wait_job(job, "running")
    printer.finish()
    place.wait_job(job, "done")
    assert len(printer.starts) == 1 and len(place.rest.get("/api/v1/jobs").json()["jobs"]) == 1


# -- a hundred files ------------------------------------------------------------------------------------------

PRINTERS, FILES_EACH, RATE = 10, 10, 2 * MIB
SHARES = (0.01, 0.5, 0.99)


class Breaker:
    """Breaks the sessions of storages off when a file has come to a share of its size; each file once."""

    def __init__(self, storages: list, size: int):
        self.storages, self.size, self.ended = storages, size, False
        self.seen, self.cut = {storage: set() for storage in storages}, 0  # cut: those that were not whole then
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.ended:
            for storage in self.storages:
                self._look(storage)
            time.sleep(0.005)

    def _look(self, storage):
        share = SHARES[len(self.seen[storage]) % len(SHARES)]
        with contextlib.suppress(FileNotFoundError):  # it was deleted this moment
            for path, size in storage.files().items():
                if path not in self.seen[storage] and size >= self.size * share:
                    storage.break_sessions()
                    self.seen[storage].add(path)
                    self.cut += size < self.size

    def has_seen(self, count: int) -> bool:
        return sum(len(seen) for seen in self.seen.values()) == count

    def close(self):
        self.ended = True
        self.thread.join(10)


@pytest.mark.timelimit(180)
@pytest.mark.skipif(not ftpd.POSSIBLE, reason="vsftpd needs namespaces of its own")
def test_a_hundred_files_to_storages_that_break_off(place, pool):
    def storage(*arguments, **how):
        return ftpd.VsftpdPrinter(*arguments, **how, rate=RATE)

    contents = [threemf.sliced("BL-P001", gcode_bytes=MIB // 2, level=0, mark=str(n)) for n in range(FILES_EACH)]
    files = [place.keep(content) for content in contents]
    printers = list(pool.map(lambda n: place.printer(serial_of(n), f"127.0.53.{100 + n}", kind=storage), range(PRINTERS)))
    breaker = Breaker([printer.storage for printer in printers], len(contents[0]))
    jobs = {place.order(printer.serial, file, stageOnly=True): (printer, file) for file in files for printer in printers}
    try:
        for job, (printer, file) in jobs.items():
            now = place.wait_job(job, "staged", deadline_s=120)
            assert printer.storage.sha256(now["remotePath"]) == file
        wait_until(lambda: breaker.has_seen(100), 30, "the last files to be seen by the breaker, too")
    finally:
        breaker.close()
    told = [place.job(job) for job in jobs]
    assert len(jobs) == 100
    assert breaker.cut and sum(job["attempts"] > 1 for job in told)
    print(f"{breaker.cut} were cut, {sum(job['attempts'] > 1 for job in told)} sent again")
    assert not any(printer.starts for printer in printers)
    for printer in printers:
        assert len(printer.storage.files()) == FILES_EACH
