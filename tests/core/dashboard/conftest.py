"""The documents that the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import pytest

VALID = sorted((Path(__file__).parents[2] / "fixtures" / "documents" / "valid").glob("*.yaml"))


@pytest.fixture(params=VALID, ids=lambda path: path.stem)
def valid_text(request: pytest.FixtureRequest) -> str:
    """One of the valid documents."""
    path: Path = request.param
    return path.read_text(encoding="utf-8")
