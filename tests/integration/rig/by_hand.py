"""fused started otherwise than a Fuse does it: in a terminal, into a pipe, under another program, on a disk of its
own. The Fuse (not started) gives the folder, the addresses and the checks at the end."""
import contextlib
import ctypes
import os
import pty
import signal
import subprocess

import pytest

from .fuse import AS_ROOT, SLOWNESS
from .waiting import wait_until

CLONE_NEWNS = 0x00020000


def command(fuse, *options) -> list:
    return [str(word) for word in [fuse.bin / "fused", "--state", fuse.state, "--http", fuse.http, "--stats",
                                   fuse.stats, "--config", fuse.config_file, *fuse.options, *options]]


def environment(fuse, **more) -> dict:
    passed = {key: value for key, value in os.environ.items()
              if key in ("PATH", "LANG", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return {**passed, "HOME": str(fuse.dir), "NOTIFY_SOCKET": str(fuse.notifications.path), **more}


def wait_ready(fuse):
    wait_until(lambda: fuse.notifications.count("READY") > 0, 20 * SLOWNESS, "fused is not ready")
    fuse.add_missing()


@contextlib.contextmanager
def started(fuse, *before, **how):
    """fused behind the words `before` (["setpriv", …]); ended with SIGTERM, which must end it in order."""
    process = subprocess.Popen([*before, *command(fuse)], stdin=subprocess.DEVNULL, cwd=fuse.dir,
                               env=environment(fuse), **how)
    try:
        wait_ready(fuse)
        yield process
        process.terminate()
        assert process.wait(25 * SLOWNESS) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class Terminal:
    """fused in the foreground of a terminal, as a person starts it in a shell."""

    def __init__(self, fuse, *options):
        self.shown = b""
        self.pid, self.keyboard = pty.fork()
        if self.pid == 0:
            os.chdir(fuse.dir)
            words = command(fuse, *options)
            os.execve(words[0], words, environment(fuse))

    def hang_up(self):
        """Close the window."""
        os.close(self.keyboard)
        self.keyboard = None

    def _read(self):
        if self.keyboard is None:
            return
        os.set_blocking(self.keyboard, False)
        with contextlib.suppress(OSError):
            while piece := os.read(self.keyboard, 65536):
                self.shown += piece

    def wait_shown(self, words: bytes, deadline_s: float = 20):
        def is_shown():
            self._read()
            return words in self.shown

        wait_until(is_shown, deadline_s * SLOWNESS, lambda: f"{words!r} is not in {self.shown!r}")

    def press(self, keys: bytes):
        os.write(self.keyboard, keys)

    def wait_exit(self, deadline_s: float = 25) -> int:
        """The exit code, or minus the signal."""
        def ended():
            self._read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return (status,) if pid else None

        status = wait_until(ended, deadline_s * SLOWNESS, lambda: f"fused does not end: {self.shown!r}")[0]
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self.keyboard is not None:
            self.hang_up()


@contextlib.contextmanager
def small_disk(folder, size: str = "256k"):
    """A disk of its own in place of `folder`; gone afterwards. Skips where that cannot be had."""
    if not AS_ROOT or ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        pytest.skip("not tried: this user may not mount a disk of its own (that takes root)")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder, how: str):
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def fill(folder):
    """Leave no byte of room."""
    with (folder / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"\0" * 4096)
