"""The one output of a cell, as its kernel's front end is told of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peter_jupyter.cell_output import CellOutput


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the front end is told: whether it is new, and its words."""
    found: list[tuple[str, str]] = []

    def display(shown: Any, **_: Any) -> Any:
        found.append(("new", shown["text/plain"]))
        return SimpleNamespace(display_id="the-one")

    def update(shown: Any, *, display_id: str, **_: Any) -> None:
        assert display_id == "the-one"
        found.append(("instead", shown["text/plain"]))

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("IPython.display.update_display", update)
    return found


def shell(**more: Any) -> Any:
    return SimpleNamespace(kernel=object(), execution_count=1, **more)


def test_every_step_of_a_cell_says_its_progress_in_one_place(told: list[tuple[str, str]]) -> None:
    output = CellOutput(shell(), "Checking")
    output.progress(1)
    output = output.then("Computing")
    output.progress(2)
    output.show({"text/plain": "Done"})
    assert told == [
        ("new", "Checking · 1.00 s · interrupt to cancel"),
        ("instead", "Computing · 2.00 s · interrupt to cancel"),
        ("instead", "Done"),
    ]


def test_what_a_cell_left_behind_is_not_written_over_by_the_next(
    told: list[tuple[str, str]],
) -> None:
    cell = shell()
    output = CellOutput(cell, "Checking")
    output.progress(1)
    cell.execution_count += 1
    output.then("Computing").show({"text/plain": "Done"})
    assert told[-1] == ("new", "Done")
