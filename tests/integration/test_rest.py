"""REST as programs meet it, and as attackers would like it: who may ask, and what becomes of what was asked. The processes
behind it are played (rig/play.py); real ones are in test_rest_printers.py.
"""
import json

import pytest

from rig import http as rig_http
from rig import wire
from rig.alone import Alone
from rig.play import DONE, MINE, OTHER, PRINTER, SERIAL, SHA, WORKER, heard, module_play, play, raw  # noqa: F401
from rig.waiting import wait_until

EDIT_BITS = ["name", "address", "model", "ports", "certificateSha256", "accessCode", "startsUnasked"]


# -- who may ask -----------------------------------------------------------------------------------------

def test_hosts_that_are_ours_are_served(play):
    for host in ("localhost", "LocalHost:8888", "127.0.0.1", "127.0.0.1:9000", "[::1]", "[::1]:8888", play.fuse.address,
                 f"{play.fuse.address}:8888"):
        assert play.http.get("/livez", headers={"Host": host}).json() == {"status": "alive"}


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:8888", "127.0.0.1.attacker.example",
                                  "localhost.attacker.example", "localhost.", "localhost:8888.attacker.example",
                                  "user@localhost", "localhost@attacker.example", "127.0.0.1:", "127.0.0.1:x",
                                  "127.0.0.1:123456", "[::1", "[::2]", "0.0.0.0", "127.1", "2130706433", "::1", " "])
def test_a_name_that_was_pointed_here_from_elsewhere_is_not_served(play, host):
    answer = play.http.ask("GET", "/livez", headers={"Host": host})
    assert answer.status in (400, 421), host


def test_exactly_one_host_is_needed(play):
    for headers in (b"", b"Host: localhost\r\nHost: localhost\r\n", b"Host: localhost\r\nHost: attacker.example\r\n"):
        assert raw(play, b"GET /livez HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(play, b"GET /livez HTTP/1.0\r\n\r\n").split(b" ")[1] == b"400"


@pytest.mark.parametrize("origin", ["http://attacker.example", "null", "http://localhost", "http://127.0.0.1:8888",
                                    "file://", "http://{host}.attacker.example", "http://attacker.example/{host}", ""])
def test_a_page_elsewhere_cannot_drive_fuse(play, origin):
    """CSRF: whatever such a page can send without asking first is refused, and nothing is done."""
    headers = {"Origin": origin.format(host=f"{play.fuse.address}:8888")}
    for method, path, body in (("POST", "/api/v1/restart", {"process": "all"}), ("DELETE", MINE, None),
                               ("POST", MINE + "/reconnect", None), ("PATCH", MINE, {"name": "pwned"}),
                               ("GET", "/api/v1/probe?address=127.28.0.9", None)):
        before = len(play.stage.heard())
        play.http.problem(method, path, 403, "foreign-origin", body, headers)
        assert len(play.stage.heard()) == before


def test_our_own_page_may(play):
    headers = {"Origin": f"http://{play.fuse.address}:8888", "Sec-Fetch-Site": "same-origin"}
    play.http.ask("POST", MINE + "/reconnect", headers=headers, status=200)
    play.http.problem("POST", MINE + "/reconnect", 403, "foreign-origin",
                      headers={"Origin": f"https://{play.fuse.address}:8888"})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "anything"])
def test_an_image_of_a_page_elsewhere_cannot_look_around_the_network(play, site):
    """Such requests carry no Origin; browsers say by Sec-Fetch-Site where they come from."""
    before = len(play.stage.heard())
    play.http.problem("GET", "/api/v1/probe?address=127.28.0.9", 403, "foreign-origin", headers={"Sec-Fetch-Site": site})
    assert len(play.stage.heard()) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                  "application/jsonx", "text/json", "application/json5"])
