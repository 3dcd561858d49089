"""The ledger: what was run, what is published, where it comes from, and its receipts."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from peter_core.errors import InvalidRequest
from peter_core.lineage.graph import Edge, Node
from peter_core.store import tables
from peter_core.store.costs import cost_report
from peter_core.store.database import Database, hold, insert_into
from peter_core.store.loads import last_loads
from peter_core.store.records import CostLine, CostReport, DashboardEntry, ReceiptRecord, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine import Connection, Row

    from peter_core.store.records import GroupBy

__all__ = ["CostLine", "CostReport", "DashboardEntry", "Ledger", "ReceiptRecord", "Run"]

_GROUPS = ("dashboard", "user", "query", "date")
_MAX_PAGE = 1000
_TRIES = 3


class Ledger:
    """The database behind lists, reports and lineage; safe from any thread.

    It connects and migrates at the first use, so that a damaged one stops only what needs it.
    Every method raises ``StorageError`` when the database cannot answer, within a second or so.

    Parameters
    ----------
    url
        ``sqlite:///path/ledger.db`` or ``postgresql://user@host/name``; `make_engine` says more.

    Raises
    ------
    ConfigError
        The URL is none, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    @property
    def database(self) -> Database:
        """What sessions, tokens and budgets share with it."""
        return self._database

    # Runs ------------------------------------------------------------------------------------

    def record_run(self, run: Run) -> None:
        """Write one run."""
        self.record_runs((run,))

    def record_runs(self, runs: Iterable[Run]) -> None:
        """Write runs in one transaction; one whose id is known is left as it is."""
        rows = [asdict(run) | {"day": _day(run.at)} for run in runs]
        if not rows:
            return

        def write(connection: Connection) -> None:
            insert = insert_into(connection, tables.runs).on_conflict_do_nothing()
            connection.execute(insert, rows)

        self._database.write_idempotent(write)

    def last_runs(self, *, slug: str | None = None, limit: int = 50) -> tuple[Run, ...]:
        """The newest runs first."""
        columns = [column for column in tables.runs.c if column.name != "day"]
        query = sa.select(*columns).order_by(tables.runs.c.at.desc(), tables.runs.c.id)
        if slug is not None:
            query = query.where(tables.runs.c.slug == slug)
        rows = self._rows(query.limit(_page(limit)))
        return tuple(Run(**row._mapping) for row in rows)

    def cost_report(
        self,
        start: dt.datetime,
        end: dt.datetime,
        group_by: GroupBy = "dashboard",
        slug: str | None = None,
    ) -> CostReport:
        """What the runs from ``start`` (inclusive) to ``end`` (exclusive) cost.

        Raises
        ------
        InvalidRequest
            The period or the grouping is none.
        """
        if group_by not in _GROUPS:
            raise InvalidRequest(
                f"Costs cannot be grouped by {str(group_by)[:40]!r}.",
                hint=f"Group them by {', '.join(_GROUPS)}.",
            )
        if start.tzinfo is None or end.tzinfo is None:
            raise InvalidRequest("The period of a cost report needs a time zone.")
        if end <= start:
            raise InvalidRequest("The period of a cost report ends before it starts.")
        return self._database.read(
            lambda connection: cost_report(connection, start, end, group_by, slug)
        )

    # Dashboards ------------------------------------------------------------------------------

    def index(
        self,
        entry: DashboardEntry,
        edges: Iterable[Edge] = (),
        receipts: Iterable[ReceiptRecord] = (),
        *,
        nodes: Iterable[Node] = (),
        published: Callable[[], bool] | None = None,
    ) -> None:
        """Make the entry, its lineage and its receipts what is known of the slug, in one step.

        Receipts of earlier revisions stay. ``published`` says whether the entry's revision is
        still the store's; it is asked when nobody else can index the slug. When it is not, only
        the receipts are kept, so that of several publishers the last one's entry stays.
        """
        row = asdict(entry)
        row |= {"search": _search_text(entry), "sort_title": entry.title.casefold()}
        for name in ("tags", "computed_at", "last_cost_usd"):
            del row[name]
        of_it: tuple[tuple[sa.Table, list[dict[str, Any]]], ...] = (
            (tables.tags, [{"tag": tag} for tag in entry.tags]),
            (tables.nodes, [asdict(node) for node in nodes]),
            (tables.edges, [asdict(edge) for edge in edges]),
        )
        stamped = tuple(receipts)

        def write(connection: Connection) -> None:
            hold(connection, f"index {entry.slug}")
            for receipt in stamped:
                self._put_receipt(connection, receipt)
            if published is not None and not published():
                return
            self._remove(connection, entry.slug)
            connection.execute(sa.insert(tables.dashboards), row)
            for table, rows in of_it:
                _insert_all(connection, table, entry.slug, rows)

        # The document is published by now: it is worth a wait.
        self._database.write_idempotent(write, tries=_TRIES)

    def unindex(self, slug: str, *, gone: Callable[[], bool] | None = None) -> bool:
        """Take the dashboard out of lists and lineage; its receipts and runs stay.

        ``gone`` says whether the store still has none; it is asked as ``published`` of `index` is.
        """
        with self._database.writing() as connection:
            hold(connection, f"index {slug}")
            if gone is not None and not gone():
                return False
            return self._remove(connection, slug)

    def dashboards(
        self,
        q: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[tuple[DashboardEntry, ...], int]:
        """A page of the dashboards by title, and how many there are on all pages.

        Parameters
        ----------
        q
            Words that all occur in slug, title, description, owner or tags, in any case.
        """
        where = _conditions(q, tag, owner)
        table = tables.dashboards
        page = (
            sa.select(table)
            .where(*where)
            .order_by(table.c.sort_title, table.c.slug)
            .offset(max(0, offset))
            .limit(_page(limit))
        )

        def read(connection: Connection) -> tuple[tuple[DashboardEntry, ...], int]:
            total = connection.execute(sa.select(sa.func.count()).select_from(table).where(*where))
            rows = connection.execute(page).all()
            return self._entries(connection, rows), int(total.scalar_one())

        return self._database.read(read)

    def entry(self, slug: str) -> DashboardEntry | None:
        """The dashboard's entry, ``None`` when it is not indexed."""
        query = sa.select(tables.dashboards).where(tables.dashboards.c.slug == slug)
        entries = self._database.read(
            lambda connection: self._entries(connection, connection.execute(query).all())
        )
        return entries[0] if entries else None

    def slugs(self) -> tuple[str, ...]:
        """Every indexed slug."""
        slug = tables.dashboards.c.slug
        return tuple(row[0] for row in self._rows(sa.select(slug).order_by(slug)))

    # Receipts and lineage ---------------------------------------------------------------------

    def receipts(self, slug: str, revision: str | None = None) -> tuple[ReceiptRecord, ...]:
        """The receipts of a revision, by query; of all revisions when none is named."""
        table = tables.receipts
        query = sa.select(table).where(table.c.slug == slug)
        if revision is not None:
            query = query.where(table.c.revision == revision)
        query = query.order_by(table.c.verified_at.desc(), table.c.query)
        return tuple(ReceiptRecord(**row._mapping) for row in self._rows(query))

    def edges(self, slug: str | None = None) -> tuple[Edge, ...]:
        """The lineage edges of one dashboard, or of all, each once."""
        table = tables.edges
        query = sa.select(table.c.source, table.c.target, table.c.kind, table.c.detail)
        rows = self._of_slug(query, table, slug)
        return tuple(dict.fromkeys(Edge(*row) for row in rows))

    def nodes(self, slug: str | None = None) -> tuple[Node, ...]:
        """The lineage nodes of one dashboard, or of all, each once."""
        table = tables.nodes
        query = sa.select(table.c.id, table.c.kind, table.c.name, table.c.title)
        rows = self._of_slug(query, table, slug)
        return tuple({row[0]: Node(*row) for row in rows}.values())

    def check(self) -> None:
        """Raise ``StorageError`` when the ledger cannot answer."""
        self._rows(sa.select(tables.dashboards.c.slug).limit(1))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    # -----------------------------------------------------------------------------------------

    def _of_slug(
        self, query: sa.Select[*tuple[Any, ...]], table: sa.Table, slug: str | None
    ) -> list[Row[*tuple[Any, ...]]]:
        query = query.order_by(table.c.slug, table.c.position)
        if slug is not None:
            query = query.where(table.c.slug == slug)
        return self._rows(query)

    def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> list[Row[*tuple[Any, ...]]]:
        return self._database.read(lambda connection: list(connection.execute(query)))

    def _remove(self, connection: Connection, slug: str) -> bool:
        table = tables.dashboards
        return connection.execute(sa.delete(table).where(table.c.slug == slug)).rowcount > 0

    def _put_receipt(self, connection: Connection, receipt: ReceiptRecord) -> None:
        row = asdict(receipt)
        key = ("slug", "revision", "query")
        changed = {name: value for name, value in row.items() if name not in key}
        insert = insert_into(connection, tables.receipts).values(row)
        connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changed))

    def _entries(
        self, connection: Connection, rows: Iterable[Row[*tuple[Any, ...]]]
    ) -> tuple[DashboardEntry, ...]:
        found = [dict(row._mapping) for row in rows]
        table = tables.tags
        query = sa.select(table.c.slug, table.c.tag).order_by(table.c.position)
        slugs = [fields["slug"] for fields in found]
        tags: dict[str, list[str]] = {}
        for slug, tag in connection.execute(query.where(table.c.slug.in_(slugs))):
            tags.setdefault(slug, []).append(tag)
        loads = last_loads(connection, slugs)
        for fields in found:
            del fields["search"], fields["sort_title"]
            if (load := loads.get(fields["slug"])) is not None:
                fields |= {"computed_at": load.computed_at, "last_cost_usd": load.cost_usd}
            fields["tags"] = tuple(tags.get(fields["slug"], ()))
        return tuple(DashboardEntry(**fields) for fields in found)


