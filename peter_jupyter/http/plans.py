"""Documents that are not published: validate and compile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.engine.values import json_value
from peter_core.lineage.graph import plan_graph
from peter_core.plan.words import speaking, tell
from peter_jupyter.http.access import needs
from peter_jupyter.http.bodies import read_document
from peter_jupyter.http.models.dashboard import DocumentBody
from peter_jupyter.http.models.finding import ProblemItem
from peter_jupyter.http.models.lineage import LineageGraph
from peter_jupyter.http.models.plan import (
    ColumnItem,
    ParameterItem,
    PlanAnswer,
    PlannedChart,
    PlannedQuery,
    PlanTotals,
    ValidationAnswer,
)
from peter_jupyter.http.models.queries import ValidateQuery
from peter_jupyter.http.operations import DOCUMENT_TYPES, operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.costs import PlanCost, StepCost
    from peter_core.plan.plan import Plan, Step
    from peter_core.service import Peter


class ValidateResource(Resource):
    """What is wrong with a document."""

    @needs("author")
    @operation("validate_dashboard", ValidationAnswer, tag="documents", query=ValidateQuery,
               body=DocumentBody, body_types=DOCUMENT_TYPES)  # fmt: skip
    async def post(self) -> None:
        """200 also for an invalid one: the question was answered."""
        document = read_document(self.request.headers, self.body())
        mode = self.query(ValidateQuery).mode
        found = await self.call(lambda peter: peter.validate(document.yaml, mode=mode))
        self.answer(ValidationAnswer.model_validate(found))


class CompileResource(Resource):
    """What a document would run, and what that costs."""

    @needs("author")
    @operation("compile_dashboard", PlanAnswer, tag="documents", filters=True, body=DocumentBody,
               body_types=DOCUMENT_TYPES, errors=("document_invalid",))  # fmt: skip
    async def post(self) -> None:
        """The plan at the filter values of the query string; nothing is run."""
        document = read_document(self.request.headers, self.body())
        filters, who, language = self.filters(), self.who, self.readers_language()

        def compiled(peter: Peter) -> PlanAnswer:
            plan = peter.compile(document.yaml, filters=filters)
            cost = peter.price(document.yaml, filters=filters, principal=who)
            with speaking(language):
                return plan_answer(plan, cost)

        self.answer(await self.call(compiled))


def plan_answer(plan: Plan, cost: PlanCost) -> PlanAnswer:
    """A plan and its price as the API tells them."""
    prices = {step.key: step for step in cost.steps}
    return PlanAnswer(
        slug=plan.dashboard.slug,
        revision=plan.revision,
        queries=tuple(_query(step, prices[key]) for key, step in plan.steps.items()),
        charts=tuple(
            PlannedChart(
                name=name, type=plan.dashboard.charts[name].type, encodings=chart.encodings
            )
            for name, chart in plan.charts.items()
        ),
        totals=PlanTotals(
            estimated_bytes=cost.estimated_bytes,
            cost_usd=cost.cost_usd,
            cost_usd_month=cost.cost_usd_month,
            exact=cost.exact,
            note=tell(cost.note).text,
        ),
        lineage=LineageGraph.model_validate(plan_graph(plan)),
        problems=tuple(ProblemItem.model_validate(problem) for problem in plan.problems),
    )


def _query(step: Step, cost: StepCost) -> PlannedQuery:
    return PlannedQuery(
        name=step.query,
        key=step.key,
        role=step.role,
        sql=step.statement.text,
        fingerprint=step.statement.fingerprint,
        parameters=tuple(
            ParameterItem(name=p.name, type=p.type, value=json_value(p.value, p.type))
            for p in step.parameters
        ),
        tables=tuple(table.id for table in step.tables),
        estimated_bytes=cost.estimated_bytes,
        cost_usd=cost.cost_usd,
        cap_bytes=step.cap_bytes,
        cached=cost.cached,
        used_by=step.used_by,
        columns=tuple(ColumnItem.model_validate(column) for column in step.columns),
    )
