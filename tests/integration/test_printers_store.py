"""Printers are kept: what was acknowledged is on the disk, with its access code or not at all, and everybody knows."""
import contextlib
import dataclasses
import signal
import subprocess

import msgpack
import pytest

from rig import fuse as rig_fuse
from rig import secrets, wire

FIELDS = ["name", "address", "model", "ports", "certificate", "access_code", "starts_unasked"]  # enum printer_field
PRINTERS_MAX = 256


def serial_of(number: int) -> str:
    return f"01P00A{number:09}"


def printer(number: int = 1, **fields) -> dict:
    """The fields of a printer as a person gives them; `access_code` as text."""
    given = {"serial": serial_of(number), "name": f"Printer {number}", "address": f"127.9.{number // 250}.{number % 250 + 1}",
             "model": "P1S", "mqtt_port": 1, **fields}
    if "access_code" in given:
        given["access_code"] = given["access_code"].encode()
    return given


def add(fuse, number: int = 1, **fields) -> str:
    """Returns what was answered; raises wire.Refused."""
    with fuse.ctl() as ctl:
        return ctl.request("PRINTER_ADD", printer(number, **fields), "stored")[-1]["sentence"]


def edit(fuse, number: int = 1, **fields) -> str:
    names = ["ports" if name.endswith("_port") else "certificate" if name == "certificate_sha256" else name
             for name in fields]
    changes = sum(1 << FIELDS.index(name) for name in set(names))
    if "access_code" in fields:
        fields["access_code"] = fields["access_code"].encode()
    with fuse.ctl() as ctl:
        return ctl.request("PRINTER_EDIT", {"serial": serial_of(number), "changes": changes, **fields},
                           "stored")[-1]["sentence"]


def remove(fuse, number: int = 1) -> str:
    with fuse.ctl() as ctl:
        return ctl.request("PRINTER_REMOVE", {"serial": serial_of(number)}, "stored")[-1]["sentence"]


@dataclasses.dataclass
class Told:
    """A PRINTER as everybody is told it."""
    place: int
    fields: dict

    def __getitem__(self, name):
        return self.fields[name]


def told(fuse) -> dict:
    """All printers, by serial."""
    with fuse.ctl() as ctl:
        frames = ctl.request("RECALL", {"number": wire.MESSAGES["PRINTER"].number}, "supervisor")
    return {f["serial"]: Told(f.retain_key, f.fields) for f in frames if f.message.name == "PRINTER"}


def refusal(what, *arguments, **fields) -> wire.Refused:
    with pytest.raises(wire.Refused) as refused:
        what(*arguments, **fields)
    return refused.value


def wait_stored_back(fuse, generation: int):
    """A later incarnation of the store is up; whatever wait is before it is cut short."""
    def is_back():
        row = fuse.ps()["stored"]
        if row["state"] == "waiting":
            fuse.fusectl("retry", "stored")
        return row["state"] == "up" and row["generation"] > generation

    fuse.wait_until(is_back, 15, "the store does not come back")


@contextlib.contextmanager
def store_dies(fuse):
    """What is given kills the store at once; afterwards it is up again."""
    row = fuse.ps()["stored"]
    yield lambda: fuse.kill(row["pid"], signal.SIGKILL)
    wait_stored_back(fuse, row["generation"])


def kill_stored(fuse):
    with store_dies(fuse) as kill:
        kill()


@pytest.fixture
def house(make_fuse):
    """A Fuse without printers."""
    return make_fuse(workers=[]).start()


# -- adding, editing, removing ------------------------------------------------------------------------

