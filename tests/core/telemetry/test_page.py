"""The page about telemetry lists what is sent, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

from peter_core.telemetry.attributes import SPAN_NAMES
from peter_core.telemetry.logs import FIELDS
from peter_core.telemetry.metrics import METRICS

PAGE = (Path(__file__).parents[3] / "docs" / "telemetry.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_every_attribute_of_a_span_is_listed_and_no_other() -> None:
    listed = set(re.findall(r"`((?:peter|http)\.[a-z_.]+)`", section("Spans")))
    names = {name for name in listed if not re.fullmatch(
        r"peter\.(?:validate|compile|execute|cache|engine\.job|store)", name)}  # fmt: skip
    assert names == {*SPAN_NAMES.values(), "peter.principal"}


def test_every_metric_is_listed_with_its_kind_and_unit() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\w+) \| ([^ ]+) \|", section("Metrics"), re.MULTILINE)
    assert {name: (kind, unit) for name, kind, unit in rows} == {
        name: (metric.kind, metric.unit) for name, metric in METRICS.items()
    }


def test_every_field_of_a_log_is_listed() -> None:
    listed = set(re.findall(r"`([a-z_]+)`", section("Logs")))
    assert {*FIELDS, "principal", "time", "level", "request_id", "trace_id"} <= listed
