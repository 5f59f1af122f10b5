"""The last test of a run: all logs and fusectl sessions of all tests before it hold none of the secrets
that those tests planted (in environments, in requests, in the store)."""
import pytest

from rig import secrets
from rig.fuse import LOGS


def test_the_search_finds_a_secret_in_every_form_that_it_could_have(tmp_path):
    import base64

    secret = secrets.plant()
    forms = [secret, secret[len(secrets.MARKER):], secret.encode().hex(), base64.b64encode(secret.encode()).decode()]
    for number, form in enumerate(forms):
        (tmp_path / f"{number}.log").write_text(f"before {form} after\n")
    leaks = secrets.leaks_below(tmp_path)
    assert all(any(f"{number}.log" in leak for leak in leaks) for number in range(len(forms))), leaks


def test_no_log_of_any_test_holds_a_planted_secret():
    files = [path for path in LOGS.rglob("*") if path.is_file()]
    if not files:
        pytest.skip("no test that keeps logs ran before")
    secrets.take_all()
    assert secrets.planted_count() > 1
    assert any("msg=" in path.read_text(errors="replace") for path in files)
    assert secrets.leaks_below(LOGS) == []
