"""The plate over restarts of Fuse, with prints in between that it did not see. Addresses: 127.0.56.0/24."""
from rig import links, threemf
from rig.place import make_place, place  # noqa: F401

X1C = "00M00A560000001"


def restart(place, *meanwhile):
    """Fuse is off; what happens meanwhile; and is there again."""
    place.fuse.stop()
    for happen in meanwhile:
        happen()
    place.fuse.start(all_up=False)
    links.wait_live(place.fuse, X1C)


def plate_used(place) -> bool:
    return place.rest.get(f"/api/v1/printers/{X1C}").json()["plateUsedAt"] is not None


def test_a_print_from_the_screen_while_fuse_was_off_holds_the_next_job_until_the_plate_is_clear(place):
    printer = place.printer(X1C, "127.0.56.1")
    printer.start_own("seen")
    printer.finish()
    place.fuse.wait_until(lambda: plate_used(place), 20, "the print at the screen is not noticed")
    place.clear_plate(X1C)
    restart(place)
    assert not plate_used(place)  # it shows the end of the same print
    restart(place, lambda: printer.start_own("unseen") or printer.say(subtask_id="4712", task_id="4712"), printer.finish)
    job = place.order(X1C, place.keep(threemf.sliced("BL-P001")))
    now = place.wait_fault(job, "plate-not-clear")
    assert now["state"] == "uploaded" and "plate is clear" in now["remedy"]
    restart(place)
    place.wait_fault(job, "plate-not-clear")
    assert not printer.starts
    place.clear_plate(X1C)
    place.wait_job(job, "running")
    printer.finish()
    place.wait_job(job, "done")
    place.clear_plate(X1C)
    restart(place)
    assert not plate_used(place) and len(printer.starts) == 1


def test_what_a_job_would_wait_for_is_told_before_anybody_orders(place):
    printer = place.printer(X1C, "127.0.56.1")
    order = {"file": place.keep(threemf.sliced("BL-P001")), "plate": 1}

    def told() -> list:
        answer = place.rest.ask("POST", f"/api/v1/printers/{X1C}/preflight", order, status=200).json()
        assert answer["ready"] is True
        return [(one["finding"], one["kind"]) for one in answer["findings"]]

    assert told() == []
    printer.start_own("vase")
    place.fuse.wait_until(lambda: told() == [("busy", "note")], 20, lambda: str(told()))
    printer.finish()
    place.fuse.wait_until(lambda: told() == [("plate-used", "note")], 20, lambda: str(told()))
    place.clear_plate(X1C)
    place.fuse.wait_until(lambda: told() == [], 20, lambda: str(told()))
