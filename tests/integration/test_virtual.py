"""The wires of a virtual printer, tried by others: Paho for Python, Mosquitto's clients, openssl, and readers of our own for
the detect service and the announcements; fuse-virtual alone, with the test in the place of fused and the store.
"""
import contextlib
import io
import json
import os
import re
import select
import socket
import ssl
import subprocess
import time

import paho.mqtt.client as mqtt
import PIL.Image
import pytest

from rig.fuse import SLOWNESS
from rig.virtual_alone import VirtualAlone
from rig.waiting import holds_for, wait_until

WAIT_S = 20 * SLOWNESS
REFUSED = 5  # CONNACK: not authorized


@pytest.fixture(scope="module", name="x1c")
def an_x1c():
    with VirtualAlone(model="X1C", serial="00M00A000000001", address="127.64.9.1", ams="ams") as printer:
        yield printer


@pytest.fixture(scope="module", name="p1s")
def a_p1s():
    with VirtualAlone(model="P1S", serial="01P00A000000002", address="127.64.9.2") as printer:
        yield printer


class Client(mqtt.Client):
    """A client as people write them, that notes what happens."""

    def __init__(self, printer, client_id="", code=None, user="bblp", keepalive=30, ca=None):
        super().__init__(client_id, protocol=mqtt.MQTTv311)
        self.username_pw_set(user, printer.code if code is None else code)
        context = printer.context()
        if ca == "any":
            context.verify_mode = ssl.CERT_NONE
        self.tls_set_context(context)
        self.tls_insecure_set(True)
        self.results, self.ends, self.grants, self.acks, self.reports = [], [], [], [], []
        self.on_connect = lambda _c, _u, _f, result: self.results.append(result)
        self.on_disconnect = lambda _c, _u, result: self.ends.append(result)
        self.on_subscribe = lambda _c, _u, _m, granted: self.grants.append(granted)
        self.on_publish = lambda _c, _u, number: self.acks.append(number)
        self.on_message = lambda _c, _u, message: self.reports.append((message.topic, json.loads(message.payload)))
        self.printer = printer
        self.reconnect_delay_set(3600, 3600)  # never by itself
        self.connect(printer.address, printer.ports["mqtt"], keepalive)
        self.loop_start()

    def wait(self, predicate, what):
        return wait_until(predicate, WAIT_S, lambda: f"{what}: {self.results} {self.ends} {self.reports}\n{self.printer.log_text()}")

    def listen(self, topic=None):
        self.wait(lambda: self.results, "no CONNACK")
        assert self.results == [0]
        before = len(self.grants)
        self.subscribe(topic or f"device/{self.printer.serial}/report", 1)
        self.wait(lambda: len(self.grants) > before, "no SUBACK")
        return self

    def say(self, section, command, qos=0, **more):
        body = {section: {"sequence_id": "20123", "command": command, **more}}
        return self.publish(f"device/{self.printer.serial}/request", json.dumps(body), qos)

    def told(self, section, command):
        return self.wait(lambda: next((r[section] for _, r in list(self.reports) if r.get(section, {}).get("command") == command), None),
                         f"no {command}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.disconnect()
        self.loop_stop()


def tls(printer, port):
    return printer.context().wrap_socket(socket.create_connection((printer.address, port), WAIT_S))


def read_to_end(connection) -> bytes:
    """What comes until the other side closes, however it does it."""
    got = b""
    with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
        while data := connection.recv(65536):
            got += data
    return got


def refuses(address: str, port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection((address, port), WAIT_S).close()
        return False
    return True


# -- MQTT --------------------------------------------------------------------------------------------------------------

def test_a_client_logs_in_asks_and_is_told(x1c):
    with Client(x1c) as client:
        client.listen()
        client.say("info", "get_version", sequence_id="20000")
        version = client.told("info", "get_version")
        assert version["sequence_id"] == "20000" and any(module["name"] == "ota" for module in version["module"])
        client.say("pushing", "pushall", version=1, push_target=1)
        full = client.told("print", "push_status")
        assert full["gcode_state"] == "IDLE" and 20 <= full["nozzle_temper"] <= 30
        assert all(topic == f"device/{x1c.serial}/report" for topic, _ in client.reports)


def test_a_command_of_qos_1_is_acknowledged_answered_and_done(x1c):
    with Client(x1c) as client:
        client.listen()
        number = client.say("print", "gcode_line", qos=1, param="M140 S45\n", sequence_id="20007").mid
        client.wait(lambda: number in client.acks, "no PUBACK")
        reply = client.told("print", "gcode_line")
        assert (reply["sequence_id"], reply["result"].lower()) == ("20007", "success")
        client.wait(lambda: any(report.get("print", {}).get("bed_target_temper") == 45 for _, report in client.reports), "no bed")
        client.say("print", "gcode_line", param="M140 S0\n")


@pytest.mark.parametrize("wrong", [{"code": "87654321"}, {"code": ""}, {"user": "admin"}, {"code": "1234567"}])
def test_a_wrong_code_or_user_is_refused_as_by_a_printer(x1c, wrong):
    with Client(x1c, **wrong) as client:
        client.wait(lambda: client.results, "no CONNACK")
        client.wait(lambda: client.ends, "it stays connected")
        assert client.results[0] == REFUSED


def test_all_who_listen_are_told_what_one_has_asked(x1c):
    with Client(x1c) as one, Client(x1c) as other:
        one.listen(), other.listen()
        one.say("pushing", "pushall")
        assert one.told("print", "push_status")["gcode_state"] == other.told("print", "push_status")["gcode_state"] == "IDLE"


def test_a_wrong_serial_is_granted_and_brings_nothing(x1c):
    with Client(x1c) as right, Client(x1c) as wrong:
        wrong.listen("device/00M00A00000000X/report")
        wrong.listen(f"device/{x1c.serial.lower()}/report")
        right.listen()
        right.say("pushing", "pushall")
        right.told("print", "push_status")
        assert wrong.reports == [] and not wrong.ends


def test_a_small_controller_hangs_up_on_who_subscribes_to_requests(p1s, x1c):
    with Client(p1s) as client:
        client.wait(lambda: client.results == [0], "no CONNACK")
        client.subscribe(f"device/{p1s.serial}/request")
        client.wait(lambda: client.ends, "it stays connected")
    with Client(x1c) as client:
        client.listen(f"device/{x1c.serial}/request")
        client.say("pushing", "pushall")
        client.wait(lambda: client.reports, "no request is told")
        assert client.reports[0][0].endswith("/request") and not client.ends


def test_who_comes_with_the_same_client_id_takes_over(x1c):
    with Client(x1c, "fuse-1234-X") as first:
        first.listen()
        with Client(x1c, "fuse-1234-X") as second:
            second.listen()
            first.wait(lambda: first.ends, "the former one stays")
            second.say("pushing", "pushall")
            second.told("print", "push_status")


def test_mosquittos_clients_see_the_true_serial_behind_every_topic(p1s, tmp_path):
    issuer = tmp_path / "issuer.pem"
    issuer.write_bytes(p1s.issuer.pem())
    common = ["-h", p1s.address, "-p", str(p1s.ports["mqtt"]), "--cafile", issuer, "--insecure", "-u", "bblp", "-P", p1s.code, "-V", "mqttv311"]
    listener = subprocess.Popen(["mosquitto_sub", *common, "-t", "#", "-v", "-C", "1"], stdout=subprocess.PIPE, text=True)
    ask = ["mosquitto_pub", *common, "-q", "1", "-t", f"device/{p1s.serial}/request", "-m", '{"pushing":{"sequence_id":"1","command":"pushall"}}']
    try:
        # It may not have subscribed yet.
        wait_until(lambda: subprocess.run(ask, check=True, timeout=WAIT_S) and listener.poll() is not None, WAIT_S, "it hears nothing", 0.2)
        out = listener.communicate()[0]
    finally:
        listener.kill()
        listener.wait()
    assert out.startswith(f'device/{p1s.serial}/report {{"print":')
    done = subprocess.run(["mosquitto_pub", *common, "-P", "00000000", "-t", "x", "-m", "x"], capture_output=True, text=True, timeout=WAIT_S,
                          check=False)
    assert done.returncode == REFUSED and "not authorised" in done.stderr


def test_a_client_that_falls_silent_is_dropped(x1c):
    connect = b"\x10\x1c\x00\x04MQTT\x04\xc2\x00\x01\x00\x00\x00\x04bblp\x00\x08" + x1c.code.encode()
    with tls(x1c, x1c.ports["mqtt"]) as raw:
        raw.sendall(connect)
        started = time.monotonic()
        assert read_to_end(raw) == b"\x20\x02\x00\x00"
        assert time.monotonic() - started > 1.2  # one and a half times what it had promised


GARBAGE = {
    "no MQTT": b"GET / HTTP/1.1\r\nHost: printer\r\n\r\n",
    "a packet of 256 MB": b"\x30\xff\xff\xff\x7f" + b"x" * 70000,
    "PUBLISH before CONNECT": b"\x30\x05\x00\x01t{}",
    "a second CONNECT": 2 * (b"\x10\x1c\x00\x04MQTT\x04\xc2\x00\x3c\x00\x00\x00\x04bblp\x00\x08" + b"12345678"),
    "QoS 2": b"\x10\x1c\x00\x04MQTT\x04\xc2\x00\x3c\x00\x00\x00\x04bblp\x00\x0812345678" + b"\x34\x06\x00\x01t\x00\x01x",
    "noise": bytes(range(256)) * 64,
}


@pytest.mark.parametrize("bytes_", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_ends_that_connection_and_no_other(x1c, bytes_):
    with Client(x1c) as client:
        client.listen()
        with tls(x1c, x1c.ports["mqtt"]) as raw:
            with contextlib.suppress(OSError):
                raw.sendall(bytes_)
            assert read_to_end(raw) in (b"", b"\x20\x02\x00\x00")
        client.say("pushing", "pushall")
        client.told("print", "push_status")
        assert not client.ends


def test_mqtt_5_is_told_that_it_is_another_version(x1c):
    with tls(x1c, x1c.ports["mqtt"]) as raw:
        raw.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x3c\x03\x21\x00\x14\x00\x00")
        assert read_to_end(raw) == b"\x20\x02\x00\x01"


def test_json_that_is_none_is_passed_over(x1c):
    with Client(x1c) as client:
        client.listen()
        for payload in (b"{", b"\xff\xfe", b"[" * 5000, b"", b'{"print":{"command":' + b"9" * 60000 + b"}}", os.urandom(1000)):
            client.publish(f"device/{x1c.serial}/request", payload, 1)
        client.wait(lambda: len(client.acks) == 6, "no PUBACK")
        client.say("pushing", "pushall")
        client.told("print", "push_status")
        assert not client.ends


def test_twenty_connections_at_once_are_bounded_as_a_printers(p1s):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(p1s)) for _ in range(4)]
        for client in clients:
            client.listen()
        # All are logged in: nobody else has room, however many come …
        for _ in range(20):
            with socket.create_connection((p1s.address, p1s.ports["mqtt"]), WAIT_S) as late:
                late.settimeout(WAIT_S)
                assert read_to_end(late) == b""
        clients[0].say("pushing", "pushall")
        for client in clients:
            client.told("print", "push_status")
            assert not client.ends
    # … and strangers that say nothing keep nobody out.
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection((p1s.address, p1s.ports["mqtt"]), WAIT_S))
        stack.enter_context(Client(p1s)).listen()


