"""Printers, played by Mosquitto: port 8883 of an address of their own, TLS 1.2, a certificate with CN = serial, the user
bblp with the access code, and no topic but device/<serial>/report to read and device/<serial>/request to write.

	with MosquittoPrinter("01P00A000000001", "127.0.30.7", tmp_path=tmp_path) as printer:
	    printer.auto = True                  # answer pushall, get_version and commands
	    printer.report = {"print": {...}}    # what pushall brings
	    ...                                  # the client under test connects
	    printer.publish({"print": {"command": "push_status", "msg": 1}})
	    printer.wait_for_request(lambda request: "pushing" in request)

The test's own side stands behind a unix socket of each broker, with a small MQTT client of its own: one thread serves
all printers of a process, so that a hundred cost little.
"""
import base64
import datetime
import hashlib
import ipaddress
import itertools
import json
import os
import pathlib
import random
import selectors
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .waiting import wait_until

PORT = 8883
REFUSED_UNSIGNED = 84033543  # what a printer says that wants signed commands: Developer Mode is off

# -- certificates -------------------------------------------------------------------------------------


class OwnIssuer:
    """An issuer of printers' certificates."""

    def __init__(self, name: str = "Test Printer CA"):
        self.name, self.key = name, ec.generate_private_key(ec.SECP256R1())
        self.certificate = certify(name, self.key, name, self.key, is_issuer=True)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, common_name: str, **dates) -> tuple:
        """(certificate chain, key) as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = certify(common_name, key, self.name, self.key, **dates)
        return leaf.public_bytes(serialization.Encoding.PEM) + self.pem(), key_pem(key)


def certify(common_name, key, issuer_name, issuer_key, is_issuer=False, not_before=None, not_after=None):
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder()
               .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
               .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(not_before or now - datetime.timedelta(days=30))
               .not_valid_after(not_after or now + datetime.timedelta(days=3650)))
    if is_issuer:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def key_pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def self_signed(common_name: str, **dates) -> tuple:
    """(certificate, key) as PEM, vouched for by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = certify(common_name, key, common_name, key, **dates)
    return leaf.public_bytes(serialization.Encoding.PEM), key_pem(key)


def fingerprint(pem: bytes) -> str:
    """SHA-256 of the first certificate's DER in lower-case hex, as a pin is written."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


# -- a small MQTT 3.1.1 client over a unix socket ---------------------------------------------------------

def _text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT control packet; `kind` is its whole first byte."""
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + body


def take_packet(buffer: bytearray):
    """(first byte, body) of the first whole packet, removed from the buffer; None when there is none."""
    size = shift = 0
    for at in range(1, min(5, len(buffer))):
        size |= (buffer[at] & 0x7f) << shift
        shift += 7
        if not buffer[at] & 0x80:
            end = at + 1 + size
            if len(buffer) < end:
                return None
            first, body = buffer[0], bytes(buffer[at + 1:end])
            del buffer[:end]
            return first, body
    return None


class Backstage:
    """The test's own connection to one broker: reads what is asked of the printer, writes what it says."""

    def __init__(self, path: str, serial: str, on_request):
        self.serial, self.on_request, self.buffer = serial, on_request, bytearray()
        self.lock, self.subscribed = threading.Lock(), threading.Event()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.send(packet(0x10, _text(b"MQTT") + bytes([4, 2, 0, 0]) + _text(b"backstage")))
        self.send(packet(0x82, b"\x00\x01" + _text(f"device/{serial}/request".encode()) + b"\x00"))

    def send(self, data: bytes):
        with self.lock:
            self.socket.sendall(data)

    def publish(self, topic: str, payload: bytes, qos: int = 0):
        number = b"\x00\x07" if qos else b""
        self.send(packet(0x30 | qos << 1, _text(topic.encode()) + number + payload))

    def read(self) -> bool:
        """Take what has come; False at the end."""
        try:
            data = self.socket.recv(1 << 18)
        except OSError:
            return False
        self.buffer += data
        while (found := take_packet(self.buffer)) is not None:
            first, body = found
            if first >> 4 == 9:
                self.subscribed.set()
            elif first >> 4 == 3:
                skip = 2 + int.from_bytes(body[:2], "big") + (2 if first & 6 else 0)
                self.on_request(body[skip:])
        return bool(data)

    def close(self):
        self.socket.close()


