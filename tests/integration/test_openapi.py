"""docs/openapi.json and the server say the same, in both directions.

The document's operations are the rows of httpd/routes.def. Each operation is asked for what it promises, and each
status that it names is provoked; every answer is held against its schema (rig/http.py), here and in test_rest*.py.
"""
import concurrent.futures
import json
import os
import signal
import time

import jsonschema
import pytest

from rig import http, wire
from rig.fuse import BUILD
from rig.play import DONE, MINE, OTHER, SERIAL, SHA, WORKER, Play
from rig.waiting import wait_until

# operation -> a request that works, the process that is asked, its request, and the answer that it gives.
NOBODY = (None, None, ())
A_SCAN = "/api/v1/scans/0123456789ABCDEF"
A_FILE, A_JOB = f"/api/v1/files/{SHA}", "/api/v1/jobs/J1"
FILE = {"sha256": SHA, "name": "ä.3mf", "size_bytes": 6, "check": 1, "kind": 1, "plates": 1, "sentence": "One plate."}
JOB = {"id": "J1", "serial": SERIAL, "sha256": SHA, "plate": 1, "printer_name": "Left", "file_name": "ä.3mf", "size_bytes": 6,
       "origin": wire.ROLES["httpd"], "sentence": "It waits.", "created_ms": 1_700_000_000_000, "changed_ms": 1_700_000_000_000}
