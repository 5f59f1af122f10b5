"""Print files in the cache: what was acknowledged is there, whole, under its hash; nothing else is; and what jobs need stays.

Most of it is tried with fuse-stored alone, the test in everybody else's place (rig/cache_alone.py); the last part with all
of Fuse, where fuse-filechk looks into real files.
"""
import contextlib
import ctypes
import hashlib
import json
import os
import signal
import subprocess

import pytest

from rig import threemf, wire
from rig.cache_alone import CacheAlone
from rig.waiting import wait_until

MIB = 1 << 20
CLONE_NEWNS = 0x20000
WAITING, PRINTABLE, UNPRINTABLE, FAILED = range(4)
FOUND = {"printable": True, "kind": 1, "model": "P1S", "plates": 1, "sentence": "One plate for the P1S."}
PLATES = json.dumps({"kind": "3mf", "slicer": "BambuStudio-02.01.01.52", "model": "P1S", "modelCode": "C12",
                     "filaments": [{"index": 0, "material": "PLA", "color": "FF8000FF", "profile": "GFL99"}],
                     "plates": [{"plate": 1, "name": "", "gcode": "Metadata/plate_1.gcode", "gcodeBytes": 8, "seconds": 60,
                                 "grams": 1.5, "layers": 2, "nozzlesMm": [0.4], "bedType": "", "picture": True,
                                 "supports": False, "filaments": [{"index": 0, "grams": 1.5, "meters": 0.5, "nozzle": 0}],
                                 "objects": []}], "notes": []})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def of_size(mark: str, size: int) -> bytes:
    return mark.encode() * (size // len(mark))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store" / "cache"


@pytest.fixture
def store(tmp_path):
    with CacheAlone(tmp_path) as one:
        yield one


def new_room(store, name="a.3mf", size=0, role="httpd", **more):
    """A room: its ticket and its descriptor."""
    room = store.ask(role, "FILE_NEW", {"name": name, "size_bytes": size}, **more)
    assert room.message.name == "FILE_ROOM" and room.fd >= 0
    return room["ticket"], room.fd


def fill(fd: int, content: bytes):
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view):]
    os.close(fd)


def put(store, content: bytes, name="a.3mf", role="httpd", expected="") -> wire.Frame:
    ticket, fd = new_room(store, name, len(content), role)
    fill(fd, content)
    return store.ask(role, "FILE_COMPLETE", {"ticket": ticket, "size_bytes": len(content), "sha256": expected})


def content_of(frame: wire.Frame) -> bytes:
    assert frame.message.name == "FILE_GIVEN"
    with os.fdopen(frame.fd, "rb") as file:
        frame.fd = -1
        return file.read()


def refusal_of(call, *arguments, **more) -> wire.Refused:
    with pytest.raises(wire.Refused) as caught:
        call(*arguments, **more)
    return caught.value


def names(folder) -> list:
    return sorted(path.name for path in folder.iterdir())


# -- coming in --------------------------------------------------------------------------------------

def test_a_file_is_kept_under_its_hash_and_given_for_reading_only(store, folder):
    content = os.urandom(3 * MIB)
    kept = put(store, content, "C:\\prints\\bracket.3mf")
    assert kept["sha256"] == sha256(content) and not kept["was_there"]
    assert (folder / sha256(content)).read_bytes() == content
    assert (folder / sha256(content)).stat().st_mode & 0o7777 == 0o400
    store.wait_until(lambda: store.files().get(sha256(content)))
    told = store.files()[sha256(content)]
    assert (told["name"], told["size_bytes"], told["check"]) == ("bracket.3mf", len(content), WAITING)
    given = store.ask("worker", "FILE_WANT", {"sha256": sha256(content)})
    with pytest.raises(OSError):
        os.write(given.fd, b"x")
    assert (given["name"], given["size_bytes"]) == ("bracket.3mf", len(content))
    assert content_of(given) == content
    status = store.wait_until(lambda: store.status("CACHE_STATUS")["files"] and store.status("CACHE_STATUS"))
    assert (status["used_bytes"], status["limit_bytes"]) == (len(content), 10240 * MIB)


