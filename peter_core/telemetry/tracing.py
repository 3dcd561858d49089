"""Spans: what was done, how long it took, and on whose behalf, without saying who that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

from peter_core.errors import PeterError
from peter_core.telemetry.attributes import span_attributes
from peter_core.telemetry.provider import State

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from peter_core.telemetry.provider import Tracing


class Span(Protocol):
    """A span that is open."""

    def set(self, **attributes: object) -> None:
        """Add attributes; a name that is not on the list is left out."""
        ...


class _Nothing:
    """The span of a process that traces nothing."""

    __slots__ = ()

    def set(self, **attributes: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        pass


_NOTHING = _Nothing()


class RecordedSpan:
    """A span of OpenTelemetry's; an error ends it with its code, never with its text."""

    __slots__ = ("_attributes", "_kind", "_name", "_parent", "_span", "_token", "_tracing")

    def __init__(
        self,
        tracing: Tracing,
        name: str,
        attributes: dict[str, object],
        *,
        kind: str = "INTERNAL",
        parent: Any = None,
    ) -> None:
        self._tracing = tracing
        self._name = name
        self._attributes = attributes
        self._kind = kind
        self._parent = parent

    def set(self, **attributes: object) -> None:
        """Add attributes; a name that is not on the list is left out."""
        self._span.set_attributes(span_attributes(attributes, self._tracing.salt))

    def fail(self, code: str) -> None:
        """Mark the span as failed with an error's code."""
        self._span.set_attribute("peter.code", code)
        self._span.set_status(self._tracing.trace.StatusCode.ERROR)

    def __enter__(self) -> Self:
        tracing = self._tracing
        self._span = tracing.tracer.start_span(
            self._name,
            context=self._parent,
            kind=tracing.trace.SpanKind[self._kind],
            attributes=span_attributes(self._attributes, tracing.salt),
            record_exception=False,
            set_status_on_exception=False,
        )
        context = tracing.trace.set_span_in_context(self._span, self._parent)
        self._token = tracing.context.attach(context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.fail(error.code if isinstance(error, PeterError) else type(error).__name__)
        self._tracing.context.detach(self._token)
        self._span.end()


def span(name: str, **attributes: object) -> AbstractContextManager[Span]:
    """A span around a ``with`` block, a child of the one around it.

    Parameters
    ----------
    attributes
        Of `attributes.SPAN_NAMES`, and ``principal``, an e-mail that is hashed; others are
        left out.
    """
    tracing = State.tracing
    if tracing is None:
        return _NOTHING
    kind = "CLIENT" if name == "peter.engine.job" else "INTERNAL"
    return RecordedSpan(tracing, name, attributes, kind=kind)


def current_ids() -> tuple[str, str] | None:
    """The trace and the span that are open here, in hexadecimal digits."""
    tracing = State.tracing
    if tracing is None:
        return None
    known = tracing.trace.get_current_span().get_span_context()
    if not known.is_valid:
        return None
    return format(known.trace_id, "032x"), format(known.span_id, "016x")
