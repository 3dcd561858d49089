"""Killed at any moment, the store holds the old or the new revision, whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def victim(*arguments: str) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.faults.publish_victim", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    found = victim("random", str(tmp_path), "200", "20261123")
    assert found["kills"] == 200
    # The kills must fall into publications, or this test would prove nothing.
    assert found["during"] >= 20
    assert found["publications"] >= 200


@pytest.mark.parametrize("scenario", ["create", "change", "delete"])
def test_a_kill_at_each_call_leaves_the_old_or_the_new(tmp_path: Path, scenario: str) -> None:
    found = victim("points", str(tmp_path), scenario)
    assert found["points"] >= 30
    assert found["old"] > 0
    assert found["new"] > 0
