"""Imports point one way, and the core knows no web and no notebook."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LAYERS = {
    "peter_core.errors": 0,
    "peter_core.billing": 0,
    "peter_core.breaker": 0,
    "peter_core.locks": 1,
    "peter_core.principal": 0,
    "peter_core.telemetry": 1,
    "peter_core.dashboard": 1,
    "peter_core.config": 2,
    "peter_core.sql": 3,
    "peter_core.engine.port": 2,
    "peter_core.engine.values": 2,
    "peter_core.engine": 4,
    "peter_core.plan": 5,
    "peter_core.lineage": 6,
    "peter_core.costs": 6,
    "peter_core.verify": 7,
    "peter_core.cache": 8,
    "peter_core.store": 8,
    "peter_core.service": 9,
    "peter_core": 10,
    "peter_jupyter": 11,
}
"""A package imports its own layer's package or a lower layer; the longest prefix counts."""

FOREIGN_TO_THE_CORE = {
    "tornado", "IPython", "ipywidgets", "anywidget", "traitlets", "jupyter_server",
    "jupyter_client", "peter_jupyter",
}  # fmt: skip


def _modules() -> dict[str, Path]:
    found = {}
    for package in ("peter_core", "peter_jupyter"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


def _home(module: str) -> str:
    names = [name for name in LAYERS if module == name or module.startswith(f"{name}.")]
    return max(names, key=len)


def _imports(path: Path) -> list[tuple[int, str]]:
    """Every module a file imports at run time, with its line; type-only imports do not count."""
    found: list[tuple[int, str]] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append((node.lineno, node.module))
            found.extend((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


MODULES = _modules()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_one_way(module: str) -> None:
    home = _home(module)
    wrong = [
        f"line {line} imports {name}"
        for line, name in _imports(MODULES[module])
        if name in MODULES and _home(name) != home and LAYERS[_home(name)] >= LAYERS[home]
        and name != "peter_core"
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m.startswith("peter_core")))
def test_the_core_knows_no_web_and_no_notebook(module: str) -> None:
    foreign = [
        f"line {line} imports {name}"
        for line, name in _imports(MODULES[module])
        if name.split(".")[0] in FOREIGN_TO_THE_CORE
    ]
    assert foreign == []


def test_there_is_no_import_cycle_between_modules() -> None:
    graph = {
        module: {name for _, name in _top_level_imports(path) if name in MODULES} - {module}
        for module, path in MODULES.items()
    }
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module in done:
            return
        for name in graph[module]:
            walk(name, (*trail, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def _top_level_imports(path: Path) -> list[tuple[int, str]]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found: list[tuple[int, str]] = []
    for node in body:
        if isinstance(node, ast.Import):
            found.extend((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
            found.extend((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
    return found


def test_import_peter_core_stays_light() -> None:
    program = (
        "import sys, peter_core\n"
        "heavy = {'pandas', 'pyarrow', 'google.cloud', 'duckdb', 'sqlglot', 'sqlalchemy',"
        " 'pydantic', 'yaml', 'diskcache', 'vl_convert'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr


def test_describing_and_refusing_a_document_needs_no_engine() -> None:
    program = (
        "import sys, peter_core\n"
        "peter_core.load_dashboard('version: 1')\n"
        "heavy = {'pandas', 'pyarrow', 'google.cloud', 'duckdb', 'sqlglot.optimizer',"
        " 'sqlalchemy', 'diskcache', 'vl_convert'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr
