"""The configuration: where it comes from, what a mistake in it does, and what SIGHUP touches."""
import pathlib
import re
import socket
import subprocess

import pytest

from rig import by_hand
from rig.fuse import free_address

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = 78


def refused(fuse, *options, env=None) -> str:
    code, said = fuse.start_in_vain(*options, env=env)
    assert code == CONFIG
    assert said.startswith("fused: ") and said.count("\n") == 1
    return said.removeprefix("fused: ").rstrip("\n")


# -- at start ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("lines,line,words", [
    ("\n\nhtpp = x\n", 3, "unknown key 'htpp'; did you mean 'http'?"),
    ("stats = off\n# again\nstats = off\n", 3, "'stats' stands in line 1 already; remove one of the two"),
    ("worker = ALPHA\n", 1, "unknown key 'worker'; the keys are state http stats local-access trusted-proxy log-level"),
    ("http = localhost:8888\n", 1, "'localhost' is no IP address; write it in numbers, like 127.0.0.1, 0.0.0.0 or [::1]"),
    ("log-level = loud\n", 1, "'loud' is no log level; it is one of error, warn, info, debug"),
    ("http\n", 1, "'http' is not a line like key = value"),
    ("state = \x1b[2J\n", 1, "the value of 'state' has a control character in it; write it anew"),
])
def test_a_mistake_is_named_with_file_and_line(make_fuse, lines, line, words):
    fuse = make_fuse(config=lines)
    assert refused(fuse) == f"{fuse.config_file}:{line}: {words}"
    assert not fuse.state.exists(), "nothing was begun"


def test_a_file_that_is_not_there_is_named(make_fuse):
    fuse = make_fuse()
    fuse.config_file.unlink()
    assert refused(fuse) == (f"{fuse.config_file}: the configuration file cannot be read (No such file or directory); "
                             "check its name and who may read it")
    fuse.write_config()


def test_a_mistake_on_the_command_line_or_in_the_environment_names_it(make_fuse):
    fuse = make_fuse()
    assert refused(fuse, "--http", "here").startswith("--http: 'here' is not ADDR:PORT")
    assert refused(fuse, env={"FUSE_LOG_LEVEL": "loud"}).startswith("FUSE_LOG_LEVEL: 'loud' is no log level")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(make_fuse):
    address = free_address()
    fuse = make_fuse(config=f"state = /nowhere\nhttp = {address}:1\nlog-level = error\n")
    fuse.start(env={"FUSE_HTTP": f"{address}:2", "FUSE_LOG_LEVEL": "debug"})
    assert fuse.ask("status")["http"] == fuse.http  # the command line's
    fuse.wait_log("lvl=debug")  # the environment's


def test_a_listener_can_be_switched_off(make_fuse):
    fuse = make_fuse().start("--stats", "off")
    assert fuse.ask("status")["stats"] is None
    with socket.socket() as probe:
        assert probe.connect_ex((fuse.address, 8889)) != 0
        assert probe.connect_ex((fuse.address, 8888)) == 0


def test_the_sample_file_shows_every_key_with_its_default(make_fuse):
    sample = (ROOT / "etc/fused.conf").read_text()
    keys = {key: default for key, where, default in re.findall(
        r'^KEY\(\w+, "([^"]+)", (\w+), "[^"]*", "[^"]*", "[^"]*", "([^"]*)"', (ROOT / "supervisor/config.def").read_text(),
        re.MULTILINE) if where == "IN_FILE"}
    shown = dict(re.findall(r"^#([a-z-]+) = (.*)$", sample, re.MULTILINE))
    assert set(shown) == set(keys)
    assert {key: shown[key] for key, default in keys.items() if default} == \
        {key: default for key, default in keys.items() if default}
    # As it is, and with all that it shows switched on, fused takes it.
    uncommented = re.sub(r"^#([a-z-]+ = )", r"\1", sample, flags=re.MULTILINE)
    for text in (sample, uncommented):
        fuse = make_fuse(config=text, workers=[])
        fuse.start(all_up=False)
        assert fuse.stop() == 0


