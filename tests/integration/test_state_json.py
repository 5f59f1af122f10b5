"""What a person reads off a printer's own words is what our JSON says, and `data` is what the public schema wants.

tests/samples/NAME.json holds what a printer said, NAME.expected.json what it means, written by hand: for each step
which of the sample's payloads come (in one sitting: a step goes on from the one before), and what must then stand in
the state. Only what is listed is compared; lists are compared whole, those of objects with an id by their ids.
"absent" names members that must not be there. build/tests/state_json turns payloads into the JSON.
"""
import copy
import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", ROOT / "build"))
SAMPLES = ROOT / "tests/samples"
EXPECTED = sorted(SAMPLES.glob("*.expected.json"))
SCHEMAS = json.loads((ROOT / "tests/integration/schemas/printer_stat.json").read_text())
LEAVES_AT_LEAST = 40
MISSING = object()


# -- from payloads to JSON ---------------------------------------------------------------------------------------

def payload_of(body: dict) -> dict:
    """As on the wire: the samples hold some payloads without their section, and deltas without their command."""
    if "print" in body or "info" in body:
        return body
    if body.get("command") == "get_version":
        return {"info": body}
    return {"print": body if "command" in body else {"command": "push_status", "msg": 1, **body}}


def state_of(model: str, payloads: list) -> dict:
    lines = "".join(json.dumps(payload) + "\n" for payload in payloads)
    done = subprocess.run([BUILD / "tests/state_json", model], input=lines, capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 0, done.stderr
    # NaN and Infinity are no JSON, whatever Python thinks.
    return json.loads(done.stdout, parse_constant=lambda word: pytest.fail(f"{word} in the JSON"))


def sample_payloads(name: str, keys: list) -> list:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    return [payload_of(sample[key]) for key in keys]


def name_of(path: pathlib.Path) -> str:
    return path.name.removesuffix(".expected.json")


# -- comparing ----------------------------------------------------------------------------------------------------

def has_ids(values) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(v, dict) and "id" in v for v in values)


def differences(expected, found, path="") -> list:
    """What is not as expected, each with its path."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return [f"{path}: an object expected, found {found!r}"]
        return [fault for key, value in expected.items()
                for fault in differences(value, found.get(key, MISSING), f"{path}.{key}" if path else key)]
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return [f"{path}: {len(expected)} elements expected, found {found!r}"]
        if has_ids(expected) and has_ids(found):
            by_id = {value["id"]: value for value in found}
            return [fault for value in expected
                    for fault in differences(value, by_id.get(value["id"], MISSING), f"{path}[{value['id']}]")]
        return [fault for i, value in enumerate(expected) for fault in differences(value, found[i], f"{path}.{i}")]
    # True == 1 in Python, not in JSON.
    if type(expected) is type(found) or {type(expected), type(found)} <= {int, float}:
        return [] if expected == found else [f"{path}: {expected!r} expected, found {found!r}"]
    return [f"{path}: {expected!r} expected, found {'nothing' if found is MISSING else repr(found)}"]


def leaves(value) -> int:
    if isinstance(value, dict) and value:
        return sum(leaves(one) for one in value.values())
    if isinstance(value, list) and value:
        return sum(leaves(one) for one in value)
    return 1


def at(found, path: str):
    for key in path.split("."):
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            return MISSING
    return found


# -- the schema ----------------------------------------------------------------------------------------------------

def any_of(schema):
    """The schema with every oneOf read as anyOf."""
    if isinstance(schema, dict):
        return {("anyOf" if key == "oneOf" else key): any_of(value) for key, value in schema.items()}
    return [any_of(value) for value in schema] if isinstance(schema, list) else schema


def schema_faults(value, name: str, schemas=None) -> list:
    schemas = schemas or SCHEMAS
    validator = jsonschema.Draft202012Validator({**schemas, "$ref": f"#/$defs/{name}"})
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in validator.iter_errors(value)]


def assert_valid(state: dict):
    """`data` to the letter and with oneOf as anyOf; the whole, once the cloud has given its ids."""
    assert schema_faults(state["data"], "PrinterStatData") == []
    assert schema_faults(state["data"], "PrinterStatData", any_of(SCHEMAS)) == []
    stat = {**state, "printerId": "a" * 24, "storeId": "b" * 24}
    if state["receivedAt"] is None:
        assert state["expiresAt"] is None
        stat.update(receivedAt="2026-08-01T00:00:00.000Z", expiresAt="2026-08-01T00:00:30.000Z")
    assert schema_faults(stat, "PrinterStat") == []


# -- the stories ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", EXPECTED, ids=name_of)
def test_a_sample_says_what_a_person_reads(path):
    story, fed = json.loads(path.read_text()), []
    for step in story["steps"]:
        fed += sample_payloads(name_of(path), step["feed"])
        state = state_of(story["model"], fed)
        assert differences(step["expected"], state) == [], f"after {step['feed'][-1]}"
        for gone in step.get("absent", []):
            assert at(state, gone) is MISSING, f"{gone} after {step['feed'][-1]}"
        assert_valid(state)


@pytest.mark.parametrize("path", EXPECTED, ids=name_of)
def test_a_printer_names_its_own_model(path):
    """Where the module list has a product name or an old firmware's project name."""
    story = json.loads(path.read_text())
    payloads = sample_payloads(name_of(path), story["steps"][0]["feed"])
    if any("info" in payload for payload in payloads):
        assert state_of("auto", payloads)["model"]["key"] == story["model"]


