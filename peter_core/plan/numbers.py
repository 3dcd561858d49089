"""The d3-format mini-language in Python: the same texts, and exact beyond a double's digits.

See https://d3js.org/d3-format#locale_format for the grammar.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from peter_core.plan.locales import MINUS

if TYPE_CHECKING:
    from collections.abc import Sequence

Number = int | float | Decimal

_GRAMMAR = re.compile(
    r"^(?:(.)?([<>=^]))?([+\-( ])?([$])?(0)?(\d+)?(,)?(?:\.(\d+))?(~)?([efgrsdnpXx%])?$"
)
_PREFIXES = ("y", "z", "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y")
# BIGNUMERIC holds 76 digits; products and roundings of one must not lose any.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP, Emax=10**6, Emin=-(10**6))


class Written(NamedTuple):
    """A number in three parts: sign and currency, digits, and what follows them."""

    before: str
    text: str
    unit: str

    def __str__(self) -> str:
        return self.before + self.text + self.unit


@dataclass(frozen=True, slots=True)
class Separators:
    """The signs of a language between and around digits."""

    decimal: str = "."
    group: str = ","
    grouping: tuple[int, ...] = (3,)
    currency: tuple[str, str] = ("$", "")
    percent: str = "%"


@dataclass(frozen=True, slots=True)
class Specifier:
    """A parsed d3-format specifier; ``precision`` and ``width`` as written, ``None`` when not."""

    fill: str = " "
    align: str = ">"
    sign: str = "-"
    currency: bool = False
    zero: bool = False
    width: int | None = None
    comma: bool = False
    precision: int | None = None
    trim: bool = False
    type: str = ""

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Specifier:
        """Read ``,.2f`` and the like.

        Raises
        ------
        ValueError
            When it is no specifier.
        """
        match = _GRAMMAR.match(text)
        if match is None:
            raise ValueError(f"{text!r} is no d3-format specifier, such as ',.1f' or '.2s'")
        fill, align, sign, symbol, zero, width, comma, precision, trim, kind = match.groups()
        if kind == "n":
            comma, kind = ",", "g"
        elif kind is None:
            precision, trim, kind = precision or "12", "~", "g"
        digits = 6 if precision is None else int(precision)
        low, high = (1, 21) if kind in "gprs" else (0, 20)
        if zero or (fill == "0" and align == "="):
            zero, fill, align = "0", "0", "="
        return cls(
            fill or " ", align or ">", sign or "-", bool(symbol), bool(zero),
            int(width) if width else None, bool(comma), max(low, min(high, digits)),
            bool(trim), kind,
        )  # fmt: skip


def write(value: Number, specifier: Specifier, separators: Separators) -> Written:
    """The number as d3-format writes it with these separators."""
    if isinstance(value, Decimal) and not value.is_finite():
        value = float(value)
    negative = value < 0 or (isinstance(value, float) and math.copysign(1.0, value) < 0)
    if (plain := _plain(value, specifier, separators, negative=negative)) is not None:
        return plain
    digits, prefix = _digits(value, specifier)
    if specifier.trim:
        digits = _trimmed(digits)
    if negative and _is_zero(digits) and specifier.sign != "+":
        negative = False
    whole, rest = _split(digits, separators.decimal)
    before, after = separators.currency if specifier.currency else ("", "")
    if not specifier.currency and specifier.type in "%p":
        after = separators.percent
    closing = ")" if negative and specifier.sign == "(" else ""
    before = _sign(specifier.sign, negative) + before
    unit = prefix + after + closing
    return Written(*_padded(specifier, separators, before, whole, rest, unit))


def _plain(value: Number, spec: Specifier, signs: Separators, *, negative: bool) -> Written | None:
    """What nearly every cell is, fixed decimals in groups of three, by Python's own formatting."""
    if (
        spec.type != "f"
        or spec.width
        or spec.trim
        or spec.sign != "-"
        or isinstance(value, Decimal)
    ):
        return None
    precision = spec.precision or 0
    size = abs(value)
    # Python rounds a tie to the even digit, d3-format away from zero; ties take the long way.
    if isinstance(value, float) and (not size < 1e15 or size * 10**precision * 2 % 2 == 1):
        return None
    if spec.comma and signs.grouping != (3,):
        return None
    text = f"{size:{',' if spec.comma else ''}.{precision}f}" if isinstance(value, float) else ""
    if not text:
        text = f"{size:,}" if spec.comma else str(size)
        text += "." + "0" * precision if precision else ""
    if (signs.group, signs.decimal) != (",", "."):
        text = text.replace(",", "\0").replace(".", signs.decimal).replace("\0", signs.group)
    before, after = signs.currency if spec.currency else ("", "")
    shows = negative and any(char in "123456789" for char in text)
    return Written((MINUS if shows else "") + before, text, after)


def _sign(sign: str, negative: bool) -> str:
    if negative:
        return "(" if sign == "(" else MINUS
    return "" if sign in "-(" else sign


