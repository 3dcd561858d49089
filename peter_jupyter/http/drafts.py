"""Documents while they are written: draw, verify and compare what is not published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.dashboard.canonical import diff
from peter_core.lineage.graph import plan_graph
from peter_core.plan.words import speaking
from peter_core.service.bookkeeping import column_graph
from peter_core.service.publishing import require_valid
from peter_jupyter.http.accepting import JSON
from peter_jupyter.http.access import needs
from peter_jupyter.http.bodies import read_document
from peter_jupyter.http.dashboards import read_published
from peter_jupyter.http.models.artifact import ArtifactAnswer
from peter_jupyter.http.models.dashboard import ChangeItem, Difference, DocumentBody
from peter_jupyter.http.models.drafts import DraftVerification, VerifiedQuery
from peter_jupyter.http.models.lineage import LineageGraph
from peter_jupyter.http.models.queries import ChartsQuery, ColumnsQuery
from peter_jupyter.http.models.verification import VerificationAnswer
from peter_jupyter.http.operations import DOCUMENT_TYPES, operation
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.verifications import told_verification

if TYPE_CHECKING:
    from peter_core.plan.plan import Plan, Step
    from peter_core.service import Peter
    from peter_core.verify.verification import Verification


class PreviewResource(Resource):
    """The picture of a document that is not published."""

    @needs("author")
    @operation("preview_dashboard", ArtifactAnswer, tag="documents", query=ChartsQuery,
               filters=True, body=DocumentBody, body_types=DOCUMENT_TYPES,
               errors=("document_invalid", "query_timeout"))  # fmt: skip
    async def post(self) -> None:
        """The artifact at the filter values of the query string, all of it or some charts.

        Queries run under their caps, and what is cached is not run again.
        """
        document = read_document(self.request.headers, self.body())
        asked, filters, who = self.query(ChartsQuery), self.filters(ChartsQuery), self.who
        artifact = await self.call(
            lambda peter: peter.preview(
                document.yaml,
                filters=filters,
                charts=asked.chosen,
                cancel=self.cancel,
                principal=who,
            )
        )
        self.send(artifact.body, JSON)


class VerifyResource(Resource):
    """The verification of every query of a document."""

    long = True

    @needs("author")
    @operation("verify_dashboard", DraftVerification, tag="documents", filters=True,
               body=DocumentBody, body_types=DOCUMENT_TYPES,
               errors=("document_invalid", "query_timeout"))  # fmt: skip
    async def post(self) -> None:
        """Each query under its cap with its checks, but those that compare it with another query.

        A query that cannot run is a verdict.
        """
        document = read_document(self.request.headers, self.body())
        filters, language = self.filters(), self.readers_language()

        def verified(peter: Peter) -> DraftVerification:
            plan = peter.compile(document.yaml, filters=filters)
            require_valid(plan.problems, "Nothing was verified")
            found = [(s.query, self._verify(peter, plan, s, language)) for s in plan.steps.values()
                     if s.role != "comparison"]  # fmt: skip
            return DraftVerification(
                slug=plan.dashboard.slug,
                revision=plan.revision,
                passed=all(verification.verdict == "passed" for _, verification in found),
                queries=tuple(_told(name, verification, language) for name, verification in found),
            )

        self.answer(await self.call(verified))

    def _verify(self, peter: Peter, plan: Plan, step: Step, language: str) -> Verification:
        checks = plan.dashboard.queries[step.query].checks
        with speaking(language):
            return peter.verify(
                step.statement.text,
                parameters={parameter.name: parameter.value for parameter in step.parameters},
                declared={parameter.name: parameter.type for parameter in step.parameters},
                max_bytes=step.cap_bytes,
                checks=[check for check in checks if check.equals is None],
                principal=self.who,
                cancel=self.cancel,
            )


class DraftDiffResource(Resource):
    """What a document would change in what is published under its slug."""

    @needs("author")
    @operation("diff_draft", Difference, tag="documents", body=DocumentBody,
               body_types=DOCUMENT_TYPES, errors=("document_invalid", "not_found"))  # fmt: skip
    async def post(self) -> None:
        """The changes in meaning; none when only comments or layout differ."""
        document = read_document(self.request.headers, self.body())

        def compared(peter: Peter) -> Difference:
            plan = peter.compile(document.yaml)
            published, _ = read_published(peter, plan.dashboard.slug)
            changes = diff(published.text, document.yaml)
            return Difference(
                from_revision=published.revision,
                to_revision=plan.revision,
                changes=tuple(ChangeItem(kind=c.kind, path=c.path, text=c.text) for c in changes),
            )

        self.answer(await self.call(compared))


class DraftLineageResource(Resource):
    """What a document is made of."""

    @needs("author")
    @operation("draft_lineage", LineageGraph, tag="lineage", query=ColumnsQuery,
               body=DocumentBody, body_types=DOCUMENT_TYPES,
               errors=("document_invalid",))  # fmt: skip
    async def post(self) -> None:
        """Down to its tables, with ``columns=true`` down to their columns; nothing is run."""
        document = read_document(self.request.headers, self.body())
        columns = self.query(ColumnsQuery).columns

        def traced(peter: Peter) -> LineageGraph:
            plan = peter.compile(document.yaml)
            return LineageGraph.model_validate(column_graph(plan) if columns else plan_graph(plan))

        self.answer(await self.call(traced))


def _told(name: str, verification: Verification, language: str) -> VerifiedQuery:
    told = VerificationAnswer.model_validate(told_verification(verification, language))
    return VerifiedQuery(query=name, verification=told)
