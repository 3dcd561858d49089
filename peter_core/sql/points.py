"""Geography of points, written as WKT text. Other shapes need an engine of their own.

A point of another engine's column is read the same way; any other shape is an error at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.duckdb_nodes import call, cast, number, paren, refuse, text

if TYPE_CHECKING:
    from collections.abc import Callable

# The sphere that BigQuery measures on, in metres (S2Earth::RadiusMeters).
_RADIUS = "6371010e0"
_POINT = r"^\s*POINT\s*\(\s*([-+0-9.eE]+)\s+([-+0-9.eE]+)\s*\)\s*$"


def make_point(node: exp.Expr) -> exp.Expr:
    """ST_GEOGPOINT: a longitude is taken modulo 360, a latitude past a pole is an error."""
    if len(node.expressions) != 2:
        refuse(node, "ST_GEOGPOINT with other than two numbers")
    longitude, latitude = (cast(one, "DOUBLE") for one in node.expressions)
    turned = exp.Sub(
        this=longitude.copy(),
        expression=exp.Mul(
            this=exp.Literal.number("360e0"),
            expression=call(
                "floor",
                exp.Div(
                    this=exp.Paren(
                        this=exp.Add(this=longitude.copy(), expression=exp.Literal.number("180e0"))
                    ),
                    expression=exp.Literal.number("360e0"),
                ),
            ),
        ),
    )
    inside = exp.Between(this=longitude.copy(), low=number(-180), high=number(180))
    east = exp.Case(ifs=[exp.If(this=inside, true=longitude)], default=turned)
    parts = [text("POINT("), _written(east), text(" "), _written(latitude), text(")")]
    made: exp.Expr = parts[0]
    for part in parts[1:]:
        made = exp.DPipe(this=made, expression=part)
    past = exp.GT(this=call("abs", latitude.copy()), expression=number(90))
    failed = call("error", text("Latitude must be between -90 and 90 degrees."))
    return exp.Case(ifs=[exp.If(this=past, true=failed)], default=exp.Paren(this=made))


def _written(value: exp.Expr) -> exp.Expr:
    """A number as WKT writes it: 1 and not 1.0."""
    return call("regexp_replace", cast(value, "VARCHAR"), text(r"\.0$"), text(""))


def coordinate(place: int) -> Callable[[exp.Expr], exp.Expr]:
    """ST_X (1) or ST_Y (2)."""
    return lambda node: _coordinate(_argument(node), place)


def point_text(node: exp.Expr) -> exp.Expr:
    """ST_ASTEXT: a point is its own text."""
    return _argument(node)


def distance(node: exp.Expr) -> exp.Expr:
    """ST_DISTANCE in metres along the sphere."""
    left, right = node.this, node.expression
    if right is None or node.args.get("use_spheroid") not in (None, False):
        refuse(node, "ST_DISTANCE on a spheroid")
    return _distance(left, right)


def within(node: exp.Expr) -> exp.Expr:
    """ST_DWITHIN."""
    if len(node.expressions) != 3:
        refuse(node, "ST_DWITHIN on a spheroid")
    left, right, metres = node.expressions
    return exp.Paren(this=exp.LTE(this=_distance(left, right), expression=paren(metres)))


def _argument(node: exp.Expr) -> exp.Expr:
    if len(node.expressions) != 1:
        refuse(node, str(node.name).upper())
    first: exp.Expr = node.expressions[0]
    return first


def _coordinate(point: exp.Expr, place: int) -> exp.Expr:
    found = call("regexp_extract", point.copy(), text(_POINT), number(place))
    shape = exp.EQ(this=found.copy(), expression=text(""))
    failed = call("error", text("The embedded engine reads points only, and no other shapes."))
    return exp.Case(ifs=[exp.If(this=shape, true=failed)], default=cast(found, "DOUBLE"))


def _distance(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """The haversine formula: exact for near points too."""
    (x1, y1), (x2, y2) = (
        [call("radians", _coordinate(point, place)) for place in (1, 2)] for point in (left, right)
    )
    chord = exp.Add(
        this=_squared_half_sine(y1, y2),
        expression=exp.Mul(
            this=exp.Mul(this=call("cos", y1.copy()), expression=call("cos", y2.copy())),
            expression=_squared_half_sine(x1, x2),
        ),
    )
    # Rounding may lead a hair past 1 between opposite points; LEAST would hide a NULL.
    one = exp.Literal.number("1e0")
    past = exp.GT(this=exp.Paren(this=chord.copy()), expression=one.copy())
    angle = call("asin", call("sqrt", exp.Case(ifs=[exp.If(this=past, true=one)], default=chord)))
    return exp.Paren(
        this=exp.Mul(
            this=exp.Mul(this=number(2), expression=exp.Literal.number(_RADIUS)), expression=angle
        )
    )


def _squared_half_sine(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    half = exp.Div(
        this=exp.Paren(this=exp.Sub(this=one.copy(), expression=other.copy())),
        expression=number(2),
    )
    return call("pow", call("sin", half), number(2))
