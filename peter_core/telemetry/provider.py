"""What is turned on in this process: a tracer and instruments, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import Meter, MeterProvider
    from opentelemetry.trace import Tracer, TracerProvider

SCOPE = "peter"


@dataclass(frozen=True, slots=True)
class Tracing:
    """A tracer, the parts of OpenTelemetry's API spans need, and the key of principals."""

    tracer: Tracer
    trace: Any
    context: Any
    salt: bytes


class State:
    """The one place that knows what is on; ``None`` is off."""

    tracing: Tracing | None = None
    meter: Meter | None = None
    on_meter: Callable[[Meter | None], None] | None = None


def use(
    tracer_provider: TracerProvider | None, meter_provider: MeterProvider | None, *, salt: bytes
) -> None:
    """Send spans and metrics to providers of the program's own; ``None`` turns a part off.

    Parameters
    ----------
    salt
        The key that hashes principals.
    """
    if tracer_provider is None:
        State.tracing = None
    else:
        from opentelemetry import context, trace

        State.tracing = Tracing(tracer_provider.get_tracer(SCOPE), trace, context, salt)
    State.meter = None if meter_provider is None else meter_provider.get_meter(SCOPE)
    if State.on_meter is not None:
        State.on_meter(State.meter)
