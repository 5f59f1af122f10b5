"""Who may include whom: common <- ipc <- printer <- each program, and one door for each library.

The rules are read off every #include line of the tree, and once more off the built programs: what
a program does not load, a fault in that library cannot harm.
"""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", ROOT / "build"))

# A folder may include itself and what is below it.
LAYERS = ["common", "ipc", "printer"]
PROGRAMS = {
    "supervisor": "fused",
    "fusectl": "fusectl",
    "stored": "fuse-stored",
    "stored/filechk": "fuse-filechk",
    "worker/link": "fuse-worker",
    "worker/virtual": "fuse-virtual",
    "worker/upload": "fuse-upload",
    "discovery": "fuse-discovery",
    "gatewayd": "fuse-gatewayd",
    "httpd": "fuse-httpd",
}

# Header of a library -> the only files or folders (with /) that may include it.
DOORS = {
    r"event2/.*|event\.h|evutil\.h": ["common/loop.c"],
    r"seccomp\.h": ["common/sandbox.c"],
    r"lmdb\.h": ["stored/"],
    r"sodium(/.*)?\.h": ["stored/"],
    r"openssl/.*": ["common/tls", "worker/link/paho_calls.c"],  # the latter for Paho, with Paho's calls
    r"gnutls/.*": ["httpd/tls", "httpd/digest.c"],
    r"jansson\.h": ["fusectl/", "httpd/", "discovery/", "gatewayd/", "worker/", "printer/", "stored/filechk/"],
    r"zip\.h": ["stored/filechk/archive.c"],
    r"expat\.h": ["stored/filechk/xml.c"],
    r"microhttpd\.h|wslay/.*": ["httpd/"],
    r"MQTT.*\.h": ["worker/link/mqtt.c", "gatewayd/"],
    r"curl/.*": ["gatewayd/"],
    r"libav.*/.*": ["worker/camera/"],
    r"yajl/.*": ["printer/report"],
    r"zstd.*\.h": ["worker/link/ring.c"],
}

# Headers of the C library and the kernel; a library that is neither here nor above has no door yet.
SYSTEM = re.compile(r"(sys|linux|arpa|net|netinet|asm)/[a-z0-9_]+\.h")
C_LIBRARY = set("""assert ctype dirent endian errno fcntl fnmatch ftw getopt glob grp ifaddrs inttypes langinfo limits locale malloc
    math netdb poll pthread pwd sched setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib
    stdnoreturn string strings sysexits syslog termios threads time unistd wchar wctype byteswap err""".split())

# Which libraries (of those with doors) a built program may load.
MAY_LOAD = {
    "fused": ["libevent"],
    "fusectl": ["libevent", "libjansson"],
    "fuse-stored": ["libevent", "libseccomp", "liblmdb", "libsodium", "libcrypto", "libjansson"],
    "fuse-filechk": ["libevent", "libseccomp", "libzip", "libexpat", "libjansson", "libcrypto"],
    "fuse-worker": ["libevent", "libseccomp", "libssl", "libcrypto", "libyajl", "libzstd", "libjansson"],
    "fuse-upload": ["libevent", "libseccomp", "libssl", "libcrypto"],
    "fuse-virtual": ["libevent", "libseccomp", "libssl", "libcrypto", "libjansson"],
    "fuse-discovery": ["libevent", "libseccomp", "libssl", "libcrypto", "libjansson"],
    "fuse-gatewayd": ["libevent", "libseccomp"],
    "fuse-httpd": ["libevent", "libseccomp", "libmicrohttpd", "libgnutls", "libwslay", "libcrypto", "libjansson"],
}
# What every program stands on, sanitizers included.
BASIS = re.compile(r"libc\.so|ld-linux|libgcc_s|libasan|libubsan|libm\.so|linux-vdso")


def folder_of(path: str) -> str:
    """The layer or program that a file of the tree belongs to; "" for what is in neither (tests)."""
    folders = [folder for folder in [*LAYERS, *PROGRAMS, "worker"] if path.startswith(folder + "/")]
    return max(folders, key=len, default="")


def may_include(folder: str, other: str) -> bool:
    if folder == other:
        return True
    if other not in LAYERS:
        return False
    return folder not in LAYERS or LAYERS.index(other) < LAYERS.index(folder)


def fault_of(path: str, quoted: bool, header: str) -> str:
    """What is wrong with one #include line, or ""."""
    if quoted:
        other = folder_of(header)
        if not other:
            return "is not named from the top of the tree"
        return "" if may_include(folder_of(path), other) else f"{folder_of(path)} may not include {other}"
    for pattern, doors in DOORS.items():
        if re.fullmatch(pattern, header):
            fine = any(path == door or (door.endswith("/") and path.startswith(door)) or
                       (not door.endswith((".c", "/")) and path.startswith(door)) for door in doors)
            return "" if fine else f"only {' and '.join(doors)} may include it"
    if SYSTEM.fullmatch(header) or header.removesuffix(".h") in C_LIBRARY:
        return ""
    return "is of a library that has no door: name one in tests/integration/test_layers.py"


