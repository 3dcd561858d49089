"""Tab on the line of a magic."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter

from peter_jupyter.commands import VERBS
from tests.jupyter.conftest import DASHBOARD, Notebook


@pytest.fixture
def cells(notebook: Notebook, workspace: Path) -> Notebook:
    (workspace / "small.peter.yaml").write_text(DASHBOARD, encoding="utf-8")
    (workspace / "boards").mkdir()
    (workspace / "boards" / "other.yml").write_text(DASHBOARD, encoding="utf-8")
    (workspace / "notes.txt").touch()
    notebook.run(f"%peter use {workspace}")
    notebook.run("%peter publish small.peter.yaml")
    assert notebook.result.success, notebook.error
    return notebook


def offered(cells: Notebook, line: str) -> list[str]:
    # Python's own names are offered by another, beside these.
    cells.shell.Completer.use_jedi = False
    with provisionalcompleter():
        found = [*cells.shell.Completer.completions(line, len(line))]
    return sorted({one.text for one in found})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%peter pu", ["publish"]),
        ("%peter publish --f", ["--force"]),
        ("%peter publish s", ["small.peter.yaml"]),
        ("%peter publish boards/", ["boards/other.yml"]),
        ("%peter open sm", ["small-flights"]),
        ("%peter cost small", ["small-flights", "small.peter.yaml"]),
        ("%peter costs --by us", ["user"]),
        ("%peter use bo", ["boards/"]),
        ("%%peter_sql rows --ma", ["--max-bytes"]),
        ("%%peter_sql --param a=1 --pa", ["--param"]),
        ("%%peter_dashboard --save sm", ["small.peter.yaml"]),
    ],
)
def test_tab_offers_what_may_stand_there(cells: Notebook, line: str, words: list[str]) -> None:
    assert offered(cells, line) == words


def test_every_verb_is_offered_and_an_option_once(cells: Notebook) -> None:
    assert offered(cells, "%peter ") == sorted(VERBS)
    assert offered(cells, "%peter publish x --force --") == [
        "--if-match",
        "--managed",
        "--to",
    ]


def test_an_extension_that_is_unloaded_offers_nothing(cells: Notebook) -> None:
    cells.run("%reload_ext peter_jupyter")
    assert offered(cells, "%peter pu") == ["publish"]
    cells.run("%unload_ext peter_jupyter")
    assert "publish" not in offered(cells, "%peter pu")
    cells.run("%load_ext peter_jupyter")


def test_tab_opens_no_workspace(notebook: Notebook, tmp_path: Path) -> None:
    assert "small-flights" not in offered(notebook, "%peter open sm")
    assert not (tmp_path / ".peter").exists()
