"""Virtual printers come and go with all that is theirs: processes, folder, places. Everything here is real."""
import stat

from rig import http
from rig.waiting import wait_until

MAKE = "/api/v1/virtual-printers"


def folder(fuse, serial: str):
    return fuse.state / "virtual" / serial


def processes(fuse, serial: str) -> dict:
    """The states of those of a printer."""
    return {name: row["state"] for name, row in fuse.ps().items() if name.endswith("/" + serial)}


def wait_played(fuse, serial: str):
    both = {f"worker/{serial}": "up", f"virtual/{serial}": "up"}
    fuse.wait_until(lambda: processes(fuse, serial) == both, 20, lambda: str(processes(fuse, serial)))


def test_it_is_played_as_soon_as_it_is_kept_and_its_folder_goes_with_it(make_fuse):
    fuse = make_fuse(workers=[]).start()
    web = http.Http(fuse)
    (made,) = web.ask("POST", MAKE, {"name": "Vera", "ams": ["ams"]}, status=201).json()["printers"]
    serial = made["serial"]
    assert made["printer"]["name"] == "Vera" and made["printer"]["virtual"]
    wait_played(fuse, serial)
    assert stat.S_IMODE(folder(fuse, serial).stat().st_mode) == 0o700
    # Its worker has its code and knows its certificate: nobody is asked.
    assert fuse.ask("printer", "show", serial)["record"]["virtual"]
    assert fuse.ask("printer", "show", serial)["link"]["fault"] not in ("no-access-code", "not-trusted-yet")
    # A restart of everything, and it is there again.
    fuse.stop()
    fuse.start(all_up=False)
    wait_played(fuse, serial)
    # Whatever was put on its card.
    mine = fuse.state / "mine"
    mine.mkdir()
    (mine / "file").write_text("kept")
    (folder(fuse, serial) / "cache").mkdir()
    (folder(fuse, serial) / "cache" / "part.gcode").write_text("G28")
    (folder(fuse, serial) / "link").symlink_to(mine)
    other = web.ask("POST", MAKE, {"name": "Wanda"}, status=201).json()["printers"][0]["serial"]
    wait_played(fuse, other)
    web.ask("DELETE", f"/api/v1/printers/{serial}", status=204)
    fuse.wait_until(lambda: processes(fuse, serial) == {}, 20)
    wait_until(lambda: not folder(fuse, serial).exists(), 10, "its folder stays")
    assert (mine / "file").read_text() == "kept" and folder(fuse, other).is_dir()
    assert set(processes(fuse, other).values()) == {"up"}


def test_twenty_can_be_had_and_each_refusal_is_told_beside_what_was_made(make_fuse):
    fuse = make_fuse(workers=[]).start()
    web = http.Http(fuse, timeout_s=60)
    results = web.ask("POST", MAKE, {"name": "Vera", "quantity": 20, "model": "P1S"}, status=201).json()["printers"]
    serials = [result["serial"] for result in results]
    assert [result["printer"]["name"] for result in results] == [f"Vera #{n}" for n in range(1, 21)]
    assert {result["printer"]["address"] for result in results} == {f"127.64.0.{n}" for n in range(1, 21)}
    for serial in serials:
        wait_played(fuse, serial)
    told = fuse.fusectl("virtual", "add", "Wanda")
    assert told.returncode == 5 and "at most 20 virtual printers" in told.stderr
    web.ask("DELETE", f"/api/v1/printers/{serials[6]}", status=204)
    results = web.ask("POST", MAKE, {"name": "Wanda", "quantity": 2}, status=201).json()["printers"]
    assert [result["status"] for result in results] == [201, 409]
    assert results[0]["printer"]["address"] == "127.64.0.7"
    assert "at most 20" in results[1]["problem"]["detail"] and results[1]["serial"] is None
    assert len(fuse.ask("virtual", "list")["printers"]) == 20
    # They are no others' business: a real printer of this address is refused as ever.
    refused = web.raw("POST", "/api/v1/printers", {"serial": "01P00A000000001", "address": "127.64.0.7"})
    assert refused.status == 409 and "'Wanda #1'" in refused.json()["detail"]
