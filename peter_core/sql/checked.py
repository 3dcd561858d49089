"""One walk over a statement with a schema: its names, its types and its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from peter_core.sql.data_types import common_type, data_type, is_flexible, meet, type_name
from peter_core.sql.grouping import grouping_faults
from peter_core.sql.inference import Inference, Kind
from peter_core.sql.positions import Span, extent_of, problem_at, span_of
from peter_core.sql.reading import parameter_tokens, tokenize
from peter_core.sql.relations import Field, Relation, Scope, Traced
from peter_core.sql.repeated import repeated_outputs
from peter_core.sql.resolution import Resolver, TooWide, resolve
from peter_core.sql.signatures import ARRAY, CONDITION
from peter_core.sql.trees import children_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import Schema

TYPE_RULE = "type-mismatch"
PARAMETER_RULE = "parameter-type"
COUNT_RULE = "column-count"
AMBIGUOUS_RULE = "ambiguous-column"
_SAME_WIDTH = "All parts of a set operation need the same number of columns."
_CLOSED = (exp.Query, exp.Column, exp.DataType, exp.Table)


def checked(
    text: str,
    tree: exp.Expr,
    schema: Schema | None,
    parameters: Mapping[str, str],
    *,
    quiet: bool = False,
) -> tuple[Problem, ...]:
    """What is wrong with the names, types and groups of a query.

    Parameters
    ----------
    text, tree
        A query and its tree, which stays as it is.
    schema
        Table to column to BigQuery type; without it no name is wrong, and few types are known.
    parameters
        Name to BigQuery type of the declared parameters.
    quiet
        Look at the names only: something else is known to be wrong already.

    Returns
    -------
    tuple of Problem
        Names that do not exist; only when all do, what does not fit.
    """
    resolver = CheckingResolver(text, schema, parameters)
    try:
        relation = resolver.query(tree, Scope())
    except TooWide:
        return resolve(text, tree, schema).problems
    faults = (*resolver.faults, *repeated_outputs(text, tree, relation))
    found = resolver.problems or (() if quiet else faults)
    unique = {(one.line, one.column, one.rule): one for one in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda one: (one.line or 0, one.column or 0)))


class CheckingResolver(Resolver):
    """A resolver that knows the type of every expression, and says what does not fit.

    ``problems`` are of names, as of a plain resolver; ``faults`` are of types and groups.
    """

    def __init__(self, text: str, schema: Schema | None, parameters: Mapping[str, str]) -> None:
        super().__init__(text, schema)
        self.faults: list[Problem] = []
        self._parameters = {name.lower(): kind for name, kind in parameters.items()}
        # The nodes are kept besides: an id is only its node's as long as the node lives.
        self._kinds: dict[int, tuple[exp.Expr, Kind]] = {}
        self._relations: dict[int, Relation] = {}
        self._named: set[str] = set()
        self._spans: dict[str, list[Span]] | None = None
        self._inference = Inference(self._known_kind, self._mismatch, self._clash)

    # The walk --------------------------------------------------------------------------------

    def query(self, node: exp.Expr, outer: Scope) -> Relation:
        relation = super().query(node, outer)
        self._relations[id(node)] = relation
        return relation

    def expression(self, node: exp.Expr, scope: Scope) -> Traced:
        traced = super().expression(node, scope)
        kind = self._typed(node, scope)
        if isinstance(node.parent, exp.Unnest):
            self._inference.accept(node, ARRAY, "UNNEST")
        if kind is None or traced.type is not None:
            return traced
        return Traced(traced.sources, traced.known, kind, traced.parts)

    def selected(self, node: exp.Select, scope: Scope, fields: list[Field]) -> None:
        if self.problems or self.faults:
            return
        for place, rule, message, hint in grouping_faults(node, scope, fields):
            self._fault(rule, place, message, hint)

    def _join(self, join: exp.Join, scope: Scope) -> None:
        super()._join(join, scope)
        condition = join.args.get("on")
        if condition is not None:
            self._inference.accept(condition, CONDITION, "JOIN … ON")

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> Relation:
        united = super()._set_operation(node, scope)
        leaves = set_operation_leaves(node)
        relations = [self._relations.get(id(leaf), Relation(open=True)) for leaf in leaves]
        if node.args.get("by_name") or any(one.open for one in relations):
            return united
        width = len(relations[0].fields)
        for leaf, relation in zip(leaves, relations, strict=True):
            if len(relation.fields) != width:
                message = f"This part has {len(relation.fields)} columns, the first has {width}."
                self._fault(COUNT_RULE, _first_item(leaf), message, _SAME_WIDTH)
                return united
        fields = [
            self._united_field(field, leaves, relations, index)
            for index, field in enumerate(united.fields)
        ]
        return Relation(tuple(fields))

    def _united_field(
        self, field: Field, leaves: list[exp.Expr], relations: list[Relation], index: int
    ) -> Field:
        values: list[tuple[Kind, bool]] = []
        for leaf, relation in zip(leaves, relations, strict=True):
            item = _item(leaf, index, len(relation.fields))
            free = item is None or is_flexible(item)
            kind = relation.fields[index].value.type
            first = next((one for one in values if not one[1]), values[0] if values else None)
            mine, theirs = type_name(kind), type_name(first[0]) if first else None
            if mine and theirs and first and item is not None:
                fits = meet(mine, theirs, flexible_left=free, flexible_right=first[1])
                if not fits:
                    message = f"Column {index + 1} is {mine} here and {theirs} in the first part."
                    self._fault(TYPE_RULE, item, message, "Cast one of them.")
                    return field
            if item is None or not isinstance(item, exp.Null):
                values.append((kind, free))
        value = field.value
        kind = common_type(values)
        return Field(field.name, Traced(value.sources, value.known, kind, value.parts))

    def _subquery(self, node: exp.Query, scope: Scope) -> Traced:
        traced = super()._subquery(node, scope)
        relation = self._relations.get(id(node))
        many = relation is not None and not relation.open and len(relation.fields) > 1
        if many and not _is_row(node) and not isinstance(node.parent, exp.Exists):
            what = "IN" if isinstance(node.parent, exp.In) else "A value"
            message = f"{what} takes one column from a subquery, not {len(relation.fields)}."  # type: ignore[union-attr]
            self._fault(COUNT_RULE, _first_item(node), message, "Select one, or AS STRUCT.")
        return traced

    def _path(self, parts: list[exp.Expr], scope: Scope) -> Traced:
        name = parts[0].name
        if len(parts) == 1 or scope.source(name) is None:
            owners = _owners(name.lower(), scope)
            if len(owners) > 1:
                message = f"`{name}` is ambiguous: {_list(owners)} have a column of that name."
                self._problem(AMBIGUOUS_RULE, parts[0], message, f"{owners[0]}.{name}")
                return Traced(known=False)
        return super()._path(parts, scope)

    # Types -----------------------------------------------------------------------------------

    def _typed(self, root: exp.Expr, scope: Scope) -> Kind:
        """The type of an expression; iterative, chains may be long."""
        order: list[exp.Expr] = []
        stack = [root]
        while stack:
            node = stack.pop()
            if id(node) in self._kinds:
                continue
            order.append(node)
            if not isinstance(node, _CLOSED):
                stack += children_of(node)
        for node in reversed(order):
            self._kinds[id(node)] = (node, self._kind(node, scope))
        return self._known_kind(root)

    def _kind(self, node: exp.Expr, scope: Scope) -> Kind:
        if isinstance(node, exp.Parameter):
            return data_type(self._parameters.get(node.name.lower(), ""))
        if isinstance(node, exp.Query):
            relation = self._relations.get(id(node))
            one = relation is not None and not relation.open and len(relation.fields) == 1
            return relation.fields[0].value.type if one and not _is_row(node) else None  # type: ignore[union-attr]
        if isinstance(node, exp.Column | exp.Dot):
            traced = self._direct(node, scope)
            return traced.type if traced is not None else None
        if isinstance(node, exp.DataType | exp.Table):
            return None
        return self._inference.judge(node)

    def _known_kind(self, node: exp.Expr | None) -> Kind:
        found = self._kinds.get(id(node))
        return found[1] if found is not None else None

    # Faults ----------------------------------------------------------------------------------

    def _mismatch(self, place: exp.Expr, message: str, hint: str | None) -> None:
        is_parameter = isinstance(place.unnest(), exp.Parameter)
        self._fault(PARAMETER_RULE if is_parameter else TYPE_RULE, place, message, hint)

    def _clash(self, left: exp.Expr, one: str, right: exp.Expr, other: str) -> None:
        for mine, theirs, my_type, their_type in (
            (left, right, one, other),
            (right, left, other, one),
        ):
            inner = mine.unnest()
            if isinstance(inner, exp.Parameter):
                name = inner.name
                message = f"@{name} is {my_type} and is compared with {_what(theirs)}, which is"
                hint = f"Cast one of them, for example CAST(@{name} AS {their_type})."
                if name.lower() not in self._named:
                    self._named.add(name.lower())
                    self._fault(PARAMETER_RULE, mine, f"{message} {their_type}.", hint)
                return
        message = f"{_what(left, start=True)} is {one} and is compared with {_what(right)}, which"
        target = other if is_flexible(left) else one
        hint = f"Cast one of them, for example CAST(… AS {target})."
        place = right if is_flexible(right) else left
        self._fault(TYPE_RULE, place, f"{message} is {other}.", hint)

    def _fault(self, rule: str, place: exp.Expr, message: str, hint: str | None) -> None:
        span = self._parameter_span(place) or extent_of(self.text, place)
        self.faults.append(problem_at(self.text, span, rule, message, hint=hint))

    def _parameter_span(self, place: exp.Expr) -> Span | None:
        """A parameter has no position in the tree: the place of its name nearest its neighbours."""
        inner = place.unnest()
        if not isinstance(inner, exp.Parameter):
            return None
        if self._spans is None:
            self._spans = {}
            for token in parameter_tokens(tokenize(self.text)):
                span = Span(token.start - 1, token.end + 1)
                self._spans.setdefault(token.text.lower(), []).append(span)
        spans = self._spans.get(inner.name.lower(), [])
        near = span_of(place.parent)
        if not spans or near is None:
            return spans[0] if spans else None
        if place.parent is not None and place.parent.meta_get("start") is not None:
            # An argument stands behind its function's name.
            spans = [span for span in spans if span.start > near.start] or spans
        return min(spans, key=lambda span: abs(span.start - near.start))


def set_operation_leaves(node: exp.SetOperation) -> list[exp.Expr]:
    """The queries that a chain of set operations joins, in the order of the text."""
    branches: list[exp.Expr] = []
    left: exp.Expr = node
    while isinstance(left, exp.SetOperation):
        branches.append(left.expression)
        left = left.this
        if left.args.get("with_"):
            break
    return [left, *reversed(branches)]


def _inner_select(node: exp.Expr) -> exp.Select | None:
    while isinstance(node, exp.Subquery | exp.Paren | exp.SetOperation):
        node = node.this
    return node if isinstance(node, exp.Select) else None


def _is_row(node: exp.Expr) -> bool:
    """Whether the query is one of SELECT AS STRUCT or AS VALUE."""
    select = _inner_select(node)
    return select is not None and bool(select.args.get("kind"))


def _item(leaf: exp.Expr, index: int, width: int) -> exp.Expr | None:
    """The expression of an output column, ``None`` when a star stands before it."""
    select = _inner_select(leaf)
    if select is None or isinstance(leaf, exp.SetOperation) or len(select.expressions) != width:
        return None
    item: exp.Expr = select.expressions[index].unalias()
    return item


def _first_item(leaf: exp.Expr) -> exp.Expr:
    select = _inner_select(leaf)
    return select.expressions[0] if select is not None and select.expressions else leaf


def _owners(key: str, scope: Scope) -> list[str]:
    """The FROM items of the innermost scope with the column, when more than one is meant."""
    for one in scope.chain():
        if key in one.aliases or key in one.using or key in one.sources:
            return []
        found = [a for a, relation in one.sources.items() if relation.find(key) is not None]
        if any(relation.open for relation in one.sources.values()):
            return []
        if found:
            # The fields of an array's element and items without a name are not judged.
            plain = all(not a.startswith("\x00") and not one.sources[a].element for a in found)
            return found if plain else []
    return []


def _list(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _what(node: exp.Expr, *, start: bool = False) -> str:
    inner = node.unnest()
    if isinstance(inner, exp.Column):
        return f"`{inner.name}`"
    return "A value" if start else "a value"