# -- TLS ---------------------------------------------------------------------------------------------------------------------

def s_client(printer, *options):
    return subprocess.run(["openssl", "s_client", "-connect", f"{printer.address}:{printer.ports['mqtt']}", *options], input="",
                          capture_output=True, text=True, timeout=WAIT_S, check=False)


def test_openssl_sees_tls_1_2_the_serial_and_its_issuer(x1c, tmp_path):
    issuer = tmp_path / "issuer.pem"
    issuer.write_bytes(x1c.issuer.pem())
    seen = s_client(x1c, "-CAfile", issuer, "-verify_return_error")
    assert seen.returncode == 0 and "TLSv1.2" in seen.stdout and "Verify return code: 0" in seen.stdout
    assert re.search(rf"subject=CN = {x1c.serial}\b", seen.stdout)
    assert "TLS session ticket" not in seen.stdout
    for old_or_new in ("-tls1_3", "-tls1_1"):
        assert s_client(x1c, old_or_new, "-cipher", "DEFAULT:@SECLEVEL=0").returncode != 0


# -- the detect service ----------------------------------------------------------------------------------------------------------

def frame(body: bytes) -> bytes:
    return b"\xa5\xa5" + (len(body) + 6).to_bytes(2, "little") + body + b"\xa7\xa7"


