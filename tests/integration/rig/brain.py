"""Printers that print: a Mosquitto printer (rig/printers.py) which does what it is told by project_file and stop, and
says so in reports as printers of its family do.

	with Brain("00M00A000000001", "127.0.50.7", ca=issuer, storage=ftps, tmp_path=tmp_path) as printer:
	    printer.manner = "waits"      # what it does with a start, see MANNERS
	    …                             # a start comes
	    printer.starts                # the bodies of all starts that came, oldest first
	    printer.go("RUNNING"); printer.finish()

It looks whether the file of a start is on its storage, whole, and complains as printers do when it is not.
"""
import re
import threading
import time

from .printers import REFUSED_UNSIGNED, MosquittoPrinter

MANNERS = {"prints": "begins at once: PREPARE, then RUNNING",
           "waits": "says that it has the start and goes on when go() is called: a slow parser",
           "echoes": "shows the job's id and stays as it is",
           "refuses": "answers that it does not want to",
           "unsigned": "answers that Developer Mode is off",
           "fails": "sets print_error to `error`",
           "deaf": "nothing at all"}

BAD_PATH, UNREADABLE, CANCELLED = 0x05004002, 0x05004003, 0x0300400C


def tray(slot: int, material: str = "PLA", color: str = "FF8000FF") -> dict:
    return {"id": str(slot), "state": 11, "tray_type": material, "tray_info_idx": "GFL99", "tray_color": color,
            "cols": [color], "remain": 80, "tray_weight": "1000", "nozzle_temp_min": "190", "nozzle_temp_max": "230",
            "tag_uid": "0123456789ABCDEF", "tray_uuid": f"{slot:032X}".replace("0", "A")}


class Brain(MosquittoPrinter):
    """
    storage   a Storage of rig/ftpd.py where the files of starts are looked for; None: not looked
    sliced    the size that the file of each start must have; None: any
    plain     P1 and A1 style: deltas with changed keys only, gcode_file is the file's name
    """

    def __init__(self, serial: str, address: str, storage=None, plain: bool = False, **options):
        self.storage, self.plain, self.manner, self.error = storage, plain, "prints", UNREADABLE
        self.starts, self.stops, self.missing, self.turn = [], 0, [], threading.RLock()
        unit = {"id": "0", "info": "1001", "humidity": "4", "temp": "24.0", "tray": [tray(0), tray(1, "PETG", "0086D6FF")]}
        self.state = {"gcode_state": "IDLE", "nozzle_temper": 25, "bed_temper": 20, "home_flag": 256, "sdcard": True,
                      "spd_lvl": 2, "nozzle_diameter": "0.4", "hms": [], "print_error": 0, "mc_percent": 0,
                      "mc_remaining_time": 0, "subtask_id": "0", "task_id": "0", "subtask_name": "", "gcode_file": "",
                      "layer_num": 0, "total_layer_num": 0, "vt_tray": {"id": "254"},
                      "ams": {"ams_exist_bits": "1", "tray_exist_bits": "3", "power_on_flag": True, "ams": [unit]}}
        super().__init__(serial, address, auto=True, **options)

    @property
    def report(self):
        with self.turn:
            return {"print": {"command": "push_status", "msg": 0, **self.state}}

    @report.setter
    def report(self, _):
        pass  # the base class has one that is set

    # -- what a test makes it do --------------------------------------------------------------------------

    def say(self, **fields):
        """These have changed: a delta tells them."""
        with self.turn:
            self.state.update(fields)
            said = fields if self.plain else {**self.state}
        self.publish({"print": {"command": "push_status", "msg": 1, **said}})

    def go(self, state: str, **more):
        """The print that it has been told comes to this state."""
        self.say(gcode_state=state, **more)

    def finish(self):
        self.go("FINISH", mc_percent=100, mc_remaining_time=0)

    def fail(self, error: int = 0):
        self.go("FAILED", print_error=error)

    def start_own(self, name: str = "from the screen"):
        """A person starts something at its screen."""
        self.go("RUNNING", subtask_id="4711", task_id="4711", subtask_name=name, gcode_file=name + ".gcode.3mf",
                mc_remaining_time=60)

    # -- what it does with what it is told ------------------------------------------------------------------

    def _answer(self, section: str, inner: dict):
        command = inner.get("command")
        if section == "print" and command in ("project_file", "gcode_file"):
            self._start(inner)
        elif section == "print" and command == "stop":
            self._stop(inner)
        else:
            super()._answer(section, inner)

    def _reply(self, inner: dict, **more):
        self.publish({"print": {**inner, "result": "success", "reason": "success", **more}})

    def _start(self, inner: dict):
        self.starts.append(inner)
        manner = self.manner
        if manner == "deaf":
            return
        if manner == "refuses":
            self._reply(inner, result="fail", reason="file is not for this printer")
            return
        if manner == "unsigned":
            self._reply(inner, result="fail", reason="mqtt message verify failed", err_code=REFUSED_UNSIGNED)
            return
        self._reply(inner)
        if manner == "fails" or not self._has_file(inner):
            self.say(print_error=self.error if manner == "fails" else BAD_PATH)
            return
        gcode = inner["param"] if inner["command"] == "gcode_file" else "/data/Metadata/plate_1.gcode"
        shown = {"subtask_id": inner.get("subtask_id", "0"), "task_id": inner.get("task_id", "0"),
                 "subtask_name": inner.get("subtask_name", ""), "print_error": 0, "layer_num": 0, "mc_percent": 0,
                 "gcode_file": inner.get("file", gcode) if self.plain else gcode}
        self.say(**shown)
        if manner == "prints":
            self.go("PREPARE", total_layer_num=212)
            self.go("RUNNING", layer_num=1, mc_percent=1, mc_remaining_time=80)

    def _has_file(self, inner: dict) -> bool:
        if self.storage is None:
            return True
        path = "/" + inner.get("url", "").removeprefix("ftp://").lstrip("/")
        if inner["command"] == "gcode_file":  # as the printer itself sees its storage
            path = re.sub("^(/mnt/sdcard|/sdcard|/media/usb0)", "", inner["param"])
        if path in self.storage.files():
            return True
        self.missing.append(path)
        return False

    def _stop(self, inner: dict):
        self.stops += 1
        self._reply(inner)
        if self.state["gcode_state"] in ("PREPARE", "RUNNING", "PAUSE"):
            self.go("FAILED", print_error=CANCELLED)

    # -- what a test waits for ---------------------------------------------------------------------------------

    def wait_start(self, deadline_s: float = 20) -> dict:
        """The first start that came."""
        until = time.monotonic() + deadline_s
        while not self.starts:
            assert time.monotonic() < until, f"no start within {deadline_s} s"
            time.sleep(0.02)
        return self.starts[0]
