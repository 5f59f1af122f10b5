"""What the web server promises: how a second user fares beside a crowd that wastes connections, and what it costs to
tell Prometheus of a farm."""
import http.client
import json
import statistics
import subprocess
import threading
import time

from rig.alone import Alone
from rig.fuse import Fuse
from rig.slowloris import Slowloris
from test_state_json import sample_payloads, state_of

CLIENTS = 1500
REQUESTS = 500
PRINTERS = 200
SCRAPES = 30


def ask(fuse, source: str) -> float:
    """One request on a connection of its own; how long it took, in ms."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection(fuse.address, 8888, timeout=30, source_address=(source, 0))
    connection.request("GET", "/api/v1/status")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 200, response.status
    return (time.perf_counter() - started) * 1000


def percentile(values: list, share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def words(took_ms: list) -> str:
    return f"p50 {percentile(took_ms, .5):.1f} ms, p99 {percentile(took_ms, .99):.1f} ms, longest {max(took_ms):.0f} ms"


def measure_slowloris(row):
    fuse = Fuse(workers=[], name="bench-slowloris")
    try:
        fuse.start()
        calm = [ask(fuse, "127.0.0.9") for _ in range(REQUESTS)]
        for many in (False, True):
            with Slowloris(fuse.address, 8888, clients=CLIENTS, many=many) as crowd:
                took = [ask(fuse, "127.0.0.9") for _ in range(REQUESTS // 5)]  # while they come
                crowd.wait_all_there()
                took += [ask(fuse, "127.0.0.9") for _ in range(REQUESTS)]
            row(f"slowloris: second user's p99 ({CLIENTS} clients {'of as many addresses' if many else 'of one address'} "
                "that trickle, all served)", words(took), "300 ms", f"without them: {words(calm)}", percentile(took, .99) < 300)
        fuse.stop()
    finally:
        fuse.close()


def measure_farm(row):
    """fuse-httpd with 200 printers, each with a state of 10 KB; Prometheus asks without pause, and so does another."""
    state = {**state_of("X1C", sample_payloads("x1c-1", ["pushall", "get_version"])), "serial": "SERIAL"}
    with Alone(PRINTERS, json.dumps(state, separators=(",", ":"))) as httpd:
        def cost_ms(path: str) -> tuple:
            before = httpd.cpu_s()
            sizes = [len(httpd.http.raw("GET", path).body) for _ in range(SCRAPES)]
            return (httpd.cpu_s() - before) / SCRAPES * 1000, sizes[0]

        listed, list_bytes = cost_ms("/api/v1/printers")
        row(f"GET /api/v1/printers with {PRINTERS} printers: CPU", f"{listed:.1f} ms ({list_bytes // 1024} KiB)", "-", "-", None)
        scraped, bytes_each = cost_ms("/metrics")
        over, times_ms = threading.Event(), []

        def wait_beside():
            while not over.is_set():
                started = time.perf_counter()
                assert httpd.http.raw("GET", "/livez").status == 200
                times_ms.append((time.perf_counter() - started) * 1000)

        thread = threading.Thread(target=wait_beside)
        thread.start()
        while len(times_ms) < REQUESTS:
            time.sleep(0.01)
        calm_count = len(times_ms)
        url = f"http://{httpd.address}:{httpd.port}/metrics"
        subprocess.run(["curl", "--silent", "--fail", *["--output", "/dev/null"] * SCRAPES, *[url] * SCRAPES], check=True)
        over.set()
        thread.join()
        calm, waited_ms = times_ms[:calm_count], times_ms[calm_count:]
        row(f"GET /metrics with {PRINTERS} printers: CPU", f"{scraped:.1f} ms ({bytes_each // 1024} KiB)", "-", "-", None)
        row("GET /livez while Prometheus asks without pause", words(waited_ms), "p99 20 ms",
            f"without it: p50 {statistics.median(calm):.1f} ms, p99 {percentile(calm, .99):.1f} ms", percentile(waited_ms, .99) < 20)


def measure(row):
    measure_slowloris(row)
    measure_farm(row)
