"""What a search has under way, by the kernel's list of sockets and not by what the search says: how many connections at once,
and how long each was waited for.

	with probes.Watch() as watch:
	    …
	watch.most, watch.shortest_s, watch.count
"""
import pathlib
import threading
import time

PORTS = {8883, 3000, 3002}
OURS = {"01", "02"}  # established, or on its way; the kernel alone keeps the others


def sockets() -> set:
    """Connections of the calling thread's network to a printer's ports: (local, remote) each."""
    found = set()
    for line in pathlib.Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state = line.split(None, 4)[:4]
        if state in OURS and int(remote.rpartition(":")[2], 16) in PORTS:
            found.add((local, remote))
    return found


class Watch:
    """Looks again and again. A look is not one moment: while the kernel tells its list, connections come and go, and one may be
    passed over. So what two looks have seen was open at once, and what two have not seen is gone. A busy machine makes the
    looks rare: then `most` may be too low and no time is too short; neither accuses a search that keeps its limits."""

    def __init__(self):
        self.most = self.count = self.looks = 0
        self.shortest_s = float("inf")  # the least that a connection can have been waited for at the most
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        open_since, seen_before = {}, set()  # since then at the most
        before = time.monotonic()
        while not self.ending.is_set():
            began, seen = time.monotonic(), sockets()
            now = time.monotonic()
            self.looks += 1
            self.most = max(self.most, len(seen & seen_before))
            for gone in set(open_since) - seen - seen_before:
                self.shortest_s = min(self.shortest_s, now - open_since.pop(gone))
            for fresh in seen - set(open_since):
                open_since[fresh] = before
                self.count += 1
            before, seen_before = began, seen
            self.ending.wait(0.002)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
