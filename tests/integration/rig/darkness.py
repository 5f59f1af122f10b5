"""Networks of the tests' own.

	darkness.leave_for_good()            # one with loopback alone: a Fuse hears only its own printers

	with darkness.around() as dark:      # one where packets vanish: nobody answers and nobody refuses, as behind a router whose
	    fuse.start()                     # machines are all off; whatever is started within lives there. Nobody is in 10.66.0.0/16
	    …                                # (dark); 127.0.0.0/8 is as ever

A network belongs to the calling thread, and to the threads and processes that it starts from then on. Only root can (POSSIBLE).
"""
import contextlib
import ctypes
import os
import socket
import subprocess

NETWORK = "10.66.0.0/16"
CLONE_NEWNET = 0x40000000
POSSIBLE = subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode == 0

# One end of a cable is a way to a router; nobody is at the other end.
CABLE = f"""
link set lo up
link add way type veth peer name nobody
link set nobody arp off up
address add 10.65.0.1/30 dev way
link set way up
neighbour add 10.65.0.2 lladdr 02:00:00:00:00:02 dev way nud permanent
route add {NETWORK} via 10.65.0.2
"""


def _call(name: str, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def leave_for_good():
    """From now on this process has a network of its own, with loopback alone (if it is possible)."""
    if POSSIBLE:
        _call("unshare", CLONE_NEWNET)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


@contextlib.contextmanager
def around():
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("unshare", CLONE_NEWNET)
        try:
            subprocess.run(["ip", "-batch", "-"], input=CABLE, text=True, check=True)
            yield NETWORK
        finally:
            _call("setns", home, CLONE_NEWNET)
    finally:
        os.close(home)


@contextlib.contextmanager
def mute(network: str):
    """Within around(): all addresses of this part of the dark are there. Whoever connects to a printer's port is let in, and
    hears nothing."""
    with contextlib.ExitStack() as stack:
        subprocess.run(["ip", "route", "add", "local", network, "dev", "lo"], check=True)
        stack.callback(subprocess.run, ["ip", "route", "del", "local", network, "dev", "lo"], check=True)
        for port in (8883, 3000, 3002):
            stack.enter_context(socket.create_server(("", port), backlog=1024))
        yield