class Stagehand:
    """The one thread that reads for every printer of this process."""

    def __init__(self):
        self.selector, self.lock = selectors.DefaultSelector(), threading.Lock()
        self.thread = None

    def add(self, backstage: Backstage):
        with self.lock:
            self.selector.register(backstage.socket, selectors.EVENT_READ, backstage)
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, daemon=True, name="printers")
                self.thread.start()

    def remove(self, backstage: Backstage):
        with self.lock:
            try:
                self.selector.unregister(backstage.socket)
            except (KeyError, ValueError):
                pass  # it ended by itself

    def _run(self):
        while True:
            for key, _ in self.selector.select(0.2):
                try:
                    goes_on = key.data.read()
                except OSError:  # it was switched off while it answered: the others are read on
                    goes_on = False
                if not goes_on:
                    self.remove(key.data)


_stagehand = Stagehand()

# -- a printer -------------------------------------------------------------------------------------------

OPENSSL_CONF = """\
openssl_conf = start
[start]
ssl_conf = ssl
[ssl]
system_default = versions
[versions]
MinProtocol = TLSv1.2
MaxProtocol = TLSv1.2
"""


class MosquittoPrinter:
    """
    ca        who issues its certificate: an OwnIssuer, or an Authority of rig/ca.py; None = self-signed
    code      the access code
    name      the certificate's CN, when it is not to be the serial
    auto      answer by itself: pushall with `report` (an object or bytes), get_version with `modules`, anything
              else with {"result": "success"}
    refuse    an err_code with which commands are refused; pushall and get_version still work
    silent    sections that get no answer at all: {"pushing"}, {"print"}, …; True = all
    """

    def __init__(self, serial: str, address: str, ca=None, code: str = "12345678", tmp_path=None, name: str = None,
                 auto: bool = False, report=None, modules=None):
        self.serial, self.address, self.port, self.ca, self.code = serial, str(ipaddress.ip_address(address)), PORT, ca, code
        self.common_name = serial if name is None else name
        self.auto, self.report, self.modules, self.refuse, self.silent = auto, report, modules, 0, set()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"printer-{serial[-6:]}-", dir=tmp_path))
        self.backstage_dir = pathlib.Path(tempfile.mkdtemp(prefix="fuse-printer-"))  # a socket's path is short
        self.process = self.backstage = None
        self._requests, self._changed = [], threading.Condition()
        self._sequence = itertools.count(1)
        self.certify()
        self._write_files()

    # -- files ------------------------------------------------------------------------------------------

    def certify(self, common_name: str = None, ca=None, **dates):
        """A new certificate (from the next start on)."""
        self.ca = ca or self.ca
        issue = self_signed if self.ca is None else getattr(self.ca, "issue", self._issue_by_authority)
        chain, key = issue(common_name or self.common_name, **dates)
        (self.dir / "cert.pem").write_bytes(chain)
        (self.dir / "key.pem").write_bytes(key)
        self.fingerprint = fingerprint(chain)

    def _issue_by_authority(self, common_name: str, **how) -> tuple:
        issued = self.ca.printer(common_name, **how)
        return issued.chain_file.read_bytes(), issued.key_file.read_bytes()

    def set_code(self, code: str):
        """Another access code, at once for new connections when the printer is up."""
        self.code = code
        salt = random.randbytes(12)
        digest = hashlib.pbkdf2_hmac("sha512", code.encode(), salt, 101)
        line = f"bblp:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"
        (self.dir / "passwords").write_text(line)
        if self.process is not None:
            self.process.send_signal(signal.SIGHUP)

    def _write_files(self):
        self.set_code(self.code)
        (self.dir / "openssl.cnf").write_text(OPENSSL_CONF)
        (self.dir / "acl").write_text(f"user bblp\ntopic read device/{self.serial}/report\n"
                                      f"topic write device/{self.serial}/request\n")
        as_root = "user root\n" if os.geteuid() == 0 else ""
        (self.dir / "mosquitto.conf").write_text(
            f"{as_root}per_listener_settings true\npersistence false\nsys_interval 0\nset_tcp_nodelay true\n"
            "max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 0\n"
            f"log_dest file {self.dir}/log\nlog_type error\nlog_type warning\nlog_type notice\nlog_type subscribe\n"
            "connection_messages true\nlog_timestamp_format %s\n"
            f"listener {self.port} {self.address}\ncertfile {self.dir}/cert.pem\nkeyfile {self.dir}/key.pem\n"
            f"tls_version tlsv1.2\nallow_anonymous false\npassword_file {self.dir}/passwords\nacl_file {self.dir}/acl\n"
            f"listener 0 {self.backstage_dir}/sock\nallow_anonymous true\n")

    def log_text(self) -> str:
        path = self.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def subscriptions(self) -> list:
        """"<client id> <QoS> <topic>" of every subscription that was granted, oldest first."""
        lines = [line.split(": ", 1)[-1] for line in self.log_text().splitlines()]
        return [line for line in lines if line.endswith("/report")]

    # -- life ---------------------------------------------------------------------------------------------

    def start(self):
        assert self.process is None, "it runs already"
        sock = self.backstage_dir / "sock"
        sock.unlink(missing_ok=True)
        # It does not outlive a pytest that is killed.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "/usr/sbin/mosquitto", "-c",
                                         str(self.dir / "mosquitto.conf")],
                                        env={"OPENSSL_CONF": str(self.dir / "openssl.cnf"), "PATH": "/usr/bin:/bin"},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._stands, 20, lambda: f"mosquitto on {self.address} does not start: {self.log_text()[-400:]}")
        self.backstage = Backstage(str(sock), self.serial, self._on_request)
        _stagehand.add(self.backstage)
        assert self.backstage.subscribed.wait(20), "the broker does not answer backstage"
        return self

    def _stands(self) -> bool:
        assert self.process.poll() is None, f"mosquitto ended: {self.log_text()[-400:]}"
        try:
            socket.create_connection((self.address, self.port), 5).close()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
                visitor.connect(str(self.backstage_dir / "sock"))
        except OSError:
            return False
        return True

    def _end(self, signal_number: int):
        if self.process is None:
            return
        _stagehand.remove(self.backstage)
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal_number)
        self.process.wait(20)
        self.backstage.close()
        self.process = self.backstage = None

    def stop(self):
        """Switched off in good order: connections are closed."""
        self._end(signal.SIGTERM)

    def kill(self):
        """Gone at once. (The kernel still closes its connections.)"""
        self._end(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def settle_at(self, address: str):
        """It has another address from the next start on."""
        assert self.process is None, "it runs"
        self.address = str(ipaddress.ip_address(address))
        self._write_files()

    def freeze(self):
        """It keeps its connections and says nothing more, until thaw()."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.stop()
        shutil.rmtree(self.backstage_dir, ignore_errors=True)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        self.close()

    # -- what it says and hears -----------------------------------------------------------------------------

    def publish(self, report, qos: int = 0):
        """Say something on device/<serial>/report: bytes as they are, anything else as JSON."""
        payload = report if isinstance(report, (bytes, bytearray)) else json.dumps(report).encode()
        self.backstage.publish(f"device/{self.serial}/report", bytes(payload), qos)

    def requests(self) -> list:
        """What has been asked of it, oldest first: parsed where it is JSON, else bytes."""
        with self._changed:
            return list(self._requests)

    def forget_requests(self):
        with self._changed:
            self._requests.clear()

    def wait_for_request(self, predicate, deadline_s: float = 10):
        """The first request for which `predicate` is true."""
        until = time.monotonic() + deadline_s
        with self._changed:
            while True:
                for request in self._requests:
                    if predicate(request):
                        return request
                if not self._changed.wait(until - time.monotonic()):
                    raise AssertionError(f"no such request within {deadline_s} s; there were {self._requests}")

    def _on_request(self, payload: bytes):
        try:
            request = json.loads(payload)
        except ValueError:
            request = payload
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
        if self.auto and isinstance(request, dict):
            for section, inner in request.items():
                if isinstance(inner, dict) and self.silent is not True and section not in self.silent:
                    self._answer(section, inner)

    def _answer(self, section: str, inner: dict):
        command = inner.get("command")
        if section == "pushing":
            if self.report is not None and command == "pushall":
                self.publish(self.report)
        elif section == "info":
            self.publish({"info": {"command": command, "sequence_id": inner.get("sequence_id"),
                                   "module": self.modules or [], "result": "success"}})
        elif self.refuse:
            self.publish({section: {**inner, "result": "fail", "reason": "mqtt message verify failed",
                                    "err_code": self.refuse}})
        else:
            self.publish({section: {**inner, "result": "success", "reason": "success"}})
