"""What a search for printers takes, in a network of its own where packets vanish (rig/darkness.py), with nmap after each
search as the reference; and what fuse-discovery takes of the machine while announcements flood it. Called by run.py; alone:
tests/bench/search.py BUILD
"""
import concurrent.futures
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import time

if __name__ == "__main__":
    os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from rig import ca, darkness, probes, procfs  # noqa: E402
from rig.fuse import Fuse  # noqa: E402
from rig.tlspeer import Peer, detect_reply, tls, tls_detect  # noqa: E402

ROUNDS = 5
DEAD, ANSWERING = "10.66.1.0/24", "127.0.10.0/24"
PART, PART_SIZE, WHOLE_SIZE = "10.66.16.0/20", 4094, 65534
# By hand: what it takes to have nmap wait a second for all of them at once, and not ask twice.
TUNED = ["nmap", "-n", "-Pn", "-sT", "-p", "8883", "-T5", "--min-parallelism", "512", "--min-hostgroup", "512", "--max-retries", "0",
         "--initial-rtt-timeout", "1s", "--max-rtt-timeout", "1s"]
AS_IT_COMES = ["nmap", "-n", "-Pn", "-p", "8883"]
PRINTERS = 5
FLOOD_S = 5
FLOOD = """
import socket, sys, time
out, end, sent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.monotonic() + float(sys.argv[2]), 0
head = "NOTIFY * HTTP/1.1\\r\\nLocation: 127.0.62.1\\r\\nNT: urn:bambulab-com:device:3dprinter:1\\r\\nNTS: ssdp:alive\\r\\n"
while time.monotonic() < end:
    for _ in range(64):
        out.sendto(f"{head}USN: 01P00A{sent:09}\\r\\nDevModel.bambu.com: C12\\r\\nDevName.bambu.com: Flood\\r\\n\\r\\n".encode(),
                   ("127.0.0.1", int(sys.argv[1])))
        sent += 1
print(sent)
"""


def search(fuse, cidr: str) -> tuple:
    """(seconds, the SCAN_DONE of it)."""
    with fuse.ctl(timeout_s=60) as ctl:
        started = time.perf_counter()
        done = ctl.request("SCAN", {"cidr": cidr})[-1].fields
        return time.perf_counter() - started, done


def nmap(command: list, cidr: str) -> float:
    started = time.perf_counter()
    subprocess.run([*command, cidr], check=True, capture_output=True)
    return time.perf_counter() - started


def in_turn(fuse, cidr: str, rounds: int, found: int) -> tuple:
    """Of so many searches and as many runs of nmap, one after the other: the seconds of each."""
    ours, theirs = [], []
    for _ in range(rounds):
        took_s, done = search(fuse, cidr)
        assert done["found"] == found, done
        ours.append(took_s)
        theirs.append(nmap(TUNED, cidr))
    return ours, theirs


def words(took_s: list) -> str:
    return f"{statistics.median(took_s):.2f} s (worst of {len(took_s)}: {max(took_s):.2f})"


@contextlib.contextmanager
def some_printers():
    with contextlib.ExitStack() as stack:
        for number in range(PRINTERS):
            serial, address = f"01P00A{number:09}", f"127.0.10.{50 * number + 7}"
            printer = ca.Authority("Farm CA", key_number=0).printer(serial)
            stack.enter_context(Peer(address, 8883, tls(printer)))
            stack.enter_context(Peer(address, 3002, tls_detect(printer, detect_reply(serial))))
        yield


def measure_times(row, fuse, slow_s: float) -> None:
    ours, theirs = in_turn(fuse, DEAD, ROUNDS, 0)
    part, part_nmap = in_turn(fuse, PART, 1, 0)
    with some_printers():
        answered, answered_nmap = in_turn(fuse, ANSWERING, ROUNDS, PRINTERS)
    row("search of a dead /24", words(ours), "1.5 s", f"nmap tuned by hand: {words(theirs)}; as it comes: {slow_s:.0f} s",
        statistics.median(ours) < 1.5)
    row(f"search of an answering /24, {PRINTERS} printers in it", words(answered), "0.3 s",
        f"nmap tuned by hand, which does not ask who they are: {words(answered_nmap)}", statistics.median(answered) < 0.3)
    whole_s = part[0] / PART_SIZE * WHOLE_SIZE
    row(f"search of a dead /16, reckoned from a /20 ({part[0]:.2f} s for {PART_SIZE} of {WHOLE_SIZE} addresses)", f"{whole_s:.0f} s", "150 s",
        f"nmap tuned by hand, reckoned alike: {part_nmap[0] / PART_SIZE * WHOLE_SIZE:.0f} s", whole_s < 150)


def measure_limits(row, fuse) -> None:
    with probes.Watch() as knocks:
        search(fuse, "10.66.32.0/22")
    with darkness.mute("10.66.40.64/26"), probes.Watch() as mixed:
        search(fuse, "10.66.40.0/22")
    row("probes in flight at most: a dead /22; one with 64 that answer and then say nothing", f"{knocks.most}; {mixed.most} connections",
        "512", f"the kernel's list of sockets, looked at {knocks.looks} and {mixed.looks} times", max(knocks.most, mixed.most) <= 512)
    row(f"the shortest of {knocks.count} probes", f"{knocks.shortest_s:.3f} s at most", "at least 1 s", "-", knocks.shortest_s >= 1)


# -- announcements without end ------------------------------------------------------------------------------

def cpu_s(pid: int) -> float:
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def flood(port: int, pid: int) -> tuple:
    """(datagrams a second, share of a core that `pid` took)."""
    before = cpu_s(pid)
    sent = subprocess.run([sys.executable, "-c", FLOOD, str(port), str(FLOOD_S)], check=True, capture_output=True, text=True).stdout
    return int(sent) / FLOOD_S, (cpu_s(pid) - before) / FLOOD_S


def measure_flood(row, fuse) -> None:
    pid = fuse.pids()["discovery"]
    with subprocess.Popen(["socat", "-u", "UDP-RECV:2022", "OPEN:/dev/null"]) as reference:
        try:
            _, bare = flood(2022, reference.pid)
        finally:
            reference.kill()
    rate, ours = flood(2021, pid)
    memory_mib = procfs.peak_memory_kib(pid) / 1024
    row(f"fuse-discovery while {rate / 1000:.0f} 000 announcements a second flood it: CPU", f"{ours * 100:.1f} % of a core", "10 % of a core",
        f"socat that throws all away: {bare * 100:.1f} %", ours < 0.1)
    row("its memory (most ever)", f"{memory_mib:.1f} MiB", "24 MiB", "-", memory_mib < 24)


def measure(row) -> None:
    if not darkness.POSSIBLE:
        row("searches for printers", "not measured", "-", "a network of its own needs root", None)
        return
    fuse = Fuse(workers=[], name="bench-search")
    with darkness.around():
        try:
            fuse.start()
            # It waits nearly all of its 50 s: beside what is no time.
            with concurrent.futures.ThreadPoolExecutor(1) as beside:
                slow = beside.submit(nmap, AS_IT_COMES, DEAD)
                measure_limits(row, fuse)
                measure_flood(row, fuse)
            measure_times(row, fuse, slow.result())
            fuse.stop()
        finally:
            fuse.close()


if __name__ == "__main__":
    measure(lambda figure, measured, goal, reference, reached: print(f"{figure}: {measured} (goal {goal}; {reference}): {reached}", flush=True))
