"""Redis as the cache tier that servers share: within its budget, or not at all."""

from __future__ import annotations

from peter_core.cache.redis.tier import RedisCache

__all__ = ["RedisCache"]
