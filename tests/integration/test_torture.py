"""A hundred workers, and whatever dies takes nothing else along."""
import random
import signal
import time

import pytest

from rig import procfs
from rig.waiting import wait_until

WORKERS = [f"01S00C{number:09d}" for number in range(1, 101)]


def kill_and_see_reborn(fuse, victims):
    """kill -9 each of the victims, all old enough to come back at once; nobody else may notice."""
    before = fuse.ps()
    for name in victims:
        assert before[name]["ageMs"] >= 10000, f"{name} is too young for this"
        fuse.kill(before[name]["pid"], signal.SIGKILL)

    def all_back():
        rows = fuse.ps()
        return rows if all(rows[name]["state"] == "up" and rows[name]["generation"] > before[name]["generation"]
                           for name in victims) else None

    after = fuse.wait_until(all_back, 10, "not every victim came back")
    assert set(after) == set(before)
    for name, row in after.items():
        if name in victims:
            assert row["restarts"] == before[name]["restarts"] + 1
            assert "signal 9" in row["obituary"]
        else:
            assert row["pid"] == before[name]["pid"], f"{name} was touched"


def youngest_age_s(fuse):
    return min(row["ageMs"] / 1000 for row in fuse.ps().values())


@pytest.mark.timelimit(180)
def test_two_hundred_random_kills_leave_the_others_untouched(make_fuse):
    fuse = make_fuse(workers=WORKERS).start()
    dice = random.Random(20261122)
    waiting = [f"worker/{entry}" for entry in WORKERS] * 2
    for round_number in range(2):
        wait_until(lambda: youngest_age_s(fuse) >= 10.5, 30)
        victims = waiting[round_number * 100:(round_number + 1) * 100]
        dice.shuffle(victims)
        while victims:
            count = min(dice.randint(1, 20), len(victims))
            kill_and_see_reborn(fuse, set(victims[:count]))
            victims = victims[count:]
    assert sum(row["restarts"] for row in fuse.ps().values()) == 200


def test_fused_killed_leaves_no_process_and_the_next_start_rebuilds_all(make_fuse):
    fuse = make_fuse(workers=WORKERS).start()
    assert fuse.fusectl("settings", "fuseName=The Cellar").returncode == 0
    orphans = procfs.children(fuse.pid)
    assert len(orphans) == len(WORKERS) + 4
    fuse.kill9()
    killed = time.monotonic()
    wait_until(lambda: not any(procfs.alive(pid) for pid in orphans), 5)
    assert time.monotonic() - killed < 1, "children outlived their supervisor by more than a second"
    fuse.start()
    settings = {row["name"]: row["value"] for row in fuse.ask("settings")["settings"]}
    assert settings["fuseName"] == "The Cellar"


def test_a_new_start_right_after_the_kill_finds_the_folder_free(make_fuse):
    fuse = make_fuse(workers=WORKERS[:20]).start()
    for _ in range(3):
        fuse.kill9()
        fuse.start()
