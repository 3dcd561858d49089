"""Metrics: how long, how much, how often; each is declared here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakMethod

from peter_core.telemetry.attributes import metric_attributes
from peter_core.telemetry.provider import State

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

Kind = Literal["counter", "histogram", "gauge", "total"]
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: ``gauge`` and ``total`` are asked for with `observe` when they are sent."""

    kind: Kind
    unit: str
    description: str


METRICS = {
    "http.server.request.duration": Metric("histogram", "s", "Duration of HTTP requests."),
    "peter.engine.job.duration": Metric("histogram", "s", "Duration of jobs on the engine."),
    "peter.engine.bytes_scanned": Metric("counter", "By", "Bytes that jobs read."),
    "peter.engine.bytes_billed": Metric("counter", "By", "Bytes that jobs were billed for."),
    "peter.cache.hits": Metric("counter", "{result}", "Results found in the cache."),
    "peter.cache.misses": Metric("counter", "{result}", "Results that had to be computed."),
    "peter.cache.coalesced": Metric("total", "{request}", "Requests that shared another's run."),
    "peter.engine.queue": Metric("gauge", "{job}", "Jobs that wait for their turn."),
    "peter.engine.away": Metric("gauge", "1", "1 while BigQuery does not answer, else 0."),
}
"""Every metric by its name; units as UCUM writes them."""


class _Instruments:
    """The instruments of the meter in use, made on their first use."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.made: dict[str, Any] = {}
        self.observed: dict[str, dict[object, Callable[[], Callable[[], float] | None]]] = {}

    def attach(self, meter: Meter | None) -> None:
        with self.lock:
            self.made = {}
            if meter is not None:
                for name in self.observed:
                    self._observable(meter, name)

    def get(self, meter: Meter, name: str) -> Any:
        found = self.made.get(name)
        if found is None:
            with self.lock:
                found = self.made.setdefault(name, _make(meter, name))
        return found

    def add(self, name: str, callback: Callable[[], float]) -> Callable[[], None]:
        mark = object()
        # A method does not keep its object alive: who is gone is not asked any more.
        known = WeakMethod(callback) if isinstance(callback, MethodType) else lambda: callback
        with self.lock:
            callbacks = self.observed.setdefault(name, {})
            callbacks[mark] = known
            if State.meter is not None and name not in self.made:
                self._observable(State.meter, name)

        def forget() -> None:
            with self.lock:
                callbacks.pop(mark, None)

        return forget

    def _observable(self, meter: Meter, name: str) -> None:
        from opentelemetry.metrics import Observation

        known = METRICS[name]
        make = (
            meter.create_observable_counter
            if known.kind == "total"
            else meter.create_observable_gauge
        )

        def ask(_: object) -> Iterator[Observation]:
            with self.lock:
                alive = {mark: known() for mark, known in self.observed[name].items()}
                for mark in [mark for mark, callback in alive.items() if callback is None]:
                    del self.observed[name][mark]
            yield Observation(sum(callback() for callback in alive.values() if callback))

        self.made[name] = make(name, [ask], known.unit, known.description)


_INSTRUMENTS = _Instruments()
State.on_meter = _INSTRUMENTS.attach


def count(name: str, amount: int = 1, **attributes: object) -> None:
    """Add to a counter of `METRICS`."""
    meter = State.meter
    if meter is not None:
        _INSTRUMENTS.get(meter, name).add(amount, metric_attributes(attributes))


def record(name: str, value: float, **attributes: object) -> None:
    """Note a value of a histogram of `METRICS`, in its unit."""
    meter = State.meter
    if meter is not None:
        _INSTRUMENTS.get(meter, name).record(value, metric_attributes(attributes))


def observe(name: str, callback: Callable[[], float]) -> Callable[[], None]:
    """Ask ``callback`` whenever a gauge or total of `METRICS` is sent; several are added up.

    Returns how to take it back; a method is forgotten with its object. May be called before
    telemetry is configured.
    """
    return _INSTRUMENTS.add(name, callback)


def _make(meter: Meter, name: str) -> Any:
    known = METRICS[name]
    if known.kind == "counter":
        return meter.create_counter(name, known.unit, known.description)
    return meter.create_histogram(
        name, known.unit, known.description, explicit_bucket_boundaries_advisory=_SECONDS
    )
