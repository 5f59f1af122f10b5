"""Wait for what must come true, never for luck."""
import time


def wait_until(predicate, deadline_s: float = 10, what: str = "", every_s: float = 0.02):
    """Ask `predicate` until it gives something true, and return that. Fails with `what` (a text, or a
    function that tells how things are) when it has not come true in time."""
    until = time.monotonic() + deadline_s
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > until:
            said = what() if callable(what) else what or getattr(predicate, "__doc__", "") or predicate
            raise AssertionError(f"not within {deadline_s} s: {said}")
        time.sleep(every_s)


def holds_for(predicate, seconds: float, what: str = "", every_s: float = 0.05):
    """`predicate` stays true for so long: to show that something does not happen."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not predicate():
            raise AssertionError(f"did not hold for {seconds} s: {what or predicate}")
        time.sleep(every_s)