def _conditions(q: str | None, tag: str | None, owner: str | None) -> list[sa.ColumnElement[bool]]:
    table = tables.dashboards
    if q is not None and "\0" in q:
        # No text holds it, and SQLite's LIKE would stop reading there.
        return [sa.false()]
    where: list[sa.ColumnElement[bool]] = [
        table.c.search.contains(word, autoescape=True) for word in (q or "").casefold().split()
    ]
    if tag is not None:
        tagged = sa.select(tables.tags.c.slug).where(tables.tags.c.tag == tag)
        where.append(table.c.slug.in_(tagged))
    if owner is not None:
        where.append(sa.func.lower(table.c.owner) == owner.lower())
    return where


def _insert_all(
    connection: Connection, table: sa.Table, slug: str, rows: Iterable[dict[str, Any]]
) -> None:
    numbered = [row | {"slug": slug, "position": i} for i, row in enumerate(rows)]
    if numbered:
        connection.execute(sa.insert(table), numbered)


def _search_text(entry: DashboardEntry) -> str:
    parts = (entry.slug, entry.title, entry.description, entry.owner, *entry.tags)
    return "\n".join(part for part in parts if part).casefold()


def _day(at: dt.datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("A run's moment needs a time zone.")
    return at.astimezone(dt.UTC).date().isoformat()


def _page(limit: int) -> int:
    return max(1, min(limit, _MAX_PAGE))
