"""A small warehouse in a scripted BigQuery, and an engine over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from peter_core.engine.bigquery import BigQueryEngine
from tests.fakes.bigquery import FakeBigQuery
from tests.faults.bigquery_runs import engine_of, warehouse


@pytest.fixture
def fake() -> Iterator[FakeBigQuery]:
    with warehouse() as fake:
        yield fake


@pytest.fixture
def engine(fake: FakeBigQuery) -> Iterator[BigQueryEngine]:
    engine = engine_of(fake)
    yield engine
    engine.close()
