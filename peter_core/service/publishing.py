"""Publishing: a document is checked, verified query by query, and only then stored."""

from __future__ import annotations

import contextvars
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from peter_core.dashboard.problems import Problem
from peter_core.errors import DocumentError, NotFound, StorageError, VerificationFailed
from peter_core.service.managed import require_not_managed
from peter_core.store.port import FORCE, Document
from peter_core.telemetry import span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from peter_core.costs import PlanCost
    from peter_core.dashboard.loading import Loaded
    from peter_core.engine.port import CancelToken
    from peter_core.plan.plan import Plan, Step
    from peter_core.principal import Principal
    from peter_core.service.bookkeeping import Bookkeeper
    from peter_core.service.documents import Documents
    from peter_core.service.statements import Statements
    from peter_core.store.port import DocumentStore
    from peter_core.verify.receipt import Receipt
    from peter_core.verify.verification import Verification

    Others = Mapping[str, pa.Table]

PARALLEL = 4


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publish did.

    ``created`` is whether the slug is new, ``changed`` whether the content differs from what was
    published before; ``problems`` holds warnings.
    """

    slug: str
    revision: str
    created: bool
    changed: bool
    receipts: tuple[Receipt, ...]
    verifications: Mapping[str, Verification]
    cost: PlanCost
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions of a publish; see `Peter.publish`."""

    if_match: str | None = None
    create: bool = False
    message: str | None = None
    managed: bool = False


class Publisher:
    """Verifies a compiled document and makes it the published one; takes one away."""

    def __init__(
        self,
        store: DocumentStore,
        documents: Documents,
        books: Bookkeeper,
        statements: Statements,
    ) -> None:
        self._store = store
        self._documents = documents
        self._books = books
        self._statements = statements

    def publish(
        self,
        plan: Plan,
        loaded: Loaded,
        *,
        cost: PlanCost,
        terms: Terms,
        principal: Principal,
        cancel: CancelToken | None,
    ) -> Publication:
        """Verify every query, store the text, then index it; see `Peter.publish`."""
        require_valid(plan.problems, "The document cannot be published")
        slug, revision = plan.dashboard.slug, plan.revision
        before = self._require(slug, revision, terms)
        # Before the document is stored: one without receipts and lineage is half published.
        self._books.require()

        def verify(step: Step, others: Others) -> Verification:
            return self._statements.verify_step(
                plan, step, others, principal=principal, cancel=cancel
            )

        verified = verify_queries(plan, loaded, verify)
        if terms.if_match == FORCE:
            # Nothing else says that it is still the document that was looked at.
            self._require(slug, revision, terms)
        with span("peter.store", slug=slug):
            document = self._store.publish(
                slug,
                loaded.text,
                revision,
                if_match=terms.if_match,
                create=terms.create,
                by=principal.email,
                at=dt.datetime.now(dt.UTC),
                message=terms.message,
            )
        self._documents.remember(document)
        return Publication(
            slug=slug,
            revision=revision,
            created=before is None,
            changed=before != revision,
            receipts=self._books.index(
                plan,
                document,
                verified,
                principal,
                published=lambda: self._revision(slug) == revision,
            ),
            verifications=verified,
            cost=cost,
            problems=(*plan.problems, *_cut_results(verified, loaded)),
        )

    def delete(
        self, slug: str, *, if_match: str | None, managed: bool, principal: Principal
    ) -> None:
        """Take a document away and out of lists and lineage; its history stays."""
        if not managed and (document := self._published(slug)) is not None:
            require_not_managed(document, "deleted")
        self._store.delete(slug, if_match=if_match, by=principal.email, at=dt.datetime.now(dt.UTC))
        self._documents.forget(slug)
        self._books.unindex(slug, gone=lambda: self._revision(slug) is None)

    def _require(self, slug: str, revision: str, terms: Terms) -> str | None:
        """The revision that is published now, of a document that may be changed on these terms."""
        head = self._published(slug)
        # That a slug is taken, or the content no other, is said before who looks after it.
        if head is not None and not (terms.managed or terms.create or head.revision == revision):
            require_not_managed(head, "changed")
        self._store.require(slug, revision, if_match=terms.if_match, create=terms.create)
        return head.revision if head else None

    def _revision(self, slug: str) -> str | None:
        head = self._published(slug)
        return head.revision if head else None

    def _published(self, slug: str) -> Document | None:
        try:
            return self._store.get(slug)
        except NotFound:
            return None
        except StorageError:
            # A text that was damaged on disk may be replaced; a store that is gone says so here.
            last = self._store.history(slug)[0]
        known = (last.revision, "", last.published_at, last.published_by, last.message)
        return None if last.deleted else Document(slug, *known)


