"""The video of virtual printers, watched by others: ffmpeg, and GStreamer with Cisco's decoder. What those do not do (wrong words,
several viewers, one that does not read) is done by a client of our own."""
import contextlib
import hashlib
import io
import json
import os
import pathlib
import re
import socket
import subprocess
import time

import PIL.Image
import pytest

from rig import threemf
from rig.fuse import SANITIZED, SLOWNESS
from rig.virtual_alone import VirtualAlone
from rig.waiting import wait_until
from test_virtual import camera_login, next_picture, read_to_end, refuses, tls
from test_virtual_files import Watcher

BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
WAIT_S = 20 * SLOWNESS
BED, PART, NOZZLE = 150, 120, (200, 225)
TIMEOUT_S = 65


@pytest.fixture(scope="module", name="x1c")
def an_x1c():
    with VirtualAlone(model="X1C", serial="00M00A000000021", address="127.64.9.21") as printer:
        yield printer


def url(printer, code=None, path="/streaming/live/1") -> str:
    return f"rtsps://bblp:{code or printer.code}@{printer.address}:{printer.ports['video']}{path}"


# -- what others see -----------------------------------------------------------------------------------------------------------

def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, timeout=3 * WAIT_S, check=False, **more)


def ffprobe(printer, *options, code=None):
    return run("ffprobe", "-v", "warning", "-rtsp_transport", "tcp", *options, "-show_streams", "-of", "json", url(printer, code), text=True)


def frames_by_ffmpeg(printer, count: int) -> list:
    """Greys, as pictures; whatever it complains of is a failure."""
    done = run("ffmpeg", "-v", "warning", "-rtsp_transport", "tcp", "-i", url(printer), "-frames:v", count, "-f", "image2pipe", "-c:v", "png", "-")
    assert done.returncode == 0 and done.stderr == b""
    pieces = [b"\x89PNG" + piece for piece in done.stdout.split(b"\x89PNG")[1:]]
    return [PIL.Image.open(io.BytesIO(piece)).convert("L") for piece in pieces]


