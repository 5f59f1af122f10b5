"""Printers from a file over REST, and by fusectl, with real processes: what a file would do is told before it is done,
nothing is kept before, and no access code comes back."""
import concurrent.futures
import json
import signal

import pytest

from rig import ca, http
from rig.fusectl import DONE, FAILED, USAGE
from rig.tlspeer import Peer, tls
from rig.waiting import wait_until

P1P, X1C, A1 = "01S00A280000001", "00M00A280000002", "03900A280000003"
IMPORT, LOOK = "/api/v1/import", "/api/v1/import?dry_run=1"
CSV = {"Content-Type": "text/csv"}


def conf(secret: str, address: str = "127.28.5.1") -> bytes:
    """What BambuStudio on Windows leaves behind: two printers on the LAN, one that has a code only."""
    settings = {"access_code": {"": "", P1P: secret, A1: secret},
                "app": {"language": "en_US"},
                "local_machines": {P1P: {"dev_ip": address, "dev_name": "Left one", "printer_type": "C11"},
                                   X1C: {"dev_ip": "127.28.5.2", "dev_name": "Right one", "printer_type": "BL-P001"}},
                "user_access_code": {P1P: " ", X1C: secret}}
    return json.dumps(settings, indent="\t").encode() + b"\n# MD5 checksum 0123456789ABCDEF0123456789ABCDEF\r\n"


@pytest.fixture
def fuse(make_fuse):
    return make_fuse().start()


@pytest.fixture
def rest(fuse) -> http.Http:
    return http.Http(fuse, timeout_s=40)


def send(rest, body: bytes, path: str = IMPORT, status: int = 207, headers: dict = None) -> dict:
    return rest.ask("POST", path, body, headers or {"Content-Type": "application/octet-stream"}, status).json()


def kept(rest) -> dict:
    return {printer["serial"]: printer for printer in rest.get("/api/v1/printers").json()["printers"]}


def of(rows: list, *names: str) -> list:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_slicers_settings_become_printers(rest, planted_secret):
    look = send(rest, conf(planted_secret), LOOK, 200)
    assert look["format"] == "conf" and look["otherMakes"] == 0
    assert look["counts"] == {"valid": 2, "error": 1, "duplicate": 0, "unchanged": 0, "changes": 0}
    assert of(look["rows"], "serial", "name", "address", "model", "hasAccessCode", "verdict") == [
        (P1P, "Left one", "127.28.5.1", "P1P", True, "valid"), (X1C, "Right one", "127.28.5.2", "X1C", True, "valid"),
        (A1, "A1 0003", None, "A1", True, "error")]
    assert "search the network" in look["rows"][2]["reason"]
    assert kept(rest) == {}  # looking keeps nothing

    results = send(rest, conf(planted_secret))["results"]
    assert of(results, "serial", "status") == [(P1P, 201), (X1C, 201), (A1, 422)]
    assert results[0]["printer"]["hasAccessCode"] and "search the network" in results[2]["problem"]["detail"]
    assert sorted(of(kept(rest).values(), "serial", "name", "address", "model", "hasAccessCode")) == [
        (X1C, "Right one", "127.28.5.2", "X1C", True), (P1P, "Left one", "127.28.5.1", "P1P", True)]
    there = of(kept(rest).values(), "serial", "name", "address", "changedAt")

    # Again, with another address: what is kept stays, but by request.
    again = conf(planted_secret, "127.28.5.11")
    look = send(rest, again, LOOK, 200)
    assert of(look["rows"], "verdict", "changes") == [("changes", ["address", "accessCode"]), ("changes", ["accessCode"]),
                                                      ("error", [])]
    results = send(rest, again)["results"]
    assert of(results, "status") == [(409,), (409,), (422,)] and "update=1" in results[0]["problem"]["remedy"]
    assert of(kept(rest).values(), "serial", "name", "address", "changedAt") == there
    results = send(rest, again, IMPORT + "?update=1")["results"]
    assert of(results, "status") == [(200,), (200,), (422,)]
    assert results[0]["printer"]["address"] == kept(rest)[P1P]["address"] == "127.28.5.11"
    for path in ("/api/v1/printers", "/api/v1/status", "/api/v1/logs?lines=5000"):
        assert planted_secret not in rest.get(path).body.decode()