def test_a_printer_is_kept_as_it_should_be_written(house):
    code = secrets.plant()
    said = add(house, serial=" 01p00a000000001 ", name=" Anna\n", address="::ffff:127.9.0.2", model="p1s",
               certificate_sha256="AB" * 32, access_code=f" {code}\r\n")
    assert said == "'Anna' (01P00A000000001) is added."
    told_one = told(house)[serial_of(1)]
    assert told_one.place == 0
    assert told_one.fields | {"added_ms": 0, "changed_ms": 0} == {
        "serial": "01P00A000000001", "name": "Anna", "address": "127.9.0.2", "model": "P1S", "mqtt_port": 1,
        "ftps_port": 0, "camera_port": 0, "detect_port": 0, "certificate_sha256": "ab" * 32, "has_access_code": True,
        "starts_unasked": False, "added_ms": 0, "changed_ms": 0, "moved_from": "", "moved_ms": 0, "plate_used_ms": 0, "is_virtual": False}
    assert told_one["added_ms"] == told_one["changed_ms"] > 1_700_000_000_000


def test_what_is_unusual_is_said_and_not_refused(house):
    assert add(house, serial="ABC", address="127.9.1.1", model="", name="") == (
        "'Other ABC' (ABC) is added. Its serial number has 3 characters, not 15 as others: compare it with the label.")
    assert "not known, so it counts as Other" in add(house, model="Voron")
    assert told(house)["ABC"]["model"] == told(house)[serial_of(1)]["model"] == "Other"


def test_each_field_is_checked_with_a_sentence_and_a_remedy(house):
    for fields, words in [({"serial": "a.b"}, "is no serial number"), ({"serial": ""}, "serial number is missing"),
                          ({"name": "A\tB"}, "control character"), ({"address": "printer.local"}, "is no IP address"),
                          ({"address": "224.0.0.1"}, "multicast"), ({"address": "0.0.0.0"}, "no host"),
                          ({"address": "255.255.255.255"}, "everybody at once"),
                          ({"certificate_sha256": "0011"}, "4 digits instead of 64"),
                          ({"access_code": "x" * 65}, "longer than 64"), ({"access_code": "\x01"}, "character that no"),
                          ({"access_code": "  "}, "white space")]:
        refused = refusal(add, house, **fields)
        assert refused.reason == "invalid" and words in refused.sentence and refused.remedy, fields
    assert told(house) == {}
    add(house)
    for fields, words in [({"name": "A\x9bB"}, "control character"), ({"address": ""}, "missing"),
                          ({"certificate_sha256": "xy"}, "no fingerprint"), ({"access_code": "\n"}, "white space")]:
        refused = refusal(edit, house, **fields)
        assert refused.reason == "invalid" and words in refused.sentence, fields
    with house.ctl() as ctl:
        for changes in (0, 1 << len(FIELDS), 0xffff):
            with pytest.raises(wire.Refused) as refused:
                ctl.request("PRINTER_EDIT", {"serial": serial_of(1), "changes": changes}, "stored")
            assert refused.value.reason == "invalid"


def test_only_the_named_fields_change(house):
    add(house, access_code=secrets.plant(), name="Anna")
    before = told(house)[serial_of(1)].fields
    assert edit(house, address="127.9.0.77") == "'Anna' (01P00A000000001) is changed."
    after = told(house)[serial_of(1)].fields
    assert after == before | {"address": "127.9.0.77", "changed_ms": after["changed_ms"]}
    assert after["has_access_code"] and after["changed_ms"] >= before["changed_ms"]
    edit(house, mqtt_port=2, ftps_port=3, camera_port=4, detect_port=65535)
    edit(house, model="x1c", name="Berta")
    last = told(house)[serial_of(1)].fields
    assert (last["mqtt_port"], last["detect_port"], last["model"], last["name"]) == (2, 65535, "X1C", "Berta")
    assert edit(house, name="Berta") == "'Berta' is as it was."
    assert told(house)[serial_of(1)].fields == last


def test_who_is_not_there_is_neither_edited_nor_removed(house):
    assert refusal(edit, house, name="Anna").reason == "not-found"
    assert refusal(remove, house).sentence == "There is no printer with the serial number 01P00A000000001."
    assert refusal(remove, house).reason == "not-found"


