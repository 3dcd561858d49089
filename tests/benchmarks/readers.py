"""A hundred readers of a cached dashboard, and readers beside two hundred clients that stall.

    python -m tests.benchmarks.readers [--readers 100] [--stalled 200] [--seconds 5] [--rounds 3]

One `peter serve` in a process of its own. Readers ask again as soon as they are answered, each over
a connection of its own. A third of the stalled clients send half a head, a third half a body, and a
third read their answer a byte a second. Printed are requests a second, errors, and the 50th and
95th percentile of a reader's wait in milliseconds; the first turn warms up and is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.http import SLUG, prepare
from tests.hosts.standalone.house import start

DATA = f"/api/v1/dashboards/{SLUG}/data"


@dataclass
class Turn:
    """What readers met: seconds of each answer, and whatever was none."""

    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def told(self) -> str:
        cuts = statistics.quantiles(self.waits, n=20) if len(self.waits) > 1 else [0.0] * 19
        return (
            f"{len(self.waits) / self.seconds:7.0f} requests/s  {len(self.errors):4d} errors  "
            f"p50 {cuts[9] * 1000:6.1f} ms  p95 {cuts[18] * 1000:6.1f} ms"
        )


def head(port: int, method: str, path: str, *more: str) -> bytes:
    """A request's head without its last empty line."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *more]
    return "".join(f"{line}\r\n" for line in lines).encode()


async def read(port: int, turn: Turn, until: float) -> None:
    """One reader."""
    request = head(port, "GET", DATA, "Accept-Encoding: gzip") + b"\r\n"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < until:
            began = time.perf_counter()
            writer.write(request)
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            size = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(size))
            if answer.startswith(b"HTTP/1.1 200"):
                turn.waits.append(time.perf_counter() - began)
            else:
                turn.errors.append(answer.partition(b"\r\n")[0].decode())
        writer.close()
    except (OSError, EOFError, ValueError, TimeoutError) as error:
        turn.errors.append(type(error).__name__)


async def stall(port: int, number: int) -> None:
    """One client that stalls, and begins again when it is let go."""
    body = "Content-Type: application/json", "Content-Length: 500"
    kinds = (
        head(port, "GET", DATA),
        head(port, "POST", "/api/v1/sql/run", *body) + b'\r\n{"sql"',
        head(port, "GET", "/api/v1/openapi.json") + b"\r\n",
    )
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(kinds[number % len(kinds)])
            while await reader.read(1):
                await asyncio.sleep(1)
            writer.close()


async def measured(port: int, readers: int, seconds: float) -> Turn:
    """So many readers for so long."""
    turn, began = Turn(), time.monotonic()
    await asyncio.gather(*(read(port, turn, began + seconds) for _ in range(readers)))
    turn.seconds = time.monotonic() - began
    return turn


async def measure(port: int, asked: argparse.Namespace) -> None:
    """All of it, round by round."""
    await measured(port, 10, 1.0)
    for number in range(1, asked.rounds + 1):
        print(f"round {number}")
        together = await measured(port, asked.readers, asked.seconds)
        print(f"  {asked.readers:3d} readers                {together.told()}")
        alone = await measured(port, asked.beside, asked.seconds)
        print(f"  {asked.beside:3d} readers alone          {alone.told()}")
        stalled = [asyncio.ensure_future(stall(port, n)) for n in range(asked.stalled)]
        await asyncio.sleep(1)
        beside = await measured(port, asked.beside, asked.seconds)
        for each in stalled:
            each.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)
        print(f"  {asked.beside:3d} beside {asked.stalled} stalled    {beside.told()}")
        for turn in (together, alone, beside):
            for error in sorted(set(turn.errors)):
                print(f"      {turn.errors.count(error)} x {error}")


def main() -> None:
    """Serve, measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--beside", type=int, default=10, help="readers beside those that stall")
    parser.add_argument("--stalled", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "workspace").mkdir()
        prepare(folder / "workspace")
        house = start(
            folder, None, "--no-auth", toml=None, PETER_USER_REQUESTS_PER_MINUTE="100000000"
        )
        try:
            asyncio.run(measure(int(house.url.rpartition(":")[2]), asked))
        finally:
            house.terminate()


if __name__ == "__main__":
    main()
