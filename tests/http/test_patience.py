"""Whoever has no time for a refresh is shown what is held."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from peter_jupyter.http.accepting import wait_preference
from tests.http.conftest import Ask
from tests.small_flights import FLIGHTS

BOARD = "api/v1/dashboards/small-flights"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (["wait=0"], 0.0),
        (["respond-async, wait=10"], 10.0),
        (["respond-async; x", 'WAIT="5"'], 5.0),
        ([], None),
        (["wait=-1"], None),
        (["wait=1e9"], None),
        (["wait"], None),
        (["waiting=3"], None),
    ],
)
def test_patience_is_read_from_prefer(header: list[str], seconds: float | None) -> None:
    assert wait_preference(header) == seconds


async def test_a_stale_dashboard_can_be_had_at_once(
    ask: Ask, published: str, workspace: Path
) -> None:
    await ask("GET", f"{BOARD}/data")
    table = workspace / "data" / "nyc" / "flights.csv"
    table.write_text(FLIGHTS + "2013-06-04,AA,1,100\n")
    later = time.time() + 5
    os.utime(table, (later, later))
    while (await ask("GET", f"{BOARD}/freshness")).json["charts"][0]["status"] == "fresh":
        await asyncio.sleep(0.05)
    held = await ask("GET", f"{BOARD}/data", headers={"Prefer": "wait=0"})
    assert held.json["charts"]["flights"]["view"]["value"]["raw"] == 5
    assert held.json["charts"]["flights"]["freshness"] == "stale"
    assert held.json["refreshing"] is True
    assert "Prefer" in held.headers["Vary"]
    waited = await ask("GET", f"{BOARD}/data", headers={"Prefer": "wait=20"})
    assert waited.json["charts"]["flights"]["view"]["value"]["raw"] == 6
    assert waited.json["refreshing"] is False