def test_a_printer_that_a_search_has_met_needs_no_address_in_the_file(rest, planted_secret):
    with Peer("127.28.5.3", 8883, tls(ca.Authority("Farm CA", key_number=0).printer(A1))):
        path = rest.ask("POST", "/api/v1/scans", {"type": "subnet", "cidr": "127.28.5.0/29"}, status=201).headers["location"]
        wait_until(lambda: rest.get(path).json()["state"] == "done", 10, "the search is never over")
    row = send(rest, conf(planted_secret), LOOK, 200)["rows"][2]
    assert of([row], "serial", "address", "verdict") == [(A1, "127.28.5.3", "valid")]


def test_a_table_is_answered_row_by_row_and_no_code_comes_back(rest, planted_secret):
    table = (f"\ufeffname;ip;type;api_key;serial_number;model\r\nLeft;127.28.5.1;bambu;{planted_secret};{P1P.lower()};\r\n"
             f"Twice;127.28.5.7;bambu;{planted_secret};{P1P};\r\nNowhere;{planted_secret};bambu;;{X1C};\r\n"
             f"Prue;127.28.5.8;prusa;{planted_secret};;MK4\r\n\"Open;127.28.5.9;bambu;{planted_secret};{A1};\r\n").encode()
    looked = rest.ask("POST", LOOK, table, CSV, 200)
    done = rest.ask("POST", IMPORT, table, CSV, 207)
    assert looked.json()["otherMakes"] == 1
    assert of(done.json()["results"], "line", "verdict", "status") == [(2, "valid", 201), (3, "duplicate", 409),
                                                                       (4, "error", 422), (6, "error", 422)]
    assert planted_secret not in (looked.body + done.body).decode()
    assert set(kept(rest)) == {P1P}
    # The same once more is no fault, and nothing new.
    results = send(rest, f"Left,127.28.5.1,{P1P}".encode(), headers=CSV)["results"]
    assert of(results, "verdict", "status") == [("unchanged", 200)] and results[0]["printer"]["serial"] == P1P


def test_a_file_without_a_row_that_can_be_taken_changes_nothing(rest):
    results = send(rest, f"A,nowhere,{P1P}\nB,127.28.5.1,\n".encode())["results"]
    assert of(results, "status") == [(422,), (422,)] and kept(rest) == {}
    deep = b'{"local_machines":' + b"[" * 5000 + b"]" * 5000 + b"}"
    for body, words in ((b"", "no rows"), (b"{", "not whole JSON"), (deep, "deeper"), (b"PK\x03\x04\0\0", "UTF-8"),
                        (b'{"a":1,"a":2}', "twice"), (b'{"printers":[]}', "no printers"), (b"a,1,b\n" * 10000, "512 rows")):
        for path in (IMPORT, LOOK):
            assert words in rest.problem("POST", path, 422, "invalid", body, CSV)["detail"]
    rest.problem("POST", IMPORT, 413, "too-large", b"x" * (1024 * 1024 + 1), CSV)
    rest.problem("POST", IMPORT + "?dry_run=maybe", 400, "bad-parameter", b"a,127.28.5.1,b", CSV)
    assert kept(rest) == {}


