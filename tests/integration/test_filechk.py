"""fuse-filechk alone: what it says of sound files is what Python's own ZIP and XML readers find in them; of all others it
says what is wrong, and ends well."""
import collections
import hashlib
import io
import json
import os
import random
import signal
import struct
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from rig import filechk, threemf
from rig import fuse as rig_fuse
from rig.threemf import Filament, Plate

MODELS = {"C12": "P1S", "N2S": "A1", "BL-P001": "X1C", "O1D": "H2D", "N1": "A1-mini", "O1C": "H2C"}


def color(text: str) -> str:
    return (text.lstrip("#") + "FF")[:8].upper()


def nozzle_by_python(plate, entry, extruders: list) -> int:
    """The printer's number of the nozzle to which the slicer gave this filament."""
    if len(extruders) == 1:
        return 0
    racks = {nozzle.get("id"): int(nozzle.get("extruder_id")) - 1 for nozzle in plate.iter("nozzle")}
    return extruders[racks[entry.get("group_id").split(",")[0]] if racks else int(entry.get("group_id"))]


def rack_by_python(plate) -> dict:
    most = max(collections.Counter(nozzle.get("extruder_id") for nozzle in plate.iter("nozzle")).values(), default=0)
    return {"rackNozzles": most} if most > 1 else {}


def filaments_by_python(config: dict, plates) -> list:
    """What a plate was sliced with; of those that no plate uses, what the project's own list says."""
    found = [{"index": index, "material": material, "color": color(config["filament_colour"][index]), "profile": config["filament_ids"][index]}
             for index, material in enumerate(config["filament_type"])]
    for entry in plates.iter("filament"):
        found[int(entry.get("id")) - 1] |= {"material": entry.get("type"), "color": color(entry.get("color")), "profile": entry.get("tray_info_idx")}
    return found


