"""The one door to the MQTT library (worker/link/mqtt; see rig/mqttlink.py): how a printer is linked, who is not told a word,
and how each phase fails as itself. What comes over a link that stands: test_mqtt_traffic.py."""
import contextlib
import errno
import statistics
import time

import pytest

from rig import ca, secrets
from rig.fuse import AS_ROOT, SANITIZED, SLOWNESS
from rig.mqttlink import (Broker, CONNACK, CONNECT, DISCONNECT, HOST, LIMIT_S, PORT, SERIAL, SUBACK,  # noqa: F401
                          SUBSCRIBE, broker, identity, link, make_link, printer)
from rig.printers import MosquittoPrinter
from rig.tlspeer import (APPLICATION, Blackhole, Peer, Tls, close_at_once, garbage,
                         hang_before_the_end_of_the_handshake, silent, tls, web_server)
from rig.waiting import holds_for, wait_until

# -- the right printer --------------------------------------------------------------------------------

def test_a_printer_is_linked_step_by_step(link, printer):
    printer.auto, printer.report = True, {"print": {"command": "push_status", "msg": 0}}
    link.link(pin=printer.fingerprint)
    link.tell('publish 0 41 {"pushing":{"command":"pushall","sequence_id":"1"}}')
    link.wait_for("report")
    assert link.ask('publish 1 42 {"print":{"command":"pause"}}', "event", "published")["tag"] in (41, 42)
    printer.wait_for_request(lambda request: "print" in request)
    wait_until(lambda: len(link.reports()) == 2, what=lambda: link.said)
    assert link.events()[:4] == ["tcp_open", "identity", "connected", "subscribed"]
    assert sorted(link.events()[4:]) == ["published", "published"]
    assert link.event("identity")["verdict"] == "trusted-pin"
    assert link.event("identity")["sha256"] == printer.fingerprint
    assert printer.subscriptions() == [f"fuse-test-1 0 device/{SERIAL}/report"]
    assert abs(link.reports()[0]["at"] - time.time() * 1000) < 60_000


def test_a_printer_is_trusted_for_its_issuer(make_link, tmp_path):
    owners = ca.Authority("Farm CA")
    (tmp_path / "ca.d").mkdir()
    owners.write_pem(tmp_path / "ca.d" / "farm.pem")
    link = make_link(ca_folder=tmp_path / "ca.d")
    with MosquittoPrinter(SERIAL, HOST, ca=owners, tmp_path=tmp_path):
        link.link()
    assert link.event("identity")["verdict"] == "trusted-chain"


def test_ipv6(link, identity):
    with Peer("::1", PORT, broker(identity, lambda one: (one.welcome(), one.serve_subscribe(), one.stay()))):
        link.link(pin=identity.sha256, address="::1")


def test_connected_in_milliseconds(link, printer):
    """A figure to look at; the limit is far above what it takes."""
    took_ms = []
    for _ in range(15):
        mark = link.mark()
        link.connect(pin=printer.fingerprint)
        took_ms.append(link.event("connected", after=mark)["us"] / 1000)
        link.drop()
    print(f"connected after {statistics.median(took_ms):.1f} ms (median of {len(took_ms)}; most {max(took_ms):.1f})")
    assert statistics.median(took_ms) < 90 * SLOWNESS


def test_a_session_that_is_dropped_says_goodbye(link, identity):
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.next(DISCONNECT)), kept)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        link.drop()
        wait_until(lambda: kept[0].heard[-1:] == [(DISCONNECT, b"")], what=lambda: kept[0].heard)


def test_the_environment_changes_nothing(make_link, printer):
    """Neither a proxy nor the library's trace, which would show what is sent."""
    link = make_link(env={"https_proxy": "http://127.0.30.8:9", "http_proxy": "http://127.0.30.8:9",
                          "MQTT_C_CLIENT_TRACE": "ON", "MQTT_C_CLIENT_TRACE_LEVEL": "MAXIMUM"})
    link.link(pin=printer.fingerprint)  # each line that it prints must be JSON, too


# -- who is it? -----------------------------------------------------------------------------------------

FARM = {"serial": "01P00A300000999"}


