"""Figures of virtual printers: how fast a file of 100 MB goes onto the card of one, beside the real vsftpd with the same clients, in
turns. Called by run.py; alone: tests/bench/virtual.py BUILD
"""
import contextlib
import os
import pathlib
import statistics
import sys
import tempfile

if __name__ == "__main__":
    os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import upload  # noqa: E402
from rig import ftpd, printers, procfs  # noqa: E402
from rig.virtual_alone import VirtualAlone  # noqa: E402

SERIAL, CODE = "00M00A000000001", "12345678"
VIRTUAL_HOST, VSFTPD_HOST = "127.64.0.91", "127.0.43.91"
SIZE = 100_000_000
ROUNDS = 5


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
