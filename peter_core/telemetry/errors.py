"""What a log may say of an error: its class, its code, where it was raised, rarely its text."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.errors import PeterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.telemetry.scrubbing import Scrubber

FRAMES = 30
CHAIN = 5

_DATA = frozenset({
    "error", "engine_failed", "query_failed", "sql_invalid", "sql_refused", "document_invalid",
    "verification_failed",
})  # fmt: skip
"""Codes whose texts may repeat data, SQL or a document."""
_PLAIN = (TypeError, AttributeError, NameError, ImportError, RecursionError, NotImplementedError)
"""Classes whose texts name code, not data."""


@dataclass(frozen=True, slots=True)
class ToldError:
    """An error as a log shows it; ``stack`` is ``module:function:line``, the raising one last."""

    type: str
    code: str | None
    message: str | None
    stack: tuple[str, ...]
    cause: str | None

    def __str__(self) -> str:
        said = f": {self.message}" if self.message else ""
        return f"{self.type}{f' ({self.code})' if self.code else ''}{said}"


def told(error: BaseException, scrub: Scrubber) -> ToldError:
    """What a log may say of the error; its text only where it can hold no data."""
    frames = traceback.walk_tb(error.__traceback__)
    stack = tuple(
        f"{frame.f_globals.get('__name__', '?')}:{frame.f_code.co_name}:{line}"
        for frame, line in frames
    )
    causes = " < ".join(_name(cause) for cause in _causes(error))
    message = _message(error)
    return ToldError(
        type=_name(error),
        code=error.code if isinstance(error, PeterError) else None,
        message=scrub(message) if message else None,
        stack=stack[-FRAMES:],
        cause=causes or None,
    )


def _message(error: BaseException) -> str | None:
    if isinstance(error, PeterError):
        return None if error.code in _DATA else error.message
    if isinstance(error, OSError):
        return error.strerror
    return str(error) if isinstance(error, _PLAIN) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _ in range(CHAIN):
        hidden = error.__suppress_context__
        cause = error.__cause__ or (None if hidden else error.__context__)
        if cause is None:
            return
        yield cause
        error = cause


def _name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else (f"{kind.__module__}.{kind.__qualname__}")
    )