AS_FILE = {"Content-Type": "application/octet-stream"}
VIRTUAL = "00MFUSE00000001"
PLAYER, CONTROLS = f"virtual/{VIRTUAL}", f"/api/v1/printers/{VIRTUAL}/virtual"
STATE = {"online": True, "timeFactor": 1, "faults": {"wrongCode": False, "cutUploadPercent": 0}, "errors": [], "address": "127.64.0.1"}
WORKS = {
    "livez": ("/livez", None, *NOBODY),
    "readyz": ("/readyz", None, *NOBODY),
    "metrics": ("/metrics", None, *NOBODY),
    "openapi": ("/api/v1/openapi.json", None, *NOBODY),
    "status": ("/api/v1/status", None, *NOBODY),
    "models": ("/api/v1/models", None, *NOBODY),
    "settings": ("/api/v1/settings", None, *NOBODY),
    "events": ("/api/v1/events", None, *NOBODY),  # as a plain request: 426
    "printers": ("/api/v1/printers", None, *NOBODY),
    "printer": (MINE, None, *NOBODY),
    "printerStat": (MINE + "/stat", None, *NOBODY),
    "logs": ("/api/v1/logs?lines=5", None, "supervisor", "LOGS", ()),
    "restart": ("/api/v1/restart", {"process": "gatewayd"}, "supervisor", "PROC_RESTART", ()),
    "printerRetry": (MINE + "/retry", None, "supervisor", "PROC_RETRY", ()),
    "settingsChange": ("/api/v1/settings", {"fuseName": "Shed"}, "stored", "SETTING_SET", (DONE,)),
    "probe": ("/api/v1/probe?address=127.28.0.1", None, "discovery", "PROBE",
              (["PROBED", {"serial": SERIAL, "model": "P1S", "certificate_sha256": SHA, "vouch": 2,
                           "mqtt_open": True, "sentence": "A P1S."}],)),
    "networks": ("/api/v1/networks", None, *NOBODY),
    "scans": ("/api/v1/scans", None, *NOBODY),
    "scansBegin": ("/api/v1/scans", {"type": "subnet", "cidr": "127.28.0.0/24"}, "discovery", "SCAN",
                   (["SCAN_FOUND", {"address": "127.28.0.1", "serial": SERIAL, "model": "P1S", "sentence": "A P1S."}],
                    ["SCAN_PROGRESS", {"done": 1, "total": 254}],
                    ["SCAN_DONE", {"total": 254, "found": 1, "sentence": "1 printer was found."}])),
    "scan": (A_SCAN, None, *NOBODY),
    "scanEnd": (A_SCAN, None, *NOBODY),
    "printersAdd": ("/api/v1/printers", {"serial": OTHER, "address": "127.28.0.2", "accessCode": "12345678"},
                    "stored", "PRINTER_ADD", (DONE,)),
    "printersChange": ("/api/v1/printers", [{"serial": SERIAL, "accessCode": "12345678"}], *NOBODY),
    "import": ("/api/v1/import", {"printers": [{"serial": SERIAL, "accessCode": "12345678"}]}, *NOBODY),
    "printerChange": (MINE, {"name": "Right"}, "stored", "PRINTER_EDIT", (DONE,)),
    "printerRemove": (MINE, None, "stored", "PRINTER_REMOVE", (DONE,)),
    "printerTrust": (MINE + "/trust", {"certificateSha256": SHA}, "stored", "PRINTER_EDIT", (DONE,)),
    "printerReport": (MINE + "/report", None, WORKER, "REPORT_WANT",
                      (["@write", '{"print":{"gcode_state":"IDLE"}}'], ["@close"], DONE)),
    "printerDiagnosis": (MINE + "/diagnosis", None, WORKER, "DIAGNOSE",
                         (["DIAGNOSIS_STEP", {"phase": "tcp", "sentence": "The port is open.", "took_ms": 3}],
                          ["DIAGNOSIS_STEP", {"phase": "login", "outcome": 2, "fault": "code-refused",
                                              "sentence": "The printer refuses the code.", "remedy": "Read it."}], DONE)),
    "messages": (MINE + "/messages", None, WORKER, "MESSAGES_WANT",
                 (["@write", '{"number":1,"at":"2026-11-22T18:30:00.123Z","direction":"received","kind":"delta",'
                             '"name":"print.push_status","bytes":2,"payload":{}}\n'], ["@close"], DONE)),
    "messagesClear": (MINE + "/messages", None, WORKER, "MESSAGES_CLEAR", (DONE,)),
    "printerCommand": (MINE + "/commands", {"command": {"command": "pause"}, "ids": ["x"]}, WORKER, "COMMAND",
                       (["COMMAND_RESULT", {"confirmed": True, "sentence": "pauses the print", "took_ms": 120}],)),
    "session": ("/api/v1/session", None, *NOBODY),
    "sessionBegin": ("/api/v1/session", {"password": "open sesame"}, "stored", "PASSWORD_CHECK", (DONE,)),
    "sessionEnd": ("/api/v1/session", None, *NOBODY),
    "setup": ("/api/v1/setup", {"code": "ABCD-2345", "password": "open sesame"}, "stored", "PASSWORD_FIRST", (DONE,)),
    "passwordChange": ("/api/v1/password", {"password": "open sesame", "current": "x"}, "stored", "PASSWORD_CHANGE",
                       (DONE,)),
    "tokens": ("/api/v1/tokens", None, *NOBODY),
    "tokenAdd": ("/api/v1/tokens", {"name": "a program", "access": "read"}, "stored", "TOKEN_ADD",
                 (["TOKEN_MADE", {"id": "0123abcd", "token": "fuse_0123"}],)),
    "tokenRemove": ("/api/v1/tokens?id=0123abcd", None, "stored", "TOKEN_REMOVE", (DONE,)),
    "jobSubmit": (MINE + "/jobs", {"file": SHA, "plate": 1, "stageOnly": False, "options": {"timelapse": True}}, "stored",
                  "JOB_SUBMIT", (["JOB_SUBMITTED", {"id": "J1"}],)),
    "printerPreflight": (MINE + "/preflight", {"file": SHA}, WORKER, "PREFLIGHT",
                         (["PREFLIGHT_RESULT", {"json": '{"plate":1,"ready":true,"findings":[],"mapping":[],"trays":[]}'}],)),
    "printerPlateClear": (MINE + "/plate-clear", None, "stored", "PLATE_CLEAR", (DONE,)),
    "printerFiles": (MINE + "/files", None, WORKER, "PRINTER_FILES_WANT",
                     (["PRINTER_FILE", {"path": "/a.3mf", "size_bytes": 5, "job": "J1"}],
                      ["PRINTER_FILE", {"path": "/b.3mf", "size_bytes": 6}], DONE)),
    "printerFileRemove": (MINE + "/files?path=/a.3mf", None, WORKER, "PRINTER_FILE_REMOVE", (DONE,)),
    "files": ("/api/v1/files", None, *NOBODY),
    "fileTake": ("/api/v1/files?name=a.3mf", b"a file", "stored", "FILE_NEW", (["@give", "FILE_ROOM", {"ticket": 1}, ""],)),
    "filesClear": ("/api/v1/files", None, "stored", "FILES_CLEAR", (DONE,)),
    "fileContent": (A_FILE, None, "stored", "FILE_WANT", (["@give", "FILE_GIVEN", {"name": "ä.3mf", "size_bytes": 6}, "a file"],)),
    "fileRemove": (A_FILE, None, "stored", "FILE_REMOVE", (DONE,)),
    "filePlates": (A_FILE + "/plates", None, "stored", "FILE_PLATES_WANT",
                   (["FILE_PLATES", {"json": '{"kind":"3mf","filaments":[],"plates":[{"plate":1}]}'}],)),
    "filePicture": (A_FILE + "/plates/1.png", None, "stored", "FILE_PICTURE_WANT",
                    (["@give", "FILE_PICTURE", {"size_bytes": 9}, "a picture"],)),
    "jobs": ("/api/v1/jobs", None, *NOBODY),
    "job": (A_JOB, None, "stored", "JOB_STORY_WANT",
            (["JOB_STORY", {"json": '[{"at":"2026-11-22T18:30:00.000Z","state":"received","sentence":"It is kept.","evidence":""}]'}],)),
    "jobCancel": (A_JOB, None, "stored", "JOB_CANCEL", (DONE,)),
    "jobAgain": (A_JOB + "/again", None, "stored", "JOB_AGAIN", (["JOB_SUBMITTED", {"id": "J1"}],)),
    "jobResolve": (A_JOB + "/resolve", {"outcome": "done"}, "stored", "JOB_RESOLVE", (DONE,)),
    "virtualAdd": ("/api/v1/virtual-printers", {"name": "Vera", "model": "X1C", "ams": ["ams", "ams-ht"]}, "stored",
                   "VIRTUAL_ADD", (["VIRTUAL_ADDED", {"serial": VIRTUAL}],)),
    "virtual": (CONTROLS, None, *NOBODY),
    "virtualControl": (CONTROLS, {"online": False, "faults": {"wrongCode": True}}, PLAYER, "VIRTUAL_CONTROL", (DONE,)),
    "virtualAccess": (CONTROLS + "/access", None, "stored", "VIRTUAL_ACCESS_WANT",
                      (["VIRTUAL_ACCESS", {"access_code": "12345678", "issuer": "-----BEGIN CERTIFICATE-----\n"}],)),
    "printerReconnect": (MINE + "/reconnect", None, WORKER, "RECONNECT", (DONE,)),
}
REFUSALS = {"busy": 503, "unreachable": 503, "died": 502, "not-found": 404, "invalid": 422, "forbidden": 403,
            "read-only": 507, "no-space": 507, "conflict": 409, "failed": 502}

