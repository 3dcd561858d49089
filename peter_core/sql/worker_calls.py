"""Calls of functions that DuckDB has from the worker: what it cannot do itself, exactly.

Their names begin with ``peter_`` (``engine.worker_functions``); no author can write one, for the
guard does not know them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_bytes,
    is_type,
    literal_int,
    number,
    refuse,
    text,
)
from peter_core.sql.json_encodings import as_json

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DEPTH = 1_000
_FORMS = frozenset({"NFC", "NFD", "NFKC", "NFKD"})


def as_bytes(node: exp.Expr) -> exp.Expr:
    """BYTES as they are, a STRING as its UTF-8."""
    return node if is_bytes(node) else call("encode", node)


def _fingerprint(node: exp.Expr) -> exp.Expr:
    return call("peter_farm_fingerprint", as_bytes(node.expressions[0]))


def _digest(node: exp.Expr) -> exp.Expr | None:
    if literal_int(node.args.get("length")) != 512:
        return None
    return call("peter_sha512", as_bytes(node.this))


def _plain(name: str) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: call(name, node.this)


def normalize(node: exp.Expr) -> exp.Expr:
    """NORMALIZE and NORMALIZE_AND_CASEFOLD to one of the four forms."""
    form = node.args.get("form")
    name = form.name.upper() if isinstance(form, exp.Expr) else "NFC"
    if name not in _FORMS:
        refuse(node, f"NORMALIZE to {name}")
    if node.args.get("is_casefold"):
        return call("peter_normalize_and_casefold", node.this, text(name))
    return call("nfc_normalize", node.this) if name == "NFC" else call(
        "peter_normalize", node.this, text(name)
    )  # fmt: skip


def _of_json(node: exp.Expr) -> exp.Expr:
    """A JSON value as its text."""
    if not is_type(node, exp.DType.JSON):
        refuse(node, "A function of JSON over what may be no JSON")
    return cast(node, "VARCHAR")


def _as_json(node: exp.Expr) -> exp.Expr:
    return cast(node, "JSON")


def _to_json(node: exp.Expr) -> exp.Expr:
    """A value of SQL as JSON; NULL stays NULL."""
    return cast(as_json(node, strict=False), "VARCHAR")


def _texts(nodes: list[exp.Expr]) -> exp.Expr:
    return cast(exp.Array(expressions=nodes), "VARCHAR[]")


def _json_array(node: exp.Expr) -> exp.Expr:
    return call("json_array", *(as_json(one, strict=False) for one in node.expressions))


def _json_object(node: exp.Expr) -> exp.Expr:
    pairs = node.expressions
    if any(is_type(pair.this, exp.DType.ARRAY) for pair in pairs):
        return _json_object_of_arrays(node, pairs[0])
    keys = _texts([pair.this for pair in pairs])
    values = _texts([_to_json(pair.expression) for pair in pairs])
    return _as_json(call("peter_json_object", keys, values))


def _json_object_of_arrays(node: exp.Expr, pair: exp.Expr) -> exp.Expr:
    value = exp.to_identifier("value")
    element, kind = exp.Column(this=value.copy()), pair.expression.type
    element.type = kind.expressions[0] if kind is not None and kind.expressions else None
    written = _to_json(element)
    values = call("list_transform", pair.expression, exp.Lambda(this=written, expressions=[value]))
    return _as_json(call("peter_json_object", pair.this, values))


def _json_keys(node: exp.Expr) -> exp.Expr:
    depth = node.args.get("expression")
    if node.args.get("mode") is not None or isinstance(depth, exp.Kwarg):
        refuse(node, "JSON_KEYS with a mode")
    return call("peter_json_keys", _of_json(node.this), depth or number(_MAX_DEPTH))


def _json_remove(node: exp.Expr) -> exp.Expr:
    return _as_json(call("peter_json_remove", _of_json(node.this), _texts(node.expressions)))


def _json_set(node: exp.Expr) -> exp.Expr:
    create: exp.Expr = exp.true()
    parts = list(node.expressions)
    if parts and isinstance(parts[-1], exp.Kwarg):
        create = parts.pop().expression
    if len(parts) % 2 or not isinstance(create, exp.Boolean):
        refuse(node, "JSON_SET of other than pairs and a literal create_if_missing")
    paths, values = _texts(parts[::2]), _texts([_to_json(one) for one in parts[1::2]])
    return _as_json(call("peter_json_set", _of_json(node.this), paths, values, create))


def _json_strip_nulls(node: exp.Expr) -> exp.Expr:
    path, switches = node.args.get("expression"), {"include_arrays": True, "remove_empty": False}
    for name in ("expression", *switches):
        given = node.args.get(name)
        if isinstance(given, exp.Kwarg):
            if not isinstance(given.expression, exp.Boolean):
                refuse(node, "JSON_STRIP_NULLS with a switch that is not a literal")
            switches[given.this.name.lower()] = bool(given.expression.this)
            path = None if name == "expression" else path
    flags = [exp.Boolean(this=one) for one in switches.values()]
    where = path if path is not None else text("$")
    return _as_json(call("peter_json_strip_nulls", _of_json(node.this), where, *flags))


def _justify(*, hours: bool, days: bool) -> Callable[[exp.Expr], exp.Expr]:
    flags = [exp.Boolean(this=one) for one in (hours, days)]
    return lambda node: call("peter_justify", node.this, *(one.copy() for one in flags))


def _make_interval(node: exp.Expr) -> exp.Expr:
    """The sum of its parts; DuckDB keeps months, days and the time apart as BigQuery does."""
    parts = []
    for name in ("year", "month", "day", "hour", "minute", "second"):
        given = node.args.get(name)
        if given is not None:
            value = given.expression if isinstance(given, exp.Kwarg) else given
            kind = "INTEGER" if name in ("year", "month", "day") else "BIGINT"
            parts.append(call(f"to_{name}s", cast(value, kind)))
    made: exp.Expr = parts[0] if parts else call("to_days", number(0))
    for part in parts[1:]:
        made = exp.Add(this=made, expression=part)
    return exp.Paren(this=made)


WORKER_RULES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr | None]] = {
    exp.CodePointsToBytes: _plain("peter_bytes_of_points"),
    exp.FarmFingerprint: _fingerprint,
    exp.FromBase32: _plain("peter_from_base32"),
    exp.JSONArray: _json_array,
    exp.JSONKeysAtDepth: _json_keys,
    exp.JSONObject: _json_object,
    exp.JSONRemove: _json_remove,
    exp.JSONSet: _json_set,
    exp.JSONStripNulls: _json_strip_nulls,
    exp.JustifyDays: _justify(hours=False, days=True),
    exp.JustifyHours: _justify(hours=True, days=False),
    exp.JustifyInterval: _justify(hours=True, days=True),
    exp.MakeInterval: _make_interval,
    exp.Normalize: normalize,
    exp.SafeConvertBytesToString: _plain("peter_safe_text"),
    exp.SHA2Digest: _digest,
    exp.Soundex: _plain("peter_soundex"),
    exp.ToBase32: _plain("peter_base32"),
}