DETECT = frame(b'{"login":{"command":"detect","sequence_id":"20000"}}')


@pytest.mark.parametrize("purpose", ["detect", "detect-tls"])
def test_detect_tells_who_it_is_and_closes(p1s, purpose):
    if purpose == "detect":
        connection = socket.create_connection((p1s.address, p1s.ports[purpose]), WAIT_S)
    else:
        connection = tls(p1s, p1s.ports[purpose])
    with connection:
        for byte in DETECT:  # however it comes
            connection.sendall(bytes([byte]))
        answer = read_to_end(connection)
    assert answer[:2] == b"\xa5\xa5" and answer[-2:] == b"\xa7\xa7" and int.from_bytes(answer[2:4], "little") == len(answer)
    login = json.loads(answer[4:-2])["login"]
    assert isinstance(login.pop("sequence_id"), int) and re.fullmatch(r"\d\d(\.\d\d){3}", login.pop("version"))
    assert login == {"command": "detect", "id": p1s.serial, "model": "C12", "name": "Tested", "bind": "free", "connect": "lan", "dev_cap": 1}


def test_detect_is_silent_to_what_it_does_not_know(p1s):
    questions = [frame(b'{"login":{"command":"bind"}}'), DETECT[:2] + b"\x10\x00" + DETECT[4:], b"GET / HTTP/1.1\r\n\r\n", frame(b"{")]
    with contextlib.ExitStack() as stack:
        all_ = [stack.enter_context(socket.create_connection((p1s.address, p1s.ports["detect"]), WAIT_S)) for _ in questions]
        for connection, question in zip(all_, questions):
            connection.sendall(question + DETECT)
        assert [read_to_end(connection) for connection in all_] == [b""] * 4  # their time is over


