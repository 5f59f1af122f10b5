"""What was acknowledged is on the disk, and whatever happens to that disk is said in a plain sentence.

Disks that are full or read only are real ones: a small tmpfs in place of the store's folder, in a mount
namespace that ends with this run.
"""
import contextlib
import ctypes
import hashlib
import os
import random
import re
import signal
import subprocess
import threading

import pytest

from rig import fuse as rig_fuse
from rig import procfs, secrets, wire
from rig.waiting import wait_until

CLONE_NEWNS = 0x20000


# -- looking and touching ---------------------------------------------------------------------------

def store_dir(fuse):
    return fuse.state / "store"


def database(fuse):
    return store_dir(fuse) / "db" / "data.mdb"


def status(fuse) -> dict:
    return fuse.ask("store")["store"]


def value_of(fuse, name: str) -> str:
    with fuse.ctl() as ctl:
        return {setting["name"]: setting["value"] for setting in ctl.recall("SETTING")}[name]


def set_setting(fuse, name: str, value: str) -> str:
    """Returns what was answered; raises wire.Refused."""
    with fuse.ctl() as ctl:
        return ctl.request("SETTING_SET", {"name": name, "value": value}, "stored")[-1]["sentence"]


def set_secret(fuse, name: str, value: str):
    with fuse.ctl() as ctl:
        ctl.request("SECRET_SET", {"name": name, "value": value.encode()}, "stored")


def wait_snapshot(fuse):
    fuse.wait_until(lambda: status(fuse)["snapshotAt"], 10, "no snapshot is taken after the first change")


def wait_health(fuse, health: str) -> dict:
    def healthy():
        now = status(fuse)
        return now if now["health"] == health else None

    return fuse.wait_until(healthy, 15, lambda: f"the store is not {health}: {status(fuse)}")