def nothing_was_said(peer, code: str):
    """Not one byte of MQTT or of the access code came over the wire, in TLS or out of it."""
    for connection in peer.connections:
        kinds = [kind for kind, _ in connection.records()]
        assert APPLICATION not in kinds, kinds
        assert not connection.plain
        assert code.encode() not in connection.raw and b"MQTT" not in connection.raw


@pytest.mark.parametrize("name, pin, verdict", [
    ("01P00A300000999", "own", "other-serial"),
    ("01p00a300000001", "own", "serial-case"),
    ("", "own", "no-serial"),
    (SERIAL, "-", "untrusted"),
    (SERIAL, "ab" * 32, "pin-changed"),
])
def test_nothing_is_said_to_who_is_not_the_printer(link, name, pin, verdict):
    code = secrets.plant()
    other = ca.Authority("BBL CA", key_number=4).printer(name)
    with Peer(HOST, PORT, tls(other)) as peer:
        events = link.fail(pin=other.sha256 if pin == "own" else pin, code=code)
        assert events == ["tcp_open", "identity", "ended"]
        assert link.event("identity")["verdict"] == verdict
        assert link.event("identity")["serial"] == name
        nothing_was_said(peer, code)


def test_dates_are_looked_at_where_an_issuer_vouches(make_link, tmp_path):
    code = secrets.plant()
    owners = ca.Authority("Farm CA")
    (tmp_path / "ca.d").mkdir()
    owners.write_pem(tmp_path / "ca.d" / "farm.pem")
    link = make_link(ca_folder=tmp_path / "ca.d")
    with Peer(HOST, PORT, tls(owners.printer(SERIAL, begins=ca.years(-2), ends=ca.years(-1)))) as peer:
        assert link.fail(code=code) == ["tcp_open", "identity", "ended"]
        assert link.event("identity")["verdict"] == "expired"
        nothing_was_said(peer, code)


def test_a_certificate_is_not_believed_before_its_key(link, identity):
    """Anybody can show a printer's certificate; this one then cannot go on, for want of the key."""
    code = secrets.plant()
    with Peer(HOST, PORT, hang_before_the_end_of_the_handshake(identity)) as peer:
        events = link.fail(pin=identity.sha256, code=code)
        assert events == ["tcp_open", "tls_failed", "ended"]
        assert link.event("tls_failed")["error"] == errno.ETIMEDOUT
        nothing_was_said(peer, code)


def test_the_access_code_is_gone_when_the_session_is(make_link, identity):
    """Searched for in all of the program's memory."""
    if not AS_ROOT or SANITIZED:
        pytest.skip("reads another process's memory; a sanitizer keeps freed memory")
    link, code = make_link(sandbox=False), secrets.plant()
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.stay()), kept)):
        link.connect(pin=identity.sha256, code=code)
        link.event("connected")
        assert code.encode() in kept[0].heard[0][1]
        assert found_in_memory(link.process.pid, code.encode()) > 0
        link.drop()
        link.tell("forget")
        link.figures()
        assert found_in_memory(link.process.pid, code.encode()) == 0


def found_in_memory(pid: int, needle: bytes) -> int:
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            begin, end = (int(part, 16) for part in span.split("-"))
            with contextlib.suppress(OSError):
                memory.seek(begin)
                found += memory.read(end - begin).count(needle)
    return found


# -- each phase fails as itself ------------------------------------------------------------------------------

def test_nobody_listens(link):
    assert link.fail() == ["tcp_failed", "ended"]
    assert link.event("tcp_failed")["error"] == errno.ECONNREFUSED


def test_an_address_that_is_none(link):
    assert link.fail(address="printer.local") == ["tcp_failed", "ended"]
    assert link.event("tcp_failed")["error"] == errno.EADDRNOTAVAIL


def took_the_limit(link, kind):
    assert LIMIT_S <= link.event(kind)["us"] / 1e6 < LIMIT_S + 3 * SLOWNESS


def test_tcp_without_an_answer(link):
    with Blackhole(HOST, PORT):
        assert link.fail() == ["tcp_failed", "ended"]
    assert link.event("tcp_failed")["error"] == errno.ETIMEDOUT
    took_the_limit(link, "tcp_failed")


def test_tls_without_an_answer(link):
    with Peer(HOST, PORT, silent):
        assert link.fail() == ["tcp_open", "tls_failed", "ended"]
    assert link.event("tls_failed")["error"] == errno.ETIMEDOUT
    took_the_limit(link, "tls_failed")