def test_only_json_is_a_body(play, kind):
    before = len(play.stage.heard())
    play.http.problem("POST", "/api/v1/printers", 415, "not-json", b'{"serial":"X","address":"127.0.0.1"}',
                      {"Content-Type": kind})
    play.http.problem("POST", MINE + "/reconnect", 415, "not-json", b"", {"Content-Type": kind})
    assert len(play.stage.heard()) == before
    play.http.ask("PATCH", MINE, b'{"name":"L"}', {"Content-Type": "Application/JSON; charset=utf-8"}, 200)


# -- paths and methods ---------------------------------------------------------------------------------------

def test_a_method_that_a_path_does_not_know_is_told_those_that_it_does(play):
    allowed = {}
    for method, path in rig_http.operations():
        for brace, name in (("{id}", SERIAL), ("{sha256}", SHA), ("{job}", "J1"), ("{n}", "1")):
            path = path.replace(brace, name)
        allowed.setdefault(path, set()).update({method, *(["HEAD"] if method == "GET" else [])})
    for path, methods in allowed.items():
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"):
            if method in methods:
                continue
            answer = play.http.ask(method, path, status=405)
            assert set(answer.headers["allow"].split(", ")) == methods, (method, path)


@pytest.mark.parametrize("path", ["//", "/api", "/api/v1", "/api/v1/", "/api/v1/printers/", "/api/v2/status",
                                  "/api/v1//status", "/API/v1/status", "/api/v1/status/", "/api/v1/printers/x/stat",
                                  "/api/v1/printers/%2e%2e/status", "/api/v1/./status", "/api/v1%2fstatus",
                                  "/api/v1/printers/" + "A" * 33, MINE + "/nothing", MINE + "/stat/more",
                                  "/a/b/c/d/e/f/g/h/i/j/k/l", "/../../etc/passwd", "/%2e%2e/etc/passwd"])
def test_what_is_no_path_is_not_found(play, path):
    assert play.http.problem("GET", path, 404, "not-found")["instance"] == path


@pytest.mark.parametrize("path", ["/livez%", "/livez%0", "/livez%zz", "/%00", "/%ff", "/livez?a=%ff", "/livez?=1",
                                  "/livez?a=1&a=2", "/livez?a&b&c&d&e&f&g&h&i", "livez", "http:///livez", "*"])
def test_what_is_malformed_is_refused(play, path):
    answer = play.http.raw("GET", path)
    assert answer.status == 400 and answer.json()["type"] in ("/problems/bad-request", "/problems/bad-parameter")


def test_an_encoded_letter_is_the_letter(play):
    assert play.http.raw("GET", "/%6civez").status == 200
    assert play.http.raw("GET", MINE.replace("01S", "01%53")).json()["serial"] == SERIAL


def test_query_parameters_are_checked(play):
    for path in ("/api/v1/logs?lines=", "/api/v1/logs?lines=0", "/api/v1/logs?lines=5001", "/api/v1/logs?lines=+5",
                 "/api/v1/logs?lines=5x", "/api/v1/logs?follow=yes", "/api/v1/logs?limit=5", MINE + "/messages?limit=-1",
                 MINE + "/messages?limit=99999999999999999999", MINE + "/messages?follow=2", "/api/v1/probe",
                 "/api/v1/probe?address=", "/api/v1/probe?address=printer.local", "/api/v1/probe?address=1.2.3",
                 "/api/v1/probe?address=1.2.3.4&mqttPort=0", "/api/v1/probe?address=1.2.3.4&detectPort=65536"):
        play.http.problem("GET", path, 400, "bad-parameter")


# -- ready ---------------------------------------------------------------------------------------------------

