"""Who may use Fuse. A Fuse that treats this machine as another one (`local-access = password`) asks for a password or
a token, over TLS; one of 127.0.0.1 asks nobody. The clients are Python's http.client and ssl, and curl."""
import asyncio
import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess

import pytest
import websockets

from rig import access, fusectl, secrets, wire
from rig import fuse as rig_fuse
from rig.access import GUARDED, Visitor
from rig.waiting import wait_until

ROUTES = [row for row in wire.rows(wire.ROOT / "httpd/routes.def", "ROUTE")]
METHODS = ["GET", "POST", "PATCH", "DELETE"]


def path_of(row) -> str:
    return row[1].strip('"').replace("{id}", "01S00A000000001")


@pytest.fixture(scope="module")
def module_fuse():
    """Guarded, with a password (its attribute `password`)."""
    made = rig_fuse.Fuse(name="test_access", config=GUARDED)
    made.start()
    access.wait_for_tls(made)
    made.password = secrets.plant()
    Visitor(made.address).set_up(access.setup_code(made), made.password)
    yield made
    made.close()


@pytest.fixture
def fuse(module_fuse):
    return module_fuse


@pytest.fixture
def owner(fuse) -> Visitor:
    """Has just logged in."""
    visitor = Visitor(fuse.address)
    visitor.log_in(fuse.password)
    return visitor


@pytest.fixture
def make_guarded(make_fuse):
    def make(config: str = GUARDED, **arguments):
        made = make_fuse(config=config, **arguments)
        made.start()
        access.wait_for_tls(made)
        return made

    return make


def new_token(owner: Visitor, name: str, may: str) -> dict:
    return owner.ask("POST", "/api/v1/tokens", {"name": name, "access": may}, status=201).json()


# -- the story ---------------------------------------------------------------------------------------------

def test_from_the_first_visit_to_the_last(make_guarded, planted_secret):
    fuse = make_guarded()
    visitor = Visitor(fuse.address)
    assert visitor.session() == {"loginNeeded": True, "loggedIn": False, "setupNeeded": True, "secure": True}
    visitor.refused("GET", "/api/v1/printers", 401, "setup-needed")
    visitor.refused("POST", "/api/v1/session", 409, "conflict", body={"password": planted_secret})
    code = access.setup_code(fuse)
    assert re.fullmatch("[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", code)
    assert visitor.set_up("AAAA-AAAA", planted_secret, 403).kind == "wrong-code"
    assert visitor.set_up(code, "short", 422).kind == "invalid"
    # Set; and whoever has set it is in.
    first = visitor.set_up(code.lower().replace("-", " "), planted_secret)
    assert first.json()["loggedIn"] and not first.json()["setupNeeded"]
    cookie = first.headers["set-cookie"]
    assert re.fullmatch("__Host-fuse_session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure",
                        cookie)
    assert visitor.get("/api/v1/printers").json() == {"printers": []}
    visitor.refused("POST", "/api/v1/setup", 409, "conflict", body={"code": code, "password": planted_secret})
    assert fuse.fusectl("setup-code").returncode == 5
    # Another browser.
    other = Visitor(fuse.address)
    other.refused("GET", "/api/v1/printers", 401, "login-needed")
    assert other.log_in(planted_secret + "x", 403).kind == "wrong-password"
    other.log_in(planted_secret)
    assert other.session()["loggedIn"] and other.cookie != visitor.cookie
    other.ask("DELETE", "/api/v1/session", status=204)
    other.refused("GET", "/api/v1/printers", 401, "login-needed")
    assert visitor.session()["loggedIn"]
    # Tokens.
    token = new_token(visitor, "a program", "full")
    program = Visitor(fuse.address, token=token["token"])
    assert program.get("/api/v1/printers").json() == {"printers": []}
    row = visitor.get("/api/v1/tokens").json()["tokens"][0]
    assert (row["id"], row["name"], row["access"]) == (token["id"], "a program", "full")
    wait_until(lambda: visitor.get("/api/v1/tokens").json()["tokens"][0]["lastUsedOn"] is not None, 5)
    visitor.ask("DELETE", f"/api/v1/tokens?id={token['id']}", status=204)
    program.refused("GET", "/api/v1/printers", 401, "login-needed")
    visitor.refused("DELETE", f"/api/v1/tokens?id={token['id']}", 404, "not-found")
    # Another password: the others are out, this one goes on.
    third = Visitor(fuse.address)
    third.log_in(planted_secret)
    fresh = secrets.plant()
    visitor.ask("POST", "/api/v1/password", {"password": fresh}, status=200)
    third.refused("GET", "/api/v1/printers", 401, "login-needed")
    assert visitor.session()["loggedIn"]
    assert third.log_in(planted_secret, 403).kind == "wrong-password"
    third.log_in(fresh)
    log = fuse.log_text()
    for secret in (planted_secret, fresh, token["token"], code, code.replace("-", ""), visitor.cookie.partition("=")[2]):
        assert secret not in log


