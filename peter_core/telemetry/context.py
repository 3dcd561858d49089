"""Which request work belongs to; it follows into threads with the context."""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_REQUEST: ContextVar[str | None] = ContextVar("peter_request_id", default=None)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id() -> str | None:
    """The id of the request this work is done for."""
    return _REQUEST.get()


def new_request_id(given: str | None = None) -> str:
    """The id a client gave where it is harmless, otherwise one of our own."""
    if given is not None and _ID.fullmatch(given):
        return given
    return secrets.token_hex(8)


@contextmanager
def bound(request: str) -> Iterator[None]:
    """The work inside belongs to that request."""
    token = _REQUEST.set(request)
    try:
        yield
    finally:
        _REQUEST.reset(token)
