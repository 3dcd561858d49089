"""Trees are walked and copied as the parser would."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlglot import exp

from peter_core.sql.statement import parse
from peter_core.sql.trees import copy_of, nodes_of, nodes_of_type

ACCEPTED = sorted((Path(__file__).parents[2] / "fixtures" / "sql" / "accepted").glob("*.sql"))


@pytest.mark.parametrize("path", ACCEPTED[::6], ids=lambda path: path.stem)
def test_every_node_is_met_once_in_the_parsers_order(path: Path) -> None:
    tree = parse(path.read_text(encoding="utf-8")).tree
    assert [id(node) for node in nodes_of(tree)] == [id(node) for node in tree.walk()]


@pytest.mark.parametrize("path", ACCEPTED[::6], ids=lambda path: path.stem)
def test_a_copy_says_the_same_and_shares_no_node(path: Path) -> None:
    tree = parse(path.read_text(encoding="utf-8")).tree
    copied = copy_of(tree)
    assert copied == tree
    assert [node.meta for node in nodes_of(copied)] == [node.meta for node in nodes_of(tree)]
    assert not {id(node) for node in nodes_of(copied)} & {id(node) for node in nodes_of(tree)}
    for node in nodes_of(copied)[1:]:
        assert node.parent is not None
        part = node.parent.args[str(node.arg_key)]
        assert any(item is node for item in (part if isinstance(part, list) else [part]))


def test_what_is_written_on_a_copy_does_not_reach_the_tree() -> None:
    tree = parse("SELECT a FROM d.t").tree
    for name in nodes_of_type(copy_of(tree), exp.Identifier):
        name.meta["start"] = -1
        name.set("this", "other")
    assert tree.sql("bigquery") == "SELECT a FROM d.t"
    assert all(name.meta["start"] >= 0 for name in nodes_of_type(tree, exp.Identifier))


def test_a_chain_of_thousands_is_no_recursion() -> None:
    tree: exp.Expr = exp.Literal.number(1)
    for _ in range(20_000):
        tree = exp.Neg(this=tree)
    assert len(nodes_of(copy_of(tree))) == 20_001
