"""Lists and lineage made anew from the store, which is the truth about both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from peter_core.errors import NotFound, PeterError, StorageError
from peter_core.service.bookkeeping import column_graph
from peter_core.store.records import dashboard_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.service.plans import Plans
    from peter_core.store.ledger import Ledger
    from peter_core.store.port import DocumentStore

_TRIES = 3


@dataclass(frozen=True, slots=True)
class ReindexProblem:
    """A dashboard whose lineage is missing or not whole, and why; ``code`` is an error's."""

    slug: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reindexed:
    """How many dashboards were indexed, what was taken out of the index, and what went wrong."""

    count: int
    removed: tuple[str, ...]
    problems: tuple[ReindexProblem, ...]


def reindex(
    store: DocumentStore,
    ledger: Ledger,
    plans: Plans,
    on_slug: Callable[[str], None] | None = None,
) -> Reindexed:
    """Make the ledger's lists and lineage what the store's published documents say.

    Receipts and runs stay. A document that cannot be compiled keeps what was known of it, and
    dashboards that are published or deleted meanwhile come out right, too.

    Parameters
    ----------
    on_slug
        Told of each dashboard before it is indexed.

    Raises
    ------
    StorageError
        The store or the ledger failed; what was indexed so far stays.
    """
    # A store that is gone lists nothing, which is not to say that nothing is published.
    store.check()
    problems: list[ReindexProblem] = []
    published = [entry.slug for entry in store.rebuild_index()]
    count = 0
    for slug in published:
        if on_slug is not None:
            on_slug(slug)
        try:
            problems += _index(slug, store, ledger, plans)
            count += 1
        except NotFound:
            continue  # deleted meanwhile: it is taken out below
        except StorageError:
            raise
        except PeterError as error:
            problems.append(ReindexProblem(slug, error.code, error.message))
    return Reindexed(count, _remove_deleted(store, ledger), tuple(problems))


def _index(
    slug: str, store: DocumentStore, ledger: Ledger, plans: Plans
) -> tuple[ReindexProblem, ...]:
    for _ in range(_TRIES):
        document = store.get(slug)
        plan = plans.of_slug(slug, known=document.revision)
        graph = column_graph(plan)
        entry = dashboard_entry(plan.dashboard, document)
        read = document.revision
        ledger.index(
            entry,
            graph.edges,
            nodes=graph.nodes,
            published=partial(_is_at, store, slug, read),
        )
        if _is_at(store, slug, read):
            break
    return tuple(
        ReindexProblem(slug, "document_invalid", f"{problem.path}: {problem.message}")
        for problem in plan.problems
        if problem.is_error
    )


def _remove_deleted(store: DocumentStore, ledger: Ledger) -> tuple[str, ...]:
    # Listed after the index: what was published since is in both.
    known = ledger.slugs()
    published = {entry.slug for entry in store.list()}
    gone = tuple(slug for slug in known if slug not in published)
    return tuple(
        slug for slug in gone if ledger.unindex(slug, gone=partial(_is_at, store, slug, None))
    )


def _is_at(store: DocumentStore, slug: str, revision: str | None) -> bool:
    """Whether that revision is published now; ``None`` for none at all."""
    try:
        return store.get(slug).revision == revision
    except NotFound:
        return revision is None
