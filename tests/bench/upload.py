"""Figures of file transfers to a printer, against vsftpd as some models have it, with curl and lftp in the same run and in
turns: how fast a file goes there, twenty at once, how soon the first byte goes, and what memory it takes. Called by run.py;
alone: tests/bench/upload.py BUILD
"""
import concurrent.futures
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from rig import ftpd, printers, procfs  # noqa: E402
from rig.uploader import Uploader  # noqa: E402

SERIAL, HOST, CODE, PATH = "01P00A000000001", "127.0.43.{}", "12345678", "/bench-0123456789.gcode.3mf"
MIB = 1 << 20
SIZE = 100 * MIB
ROUNDS = 7
MANY, MANY_SIZE, MANY_ROUNDS = 20, 20 * MIB, 3
FIRST_BYTES = 20
LOOK_EVERY_S = 0.01


def by_fuse(printer, file: pathlib.Path, ca_dir) -> dict:
    """Sends it; everything counts, from the start of the process to its result. Returns FTP_RESULT with the seconds."""
    started = time.monotonic()
    with Uploader(ca_dir) as uploader:
        fd = os.open(file, os.O_RDONLY)
        uploader.put(printer, PATH, b"", size=file.stat().st_size, fd=fd)
        peak = 0
        while not uploader.of("FTP_RESULT"):
            with contextlib.suppress(OSError, KeyError):  # it has just gone
                peak = max(peak, procfs.peak_memory_kib(uploader.process.pid))
            time.sleep(LOOK_EVERY_S)
        result = {**uploader.result(), "seconds": time.monotonic() - started, "peak_kib": peak}
    assert result["good"], result
    return result


def timed(command: list) -> float:
    started = time.monotonic()
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120)
    return time.monotonic() - started


def by_curl(printer, file: pathlib.Path) -> float:
    return timed(["curl", "-sS", "-k", "--tls-max", "1.2", "-u", f"bblp:{CODE}", "-T", file,
                  f"ftps://{printer.address}:{printer.port}{PATH}"])


def by_lftp(printer, file: pathlib.Path) -> float:
    settings = "set ssl:verify-certificate no; set ssl:priority NORMAL:-VERS-TLS1.3; set ftp:ssl-protect-data true; set net:max-retries 1"
    return timed(["lftp", "-c", f"{settings}; open -u bblp,{CODE} ftps://{printer.address}:{printer.port}; put {file} -o {PATH}"])


def mb_s(size: int, seconds: float) -> float:
    return size / seconds / 1e6


def measure_one(row, printer, file, ca_dir):
    took = {"fuse": [], "curl": [], "lftp": []}
    peaks = []
    for _ in range(ROUNDS):
        result = by_fuse(printer, file, ca_dir)
        took["fuse"].append(result["seconds"])
        peaks.append(result["peak_kib"])
        took["curl"].append(by_curl(printer, file))
        took["lftp"].append(by_lftp(printer, file))
    rate = {who: mb_s(SIZE, statistics.median(seconds)) for who, seconds in took.items()}
    ratio = rate["fuse"] / max(rate["curl"], rate["lftp"])
    row("a file of 100 MiB to a printer", f"{rate['fuse']:.0f} MB/s ({ratio:.2f} ×)", "1.0 × the faster of curl and lftp",
        f"curl {rate['curl']:.0f}, lftp {rate['lftp']:.0f} MB/s", ratio >= 1.0)
    return max(peaks)


def measure_many(row, many, file, ca_dir):
    took = {"fuse": [], "curl": []}
    with concurrent.futures.ThreadPoolExecutor(MANY) as pool:
        for _ in range(MANY_ROUNDS):
            for who, send in (("fuse", lambda printer: by_fuse(printer, file, ca_dir)), ("curl", lambda printer: by_curl(printer, file))):
                started = time.monotonic()
                list(pool.map(send, many))
                took[who].append(time.monotonic() - started)
    rate = {who: mb_s(MANY * MANY_SIZE, statistics.median(seconds)) for who, seconds in took.items()}
    ratio = rate["fuse"] / rate["curl"]
    row(f"{MANY} files of 20 MiB to {MANY} printers at once", f"{rate['fuse']:.0f} MB/s in all ({ratio:.2f} ×)", "0.9 × as many curls",
        f"curl {rate['curl']:.0f} MB/s", ratio >= 0.9)


def measure_first_byte(row, printer, small, ca_dir):
    first = [by_fuse(printer, small, ca_dir)["first_byte_ms"] for _ in range(FIRST_BYTES)]
    row("from the request to the first byte of a file", f"{statistics.median(first):.0f} ms (worst {max(first)})", "150 ms with all before it", "-",
        statistics.median(first) < 150)


def measure(row):
    if not ftpd.POSSIBLE:
        row("files to printers", "not measured", "-", "vsftpd with users of its own needs root", None)
        return
    issuer = printers.OwnIssuer()
    with tempfile.TemporaryDirectory(prefix="fuse-bench-") as folder:
        folder = pathlib.Path(folder)
        ca_dir = folder / "ca.d"
        ca_dir.mkdir()
        (ca_dir / "ca.pem").write_bytes(issuer.pem())
        files = {size: folder / f"{size}.bin" for size in (SIZE, MANY_SIZE, 64 * 1024)}
        for size, file in files.items():
            file.write_bytes(os.urandom(size))
        with contextlib.ExitStack() as stack:
            many = [stack.enter_context(ftpd.VsftpdPrinter(SERIAL, HOST.format(n), CODE, ca=issuer)) for n in range(1, MANY + 1)]
            small_peak = by_fuse(many[0], files[64 * 1024], ca_dir)["peak_kib"]
            peak = measure_one(row, many[0], files[SIZE], ca_dir)
            row("memory of a transfer of 100 MiB, beside one of 64 KiB", f"{(peak - small_peak) / 1024:.2f} MiB more (RSS {peak / 1024:.1f})",
                "8 MiB more", "-", peak - small_peak < 8192)
            measure_first_byte(row, many[0], files[64 * 1024], ca_dir)
            measure_many(row, many, files[MANY_SIZE], ca_dir)


if __name__ == "__main__":
    measure(lambda *columns: print(*columns, sep=" | "))
