"""What the stories about the cache of print files need: fuse-stored alone (rig/cache_alone.py) with a cache, and files that come
into it."""
import hashlib
import os

import pytest

from rig import wire
from rig.cache_alone import CacheAlone

MIB = 1 << 20
WAITING, PRINTABLE, UNPRINTABLE, FAILED = range(4)


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
