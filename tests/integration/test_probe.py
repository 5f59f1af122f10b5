"""Who is at this address? `PROBE` answers with what the certificate at the MQTT port and the detect service tell, in
bounded time whatever is there, and says nothing to it but the TLS handshake and the detect question."""
import concurrent.futures
import contextlib
import time

import pytest

from rig import ca
from rig.fuse import SLOWNESS
from rig.owners import fuse, owners  # noqa: F401
from rig.tlspeer import (ALERT, APPLICATION, DETECT_REQUEST, HANDSHAKE, HELLO_REQUESTS, Blackhole, Peer, close_at_once,
                         detect_frame, detect_refusal, detect_reply, garbage, hang_before_the_end_of_the_handshake,
                         plain, repeats, silent, tls, tls_detect, web_server)
from rig.wire import Refused

MQTT, DETECT_TLS, DETECT_PLAIN = 8883, 3002, 3000
SERIAL = "01P00A123456789"
UNKNOWN, BAMBU, OWNER = 0, 1, 2  # enum tls_vouch
MOST_S = 12 * SLOWNESS  # it gives up after 6 s; a busy machine may be late with everything
HOST = "127.0.20.7"


@pytest.fixture(scope="module")
def strangers():
    """One that nobody has heard of."""
    return ca.Authority("BBL CA", key_number=4)


def probe(fuse, address=HOST, **ports) -> dict:
    started = time.monotonic()
    with fuse.ctl(timeout_s=15) as ctl:
        fields = ctl.request("PROBE", {"address": address, **ports})[-1].fields
    assert time.monotonic() - started < MOST_S
    return fields


@contextlib.contextmanager
def peers(host=HOST, **behaviours):
    """Peers at `host`: mqtt=…, detect_tls=…, detect_plain=…."""
    ports = {"mqtt": MQTT, "detect_tls": DETECT_TLS, "detect_plain": DETECT_PLAIN}
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Peer(host, ports[name], behaviour)) for name, behaviour in behaviours.items()}


def probe_together(fuse, casts: dict) -> dict:
    """Each of `casts` (name: behaviours for peers()) at an address of its own, all at the same time: those that hang cost
    their six seconds once. Returns what is found, by name. Discovery makes 16 probes at once."""
    assert len(casts) <= 16
    hosts = {name: f"127.0.20.{n}" for n, name in enumerate(casts, 101)}
    with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(len(casts)) as pool:
        for name, behaviours in casts.items():
            stack.enter_context(peers(hosts[name], **behaviours))
        asked = {name: pool.submit(probe, fuse, hosts[name]) for name in casts}
        return {name: answer.result() for name, answer in asked.items()}


# -- printers ----------------------------------------------------------------------------------------

def test_a_printer_vouched_for_is_told_with_all_it_says(fuse, owners):
    printer = owners.printer(SERIAL)
    with peers(mqtt=tls(printer), detect_tls=tls_detect(printer, detect_reply(SERIAL))) as at:
        found = probe(fuse)
    assert found["serial"] == SERIAL and found["certificate_sha256"] == printer.sha256
    assert (found["model"], found["model_code"]) == ("P1S", "C12")
    assert (found["name"], found["firmware"]) == ("Shelf 3 left", "01.07.02.00")
    assert (found["bind"], found["connect"], found["issuer"]) == ("free", "lan", "Farm CA")
    assert found["vouch"] == OWNER and found["mqtt_open"] and found["detect_answered"]
    assert found["sentence"] == (f"A printer answers: P1S, serial number {SERIAL}. "
                                 "An issuer from your ca.d folder vouches for its certificate.")
    assert found["remedy"] == ""
    assert at["mqtt"].connections[0].server_name is None  # whom we do not know we do not name


def test_a_printer_that_nobody_vouches_for_comes_with_its_fingerprint(fuse, strangers):
    """Its issuer calls itself as Bambu Lab's does: a name proves nothing."""
    printer = strangers.printer(SERIAL)
    with peers(mqtt=tls(printer)):
        found = probe(fuse)
    assert (found["vouch"], found["issuer"], found["certificate_sha256"]) == (UNKNOWN, "BBL CA", printer.sha256)
    assert "No known issuer vouches" in found["sentence"] and "fingerprint" in found["remedy"]
    assert (found["model"], found["detect_answered"]) == ("P1S", False)  # by its serial number


