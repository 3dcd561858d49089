"""How numbers read: plain, compact, money, rates, bytes, durations and d3-format specifiers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from peter_core.plan.locales import MINUS, NBSP, currency_digits
from peter_core.plan.numbers import Number, Separators, Specifier, Written, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.plan.locales import Locale

DASH = "–"
_BYTE_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_COMPACT_FROM = 1_000_000
_SPANS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def as_number(value: object) -> Number | None:
    """The value when it is a number, ``None`` for nulls, booleans, texts and the rest."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    return value


def separators(locale: Locale, currency: str | None = None) -> Separators:
    """The signs d3-format needs, with the space before % that this product writes."""
    signs = locale.currency(currency) if currency else ("", "")
    return Separators(locale.decimal, locale.group, locale.grouping, signs, f"{NBSP}%")


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
            return _other(value)
        decimals = self._decimals([number]) if self.decimals is None else self.decimals
        return str(self._fixed(number, decimals))

    def figure(self, value: object) -> Written:
        """The value for a KPI tile, its unit apart."""
        number = as_number(value)
        if number is None:
            return Written("", _other(value), "")
        if _finite(number) and abs(number) >= (1000 if self.compact else _COMPACT_FROM):
            return self._compact(number)
        if _finite(number) and number == int(number) and not self.currency:
            return self._fixed(number, 0)
        if self.currency or abs(number) >= 1000:
            cents = currency_digits(self.currency) if self.currency else 0
            return self._fixed(number, cents if abs(number) < 1000 else 0)
        return self._write(number, ".3~r")

    def short(self, value: object) -> str:
        """The value as a direct label."""
        number = as_number(value)
        if number is None:
            return _other(value)
        if not self.grouped:
            return self.text(value)
        return str(self._compact(number)) if _finite(number) else self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick, all in the same unit."""
        high = max((abs(v) for v in values), default=0.0)
        power = 0 if high < 10_000 or not self.grouped else min(4, int(math.log10(high) / 3))
        scale = 1000.0**power
        digits = decimals_of((v / scale for v in values), 6)
        unit = self.locale.compact[power - 1] if power else ""
        return [str(self._fixed(v / scale, digits, unit if v else "")) for v in values]

    def fitted(self, values: Iterable[object]) -> Plain:
        """The same with as many decimals for all as these values need."""
        numbers = [n for n in map(as_number, values) if n is not None]
        return replace(self, decimals=self._decimals(numbers)) if numbers else self

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0

    def _decimals(self, numbers: Sequence[Number]) -> int:
        finite = [float(n) for n in numbers if _finite(n)]
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
        rounded = float(f"{float(number):.2e}")
        power = 0 if abs(rounded) < 1000 else min(4, int(math.log10(abs(rounded)) / 3))
        if power == 0:
            return self._write(number, ".3~r" if number != int(number) else ",.0f")
        exact = number if isinstance(number, Decimal) else Decimal(number)
        return self._write(exact.scaleb(-3 * power), ",.3~r", self.locale.compact[power - 1])

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
            return Written("", _other(value), "")
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
        numbers = [abs(float(n)) for n in map(as_number, values) if n is not None and _finite(n)]
        high = max(numbers, default=0.0)
        return replace(self, decimals=2 if 0 < high < 0.01 else 1)

    def scale(self, high: float) -> float:
        """The size whose multiples make good ticks."""
        return 1.0


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
            return Written("", _other(value), "")
        rounded = abs(float(f"{float(number):.2e}"))
        power = 0 if rounded < 1000 or math.isinf(rounded) else _byte_power(rounded)
        return self._in(number, power, ".3~r" if power else ",.3~r")

    def short(self, value: object) -> str:
        """As in full."""
        return self.text(value)

    def ticks(self, values: Sequence[float]) -> list[str]:
        """One label a tick, all in the same unit."""
        high = max((abs(v) for v in values), default=0.0)
        power = 0 if high < 1000 else _byte_power(high)
        digits = decimals_of((v / 1000.0**power for v in values), 6)
        return [str(self._in(v, power, f",.{digits}f")) for v in values]

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
            return Written("", _other(value), "")
        if not _finite(number):
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
            return Written("", _other(value), "")
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


def _byte_power(size: float) -> int:
    return min(len(_BYTE_UNITS) - 1, int(math.log10(size) / 3))


def _spaced(unit: str | None) -> str:
    if not unit:
        return ""
    return unit if unit in ("°", "′", "″") else NBSP + unit


def _finite(number: Number) -> bool:
    return number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)


def _other(value: object) -> str:
    return DASH if value is None else str(value)
