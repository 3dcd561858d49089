"""Statements, lineage and costs on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from peter_jupyter.client.arguments import pairs, segment
from peter_jupyter.http.models.costs import CostAnswer
from peter_jupyter.http.models.lineage import ImpactAnswer, LineageGraph
from peter_jupyter.http.models.verification import VerificationAnswer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from peter_core.engine.port import CancelToken
    from peter_core.store.records import GroupBy
    from peter_jupyter.client.connection import Connection


class Analysis:
    """What a statement is, where a number comes from, what was paid."""

    _connection: Connection

    def verify(
        self,
        sql: str,
        *,
        parameters: Mapping[str, object] | None = None,
        max_bytes: int | str | None = None,
        sample_rows: int = 20,
        checks: Sequence[BaseModel | Mapping[str, object]] = (),
        timeout_s: float | None = None,
        dry_run: bool = False,
        cancel: CancelToken | None = None,
    ) -> VerificationAnswer:
        """Run one statement under a cap on the server and say all a reviewer needs.

        Parameters
        ----------
        parameters
            Plain values, or ``{"type": "DATE", "value": "2013-06-01"}`` for a BigQuery type.
        max_bytes
            The cap in billed bytes, or a size such as ``"1GB"``.
        checks
            As a document writes them: ``{"rows": {"min": 1}}``.

        Raises
        ------
        SqlRefused, BytesCapExceeded, BudgetExceeded, QueryTimeout, EngineUnavailable
            Nothing was found out; what ran and failed is a verdict.
        """
        body: dict[str, Any] = {"sql": sql, "parameters": dict(parameters or {})}
        if max_bytes is not None:
            body["max_bytes"] = max_bytes
        if not dry_run:
            body |= {"sample_rows": sample_rows, "checks": [_check(check) for check in checks]}
            body |= {} if timeout_s is None else {"timeout_s": timeout_s}
        return self._connection.ask(
            VerificationAnswer, "POST", f"api/v1/sql/{'explain' if dry_run else 'run'}",
            json=body, long=True, cancel=cancel,
        )  # fmt: skip

    def lineage(self, slug: str, *, columns: bool = False) -> LineageGraph:
        """What a dashboard is made of, down to its tables or their columns."""
        path = f"api/v1/dashboards/{segment(slug)}/lineage"
        return self._connection.ask(LineageGraph, "GET", path, query=pairs(columns=columns))

    def upstream(self, node: str, *, depth: int | None = None) -> LineageGraph:
        """What a node of all published dashboards is made from: ``chart:slug/name``."""
        return self._node("upstream", node, depth)

    def downstream(self, node: str, *, depth: int | None = None) -> LineageGraph:
        """What is made from a node: ``table:project.dataset.name``."""
        return self._node("downstream", node, depth)

    def impact(
        self, *, drop: str | None = None, rename: tuple[str, str] | None = None
    ) -> ImpactAnswer:
        """What dropping or renaming a table or column breaks on all published dashboards."""
        body: dict[str, object] = {} if drop is None else {"drop": drop}
        if rename is not None:
            body["rename"] = {"old": rename[0], "new": rename[1]}
        return self._connection.ask(ImpactAnswer, "POST", "api/v1/lineage/impact", json=body)

    def costs(
        self,
        start: dt.date | str | None = None,
        end: dt.date | str | None = None,
        *,
        group_by: GroupBy = "dashboard",
        slug: str | None = None,
    ) -> CostAnswer:
        """What was scanned, billed and paid from ``start`` on; a day as ``end`` is in it.

        The last 30 days without them.
        """
        asked = pairs(start=start, end=end, group_by=group_by, slug=slug)
        return self._connection.ask(CostAnswer, "GET", "api/v1/analytics/costs", query=asked)

    def _node(self, direction: str, node: str, depth: int | None) -> LineageGraph:
        path = f"api/v1/lineage/{direction}/{segment(node)}"
        return self._connection.ask(LineageGraph, "GET", path, query=pairs(depth=depth))


def _check(check: BaseModel | Mapping[str, object]) -> Mapping[str, object]:
    if isinstance(check, BaseModel):
        return check.model_dump(mode="json", exclude_unset=True, by_alias=True)
    return check