def test_fuse_is_ready_by_its_store_and_not_by_its_printers():
    """A printer that is off, or whose process is held, does not matter; a store that is down or takes nothing does."""
    def readiness(status: int) -> dict:
        wait_until(lambda: httpd.http.raw("GET", "/readyz").status == status, 5, f"it is not {status}")
        assert httpd.http.get("/livez").json() == {"status": "alive"}
        return httpd.http.get("/readyz", status).json()

    stored = {"role": wire.ROLES["stored"], "since_ms": 1}
    with Alone(printers=3) as httpd:
        assert readiness(200) == {"status": "ready"}
        for number, serial in enumerate(httpd.serials):
            httpd.tell("PRINTER_LINK", {"serial": serial, "phase": "route", "fault": "no-route", "stale": True}, "worker", number)
            httpd.tell("PROC_STATUS", {"role": wire.ROLES["worker"], "slot": number, "entry": serial,
                                       "state": wire.LIFE_STATES.index("held")}, key=wire.ROLES["worker"] << 16 | number)
        wait_until(lambda: httpd.http.get("/api/v1/status").json()["counts"]["held"] == 3, 5)
        assert readiness(200) == {"status": "ready"}
        for state in ("waiting", "starting", "stopping", "down"):
            httpd.tell("PROC_STATUS", {**stored, "state": wire.LIFE_STATES.index(state)}, key=wire.ROLES["stored"] << 16)
            assert readiness(503)["type"] == "/problems/not-ready"
        httpd.tell("PROC_STATUS", {**stored, "state": wire.LIFE_STATES.index("up")}, key=wire.ROLES["stored"] << 16)
        assert readiness(200) == {"status": "ready"}
        for health, status in ((1, 200), (2, 503), (3, 503), (0, 200)):
            httpd.tell("STORE_STATUS", {"health": health, "sentence": f"Health {health}.", "remedy": "Do."}, "stored")
            told = readiness(status)
            assert status == 200 or (told["detail"], told["remedy"]) == (f"Health {health}.", "Do.")
        httpd.tell("STORE_STATUS", None, "stored")
        assert readiness(503)["type"] == "/problems/not-ready"


# -- what is asked of others ---------------------------------------------------------------------------------------

def test_what_a_printer_is_added_with_reaches_the_store_and_its_code_nobody_else(play, planted_secret):
    already = len(play.stage.heard("PRINTER_ADD"))
    code = planted_secret[:64]
    answer = play.http.ask("POST", "/api/v1/printers", {
        "serial": OTHER.lower(), "name": "Rechts äöü", "address": "127.28.0.2", "model": "a1 mini", "accessCode": code,
        "ports": {"mqtt": 18883, "camera": None}, "certificateSha256": SHA.upper()}, status=201)
    assert answer.headers["location"] == f"/api/v1/printers/{OTHER}"
    assert heard(play, "PRINTER_ADD", already) == {
        "serial": OTHER, "name": "Rechts äöü", "address": "127.28.0.2", "model": "A1-mini", "mqtt_port": 18883, "ftps_port": 0,
        "camera_port": 0, "detect_port": 0, "certificate_sha256": SHA, "starts_unasked": False, "access_code": code.encode().hex()}
    added = answer.json()
    assert (added["serial"], added["model"], added["hasAccessCode"], added["certificateSha256"]) == \
        (OTHER, "A1-mini", True, SHA)
    assert code not in answer.body.decode() and code not in play.http.get("/api/v1/printers").body.decode()
    play.stage.forget_answers()
    journal = play.stage.folder / "journal.stored"  # the played store has written it down: ours to forget
    journal.write_text(journal.read_text().replace(code.encode().hex(), "-"))


def test_a_printer_without_name_or_model_gets_those_of_its_serial_number(play):
    already = len(play.stage.heard("PRINTER_ADD"))
    play.http.ask("POST", "/api/v1/printers", {"serial": "00M00A000000009", "address": "::1"}, status=201)
    fields = heard(play, "PRINTER_ADD", already)
    assert (fields["model"], fields["name"]) == ("X1C", "X1 Carbon 00M00A000000009")


