"""Sliced files as Bambu Studio and OrcaSlicer export them, and what is wrong with files in real life. Made up from the
public format (docs/protocol.md, "Print files"), so no slicer is needed and each figure is known.

    data = threemf.sliced()                                   # one plate for the P1S, one PLA, 1 h 23 min 45 s
    data = threemf.sliced("N2S", filaments=[Filament("PLA", "#FF8000"), Filament("PETG", "#0086D6")],
                          plates=[Plate(1, grams={0: 31.7}), Plate(2, name="lid", grams={0: 5, 1: 2.5})],
                          gcode_bytes=50 << 20)               # of each plate
    data = threemf.sliced(md5="wrong")                        # or "none", "lower"
    data = threemf.unsliced()                                 # a project: models, but no G-code
    data = threemf.truncated(threemf.sliced())                # as a copy that broke off
    data = threemf.encrypted(threemf.sliced())                # says that it wants a password
    data = threemf.damaged(threemf.sliced())                  # one byte of the G-code is another
    data = threemf.bomb()                                     # 1 GiB of nothing in 1 MiB
    data = threemf.gcode("Bambu Lab P1S")                     # a plain .gcode
    data = threemf.marlin()                                   # a .gcode for some other machine

The same arguments give the same bytes (and so the same SHA-256); `mark` makes another file of them.
"""
import base64
import dataclasses
import hashlib
import io
import json
import struct
import zipfile
import zlib
from xml.sax.saxutils import quoteattr

NAMES = {"BL-P001": "Bambu Lab X1 Carbon", "BL-P002": "Bambu Lab X1", "C13": "Bambu Lab X1E", "C11": "Bambu Lab P1P",
         "C12": "Bambu Lab P1S", "N7": "Bambu Lab P2S", "N2S": "Bambu Lab A1", "N1": "Bambu Lab A1 mini",
         "N6": "Bambu Lab X2D", "O1D": "Bambu Lab H2D", "O1S": "Bambu Lab H2S", "O1C": "Bambu Lab H2C"}
BED_CODES = {"Cool Plate": "cool_plate", "Engineering Plate": "eng_plate", "High Temp Plate": "hot_plate",
             "Textured PEI Plate": "textured_plate", "Supertack Plate": "supertack_plate"}
WHEN = (2026, 8, 10, 12, 0, 0)


@dataclasses.dataclass(frozen=True)
class Filament:
    """Of the project; the order counts."""
    material: str = "PLA"
    color: str = "#FF8000"  # or with transparency: "#FF8000CC"
    profile: str = "GFL99"
    flow: str = "Standard"  # of the nozzle, or "High Flow"
    later: "Filament" = None  # what the project's own list calls it: changed after slicing, or another name of material for supports


@dataclasses.dataclass(frozen=True)
class Plate:
    number: int = 1
    name: str = ""
    seconds: int = 5025
    layers: int = 212
    grams: dict = None            # project's filament (from 0) to what the plate needs of it; None: 12.5 g of each
    nozzles: dict = None          # project's filament to the nozzle it goes to: 0 right, 1 left; None: the right or only one
    planned: dict = None          # the same, as it was planned before slicing decided (`filament_maps`); None: as it was decided
    rack: dict = None             # project's filament to its nozzles by their numbers: {0: (0,), 2: (1, 4)}; None: one a nozzle
    nozzles_listed: bool = True   # does the slicer list the nozzles that it uses? (from 02.06)
    objects: tuple = ((81, "bracket"), (121, "lid"))
    supports: bool = False
    outside: bool = False
    picture: bool = True

    def uses(self, filaments) -> dict:
        return {index: 12.5 for index in range(len(filaments))} if self.grams is None else self.grams


def meters(grams: float) -> float:
    """Of 1.75 mm PLA."""
    return round(grams / 2.98, 2)


def groups_of(at: dict, filaments, nozzles) -> list:
    """The slicer's extruder of each filament, from 0. It counts from the left; the printer has the right one as 0, the left as 1."""
    return [(1 - (at or {}).get(index, 0)) if len(nozzles) == 2 else 0 for index in range(len(filaments))]