@pytest.mark.parametrize("behaviour", [garbage, web_server, close_at_once])
def test_what_is_not_tls(link, behaviour):
    with Peer(HOST, PORT, behaviour):
        assert link.fail() == ["tcp_open", "tls_failed", "ended"]
    assert link.event("tls_failed")["error"] == 0 and link.event("tls_failed")["text"]
    assert link.event("ended")["us"] < 900_000 * SLOWNESS


def test_login_without_an_answer(link, identity):
    with Peer(HOST, PORT, tls(identity)):
        assert link.fail(pin=identity.sha256) == ["tcp_open", "identity", "no_answer", "ended"]
    took_the_limit(link, "no_answer")


def test_each_phase_has_its_own_time(link, identity):
    """A printer may be slow in each: two thirds of the limit for the handshake and as much for the login."""
    context = identity.server_context()

    def slowly(connection):
        connection.ending.wait(LIMIT_S * 0.65)
        end = Tls(connection, context)
        end.shake_hands()
        one = Broker(end)
        one.next(CONNECT)
        connection.ending.wait(LIMIT_S * 0.65)
        one.say(CONNACK, b"\0\0")
        one.stay()

    with Peer(HOST, PORT, slowly):
        link.connect(pin=identity.sha256)
        assert link.event("connected")["us"] / 1e6 > LIMIT_S * 1.3
        link.drop()


def test_the_wrong_code(link, printer):
    assert link.fail(pin=printer.fingerprint, code="87654321") == ["tcp_open", "identity", "refused", "ended"]
    assert link.event("refused")["error"] == 5
    link.link(pin=printer.fingerprint)


@pytest.mark.parametrize("answer", [1, 2, 3, 4, 5, 200])
def test_a_login_refused(link, identity, answer):
    with Peer(HOST, PORT, broker(identity, lambda one: (one.next(CONNECT), one.say(CONNACK, bytes([0, answer]))))):
        assert link.fail(pin=identity.sha256) == ["tcp_open", "identity", "refused", "ended"]
    assert link.event("refused")["error"] == answer


def test_closed_instead_of_an_answer_to_the_login(link, identity):
    kept = []
    with Peer(HOST, PORT, broker(identity, lambda one: one.next(CONNECT), kept)):
        assert link.fail(pin=identity.sha256) == ["tcp_open", "identity", "ended"]
    assert link.event("ended")["text"] == "it closed the connection"
    assert len(kept) == 1  # nor is it tried again with an older MQTT


def test_closed_after_subscribe(link, identity):
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.next(SUBSCRIBE)))):
        link.connect(pin=identity.sha256)
        link.event("connected")
        link.tell("subscribe")
        link.event("ended")
    assert link.events() == ["tcp_open", "identity", "connected", "ended"]


def test_a_subscription_refused_or_unanswered(link, identity):
    def refuse(one):
        one.welcome()
        _, body = one.next(SUBSCRIBE)
        one.say(SUBACK, body[:2] + b"\x80")
        one.stay()

    with Peer(HOST, PORT, broker(identity, refuse)):
        link.connect(pin=identity.sha256)
        link.event("connected")
        assert link.ask("subscribe", "event")["event"] == "subscribe_failed"
        assert link.event("subscribe_failed")["error"] == 0
        link.drop()
    mark = link.mark()
    with Peer(HOST, PORT, broker(identity, lambda one: (one.welcome(), one.stay()))):
        link.connect(pin=identity.sha256)
        link.event("connected", after=mark)
        link.tell("subscribe")
        assert link.event("subscribe_failed", after=mark)["error"] == errno.ETIMEDOUT
        assert link.events(mark)[-1] == "subscribe_failed"
        link.drop()


def test_a_broker_killed(link, printer):
    link.link(pin=printer.fingerprint)
    printer.kill()
    link.event("ended")
    assert link.events() == ["tcp_open", "identity", "connected", "subscribed", "ended"]
    assert link.event("ended")["text"]


def test_a_printer_that_answers_no_ping(link, printer):
    link.link(pin=printer.fingerprint, keepalive_s=1)
    assert holds_for(lambda: "ended" not in link.events(), 2.5) is None  # its pings are answered
    printer.freeze()
    link.event("ended")
    printer.thaw()
    assert link.event("ended")["text"] == "it answers no ping"
