"""What is in the files of the cache: each is looked into, once and in time, and what was found is told, kept and found again.

First with fuse-stored alone, the test in everybody else's place (rig/cache_alone.py); then with all of Fuse, where fuse-filechk
looks into real files.
"""
import json
import os
import signal

import pytest

from rig import threemf, wire
from rig.cache_alone import CacheAlone
from rig.cachefiles import (FAILED, MIB, PRINTABLE, UNPRINTABLE, WAITING, fill, names, of_size, put,  # noqa: F401
                            refusal_of, sha256, folder, store)

FOUND = {"printable": True, "kind": 1, "model": "P1S", "plates": 1, "sentence": "One plate for the P1S."}
PLATES = json.dumps({"kind": "3mf", "slicer": "BambuStudio-02.01.01.52", "model": "P1S", "modelCode": "C12",
                     "filaments": [{"index": 0, "material": "PLA", "color": "FF8000FF", "profile": "GFL99"}],
                     "plates": [{"plate": 1, "name": "", "gcode": "Metadata/plate_1.gcode", "gcodeBytes": 8, "seconds": 60,
                                 "grams": 1.5, "layers": 2, "nozzlesMm": [0.4], "bedType": "", "picture": True,
                                 "supports": False, "filaments": [{"index": 0, "grams": 1.5, "meters": 0.5, "nozzle": 0}],
                                 "objects": []}], "notes": []})


# -- what is in it -----------------------------------------------------------------------------------------

def examined(store, work, **more):
    os.close(work.fd)
    store.reply(work, "EXAMINED", {**FOUND, "json": PLATES, **more}, "filechk")


def died(store, work):
    os.close(work.fd)
    store.refuse(work, "died")


def check_of(store, content: bytes) -> int:
    return store.files()[sha256(content)]["check"]


def test_a_file_is_looked_into_and_its_plates_are_told(store):
    put(store, b"bracket", "bracket.3mf")
    wanted = {"sha256": sha256(b"bracket")}
    refused = refusal_of(store.ask, "worker", "FILE_PLATES_WANT", wanted)
    assert refused.reason == "conflict"
    work = store.take_work()
    assert (work["name"], work["size_bytes"]) == ("bracket.3mf", 7)
    assert os.pread(work.fd, 100, 0) == b"bracket"
    with pytest.raises(OSError):
        os.write(work.fd, b"x")
    examined(store, work)
    store.wait_until(lambda: check_of(store, b"bracket") == PRINTABLE)
    told = store.files()[sha256(b"bracket")]
    assert (told["kind"], told["model"], told["plates"], told["sentence"]) == (1, "P1S", 1, "One plate for the P1S.")
    assert store.ask("worker", "FILE_PLATES_WANT", wanted)["json"] == PLATES


def test_what_was_found_out_survives_and_is_found_out_anew_when_it_is_lost(tmp_path, folder):
    with CacheAlone(tmp_path) as store:
        put(store, b"bracket")
        examined(store, store.take_work())
        store.wait_until(lambda: check_of(store, b"bracket") == PRINTABLE)
    wanted = {"sha256": sha256(b"bracket")}
    with CacheAlone(tmp_path) as store:
        assert store.ask("httpd", "FILE_PLATES_WANT", wanted)["json"] == PLATES
        store.hears_nothing_of("HELPER_WANT", 0.3)
        (folder / (sha256(b"bracket") + ".plates")).unlink()
        assert refusal_of(store.ask, "httpd", "FILE_PLATES_WANT", wanted).reason == "conflict"
        examined(store, store.take_work(), sentence="Again.")
        store.wait_until(lambda: store.files()[sha256(b"bracket")]["sentence"] == "Again.")
        assert store.ask("httpd", "FILE_PLATES_WANT", wanted)["json"] == PLATES


