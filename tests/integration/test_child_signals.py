"""A signal to a child is the child's. Between fork and its own program it has fused's handlers still, and with them a way into
fused's loop: what is sent to it then must not be taken for fused's own."""
import os
import signal

from rig import procfs
from rig.waiting import wait_until


def test_a_child_that_is_asked_to_end_before_it_is_itself_does_not_end_fused(make_fuse):
    fuse = make_fuse(workers=["ALPHA"], hold=True).start()
    row = fuse.ps()["worker/ALPHA"]
    # The next child reads this before it is anybody, and stands still there until something is written.
    fuse.hold_file.unlink(missing_ok=True)
    os.mkfifo(fuse.hold_file)
    pipe = os.open(fuse.hold_file, os.O_RDWR)
    fuse.kill("worker/ALPHA", signal.SIGKILL)

    def not_yet_itself():
        others = [pid for pid in procfs.children(fuse.pid) if procfs.command_line(pid) == procfs.command_line(fuse.pid)]
        return others[0] if others else None

    child = wait_until(not_yet_itself, 10, "no child stands still before it is itself")
    os.kill(child, signal.SIGTERM)
    # It waits for the child to be itself: nobody has taken it.
    wait_until(lambda: int(procfs.status(child)["ShdPnd"], 16) & 1 << signal.SIGTERM - 1, 10, "the signal was taken at once")
    assert fuse.ps()["worker/ALPHA"]["generation"] >= row["generation"] and fuse.running and procfs.alive(child)
    fuse.hold_file.rename(fuse.dir / "pipe")  # who comes later reads nothing
    os.write(pipe, b"nobody\n")
    fuse.wait_reborn("worker/ALPHA", row["generation"])
    assert fuse.running and not procfs.alive(child)
    os.close(pipe)
