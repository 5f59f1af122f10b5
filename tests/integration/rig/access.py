"""Somebody on another machine: a browser with its cookie, or a program with its token, over TLS or (behind a proxy)
without. Python's http.client and ssl do the talking; nothing of Fuse's own."""
import hashlib
import http.client
import json
import socket
import ssl
import subprocess

from .waiting import wait_until

GUARDED = "local-access = password\n"  # this machine is treated as if it were another
HSTS = "max-age=2592000"


class Reply:
    def __init__(self, response):
        self.status, self.body = response.status, response.read()
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def json(self):
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return self.json()["type"].removeprefix("/problems/")


class Visitor:
    """Asks one Fuse. `source` is the address that it comes from; it keeps the cookie that it is given."""

    def __init__(self, address: str, port: int = 8888, source: str = None, tls: bool = True, token: str = None):
        self.address, self.port, self.source, self.tls, self.token = address, port, source, tls, token
        self.cookie = None
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def connect(self):
        where = dict(timeout=30, source_address=(self.source, 0) if self.source else None)
        if self.tls:
            return http.client.HTTPSConnection(self.address, self.port, context=self.context, **where)
        return http.client.HTTPConnection(self.address, self.port, **where)

    def ask(self, method: str, path: str, body=None, headers: dict = None, status: int = None) -> Reply:
        headers = dict(headers or {})
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            if body is not None and "Content-Length" not in headers:
                headers["Content-Length"] = str(len(body))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = Reply(connection.getresponse())
        finally:
            connection.close()
        if "set-cookie" in reply.headers:
            self.cookie = reply.headers["set-cookie"].partition(";")[0]
        assert status in (None, reply.status), f"{method} {path}: {reply.status}, not {status}: {reply.body[:500]}"
        return reply

    def get(self, path: str, status: int = 200, **how) -> Reply:
        return self.ask("GET", path, status=status, **how)

    def refused(self, method: str, path: str, status: int, kind: str, **how) -> Reply:
        reply = self.ask(method, path, status=status, **how)
        assert reply.kind == kind, reply.body
        return reply

    def session(self) -> dict:
        return self.get("/api/v1/session").json()

    def log_in(self, password: str, status: int = 200) -> Reply:
        return self.ask("POST", "/api/v1/session", {"password": password}, status=status)

    def set_up(self, code: str, password: str, status: int = 200) -> Reply:
        return self.ask("POST", "/api/v1/setup", {"code": code, "password": password}, status=status)

    def certificate_sha256(self) -> str:
        with socket.create_connection((self.address, self.port), 10) as plain, \
                self.context.wrap_socket(plain) as secure:
            return hashlib.sha256(secure.getpeercert(binary_form=True)).hexdigest()


def setup_code(fuse) -> str:
    return fuse.ask("setup-code")["setupCode"]


def wait_for_tls(fuse):
    """It takes nobody before it has a certificate; then it does."""
    wait_until(lambda: fuse.ask("status")["access"]["certificateSha256"], 20, "there is never a certificate")


def make_certificate(folder, name: str):
    """An owner's certificate, made by the openssl program: tls.d/cert.pem and key.pem; returns its fingerprint."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem", "-days", "30", "-subj", f"/CN={name}"], check=True, capture_output=True)
    (folder / "key.pem").chmod(0o644)  # tests run as root, and stored as a user of its own
    der = subprocess.run(["openssl", "x509", "-in", folder / "cert.pem", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()
