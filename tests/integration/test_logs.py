"""The log: who said what and when, in files that stay small, whatever happens to the console or the disk."""
import contextlib
import datetime
import os
import re
import subprocess

from rig import by_hand
from rig.fuse import parse_logfmt

LINE = re.compile(r"ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z role=(supervisor|stored|gatewayd|httpd|discovery|worker)"
                  r"( entry=\S+)? pid=\d+ lvl=(error|warn|info|debug)( [A-Za-z0-9_.-]+=(\"([^\"\\]|\\.)*\"|[^\s\"]+))+")
KIB = 1024


def files(fuse) -> dict:
    """The log files by name."""
    return {path.name: path.read_text() for path in (fuse.state / "logs").iterdir() if path.is_file()}


def chatter(fuse, *names):
    """Each of these rogue workers says 450 lines at once, which is what it may."""
    for name in names:
        fuse.provoke(name)


def talkers(make_fuse, count: int, lines: int = 450):
    names = [f"T{n}" for n in range(count)]
    fuse = make_fuse(workers=names, rogues={"worker"})
    for name in names:
        fuse.plan(f"worker/{name}", "usr1", "log_much", lines)
    return fuse, [f"worker/{name}" for name in names]


def test_every_line_says_when_and_who(fuse):
    before = datetime.datetime.now(datetime.timezone.utc)
    rows = fuse.ps()
    fuse.kill("worker/ALPHA", 9)
    fuse.wait_log("obituary")
    fuse.stop()
    lines = fuse.stderr_text().splitlines()
    assert all(LINE.fullmatch(line) for line in lines), [line for line in lines if not LINE.fullmatch(line)]
    record = parse_logfmt(next(line for line in lines if " role=httpd " in line))
    assert record["pid"] == str(rows["httpd"]["pid"])
    said = datetime.datetime.fromisoformat(record["ts"].replace("Z", "+00:00"))
    assert abs((before - said).total_seconds()) < 60
    # The file has the same lines, and they are nobody else's business.
    assert files(fuse) == {"fuse.log": fuse.stderr_text()}
    assert (fuse.state / "logs/fuse.log").stat().st_mode & 0o137 == 0


def test_files_are_rotated_as_the_settings_say(make_fuse):
    fuse, names = talkers(make_fuse, 12)
    fuse.start()
    assert fuse.fusectl("settings", "logFileMaxKib=64", "logFileKeep=2").returncode == 0
    chatter(fuse, *names)  # some 600 KiB
    fuse.wait_until(lambda: len(fuse.records(msg="chatter number 449")) == 12)
    fuse.stop()
    kept = files(fuse)
    assert set(kept) == {"fuse.log", "fuse.log.1", "fuse.log.2"}
    assert all(len(text) <= 64 * KIB for text in kept.values())
    assert all(len(kept[name]) > 63 * KIB for name in ("fuse.log.1", "fuse.log.2"))
    # Together they are the end of all that was said, without a gap.
    together = kept["fuse.log.2"] + kept["fuse.log.1"] + kept["fuse.log"]
    assert fuse.stderr_text().endswith(together)
    assert together.startswith("ts=")


def test_fewer_files_are_kept_from_the_moment_that_it_is_set(make_fuse):
    fuse, names = talkers(make_fuse, 8)
    fuse.start()
    assert fuse.fusectl("settings", "logFileMaxKib=64").returncode == 0
    chatter(fuse, *names)
    fuse.wait_until(lambda: "fuse.log.4" in files(fuse))
    assert fuse.fusectl("settings", "logFileKeep=1").returncode == 0
    fuse.wait_until(lambda: set(files(fuse)) == {"fuse.log", "fuse.log.1"})


def test_the_file_can_be_switched_off_and_on(fuse):
    assert fuse.fusectl("settings", "logToFile=false").returncode == 0
    fuse.restart("discovery")
    unheard = files(fuse)["fuse.log"]
    generation = fuse.ps()["discovery"]["generation"]
    assert f"generation={generation}" not in unheard
    fuse.wait_log(f"process=discovery .*generation={generation}")
    assert fuse.fusectl("settings", "logToFile=true").returncode == 0
    generation = fuse.restart("discovery")["generation"]
    fuse.wait_until(lambda: f"generation={generation}" in files(fuse)["fuse.log"])


