"""One card of each kind that is no plot, drawn without a browser, beside its golden file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from peter_core.plan.tokens import Theme
from peter_jupyter.export import export_svg
from tests import golden
from tests.core.plan.chart_cases import CASES

RECEIPT = {"id": "r", "verified_at": "2026-11-23T01:00:00Z", "verified_by": "ada@example.com",
           "verdict": "passed", "matches": True, "reason": None}  # fmt: skip
PROBLEMS = {
    "failed": {"code": "bytes_cap_exceeded", "title": "Query stopped by its byte cap",
               "detail": "It would scan 3.4 GB and the cap is 1 GB.",
               "hint": "Filter on the partition column, or raise the cap."},
    "empty": {"code": "empty", "title": "No data", "detail": "The query returned no rows.",
              "hint": None},
}  # fmt: skip
CARDS = ("kpi", "table", "text", *PROBLEMS)


def board(name: str) -> bytes:
    """An artifact of one card."""
    case = CASES[name if name in CASES else "bar"]
    view = case.view()
    lost = name in PROBLEMS
    chart: dict[str, Any] = {
        "type": case.chart["type"], "title": "Departures", "description": "Of eight days",
        "link": None, "query": None if name == "text" else "q", "state": name if lost else "ready",
        "view": None if lost else view.view, "summary": view.summary,
        "problem": PROBLEMS.get(name), "row_count": 8, "truncated": name == "table", "note": None,
        "computed_at": "2026-11-23T03:00:00Z", "source_updated_at": None,
        "freshness": "stale" if name == "kpi" else "fresh", "failed_checks": [],
        "receipt": None if name == "text" else {**RECEIPT, "matches": name != "table"},
    }  # fmt: skip
    return json.dumps({
        "format": 1, "slug": "board", "revision": "4f2c91a7d0", "title": "Board",
        "description": None, "timezone": "UTC", "locale": "en-US", "filters": [],
        "layout": {"tabs": [{"title": None, "rows": [[{"chart": "one", "width": 12}]]}]},
        "charts": {"one": chart}, "as_of": "2026-11-23T03:00:00Z", "source_updated_at": None,
        "bytes_scanned": 0, "queries": 1, "queries_cached": 1, "duration_ms": 12.0,
    }).encode()  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CARDS)
def test_a_card_has_the_texts_shapes_and_colours_of_its_golden_file(
    name: str, theme: Theme
) -> None:
    golden.hold_svg(f"cards/{name}-{theme}", export_svg(board(name), width=480, theme=theme))


def test_every_golden_card_has_its_test() -> None:
    kept = {path.stem for path in (golden.FOLDER / "cards").iterdir()}
    assert kept == {f"{name}-{theme}" for name in CARDS for theme in ("light", "dark")}