# -- SIGHUP ---------------------------------------------------------------------------------------------------

def test_a_file_that_says_the_same_touches_nothing(fuse):
    with fuse.others_untouched():
        fuse.hangup()
        fuse.wait_log('msg="configuration read again" new_address=no')


def test_a_bad_line_keeps_everything_and_is_named(fuse):
    with fuse.others_untouched("discovery"):
        fuse.write_config("log-level = debug\nhtpp = off\n")
        fuse.hangup()
        line = fuse.wait_log("the old configuration stays in force")
        assert f"{fuse.config_file}:2: unknown key 'htpp'; did you mean 'http'?" in line
        assert " lvl=error " in line
        # Put right, it is taken.
        assert not fuse.records(lvl="debug")
        fuse.write_config("log-level = debug\n")
        fuse.hangup()
        fuse.wait_log('msg="configuration read again"')
        fuse.ask("restart", "discovery")
        fuse.wait_log("lvl=debug")
        fuse.wait_all_up()


def test_fusectl_reload_does_the_same_and_tells_the_one_who_asked(fuse):
    with fuse.others_untouched():
        fuse.write_config("htpp = off\n")
        told = fuse.fusectl("reload")
        assert told.returncode == 5
        assert "unknown key 'htpp'" in told.stdout + told.stderr
        fuse.write_config("")
        told = fuse.fusectl("reload")
        assert told.returncode == 0 and "Configuration read." in told.stdout


@pytest.fixture
def fuse_by_file(make_fuse):
    """A Fuse that knows all from its file, its state folder and addresses too; and a function that writes that file."""
    fuse = make_fuse(workers=["ALPHA"])

    def write(http, state=None):
        fuse.write_config(f"state = {state or fuse.state}\nhttp = {http}\nstats = off\n")

    write(fuse.http)
    words = [fuse.bin / "fused", "--config", fuse.config_file]
    with fuse.stderr_file.open("ab") as stderr:
        fuse.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stderr=stderr,
                                        env=by_hand.environment(fuse), cwd=fuse.dir)
    by_hand.wait_ready(fuse)
    fuse.wait_all_up()
    return fuse, write


def listens(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_the_pages_move_to_a_new_address(fuse_by_file):
    fuse, write = fuse_by_file
    new = f"{free_address()}:8888"
    generation = fuse.ps()["httpd"]["generation"]
    with fuse.others_untouched("httpd"):
        write(new)
        fuse.hangup()
        fuse.wait_reborn("httpd", generation)
        assert fuse.ask("status")["http"] == new
        assert listens(new) and not listens(fuse.http)


def test_a_new_address_that_cannot_be_had_changes_nothing(fuse_by_file):
    fuse, write = fuse_by_file
    with socket.socket() as taken, fuse.others_untouched():
        taken.bind((fuse.address, 0))
        taken.listen()
        address = f"{fuse.address}:{taken.getsockname()[1]}"
        write(address)
        fuse.hangup()
        assert address in fuse.wait_log("the old configuration stays in force")
        assert fuse.ask("status")["http"] == fuse.http
        assert listens(fuse.http)


def test_the_state_folder_cannot_move_while_fuse_runs(fuse_by_file):
    fuse, write = fuse_by_file
    with fuse.others_untouched():
        write(fuse.http, state="/elsewhere")
        fuse.hangup()
        assert "The state folder cannot change while Fuse runs." in fuse.wait_log("the old configuration stays in force")


def test_the_log_level_follows_the_file(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], config="log-level = warn\n").start()
    assert not fuse.records(lvl="info", role="supervisor")
    with fuse.others_untouched("worker/BETA"):
        fuse.write_config("log-level = debug\n")
        fuse.hangup()
        fuse.wait_log('lvl=info msg="configuration read again"')
        fuse.add_workers("BETA")
        fuse.wait_all_up()
        fuse.wait_log("lvl=debug msg=started process=worker/BETA")
