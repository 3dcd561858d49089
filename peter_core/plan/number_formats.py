"""How numbers read: plain, compact, money, rates and d3-format specifiers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from peter_core.plan.locales import NBSP, currency_digits
from peter_core.plan.numbers import Number, Separators, Specifier, Written, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.plan.locales import Locale

DASH = "–"
_SEPARATORS: dict[tuple[str, str | None], Separators] = {}
_COMPACT_FROM = 1_000_000


def as_number(value: object) -> Number | None:
    """The value when it is a number, ``None`` for nulls, booleans, texts and the rest."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    # A decimal NaN cannot even be compared.
    return float(value) if isinstance(value, Decimal) and not value.is_finite() else value


def separators(locale: Locale, currency: str | None = None) -> Separators:
    """The signs d3-format needs, with the space before % that this product writes."""
    key = (locale.tag, currency)
    if key not in _SEPARATORS:
        signs = locale.currency(currency) if currency else ("", "")
        _SEPARATORS[key] = Separators(
            locale.decimal, locale.group, locale.grouping, signs, f"{NBSP}%"
        )
    return _SEPARATORS[key]


def decimals_of(values: Iterable[float], most: int) -> int:
    """The fewest decimals, up to ``most``, at which no value loses digits."""
    finite = [v for v in values if math.isfinite(v)]
    for digits in range(most):
        if all(abs(v * 10**digits - round(v * 10**digits)) < 1e-6 for v in finite):
            return digits
    return most


