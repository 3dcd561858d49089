"""Names of a query resolved in one pass: every column to its sources, and what does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.froms import add_from_item, named_table
from peter_core.sql.limits import MAX_FIELDS
from peter_core.sql.limits import RULE as LIMIT
from peter_core.sql.outputs import (
    joined,
    output_name,
    part_of,
    part_or_none,
    renamed,
    row_of,
    struct_fields,
    united,
    with_names,
)
from peter_core.sql.positions import problem_at, span_of
from peter_core.sql.relations import (
    NOTHING,
    UNKNOWN,
    ColumnRef,
    Field,
    Relation,
    Scope,
    Traced,
)
from peter_core.sql.schema import Schema, nearest
from peter_core.sql.trees import children_of

if TYPE_CHECKING:
    from peter_core.dashboard.problems import Problem
    from peter_core.sql.views import Views

PSEUDO_COLUMNS = frozenset(
    {"_table_suffix", "_partitiontime", "_partitiondate", "_file_name", "_change_type",
     "_change_timestamp"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome: the query's own fields, its side inputs, and what is wrong with its names."""

    relation: Relation
    side_inputs: frozenset[ColumnRef]
    problems: tuple[Problem, ...]


def resolve(
    text: str, tree: exp.Expr, schema: Schema | None, views: Views | None = None
) -> Resolution:
    """Resolve every name of a query.

    Without a schema, names are taken at their word; nothing is called unknown. With views, what
    comes out of one comes from the tables under it.
    """
    resolver = Resolver(text, schema, views)
    try:
        relation = resolver.query(tree, Scope())
    except TooWide:
        message = f"The parts of the statement have more than {MAX_FIELDS:,} columns together."
        hint = "Name the columns you need in place of a star."
        problem = problem_at(text, None, LIMIT, message, hint=hint)
        return Resolution(Relation(open=True), frozenset(), (problem,))
    problems = {(p.line, p.column, p.rule): p for p in reversed(resolver.problems)}
    ordered = sorted(problems.values(), key=lambda p: (p.line or 0, p.column or 0))
    return Resolution(relation, frozenset(resolver.side), tuple(ordered))


class TooWide(Exception):  # noqa: N818 - it ends a walk and never leaves this module
    """Stars multiply columns: ``SELECT *, *`` over itself, twenty times, is a million."""


