"""Every kind of chart and every state, beside the pictures of how they should look.

``PETER_UPDATE_BASELINES=1 pytest …`` takes the pictures anew; look at them before committing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from peter_core.plan.tokens import tokens
from peter_jupyter.export import export_html
from tests.browser.serving import GALLERY, Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]
BASELINES = Path(__file__).with_name("baselines")
A4_LANDSCAPE = 1032
"""Pixels between its margins."""
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

    def taken(
        theme: str, width: int, media: Literal["print", "screen"] = "screen", **more: object
    ) -> tuple[Page, bytes]:
        seen = open_page(path.as_uri(), theme=theme, width=width, **more)
        seen.drawn()
        if media == "print":
            seen.page.emulate_media(media="print")
            expect(seen.page.locator("#peter")).to_have_attribute("data-theme", "light")
            # The plots are drawn anew: none holds a colour of the dark theme any more.
            dark = f"[stroke='{tokens('dark')['c1']}']"
            expect(seen.page.locator(f".plot svg:has({dark})")).to_have_count(0)
        return seen.page, seen.page.screenshot(full_page=True)

    return taken


def told_from(page: Page, name: str, picture: bytes) -> dict[str, float]:
    """How a picture differs from the baseline of a name, which it becomes where that is asked."""
    baseline = BASELINES / f"{name}.png"
    if UPDATE:
        BASELINES.mkdir(exist_ok=True)
        baseline.write_bytes(picture)
    return difference(page, baseline.read_bytes(), picture)


@pytest.mark.parametrize("width", [1280, 768, 480])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_gallery_looks_as_it_did(
    theme: str, width: int, shot: Callable[..., tuple[Page, bytes]]
) -> None:
    page, picture = shot(theme, width)
    found = told_from(page, f"gallery-{theme}-{width}", picture)
    assert found["height"] < 0.03, found
    assert found["far"] < 0.02, found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forced_colours_leave_lines_around_cards_and_colours_in_figures(
    theme: str, shot: Callable[..., tuple[Page, bytes]]
) -> None:
    page, picture = shot(theme, 1280, forced_colors="active")
    card = page.locator("[data-chart=regions]")
    assert styles(card, "border-top-color") == styles(card, "color")
    key = card.locator(".legend b").first
    assert styles(key, "background-color") != styles(card, "background-color")
    found = told_from(page, f"gallery-forced-{theme}", picture)
    assert found["height"] < 0.03, found
    assert found["far"] < 0.02, found


def test_paper_is_white_whatever_the_theme_and_has_no_menus(
    shot: Callable[..., tuple[Page, bytes]],
) -> None:
    page, picture = shot("dark", A4_LANDSCAPE, media="print")
    assert styles(page.locator("#peter"), "background-color") == "rgb(255, 255, 255)"
    for control in (".menu", ".btn", ".filters", ".skip", ".pager button"):
        shown = page.locator(control).filter(visible=True)
        assert shown.count() == 0, control
    assert styles(page.locator(".card").first, "break-inside") == "avoid"
    foot = page.locator("footer")
    expect(foot).to_contain_text("sales-overview.peter.yaml @ 4f2c91a")
    expect(foot.get_by_text("Data as of Nov 22, 2026")).to_be_visible()
    expect(foot).to_contain_text("15 of 15 charts as they were verified")
    found = told_from(page, "gallery-print", picture)
    assert found["height"] < 0.03, found
    assert found["far"] < 0.02, found


def test_a_dark_page_is_printed_light_on_a4_landscape_and_dark_again_after_it(
    shot: Callable[..., tuple[Page, bytes]],
) -> None:
    page, _ = shot("dark", 1440)
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = set(re.findall(rb"/MediaBox \[([^\]]+)\]", printed))
    sizes = {tuple(round(float(side) / 72 * 25.4) for side in box.split()) for box in boxes}
    assert sizes == {(0, 0, 297, 210)}
    expect(page.locator("#peter")).to_have_attribute("data-theme", "dark")
    series = page.locator(f"[data-chart=by_day] path[stroke='{tokens('dark')['c1']}']")
    expect(series).not_to_have_count(0)


def test_who_wants_no_motion_sees_none(site: Site, open_page: Open) -> None:
    seen = open_page(f"{site.url}/page", reduced_motion="reduce")
    seen.drawn()
    moving = "() => [...document.querySelectorAll('.pt, .pt *')].filter(e => {" \
        " const s = getComputedStyle(e);" \
        " const takes = t => t.split(',').some(one => parseFloat(one) > 0);" \
        " return takes(s.animationDuration) || takes(s.transitionDuration) })" \
        ".map(e => e.className)"  # fmt: skip
    seen.page.evaluate("document.querySelector('.pt').classList.add('is-busy')")
    assert seen.page.evaluate(moving) == []


def test_a_picture_of_something_else_is_told_apart(
    shot: Callable[..., tuple[Page, bytes]],
) -> None:
    light = (BASELINES / "gallery-light-1280.png").read_bytes()
    page, dark = shot("dark", 1280)
    assert difference(page, light, dark)["far"] > 0.5


def styles(element: Locator, name: str) -> str:
    """The computed style of an element."""
    found: str = element.evaluate("(e, name) => getComputedStyle(e).getPropertyValue(name)", name)
    return found