# -- the camera of models that send JPEG pictures ------------------------------------------------------------------------------------

def camera_login(code: str, user: bytes = b"bblp", kind: int = 0x3000) -> bytes:
    return b"".join(n.to_bytes(4, "little") for n in (64, kind, 0, 0)) + user.ljust(32, b"\0") + code.encode().ljust(32, b"\0")


def next_picture(connection) -> bytes:
    got = b""
    while len(got) < 16 or len(got) < 16 + int.from_bytes(got[:4], "little"):
        data = connection.recv(65536 if len(got) >= 16 else 16 - len(got))
        assert data, "it closed in mid-picture"
        got += data
    assert got[4:16] == bytes([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    return got[16:]


def test_the_camera_shows_pictures_to_who_logs_in(p1s):
    with tls(p1s, p1s.ports["camera"]) as connection:
        for at in range(0, 80, 7):  # however it comes
            connection.sendall(camera_login(p1s.code)[at:at + 7])
        pictures = [next_picture(connection), next_picture(connection)]
        with pytest.raises((ConnectionResetError, ssl.SSLError)):  # it takes one viewer, and no second one
            tls(p1s, p1s.ports["camera"])
        next_picture(connection)
    for data in pictures:
        assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"
        with PIL.Image.open(io.BytesIO(data)) as picture:
            picture.load()
            assert (picture.format, picture.size, picture.mode) == ("JPEG", (1280, 720), "L")
            assert abs(picture.getpixel((640, 72 * 8)) - 150) <= 2 and picture.getpixel((4, 4)) < 50  # the bed, and nothing


def test_a_pictures_header_comes_by_itself(p1s):
    """Home Assistant's client and others read once, and take no other number of bytes than 16 for a header."""
    with tls(p1s, p1s.ports["camera"]) as connection:
        connection.sendall(camera_login(p1s.code))
        for _ in range(2):
            header, picture = connection.recv(65536), b""
            assert len(header) == 16
            while len(picture) < int.from_bytes(header[:4], "little"):
                picture += connection.recv(4096)
            assert len(picture) == int.from_bytes(header[:4], "little") and picture[:4] == b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize("login", [camera_login("00000000"), camera_login("12345678", b"admin"), camera_login("12345678", kind=0x3001),
                                   camera_login(""), b"x" * 80], ids=["code", "user", "kind", "none", "rubbish"])
def test_the_camera_closes_without_a_word_for_a_wrong_login(p1s, login):
    with tls(p1s, p1s.ports["camera"]) as connection:
        connection.sendall(login)
        assert read_to_end(connection) == b""


# -- announcements ---------------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def listening():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("", 2021))
        yield listener


def announced(listener, printer, said: str = ""):
    """The next announcement of this printer that says that."""
    def heard():
        if not select.select([listener], [], [], 1)[0]:
            return None
        data, sender = listener.recvfrom(4096)
        return data.decode() if sender[0] == printer.address and said in data.decode() else None

    return wait_until(heard, WAIT_S, f"no announcement {said!r}")


def test_it_announces_itself_on_this_machine(x1c):
    with listening() as listener:
        text = announced(listener, x1c)
    lines = text.split("\r\n")
    assert lines[0] == "NOTIFY * HTTP/1.1" and lines[-2:] == ["", ""]
    headers = dict(line.split(": ", 1) for line in lines[1:-2])
    assert headers["NT"] == "urn:bambulab-com:device:3dprinter:1" and headers["NTS"] == "ssdp:alive"
    assert (headers["Location"], headers["USN"], headers["DevModel.bambu.com"]) == (x1c.address, x1c.serial, "BL-P001")


def test_it_announces_the_name_that_it_is_given(toy):
    with listening() as listener:
        announced(listener, toy, "DevName.bambu.com: Tested\r\n")
        toy.tell("VIRTUAL_NAMED", {"name": "Wanda im Regal 3"}, "stored")
        announced(listener, toy, "DevName.bambu.com: Wanda im Regal 3\r\n")
    with socket.create_connection((toy.address, toy.ports["detect"]), WAIT_S) as connection:
        connection.sendall(DETECT)
        assert b'"name":"Wanda im Regal 3"' in read_to_end(connection)


# -- faults -------------------------------------------------------------------------------------------------------------------------

@pytest.fixture(name="toy")
def a_printer_of_ones_own():
    with VirtualAlone(model="X1C", serial="00M00A000000003", address="127.64.9.3") as printer:
        yield printer


def test_one_that_is_off_refuses_connections_at_all_its_ports_until_it_is_on(toy):
    with Client(toy) as client:
        client.listen()
        toy.turn({"online": False})
        client.wait(lambda: client.ends, "it stays connected")
    assert not toy.state()["online"]
    for purpose in ("mqtt", "ftps", "detect", "detect-tls", "video"):
        assert refuses(toy.address, toy.ports[purpose]), purpose
    toy.turn({"online": True})
    with Client(toy) as client:
        client.listen().say("pushing", "pushall")
        client.told("print", "push_status")
    assert refuses(toy.address, toy.ports["camera"])  # of the other kind of camera


def test_it_stays_off_over_a_restart(toy):
    toy.turn({"online": False})
    toy.restart()
    assert not toy.state()["online"] and refuses(toy.address, toy.ports["mqtt"])


def test_a_reboot_drops_all_and_comes_back(toy):
    with Client(toy) as client:
        client.listen()
        toy.turn({"timeFactor": 60, "do": "reboot"})
        client.wait(lambda: client.ends, "it stays connected")
    assert refuses(toy.address, toy.ports["mqtt"])
    wait_until(lambda: not refuses(toy.address, toy.ports["mqtt"]), 60 * SLOWNESS, "it does not come back")


def test_a_wrong_code_is_wrong_for_those_who_are_logged_in_too(toy):
    with Client(toy) as client:
        client.listen()
        toy.faults(wrongCode=True)
        client.wait(lambda: client.ends, "it stays connected")
    with Client(toy) as client:
        client.wait(lambda: client.results, "no CONNACK")
        assert client.results[0] == REFUSED
    toy.faults(wrongCode=False)
    with Client(toy) as client:
        client.listen()


def test_a_silent_one_stays_connected_and_reports_nothing(toy):
    with Client(toy, keepalive=5) as client:
        client.listen()
        toy.faults(silent=True)
        client.reports.clear()
        number = client.say("pushing", "pushall", qos=1).mid
        client.wait(lambda: number in client.acks, "no PUBACK")
        holds_for(lambda: not client.reports and not client.ends, 2)
        toy.faults(silent=False)
        client.say("pushing", "pushall")
        client.told("print", "push_status")


def certificate_of(printer, port=None) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection((printer.address, port or printer.ports["mqtt"]), WAIT_S)) as connection:
        return connection.getpeercert(True)


def test_a_changed_certificate_has_the_same_name_and_stays_the_same(toy):
    own = certificate_of(toy)
    toy.faults(changedCertificate=True)
    other = certificate_of(toy)
    assert other != own
    subject = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=other, capture_output=True, check=True).stdout
    assert f"CN = {toy.serial}\n".encode() in subject
    for purpose in ("ftps", "detect-tls"):
        assert certificate_of(toy, toy.ports[purpose]) == other
    toy.restart()
    assert certificate_of(toy) == other
    toy.faults(changedCertificate=False)
    assert certificate_of(toy) == own


