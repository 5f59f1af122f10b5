"""Machines of a network: network namespaces with cables between them. Needs root (POSSIBLE).

	with Machine() as one, Machine() as other:
	    cable(one, "10.77.1.1/24", other, "10.77.1.2/24")
	    with other.inside():
	        …                 # what the calling thread connects, or starts, is on that machine

Each lives as long as a process that holds it; nothing is left in the system's own list of namespaces.
"""
import contextlib
import ctypes
import itertools
import os
import subprocess

from . import darkness

POSSIBLE = darkness.POSSIBLE
_numbers = itertools.count()


def _enter(namespace: int):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, darkness.CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Machine:
    def __enter__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up; echo; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()  # it is in its own by now
        return self

    def __exit__(self, *_):
        self.holder.stdin.close()
        self.holder.wait(10)
        self.holder.stdout.close()

    @contextlib.contextmanager
    def inside(self):
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there)
            try:
                yield self
            finally:
                _enter(home)
        finally:
            os.close(home)
            os.close(there)

    def ip(self, *words):
        with self.inside():
            subprocess.run(["ip", *map(str, words)], check=True, timeout=20)


def cable(one: Machine, address: str, other: Machine, other_address: str):
    """Between two machines: an interface more on each, with these addresses ("10.0.0.1/24")."""
    number = next(_numbers)
    names = [f"fuse{os.getpid() % 100000}-{number}{end}" for end in "ab"]
    one.ip("link", "add", names[0], "type", "veth", "peer", "name", names[1], "netns", other.holder.pid)
    for machine, name, net in ((one, names[0], address), (other, names[1], other_address)):
        machine.ip("addr", "add", net, "brd", "+", "dev", name)
        machine.ip("link", "set", name, "up")