def squares(picture, grey: int, off: int = 2) -> set:
    """Where a grey is, by squares of a picture of 160 × 90."""
    width, height = picture.size
    return {(column, row) for column in range(160) for row in range(90)
            if abs(picture.getpixel(((2 * column + 1) * width // 320, (2 * row + 1) * height // 180)) - grey) <= off}


def tip(picture) -> tuple:
    """The lowest square of the nozzle."""
    return max(squares(picture, NOZZLE[1]), key=lambda at: at[1])


def test_ffmpeg_sees_what_the_camera_sees(x1c):
    probed = ffprobe(x1c)
    assert probed.returncode == 0 and probed.stderr == ""
    stream, = json.loads(probed.stdout)["streams"]
    assert (stream["codec_name"], stream["profile"], stream["width"], stream["height"], stream["pix_fmt"], stream["r_frame_rate"]) == \
        ("h264", "Constrained Baseline", 1920, 1080, "yuv420p", "30/1")
    one, other = frames_by_ffmpeg(x1c, 2)
    assert one.size == (1920, 1080) and one.tobytes() == other.tobytes()  # nothing goes on
    assert squares(one, BED) == {(column, row) for column in range(30, 130) for row in range(70, 74)}
    assert squares(one, PART) == set() and tip(one) == (38, 69)
    assert one.getpixel((4, 4)) < 50


@pytest.mark.parametrize("protocols", [["protocols=tcp"], []], ids=["tcp", "whatever the server takes"])
def test_gstreamer_sees_it_too(x1c, protocols, tmp_path):
    """Left to itself it asks for UDP first, and is refused that. (It makes all a little darker.)"""
    source = ["rtspsrc", f"location={url(x1c).replace(f'bblp:{x1c.code}@', '')}", "user-id=bblp", f"user-pw={x1c.code}", "tls-validation-flags=0",
              "latency=0", *protocols]
    done = run("gst-launch-1.0", "-q", *source, "!", "rtph264depay", "!", "h264parse", "!", "openh264dec", "!", "videoconvert", "!",
               "identity", "eos-after=30", "!", "pngenc", "snapshot=false", "!", "multifilesink", f"location={tmp_path}/%02d.png", text=True)
    assert done.returncode == 0 and "ERROR" not in done.stderr + done.stdout
    pictures = sorted(tmp_path.iterdir())
    assert len(pictures) == 29
    with PIL.Image.open(pictures[-1]) as picture:
        grey = picture.convert("L")
    assert grey.size == (1920, 1080) and squares(grey, BED, 4) == {(column, row) for column in range(30, 130) for row in range(70, 74)}


def prints_until(printer, watcher, percent: int):
    """Quickly until then, and at a real one's pace from then on: however busy this machine is, the print goes on."""
    printer.turn({"timeFactor": 600 if percent < 10 else 100})
    wait_until(lambda: watcher.print.get("gcode_state") == "RUNNING" and watcher.print.get("mc_percent", 0) >= percent, 3 * WAIT_S,
               lambda: f"{watcher.print}")
    printer.turn({"timeFactor": 1})
    assert watcher.print["mc_percent"] < 90


def test_what_is_seen_follows_the_print():
    with VirtualAlone(model="H2S", serial="09300A000000022", address="127.64.9.22") as printer, Watcher(printer) as watcher:
        printer.put("/cube.gcode.3mf", threemf.sliced("O1S"))
        watcher.start("cube.gcode.3mf")
        prints_until(printer, watcher, 5)
        frames = frames_by_ffmpeg(printer, 20)
        assert len({frame.tobytes() for frame in frames}) > 5 and len({tip(frame)[0] for frame in frames[::5]}) > 1
        early = len(squares(frames[0], PART))
        assert early > 0 and tip(frames[0])[1] < 69
        prints_until(printer, watcher, watcher.print["mc_percent"] + 15)
        assert len(squares(frames_by_ffmpeg(printer, 1)[0], PART)) > early
        watcher.say("print", "stop")
        watcher.reaches("FAILED", "IDLE")
        last, = frames_by_ffmpeg(printer, 1)
        assert squares(last, PART) == set() and tip(last) == (38, 69)


def test_a_jpeg_camera_sees_the_same_of_a_print():
    with VirtualAlone(model="P1S", serial="01P00A000000023", address="127.64.9.23") as printer, Watcher(printer) as watcher:
        printer.put("/cube.gcode.3mf", threemf.sliced("C12"))
        watcher.start("cube.gcode.3mf")
        prints_until(printer, watcher, 5)
        with tls(printer, printer.ports["camera"]) as connection:
            connection.sendall(camera_login(printer.code))
            pictures = [PIL.Image.open(io.BytesIO(next_picture(connection))) for _ in range(3)]
        assert len(squares(pictures[0], PART)) > 0 and len({tip(picture)[0] for picture in pictures}) > 1
        assert refuses(printer.address, printer.ports["video"])  # of the other kind of camera


def test_its_size_is_what_it_was_set_to(x1c):
    with Watcher(x1c) as watcher:
        for resolution, size in (("720p", (1280, 720)), ("1080p", (1920, 1080))):
            watcher.say("camera", "ipcam_resolution_set", resolution=resolution)
            wait_until(lambda: watcher.print.get("ipcam", {}).get("resolution") == resolution, WAIT_S, lambda: f"{watcher.print.get('ipcam')}")
            assert frames_by_ffmpeg(x1c, 1)[0].size == size


def test_a_wrong_code_is_told_so_by_ffmpeg(x1c):
    done = ffprobe(x1c, code="87654321")
    assert done.returncode != 0 and "401 Unauthorized" in done.stderr


@pytest.mark.parametrize("lines", ["720", "1080"])
def test_a_decoder_has_exactly_what_was_written(lines, tmp_path):
    """Whatever the squares are, from flat to noise."""
    stream, luma, decoded = tmp_path / "stream.h264", tmp_path / "luma", tmp_path / "decoded"
    width, height, frames = {"720": 1280, "1080": 1920}[lines], int(lines), 21
    assert run(BUILD / "tests/h264_frames", lines, frames, 7, stream, luma).returncode == 0
    done = run("ffmpeg", "-v", "warning", "-i", stream, "-f", "rawvideo", "-pix_fmt", "yuv420p", decoded)
    assert done.returncode == 0 and done.stderr == b""
    with open(luma, "rb") as wanted, open(decoded, "rb") as got:
        for frame in range(frames):
            assert got.read(width * height) == wanted.read(width * height), f"frame {frame}"
            assert got.read(width * height // 2).strip(b"\x80") == b""  # no colour
        assert wanted.read() == got.read() == b""


# -- a client of our own ------------------------------------------------------------------------------------------------------------

class Viewer:
    """RTSP by hand."""

    def __init__(self, printer, code=None, room: int = None):
        """`room`: in its socket, of what it has not read."""
        self.printer, self.code, self.number, self.nonce, self.session = printer, code or printer.code, 0, None, None
        self.url = f"rtsps://{printer.address}:{printer.ports['video']}/streaming/live/1"
        raw = socket.socket()
        if room:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        raw.settimeout(WAIT_S)
        raw.connect((printer.address, printer.ports["video"]))
        self.connection = printer.context().wrap_socket(raw)
        self.buffered = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def _fill(self, count: int):
        while len(self.buffered) < count:
            data = self.connection.recv(65536)
            assert data, "it closed"
            self.buffered += data

    def _take(self, count: int) -> bytes:
        self._fill(count)
        taken, self.buffered = self.buffered[:count], self.buffered[count:]
        return taken

    def packet(self) -> tuple:
        """The next one that is interleaved: its channel and its bytes."""
        head = self._take(4)
        assert head[:1] == b"$", head
        return head[1], self._take(int.from_bytes(head[2:], "big"))

    def _login(self, method: str, to: str) -> str:
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
        who = md5(f"bblp:LIVE555 Streaming Media:{self.code}")
        return (f'Digest username="bblp", realm="LIVE555 Streaming Media", nonce="{self.nonce}", uri="{to}", '
                f'response="{md5(f"{who}:{self.nonce}:" + md5(f"{method}:{to}"))}"')

    def ask(self, method: str, path: str = "", **headers) -> tuple:
        """Status and headers; packets that come before are passed over."""
        self.number += 1
        to = self.url + path
        if self.nonce:
            headers.setdefault("Authorization", self._login(method, to))
        if self.session:
            headers.setdefault("Session", self.session)
        lines = [f"{method} {to} RTSP/1.0", f"CSeq: {self.number}", *[f"{name}: {value}" for name, value in headers.items()]]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())
        self._fill(1)
        while self.buffered[:1] == b"$":
            self.packet()
            self._fill(1)
        while b"\r\n\r\n" not in self.buffered:
            self._fill(len(self.buffered) + 1)
        head, _, self.buffered = self.buffered.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        told = dict(line.split(": ", 1) for line in rest)
        assert told["CSeq"] == str(self.number)
        self.body = self._take(int(told.get("Content-Length", 0))).decode()
        if "WWW-Authenticate" in told:
            self.nonce = re.search(r'nonce="([0-9a-f]{32})"', told["WWW-Authenticate"])[1]
        return int(first.split(" ")[1]), told

    def log_in(self):
        assert self.ask("DESCRIBE")[0] == 401
        assert self.ask("DESCRIBE")[0] == 200
        return self

    def play(self):
        self.log_in()
        status, told = self.ask("SETUP", "/track1", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert status == 200 and "interleaved=0-1" in told["Transport"]
        self.session, timeout = told["Session"].split(";timeout=")
        assert int(timeout) == TIMEOUT_S
        status, told = self.ask("PLAY", "/")
        assert status == 200 and re.fullmatch(r"url=.*/track1;seq=\d+;rtptime=\d+", told["RTP-Info"])
        return self


@pytest.fixture(scope="module", autouse=True, name="silent")
def one_that_falls_silent():
    """From the first test on, so that the last one need not wait as long."""
    with VirtualAlone(model="X2D", serial="20P00A000000024", address="127.64.9.24") as printer, Viewer(printer) as viewer:
        viewer.play()
        yield time.monotonic(), viewer


def test_what_is_played_are_packets_of_h264_with_reports(x1c):
    with Viewer(x1c).play() as viewer:
        media, reports = [], []
        while len(media) < 60 or not reports:
            channel, packet = viewer.packet()
            (media if channel == 0 else reports).append(packet)
        assert all(packet[0] == 0x80 and packet[1] & 0x7f == 96 for packet in media)
        numbers = [int.from_bytes(packet[2:4], "big") for packet in media]
        assert all((b - a) % 65536 == 1 for a, b in zip(numbers, numbers[1:]))
        times = [int.from_bytes(packet[4:8], "big") for packet in media if packet[1] & 0x80]  # of the last packets of frames
        steps = [(b - a) % 2**32 for a, b in zip(times, times[1:])]
        assert all(0 < step < 90000 and step % 3000 == 0 for step in steps) and len({packet[8:12] for packet in media}) == 1
        assert media[0][12] & 0x1f == 24  # the parameter sets, then the first piece of a whole frame
        assert media[1][12] & 0x1f == 28 and media[1][13] == 0x85 and media[1][1] & 0x80 == 0
        assert reports[0][:2] == b"\x80\xc8" and abs(int.from_bytes(reports[0][8:12], "big") - 2208988800 - time.time()) < 60
        assert viewer.ask("GET_PARAMETER")[0] == 200
        assert viewer.ask("TEARDOWN")[0] == 200
        assert viewer.ask("PLAY")[0] == 454


def test_only_digest_and_the_right_code_let_one_in(x1c):
    with Viewer(x1c, "87654321") as viewer:
        assert viewer.ask("OPTIONS")[0] == 200
        for _ in range(3):
            status, told = viewer.ask("DESCRIBE")
            assert status == 401 and told["WWW-Authenticate"].startswith('Digest realm="LIVE555 Streaming Media", nonce="')
        assert viewer.ask("DESCRIBE", Authorization="Basic YmJscDoxMjM0NTY3OA==")[0] == 401
        assert viewer.ask("SETUP", "/track1", Transport="RTP/AVP/TCP;interleaved=0-1")[0] == 401
        viewer.code = x1c.code
        assert viewer.ask("SETUP", "/track1", Transport="RTP/AVP;unicast;client_port=50000-50001")[0] == 461
        assert viewer.ask("DESCRIBE", "0")[0] == 404
        assert viewer.ask("DESCRIBE")[0] == 200 and "m=video 0 RTP/AVP 96" in viewer.body


def test_a_refused_code_is_refused_to_the_right_one(x1c):
    x1c.faults(wrongCode=True)
    with Viewer(x1c) as viewer:
        assert [viewer.ask("DESCRIBE")[0] for _ in range(2)] == [401, 401]
    x1c.faults(wrongCode=False)
    with Viewer(x1c) as viewer:
        viewer.log_in()


def test_one_whose_live_view_is_off_refuses_and_says_so(x1c):
    with Watcher(x1c) as watcher, Viewer(x1c).play() as viewer:
        here = f"rtsps://{x1c.address}:{x1c.ports['video']}/streaming/live/1"
        assert watcher.print["ipcam"]["rtsp_url"] == here
        x1c.faults(liveViewOff=True)
        with pytest.raises((AssertionError, OSError)):
            while True:
                viewer.packet()
        assert refuses(x1c.address, x1c.ports["video"])
        wait_until(lambda: watcher.print["ipcam"]["rtsp_url"] == "disable", WAIT_S, lambda: f"{watcher.print['ipcam']}")
        x1c.restart()
        assert refuses(x1c.address, x1c.ports["video"])
        x1c.faults(liveViewOff=False)
        with Viewer(x1c) as again:
            again.log_in()


def turned_away(printer) -> bool:
    try:
        with tls(printer, printer.ports["video"]):
            return False
    except OSError:
        return True


@pytest.mark.parametrize("model, serial, most", [("P2S", "22E00A000000025", 2), ("X2D", "20P00A000000026", 1)])
def test_no_more_watch_than_a_real_one_bears(model, serial, most):
    with VirtualAlone(model=model, serial=serial, address="127.64.9.25") as printer, contextlib.ExitStack() as stack:
        viewers = [stack.enter_context(Viewer(printer).play()) for _ in range(most)]
        for _ in range(10):
            assert turned_away(printer)
        for viewer in viewers:
            assert viewer.ask("GET_PARAMETER")[0] == 200
        viewers[0].connection.close()
        wait_until(lambda: not turned_away(printer), WAIT_S, "nobody is let in")


def test_who_does_not_read_misses_pictures_and_has_what_comes_whole(x1c):
    with Viewer(x1c, room=4096).play() as slow, Viewer(x1c).play() as quick:
        before = x1c.memory_kib()
        began = time.monotonic()
        while time.monotonic() < began + 15:
            quick.packet()
        assert SANITIZED or x1c.memory_kib() - before < 512
        media = [packet for channel, packet in (slow.packet() for _ in range(600)) if channel == 0]
        numbers = [int.from_bytes(packet[2:4], "big") for packet in media]
        assert all((b - a) % 65536 == 1 for a, b in zip(numbers, numbers[1:])), "a packet was lost"
        times = [int.from_bytes(packet[4:8], "big") for packet in media]
        assert max((b - a) % 2**32 for a, b in zip(times, times[1:])) > 2 * 90000, "nothing was missed"
        assert slow.ask("GET_PARAMETER")[0] == 200


HOSTILE = {
    "noise": bytes(range(256)) * 80, "a head without an end": b"OPTIONS * RTSP/1.0\r\nX: " + b"y" * 20000, "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "a body of 4 GB": b"OPTIONS * RTSP/1.0\r\nContent-Length: 4294967296\r\n\r\n", "a huge packet": b"$\x01\xff\xff" + b"x" * 30000,
    "ten thousand requests": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 10000,
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_end_that_connection_and_no_other(x1c, words):
    with Viewer(x1c).play() as viewer:
        with tls(x1c, x1c.ports["video"]) as hostile:
            hostile.settimeout(WAIT_S)
            with contextlib.suppress(OSError):
                hostile.sendall(words)
            answer = b""
            with contextlib.suppress(OSError):
                answer = read_to_end(hostile)
            assert answer == b"" or answer.startswith(b"RTSP/1.0 ")
        for _ in range(30):
            viewer.packet()
        assert viewer.ask("GET_PARAMETER")[0] == 200


def test_it_is_off_with_its_printer(x1c):
    with Viewer(x1c).play() as viewer:
        x1c.turn({"online": False})
        with contextlib.suppress(OSError, AssertionError):
            while True:
                viewer.packet()
        assert refuses(x1c.address, x1c.ports["video"])
        x1c.turn({"online": True})
    with Viewer(x1c) as viewer:
        viewer.log_in()


def test_one_that_keeps_silent_is_dropped_in_its_time(silent):
    """It says nothing: neither a request nor a report."""
    began, viewer = silent
    viewer.connection.settimeout(WAIT_S)
    until = max(time.monotonic(), began + TIMEOUT_S) + WAIT_S
    with pytest.raises((AssertionError, OSError)):
        while time.monotonic() < until:
            viewer.packet()
    assert time.monotonic() - began > TIMEOUT_S - 5