def test_every_sample_has_its_expectation():
    samples = {path.stem for path in SAMPLES.glob("*.json") if not path.name.endswith(".expected.json")}
    assert {name_of(path) for path in EXPECTED} == samples


@pytest.mark.parametrize("path", EXPECTED, ids=name_of)
def test_an_expectation_of_a_status_report_is_no_stub(path):
    step = json.loads(path.read_text())["steps"][0]
    if any("print" in payload for payload in sample_payloads(name_of(path), step["feed"])):
        assert leaves(step["expected"]) >= LEAVES_AT_LEAST


def test_no_model_changes_what_is_valid():
    """Every sample as every model, also as one that is not known."""
    for path in EXPECTED:
        story = json.loads(path.read_text())
        payloads = sample_payloads(name_of(path), [key for step in story["steps"] for key in step["feed"]])
        for model in ("X1C", "P1S", "A1-mini", "P2S", "H2D", "Other"):
            assert_valid(state_of(model, payloads))


def test_nothing_said_is_nothing_claimed():
    state = state_of("P1S", [])
    assert state["data"]["print"] == {} and state["data"]["temps"] == {}
    assert state["state"] is None and state["receivedAt"] is None and state["isAvailable"] is False
    assert_valid(state)


def print_report(**fields) -> dict:
    return {"print": {"command": "push_status", "msg": 0, "gcode_state": "IDLE", **fields}}


def test_times_are_rfc_3339_and_expire_after_the_silence_limit():
    state = state_of("P1S", [print_report()])
    assert state["receivedAt"] == "2026-08-01T00:00:00.000Z"
    assert state["link"]["silenceLimitMs"] == 75000
    assert state["expiresAt"] == "2026-08-01T00:01:15.000Z"


def test_health_goes_by_severity():
    """Severity is the upper half of a code: 1 and 2 are errors, 3 warnings, 4 infos."""
    entries = [{"attr": 0x03000100, "code": severity << 16 | 1} for severity in (1, 2, 3, 4)]
    state = state_of("X1C", [print_report(hms=entries, print_error=0x05004003)])
    health = state["data"]["health"]
    assert [one["code"] for one in health["errors"]] == ["0500-4003", "0300-0100-0001-0001", "0300-0100-0002-0001"]
    assert [one["code"] for one in health["warnings"]] == ["0300-0100-0003-0001"]
    assert [one["code"] for one in health["infos"]] == ["0300-0100-0004-0001"]
    assert [one["severity"] for one in state["hms"]] == ["fatal", "serious", "common", "info"]
    assert state["hmsTotal"] == 4 and all(one["message"] for one in state["hms"])
    assert state["printError"]["code"] == "0500-4003" and state["printError"]["number"] == 0x05004003
    assert state["data"]["print"]["errorCode"] == "0500-4003"
    assert state["isAvailable"] is False
    assert_valid(state)