def test_a_changed_address_leaves_the_old_one_and_comes_back(toy):
    home, port = toy.address, toy.ports["mqtt"]
    with Client(toy) as client:
        client.listen()
        toy.faults(changedAddress=True)
        client.wait(lambda: client.ends, "it stays connected")
    away = toy.state()["address"]
    assert away != home and toy.state()["faults"]["changedAddress"]
    assert refuses(home, port) and not refuses(away, toy.state()["ports"]["mqtt"])
    toy.faults(changedAddress=False)
    assert toy.state()["address"] == home and refuses(away, port) and not refuses(home, port)


def test_a_move_that_is_refused_moves_nothing(toy):
    toy.refuse["VIRTUAL_MOVE"] = "conflict"
    answer = toy.control({"faults": {"changedAddress": True}})
    assert answer.message.name == "REFUSED" and answer["sentence"] == "It cannot be."
    assert not toy.state()["faults"]["changedAddress"] and not refuses(toy.address, toy.ports["mqtt"])


@pytest.mark.parametrize("change", ['{"online":1}', "{", "[]", '{"faults":{"tired":true}}', '{"timeFactor":0}', '{"do":"explode"}'])
def test_controls_that_cannot_be_are_refused_with_a_sentence(x1c, change):
    before = x1c.state()
    x1c.tell("VIRTUAL_CONTROL", {"serial": x1c.serial, "json": change}, "httpd", request_id=77)
    answer = x1c.wait_for("REFUSED", request_id=77)
    x1c.frames.remove(answer)
    assert answer["sentence"].endswith(".") and x1c.state() == before


