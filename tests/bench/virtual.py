"""Figures of virtual printers: what twenty cost that print, and how fast a file of 100 MB goes onto the card of one, beside the
real vsftpd with the same clients, in turns. Called by run.py; alone: tests/bench/virtual.py BUILD
"""
import contextlib
import os
import pathlib
import statistics
import sys
import tempfile
import time

if __name__ == "__main__":
    os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import upload  # noqa: E402
from rig import ftpd, http, printers, procfs  # noqa: E402
from rig.fuse import Fuse  # noqa: E402
from rig.virtual_alone import VirtualAlone  # noqa: E402
from rig.waiting import wait_until  # noqa: E402

SERIAL, CODE = "00M00A000000001", "12345678"
VIRTUAL_HOST, VSFTPD_HOST = "127.64.0.91", "127.0.43.91"
SIZE = 100_000_000
ROUNDS = 5
TWENTY, WINDOW_S = 20, 30


# -- twenty that print ------------------------------------------------------------------------------------------

def pids_of_role(fuse, role: str) -> list:
    return [row["pid"] for name, row in fuse.ps().items() if name.startswith(role + "/")]


def cpu_s(pids: list) -> float:
    return sum(int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def pss_mib(pid: int) -> float:
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def start_prints(fuse, web):
    """Each prints, at the pace of a real one, with all heating done."""
    made = web.ask("POST", "/api/v1/virtual-printers", {"name": "Bench", "quantity": TWENTY, "ams": ["ams"]}, status=201)
    serials = [one["serial"] for one in made.json()["printers"]]
    for serial in serials:
        wait_until(lambda: web.get(f"/api/v1/printers/{serial}/stat").json()["isOnline"], 60, "a virtual printer is not linked")
        fuse.fusectl("virtual", "set", serial, "timeFactor=60")
        fuse.fusectl("virtual", "test-print", serial)
    for serial in serials:
        wait_until(lambda: web.get(f"/api/v1/printers/{serial}/report").json()["print"].get("layer_num", 0) > 0, 120, "it does not print")
        fuse.fusectl("virtual", "set", serial, "timeFactor=1")


def measure_twenty(row):
    fuse = Fuse(name="bench-virtual")
    try:
        fuse.start()
        web = http.Http(fuse, timeout_s=60)
        start_prints(fuse, web)
        players = pids_of_role(fuse, "virtual")
        before = cpu_s(players)
        time.sleep(WINDOW_S)
        share = (cpu_s(players) - before) / WINDOW_S * 100
        sizes = sorted(pss_mib(pid) for pid in players)
        row(f"{len(players)} virtual printers that print: CPU of them all", f"{share:.1f} % of a core", "10 % of a core", "-", share < 10)
        row("memory of each (PSS)", f"{statistics.mean(sizes):.2f} MiB (most {sizes[-1]:.2f})", "4 MiB", "-", sizes[-1] < 4)
    finally:
        fuse.close()


# -- a file to one -----------------------------------------------------------------------------------------------

def seconds_by_fuse(printer, file, ca_dir) -> float:
    return upload.by_fuse(printer, file, ca_dir)["seconds"]


CLIENTS = {"fuse-upload": seconds_by_fuse, "curl": lambda printer, file, _: upload.by_curl(printer, file),
           "lftp": lambda printer, file, _: upload.by_lftp(printer, file)}


def measure_uploads(row, virtual, real, file, ca_dir):
    for name, send in CLIENTS.items():
        took = {"virtual": [], "vsftpd": []}
        for _ in range(ROUNDS):
            took["virtual"].append(send(virtual, file, ca_dir))
            took["vsftpd"].append(send(real, file, ca_dir))
        rate = {who: upload.mb_s(SIZE, statistics.median(seconds)) for who, seconds in took.items()}
        ratio = rate["virtual"] / rate["vsftpd"]
        row(f"a file of 100 MB to a virtual printer, by {name}", f"{rate['virtual']:.0f} MB/s ({ratio:.2f} ×)", "0.8 × vsftpd's",
            f"vsftpd {rate['vsftpd']:.0f} MB/s", ratio >= 0.8)


def measure(row):
    measure_twenty(row)
    if not ftpd.POSSIBLE:
        row("files to virtual printers", "not measured", "-", "vsftpd with users of its own needs root", None)
        return
    issuer = printers.OwnIssuer()
    with tempfile.TemporaryDirectory(prefix="fuse-bench-") as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        ca_dir = folder / "ca.d"
        ca_dir.mkdir()
        (ca_dir / "ca.pem").write_bytes(issuer.pem())
        file = folder / "file.bin"
        file.write_bytes(os.urandom(SIZE))
        virtual = stack.enter_context(VirtualAlone("X1C", SERIAL, VIRTUAL_HOST, CODE, issuer=issuer))
        real = stack.enter_context(ftpd.VsftpdPrinter(SERIAL, VSFTPD_HOST, CODE, ca=issuer))
        idle_kib = procfs.peak_memory_kib(virtual.process.pid)
        measure_uploads(row, virtual, real, file, ca_dir)
        more_kib = procfs.peak_memory_kib(virtual.process.pid) - idle_kib
        row("memory of a virtual printer after such uploads", f"{more_kib / 1024:.2f} MiB more", "1 MiB more", "-", more_kib < 1024)


if __name__ == "__main__":
    measure(lambda *columns: print(*columns, sep=" | ", flush=True))