def test_no_page_of_another_site_has_a_file_imported(rest):
    """What a page may send without asking is refused by its type; what it would have to ask for, by where it is from."""
    row = f"Left,127.28.5.1,{P1P}".encode()
    for kind in ("text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
                 "multipart/form-data; boundary=x", "", "text/csvx"):
        rest.problem("POST", IMPORT, 415, "no-file-type", row, {"Content-Type": kind})
    rest.problem("POST", IMPORT, 415, "no-file-type", row, {})
    ours = f"http://{rest.address}:8888"
    for headers in ({"Origin": "http://attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site", "Origin": ours}):
        rest.problem("POST", IMPORT, 403, "foreign-origin", row, {**CSV, **headers})
    rest.problem("POST", IMPORT, 421, "foreign-host", row, {**CSV, "Host": "attacker.example"})
    assert kept(rest) == {}
    answer = rest.raw("OPTIONS", IMPORT, headers={"Origin": "http://attacker.example",
                                                  "Access-Control-Request-Method": "POST"})
    assert answer.status >= 400 and not any("access-control" in name for name in answer.headers)
    for kind in ("text/csv", "text/csv; charset=utf-8", "application/octet-stream", "application/json"):
        send(rest, row, LOOK, 200, {"Content-Type": kind, "Origin": ours, "Sec-Fetch-Site": "same-origin"})
    # Where JSON is asked for, a file of another type is as wrong as before.
    rest.problem("POST", "/api/v1/printers", 415, "not-json", b"[]", CSV)


def test_a_store_that_dies_amid_an_import_leaves_a_result_for_each_row(fuse, rest):
    table = "".join(f"P{n},127.28.6.{n},01P00A28{n:07}\n" for n in range(1, 41)).encode()
    generation = fuse.ps()["stored"]["generation"]
    fuse.kill("stored", signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(send, rest, table)
        for _ in range(3):  # the import is before these
            http.Http(fuse).get("/livez")
            fuse.ps()
        fuse.kill("stored", signal.SIGKILL)
        results = answer.result()["results"]
    assert len(results) == 40 and {result["status"] for result in results} <= {201, 502, 503}
    failed = [result for result in results if result["status"] != 201]
    assert failed and all(result["problem"]["detail"] and "printer" not in result for result in failed)
    fuse.wait_reborn("stored", generation)
    wait_until(lambda: rest.raw("GET", "/readyz").status == 200, 10, "it is never ready again")
    added = {result["serial"] for result in results if result["status"] == 201}
    wait_until(lambda: set(kept(rest)) == added, 10, lambda: f"{set(kept(rest)) ^ added}")
    # What failed can be sent again: what is kept already is told so.
    results = send(rest, table)["results"]
    assert {result["status"] for result in results} <= {200, 201} and len(kept(rest)) == 40
    assert {result["serial"] for result in results if result["status"] == 200} == added


def test_fusectl_imports_the_same_file(fuse, rest, planted_secret, tmp_path):
    file = tmp_path / "BambuStudio.conf"
    file.write_bytes(conf(planted_secret))
    told = fuse.fusectl("import", file)
    assert told.returncode == USAGE and "--yes" in told.stderr and kept(rest) == {}
    assert "search the network" in told.stderr and "Left one" in told.stderr
    told = fuse.fusectl("--yes", "import", file)
    assert told.returncode == FAILED  # one has no address
    assert "2 added, 0 changed, 0 failed, 1 with errors, 0 duplicate, 0 left as they are." in told.stdout
    assert {serial: printer["model"] for serial, printer in kept(rest).items()} == {P1P: "P1P", X1C: "X1C"}
    file.write_bytes(conf(planted_secret, "127.28.5.11"))
    told = fuse.fusectl("--yes", "import", file)
    assert "0 added, 0 changed" in told.stdout and "--update" in told.stdout
    assert kept(rest)[P1P]["address"] == "127.28.5.1"
    told = fuse.fusectl("--yes", "--json", "import", "--update", "-", stdin=conf(planted_secret, "127.28.5.11").decode())
    document = json.loads(told.stdout)
    assert of(document["rows"], "check", "result") == [("changes", "done"), ("changes", "done"), ("error", "skipped")]
    assert kept(rest)[P1P]["address"] == "127.28.5.11"
    assert planted_secret not in told.stdout + told.stderr
    # A table with that printer's code alone, by the older command.
    told = fuse.fusectl("--yes", "printer", "codes", "-", stdin=f"{X1C},{planted_secret}\n")
    assert told.returncode == DONE and "0 added, 1 changed" in told.stdout
