"""What the web server promises: how a second user fares beside a crowd that wastes connections."""
import http.client
import time

from rig.fuse import Fuse
from rig.slowloris import Slowloris

CLIENTS = 1500
REQUESTS = 500


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


def measure(row):
    measure_slowloris(row)