def test_a_serial_is_added_once(house):
    add(house, name="Anna")
    refused = refusal(add, house, name="Berta", address="127.9.9.9")
    assert refused.reason == "conflict" and "that of 'Anna' already, at 127.9.0.2" in refused.sentence
    assert told(house)[serial_of(1)]["name"] == "Anna"


def test_an_address_is_shared_only_with_another_port(house):
    add(house, 1, name="Anna", address="127.9.0.1", mqtt_port=0)
    refused = refusal(add, house, 2, address="127.9.0.1", mqtt_port=8883)
    assert refused.reason == "conflict"
    assert refused.sentence == "The printer 'Anna' (01P00A000000001) is at 127.9.0.1 port 8883 already."
    add(house, 2, address="127.9.0.1", mqtt_port=8884)
    assert refusal(edit, house, 2, mqtt_port=8883).reason == "conflict"
    edit(house, 1, address="127.9.0.3")
    edit(house, 2, mqtt_port=8883)


def test_two_adds_of_one_serial_at_once_are_one_printer(house):
    """They reach the store within one turn of its loop: neither is on the disk when the second is looked at."""
    for number in range(1, 21):
        with house.ctl() as ctl:
            for name, address in (("Anna", f"127.9.1.{number}"), ("Berta", f"127.9.2.{number}")):
                ctl.post("PRINTER_ADD", printer(number, name=name, address=address), "stored")
            answers = [ctl.receive(), ctl.receive()]
        assert [answer.message.name for answer in answers] == ["DONE", "REFUSED"]
        assert wire.REFUSALS[answers[1]["reason"]] == "conflict" and "'Anna'" in answers[1]["sentence"]
        assert told(house)[serial_of(number)]["name"] == "Anna"


def test_many_requests_at_once_come_true_in_their_order(house):
    with house.ctl() as ctl:
        for number in range(1, 31):
            ctl.post("PRINTER_ADD", printer(number, access_code="12345678"), "stored")
            ctl.post("PRINTER_EDIT", {"serial": serial_of(number), "changes": 1, "name": f"N{number}"}, "stored")
            if number % 3 == 0:
                ctl.post("PRINTER_REMOVE", {"serial": serial_of(number)}, "stored")
        answers = [ctl.receive() for _ in range(70)]
    assert {answer.message.name for answer in answers} == {"DONE"}
    expected = {serial_of(n): f"N{n}" for n in range(1, 31) if n % 3}
    assert {serial: one["name"] for serial, one in told(house).items()} == expected
    kill_stored(house)
    assert {serial: one["name"] for serial, one in told(house).items()} == expected
    assert all(one["has_access_code"] for one in told(house).values())


def test_there_are_256_places_and_no_more(house):
    with house.ctl(timeout_s=60) as ctl:
        for number in range(PRINTERS_MAX):
            ctl.post("PRINTER_ADD", printer(number), "stored")
        answers = [ctl.receive() for _ in range(PRINTERS_MAX)]
    assert {answer.message.name for answer in answers} == {"DONE"}
    refused = refusal(add, house, PRINTERS_MAX)
    assert (refused.reason, refused.sentence) == ("conflict", "One Fuse has at most 256 printers, and has them all.")
    assert refused.remedy == "Remove a printer that is no longer there, or use a second Fuse."
    all_told = told(house)
    assert sorted(one.place for one in all_told.values()) == list(range(PRINTERS_MAX))
    # The place of one that goes is the next one's, also when both are asked for at once.
    place = all_told[serial_of(17)].place
    with house.ctl() as ctl:
        ctl.post("PRINTER_REMOVE", {"serial": serial_of(17)}, "stored")
        ctl.post("PRINTER_ADD", printer(1000), "stored")
        assert [ctl.receive().message.name for _ in range(2)] == ["DONE", "DONE"]
    assert told(house)[serial_of(1000)].place == place
    assert len(told(house)) == PRINTERS_MAX


