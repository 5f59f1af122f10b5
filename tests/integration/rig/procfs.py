"""What /proc says of a process, read from outside."""
import os
import pathlib
import re


def alive(pid: int) -> bool:
    """It runs. A zombie does not: it only waits to be counted."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def state(pid: int) -> str:
    """"R", "S", "T" …"""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def parent(pid: int) -> int:
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children(pid: int) -> list:
    """Living children of `pid`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if parent(int(entry)) == pid and alive(int(entry)):
                found.append(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return sorted(found)


def status(pid: int) -> dict:
    """/proc/PID/status as a dict of texts."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def peak_memory_kib(pid: int) -> int:
    """The most that it ever had in memory."""
    return int(status(pid)["VmHWM"].split()[0])


def limits(pid: int) -> dict:
    """Soft and hard limits by name: {"Max core file size": ("0", "0"), …}."""
    found = {}
    for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]:
        name, soft, hard = re.match(r"(.+?)\s{2,}(\S+)\s+(\S+)", line).groups()
        found[name] = (soft, hard)
    return found


def descriptors(pid: int) -> dict:
    """Open descriptors: {3: "socket:[123]", …}. Of another uid's or a sealed process only root may ask."""
    folder = pathlib.Path(f"/proc/{pid}/fd")
    found = {}
    for entry in os.listdir(folder):
        try:
            found[int(entry)] = os.readlink(folder / entry)
        except FileNotFoundError:
            pass
    return found


def environment(pid: int) -> bytes:
    return pathlib.Path(f"/proc/{pid}/environ").read_bytes()


def command_line(pid: int) -> list:
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]


def holders_of(path: pathlib.Path) -> list:
    """Pids of processes that hold `path` open, as far as we may look."""
    target, found = os.path.realpath(path), []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if target in descriptors(int(entry)).values():
                found.append(int(entry))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            pass
    return sorted(found)
