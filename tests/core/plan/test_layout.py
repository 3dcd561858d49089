"""Layouts become rows of tiles with widths that fill twelve columns."""

from __future__ import annotations

import pytest

from peter_core.dashboard.model import Dashboard, Tile
from peter_core.plan.layout import layout_json, widths


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((None,), (12,)),
        ((None, None, None), (4, 4, 4)),
        ((None,) * 5, (3, 3, 2, 2, 2)),
        ((8, None), (8, 4)),
        ((3, None, None), (3, 5, 4)),
        ((6, 4), (6, 4)),
    ],
)
def test_widths_left_out_share_what_remains(
    asked: tuple[int | None, ...], expected: tuple[int, ...]
) -> None:
    row = tuple(Tile(chart=f"c{i}", width=width) for i, width in enumerate(asked))
    assert widths(row) == expected


def test_without_a_layout_kpis_stand_four_a_row_and_others_two() -> None:
    kpi = {"type": "kpi", "query": "q", "title": "N", "value": "n"}
    table = {"type": "table", "query": "q", "title": "T"}
    board = Dashboard.model_validate(
        {
            "version": 1,
            "slug": "some-board",
            "title": "Some board",
            "queries": {"q": {"sql": "SELECT 1 AS n"}},
            "charts": {
                **{f"k{i}": kpi for i in range(5)},
                **{f"t{i}": table for i in range(3)},
            },
        }
    )
    (tab,) = layout_json(board)["tabs"]
    rows = [[tile["chart"] for tile in row] for row in tab["rows"]]
    assert tab["title"] is None
    assert rows == [["k0", "k1", "k2", "k3"], ["k4"], ["t0", "t1"], ["t2"]]
