"""Many printers as Mosquitto plays them: added at once, live while parts of Fuse are killed under them, and beside some
that do what they can to harm the others. Addresses: 127.0.43.0/24 and 127.0.44.0/24.
"""
import contextlib
import json
import signal
import threading
import time

import pytest

from rig import fuse as rig_fuse
from rig import http, links, printers, procfs
from rig.links import delta, idle, troupe  # noqa: F401

MANY = 30


class Farm:
    """Printers that an issuer vouches for, and a Fuse that knows it."""

    def __init__(self, folder):
        self.ca, self.troupe = printers.OwnIssuer(), links.Troupe(folder)
        self.fuse = rig_fuse.Fuse(name="test_links_many")
        (self.fuse.state / "ca.d").mkdir(parents=True)
        (self.fuse.state / "ca.d" / "own.pem").write_bytes(self.ca.pem())
        self.fuse.state.chmod(0o755)
        self.fuse.start()
        self.printers = [self.troupe.printer(f"01P00A43{n:07}", f"127.0.43.{n}", ca=self.ca, code=f"Cd{n:06}")
                         for n in range(1, MANY + 1)]
        self.beat = 20

    def csv(self) -> str:
        rows = [f"Shelf {one.serial[-2:]},{one.address},{one.serial},{one.code},P1S" for one in self.printers]
        return "\n".join(["name,address,serial,code,model", *rows]) + "\n"

    def links(self) -> dict:
        with self.fuse.ctl() as ctl:
            return {row["serial"]: row for row in ctl.recall("PRINTER_LINK")}

    def wait_live(self, deadline_s: float = 20):
        def live():
            rows = self.links()
            return len(rows) == MANY and all(row["online"] for row in rows.values())

        self.fuse.wait_until(live, deadline_s,
                             lambda: [row["sentence"] for row in self.links().values() if not row["online"]])

    def beds(self) -> set:
        return {stat["data"]["temps"].get("bedTemp") for stat in links.stats(self.fuse).values()}

    def publish_all(self) -> float:
        """Each says something new; how long it takes until all of that is known."""
        self.beat += 1
        began = time.monotonic()
        for one in self.printers:
            one.publish(delta(bed_temper=self.beat))
        self.fuse.wait_until(lambda: self.beds() == {self.beat}, 10, "not all that was said is known")
        return time.monotonic() - began

    @contextlib.contextmanager
    def undisturbed(self, *processes):
        """No link but those of these processes is made anew within, and nothing else dies."""
        others = [one for one in self.printers if f"worker/{one.serial}" not in processes]
        before = {one.serial: self.links()[one.serial]["reconnects"] for one in others}
        counts = [len(one.subscriptions()) for one in others]
        with self.fuse.others_untouched(*processes):
            yield
        after = self.links()
        assert {serial: after[serial]["reconnects"] for serial in before} == before
        assert [len(one.subscriptions()) for one in others] == counts

    def close(self):
        self.troupe.close()
        self.fuse.close()


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    made = Farm(tmp_path_factory.mktemp("farm"))
    yield made
    made.close()


@pytest.fixture
def live_farm(farm):
    if not farm.links():
        test_thirty_printers_are_added_at_once(farm)
    farm.wait_live()
    return farm


def test_thirty_printers_are_added_at_once(farm):
    began = time.monotonic()
    told = farm.fuse.fusectl("--yes", "printer", "add", "--from", "-", stdin=farm.csv(), timeout_s=60)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Cd0000" not in told.stdout + told.stderr
    farm.wait_live()
    assert time.monotonic() - began < 30
    assert all(row["vouch"] == 2 and row["reconnects"] == 0 for row in farm.links().values())
    assert all(len(one.subscriptions()) == 1 for one in farm.printers)
    assert len({one.subscriptions()[0].split()[0] for one in farm.printers}) == MANY
    assert farm.publish_all() < 2
    counts = http.Http(farm.fuse).get("/api/v1/status").json()["counts"]
    assert counts == {"printers": MANY, "online": MANY, "withFault": 0, "held": 0}


def test_the_store_is_killed_and_no_link_notices(live_farm):
    fuse = live_farm.fuse
    generation = fuse.ps()["stored"]["generation"]
    with live_farm.undisturbed("stored"):
        fuse.kill("stored", signal.SIGKILL)
        assert live_farm.publish_all() < 2  # while it is away
        fuse.wait_reborn("stored", generation)
        live_farm.wait_live()
        assert live_farm.publish_all() < 2
        # And it serves: an edit comes through, to the process that runs.
        links.edit(fuse, live_farm.printers[0].serial, name="Renamed")
        links.wait_stat(fuse, live_farm.printers[0].serial, lambda s: s["name"] == "Renamed")


def test_a_killed_worker_among_thirty_is_back_and_nobody_else_notices(live_farm):
    one, fuse = live_farm.printers[7], live_farm.fuse
    process = f"worker/{one.serial}"
    one.report = idle(bed_temper=99)
    with live_farm.undisturbed(process):
        fuse.kill(process, signal.SIGKILL)
        links.wait_stat(fuse, one.serial, lambda s: s["isOnline"] and s["data"]["temps"]["bedTemp"] == 99)
    one.report = idle()
    assert live_farm.publish_all() < 2


