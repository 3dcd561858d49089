"""Notebooks in a real kernel: they run, they stop at a failure, they can be interrupted."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from tests.jupyter.conftest import DASHBOARD

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel started here finds Peter's sources and works in the workspace."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PETER_FOLDER", str(workspace))
    monkeypatch.setenv("IPYTHONDIR", str(workspace / "ipython"))
    return workspace


def execute(folder: Path, *sources: str) -> Any:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return notebook, error
    return notebook, None


def test_a_notebook_runs_and_keeps_cards_pictures_and_words(environment: Path) -> None:
    (environment / "small.peter.yaml").write_text(DASHBOARD)
    notebook, error = execute(
        environment,
        "%load_ext peter_jupyter",
        "%%peter_sql delays\nSELECT carrier, dep_delay FROM nyc.flights",
        "len(delays)",
        "%peter publish small.peter.yaml",
        "%peter open small-flights",
    )
    assert error is None, error
    outputs = [cell.outputs for cell in notebook.cells]
    card = outputs[1][0].data
    assert card["text/plain"].startswith("Verification passed · 5 rows")
    assert "peter-out" in card["text/html"]
    assert outputs[2][0].data["text/plain"] == "5"
    picture, opened, live = (output.data for output in outputs[4])
    assert picture["text/plain"] == "Picture of Small flights"
    assert base64.b64decode(picture["image/png"]).startswith(b"\x89PNG")
    assert "data:image/svg+xml;base64," in opened["text/html"]
    assert opened["text/plain"].startswith("Dashboard Small flights")
    assert "application/vnd.jupyter.widget-view+json" in live
    assert "SELECT" not in nbformat.writes(nbformat.from_dict({**notebook, "cells": [
        {**cell, "source": ""} for cell in notebook.cells[3:]]}))  # fmt: skip


def test_a_failing_cell_stops_the_notebook_in_one_line(environment: Path) -> None:
    notebook, error = execute(
        environment,
        "%load_ext peter_jupyter",
        "%%peter_sql\nSELECT carrier,\n  dealy FROM nyc.flights",
        "never = True",
    )
    assert error is not None
    failed = notebook.cells[1].outputs
    assert failed[-1].output_type == "error"
    assert len(failed[-1].traceback) == 1
    assert "line 2, column 3 of the SQL" in failed[-1].traceback[0]
    assert notebook.cells[2].outputs == []
    assert notebook.cells[2].execution_count is None


class Kernel:
    """A kernel and its messages."""

    def __init__(self, folder: Path) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(folder))

    def start(self, code: str) -> str:
        return str(self.client.execute(code))

    def reply(self, asked: str, timeout: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            message = self.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") == asked:
                content: dict[str, Any] = message["content"]
                return content

    def run(self, code: str) -> dict[str, Any]:
        return self.reply(self.start(code))

    def shown(self, asked: str, words: str, timeout: float = 120) -> str:
        """The first display of a cell that holds ``words``."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=timeout)
            data = message["content"].get("data", {})
            if message["parent_header"].get("msg_id") == asked and words in str(data):
                return str(data)
        raise AssertionError(f"nothing with {words!r} was shown")

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def kernel(environment: Path) -> Iterator[Kernel]:
    days = "".join(f"{i},{i % 7}\n" for i in range(5000))
    (environment / "data" / "nyc" / "many.csv").write_text(f"a,b\n{days}")
    started = Kernel(environment)
    yield started
    started.stop()


def test_an_interrupt_cancels_the_query_and_the_kernel_is_usable(
    kernel: Kernel,
) -> None:
    assert kernel.run("%load_ext peter_jupyter")["status"] == "ok"
    warm = kernel.run("%%peter_sql\nSELECT COUNT(*) AS n FROM nyc.many")
    assert warm["status"] == "ok", warm
    slow = kernel.start(
        "%%peter_sql out\nSELECT SUM(x.b * y.b * z.b) AS n\n"
        "FROM nyc.many AS x, nyc.many AS y, nyc.many AS z WHERE x.a + y.a + z.a > 7"
    )
    assert "interrupt to cancel" in kernel.shown(slow, "Running the statement")
    kernel.manager.interrupt_kernel()
    stopped = kernel.reply(slow)
    after = kernel.run("1 + 1")
    while after["status"] == "aborted":  # the kernel drops what comes right behind a failed cell
        after = kernel.run("1 + 1")
    assert stopped["status"] == "error"
    # Whatever ran to its end or its time limit would end otherwise.
    assert stopped["ename"] == "QueryCancelled"
    assert after["status"] == "ok"
    again = kernel.run("%%peter_sql out\nSELECT COUNT(*) AS n FROM nyc.many")
    assert again["status"] == "ok", again
