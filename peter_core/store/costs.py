"""Cost reports, summed by the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from peter_core.store.records import CostLine, CostReport, GroupBy
from peter_core.store.tables import dollars, runs

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection, Row

_KEYS: dict[GroupBy, sa.ColumnElement[Any]] = {
    "dashboard": runs.c.slug,
    "user": runs.c.principal,
    "query": runs.c.slug + "/" + runs.c.query,
    "date": runs.c.day,
}


def cost_report(
    connection: Connection,
    start: dt.datetime,
    end: dt.datetime,
    group_by: GroupBy,
    slug: str | None = None,
) -> CostReport:
    """The report of ``start`` (inclusive) to ``end`` (exclusive)."""
    key = _KEYS[group_by].label("key")
    query = sa.select(
        key,
        _sum(runs.c.bytes_scanned),
        _sum(runs.c.bytes_billed),
        _sum(runs.c.cost_usd),
        sa.func.count(),
        _sum(sa.case((runs.c.cache_hit, 1), else_=0)),
        _sum(runs.c.saved_usd),
        _sum(runs.c.slot_ms),
    ).where(runs.c.at >= start, runs.c.at < end)
    if slug is not None:
        query = query.where(runs.c.slug == slug)
    lines = [_line(row) for row in connection.execute(query.group_by(key))]
    lines.sort(key=lambda line: (-line.cost_usd, -line.bytes_scanned, line.key or ""))
    if group_by == "date":
        lines.sort(key=lambda line: line.key or "")
    count = sum(line.query_count for line in lines)
    hits = sum(line.cache_hits for line in lines)
    return CostReport(
        start=start,
        end=end,
        group_by=group_by,
        total_bytes_scanned=sum(line.bytes_scanned for line in lines),
        total_bytes_billed=sum(line.bytes_billed for line in lines),
        cost_usd=sum((line.cost_usd for line in lines), dollars(0)),
        query_count=count,
        cache_hit_ratio=hits / count if count else 0.0,
        breakdown=tuple(lines),
        saved_usd=sum((line.saved_usd for line in lines), dollars(0)),
        slot_ms=sum(line.slot_ms for line in lines),
    )


def _sum(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(sa.type_coerce(column, sa.BigInteger)), sa.BigInteger)


def _line(row: Row[*tuple[Any, ...]]) -> CostLine:
    key, scanned, billed, billionths, count, hits, saved, slot_ms = row
    return CostLine(
        key=key,
        bytes_scanned=int(scanned),
        bytes_billed=int(billed),
        cost_usd=dollars(int(billionths)),
        query_count=count,
        cache_hits=int(hits),
        saved_usd=dollars(int(saved)),
        slot_ms=int(slot_ms),
    )
