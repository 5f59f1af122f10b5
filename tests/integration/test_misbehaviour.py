"""When a child misbehaves, exactly that child pays, and one clear sentence says why.

Each story: something goes wrong in one process; its siblings keep their pids; its obituary, in the log and in
`fusectl ps`, tells in plain words what it did; and it is there again.
"""
import random
import re
import signal
import time

import pytest

from rig import procfs, wire
from rig.fuse import SANITIZED, SLOWNESS
from rig.waiting import holds_for

CHILDREN = ["stored", "gatewayd", "httpd", "discovery", "worker/ALPHA"]

not_sanitized = pytest.mark.skipif(SANITIZED, reason="at a crash the sanitizer has the last words")


def assert_is_one_clear_sentence(fuse, process: str, obituary: str):
    """The log's obituary is the same as that of `fusectl ps`, there is one of it, and it is readable."""
    told = [r for r in fuse.records(msg="obituary", process=process) if r["it"] == obituary]
    assert len(told) == 1, f"told {len(told)} times: {obituary}"
    assert "\n" not in obituary and len(obituary) < 400
    assert re.search(r", .+ after its start", obituary), obituary


def pays_alone(fuse, process: str, words: str, act):
    """`act` makes `process` die; nobody else is touched; its obituary has the `words`; it comes back."""
    before = fuse.ps()[process]
    with fuse.others_untouched(process):
        act()
        obituary = fuse.wait_obituary(process, words)
        after = fuse.wait_reborn(process, before["generation"])
    assert after["pid"] != before["pid"] and not procfs.alive(before["pid"])
    assert after["restarts"] == before["restarts"] + 1
    assert_is_one_clear_sentence(fuse, process, obituary)
    return obituary


# -- killed from outside ---------------------------------------------------------------------------------

@pytest.mark.parametrize("process", CHILDREN)
def test_a_killed_child_is_replaced_and_nobody_else_notices(fuse, process):
    pays_alone(fuse, process, r"^was killed by signal 9 \(Killed\)", lambda: fuse.kill(process, signal.SIGKILL))


@not_sanitized
@pytest.mark.parametrize("process", CHILDREN)
def test_a_crash_is_told_with_the_last_words(fuse, process):
    obituary = pays_alone(fuse, process, r"^was killed by signal 11 \(Segmentation fault\)",
                          lambda: fuse.kill(process, signal.SIGSEGV))
    assert "last words: met a bad memory access while waiting for work" in obituary


def test_children_killed_again_and_again_at_any_moment_leave_the_others_alone(make_fuse):
    """Also in the middle of their starts; no worker so often that it would be held."""
    fuse = make_fuse(workers=[f"W{i}" for i in range(8)]).start()
    chance = random.Random(20261122)
    victims = [f"worker/W{i}" for i in range(4)] * 3 + ["httpd", "gatewayd", "discovery", "stored"] * 3
    chance.shuffle(victims)
    with fuse.others_untouched(*set(victims)) as untouched:
        assert len(untouched) == 4
        for victim in victims:
            row = fuse.ps()[victim]
            if row["pid"] and procfs.alive(row["pid"]):
                fuse.kill(row["pid"], signal.SIGKILL)
            time.sleep(chance.random() * 0.1)  # any moment will do: nothing is awaited
        fuse.wait_all_up(30)


@pytest.mark.timelimit(240)
def test_stopped_children_are_ended_after_their_patience_and_the_obituary_says_that_they_stood_still(fuse):
    """SIGSTOP: they answer no ping and cannot say last words. They have 10 s each; stored stands still as long as they do
    and lives, for it has 60 s (each role's figures, to their end: tests/unit/test_watchdog.c)."""
    before = fuse.ps()
    with fuse.others_untouched(*CHILDREN[1:]):
        for process in CHILDREN:
            fuse.kill(process, signal.SIGSTOP)
        for process in CHILDREN[1:]:
            fuse.wait_obituary(process, "^did not answer")
        fuse.kill("stored", signal.SIGCONT)  # a worker that starts asks it for its printer
        for process in CHILDREN[1:]:
            fuse.wait_reborn(process, before[process]["generation"], 20)
    for process in CHILDREN[1:]:
        obituary = fuse.obituary(process)
        assert obituary.startswith("did not answer for 10 s and was ended"), obituary
        assert obituary.endswith("last words: none, it had been stopped (SIGSTOP)")
        assert_is_one_clear_sentence(fuse, process, obituary)
        fuse.wait_log(f'msg="does not answer" process={process} ')