def test_what_is_acknowledged_is_on_disk(make_guarded, planted_secret):
    """stored is killed right behind its answer."""
    fuse = make_guarded()
    visitor = Visitor(fuse.address)
    code = access.setup_code(fuse)
    before = fuse.ps()["stored"]
    visitor.set_up(code, planted_secret)
    os.kill(before["pid"], signal.SIGKILL)
    before = fuse.wait_reborn("stored", before["generation"])
    assert visitor.session()["loggedIn"], "a store that starts anew logs nobody out"
    token = new_token(visitor, "kept", "read")
    os.kill(before["pid"], signal.SIGKILL)
    fuse.wait_reborn("stored", before["generation"])
    Visitor(fuse.address).log_in(planted_secret)
    Visitor(fuse.address, token=token["token"]).get("/api/v1/printers")


def test_httpd_starts_anew(fuse):
    """Sessions go with it; passwords, tokens and the certificate stay."""
    owner = Visitor(fuse.address)
    owner.log_in(fuse.password)
    token = new_token(owner, "outlives httpd", "read")["token"]
    shown, pid = owner.certificate_sha256(), fuse.pids()["httpd"]
    fuse.ask("restart", "httpd")
    wait_until(lambda: fuse.pids().get("httpd") not in (None, pid), 20)
    fuse.wait_all_up()
    owner.refused("GET", "/api/v1/printers", 401, "login-needed")
    assert owner.certificate_sha256() == shown
    Visitor(fuse.address, token=token).get("/api/v1/printers")
    owner.log_in(fuse.password)
    owner.get("/api/v1/printers")