def _digits(value: Number, spec: Specifier) -> tuple[str, str]:
    """Digits with a point, without sign, and the SI prefix."""
    if isinstance(value, float) and not math.isfinite(value):
        return ("NaN" if math.isnan(value) else "∞"), ""
    # A float is written from its exact binary value, as JavaScript does; scaling is done in
    # floats there, so it is here.
    if spec.type in "%p":
        exact = (
            _decimal(abs(value) * 100)
            if isinstance(value, float) and abs(value) < 1e300
            else _EXACT.multiply(_EXACT.abs(_decimal(value)), Decimal(100))
        )
    else:
        exact = _EXACT.abs(_decimal(value))
    precision = 6 if spec.precision is None else spec.precision
    kind = spec.type
    if kind in "f%":
        return _fixed(exact, precision), ""
    if kind in "dxX":
        whole = int(exact.to_integral_value(ROUND_HALF_UP, _EXACT))
        return {"d": str(whole), "x": f"{whole:x}", "X": f"{whole:X}"}[kind], ""
    if kind == "e":
        return _exponential(exact, precision), ""
    if kind == "g":
        return _precise(exact, precision), ""
    if kind == "s":
        return _si(exact, precision)
    return _rounded(exact, precision), ""


def _decimal(value: Number) -> Decimal:
    # Beyond 10^21 the binary value's tail is noise; the shortest digits are what was meant.
    if isinstance(value, float) and abs(value) >= 1e21:
        return Decimal(repr(value))
    return Decimal(value)


def _fixed(exact: Decimal, precision: int) -> str:
    return format(exact.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP, _EXACT), "f")


def _significant(exact: Decimal, precision: int) -> tuple[str, int]:
    """``precision`` significant digits and the exponent of the first."""
    rounded = Context(prec=precision, rounding=ROUND_HALF_UP, Emax=10**6, Emin=-(10**6)).plus(exact)
    digits = "".join(map(str, rounded.as_tuple().digits))
    return digits.ljust(precision, "0")[:precision], rounded.adjusted()


def _exponential(exact: Decimal, precision: int) -> str:
    if not exact:
        digits, exponent = "0" * (precision + 1), 0
    else:
        digits, exponent = _significant(exact, precision + 1)
    point = "." + digits[1:] if precision else ""
    return f"{digits[0]}{point}e{'-' if exponent < 0 else '+'}{abs(exponent)}"


def _precise(exact: Decimal, precision: int) -> str:
    if not exact:
        return "0" + ("." + "0" * (precision - 1) if precision > 1 else "")
    digits, exponent = _significant(exact, precision)
    if exponent < -6 or exponent >= precision:
        point = "." + digits[1:] if precision > 1 else ""
        return f"{digits[0]}{point}e{'-' if exponent < 0 else '+'}{abs(exponent)}"
    return _placed(digits, exponent)


def _rounded(exact: Decimal, precision: int) -> str:
    return _placed(*_significant(exact, precision)) if exact else "0"


def _placed(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if len(digits) > exponent + 1:
        return digits[: exponent + 1] + "." + digits[exponent + 1 :]
    return digits + "0" * (exponent - len(digits) + 1)


def _si(exact: Decimal, precision: int) -> tuple[str, str]:
    if not exact:
        return _precise(exact, precision), ""
    digits, exponent = _significant(exact, precision)
    step = max(-8, min(8, exponent // 3))
    shift = exponent - step * 3
    if shift < 0:
        # Below 10^-24 there is no smaller prefix; keep the digits that still show.
        digits = _significant(exact, max(1, precision + shift))[0]
    return _placed(digits, shift), _PREFIXES[8 + step]


def _trimmed(digits: str) -> str:
    mantissa, mark, exponent = digits.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + mark + exponent


def _is_zero(digits: str) -> bool:
    mantissa = digits.partition("e")[0]
    return mantissa != "" and not mantissa.strip("0.")


def _split(digits: str, decimal: str) -> tuple[str, str]:
    match = re.match(r"[0-9]*", digits)
    end = match.end() if match else 0
    whole, rest = digits[:end], digits[end:]
    return whole, decimal + rest[1:] if rest.startswith(".") else rest


def _grouped(whole: str, separators: Separators, width: float) -> str:
    parts: list[str] = []
    sizes: Sequence[int] = separators.grouping
    end, length, turn, size = len(whole), 0, 0, separators.grouping[0]
    while end > 0 and size > 0:
        if length + size + 1 > width:
            size = max(1, int(width) - length)
        parts.append(whole[max(0, end - size) : end])
        end -= size
        length += size + 1
        if length > width:
            break
        turn = (turn + 1) % len(sizes)
        size = sizes[turn]
    return separators.group.join(reversed(parts))


def _padded(
    spec: Specifier, separators: Separators, before: str, whole: str, rest: str, unit: str
) -> tuple[str, str, str]:
    if spec.comma and not spec.zero:
        whole = _grouped(whole, separators, math.inf)
    width = spec.width or 0
    padding = spec.fill * (width - len(before + whole + rest + unit))
    if spec.comma and spec.zero:
        room = width - len(rest + unit) if padding else math.inf
        whole, padding = _grouped(padding + whole, separators, room), ""
    if spec.align == "<":
        return before, whole + rest, unit + padding
    if spec.align == "=":
        return before, padding + whole + rest, unit
    if spec.align == "^":
        half = len(padding) // 2
        return padding[:half] + before, whole + rest, unit + padding[half:]
    return padding + before, whole + rest, unit
