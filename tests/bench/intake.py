"""What it takes to bring a large file into the cache by way of REST, with `cp` and `sha256sum` of the same file after each one as
the reference; and what a farm's files and jobs cost fuse-httpd when somebody begins to listen. Called by run.py; alone:
tests/bench/intake.py BUILD
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from rig import procfs, wire  # noqa: E402
from rig.alone import Alone  # noqa: E402
from rig.fuse import Fuse  # noqa: E402
from rig.live import Events  # noqa: E402

SIZE_MB, ROUNDS = 500, 5
FILES, JOBS = 2000, 1000
SENTENCE = "One plate for the X1 Carbon: 1 h 24 min, 32 g PLA."


def cpu_s(pid: int) -> float:
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def words(took_s: list) -> str:
    return f"{statistics.median(took_s):.2f} s (worst of {len(took_s)}: {max(took_s):.2f})"


def seconds(*commands: list) -> float:
    started = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure_large_file(row) -> None:
    """Each time the content is another, so that it is a new file each time."""
    ours, theirs = [], []
    fuse = Fuse(workers=[], name="bench-intake")
    # On the disk of the cache, whichever that is.
    with tempfile.TemporaryDirectory(dir=fuse.dir) as folder:
        try:
            fuse.start()
            file, copy = pathlib.Path(folder, "file"), pathlib.Path(folder, "copy")
            with open(file, "wb") as out:
                for _ in range(SIZE_MB):
                    out.write(os.urandom(1_000_000))
            httpd, memory_kib = fuse.pids()["httpd"], procfs.peak_memory_kib(fuse.pids()["httpd"])
            before_s = cpu_s(httpd)
            for number in range(ROUNDS):
                with open(file, "r+b") as out:
                    out.write(bytes([number]))
                ours.append(seconds(["curl", "-s", "-f", "-X", "POST", "-T", file, "-H", "Content-Type: application/octet-stream",
                                     f"http://{fuse.address}:8888/api/v1/files?name=large-{number}.gcode"]))
                theirs.append(seconds(["cp", file, copy], ["sha256sum", copy]))
            took_s = (cpu_s(httpd) - before_s) / ROUNDS
            more_mib = (procfs.peak_memory_kib(httpd) - memory_kib) / 1024
            fuse.stop()
        finally:
            fuse.close()
    row(f"{SIZE_MB} MB into the cache over HTTP, hashed and on disk", words(ours), "1.25 × the reference",
        f"cp and sha256sum of it, not synced: {words(theirs)}", statistics.median(ours) <= 1.25 * statistics.median(theirs))
    row("fuse-httpd meanwhile: CPU, and memory more than before (most ever)", f"{took_s:.2f} s, {more_mib:.1f} MiB", "8 MiB", "-", more_mib < 8)


def measure_snapshot(row) -> None:
    """The documents are made when the first one listens; whoever comes then gets the same message."""
    with Alone(printers=100, state='{"state":"IDLE"}') as httpd:
        for number in range(FILES):
            httpd.tell("FILE", {"sha256": f"{number:064x}", "name": f"part {number}.gcode.3mf", "size_bytes": 812345, "created_ms": number + 1,
                                "used_ms": number + 1, "check": 1, "kind": 1, "model": "X1C", "plates": 1, "open_jobs": int(number < JOBS),
                                "sentence": SENTENCE}, "stored", key=number)
        for number in range(JOBS):
            httpd.tell("JOB", {"id": f"J{number:07}", "serial": httpd.serials[number % 100], "sha256": f"{number:064x}", "plate": 1,
                               "printer_name": "Printer", "file_name": f"part {number}.gcode.3mf", "size_bytes": 812345,
                               "origin": wire.ROLES["httpd"], "state": 2, "sentence": "It waits until the printer is free.",
                               "created_ms": 1, "changed_ms": 1}, "stored", key=number)
        httpd.http.raw("GET", "/livez")
        costs = []
        for _ in range(2):  # the second is told what the first one was
            before_s = cpu_s(httpd.process.pid)
            first = Events(httpd, port=httpd.port)
            costs.append((cpu_s(httpd.process.pid) - before_s) * 1000)
            second_s = cpu_s(httpd.process.pid)
            with Events(httpd, port=httpd.port):
                costs.append((cpu_s(httpd.process.pid) - second_s) * 1000)
            whole_mib = len(str(first.whole)) / (1 << 20)
            first.close()
            httpd.http.raw("GET", "/livez")
        before_s, changes = cpu_s(httpd.process.pid), 500
        with Events(httpd, port=httpd.port) as events:
            before_s = cpu_s(httpd.process.pid)
            for number in range(changes):
                httpd.tell("JOB_PROGRESS", {"serial": httpd.serials[7], "id": "J0000007", "phase": "send", "sent_bytes": number + 1,
                                            "total_bytes": 812345}, "worker", 7)
                events.wait(lambda: (events.whole["jobs"]["J0000007"]["progress"] or {}).get("sentBytes") == number + 1)
            change_ms = (cpu_s(httpd.process.pid) - before_s) / changes * 1000
    row(f"/api/v1/events with {FILES} files and {JOBS} jobs: CPU of the first client, and of one more", f"{costs[0]:.0f} ms, {costs[1]:.0f} ms "
        f"(about {whole_mib:.1f} MiB each)", "-", "-", None)
    row("the same, one job's progress told: CPU", f"{change_ms:.2f} ms", "-", "-", None)


def measure(row) -> None:
    measure_large_file(row)
    measure_snapshot(row)


if __name__ == "__main__":
    measure(lambda *words_of_row: print(*words_of_row, sep=" | "))
