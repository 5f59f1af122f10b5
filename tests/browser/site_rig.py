"""A Fuse with its web UI, and printers for it, played by Mosquitto."""
import contextlib
import copy
import pathlib
import random
import shutil
import signal
import socket
import tempfile

from rig import fuse as rig_fuse
from rig import links, printers
from rig.waiting import wait_until

# Serial numbers begin as those of the model do.
PREFIXES = {"x1c-1": "00M00A", "p1p-1": "01S00A", "p2s-1": "22E00A", "a1-1": "03900A", "a1mini-1": "03000A", "h2d-1": "09400A",
            "h2s-1": "09300A", "h2c-1": "31B00A"}


def report_of(sample: str, **changes) -> dict:
    """A full report of a sample with some fields changed."""
    report = copy.deepcopy(links.sample(sample))
    report["print"].update({"msg": 0, **changes})
    return report


class Site:
    """
    scheme   of its pages
    how      config, options, env: as rig.fuse.Fuse takes them
    """

    def __init__(self, name: str = "browser", scheme: str = "http", **how):
        self.scheme = scheme
        self.fuse = rig_fuse.Fuse(name=name, **how)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fuse-site-"))
        self.printers, self.numbers = {}, iter(range(1, 10000))
        self.net = f"127.{random.randint(100, 250)}.{random.randint(0, 250)}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.fuse.http}"

    def start(self, *options):
        self.fuse.start(*options, all_up=False)
        self.wait_http()
        return self

    def wait_http(self):
        def answers():
            with contextlib.suppress(OSError):
                socket.create_connection((self.fuse.address, 8888), 1).close()
                return True

        wait_until(answers, 20 * rig_fuse.SLOWNESS, "httpd does not listen")

    # -- printers -----------------------------------------------------------------------------------------

    def make(self, sample: str = "p1p-1", report=None, code: str = "12345678", serial: str = None,
             start: bool = True) -> printers.MosquittoPrinter:
        """A printer that Fuse does not know; `start`: it is switched on."""
        number = next(self.numbers)
        serial = serial or f"{PREFIXES[sample]}{number:09}"
        net, host = divmod(number, 250)
        made = printers.MosquittoPrinter(serial, f"{self.net.rpartition('.')[0]}.{(int(self.net.split('.')[2]) + net) % 256}.{host + 1}",
                                         code=code, tmp_path=self.folder, auto=True, report=report or report_of(sample),
                                         modules=links.modules(sample))
        self.printers[serial] = made
        return made.start() if start else made

    def keep(self, printer, name: str = "", model: str = "", code: str = None):
        """Have Fuse keep it, its certificate approved."""
        links.add(self.fuse, printer.serial, printer.address, pin=printer.fingerprint, name=name, model=model,
                  code=printer.code if code is None else code)
        return printer

    def printer(self, name: str, sample: str = "p1p-1", live: bool = True, **how) -> printers.MosquittoPrinter:
        """A printer that Fuse keeps, and is linked with."""
        made = self.keep(self.make(sample, **how), name)
        if live:
            links.wait_live(self.fuse, made.serial)
        return made

    def kept(self) -> list:
        """What the store has, as PRINTER tells it."""
        with self.fuse.ctl() as ctl:
            return ctl.recall("PRINTER")

    # -- trouble ------------------------------------------------------------------------------------------

    def kill(self, process: str) -> dict:
        """kill -9; returns how it was before."""
        before = self.fuse.ps()[process]
        self.fuse.kill(process, signal.SIGKILL)
        return before

    def hold(self, process: str) -> int:
        """It stands still until let_go(); returns its pid."""
        pid = self.fuse.pids()[process]
        self.fuse.kill(pid, signal.SIGSTOP)
        return pid

    def let_go(self, process: str, pid: int):
        """It goes on, unless fused has ended it meanwhile."""
        if self.fuse.pids().get(process) == pid:
            self.fuse.kill(pid, signal.SIGCONT)

    # -- the end ------------------------------------------------------------------------------------------

    def close(self):
        try:
            self.fuse.close()
        finally:
            for one in self.printers.values():
                with contextlib.suppress(OSError):
                    one.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
