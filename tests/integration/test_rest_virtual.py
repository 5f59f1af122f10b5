"""Virtual printers over REST: made one or many at a time, their controls looked at and turned, and told of live. The store
and the processes that play them are played (rig/pretend.py); all answers are held against docs/openapi.json."""
import json

import pytest

from rig import wire
from rig.live import Events
from rig.play import MINE, SERIAL, Play
from rig.waiting import wait_until

VIRTUAL = "00MFUSE00000001"
WORKER = f"worker/{VIRTUAL}"
PLAYER, PATH, MAKE = f"virtual/{VIRTUAL}", f"/api/v1/printers/{VIRTUAL}", "/api/v1/virtual-printers"
RECORD = {"serial": VIRTUAL, "name": "Vera", "address": "127.64.0.1", "model": "X1C", "is_virtual": True}
STATE = {"online": True, "timeFactor": 1, "faults": {"wrongCode": False, "cutUploadPercent": 0}, "errors": [],
         "storage": {"totalBytes": 1000, "usedBytes": 10, "files": 3}, "exposed": "", "address": "127.64.0.1",
         "ports": {"mqtt": 8883, "ftps": 990, "detect": 3000}}
CONFLICT = {"reason": wire.REFUSALS.index("conflict"), "sentence": "One Fuse has at most 20.", "remedy": "Remove one."}


def tell_controls(play, **more):
    play.stage.tell(PLAYER, "VIRTUAL_STATE", {"serial": VIRTUAL, "json": json.dumps({**STATE, **more})})


@pytest.fixture(scope="module")
def module_play():
    made = Play("test_rest_virtual", roles=("virtual",))
    made.stage.tell("stored", "PRINTER", RECORD, 1)
    made.fuse.workers, made.fuse.players = [SERIAL, VIRTUAL], [VIRTUAL]
    made.fuse.wait_all_up()
    yield made
    made.fuse.close()


@pytest.fixture
def play(module_play):
    tell_controls(module_play)
    wait_until(lambda: module_play.http.get(PATH).json()["virtualControls"] == STATE, 10, "its controls are not told")
    before = module_play.fuse.pids()["httpd"]
    yield module_play
    module_play.stage.forget_answers()
    assert module_play.fuse.pids()["httpd"] == before, module_play.fuse.obituary("httpd")


def made(play, already: int) -> list:
    """The VIRTUAL_ADDs that came since."""
    return [request["fields"] for request in play.stage.heard("VIRTUAL_ADD")[already:]]


# -- making -----------------------------------------------------------------------------------------------

def test_one_is_made_as_it_was_ordered(play):
    already = len(play.stage.heard("VIRTUAL_ADD"))
    play.stage.answers("stored", "VIRTUAL_ADD", ["VIRTUAL_ADDED", {"serial": VIRTUAL}])
    order = {"name": "Vera", "model": "X1C", "nozzle": "0.6", "ams": ["ams", "ams-ht"], "exposed": "192.0.2.7"}
    answer = play.http.ask("POST", MAKE, order, status=201)
    assert made(play, already) == [{"name": "Vera", "model": "X1C", "nozzle": "0.6", "ams": "ams,ams-ht",
                                    "exposed": "192.0.2.7"}]
    (result,) = answer.json()["printers"]
    assert (result["status"], result["serial"], result["printer"]["virtual"]) == (201, VIRTUAL, True)


def test_many_are_numbered_and_each_has_its_result(play):
    already = len(play.stage.heard("VIRTUAL_ADD"))
    play.stage.answers("stored", "VIRTUAL_ADD", ["VIRTUAL_ADDED", {"serial": VIRTUAL}])
    results = play.http.ask("POST", MAKE, {"name": "Vera", "quantity": 3}, status=201).json()["printers"]
    assert [fields["name"] for fields in made(play, already)] == ["Vera #1", "Vera #2", "Vera #3"]
    assert [result["status"] for result in results] == [201] * 3
    # Without a name each gets one of stored's.
    already += 3
    play.http.ask("POST", MAKE, {"quantity": 2}, status=201)
    assert [fields["name"] for fields in made(play, already)] == ["", ""]


def test_when_none_can_be_made_the_answer_says_why(play):
    play.stage.answers("stored", "VIRTUAL_ADD", ["REFUSED", CONFLICT])
    problem = play.http.ask("POST", MAKE, {"name": "Vera", "quantity": 20}, status=409).json()
    assert problem["detail"] == "One Fuse has at most 20." and problem["instance"].endswith("#0")
    problem = play.http.ask("POST", MAKE, {"name": "Vera"}, status=409).json()
    assert problem["remedy"] == "Remove one." and problem["instance"] == MAKE


def test_what_is_no_order_is_refused_before_anybody_is_asked(play):
    already = len(play.stage.heard("VIRTUAL_ADD"))
    for body, words in [({"quantity": 0}, '"quantity"'), ({"quantity": 21}, '"quantity"'), ({"quantity": "2"}, '"quantity"'),
                        ({"ams": "ams"}, '"ams"'), ({"ams": [1]}, '"ams"'), ({"ams": ["ams,ams"]}, '"ams"'),
                        ({"ams": [""]}, '"ams"'), ({"ams": ["ams-2-pro"] * 14}, "more units"), ({"name": "x" * 97}, '"name"'),
                        ({"name": "x" * 95, "quantity": 2}, "numbered"), ({"model": 1}, '"model"'), ({"surprise": 1}, "surprise"),
                        ([], "an object")]:
        assert words in play.http.ask("POST", MAKE, body, status=422).json()["detail"], body
    assert made(play, already) == []


