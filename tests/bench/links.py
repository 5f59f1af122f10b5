"""The figures of the links: 100 printers played by Mosquitto, reports of 15 KB, `mosquitto_sub` beside Fuse as the
reference. Called by run.py.
"""
import datetime
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import threading
import time

from rig import links, printers
from rig.fuse import BUILD, Fuse
from rig.waiting import wait_until

PRINTERS = 100
REPORT_BYTES = 15000
WINDOW_S = 20
KILLS = 30
HERE = pathlib.Path(__file__).resolve().parent
LIVED_S = 10  # a worker that has lived so long restarts at once
PUBLISHES = 400


def serial_of(number: int) -> str:
    return f"00M00A{number:09}"


class Farm:
    """The printers, and the reports that they send: full ones of 15 KB in which a few values change."""

    def __init__(self):
        self.beats = 0
        self.template = links.sample("x1c-1")["print"]
        self.template["msg"] = 0
        self.template["padding"] = "x" * max(0, REPORT_BYTES - len(json.dumps(self.template, separators=(",", ":"))))
        self.printers = [printers.MosquittoPrinter(serial_of(n), f"127.0.50.{n}", auto=True) for n in range(1, PRINTERS + 1)]
        for printer in self.printers:
            printer.report = self.payload()
            printer.start()

    def payload(self) -> bytes:
        self.beats += 1
        changed = {"layer_num": self.beats, "nozzle_temper": 200 + random.randrange(300) / 10,
                   "bed_temper": 55 + random.randrange(20) / 10, "mc_remaining_time": 100 + self.beats % 100,
                   "wifi_signal": f"-{random.randrange(40, 60)}dBm", "sequence_id": str(self.beats)}
        return json.dumps({"print": {**self.template, **changed}}, separators=(",", ":")).encode()

    def publish_for(self, seconds: float, per_second: int) -> int:
        """Every printer reports so often; returns how many reports each sent."""
        started, rounds = time.monotonic(), int(seconds * per_second)
        for turn in range(rounds):
            for index, printer in enumerate(self.printers):
                due = started + (turn + index / PRINTERS) / per_second
                if due > time.monotonic():
                    time.sleep(due - time.monotonic())
                printer.publish(self.payload())
        return rounds

    def close(self):
        for printer in self.printers:
            printer.kill()


def new_fuse(farm: Farm, watched: bool = False) -> Fuse:
    """A Fuse with all printers, live. `watched`: statewatch in httpd's place."""
    fuse = Fuse(rogues={"httpd"} if watched else (), name="bench-links")
    if watched:
        shutil.copy2(BUILD / "tests/statewatch", fuse.bin / "fuse-httpd")
        (fuse.bin / "statewatch.log").touch()
        (fuse.bin / "statewatch.log").chmod(0o666)
    fuse.start(all_up=False)
    for printer in farm.printers:
        links.add(fuse, printer.serial, printer.address, pin=printer.fingerprint, model="X1C")
    wait_live(fuse)
    return fuse


def wait_live(fuse, count: int = PRINTERS):
    def live():
        with fuse.ctl() as ctl:
            return sum(row["online"] for row in ctl.recall("PRINTER_LINK")) == count

    wait_until(live, 120, "not all printers are live")


def tree(fuse) -> list:
    """The pids of fused and all its children."""
    return [fuse.pid, *(int(pid) for pid in pathlib.Path(f"/proc/{fuse.pid}/task/{fuse.pid}/children").read_text().split())]


