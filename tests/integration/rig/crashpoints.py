"""The crash points of the source (common/crashpoint.h): every name that a program may stand still at."""
import re

from .fuse import ROOT

PROGRAMS = {"worker": "worker/link", "upload": "worker/upload", "stored": "stored", "filechk": "stored/filechk", "httpd": "httpd",
            "fused": "supervisor", "discovery": "discovery", "gatewayd": "gatewayd"}


def names() -> set:
    """As they stand in the files that call crash_point(), alone or in a table."""
    found = set()
    for folder in set(PROGRAMS.values()) | {"common", "ipc", "printer"}:
        for path in (ROOT / folder).glob("*.c"):
            text = path.read_text()
            if "crash_point(" in text and path.name != "crashpoint.c":
                found |= set(re.findall(rf'"((?:{"|".join(PROGRAMS)})-[a-z-]+)"', text))
                asked = re.findall(r"crash_point\(([^)]*)\)", text)
                assert all(name.startswith('"') or "points[" in name for name in asked), f"{path} has a name that is computed: {asked}"
    return found
