"""A farm of printers as farms are: of many models, most at work, some with faults of every kind, all with names that
people give. Used by the stories with many printers, by screenshots.py and by tests/bench/browser.py.

	fleet = Fleet(site, 100)     # all kept by Fuse; fleet.start_talking() has each report once a second
"""
import itertools
import random
import threading
import time

from rig import links
from rig.waiting import wait_until

import site_rig

NAMES = ["Anna", "Berta", "Carl", "Dora", "Emil", "Frieda", "Gustav", "Hedwig", "Ida", "Jakob", "Käthe", "Ludwig", "Minna",
         "Norbert", "Otto", "Paula", "Quirin", "Rosa", "Söhnke", "Theo", "Ursula", "Viktor", "Wilma", "Xaver", "Yvonne"]
JOBS = ["Benchy", "bracket_v2", "Drawer organiser (3 × 4, deep)", "gear housing – left", "Lamp shade", "phone stand rev C",
        "Vase spiral 0.6", "Cable clip ×120", "Planter, large, with saucer and drainage holes for the balcony", "Raspberry Pi case"]
MODELS = ["x1c-1", "p1p-1", "a1-1", "p2s-1", "h2d-1", "a1mini-1", "h2s-1", "x1c-1", "p1p-1", "h2c-1"]
KEYS = {"x1c-1": "X1C", "p1p-1": "P1P", "a1-1": "A1", "p2s-1": "P2S", "h2d-1": "H2D", "a1mini-1": "A1-mini", "h2s-1": "H2S", "h2c-1": "H2C"}
COLORS = ["00AE42FF", "FFFFFFFF", "161616FF", "F72323FF", "0A2989FF", "FEC600FF", "FF6A13FF", "A6A9AAFF", "FFC0CBFF", "9B72CB80"]
MATERIALS = ["PLA", "PETG", "ABS", "TPU", "PLA-CF", "ASA", "PA-CF", "PC"]

DEVELOPER_MODE_OFF = 1 << 29  # of `fun`

# What printers do, the most usual first; number n does the n-th of these.
LIVES = ["printing", "idle", "printing", "finished", "printing", "preparing", "printing", "off", "printing", "idle",
         "paused", "printing", "wrong-code", "idle", "health", "printing", "failed", "printing", "other-certificate", "no-code",
         "printing", "idle", "printing", "printing", "finished", "busy-health", "printing", "signed", "printing", "printing"]


def _spool(at: int, slot: int) -> dict:
    n = at * 7 + slot * 3
    if n % 11 == 5:
        return {"id": str(slot)}
    material = MATERIALS[n % len(MATERIALS)]
    colors = [COLORS[n % len(COLORS)], COLORS[(n + 3) % len(COLORS)]] if n % 9 == 4 else [COLORS[n % len(COLORS)]]
    return {"id": str(slot), "tray_info_idx": "GFA00", "tray_type": material, "tray_sub_brands": f"{material} Basic", "tray_color": colors[0],
            "cols": colors, "ctype": 1 if len(colors) > 1 else 2, "remain": (n * 13) % 101, "k": 0.02, "n": 1, "tray_weight": "1000",
            "tray_diameter": "1.75", "nozzle_temp_max": "230", "nozzle_temp_min": "190", "tag_uid": "0000000000000000",
            "tray_uuid": "00000000000000000000000000000000", "state": 11}


def _recolor(report: dict, at: int):
    """Spools of many colours and materials in each AMS, some slots empty."""
    exist = 0
    for unit in report.get("ams", {}).get("ams", []):
        number = int(unit.get("id", 0))
        if len(unit.get("tray", [])) == 4:
            unit["tray"] = [_spool(at + number, slot) for slot in range(4)]
            unit["humidity"] = str(at % 5 + 1)
            exist |= sum(1 << slot for slot, tray in enumerate(unit["tray"]) if "tray_type" in tray) << 4 * number
    if report.get("ams", {}).get("ams"):
        report["ams"].update({"tray_now": str(at % 4), "tray_exist_bits": f"{exist:x}"})


def _set_heat(report: dict, heat: tuple, bed: tuple, chamber: int):
    """Newer models tell their temperatures packed as well: target << 16 | actual."""
    report.update({"nozzle_temper": heat[0], "nozzle_target_temper": heat[1], "bed_temper": bed[0], "bed_target_temper": bed[1]})
    device = report.get("device", {})
    for nozzle in device.get("extruder", {}).get("info", []):
        is_active = nozzle.get("id") == device["extruder"].get("state", 0) >> 4 & 15
        nozzle["temp"] = heat[1] << 16 | int(heat[0]) if is_active else 27
    for part, value in (("bed", bed[1] << 16 | int(bed[0])), ("ctc", chamber)):
        if "temp" in device.get(part, {}).get("info", {}):
            device[part]["info"]["temp"] = value
    if "chamber_temper" in report:
        report["chamber_temper"] = chamber


def life_of(at: int) -> str:
    return LIVES[at % len(LIVES)]


def heat_of(at: int) -> tuple:
    """((actual, target) of the nozzle, of the bed)."""
    life = life_of(at)
    if life == "preparing":
        return (121.3, 220), (43.5, 60)
    if life in ("printing", "paused", "busy-health"):
        return (219.6, 220), (60.1, 60)
    return (26 + at % 4, 0), (24 + at % 3, 0)


