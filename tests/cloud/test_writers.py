"""Twenty people publish one slug through servers that share a bucket and a ledger."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from peter_core import Peter
from peter_core.errors import PreconditionFailed
from peter_core.principal import Principal
from tests.cloud.houses import Cloud, cloud_house

WRITERS = 20
BOARD = """\
version: 1
slug: shared
title: Shared
description: {words}
queries:
  total: {{sql: SELECT COUNT(*) AS n FROM nyc.airlines}}
charts:
  total: {{type: kpi, query: total, value: n, title: Airlines}}
"""


class Writer:
    """One person, who publishes from what is there and starts again when it changed meanwhile."""

    def __init__(self, name: str, peter: Peter) -> None:
        self.name = name
        self.accepted: list[str] = []
        self.refused = 0
        self.errors: list[Exception] = []
        self._peter = peter
        self._principal = Principal(email=f"{name}@example.com", roles=frozenset({"author"}))

    def write(self, each: int) -> None:
        try:
            while len(self.accepted) < each:
                self._once(len(self.accepted))
        except Exception as error:
            self.errors.append(error)

    def _once(self, number: int) -> None:
        seen = self._peter.get("shared").revision
        text = BOARD.format(words=f"{self.name} {number} after {seen[:8]}")
        try:
            made = self._peter.publish(text, if_match=seen, principal=self._principal)
        except PreconditionFailed:
            self.refused += 1
        else:
            self.accepted.append(made.revision)


@pytest.mark.parametrize(
    "each", [2, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1500)])]
)
def test_twenty_writers_lose_nothing(cloud: Cloud, tmp_path: Path, each: int) -> None:
    with cloud_house(cloud, tmp_path) as house:
        servers = [house.peter, house.again()]
        first = house.peter.publish(BOARD.format(words=f"first of {each}"), if_match="*").revision
        writers = [Writer(f"w{n}", servers[n % 2]) for n in range(WRITERS)]
        threads = [threading.Thread(target=writer.write, args=(each,)) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(1200)
        assert [error for writer in writers for error in writer.errors] == []
        accepted = [revision for writer in writers for revision in writer.accepted]
        history = [entry.revision for entry in house.peter.history("shared")]
        since = history[: history.index(first)]
        assert len(accepted) == len(set(accepted)) == WRITERS * each
        assert sorted(since) == sorted(accepted)
        head = house.peter.get("shared").revision
        assert head == history[0]
        entries = {entry.slug: entry.revision for entry in servers[1].list().dashboards}
        assert entries["shared"] == head