def test_a_child_that_stood_still_for_a_moment_is_forgiven(fuse):
    with fuse.others_untouched():
        fuse.kill("worker/ALPHA", signal.SIGSTOP)
        fuse.wait_log('lvl=warn msg="does not answer" process=worker/ALPHA')
        fuse.kill("worker/ALPHA", signal.SIGCONT)
        fuse.wait_log('lvl=info msg="answers again" process=worker/ALPHA')
    assert fuse.obituary("worker/ALPHA") == ""


# -- breaking the rules of the star --------------------------------------------------------------------------

OFFENCES = {
    "flood": r"^floods: ",
    "send_malformed": r"^sent a malformed PONG: it has too many or too few fields,",
    "send_malformed_to_stored": r"^sent a malformed SECRET_WANT to a stored: it has something else where a text "
                                r"belongs,",
    "send_oversized_frame": r"^sent a message larger than 128 KiB,",
    "send_oversized_body": r"^sent an oversized PONG \(4000 bytes, at most 12\),",
    "send_unknown_number": r"^sent a message of unknown number 60000,",
    "send_forbidden": r"^sent WELCOME to supervisor, which a worker may not,",
    "send_to_forbidden_receiver": r"^sent PONG to worker, which a worker may not,",
    "send_as_supervisor": r"^sent PONG in the name of another process,",
    "send_as_another_slot": r"^sent PONG in the name of another process,",
    "send_nothing": r"^closed its channel to the supervisor and was ended,",
    "send_a_descriptor": r"^sent PONG with a descriptor,",
    "send_many_descriptors": r"^sent more than one descriptor with a message,",
    "send_garbage": r"^sent bytes that are no message of Fuse,",
    "send_a_short_frame": r"^sent bytes that are no message of Fuse,",
    "send_a_second_hello": r"^sent HELLO a second time,",
    "answer_nobody": r"^sent DONE as an answer that nobody waits for,",
    "close_the_channel": r"^closed its channel to the supervisor and was ended,",
}


@pytest.mark.parametrize("offence", OFFENCES)
def test_a_worker_that_breaks_the_rules_dies_for_it(make_fuse, offence):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "usr1", offence)
    fuse.start()
    fuse.forget_plans()
    pays_alone(fuse, "worker/ALPHA", OFFENCES[offence], lambda: fuse.provoke("worker/ALPHA"))


@pytest.mark.parametrize("role", ["stored", "gatewayd", "httpd", "discovery"])
def test_no_role_may_speak_as_another_or_out_of_turn(make_fuse, role):
    fuse = make_fuse(workers=["ALPHA"], rogues={role})
    for offence in ["send_as_supervisor", "send_forbidden", "send_malformed", "send_garbage"]:
        fuse.forget_plans()
        fuse.plan(role, "usr1", offence)
        if fuse.process is None:
            fuse.start()
        else:
            fuse.restart(role)
        fuse.forget_plans()
        words = OFFENCES[offence].replace("a worker may not", f"a {role} may not")
        pays_alone(fuse, role, words, lambda: fuse.provoke(role))


def test_what_a_dead_incarnation_says_late_is_dropped_and_the_living_one_goes_on(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "usr1", "send_stale")
    fuse.start()
    with fuse.others_untouched():
        fuse.provoke("worker/ALPHA")
        line = fuse.wait_log('lvl=warn msg="messages of another incarnation are dropped"')
    generation = fuse.ps()["worker/ALPHA"]["generation"]
    assert f"generation={generation - 1} now={generation}" in line