def test_controls_of_another_printer_are_refused(x1c):
    x1c.tell("VIRTUAL_CONTROL", {"serial": "00M00A00000000X", "json": "{}"}, "httpd", request_id=78)
    x1c.wait_for("REFUSED", request_id=78)


# -- what it remembers -------------------------------------------------------------------------------------------------------------

def test_what_somebody_has_changed_survives_a_kill(toy):
    with Client(toy) as client:
        client.listen().say("print", "print_speed", param="3", sequence_id="20001")
        client.told("print", "print_speed")
    toy.turn({"timeFactor": 60})
    toy.wait_state(lambda state: state["timeFactor"] == 60)
    wait_until(lambda: '"timeFactor":60' in (toy.dir / "state.json").read_text().replace(" ", ""), WAIT_S, "not remembered in time")
    toy.restart()
    assert toy.state()["timeFactor"] == 60
    with Client(toy) as client:
        client.listen().say("pushing", "pushall")
        assert client.told("print", "push_status")["spd_lvl"] == 3


@pytest.mark.parametrize("content", [b"", b"{", os.urandom(500), b"x" * 100000], ids=["empty", "half", "random", "long"])
def test_a_damaged_memory_is_set_aside_and_said(tmp_path, content):
    (tmp_path / "state.json").write_bytes(content)
    with VirtualAlone(model="A1", serial="03900A000000004", address="127.64.9.4", folder=tmp_path) as printer:
        assert printer.state()["online"]
        assert "set aside" in printer.log_text()
        assert (tmp_path / "state.json.damaged").read_bytes() == content