def test_a_file_that_kills_who_looks_into_it_is_tried_twice_and_never_a_third_time(tmp_path):
    with CacheAlone(tmp_path) as store:
        put(store, b"poison", "poison.3mf")
        died(store, store.take_work())
        died(store, store.take_work())
        store.wait_until(lambda: check_of(store, b"poison") == FAILED)
        assert "died" in store.files()[sha256(b"poison")]["sentence"]
        store.hears_nothing_of("HELPER_WANT", 1.5)
        refused = refusal_of(store.ask, "httpd", "FILE_PLATES_WANT", {"sha256": sha256(b"poison")})
        assert refused.reason == "failed" and "died" in refused.sentence
        store.hears_nothing_of("HELPER_WANT", 0.3)  # it is too soon
    with CacheAlone(tmp_path) as store:
        store.hears_nothing_of("HELPER_WANT", 0.3)
        # Who uses it has it looked into again.
        assert refusal_of(store.ask, "httpd", "FILE_PLATES_WANT", {"sha256": sha256(b"poison")}).reason == "conflict"
        examined(store, store.take_work())
        store.wait_until(lambda: check_of(store, b"poison") == PRINTABLE)


def test_what_cannot_be_understood_is_not_believed(store):
    put(store, b"one")
    examined(store, store.take_work(), json='{"kind":"3mf","plates":[{"plate":0}]}')
    store.wait_until(lambda: check_of(store, b"one") == FAILED)
    put(store, b"two", "two.3mf")
    examined(store, store.take_work(), sentence="fine\n\x1b[2Jlvl=error")
    store.wait_until(lambda: check_of(store, b"two") == PRINTABLE)
    assert store.files()[sha256(b"two")]["sentence"] == "fine??[2Jlvl=error"


def test_a_busy_house_is_asked_again_and_one_without_an_examiner_says_so(store):
    put(store, b"one")
    for _ in range(3):
        store.refuse(store.wait_for("HELPER_WANT"), "busy")
    assert check_of(store, b"one") == WAITING
    for _ in range(2):
        store.refuse(store.wait_for("HELPER_WANT"), "failed")
    store.wait_until(lambda: check_of(store, b"one") == FAILED)
    assert "fuse-filechk" in store.files()[sha256(b"one")]["sentence"]


def test_no_more_than_two_look_into_files_and_one_that_is_needed_no_more_is_sent_home(store):
    for mark in b"abcd":
        put(store, bytes([mark]))
    wants = [store.wait_for("HELPER_WANT")]
    store.hears_nothing_of("HELPER_WANT", 0.3)  # one process at a time is asked for
    store.reply(wants[0], "HELPER", {"slot": 0})
    first = store.wait_for("EXAMINE")
    store.reply(store.wait_for("HELPER_WANT"), "HELPER", {"slot": 1})
    second = store.wait_for("EXAMINE")
    assert {first.to_slot, second.to_slot} == {0, 1}
    store.hears_nothing_of("HELPER_WANT", 1.3)
    examined(store, first)
    third = store.wait_for("HELPER_WANT")
    store.ask("httpd", "FILES_CLEAR", {})
    store.reply(third, "HELPER", {"slot": 0})
    assert store.wait_for("HELPER_END")["slot"] == 0
    examined(store, second)  # of a file that is no more: nobody minds
    assert store.ask("httpd", "FILES_CLEAR", {}).message.name == "DONE"


def picture_fd(content: bytes) -> int:
    fd = os.memfd_create("picture")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def test_pictures_are_handed_on_and_do_not_wait_for_all_files(store):
    put(store, b"bracket")
    examined(store, store.take_work())
    store.wait_until(lambda: check_of(store, b"bracket") == PRINTABLE)
    for mark in b"abc":
        put(store, bytes([mark]))
    busy = store.take_work()
    wanted = {"sha256": sha256(b"bracket"), "plate": 1}
    asked = store.post("httpd", "FILE_PICTURE_WANT", wanted)
    work = store.take_work("PICTURE", 1)
    assert work["plate"] == 1 and os.pread(work.fd, 100, 0) == b"bracket"
    os.close(work.fd)
    store.reply(work, "PICTURE_MADE", {"size_bytes": 4}, "filechk", fd=picture_fd(b"\x89PNG"))
    answer = store.answer(asked)
    assert answer["size_bytes"] == 4 and os.read(answer.fd, 100) == b"\x89PNG"
    os.close(answer.fd)
    os.close(busy.fd)


