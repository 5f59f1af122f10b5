"""Print files in the cache: what was acknowledged is there, whole, under its hash; nothing else is; and what jobs need stays.

fuse-stored alone, the test in everybody else's place (rig/cache_alone.py). What is in the files: test_cache_contents.py.
"""
import contextlib
import ctypes
import os
import subprocess

import pytest

from rig.cache_alone import CacheAlone
from rig.cachefiles import (MIB, WAITING, content_of, fill, names, new_room, of_size, put, refusal_of,  # noqa: F401
                            sha256, folder, store)
from rig.waiting import wait_until

CLONE_NEWNS = 0x20000


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
