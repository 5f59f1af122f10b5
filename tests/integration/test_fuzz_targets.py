"""Every function that reads foreign bytes has a fuzz target with a corpus.

A target's opening comment has a line "Covers: function, function…". What must be covered is found by
name: in this tree a function that makes sense of bytes is called …_parse…, …_decode…, mpack_get_… or
is one of the few named in ALSO. A static one counts as covered when a function of its own file is.
"""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = sorted((ROOT / "tests/fuzz").glob("fuzz_*.c"))
FOLDERS = ["common", "ipc", "printer", "supervisor", "fusectl", "stored", "worker", "discovery", "gatewayd", "httpd"]
PARSER = re.compile(r"\w*_(?:parse|decode)(?:_\w+)?|mpack_get_\w+|(?:parse|decode)_\w+")
DEFINITION = re.compile(r"^(static [^\n;]*|(?!static)[a-z][^\n;=]*)\n(\w+)\(", re.MULTILINE)
ALSO = {"logtap_feed", "logbook_add", "log_append_value", "logfmt_next", "notify_init", "wire_read"}


def covered_by(source: str) -> set:
    match = re.search(r"\* Covers: ([^*\n]*(?:\n \* {2,}[^*\n]*)*)", source)
    return set(re.findall(r"\w+", match.group(1))) if match else set()


def parsers_of(source: str) -> list:
    """(name, is static) of each parser that a file defines."""
    found = []
    for kind, name in DEFINITION.findall(source):
        if PARSER.fullmatch(name) or name in ALSO:
            found.append((name, kind.startswith("static")))
    return found


def uncovered(files: dict, covered: set) -> list:
    """`files`: path -> text. Parsers that no target names."""
    missing = []
    for path, text in sorted(files.items()):
        defined = {name for _, name in DEFINITION.findall(text)}
        for name, is_static in parsers_of(text):
            if name not in covered and not (is_static and defined & covered):
                missing.append(f"{path}: {name}")
    return missing


def all_covered() -> set:
    return set().union(*(covered_by(target.read_text()) for target in TARGETS))


def test_every_parser_has_a_fuzz_target():
    files = {path.relative_to(ROOT).as_posix(): path.read_text()
             for folder in FOLDERS for path in (ROOT / folder).rglob("*.c")}
    assert len(files) > 20
    assert uncovered(files, all_covered()) == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda path: path.stem)
def test_a_target_covers_what_exists_and_has_a_corpus(target):
    covered, text = covered_by(target.read_text()), target.read_text()
    assert covered, "its opening comment has no line 'Covers: …'"
    code = text[text.index("*/"):]
    for name in covered:
        declared = any(re.search(rf"\b{name}\(", header.read_text())
                       for folder in FOLDERS for header in (ROOT / folder).rglob("*.h"))
        assert declared, f"{name} does not exist"
    # The others may be called by these.
    assert any(re.search(rf"\b{name}\(", code) for name in covered), "it calls none of them"
    corpus = ROOT / "tests/fuzz/corpus" / target.stem.removeprefix("fuzz_")
    seeds = [path for path in corpus.rglob("*") if path.is_file()] if corpus.is_dir() else []
    assert len(seeds) >= 3, f"{corpus.name}: a corpus of at least 3 small files"
    for seed in seeds:
        assert seed.stat().st_size <= 4096, f"{seed} is larger than 4 KB"


def test_a_parser_without_a_target_is_found():
    """The first test can fail."""
    text = "bool\nplate_parse(const char *text)\n{\n}\n\nstatic bool\nparse_word(const char *word)\n{\n}\n"
    assert uncovered({"worker/plate.c": text}, all_covered()) == ["worker/plate.c: plate_parse",
                                                                  "worker/plate.c: parse_word"]
    assert uncovered({"worker/plate.c": text}, {"plate_parse"}) == []
