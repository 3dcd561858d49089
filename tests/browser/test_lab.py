"""A person opens JupyterLab, runs the notebook and sees the dashboard as a widget."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_axe import violations
from tools.flights import write_flights
from tools.lab import running_lab

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
TOKEN = "a-token-of-the-test"  # noqa: S105 (the server is this test's own)
PATIENCE_MS = 90_000
EVERY_CHART_HAS_A_SIZE = """() => {
  const drawn = [...document.querySelectorAll('.jp-OutputArea .pt figure svg')]
  return drawn.length >= 7 && drawn.every(svg => svg.getBoundingClientRect().width > 100)
}"""


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo notebook's folder, and in it a notebook with one dashboard."""
    root = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(NOTEBOOKS, root)
    document = (root / "flight-operations.peter.yaml").read_text("utf-8")
    sources = ["%load_ext peter_jupyter", f"%%peter_dashboard\n{document}"]
    cells = [new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, root / "keepsake.ipynb")
    return root


@pytest.fixture(scope="module")
def lab(notebooks: Path) -> Iterator[str]:
    """JupyterLab with the demo notebook over the real flights; its address."""
    workspace = notebooks.parent / "workspace"
    workspace.mkdir()
    write_flights(workspace)
    with running_lab(notebooks, workspace, notebooks.parent, TOKEN) as url:
        yield url


def test_the_notebook_runs_and_its_widget_draws_every_chart(lab: str, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 1000})
    outside: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((lab, "data:", "blob:"))
            else outside.append(r.url))  # fmt: skip
    _open(page, lab, "flight-operations.ipynb")
    _run_all(page)
    card = page.locator(".jp-OutputArea .pt .card").first
    expect(card).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="Departure delay by day").first).to_be_attached()
    expect(page.locator(".jp-OutputArea .pt figure svg").first).to_be_attached(timeout=PATIENCE_MS)
    page.wait_for_function(EVERY_CHART_HAS_A_SIZE, timeout=PATIENCE_MS)
    status = page.locator(".jp-OutputArea").filter(has_text="passed").first
    expect(status).to_be_attached()
    assert page.locator(".jp-OutputArea .pt .card").count() >= 10
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert outside == []
    grave = [found for found in violations(page, ".jp-OutputArea .pt, .jp-OutputArea .peter")
             if found["impact"] in ("serious", "critical")]  # fmt: skip
    assert grave == []
    page.close()


def test_a_reopened_notebook_without_its_kernel_shows_the_still(
    lab: str, notebooks: Path, chromium: Browser
) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 1000})
    frames: list[int] = []

    def note(payload: bytes | str) -> None:
        body = payload.encode() if isinstance(payload, str) else payload
        # The still is an output as any other; a widget's frames are its comm's.
        if b'"comm_open"' in body or b'"comm_msg"' in body:
            frames.append(len(body))

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    _open(page, lab, "keepsake.ipynb")
    _run_all(page)
    live = page.locator("[data-peter-live]")
    expect(live.locator("figure svg").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".peter-still")).to_be_hidden()
    expect(page.locator("img[src^='data:image/']").first).to_be_hidden()
    text = _saved(page, notebooks / "keepsake.ipynb", "peter-still")
    page.close()
    assert len(text) < 300_000
    notebook = json.loads(text)
    assert "SELECT" not in json.dumps([cell["outputs"] for cell in notebook["cells"]])
    assert "widgets" not in notebook["metadata"]
    assert len(frames) > 3
    assert max(frames) < 10_000

    notebook["metadata"]["kernelspec"] = {"name": "gone", "display_name": "Gone", "language": ""}
    (notebooks / "reopened.ipynb").write_text(json.dumps(notebook), "utf-8")
    page = chromium.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(_address(lab, "reopened.ipynb"))
    page.add_locator_handler(
        page.locator(".jp-Dialog"),
        lambda: page.locator(".jp-Dialog .jp-mod-reject").first.click(),
    )
    still_view = page.locator(".peter-still")
    expect(still_view).to_be_visible(timeout=PATIENCE_MS)
    expect(still_view.locator("img").first).to_be_visible()
    # The whole picture is for pages that have no still.
    assert "image/png" in text
    expect(page.locator("img[src^='data:image/png']")).to_have_count(0)
    page.wait_for_timeout(3000)
    assert (
        page.get_by_text("Error displaying widget").count() == 0
        or not page.get_by_text("Error displaying widget").first.is_visible()
    )
    assert not page.get_by_text("Loading widget").first.is_visible()
    page.close()


def test_the_page_of_the_published_dashboard_opens_on_the_same_server(
    lab: str, chromium: Browser
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{lab}/peter/dashboards/flight-operations?token={TOKEN}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Flight operations")
    expect(page.locator(".pt figure svg").first).to_be_attached(timeout=PATIENCE_MS)
    page.close()


def _address(lab: str, name: str) -> str:
    """A notebook's address, in a workspace of its own: Lab brings back what another had open."""
    return f"{lab}/lab/workspaces/{Path(name).stem}/tree/{name}?token={TOKEN}"


def _open(page: Page, lab: str, name: str) -> None:
    """Open a notebook whose kernel already runs: Lab then has no reason to ask for one."""
    session = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
    headers = {"Authorization": f"token {TOKEN}"}
    started = page.request.post(f"{lab}/api/sessions", data=session, headers=headers)
    assert started.status == 201, started.text()
    page.goto(_address(lab, name))


def _run_all(page: Page) -> None:
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()


def _saved(page: Page, file: Path, mark: str) -> str:
    """The notebook's text once it is saved with ``mark`` in it: a save may come too early."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while mark not in (text := file.read_text("utf-8")):
        assert time.monotonic() < deadline, f"{file.name} was not saved with {mark}"
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
    return text