# -- controls --------------------------------------------------------------------------------------------

def test_controls_are_looked_at_and_turned(play):
    assert play.http.ask("GET", PATH + "/virtual").json() == STATE
    play.stage.answers(PLAYER, "VIRTUAL_CONTROL", ["DONE", {"sentence": "It is off."}])
    change = {"online": False, "timeFactor": 60, "faults": {"wrongCode": True, "cutUploadPercent": 50}}
    assert play.http.ask("POST", PATH + "/virtual", change).json() == {"sentence": "It is off."}
    heard = play.stage.heard("VIRTUAL_CONTROL", PLAYER)[-1]["fields"]
    assert heard["serial"] == VIRTUAL and json.loads(heard["json"]) == change


def test_when_a_fault_may_be_over_its_link_is_made_at_once(play):
    link = {"serial": VIRTUAL, "phase": "login", "online": False, "fault": "code-refused", "sentence": "It refuses the code."}
    play.stage.answers(PLAYER, "VIRTUAL_CONTROL", ["DONE", {"sentence": "It is set."}])
    for online, times in ((True, 0), (False, 1)):
        play.stage.tell(WORKER, "PRINTER_LINK", {**link, "online": online})
        wait_until(lambda: play.http.get(PATH).json()["link"]["online"] is online, 10, "its link is not told")
        before = len(play.stage.heard("RECONNECT", WORKER))
        assert play.http.ask("POST", PATH + "/virtual", {"faults": {"wrongCode": False}}).json() == {"sentence": "It is set."}
        assert len(play.stage.heard("RECONNECT", WORKER)) - before == times
    # One that cannot connect just now has turned what it was told to turn.
    play.stage.answers(WORKER, "RECONNECT", ["REFUSED", {"reason": wire.REFUSALS.index("conflict"), "sentence": "A print is just being started."}])
    assert play.http.ask("POST", PATH + "/virtual", {"online": True}).json() == {"sentence": "It is set."}


def test_what_its_process_refuses_is_told(play):
    play.stage.answers(PLAYER, "VIRTUAL_CONTROL", ["REFUSED", {"reason": wire.REFUSALS.index("invalid"),
                                                               "sentence": "There is no fault 'x'."}])
    assert play.http.ask("POST", PATH + "/virtual", {"faults": {"wrongCode": True}}, status=422).json()["detail"] == \
        "There is no fault 'x'."
    before = len(play.stage.heard("VIRTUAL_CONTROL"))
    for body in ({"surprise": 1}, [1], {"message": "x" * 2048}):
        play.http.ask("POST", PATH + "/virtual", body, status=422)
    assert len(play.stage.heard("VIRTUAL_CONTROL")) == before


def test_a_real_printer_has_none(play):
    printer = play.http.ask("GET", MINE).json()
    assert printer["virtual"] is False and printer["virtualControls"] is None
    play.http.ask("GET", MINE + "/virtual", status=404)
    play.http.ask("POST", MINE + "/virtual", {"online": False}, status=404)


def test_controls_of_one_whose_process_does_not_run_are_not_shown(play):
    play.stage.answers(PLAYER, "VIRTUAL_CONTROL", ["@die"])
    generation = play.fuse.ps()[PLAYER]["generation"]

    def down():
        """It has died so often that it is started only later."""
        if play.fuse.ps()[PLAYER]["state"] == "up":
            play.http.raw("POST", PATH + "/virtual", {"online": False})
        return play.http.raw("GET", PATH + "/virtual").status == 503

    wait_until(down, 30, "they are shown all the same")
    assert play.http.ask("GET", PATH).json()["virtualControls"] is None
    assert "does not run" in play.http.ask("POST", PATH + "/virtual", {"online": False}, status=503).json()["detail"]
    play.stage.forget_answers()
    play.fuse.fusectl("retry", PLAYER)
    play.fuse.wait_reborn(PLAYER, generation)
    wait_until(lambda: play.http.get(PATH).json()["virtualControls"] == STATE, 10, "they do not come back")


def test_whoever_listens_sees_them_turn(play):
    with Events(play.fuse) as events:
        events.wait(lambda: events.printers[VIRTUAL]["virtualControls"] == STATE)
        assert events.printers[SERIAL]["virtual"] is False
        tell_controls(play, online=False, errors=[{"error": "nozzle-clog", "code": "0300-1A00-0002-0002", "message": "Clogged."}])
        events.wait(lambda: not events.printers[VIRTUAL]["virtualControls"]["online"])
        assert events.printers[VIRTUAL]["virtualControls"]["errors"][0]["error"] == "nozzle-clog"


@pytest.mark.parametrize("text", ["[]", "{", '{"a":1,"a":2}', '{"a":' * 20 + "1" + "}" * 20, "\xff", ""])
def test_what_is_no_object_is_not_shown(play, text):
    play.stage.tell(PLAYER, "VIRTUAL_STATE", {"serial": VIRTUAL, "json": text})
    wait_until(lambda: play.http.get(PATH).json()["virtualControls"] is None, 10, "it is shown")
    assert play.http.raw("GET", PATH + "/virtual").status == 503
