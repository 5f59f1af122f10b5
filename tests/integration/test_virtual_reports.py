"""What a virtual printer of each model says through a print is, read by our own worker's code, valid against the public
schema at each moment, and tells one story: idle, heating, printing with layers that grow, finished."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from test_state_json import assert_valid, state_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", ROOT / "build"))
MODELS = re.findall(r'^MODEL\("([^"]+)"', (ROOT / "printer/models.def").read_text(), re.M)
ASK = ['{"pushing":{"command":"pushall","sequence_id":"1"}}', '{"info":{"command":"get_version","sequence_id":"2"}}']
START = json.dumps({"print": {
    "command": "project_file", "sequence_id": "20001", "param": "Metadata/plate_1.gcode", "project_id": "77",
    "profile_id": "0", "task_id": "77", "subtask_id": "77", "subtask_name": "cube", "file": "cube.gcode.3mf",
    "url": "ftp:///cube.gcode.3mf", "md5": "", "bed_type": "auto", "bed_leveling": True, "use_ams": True,
    "ams_mapping": [1]}})


def play(model: str, units: str, script: list) -> list:
    """Each line that is played with what was said until then, as payloads."""
    done = subprocess.run([BUILD / "tests/virtual_machine", model, units], input="\n".join(script) + "\n",
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_model_is_here():
    assert len(MODELS) >= 15 and "Other" in MODELS


@pytest.mark.parametrize("model", MODELS)
def test_a_print_is_valid_at_each_moment(model):
    units = "ams-lite" if model.startswith("A") else "ams-2-pro,ams-ht"
    moments = {
        "IDLE": ASK + ["5000"],
        "PREPARE": [START, "1000"],
        "RUNNING": ["600000"],
        "FINISH": ["1200000"] + ASK,
    }
    script = []
    for state, lines in moments.items():
        script += lines
        told = state_of(model if model == "Other" else "auto", play(model, units, script))
        assert told["model"]["key"] == model
        assert told["state"] == state
        assert_valid(told)
        if state == "RUNNING":
            assert 0 < told["layers"]["current"] < told["layers"]["total"] == 50
            assert told["activeSlot"]["slotId"] == 1
            assert told["temperatures"]["nozzle"]["targetCelsius"] == 220
    assert told["job"]["name"] == "cube" and told["progressPercent"] == 100


def test_errors_are_told_in_words():
    turn = 'controls {"do":"trigger-error","error":"%s"}'
    errors = ("nozzle-temperature", "bed-temperature", "heatbreak-fan", "filament-runout", "ams-connection-lost",
              "nozzle-clog", "first-layer-failed", "filament-tangle")
    for error in errors:
        told = state_of("auto", play("X1C", "ams", [turn % error, *ASK]))
        assert len(told["hms"]) == 1, error
        assert not told["hms"][0]["message"].startswith("The printer reports"), f"{error} has no words"
        assert_valid(told)