def test_a_picture_that_is_none_is_refused(store):
    put(store, b"bracket")
    wanted = {"sha256": sha256(b"bracket"), "plate": 1}
    assert refusal_of(store.ask, "httpd", "FILE_PICTURE_WANT", wanted).reason == "conflict"  # not looked into yet
    examined(store, store.take_work())
    store.wait_until(lambda: check_of(store, b"bracket") == PRINTABLE)
    for answer, reason in [(("PICTURE_MADE", {"size_bytes": 5}), "failed"),  # four are there
                           (("REFUSED", {"reason": wire.REFUSALS.index("not-found"), "sentence": "None."}), "not-found"),
                           (("REFUSED", {"reason": wire.REFUSALS.index("died"), "sentence": "It died."}), "failed")]:
        asked = store.post("httpd", "FILE_PICTURE_WANT", wanted)
        work = store.take_work("PICTURE")
        os.close(work.fd)
        store.reply(work, *answer, "filechk", fd=picture_fd(b"\x89PNG") if answer[0] == "PICTURE_MADE" else -1)
        assert refusal_of(store.answer, asked).reason == reason


def test_so_many_pictures_are_waited_for_and_no_more(store):
    put(store, b"bracket")
    examined(store, store.take_work())
    store.wait_until(lambda: check_of(store, b"bracket") == PRINTABLE)
    wanted = {"sha256": sha256(b"bracket"), "plate": 1}
    asked = [store.post("httpd", "FILE_PICTURE_WANT", wanted) for _ in range(33)]
    assert refusal_of(store.answer, asked[32]).reason == "busy"


# -- with all of Fuse ---------------------------------------------------------------------------------------

def put_by_ctl(fuse, content: bytes, name: str) -> dict:
    with fuse.ctl(timeout_s=30) as ctl:
        room = ctl.request("FILE_NEW", {"name": name, "size_bytes": len(content)}, "stored")[-1]
        fill(room.fd, content)
        return ctl.request("FILE_COMPLETE", {"ticket": room["ticket"], "size_bytes": len(content)}, "stored")[-1].fields


def files_of(fuse) -> dict:
    with fuse.ctl() as ctl:
        return {file["sha256"]: file for file in ctl.recall("FILE")}


def wait_checked(fuse, content: bytes) -> dict:
    def checked():
        file = files_of(fuse).get(sha256(content))
        return file if file and file["check"] != WAITING else None

    return fuse.wait_until(checked, 30, lambda: f"it is never looked into: {files_of(fuse)}")


def ask(fuse, name: str, fields: dict) -> wire.Frame:
    with fuse.ctl(timeout_s=30) as ctl:
        return ctl.request(name, fields, "stored")[-1]


def test_fuse_knows_what_is_in_a_sliced_file_and_what_is_not_one(make_fuse):
    fuse = make_fuse().start()
    good, bad = threemf.sliced(), b"no print file at all"
    put_by_ctl(fuse, good, "bracket.gcode.3mf")
    put_by_ctl(fuse, bad, "letter.txt")
    file = wait_checked(fuse, good)
    assert (file["check"], file["model"], file["plates"]) == (PRINTABLE, "P1S", 1), file
    plates = json.loads(ask(fuse, "FILE_PLATES_WANT", {"sha256": sha256(good)})["json"])
    assert plates["plates"][0]["plate"] == 1
    picture = ask(fuse, "FILE_PICTURE_WANT", {"sha256": sha256(good), "plate": 1})
    with os.fdopen(picture.fd, "rb") as png:
        assert png.read(8) == b"\x89PNG\r\n\x1a\n"
    assert refusal_of(ask, fuse, "FILE_PICTURE_WANT", {"sha256": sha256(good), "plate": 7}).reason == "not-found"
    file = wait_checked(fuse, bad)
    assert file["check"] == UNPRINTABLE and file["sentence"]
    fuse.wait_until(lambda: "filechk" not in str(fuse.ps()), 10, "fuse-filechk never ends")