def test_old_and_new_printers_are_vouched_for_whatever_they_send_along(fuse, owners):
    """Also by way of an issuer of their model, which the owner need not have."""
    model = ca.Authority("BBL Device CA N7-V2", key_number=5, above=owners, path_length=0)
    for printer in (owners.printer(SERIAL), owners.printer(SERIAL, version=3), owners.printer(SERIAL, sends="leaf"),
                    model.printer(SERIAL, version=3), model.printer(SERIAL, version=3, sends="all")):
        with peers(mqtt=tls(printer)):
            found = probe(fuse)
        assert (found["vouch"], found["certificate_sha256"]) == (OWNER, printer.sha256)


def test_a_printers_own_key_vouches_for_nobody(fuse, owners):
    """Whoever owns one printer can take its key out, and sign with it what he likes."""
    for version in (1, 3):
        thief = owners.printer("01P00A111111111", version=version)
        forged = ca.by_a_printer(SERIAL, thief, "01P00A111111111", [owners.der])
        with peers(mqtt=tls(forged)):
            found = probe(fuse)
        assert (found["serial"], found["vouch"]) == (SERIAL, UNKNOWN)


@pytest.mark.parametrize("begins,ends,words", [(-9, -1, "has expired on"), (1, 9, "is valid only from")])
def test_dates_that_do_not_fit_are_said(fuse, owners, begins, ends, words):
    printer = owners.printer(SERIAL, begins=ca.years(begins), ends=ca.years(ends))
    with peers(mqtt=tls(printer)):
        found = probe(fuse)
    assert found["vouch"] == OWNER and words in found["sentence"]
    assert f"{ca.years(ends if ends < 0 else begins):%Y-%m-%d}" in found["sentence"]
    assert "date of this machine" in found["remedy"]


def test_where_certificate_and_detect_service_disagree_the_certificate_counts(fuse, owners):
    printer, other = owners.printer(SERIAL), "01P00A999999999"
    with peers(mqtt=tls(printer), detect_tls=tls_detect(printer, detect_reply(other))):
        found = probe(fuse)
    assert found["serial"] == SERIAL
    assert SERIAL in found["sentence"] and other in found["sentence"] and "counts" in found["sentence"]
    assert "Two devices" in found["remedy"]


def test_the_plain_detect_service_is_asked_where_the_one_in_tls_is_not_there(fuse, owners):
    with peers(mqtt=tls(owners.printer(SERIAL)), detect_plain=plain(detect_reply(SERIAL, "N1"))) as at:
        found = probe(fuse)
    assert found["detect_answered"] and found["model"] == "A1-mini"
    assert bytes(at["detect_plain"].connections[0].raw) == DETECT_REQUEST


def test_a_detect_port_of_the_owners_is_tried_in_both_ways(fuse, owners):
    printer = owners.printer(SERIAL)
    with Peer(HOST, 13000, plain(detect_reply(SERIAL))), Peer(HOST, 13002, tls_detect(printer, detect_reply(SERIAL))), \
         Peer(HOST, 18883, tls(printer)):
        assert probe(fuse, mqtt_port=18883, detect_port=13000)["detect_answered"]
        found = probe(fuse, mqtt_port=18883, detect_port=13002)
    assert found["detect_answered"] and found["mqtt_open"] and found["serial"] == SERIAL


def test_over_ipv6_as_well(fuse, owners):
    with Peer("::1", 18884, tls(owners.printer(SERIAL))):
        assert probe(fuse, "::1", mqtt_port=18884)["serial"] == SERIAL
        with Peer(HOST, 18884, tls(owners.printer("039000000000002"))):
            assert probe(fuse, f"::ffff:{HOST}", mqtt_port=18884)["serial"] == "039000000000002"


# -- printers that cannot be used yet -------------------------------------------------------------------