class Resolver:
    """One walk over one statement; collects side inputs and problems on its way."""

    def __init__(self, text: str, schema: Schema | None, views: Views | None = None) -> None:
        self.text = text
        self.schema = schema
        self.views = views
        self.inside: frozenset[str] = frozenset()
        self.resolved_views: dict[str, tuple[Relation, frozenset[ColumnRef]]] = {}
        self.side: set[ColumnRef] = set()
        self.problems: list[Problem] = []
        self._fields = 0

    def within(self, view: str, text: str) -> Resolver:
        """A walk over the query of a view, which shares what is known of other views."""
        inner = Resolver(text, self.schema, self.views)
        inner.inside = self.inside | {view}
        inner.resolved_views = self.resolved_views
        return inner

    # Queries ---------------------------------------------------------------------------------

    def query(self, node: exp.Expr, outer: Scope) -> Relation:
        """The fields of a query, a set operation or a query in parentheses."""
        scope = Scope(ctes=self._ctes(node, outer), outer=outer)
        if isinstance(node, exp.Select):
            return self._select(node, scope)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, scope)
        if isinstance(node, exp.Subquery | exp.Paren):
            relation = self.query(node.this, scope)
            self._ordering(node, scope, relation)
            return relation
        if isinstance(node, exp.Table):
            return named_table(self, node, scope)
        return Relation(open=True)

    def _ctes(self, node: exp.Expr, outer: Scope) -> dict[str, Relation]:
        ctes = dict(outer.ctes)
        with_ = node.args.get("with_")
        if with_ is None:
            return ctes
        for cte in with_.expressions:
            scope = Scope(ctes=ctes, outer=outer)
            body = cte.this
            if with_.args.get("recursive") and isinstance(body, exp.SetOperation):
                # What the recursive part reads of itself is what the first part gives.
                ctes[cte.alias.lower()] = self.query(body.this, scope)
            ctes[cte.alias.lower()] = renamed(self.query(body, scope), cte)
        return ctes

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> Relation:
        branches: list[exp.Expr] = []
        left: exp.Expr = node
        while isinstance(left, exp.SetOperation):
            branches.append(left.expression)
            left = left.this
            if left.args.get("with_"):
                break
        relation = self.query(left, scope)
        for branch in reversed(branches):
            relation = united(relation, self.query(branch, scope))
        self._ordering(node, scope, relation)
        return relation

    def _select(self, node: exp.Select, scope: Scope) -> Relation:
        from_ = node.args.get("from_")
        if from_ is not None:
            add_from_item(self, from_.this, scope)
        for join in node.args.get("joins") or ():
            self._join(join, scope)
        fields = []
        for item in node.expressions:
            fields.extend(self._projection(item, scope))
            if self._fields + len(fields) > MAX_FIELDS:
                raise TooWide
        self._fields += len(fields)
        self._side(node.args.get("where"), scope)
        named = Scope(
            scope.sources, scope.ctes, scope.using, {f.key: f.value for f in fields}, scope.outer
        )
        for clause in ("group", "having", "qualify", "order", "limit", "distinct"):
            self._side(node.args.get(clause), named)
        for window in node.args.get("windows") or ():
            self._side(window, named)
        self.selected(node, named, fields)
        return Relation(tuple(with_names(fields)), open=any(f.key == "*" for f in fields))

    def selected(self, node: exp.Select, scope: Scope, fields: list[Field]) -> None:
        """Called with every SELECT once its names are resolved; a checker looks further."""

    def _join(self, join: exp.Join, scope: Scope) -> None:
        before = list(scope.sources.values())
        add_from_item(self, join.this, scope)
        self._side(join.args.get("on"), scope)
        for name in join.args.get("using") or ():
            scope.using.add(name.name.lower())
            for relation in [*before, *list(scope.sources.values())[len(before) :]]:
                value = relation.find(name.name)
                self.side |= value.sources if value else frozenset()

    def _ordering(self, node: exp.Expr, scope: Scope, relation: Relation) -> None:
        aliases = {one.key: one.value for one in relation.fields}
        sources = {"": relation} if relation.open else {}
        named = Scope(sources, scope.ctes, set(), aliases, scope.outer)
        self._side(node.args.get("order"), named)

    def _side(self, node: exp.Expr | None, scope: Scope) -> None:
        if node is not None:
            self.side |= self.expression(node, scope).sources

    # Projections -----------------------------------------------------------------------------

    def _projection(self, item: exp.Expr, scope: Scope) -> list[Field]:
        star = item if isinstance(item, exp.Star) else None
        inner = item.this if isinstance(item, exp.Column) else None
        if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Star):
            value = self.expression(item.this, scope)
            return self._starred(item.expression, row_of(value), scope)
        if isinstance(inner, exp.Star):
            return self._starred(inner, self._prefix(item, scope), scope)
        if star is not None:
            return self._starred(star, joined(scope), scope)
        return [Field(output_name(item), self.expression(item, scope))]

    def _prefix(self, item: exp.Expr, scope: Scope) -> Relation:
        parts = [part for part in item.parts if not isinstance(part, exp.Star)]  # type: ignore[attr-defined]
        relation = scope.source(parts[0].name)
        if relation is None:
            return row_of(self._path(parts, scope))
        for part in parts[1:]:
            relation = row_of(relation.find(part.name) or relation.guess(part.name))
        return relation

    def _starred(self, star: exp.Star, relation: Relation, scope: Scope) -> list[Field]:
        dropped = {name.name.lower() for name in star.args.get("except_") or ()}
        replaced = {
            one.alias.lower(): self.expression(one, scope) for one in star.args.get("replace") or ()
        }
        renamed = {one.this.name.lower(): one.alias for one in star.args.get("rename") or ()}
        fields = [
            Field(renamed.get(one.key, one.name), replaced.get(one.key, one.value))
            for one in relation.fields
            if one.key not in dropped
        ]
        return [*fields, Field("*", UNKNOWN)] if relation.open else fields

    # Expressions -----------------------------------------------------------------------------

    def expression(self, node: exp.Expr, scope: Scope) -> Traced:
        """Where the value of an expression comes from; iterative, chains may be long."""
        direct = self._direct(node, scope)
        if direct is not None:
            return direct
        total = NOTHING
        stack = [node]
        while stack:
            one = stack.pop()
            found = None if one is node else self._direct(one, scope)
            if found is not None:
                total = total | found
            else:
                stack.extend(self._children(one, scope))
        return total

    def _direct(self, node: exp.Expr, scope: Scope) -> Traced | None:
        """The value of a node that is not simply the sum of its children."""
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Star):
                return self._prefix(node, scope).row
            return self._path(list(node.parts), scope)
        if isinstance(node, exp.Query):
            return self._subquery(node, scope)
        if isinstance(node, exp.Alias | exp.Paren):
            return self.expression(node.this, scope)
        if isinstance(node, exp.Struct):
            return self._struct(node, scope)
        if isinstance(node, exp.Array | exp.ArrayAgg | exp.Bracket):
            return self._of_elements(node, scope)
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
            return part_of(self.expression(node.this, scope), node.expression.name)
        return None

    def _children(self, node: exp.Expr, scope: Scope) -> list[exp.Expr]:
        if isinstance(node, exp.Exists):
            self.side |= self.expression(node.this, scope).sources
            return []
        if isinstance(node, exp.Window):
            for key in ("partition_by", "order", "spec"):
                for part in _listed(node.args.get(key)):
                    self.side |= self.expression(part, scope).sources
            return [node.this]
        if isinstance(node, exp.In) and (query := node.args.get("query")) is not None:
            self.side |= self.expression(query, scope).sources
            return [node.this]
        if isinstance(node, exp.Table):
            return []
        return children_of(node)

    def _subquery(self, node: exp.Query, scope: Scope) -> Traced:
        relation = self.query(node, scope)
        if len(relation.fields) == 1 and not relation.open:
            return relation.fields[0].value
        return relation.row

    def _of_elements(self, node: exp.Expr, scope: Scope) -> Traced:
        """An array and its elements have the same fields."""
        values = [self.expression(one, scope) for one in node.iter_expressions()]
        total = NOTHING
        for value in values:
            total = total | value
        first = values[0] if values else NOTHING
        return Traced(total.sources, total.known, parts=first.parts)

    def _struct(self, node: exp.Struct, scope: Scope) -> Traced:
        parts = []
        for item in node.expressions:
            named = isinstance(item, exp.PropertyEQ)
            value = self.expression(item.expression if named else item, scope)
            parts.append(Field(item.this.name if named else output_name(item), value))
        total = NOTHING
        for one in parts:
            total = total | one.value
        return Traced(total.sources, total.known, parts=tuple(parts))

    def _path(self, parts: list[exp.Expr], scope: Scope) -> Traced:
        """The value of ``a.b``: a column of the source ``a``, else a field of the column ``a``."""
        first = parts[0].name
        relation = scope.source(first) if len(parts) > 1 else None
        if relation is None:
            value = scope.column(first)
            if value is None:
                return self._unknown_name(parts, scope)
            rest = parts[1:]
        else:
            value = self._of_source(parts[1], relation, first)
            rest = parts[2:]
        for part in rest:
            value = self._field(value, part)
        return value

    def _field(self, value: Traced, part: exp.Expr) -> Traced:
        fields = value.parts or struct_fields(value)
        if fields and part_or_none(fields, part.name) is None:
            near = nearest(part.name, [one.name for one in fields])
            self._problem("unknown-column", part, f"No field `{part.name}` in this struct.", near)
            return UNKNOWN
        return part_of(value, part.name)

    def _of_source(self, part: exp.Expr, relation: Relation, alias: str) -> Traced:
        name = part.name
        value = relation.find(name)
        if value is not None:
            return value
        element = relation.element
        if relation.open or (element is not None and not (element.parts or struct_fields(element))):
            return relation.guess(name)
        if name.lower() in PSEUDO_COLUMNS:
            return relation.guess(name)
        table = relation.known_table
        near = nearest(name, [one.name for one in relation.fields])
        self._problem(
            "unknown-column", part, f"No column `{name}` in `{table.id if table else alias}`.", near
        )
        return UNKNOWN

    def _unknown_name(self, parts: list[exp.Expr], scope: Scope) -> Traced:
        # GoogleSQL knows no dataset.table.column, but a table's last part is its alias.
        if len(parts) > 2 and scope.source(parts[1].name) is not None:
            return self._path(parts[1:], scope)
        name = parts[0].name
        if name.lower() in PSEUDO_COLUMNS:
            owners = [r for r in scope.sources.values() if r.table is not None]
            return owners[0].guess(name) if len(owners) == 1 else UNKNOWN
        near = nearest(name, scope.names())
        if len(parts) > 1:
            message = f"No table or column is called `{name}` here."
        else:
            tables = [r.known_table.id for r in scope.sources.values() if r.known_table]
            where = f" in `{tables[0]}`" if len(tables) == 1 and len(scope.sources) == 1 else ""
            message = f"No column `{name}`{where}."
        self._problem("unknown-column", parts[0], message, near)
        return UNKNOWN

    def unknown_table(self, node: exp.Table, name: str) -> None:
        """Note that the schema has no such table."""
        near = self.schema.nearest(name) if self.schema else None
        self._problem("unknown-table", node, f"No table is called `{name}`.", near)

    def _problem(self, rule: str, node: exp.Expr, message: str, near: str | None) -> None:
        if self.schema is None:
            return
        hint = f"Did you mean `{near}`?" if near else None
        self.problems.append(problem_at(self.text, span_of(node), rule, message, hint=hint))


def _listed(value: object) -> list[exp.Expr]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, exp.Expr) else []
