"""Virtual printers as the store keeps them: an ordinary printer, with all that its process must know, in one commit.

The real fuse-stored, with the test as everybody else (rig/store_alone.py); certificates are read by another library.
"""
import datetime
import hashlib
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from rig import wire
from rig.store_alone import StoreAlone

MOST = 20
FIELDS = ["name", "address", "model", "ports", "certificate", "access_code", "starts_unasked"]  # enum printer_field


@pytest.fixture
def stored():
    with StoreAlone() as one:
        yield one


def printer(stored, serial: str) -> dict:
    """As everybody is told of it; None when there is none."""
    return next((printer for printer in stored.all("PRINTER") if printer["serial"] == serial), None)


def records(stored) -> int:
    """Of the whole database, as it was at its start."""
    return stored.all("STORE_STATUS")[0]["records"]


def mine(stored, serial: str) -> dict:
    return stored.as_player(serial, "VIRTUAL_WANT").fields


def certificates(fields: dict) -> list:
    texts = re.findall("-----BEGIN.*?-----END CERTIFICATE-----\n", fields["chain"], flags=re.DOTALL)
    return [x509.load_pem_x509_certificate(text.encode()) for text in texts]


def key_of(fields: dict):
    return serialization.load_der_private_key(b"".join(fields[f"key_{i}"] for i in range(4)), None)


def refusal(what, *arguments, **fields) -> wire.Refused:
    with pytest.raises(wire.Refused) as refused:
        what(*arguments, **fields)
    return refused.value


def edit(stored, serial: str, **fields):
    names = ["ports" if name.endswith("_port") else "certificate" if name == "certificate_sha256" else name
             for name in fields]
    return stored.ask("httpd", "PRINTER_EDIT", {"serial": serial, "changes": sum(1 << FIELDS.index(n) for n in names),
                                                **fields})["sentence"]


# -- what is made ---------------------------------------------------------------------------------

def test_it_is_an_ordinary_printer_that_says_it_is_virtual(stored):
    serial = stored.virtual(name=" Vera\n", model="x1 carbon", nozzle="0.6", ams="ams , AMS-HT")
    assert re.fullmatch(r"00MFUSE[0-9A-HJ-NP-Z]{8}", serial)
    told = printer(stored, serial)
    assert told["name"] == "Vera" and told["model"] == "X1C" and told["address"] == "127.64.0.1"
    assert told["is_virtual"] and told["has_access_code"] and told["mqtt_port"] == told["ftps_port"] == 0
    worker, player = stored.as_worker(serial, "PRINTER_WANT", {}).fields, mine(stored, serial)
    assert worker["is_virtual"] and re.fullmatch(rb"\d{8}", worker["access_code"])
    assert worker["access_code"] == player["access_code"]
    assert worker["certificate_sha256"] == told["certificate_sha256"]
    assert {name: player[name] for name in ("serial", "name", "model", "nozzle", "ams", "exposed")} == {
        "serial": serial, "name": "Vera", "model": "X1C", "nozzle": "0.6", "ams": "ams,ams-ht", "exposed": ""}


def test_what_is_not_said_is_as_usual(stored):
    serial = stored.virtual()
    player = mine(stored, serial)
    assert player["name"] == f"X1 Carbon {serial[-4:]}"
    assert (player["model"], player["nozzle"], player["ams"]) == ("X1C", "0.4", "")


def test_its_certificate_is_as_a_printers_and_pinned(stored):
    serial = stored.virtual(model="P1S")
    player = mine(stored, serial)
    leaf, issuer = certificates(player)
    installation = stored.as_worker(serial, "PRINTER_WANT", {})["installation"]
    assert leaf.subject.rfc4514_string() == f"CN={serial}"
    assert issuer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == f"Fuse {installation}"
    assert leaf.issuer == issuer.subject == issuer.issuer
    for one in (leaf, issuer):
        issuer.public_key().verify(one.signature, one.tbs_certificate_bytes, padding.PKCS1v15(), one.signature_hash_algorithm)
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        assert one.not_valid_before < now and one.not_valid_after > now + datetime.timedelta(days=19 * 365)
    assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    key = key_of(player)
    assert isinstance(key, rsa.RSAPrivateKey) and key.key_size == 2048
    assert key.public_key().public_numbers() == leaf.public_key().public_numbers()
    sha256 = hashlib.sha256(leaf.public_bytes(serialization.Encoding.DER)).hexdigest()
    assert printer(stored, serial)["certificate_sha256"] == sha256


