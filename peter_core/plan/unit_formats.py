"""How sizes and durations read: the unit follows the value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.plan.locales import MINUS, NBSP
from peter_core.plan.number_formats import (
    as_number,
    decimals_of,
    is_finite,
    other_text,
    separators,
)
from peter_core.plan.numbers import Number, Separators, Specifier, Written, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.plan.locales import Locale

_BYTE_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_SPANS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Bytes:
    """Sizes in decimal units, ``2.7 MB``, as byte caps are written."""

    locale: Locale

    align = "right"
    is_rate = False

    def text(self, value: object) -> str:
        """Three digits and a unit."""
        return str(self.figure(value))

    def figure(self, value: object) -> Written:
        """The digits and the unit apart."""
        number = as_number(value)
        if number is None:
            return Written("", other_text(value), "")
        rounded = abs(float(f"{float(number):.2e}"))
        power = _byte_power(rounded) if 1000 <= rounded < math.inf else 0
        return self._in(number, power, ".3~r" if power else ",.3~r")

    def short(self, value: object) -> str:
        """As in full."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick, all in the same unit."""
        high = max((abs(v) for v in values), default=0.0)
        power = 0 if high < 1000 else _byte_power(high)
        digits = decimals_of((v / 1000.0**power for v in values), 6)
        return [str(self._in(v, power, f",.{digits if v else 0}f")) for v in values]

    def fitted(self, values: Iterable[object]) -> Bytes:
        """Itself: every size chooses its own unit."""
        return self

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0

    def _in(self, number: Number, power: int, spec: str) -> Written:
        scaled = number if not power else float(number) / 1000.0**power
        written = write(scaled, Specifier.parse(spec), separators(self.locale))
        return Written(written.before, written.text, NBSP + _BYTE_UNITS[power])


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds as the two largest units that matter: ``1 h 5 min``."""

    locale: Locale

    align = "right"
    is_rate = False

    def text(self, value: object) -> str:
        """The two largest units."""
        return str(self.figure(value))

    def figure(self, value: object) -> Written:
        """The last unit apart."""
        number = as_number(value)
        if number is None:
            return Written("", other_text(value), "")
        if not is_finite(number):
            return Written("", str(write(number, Specifier.parse("f"), Separators())), "")
        size = abs(float(number))
        sign = MINUS if number < 0 else ""
        if size < 59.95:
            unit, shown = ("s", size) if size >= 1 or size == 0 else ("ms", size * 1000)
            return Written(sign, self._digits(shown), NBSP + unit)
        return Written(sign, *self._two_units(size))

    def short(self, value: object) -> str:
        """As in full."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick, all in the same unit."""
        high = max((abs(v) for v in values), default=0.0)
        size = self.scale(high)
        unit = next(name for name, seconds in _UNITS if seconds == size)
        digits = decimals_of((v / size for v in values), 6)
        signs = separators(self.locale)
        spec = Specifier.parse(f",.{digits}f")
        return [f"{write(v / size, spec, signs)}{NBSP}{unit}" for v in values]

    def fitted(self, values: Iterable[object]) -> Duration:
        """Itself: every duration chooses its own units."""
        return self

    def scale(self, high: float) -> float:
        """Seconds in the unit that suits a largest value of ``high``."""
        if high < 1:
            return 0.001
        return next((float(s) for _, s in _SPANS if high >= 2 * s), 1.0)

    def _digits(self, value: float) -> str:
        return str(write(value, Specifier.parse(",.3~r"), separators(self.locale)))

    def _two_units(self, size: float) -> tuple[str, str]:
        index = next(i for i, (_, seconds) in enumerate(_SPANS) if round(size) >= seconds)
        name, seconds = _SPANS[index]
        small, step = _SPANS[index + 1]
        steps = round(size / step)
        whole, rest = divmod(steps, seconds // step)
        count = str(write(whole, Specifier.parse(",d"), separators(self.locale)))
        if not rest:
            return count, NBSP + name
        return f"{count}{NBSP}{name} {rest}", NBSP + small


_UNITS: tuple[tuple[str, float], ...] = (*((n, float(s)) for n, s in _SPANS), ("ms", 0.001))


def _byte_power(size: float) -> int:
    return min(len(_BYTE_UNITS) - 1, int(math.log10(size) / 3))
