"""A notebook's shell in this process, and a small workspace of flights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output

from tests.jupyter.command_line import CommandLine
from tests.small_flights import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator


DASHBOARD = """\
version: 1
slug: small-flights
title: Small flights
description: Departures of three days.
owner: ops@example.com
tags: [operations]
filters:
  carrier: {type: select, options: {query: carriers, value: carrier, label: name}, default: null}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights, AVG(dep_delay) AS delay
      FROM nyc.flights
      WHERE @carrier IS NULL OR carrier = @carrier
      GROUP BY flight_date ORDER BY flight_date
    checks:
      - rows: {min: 1}
  carriers: {sql: "SELECT carrier, name FROM nyc.airlines ORDER BY name"}
charts:
  flights: {type: kpi, query: daily, title: Departures, value: flights, aggregate: sum}
  delay: {type: line, query: daily, title: Average delay, x: flight_date, y: delay}
  days: {type: table, query: daily, title: Days}
"""


class Notebook:
    """Cells run one after another in one shell; the last one's result and output are kept."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.result: ExecutionResult
        self.output: CapturedIO

    def run(self, cell: str) -> ExecutionResult:
        with capture_output() as output:
            self.result = self.shell.run_cell(cell, store_history=False)
        self.output = output
        return self.result

    def shown(self, mime: str = "text/plain") -> str:
        return "\n".join(out.data.get(mime, "") for out in self.output.outputs)

    @property
    def error(self) -> str:
        assert self.result.error_in_exec is not None
        return str(self.result.error_in_exec)


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    opened = Notebook(shell)
    opened.run("%load_ext peter_jupyter")
    assert opened.result.success
    yield opened
    opened.run("%unload_ext peter_jupyter")
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write_tables(tmp_path)


@pytest.fixture
def peter(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in a workspace of flights."""
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PETER_FOLDER", str(workspace))
    return CommandLine(workspace)