def test_the_echo_of_a_cancel_is_no_error():
    state = state_of("X1C", [print_report(gcode_state="FAILED", print_error=0x0300400C)])
    assert state["printError"] is None and state["data"]["health"]["errors"] == []
    assert state["data"]["print"]["printError"] == 0 and "errorCode" not in state["data"]["print"]
    assert state["isAvailable"] is True


def test_running_without_a_layer_is_preparing_and_not_a_percentage():
    told = {"mc_percent": 3, "total_layer_num": 50, "stg_cur": 2}
    preparing = state_of("P1S", [print_report(gcode_state="RUNNING", layer_num=0, **told)])
    assert preparing["preparing"] is True and preparing["progressPercent"] is None
    assert "percent" not in preparing["data"]["print"] and preparing["data"]["print"]["activity"]
    printing = state_of("P1S", [print_report(gcode_state="RUNNING", layer_num=1, **told)])
    assert printing["preparing"] is False and printing["progressPercent"] == 3
    assert printing["data"]["print"]["percent"] == 3


@pytest.mark.parametrize("model,bit,door", [("X1C", "home_flag", "open"), ("X1C", "stat", None), ("P2S", "stat", "open"),
                                            ("H2D", "home_flag", None), ("P1S", "home_flag", None)])
def test_the_door_is_read_where_the_model_tells_it(model, bit, door):
    told = {"home_flag": 1 << 23} if bit == "home_flag" else {"stat": "800000"}
    assert state_of(model, [print_report(**told)])["door"] == door


def test_a_chamber_without_a_sensor_is_not_shown():
    assert state_of("P1S", [print_report(chamber_temper=5)])["temperatures"]["chamber"] is None
    assert state_of("Other", [print_report(chamber_temper=5)])["temperatures"]["chamber"] is None
    assert state_of("X1C", [print_report(chamber_temper=5)])["temperatures"]["chamber"]["actualCelsius"] == 5


HOSTILE = "\"\\\b\f\n\r\t\x00\x01\x1f\x7f\u2028\u2029</script><img src=x onerror=alert(1)>\U0001f511\ufeff"


def test_hostile_texts_stay_texts():
    name = HOSTILE.replace("\x00", "")
    state = state_of("P1S", [print_report(subtask_name=HOSTILE, gcode_file=name, wifi_signal=name, nozzle_diameter=name,
                                          task_id=name, print_type=name[:8])])
    # The reader of reports leaves control characters out; what it leaves in is escaped (tests/unit/test_jsonout.c).
    for text in (state["job"]["name"], state["file"]):
        assert text.startswith("\"\\") and "\u2028\u2029</script><img src=x onerror=alert(1)>\U0001f511" in text
    assert_valid(state)


def test_materials_become_words_of_the_list():
    words = {"PLA": "PLA", "pla": "PLA", "PLA-S": "PLA", "PA-GF": "PA6-GF", "PAHT-CF": "PA-CF", "TPU95A": "TPU",
             "ASA-AERO": "ASA-Aero", "PETG HF": "PETG", "PLA+": "PLA", "UNOBTAINIUM": ""}
    for material, word in words.items():
        tray = {"id": "0", "state": 11, "tray_type": material, "tray_color": "00AE42FF"}
        ams = {"ams": [{"id": "0", "tray": [tray]}], "ams_exist_bits": "1", "tray_exist_bits": "1"}
        state = state_of("P1S", [print_report(ams=ams)])
        slot = state["data"]["filament"]["ams"]["ams"][0]["slots"][0]
        assert slot["type"] == word and state["ams"][0]["slots"][0]["material"] == material
        assert_valid(state)


