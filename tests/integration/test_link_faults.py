"""What can be wrong with a printer, each with its phase, its words, its remedy and its diagnosis; and the access code in
no byte that goes to a host which has not proved itself. The cases: rig/ward.py.
"""
import time

import pytest

from rig import fuse as rig_fuse
from rig import links, tlspeer
from rig.links import delta
from rig.waiting import wait_until
from rig.ward import PATIENTS, QUICK, SLOW, Ward


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    made = Ward(tmp_path_factory.mktemp("ward"))
    yield made
    made.close()


# -- what is said of each -------------------------------------------------------------------------------------------

def assert_told(ward, one, deadline_s: float):
    row = ward.watch.wait(one.serial, deadline_s, fault=one.fault, phase=one.phase)
    assert one.words in row["sentence"] and one.remedy in row["remedy"], row
    assert row["online"] is (one.phase == "live")
    # What the worker says comes to the watch and to httpd each by its own way, and link and state one after the other.
    shown = wait_until(lambda: shown_as(ward, one, row["online"]), 10, f"REST does not say it of {one.serial}")
    assert one.words in shown["sentence"] and one.remedy in shown["remedy"]


def shown_as(ward, one, online: bool):
    """The link in REST, once it and the state there have this fault."""
    shown = ward.rest.get(f"/api/v1/printers/{one.serial}").json()["link"]
    stat = ward.rest.get(f"/api/v1/printers/{one.serial}/stat").json()
    is_so = (shown["fault"], shown["phase"], shown["online"], stat["isOnline"]) == (one.fault, one.phase, online, online)
    return shown if is_so and one.fault in [problem["id"] for problem in stat["link"]["problems"]] else None


ORDER = ["setup", "route", "tcp", "tls", "identity", "login", "subscribe", "reports"]


def assert_diagnosed(one, steps: list):
    told = [(step["phase"], step["outcome"]) for step in steps]
    if one.phase == "live":
        assert [phase for phase, _ in told] == ORDER + ["developer-mode", "storage", "firmware"]
        step = next(step for step in steps if step["fault"] == one.fault)
        assert step["outcome"] in ("failed", "warned")
    else:
        before = ORDER[:ORDER.index(one.phase)]
        assert told == [(phase, "passed") for phase in before] + [(one.phase, "failed")], told
        step = steps[-1]
    assert step["fault"] == one.fault and one.words in step["sentence"] and one.remedy in step["remedy"]


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_has_its_phase_its_words_and_its_diagnosis(ward, name):
    one = PATIENTS[name]
    assert_told(ward, one, 15)
    assert_diagnosed(one, ward.steps(one))


@pytest.mark.parametrize("name", ["refuses", "another_serial", "busy", "no_storage"])
def test_the_doctor_says_it_at_a_terminal_too(ward, name):
    one = PATIENTS[name]
    assert_told(ward, one, 15)
    told = ward.fuse.fusectl("doctor", one.serial)
    text = " ".join(told.stdout.split())
    assert one.words in text and one.remedy in text, told.stdout
    assert told.returncode == (0 if one.phase == "live" else 1), told.stdout


def test_no_two_faults_say_the_same(ward):
    """Each kind of fault has words of its own, in the ward as in the table."""
    said = {}
    for one in PATIENTS.values():
        said.setdefault(one.words, set()).add(one.fault)
    assert all(len(faults) == 1 for faults in said.values())
    table = (rig_fuse.ROOT / "worker/link/faults.def").read_text()
    shown = {one.fault for one in PATIENTS.values()} | {"flooding"}  # that one is in test_links_many.py
    ids = {line.split('"')[1] for line in table.splitlines() if line.startswith("FAULT(")} - {""}
    assert ids == shown


UNPROVED = [name for name in QUICK if PATIENTS[name].phase in ("tls", "identity")] + \
           ["hangs_in_tls", "shows_the_right_certificate_without_its_key"]


@pytest.mark.parametrize("name", UNPROVED)
def test_who_has_not_proved_itself_gets_no_byte_of_the_code(ward, name):
    one = PATIENTS[name]
    wait_until(lambda: any(connection.raw for connection in one.peer.connections) or name == "closes_at_once", 15)
    for connection in one.peer.connections:
        assert one.code.encode() not in connection.raw and b"bblp" not in connection.raw
        # Who only looks who is there completes the handshake and says nothing; it names nobody.
        assert connection.plain == b"" and not (connection.handshaken and connection.server_name)
        # Not even encrypted: no record of application data has left.
        assert all(kind != tlspeer.APPLICATION for kind, _ in connection.records()), connection.records()