def test_all_have_the_same_issuer_and_nothing_else_in_common(stored):
    serials = [stored.virtual(model="A1"), stored.virtual(model="Other")]
    assert [serial[:7] for serial in serials] == ["039FUSE", "094FUSE"]
    first, second = (mine(stored, serial) for serial in serials)
    assert certificates(first)[1] == certificates(second)[1]
    assert key_of(first).private_numbers() != key_of(second).private_numbers()
    assert first["access_code"] != second["access_code"]
    assert [printer(stored, serial)["address"] for serial in serials] == ["127.64.0.1", "127.64.0.2"]


def test_what_was_acknowledged_survives_a_power_failure(stored):
    serial = stored.virtual(model="H2D", ams="ams-2-pro")
    before, told = mine(stored, serial), printer(stored, serial)
    stored.restart()
    assert mine(stored, serial) == before and printer(stored, serial) == told


def test_what_it_cannot_be_is_refused_and_nothing_is_kept(stored):
    for fields, words in [({"model": "Voron"}, "no model 'Voron'"), ({"nozzle": "0.5"}, "no nozzle"),
                          ({"model": "A1", "ams": "ams"}, "takes no AMS"), ({"ams": "x"}, "is no AMS"),
                          ({"exposed": "printer.local"}, "no IP address"), ({"name": "A\tB"}, "control character")]:
        refused = refusal(stored.virtual, **fields)
        assert refused.reason == "invalid" and words in refused.sentence and refused.remedy, fields
    assert stored.all("PRINTER") == []


# -- where it stands ------------------------------------------------------------------------------

def test_each_has_the_lowest_address_that_is_free(stored):
    stored.ask("httpd", "PRINTER_ADD", {"serial": "ALPHA", "name": "A", "model": "X1C", "address": "127.64.0.2"})
    serials = [stored.virtual() for _ in range(3)]
    assert [printer(stored, serial)["address"] for serial in serials] == ["127.64.0.1", "127.64.0.3", "127.64.0.4"]
    # One that has gone to another address comes back to its own.
    stored.as_worker(serials[1], "PRINTER_MOVED", {"from": "127.64.0.3", "address": "127.65.0.3"})
    assert printer(stored, serials[1])["address"] == "127.65.0.3" and printer(stored, serials[1])["is_virtual"]
    stored.ask("httpd", "PRINTER_REMOVE", {"serial": serials[0]})
    assert [printer(stored, stored.virtual())["address"] for _ in range(2)] == ["127.64.0.1", "127.64.0.5"]


def test_an_exposed_one_has_the_address_that_was_given(stored):
    serial = stored.virtual(exposed=" 192.0.2.7 ")
    assert printer(stored, serial)["address"] == mine(stored, serial)["exposed"] == "192.0.2.7"
    refused = refusal(stored.virtual, exposed="192.0.2.7")
    assert refused.reason == "conflict" and "192.0.2.7 port 8883 already" in refused.sentence
    # By its ports it is told apart from others there.
    stored.as_player(serial, "VIRTUAL_AT", {"address": "192.0.2.7", "mqtt_port": 40001})
    assert printer(stored, stored.virtual(exposed="192.0.2.7"))["address"] == "192.0.2.7"


def test_one_is_exposed_only_where_the_supervisor_says_that_it_can_be(stored):
    stored.no_place = "There is no such address."
    refused = refusal(stored.virtual, exposed=" 192.0.2.7 ")
    assert (refused.reason, refused.sentence, refused.remedy) == ("conflict", "There is no such address.", "Elsewhere.")
    assert stored.places == ["192.0.2.7"] and stored.all("PRINTER") == []
    # Nobody is asked for the others, nor for what is no address.
    stored.virtual()
    assert refusal(stored.virtual, exposed="printer.local").reason == "invalid"
    assert stored.places == ["192.0.2.7"]
    stored.no_place = ""
    asked = [stored.post("httpd", "VIRTUAL_ADD", {"exposed": f"192.0.2.{i}"}) for i in range(4)]
    assert len({printer(stored, stored.answer(request)["serial"])["address"] for request in asked}) == 4