@pytest.mark.parametrize("color", ["", "red", "00AE42", "00ae42ff", "00AE42FF", "00AE42FFFF", "GGGGGGGG", "00AE4\"FF", 5, None])
def test_colours_are_as_the_schema_wants_them(color):
    tray = {"id": "0", "state": 11, "tray_type": "PLA", "tray_color": color, "cols": [color, "00AE42FF"]}
    ams = {"ams": [{"id": "0", "tray": [tray]}], "ams_exist_bits": "1", "tray_exist_bits": "1"}
    assert_valid(state_of("P1S", [print_report(ams=ams)]))


# -- docs/state.md ------------------------------------------------------------------------------------------------

def paths_of(value, path="") -> set:
    """Every member as the page writes it: "ams[].slots[].id"; objects and lists themselves too."""
    found = {path} if path else set()
    if isinstance(value, dict):
        for key, one in value.items():
            found |= paths_of(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for one in value:
            found |= paths_of(one, path + "[]")
    return found


def written_paths() -> set:
    found = paths_of(state_of("X1C", [print_report(hms=[{"attr": 0x03000100, "code": 0x00010001}, {"attr": 0x03000100, "code": 0x00030001},
                                                        {"attr": 0x03000100, "code": 0x00040001}], print_error=0x05004003)]))
    for path in EXPECTED:
        story = json.loads(path.read_text())
        payloads = sample_payloads(name_of(path), [key for step in story["steps"] for key in step["feed"]])
        found |= paths_of(state_of(story["model"], payloads))
    # Only a printer in trouble has these.
    return found | {f"link.problems[].{member}" for member in ("id", "sentence", "remedy")} | {"link.problems[]"}


def documented_paths() -> set:
    page = (ROOT / "docs/state.md").read_text()
    cells = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def same_as(path: str) -> str:
    """What the page describes by another member: spools are slots, warnings and infos are errors."""
    path = re.sub(r"^externalSpools\[\]\.", "ams[].slots[].", path)
    return re.sub(r"^data\.health\.(warnings|infos)\[\]\.", "data.health.errors[].", path)


def test_the_page_tells_of_every_member_and_of_no_other():
    documented, written = documented_paths(), written_paths()
    told = documented | {path.rsplit(".", n)[0].removesuffix("[]") for path in documented for n in range(4)}
    told |= {path + "[]" for path in told}
    assert sorted(path for path in written if same_as(path) not in told) == []
    assert sorted(path for path in documented if path not in written) == []


def test_the_example_of_the_page_is_valid():
    page = (ROOT / "docs/state.md").read_text()
    example = json.loads(page[page.index("```json") + 7:].split("```")[0])
    assert_valid(example)
    assert {path for path in paths_of(example) if "…" not in path} <= written_paths()


# -- these tests can fail ----------------------------------------------------------------------------------------

def test_a_difference_is_found():
    expected = {"a": {"b": 1, "c": [{"id": 1, "x": True}]}, "d": None}
    same = {"a": {"b": 1.0, "c": [{"id": 1, "x": True, "more": 2}], "more": 1}, "d": None}
    assert differences(expected, same) == []
    for change in ({"a": 1}, {"a": {"b": 1, "c": []}}, {"d": 0}, {"a": {"b": True, "c": [{"id": 1, "x": True}]}},
                   {"a": {"b": 1, "c": [{"id": 2, "x": True}]}}, {"a": {"b": 1, "c": [{"id": 1, "x": 1}]}}):
        assert differences(expected, {**same, **change}), change


def test_a_slot_that_is_not_valid_is_found():
    data = state_of("X1C", sample_payloads("x1c-1", ["pushall"]))["data"]
    assert schema_faults(data, "PrinterStatData") == []
    for slot in ({"id": 0}, {}, {"id": "0", "color": "000000FF", "info": "", "type": "PLA", "remaining": 3}):
        bad = copy.deepcopy(data)
        bad["filament"]["ams"]["ams"][0]["slots"][0] = slot
        assert schema_faults(bad, "PrinterStatData"), slot
    for change in ({"temps": {"bedTemp": None}}, {"printer": {}}, {"print": {"percent": "3"}}, {"health": {"errors": []}}):
        assert schema_faults({**data, **change}, "PrinterStatData"), change
