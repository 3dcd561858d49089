"""Texts taken apart by letters and patterns: code points, normal forms, hosts, places."""

from __future__ import annotations

from sqlglot import exp

from peter_core.sql.duckdb_nodes import (
    call,
    cast,
    is_bytes,
    literal_int,
    literal_text,
    number,
    paren,
    refuse,
    text,
)

NET_CALLS = {
    "IP_FROM_STRING": "peter_ip_from_text", "IP_NET_MASK": "peter_ip_mask",
    "IP_TO_STRING": "peter_ip_text", "IP_TRUNC": "peter_ip_within",
    "IPV4_FROM_INT64": "peter_ip_from_number", "IPV4_TO_INT64": "peter_ip_number",
    "SAFE_IP_FROM_STRING": "peter_safe_ip_from_text",
}  # fmt: skip
"""Functions of the namespace ``NET`` and the worker's."""
_HOST = r"^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:@]*)"


def to_code_points(node: exp.Expr) -> exp.Expr:
    """The code points of a text, the numbers of bytes."""
    if is_bytes(node.this):
        return call("peter_points_of_bytes", node.this)
    letter = exp.to_identifier("letter")
    code = cast(call("ord", exp.Column(this=letter.copy())), "BIGINT")
    letters = exp.Case(
        ifs=[exp.If(this=exp.EQ(this=node.this.copy(), expression=text("")), true=exp.Array())],
        default=call("string_split", node.this, text("")),
    )
    return call("list_transform", letters, exp.Lambda(this=code, expressions=[letter]))


def from_code_points(node: exp.Expr) -> exp.Expr:
    """A text of code points, NULL where one of them is."""
    return call("peter_text_of_points", node.this)


def net_function(node: exp.Expr) -> exp.Expr:
    """NET.HOST and addresses; what needs a list of public suffixes is refused."""
    if isinstance(node.this, exp.Anonymous) and node.this.name.upper() in NET_CALLS:
        return call(NET_CALLS[node.this.name.upper()], *node.this.expressions)
    if not isinstance(node.this, exp.Host):
        refuse(node, f"NET.{node.this.sql_name()}")
    trimmed = call("trim", node.this.this)
    return call("nullif", call("regexp_extract", trimmed, text(_HOST), number(1)), text(""))


def regexp_place(node: exp.Expr) -> exp.Expr:
    """REGEXP_INSTR of a literal pattern without groups: where its first match starts."""
    pattern = literal_text(node.args.get("expression"))
    if pattern is None or "(" in pattern or node.args.get("position") is not None:
        refuse(node, "REGEXP_INSTR with groups or a position")
    found = call("regexp_matches", node.this.copy(), text(pattern))
    before = call("regexp_extract", node.this.copy(), text(f"^((?s:.*?))(?:{pattern})"), number(1))
    place = exp.Add(this=call("length", before), expression=number(1))
    absent = exp.Not(this=found)
    return exp.Case(ifs=[exp.If(this=absent, true=number(0))], default=cast(place, "BIGINT"))


def place(node: exp.Expr) -> exp.Expr | None:
    """INSTR counts from the end at a negative position, and finds later ones."""
    position, occurrence = node.args.get("position"), node.args.get("occurrence")
    first = occurrence is None or literal_int(occurrence) == 1
    if first and (position is None or (literal_int(position) or 0) > 0):
        return None
    if is_bytes(node.this):
        refuse(node, "INSTR of BYTES from the end")
    return call(
        "peter_instr",
        node.this,
        node.args["substr"],
        position or number(1),
        occurrence or number(1),
    )


def substring(node: exp.Expr) -> None:
    """Position 0, and one before the first letter, mean 1."""
    start = node.args.get("start")
    known = literal_int(start)
    if start is None or (known or 0) > 0:
        return
    if known == 0:
        node.set("start", number(1))
        return
    size = call("octet_length" if is_bytes(node.this) else "length", node.this.copy())
    before = exp.LT(
        this=exp.Paren(this=exp.Add(this=paren(start.copy()), expression=size)),
        expression=number(0),
    )
    zero = exp.EQ(this=paren(start.copy()), expression=number(0))
    outside = exp.Or(this=zero, expression=before)
    node.set("start", exp.Case(ifs=[exp.If(this=outside, true=number(1))], default=start.copy()))