def words(seconds: int) -> str:
    """"1h 23m 45s", as slicers write it."""
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def png(width: int = 128, height: int = 128, color: tuple = (255, 128, 0)) -> bytes:
    """A disc on transparent ground."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            inside = (2 * x - width) ** 2 + (2 * y - height) ** 2 < min(width, height) ** 2 * 0.8
            rows += bytes((*color, 255)) if inside else b"\0\0\0\0"
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b""))


# -- G-code ---------------------------------------------------------------------------------------

def _thumbnail(picture: bytes, width: int, height: int) -> str:
    text = base64.b64encode(picture).decode()
    lines = "\n".join("; " + text[at:at + 78] for at in range(0, len(text), 78))
    return f"; THUMBNAIL_BLOCK_START\n; thumbnail begin {width}x{height} {len(text)}\n{lines}\n; thumbnail end\n; THUMBNAIL_BLOCK_END\n\n"


def _moves(size: int) -> bytes:
    """At least `size` bytes of moves that compress about as well as real ones."""
    block, x, lines = bytearray(), 7, []
    for _ in range(4096):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        lines.append(f"G1 X{x % 256000 / 1000:.3f} Y{x // 7 % 256000 / 1000:.3f} E.{x // 11 % 99999:05}\n")
    block = "".join(lines).encode()
    return (block * (size // len(block) + 1))[:max(size, 0)].rpartition(b"\n")[0] + b"\n"


def _head(slicer: tuple, model_name: str, plate: Plate, filaments, nozzles, bed: str, picture: bytes) -> str:
    used = plate.uses(filaments)
    config = {"curr_bed_type": bed, "filament_colour": ";".join(f.color for f in filaments),
              "filament_ids": ";".join(f.profile for f in filaments), "filament_type": ";".join(f.material for f in filaments),
              "layer_change_gcode": "; layer num/total_layer_count: {layer_num+1}/[total_layer_count]\\nM73 L{layer_num+1}\\n",
              "filament_map": ",".join(str(group + 1) for group in groups_of(plate.nozzles, filaments, nozzles)),
              "layer_height": "0.2", "nozzle_diameter": ",".join(f"{n:g}" for n in nozzles),
              "printer_model": model_name, "printer_settings_id": f"{model_name} {nozzles[0]:g} nozzle"}
    made_by = f"; {slicer[0]} {slicer[1]}\n" if slicer[0] == "BambuStudio" else \
        f"; generated by {slicer[0]} {slicer[1]} on 2026-08-10 at 12:00:00\n"
    return ("; HEADER_BLOCK_START\n" + made_by +
            f"; model printing time: {words(plate.seconds)}; total estimated time: {words(plate.seconds)}\n"
            f"; total layer number: {plate.layers}\n"
            f"; total filament length [mm] : {','.join(f'{1000 * meters(g):.2f}' for g in used.values())}\n"
            f"; total filament weight [g] : {','.join(f'{g:.2f}' for g in used.values())}\n"
            f"; filament: {','.join(str(index + 1) for index in used)}\n"
            "; HEADER_BLOCK_END\n\n" + (_thumbnail(picture, 128, 128) if picture else "") +
            "; CONFIG_BLOCK_START\n" + "".join(f"; {key} = {value}\n" for key, value in config.items()) +
            "; CONFIG_BLOCK_END\n\n; EXECUTABLE_BLOCK_START\nM73 P0 R83\nM201 X20000 Y20000 Z500 E5000\nG28\n")


def _gcode(slicer, model_name, plate, filaments, nozzles, bed, size, picture=b"", mark="") -> bytes:
    head = _head(slicer, model_name, plate, filaments, nozzles, bed, picture).encode()
    head += f"; mark {mark}\n".encode() if mark else b""
    tail = b"M400\nM104 S0\n; EXECUTABLE_BLOCK_END\n"
    return head + _moves(size - len(head) - len(tail)) + tail


def gcode(model_name: str = "Bambu Lab P1S", plate: Plate = Plate(), filaments=(Filament(),), nozzles=(0.4,),
          slicer=("BambuStudio", "02.01.01.52"), bed="Textured PEI Plate", gcode_bytes: int = 20_000, mark: str = "") -> bytes:
    """A plain .gcode of Bambu Studio or OrcaSlicer; with the plate's picture as slicers put it in."""
    return _gcode(slicer, model_name, plate, filaments, nozzles, bed, gcode_bytes, png() if plate.picture else b"", mark)


def marlin(gcode_bytes: int = 20_000) -> bytes:
    """A .gcode as PrusaSlicer makes it: what it knows stands at its end."""
    return (b"; generated by PrusaSlicer 2.8.0+linux-x64 on 2026-08-10 at 12:00:00 UTC\n\nM107\nM190 S60\nM104 S215\nG28\n" +
            _moves(gcode_bytes) + b"M104 S0\nM84\n; filament used [mm] = 3870.00\n; filament used [g] = 11.73\n"
            b"; estimated printing time (normal mode) = 1h 15m 30s\n; total layers count = 150\n\n"
            b"; prusaslicer_config = begin\n; filament_colour = #29B2B2\n; filament_type = PETG\n; nozzle_diameter = 0.4\n"
            b"; printer_model = MK3S\n; prusaslicer_config = end\n")


