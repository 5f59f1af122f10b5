"""Who may use Fuse. A Fuse that treats this machine as another one (`local-access = password`) asks for a password or
a token, over TLS; one of 127.0.0.1 asks nobody (test_access_network.py). The clients are Python's http.client and
ssl, and curl."""
import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from rig import access, fusectl, secrets, wire
from rig import fuse as rig_fuse
from rig.access import GUARDED, Visitor
from rig.guarded import new_token, fuse, make_guarded, module_fuse, owner  # noqa: F401
from rig.waiting import wait_until

ROUTES = [row for row in wire.rows(wire.ROOT / "httpd/routes.def", "ROUTE")]
METHODS = ["GET", "POST", "PATCH", "DELETE"]


def path_of(row) -> str:
    return row[1].strip('"').replace("{id}", "01S00A000000001")


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


def test_every_route_says_who_may(tmp_path):
    """A row without the mark does not compile; one that is open is one of these."""
    assert {(row[0], row[1].strip('"')) for row in ROUTES if row[3] == "OPEN"} == {
        ("GET", "/livez"), ("GET", "/readyz"), ("GET", "/api/v1/session"), ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"), ("POST", "/api/v1/setup")}
    assert {row[3] for row in ROUTES} == {"OPEN", "LOGIN", "OWNER", "RAISED"}


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