def seen_by_python(data: bytes) -> dict:
    """The JSON of printer/plates.h, made from the same file by other means."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        config = json.loads(archive.read("Metadata/project_settings.config"))
        names = {plate.find("metadata[@key='plater_id']").get("value"): plate.find("metadata[@key='plater_name']").get("value")
                 for plate in ElementTree.fromstring(archive.read("Metadata/model_settings.config")).iter("plate")}
        sliced, plates = ElementTree.fromstring(archive.read("Metadata/slice_info.config")), []
        for plate in sliced.iter("plate"):
            told = {entry.get("key"): entry.get("value") for entry in plate.iter("metadata")}
            part = f"Metadata/plate_{told['index']}.gcode"
            content = archive.read(part)
            assert archive.read(part + ".md5").decode().upper() == hashlib.md5(content).hexdigest().upper()
            extruders = [int(number) for number in config["physical_extruder_map"]]
            plates.append({
                "plate": int(told["index"]), "name": names[told["index"]], "gcode": part, "gcodeBytes": len(content),
                "seconds": int(told["prediction"]), "grams": float(told["weight"]),
                "layers": int(content.partition(b"total layer number: ")[2].split()[0]),
                "nozzlesMm": [float(number) for number in told["nozzle_diameters"].split(",")],
                **rack_by_python(plate), "bedType": config["curr_bed_type"], "picture": f"Metadata/plate_{told['index']}.png" in archive.namelist(),
                "supports": told["support_used"] == "true",
                "filaments": [{"index": int(entry.get("id")) - 1, "grams": float(entry.get("used_g")), "meters": float(entry.get("used_m")),
                               "nozzle": nozzle_by_python(plate, entry, extruders), "highFlow": entry.get("volume_type") == "High Flow"}
                              for entry in plate.iter("filament")],
                "objects": [{"id": int(entry.get("identify_id")), "name": entry.get("name")} for entry in plate.iter("object")]})
    return {"kind": "3mf", "slicer": "BambuStudio-02.01.01.52", "model": MODELS[told["printer_model_id"]],
            "modelCode": told["printer_model_id"],
            "filaments": filaments_by_python(config, sliced), "plates": plates, "notes": []}


TWO = (Filament("PLA", "#FF8000"), Filament("PETG", "#0086D680", "GFG00"))
SOUND = {
    "one plate": (threemf.sliced(), "One plate for the P1S: 1 h 24 min, 13 g PLA."),
    "several plates": (threemf.sliced("N2S", filaments=TWO, plates=(
        Plate(1, grams={0: 31.7}, seconds=60, supports=True), Plate(3, name="lid & <box>", grams={0: 5, 1: 2.5}, picture=False,
                                                                 objects=((7, 'a "b" & \'c\''), (8, "größe")))),
        gcode_bytes=300_000), "2 plates for the A1: 1 h 25 min, 39 g PLA and PETG."),
    "two nozzles": (threemf.sliced("O1D", nozzles=(0.4, 0.6), filaments=TWO + (Filament("ABS"),),
                                   plates=(Plate(nozzles={0: 1, 1: 0}, grams={0: 1, 1: 2}),)),
                    "One plate for the H2D: 1 h 24 min, 3.0 g PLA and PETG."),
    "sliced for other nozzles than planned": (
        threemf.sliced("O1D", nozzles=(0.4, 0.4), filaments=TWO, plates=(Plate(nozzles={0: 0, 1: 1}, planned={0: 1, 1: 1}),)),
        "One plate for the H2D: 1 h 24 min, 25 g PLA and PETG."),
    "before slicers listed the nozzles": (
        threemf.sliced("O1D", nozzles=(0.4, 0.4), filaments=TWO, plates=(Plate(nozzles={0: 0, 1: 1}, planned={}, nozzles_listed=False),)),
        "One plate for the H2D: 1 h 24 min, 25 g PLA and PETG."),
    "a rack of nozzles": (
        threemf.sliced("O1C", nozzles=(0.4, 0.4), filaments=TWO + (Filament("ABS"),), plates=(
            Plate(nozzles={0: 0, 1: 1, 2: 0}, planned={0: 1, 1: 1, 2: 1}, rack={0: (4,), 1: (0,), 2: (1, 6)}),)),
        "One plate for the H2C: 1 h 24 min, 38 g PLA, PETG and ABS."),
    "a nozzle of high flow": (threemf.sliced("O1D", nozzles=(0.4, 0.4), filaments=(Filament(flow="High Flow"),)),
                              "One plate for the H2D: 1 h 24 min, 13 g PLA."),
    "the project was changed since": (
        threemf.sliced(filaments=(Filament("PETG", "#112233", "GFG99", later=Filament("PLA", "#445566", "GFL99")),
                                  Filament("PLA-S", "#FFFFFF", "GFS02", later=Filament("PLA", "#FFFFFF", "GFS02")))),
        "One plate for the P1S: 1 h 24 min, 25 g PETG and PLA-S."),
    "nothing packed": (threemf.sliced("N1", level=0, gcode_bytes=2_000_000), "One plate for the A1 mini: 1 h 24 min, 13 g PLA."),
    "33 plates": (threemf.sliced("BL-P001", plates=tuple(Plate(number, grams={0: 1}, seconds=3600) for number in range(2, 35)),
                                 gcode_bytes=3000), "33 plates for the X1 Carbon: 1 d 9 h, 33 g PLA."),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_found_is_what_another_reader_finds(name):
    data, sentence = SOUND[name]
    found = filechk.examine(data)
    expected = seen_by_python(data)
    assert found.name == "EXAMINED" and found.json == expected
    assert found["printable"] and found["kind"] == 1 and found["plates"] == len(expected["plates"])
    assert found["model"] == expected["model"] and found["sentence"] == sentence and found["remedy"] == ""


def test_plain_gcode_is_one_plate():
    found = filechk.examine(threemf.gcode("Bambu Lab A1 mini", gcode_bytes=3_000_000, filaments=TWO,
                                          slicer=("OrcaSlicer", "2.3.0"), plate=Plate(grams={1: 9.5})), "part.gcode")
    assert found["printable"] and found["kind"] == 2 and found["model"] == "A1-mini" and found["plates"] == 1
    assert found["sentence"] == "G-code for the A1 mini: 1 h 24 min, 9.5 g PETG."
    plate = found.json["plates"][0]
    assert found.json["slicer"] == "OrcaSlicer-2.3.0" and found.json["filaments"][1]["color"] == "0086D680"
    assert (plate["plate"], plate["gcode"], plate["layers"], plate["picture"]) == (1, "", 212, True)
    assert plate["filaments"] == [{"index": 1, "grams": 9.5, "meters": 3.19, "nozzle": 0}]


def test_gcode_of_another_machine_is_kept_with_a_note():
    found = filechk.examine(threemf.marlin(), "part.gcode")
    assert found["printable"] and found["kind"] == 2 and found["model"] == ""
    assert found.json["plates"][0]["seconds"] == 4530 and found.json["plates"][0]["layers"] == 150
    assert found.json["notes"] == ["It was sliced for MK3S, which is none of the models that Fuse knows."]


def test_a_file_without_the_slicers_lists_is_read_from_its_gcode():
    whole = threemf.parts("N2S", filaments=TWO, plates=(Plate(2, grams={1: 4.5}),))
    found = filechk.examine(threemf.pack({name: content for name, content in whole.items() if ".config" not in name}))
    assert found["printable"] and found["model"] == "A1"
    plate = found.json["plates"][0]
    assert (plate["plate"], plate["seconds"], plate["layers"], plate["grams"]) == (2, 5025, 212, 4.5)
    assert [entry["material"] for entry in found.json["filaments"]] == ["PLA", "PETG"]


# -- damaged, and not for printing ------------------------------------------------------------------------

def with_end(data: bytes, **changes) -> bytes:
    """The end record says something else."""
    at = data.rindex(b"PK\x05\x06")
    fields = list(struct.unpack("<HHHHIIH", data[at + 4:at + 22]))
    for name, value in changes.items():
        fields[["disk", "list_disk", "parts_here", "parts", "list_bytes", "list_at", "comment"].index(name)] = value
    return data[:at + 4] + struct.pack("<HHHHIIH", *fields) + data[at + 22:]


def with_size(data: bytes, name: str, size: int) -> bytes:
    """Both of the archive's lists say that this part has `size` bytes unpacked."""
    out = bytearray(data)
    for signature, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = out.find(signature)
        while out[at + name_at:at + name_at + len(name)] != name.encode() or out[at + name_at + len(name):][:1] == b".":
            at = out.find(signature, at + 4)
        out[at + size_at:at + size_at + 4] = struct.pack("<I", size)
    return bytes(out)


