"""A server of its own process, told by lines: ``python -m tests.core.cache.redis_server_process``.

Arguments: its folder, the address of Redis, a file that gets a line for each computation. Each line
it is given is one thing to do, each line it gives is the answer.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

from peter_core.cache import redis
from peter_core.cache.entries import Entry
from peter_core.cache.redis import tier, watch
from peter_core.cache.results import ResultCache
from peter_core.engine.port import CancelToken
from tests.core.cache.samples import FLIGHTS, sample_entry

KEY = b"k" * 32
PATIENCE_S = 10.0
"""For Redis: on a busy machine its usual 50 ms pass, and who gives it up computes for himself."""


def main() -> None:
    """Do what the lines say until there are no more."""
    folder, url, journal = sys.argv[1:]
    redis.RedisCache = partial(redis.RedisCache, budget_s=PATIENCE_S)  # type: ignore[misc, assignment]
    tier._FIRST_HANDSHAKE_S = 2 * PATIENCE_S
    watch._CONTROL_S = PATIENCE_S
    cache = ResultCache.open(Path(folder), redis_url=url, key=KEY)
    say("ready")
    for line in sys.stdin:
        match line.split():
            case ["get", key]:
                entry = cache.get(key)
                say("none" if entry is None else str(value_of(entry)))
            case ["put", key, value]:
                cache.put(key, sample_entry(int(value)))
                say("done")
            case ["invalidate"]:
                say(str(cache.invalidate(table=FLIGHTS)))
            case ["crowd", key, threads, seconds]:
                say(" ".join(crowd(cache, key, int(threads), float(seconds), Path(journal))))
            case ["away"]:
                layers = cache._layers
                assert layers is not None
                say(str(layers.redis.away))
    cache.close()


def crowd(cache: ResultCache, key: str, threads: int, seconds: float, journal: Path) -> list[str]:
    """The values that so many threads get who all want one key at once."""
    together = Barrier(threads)

    def compute(token: CancelToken) -> Entry:
        with journal.open("a") as file:
            file.write(f"{folder_name()} {time.time()}\n")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            token.raise_if_cancelled()
            time.sleep(0.005)
        return sample_entry(len(journal.read_text().splitlines()))

    def one(_: int) -> str:
        together.wait()
        entry = cache.get(key)
        if entry is None:
            entry = cache.compute(key, compute, timeout_s=30, accept=lambda _: True)
        return str(value_of(entry))

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def value_of(entry: Entry) -> int:
    """The number that the entry was made with."""
    return int(entry.result.table.column("n")[0].as_py())


def folder_name() -> str:
    """Of this server."""
    return Path(sys.argv[1]).name


def say(text: str) -> None:
    """Answer a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
