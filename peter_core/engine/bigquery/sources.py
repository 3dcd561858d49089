"""The tables a statement names, looked up in its own time."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from peter_core.engine.bigquery.remembered import FETCH_S
from peter_core.engine.bigquery.requests import Request
from peter_core.errors import EngineError, EngineUnavailable, QueryTimeout

if TYPE_CHECKING:
    from peter_core.engine.bigquery.catalog import Catalog
    from peter_core.engine.port import CancelToken, Job, TableInfo


def sources_of(
    catalog: Catalog, job: Job, deadline: float, cancel: CancelToken | None = None
) -> dict[str, TableInfo]:
    """The tables by the names the statement gives them, as they are before it runs.

    What is under a view comes with it, by its id. What does not tell of itself in a third of the
    time that is left is missing; what may be read and not looked at is told by its name alone.

    Raises
    ------
    QueryCancelled
    """
    at_hand = {name: catalog.at_hand(name) for name in job.statement.tables}
    known = {name: info for name, info in at_hand.items() if info is not None}
    if len(known) == len(at_hand):
        return _with_views_open(catalog, known)
    left = deadline - time.monotonic()
    request = Request(time.monotonic() + min(FETCH_S, left / 3))
    infos: dict[str, TableInfo] = {}

    def look() -> None:
        for name in job.statement.tables:
            try:
                infos[name] = catalog.table(name, within_s=request.remaining())
            except EngineUnavailable:
                continue
            except EngineError:
                infos[name] = catalog.named_only(name)
        infos.update(_with_views_open(catalog, infos.copy()))

    with contextlib.suppress(QueryTimeout):
        request.run(look, cancel)
    return infos.copy()


def _with_views_open(catalog: Catalog, found: dict[str, TableInfo]) -> dict[str, TableInfo]:
    views = [name for name, info in found.items() if info.kind in ("view", "materialized_view")]
    return found | {below.id: below for name in views for below in catalog.under(name)}


def distinct(tables: dict[str, TableInfo]) -> tuple[TableInfo, ...]:
    """Each table once, in the order of the statement."""
    return tuple({info.id: info for info in tables.values()}.values())