@pytest.mark.parametrize("body,bits,fields", [
    ({"name": "New"}, ["name"], {"name": "New"}),
    ({"address": "127.28.0.7"}, ["address"], {"address": "127.28.0.7"}),
    ({"model": "Other"}, ["model"], {"model": "Other"}),
    ({"ports": {"mqtt": 1883}}, ["ports"], {"mqtt_port": 1883, "ftps_port": 9990, "camera_port": 0}),
    ({"ports": {"ftps": None}}, ["ports"], {"mqtt_port": 0, "ftps_port": 0}),
    ({"ports": None}, ["ports"], {"ftps_port": 0}),
    ({"certificateSha256": None}, ["certificateSha256"], {"certificate_sha256": ""}),
    ({"accessCode": None}, ["accessCode"], {"access_code": ""}),
    ({"accessCode": "12345678", "name": "N"}, ["name", "accessCode"], {"access_code": b"12345678".hex(), "name": "N"}),
])
def test_a_change_names_what_it_changes_and_nothing_else(play, body, bits, fields):
    already = len(play.stage.heard("PRINTER_EDIT"))
    assert play.http.ask("PATCH", MINE, body, status=200).json()["serial"] == SERIAL
    edit = heard(play, "PRINTER_EDIT", already)
    assert edit["serial"] == SERIAL
    assert {name for number, name in enumerate(EDIT_BITS) if edit["changes"] >> number & 1} == set(bits)
    assert {key: edit[key] for key in fields} == fields


def test_a_change_of_nothing_is_refused(play):
    assert "at least one" in play.http.problem("PATCH", MINE, 422, "invalid", {})["detail"]
    assert "cannot be changed" in play.http.problem("PATCH", MINE, 422, "invalid", {"serial": OTHER})["detail"]


def test_a_list_of_256_is_done_in_its_order(play):
    play.stage.answers("stored", "PRINTER_ADD", DONE)
    many = [{"serial": f"S{number:03}", "address": "127.28.0.3"} for number in range(256)]
    many[17]["address"] = "nowhere"
    results = play.http.ask("POST", "/api/v1/printers", many, status=207).json()["results"]
    assert [result["serial"] for result in results] == [item["serial"] for item in many]
    assert [result["status"] for result in results] == [422 if number == 17 else 201 for number in range(256)]
    play.http.problem("POST", "/api/v1/printers", 422, "invalid", many + many[:1])
    play.http.problem("POST", "/api/v1/printers", 422, "invalid", [])


def test_codes_change_in_bulk_and_each_failure_is_its_own(play):
    already = len(play.stage.heard("PRINTER_EDIT"))
    results = play.http.ask("PATCH", "/api/v1/printers", [
        {"serial": SERIAL.lower(), "accessCode": "87654321"}, {"serial": OTHER, "accessCode": "11111111"},
        {"serial": SERIAL}, {"accessCode": "1"}, 7], status=207).json()["results"]
    assert [result["status"] for result in results] == [200, 404, 422, 422, 422]
    edit = heard(play, "PRINTER_EDIT", already)
    assert (edit["serial"], edit["changes"], edit["access_code"]) == (SERIAL, 1 << 5, b"87654321".hex())


def test_a_model_says_which_ams_units_it_takes(play):
    kinds = {model["key"]: model["amsKinds"] for model in play.http.get("/api/v1/models").json()["models"]}
    assert kinds["X1C"] == ["ams", "ams-2-pro", "ams-ht"] and kinds["A1-mini"] == ["ams-lite", "ams-2-pro", "ams-ht"]
    assert kinds["Other"] == ["ams", "ams-lite", "ams-2-pro", "ams-ht"]


def test_a_command_reaches_the_worker_as_it_is_without_the_clouds_ids(play):
    already = len(play.stage.heard("COMMAND"))
    command = {"command": "set-temperature", "type": "nozzle", "temperature": 220}
    play.stage.answers(WORKER, "COMMAND", ["COMMAND_RESULT", {"sentence": "not yet", "took_ms": 5000}])
    result = play.http.ask("POST", MINE + "/commands", {"ids": ["a", "b"], "command": command}, status=200).json()
    assert result == {"confirmed": False, "sentence": "not yet", "tookMs": 5000}
    fields = heard(play, "COMMAND", already)
    assert fields["serial"] == SERIAL and json.loads(fields["json"]) == command


