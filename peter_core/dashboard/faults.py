"""A tree checked against the models: every fault becomes one problem with its place."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from pydantic import ValidationError

from peter_core.dashboard import model
from peter_core.dashboard.marks import path_text, place
from peter_core.dashboard.model import Dashboard
from peter_core.dashboard.names import did_you_mean, listed, nearest, shortened
from peter_core.dashboard.problems import Problem
from peter_core.dashboard.reading import MAX_PROBLEMS
from peter_core.dashboard.schema import model_at, model_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from peter_core.dashboard.marks import Mark, Path
    from peter_core.dashboard.reading import Tree

_KINDS: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping of names",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "date_type": "a date such as 2013-06-30",
}
_BOOLEAN_WORDS: Final = frozenset({"yes", "no", "on", "off", "y", "n"})
_PATTERN_HINTS: Final = {
    "owner": "Write an e-mail address, such as ops@example.com.",
    "locale": "Write a language tag, such as en-US or de.",
    "link": "Write a web address that starts with https:// or http://.",
    "managed": "Write where the file is kept: an address that starts with https:// or http://.",
    "number": "Write a d3-format specifier, such as ',.1f'.",
    "currency": "Write a currency code of three capitals, such as EUR.",
}
_SLUG_HINT: Final = (
    "A slug is 2 to 64 lower-case letters and digits in words joined by single hyphens, such as "
    "flight-operations."
)
_NAME_HINT: Final = "A name is letters, digits and underscores and does not start with a digit."
_FIRST: Final = {
    "version": "Write 'version: 1'.",
    "slug": "Write its name in addresses, such as 'slug: flight-operations'.",
    "title": "Write one, such as 'title: Flight operations'.",
    "queries": "Write one, such as 'queries: {daily: {sql: \"SELECT 1 AS n\"}}'.",
    "charts": "Write one, such as 'charts: {n: {type: kpi, query: daily, title: N, value: n}}'.",
    "query": "Name one of the dashboard's queries.",
}
"""What to write where a key that every dashboard or chart has is missing."""
_NAME_KEYS: Final = frozenset({"query", "chart", "filter"})


def validate(tree: Tree, mark: Mark | None) -> tuple[Dashboard | None, tuple[Problem, ...]]:
    """The dashboard of a tree, or what is wrong with the tree, every fault once."""
    try:
        return Dashboard.model_validate(tree), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    faults = [_Fault(detail, tree) for detail in details[: 2 * MAX_PROBLEMS]]
    problems: dict[tuple[str, str], Problem] = {}
    for fault in _without_echoes(faults):
        problem = fault.problem(mark)
        problems.setdefault((problem.path, problem.rule), problem)
    return None, tuple(problems.values())[:MAX_PROBLEMS]


class _Fault:
    """One pydantic error with its path in the document."""

    def __init__(self, detail: ErrorDetails, tree: Tree) -> None:
        self.kind = detail["type"]
        self.value: Any = detail["input"]
        self.context: Mapping[str, Any] = detail.get("ctx", {})
        self.said = detail["msg"]
        location = detail["loc"]
        self.at_key = bool(location) and location[-1] == "[key]"
        self.path = _document_path(location[:-1] if self.at_key else location, tree)
        self.fields = _fields_at(self.path[:-1], tree)

    @property
    def key(self) -> str:
        """The last name of the path."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), "")

    def problem(self, mark: Mark | None) -> Problem:
        """The problem, placed at a key where the key is at fault and at the value elsewhere."""
        rule, message, hint = self._said()
        path = self.path
        if rule == "missing-key" and self.kind.startswith("union_tag"):
            path = (*path, "type")
        at_key = self.at_key or rule == "unknown-key" or self.kind == "missing_part"
        at = place(mark, path, key=at_key)
        text = path_text(tuple(shortened(p) if isinstance(p, str) else p for p in path))
        if at is None:
            return Problem(rule, "error", message, text, hint=hint)
        return Problem(
            rule, "error", message, text, at.line, at.column, at.end_line, at.end_column, hint
        )

    def _said(self) -> tuple[str, str, str | None]:
        key = shortened(self.key)
        if self.at_key:
            return "bad-name", f"'{key}' is not a name.", _NAME_HINT
        if self.kind == "extra_forbidden":
            hint = did_you_mean(self.key, self.fields) or f"Known here: {listed(self.fields)}."
            return "unknown-key", f"Unknown key '{key}' in {self._parent()}.", hint
        if self.kind == "missing":
            said = f"The key '{key}' is missing in {self._parent()}."
            return "missing-key", said, _FIRST.get(self.key)
        if self.kind == "missing_part":
            return "missing-key", f"{self._subject()}: {_sentence(self.said)}", None
        if self.kind.startswith("union_tag"):
            return self._wrong_type_tag()
        if self.kind in _KINDS:
            return self._wrong_kind()
        return self._wrong_value()

    def _parent(self) -> str:
        return f"'{path_text(self.path[:-1])}'" if len(self.path) > 1 else "the dashboard"

    def _wrong_type_tag(self) -> tuple[str, str, str | None]:
        noun = "filter" if self.path[:1] == ("filters",) else "chart"
        known = _types(noun)
        name = shortened(self.key)
        if self.kind == "union_tag_not_found":
            typo = next((k for k in self.value if nearest(k, ("type",))), None)
            if typo is not None:
                self.path = (*self.path, typo)
                said = f"Unknown key '{shortened(typo)}' in the {noun} '{name}'."
                return "unknown-key", said, "Did you mean 'type'?"
            said = f"The key 'type' is missing in the {noun} '{name}'."
            return "missing-key", said, f"Types: {listed(known)}."
        tag = self.value.get("type")
        self.path = (*self.path, "type")
        if not isinstance(tag, str):
            return "wrong-type", "'type' must be a text.", f"Types: {listed(known)}."
        said = f"No {noun} has the type '{shortened(tag)}'."
        return "wrong-value", said, did_you_mean(tag, known) or f"Types: {listed(known)}."

    def _wrong_kind(self) -> tuple[str, str, str | None]:
        wanted, got = _KINDS[self.kind], _kind_of(self.value)
        said = f"{self._subject()} must be {wanted}, not {got}."
        if self.kind == "string_type" and isinstance(self.value, int | float | bool):
            return "wrong-type", said, "Quote it to make it a text."
        if self.kind == "bool_type" and str(self.value).lower() in _BOOLEAN_WORDS:
            return "wrong-type", said, "Write true or false; yes, no, on and off are texts."
        if self.value is None:
            return "wrong-type", said, "Give it a value, or remove the key."
        return "wrong-type", said, None

    def _subject(self) -> str:
        return f"'{shortened(path_text(self.path), 80)}'" if self.path else "A dashboard"

    def _wrong_value(self) -> tuple[str, str, str | None]:
        if self.path == ("version",):
            said = f"This version of the format is not known: {shortened(self.value)}."
            return "unsupported-version", said, "Write 'version: 1'."
        if self.path == ("slug",):
            reserved = str(self.context.get("error", "")) if self.kind == "value_error" else ""
            said = f"'{shortened(self.value)}' is not a slug."
            return ("bad-slug", _sentence(reserved), None) if reserved else (
                "bad-slug", said, _SLUG_HINT)  # fmt: skip
        if self.kind == "literal_error":
            known = _expected(self.path, self.context)
            said = f"{self._subject()} cannot be {_quoted(self.value)}."
            hint = did_you_mean(self.value, known) or f"One of {listed(known)}."
            return "wrong-value", said, hint
        if self.kind == "value_error":
            return self._own_words()
        if self.kind == "string_pattern_mismatch":
            if self.key in _NAME_KEYS:
                return "bad-name", f"'{shortened(self.value)}' is not a name.", _NAME_HINT
            said = f"{self._subject()} cannot be {_quoted(self.value)}."
            return "wrong-value", said, _PATTERN_HINTS.get(self.key)
        return "wrong-value", f"{self._subject()} {self._bound()}", None

    def _bound(self) -> str:
        context = self.context
        match self.kind:
            case "greater_than_equal":
                return f"must be at least {context['ge']}."
            case "less_than_equal":
                return f"must be at most {context['le']}."
            case "too_short":
                return f"needs at least {context['min_length']} {_entries(context['min_length'])}."
            case "too_long":
                return f"has more than {context['max_length']} entries."
            case "string_too_short":
                return "must not be empty." if not self.value else "is too short."
            case "string_too_long":
                return f"is longer than {context['max_length']} characters."
        return f"is wrong: {_sentence(self.said)}"

    def _own_words(self) -> tuple[str, str, str | None]:
        said = str(self.context.get("error", self.said))
        subject = self._subject()
        hint = None
        if self.path == ("timezone",):
            hint = did_you_mean(self.value, _zones())
        elif isinstance(self.value, str) and self.key in ("format", "x_format"):
            hint = did_you_mean(self.value, model.FORMAT_PRESETS)
        return "wrong-value", f"{subject}: {_sentence(said)}", hint