# What these say of a refusal that is FORBIDDEN: what was entered is wrong.
WRONG = {"sessionBegin": "wrong-password", "passwordChange": "wrong-password", "setup": "wrong-code"}
# Whoever asks through a proxy that nobody vouches for is a stranger, even on this machine; these let him in.
OPEN = {"livez", "readyz", "session", "sessionBegin", "sessionEnd", "setup"}

# Statuses that the document names and that no test provokes, and why.
NOT_PROVOKED = {("restart", 409): "only in the moment in which Fuse stops"}
provoked = set()


def operation_ids() -> dict:
    """operationId -> (METHOD, path)."""
    return {operation["operationId"]: key for key, operation in http.operations().items()}


class Stage(Play):
    """All operations can be asked."""

    def __init__(self, name: str, **options):
        super().__init__(name, roles=("virtual",), **options)
        self.stage.tell("stored", "PRINTER", {"serial": VIRTUAL, "name": "Vera", "address": "127.64.0.1", "model": "X1C",
                                              "is_virtual": True}, 1)
        self.stage.tell(PLAYER, "VIRTUAL_STATE", {"serial": VIRTUAL, "json": json.dumps(STATE)})
        self.fuse.workers, self.fuse.players = [SERIAL, VIRTUAL], [VIRTUAL]
        wait_until(lambda: self.http.raw("GET", CONTROLS).status == 200, 10, "the virtual printer is not there")

    def prepare(self, name: str):
        """What the operation asks for is answered well."""
        path, body, process, message, answers = WORKS[name]
        if process not in (None, "supervisor"):
            self.stage.answers(process, message, *answers)
        if path == A_SCAN:
            path = self.begin_scan()
        return operation_ids()[name][0], path, body

    def begin_scan(self) -> str:
        """The path of a search that is over."""
        self.prepare("scansBegin")
        path = self.ask("scansBegin", 201).headers["location"]
        wait_until(lambda: self.http.get(path).json()["state"] == "done", 10, "the search is never over")
        return path

    def ask(self, name: str, status: int, path: str = None, body=None, headers: dict = None) -> http.Answer:
        method, usual_path, usual_body = operation_ids()[name][0], *WORKS[name][:2]
        body = usual_body if body is None else body
        if isinstance(body, bytes) and name == "fileTake":
            headers = {**AS_FILE, **(headers or {})}
        answer = self.http.ask(method, path or usual_path, body, headers, status)
        provoked.add((name, answer.status))
        return answer


