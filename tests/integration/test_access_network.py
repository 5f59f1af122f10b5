"""Over which network, and how, Fuse is asked: TLS and its certificate, who is this machine and who is another, proxies before
it, and WebSockets, which live longer than a request. The clients are Python's http.client and ssl, and openssl."""
import asyncio
import json
import re
import socket
import subprocess

import pytest
import websockets

from rig import access, secrets
from rig.access import GUARDED, Visitor
from rig.guarded import new_token, fuse, make_guarded, module_fuse, owner  # noqa: F401
from rig.waiting import wait_until

# -- TLS --------------------------------------------------------------------------------------------------------------

def test_tls_is_as_it_should_be(fuse):
    where = f"{fuse.address}:8888"

    def handshake(*options):
        done = subprocess.run(["openssl", "s_client", "-connect", where, *options], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=20, check=False)
        return done.stdout + done.stderr

    assert "TLSv1.3" in handshake("-tls1_3") and "TLSv1.2" in handshake("-tls1_2")
    assert "Cipher is (NONE)" in handshake("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert "Cipher is (NONE)" in handshake("-tls1_2", "-cipher", "AES128-SHA:AES256-SHA:@SECLEVEL=0")
    pem = re.search("-----BEGIN.*END CERTIFICATE-----", handshake(), re.DOTALL).group()
    text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=pem, capture_output=True, text=True, check=True).stdout
    assert f"IP Address:{fuse.address}" in text and "DNS:fuse.local" in text and f"DNS:{socket.gethostname()}" in text
    assert "prime256v1" in text and "CA:FALSE" in text and "TLS Web Server Authentication" in text
    sha256 = Visitor(fuse.address).certificate_sha256()
    assert fuse.ask("status")["access"]["certificateSha256"] == sha256
    whole = ":".join(sha256[i:i + 2] for i in range(0, 64, 2)).upper()  # to its last digit, as browsers show it
    shown = fuse.fusectl("status").stdout
    assert "Certificate" in shown and f"https://{where}/" in shown and whole in "".join(shown.split())


def test_who_forgets_the_https_is_sent_there_and_nothing_is_done(fuse):
    plain = Visitor(fuse.address, tls=False)
    reply = plain.ask("GET", "/api/v1/printers?x=1", status=308)
    assert reply.headers["location"] == f"https://{fuse.address}:8888/api/v1/printers?x=1"
    assert "set-cookie" not in reply.headers and b"https://" in reply.body
    for method, path, headers in (("POST", "/api/v1/session", {}), ("GET", "/", {"Host": "attacker.example"}),
                                  ("GET", "/a\"b", {})):
        reply = plain.ask(method, path, b"{}" if method == "POST" else None, headers)
        assert reply.status == 400 and "location" not in reply.headers
    with socket.create_connection((fuse.address, 8888), 20) as garbage:
        garbage.sendall(b"\0\r\n\r\n")
        assert garbage.recv(4096).startswith(b"HTTP/1.1 400 ")
    followed = subprocess.run(["curl", "-skL", "-m", "20", f"http://{fuse.address}:8888/livez"], capture_output=True, check=True)
    assert json.loads(followed.stdout) == {"status": "alive"}
    Visitor(fuse.address).get("/livez")


def test_a_handshake_that_stands_still_is_cut_off_and_harms_nobody(fuse):
    with socket.create_connection((fuse.address, 8888), 30) as slow, \
            socket.create_connection((fuse.address, 8888), 30) as silent:
        slow.sendall(b"\x16\x03\x01\x02\x00")
        Visitor(fuse.address).get("/livez")
        assert slow.recv(1) == b""
        silent.close()
    Visitor(fuse.address).get("/livez")


def test_the_certificate_outlives_fuse(make_guarded):
    fuse = make_guarded()
    shown = Visitor(fuse.address).certificate_sha256()
    assert fuse.stop() == 0
    fuse.start()
    access.wait_for_tls(fuse)
    assert Visitor(fuse.address).certificate_sha256() == shown


