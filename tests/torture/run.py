#!/usr/bin/python3
"""Kill whatever there is while prints run, and see that nothing prints twice, is lost, or is said to be done when it is not:

	tests/torture/run.py BUILD RUNS [SEED]

So many kills at random moments: workers, uploads, the store, fused itself, httpd, filechk, printers that are unplugged; half of
them at the crash points (common/crashpoint.h). Now and then the database is lost, and what was kept some time before is all that
Fuse finds. Then all is left alone until each job has ended, and the printers' own counts are
held against what Fuse says. The exit code is 0 only when nothing was wrong.
"""
import collections
import contextlib
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
if len(sys.argv) not in (3, 4):
    print(__doc__, file=sys.stderr)
    sys.exit(64)
os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/integration"))

from rig import crashpoints, links, procfs  # noqa: E402
from rig.fuse import Fuse  # noqa: E402
from rig.place import CODE, ENDED  # noqa: E402
from rig.printers import OwnIssuer  # noqa: E402
from rig.waiting import wait_until  # noqa: E402

import referee  # noqa: E402
from town import JOBS_MAX, PRINTERS, Town  # noqa: E402

# How often each is chosen.
VICTIMS = {"worker": 30, "upload": 20, "stored": 14, "fused": 4, "fused in good order": 1, "httpd": 3, "filechk": 3, "printer": 4, "network": 4, "database": 2, "point": 40}
SNAPSHOT = "2026-11-22T18-30-00Z-5.mdb"  # as the store names what it keeps now and then
PAUSE_S = (0.05, 0.7)
AWAY_S = (0.2, 3.0)  # a printer that is unplugged
HELD_S = 6.0  # so long somebody may come to a crash point
QUIET_S = 300  # until every job has ended after the last kill
POINTS = sorted(crashpoints.names())


class Killer:
    def __init__(self, fuse, town, seed: int):
        self.fuse, self.town, self.dice = fuse, town, random.Random(seed)
        self.kills, self.at_points = collections.Counter(), collections.Counter()
        self.held_until, self.point, self.last_point, self.away = 0, "", "", {}

    @property
    def count(self) -> int:
        return sum(self.kills.values())

    def pids(self, role: str) -> list:
        """Of its processes that run now."""
        found = []
        for pid in procfs.children(self.fuse.pid):
            try:
                if pathlib.Path(procfs.command_line(pid)[0]).name == f"fuse-{role}":
                    found.append(pid)
            except (OSError, IndexError):
                pass  # it ended this moment
        return found

    def kill(self, pid: int, who: str) -> bool:
        try:
            if procfs.parent(pid) != self.fuse.pid:
                return False
            os.kill(pid, signal.SIGKILL)
        except (OSError, IndexError):
            return False
        self.kills[who] += 1
        return True

    def kill_the_held(self):
        """Whoever has come to the crash point and stands still there."""
        for pid in procfs.children(self.fuse.pid):
            try:
                if procfs.state(pid) == "T" and self.kill(pid, "at a crash point"):
                    self.at_points[self.last_point] += 1
                    self.held_until = 0
            except (OSError, IndexError):
                pass
        if self.point and time.monotonic() > self.held_until:
            self.point = ""
            self.fuse.hold_at("")

    def set_point(self):
        """From now on whoever starts and comes there stands still; so that there is somebody, one is killed."""
        if self.point:
            return
        rare = min(self.at_points[point] for point in POINTS)
        self.point = self.last_point = self.dice.choice([point for point in POINTS if self.at_points[point] <= rare + 3])
        self.held_until = time.monotonic() + HELD_S
        self.fuse.hold_at(self.point)
        role = self.point.partition("-")[0]
        if role != "upload" and (pids := self.pids(role)):
            self.kill(self.dice.choice(pids), role)

    def end_fused(self, who: str):
        self.fuse.kill9() if who == "fused" else self.fuse.stop()
        self.kills[who] += 1
        self.fuse.start(all_up=False)

    def lose_database(self):
        """It is damaged, and a snapshot of some time ago is restored. The first time that snapshot is made."""
        folder = self.fuse.state / "store/snapshots"
        database = self.fuse.state / "store/db/data.mdb"
        if not (folder / SNAPSHOT).exists():
            self.fuse.stop()
            folder.mkdir(exist_ok=True)
            shutil.copy(database, folder / SNAPSHOT)
            self.fuse.start(all_up=False)
            return
        self.fuse.kill9()
        for path in folder.iterdir():
            if path.name != SNAPSHOT:
                path.unlink()
        database.write_bytes(b"x" * 65536)
        self.kills["database"] += 1
        self.fuse.start(all_up=False)
        self.town.find_lost()
        (folder / SNAPSHOT).unlink()  # the next time another one

    def start_again(self):
        """fused has ended, and not by us: that is wrong, whoever did it; the rest is seen all the same."""
        if self.fuse.running:
            return
        self.town.words.append(f"fused ended by itself, or was stopped from outside, with {self.fuse.process.returncode}")
        self.fuse.start(all_up=False)

    def unplug(self, how: str):
        serial = self.dice.choice(PRINTERS)[0]
        printer = self.town.printers[serial]
        if serial in self.away:
            return
        printer.cut_power() if how == "printer" else printer.stop()
        self.kills[how] += 1
        self.away[serial] = (time.monotonic() + self.dice.uniform(*AWAY_S), how)

    def plug_in(self, everything: bool = False):
        for serial, (until, how) in list(self.away.items()):
            if everything or time.monotonic() > until:
                self.plug_in_one(self.town.printers[serial], how)
                del self.away[serial]

    @staticmethod
    def plug_in_one(printer, how: str):
        """A busy machine may need more than one try: that is no fault of Fuse's."""
        if how == "printer":
            printer.storage.start()
        for _ in range(5):
            try:
                printer.start()
                return
            except AssertionError as fault:
                print(f"    a printer does not come up, and is tried again: {fault}", flush=True)
                printer.kill()
        raise SystemExit("the machine is too busy for this")

    def revive(self):
        """A person presses "try now" where something died too often."""
        self.start_again()
        with contextlib.suppress(AssertionError):  # it is too busy to answer: the next time
            for name, row in self.fuse.ps().items():
                if row["state"] == "held":
                    self.fuse.fusectl("retry", name)

    def strike(self):
        who = self.dice.choices(list(VICTIMS), VICTIMS.values())[0]
        self.start_again()
        if who.startswith("fused"):
            self.end_fused(who)
        elif who == "database":
            self.lose_database()
        elif who in ("printer", "network"):
            self.unplug(who)
        elif who == "point":
            self.set_point()
        elif pids := self.pids(who):
            self.kill(self.dice.choice(pids), who)

    def run(self, runs: int):
        told = began = time.monotonic()
        while self.count < runs:
            self.strike()
            until = time.monotonic() + self.dice.uniform(*PAUSE_S)
            while time.monotonic() < until:
                self.kill_the_held()
                self.plug_in()
                time.sleep(0.02)
            if self.count % 10 == 0:
                self.revive()
            if time.monotonic() - told > 30:
                told = time.monotonic()
                open_, all_ = len(self.town.open_jobs()), len(self.town.jobs)
                wrong = sum((printer.wrong for printer in self.town.printers.values()), []) + self.town.words
                print(f"  {told - began:5.0f} s: {self.count} kills, {all_} jobs, {open_} of them open"
                      + "".join(f"\n    WRONG: {one}" for one in wrong), flush=True)
        self.fuse.hold_at("")
        self.kill_the_held()
        self.plug_in(everything=True)


