"""YAML text to a plain tree with marks, under limits that act on the event stream.

Only the core schema of YAML 1.2 is read: no alias, anchor, tag, directive or merge key, one
document, ``yes`` is a text and ``012`` is twelve. Composing is never left to the library, whose
recursion can be driven to crash the process; events come one at a time and stop at a limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import yaml

from peter_core.dashboard.marks import ListMark, MapMark, Range, event_range, path_text
from peter_core.dashboard.names import shortened
from peter_core.dashboard.problems import Problem

if TYPE_CHECKING:
    from peter_core.dashboard.marks import Event, Mark, Path

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 24
MAX_NODES: Final = 20_000
MAX_PROBLEMS: Final = 100

Tree: TypeAlias = "str | int | float | bool | tuple[Tree, ...] | dict[str, Tree] | None"

# Typed loosely: the library's own types allow marks to be absent, which its parsers never do.
_ALIAS: Any = yaml.AliasEvent
_SCALAR: Any = yaml.ScalarEvent
_MAPPING, _MAPPING_END = cast("Any", (yaml.MappingStartEvent, yaml.MappingEndEvent))
_SEQUENCE, _SEQUENCE_END = cast("Any", (yaml.SequenceStartEvent, yaml.SequenceEndEvent))
_DOCUMENT, _DOCUMENT_END = cast("Any", (yaml.DocumentStartEvent, yaml.DocumentEndEvent))
_STREAM, _STREAM_END = cast("Any", (yaml.StreamStartEvent, yaml.StreamEndEvent))
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER_START: Final = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# What YAML forbids, and the line breaks of YAML 1.1 that no editor counts as lines.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

_REFUSALS: Final = {
    "bad-key": ("The key '{}' is not a text.", "Quote it, or choose a name."),
    "bad-number": (
        "The number {} is not finite or does not fit 64 bits.",
        "Quote it to make it a text.",
    ),
    "control-character": (
        "The character U+{} is not allowed here.",
        "Remove it, or write it as an escape inside double quotes.",
    ),
    "duplicate-key": (
        "The key '{}' is given twice in the same mapping.",
        "Remove one of them.",
    ),
    "empty-document": ("The file is empty.", "A dashboard starts with 'version: 1'."),
    "not-utf-8": ("The file is not UTF-8.", "Save it as UTF-8."),
    "too-deep": (
        f"The file is nested deeper than {MAX_DEPTH} levels.",
        "No part of a dashboard needs this.",
    ),
    "too-large": (
        f"The file is larger than {MAX_BYTES // 1024} KB.",
        "Split the dashboard, or move long statements to files with 'file'.",
    ),
    "too-many-nodes": (
        f"The file holds more than {MAX_NODES:,} keys and values.",
        "Split the dashboard.",
    ),
    "yaml-alias": (
        "The alias '*{}' is not allowed.",
        "Write the value out, or quote a text that starts with '*'.",
    ),
    "yaml-anchor": (
        "The anchor '&{}' is not allowed.",
        "Remove it, or quote a text that starts with '&'.",
    ),
    "yaml-directive": (
        "A line that starts with '%' is a directive, which a dashboard cannot have.",
        "Remove the line.",
    ),
    "yaml-documents": (
        "The file holds a second document.",
        "One file is one dashboard; remove the '---'.",
    ),
    "yaml-merge-key": ("The merge key '<<' is not allowed.", "Write the keys out."),
    "yaml-tag": (
        "The tag '{}' is not allowed.",
        "Remove it, or quote a text that starts with '!'.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text holds: ``text`` is decoded, ``tree`` is ``None`` where reading had to stop."""

    text: str
    tree: Tree
    mark: Mark | None
    problems: tuple[Problem, ...]


class _Refused(Exception):  # noqa: N818  # a signal inside this module, not an error of its own
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(source: str | bytes) -> Reading:
    """Read a YAML text; never raises, whatever the text is."""
    try:
        text = _decode(source)
    except _Refused as refused:
        return Reading("", None, None, (refused.problem,))
    builder = _Builder(_PARSER(text).get_event)
    try:
        builder.document()
    except _Refused as refused:
        return Reading(text, None, None, (*builder.problems, refused.problem)[-MAX_PROBLEMS:])
    except yaml.YAMLError as error:
        return Reading(text, None, None, (_syntax_problem(error, text),))
    return Reading(text, builder.tree, builder.mark, tuple(builder.problems))


def _decode(source: str | bytes) -> str:
    # Every character is at least one byte, so this needs no encoding of a huge text.
    if len(source) > MAX_BYTES:
        raise _refused("too-large", Range(1, 1, 1, 2))
    try:
        data = source.encode("utf-8") if isinstance(source, str) else source
        text = source if isinstance(source, str) else source.decode("utf-8")
    except UnicodeEncodeError as error:
        raise _refused("not-utf-8", _range_after(str(source[: error.start]))) from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        raise _refused("not-utf-8", _range_after(before)) from None
    if len(data) > MAX_BYTES:
        raise _refused("too-large", Range(1, 1, 1, 2))
    text = text.removeprefix("\ufeff")
    found = _FORBIDDEN.search(text)
    if found:
        at = _range_after(text[: found.start()])
        raise _refused("control-character", at, f"{ord(found[0]):04X}")
    # YAML reads all three line ends as one; marks do not move by this.
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _range_after(before: str) -> Range:
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line, column = len(lines), len(lines[-1]) + 1
    return Range(line, column, line, column + 1)


def _refused(rule: str, at: Range, said: object = "", path: Path = ()) -> _Refused:
    message, hint = _REFUSALS[rule]
    return _Refused(_problem(rule, message.format(shortened(said)), at, path_text(path), hint))


