"""What is left of a dashboard in a saved notebook: small, with its pictures, without a secret."""

from __future__ import annotations

import base64
import json
import os
import re
import struct
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

PNG = "img[src^='data:image/png']"
COLORS = """one => {
  const canvas = document.createElement('canvas')
  canvas.width = one.naturalWidth
  canvas.height = one.naturalHeight
  const pen = canvas.getContext('2d')
  pen.drawImage(one, 0, 0)
  const shown = new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)
  return new Set(shown).size
}"""

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


def outputs(kept: Path) -> list[dict[str, Any]]:
    """Everything that is kept of the cells, by MIME type."""
    notebook = json.loads(kept.read_text("utf-8"))
    return [output.get("data", {}) for cell in notebook["cells"] for output in cell["outputs"]]


def still(kept: Path) -> dict[str, Any]:
    """The output that stands for the dashboard."""
    (found,) = [one for one in outputs(kept) if "peter-still" in "".join(one.get("text/html", ""))]
    return {kind: "".join(body) for kind, body in found.items()}


def opened(page: Page, path: Path) -> None:
    """A converted notebook, whose own scripts and fonts are elsewhere and stay there."""
    page.route(re.compile("^https?:"), lambda route: route.abort())
    page.goto(path.as_uri(), wait_until="commit")


def names_of_chunks(png: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        size, name = struct.unpack_from(">I4s", png, at)
        found.append(name)
        at += 12 + size
    return found


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
    (picture,) = [one["image/png"] for one in outputs(kept) if "image/png" in one]
    chunks = names_of_chunks(base64.b64decode(picture))
    # The names of a file's chunks: what a picture may tell beside its pixels is in others.
    assert chunks == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    # Nobody is shown the name of an object.
    assert "object at 0x" not in text


def test_nothing_secret_is_in_it(kept: Path) -> None:
    text = kept.read_text("utf-8")
    assert [name for name, value in PLANTED.items() if value in text] == []
    assert "Flight operations" in text


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_a_converted_notebook_shows_every_picture_without_asking_for_any(
    kept: Path, chromium: Browser, tmp_path: Path, template: str
) -> None:
    path = tmp_path / "kept.html"
    convert(kept, path, "html", "--template", template, env=dict(os.environ))
    with Window(chromium, "file://") as window:
        page = window.page
        opened(page, path)
        expect(page.locator(".peter-still .pt-h1")).to_have_text("Flight operations")
        shows_pictures(page, PLOTS)
        # What is kept for other pages is not shown a second time here.
        expect(page.locator(PNG)).to_have_count(1)
        expect(page.locator(PNG)).to_be_hidden()
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
        for words in ("Flight operations", "Period: Jun 1, 2013 – Jun 30, 2013", "28,243"):
            expect(window.page.get_by_text(words).first).to_be_visible()
        assert window.page.locator("table tbody tr").count() == 50
        window.harmless()


@pytest.mark.parametrize(
    "flags",
    [
        ["--sanitize-html"],
        ["--template", "classic", "--sanitize-html"],
        ["--HTMLExporter.preprocessors=nbconvert.preprocessors.sanitize.SanitizeHTML"],
    ],
    ids=["lab", "classic", "every output"],
)
def test_a_page_that_takes_out_html_and_drawings_shows_one_picture_and_the_words(
    kept: Path, chromium: Browser, tmp_path: Path, flags: list[str]
) -> None:
    path = tmp_path / "sanitized.html"
    convert(kept, path, "html", *flags, env=dict(os.environ))
    with Window(chromium, "file://") as window:
        page = window.page
        opened(page, path)
        picture = page.locator("img")
        expect(picture).to_have_count(1)
        expect(picture).to_be_visible()
        assert str(picture.get_attribute("src")).startswith("data:image/png;base64,")
        assert picture.evaluate("one => one.naturalWidth") == 1024
        assert picture.evaluate(COLORS) >= 12
        body = page.locator("body")
        for words in (
            "Flight operations", "28,243", "Departures by airline", "Busiest routes",
            "Aircraft makers: pie chart, lowest 1 at Douglas, highest 7,085 at Boeing.",
        ):  # fmt: skip
            expect(body).to_contain_text(words)
        assert window.dialogs == []
