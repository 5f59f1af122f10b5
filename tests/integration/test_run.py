"""What `make test` says of stories that fail: always, or only beside others."""
import importlib.machinery
import importlib.util
import pathlib

import pytest

RUN = pathlib.Path(__file__).resolve().parents[1] / "run"
GOOD = "def test_good():\n    pass\n"
BAD = "def test_bad():\n    assert False\n"
FIRST_TIME_BAD = """
import pathlib
def test_shaky():
    mark = pathlib.Path(__file__).with_suffix(".tried")
    tried = mark.exists()
    mark.touch()
    assert tried
"""


@pytest.fixture
def run():
    loader = importlib.machinery.SourceFileLoader("tests_run", str(RUN))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tests_run", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def tell(run, tmp_path, capfd):
    """The exit code and the output of a run of some files of tests, with the second chance."""
    def told(**files):
        for name, text in files.items():
            (tmp_path / f"test_{name}.py").write_text(text)
        tally, one = run.Tally(), run.Pytest(tmp_path, ["-p", "no:xdist", tmp_path], root=tmp_path)
        one.wait()
        run.try_again(tmp_path, [one], tally)
        one.add_to(tally)
        return tally.close(), capfd.readouterr().out
    return told


def test_who_fails_beside_others_only_is_told_and_counts_as_passed(tell):
    code, told = tell(good=GOOD, shaky=FIRST_TIME_BAD)
    assert code == 0 and "SHAKY" in told and told.endswith("2 passed, 0 failed\n")


def test_who_fails_alone_too_has_failed(tell):
    code, told = tell(good=GOOD, bad=BAD, shaky=FIRST_TIME_BAD)
    assert code == 1 and "SHAKY" not in told and told.endswith("1 passed, 2 failed\n")


def test_more_than_two_are_no_chance(tell):
    code, told = tell(good=GOOD, **{f"shaky{n}": FIRST_TIME_BAD for n in range(3)})
    assert code == 1 and told.endswith("1 passed, 3 failed\n")


def test_what_breaks_off_before_its_end_has_failed(tell):
    code, told = tell(good=GOOD, gone="import os\ndef test_gone():\n    os._exit(3)\n")
    assert code == 1 and told.endswith("0 passed, 1 failed\n")