@pytest.fixture(scope="module")
def play():
    made = Stage("test_openapi")
    made.stage.tell("stored", "FILE", FILE, 0)
    made.stage.tell("stored", "JOB", JOB, 0)
    made.stage.answers("stored", "FILE_COMPLETE", ["FILE_KEPT", {"sha256": SHA}])
    wait_until(lambda: made.http.raw("GET", A_JOB).status != 404, 10, "the job is never known")
    yield made
    made.fuse.close()


# -- the document ----------------------------------------------------------------------------------------

def test_the_document_is_openapi_and_its_schemas_are_schemas():
    assert http.DOCUMENT["openapi"].startswith("3.1.")
    for name, schema in http.DOCUMENT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert isinstance(schema, dict), name

    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    used = set(references(http.DOCUMENT))
    for reference in used:
        assert http.resolve({"$ref": reference})
    for kind in ("schemas", "responses", "parameters"):
        for name in http.DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{name} is described and used nowhere"


def test_the_document_and_the_table_of_routes_have_the_same_operations():
    rows = {(row[0], row[1].strip('"')): row for row in wire.rows(wire.ROOT / "httpd/routes.def", "ROUTE")}
    documented = http.operations()
    assert set(rows) == set(documented)
    for key, (_method, _path, _handler, _access, body, parameters, doc) in rows.items():
        operation = documented[key]
        asked = [http.resolve(part) for part in operation.get("parameters", [])]
        assert {p["name"] for p in asked if p["in"] == "query"} == set(filter(None, parameters.strip('"').split(",")))
        assert ("requestBody" in operation) == (body != "NONE"), key
        assert operation["summary"] and doc.strip('"')
    assert len(operation_ids()) == len(rows), "an operationId is there twice"
    assert set(operation_ids()) == set(WORKS), "an operation is not tried here"


