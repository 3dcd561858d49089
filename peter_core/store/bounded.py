"""A PostgreSQL connection on which no call waits for ever: a stopped server sends nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server says nothing for ``limit_s`` seconds.

    ``None`` waits as long as it takes. The server's own timeouts end what is merely slow; this
    ends what they cannot, because the server does not run.
    """

    limit_s: float | None = None

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """What psycopg waits for, within the limit."""
        if self.limit_s is None:
            return super().wait(gen, *args, **options)
        try:
            return super().wait(_until(gen, time.monotonic() + self.limit_s), *args, **options)
        except psycopg.errors.ConnectionTimeout:
            self.close()
            raise


def _until(gen: Generator[Any, Any, Any], deadline: float) -> Generator[Any, Any, Any]:
    """The generator's steps; each is taken up with nothing ready ten times a second."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= deadline:
                gen.close()
                raise psycopg.errors.ConnectionTimeout("the server does not answer")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
