"""The warehouse's tables from free metadata calls, kept for a while; never a query."""

from __future__ import annotations

import difflib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from peter_core.engine.bigquery.errors import call_error
from peter_core.engine.bigquery.failures import ApiFailure
from peter_core.engine.bigquery.remembered import FETCH_S, Remembered
from peter_core.engine.bigquery.requests import NO_RETRY, WorkStopped
from peter_core.engine.bigquery.tables import Described, described, full_id, listed
from peter_core.engine.port import TableInfo
from peter_core.errors import EngineError, EngineUnavailable, SqlError, TableNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.cloud.bigquery import Client

    from peter_core.engine.bigquery.reach import Reach

T = TypeVar("T")

DESCRIBED_AT_ONCE = 60
"""Listings of up to so many tables are filled in with their columns and sizes."""
_DEEPEST_VIEW = 16
_WORKERS = 8


class Catalog:
    """Tables of the allowed datasets.

    Parameters
    ----------
    datasets
        ``dataset`` of the project or ``project.dataset``; ``None`` for all of the project's.
    """

    def __init__(
        self,
        client: Client,
        reach: Reach,
        *,
        project: str,
        default_dataset: str | None,
        datasets: frozenset[str] | None,
        table_ttl_s: float,
        dataset_ttl_s: float,
    ) -> None:
        self._client = client
        self._reach = reach
        self._project = project
        self._default_dataset = default_dataset
        self._allowed = (
            None
            if datasets is None
            else frozenset(d if "." in d else f"{project}.{d}" for d in datasets)
        )
        self._tables: Remembered[Described] = Remembered(table_ttl_s)
        self._untold: Remembered[bool] = Remembered(table_ttl_s)
        self._listings: Remembered[tuple[TableInfo, ...]] = Remembered(table_ttl_s)
        self._datasets: Remembered[tuple[str, ...]] = Remembered(dataset_ttl_s)

    def allows(self, id: str) -> bool:
        """Whether a table's dataset may be read."""
        dataset = id.rpartition(".")[0]
        if self._allowed is None:
            return dataset.rpartition(".")[0] == self._project
        return dataset in self._allowed

    def allows_name(self, name: str) -> bool:
        """Whether a table of a one, two or three part name may be read."""
        return self.allows(full_id(name, self._project, self._default_dataset))

    def table(self, name: str, *, renew: bool = False, within_s: float = FETCH_S) -> TableInfo:
        """The table of a one, two or three part name; a view with what is under it.

        Raises
        ------
        TableNotFound
            With the nearest names.
        EngineError
            BigQuery cannot be asked, and the table was never seen.
        """
        id = full_id(name, self._project, self._default_dataset)
        if id.count(".") < 2:
            raise TableNotFound(
                f"The table {name} is named without its dataset.", hint="Name the dataset too."
            )
        if not self.allows(id):
            raise TableNotFound(
                f"The table {name} is outside the datasets Peter may read.",
                hint="Whoever runs Peter can add its dataset to the allowed ones.",
            )
        found = self._describe(id, renew=renew, within_s=within_s)
        return self._with_sources(found, renew=renew) if found.is_view else found.info

    def at_hand(self, name: str) -> TableInfo | None:
        """The table when no call is needed to tell it."""
        id = full_id(name, self._project, self._default_dataset)
        found = self._tables.fresh(id)
        if found is None or not self.allows(id):
            return None
        waiting, seen = list(found.reads), {id}
        while waiting:
            below = waiting.pop()
            if below in seen or self._untold.fresh(below):
                continue
            seen.add(below)
            known = self._tables.fresh(below)
            if known is None:
                return None
            waiting.extend(known.reads)
        return self._with_sources(found, renew=False) if found.is_view else found.info

    def tables(self) -> tuple[TableInfo, ...]:
        """Every table of the allowed datasets, by name.

        One call a dataset. Columns, sizes and ages of each table take a call of their own, so
        they are filled in when there are few tables; of many, those are told that were looked at
        before, and ``table`` tells the others one by one.
        """
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="peter-catalog") as pool:
            found = [info for part in pool.map(self._readable, self.datasets()) for info in part]
            if len(found) <= DESCRIBED_AT_ONCE:
                found = list(pool.map(self._filled, found))
            else:
                found = [self._known(info) for info in found]
        return tuple(sorted(found, key=lambda info: info.id))

    def datasets(self) -> tuple[str, ...]:
        """The allowed datasets, ``project.dataset``."""
        if self._allowed is not None:
            return tuple(sorted(self._allowed))
        return self._datasets.get(self._project, self._list_datasets)

    def named_only(self, name: str) -> TableInfo:
        """A table of which nothing is told but its name."""
        return TableInfo(full_id(name, self._project, self._default_dataset), columns=())

    def with_nearest(self, error: SqlError, within_s: float) -> SqlError:
        """The error about a table that does not exist, with the names that come closest."""
        problem = error.problems[0] if error.problems else None
        if problem is None or problem.rule != "unknown-table":
            return error
        id = problem.message.partition("`")[2].partition("`")[0]
        hint = self._nearest(id, within_s) if self.allows(id) else None
        if hint is None:
            return error
        told = replace(problem, hint=hint)
        return SqlError(error.message, hint=hint, problems=(told, *error.problems[1:]))

    def under(self, name: str) -> tuple[TableInfo, ...]:
        """Every table and view under a view, at any depth; none for a table."""
        id = full_id(name, self._project, self._default_dataset)
        try:
            return tuple(self._told(*below) for below in self._walk(self._describe(id)))
        except EngineError:
            return ()

    def ask(self, call: Callable[[float], T], within_s: float) -> T:
        """One metadata call with all its tries.

        Raises
        ------
        EngineError
        """
        request = self._reach.request(time.monotonic() + within_s)
        try:
            return request.call(call)
        except WorkStopped:
            raise EngineUnavailable(
                f"BigQuery's metadata did not come within {within_s:g} s.",
                hint="Try again in a few seconds.",
            ) from None
        except ApiFailure as error:
            raise call_error(error.failure) from error

    def _describe(self, id: str, *, renew: bool = False, within_s: float = FETCH_S) -> Described:
        if id.endswith("*"):
            return self._wildcard(id)
        return self._tables.get(
            id, lambda seconds: self._get(id, seconds), renew=renew, within_s=within_s
        )

    def _get(self, id: str, within_s: float) -> Described:
        try:
            table = self.ask(
                lambda timeout: self._client.get_table(id, retry=NO_RETRY, timeout=timeout),
                within_s,
            )
        except TableNotFound:
            raise TableNotFound(
                f"There is no table called {id.removeprefix(f'{self._project}.')}.",
                hint=self._nearest(id, within_s),
            ) from None
        return described(table)

    def _wildcard(self, id: str) -> Described:
        """A wildcard has the columns of its newest table, and no age that could be told."""
        dataset, _, pattern = id.rpartition(".")
        matching = [i.id for i in self._list(dataset) if i.id.startswith(id[:-1])]
        if not matching:
            raise TableNotFound(f"No table matches {dataset}.{pattern}.")
        newest = self._describe(max(matching)).info
        return Described(replace(newest, id=id, rows=None, bytes=None, updated_at=None, sources=()))

    def _told(self, id: str, found: Described | None) -> TableInfo:
        if found is None:
            return self.named_only(id)
        return self._with_sources(found, renew=False) if found.is_view else found.info

    def _with_sources(self, view: Described, *, renew: bool) -> TableInfo:
        """A view is as new as the newest of itself and what is under it."""
        stamps, sources = [view.info.updated_at], []
        for id, below in self._walk(view, renew=renew):
            if below is None or not below.is_view:
                sources.append(id)
            readable = below is not None and below.readable
            stamps.append(below.info.updated_at if below is not None and readable else None)
        known = [stamp for stamp in stamps if stamp is not None]
        whole = view.readable and len(known) == len(stamps)
        return replace(
            view.info,
            updated_at=max(known) if whole else None,
            sources=tuple(dict.fromkeys(sources)),
        )

    def _walk(
        self, view: Described, *, renew: bool = False
    ) -> Iterator[tuple[str, Described | None]]:
        """What is under a view, ``None`` for what Peter's account may not look at."""
        seen = {view.info.id}
        waiting = [(id, 1) for id in view.reads]
        while waiting:
            id, depth = waiting.pop(0)
            if id in seen or depth > _DEEPEST_VIEW:
                continue
            seen.add(id)
            below = self._below(id, renew=renew)
            if below is None:
                yield id, None
                continue
            waiting.extend((inner, depth + 1) for inner in below.reads)
            yield id, below

    def _below(self, id: str, *, renew: bool) -> Described | None:
        """A table under a view; that it may not be looked at is kept in mind as well."""
        if not renew and self._untold.fresh(id):
            return None
        try:
            return self._describe(id, renew=renew)
        except EngineUnavailable:
            raise
        except EngineError:
            self._untold.get(id, lambda _: True, renew=True)
            return None

    def _readable(self, dataset: str) -> tuple[TableInfo, ...]:
        """A dataset's tables, none of one that Peter's account may not look into."""
        try:
            return self._list(dataset)
        except EngineUnavailable:
            raise
        except EngineError:
            return ()

    def _filled(self, info: TableInfo) -> TableInfo:
        try:
            return self.table(info.id)
        except EngineError:
            return info

    def _known(self, info: TableInfo) -> TableInfo:
        known = self._tables.known(info.id)
        return info if known is None else known.info

    def _list(self, dataset: str, seconds: float = FETCH_S) -> tuple[TableInfo, ...]:
        def fetch(within_s: float) -> tuple[TableInfo, ...]:
            return self.ask(
                lambda timeout: tuple(
                    listed(item)
                    for item in self._client.list_tables(
                        dataset, page_size=1000, retry=NO_RETRY, timeout=timeout
                    )
                    if item.table_type != "MODEL"
                ),
                within_s,
            )

        return self._listings.get(dataset, fetch, within_s=seconds)

    def _list_datasets(self, within_s: float) -> tuple[str, ...]:
        return self.ask(
            lambda timeout: tuple(
                f"{item.project}.{item.dataset_id}"
                for item in self._client.list_datasets(
                    self._project, page_size=1000, retry=NO_RETRY, timeout=timeout
                )
            ),
            within_s,
        )

    def _nearest(self, id: str, within_s: float) -> str | None:
        """A hint with the tables of the same dataset whose names are closest."""
        dataset, _, name = id.rpartition(".")
        try:
            names = [info.id.rpartition(".")[2] for info in self._list(dataset, within_s)]
        except EngineError:
            return None
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.75)
        short = dataset.removeprefix(f"{self._project}.")
        return f"Did you mean {' or '.join(f'{short}.{one}' for one in near)}?" if near else None