def test_its_own_word_of_its_ports_is_kept_and_its_worker_hears_of_it(stored):
    serial = stored.virtual()
    at = {"address": "127.64.0.1", "mqtt_port": 0, "ftps_port": 40990, "camera_port": 0, "detect_port": 43000}
    stored.as_player(serial, "VIRTUAL_AT", at)
    stored.wait_event("PRINTER_CHANGED", stored.workers[serial])
    worker = stored.as_worker(serial, "PRINTER_WANT", {}).fields
    assert {name: worker[name] for name in at} == at
    # The same again changes nothing.
    changed = printer(stored, serial)["changed_ms"]
    stored.as_player(serial, "VIRTUAL_AT", at)
    assert printer(stored, serial)["changed_ms"] == changed
    refused = refusal(stored.as_player, serial, "VIRTUAL_AT", {**at, "address": "192.0.2.66"})
    assert refused.reason == "invalid" and "cannot be at 192.0.2.66" in refused.sentence
    assert refusal(stored.as_player, serial, "VIRTUAL_AT", {**at, "address": "here"}).reason == "invalid"
    assert printer(stored, serial)["address"] == "127.64.0.1"


# -- who may what -----------------------------------------------------------------------------------

def test_a_process_gets_what_it_plays_and_nothing_else(stored):
    one, other = stored.virtual(), stored.virtual()
    assert mine(stored, one)["serial"] == one and mine(stored, other)["serial"] == other
    # Of an incarnation that the supervisor has not named.
    assert refusal(stored.ask, "virtual", "VIRTUAL_WANT", {}, 0, 99).reason == "not-found"
    # The slot of a worker is not that of a player.
    stored.printer("ALPHA")
    assert refusal(stored.ask, "virtual", "VIRTUAL_WANT", {}, 2, 9).reason == "not-found"
    assert refusal(stored.ask, "httpd", "SECRET_SET", {"name": f"virtual/{one}/0", "value": b"x"}).reason == "forbidden"


def test_an_ordinary_printer_has_nobody_who_plays_it(stored):
    stored.players["ALPHA"] = 0
    stored.printer("ALPHA")
    stored.restart()
    refused = refusal(mine, stored, "ALPHA")
    assert refused.reason == "failed" and "is missing" in refused.sentence


def test_only_that_is_changed_which_its_process_need_not_know(stored):
    serial = stored.virtual(name="Vera")
    before = printer(stored, serial)
    for fields, words in [({"address": "127.64.0.9"}, "address"), ({"mqtt_port": 1}, "address"), ({"model": "P1S"}, "model"),
                          ({"access_code": b"12345678"}, "access code"), ({"access_code": b""}, "access code")]:
        refused = refusal(edit, stored, serial, **fields)
        assert refused.reason == "conflict" and f"'Vera' is a virtual printer, whose {words} cannot" in refused.sentence
    refused = refusal(stored.ask, "fusectl", "SECRET_SET", {"name": f"printer/{serial}", "value": b"12345678"})
    assert refused.reason == "conflict" and "access code cannot" in refused.sentence
    assert printer(stored, serial) == before
    edit(stored, serial, name="Wanda", starts_unasked=True, address="127.64.0.1", model="X1C")
    assert stored.wait_event("VIRTUAL_NAMED", stored.players[serial]) == {"name": "Wanda"}  # its process announces it
    # One that shows another certificate (fault changedCertificate) is approved anew like any other.
    edit(stored, serial, certificate_sha256="ab" * 32)
    after = printer(stored, serial)
    assert after["name"] == "Wanda" and after["starts_unasked"] and after["certificate_sha256"] == "ab" * 32
    assert after["is_virtual"]


def test_there_are_twenty_and_a_place_becomes_free_with_all_its_secrets(stored):
    serials = [stored.virtual(name=f"Number {i}") for i in range(MOST)]
    assert len(set(serials)) == MOST
    refused = refusal(stored.virtual)
    assert refused.reason == "conflict" and refused.sentence == "One Fuse has at most 20 virtual printers, and has them all."
    assert refused.remedy
    stored.restart()
    before = records(stored)
    stored.ask("httpd", "PRINTER_REMOVE", {"serial": serials[3]})
    stored.restart()
    # What is kept of it twice, its code, and its key in three pieces.
    assert records(stored) == before - 6
    again = stored.virtual()
    assert again != serials[3] and printer(stored, again)["address"] == "127.64.0.4"


def test_several_at_once_are_told_apart(stored):
    """All in one turn of its loop."""
    asked = [stored.post("httpd", "VIRTUAL_ADD", {"name": f"Number {i}"}) for i in range(4)]
    serials = [stored.answer(request)["serial"] for request in asked]
    addresses = {printer(stored, serial)["address"] for serial in serials}
    assert len(set(serials)) == len(addresses) == 4