def test_a_printer_whose_mqtt_port_is_closed_needs_lan_mode(fuse):
    with peers(detect_plain=plain(detect_reply(SERIAL))):
        found = probe(fuse)
    assert not found["mqtt_open"] and found["detect_answered"]
    assert found["serial"] == SERIAL and found["certificate_sha256"] == ""
    assert found["sentence"] == f"A printer is there: P1S, serial number {SERIAL}. But its MQTT port 8883 is closed."
    assert "LAN Only Mode" in found["remedy"] and "Settings >" in found["remedy"]


def test_the_certificate_of_the_detect_service_does_where_mqtt_is_closed(fuse, owners):
    printer = owners.printer(SERIAL)
    with peers(detect_tls=tls_detect(printer, detect_reply("01P00A999999999"))):
        found = probe(fuse)
    assert (found["serial"], found["certificate_sha256"], found["vouch"]) == (SERIAL, printer.sha256, OWNER)
    assert "is closed" in found["sentence"]


@pytest.mark.parametrize("reason,words", [({"devmsg": "LAN-ONLY enabled", "err_code": 83902489},
                                           '"LAN-ONLY enabled" (83902489)'),
                                          ("not today", '"not today"'), ("", '""'), ("[1", '"[1"')])
def test_a_printer_that_will_not_say_who_it_is_is_quoted(fuse, reason, words):
    with peers(detect_plain=plain(detect_refusal(reason))):
        found = probe(fuse)
    assert found["serial"] == "" and found["detect_answered"]
    assert words in found["sentence"] and "does not say who it is" in found["sentence"]
    assert "subnet" in found["remedy"]


HANGS = {
    "says nothing": (silent, "falls silent in the TLS handshake", "off and on"),
    "stops after its certificate": (None, "falls silent in the TLS handshake", "off and on"),
    "closes at once": (close_at_once, "closes them at once", "off and on"),
}


def test_an_mqtt_port_that_hangs(fuse, owners):
    """Also one that has shown a certificate: without its key that is a copy which anybody can have."""
    casts = {}
    for how, (behaviour, *_) in HANGS.items():
        casts[how, "alone"] = {"mqtt": behaviour or hang_before_the_end_of_the_handshake(owners.printer(SERIAL))}
        casts[how, "known"] = {**casts[how, "alone"], "detect_plain": plain(detect_reply(SERIAL))}
    found = probe_together(fuse, casts)
    for how, (_behaviour, words, remedy) in HANGS.items():
        alone, known = found[how, "alone"], found[how, "known"]
        assert words in alone["sentence"] and remedy in alone["remedy"] and alone["mqtt_open"], how
        assert (alone["serial"], alone["certificate_sha256"]) == ("", ""), how
        assert words in known["sentence"] and remedy in known["remedy"] and SERIAL in known["sentence"], how


# -- no printers -----------------------------------------------------------------------------------------

def test_nothing_there_is_said_in_the_words_of_what_is_missing(fuse):
    found = probe(fuse, "127.0.20.99")
    assert not found["mqtt_open"] and not found["detect_answered"] and found["model"] == "Other"
    assert found["sentence"] == ("A machine is at 127.0.20.99, but its port 8883 is closed and no detect service "
                                 "answers.")
    with Blackhole(HOST, MQTT):
        found = probe(fuse)
    assert found["sentence"] == f"Nothing answers at {HOST}." and "printer is on" in found["remedy"]


NO_TLS = {"garbage": garbage, "a web server": web_server, "endless bytes": repeats(b"\0 again"),
          "endless messages that TLS skips": repeats(HELLO_REQUESTS),
          "endless empty records": repeats(b"\x16\x03\x03\x00\x00"),
          "endless warnings": repeats(b"\x15\x03\x03\x00\x02\x01\x5a")}


@pytest.mark.parametrize("what", NO_TLS)
def test_what_does_not_speak_tls_is_no_printer(fuse, what):
    with peers(mqtt=NO_TLS[what], detect_tls=NO_TLS[what], detect_plain=NO_TLS[what]):
        found = probe(fuse)
    assert "not as a Bambu Lab printer" in found["sentence"] and found["mqtt_open"]
    assert not found["detect_answered"] and found["serial"] == ""


