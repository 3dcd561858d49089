"""Scripts that publish until their server is gone, and remember what it acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from peter_core import Peter

DOCUMENT = """\
version: 1
slug: {slug}
title: Board {slug}
queries:
  carriers: {{sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}}
charts:
  airlines: {{type: table, query: carriers, title: "Airlines {number}"}}
"""


@dataclass
class Writer:
    """Publishes boards of its own until the server is gone; ``kept`` is what it was told."""

    url: str
    headers: dict[str, str]
    name: str
    kept: dict[str, str] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=60, verify=False) as client:  # noqa: S501
            for number in range(10_000):
                try:
                    if not self._write(client, number):
                        return
                except httpx.HTTPError:
                    # The connection was closed: nothing was promised.
                    return

    def _write(self, client: httpx.Client, number: int) -> bool:
        slug = f"{self.name}-{number // 3}"
        path, headers = "/api/v1/dashboards", {**self.headers, "Content-Type": "application/yaml"}
        send = client.post
        if slug in self.kept:
            path, headers["If-Match"], send = f"{path}/{slug}", f'"{self.kept[slug]}"', client.put
        answer = send(path, headers=headers, content=DOCUMENT.format(slug=slug, number=number))
        if answer.status_code in (200, 201):
            self.kept[slug] = answer.json()["revision"]
            return True
        self.refused.append(answer.status_code)
        if answer.status_code != 503 or "Retry-After" not in answer.headers:
            self.odd.append(f"{answer.status_code} {answer.text[:900]}")
        return False


@contextmanager
def writing(
    url: str, headers: dict[str, str], *, count: int = 4, within_s: float = 120.0
) -> Iterator[list[Writer]]:
    """So many writers at work, once each was told of a write; they have ended after the block."""
    writers = [Writer(url, headers, f"w{n}") for n in range(count)]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    _wait_until(lambda: all(writer.kept or writer.odd for writer in writers), within_s)
    try:
        yield writers
    finally:
        for thread in threads:
            thread.join(100)


def require_kept(folder: Path, writers: Iterable[Writer]) -> int:
    """How many acknowledged revisions there are; each is a head, or what a later one came upon."""
    count = 0
    with Peter.local(folder) as peter:
        for writer in writers:
            assert not writer.odd, writer.odd
            for slug, revision in writer.kept.items():
                known = [entry.revision for entry in peter.history(slug)]
                assert revision in known, (slug, revision, known)
                count += 1
    return count


def forget_boards(folder: Path) -> None:
    """Empty a workspace of its boards, for the next round."""
    for board in list((folder / "dashboards").iterdir()):
        if board.is_dir():
            _remove(board)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def _wait_until(true: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