# -- every route -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row[0]} {row[1]}".replace('"', ""))
def test_a_stranger_gets_nothing(fuse, row):
    """No login; and what no login would help: wrong Host, wrong Origin, wrong method, too much, no JSON."""
    method, path, marked = row[0], path_of(row), row[3]
    body = {} if row[4] == "JSON" else None
    stranger = Visitor(fuse.address)
    host = f"{fuse.address}:8888"
    if marked == "OPEN":
        assert stranger.ask(method, path, body).status in (200, 204, 422)
    else:
        for how in ({}, {"Cookie": "__Host-fuse_session=" + "A" * 43}, {"Cookie": "fuse_session=" + "A" * 43},
                    {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
            reply = stranger.refused(method, path, 401, "login-needed", body=body, headers=how)
            assert reply.headers["www-authenticate"].startswith("Bearer")
    stranger.refused(method, path, 421, "foreign-host", body=body, headers={"Host": "attacker.example"})
    for origin in ("https://attacker.example", f"http://{host}", "null"):
        stranger.refused(method, path, 403, "foreign-origin", body=body, headers={"Origin": origin})
    others = {other[0] for other in ROUTES if path_of(other) == path}
    wrong = next((other for other in METHODS + ["PUT"] if other not in others))
    assert stranger.ask(wrong, path).status == (405 if not path.startswith("/api") else 401)
    large = stranger.ask(method, path, b"", {"Content-Type": "application/json", "Content-Length": str(2 << 20)})
    assert large.status == (413 if marked == "OPEN" else 401)
    if row[4] == "JSON":
        assert stranger.ask(method, path, b"{", {"Content-Type": "application/json"}).status == \
            (400 if marked == "OPEN" else 401)
    for reply in (large,):
        assert reply.headers["strict-transport-security"] == access.HSTS
        assert "access-control-allow-origin" not in reply.headers


def test_what_is_there_is_not_told_to_strangers(fuse, owner):
    stranger = Visitor(fuse.address)
    for path in ("/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/printers/NOBODY", "/api/v2/printers"):
        stranger.refused("GET", path, 401, "login-needed")
        owner.refused("GET", path, 404, "not-found")
    for path in ("/apix", "/nothing"):
        stranger.refused("GET", path, 404, "not-found")


@pytest.mark.parametrize("row", [row for row in ROUTES if row[3] in ("OWNER", "RAISED")],
                         ids=lambda row: f"{row[0]} {row[1]}".replace('"', ""))
def test_no_token_rules_over_tokens_and_passwords(fuse, owner, row):
    name = f"{row[0]} {path_of(row)}"
    token = new_token(owner, name, "full")
    body = {} if row[4] == "JSON" else None
    program = Visitor(fuse.address, token=token["token"])
    program.refused(row[0], path_of(row), 403, "forbidden", body=body)
    program.cookie = owner.cookie  # whoever shows a token is judged by it
    program.refused(row[0], path_of(row), 403, "forbidden", body=body)
    owner.ask("DELETE", f"/api/v1/tokens?id={token['id']}", status=204)


def test_a_read_only_token_reads(fuse, owner):
    token = new_token(owner, "reader", "read")["token"]
    program = Visitor(fuse.address, token=token)
    for row in ROUTES:
        path, method = path_of(row), row[0]
        if row[3] != "LOGIN":
            continue
        if method != "GET":
            program.refused(method, path, 403, "forbidden", body={} if row[4] == "JSON" else None)
        elif "{id}" not in row[1]:
            assert program.ask("HEAD", path).status != 401
    program.get("/api/v1/settings")
    done = subprocess.run(["curl", "-sk", "-m", "20", "-H", f"Authorization: Bearer {token}",
                           f"https://{fuse.address}:8888/api/v1/settings"], capture_output=True, check=True)
    assert json.loads(done.stdout)["settings"]


def test_restarting_everything_needs_the_password_again(fuse, owner):
    token = new_token(owner, "restarter", "full")["token"]
    program = Visitor(fuse.address, token=token)
    program.refused("POST", "/api/v1/restart", 403, "forbidden", body={"process": "all"})
    program.ask("POST", "/api/v1/restart", {"process": "gatewayd"}, status=200)


def test_names_under_which_it_is_served(fuse, owner):
    port = ":8888"
    names = [fuse.address, fuse.address + port, "localhost", "localhost" + port, socket.gethostname(),
             socket.gethostname() + ".local" + port, "fuse.local", "FUSE.local" + port]
    for name in names:
        owner.get("/livez", headers={"Host": name})
        owner.get("/api/v1/session", headers={"Host": name, "Origin": f"https://{name}"})
    for name in ("127.0.0.1", "[::1]", "farm.example", "xfuse.local", "fuse.local.attacker.example", ".local", "local"):
        owner.refused("GET", "/livez", 421, "foreign-host", headers={"Host": name})
    owner.ask("PATCH", "/api/v1/settings", {"allowedHosts": "farm.example, other.example"}, status=200)
    wait_until(lambda: owner.ask("GET", "/livez", headers={"Host": "farm.example"}).status == 200, 5)
    owner.get("/livez", headers={"Host": "Other.Example:443"})
    owner.refused("GET", "/livez", 421, "foreign-host", headers={"Host": "other.example.attacker.example"})
    owner.ask("PATCH", "/api/v1/settings", {"allowedHosts": None}, status=200)


# -- guessing ----------------------------------------------------------------------------------------------------

def test_guessing_is_slow_and_locks_nobody_out(make_guarded, planted_secret):
    fuse = make_guarded()
    Visitor(fuse.address).set_up(access.setup_code(fuse), planted_secret)
    attacker = Visitor(fuse.address, source="127.66.0.1")
    replies = [attacker.log_in(f"guess number {n}", None) for n in range(8)]
    assert [reply.status for reply in replies[:5]] == [403] * 5
    assert replies[-1].status == 429 and replies[-1].kind == "too-many-tries"
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 60
    # Not even the right one, before the time has come; elsewhere it is as ever.
    assert attacker.log_in(planted_secret, None).status == 429
    Visitor(fuse.address, source="127.66.0.2").log_in(planted_secret)
    # Tokens: the same, but the right one is always good.
    token = fuse.ask("token", "add", "monitor")["token"]
    guesser = Visitor(fuse.address, source="127.66.0.3", token="fuse_" + "A" * 43)
    statuses = [guesser.ask("GET", "/api/v1/printers").status for _ in range(8)]
    assert statuses[:5] == [401] * 5 and statuses[-1] == 429
    guesser.token = token
    guesser.get("/api/v1/printers")
    # And a person on the machine needs no patience.
    assert fuse.fusectl("password", stdin=secrets.plant() + "\n").returncode == 0


def test_many_strangers_together_are_slowed_too_but_not_whoever_was_right_before(make_guarded, planted_secret):
    fuse = make_guarded()
    known = Visitor(fuse.address, source="127.67.1.1")
    known.set_up(access.setup_code(fuse), planted_secret)
    known.log_in(planted_secret)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: Visitor(fuse.address, source=f"127.67.0.{n}").log_in("a wrong guess", None).status,
                                range(1, 27)))
    assert replies.count(429) >= 2 and set(replies) <= {403, 429}
    known.log_in(planted_secret)


def test_the_setup_code_is_another_after_ten_wrong_ones(make_guarded, planted_secret):
    fuse = make_guarded()
    code = access.setup_code(fuse)
    for n in range(10):
        assert access.setup_code(fuse) == code
        Visitor(fuse.address, source=f"127.68.0.{n + 1}").set_up("2222-2222", planted_secret, 403)
    fresh = access.setup_code(fuse)
    assert fresh != code
    Visitor(fuse.address, source="127.68.1.1").set_up(code, planted_secret, 403)
    Visitor(fuse.address, source="127.68.1.2").set_up(fresh, planted_secret)