def test_a_child_of_another_build_is_held_with_the_advice_to_install_one_build(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "before", "be_of_another_build")
    fuse.start(all_up=False)
    row = fuse.wait_state("worker/ALPHA", "held")
    assert row["obituary"].startswith("is of another build than fused (exit code 76)")
    deaths = fuse.records(msg="obituary", process="worker/ALPHA")
    assert len(deaths) == 1 and row["restarts"] == 0, "it is not tried again at once: it would be the same again"
    assert deaths[0]["advice"] == "Install fused and its fuse-* programs from the same build."
    fuse.wait_state("worker/BETA", "up")


# -- dying of itself -----------------------------------------------------------------------------------------

def test_a_worker_that_exits_at_once_is_tried_less_and_less_and_then_held_until_a_person_retries(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "before", "exit", 1)
    fuse.start(all_up=False)
    fuse.wait_state("worker/BETA", "up")
    with fuse.others_untouched("worker/ALPHA"):
        row = fuse.wait_state("worker/ALPHA", "held", 20)
        assert row["obituary"].startswith("ended with exit code 1, which has no meaning in Fuse,")
        assert row["obituary"].endswith("after its start and before it was ready")
        assert row["restarts"] == 4 and row["pid"] is None and row["nextTryAt"] is not None
        deaths = fuse.records(msg="obituary", process="worker/ALPHA")
        assert len(deaths) == 5

        held = fuse.fusectl("status").stdout
        assert "worker/ALPHA" in held and "held" in held

        fuse.forget_plans()
        fuse.ask("retry", "worker/ALPHA")
        fuse.wait_state("worker/ALPHA", "up")


def test_a_role_of_the_house_that_exits_at_once_is_tried_for_ever_and_never_held(make_fuse):
    fuse = make_fuse(rogues={"discovery"})
    fuse.plan("discovery", "before", "exit", 1)
    fuse.start(all_up=False)
    fuse.wait_until(lambda: len(fuse.records(msg="obituary", process="discovery")) >= 6, 20)
    assert fuse.ps()["discovery"]["state"] in ("waiting", "starting")
    fuse.forget_plans()
    fuse.wait_state("discovery", "up")


ENDINGS = {
    ("before", "exit", 0): r"^ended by itself without being asked to, .* before it was ready$",
    ("ready", "exit", 0): r"^ended by itself without being asked to, \d+ ms after its start$",
    ("start", "exit", 74): r"^could not read or write the disk \(exit code 74\), .* before it was ready$",
    ("ready", "cannot_be"): r"^was killed by signal 6 .*; last words: met a state that cannot be: sky_is_green",
}
if not SANITIZED:
    ENDINGS.update({
        ("ready", "segfault"): "^was killed by signal 11 .*; last words: met a bad memory access while reading what "
                               "is not there$",
        ("ready", "abort"): "^was killed by signal 6 .*; last words: met an abort while thinking about its end$",
    })


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: "-".join(map(str, ending)))
def test_each_way_to_die_of_itself_has_its_words(make_fuse, ending):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.tolerated = ["met a state that cannot be"]
    fuse.plan("worker/ALPHA", *ending)
    fuse.start(all_up=False)
    obituary = fuse.wait_obituary("worker/ALPHA", ".")
    fuse.forget_plans()
    assert re.search(ENDINGS[ending], obituary), obituary
    fuse.wait_all_up()


def test_a_program_that_is_missing_is_named_and_tried_until_it_is_there(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], rogues={"worker"})
    program = fuse.bin / "fuse-gatewayd"
    program.rename(fuse.bin / "away")
    fuse.start(all_up=False)
    obituary = fuse.wait_obituary("gatewayd", "could not be started")
    assert "No such file or directory" in obituary and "fuse-gatewayd" in obituary
    fuse.wait_state("worker/ALPHA", "up")
    fuse.wait_state("httpd", "up")


# -- not answering, not ending -----------------------------------------------------------------------------------