def twice() -> bytes:
    out = io.BytesIO(threemf.sliced())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("Metadata/plate_1.gcode", "G28\n")
    return out.getvalue()


def packed_with(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in threemf.parts().items():
            archive.writestr(name, content)
    return out.getvalue()


def spoiled(level: int = 1, **changes) -> bytes:
    """A sliced file in which these parts are others."""
    whole = threemf.parts(md5="none")
    places = {"gcode": "Metadata/plate_1.gcode", "slice_info": "Metadata/slice_info.config",
              "project": "Metadata/project_settings.config", "picture": "Metadata/plate_1.png", "plate": "Metadata/plate_1.json"}
    return threemf.pack(whole | {places[name]: content for name, content in changes.items()}, level)


def many_parts(count: int) -> bytes:
    return threemf.pack(threemf.parts() | {f"x/{number}": b"" for number in range(count)})


def binary_stl() -> bytes:
    return b"made by a program".ljust(80) + struct.pack("<I", 3) + bytes(150)


NOT_PRINTABLE = {
    "empty": (b"", "x.gcode.3mf", "is empty"),
    "unsliced": (threemf.unsliced(), "x.3mf", "not sliced"),
    "stl": (binary_stl(), "x.stl", "STL model"),
    "stl text": (b"solid cube\n facet normal 0 0 1\n", "x", "STL model"),
    "step": (b"ISO-10303-21;\nHEADER;\n", "x.step", "STEP model"),
    "obj": (b"# a cube\nv 0 0 0\nv 0 0 1\nf 1 2 3\n", "x.obj", "OBJ model"),
    "other model": (b"ply\nformat ascii 1.0\n", "x.ply", "model, not a sliced file"),
    "binary gcode": (b"GCDE\x01\0\0\0" + bytes(100), "x.bgcode", "no Bambu Lab printer reads"),
    "noise": (random.Random(1).randbytes(5000), "x.3mf", "neither"),
    "text": (b"Dear printer,\nplease print this.\n" * 100, "x.gcode", "neither"),
    "gcode with noise": (b"G28\nG1 X1\n" + bytes(100) + b"G1 X2\n", "x.gcode", "neither"),
    "gcode cut off": (threemf.truncated(threemf.gcode(gcode_bytes=2_000_000), 0.7), "x.gcode", "cut off"),
    "other zip": (threemf.pack({"a.stl": binary_stl(), "b.txt": "hello"}), "x.zip", "without a sliced plate"),
    "no parts": (b"PK\x05\x06" + bytes(18), "x.3mf", "without a sliced plate"),
    "cut off": (threemf.truncated(threemf.sliced()), "x.gcode.3mf", "cut off"),
    "last byte missing": (threemf.sliced()[:-1], "x.gcode.3mf", "cut off"),
    "damaged gcode": (threemf.damaged(threemf.sliced()), "x.gcode.3mf", "damaged"),
    "damaged list": (threemf.damaged(threemf.sliced(), "Metadata/slice_info.config"), "x.gcode.3mf", "damaged"),
    "locked": (threemf.encrypted(threemf.sliced()), "x.gcode.3mf", "password"),
    "wrong digest": (threemf.sliced(md5="wrong"), "x.gcode.3mf", "0500-4003"),
    "bomb": (threemf.bomb(100 << 20), "x.gcode.3mf", "hundreds of times"),
    "bomb in the settings": (threemf.bomb(100 << 20, "Metadata/project_settings.config"), "x.gcode.3mf", "hundreds of times"),
    "large settings": (spoiled(project=json.dumps({"a": random.Random(2).randbytes(3 << 20).hex()})), "x.gcode.3mf", "far larger"),
    "more than it says": (with_size(threemf.sliced(), "Metadata/plate_1.gcode", 1000), "x.gcode.3mf", "damaged"),
    "less than it says": (with_size(threemf.sliced(), "Metadata/plate_1.gcode", 30000), "x.gcode.3mf", "damaged"),
    "says many parts": (with_end(threemf.sliced(), parts=60000, parts_here=60000), "x.gcode.3mf", "more parts"),
    "too many parts": (many_parts(10_001), "x.gcode.3mf", "more parts"),
    "list elsewhere": (with_end(threemf.sliced(), list_at=1 << 31), "x.gcode.3mf", "damaged"),
    "list is not there": (with_end(threemf.sliced(), list_at=7), "x.gcode.3mf", "damaged"),
    "second volume": (with_end(threemf.sliced(), disk=1), "x.gcode.3mf", "damaged"),
    "packed strangely": (packed_with(zipfile.ZIP_LZMA), "x.gcode.3mf", "do not read"),
    "plate twice": (twice(), "x.gcode.3mf", "twice"),
    "empty gcode": (spoiled(gcode=b""), "x.gcode.3mf", "no command"),
    "no gcode in gcode": (spoiled(gcode=b"\x7fELF" + bytes(3000)), "x.gcode.3mf", "no command"),
    "65 plates": (threemf.pack({f"Metadata/plate_{number}.gcode": "G28\n" for number in range(1, 66)}), "x.gcode.3mf", "more than 64"),
    "filament 40": (spoiled(slice_info='<config><plate><metadata key="index" value="1"/><filament id="40"/></plate></config>'),
                    "x.gcode.3mf", "32 filaments"),
}


@pytest.mark.parametrize("name", NOT_PRINTABLE)
def test_what_cannot_be_printed_is_said_with_a_remedy(name):
    data, called, words = NOT_PRINTABLE[name]
    found = filechk.examine(data, called)
    assert found.name == "EXAMINED" and not found["printable"], found
    assert words in found["sentence"], found["sentence"]
    assert "File > Export > Export plate sliced file" in found["remedy"]
    assert found["plates"] == 0 and found.json["plates"] == []


def test_a_spoiled_plate_is_left_out_and_the_others_stay():
    whole = threemf.parts(plates=(Plate(1), Plate(2)))
    whole["Metadata/plate_2.gcode.md5"] = "0" * 32
    found = filechk.examine(threemf.pack(whole))
    assert found["printable"] and found["plates"] == 1
    assert found["sentence"] == "One plate for the P1S: 1 h 24 min, 13 g PLA. 1 more is damaged and left out."
    assert found.json["notes"] == ["Plate 2 is left out: its G-code is not what its checksum says."]


def test_a_digest_in_lower_case_is_noted():
    found = filechk.examine(threemf.sliced(md5="lower"))
    assert found["printable"] and "lower case" in found.json["notes"][0] and "0500-4003" in found.json["notes"][0]


LAUGHS = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' +
          "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + "]><config>&j;</config>")


