"""Where a number comes from and what hangs on it."""

from __future__ import annotations

from typing import Literal

from peter_jupyter.http.access import needs
from peter_jupyter.http.models.lineage import ImpactAnswer, ImpactBody, LineageGraph
from peter_jupyter.http.models.queries import ColumnsQuery, DepthQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource


class DashboardLineageResource(Resource):
    """What a dashboard is made of."""

    @needs("viewer")
    @operation("get_dashboard_lineage", LineageGraph, tag="lineage", query=ColumnsQuery)
    async def get(self, slug: str) -> None:
        """Down to its tables, with ``columns=true`` down to their columns."""
        columns = self.query(ColumnsQuery).columns
        graph = await self.call(lambda peter: peter.lineage(slug, columns=columns))
        self.answer(LineageGraph.model_validate(graph))


class NodeLineageResource(Resource):
    """The lineage of a node across all published dashboards."""

    @needs("viewer")
    @operation("get_lineage", LineageGraph, tag="lineage", query=DepthQuery, errors=("not_found",))
    async def get(self, direction: Literal["upstream", "downstream"], node: str) -> None:
        """What the node is made from, or what is made from it, ``depth`` edges far."""
        depth = self.query(DepthQuery).depth
        graph = await self.call(
            lambda peter: getattr(peter.whole_lineage(), direction)(node, depth)
        )
        self.answer(LineageGraph.model_validate(graph))


class ImpactResource(Resource):
    """What a change would break, before it is made."""

    @needs("viewer")
    @operation("get_impact", ImpactAnswer, tag="lineage", body=ImpactBody, errors=("not_found",))
    async def post(self) -> None:
        """The dashboards, charts, encodings and queries that a drop or a rename touches."""
        asked = self.json_body(ImpactBody)
        rename = (asked.rename.old, asked.rename.new) if asked.rename else None
        found = await self.call(lambda peter: peter.impact(drop=asked.drop, rename=rename))
        self.answer(ImpactAnswer.model_validate(found))
