"""One-shot processes: started for whom they work, ended with it, never started again by themselves."""
import signal

from rig import procfs
from rig.fuse import AS_ROOT
from rig.waiting import wait_until


def answers(fuse, process: str) -> list:
    """What the rogue was answered, in order: "has a helper 0", "was refused …"."""
    role, _, entry = process.partition("/")
    told = [r for r in fuse.records() if r.get("role") == role and r.get("entry", "") == entry]
    return [r["msg"] + (" " + r["slot"] if "slot" in r else "") for r in told
            if r["msg"].startswith(("has a helper", "was refused"))]


def want_one(fuse, process: str):
    """It asks; two signals that nobody has looked at yet would be one."""
    asked = fuse.records(msg="wants a helper")
    fuse.provoke(process)
    wait_until(lambda: len(fuse.records(msg="wants a helper")) > len(asked), 10, "it does not ask")


def wait_answers(fuse, process: str, count: int) -> list:
    wait_until(lambda: len(answers(fuse, process)) >= count, 10, lambda: f"{answers(fuse, process)}")
    return answers(fuse, process)


def farm(make_fuse, **more):
    return make_fuse(workers=["ALPHA", "BETA"], rogues={"worker", "upload"}, **more)


def gone(fuse, process: str):
    fuse.wait_until(lambda: process not in fuse.ps(), what=f"{process} is gone")


def test_a_helper_comes_when_asked_for_and_ends_with_whom_it_works_for(make_fuse):
    fuse = farm(make_fuse)
    fuse.plan("worker/ALPHA", "usr1", "want_helper", "upload")
    fuse.start()
    assert not [name for name in fuse.ps() if name.startswith(("upload", "filechk"))]
    with fuse.others_untouched("worker/ALPHA"):
        fuse.provoke("worker/ALPHA")
        assert wait_answers(fuse, "worker/ALPHA", 1)[0].startswith("has a helper")
        helper = fuse.wait_state("upload/ALPHA", "up")
        if AS_ROOT:
            assert procfs.status(helper["pid"])["Uid"] != procfs.status(fuse.ps()["worker/ALPHA"]["pid"])["Uid"]
        fuse.kill("worker/ALPHA", signal.SIGKILL)
        gone(fuse, "upload/ALPHA")
        assert not procfs.alive(helper["pid"])
        fuse.wait_all_up()
    assert "upload/ALPHA" not in fuse.ps()


def test_a_helper_that_dies_is_not_started_again(make_fuse):
    fuse = farm(make_fuse)
    fuse.plan("worker/ALPHA", "usr1", "want_helper", "upload")
    fuse.start()
    fuse.provoke("worker/ALPHA")
    fuse.wait_state("upload/ALPHA", "up")
    fuse.kill("upload/ALPHA", signal.SIGKILL)
    gone(fuse, "upload/ALPHA")
    assert fuse.records(msg="obituary", process="upload/ALPHA")
    fuse.provoke("worker/ALPHA")
    assert len(wait_answers(fuse, "worker/ALPHA", 2)) == 2
    fuse.wait_state("upload/ALPHA", "up")


def test_the_next_one_waits_for_the_end_of_the_one_before_and_a_third_is_refused(make_fuse):
    fuse = farm(make_fuse)
    fuse.plan("worker/ALPHA", "usr1", "want_helper", "upload")
    for slot in (0, 1):  # one of them is ALPHA's
        fuse.plan("worker/BETA", "usr1", "end_helper", "upload", slot)
    fuse.start()
    fuse.provoke("worker/ALPHA")
    given = wait_answers(fuse, "worker/ALPHA", 1)
    first = fuse.wait_state("upload/ALPHA", "up")
    want_one(fuse, "worker/ALPHA")  # waits
    want_one(fuse, "worker/ALPHA")  # one too many
    assert wait_answers(fuse, "worker/ALPHA", 2) == given + ["was refused"]
    fuse.provoke("worker/BETA")  # it is not BETA's to end
    fuse.provoke("worker/ALPHA")
    wait_answers(fuse, "worker/ALPHA", 3)
    assert procfs.alive(first["pid"])
    fuse.kill("upload/ALPHA", signal.SIGKILL)
    fuse.wait_reborn("upload/ALPHA", first["generation"])
    assert wait_answers(fuse, "worker/ALPHA", 4) == given + ["was refused"] * 2 + given


def test_who_may_not_have_one_gets_none(make_fuse):
    fuse = farm(make_fuse)
    fuse.plan("worker/ALPHA", "usr1", "want_helper", "filechk")
    fuse.start()
    fuse.provoke("worker/ALPHA")
    assert wait_answers(fuse, "worker/ALPHA", 1) == ["was refused"]


def test_a_helper_that_cannot_start_is_told_to_who_waits_for_it(make_fuse):
    fuse = farm(make_fuse)
    fuse.plan("worker/ALPHA", "usr1", "want_helper", "upload")
    fuse.plan("upload", "before", "exit", 3)
    fuse.start()
    fuse.provoke("worker/ALPHA")
    assert wait_answers(fuse, "worker/ALPHA", 1) == ["was refused"]
    gone(fuse, "upload/ALPHA")
