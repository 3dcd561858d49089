"""Where charts stand: every layout becomes tabs of rows of tiles with a width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.dashboard.model import KpiChart, Tabs, Tile

if TYPE_CHECKING:
    from peter_core.dashboard.model import Dashboard

COLUMNS = 12


def layout_json(dashboard: Dashboard) -> dict[str, object]:
    """The layout of the artifact: one nameless tab where the document has no tabs."""
    layout = dashboard.layout
    if isinstance(layout, Tabs):
        return {"tabs": [{"title": tab.title, "rows": _rows(tab.rows)} for tab in layout.tabs]}
    return {"tabs": [{"title": None, "rows": _rows(layout or _natural_rows(dashboard))}]}


def widths(row: tuple[Tile, ...]) -> tuple[int, ...]:
    """The width of each tile; what is left out shares what remains, at least one column each."""
    asked = sum(tile.width or 0 for tile in row)
    open_tiles = sum(tile.width is None for tile in row)
    if not open_tiles:
        return tuple(tile.width or 0 for tile in row)
    share, extra = divmod(max(COLUMNS - asked, open_tiles), open_tiles)
    found = []
    for tile in row:
        if tile.width is None:
            found.append(share + (1 if extra > 0 else 0))
            extra -= 1
        else:
            found.append(tile.width)
    return tuple(found)


def _rows(rows: tuple[tuple[Tile, ...], ...]) -> list[list[dict[str, object]]]:
    return [
        [{"chart": tile.chart, "width": width, "height": tile.height}
         for tile, width in zip(row, widths(row), strict=True)]
        for row in rows
    ]  # fmt: skip


def _natural_rows(dashboard: Dashboard) -> tuple[tuple[Tile, ...], ...]:
    """Charts in order: KPIs four a row, others two a row."""
    rows: list[tuple[Tile, ...]] = []
    run: list[str] = []
    of_kpis = False
    for name, chart in dashboard.charts.items():
        is_kpi = isinstance(chart, KpiChart)
        if run and (is_kpi != of_kpis or len(run) == (4 if of_kpis else 2)):
            rows.append(tuple(Tile(chart=member) for member in run))
            run = []
        of_kpis = is_kpi
        run.append(name)
    rows.append(tuple(Tile(chart=member) for member in run))
    return tuple(rows)