# -- 3MF ------------------------------------------------------------------------------------------

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
MODEL = XML + ('<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">\n'
               ' <metadata name="Application">BambuStudio-02.01.01.52</metadata>\n <resources/>\n <build/>\n</model>\n')
TYPES = XML + ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\n'
               ' <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\n'
               ' <Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>\n'
               ' <Default Extension="png" ContentType="image/png"/>\n <Default Extension="gcode" ContentType="text/x.gcode"/>\n</Types>\n')


def _metadata(key: str, value) -> str:
    return f"    <metadata key={quoteattr(key)} value={quoteattr(str(value).lower() if isinstance(value, bool) else str(value))}/>\n"


def slice_info(model: str, plates, filaments, nozzles, version: str = "02.01.01.52") -> str:
    """Metadata/slice_info.config."""
    text = XML + ('<config>\n  <header>\n    <header_item key="X-BBL-Client-Type" value="slicer"/>\n'
                  f'    <header_item key="X-BBL-Client-Version" value="{version}"/>\n  </header>\n')
    for plate in plates:
        used, groups = plate.uses(filaments), groups_of(plate.nozzles, filaments, nozzles)
        plans = groups_of(plate.nozzles if plate.planned is None else plate.planned, filaments, nozzles)
        rack = plate.rack or {index: (groups[index],) for index in used}
        text += "  <plate>\n" + "".join(_metadata(key, value) for key, value in {
            "index": plate.number, "printer_model_id": model, "nozzle_diameters": ",".join(f"{n:g}" for n in nozzles),
            "timelapse_type": 0, "prediction": plate.seconds, "weight": f"{sum(used.values()):.2f}", "outside": plate.outside,
            "support_used": plate.supports, "label_object_enabled": True,
            "filament_maps": " ".join(str(group + 1) for group in plans)}.items())
        text += "".join(f"    <object identify_id=\"{number}\" name={quoteattr(name)} skipped=\"false\" />\n"
                        for number, name in plate.objects)
        text += "".join(f"    <filament id=\"{index + 1}\" tray_info_idx=\"{filaments[index].profile}\" "
                        f"type={quoteattr(filaments[index].material)} color=\"{filaments[index].color}\" used_m=\"{meters(grams):.2f}\" "
                        f"used_g=\"{grams:.2f}\" used_for_object=\"true\" used_for_support=\"false\" group_id=\"{','.join(map(str, rack[index]))}\" "
                        f"nozzle_diameter=\"{nozzles[groups[index]]:.2f}\" volume_type=\"{filaments[index].flow}\"/>\n"
                        for index, grams in used.items())
        if plate.nozzles_listed and len(nozzles) == 2:
            # Of a rack, the first nozzle is the left one's only one, all others are the right one's.
            text += "".join(f"    <nozzle id=\"{number}\" extruder_id=\"{min(number, 1) + 1}\" nozzle_diameter=\"{nozzles[min(number, 1)]:g}\" "
                            f"volume_type=\"Standard\"/>\n" for number in sorted({number for numbers in rack.values() for number in numbers}))
        text += "  </plate>\n"
    return text + "</config>\n"


def _model_settings(plates, bed: str) -> str:
    text = XML + "<config>\n"
    for plate in plates:
        text += "  <plate>\n" + "".join(_metadata(key, value) for key, value in {
            "plater_id": plate.number, "plater_name": plate.name, "locked": False, "bed_type": bed,
            "gcode_file": f"Metadata/plate_{plate.number}.gcode", "thumbnail_file": f"Metadata/plate_{plate.number}.png"}.items())
        text += "  </plate>\n"
    return text + "</config>\n"


def _project_settings(model: str, filaments, nozzles, bed: str) -> str:
    filaments = [filament.later or filament for filament in filaments]
    return json.dumps({"curr_bed_type": bed, "filament_colour": [f.color for f in filaments],
                       "filament_ids": [f.profile for f in filaments], "filament_type": [f.material for f in filaments],
                       "from": "project", "name": "project_settings", "nozzle_diameter": [f"{n:g}" for n in nozzles],
                       "physical_extruder_map": ["1", "0"] if len(nozzles) == 2 else ["0"],
                       "printer_model": NAMES.get(model, model), "version": "02.01.01.52"}, indent=4)


