"""A pytest plugin: no test may run longer than its time limit.

The limit is TIME_LIMIT_S seconds for the set-up and for the test itself; a test that needs more
says so: @pytest.mark.timelimit(300). What is over it fails with the stack where it hung, and its
clean-up still runs. Should even that hang, the whole run ends with every thread's stack.
"""
import faulthandler
import os
import signal

import pytest

TIME_LIMIT_S = 120
GRACE_S = 60

# Taken before pytest redirects it: where the last stack goes.
REAL_STDERR = os.dup(2)


class TookTooLong(BaseException):
    """Not an Exception, so that `except Exception` in a test cannot swallow it."""


def pytest_configure(config):
    config.addinivalue_line("markers", f"timelimit(seconds): it may take so long (usual: {TIME_LIMIT_S} s)")


def limit_of(item) -> int:
    marker = item.get_closest_marker("timelimit")
    return int(marker.args[0]) if marker else TIME_LIMIT_S


def limited(item):
    limit = limit_of(item)

    def too_long(_signal, _frame):
        raise TookTooLong(f"took longer than its {limit} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(limit)
    outcome = yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    if outcome.excinfo is not None and outcome.excinfo[0] is TookTooLong:
        # pluggy 1.0 has no public way to exchange an exception.
        outcome._excinfo = (AssertionError, AssertionError(str(outcome.excinfo[1])), outcome.excinfo[2])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    faulthandler.dump_traceback_later(2 * limit_of(item) + GRACE_S, exit=True, file=REAL_STDERR)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    yield from limited(item)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    yield from limited(item)
