"""Which form of a word stands beside a number: the plural categories of Unicode's CLDR.

See https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html. A browser
has them in ``Intl.PluralRules``; here are those of the languages that numbers are written in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[[int], "Category"]

Category = Literal["zero", "one", "two", "few", "many", "other"]


def plural(language: str, number: float) -> Category:
    """The category of a number in a language, which is a BCP 47 tag; broken numbers have one too.

    Languages that are not known here have ``one`` for 1 and ``other`` for the rest.
    """
    tag = language.lower()
    family = _FAMILIES.get(tag) or _FAMILIES.get(tag.split("-")[0]) or _one
    whole = int(abs(number))
    if whole == abs(number):
        return family(whole)
    return _BROKEN.get(family, _none)(whole)


def _one(n: int) -> Category:
    return "one" if n == 1 else "other"


def _none(_: int) -> Category:
    return "other"


def _romance(n: int) -> Category:
    return "one" if n == 1 else _millions(n)


def _french(n: int) -> Category:
    return "one" if n < 2 else _millions(n)


def _millions(n: int) -> Category:
    return "many" if n and n % 1_000_000 == 0 else "other"


def _russian(n: int) -> Category:
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if _is_few(n) else "many"


def _polish(n: int) -> Category:
    if n == 1:
        return "one"
    return "few" if _is_few(n) else "many"


def _is_few(n: int) -> bool:
    return 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14


def _czech(n: int) -> Category:
    if n == 1:
        return "one"
    return "few" if 2 <= n <= 4 else "other"


def _danish(n: int) -> Category:
    return "one" if n == 1 else "other"


_FAMILIES: dict[str, Rule] = {
    "fr": _french, "pt": _french, "pt-pt": _romance, "es": _romance, "it": _romance,
    "ca": _romance, "da": _danish, "pl": _polish, "ru": _russian, "uk": _russian, "be": _russian,
    "cs": _czech, "sk": _czech,
    "ja": _none, "zh": _none, "ko": _none, "vi": _none, "th": _none, "id": _none,
}  # fmt: skip

# A broken number by its whole part: 1.5.
_BROKEN: dict[Rule, Rule] = {
    _french: lambda n: "one" if n < 2 else "other",
    _danish: lambda n: "one" if n < 2 else "other",
    _czech: lambda _: "many",
}