def test_the_document_and_the_table_of_problems_have_the_same_types():
    rows = {row[1].strip('"'): int(row[2]) for row in wire.rows(wire.ROOT / "httpd/problems.def", "PROBLEM")}
    assert {f"/problems/{name}" for name in rows} == set(http.DOCUMENT["components"]["schemas"]["Problem"]
                                                         ["properties"]["type"]["enum"])


def test_the_server_gives_the_document(play):
    assert play.http.get("/api/v1/openapi.json").body == (wire.ROOT / "docs/openapi.json").read_bytes()


# -- what is promised ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", sorted(WORKS))
def test_each_operation_does_what_it_promises(play, name):
    method, path, body = play.prepare(name)
    wanted = {"events": 426, "printersAdd": 201, "printersChange": 207, "printerRetry": 409, "printerRemove": 204,
              "messagesClear": 204, "sessionEnd": 204, "tokenAdd": 201, "tokenRemove": 204, "scansBegin": 201, "scanEnd": 204,
              "import": 207, "jobSubmit": 201, "jobAgain": 201, "fileTake": 201, "fileRemove": 204, "printerFileRemove": 204,
              "virtualAdd": 201}
    if body is not None and name != "fileTake":
        schema = http.operations()[operation_ids()[name]]["requestBody"]["content"]["application/json"]["schema"]
        http.validate(body, schema)
    play.ask(name, wanted.get(name, 200), path)
    if method == "GET":
        play.http.ask("HEAD", path, status=wanted.get(name, 200))


