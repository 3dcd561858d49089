"""What is left of a dashboard in a saved notebook: small, with its pictures, without a secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import bleach
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import ROOT
from tests.browser.surfaces import PATIENCE_MS, Window, write_notebook
from tests.core.test_secrets_stay_secret import PLANTED, environment

pytestmark = pytest.mark.browser

DEMO = ROOT / "notebooks" / "flight-operations.peter.yaml"
PLOTS = 7
SQL = "%%peter_sql airlines\nSELECT carrier, name FROM nyc.airlines ORDER BY name"

# What GitHub's pages let through, and images as data: no class, no style, no script, no id.
TAGS = {
    "a", "b", "br", "code", "dd", "details", "div", "dl", "dt", "em", "h1", "h2", "h3", "hr", "i",
    "img", "li", "ol", "p", "pre", "small", "span", "strong", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": ["href"], "img": ["src", "alt", "width", "height"], "*": ["title", "align"]}


@pytest.fixture(scope="module")
def kept(flights_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with the demo, run and saved where secrets lie about."""
    home = tmp_path_factory.mktemp("kept")
    (home / "data").symlink_to(flights_folder / "data")
    write_notebook(home / "plain.ipynb", f"%%peter_dashboard\n{DEMO.read_text('utf-8')}", SQL)
    env = {**os.environ, **environment(), "PETER_FOLDER": str(home), "PYTHONPATH": str(ROOT),
           "IPYTHONDIR": str(home / "ipython"), "JUPYTER_PLATFORM_DIRS": "0"}  # fmt: skip
    convert(home / "plain.ipynb", home / "kept.ipynb", "notebook", "--execute", env=env)
    return home / "kept.ipynb"


def convert(source: Path, target: Path, to: str, *flags: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "nbconvert", "--to", to, "--output", str(target), *flags]
    done = subprocess.run(
        [*command, str(source)], cwd=source.parent, env=env, capture_output=True, text=True,
        timeout=PATIENCE_MS / 1000 * 2,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return target.read_text("utf-8")


def still(kept: Path) -> dict[str, Any]:
    """The output that stands for the dashboard."""
    notebook = json.loads(kept.read_text("utf-8"))
    outputs = [output.get("data", {}) for cell in notebook["cells"] for output in cell["outputs"]]
    (found,) = [one for one in outputs if "peter-still" in "".join(one.get("text/html", ""))]
    return {kind: "".join(body) for kind, body in found.items()}


def shows_pictures(page: Page, count: int) -> None:
    """That many charts are there as pictures that can be seen, each with its sentence."""
    images = page.locator("img[alt$='.']")
    expect(images).to_have_count(count)
    for image in images.all():
        expect(image).to_be_visible()
        assert image.evaluate("one => one.naturalWidth") > 100
        assert image.evaluate("one => one.getBoundingClientRect().width") > 100


def test_a_saved_notebook_is_small_and_keeps_no_state_of_the_dashboard(kept: Path) -> None:
    text = kept.read_text("utf-8")
    assert len(text.encode()) < 300_000
    state = json.dumps(json.loads(text)["metadata"].get("widgets", {}))
    assert "Departures by airline" not in state
    assert "SELECT" not in state + still(kept)["text/html"]
    assert set(still(kept)) == {"text/html", "text/plain"}
    # Nobody is shown the name of an object.
    assert "object at 0x" not in text


def test_nothing_secret_is_in_it(kept: Path) -> None:
    text = kept.read_text("utf-8")
    assert [name for name, value in PLANTED.items() if value in text] == []
    assert "Flight operations" in text


def test_a_converted_notebook_shows_every_picture_without_asking_for_any(
    kept: Path, chromium: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "kept.html"
    convert(kept, path, "html", env=dict(os.environ))
    with Window(chromium, "file://") as window:
        page = window.page
        # The converter's own scripts come from elsewhere; nothing of the picture does.
        page.route(re.compile("^https?:"), lambda route: route.abort())
        page.goto(path.as_uri(), wait_until="commit")
        expect(page.locator(".peter-still .pt-h1")).to_have_text("Flight operations")
        shows_pictures(page, PLOTS)
        assert page.locator(".peter-still .pt-value").count() == 4
        inside = page.locator(".peter-still script, .peter-still iframe, .peter-still link")
        assert inside.count() == 0
        assert not page.get_by_text("Error displaying widget").is_visible()


def test_a_page_that_takes_out_styles_and_scripts_still_shows_every_picture(
    kept: Path, chromium: Browser, tmp_path: Path
) -> None:
    html = re.sub(r"<style>.*?</style>", "", still(kept)["text/html"], flags=re.DOTALL)
    left = bleach.clean(html, TAGS, ATTRIBUTES, {"https", "mailto", "data"}, strip=True)
    assert "class=" not in left and "style" not in left
    path = tmp_path / "left.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{left}", "utf-8")
    with Window(chromium, "file://") as window:
        window.page.goto(path.as_uri())
        shows_pictures(window.page, PLOTS)
        for words in ("Flight operations", "Period: 2013-06-01 – 2013-06-30", "28,243"):
            expect(window.page.get_by_text(words).first).to_be_visible()
        assert window.page.locator("table tbody tr").count() == 50
        window.harmless()


def test_where_pictures_are_taken_out_too_the_words_are_left(
    kept: Path, chromium: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "sanitized.html"
    convert(kept, path, "html", "--sanitize-html", env=dict(os.environ))
    with Window(chromium, "file://") as window:
        page = window.page
        page.route(re.compile("^https?:"), lambda route: route.abort())
        page.goto(path.as_uri(), wait_until="commit")
        body = page.locator("body")
        for words in (
            "Flight operations", "28,243", "Departures by airline", "Busiest routes",
            "Aircraft makers: pie chart, lowest 1 at Douglas, highest 7,085 at Boeing.",
        ):  # fmt: skip
            expect(body).to_contain_text(words)
        assert window.dialogs == []
