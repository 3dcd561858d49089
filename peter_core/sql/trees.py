"""Walking and copying syntax trees, several times faster than the parser's own way.

A statement is walked a dozen times before it runs, and its tree has thousands of nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    E = TypeVar("E", bound=exp.Expr)


def nodes_of(tree: exp.Expr) -> list[exp.Expr]:
    """All nodes of a tree, breadth first: a list, so that the tree may be changed meanwhile."""
    found = [tree]
    add = found.append
    for node in found:
        for part in node.args.values():
            if isinstance(part, exp.Expr):
                add(part)
            elif type(part) is list:
                for item in part:
                    if isinstance(item, exp.Expr):
                        add(item)
    return found


def nodes_of_type(tree: exp.Expr, kind: type[E]) -> Iterator[E]:
    """The nodes of one type, breadth first."""
    return (node for node in nodes_of(tree) if isinstance(node, kind))


def copy_of(tree: E) -> E:
    """A tree of its own with the same places and types; what a place says is not copied deeply."""
    root = tree.__class__()
    pairs: list[tuple[exp.Expr, exp.Expr]] = [(tree, root)]
    for node, made in pairs:
        made.comments = None if node.comments is None else list(node.comments)
        made._type = node._type
        made._meta = None if node._meta is None else dict(node._meta)
        made._hash = node._hash
        for key, part in node.args.items():
            if isinstance(part, exp.Expr):
                child = part.__class__()
                made.set(key, child)
                pairs.append((part, child))
            elif type(part) is list:
                made.args[key] = []
                for item in part:
                    if isinstance(item, exp.Expr):
                        child = item.__class__()
                        made.append(key, child)
                        pairs.append((item, child))
                    else:
                        made.append(key, item)
            else:
                made.args[key] = part
    return root