@pytest.mark.timelimit(120)
def test_children_that_hang_each_in_its_own_way_are_found_and_ended(make_fuse):
    """One sleeps and never reads its channel, one runs in circles, one ignores even SIGABRT, one never says
    READY. Each costs only itself; the fifth is never touched."""
    ways = {"SLEEPER": ("usr1", "sleep"), "RUNNER": ("usr1", "spin"), "LOG": ("usr1", "sleep_through_abort"),
            "LATE": ("start", "nothing")}
    fuse = make_fuse(workers=[*ways, "GOOD"], rogues={"worker"})
    for entry, (when, what) in ways.items():
        fuse.plan(f"worker/{entry}", when, what)
    fuse.start(all_up=False)
    for entry in ("SLEEPER", "RUNNER", "LOG", "GOOD"):
        fuse.wait_state(f"worker/{entry}", "up")
    fuse.forget_plans()
    before = fuse.ps()
    with fuse.others_untouched(*(f"worker/{entry}" for entry in ways)):
        for entry in ("SLEEPER", "RUNNER", "LOG"):
            fuse.provoke(f"worker/{entry}")
        for entry in ways:
            fuse.wait_reborn(f"worker/{entry}", before[f"worker/{entry}"]["generation"], 25)
    silent = r"did not answer for 10 s and was ended, \d+ s after its start"
    late = r"was not ready within 10 s of its start and was ended, \d+ s after its start and before it was ready"
    expected = {"SLEEPER": (silent, "met an abort while sleeping on duty"),
                "RUNNER": (silent, "met an abort while running in circles"),
                "LOG": (silent, ""),
                "LATE": (late, "met an abort while waiting for work")}
    for entry, (words, last) in expected.items():
        tail = f"; last words: {last}" if last and not SANITIZED else ""
        assert re.fullmatch(words + tail, fuse.obituary(f"worker/{entry}")), fuse.obituary(f"worker/{entry}")
    for entry in ways:
        assert_is_one_clear_sentence(fuse, f"worker/{entry}", fuse.obituary(f"worker/{entry}"))


def test_a_child_that_ignores_stop_and_term_is_killed_and_said_so(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "ready", "ignore_stop")
    fuse.start()
    fuse.forget_plans()
    before = fuse.ps()["worker/ALPHA"]
    with fuse.others_untouched("worker/ALPHA"):
        fuse.ask("restart", "worker/ALPHA")
        fuse.wait_reborn("worker/ALPHA", before["generation"])
    obituary = fuse.obituary("worker/ALPHA")
    assert obituary.startswith("did not stop within 5 s of being asked and was killed,"), obituary
    assert_is_one_clear_sentence(fuse, "worker/ALPHA", obituary)


