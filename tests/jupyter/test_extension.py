"""Loading the extension."""

from __future__ import annotations

import subprocess
import sys

import pytest

import peter_core
import peter_jupyter
from tests.jupyter.conftest import Notebook

HEAVY = ("pandas", "pyarrow", "duckdb", "sqlglot", "google.cloud", "anywidget", "ipywidgets",
         "sqlalchemy", "pydantic", "yaml", "tornado", "vl_convert", "numpy")  # fmt: skip


def test_loading_the_extension_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "before = set(sys.modules)\n"
        "result = shell.run_cell('%load_ext peter_jupyter')\n"
        "assert result.success\n"
        "print('LOADED', *sorted(set(sys.modules) - before))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = next(line for line in ran.stdout.splitlines() if line.startswith("LOADED")).split()
    assert "peter_jupyter.magics" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_unloading_takes_everything_back(notebook: Notebook) -> None:
    formatter = notebook.shell.display_formatter.mimebundle_formatter
    assert ("peter_core.plan.plan", "Plan") in formatter.deferred_printers
    notebook.run("%unload_ext peter_jupyter")
    assert "peter_sql" not in notebook.shell.magics_manager.magics["cell"]
    assert "peter" not in notebook.shell.magics_manager.magics["line"]
    assert ("peter_core.plan.plan", "Plan") not in formatter.deferred_printers
    notebook.run("%load_ext peter_jupyter")
    assert notebook.run("%peter help").success


def test_objects_of_the_core_show_themselves(notebook: Notebook) -> None:
    notebook.run("from tests.jupyter import samples\ndisplay(samples.passed())")
    assert notebook.result.success
    assert notebook.shown().startswith("Verification passed · 30 rows")
    assert '<div class="peter-out ' in notebook.shown("text/html")
    assert "**✓ passed**" in notebook.shown("text/markdown")


def test_the_extension_says_its_version() -> None:
    assert peter_jupyter.__version__ == peter_core.__version__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = peter_jupyter.nothing
