"""Sending what is made a piece at a time, no faster than the client reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornado.iostream import StreamClosedError
from tornado.web import Finish

from peter_core.plan.words import speaking
from peter_jupyter.http.models.problem import FailureEvent
from peter_jupyter.http.statuses import problem_of, spoken, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_jupyter.http.models.shapes import Answer
    from peter_jupyter.http.resource import Resource

STALLED_S = 60.0
"""Seconds for a client to read one piece."""


async def pour(resource: Resource, pieces: Iterator[bytes], kind: str) -> None:
    """Send pieces as they are made, in a thread of the pool; a single one with its length.

    What fails after the first piece breaks the connection off, so that nobody takes a part for
    the whole.
    """
    piece = await _next(resource, pieces)
    following = await _next(resource, pieces) if piece is not None else None
    if following is None:
        resource.send(piece or b"", kind)
        return
    resource.set_type(kind)
    await write(resource, piece or b"")
    if resource.request.method == "HEAD":
        await resource.finish()
        return
    try:
        while following is not None:
            await write(resource, following)
            following = await _next(resource, pieces)
    except BaseException:
        break_off(resource)
        raise
    await resource.finish()


async def write(resource: Resource, piece: bytes) -> None:
    """Send a piece, and wait until the client has taken it.

    Raises
    ------
    Finish
        The client went away, or does not read.
    """
    resource.write(piece)
    try:
        await asyncio.wait_for(resource.flush(), STALLED_S)
    except (StreamClosedError, TimeoutError):
        break_off(resource)
        raise Finish from None


async def tell(resource: Resource, event: Answer) -> None:
    """Send a line of progress."""
    await write(resource, event.model_dump_json(by_alias=True).encode() + b"\n")


def failure_event(resource: Resource, error: BaseException) -> FailureEvent:
    """The last line of a stream that could not be finished."""
    told = problem_of(
        error, status=status_of(error), trace_id=resource.request_id, author=resource.is_author()
    )
    with speaking(resource.readers_language()):
        return FailureEvent.model_validate(spoken(told).model_dump())


def break_off(resource: Resource) -> None:
    """Close the connection without an end of the answer."""
    connection = resource.request.connection
    stream = getattr(connection, "stream", None)
    if stream is not None:
        stream.close()


async def _next(resource: Resource, pieces: Iterator[bytes]) -> bytes | None:
    return await resource.call(lambda _: next(pieces, None))