@pytest.mark.parametrize("names,words", [(["printer.example"], '"printer.example"'), ([], "names no serial number"),
                                         (["01P00A123456789", "01P00A123456780"], "names no serial number"),
                                         ([b"01P00A123456789\0.evil"], "names no serial number"),
                                         ([b"\x1b[31mr\xc3\xa9d"], '"?[31mréd"')])
def test_a_certificate_of_something_else_is_no_printer(fuse, strangers, names, words):
    with peers(mqtt=tls(strangers.printer("", names=names))):
        found = probe(fuse)
    assert words in found["sentence"] and "not a Bambu Lab printer" in found["sentence"]


# -- hostile detect services -----------------------------------------------------------------------------

REPLY = detect_reply(SERIAL)
BAD_ANSWERS = {
    "1 MB": detect_frame(b'{"login":{"id":"' + b"A" * (1 << 20) + b'"}}', length=65535),
    "a length that is too long": detect_frame({"login": {"id": SERIAL}}, length=9000),
    "a length that is too short": detect_frame({"login": {"id": SERIAL}}, length=12),
    "a length of nothing": detect_frame({"login": {"id": SERIAL}}, length=0),
    "no frame": b'{"login":{}}',
    "no JSON": detect_frame(b"hello"),
    "JSON of another shape": detect_frame([{"login": 1}]),
    "no serial number": detect_frame({"login": {"command": "detect", "id": ""}}),
    "a number as serial number": detect_frame({"login": {"command": "detect", "id": 1}}),
    "the same key twice": detect_frame(b'{"login":{"id":"A1","id":"B2"}}'),
    "a thousand brackets": detect_frame(b"[" * 8000),
    "no UTF-8": detect_frame(b'{"login":{"id":"\xff\xfe"}}'),
    "a length that never comes": detect_frame({"login": {"id": SERIAL}}, length=4000),
    "nothing": b"",
}


def test_a_detect_service_that_answers_nonsense_is_passed_over(fuse, owners):
    printer = owners.printer(SERIAL)
    casts = [(what, {"mqtt": tls(printer), "detect_tls": tls_detect(printer, answer),
                     "detect_plain": plain(answer, stays=True)}) for what, answer in BAD_ANSWERS.items()]
    for few in (casts[:4], casts[4:8], casts[8:12], casts[12:]):
        for what, found in probe_together(fuse, dict(few)).items():
            assert not found["detect_answered"] and found["serial"] == SERIAL and found["name"] == "", what


def test_what_a_detect_service_says_is_shown_harmlessly_and_cut(fuse):
    name = "\x1b[31m\u202e" + "é" * 400
    with peers(detect_plain=plain(detect_reply("X" * 500, "C" * 500, name=name, version=7, bind=None))):
        found = probe(fuse)
    assert found["serial"] == "X" * 64 and found["model"] == "Other" and found["model_code"] == "C" * 32
    assert found["name"].startswith("?[31m???éé") and len(found["name"].encode()) <= 96
    assert (found["firmware"], found["bind"], found["connect"]) == ("", "", "lan")


def test_a_slow_printer_is_waited_for(fuse, owners):
    """A byte at a time: the answer is put together."""
    printer = owners.printer(SERIAL)
    with peers(mqtt=tls(printer, slowly_s=0.0005), detect_tls=tls_detect(printer, REPLY, slowly_s=0.002)):
        found = probe(fuse)
    assert found["detect_answered"] and found["certificate_sha256"] == printer.sha256


def test_a_printer_that_is_too_slow_is_not(fuse, owners):
    with peers(mqtt=tls(owners.printer(SERIAL), slowly_s=0.1), detect_plain=plain(REPLY, slowly_s=0.2)):
        found = probe(fuse)
    assert "falls silent" in found["sentence"] and not found["detect_answered"]


# -- many at once, and what is refused -------------------------------------------------------------------