@pytest.mark.parametrize("changes,note", [
    ({"slice_info": LAUGHS}, "has a document type"),
    ({"slice_info": "<a>" * 500_000}, "nested too deeply"),
    ({"slice_info": "<config>" + "<a/>" * 300_000 + "</config>"}, "too many elements"),
    ({"slice_info": "<config><plate>"}, "no well-formed XML"),
    ({"project": "[" * 1_000_000}, "too many lists"),
    ({"project": '{"a":' + "[" * 50 + "]" * 50 + "}"}, "no JSON object"),
    ({"project": '{"filament_type":[' + ",".join(["[]"] * 900_000) + "]}"}, "too many lists"),
    ({"project": '{"a":[' + ",".join('""' for _ in range(1_300_000)) + "]}"}, ""),
    ({"project": "{" + ",".join(f'"{n:x}":1' for n in range(380_000)) + "}"}, ""),
    ({"plate": "[1]"}, "no JSON object"),
], ids=["entities", "deep XML", "much XML", "broken XML", "deep JSON", "nested JSON", "many lists", "many texts", "many keys", "plate"])
def test_a_list_full_of_tricks_is_noted_and_the_gcode_read(changes, note):
    """Within the memory that the process has."""
    found = filechk.examine(spoiled(level=0, **changes))
    assert found["printable"] and found.json["plates"][0]["layers"] == 212
    assert [note in text for text in found.json["notes"]] == ([True] if note else [])