def test_what_was_dropped_is_said_though_the_child_is_silent_now(make_fuse):
    fuse, names = talkers(make_fuse, 1, lines=2000)
    fuse.start()
    chatter(fuse, *names)

    def told():
        said = fuse.records(role="worker", entry="T0")
        heard = sum(record["msg"].startswith("chatter number") for record in said)
        return heard, sum(int(record.get("dropped", 0)) for record in said)

    heard, dropped = fuse.wait_until(lambda: told() if told()[1] else None, 5, "nothing is said of what was dropped")
    fuse.wait_until(lambda: sum(told()) == 2000, 5, "a line was neither shown nor counted")
    assert heard < 2000 and dropped > 0


def test_a_file_that_somebody_moves_away_is_begun_anew(fuse):
    log = fuse.state / "logs/fuse.log"
    log.rename(log.with_name("fuse.log.saved"))
    generation = fuse.restart("discovery")["generation"]
    fuse.wait_until(lambda: log.exists() and f"generation={generation}" in log.read_text())
    log.unlink()
    generation = fuse.restart("discovery")["generation"]
    fuse.wait_until(lambda: log.exists() and f"generation={generation}" in log.read_text())


def test_a_full_disk_for_the_log_is_said_once_and_overcome(make_fuse):
    fuse, names = talkers(make_fuse, 4, lines=100)
    with by_hand.small_disk(fuse.state / "logs"):
        fuse.start()
        by_hand.fill(fuse.state / "logs")
        with fuse.others_untouched("discovery"):
            chatter(fuse, *names[:3])
            fuse.wait_until(lambda: len(fuse.records(msg="chatter number 99")) == 3)
            complaint = "the log file takes no lines (No space left on device)"
            assert sum(complaint in record["msg"] for record in fuse.records(lvl="error")) == 1
            # What could not be written can still be asked for.
            assert fuse.fusectl("logs", "--lines", "5000").stdout.count("chatter number 99") == 3
            (fuse.state / "logs/ballast").unlink()
            fuse.wait_until(lambda: fuse.restart("discovery") and "takes lines again" in files(fuse)["fuse.log"])
        chatter(fuse, names[3])
        fuse.wait_until(lambda: len(fuse.records(msg="chatter number 99")) == 4)
        text = (fuse.state / "logs/fuse.log").read_text()
        lost = int(re.search(r'lvl=warn msg="the log file takes lines again" lost=(\d+)\n', text).group(1))
        assert lost > 0
        assert all(LINE.fullmatch(line) for line in text.splitlines()), "half a line stands in the file"
        assert "chatter number 99" in text.splitlines()[-1]
        said = fuse.stderr_text().splitlines()
        assert len(text.splitlines()) == len(said) - lost - 1  # but for the lost ones and the complaint
        assert fuse.stop() == 0


def test_a_console_that_nobody_reads_holds_nothing_up(make_fuse):
    """A pipe into a program that has stopped reading, say."""
    fuse, names = talkers(make_fuse, 6)
    with by_hand.started(fuse, stderr=subprocess.PIPE) as process:
        fuse.process = process
        fuse.wait_all_up()
        with fuse.others_untouched():
            chatter(fuse, *names)  # 300 KiB into a pipe that holds 64
            fuse.wait_until(lambda: files(fuse)["fuse.log"].count("chatter number 449") == 6)
        # It is read again: what was lost is counted.
        os.set_blocking(process.stderr.fileno(), False)
        shown = b""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(process.stderr.fileno(), 65536):
                shown += piece
        fuse.restart("discovery")
        shown = os.read(process.stderr.fileno(), 65536).decode()
        lost = int(re.match(r'lvl=warn msg="this console took no lines for a while" lost=(\d+)\n', shown).group(1))
        assert lost > 1000
        fuse.exits_expected = True
    process.stderr.close()


def test_a_console_that_goes_away_ends_nothing(make_fuse):
    fuse, names = talkers(make_fuse, 1)
    with by_hand.started(fuse, stderr=subprocess.PIPE) as process:
        fuse.process = process
        process.stderr.close()
        fuse.wait_all_up()
        with fuse.others_untouched():
            chatter(fuse, *names)
            fuse.wait_until(lambda: "chatter number 449" in files(fuse)["fuse.log"])
        fuse.exits_expected = True


def test_the_log_goes_on_after_a_kill_of_fused(fuse):
    fuse.kill9()
    before = files(fuse)["fuse.log"]
    fuse.start()
    after = files(fuse)["fuse.log"]
    assert after.startswith(before) and len(after) > len(before)
    assert all(LINE.fullmatch(line) for line in after.splitlines())
