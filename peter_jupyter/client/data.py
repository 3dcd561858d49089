"""The data of dashboards on a server: artifacts, rows, ages, warming."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, RootModel, ValidationError

from peter_core.errors import InvalidRequest
from peter_jupyter.client.arguments import filter_pairs, pairs, segment
from peter_jupyter.client.failures import ServerError, known, told
from peter_jupyter.http.models.artifact import ArtifactAnswer
from peter_jupyter.http.models.cache import CacheCounters, Invalidation
from peter_jupyter.http.models.data import DoneEvent, FreshnessAnswer, StepEvent
from peter_jupyter.http.models.problem import FailureEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa

    from peter_core.engine.port import CancelToken
    from peter_jupyter.client.arguments import Filters
    from peter_jupyter.client.connection import Connection
    from peter_jupyter.http.models.data import ChartAge

_ARROW = "application/vnd.apache.arrow.stream"
_NDJSON = "application/x-ndjson"


class _Event(
    RootModel[Annotated[StepEvent | DoneEvent | FailureEvent, Field(discriminator="event")]]
):
    """A line of progress."""


class Data:
    """The results of published dashboards; filters are values by name, a date range is a tuple."""

    _connection: Connection

    def data(
        self,
        slug: str,
        *,
        filters: Filters | None = None,
        charts: Collection[str] | None = None,
        tab: int | None = None,
        refresh: bool = False,
        revision: str | None = None,
        wait_s: int | None = None,
        cancel: CancelToken | None = None,
    ) -> ArtifactAnswer:
        """All charts of a dashboard, or only ``charts``, ready to draw.

        With ``tab``, counted from 1, charts of another tab wait where the cache has them not.
        ``wait_s`` is how long to wait for what is stale before it comes as it is, marked;
        ``None`` waits for it.
        """
        names = None if charts is None else ",".join(charts)
        query = filter_pairs(filters)
        query += pairs(charts=names, tab=tab, refresh=refresh or None, revision=revision)
        headers = {} if wait_s is None else {"Prefer": f"wait={wait_s}"}
        return self._connection.ask(
            ArtifactAnswer, "GET", f"{_board(slug)}/data", query=query, headers=headers,
            cancel=cancel,
        )  # fmt: skip

    def chart_arrow(
        self, slug: str, chart: str, *, filters: Filters | None = None,
        cancel: CancelToken | None = None,
    ) -> pa.Table:  # fmt: skip
        """The rows behind a chart as an Arrow table, with the types of their columns."""
        import pyarrow as pa

        response = self._connection.send(
            "GET", f"{_board(slug)}/charts/{segment(chart)}/data", query=filter_pairs(filters),
            headers={"Accept": _ARROW}, cancel=cancel,
        )  # fmt: skip
        try:
            with pa.ipc.open_stream(io.BytesIO(response.content)) as reader:
                return reader.read_all()
        except pa.ArrowException as error:
            raise ServerError(
                f"The rows of {slug} came broken from {self._connection.server.url}."
            ) from error

    def freshness(self, slug: str, *, filters: Filters | None = None) -> tuple[ChartAge, ...]:
        """How old what each chart shows is; nothing is run."""
        path, query = f"{_board(slug)}/freshness", filter_pairs(filters)
        return self._connection.ask(FreshnessAnswer, "GET", path, query=query).charts

    def precompute(
        self,
        slug: str,
        *,
        filters: Filters | None = None,
        force: bool = False,
        cancel: CancelToken | None = None,
    ) -> Iterator[StepEvent | DoneEvent]:
        """Put every result of a dashboard into the server's cache; a step for each query.

        The last one is a `DoneEvent` with the sums. It begins with the first step that is asked
        for, and stops on the server when nobody asks on.
        """
        body = {"filters": {name: _plain(value) for name, value in (filters or {}).items()},
                "force": force}  # fmt: skip
        with self._connection.stream(
            "POST", f"{_board(slug)}/precompute", json=body, headers={"Accept": _NDJSON},
            long=True, cancel=cancel,
        ) as response:  # fmt: skip
            for line in response.iter_lines():
                event = self._event(line)
                if isinstance(event, FailureEvent):
                    raise told(event)
                yield event
                if isinstance(event, DoneEvent):
                    return
        raise ServerError(f"{self._connection.server.url} stopped before {slug} was computed.")

    def invalidate(
        self, *, slug: str | None = None, table: str | None = None, fingerprint: str | None = None
    ) -> int:
        """Forget cached results that meet every selector; returns how many."""
        asked = pairs(slug=slug, table=table, fingerprint=fingerprint)
        return self._connection.ask(Invalidation, "DELETE", "api/v1/cache", query=asked).deleted

    def cache_stats(self) -> CacheCounters:
        """Entries, bytes and hits, by tier."""
        return self._connection.ask(CacheCounters, "GET", "api/v1/cache/stats")

    def _event(self, line: str) -> StepEvent | DoneEvent | FailureEvent:
        try:
            return known(_Event, line.encode()).root
        except ValidationError:
            raise ServerError(
                f"{self._connection.server.url} sent a line of progress that cannot be read."
            ) from None


def _board(slug: str) -> str:
    return f"api/v1/dashboards/{segment(slug)}"


def _plain(value: object) -> object:
    import datetime as dt

    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    raise InvalidRequest(f"A filter has no value of type {type(value).__name__}.")
