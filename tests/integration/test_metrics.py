"""/metrics as Prometheus' own client library reads it, and as a dashboard needs it."""
import json
import select
import socket

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rig import wire
from rig.alone import Alone
from rig.play import LINK, MINE, PRINTER, SERIAL, WORKER, Play
from rig.waiting import wait_until
from test_state_json import sample_payloads, state_of

HOSTILE = 'Léft "1"\\ {x="y"} # TYPE 5'


@pytest.fixture(scope="module")
def play():
    made = Play("test_metrics")
    yield made
    made.fuse.close()


def scrape(play) -> dict:
    """name -> {labels as a frozenset of pairs: value}. What is said twice, or stands out of place, fails."""
    answer = play.http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found, heads = {}, []
    for family in text_string_to_metric_families(answer.body.decode()):
        heads.append(family.name)
        assert family.documentation and family.type in ("gauge", "counter"), family.name
        for sample in family.samples:
            values = found.setdefault(sample.name, {})
            labels = frozenset(sample.labels.items())
            assert labels not in values, f"{sample.name} {sample.labels} is there twice"
            assert sample.name.endswith("_total") == (family.type == "counter"), sample.name
            values[labels] = sample.value
    assert len(heads) == len(set(heads)), "a metric is in two places"
    return found


def value(found: dict, name: str, **labels) -> float:
    return found[name][frozenset(labels.items())]


def of_printer(found: dict, name: str, serial: str) -> dict:
    """The samples of one printer, by their other labels' texts."""
    return {tuple(text for key, text in sorted(labels) if key != "serial"): number
            for labels, number in found.get(name, {}).items() if ("serial", serial) in labels}


def tell_state(play, sample: str, model: str, keys: list) -> dict:
    """The printer of the play says what a real one has said; the state that becomes of it, as REST tells it."""
    state = {**state_of(model, sample_payloads(sample, keys)), "serial": SERIAL, "isOnline": True}
    play.stage.tell(WORKER, "PRINTER_STATE", {"serial": SERIAL, "json": json.dumps(state)})
    wait_until(lambda: play.http.get(MINE + "/stat").json()["data"] == state["data"], 5, "its state does not come")
    return state


@pytest.mark.parametrize("sample,model,keys", [("x1c-1", "X1C", ["pushall", "get_version"]), ("h2d-1", "H2D", ["push_all"]),
                                               ("a1-1", "A1", ["pushall", "get_version"])])
def test_what_a_printer_says_is_what_prometheus_reads(play, sample, model, keys):
    state = tell_state(play, sample, model, keys)
    found = scrape(play)
    assert value(found, "fuse_printer_up", serial=SERIAL) == 1
    states = of_printer(found, "fuse_printer_state", SERIAL)
    assert states[state["state"],] == 1 and sum(states.values()) == 1 and len(states) == 11
    temperatures = of_printer(found, "fuse_printer_temperature_celsius", SERIAL)
    for sensor in ("nozzle", "bed", "chamber"):
        told = (state["temperatures"][sensor] or {}).get("actualCelsius")
        assert temperatures.get((sensor,)) == told, sensor
    assert ("nozzle_left",) in temperatures if model == "H2D" else len(temperatures) <= 3
    assert of_printer(found, "fuse_printer_fan_ratio", SERIAL) == \
        {(fan,): pytest.approx(percent / 100) for fan, percent in state["fans"].items() if percent is not None}
    assert value(found, "fuse_printer_wifi_signal_dbm", serial=SERIAL) == state["wifiDbm"]
    for name, told, factor in (("fuse_print_progress_ratio", state["progressPercent"], 0.01),
                               ("fuse_print_remaining_seconds", state["times"]["remainingMinutes"], 60),
                               ("fuse_print_layer", state["layers"]["current"], 1),
                               ("fuse_print_layers", state["layers"]["total"], 1)):
        expected = {} if told is None else {(): pytest.approx(told * factor)}
        assert of_printer(found, name, SERIAL) == expected, name
    severities = of_printer(found, "fuse_printer_hms_active", SERIAL)
    assert len(severities) == 5 and sum(severities.values()) == len(state["hms"])
    slots = {(str(slot["id"]), str(unit["id"])): pytest.approx(slot["remainPercent"] / 100) for unit in state["ams"]
             for slot in unit["slots"] if slot["remainPercent"] is not None}
    assert of_printer(found, "fuse_ams_slot_remaining_ratio", SERIAL) == slots
    assert of_printer(found, "fuse_ams_humidity_index", SERIAL) == \
        {(str(unit["id"]),): unit["humidityIndex"] for unit in state["ams"] if unit["humidityIndex"] is not None}
    info = next(dict(labels) for labels in found["fuse_printer_info"] if ("serial", SERIAL) in labels)
    assert info == {"serial": SERIAL, "name": "Left", "model": "P1S", "firmware": "01.07.00.00",
                    "nozzle_diameter": state["nozzleDiameter"]}


def test_a_hostile_name_is_one_label_and_nothing_else(play):
    play.stage.tell("stored", "PRINTER", {**PRINTER, "name": HOSTILE}, 0)
    wait_until(lambda: play.http.get(MINE).json()["name"] == HOSTILE, 5)
    info = [dict(labels) for labels in scrape(play)["fuse_printer_info"]]
    assert [labels["name"] for labels in info] == [HOSTILE]
    play.stage.tell("stored", "PRINTER", PRINTER, 0)
    wait_until(lambda: play.http.get(MINE).json()["name"] == "Left", 5)