def test_once_approved_the_code_is_sent_and_not_before(ward):
    one = PATIENTS["nobody_vouches"]
    seen = ward.watch.wait(one.serial, 15, fault="not-trusted-yet")["seen_sha256"]
    told = ward.fuse.fusectl("trust", one.serial, "--yes")
    assert told.returncode == 0, told.stdout + told.stderr
    wait_until(lambda: any(one.code.encode() in connection.plain for connection in one.peer.connections), 10)
    assert all(connection.plain == b"" for connection in one.peer.connections[:-1])
    assert ward.rest.get(f"/api/v1/printers/{one.serial}").json()["certificateSha256"] == seen


def test_pinned_dates_do_not_matter(ward):
    one = PATIENTS["expired"]
    seen = ward.watch.wait(one.serial, 15, fault="clock-wrong")["seen_sha256"]
    links.edit(ward.fuse, one.serial, certificate_sha256=seen)
    wait_until(lambda: one.code.encode() in one.peer.received() or
               any(one.code.encode() in connection.plain for connection in one.peer.connections), 10)


def test_what_is_missing_is_given_and_the_link_is_whole(ward):
    """The person does what the remedy says."""
    code = PATIENTS["another_code"]
    links.edit(ward.fuse, code.serial, access_code="another1")
    links.wait_live(ward.fuse, code.serial)
    card = PATIENTS["no_storage"]
    card.peer.publish(delta(sdcard=True, home_flag=256))
    links.wait_link(ward.fuse, card.serial, 5, fault="", phase="live")
    card.peer.publish(delta(sdcard=False, home_flag=0))
    links.wait_link(ward.fuse, card.serial, 5, fault="storage-missing")
    mode = PATIENTS["developer_mode_off"]
    mode.peer.publish(delta(fun="0"))
    links.wait_link(ward.fuse, mode.serial, 5, fault="", developer_mode=2)
    update = PATIENTS["updates_its_firmware"]
    update.peer.publish(delta(upgrade_state={"status": "UPGRADE_SUCCESS"}))
    links.wait_link(ward.fuse, update.serial, 5, fault="")


# -- what takes its time -----------------------------------------------------------------------------------

def test_others_with_our_id_are_told_and_the_link_is_taken_back_when_they_go(ward):
    one = PATIENTS["others_use_our_id"]
    try:
        assert_told(ward, one, 60)
        assert_diagnosed(one, ward.steps(one))
    finally:
        for taker in one.takers:
            taker.kill()
            taker.wait()
    # A diagnosis has to see the link hold, before it says that all is well.
    began = time.monotonic()
    steps = ward.steps(one)
    assert [step["outcome"] for step in steps[:8]] == ["passed"] * 8, steps
    assert 25 < time.monotonic() - began < 45
    assert links.link(ward.fuse, one.serial)["fault"] == ""


def test_a_frozen_printer_is_silent_and_its_state_old_until_it_speaks_again(ward):
    one = PATIENTS["freezes"]
    row = ward.watch.wait(one.serial, 45, fault="silent", online=False, stale=True)
    assert row["phase"] == "reports" and one.words in row["sentence"]
    stat = ward.rest.get(f"/api/v1/printers/{one.serial}/stat").json()
    assert stat["isOnline"] is False and stat["link"]["stale"] is True
    assert stat["state"] == "IDLE"  # what was known stays shown
    assert_diagnosed(one, ward.steps(one))
    reconnects = links.link(ward.fuse, one.serial)["reconnects"]
    one.peer.thaw()
    one.peer.publish(delta(bed_temper=31))
    links.wait_live(ward.fuse, one.serial, 5)
    assert links.link(ward.fuse, one.serial)["reconnects"] == reconnects
    wait_until(lambda: ward.rest.get(f"/api/v1/printers/{one.serial}/stat").json()["link"]["stale"] is False, 5, "its state to be young")


def test_wifi_that_flaps_is_told_and_the_link_is_back_soon_after_it_is_steady(ward):
    one = PATIENTS["flaps_every_three_seconds"]
    row = ward.watch.wait(one.serial, 20, fault="lost")
    assert row["phase"] == one.phase and one.words in row["sentence"] and one.remedy in row["remedy"]
    one.thread.join(60)
    links.wait_live(ward.fuse, one.serial, 25)
    # While the next attempt runs the words still stand, and no next one is planned: some of the rows said when.
    assert any(row["next_try_ms"] for row in ward.watch.rows[one.serial] if row["fault"] == "lost")
    assert links.link(ward.fuse, one.serial)["fault"] == ""
    assert ward.watch.find(one.serial, fault="refused") and not ward.watch.find(one.serial, fault="taken-over")


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_fault_has_its_phase_its_words_and_its_diagnosis(ward, name):
    one = PATIENTS[name]
    assert_told(ward, one, 50)
    one.thread.join(60)
    assert one.error is None, one.error
    assert_diagnosed(one, one.diagnosis)


def test_nobody_in_the_ward_has_died(ward):
    rows = ward.fuse.ps()
    assert {name for name, row in rows.items() if row["restarts"]} == set()