# -- on the disk ----------------------------------------------------------------------------------------

def test_what_was_acknowledged_survives_kill_9_of_the_store(house):
    with house.ctl() as ctl, store_dies(house) as kill:
        ctl.request("PRINTER_ADD", printer(1, access_code="12345678"), "stored")
        kill()
    assert told(house)[serial_of(1)]["has_access_code"]
    for change, true_after in [(lambda: edit(house, name="Berta"), lambda: told(house)[serial_of(1)]["name"] == "Berta"),
                               (lambda: remove(house), lambda: told(house) == {})]:
        change()
        kill_stored(house)
        assert true_after()


def test_what_was_acknowledged_survives_the_death_of_all_of_fuse(house):
    add(house, 1, access_code="12345678")
    add(house, 2)
    remove(house, 1)
    house.kill9()
    house.start(all_up=False)
    assert set(told(house)) == {serial_of(2)} and not told(house)[serial_of(2)]["has_access_code"]
    add(house, 1)
    assert told(house)[serial_of(1)].place == 0
    assert not told(house)[serial_of(1)]["has_access_code"], "the code of the removed printer came back"


@pytest.mark.timelimit(120)
def test_a_store_that_is_killed_among_50_adds_keeps_every_acknowledged_one_whole(house):
    for turn in range(4):
        numbers = range(turn * 50, turn * 50 + 50)
        acknowledged = set()
        with house.ctl() as ctl, store_dies(house) as kill:
            asked = {ctl.post("PRINTER_ADD", printer(n, access_code="12345678"), "stored"): n for n in numbers}
            while asked:
                answer = ctl.receive()
                number = asked.pop(answer.request_id)
                if answer.message.name == "DONE":
                    acknowledged.add(serial_of(number))
                if len(asked) == 49 - turn * 10:
                    kill()
        now = told(house)
        assert acknowledged and acknowledged <= set(now)
        assert all(one["has_access_code"] for one in now.values()), "a printer without its code"


def test_a_removal_that_nobody_was_told_of_is_told_at_the_next_start(house):
    """As if the store had died between its commit and telling: the supervisor still keeps the message."""
    add(house, 1)
    add(house, 2)
    subprocess.run([rig_fuse.BUILD / "tests" / "store_edit", house.state / "store" / "db" / "data.mdb", "printers",
                    serial_of(1)], check=True)
    assert set(told(house)) == {serial_of(1), serial_of(2)}
    kill_stored(house)
    assert set(told(house)) == {serial_of(2)}


def test_an_access_code_stands_nowhere(house):
    code, second = secrets.plant(), secrets.plant()
    add(house, 1, access_code=code)
    edit(house, 1, access_code=second)
    refusal(add, house, 1, access_code=code)
    refusal(edit, house, 1, access_code=code + "\x01")
    refusal(add, house, 2, access_code=code * 2)
    assert not any(secrets.leaks_in(repr(one).encode()) for one in told(house).values())
    with house.ctl() as ctl:
        for message in wire.MESSAGES.values():
            if message.kind == "RETAINED" and "fusectl" in message.receivers():
                frames = ctl.request("RECALL", {"number": message.number}, "supervisor")
                assert secrets.leaks_in(msgpack.packb([frame.fields for frame in frames])) == []
    kill_stored(house)
    house.stop()
    assert secrets.leaks_below(house.state) == []


def test_a_code_that_is_set_as_a_secret_is_seen_at_the_printer(house):
    add(house, 1)
    assert not told(house)[serial_of(1)]["has_access_code"]
    with house.ctl() as ctl:
        for value, has in ((b"12345678", True), (b"", False)):
            ctl.request("SECRET_SET", {"name": f"printer/{serial_of(1)}", "value": value}, "stored")
            assert told(house)[serial_of(1)]["has_access_code"] == has
    edit(house, 1, access_code="12345678")
    assert told(house)[serial_of(1)]["has_access_code"]
    edit(house, 1, access_code="")
    assert not told(house)[serial_of(1)]["has_access_code"]


