"""The pages in docs/ that come from tables are those that the tables give today."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FUSE_BUILD", ROOT / "build"))


def generators() -> list:
    return sorted(path.stem.removeprefix("gen_") for path in ROOT.glob("ipc/gen_*.c"))


def printed(name: str) -> str:
    return subprocess.run([str(BUILD / f"gen-{name}")], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", generators())
def test_a_generated_page_is_up_to_date(name):
    page = ROOT / "docs" / f"{name}.md"
    assert page.read_text() == printed(name), f"{page.relative_to(ROOT)} is old: run `make docs`"


def test_make_docs_knows_every_generator():
    makefile = (ROOT / "Makefile").read_text()
    for name in generators():
        assert f"docs/{name}.md" in makefile


def test_every_message_and_every_role_is_in_the_pages():
    messages = re.findall(r"^MSG\((\w+),", (ROOT / "ipc/messages.def").read_text(), re.MULTILINE)
    roles = re.findall(r"^PROC\(\w+, (\w+),", (ROOT / "ipc/procs.def").read_text(), re.MULTILINE)
    assert len(messages) > 20 and len(roles) >= 5
    ipc, processes = printed("ipc"), printed("processes")
    for message in messages:
        assert re.search(rf"^### \d+ {message}$", ipc, re.MULTILINE)
        assert f"\n| {message} |" in ipc
    for role in roles:
        assert processes.count(f"\n| {role} |") == 3


def test_tables_in_pages_are_whole():
    """Every row of a Markdown table has as many cells as its head."""
    for page in sorted(ROOT.glob("docs/*.md")):
        width = 0
        for number, line in enumerate(page.read_text().splitlines(), 1):
            if not line.startswith("|"):
                width = 0
                continue
            cells = len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", line)))
            width = width or cells
            assert cells == width, f"{page.name}:{number}"