def pack(parts: dict, level: int = 1) -> bytes:
    """A ZIP of these parts: name to bytes or text."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            is_packed = level > 0 and not name.endswith(".png")
            archive.writestr(zipfile.ZipInfo(name, WHEN), content, zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED, level)
    return out.getvalue()


def parts(model: str = "C12", plates=(Plate(),), filaments=(Filament(),), nozzles=(0.4,), bed: str = "Textured PEI Plate",
          gcode_bytes: int = 20_000, md5: str = "right", slicer=("BambuStudio", "02.01.01.52"), mark: str = "") -> dict:
    """What is in a sliced 3MF, for whoever wants to spoil a part before packing it."""
    made = {"[Content_Types].xml": TYPES, "3D/3dmodel.model": MODEL,
            "Metadata/project_settings.config": _project_settings(model, filaments, nozzles, bed),
            "Metadata/model_settings.config": _model_settings(plates, bed),
            "Metadata/slice_info.config": slice_info(model, plates, filaments, nozzles)}
    for plate in plates:
        name = f"Metadata/plate_{plate.number}"
        content = _gcode(slicer, NAMES.get(model, model), plate, filaments, nozzles, bed, gcode_bytes, mark=mark)
        digest = hashlib.md5(content).hexdigest().upper()
        sides = {"right": digest, "lower": digest.lower(), "wrong": hashlib.md5(b"another").hexdigest().upper()}
        made[f"{name}.gcode"] = content
        if md5 != "none":
            made[f"{name}.gcode.md5"] = sides[md5]
        made[f"{name}.json"] = json.dumps({
            "bbox_all": [100, 100, 140, 140], "bbox_objects": [{"id": number, "name": words_, "bbox": [100, 100, 140, 140]}
                                                              for number, words_ in plate.objects],
            "bed_type": BED_CODES.get(bed, "textured_plate"), "filament_colors": [filaments[i].color for i in plate.uses(filaments)],
            "filament_ids": list(plate.uses(filaments)), "is_seq_print": False, "nozzle_diameter": nozzles[0], "version": 2})
        if plate.picture:
            made[f"{name}.png"] = png(color=(255, 40 * plate.number % 256, 0))
            made[f"{name}_small.png"] = png(32, 32)
    return made


def sliced(*arguments, level: int = 1, **more) -> bytes:
    """A .gcode.3mf; arguments: parts(). Level 0 packs nothing: large files are made quickly."""
    return pack(parts(*arguments, **more), level)


def write(path, *arguments, **more):
    """sliced() into a file; returns its path."""
    path.write_bytes(sliced(*arguments, **more))
    return path


# -- what is wrong with files -----------------------------------------------------------------------

def unsliced() -> bytes:
    """A project saved with File > Save Project: models and settings, no G-code."""
    whole = parts(plates=(Plate(picture=True),))
    return pack({name: content for name, content in whole.items()
                 if ".gcode" not in name and name != "Metadata/plate_1.json" and "slice_info" not in name} |
                {"Metadata/slice_info.config": XML + "<config>\n  <header/>\n</config>\n"})


def truncated(data: bytes, keep: float = 0.5) -> bytes:
    """Only its beginning."""
    return data[:int(len(data) * keep)]


def damaged(data: bytes, name: str = "Metadata/plate_1.gcode") -> bytes:
    """One byte in the middle of this part is another."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(name)
    at = entry.header_offset + 30 + len(name) + entry.compress_size // 2
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


def encrypted(data: bytes) -> bytes:
    """Each part says that it wants a password."""
    out = bytearray(data)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(signature)
        while at >= 0:
            out[at + flags] |= 1
            at = out.find(signature, at + 4)
    return bytes(out)


def bomb(size: int = 1 << 30, name: str = "Metadata/plate_1.gcode") -> bytes:
    """A sliced file in which one part is `size` bytes of nothing."""
    whole = parts(md5="none")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for part, content in whole.items():
            if part != name:
                archive.writestr(zipfile.ZipInfo(part, WHEN), content)
        entry = zipfile.ZipInfo(name, WHEN)
        entry.compress_type = zipfile.ZIP_DEFLATED
        nothing = bytes(1 << 20)
        with archive.open(entry, "w", force_zip64=True) as stream:
            for _ in range(size >> 20):
                stream.write(nothing)
    return out.getvalue()
