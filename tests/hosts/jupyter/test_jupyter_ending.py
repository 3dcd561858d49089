"""A Jupyter Server that is told to end under load: what it acknowledged is kept."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.http import TOKEN
from tests.hosts.writers import forget_boards, require_kept, writing
from tests.small_flights import write_tables

LIMIT_S = 60.0


@dataclass(frozen=True)
class Running:
    """One server over a workspace, and where it writes its log."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


@contextlib.contextmanager
def jupyter(folder: Path) -> Iterator[Running]:
    """A Jupyter Server in a process of its own, killed if it is still there afterwards."""
    log = folder / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.http", "--serve", str(folder), "0"],
            env={**os.environ, "JUPYTER_RUNTIME_DIR": str(folder)}, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        yield Running(process, f"{_address(process, folder)}peter", log)
    finally:
        process.kill()
        process.wait(30)


def _address(process: subprocess.Popen[bytes], folder: Path) -> str:
    """Where the server listens, as it says once it does."""
    told, deadline = folder / f"jpserver-{process.pid}.json", time.monotonic() + 150
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return str(json.loads(told.read_text())["url"])
        time.sleep(0.05)
    raise AssertionError((folder / "server.log").read_text(errors="replace")[-4000:])


def _rounds(folder: Path, rounds: int) -> None:
    write_tables(folder)
    chance = random.Random(7)  # noqa: S311
    kept = 0
    for _ in range(rounds):
        with jupyter(folder) as server:
            with writing(server.url, {"Authorization": f"token {TOKEN}"}) as writers:
                time.sleep(chance.random())
                server.process.send_signal(signal.SIGTERM)
                code = server.process.wait(LIMIT_S)
            assert code == 0, server.said()
            assert "Traceback" not in server.said()
        kept += require_kept(folder, writers)
        forget_boards(folder)
    assert kept > rounds


def test_no_acknowledged_write_is_lost_when_the_server_is_told_to_end(tmp_path: Path) -> None:
    _rounds(tmp_path, 1)


@pytest.mark.slow
def test_nor_in_twenty_rounds(tmp_path: Path) -> None:
    _rounds(tmp_path, 20)
