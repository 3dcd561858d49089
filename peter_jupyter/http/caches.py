"""The cache of results: counters, and forgetting."""

from __future__ import annotations

from peter_jupyter.http.access import needs
from peter_jupyter.http.models.cache import CacheCounters, Invalidation
from peter_jupyter.http.models.queries import CacheQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource


class CacheResource(Resource):
    """Cached results."""

    @needs("author")
    @operation("forget_cached_results", Invalidation, tag="cache", query=CacheQuery,
               errors=("not_found", "table_not_found"))  # fmt: skip
    async def delete(self) -> None:
        """Forget those that meet every selector; at least one is needed."""
        asked = self.query(CacheQuery)
        deleted = await self.call(
            lambda peter: peter.invalidate(
                slug=asked.slug, table=asked.table, fingerprint=asked.fingerprint
            )
        )
        self.answer(Invalidation(deleted=deleted))


class CacheStatsResource(Resource):
    """The cache's counters."""

    @needs("viewer")
    @operation("get_cache_counters", CacheCounters, tag="cache")
    async def get(self) -> None:
        """Entries, bytes and hits, by tier."""
        stats = await self.call(lambda peter: peter.cache_stats())
        self.answer(CacheCounters.model_validate(stats))