def test_the_owners_certificate_is_shown(make_fuse):
    fuse = make_fuse(config=GUARDED)
    fuse.state.mkdir(mode=0o751)
    wanted = access.make_certificate(fuse.state / "tls.d", "farm.example")
    fuse.start()
    access.wait_for_tls(fuse)
    assert Visitor(fuse.address).certificate_sha256() == wanted
    assert "yours, from tls.d" in fuse.fusectl("status").stdout
    # A new one counts once httpd asks for it; a bad one does not, and that is told.
    fresh = access.make_certificate(fuse.state / "tls.d", "farm.example")
    fuse.ask("restart", "httpd")
    wait_until(lambda: fuse.ask("status")["access"]["certificateSha256"] == fresh, 20, "it goes on with the old one")
    (fuse.state / "tls.d" / "key.pem").write_text("no key\n")
    fuse.ask("restart", "httpd")
    wait_until(lambda: fuse.ask("status")["access"]["certificateTrouble"], 20, "nobody tells")
    assert "key.pem" in fuse.ask("status")["access"]["certificateTrouble"]
    wait_until(lambda: Visitor(fuse.address).certificate_sha256() not in (wanted, fresh), 20)


# -- listeners ----------------------------------------------------------------------------------------------------------

def test_this_machine_asks_nobody_and_a_proxy_before_it_does_not_open_it(make_fuse, planted_secret):
    fuse = make_fuse()
    fuse.start()
    local = Visitor(fuse.address, tls=False)
    assert local.session() == {"loginNeeded": False, "loggedIn": False, "setupNeeded": False, "secure": False}
    assert "strict-transport-security" not in local.get("/api/v1/printers").headers
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        local.refused("GET", "/api/v1/printers", 401, "setup-needed", headers={header: "192.0.2.1"})
    local.refused("GET", "/api/v1/printers", 401, "setup-needed", headers={"Host": "fuse.local"})
    # A password can be set here, and afterwards only by who knows it.
    local.ask("POST", "/api/v1/password", {"password": planted_secret}, status=200)
    local.refused("POST", "/api/v1/password", 403, "wrong-password", body={"password": secrets.plant()})
    fresh = secrets.plant()
    local.ask("POST", "/api/v1/password", {"password": fresh, "current": planted_secret}, status=200)
    other = Visitor(fuse.address, tls=False)
    other.refused("GET", "/api/v1/printers", 401, "login-needed", headers={"Via": "a proxy"})
    assert other.log_in(fresh).headers["set-cookie"].startswith("fuse_session=")
    other.get("/api/v1/printers", headers={"Via": "a proxy"})
    assert Visitor(fuse.address, 8889, tls=False).ask("GET", "/").kind == "upgrade-needed"
    assert fuse.ask("status")["access"]["asksForPassword"] is False


def test_only_127_0_0_1_is_this_machine(make_fuse):
    """Whoever comes from another loopback address, or a listener at one, is as good as another machine."""
    fuse = make_fuse(env={"FUSE_LOCAL_ACCESS": "open"})
    fuse.http, fuse.stats = "127.0.0.1:0", "127.0.0.1:0"
    fuse.start()
    port = int(fuse.ask("status")["http"].rpartition(":")[2])
    Visitor("127.0.0.1", port, tls=False).get("/api/v1/printers")
    other = Visitor("127.0.0.1", port, source="127.0.0.2", tls=False)
    assert other.session()["loginNeeded"]
    for path in ("/api/v1/printers", "/api/v1/settings", "/metrics", "/api/v1/events"):
        other.refused("GET", path, 401, "setup-needed")
    fuse.stop()
    fuse.http = "127.0.0.2:0"
    fuse.start()
    access.wait_for_tls(fuse)
    port = int(fuse.ask("status")["http"].rpartition(":")[2])
    Visitor("127.0.0.2", port).refused("GET", "/api/v1/printers", 401, "setup-needed")


def test_bound_to_all_networks_it_asks_for_the_password(make_fuse, planted_secret):
    """http at all addresses, statistics on this machine alone."""
    fuse = make_fuse()
    fuse.http = "0.0.0.0:0"
    fuse.start()
    access.wait_for_tls(fuse)
    port = int(fuse.ask("status")["http"].rpartition(":")[2])
    visitor = Visitor(fuse.address, port)
    visitor.refused("GET", "/api/v1/printers", 401, "setup-needed")
    visitor.refused("GET", "/api/v1/printers", 401, "setup-needed", headers={"Host": "localhost"})
    visitor.set_up(access.setup_code(fuse), planted_secret)
    visitor.get("/api/v1/printers")
    assert Visitor(fuse.address, 8889, tls=False).ask("GET", "/").kind == "upgrade-needed"


