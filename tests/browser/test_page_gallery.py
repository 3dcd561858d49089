"""Every kind of chart and every state, beside the pictures of how they should look.

``PETER_UPDATE_BASELINES=1 pytest …`` takes the pictures anew; look at them before committing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from peter_jupyter.export import export_html
from tests.browser.serving import GALLERY, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]
BASELINES = Path(__file__).with_name("baselines")
UPDATE = os.environ.get("PETER_UPDATE_BASELINES") == "1"

# Fonts differ between machines: a picture is told by the means of squares of 16 pixels.
COMPARE = """
async ([one, other]) => {
  const read = async data => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    return image;
  };
  const [a, b] = [await read(one), await read(other)];
  const small = image => {
    const [width, height] = [Math.round(a.width / 16), Math.round(a.height / 16)];
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };
  const [x, y] = [small(a), small(b)];
  let far = 0;
  for (let i = 0; i < x.length; i += 4) {
    const off = Math.max(...[0, 1, 2].map(c => Math.abs(x[i + c] - y[i + c])));
    if (off > 40) far += 1;
  }
  return { height: Math.abs(a.height - b.height) / a.height, far: far / (x.length / 4) };
}
"""


def difference(page: Page, one: bytes, other: bytes) -> dict[str, float]:
    """How much two pictures differ: the share of the height, and of squares that look other."""
    from base64 import b64encode

    page.goto("about:blank")
    texts = [b64encode(one).decode(), b64encode(other).decode()]
    found: dict[str, float] = page.evaluate(COMPARE, texts)
    return found


@pytest.fixture
def shot(open_page: Open, tmp_path: Path) -> Callable[..., tuple[Page, bytes]]:
    """Take a picture of the whole gallery."""
    path = tmp_path / "dashboard.html"
    path.write_text(export_html(GALLERY.read_bytes()), "utf-8")

    def taken(theme: str, width: int, **more: object) -> tuple[Page, bytes]:
        seen = open_page(path.as_uri(), theme=theme, width=width, **more)
        seen.drawn()
        return seen.page, seen.page.screenshot(full_page=True)

    return taken


@pytest.mark.parametrize("width", [1280, 768, 480])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_gallery_looks_as_it_did(
    theme: str, width: int, shot: Callable[..., tuple[Page, bytes]]
) -> None:
    page, picture = shot(theme, width)
    baseline = BASELINES / f"gallery-{theme}-{width}.png"
    if UPDATE:
        BASELINES.mkdir(exist_ok=True)
        baseline.write_bytes(picture)
    found = difference(page, baseline.read_bytes(), picture)
    assert found["height"] < 0.03, found
    assert found["far"] < 0.02, found


def test_a_picture_of_something_else_is_told_apart(
    shot: Callable[..., tuple[Page, bytes]],
) -> None:
    light = (BASELINES / "gallery-light-1280.png").read_bytes()
    page, dark = shot("dark", 1280)
    assert difference(page, light, dark)["far"] > 0.5
    page, forced = shot("light", 1280, forced_colors="active")
    assert difference(page, light, forced)["height"] < 0.03
