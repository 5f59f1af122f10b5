"""The figures of the web UI, in a headless Chromium before a real Fuse with 100 printers that report once a second: how
long its main thread is busy (of CPU: what others take of the machine is not the page's), and how soon something is seen. Called by run.py; alone:  tests/bench/browser.py BUILD
"""
import collections
import contextlib
import http.server
import os
import pathlib
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    os.environ["FUSE_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve())
    sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/browser"), str(ROOT / "tests/integration")]

import chrome  # noqa: E402
import fleet  # noqa: E402
import site_rig  # noqa: E402
import steps  # noqa: E402

PRINTERS = 100
WINDOW_S = 15
LOADS = 5
CATEGORIES = "toplevel,devtools.timeline,disabled-by-default-devtools.timeline,blink.user_timing,loading"
MIB = 1024 * 1024

# How soon a page was seen, and what it cost: of the first visit of a new profile.
LOADED = """
const paint = Object.fromEntries(performance.getEntriesByType("paint").map((one) => [one.name, one.startTime]));
const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
return {paint: paint["first-paint"], contentful: paint["first-contentful-paint"], files: all.length,
	bytes: all.reduce((sum, one) => sum + one.encodedBodySize, 0), wire: all.reduce((sum, one) => sum + one.transferSize, 0)};
"""


# -- the main thread ----------------------------------------------------------------------------------------

def main_thread(events: list) -> tuple:
    """(pid, tid) of the renderer's main thread that drew the most: the page's."""
    mains = {(e["pid"], e["tid"]) for e in events if e.get("name") == "thread_name" and e["args"].get("name") == "CrRendererMain"}
    drew = collections.Counter((e["pid"], e["tid"]) for e in events if e.get("name") == "Commit")
    return max(mains, key=lambda thread: drew[thread])


def tasks_and_frames(events: list) -> tuple:
    """Of the page's main thread, in ms: (by the clock, of CPU) of each task, and for each frame that was drawn the CPU of all
    that was done since the frame before: messages, scripts, style, layout, paint."""
    where = main_thread(events)
    mine = sorted((e for e in events if (e["pid"], e["tid"]) == where and "ts" in e), key=lambda e: e["ts"])
    tasks = [(e["ts"], e["dur"] / 1000, e["tdur"] / 1000) for e in mine if e["name"] == "RunTask" and "tdur" in e]
    drawn = [e["ts"] for e in mine if e["name"] == "Commit"]
    frames = [sum(cpu for at, _, cpu in tasks if before <= at < now) for before, now in zip(drawn, drawn[1:])]
    return [took for _, *took in tasks], frames


def measure_updates(row, site):
    with chrome.Browser() as browser:
        tab = browser.tab(site.url)
        steps.open_printers(tab)
        tab.until("return document.querySelectorAll(arguments[0]).length === arguments[1]", steps.role("printer-card"), PRINTERS, deadline_s=60)
        for where, scroll in (("at the top", 0), ("in the middle", 0.5)):
            tab.js("scrollTo(0, arguments[0] * document.documentElement.scrollHeight)", scroll)
            time.sleep(2)  # what loading and scrolling began has ended
            with browser.trace(CATEGORIES) as events:
                time.sleep(WINDOW_S)
            tasks, frames = tasks_and_frames(events)
            row(f"web UI, {PRINTERS} cards, a report a second each, {where}: longest task of the main thread",
                f"{max(cpu for _, cpu in tasks):.1f} ms of CPU ({max(took for took, _ in tasks):.0f} by the clock; {len(tasks)} tasks in "
                f"{WINDOW_S} s, {sum(cpu for _, cpu in tasks) / WINDOW_S / 10:.0f} % of a core, tracing included)",
                "50 ms", "-", max(cpu for _, cpu in tasks) < 50)
            row(f"the same, {where}: work for a frame", f"median {statistics.median(frames):.2f} ms of CPU, p95 "
                f"{sorted(frames)[int(len(frames) * .95)]:.2f} ms ({len(frames)} frames)", "median 8 ms", "-", statistics.median(frames) < 8)


# -- the first visit ------------------------------------------------------------------------------------------

@contextlib.contextmanager
def plain_page():
    """The reference: one line of HTML from Python's server."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = b"<!doctype html><title>.</title><link rel=icon href='data:,'><p>Here"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def load_cold(url: str, path: str) -> dict:
    """With a new profile, so with nothing kept."""
    with chrome.Browser() as browser:
        tab = browser.tab(url)
        tab.go(path)
        return tab.until(f"const it = (() => {{ {LOADED} }})(); return it.contentful ? it : null", deadline_s=30)


def measure_loads(row, site):
    with plain_page() as reference_url:
        for path, what in (("/", "Status"), ("/printers", f"{PRINTERS} printers")):
            loads, plain = [], []
            for _ in range(LOADS):
                loads.append(load_cold(site.url, path))
                plain.append(load_cold(reference_url, "/")["contentful"])
            median = {key: statistics.median(one[key] for one in loads) for key in ("paint", "contentful")}
            row(f"web UI, first visit ({what}): something is seen", f"median {median['contentful']:.0f} ms, worst "
                f"{max(one['contentful'] for one in loads):.0f} (its background {median['paint']:.0f}); {loads[0]['files']} files, "
                f"{loads[0]['bytes'] / 1024:.0f} KiB packed, {loads[0]['wire'] / 1024:.0f} with all headers",
                "500 ms, 150 KiB", f"one line of HTML: {statistics.median(plain):.0f} ms",
                median["contentful"] < 500 and loads[0]["bytes"] < 150 * 1024)


def measure(row):
    site = site_rig.Site("bench-web")
    try:
        site.start()
        farm = fleet.Fleet(site, PRINTERS, faulty=False)
        farm.start_talking(1)
        try:
            measure_loads(row, site)
            measure_updates(row, site)
        finally:
            farm.stop_talking()
    finally:
        site.close()


if __name__ == "__main__":
    measure(lambda figure, measured, goal, reference, reached:
            print(f"{figure}: {measured} (goal {goal}; {reference}) {'reached' if reached else 'MISSED'}", flush=True))