def test_events_become_a_websocket(play):
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    play.ask("events", 400, headers=headers)
    connection = play.http.connect()
    connection.request("GET", WORKS["events"][0], headers={**headers, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
    response = connection.getresponse()
    answered = {name.lower(): value for name, value in response.getheaders()}
    described = http.operations()[operation_ids()["events"]]["responses"][str(response.status)]
    assert response.status == 101 and all(name.lower() in answered for name in described["headers"])
    provoked.add(("events", response.status))
    connection.close()


def test_a_held_process_is_retried(play):
    play.stage.answers(WORKER, "RECONNECT", ["@die"])

    def is_held():
        state = play.fuse.ps()[WORKER]["state"]
        if state == "up":
            play.http.ask("POST", MINE + "/reconnect")
        return state == "held"

    wait_until(is_held, 30, "it is never held")
    wait_until(lambda: play.http.get(MINE).json()["link"]["fault"] == "process", 5, "its card says nothing of it")
    link = play.http.get(MINE).json()["link"]
    assert not link["online"] and "held" in link["sentence"] and "retry" in link["remedy"]
    assert play.http.get(MINE + "/stat").json()["isOnline"] is False
    play.stage.forget_answers()
    assert WORKER in play.ask("printerRetry", 200).json()["sentence"]
    wait_until(lambda: play.http.get(MINE).json()["link"]["online"], 10, "it does not come back")


def test_a_list_is_answered_item_by_item(play):
    play.stage.answers("stored", "PRINTER_ADD", DONE)
    many = [{"serial": OTHER, "address": "127.28.0.2"}, {"serial": OTHER, "address": "no address"}, "what?"]
    results = play.ask("printersAdd", 207, body=many).json()["results"]
    assert [result["status"] for result in results] == [201, 422, 422]
    assert [result["serial"] for result in results] == [OTHER, OTHER, None]


@pytest.mark.parametrize("name", ["jobSubmit", "jobAgain", "fileTake"])
def test_what_was_there_is_no_new_thing(play, name):
    message, reply, fields = {"fileTake": ("FILE_COMPLETE", "FILE_KEPT", {"sha256": SHA}), "jobSubmit":
                              ("JOB_SUBMIT", "JOB_SUBMITTED", {"id": "J1"}), "jobAgain": ("JOB_AGAIN", "JOB_SUBMITTED", {"id": "J1"})}[name]
    play.prepare(name)
    play.stage.answers("stored", message, [reply, {**fields, "was_there": True}])
    assert "location" not in play.ask(name, 200).headers
    play.stage.answers("stored", message, [reply, fields])


def test_files_come_in_parts_and_are_not_sent_twice(play):
    for name in ("fileContent", "filePicture"):
        path = play.prepare(name)[1]
        tag = play.ask(name, 200, path).headers["etag"]
        heard = len(play.stage.heard())
        assert play.ask(name, 304, path, headers={"If-None-Match": tag}).headers["etag"] == tag
        assert len(play.stage.heard()) == heard
    answer = play.ask("fileContent", 206, headers={"Range": "bytes=2-3"})
    assert answer.body == b"fi" and answer.headers["content-range"] == "bytes 2-3/6"
    answer = play.ask("fileContent", 416, headers={"Range": "bytes=6-"})
    assert answer.headers["content-range"] == "bytes */6"


def test_a_file_that_is_larger_than_all_may_be_is_refused(play):
    play.prepare("fileTake")
    play.stage.tell("stored", "CACHE_STATUS", {"limit_bytes": 10, "sentence": "It is small."})
    wait_until(lambda: play.http.get("/api/v1/files").json()["usage"] is not None, 10, "the cache is never told")
    play.ask("fileTake", 413, body=b"b\r\nhello world\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    play.stage.tell("stored", "CACHE_STATUS", {"limit_bytes": 1 << 30, "sentence": "It is large."})


def test_an_import_is_looked_at_first(play):
    rows = play.ask("import", 200, path="/api/v1/import?dry_run=1").json()["rows"]
    assert [(row["serial"], row["verdict"], row["changes"]) for row in rows] == [(SERIAL, "changes", ["accessCode"])]


# -- what can fail: the same for every operation ----------------------------------------------------------------

EVERYWHERE = {
    400: dict(query="surprise=1"),
    401: dict(headers={"X-Forwarded-For": "192.0.2.1"}),
    403: dict(headers={"Origin": "http://attacker.example"}),
    413: dict(headers={"Content-Type": "application/json", "Content-Length": str(2 << 20)}),
    414: dict(query="x=" + "y" * 3000),
    415: dict(headers={"Content-Type": "text/plain"}),
    421: dict(headers={"Host": "attacker.example:8888"}),
    431: dict(headers={"X-Long": "y" * 20000}),
}


@pytest.mark.parametrize("name", sorted(WORKS))
@pytest.mark.parametrize("status", sorted(EVERYWHERE))
def test_each_operation_refuses_what_none_may_take(play, name, status):
    how = EVERYWHERE[status]
    if (status == 401 and name in OPEN) or (status == 413 and name == "fileTake"):
        return  # of the latter: test_a_file_that_is_larger_than_all_may_be_is_refused
    path, body = WORKS[name][:2]
    if "query" in how:
        path += ("&" if "?" in path else "?") + how["query"]
    before = len(play.stage.heard())
    if status == 413:
        body = b""
    play.ask(name, status, path=path, body=body, headers=how.get("headers"))
    assert len(play.stage.heard()) == before, "it was done all the same"


def test_each_operation_is_turned_away_when_all_connections_are_taken(play):
    prepared = {name: play.prepare(name) for name in WORKS}
    with play.holding(128):
        for name, (method, path, body) in prepared.items():
            answer = play.http.raw(method, path, body)
            assert answer.status == 503 and answer.json()["type"] == "/problems/busy"
            http.validate(answer.json(), {"$ref": "#/components/schemas/Problem"})
            provoked.add((name, 503))
    wait_until(lambda: play.http.raw("GET", "/livez").status == 200, 10, "it never recovers")


@pytest.mark.parametrize("name", sorted(name for name in WORKS if WORKS[name][1] is not None))
def test_each_body_must_be_json(play, name):
    if name in ("import", "fileTake"):
        pytest.skip("any file may come: what cannot be read is a 422 (test_rest_import.py)")
    path = WORKS[name][0]
    for body in (b"", b"{", b'{"a":1,"a":2}', b"[[[[[[[[[[[[[[[[[[[[[[[[[", b'"x"', b"\xff", b"null"):
        play.ask(name, 400, path=path, body=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("name", sorted(name for name in WORKS if WORKS[name][1] is not None))
def test_each_body_is_refused_by_its_strange_field(play, name):
    if name == "fileTake":
        pytest.skip("any bytes may come")
    if name in ("sessionBegin", "setup", "passwordChange", "tokenAdd", "printersAdd", "printerChange", "printerCommand", "printerTrust",
                "restart", "settingsChange", "jobSubmit", "jobResolve", "printerPreflight"):
        body = {**WORKS[name][1], "surprise": 1}
        assert '"surprise"' in play.ask(name, 422, body=body).json()["detail"]
    else:
        play.ask(name, 422, body={"surprise": 1})


@pytest.mark.parametrize("name", ["scan", "scanEnd"])
def test_a_search_that_was_not_begun_is_not_found(play, name):
    assert play.ask(name, 404).json()["type"] == "/problems/not-found"


@pytest.mark.parametrize("name", sorted(name for name in WORKS if WORKS[name][0].startswith(MINE)))
def test_a_printer_that_is_not_there_is_not_found(play, name):
    path = WORKS[name][0].replace(SERIAL, "NOBODY")
    problem = play.ask(name, 404, path=path).json()
    assert problem["type"] == "/problems/not-found" and "NOBODY" in problem["detail"]


@pytest.mark.parametrize("name, path", [("virtual", "/virtual"), ("virtualControl", "/virtual"), ("virtualAccess", "/virtual/access")])
def test_a_real_printer_has_no_controls(play, name, path):
    problem = play.ask(name, 404, path=MINE + path).json()
    assert problem["type"] == "/problems/not-found" and problem["detail"] == "'Left' is a real printer: it has no controls."


# -- what can fail: other processes ------------------------------------------------------------------------------

ASKING = sorted(name for name in WORKS if WORKS[name][2] not in (None, "supervisor"))


@pytest.mark.parametrize("name", ASKING)
def test_each_refusal_of_another_process_becomes_its_problem(play, name):
    _path, _body, process, message, _answers = WORKS[name]
    for number, reason in enumerate(wire.REFUSALS):
        play.stage.answers(process, message, ["@close"], ["REFUSED", {"reason": number, "sentence": f"No: {reason}.",
                                                                      "remedy": "Try something else."}])
        answer = play.ask(name, REFUSALS[reason])
        kind = WRONG.get(name, reason) if reason == "forbidden" else reason
        assert answer.json()["type"] == f"/problems/{kind}"
        assert answer.json()["detail"] == f"No: {reason}." and answer.json()["remedy"] == "Try something else."
        assert ("retry-after" in answer.headers) == (answer.status == 503)


@pytest.mark.parametrize("name", [name for name in ASKING if WORKS[name][2] == WORKER])
def test_a_process_that_dies_over_it_is_told(play, name):
    _path, _body, process, message, _answers = WORKS[name]
    generation = play.fuse.ps()[process]["generation"]
    play.stage.answers(process, message, ["@die"])
    problem = play.ask(name, 502).json()
    assert problem["type"] == "/problems/died" and "not known" in problem["detail"]
    play.stage.answers(process, message)
    play.fuse.fusectl("retry", process)  # it may have to wait after so many deaths; or is starting, then this is refused
    play.fuse.wait_reborn(process, generation)
    wait_until(lambda: play.http.get(MINE).json()["link"]["fault"] is None, 10, "it does not come back")


HURRY = 20  # so much faster passes the time in the httpd of these two stories (Makefile, HURRY)
PATIENCE_S = {"printerDiagnosis": 60, "printerCommand": 20, "probe": 20, "printerPreflight": 20, "printerFiles": 60,
              "printerFileRemove": 60, "filePicture": 30, "virtualAdd": 30, "virtualControl": 20}  # the others: 10


@pytest.fixture(scope="module")
def hurried():
    made = Stage("test_openapi_hurried", httpd=BUILD / "tests/hurry/fuse-httpd")
    made.stage.tell("stored", "JOB", JOB, 0)
    wait_until(lambda: made.http.raw("GET", "/api/v1/jobs").json()["jobs"] != [], 10, "the job is never known")
    yield made
    made.fuse.close()


def given_up_in_time(play, name: str):
    began = time.monotonic()
    problem = play.ask(name, 504).json()
    assert time.monotonic() - began >= PATIENCE_S.get(name, 10) / HURRY, f"{name} is given up too early"
    assert problem["type"] == "/problems/timed-out" and "not known" in problem["detail"], name


def test_a_process_that_never_answers_is_given_up(hurried):
    """All at once. A process that hangs in one request answers others."""
    names = [name for name in ASKING if "504" in http.operations()[operation_ids()[name]]["responses"]]
    for name in names:
        hurried.stage.answers(WORKS[name][2], WORKS[name][3])
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        waiting = [pool.submit(given_up_in_time, hurried, name) for name in names]
        assert hurried.http.get("/livez").json() == {"status": "alive"}
        for answer in waiting:
            answer.result()


def test_a_supervisor_that_never_answers_is_given_up(hurried):
    names = [name for name in WORKS if WORKS[name][2] == "supervisor"]
    os.kill(hurried.fuse.pid, signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
            for answer in [pool.submit(given_up_in_time, hurried, name) for name in names]:
                answer.result()
    finally:
        os.kill(hurried.fuse.pid, signal.SIGCONT)
    hurried.fuse.wait_all_up()


def test_a_process_that_does_not_exist_is_not_restarted(play):
    problem = play.ask("restart", 404, body={"process": "worker/NOBODY"}).json()
    assert "worker/NOBODY" in problem["detail"]
    assert "gatewayd" in play.ask("restart", 200).json()["sentence"]


def test_a_certificate_that_was_not_seen_is_not_trusted(play):
    before = len(play.stage.heard("PRINTER_EDIT"))
    play.ask("printerTrust", 409, body={"certificateSha256": "cd" * 32})
    play.ask("printerTrust", 422, body={"certificateSha256": "cd"})
    assert len(play.stage.heard("PRINTER_EDIT")) == before


def test_a_store_that_takes_nothing_makes_fuse_unready(play):
    play.stage.tell("stored", "STORE_STATUS", {"health": 3, "sentence": "The disk is full.", "remedy": "Make room."})
    wait_until(lambda: play.http.raw("GET", "/readyz").status == 503, 10, "it stays ready")
    assert play.ask("readyz", 503).json()["remedy"] == "Make room."
    play.stage.tell("stored", "STORE_STATUS", {"sentence": "All is well."})
    wait_until(lambda: play.http.raw("GET", "/readyz").status == 200, 10, "it stays unready")


@pytest.mark.parametrize("name", ["setup", "sessionBegin", "passwordChange"])
def test_guessing_is_slowed(play, name):
    """The last that is asked of these: now they have to wait."""
    play.stage.answers("stored", WORKS[name][3], ["REFUSED", {"reason": wire.REFUSALS.index("forbidden"),
                                                              "sentence": "No."}])
    method, path, body = operation_ids()[name][0], *WORKS[name][:2]
    statuses = [play.http.ask(method, path, body).status for _ in range(6)]
    assert statuses[-1] == 429 and set(statuses) <= {403, 429}
    provoked.add((name, 429))


def test_zz_every_status_that_the_document_names_was_provoked(request):
    """The last one of this file; only when all of it ran."""
    if len([item for item in request.session.items if item.fspath == request.node.fspath]) < 200:
        pytest.skip("not all of this file ran")
    named = {(operation["operationId"], int(status)) for operation in http.operations().values()
             for status in operation["responses"]}
    assert named - provoked - set(NOT_PROVOKED) == set()
    assert not set(NOT_PROVOKED) & provoked