def records_of(fuse) -> int:
    with fuse.ctl() as ctl:
        return ctl.recall("STORE_STATUS")[0]["records"]


def test_a_removed_printer_leaves_nothing_and_a_new_one_begins_without_a_code(house):
    before = records_of(house)
    add(house, 1, access_code="12345678")
    house.wait_until(lambda: records_of(house) == before + 2, 5)
    remove(house, 1)
    house.wait_until(lambda: records_of(house) == before, 5, "its code is still kept")
    # A secret of this name that somebody set without a printer is not taken for the code of a new one.
    with house.ctl() as ctl:
        ctl.request("SECRET_SET", {"name": f"printer/{serial_of(1)}", "value": b"87654321"}, "stored")
    add(house, 1)
    assert not told(house)[serial_of(1)]["has_access_code"]
    kill_stored(house)
    assert not told(house)[serial_of(1)]["has_access_code"]


# -- workers --------------------------------------------------------------------------------------------

def workers_of(fuse) -> dict:
    return {name.removeprefix("worker/"): row for name, row in fuse.ps().items() if name.startswith("worker/")}


def test_each_printer_has_a_worker_from_its_add_to_its_removal(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA", "GAMMA"]).start()
    gone = fuse.pids()["worker/BETA"]
    with fuse.others_untouched("worker/BETA"):
        fuse.remove_workers("BETA")
        fuse.add_workers("DELTA")
        fuse.wait_all_up()
        assert gone not in fuse.pids().values()
        fuse.remove_workers("DELTA")
        fuse.wait_all_up()
    assert "obituary" not in fuse.stderr_text()
    fuse.stop()
    fuse.start()


def test_a_printer_that_is_removed_and_added_at_once_has_its_worker(make_fuse):
    """The second change comes while the first one still stops the worker."""
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/BETA", "ready", "ignore_stop")
    fuse.start()
    before = fuse.ps()["worker/BETA"]
    with fuse.others_untouched("worker/BETA"):
        fuse.remove_workers("BETA")
        fuse.wait_state("worker/BETA", "stopping")
        fuse.forget_plans()
        fuse.add_workers("BETA")
        fuse.wait_reborn("worker/BETA", before["generation"])


def test_a_printer_that_is_removed_while_its_worker_starts_leaves_nothing(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/BETA", "start", "nothing")  # never ready
    fuse.start(all_up=False)
    fuse.wait_state("worker/BETA", "starting")
    fuse.wait_state("worker/ALPHA", "up")
    with fuse.others_untouched("worker/BETA"):
        fuse.remove_workers("BETA")
        fuse.wait_all_up()
    # Added and removed before the worker could even be asked anything.
    with fuse.others_untouched(), fuse.ctl() as ctl:
        for number in range(1, 11):
            ctl.post("PRINTER_ADD", printer(number), "stored")
            ctl.post("PRINTER_REMOVE", {"serial": serial_of(number)}, "stored")
        assert [ctl.receive().message.name for _ in range(20)] == ["DONE"] * 20
        fuse.wait_all_up()
    assert told(fuse).keys() == {"ALPHA"}


def test_a_store_that_dies_takes_no_worker_away(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"]).start()
    with fuse.others_untouched("stored"):
        kill_stored(fuse)
        fuse.ask("restart", "stored")
        fuse.wait_all_up()
    assert set(told(fuse)) == {"ALPHA", "BETA"}


def test_all_of_fuse_is_restarted_with_its_workers(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"]).start()
    before = fuse.ps()
    with fuse.ctl() as ctl:
        ctl.request("PROC_RESTART", {}, "supervisor")
    for name in before:
        fuse.wait_reborn(name, before[name]["generation"], 30)
    fuse.wait_all_up()


class Rogues:
    """A Fuse whose workers want their printer at SIGUSR1 and tell what came (never the code)."""

    def __init__(self, make_fuse, *serials, code: str = ""):
        self.fuse = make_fuse(workers=serials, rogues={"worker"})
        for serial in serials:
            self.fuse.plan(f"worker/{serial}", "usr1", "want_printer", "mine", code or "none")
        self.fuse.start()

    def ask(self, serial: str) -> dict:
        """What the worker was given, as it told it."""
        seen = len(self.fuse.records(role="worker", entry=serial))
        self.fuse.provoke(f"worker/{serial}")
        return self.fuse.wait_until(lambda: self.fuse.records(role="worker", entry=serial)[seen:], 5)[0]


def test_a_worker_gets_its_own_printer_and_hears_of_every_change(make_fuse):
    code = secrets.plant()
    rogues = Rogues(make_fuse, "ALPHA", "BETA", code=code)
    fuse = rogues.fuse
    mine = rogues.ask("ALPHA")
    assert mine["msg"] == "got its printer" and mine["serial"] == "ALPHA" and mine["address"].startswith("127.9.9.")
    assert (mine["code"], mine["firmware"], mine["firmware_ms"]) == ("no", "", "0")
    assert len(mine["installation"]) == 8 and int(mine["installation"], 16) >= 0
    assert rogues.ask("BETA")["installation"] == mine["installation"]
    with fuse.ctl() as ctl:
        ctl.request("PRINTER_EDIT", {"serial": "ALPHA", "changes": 1 << FIELDS.index("access_code"),
                                     "access_code": code.encode()}, "stored")
        fuse.wait_until(lambda: fuse.records(entry="ALPHA", msg="its printer has changed"), 5)
        assert rogues.ask("ALPHA")["code"] == "yes"
        ctl.request("PRINTER_EDIT", {"serial": "ALPHA", "changes": 1 << FIELDS.index("address"),
                                     "address": "127.9.77.1"}, "stored")
        fuse.wait_until(lambda: len(fuse.records(entry="ALPHA", msg="its printer has changed")) == 2, 5)
        mine = rogues.ask("ALPHA")
        assert (mine["address"], mine["code"]) == ("127.9.77.1", "yes")
        ctl.request("SECRET_SET", {"name": "printer/ALPHA", "value": b""}, "stored")
        fuse.wait_until(lambda: len(fuse.records(entry="ALPHA", msg="its printer has changed")) == 3, 5)
        assert rogues.ask("ALPHA")["code"] == "no"
    assert fuse.records(entry="BETA", msg="its printer has changed") == []
    # The name of the installation is made once.
    fuse.stop()
    fuse.start()
    assert rogues.ask("BETA")["installation"] == mine["installation"]


def test_a_firmware_is_kept_when_it_changes(make_fuse):
    rogues = Rogues(make_fuse, "ALPHA")
    fuse, first_seen = rogues.fuse, {}
    for turn, (version, previous) in enumerate([("01.08.02.00", ""), ("01.08.02.00", ""),
                                                ("01.09.00.00", "01.08.02.00")], 1):
        fuse.plan("worker/ALPHA", "ready", "say_firmware", version)
        row = fuse.ps()["worker/ALPHA"]
        fuse.ask("restart", "worker/ALPHA")
        fuse.wait_reborn("worker/ALPHA", row["generation"])
        fuse.wait_until(lambda wanted=turn: len(fuse.records(msg="was told that it is done")) == wanted, 5)
        fuse.forget_plans("worker/ALPHA")
        fuse.plan("worker/ALPHA", "usr1", "want_printer", "mine", "none")
        kill_stored(fuse)
        mine = rogues.ask("ALPHA")
        assert (mine["firmware"], mine["previous"]) == (version, previous)
        assert first_seen.setdefault(version, mine["firmware_ms"]) == mine["firmware_ms"]
    assert 1_700_000_000_000 < int(first_seen["01.08.02.00"]) < int(first_seen["01.09.00.00"])
