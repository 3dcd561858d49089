"""One file, one picture: page, widget, export and JupyterLab's preview show the same artifact."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from peter_core import Peter
from peter_jupyter.export import export_html, export_svg
from peter_jupyter.page import Addresses, dashboard_page
from tests.browser.serving import GALLERY, ROOT
from tests.browser.surfaces import PATIENCE_MS, TOKEN, Window, drawn, write_notebook
from tools.flights import write_flights
from tools.lab import running_lab

pytestmark = pytest.mark.browser

DEMO = "flight-operations"
DOCUMENT = ROOT / "notebooks" / f"{DEMO}.peter.yaml"
WIDTH = 1100
SURFACES = ("page", "export", "preview", "widget")

# Which answer it was, and how it came: the same data is shown when only these differ.
PASSING = {"duration_ms", "cache_hit", "bytes_scanned", "queries_cached", "refreshing"}

CARDS = """root => Object.fromEntries([...root.querySelectorAll('.card')].map(card => {
  // Ages and the live surfaces' controls are not the picture's.
  const aside = [...card.querySelectorAll('.badge, .verified, .menu, .pager, .plot')];
  for (const one of aside) one.style.display = 'none';
  const said = card.innerText.replace(/[ \\n\\t]+/g, ' ').trim();
  for (const one of aside) one.style.removeProperty('display');
  // A picture that was laid out again may have its labels in another order.
  const labels = [...card.querySelectorAll('.plot text')].map(one => one.textContent).sort();
  return [card.dataset.chart, [said, ...labels].join(' | ')];
}))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab over the real flights, with the demo as a file, published and in a notebook."""
    home = tmp_path_factory.mktemp("surfaces")
    root, workspace = home / "files", home / "workspace"
    root.mkdir()
    workspace.mkdir()
    write_flights(workspace)
    shutil.copy(DOCUMENT, root)
    (root / "gallery.peter.yaml").write_text("version: 1\n")
    shutil.copy(GALLERY, root / "gallery.json")
    with Peter.local(workspace) as peter:
        peter.publish(DOCUMENT.read_text("utf-8"))
    write_notebook(root / "demo.ipynb", f"%%peter_dashboard\n{DOCUMENT.read_text('utf-8')}")
    write_notebook(root / "gallery.ipynb", GALLERY_CELL)
    with running_lab(root, workspace, home, TOKEN) as url:
        yield url


GALLERY_CELL = """\
from pathlib import Path
from peter_core.plan.artifact import Artifact
from peter_jupyter.widget import DashboardWidget
body = Path('gallery.json').read_bytes()
shown = Artifact('sales-overview', '4f2c91a7d0', 'etag', body)
DashboardWidget(shown, lambda *_: shown)
"""


def artifact_hash(artifact: dict[str, Any]) -> str:
    """The SHA-256 of what is shown, whichever way it was answered."""
    kept = _without(artifact, PASSING)
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _without(tree: Any, names: set[str]) -> Any:
    if isinstance(tree, dict):
        return {name: _without(item, names) for name, item in tree.items() if name not in names}
    return [_without(item, names) for item in tree] if isinstance(tree, list) else tree


def block(page: Page) -> dict[str, Any]:
    """The artifact that a page or an export carries."""
    text = page.locator("#peter-artifact").text_content()
    loaded: dict[str, Any] = json.loads(text or "")
    return loaded


def picture(page: Page, root: str, charts: int) -> dict[str, str]:
    """Title, description and what each card says, at one width on every surface."""
    drawn(page, root, charts)
    board = page.locator(root)
    board.evaluate("(root, width) => { root.style.width = `${width}px`; }", WIDTH)
    # Charts follow their cards: wait until every picture has its card's width.
    page.wait_for_function(
        """root => [...document.querySelectorAll(`${root} .plot`)].every(plot =>
          Math.abs(plot.clientWidth - plot.querySelector('svg').clientWidth) < 3)""",
        arg=root,
        timeout=PATIENCE_MS,
    )
    cards: dict[str, str] = board.evaluate(CARDS)
    return {
        "title": board.locator("h1").inner_text(),
        "description": board.locator(".sub").inner_text(),
        **cards,
    }


def plots(artifact: dict[str, Any]) -> int:
    """Pictures on the first tab of a dashboard."""
    tiles = [tile["chart"] for row in artifact["layout"]["tabs"][0]["rows"] for tile in row]
    views = [artifact["charts"][name] for name in tiles]
    return sum(c["state"] == "ready" and c["view"]["kind"] == "vega" for c in views)


def test_the_demo_is_one_picture_on_all_four_surfaces(
    lab: str, chromium: Browser, tmp_path: Path
) -> None:
    carried: dict[str, dict[str, Any]] = {}
    said: dict[str, dict[str, str]] = {}
    with Window(chromium, lab) as window:
        page = window.page
        window.open_page(DEMO)
        expect(page.locator(".plot svg").first).to_be_visible(timeout=PATIENCE_MS)
        window.open_page(DEMO)  # what is computed already comes with the page
        carried["page"] = block(page)
        count = plots(carried["page"])
        said["page"] = picture(page, "#peter", count)

        window.open_export(DEMO, tmp_path)
        carried["export"] = block(page)
        said["export"] = picture(page, "#peter", count)

        answer = f"{lab}/peter/api/v1/dashboards/preview"
        with page.expect_response(lambda r: r.url.startswith(answer) and r.ok) as previewed:
            window.open_preview(DEMO)
        carried["preview"] = previewed.value.json()
        said["preview"] = picture(page, ".peter-preview .pt", count)

        window.run_notebook("demo.ipynb")
        expect(page.locator("[data-peter-live]")).to_be_visible(timeout=PATIENCE_MS)
        said["widget"] = picture(page, "[data-peter-live]", count)
        carried["widget"] = json.loads(window.parcels("artifact")[-1])
        window.harmless()
    hashes = {name: artifact_hash(one) for name, one in carried.items()}
    assert tuple(hashes) == SURFACES
    assert len(set(hashes.values())) == 1, hashes
    assert len(said["page"]) == 2 + len(carried["page"]["charts"])
    for name in SURFACES[1:]:
        assert said[name] == said["page"], name


def test_the_gallery_is_one_picture_on_all_four_surfaces(
    lab: str, chromium: Browser, tmp_path: Path
) -> None:
    body = GALLERY.read_bytes()
    artifact = json.loads(body)
    count = plots(artifact)
    said: dict[str, dict[str, str]] = {}
    with Window(chromium, lab) as window:
        page = window.page
        addresses = Addresses(data_url="/none", static_url="/peter/static")
        html = dashboard_page("Sales", addresses, artifact_json=body)
        window.open_page(DEMO)  # which leaves the cookie that its files are asked for with
        _answers(page, f"{lab}/gallery", html, "text/html")
        page.goto(f"{lab}/gallery")
        assert block(page) == artifact
        said["page"] = picture(page, "#peter", count)

        path = tmp_path / "gallery.html"
        path.write_text(export_html(body), "utf-8")
        page.goto(path.as_uri())
        assert block(page) == artifact
        said["export"] = picture(page, "#peter", count)

        fine = json.dumps({"valid": True, "problems": [], "slug": "sales-overview"})
        _answers(page, f"{lab}/peter/api/v1/dashboards/validate", fine, "application/json")
        _answers(page, f"{lab}/peter/api/v1/dashboards/preview", body.decode(), "application/json")
        window.open_preview("gallery")
        said["preview"] = picture(page, ".peter-preview .pt", count)

        window.run_notebook("gallery.ipynb")
        expect(page.locator("[data-peter-live]")).to_be_visible(timeout=PATIENCE_MS)
        said["widget"] = picture(page, "[data-peter-live]", count)
        assert json.loads(window.parcels("artifact")[-1]) == artifact
        window.harmless()
    for name in SURFACES[1:]:
        assert said[name] == said["page"], name
    kpi = said["page"]["revenue"]
    assert kpi.startswith("Net revenue") and "€3.66" in kpi


def _answers(page: Page, address: str, body: str, kind: str) -> None:
    """Let an address be answered with this, whatever it is asked."""

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type=kind)

    page.route(lambda url: url.split("?")[0] == address, answer)


@pytest.mark.parametrize("fragment", ["", "#light", "#dark", "#print"])
def test_an_export_asks_nobody_for_anything_and_tells_where_it_comes_from(
    chromium: Browser, tmp_path: Path, fragment: str
) -> None:
    path = tmp_path / "gallery.html"
    path.write_text(export_html(GALLERY.read_bytes()), "utf-8")
    with Window(chromium, "file://") as window:
        page = window.page
        asked: list[str] = []
        refused: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: refused.append(message.text))
        if fragment == "#print":
            page.emulate_media(media="print")
        page.goto(f"{path.as_uri()}{fragment}")
        expect(page.locator(".plot:not(:has(svg))")).to_have_count(0)
        assert asked == [path.as_uri()]
        policy = page.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute("content")
        assert policy is not None
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "'unsafe-eval'" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src-attr")[0]
        told = page.locator("header")
        for words in ("Period: ", "Returns: Yes", "Data as of Nov 22, 2026"):
            expect(told).to_contain_text(words)
        foot = page.locator("footer")
        for words in ("sales-overview.peter.yaml @ 4f2c91a", "15 of 15 charts as they were"):
            expect(foot).to_contain_text(words)
        assert refused == []
        window.harmless()


def test_a_drawing_asks_nobody_for_anything_under_the_strictest_policy(
    lab: str, chromium: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "gallery.svg"
    path.write_text(export_svg(GALLERY.read_bytes()), "utf-8")
    with Window(chromium, lab) as window:
        page = window.page
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(path.as_uri())
        assert page.locator("text", has_text="Sales overview").first.is_visible()
        plain = {"Content-Security-Policy": "default-src 'none'", "Content-Type": "image/svg+xml"}
        body = path.read_text("utf-8")
        page.route(f"{lab}/drawing.svg", lambda route: route.fulfill(body=body, headers=plain))
        page.goto(f"{lab}/drawing.svg")
        assert page.locator("text", has_text="Net revenue by day").is_visible()
        assert page.locator("svg svg").count() >= 7
        assert refused == []
        window.harmless()