def files_below(folder) -> dict:
    """Every file with its size and hash."""
    return {str(path.relative_to(folder)): (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(folder.rglob("*")) if path.is_file()}


def edit_store(fuse, table: str, key: str, value: str):
    subprocess.run([rig_fuse.BUILD / "tests" / "store_edit", database(fuse), table, key, value], check=True)


# -- nothing is acknowledged before it is on the disk -----------------------------------------------

def test_a_setting_survives_the_death_of_the_store_right_after_its_answer(fuse):
    row = fuse.ps()["stored"]
    with fuse.ctl() as ctl:
        ctl.request("SETTING_SET", {"name": "fuseName", "value": "North farm"}, "stored")
        fuse.kill(row["pid"], signal.SIGKILL)
    fuse.restart("stored")
    assert value_of(fuse, "fuseName") == "North farm"


def test_a_setting_survives_the_death_of_all_of_fuse(fuse):
    assert fuse.fusectl("settings", "fuseName=North farm").returncode == 0
    fuse.kill9()
    fuse.start()
    assert value_of(fuse, "fuseName") == "North farm"
    assert fuse.fusectl("settings", "--default", "fuseName").returncode == 0
    fuse.stop()
    fuse.start()
    assert value_of(fuse, "fuseName") == "Fuse"


class Changer(threading.Thread):
    """Sets a setting to 1001, 1002 … and a new secret each time, and remembers what was acknowledged."""

    def __init__(self, fuse):
        super().__init__()
        self.fuse = fuse
        self.acknowledged = self.attempted = 1000
        self.secrets_acknowledged = 0
        self.enough = threading.Event()
        self.fault = None

    def run(self):
        try:
            with self.fuse.ctl(timeout_s=60) as ctl:
                while not self.enough.is_set():
                    self.change(ctl)
        except Exception as fault:  # pylint: disable=broad-except
            self.fault = fault

    def change(self, ctl):
        number = self.acknowledged + 1
        try:
            self.attempted = number
            ctl.request("SETTING_SET", {"name": "logFileMaxKib", "value": str(number)}, "stored")
            self.acknowledged = number
            ctl.request("SECRET_SET", {"name": f"printer/{number}", "value": b"12345678"}, "stored")
            self.secrets_acknowledged += 1
        except wire.Refused as refused:
            assert refused.reason in ("died", "unreachable"), refused
            self.enough.wait(0.005)  # it is being restarted


@pytest.mark.timelimit(180)
def test_two_hundred_changes_while_the_store_is_killed_again_and_again(fuse):
    dice = random.Random(7)
    changer = Changer(fuse)
    changer.start()
    try:
        for _ in range(15):
            target = changer.acknowledged + dice.randint(3, 25)
            fuse.wait_until(lambda: changer.acknowledged >= target or changer.fault, 30)  # pylint: disable=cell-var-from-loop
            row = fuse.ps()["stored"]
            fuse.kill(row["pid"], signal.SIGKILL)
            fuse.wait_until(lambda: fuse.ps()["stored"]["pid"] != row["pid"], 5)  # pylint: disable=cell-var-from-loop
            if fuse.ps()["stored"]["state"] == "waiting":
                fuse.fusectl("retry", "stored")
            before = changer.acknowledged
            fuse.wait_reborn("stored", row["generation"])
            # What was acknowledged is there, or what was tried after it.
            assert before <= int(value_of(fuse, "logFileMaxKib")) <= changer.attempted
        fuse.wait_until(lambda: changer.acknowledged >= 1200 or changer.fault, 30)
    finally:
        changer.enough.set()
        changer.join()
    assert changer.fault is None
    assert int(value_of(fuse, "logFileMaxKib")) == changer.acknowledged
    # The setting is one record; a secret that was kept but whose answer died with the store may be there, too.
    fuse.wait_until(lambda: status(fuse)["records"] > changer.secrets_acknowledged, 5,
                    lambda: f"{status(fuse)} but {changer.secrets_acknowledged} secrets were acknowledged")


def test_many_requests_at_once_are_all_answered_and_kept(fuse):
    """They come in one turn of the store's loop and share a commit."""
    with fuse.ctl() as ctl:
        wanted = {ctl.post("SECRET_SET", {"name": f"printer/{n}", "value": b"x"}, "stored") for n in range(60)}
        while wanted:
            frame = ctl.receive()
            if frame.request_id in wanted:
                assert frame.message.name == "DONE", frame
                wanted.remove(frame.request_id)
    fuse.wait_until(lambda: status(fuse)["records"] == 60 + len(fuse.workers), 5, lambda: str(status(fuse)))


# -- what is refused ----------------------------------------------------------------------------------

@pytest.mark.parametrize("name,value,reason,words", [
    ("logLevle", "info", "not-found", "Did you mean 'logLevel'?"),
    ("colourOfTheBox", "blue", "not-found", "There is no setting 'colourOfTheBox'."),
    ("snapshotKeep", "1", "invalid", "snapshotKeep must be 2 to 168 snapshots."),
    ("snapshotKeep", "many", "invalid", "snapshotKeep must be 2 to 168 snapshots."),
    ("logLevel", "loud", "invalid", "logLevel must be one of error, warn, info, debug."),
    ("fuseName", "two\nlines", "invalid", "fuseName must be text of 1 to 60 bytes"),
])
def test_a_wrong_setting_is_refused_with_what_is_allowed(fuse, name, value, reason, words):
    with pytest.raises(wire.Refused) as refused:
        set_setting(fuse, name, value)
    assert refused.value.reason == reason
    assert words in refused.value.sentence + refused.value.remedy
    assert status(fuse)["records"] == 0


def test_a_change_is_in_force_at_once_and_everybody_hears_of_it(fuse):
    assert set_setting(fuse, "snapshotKeep", "30") == "snapshotKeep is 30 now."
    assert value_of(fuse, "snapshotKeep") == "30"
    assert set_setting(fuse, "logToFile", "OFF") == "logToFile is false now."
    assert value_of(fuse, "logToFile") == "false"


def test_there_is_nothing_to_confirm_in_a_healthy_store(fuse):
    with fuse.ctl() as ctl, pytest.raises(wire.Refused) as refused:
        ctl.request("STORE_CONFIRM", {}, "stored")
    assert refused.value.reason == "conflict"


# -- damage -------------------------------------------------------------------------------------------

def flip_bytes(path):
    """One bit in each copy of the value that a record holds."""
    data = bytearray(path.read_bytes())
    places = [match.start() for match in re.finditer(b"After the snapshot", data)]
    assert places
    for place in places:
        data[place] ^= 4
    path.write_bytes(data)


def cut_off(path):
    os.truncate(path, 9000)


def make_empty(path):
    os.truncate(path, 0)


def remove(path):
    path.unlink()


@pytest.mark.parametrize("damage", [flip_bytes, cut_off, make_empty, remove])
def test_a_damaged_database_is_restored_and_prints_are_held(make_fuse, damage):
    fuse = make_fuse(workers=["ALPHA"]).start()
    set_setting(fuse, "fuseName", "Before the snapshot")
    wait_snapshot(fuse)
    set_setting(fuse, "fuseName", "After the snapshot")
    fuse.stop()
    damage(database(fuse))
    fuse.start()

    assert value_of(fuse, "fuseName") == "Before the snapshot"
    now = status(fuse)
    assert now["health"] == "restored" and now["holdsPrints"]
    what = "gone" if damage is remove else "damaged"
    assert re.search(rf"The database was {what}.*It is again as it was at 20\d\d-\d\d-\d\dT.*what was changed after that "
                     "is lost", now["sentence"])
    fuse.wait_log(f'lvl=error msg="The database was {what}')
    kept = list(store_dir(fuse).glob("damaged-*/db/data.mdb"))
    assert len(kept) == (0 if damage is remove else 1)

    # It stays so until a person says so, whatever is restarted.
    fuse.restart("stored")
    assert status(fuse)["holdsPrints"]
    fuse.stop()
    fuse.start()
    assert status(fuse)["holdsPrints"]
    assert fuse.fusectl("--yes", "store", "confirm").returncode == 0
    wait_health(fuse, "good")
    assert not status(fuse)["holdsPrints"]
    fuse.restart("stored")
    assert not status(fuse)["holdsPrints"]


def test_damage_without_a_good_snapshot_begins_empty_and_says_so(make_fuse):
    fuse = make_fuse().start()
    set_setting(fuse, "fuseName", "Lost for ever")
    wait_snapshot(fuse)
    fuse.stop()
    cut_off(database(fuse))
    for snapshot in (store_dir(fuse) / "snapshots").iterdir():
        cut_off(snapshot)
    fuse.start()
    assert value_of(fuse, "fuseName") == "Fuse"
    assert "No snapshot was good: settings and secrets are lost and must be set again." in status(fuse)["sentence"]
    assert status(fuse)["holdsPrints"]


def test_damage_while_it_runs_is_noticed_and_restored(make_fuse):
    """The next change of the record finds it; the store restarts and restores itself."""
    fuse = make_fuse().start()
    set_setting(fuse, "fuseName", "Before the snapshot")
    wait_snapshot(fuse)
    set_setting(fuse, "fuseName", "After the snapshot")
    row = fuse.ps()["stored"]
    flip_bytes(database(fuse))
    with pytest.raises(wire.Refused) as refused:
        set_setting(fuse, "fuseName", "Anything")
    assert "The database is damaged: record fuseName of table settings" in refused.value.sentence
    fuse.wait_reborn("stored", row["generation"])
    assert value_of(fuse, "fuseName") == "Before the snapshot"
    assert status(fuse)["health"] == "restored"


# -- a database that is not for this Fuse ---------------------------------------------------------------

def test_a_database_of_a_newer_fuse_is_named_and_not_touched(make_fuse):
    fuse = make_fuse(workers=["ALPHA"]).start()
    set_setting(fuse, "fuseName", "From the future")
    fuse.stop()
    edit_store(fuse, "meta", "writtenBy", "7.8.9")
    edit_store(fuse, "meta", "schema", "99")
    before = files_below(store_dir(fuse))
    code, said = fuse.start_in_vain()
    assert code == 80
    assert re.search(r"The database was written by Fuse \S+; this is Fuse \S+, which is too old for it\.", said)
    assert files_below(store_dir(fuse)) == before
    # And again: it is not worn down by trying.
    assert fuse.start_in_vain()[0] == 80
    assert files_below(store_dir(fuse)) == before


@pytest.mark.parametrize("how", ["gone", "another", "cut off"])
def test_a_lost_key_stops_fuse_and_nothing_is_made_over_it(make_fuse, planted_secret, how):
    fuse = make_fuse().start()
    set_secret(fuse, "printer/ALPHA", planted_secret)
    fuse.stop()
    key = store_dir(fuse) / "secret.key"
    right = key.read_bytes()
    owner = key.stat()
    key.unlink()
    if how != "gone":
        key.write_bytes(b"k" * 32 if how == "another" else right[:16])
        os.chown(key, owner.st_uid, owner.st_gid)
    before = files_below(store_dir(fuse))
    code, said = fuse.start_in_vain()
    assert code == 83
    assert "secret.key" in said
    assert files_below(store_dir(fuse)) == before
    # With the right key all is as it was.
    key.write_bytes(right)
    os.chown(key, owner.st_uid, owner.st_gid)
    key.chmod(0o600)
    fuse.start()
    assert status(fuse)["records"] == 1


# -- secrets --------------------------------------------------------------------------------------------

def test_a_secret_stands_nowhere_in_the_open(make_fuse, planted_secret):
    fuse = make_fuse().start()
    fuse.fusectl("settings", "logLevel=debug")
    set_secret(fuse, "printer/ALPHA", planted_secret)
    wait_snapshot(fuse)
    key = store_dir(fuse) / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    fuse.stop()
    assert len(files_below(store_dir(fuse))) >= 3
    assert secrets.leaks_below(fuse.state) == []
    assert not any(key.read_bytes() in path.read_bytes() for path in fuse.state.rglob("*")
                   if path.is_file() and path != key)


def test_a_worker_gets_its_own_secret_and_no_other(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker", "gatewayd"})
    of_alpha, of_beta, of_gateway = secrets.plant(), secrets.plant(), secrets.plant()
    fuse.plan("worker/ALPHA", "usr1", "want_secret", "printer/ALPHA", of_alpha)
    fuse.plan("worker/BETA", "usr1", "want_secret", "printer/ALPHA", of_alpha)
    fuse.plan("gatewayd", "usr1", "want_secret", "gateway/token", of_gateway)
    fuse.plan("gatewayd", "usr1", "want_secret", "printer/BETA", of_beta)
    fuse.start()
    set_secret(fuse, "printer/ALPHA", of_alpha)
    set_secret(fuse, "printer/BETA", of_beta)
    set_secret(fuse, "gateway/token", of_gateway)
    for process in ("worker/ALPHA", "worker/BETA", "gatewayd"):
        fuse.provoke(process)

    fuse.wait_log(r'entry=ALPHA.* msg="got the secret as it should be" secret=printer/ALPHA')
    fuse.wait_log(r'entry=BETA.* msg="was refused" reason=forbidden')
    fuse.wait_log(r'role=gatewayd.* msg="got the secret as it should be" secret=gateway/token')
    fuse.wait_log(r'role=gatewayd.* msg="was refused" reason=forbidden')
    fuse.wait_log('role=stored.* msg="refused a secret to a process that it is not for" from=worker')
    assert "should not be" not in fuse.stderr_text()
    # The next incarnation of ALPHA gets it as well; a removed one is gone.
    row = fuse.ps()["worker/ALPHA"]
    fuse.kill(row["pid"], signal.SIGKILL)
    fuse.restart("worker/ALPHA") if fuse.ps()["worker/ALPHA"]["state"] != "up" else None
    fuse.wait_reborn("worker/ALPHA", row["generation"])
    set_secret(fuse, "printer/ALPHA", "")
    fuse.provoke("worker/ALPHA")
    fuse.wait_log(r'entry=ALPHA.* msg="was refused" reason=not-found')


def test_a_secret_with_an_odd_name_is_refused(fuse):
    for name in ("", "printer/\u00fc", "printer/a b", "a\tb"):
        with pytest.raises(wire.Refused) as refused:
            set_secret(fuse, name, "12345678")
        assert refused.value.reason == "invalid"


# -- the disk ---------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def own_mounts():
    """From here on this run has its own view of what is mounted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        pytest.skip("not tried: this user may not mount a disk of its own (that takes root)")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


class Disk:
    """A small disk in place of a Fuse's store folder."""

    def __init__(self, fuse, kib: int):
        self.folder = store_dir(fuse)
        self.folder.mkdir(parents=True, exist_ok=True)
        fuse.state.chmod(0o751)
        self.ballast = self.folder / "ballast"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=700", "none", self.folder], check=True)

    def fill(self):
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    def free(self):
        self.ballast.unlink()

    def read_only(self, yes: bool):
        subprocess.run(["mount", "-o", "remount,ro" if yes else "remount,rw", self.folder], check=True)

    def gone(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)


@pytest.fixture
def disk_for(own_mounts):
    """A function that gives a Fuse a small disk for its store; it goes with the test."""
    made = []

    def make(fuse, kib: int = 512) -> Disk:
        made.append(Disk(fuse, kib))
        return made[-1]

    yield make
    for disk in made:
        disk.gone()


def test_a_disk_that_fills_up_refuses_changes_and_recovers_by_itself(disk_for, make_fuse):
    fuse = make_fuse(workers=["ALPHA"])
    disk = disk_for(fuse)
    fuse.start()
    set_setting(fuse, "fuseName", "North farm")
    with fuse.others_untouched():
        disk.fill()
        with pytest.raises(wire.Refused) as refused:
            set_setting(fuse, "fuseName", "South farm")
        assert refused.value.reason == "no-space"
        assert refused.value.sentence == "Could not write to the disk: the disk is full."
        assert "Free some space" in refused.value.remedy
        now = wait_health(fuse, "full")
        assert "What is kept can be read; changes are refused." in now["sentence"]
        assert value_of(fuse, "fuseName") == "North farm"
        fuse.wait_log('lvl=error msg="the disk takes no changes; what is kept can be read"')
        disk.free()
        set_setting(fuse, "fuseName", "South farm")
        wait_health(fuse, "good")
        assert value_of(fuse, "fuseName") == "South farm"


def test_a_full_disk_that_gets_space_is_noticed_without_anybody_asking(disk_for, make_fuse):
    fuse = make_fuse()
    disk = disk_for(fuse)
    fuse.start()
    disk.fill()
    with pytest.raises(wire.Refused):
        set_setting(fuse, "fuseName", "South farm")
    wait_health(fuse, "full")
    disk.free()
    wait_health(fuse, "good")
    fuse.wait_log('msg="the disk takes changes again"')


def test_fuse_starts_on_a_full_disk_and_shows_what_is_kept(disk_for, make_fuse):
    fuse = make_fuse()
    disk = disk_for(fuse)
    fuse.start()
    set_setting(fuse, "fuseName", "North farm")
    fuse.stop()
    disk.fill()
    fuse.start()
    assert value_of(fuse, "fuseName") == "North farm"
    assert status(fuse)["health"] == "full"
    with pytest.raises(wire.Refused) as refused:
        set_setting(fuse, "fuseName", "South farm")
    assert refused.value.reason == "no-space"
    disk.free()
    set_setting(fuse, "fuseName", "South farm")


def test_without_room_to_begin_the_store_says_so_and_begins_when_there_is_room(disk_for, make_fuse):
    fuse = make_fuse()
    disk = disk_for(fuse, 64)
    disk.fill()
    fuse.spawn()
    line = fuse.wait_log("role=stored.* lvl=error")
    assert "Could not make the database: the disk is full." in line
    assert "Free some space" in line
    fuse.wait_obituary("stored", "could not read or write the disk")
    disk.free()
    fuse.wait_state("stored", "up")
    fuse.wait_all_up()


def test_fuse_starts_on_a_read_only_disk_and_shows_what_is_kept(disk_for, make_fuse):
    fuse = make_fuse()
    disk = disk_for(fuse)
    fuse.start()
    set_setting(fuse, "fuseName", "North farm")
    fuse.stop()
    disk.read_only(True)
    fuse.start()
    assert value_of(fuse, "fuseName") == "North farm"
    assert status(fuse)["health"] == "read-only"
    with pytest.raises(wire.Refused) as refused:
        set_setting(fuse, "fuseName", "South farm")
    assert refused.value.reason == "read-only"
    assert refused.value.sentence == "Could not write to the database: Read-only file system."
    disk.read_only(False)
    set_setting(fuse, "fuseName", "South farm")
    wait_health(fuse, "good")
    fuse.restart("stored")
    assert value_of(fuse, "fuseName") == "South farm"


@contextlib.contextmanager
def immutable(path):
    """Nobody may change the file, not even who has it open. Skips where that cannot be had."""
    with path.with_name("trial").open("wb", buffering=0) as trial:
        done = subprocess.run(["chattr", "+i", trial.name], capture_output=True, check=False)
        try:
            trial.write(b"x")
            stands = False
        except OSError:
            stands = done.returncode == 0
    subprocess.run(["chattr", "-i", trial.name], capture_output=True, check=False)
    os.unlink(trial.name)
    if not stands:
        pytest.skip("not tried: this file system has no files that are immutable for their writers")
    subprocess.run(["chattr", "+i", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def test_a_database_that_becomes_read_only_refuses_changes_and_recovers(fuse):
    """The kernel takes a disk away under an open file only when the disk fails. An immutable file refuses its
    writer in the same way."""
    set_setting(fuse, "fuseName", "North farm")
    with fuse.others_untouched():
        with immutable(database(fuse)):
            with pytest.raises(wire.Refused) as refused:
                set_setting(fuse, "fuseName", "South farm")
            assert refused.value.reason == "read-only"
            assert "writable" in refused.value.remedy
            wait_health(fuse, "read-only")
            assert value_of(fuse, "fuseName") == "North farm"
        wait_health(fuse, "good")
        set_setting(fuse, "fuseName", "South farm")
        assert value_of(fuse, "fuseName") == "South farm"


# -- and besides ----------------------------------------------------------------------------------------

def test_the_store_is_started_by_fused_only(tmp_path):
    done = subprocess.run([rig_fuse.BUILD / "fuse-stored"], capture_output=True, text=True, check=False)
    assert done.returncode == 64 and "Start `fused` instead" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_snapshots_are_thinned_out(make_fuse):
    fuse = make_fuse().start()
    folder = store_dir(fuse) / "snapshots"

    def fresh():
        return [path for path in folder.glob("*.mdb") if not path.name.startswith("2020")]

    set_setting(fuse, "snapshotKeep", "2")
    for number in range(4):
        set_setting(fuse, "fuseName", f"Farm {number}")
        fuse.wait_until(fresh, 10, "no snapshot is taken")
        fuse.stop()
        for path in fresh():  # as if years had gone by
            path.rename(folder / re.sub("^....", "2020", path.name))
        fuse.start()
    set_setting(fuse, "fuseName", "The last farm")
    fuse.wait_until(lambda: fresh() and len(list(folder.glob("*.mdb"))) == 2, 10, lambda: str(list(folder.iterdir())))