def require_valid(problems: Sequence[Problem], what: str) -> None:
    """Raise ``DocumentError`` when one of the problems is an error."""
    errors = [problem for problem in problems if problem.is_error]
    if not errors:
        return
    first = errors[0]
    place = f"line {first.line}, column {first.column}: " if first.line else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise DocumentError(f"{what}: {place}{first.message}{more}", hint=first.hint, problems=problems)


def verify_queries(
    plan: Plan, loaded: Loaded, verify: Callable[[Step, Others], Verification]
) -> dict[str, Verification]:
    """Verify every main query of a plan, several at once, by query name.

    Queries that are checked against others come last and get the others' results.

    Raises
    ------
    VerificationFailed
        When one could not run or did not meet a check of severity error; each as a problem at
        the query's place in the file.
    """
    verified: dict[str, Verification] = {}
    main = [step for step in plan.steps.values() if step.role != "comparison"]
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="peter-verify") as pool:
        for steps in _in_order(plan, main):
            others = {name: v.table for name, v in verified.items() if v.table is not None}
            contexts = [contextvars.copy_context() for _ in steps]
            made = pool.map(
                lambda step, context, others=others: context.run(verify, step, others),
                steps,
                contexts,
            )
            verified |= {step.query: one for step, one in zip(steps, made, strict=True)}
    problems = [
        _problem(name, verification, loaded)
        for name, verification in verified.items()
        if verification.verdict != "passed"
    ]
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise VerificationFailed(
            f"Nothing was published: {first.message}{more}", hint=first.hint, problems=problems
        )
    return verified


def _cut_results(verified: Mapping[str, Verification], loaded: Loaded) -> Iterator[Problem]:
    """A warning for each query whose result is longer than what is kept of one."""
    for name, one in verified.items():
        for finding in one.findings:
            if finding.rule == "result-truncated":
                said = f"query `{name}`: {finding.message} Charts that need every row of it fail."
                yield _placed(
                    Problem(finding.rule, "warning", said, f"queries.{name}", hint=finding.hint),
                    loaded,
                )


def _in_order(plan: Plan, steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """First the steps that stand alone, then those with a check against another query."""
    queries = plan.dashboard.queries
    leaning = [s for s in steps if any(c.equals for c in queries[s.query].checks)]
    return [step for step in steps if step not in leaning], leaning


def _problem(name: str, verification: Verification, loaded: Loaded) -> Problem:
    failed = [c for c in verification.checks if not c.passed and c.severity == "error"]
    if verification.verdict == "failed" and failed:
        found = Problem(
            "check-failed",
            "error",
            f"query `{name}` does not meet its check: {failed[0].check}; {failed[0].detail}",
            path=f"queries.{name}.checks",
        )
    else:
        ran = "" if verification.verdict == "failed" else " could not run"
        found = Problem(
            f"query-{(verification.reason or 'failed').replace('_', '-')}",
            "error",
            f"query `{name}`{ran}: {verification.error}",
            path=f"queries.{name}",
            hint=verification.hint,
        )
    return _placed(found, loaded)


def _placed(found: Problem, loaded: Loaded) -> Problem:
    place = loaded.place(found.path)
    if place is None:
        return found
    return replace(found, line=place.line, column=place.column)