def test_a_printer_without_a_link_shows_no_old_values(play):
    tell_state(play, "x1c-1", "X1C", ["pushall"])
    assert "fuse_printer_wifi_signal_dbm" in scrape(play)
    play.stage.tell(WORKER, "PRINTER_LINK", {**LINK, "phase": "tcp", "online": False, "stale": True, "fault": "refused"})
    wait_until(lambda: not play.http.get(MINE).json()["link"]["online"], 5)
    found = scrape(play)
    assert value(found, "fuse_printer_up", serial=SERIAL) == 0
    assert value(found, "fuse_printer_link_problem", serial=SERIAL, problem="refused") == 1
    assert value(found, "fuse_printer_link_phase", serial=SERIAL, phase="tcp") == 1
    assert value(found, "fuse_printer_state", serial=SERIAL, state="UNKNOWN") == 1
    assert value(found, "fuse_printer_last_report_timestamp_seconds", serial=SERIAL) == LINK["received_ms"] / 1000
    for gone in ("fuse_printer_temperature_celsius", "fuse_printer_wifi_signal_dbm", "fuse_print_layer"):
        assert gone not in found
    play.stage.tell(WORKER, "PRINTER_LINK", LINK)
    play.wait_online()


def test_processes_and_the_store_are_told(play):
    ps = play.fuse.ps()
    found = scrape(play)
    assert value(found, "fuse_printers") == 1 and value(found, "fuse_gateway_connected") == 0
    for name, row in ps.items():
        role, _, serial = name.partition("/")
        labels = {"role": role, **({"serial": serial} if serial else {})}
        assert value(found, "fuse_process_up", **labels) == 1
        assert value(found, "fuse_process_restarts_total", **labels) == row["restarts"]
    assert value(found, "fuse_store_health", health="good") == 1 and value(found, "fuse_ready") == 1
    assert value(found, "fuse_http_connections") >= 1
    first = value(found, "process_cpu_seconds_total")
    wait_until(lambda: value(scrape(play), "process_cpu_seconds_total") > first, 10, "it takes no time")
    info = next(dict(labels) for labels in found["fuse_build_info"])
    assert info["version"] == play.http.get("/api/v1/status").json()["version"]


def test_older_names_are_told_when_that_is_set(play):
    state = tell_state(play, "x1c-1", "X1C", ["pushall"])
    assert not [name for name in scrape(play) if name.startswith("bambulab_")]
    key = [row[0] for row in wire.rows(wire.ROOT / "ipc/settings.def", "SETTING")].index("metricsBambulabNames")
    play.stage.tell("stored", "SETTING", {"name": "metricsBambulabNames", "value": "true"}, key)
    wait_until(lambda: "bambulab_wifi_signal" in scrape(play), 5, "it is set, and they are not told")
    found = scrape(play)
    assert value(found, "bambulab_wifi_signal", device=SERIAL) == state["wifiDbm"]
    assert value(found, "bambulab_layer_number", device=SERIAL) == state["layers"]["current"]
    assert "fuse_printer_wifi_signal_dbm" in found
    play.stage.clear("stored", "SETTING", key)
    wait_until(lambda: "bambulab_wifi_signal" not in scrape(play), 5)


# -- a farm -------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def farm():
    state = state_of("X1C", sample_payloads("x1c-1", ["pushall", "get_version"]))
    with Alone(printers=200, state=json.dumps({**state, "serial": "SERIAL"})) as httpd:
        yield httpd


def ask(httpd, path: str) -> socket.socket:
    connection = socket.create_connection((httpd.address, httpd.port), 20)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return connection


def whole(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def test_a_farm_of_200_is_told_in_one_scrape(farm):
    found = scrape(farm)
    assert len(found["fuse_printer_up"]) == 200 and set(found["fuse_printer_up"].values()) == {1}
    assert len(found["fuse_printer_temperature_celsius"]) == 3 * 200
    assert len(found["fuse_printer_state"]) == 11 * 200
    assert len(found["fuse_process_up"]) == 201


def test_nobody_waits_for_a_scrape_of_200_to_end(farm):
    """The scrape is asked for first, and who asks for less behind it has its answer first."""
    farm.stands_still()
    with ask(farm, "/metrics") as metrics, ask(farm, "/livez") as livez:
        farm.goes_on()
        poll = select.poll()
        poll.register(metrics, select.POLLIN)
        poll.register(livez, select.POLLIN)
        assert [fd for fd, _ in poll.poll(20_000)] == [livez.fileno()]
        assert b"alive" in whole(livez) and whole(metrics).count(b"\nfuse_printer_up{") == 200


def test_a_printer_that_goes_while_it_is_told_harms_nobody(farm):
    farm.stands_still()
    with ask(farm, "/metrics") as metrics:
        for serial in farm.serials[100:]:
            farm.remove(serial)
        farm.goes_on()
        received = whole(metrics)
        assert 100 <= received.count(b"\nfuse_printer_up{") <= 200 and received.endswith(b"\n")
    wait_until(lambda: len(scrape(farm)["fuse_printer_up"]) == 100, 5)


def test_who_does_not_wait_for_its_scrape_leaves_nothing_behind(farm):
    for _ in range(20):
        ask(farm, "/metrics").close()
    assert len(scrape(farm)["fuse_printer_up"]) >= 100
    wait_until(lambda: value(scrape(farm), "fuse_http_connections") == 1, 5, "their connections stay")