def test_a_child_that_ignores_stop_does_not_keep_fuse_from_stopping(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker", "httpd"})
    fuse.plan("worker/ALPHA", "ready", "ignore_stop")
    fuse.plan("httpd", "ready", "ignore_stop")
    fuse.start()
    started = time.monotonic()
    assert fuse.stop() == 0
    assert time.monotonic() - started < 20 * SLOWNESS
    for process in ("worker/ALPHA", "httpd"):
        assert any("of being asked and was killed" in r["it"] for r in fuse.records(msg="obituary", process=process))


def test_a_child_that_dies_while_it_is_stopped_in_order_has_no_obituary(fuse):
    before = fuse.ps()["httpd"]
    fuse.ask("restart", "httpd")
    fuse.wait_reborn("httpd", before["generation"])
    assert fuse.obituary("httpd") == "" and fuse.records(msg="obituary") == []


# -- open requests to one that dies, hangs or is not there ---------------------------------------------------------

def test_who_waits_for_an_answer_of_a_child_that_dies_is_told_so(fuse):
    fuse.kill("stored", signal.SIGSTOP)
    with fuse.ctl() as ctl:
        ctl.post("SETTING_SET", {"name": "fuseName", "value": "x"}, "stored")
        fuse.kill("stored", signal.SIGKILL)
        answer = ctl.receive()
    assert (answer.message.name, wire.REFUSALS[answer["reason"]]) == ("REFUSED", "died")
    assert answer["sentence"] == "fuse-stored died before it answered; whether it was done is not known."


def test_a_child_that_does_not_read_gets_no_endless_queue_and_askers_are_told_that_it_is_busy(fuse):
    fuse.kill("stored", signal.SIGSTOP)
    with fuse.ctl() as ctl:
        asked = [ctl.post("SETTING_SET", {"name": "fuseName", "value": str(i)}, "stored") for i in range(600)]
        refusals = []
        while True:
            try:
                refusals.append(ctl.receive(timeout_s=0.5))
            except TimeoutError:
                break
        assert 0 < len(refusals) < len(asked)
        assert {wire.REFUSALS[r["reason"]] for r in refusals} == {"busy"}
        assert refusals[0]["sentence"] == "fuse-stored has as much to do as it can take."
        fuse.kill("stored", signal.SIGCONT)
        done = [ctl.receive() for _ in range(len(asked) - len(refusals))]
        assert {answer.message.name for answer in done} == {"DONE"}
    assert {r.request_id for r in refusals} | {d.request_id for d in done} == set(asked)


def test_who_asks_a_child_that_does_not_run_is_told_so_at_once(make_fuse):
    fuse = make_fuse(rogues={"stored"})
    fuse.plan("stored", "before", "exit", 1)
    fuse.start(all_up=False)
    fuse.wait_state("stored", "waiting")
    with fuse.ctl() as ctl:
        with pytest.raises(wire.Refused) as refused:
            ctl.request("SETTING_SET", {"name": "fuseName", "value": "x"}, "stored")
    assert refused.value.reason == "unreachable"
    assert refused.value.sentence == "fuse-stored does not run just now."


# -- logs ------------------------------------------------------------------------------------------------------

def test_a_child_that_chatters_is_cut_short_and_the_others_are_heard(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "usr1", "log_much", 20000)
    fuse.start()
    with fuse.others_untouched():
        fuse.provoke("worker/ALPHA")
        fuse.wait_log("chatter number 499")
        assert fuse.ps()["worker/ALPHA"]["state"] == "up"
    fuse.restart("worker/ALPHA")  # all that it said has been read then

    def heard_and_dropped():
        told = fuse.records(role="worker", entry="ALPHA", msg="said too much: lines were dropped")
        heard = sum("chatter number" in line for line in fuse.stderr_text().splitlines())
        return heard, sum(int(record["dropped"]) for record in told)

    fuse.wait_until(lambda: sum(heard_and_dropped()) == 20000, 5, lambda: f"heard, dropped: {heard_and_dropped()}")
    assert 500 <= heard_and_dropped()[0] < 2000


def test_the_last_words_of_a_child_that_chattered_are_heard_all_the_same(make_fuse):
    fuse = make_fuse(workers=["ALPHA", "BETA"], rogues={"worker"})
    fuse.tolerated = ["met a state that cannot be"]
    fuse.plan("worker/ALPHA", "usr1", "log_much", 20000)
    fuse.plan("worker/ALPHA", "usr1", "cannot_be")
    fuse.start()
    fuse.forget_plans()
    pays_alone(fuse, "worker/ALPHA", "; last words: met a state that cannot be: sky_is_green",
               lambda: fuse.provoke("worker/ALPHA"))


def test_a_child_cannot_forge_a_line_of_the_log_or_reach_the_terminal(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], rogues={"worker"})
    fuse.plan("worker/ALPHA", "usr1", "log_forged_lines")
    fuse.plan("worker/ALPHA", "usr1", "log_without_end")
    fuse.start()
    with fuse.others_untouched():
        fuse.provoke("worker/ALPHA")
        line = fuse.wait_log("the house is on fire")
        endless = fuse.wait_log("xxxxxxxxxx")
    assert re.match(r"ts=20\d\d-\d\d-\d\dT[\d:.]+Z role=worker entry=ALPHA pid=\d+ lvl=info ", line)
    assert " role=supervisor" not in line and " pid=1 " not in line
    assert "\x1b" not in fuse.log_text() and "\r" not in fuse.log_text()
    assert len(endless) <= 1400 and "cut=yes" in endless


def test_nothing_happens_for_a_while_when_nothing_is_wrong(fuse):
    """The watchdog leaves healthy children alone."""
    with fuse.others_untouched():
        holds_for(lambda: fuse.running, 3)
    assert fuse.records(lvl="error") == []