def let_it_end(killer, town):
    """Nobody orders, nobody is killed; until each job has ended and nothing is left to be deleted."""
    town.orders_more = False
    told = []

    def over():
        killer.kill_the_held()
        killer.revive()
        time.sleep(0.3)
        told[:] = [f"{job['id']} {job['state']} {job['fault']}: {job['sentence']}" for job in town.open_jobs()]
        waiting = sum(1 for order in town.orders.values() if not order["id"])
        return not told and not waiting and not any(printer.is_busy for printer in town.printers.values()) and town.jobs

    try:
        wait_until(over, QUIET_S, lambda: "\n".join(told))
    except AssertionError as fault:
        town.words.append(f"jobs do not end: {fault}")
    jobs = {job["id"]: job for job in town.insist("GET", "/api/v1/jobs?limit=1024")[1]["jobs"]}
    try:
        wait_until(lambda: not referee.look_at_storages(town, jobs), 60)
    except AssertionError:
        pass  # the referee says which
    now = {job["id"]: job for job in town.insist("GET", "/api/v1/jobs?limit=1024")[1]["jobs"]}
    # Those that gave way had ended when they were last seen.
    gone = {job["id"]: job for job in town.seen.values() if job["id"] not in now and job["ended"]}
    return now if len(now) < JOBS_MAX else {**gone, **now}


def main() -> int:
    runs, seed = int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) == 4 else random.randrange(1 << 30)
    print(f"torture: {runs} kills, seed {seed}, {len(POINTS)} crash points", flush=True)
    issuer, folder, began = OwnIssuer(), pathlib.Path(tempfile.mkdtemp(prefix="torture-")), time.monotonic()
    fuse = Fuse(name="torture", hold=True)
    (fuse.state / "ca.d").mkdir(parents=True)
    (fuse.state / "ca.d" / "test.pem").write_bytes(issuer.pem())
    fuse.start()
    town = Town(fuse, issuer, folder, seed)
    wrong = []
    try:
        for serial, printer in town.printers.items():
            links.add(fuse, serial, printer.address, CODE)
        town.settle()
        killer = Killer(fuse, town, seed)
        killer.run(runs)
        jobs = let_it_end(killer, town)
        stories = {job: told["story"] for job in jobs
                   for status, told in [town.insist("GET", f"/api/v1/jobs/{job}")] if status == 200}
        town.end()
        wrong, counts = referee.look_at_all(town, jobs, stories)
        tell(killer, town, jobs, counts, time.monotonic() - began)
        for fault in wrong:
            job = fault.split()[0].rstrip(":")
            print(f"WRONG: {fault}")
            for step in stories.get(job, []):
                print(f"    {step['at']} {step['state']:12} {step['sentence']}  [{step['evidence']}]")
    finally:
        town.end()
        try:
            fuse.close()
        except AssertionError as fault:
            wrong.append(str(fault))
            print(f"WRONG: {fault}")
        town.close()
    print(f"\n{len(wrong)} wrong")
    return 1 if wrong else 0


def tell(killer, town, jobs, counts, seconds: float):
    starts = sum(truth.starts for printer in town.printers.values() for truth in printer.truths.values())
    began = sum(truth.began for printer in town.printers.values() for truth in printer.truths.values())
    print(f"\n{killer.count} kills in {seconds:.0f} s: " + ", ".join(f"{n} {who}" for who, n in killer.kills.most_common()))
    print("  at crash points: " + ", ".join(f"{name} {n}" for name, n in sorted(killer.at_points.items())))
    print("  never reached: " + (", ".join(sorted(set(POINTS) - set(killer.at_points))) or "none"))
    print(f"{len(town.orders)} orders, {len(jobs)} jobs, {starts} starts came to printers, {began} prints began")
    for how, count in counts.most_common():
        print(f"  {count:5} {how}")


if __name__ == "__main__":
    sys.exit(main())