def test_names_from_the_file_cannot_play_with_the_screen():
    plates = (Plate(name="a\u202eb\u0007c", objects=((1, "x\u009b31m\u2028y"), (2, "n" * 500))),)
    whole = threemf.parts(plates=plates, md5="none")
    for name in ("Metadata/model_settings.config", "Metadata/slice_info.config"):
        whole[name] = whole[name].replace("\u0007", "\t")  # XML has no way to write it
    plate = filechk.examine(threemf.pack(whole)).json["plates"][0]
    assert plate["name"] == "a b c"
    assert [entry["name"] for entry in plate["objects"]] == ["x 31m y", "n" * 63]


def test_whatever_is_broken_something_is_said_of_it():
    """Cut anywhere and with bytes changed anywhere: always an answer and a good end."""
    dice, data = random.Random(3), threemf.sliced(filaments=TWO, gcode_bytes=3000)
    for _ in range(25):
        broken = bytearray(data[:dice.randrange(len(data))] if dice.random() < 0.3 else data)
        for _ in range(dice.randrange(1, 6) if broken else 0):
            # Mostly where the archive's own lists are.
            broken[dice.randrange(max(0, len(broken) - 1200), len(broken))] = dice.randrange(256)
        found = filechk.examine(bytes(broken))
        assert found.name == "EXAMINED" and found["sentence"] and found["printable"] == bool(found.json["plates"])


# -- large archives, and time ----------------------------------------------------------------------------------

def test_an_archive_of_the_large_kind_is_read(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)  # Python writes ZIP64's end then
    data = threemf.sliced()
    assert b"PK\x06\x06" in data and filechk.examine(data)["printable"]