def test_forty_probes_at_once_sixteen_are_made_and_the_rest_refused(fuse):
    """Of peers that hang; discovery answers its watchdog all the while, and later probes are made again."""
    with Peer(HOST, MQTT, silent) as peer, fuse.ctl(timeout_s=15) as ctl, fuse.others_untouched():
        for _ in range(40):
            ctl.post("PROBE", {"address": HOST}, "discovery")
        frames = [ctl.receive() for _ in range(40)]
        assert len(peer.connections) == 16
    refused = [frame for frame in frames if frame.message.name == "REFUSED"]
    assert len(refused) == 24 and all("Many addresses" in frame["sentence"] for frame in refused)
    assert sum("falls silent" in frame["sentence"] for frame in frames if frame.message.name == "PROBED") == 16
    assert "is closed" in probe(fuse)["sentence"]


@pytest.mark.parametrize("address,words", [
    ("printer.local", "no numeric"), ("", "no numeric"), ("1.2.3", "no numeric"), ("0.0.0.0", "no machine"),
    ("0.1.2.3", "no machine"), ("224.0.0.1", "multicast"), ("239.255.255.250", "multicast"),
    ("255.255.255.255", "broadcast"), ("240.0.0.1", "reserved"), ("::", "no machine"), ("ff02::1", "multicast"),
    ("fe80::1", "link-local"), ("fe80::1%lo", "no numeric"), ("::ffff:224.0.0.1", "multicast"),
    ("::ffff:0.0.0.0", "no machine"), ("127.0.0.1\n", "no numeric")])
def test_addresses_that_no_machine_has_are_refused(fuse, address, words):
    with fuse.ctl() as ctl, pytest.raises(Refused) as refusal:
        ctl.request("PROBE", {"address": address})
    assert refusal.value.reason == "invalid" and words in refusal.value.sentence and refusal.value.remedy


def test_stopping_does_not_wait_for_probes(fuse):
    with Peer(HOST, MQTT, silent) as peer, fuse.ctl() as ctl:
        ctl.post("PROBE", {"address": HOST}, "discovery")
        fuse.wait_until(lambda: peer.connections and peer.connections[0].raw, 5, "the probe has not begun")
        started = time.monotonic()
        assert fuse.stop() == 0
        assert time.monotonic() - started < 5 * SLOWNESS  # a probe may take 6 s


# -- not a byte more ---------------------------------------------------------------------------------------

def test_nothing_is_sent_but_handshakes_and_the_question(fuse, owners, strangers):
    """Trusted or not: no application data at the MQTT port, one request at the detect ports, no closing words."""
    for printer in (owners.printer(SERIAL), strangers.printer(SERIAL, version=3, sends="leaf")):
        with peers(mqtt=tls(printer), detect_tls=tls_detect(printer, b"nonsense"),
                   detect_plain=plain(REPLY, stays=True)) as at:
            probe(fuse)
            for name in at:
                fuse.wait_until(lambda peer=at[name]: all(c.closed_by_client for c in peer.connections), 5)
            (mqtt,), (asked,), (asked_plainly,) = (at[name].connections for name in at)
        assert mqtt.handshaken and mqtt.plain == b""
        assert {kind for kind, _ in mqtt.records()} == {HANDSHAKE, 20}  # and ChangeCipherSpec
        assert bytes(asked.plain) == DETECT_REQUEST
        assert [kind for kind, _ in asked.records()].count(APPLICATION) == 1 and ALERT not in dict(asked.records())
        assert bytes(asked_plainly.raw) == DETECT_REQUEST


def test_to_what_hangs_or_lies_goes_a_client_hello_and_an_alert_at_most(fuse):
    for behaviour in (silent, garbage, web_server):
        with peers(mqtt=behaviour, detect_tls=behaviour) as at:
            probe(fuse)
            for peer in at.values():
                fuse.wait_until(lambda peer=peer: peer.connections and all(c.closed_by_client for c in peer.connections), 5)
                (connection,) = peer.connections
                kinds = [kind for kind, _ in connection.records()]
                assert kinds in ([HANDSHAKE], [HANDSHAKE, ALERT])
                assert len(connection.raw) < 400
