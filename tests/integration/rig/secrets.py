"""Secrets that tests plant, and the search for them where none may ever stand: in logs and other output.

Every planted secret begins with the same marker and ends in random digits, so one search finds all of
them, also those of another test, and also when only the random half has leaked.
"""
import base64
import os
import pathlib
import secrets as random_source

MARKER = "PlantedSecret-"

# The tests run in several processes; what each has planted stands here for the search at the end.
_BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", pathlib.Path(__file__).resolve().parents[3] / "build"))
KEPT = _BUILD / "test-secrets"
_planted: list = []


def plant() -> str:
    """A new secret, remembered for the rest of the run."""
    secret = MARKER + random_source.token_hex(12)
    _planted.append(secret)
    with KEPT.open("a") as kept:
        kept.write(secret + "\n")
    return secret


def forget_all():
    """A new run begins."""
    KEPT.unlink(missing_ok=True)


def take_all():
    """Search for what all processes of this run have planted."""
    if KEPT.exists():
        _planted.extend(set(KEPT.read_text().split()) - set(_planted))


def planted_count() -> int:
    return len(_planted)


def _forms(secret: str) -> list:
    """How a secret could stand in a file: as it is, its random half, in hex, in base64."""
    raw, tail = secret.encode(), secret[len(MARKER):].encode()
    return [MARKER.encode(), raw, tail, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")]


def leaks_in(data: bytes) -> list:
    """Which planted secrets stand in `data` in any form (as text for a report)."""
    found = [MARKER] if MARKER.encode() in data or MARKER.encode().hex().encode() in data else []
    for secret in _planted:
        if any(form in data for form in _forms(secret)[1:]):
            found.append(secret)
    return found


def leaks_below(folder: pathlib.Path) -> list:
    """"file: secret" for each leak in any file below `folder`."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found += [f"{path}: {leak}" for leak in leaks_in(path.read_bytes())]
    return found