def test_what_is_left_to_the_large_end_may_be_the_volumes_too(monkeypatch):
    """Windows' own packer writes 65535 for each number in the small end."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    data = threemf.sliced()
    assert filechk.examine(with_end(data, disk=0xffff, list_disk=0xffff, parts_here=0xffff, parts=0xffff))["printable"]
    found = filechk.examine(with_end(data, disk=1))
    assert not found["printable"] and "damaged" in found["sentence"]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return threemf.write(tmp_path_factory.mktemp("large") / "large.gcode.3mf", gcode_bytes=60 << 20, level=0)


def test_a_large_file_needs_little_memory_and_pings_are_answered_meanwhile(large):
    with filechk.Filechk(data_bytes=32 << 20) as checker, open(large, "rb") as file:
        checker.tell("EXAMINE", {"name": "large.gcode.3mf", "size_bytes": os.stat(large).st_size}, "stored", 5, file.fileno())
        checker.tell("PING", {"sequence": 1})
        said = []
        while not said or said[-1].name != "EXAMINED":
            said.append(checker.receive(pongs=True))
        assert [answer.name for answer in said] == ["PONG", "EXAMINED"]
        assert said[-1]["printable"] and said[-1].json["plates"][0]["gcodeBytes"] > 59 << 20


def test_a_stop_ends_it_in_the_middle(large):
    with filechk.Filechk() as checker, open(large, "rb") as file:
        checker.tell("EXAMINE", {"name": "large.gcode.3mf", "size_bytes": os.stat(large).st_size}, "stored", 5, file.fileno())
        checker.tell("STOP", {"deadline_ms": 1000})
        assert checker.receive().name == ""
        assert checker.ended()[0] == 0


def test_only_stored_is_answered_and_only_once(tmp_path):
    path = threemf.write(tmp_path / "one.gcode.3mf")
    with filechk.Filechk() as checker, open(path, "rb") as file:
        checker.process.send_signal(signal.SIGSTOP)  # so that it finds all three
        checker.tell("EXAMINE", {"name": "a", "size_bytes": 1}, "httpd", 5, file.fileno())
        checker.tell("EXAMINE", {"name": "b", "size_bytes": 1}, "stored", 6, file.fileno())
        checker.tell("PICTURE", {"plate": 1}, "stored", 7, file.fileno())
        checker.process.send_signal(signal.SIGCONT)
        answer = checker.receive()
        assert (answer.name, answer.request_id) == ("EXAMINED", 6)
        assert checker.receive().name == ""


def test_what_is_no_file_is_refused():
    with filechk.Filechk() as checker:
        reader, writer = os.pipe()
        checker.tell("EXAMINE", {"name": "a", "size_bytes": 1}, "stored", 5, reader)
        os.close(reader)
        os.close(writer)
        assert checker.receive().name == "REFUSED"


# -- pictures ----------------------------------------------------------------------------------------------------

def test_a_plates_picture_is_the_one_in_the_file():
    data = threemf.sliced(plates=(Plate(1), Plate(2), Plate(3, picture=False)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert filechk.picture(data, 2) == archive.read("Metadata/plate_2.png")
    assert filechk.picture(data, 3) is None and filechk.picture(data, 999) is None
    assert [plate["picture"] for plate in filechk.examine(data).json["plates"]] == [True, True, False]


def test_plain_gcode_has_its_picture_in_comments():
    assert filechk.picture(threemf.gcode()) == threemf.png()
    assert filechk.picture(threemf.gcode(), 2) is None and filechk.picture(threemf.marlin()) is None
    assert filechk.picture(threemf.gcode(plate=Plate(picture=False))) is None


@pytest.mark.parametrize("picture", [b"GIF89a" + bytes(100), threemf.png(5000, 1), threemf.png(8, 8)[:20], threemf.png(8, 8) + bytes(4 << 20)],
                         ids=["no PNG", "too wide", "cut off", "too long"])
def test_what_should_not_be_shown_is_no_picture(picture):
    data = spoiled(picture=picture)
    assert filechk.picture(data) is None
    found = filechk.examine(data)
    assert found["printable"] and found.json["plates"][0]["picture"] is False


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", threemf.truncated(threemf.sliced()), threemf.bomb(20 << 20, "Metadata/plate_1.png")])
def test_a_broken_file_has_no_picture(data):
    assert filechk.picture(data) is None


def test_the_rig_has_the_limits_of_the_product():
    rows = {row[1]: row for row in rig_fuse.wire.rows(rig_fuse.ROOT / "ipc/procs.def", "PROC")}
    assert int(rows["filechk"][12]) << 20 == filechk.DATA_BYTES and int(rows["filechk"][13]) == 32
