"""An older copy of the database: what it does not know of its jobs' files on printers. The store alone."""
import pytest

from test_jobs_store import TO_UPLOADED, bring, state_of, stored, submit  # noqa: F401


def restore(stored, snapshot: bytes):
    """The database is damaged; what is found is a snapshot."""
    stored.kill()
    folder = stored.dir / "snapshots"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    (folder / "2026-11-22T18-30-00Z-5.mdb").write_bytes(snapshot)
    (stored.dir / "db/data.mdb").write_bytes(b"x" * 65536)
    stored.start()


@pytest.mark.parametrize("name,ending", [("part one.gcode.3mf", ".gcode.3mf"), ("cube.GCODE", ".gcode")])
def test_the_file_of_a_job_is_named_although_the_record_does_not_know_that_it_went_there(stored, name, ending):
    sha256 = stored.file(name.encode(), name)
    started, waiting, staged = (submit(stored, sha256=sha256, **more) for more in ({}, {}, {"stage_only": True}))
    stored.kill()
    snapshot = (stored.dir / "db/data.mdb").read_bytes()
    stored.start()
    base = "part_one" if "part" in name else "cube"
    bring(stored, started, *TO_UPLOADED, "armed", "sent", "started")
    restore(stored, snapshot)
    mine = {job["id"]: job for job in stored.jobs_of("ALPHA")}
    assert state_of(stored, started) == "unknown" and state_of(stored, waiting) == "received"
    for job in (started, waiting):
        assert mine[job]["remote_path"] == f"/{base}-{job}{ending}"
    assert mine[staged]["remote_path"] == ""  # it was never in the way
    stored.ask("httpd", "STORE_CONFIRM", {})
    stored.restart()  # and that stays known
    mine = {job["id"]: job for job in stored.jobs_of("ALPHA")}
    assert mine[waiting]["remote_path"] == f"/{base}-{waiting}{ending}"