def report_of(at: int) -> tuple:
    """(name of the sample, full report) of printer number `at`."""
    sample, life = MODELS[at % len(MODELS)], life_of(at)
    percent = (at * 37) % 97 + 1
    job = JOBS[at % len(JOBS)]
    changes = {"gcode_state": "IDLE", "mc_percent": 0, "mc_remaining_time": 0, "layer_num": 0, "total_layer_num": 0, "hms": [],
               "print_error": 0, "subtask_name": "", "gcode_file": "", "stg_cur": 255,
               "wifi_signal": f"-{40 + at % 35}dBm", "sdcard": True}
    at_work = {"gcode_state": "RUNNING", "mc_percent": percent, "mc_remaining_time": (100 - percent) * (1 + at % 5) + 1,
               "layer_num": percent * 3, "total_layer_num": 300, "subtask_name": job, "gcode_file": f"{job}.3mf", "stg_cur": 0}
    if life in ("printing", "paused", "busy-health"):
        changes |= at_work
    if life == "preparing":
        changes |= at_work | {"mc_percent": 0, "layer_num": 0, "stg_cur": 2, "gcode_state": "PREPARE"}
    if life == "paused":
        changes |= {"gcode_state": "PAUSE", "stg_cur": 16}
    if life in ("finished", "failed"):
        changes |= {"gcode_state": "FINISH" if life == "finished" else "FAILED", "mc_percent": 100 if life == "finished" else percent,
                    "subtask_name": job, "gcode_file": f"{job}.3mf", "layer_num": 300, "total_layer_num": 300}
    if life == "failed":
        changes["print_error"] = 0x03004006
    if life == "health":
        changes["hms"] = [{"attr": 0x03000100, "code": 0x00010001}]
    if life == "busy-health":
        changes["hms"] = [{"attr": 0x07002300, "code": 0x00020001}, {"attr": 0x0C000300, "code": 0x00030006}]
    report = site_rig.report_of(sample, **changes)
    nozzle, bed = heat_of(at)
    _set_heat(report["print"], nozzle, bed, 38 if nozzle[1] else 25)
    if life != "signed" and "fun" in report["print"]:
        report["print"]["fun"] = f"{int(report['print']['fun'], 16) & ~DEVELOPER_MODE_OFF:X}"
    _recolor(report["print"], at)
    return sample, report


class Fleet:
    def __init__(self, site: site_rig.Site, count: int, faulty: bool = True):
        """`faulty`: False has them all live."""
        self.site, self.made, self.beats = site, [], itertools.count(1)
        self.talking = None
        for at in range(count):
            self._add(at, faulty)
        for at, printer in enumerate(self.made):
            if not faulty or self.is_live(at):
                links.wait_live(site.fuse, printer.serial, 60)
        if faulty:
            self._wait_faults()

    def is_live(self, at: int) -> bool:
        return life_of(at) not in ("off", "wrong-code", "other-certificate", "no-code")

    def name_of(self, at: int) -> str:
        return NAMES[at % len(NAMES)] + (f" {at // len(NAMES) + 1}" if at >= len(NAMES) else "")

    def _add(self, at: int, faulty: bool):
        sample, report = report_of(at)
        printer = self.site.make(sample, report=report, start=not (faulty and life_of(at) == "off"))
        life = life_of(at) if faulty else ""
        pin = "ab" * 32 if life == "other-certificate" else printer.fingerprint
        links.add(self.site.fuse, printer.serial, printer.address, pin=pin, name=self.name_of(at), model=KEYS[sample],
                  code={"wrong-code": "99999999", "no-code": ""}.get(life, printer.code))
        self.made.append(printer)

    def _wait_faults(self):
        """Every fault has been found out."""
        def told():
            with self.site.fuse.ctl() as ctl:
                rows = {row["serial"]: row for row in ctl.recall("PRINTER_LINK")}
            return all(self.is_live(at) or rows.get(p.serial, {}).get("fault") for at, p in enumerate(self.made))

        wait_until(told, 60, "not every fault is told")

    def live(self) -> list:
        return [printer for at, printer in enumerate(self.made) if printer.process is not None and self.is_live(at)]

    def beat(self, printer):
        """One report as printers send them each second: a few values that have changed."""
        beat = next(self.beats)
        (nozzle, _), (bed, _) = heat_of(self.made.index(printer))
        printer.publish(links.delta(nozzle_temper=nozzle + random.randrange(-20, 20) / 10, bed_temper=bed + random.randrange(-10, 10) / 10,
                                    wifi_signal=f"-{random.randrange(40, 60)}dBm", sequence_id=str(beat)))

    def start_talking(self, per_second: float = 1):
        """From now on each that is live reports so often, until stop_talking()."""
        assert self.talking is None
        self.talking = threading.Event()
        printers = self.live()

        def talk(ended):
            started = time.monotonic()
            for turn in itertools.count():
                for index, printer in enumerate(printers):
                    due = started + (turn + index / len(printers)) / per_second
                    if ended.wait(max(0.0, due - time.monotonic())):
                        return
                    try:
                        self.beat(printer)
                    except OSError:
                        pass  # a story has switched it off

        self.talker = threading.Thread(target=talk, args=(self.talking,), daemon=True)
        self.talker.start()

    def stop_talking(self):
        if self.talking is not None:
            self.talking.set()
            self.talker.join(10)
            self.talking = None