def cpu_ns(pids) -> int:
    """What these processes, with all their threads, have run."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def start_subscribers(farm: Farm) -> list:
    """One mosquitto_sub for each printer; all are subscribed."""
    before = [len(p.subscriptions()) for p in farm.printers]
    started = [subprocess.Popen(["mosquitto_sub", "-h", p.address, "-p", "8883", "--cafile", str(p.dir / "cert.pem"), "--insecure",
                              "-u", "bblp", "-P", p.code, "-t", f"device/{p.serial}/report"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for p in farm.printers]
    wait_until(lambda: all(len(p.subscriptions()) > n for p, n in zip(farm.printers, before)), 60, "not all are subscribed")
    return started


def received(fuse, serial: str) -> int:
    """How many reports the worker has kept (its ring is emptied before)."""
    done = fuse.fusectl("--json", "messages", serial, timeout_s=60)
    return sum(1 for line in done.stdout.splitlines() if '"direction":"received"' in line and '"kind":"full"' in line)


def clear(fuse):
    with fuse.ctl() as ctl:
        rows = [row for row in ctl.recall("PROC_STATUS") if row["entry"]]
        for row in rows:
            ctl.request("MESSAGES_CLEAR", {"serial": row["entry"]}, "worker", row["slot"])


class Listener:
    """A client of /api/v1/events in a process of its own; `arrived` is what it wrote."""

    def __init__(self, fuse, serial: str):
        self.out = open(fuse.dir / "listener.log", "w+")
        self.process = subprocess.Popen([sys.executable, str(HERE / "listener.py"), fuse.address, serial], stdout=self.out)
        wait_until(lambda: (fuse.dir / "listener.log").read_text().startswith("live\n"), 20, "no snapshot")

    def arrived(self) -> list:
        """(seconds since 1970, layer)"""
        self.out.seek(0)
        return [(float(at), int(layer)) for at, layer in (line.split() for line in self.out.readlines()[1:])]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.out.close()


def measure_cpu(farm, fuse, row):
    subscribers = start_subscribers(farm)
    listener = Listener(fuse, farm.printers[0].serial)
    try:
        pids, others = tree(fuse), [s.pid for s in subscribers]
        clear(fuse)
        before, before_others = cpu_ns(pids), cpu_ns(others)
        rounds = farm.publish_for(WINDOW_S, 1)
        time.sleep(0.5)
        ours, theirs = cpu_ns(pids) - before, cpu_ns(others) - before_others
        seen = len(listener.arrived())
        assert seen >= 0.9 * rounds, f"the client was told of {seen} of {rounds} reports"
    finally:
        listener.close()
        for subscriber in subscribers:
            subscriber.kill()
            subscriber.wait()
    count = rounds * PRINTERS
    ratio = ours / theirs
    row("CPU of the whole tree with a client of the events WebSocket, 100 printers, 15 KB a second each, a report", f"{ours / count / 1e6:.2f} ms, {ratio:.2f} ×",
        "3 ×", f"mosquitto_sub {theirs / count / 1e6:.2f} ms", ratio <= 3)
    lost = sum(rounds - received(fuse, p.serial) for p in farm.printers[::5])
    row("reports lost of these (every fifth printer)", str(lost), "0", f"{rounds * PRINTERS // 5} sent", lost == 0)


def received_s(state: dict) -> float:
    return datetime.datetime.fromisoformat(state["receivedAt"].replace("Z", "+00:00")).timestamp()


def measure_load(farm, fuse, row):
    ages, stop = [], threading.Event()

    def look():
        while not stop.wait(0.4):
            now = time.time()
            with fuse.ctl() as ctl:
                ages.append(max(now - received_s(json.loads(r["json"])) for r in ctl.recall("PRINTER_STATE")))

    clear(fuse)
    watcher = threading.Thread(target=look)
    farm.publish_for(2, 5)
    clear(fuse)
    watcher.start()
    rounds = farm.publish_for(8, 5)
    stop.set()
    watcher.join()
    time.sleep(0.5)
    lost = sum(rounds - received(fuse, p.serial) for p in farm.printers[::10])
    row("reports lost at 5 a second each (every tenth printer)", str(lost), "0", f"{rounds * PRINTERS // 10} sent", lost == 0)
    row("oldest state meanwhile", f"{max(ages):.2f} s", "1 s", "-", max(ages) <= 1)


def pss_kib(pid: int) -> int:
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def measure_memory(farm, fuse, row):
    full = farm.printers[:10]
    for _ in range(1300):
        for printer in full:
            printer.publish(farm.payload())
    for printer in full:
        fuse.wait_until(lambda p=printer: links.stats(fuse)[p.serial]["layers"]["current"] > farm.beats - 20, 60)
    with fuse.ctl() as ctl:
        by_serial = {r["entry"]: r["pid"] for r in ctl.recall("PROC_STATUS") if r["entry"]}
    filled = statistics.mean(pss_kib(by_serial[p.serial]) for p in full)
    idle = statistics.mean(pss_kib(by_serial[p.serial]) for p in farm.printers[10:])
    subscribers = start_subscribers(farm)
    reference = statistics.mean(pss_kib(s.pid) for s in subscribers)
    for subscriber in subscribers:
        subscriber.kill()
        subscriber.wait()
    row("PSS of a worker among 100, with a full ring", f"{filled / 1024:.2f} MiB ({idle / 1024:.2f} with a short one)", "1.75 MiB",
        f"mosquitto_sub {reference / 1024:.2f} MiB", filled <= 1792)


def arrivals(fuse, kind: str) -> list:
    return [(int(at), serial, int(value)) for k, at, serial, value in
            (line.split() for line in (fuse.bin / "statewatch.log").read_text().splitlines()) if k == kind]


def measure_latency(farm, fuse, row):
    printer = farm.printers[0]
    listener = Listener(fuse, printer.serial)
    with open(fuse.dir / "reference.log", "w+") as out:
        reference = subprocess.Popen(["mosquitto_sub", "-h", printer.address, "-p", "8883", "--cafile",
                                      str(printer.dir / "cert.pem"), "--insecure", "-u", "bblp", "-P", printer.code, "-t",
                                      f"device/{printer.serial}/report", "-F", "%U %p"], stdout=out)
        time.sleep(1)
        sent = {}
        for _ in range(PUBLISHES):
            payload = farm.payload()
            sent[farm.beats] = time.time()
            printer.publish(payload)
            time.sleep(0.11 + random.random() / 100)  # the state goes out ten times a second at most
        time.sleep(0.5)
        reference.kill()
        reference.wait()
        out.seek(0)
        theirs = []
        for line in out:
            at, _, payload = line.partition(" ")
            theirs.append((float(at) - sent[json.loads(payload)["print"]["layer_num"]]) * 1000)
    ours = [(at - sent[layer]) * 1000 for at, layer in listener.arrived() if layer in sent]
    listener.close()
    p99, p99_reference = (sorted(values)[int(len(values) * 0.99)] for values in (ours, theirs))
    row("printer's publish to a client of the events WebSocket, p99", f"{p99:.2f} ms (p50 {statistics.median(ours):.2f}, {len(ours)} of {PUBLISHES})",
        "2 ×, under 5 ms", f"mosquitto_sub {p99_reference:.2f} ms (p50 {statistics.median(theirs):.2f})",
        p99 <= 5 and p99 <= 2 * p99_reference)


def measure_recovery(farm, fuse, row):
    times, stop = [], threading.Event()

    def keep_talking():  # else they count as silent
        while not stop.is_set():
            farm.publish_for(1, 1)

    talker = threading.Thread(target=keep_talking)
    talker.start()
    time.sleep(LIVED_S)
    try:
        disturbed = kill_some(farm, fuse, times)
    finally:
        stop.set()
        talker.join()
    p99 = max(times)
    row("kill -9 of a worker until its printer is live again, p99 (among 100)",
        f"{p99:.0f} ms (p50 {statistics.median(times):.0f}, {KILLS} kills), {len(disturbed)} others disturbed", "300 ms", "-",
        p99 < 300 and not disturbed)


def kill_some(farm, fuse, times: list) -> list:
    """Fills in how long each took to be back; returns the others whose link was touched meanwhile."""
    others = dict.fromkeys((p.serial for p in farm.printers), 0)
    with fuse.ctl() as ctl:
        reconnects = {r["serial"]: r["reconnects"] for r in ctl.recall("PRINTER_LINK")}
    for printer in random.sample(farm.printers, KILLS):
        pid = fuse.ps()[f"worker/{printer.serial}"]["pid"]
        killed = time.time()
        os.kill(pid, 9)
        wait_until(lambda: any(at / 1e6 > killed and serial == printer.serial and online
                               for at, serial, online in arrivals(fuse, "L")), 20, "it does not come back")
        at = next(at for at, serial, online in arrivals(fuse, "L") if at / 1e6 > killed and serial == printer.serial and online)
        times.append((at / 1e6 - killed) * 1000)
        others.pop(printer.serial)
    with fuse.ctl() as ctl:
        return [r["serial"] for r in ctl.recall("PRINTER_LINK")
                if r["serial"] in others and (r["reconnects"] != reconnects[r["serial"]] or not r["online"])]


def measure_start(farm, fuse, row):
    fuse.stop()
    started = time.monotonic()
    fuse.spawn()
    wait_until(lambda: fuse.socket_path.exists(), 10, "no door")
    wait_live(fuse)
    took = time.monotonic() - started
    row("start of fused until 100 printers are live", f"{took:.2f} s", "3 s", "-", took <= 3)


def measure(row):
    farm = Farm()
    try:
        fuse = new_fuse(farm)
        try:
            measure_start(farm, fuse, row)
            measure_cpu(farm, fuse, row)
            measure_latency(farm, fuse, row)
            measure_load(farm, fuse, row)
            measure_memory(farm, fuse, row)
        finally:
            fuse.close()
        fuse = new_fuse(farm, watched=True)
        try:
            measure_recovery(farm, fuse, row)
        finally:
            fuse.close()
    finally:
        farm.close()
