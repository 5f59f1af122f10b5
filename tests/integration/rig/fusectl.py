"""fusectl as people and scripts run it: with nothing around it that says where Fuse is, on a terminal of its own, and
against something that only pretends to be Fuse."""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading

from . import fuse as rig_fuse
from . import wire
from .waiting import wait_until

FUSECTL = rig_fuse.BUILD / "fusectl"
DONE, FAILED, USAGE, NOT_FOUND, UNREACHABLE, REFUSED, TIMED_OUT = range(7)

# What must never reach a terminal: controls, and what turns the direction of text.
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def run(*arguments, env: dict = None, **more):
    """fusectl with nothing in its environment that says where Fuse is."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", **(env or {})}
    if "ASAN_OPTIONS" in os.environ:
        environment["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
    given = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True,
             "timeout": 30 * rig_fuse.SLOWNESS, **more}
    return subprocess.run([str(FUSECTL), *map(str, arguments)], env=environment, check=False, **given)


def keys_of(document):
    """Every key of a JSON document, but for the fields of a log line, which are not ours to name."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            if key != "fields":
                yield from keys_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from keys_of(value)


class Stranger:
    """Something that listens where Fuse should. `answer(request, say)` is called for each request with its
    frame (and the descriptor that came along, which is its own); `say` sends bytes, or a message of our tables
    under the request's number."""

    def __init__(self, folder: pathlib.Path, answer):
        self.path, self.answer, self.requests = folder / "fused.sock", answer, []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                visitor, _ = self.listener.accept()
            except OSError:
                return
            with visitor, contextlib.suppress(OSError):
                visitor.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                while True:
                    data, fds, _, _ = socket.recv_fds(visitor, wire.FRAME_MAX_BYTES, 1)
                    if not data:
                        break
                    request = wire.decode_frame(data, fds[0] if fds else -1)
                    self.requests.append(request)

                    def say(what, fields=None, request=request, **header):
                        if isinstance(what, bytes):
                            visitor.send(what)
                            return
                        message = wire.MESSAGES[what]
                        header = {"request_id": request.request_id, "from_role": 1, "to_role": 2, **header}
                        body = wire.encode_body(message, fields or {})
                        visitor.send(wire.encode_frame(message.number, body, **header))

                    if self.answer(request, say) == "hang up":
                        break

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


def _as_in_a_shell():
    """Ctrl-C counts, also where the tests themselves run in the background and ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: list, env: dict, columns: int):
        self.text = ""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env,
                                      start_new_session=True, preexec_fn=_as_in_a_shell)
        os.close(slave)

    def _read_more(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: the other end is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, words: str):
        def come():
            self._read_more(0.05)
            return words in self.text
        wait_until(come, 10 * rig_fuse.SLOWNESS, lambda: f"{words!r} does not come: {self.text!r}")

    def ended_or_asks(self) -> bool:
        """It has said all, or waits for a yes or a code."""
        while self._read_more(0.05):
            pass
        return self.child.poll() is not None or self.text.endswith(("[y/N] ", "(not shown): "))

    def shows_what_is_typed(self) -> bool:
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, keys: str):
        os.write(self.master, keys.encode())

    def exit_code(self) -> int:
        wait_until(lambda: not self._read_more(0.05) and self.child.poll() is not None, 10 * rig_fuse.SLOWNESS)
        code = self.child.wait(10 * rig_fuse.SLOWNESS)
        while self._read_more(0.2):
            pass
        return code

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.master)


@contextlib.contextmanager
def on_terminal(*arguments, env: dict = None, columns: int = 80, program: list = None):
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm", "HOME": "/nonexistent",
                   **(env or {})}
    terminal = Terminal([str(word) for word in (program or [FUSECTL])] + [str(word) for word in arguments],
                        environment, columns)
    try:
        yield terminal
    finally:
        terminal.close()