def test_settings_are_all_checked_before_one_is_kept(play):
    already = len(play.stage.heard("SETTING_SET"))
    for wrong in ({"logFileKeep": 21}, {"logFileKeep": "5"}, {"logToFile": 1}, {"logLevel": "loud"}, {"fuseName": ""},
                  {"fuseNam": "x"}, {"fuseName": ["x"]}, {"logFileKeep": 5.5}):
        problem = play.http.problem("PATCH", "/api/v1/settings", 422, "invalid", {"logFileMaxKib": 4096, **wrong})
        assert next(iter(wrong)) in problem["detail"], problem
    assert "fuseName" in play.http.problem("PATCH", "/api/v1/settings", 422, "invalid", {"fuseNam": "x"})["detail"]
    play.http.problem("PATCH", "/api/v1/settings", 422, "invalid", {})
    assert len(play.stage.heard("SETTING_SET")) == already
    play.http.ask("PATCH", "/api/v1/settings", {"logToFile": False, "logFileKeep": 7, "fuseName": None}, status=200)
    sets = [line["fields"] for line in play.stage.heard("SETTING_SET")[already:]]
    assert [(s["name"], s["value"], s["to_default"]) for s in sets] == \
        [("logToFile", "false", False), ("logFileKeep", "7", False), ("fuseName", "", True)]


def test_settings_have_the_value_that_the_store_tells(play):
    names = [row[0] for row in wire.rows(wire.ROOT / "ipc/settings.def", "SETTING")]
    play.stage.tell("stored", "SETTING", {"name": "logFileKeep", "value": "9"}, names.index("logFileKeep"))

    def value():
        found = {s["name"]: s for s in play.http.get("/api/v1/settings").json()["settings"]}
        assert list(found) == names
        return (found["logFileKeep"]["value"], found["logFileKeep"]["isDefault"]) == (9, False)

    wait_until(value, 5, "it keeps its old value")


def test_a_printer_that_is_removed_or_told_anew_is_so_at_once(play):
    with play.stage.unready(f"worker/{OTHER}"):
        play.stage.tell("stored", "PRINTER", {**PRINTER, "serial": OTHER, "name": "another"}, 1)
        wait_until(lambda: play.http.raw("GET", f"/api/v1/printers/{OTHER}").status == 200, 5, "it is not there")
        listed = play.http.get("/api/v1/printers").json()["printers"]
        assert [printer["name"] for printer in listed] == ["another", "Left"]
        # Its worker is not there yet: that is told, and its state is there all the same.
        assert listed[0]["link"]["phase"] == "setup" and not listed[0]["link"]["online"]
        stat = play.http.get(f"/api/v1/printers/{OTHER}/stat").json()
        assert (stat["serial"], stat["isOnline"], stat["state"], stat["data"]) == (OTHER, False, None, stat["data"])
        play.http.problem("POST", f"/api/v1/printers/{OTHER}/reconnect", 503, "unreachable")
        play.stage.clear("stored", "PRINTER", 1)
        wait_until(lambda: play.http.raw("GET", f"/api/v1/printers/{OTHER}").status == 404, 5, "it is still there")


def test_a_state_goes_through_as_the_worker_wrote_it(play):
    text = json.dumps({"serial": SERIAL, "printerId": None, "storeId": None, "state": "IDLE", "isOnline": True,
                       "receivedAt": None, "expiresAt": None, "isAvailable": True, "data": {},
                       "link": {"phase": "live", "stale": False, "problems": []}, "new": [1.25]}, indent=1)
    play.stage.tell(WORKER, "PRINTER_STATE", {"serial": SERIAL, "json": text})
    wait_until(lambda: play.http.get(MINE + "/stat").body == text.encode(), 5, "it is another")
