"""The cache of results: counters, and forgetting."""

from __future__ import annotations

from peter_core.errors import InvalidRequest
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.cache import CacheCounters, Invalidation
from peter_jupyter.http.resource import Resource

_SELECTORS = ("slug", "table", "fingerprint")


class CacheResource(Resource):
    """Cached results."""

    @needs("author")
    async def delete(self) -> None:
        """Forget those that meet every selector; at least one is needed."""
        unknown = sorted(self.arguments(but=_SELECTORS))
        if unknown:
            raise InvalidRequest(
                f"There is no selector {unknown[0][:40]!r}.",
                hint=f"There are {', '.join(_SELECTORS)}.",
            )
        slug, table, fingerprint = (self.argument(name) for name in _SELECTORS)
        deleted = await self.call(
            lambda peter: peter.invalidate(slug=slug, table=table, fingerprint=fingerprint)
        )
        self.answer(Invalidation(deleted=deleted))


class CacheStatsResource(Resource):
    """The cache's counters."""

    @needs("viewer")
    async def get(self) -> None:
        """Entries, bytes and hits, by tier."""
        stats = await self.call(lambda peter: peter.cache_stats())
        self.answer(CacheCounters.model_validate(stats))
