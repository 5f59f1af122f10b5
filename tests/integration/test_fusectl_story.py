"""One day with fusectl and real processes: printers played by Mosquitto are added, looked at, trusted, told to do
something, listened to, examined and removed."""
import json
import subprocess

import pytest

from rig import links, secrets
from rig.fusectl import DONE, FAILED, FUSECTL, REFUSED, USAGE, on_terminal, run
from rig.printers import MosquittoPrinter

ANNA, BERTA = "00M00A000000001", "03900A000000002"
AT_ANNA, AT_BERTA = "127.0.77.11", "127.0.77.12"


@pytest.fixture
def printers(tmp_path):
    """An X1C and an A1 with access codes of their own."""
    anna = MosquittoPrinter(ANNA, AT_ANNA, code=secrets.plant(), tmp_path=tmp_path)
    berta = MosquittoPrinter(BERTA, AT_BERTA, code=secrets.plant(), tmp_path=tmp_path)
    anna.report, berta.report = links.sample("x1c-1"), links.sample("a1-1")
    for printer in (anna, berta):
        printer.auto = True
        printer.start()
    yield anna, berta
    anna.close()
    berta.close()


def shown(fuse, serial: str) -> dict:
    return fuse.ask("printer", "show", serial)


def wait_phase(fuse, serial: str, phase: str) -> dict:
    """What fusectl shows of the printer once its link is in this phase."""
    def reached():
        row = shown(fuse, serial)
        return row if row["link"] and row["link"]["phase"] == phase else None
    return fuse.wait_until(reached, 15, lambda: f"{serial} is not {phase}: {shown(fuse, serial)['link']}")


def test_a_day_with_two_printers(make_fuse, printers, tmp_path):
    anna, berta = printers
    fuse = make_fuse().start(all_up=False)
    codes = tmp_path / "code"

    # Added by address; one is trusted at once, the other later.
    found = fuse.ask("probe", AT_ANNA)["probe"]
    assert (found["serial"], found["model"], found["verified"]) == (ANNA, "X1C", "unknown")
    codes.write_text(anna.code)
    told = fuse.fusectl("printer", "add", "--name", "Anna", "--address", AT_ANNA, "--code-file", codes)
    assert told.returncode == DONE and f"fusectl trust {ANNA}" in told.stdout
    with on_terminal("--socket", fuse.socket_path, "printer", "add", "--name", "Berta", "--address",
                     AT_BERTA) as terminal:
        terminal.wait_for("Trust this printer? [y/N]")
        terminal.type("y\n")
        terminal.wait_for("not shown")
        fuse.wait_until(lambda: not terminal.shows_what_is_typed(), 5)
        terminal.type(f"{berta.code}\n")
        assert terminal.exit_code() == DONE and berta.code not in terminal.text
    assert fuse.fusectl("printer", "add", "--address", AT_ANNA).returncode == REFUSED  # it is there already

    # Berta is live; Anna waits for a person.
    assert wait_phase(fuse, BERTA, "live")["stat"]["state"]
    link = wait_phase(fuse, ANNA, "identity")["link"]
    assert link["seen"]["certificateSha256"] == anna.fingerprint and link["fault"] == "not-trusted-yet"
    assert fuse.fusectl("trust", "Anna").returncode == USAGE  # nobody is there to say yes
    assert fuse.fusectl("--yes", "trust", "Anna").returncode == DONE
    row = wait_phase(fuse, ANNA, "live")
    assert row["record"]["certificateSha256"] == anna.fingerprint
    text = fuse.fusectl("printers").stdout
    assert "Anna" in text and "Berta" in text and text.count("live") == 2

    # A command, and what was said about it on the wire.
    fuse.wait_until(lambda: shown(fuse, BERTA)["link"]["developerMode"], 10)
    told = fuse.fusectl("send", "Berta", "led-control", "light=chamber_light", "state=on")
    assert told.returncode == DONE and "confirmed" in told.stdout, told.stderr
    berta.wait_for_request(lambda request: request.get("system", {}).get("command") == "ledctrl")
    said = [json.loads(line) for line in fuse.fusectl("--json", "messages", "Berta").stdout.splitlines()]
    assert any(one["direction"] == "sent" and one["name"] == "system.ledctrl" for one in said)
    assert fuse.ask("report", "Berta")["print"]["gcode_state"] == berta.report["print"]["gcode_state"]

    # Listening.
    command = [str(FUSECTL), "--socket", str(fuse.socket_path), "--json", "messages", BERTA, "--lines", "1", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener:
        listener.stdout.readline()
        berta.publish({"print": {"command": "push_status", "msg": 1, "mc_percent": 7}})
        for line in listener.stdout:
            if json.loads(line)["payload"]["print"].get("mc_percent") == 7:
                break
        listener.terminate()

    # Wrong code, seen by the doctor, and many codes put right at once.
    codes.write_text("wrong123")
    assert fuse.fusectl("printer", "edit", "Berta", "--code-file", codes).returncode == DONE
    wait_phase(fuse, BERTA, "login")
    told = fuse.fusectl("--json", "doctor", "Berta", timeout_s=60)
    steps = json.loads(told.stdout)["printers"][0]["steps"]
    assert told.returncode == FAILED
    assert [step["fault"] for step in steps if step["outcome"] == "failed"] == ["code-refused"]
    told = run("--socket", fuse.socket_path, "--yes", "printer", "codes", "-", stdin=None,
               input=f"serial,code\n{BERTA},{berta.code}\n{ANNA},{anna.code}\n")
    assert told.returncode == DONE and "2 changed" in told.stdout, told.stdout
    wait_phase(fuse, BERTA, "live")

    # Gone.
    assert fuse.fusectl("--yes", "printer", "remove", "Anna", "Berta").returncode == DONE
    assert fuse.ask("printers") == {"printers": []}
    fuse.wait_until(lambda: not [name for name in fuse.ps() if name.startswith("worker/")], 10)
