"""What the service does is one tree of spans, over its threads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peter_core import Peter, telemetry
from peter_core.principal import Principal
from peter_core.telemetry.attributes import hashed
from tests.core.telemetry.conftest import SALT, Recorded, attributes

ADA = Principal("ada@example.com", roles=frozenset({"author"}))
DASHBOARD = """\
version: 1
slug: traced
title: Traced
queries:
  carriers: {sql: "SELECT carrier, COUNT(*) AS n FROM nyc.flights GROUP BY carrier"}
  total: {sql: "SELECT COUNT(*) AS n FROM nyc.flights"}
charts:
  carriers: {type: bar, query: carriers, title: Carriers, x: carrier, y: n}
  total: {type: kpi, query: total, title: Flights, value: n}
"""


@pytest.fixture
def peter(flights_folder: Path, tmp_path: Path) -> Iterator[Peter]:
    (tmp_path / "data").symlink_to(flights_folder / "data")
    with Peter.local(tmp_path) as opened:
        yield opened


def test_a_published_and_drawn_dashboard_is_one_tree_a_request(
    peter: Peter, recorded: Recorded
) -> None:
    with telemetry.request_span("POST", "/dashboards"):
        peter.publish(DASHBOARD, create=True, principal=ADA)
    published = {span.name for span in recorded.spans}
    assert {"peter.compile", "peter.engine.job", "peter.store", "POST /dashboards"} <= published
    recorded.exporter.clear()
    with telemetry.request_span("GET", "/dashboards/{slug}/data"):
        peter.data("traced", refresh=True, principal=ADA)
    spans = {span.context.span_id: span for span in recorded.spans}
    roots = [span.name for span in spans.values() if span.parent is None]
    assert roots == ["GET /dashboards/{slug}/data"]
    jobs = [span for span in spans.values() if span.name == "peter.engine.job"]
    assert len(jobs) == 2
    for job in jobs:
        assert job.parent is not None
        assert spans[job.parent.span_id].name == "peter.execute"
        found = attributes(job)
        assert found["peter.engine"] == "duckdb"
        assert found["peter.principal"] == hashed(ADA.email, SALT)
        assert found["peter.bytes_billed"] == 0
    execute = attributes(recorded.span("peter.execute"))
    assert (execute["peter.slug"], execute["peter.steps"]) == ("traced", 2)


def test_the_second_look_is_all_hits(peter: Peter, recorded: Recorded) -> None:
    peter.publish(DASHBOARD, create=True, principal=ADA)
    peter.data("traced", principal=ADA)
    recorded.exporter.clear()
    before = _sum(recorded, "peter.cache.hits")
    peter.data("traced", principal=ADA)
    assert attributes(recorded.span("peter.cache")) == {
        "peter.cache.hits": 2, "peter.cache.misses": 0,
    }  # fmt: skip
    assert _sum(recorded, "peter.cache.hits") - before == 2
    assert "peter.engine.job" not in {span.name for span in recorded.spans}


def test_a_failing_job_is_a_failed_span_and_counts_under_its_code(
    peter: Peter, recorded: Recorded
) -> None:
    peter.verify("SELECT ERROR('hunter2') AS x FROM nyc.flights", principal=ADA)
    job = recorded.span("peter.engine.job")
    assert attributes(job)["peter.code"] == "query_failed"
    assert job.status.status_code.name == "ERROR"
    ((seen, _),) = recorded.points("peter.engine.job.duration")
    assert seen == {"peter.engine": "duckdb", "peter.code": "query_failed"}


def test_validation_is_a_span(peter: Peter, recorded: Recorded) -> None:
    peter.validate(DASHBOARD)
    validated = recorded.span("peter.validate")
    compiled = recorded.span("peter.compile")
    assert compiled.parent is not None
    assert compiled.parent.span_id == validated.context.span_id


def _sum(recorded: Recorded, name: str) -> int:
    return sum(int(point.value) for _, point in recorded.points(name))  # type: ignore[attr-defined]
