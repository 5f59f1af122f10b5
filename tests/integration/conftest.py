"""Fixtures for the stories about the whole of Fuse (see rig/fuse.py for what a Fuse can do).

	def test_something(fuse):                    # one Fuse with two workers, all up
	def test_more(make_fuse):                    # as many as you like, as you like them
	    fuse = make_fuse(workers=["A"], rogues={"worker"})
	    fuse.plan("worker/A", "usr1", "flood")
	    fuse.start()
"""
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from rig import darkness, fuse as rig_fuse  # noqa: E402
from rig import secrets  # noqa: E402


def pytest_configure(config):
    # The plugin tests/timelimit.py, which tests/run loads, enforces it.
    config.addinivalue_line("markers", "timelimit(seconds): it may take so long")
    # Every Fuse listens for announcements on the same ports, and each reaches one of them.
    if hasattr(config, "workerinput"):
        darkness.leave_for_good()


def pytest_sessionstart(session):
    """Logs of an earlier run would be searched for secrets of this one. (A run has several processes and steps.)"""
    if hasattr(session.config, "workerinput") or "FUSE_KEEP_LOGS" in os.environ:
        return
    shutil.rmtree(rig_fuse.LOGS, ignore_errors=True)
    secrets.forget_all()


def pytest_collection_modifyitems(items):
    """The search of all logs for planted secrets comes last."""
    items.sort(key=lambda item: "test_zz_" in item.nodeid)


@pytest.fixture
def make_fuse(request):
    """A function that makes a Fuse (not yet started); all are stopped and checked at the end of the test."""
    made = []

    def make(**arguments) -> rig_fuse.Fuse:
        made.append(rig_fuse.Fuse(name=request.node.nodeid.rpartition("/")[2], **arguments))
        return made[-1]

    yield make
    faults = []
    for one in reversed(made):
        try:
            one.close()
        except AssertionError as fault:
            faults.append(str(fault))
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.fixture
def fuse(make_fuse) -> rig_fuse.Fuse:
    """A Fuse with two printers, so with the workers ALPHA and BETA; all its processes are up."""
    return make_fuse(workers=["ALPHA", "BETA"]).start()


@pytest.fixture
def planted_secret() -> str:
    """A fresh secret that must never be seen in a log or any other output."""
    return secrets.plant()
