"""Printers of which there is no sample: what a person who knows the protocol (docs/protocol.md) reads off their words,
and what our JSON says. The words are made up here, after the notes about those models.
"""
import pytest
from test_state_json import MISSING, assert_valid, at, differences, state_of

PLA = {"tray_type": "PLA", "tray_info_idx": "GFA00", "tray_color": "ff6a13ff", "tag_uid": "E25173B320E30212",
       "tray_uuid": "1597FC8A3F56EAB5AAEDDE2CF9200AC4", "remain": 47, "nozzle_temp_min": "190", "nozzle_temp_max": "230"}


def full(**fields) -> dict:
    return {"print": {"command": "push_status", "msg": 0, "sequence_id": "2021", "gcode_state": "IDLE", **fields}}


def delta(**fields) -> dict:
    return {"print": {"command": "push_status", "msg": 1, **fields}}


def unit(number, slots, **more) -> dict:
    return {"id": str(number), "tray": [{"id": str(i), **slot} for i, slot in enumerate(slots)], **more}


# name: model, what it says, what that means, what must not be there.
DUMPS = {
    "an X1E heats its chamber, on a cable": ("X1E", [
        full(chamber_temper="44.5", ctt=55, wifi_signal="-90dBm", stat="47A58000",
             home_flag=(1 << 31 | 1 << 23 | 1 << 8 | 7) - (1 << 32),
             net={"conf": 16, "info": [{"ip": 0x0700A8C0, "mask": 0x00FFFFFF}, {"ip": 0, "mask": 0}]}),
        delta(chamber_temper=46)], {
            "temperatures": {"chamber": {"actualCelsius": 46, "targetCelsius": 55}},
            "data": {"temps": {"chamberTemp": 46, "chamberTempTarget": 55}}, "door": "open", "lid": None, "wifiDbm": -90,
            "homed": {"x": True, "y": True, "z": True}, "storage": "normal",
            "addresses": [{"address": "192.168.0.7", "mask": "255.255.255.0"}]}, []),
    "a P1P of old, all in texts": ("P1P", [
        {"print": {"command": "push_status", "sequence_id": 2021, "gcode_state": "RUNNING", "mc_percent": "42",
                   "mc_remaining_time": "87", "layer_num": "12", "total_layer_num": "100", "stg_cur": "0",
                   "nozzle_temper": "219.5", "nozzle_target_temper": "220", "bed_temper": "60", "bed_target_temper": "60.0",
                   "chamber_temper": 5, "cooling_fan_speed": "15", "big_fan1_speed": "10", "big_fan2_speed": "2",
                   "heatbreak_fan_speed": "8", "wifi_signal": "-48dBm", "sdcard": "HAS_SDCARD_NORMAL", "home_flag": "256",
                   "nozzle_diameter": 0.4, "job_id": 12, "ams": {"tray_now": "254"}, "vt_tray": {"tray_type": "PETG"}}}], {
            "state": "RUNNING", "preparing": False, "progressPercent": 42, "times": {"remainingMinutes": 87},
            "layers": {"current": 12, "total": 100}, "stage": {"number": 0, "words": "printing"},
            "temperatures": {"nozzle": {"actualCelsius": 219.5, "targetCelsius": 220},
                             "bed": {"actualCelsius": 60, "targetCelsius": 60}, "chamber": None},
            "fans": {"part": 100, "aux": 60, "chamber": 10, "heatbreak": 50}, "wifiDbm": -48, "storage": "normal",
            "job": {"id": "12"}, "nozzleDiameter": "0.4", "activeSlot": {"amsId": 254, "slotId": 0},
            "externalSpools": [{"id": 254, "material": "PETG", "active": True}], "door": None},
        ["data.temps.chamberTemp"]),
    "an A2L with its AMS lite, number 16": ("A2L", [
        full(ams={"ams": [unit(16, [PLA, {}, {"state": 10, "tray_type": "ABS"}, {**PLA, "tag_uid": "0" * 16,
                                                                                  "tray_uuid": "0" * 32}],
                               info="1002", humidity="5", humidity_raw="0", temp="0.0")],
                  "ams_exist_bits": "1", "tray_exist_bits": "9000000", "tray_now": "3"})], {
            "ams": [{"id": 16, "label": "AMS lite", "kind": "ams-lite", "humidityIndex": 5, "humidityPercent": None,
                     "temperatureCelsius": None, "slots": [
                         {"id": 0, "fill": "loaded", "color": "FF6A13FF", "remainPercent": 47, "nozzleMaxCelsius": 230},
                         {"id": 1, "fill": "empty", "material": None}, {"id": 2, "fill": "remembered", "material": "ABS"},
                         {"id": 3, "fill": "loaded", "spool": None, "tag": None, "remainPercent": None, "active": True}]}],
            "activeSlot": {"amsId": 16, "slotId": 3}}, []),
    "an X2D with two nozzles, two dryers and a switch under way": ("X2D", [
        full(nozzle_temper=40, bed_temper=60, stat="1046A58008", fun="41A5DD9FF8FFF",
             ams={"ams": [unit(0, [PLA, PLA], info="1003", dry_time="0"), unit(128, [{**PLA, "state": 9}], info="2004"),
                          unit(131, [{"state": 9}], info="2104", dry_time=95, humidity_raw="12", temp="55.5")],
                  "ams_exist_bits": "91", "tray_exist_bits": "90003", "tray_now": "0"},
             vir_slot=[{"id": "254", "tray_type": "TPU"}, {"id": "255", "tray_type": ""}],
             device={"extruder": {"state": 0x12, "info": [{"id": 0, "temp": 14745864, "snow": 32768, "hnow": 0},
                                                          {"id": 1, "temp": 53, "snow": 65279, "hnow": 1}]},
                     "nozzle": {"exist": 3, "info": [{"id": 0, "diameter": 0.4, "type": "HS01"},
                                                     {"id": 1, "diameter": 0.6, "type": "HH01"}]},
                     "bed": {"info": {"temp": 4587590}}, "ctc": {"info": {"temp": 45 | 60 << 16}},
                     "airduct": {"modeCur": 1, "parts": [{"id": 16, "state": 90}, {"id": 32, "state": 0},
                                                         {"id": 160, "state": 30}]}}),
        delta(device={"extruder": {"state": 0xF2}}),
        delta(device={"extruder": {"state": 0x02, "info": [{"id": 0, "temp": 225 << 16 | 226}]},
                      "airduct": {"parts": [{"id": 160, "state": 55}]}}, nozzle_temper=41)], {
            "temperatures": {"nozzle": {"actualCelsius": 226, "targetCelsius": 225},
                             "nozzles": [{"extruder": 0, "actualCelsius": 226, "targetCelsius": 225},
                                         {"extruder": 1, "actualCelsius": 53, "targetCelsius": 0}],
                             "bed": {"actualCelsius": 70, "targetCelsius": 70},
                             "chamber": {"actualCelsius": 45, "targetCelsius": 60}},
            "activeSlot": {"amsId": 128, "slotId": 0}, "nozzleDiameter": "0.4", "nozzleType": "HS01",
            "door": "open", "lid": "closed",
            "extruders": [{"id": 0, "active": True, "slot": {"amsId": 128, "slotId": 0}},
                          {"id": 1, "active": False, "slot": None}],
            "ams": [{"id": 0, "kind": "ams-2-pro", "extruder": 0, "drying": None},
                    {"id": 128, "kind": "ams-ht", "label": "AMS HT 1", "slots": [{"id": 0, "fill": "loaded",
                                                                                "active": True}]},
                    {"id": 131, "label": "AMS HT 4", "extruder": 1, "drying": {"remainingMinutes": 95},
                     "humidityPercent": 12, "temperatureCelsius": 55.5, "slots": [{"id": 0, "fill": "unread"}]}],
            "externalSpools": [{"id": 254, "material": "TPU"}, {"id": 255, "material": None}],
            "fans": {"part": 90, "aux": 0, "aux2": 55, "chamber": None}, "airMode": "heating", "developerMode": "on"},
        []),
    "an H2C prints with a nozzle of its rack": ("H2C", [
        full(gcode_state="RUNNING", layer_num=3, nozzle_diameter="0.4", nozzle_temper=40,
             device={"extruder": {"state": 2, "info": [{"id": 0, "temp": 14745864, "snow": 258, "hnow": 19},
                                                       {"id": 1, "temp": 40, "snow": 65535, "hnow": 1}]},
                     "nozzle": {"exist": 0x3B0003, "info": [{"id": n, "diameter": 0.6 if n == 19 else 0.4, "type": "HH01"}
                                                            for n in (0, 1, 16, 17, 18, 19, 20, 21)]}})], {
            "nozzleDiameter": "0.6", "activeSlot": {"amsId": 1, "slotId": 2},
            "nozzles": [{"id": n, "present": n != 18} for n in (0, 1, 16, 17, 18, 19, 20, 21)],
            "temperatures": {"nozzle": {"actualCelsius": 264, "targetCelsius": 225}}}, []),
    "slots in deltas": ("P2S", [
        full(ams={"ams": [unit(0, [PLA, PLA, PLA, PLA], humidity="4")], "ams_exist_bits": "1", "tray_exist_bits": "f",
                  "tray_now": "255", "power_on_flag": True}),
        delta(ams={"ams": [{"id": "0", "tray": [{"id": "2", "remain": 46}]}]}),
        delta(ams={"tray_exist_bits": "d", "ams": [{"id": "0", "tray": [{"id": "1"}]}]}),
        delta(ams={"ams": [{"id": "0", "tray": [{"id": "3", "state": 8}]}, None, 7,
                           {"tray": [{"id": "0", "tray_type": "ABS"}]}]}),
        delta(ams={"ams_exist_bits": "0", "tray_exist_bits": "0", "power_on_flag": False}),
        delta(ams=None, vt_tray=None, device=None)], {
            "ams": [{"id": 0, "humidityIndex": 4, "slots": [
                {"id": 0, "fill": "loaded", "material": "PLA"}, {"id": 1, "fill": "empty", "material": None},
                {"id": 2, "fill": "loaded", "remainPercent": 46}, {"id": 3, "fill": "empty"}]}]}, []),
    "health that comes and goes": ("X1C", [
        full(hms=[{"attr": 0x03000100, "code": 0x00010001}, {"attr": 0x05000500, "code": 0x00010007}],
             print_error=0x05004003),
        delta(hms=[{"attr": "118096128", "code": "131073"}], print_error=0x0300400C)], {
            "hms": [{"code": "070A-0100-0002-0001", "severity": "serious"}], "hmsTotal": 1, "printError": None,
            "data": {"print": {"printError": 0}}, "developerMode": None, "isAvailable": False}, ["data.print.errorCode"]),
    "replies that look like reports": ("A1", [
        full(nozzle_diameter="0.4", bed_temper=30),
        {"print": {"command": "extrusion_cali_get", "nozzle_diameter": "0.8", "result": "success", "reason": ""}},
        {"print": {"bed_temper": 99, "result": "FAIL", "reason": "busy", "sequence_id": 7}},
        {"print": {"bed_temper": 98, "err_code": 84033543}},
        {"print": {"command": "gcode_line", "bed_temper": 97}},
        {"system": {"command": "ledctrl", "result": 0}},
        delta(upgrade_state={"status": "DOWNLOADING", "progress": "45", "sn": "03900A000000001"})], {
            "nozzleDiameter": "0.4", "temperatures": {"bed": {"actualCelsius": 30}},
            "upgrade": {"status": "DOWNLOADING", "percent": 45}, "isAvailable": False, "reports": {"count": 2}}, []),
}


@pytest.mark.parametrize("name", DUMPS)
def test_what_is_said_is_what_is_shown(name):
    model, words, expected, absent = DUMPS[name]
    state = state_of(model, words)
    assert differences(expected, state) == []
    assert [path for path in absent if at(state, path) is not MISSING] == []
    assert_valid(state)