def faults_of_tree(root: pathlib.Path) -> list:
    found = []
    for source in sorted([*root.rglob("*.c"), *root.rglob("*.h"), *root.rglob("*.def")]):
        path = source.relative_to(root).as_posix()
        if not folder_of(path):
            continue
        for number, line in enumerate(source.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if match:
                fault = fault_of(path, match.group(1) == '"', match.group(2))
                if fault:
                    found.append(f"{path}:{number}: {match.group(2)}: {fault}")
    return found


def test_every_include_respects_the_layers_and_the_doors():
    assert faults_of_tree(ROOT) == []


def test_every_folder_with_code_has_a_place_in_the_layers():
    strangers = set()
    for source in [*ROOT.rglob("*.c"), *ROOT.rglob("*.h")]:
        path = source.relative_to(ROOT).as_posix()
        if not folder_of(path) and not path.startswith(("tests/", "build/", ".")):
            strangers.add(path)
    assert not strangers


PLANTED = [
    ("common/str.c", '#include "ipc/role.h"', "common may not include ipc"),
    ("common/str.h", '#  include "printer/state.h"', "common may not include printer"),
    ("ipc/channel.c", '#include "supervisor/config.h"', "ipc may not include supervisor"),
    ("printer/state.c", '#include "worker/link/session.h"', "printer may not include worker/link"),
    ("supervisor/main.c", '#include "stored/record.h"', "supervisor may not include stored"),
    ("fusectl/main.c", '#include "supervisor/config.h"', "fusectl may not include supervisor"),
    ("worker/link/main.c", '#include "worker/camera/relay.h"', "worker/link may not include worker"),
    ("supervisor/main.c", '#include "../stored/record.h"', "not named from the top"),
    ("supervisor/main.c", '#include "config.h"', "not named from the top"),
    ("ipc/procs.def", '#include "stored/record.h"', "ipc may not include stored"),
    ("httpd/main.c", "#include <lmdb.h>", "only stored/ may"),
    ("supervisor/main.c", "#include <sodium.h>", "only stored/ may"),
    ("supervisor/spawn.c", "#include <seccomp.h>", "only common/sandbox.c may"),
    ("supervisor/spawn.c", "#include <event2/event.h>", "only common/loop.c may"),
    ("common/log.c", "#include <event2/buffer.h>", "only common/loop.c may"),
    ("supervisor/main.c", "#include <jansson.h>", "may include it"),
    ("ipc/message.c", "#include <jansson.h>", "may include it"),
    ("worker/link/main.c", "#include <curl/curl.h>", "only gatewayd/ may"),
    ("common/log.c", "#include <systemd/sd-daemon.h>", "has no door"),
    ("stored/main.c", "#include <sqlite3.h>", "has no door"),
    ("stored/files.c", "#include <zip.h>", "only stored/filechk/archive.c may"),
    ("stored/filechk/main.c", "#include <expat.h>", "only stored/filechk/xml.c may"),
    ("stored/files.c", '#include "stored/filechk/archive.h"', "stored may not include stored/filechk"),
    ("stored/filechk/main.c", '#include "stored/store.h"', "stored/filechk may not include stored"),
]


@pytest.mark.parametrize("path,line,fault", PLANTED)
def test_a_planted_breach_is_found(tmp_path, path, line, fault):
    """The two tests above can fail."""
    breach = tmp_path / path
    breach.parent.mkdir(parents=True)
    breach.write_text(f"/* fine: */\n#include <string.h>\n#include <sys/socket.h>\n#include \"common/str.h\"\n{line}\n")
    found = faults_of_tree(tmp_path)
    assert len(found) == 1 and found[0].startswith(f"{path}:5:") and fault in found[0]


def needed(program: pathlib.Path) -> list:
    dynamic = subprocess.run(["readelf", "-dW", str(program)], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\)\s+Shared library: \[([^]]+)\]", dynamic)


@pytest.mark.parametrize("program", sorted(MAY_LOAD))
def test_a_program_loads_only_its_libraries(program):
    libraries = [name for name in needed(BUILD / program) if not BASIS.match(name)]
    strange = [name for name in libraries if not name.startswith(tuple(MAY_LOAD[program]))]
    assert not strange
    # The reading works: each of them has at least the C library.
    assert "libc.so.6" in needed(BUILD / program)


def test_every_program_that_is_built_is_checked():
    built = {path.name for path in BUILD.glob("fuse*") if path.is_file() and os.access(path, os.X_OK)}
    assert built == set(MAY_LOAD) == set(PROGRAMS.values())


STARTS_A_PROCESS = re.compile(r"v?fork|clone3?|posix_spawnp?|f?execv?p?e?|execvpe|execl[pe]?|execveat|system|popen|ptrace")


def calls_of(folder: pathlib.Path) -> set:
    """What the objects of a folder want from elsewhere."""
    objects = sorted(folder.glob("*.o"))
    assert objects, f"nothing is built in {folder}"
    names = subprocess.run(["nm", "-u", *map(str, objects)], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in names.splitlines() if line.startswith(" ")}


# stored reads a database for the first time in a copy of itself, before it locks itself in (stored/check.c):
# a damaged file may kill whoever looks at it.
MAY_CALL = {"stored": {"fork"}}


@pytest.mark.parametrize("folder", ["common", "ipc", *sorted(set(PROGRAMS) - {"supervisor"})])
def test_only_the_supervisor_starts_processes(folder):
    starters = {name for name in calls_of(BUILD / "obj" / folder) if STARTS_A_PROCESS.fullmatch(name)}
    assert starters <= MAY_CALL.get(folder, set())


def test_the_supervisor_is_seen_to_start_processes():
    """The test above can fail."""
    assert {name for name in calls_of(BUILD / "obj" / "supervisor") if STARTS_A_PROCESS.fullmatch(name)}