def _problem(rule: str, message: str, at: Range, path: str, hint: str | None) -> Problem:
    return Problem(
        rule, "error", message, path, at.line, at.column, at.end_line, at.end_column, hint
    )


def _syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    parts = (getattr(error, "problem", None), getattr(error, "context", None))
    said = ", ".join(str(part) for part in parts if part) or "it cannot be read"
    begun, met = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    for word, mark in (("directive", begun), ("incompatible", met), ("alias", begun),
                       ("anchor", begun)):  # fmt: skip
        if word in said:
            rule = "directive" if word == "incompatible" else word
            return _refused(f"yaml-{rule}", _range_at(mark)).problem
    if "quoted scalar" in said and "end of stream" in said and begun is not None:
        close = "Close the quotation mark that is opened here."
        return _problem("yaml-syntax", f"This is not YAML: {said}.", _range_at(begun), "", close)
    at = _range_at(met or begun)
    hint = _syntax_hint(said, text.split("\n")[at.line - 1 :][:1])
    return _problem("yaml-syntax", f"This is not YAML: {said}.", at, "", hint)


def _range_at(mark: Any) -> Range:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Range(line, column, line, column + 1)


def _syntax_hint(said: str, lines: list[str]) -> str | None:
    if any(line.lstrip(" ").startswith("\t") for line in lines):
        return "Indent with spaces, not tabs."
    if "mapping values are not allowed" in said:
        return "Check the indentation, and quote a text that holds ': '."
    if "cannot start any token" in said:
        return "Quote a text that starts with this character."
    if "block end" in said or "expected" in said:
        return "Check the indentation of this line and the brackets and quotes before it."
    return None


class _Builder:
    """Takes events, counts them and builds the tree and its marks."""

    def __init__(self, next_event: Any) -> None:
        self._next = next_event
        self._path: list[str | int] = []
        self._nodes = 0
        self.tree: Tree = None
        self.mark: Mark | None = None
        self.problems: list[Problem] = []

    def document(self) -> None:
        """Read the one document of the stream."""
        event = self._next()
        while isinstance(event, _STREAM):
            event = self._next()
        if isinstance(event, _STREAM_END):
            raise self._refuse("empty-document", event)
        if event.version is not None or event.tags:
            raise self._refuse("yaml-directive", event)
        self.tree, self.mark = self._node(self._next(), 0)
        event = self._next()
        while isinstance(event, _DOCUMENT_END):
            event = self._next()
        if isinstance(event, _DOCUMENT):
            raise self._refuse("yaml-documents", event)

    def _node(self, event: Any, depth: int) -> tuple[Tree, Mark]:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._refuse("too-many-nodes", event)
        kind = type(event)
        if kind is _ALIAS:
            raise self._refuse("yaml-alias", event, event.anchor)
        if event.anchor is not None:
            raise self._refuse("yaml-anchor", event, event.anchor)
        if event.tag is not None:
            raise self._refuse("yaml-tag", event, event.tag)
        if kind is _SCALAR:
            return self._scalar(event), event
        if depth >= MAX_DEPTH:
            raise self._refuse("too-deep", event)
        if kind is _MAPPING:
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1)

    def _mapping(self, start: Any, depth: int) -> tuple[Tree, Mark]:
        tree: dict[str, Tree] = {}
        mark = MapMark(start, flow=bool(start.flow_style))
        path = self._path
        event = self._next()
        while type(event) is not _MAPPING_END:
            key = self._key(event)
            path.append(key)
            value, value_mark = self._node(self._next(), depth)
            if key in tree:
                self._note("duplicate-key", event, key)
            else:
                tree[key] = value
                mark.keys[key] = event
                mark.children[key] = value_mark
            path.pop()
            event = self._next()
        mark.end = event
        return tree, mark

    def _sequence(self, start: Any, depth: int) -> tuple[Tree, Mark]:
        tree: list[Tree] = []
        mark = ListMark(start, flow=bool(start.flow_style))
        path = self._path
        event = self._next()
        while type(event) is not _SEQUENCE_END:
            path.append(len(tree))
            value, value_mark = self._node(event, depth)
            path.pop()
            tree.append(value)
            mark.children.append(value_mark)
            event = self._next()
        mark.end = event
        return tuple(tree), mark

    def _key(self, event: Any) -> str:
        if isinstance(event, (_MAPPING, _SEQUENCE)):
            said = "{...}" if isinstance(event, _MAPPING) else "[...]"
            raise self._refuse("bad-key", event, said)
        key, _ = self._node(event, 0)
        if not isinstance(key, str):
            raise self._refuse("bad-key", event, event.value)
        if key == "<<" and not event.style:
            raise self._refuse("yaml-merge-key", event)
        return key

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        # The C parser gives '' for plain style, the Python one None.
        if event.style:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[0] not in _NUMBER_START:
            return text
        number: int | float | None = None
        if _INT.fullmatch(text):
            number = _integer(text)
        elif _FLOAT.fullmatch(text):
            number = float(text)
        elif not _NOT_FINITE.fullmatch(text):
            return text
        if number is None or number - number != 0:
            self._note("bad-number", event, text)
            return 0
        return number

    def _note(self, rule: str, event: Event, said: object) -> None:
        refused = self._refuse(rule, event, said)
        if len(self.problems) >= MAX_PROBLEMS:
            raise refused
        self.problems.append(refused.problem)

    def _refuse(self, rule: str, event: Event, said: object = "") -> _Refused:
        return _refused(rule, event_range(event), said, tuple(self._path))


def _integer(text: str) -> int | None:
    # Python refuses to read integers of thousands of digits; none of them fits anyway.
    if len(text) > 70:
        return None
    number = int(text, 0 if text[:2] in ("0o", "0x") else 10)
    return number if -(2**63) <= number < 2**63 else None