def test_the_store_goes_on_while_passwords_are_checked(fuse):
    """Six of them take their time, one after the other; a setting that is set meanwhile does not wait for all."""
    def check(n):
        return Visitor(fuse.address, source=f"127.69.0.{n}").log_in("a wrong guess", None)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(check, n) for n in range(1, 7)]
        wait_until(lambda: any(one.done() for one in waiting), 30, "none is ever checked")
        with fuse.ctl() as ctl:
            ctl.request("SETTING_SET", {"name": "fuseName", "value": "Quick"}, "stored")
        assert not all(one.done() for one in waiting)
        assert all(one.result().status in (403, 503) for one in waiting)


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


# -- at the machine itself ---------------------------------------------------------------------------------------------------

def test_the_console_shows_the_setup_code_and_no_log_keeps_it(make_fuse):
    fuse = make_fuse(config=GUARDED)
    program = [rig_fuse.BUILD / "fused", "--state", fuse.state, "--http", fuse.http, "--stats", fuse.stats, "--config",
               fuse.config_file]
    with fusectl.on_terminal(program=program) as console:
        console.wait_for("setup code: ")
        wait_until(fuse.socket_path.exists, 10)
        code = access.setup_code(fuse)
        console.wait_for(code)
        assert f"https://{fuse.address}:8888/" in console.text
        kept = [line for line in console.text.splitlines() if "lvl=" in line and code in line]
        assert not kept
        logs = "".join(path.read_text() for path in (fuse.state / "logs").glob("*"))
        assert "role=" in logs and code not in logs
        assert code not in fuse.fusectl("logs", "--lines", "1000").stdout
        assert code not in json.dumps(fuse.ask("status"))
        console.child.terminate()
        assert console.exit_code() == 0


def test_a_lost_password_is_forgotten_at_the_machine(make_guarded, planted_secret):
    fuse = make_guarded()
    owner = Visitor(fuse.address)
    owner.set_up(access.setup_code(fuse), planted_secret)
    assert fuse.fusectl("password", "--forget").returncode == 2  # nobody is there to say yes
    owner.get("/api/v1/printers")
    assert fuse.fusectl("--yes", "password", "--forget").returncode == 0
    owner.refused("GET", "/api/v1/printers", 401, "setup-needed")
    assert fuse.fusectl("--yes", "password", "--forget").returncode == 5
    fresh = secrets.plant()
    assert fuse.fusectl("password", stdin=fresh + "\n").returncode == 0
    owner.log_in(fresh)
    for bad in ("short", "", "x" * 300):
        assert fuse.fusectl("password", stdin=bad + "\n").returncode == 2
    owner.get("/api/v1/printers")


def test_tokens_at_the_machine(make_guarded, planted_secret):
    fuse = make_guarded()
    made = fuse.fusectl("token", "add", "prometheus")
    token = made.stdout.strip()
    assert made.returncode == 0 and re.fullmatch("fuse_[A-Za-z0-9_-]{43}", token)
    assert "only time" in made.stderr
    Visitor(fuse.address, token=token).get("/api/v1/printers")
    assert fuse.fusectl("token", "add", "prometheus").returncode == 5
    assert fuse.fusectl("token", "add", "").returncode == 5
    full = fuse.ask("token", "add", "robot", "--full")
    assert full["access"] == "full"
    rows = fuse.ask("token", "list")["tokens"]
    assert {(row["name"], row["access"]) for row in rows} == {("prometheus", "read"), ("robot", "full")}
    assert token not in fuse.fusectl("token", "list").stdout
    assert fuse.fusectl("token", "remove", "prometheus").returncode == 0
    assert fuse.fusectl("token", "remove", "prometheus").returncode == 3
    Visitor(fuse.address, token=token).refused("GET", "/api/v1/printers", 401, "login-needed")
    assert token not in fuse.log_text() and full["token"] not in fuse.log_text()


def test_fusectl_cannot_reach_the_password_as_a_secret(make_guarded):
    fuse = make_guarded()
    with fuse.ctl() as ctl:
        for name in ("access/password", "access/tls-key", "access/token/0123abcd"):
            with pytest.raises(wire.Refused, match="another's"):
                ctl.request("SECRET_SET", {"name": name, "value": b"mine now"}, "stored")


def test_every_route_says_who_may(tmp_path):
    """A row without the mark does not compile; one that is open is one of these."""
    assert {(row[0], row[1].strip('"')) for row in ROUTES if row[3] == "OPEN"} == {
        ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/api/v1/session"), ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"), ("POST", "/api/v1/setup")}
    assert {row[3] for row in ROUTES} == {"OPEN", "LOGIN", "OWNER", "RAISED"}


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
