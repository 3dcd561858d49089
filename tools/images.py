"""Draw the pictures of ``docs/images``: the page in its themes and widths, states, the notebook."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from peter_core import Peter
from peter_jupyter.export import export_html
from peter_jupyter.export.browser import find_chromium
from tools.flights import write_flights
from tools.lab import running_lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
NOTEBOOKS = ROOT / "notebooks"
DOCUMENT = NOTEBOOKS / "flight-operations.peter.yaml"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
TOKEN = "pictures"  # noqa: S105 (the server lives as long as this program)
SETTLE_MS = 1500

STATES = """
version: 1
slug: states
title: When something is wrong
description: A broken tile says what happened and what to do; the others live.
queries:
  flights:
    sql: |
      SELECT origin, COUNT(*) AS flights FROM nyc.flights GROUP BY origin ORDER BY origin
    checks:
      - accepted: {column: origin, values: [JFK, LGA]}
  everything:
    sql: SELECT origin, dest, tailnum FROM nyc.flights
    max_bytes: 1MB
  nowhere:
    sql: SELECT origin, COUNT(*) AS flights FROM nyc.flights WHERE origin = 'XXX' GROUP BY origin
  typo:
    sql: SELECT origin, COUNT(*) AS flights FROM nyc.flights GROUP BY orign
charts:
  capped: {type: table, query: everything, title: All flights}
  empty: {type: bar, query: nowhere, title: Flights from nowhere, x: origin, y: flights}
  broken: {type: line, query: typo, title: Flights by origin, x: origin, y: flights}
  checked: {type: bar, query: flights, title: Flights by airport, x: origin, y: flights}
"""


def main() -> int:
    """Draw every picture again; the names of the written files go to standard output."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        write_flights(home)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        with Peter.local(home) as peter:
            peter.publish(DOCUMENT.read_text("utf-8"), if_match="*")
            board = home / "board.html"
            board.write_text(export_html(peter.data("flight-operations").body), "utf-8")
            states = home / "states.html"
            states.write_text(export_html(peter.preview(STATES).body), "utf-8")
        picture(browser, board, "page-light", 1280, "light")
        picture(browser, board, "page-dark", 1280, "dark")
        picture(browser, board, "page-narrow", 480, "light")
        picture(browser, states, "states-light", 1280, "light")
        picture(browser, states, "states-dark", 1280, "dark")
        notebook(browser, home)
        browser.close()
    return 0


def picture(browser: Browser, page: Path, name: str, width: int, theme: str) -> None:
    """Draw an exported dashboard at its full height."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_timeout(SETTLE_MS)
    save(tab, name, full_page=True)
    context.close()


def notebook(browser: Browser, home: Path) -> None:
    """Run the demo notebook in JupyterLab and draw two places of it."""
    root = home / "notebooks"
    shutil.copytree(NOTEBOOKS, root)
    with running_lab(root, home, home / "lab", TOKEN) as url:
        tab = browser.new_page(viewport={"width": 1360, "height": 1000})
        tab.goto(f"{url}/lab/tree/flight-operations.ipynb?token={TOKEN}")
        tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=90_000)
        tab.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
        tab.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
        tab.locator(".jp-OutputArea .pt figure svg").first.wait_for(timeout=90_000)
        tab.keyboard.press("Control+b")
        show(tab, "Verify before you trust", "notebook-verify")
        show(tab, "Open it", "notebook-dashboard")
        tab.close()


def show(tab: Page, heading: str, name: str) -> None:
    """Bring a heading to the top of the window and draw what is there."""
    tab.get_by_role("heading", name=heading).evaluate("node => node.scrollIntoView()")
    tab.wait_for_timeout(SETTLE_MS)
    save(tab, name, full_page=False)


def save(tab: Page, name: str, *, full_page: bool) -> None:
    """Write one picture and say so."""
    path = IMAGES / f"{name}.png"
    tab.screenshot(path=path, full_page=full_page)
    sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    sys.exit(main())