@dataclass(frozen=True, slots=True)
class Plain:
    """Numbers with separators, money with its sign; ``compact`` shortens from a thousand on.

    Full texts stand in tables and tooltips, short ones on axes, labels and KPI tiles.
    """

    locale: Locale
    currency: str | None = None
    unit: str | None = None
    compact: bool = False
    decimals: int | None = None
    grouped: bool = True

    align = "right"
    is_rate = False

    def text(self, value: object) -> str:
        """The value in full."""
        number = as_number(value)
        if number is None:
            return other_text(value)
        decimals = self._decimals([number]) if self.decimals is None else self.decimals
        return str(self._fixed(number, decimals))

    def figure(self, value: object) -> Written:
        """The value for a KPI tile, its unit apart."""
        number = as_number(value)
        if number is None:
            return Written("", other_text(value), "")
        size = abs(float(number))
        if is_finite(number) and size >= (1000 if self.compact else _COMPACT_FROM):
            return self._compact(number)
        if is_finite(number) and number == int(number) and not self.currency:
            return self._fixed(number, 0)
        if self.currency or size >= 1000:
            cents = currency_digits(self.currency) if self.currency else 0
            return self._fixed(number, cents if size < 1000 else 0)
        return self._write(number, ".3~r")

    def short(self, value: object) -> str:
        """The value as a direct label."""
        number = as_number(value)
        if number is None:
            return other_text(value)
        if not self.grouped:
            return self.text(value)
        return str(self._compact(number)) if is_finite(number) else self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick, all in the same unit."""
        high = max((abs(v) for v in values), default=0.0)
        power = 0 if high < 10_000 or not self.grouped else int(math.log10(high) / 3)
        scale = 1000.0**power
        digits = decimals_of((v / scale for v in values), 6)
        unit = self._unit(power)
        return [str(self._fixed(v / scale, digits if v else 0, unit if v else "")) for v in values]

    def fitted(self, values: Iterable[object]) -> Plain:
        """The same with as many decimals for all as these values need."""
        numbers = [n for n in map(as_number, values) if n is not None]
        return replace(self, decimals=self._decimals(numbers)) if numbers else self

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0

    def _decimals(self, numbers: Sequence[Number]) -> int:
        finite = [float(n) for n in numbers if is_finite(n)]
        if all(isinstance(n, int) for n in numbers) or all(v == int(v) for v in finite):
            return 0
        if self.currency:
            return currency_digits(self.currency)
        high = max(map(abs, finite))
        if high >= 1:
            return max(1, decimals_of((round(v, 2) for v in finite), 2))
        # Three significant digits of the largest value below one.
        return min(20, decimals_of(finite, 2 - math.floor(math.log10(high))))

    def _fixed(self, number: Number, decimals: int, unit: str = "") -> Written:
        comma = "," if self.grouped else ""
        return self._write(number, f"{comma}.{decimals}f", unit)

    def _compact(self, number: Number) -> Written:
        # The largest float rounds beyond every float.
        rounded = min(abs(float(f"{float(number):.2e}")), 1e308)
        power = 0 if rounded < 1000 else int(math.log10(rounded) / 3)
        if power == 0:
            return self._write(number, ".3~r" if number != int(number) else ",.0f")
        exact = number if isinstance(number, Decimal) else Decimal(number)
        return self._write(exact.scaleb(-3 * power), ",.3~r", self._unit(power))

    def _unit(self, power: int) -> str:
        """The word of a power of a thousand; beyond those that people know, ``e15``, ``e18``, …"""
        words = ("", *self.locale.compact)
        return words[power] if power < len(words) else f"e{3 * power}"

    def _write(self, number: Number, spec: str, unit: str = "") -> Written:
        signs = separators(self.locale, self.currency)
        written = write(number, Specifier.parse(("$" if self.currency else "") + spec), signs)
        after = unit + written.unit + _spaced(self.unit)
        return Written(written.before, written.text, after)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of one as percent."""

    locale: Locale
    decimals: int = 1

    align = "right"
    is_rate = True

    def text(self, value: object) -> str:
        """``3.1 %``."""
        return str(self.figure(value))

    def figure(self, value: object) -> Written:
        """The digits and the sign apart."""
        number = as_number(value)
        if number is None:
            return Written("", other_text(value), "")
        return write(number, Specifier.parse(f",.{self.decimals}%"), separators(self.locale))

    def short(self, value: object) -> str:
        """As in full."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick, with the decimals their distance needs."""
        digits = decimals_of((v * 100 for v in values), 6)
        return [replace(self, decimals=digits).text(v) for v in values]

    def fitted(self, values: Iterable[object]) -> Rate:
        """The same with decimals fit for the largest value."""
        numbers = [abs(float(n)) for n in map(as_number, values) if n is not None and is_finite(n)]
        high = max(numbers, default=0.0)
        return replace(self, decimals=2 if 0 < high < 0.01 else 1)

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Specified:
    """A d3-format specifier of the document, with a unit or a currency."""

    locale: Locale
    specifier: Specifier
    unit: str | None = None
    currency: str | None = None

    align = "right"

    @property
    def is_rate(self) -> bool:
        """Whether the values are shares of one."""
        return self.specifier.type in "%p"

    def text(self, value: object) -> str:
        """As the specifier says, everywhere."""
        return str(self.figure(value))

    def figure(self, value: object) -> Written:
        """The digits and the unit apart."""
        number = as_number(value)
        if number is None:
            return Written("", other_text(value), "")
        return self._write(number, self.specifier)

    def short(self, value: object) -> str:
        """As in full."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick: the same unit, with the decimals their distance needs."""
        if self.is_rate:
            return Rate(self.locale).ticks(values)
        if self.specifier.type in "sexX":
            trimmed = replace(self.specifier, trim=self.specifier.type != "x", width=None)
            return [str(self._write(v, trimmed)) for v in values]
        return Plain(self.locale, self._money, self.unit).ticks(values)

    def fitted(self, values: Iterable[object]) -> Specified:
        """Itself: the document said how."""
        return self

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0

    @property
    def _money(self) -> str | None:
        return self.currency or ("USD" if self.specifier.currency else None)

    def _write(self, number: Number, specifier: Specifier) -> Written:
        money = self._money
        signed = replace(specifier, currency=money is not None)
        written = write(number, signed, separators(self.locale, money))
        return Written(written.before, written.text, written.unit + _spaced(self.unit))


def _spaced(unit: str | None) -> str:
    if not unit:
        return ""
    return unit if unit in ("°", "′", "″") else NBSP + unit


def is_finite(number: Number) -> bool:
    """Whether the number is neither NaN nor infinite."""
    return number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)


def other_text(value: object) -> str:
    """How a number format writes what is no number: a null is an en dash."""
    return DASH if value is None else str(value)