def test_fuse_itself_is_killed_and_comes_back_with_all_its_links(live_farm):
    ids = {one.serial: one.subscriptions()[-1] for one in live_farm.printers}
    live_farm.fuse.kill9()
    for one in live_farm.printers:
        one.report = idle(bed_temper=66)
    live_farm.fuse.start(all_up=False)
    live_farm.wait_live()
    assert live_farm.beds() == {66}
    assert {one.serial: one.subscriptions()[-1] for one in live_farm.printers} == ids  # the same client ids
    assert live_farm.publish_all() < 2
    assert all(row["fault"] == "" for row in live_farm.links().values())


def test_a_printer_removed_is_gone_for_good_and_the_others_stay(live_farm):
    gone = live_farm.printers[-1]
    with live_farm.undisturbed(f"worker/{gone.serial}"):
        told = live_farm.fuse.fusectl("--yes", "printer", "remove", gone.serial)
        assert told.returncode == 0, told.stdout + told.stderr
        live_farm.fuse.wait_until(lambda: gone.serial not in live_farm.links())
        live_farm.fuse.wait_until(lambda: f"worker/{gone.serial}" not in live_farm.fuse.ps())
        links.add(live_farm.fuse, gone.serial, gone.address, code=gone.code)
        live_farm.wait_live()


# -- one hostile printer among many -------------------------------------------------------------------------------

def flood_of(*payloads):
    """A printer that says the same few things as fast as they are taken."""
    def make(serial, running):
        def play(line):
            line.accept_login()
            line.accept_subscription()
            topic = f"device/{serial}/report".encode()
            head = len(topic).to_bytes(2, "big") + topic
            packets = b"".join(printers.packet(links.PUBLISH, head + payload) for payload in payloads)
            packets *= max(1, 200_000 // len(packets))
            while running.is_set():
                line.send(packets)
        return play
    return make


def encode(report) -> bytes:
    return json.dumps(report).encode()


def hms(count: int) -> bytes:
    return encode(delta(hms=[{"attr": 0x03000100 + n, "code": 0x00010001} for n in range(count)]))


def version(number: int) -> bytes:
    return encode({"info": {"command": "get_version", "module": [{"name": "ota", "sw_ver": f"01.00.00.{number:02}"}]}})


# What it says without end, and the problem that is shown for it.
HOSTILE = {
    "full-reports": (flood_of(encode(links.sample("x1c-1"))), "developer-mode-off"),
    "deltas": (flood_of(encode(delta(bed_temper=1)), encode(delta(bed_temper=2))), "flooding"),
    "health-250-kib": (flood_of(hms(4000)), "bad-reports"),
    "nested-1-mb": (flood_of(b'{"a":' * 160_000 + b"1" + b"}" * 160_000), "bad-reports"),
    "garbage": (flood_of(b"\x00\xff" * 20_000), "bad-reports"),
    "firmware-and-storage": (flood_of(encode(idle()), version(1), encode(idle(sdcard=False, home_flag=0)), version(2),
                                      encode(delta(fun="20000000")), encode(delta(fun="0"))), "flooding"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_one_hostile_printer_never_makes_the_others_older_than_two_seconds(make_fuse, troupe, kind):
    fuse = make_fuse().start()
    others = [troupe.printer(f"00M00A44{n:07}", f"127.0.44.{n}") for n in range(1, 5)]
    for one in others:
        links.add(fuse, one.serial, one.address, pin=one.fingerprint)
    for one in others:
        links.wait_live(fuse, one.serial)
    flood, problem = HOSTILE[kind]
    running = threading.Event()
    running.set()
    serial, (chain, key) = "01P00A440000099", printers.self_signed("01P00A440000099")
    actor = troupe.peer(links.Actor, "127.0.44.99", chain, key, flood(serial, running))
    links.add(fuse, serial, actor.address, pin=printers.fingerprint(chain))
    fuse.wait_until(lambda: actor.handshakes, 10)
    pid = fuse.wait_state(f"worker/{serial}", "up")["pid"]
    worst, until = 0.0, time.monotonic() + 2
    try:
        for beat in range(100, 200):
            for one in others:
                one.publish(delta(bed_temper=beat))
            began = time.monotonic()
            for one in others:
                links.wait_stat(fuse, one.serial, lambda s: s["data"]["temps"]["bedTemp"] == beat)
            worst = max(worst, time.monotonic() - began)
            if time.monotonic() > until:
                break
        assert beat > 101
        # The hostile one answers for itself, too: it can be looked at, commanded about, and let go.
        began = time.monotonic()
        rest = http.Http(fuse, timeout_s=20)
        problems = [one["id"] for one in links.stats(fuse)[serial]["link"]["problems"]]
        assert problem in problems, problems
        assert rest.get(f"/api/v1/printers/{serial}").json()["serial"] == serial
        rest.get(f"/api/v1/printers/{serial}/messages?limit=5")
        assert time.monotonic() - began < 5
        assert fuse.pids()[f"worker/{serial}"] == pid, fuse.obituary(f"worker/{serial}")
        if not rig_fuse.SANITIZED:
            assert procfs.peak_memory_kib(pid) < 24 * 1024
        assert fuse.stderr_text().count("the printer's firmware") <= 2  # each is written to disk
        links.remove(fuse, serial)
        fuse.wait_until(lambda: f"worker/{serial}" not in fuse.ps(), 10)
    finally:
        running.clear()
    assert worst < 2, worst
    assert all(links.link(fuse, one.serial)["reconnects"] == 0 for one in others)
    assert {name for name, row in fuse.ps().items() if row["restarts"]} == set()