def test_the_same_content_is_kept_once_and_called_as_it_came_last(store, folder):
    content = b"G28\n"
    put(store, content, "first.gcode")
    again = put(store, content, "second.gcode", role="gatewayd")
    assert again["was_there"] and again["sha256"] == sha256(content)
    assert names(folder) == [sha256(content)]
    store.wait_until(lambda: store.files()[sha256(content)]["name"] == "second.gcode")
    # Both at once: they come to the end in the same turn.
    rooms = [new_room(store, f"{number}.gcode", 5) for number in range(2)]
    for _, fd in rooms:
        fill(fd, b"G29 \n")
    posted = [store.post("httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 5}) for ticket, _ in rooms]
    assert sorted(store.answer(number)["was_there"] for number in posted) == [False, True]
    assert len(names(folder)) == 2


def test_a_file_that_is_not_what_it_should_be_is_refused_and_gone(store, folder):
    refused = refusal_of(put, store, b"damaged", expected=sha256(b"whole"))
    assert refused.reason == "invalid" and "SHA-256" in refused.sentence
    ticket, fd = new_room(store)
    fill(fd, b"12345")
    refused = refusal_of(store.ask, "httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 6})
    assert refused.reason == "invalid" and "6 bytes" in refused.sentence and "5" in refused.sentence
    assert refusal_of(put, store, b"").reason == "invalid"
    assert not names(folder)
    assert put(store, b"whole", expected=sha256(b"whole"))["sha256"] == sha256(b"whole")


def test_who_can_still_write_to_a_file_cannot_complete_it(store):
    """Else its content would be another one than its hash says."""
    ticket, fd = new_room(store)
    os.write(fd, b"harmless")
    refused = refusal_of(store.ask, "httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 8})
    assert refused.reason == "conflict" and "open" in refused.sentence
    os.pwrite(fd, b"H", 0)
    os.close(fd)
    kept = store.ask("httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 8})
    assert kept["sha256"] == sha256(b"Harmless")


def test_a_descriptor_that_is_closed_a_moment_late_does_no_harm(store):
    ticket, fd = new_room(store)
    os.write(fd, b"late")
    posted = store.post("httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 4})
    store.hears_nothing_of("FILE_KEPT", 0.1)
    os.close(fd)
    assert store.answer(posted)["sha256"] == sha256(b"late")


def test_a_room_is_of_its_taker_alone(store, folder):
    ticket, fd = new_room(store, generation=4)
    fill(fd, b"mine")
    complete = ("FILE_COMPLETE", {"ticket": ticket, "size_bytes": 4})
    assert refusal_of(store.ask, "gatewayd", *complete, generation=4).reason == "not-found"
    assert refusal_of(store.ask, "httpd", *complete, generation=5).reason == "not-found"
    store.tell("FILE_ABANDON", {"ticket": ticket}, "gatewayd", generation=4)
    assert store.ask("httpd", *complete, generation=4)["sha256"] == sha256(b"mine")
    assert refusal_of(store.ask, "httpd", *complete, generation=4).reason == "not-found"
    assert names(folder) == [sha256(b"mine")]


def test_a_room_goes_with_its_taker_or_when_it_is_given_back(store, folder):
    store.says_of("httpd", 4)
    kept_room, kept_fd = new_room(store, role="gatewayd")
    new_room(store, generation=4)
    ticket, _ = new_room(store, generation=4)
    assert len(names(folder)) == 3
    store.tell("FILE_ABANDON", {"ticket": ticket}, "httpd", generation=4)
    store.says_of("httpd", 4, "waiting")
    refusal_of(store.ask, "httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 0}, generation=4)
    assert len(names(folder)) == 1
    fill(kept_fd, b"x")
    assert store.ask("gatewayd", "FILE_COMPLETE", {"ticket": kept_room, "size_bytes": 1})["sha256"] == sha256(b"x")


def test_so_many_rooms_and_no_more(store):
    rooms = [new_room(store) for _ in range(16)]
    assert refusal_of(new_room, store).reason == "busy"
    store.tell("FILE_ABANDON", {"ticket": rooms[3][0]}, "httpd")
    rooms.append(new_room(store))
    for _, fd in rooms:
        os.close(fd)


def test_a_file_that_outgrows_what_was_announced_is_given_up(store, folder):
    ticket, fd = new_room(store, size=10)
    os.write(fd, bytes(2 * MIB))
    wait_until(lambda: not names(folder))  # the watch looks once a second
    assert os.fstat(fd).st_size == 0
    os.close(fd)
    refused = refusal_of(store.ask, "httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 2 * MIB})
    assert refused.reason == "invalid" and "announced" in refused.sentence


# -- room ---------------------------------------------------------------------------------------------

def limit(store, mib: int):
    store.ask("httpd", "SETTING_SET", {"name": "cacheMaxMib", "value": str(mib)})


def test_those_not_used_for_longest_give_way(store, folder):
    limit(store, 100)
    contents = {mark: of_size(mark, 30 * MIB) for mark in "abcd"}
    for mark in "abc":
        put(store, contents[mark], mark)
    os.close(store.ask("httpd", "FILE_WANT", {"sha256": sha256(contents["a"])}).fd)
    put(store, contents["d"], "d")
    assert names(folder) == sorted(sha256(contents[mark]) for mark in "acd")
    store.wait_until(lambda: set(store.files()) == {sha256(contents[mark]) for mark in "acd"})
    assert refusal_of(store.ask, "httpd", "FILE_WANT", {"sha256": sha256(contents["b"])}).reason == "not-found"


def test_a_file_larger_than_the_cache_finds_no_room(store):
    limit(store, 100)
    refused = refusal_of(new_room, store, size=100 * MIB + 1)
    assert refused.reason == "no-space" and "cacheMaxMib" in refused.remedy
    ticket, fd = new_room(store, size=60 * MIB)
    assert refusal_of(new_room, store, size=60 * MIB).reason == "no-space"  # the first one's is promised
    os.close(fd)
    store.tell("FILE_ABANDON", {"ticket": ticket}, "httpd")
    os.close(new_room(store, size=60 * MIB)[1])


def test_a_lower_limit_counts_at_once(store, folder):
    for mark in "abcd":
        put(store, of_size(mark, 30 * MIB), mark)
    limit(store, 100)
    wait_until(lambda: len(names(folder)) == 3)
    store.wait_until(lambda: (store.status("CACHE_STATUS")["used_bytes"], store.status("CACHE_STATUS")["limit_bytes"]) ==
                     (90 * MIB, 100 * MIB))


@pytest.fixture
def small_disk(tmp_path):
    """100 MiB in place of the store's folder, of which files leave 64 free."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNS) != 0:
        pytest.skip("not tried: this user may not mount a disk of its own (that takes root)")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    disk = tmp_path / "store"
    disk.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,mode=700", "none", disk], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill_disk(disk):
    with (disk / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_disk_keeps_some_room_for_other_things(small_disk, tmp_path, folder):
    with CacheAlone(tmp_path) as store:
        refused = refusal_of(new_room, store, size=40 * MIB)
        assert refused.reason == "no-space" and "disk" in refused.sentence
        put(store, of_size("a", 10 * MIB))
        put(store, of_size("b", 10 * MIB))
        os.close(new_room(store, size=20 * MIB)[1])
        assert sha256(of_size("a", 10 * MIB)) not in names(folder) and sha256(of_size("b", 10 * MIB)) in names(folder)


def test_what_a_full_disk_does_not_take_is_not_acknowledged(small_disk, tmp_path, folder):
    with CacheAlone(tmp_path) as store:
        ticket, fd = new_room(store)
        os.write(fd, b"on the disk, but its record is not")
        fill_disk(small_disk)
        with pytest.raises(OSError):
            while True:
                os.write(fd, bytes(64 * 1024))
        size = os.fstat(fd).st_size
        os.close(fd)
        refused = refusal_of(store.ask, "httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": size})
        assert refused.reason == "no-space"
        assert refusal_of(new_room, store).reason == "no-space"
        assert not names(folder) and not store.files()
        (small_disk / "ballast").unlink()
        assert not put(store, b"on the disk, but its record is not")["was_there"]


# -- what is there is true ------------------------------------------------------------------------------

def test_a_file_that_was_changed_on_the_disk_is_not_given(store, folder):
    put(store, b"G28 ; home\n", "home.gcode")
    name = sha256(b"G28 ; home\n")
    os.truncate(folder / name, 3)
    refused = refusal_of(store.ask, "httpd", "FILE_WANT", {"sha256": name})
    assert refused.reason == "not-found" and "damaged" in refused.sentence
    store.wait_until(lambda: not store.files())
    assert "a cached file is lost" in store.said()
    assert not names(folder)
    put(store, b"G28 ; home\n", "home.gcode")
    os.truncate(folder / name, 3)
    assert put(store, b"G28 ; home\n", "home.gcode")["was_there"]  # and it is whole again
    assert content_of(store.ask("httpd", "FILE_WANT", {"sha256": name})) == b"G28 ; home\n"


def test_a_start_keeps_what_was_kept_and_removes_the_rest(tmp_path, folder):
    with CacheAlone(tmp_path) as store:
        for mark in b"abc":
            put(store, bytes([mark]), f"{mark}.gcode")
        ticket, fd = new_room(store)
        os.write(fd, b"half a file")
        store.kill()
        os.close(fd)
    (folder / sha256(b"a")).unlink()
    (folder / sha256(b"nobody's")).write_bytes(b"nobody's")
    with CacheAlone(tmp_path) as store:
        store.wait_until(lambda: set(store.files()) == {sha256(b"b"), sha256(b"c")})
        assert names(folder) == sorted([sha256(b"b"), sha256(b"c")])
        assert refusal_of(store.ask, "httpd", "FILE_WANT", {"sha256": sha256(b"a")}).reason == "not-found"
        assert refusal_of(store.ask, "httpd", "FILE_COMPLETE", {"ticket": ticket, "size_bytes": 11}).reason == "not-found"
        assert "a cached file is lost" in store.said() and "that nobody knows of" in store.said()
        assert content_of(store.ask("httpd", "FILE_WANT", {"sha256": sha256(b"c")})) == b"c"
    with CacheAlone(tmp_path) as store:  # and its record went, too
        store.wait_until(lambda: len(store.files()) == 2)
        assert "a cached file is lost" not in store.said()


def test_a_database_of_an_earlier_hour_and_the_files_of_now_are_brought_together(tmp_path, folder):
    with CacheAlone(tmp_path) as store:
        put(store, b"evicted since")
        put(store, b"early")
        store.wait_until(lambda: store.status("STORE_STATUS")["snapshot_ms"])
        store.ask("httpd", "FILE_REMOVE", {"sha256": sha256(b"evicted since")})
        put(store, b"late")
    (tmp_path / "store" / "db" / "data.mdb").unlink()
    with CacheAlone(tmp_path) as store:
        store.wait_until(lambda: set(store.files()) == {sha256(b"early")})
        assert store.status("STORE_STATUS")["holds_prints"]
        assert names(folder) == [sha256(b"early")]
        assert content_of(store.ask("httpd", "FILE_WANT", {"sha256": sha256(b"early")})) == b"early"


def test_files_are_deleted_one_by_one_or_all(tmp_path, folder):
    with CacheAlone(tmp_path) as store:
        for mark in "abcd":
            put(store, mark.encode(), mark)
        done = store.ask("fusectl", "FILE_REMOVE", {"sha256": sha256(b"b")})
        assert done["sentence"] == "b is deleted."
        assert refusal_of(store.ask, "httpd", "FILE_REMOVE", {"sha256": sha256(b"b")}).reason == "not-found"
        assert store.ask("httpd", "FILES_CLEAR", {})["sentence"] == "3 files are deleted."
        assert not names(folder)
        store.wait_until(lambda: not store.files())
        assert "no file" in store.ask("httpd", "FILES_CLEAR", {})["sentence"]
    with CacheAlone(tmp_path) as store:
        store.hears_nothing_of("FILE", 0.2)
        assert not store.files()


def test_who_is_answered_finds_everybody_told(store):
    for count, mark in enumerate("abc", 1):  # quicker than the usage is told by itself
        put(store, mark.encode(), mark)
        assert (store.status("CACHE_STATUS")["files"], len(store.files())) == (count, count)
    store.ask("httpd", "FILE_REMOVE", {"sha256": sha256(b"b")})
    assert (store.status("CACHE_STATUS")["used_bytes"], len(store.files())) == (2, 2)
    store.ask("httpd", "FILES_CLEAR", {})
    assert (store.status("CACHE_STATUS")["used_bytes"], store.files()) == (0, {})


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