def _without_echoes(faults: list[_Fault]) -> Iterable[_Fault]:
    """Leave out what only follows from another fault.

    That is a missing key where the same mapping holds a misspelling of it, and a list that is too
    short only because its items were not counted for faults of their own.
    """
    typos = {
        (fault.path[:-1], nearest(fault.key, fault.fields))
        for fault in faults
        if fault.kind == "extra_forbidden"
    }
    for fault in faults:
        if fault.kind == "too_short" and len(fault.value) >= fault.context["min_length"]:
            continue
        if fault.kind != "missing" or (fault.path[:-1], fault.key) not in typos:
            yield fault


def _document_path(location: tuple[int | str, ...], tree: Tree) -> Path:
    """A pydantic location without the names of union members that it passes through."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        tagged = index == 2 and location[0] in ("charts", "filters")
        if tagged or (isinstance(part, str) and part[:1] == "<" and part[-1:] == ">"):
            continue
        path.append(part)
    # A tile or a table column written as a bare name is one value, whatever the model makes of it.
    node: Tree = tree
    for depth, part in enumerate(path):
        if isinstance(node, dict) and isinstance(part, str):
            node = node.get(part)
        elif isinstance(node, tuple) and isinstance(part, int) and part < len(node):
            node = node[part]
        elif isinstance(node, str):
            return tuple(path[:depth])
    return tuple(path)


def _fields_at(path: Path, tree: Tree) -> tuple[str, ...]:
    """The keys that the model at ``path`` knows, in its order."""
    found = model_at(path, tree)
    return model_keys(found) if found is not None else ()


def _expected(path: Path, context: Mapping[str, Any]) -> tuple[str, ...]:
    said = str(context.get("expected", ""))
    return tuple(word.strip("' ") for word in said.replace(" or ", ", ").split(", "))


def _types(noun: str) -> tuple[str, ...]:
    union = model.Filter if noun == "filter" else model.Chart
    models = cast("tuple[type[BaseModel], ...]", get_args(get_args(union)[0]))
    return tuple(get_args(m.model_fields["type"].annotation)[0] for m in models)


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    from zoneinfo import available_timezones

    return tuple(sorted(available_timezones()))


def _kind_of(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, tuple) else "a mapping"


def _quoted(value: object) -> str:
    if isinstance(value, str):
        return f"'{shortened(value)}'"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _kind_of(value)


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _sentence(text: str) -> str:
    said = shortened(text, 200)
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")
