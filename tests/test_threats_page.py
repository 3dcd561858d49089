"""The page about threats names modules and tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "threats.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")]
        for line in PAGE.splitlines() if re.match(r"\| (?!Attack)", line)]  # fmt: skip
NAMED = re.compile(r"`([^`]+)`")
PROOFS = sorted({name for row in ROWS for name in NAMED.findall(row[-1])})
MODULES = sorted({name for row in ROWS for name in NAMED.findall(row[1]) if "/" in name})


@cache
def names_in(path: Path) -> frozenset[str]:
    """The names of the tests of a Python file, those of its classes among them."""
    tree = ast.parse(path.read_text("utf-8"))
    made = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        node.name for node in ast.walk(tree)
        if isinstance(node, made) and node.name.startswith("test_")
    )  # fmt: skip


def test_there_are_attacks_on_the_page_and_each_has_its_defence_and_its_proof() -> None:
    assert len(ROWS) > 40
    for row in ROWS:
        assert len(row) == 3, row
        assert any("/" in name for name in NAMED.findall(row[1])), row
        assert NAMED.findall(row[2]), row


def is_there(proof: str) -> bool:
    file, _, name = proof.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    if path.suffix == ".py":
        return name in names_in(path)
    return f'"{name}"' in path.read_text("utf-8")


def test_every_proof_is_a_test() -> None:
    assert [proof for proof in PROOFS if not is_there(proof)] == []


def test_every_defence_is_a_file_of_the_repository() -> None:
    assert [module for module in MODULES if not (ROOT / module).is_file()] == []


def test_a_test_that_is_gone_is_missed() -> None:
    file = Path(__file__).relative_to(ROOT).as_posix()
    assert is_there(f"{file}::test_every_proof_is_a_test")
    assert not is_there(f"{file}::test_that_nobody_wrote")
    assert not is_there("tests/test_of_nothing.py::test_every_proof_is_a_test")
    assert not is_there("labextension/test/links.test.ts::what nobody wrote")