def test_statistics_are_off_for_other_machines_until_they_are_set_on(fuse, owner):
    token = new_token(owner, "statistics", "read")["token"]
    Visitor(fuse.address, 8889).refused("GET", "/", 401, "login-needed")
    program = Visitor(fuse.address, 8889, token=token)
    program.refused("GET", "/", 403, "statistics-off")
    owner.ask("PATCH", "/api/v1/settings", {"statsOnNetwork": True}, status=200)
    wait_until(lambda: program.ask("GET", "/").kind == "upgrade-needed", 5)
    owner.ask("PATCH", "/api/v1/settings", {"statsOnNetwork": None}, status=200)


# -- WebSockets: what lives longer than a request ------------------------------------------------------------

async def close_code(visitor: Visitor, path: str, port: int, when_open) -> int:
    """Open a WebSocket over TLS, hear the first two messages, do something, and wait for its end."""
    headers = {"Cookie": visitor.cookie} if visitor.cookie else {"Authorization": f"Bearer {visitor.token}"}
    async with websockets.connect(f"wss://{visitor.address}:{port}{path}", ssl=visitor.context, extra_headers=headers,
                                  max_size=None) as socket_:
        said = [json.loads(await socket_.recv())["type"] for _ in range(2)]
        assert said == ["hello", "snapshot"]
        await asyncio.get_running_loop().run_in_executor(None, when_open)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await asyncio.wait_for(socket_.recv(), 15)
    return closed.value.code


def test_a_websocket_ends_with_what_let_it_in(fuse, owner):
    token = new_token(owner, "wall", "read")
    program = Visitor(fuse.address, token=token["token"])
    gone = close_code(program, "/api/v1/events", 8888,
                      lambda: owner.ask("DELETE", f"/api/v1/tokens?id={token['id']}", status=204))
    assert asyncio.run(gone) == 4401
    visitor = Visitor(fuse.address)
    visitor.log_in(fuse.password)
    gone = close_code(visitor, "/api/v1/events", 8888, lambda: visitor.ask("DELETE", "/api/v1/session", status=204))
    assert asyncio.run(gone) == 4401


def test_nobody_gets_a_websocket_without(fuse):
    for path, port in (("/api/v1/events", 8888), ("/", 8889)):
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            asyncio.run(close_code(Visitor(fuse.address, token="nonsense"), path, port, lambda: None))
        assert refused.value.status_code == 401


def test_a_trusted_proxy_alone_speaks_plainly_and_is_believed(make_guarded, planted_secret):
    fuse = make_guarded("trusted-proxy = 127.70.0.1\n")
    proxy = Visitor(fuse.address, source="127.70.0.1", tls=False)
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert proxy.get("/api/v1/session").json()["secure"] is False
    assert proxy.get("/api/v1/session", headers=forwarded).json() == \
        {"loginNeeded": True, "loggedIn": False, "setupNeeded": True, "secure": True}
    made = proxy.ask("POST", "/api/v1/setup", {"code": access.setup_code(fuse), "password": planted_secret}, forwarded, 200)
    assert made.headers["set-cookie"].startswith("__Host-fuse_session=")
    proxy.get("/api/v1/printers", headers={**forwarded, "Origin": f"https://{fuse.address}:8888"})
    # Each of its visitors is counted by himself, and only by what the proxy itself has added.
    proxy.cookie = None
    for n in range(6):
        lied = {**forwarded, "X-Forwarded-For": f"198.51.100.{n}, 203.0.113.66"}
        last = proxy.ask("POST", "/api/v1/session", {"password": "a wrong guess"}, lied)
    assert last.status == 429
    proxy.ask("POST", "/api/v1/session", {"password": planted_secret}, forwarded, 200)
    # Nobody else may be plain.
    assert Visitor(fuse.address, tls=False).ask("GET", "/livez").status == 308
    Visitor(fuse.address).get("/livez")


def test_a_websocket_over_tls_is_quick_and_ends_at_once(fuse, owner):
    """Its messages come in whole TLS records, not in shreds, and after the close the server ends the connection."""
    token = new_token(owner, "shreds", "read")["token"]
    request = (f"GET /api/v1/events HTTP/1.1\r\nHost: {fuse.address}:8888\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               f"Authorization: Bearer {token}\r\n\r\n")
    with owner.context.wrap_socket(socket.create_connection((fuse.address, 8888), 20)) as tls:
        tls.sendall(request.encode())
        came = []
        while b'"type":"snapshot"' not in b"".join(came):
            came.append(tls.recv(65536))  # at most one record at a time
            assert came[-1], b"".join(came)
        assert len(came) < 10, [len(piece) for piece in came]
        tls.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
        while (piece := tls.recv(65536)):  # a connection that stays open is a time-out here
            came.append(piece)
        assert came[-1].endswith(b"\x88\x02\x03\xe8")