def test_fusectl_tells_of_a_file_what_its_sentence_tells(make_fuse):
    fuse = make_fuse().start()
    good = threemf.sliced(filaments=(threemf.Filament("PLA", "#161616"),))
    put_by_ctl(fuse, good, "bracket.gcode.3mf")
    assert wait_checked(fuse, good)["sentence"] == "One plate for the P1S: 1 h 24 min, 13 g PLA."
    shown = fuse.fusectl("file", "show", "bracket.gcode.3mf").stdout
    assert "1 h 24 min  13 g\n" in shown and "PLA black  13 g\n" in shown, shown


def test_a_file_that_a_job_needs_gives_way_to_nobody(make_fuse):
    fuse = make_fuse(workers=["ALPHA"]).start()
    needed = threemf.sliced()
    put_by_ctl(fuse, needed, "needed.3mf")
    wait_checked(fuse, needed)
    ask(fuse, "JOB_SUBMIT", {"serial": "ALPHA", "sha256": sha256(needed), "plate": 1})
    fuse.wait_until(lambda: files_of(fuse)[sha256(needed)]["open_jobs"] == 1)
    refused = refusal_of(ask, fuse, "FILE_REMOVE", {"sha256": sha256(needed)})
    assert refused.reason == "conflict" and "job" in refused.sentence
    assert fuse.fusectl("settings", "cacheMaxMib=100").returncode == 0
    for mark in "abcd":
        put_by_ctl(fuse, of_size(mark, 40 * MIB), f"{mark}.gcode")
    assert set(files_of(fuse)) == {sha256(needed), sha256(of_size("c", 40 * MIB)), sha256(of_size("d", 40 * MIB))}
    ask(fuse, "FILES_CLEAR", {})
    assert set(files_of(fuse)) == {sha256(needed)}
    fuse.restart("stored")
    assert files_of(fuse)[sha256(needed)]["open_jobs"] == 1
    fuse.remove_workers("ALPHA")  # and its jobs end
    fuse.wait_until(lambda: files_of(fuse)[sha256(needed)]["open_jobs"] == 0)
    ask(fuse, "FILE_REMOVE", {"sha256": sha256(needed)})
    assert not files_of(fuse)


@pytest.mark.parametrize("point", ["stored-file-hashed", "stored-file-named"])
def test_a_store_that_is_killed_before_it_has_answered_keeps_nothing(make_fuse, point):
    fuse = make_fuse(hold=True)
    fuse.hold_at(point)
    fuse.start()
    folder = fuse.state / "store" / "cache"
    row = fuse.ps()["stored"]
    with fuse.ctl(timeout_s=30) as ctl:
        room = ctl.request("FILE_NEW", {"name": "a.3mf", "size_bytes": 5}, "stored")[-1]
        fill(room.fd, b"G28\n\n")
        ctl.post("FILE_COMPLETE", {"ticket": room["ticket"], "size_bytes": 5}, "stored")
        fuse.kill(fuse.wait_held("stored"), signal.SIGKILL)
    fuse.wait_reborn("stored", row["generation"])
    assert not files_of(fuse) and not names(folder)
    assert not put_by_ctl(fuse, b"G28\n\n", "a.3mf")["was_there"]
    fuse.kill(fuse.ps()["stored"]["pid"], signal.SIGKILL)
    fuse.restart("stored")
    assert set(files_of(fuse)) == {sha256(b"G28\n\n")} and sha256(b"G28\n\n") in names(folder)
