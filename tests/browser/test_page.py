"""Pages and exports in a real browser: what they show, ask for and refuse to run."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from peter_core.errors import ConfigError, InvalidRequest
from peter_jupyter.export import export_html, export_png
from peter_jupyter.page import Addresses, csp, dashboard_page
from tests.browser.serving import GALLERY, Site, Watched

pytestmark = pytest.mark.browser

Open = Callable[..., Watched]

PAYLOADS = [
    "<script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=1>",
    '"><svg onload=window.__pwn=1>',
    "</script><script>window.__pwn=1</script>",
    "</style><script>window.__pwn=1</script>",
    "<!--<script>window.__pwn=1</script>",
    "javascript:window.__pwn=1",
    "{{constructor.constructor('window.__pwn=1')()}}",
    "');window.__pwn=1;('",
    "<iframe srcdoc='<script>parent.__pwn=1</script>'>",
    "data:text/html,<script>window.__pwn=1</script>",
    "vbscript:window.__pwn=1",
    "<math><mtext><style><img src=x onerror=window.__pwn=1>",
    "<svg><animate onbegin=window.__pwn=1 attributeName=x dur=1s>",
    '<a href="javascript:window.__pwn=1">x</a>',
    "]]><script>window.__pwn=1</script><![CDATA[",
    "\u202e<details open ontoggle=window.__pwn=1>",
    "${window.__pwn=1}`;window.__pwn=1//",
    '//evil.example/x.js"><base href=//evil.example/>',
    "[x](javascript:window.__pwn=1)<meta http-equiv=refresh content=0;url=//evil.example>",
]


@pytest.fixture
def gallery() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(GALLERY.read_text("utf-8"))
    return loaded


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """Write an artifact's export to a file and give its address."""

    def write(artifact: dict[str, Any]) -> str:
        path = tmp_path / "dashboard.html"
        path.write_text(export_html(json.dumps(artifact).encode()), "utf-8")
        return path.as_uri()

    return write


def poisoned(tree: Any, payload: str, *, key: str = "") -> Any:
    """A copy in which every text a person or the data wrote is a payload."""
    if isinstance(tree, dict):
        return {name: poisoned(value, payload, key=name) for name, value in tree.items()}
    if isinstance(tree, list):
        return [poisoned(item, payload, key=key) for item in tree]
    if not isinstance(tree, str) or key in OURS or (key == "type" and tree in KNOWN_TYPES):
        return tree
    return payload


OURS = {
    "state", "kind", "freshness", "direction", "align", "mark", "color", "chart", "locale",
    "timezone", "computed_at", "source_updated_at", "as_of", "verified_at", "order",
}  # fmt: skip
KNOWN_TYPES = {
    "kpi", "line", "area", "bar", "scatter", "pie", "heatmap", "table", "text", "date_range",
    "date", "select", "number", "boolean", "STRING", "INT64", "FLOAT64", "DATE", "NUMERIC",
}  # fmt: skip


def attacked(artifact: dict[str, Any], payload: str) -> dict[str, Any]:
    """An artifact full of a payload whose specs still draw: expressions and names stay ours."""
    found: dict[str, Any] = poisoned(artifact, payload)
    found["layout"] = poisoned(artifact["layout"], payload)
    for name, filter_ in zip(artifact["filters"], found["filters"], strict=True):
        filter_["value"], filter_["default"] = name["value"], name["default"]
    for name, chart in artifact["charts"].items():
        view = chart["view"]
        if view and view["kind"] == "vega":
            spec = copy.deepcopy(view["spec"])
            for param in (one for one in spec["params"] if "value" in one):
                param["value"] = poisoned(param["value"], payload)
            drawn = found["charts"][name]["view"]
            drawn["spec"], drawn["data"]["columns"] = spec, view["data"]["columns"]
    return found


def text_of(page: Page, selector: str) -> list[str]:
    return page.locator(selector).all_inner_texts()


def test_an_export_opens_from_disk_without_a_request_or_a_complaint(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    address = exported(gallery)
    seen = open_page(address)
    seen.drawn()
    assert seen.requests == [address]
    assert seen.faults == []
    on_first_tab = sum(len(row) for row in gallery["layout"]["tabs"][0]["rows"])
    assert seen.page.locator(".card").count() == on_first_tab
    drawn = [c for c in gallery["charts"].values() if c["view"] and c["view"]["kind"] == "vega"]
    assert seen.page.locator(".plot svg").count() == len(drawn)
    assert "Data as of" in seen.page.locator("header .badge").inner_text()


def test_every_state_says_what_happened_and_what_to_do(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(exported(gallery)).page
    failed = page.locator("[data-chart=repeat] .state.failed")
    expect(failed).to_contain_text("Query stopped by its byte cap")
    expect(failed).to_contain_text("raise the cap")
    expect(page.locator("[data-chart=vouchers] .state.empty")).to_contain_text("no rows")
    expect(page.locator("[data-chart=conversion] .badge.stale")).to_contain_text("Stale")
    expect(page.locator("[data-chart=regions] .note")).to_have_text("First 52 of 1.2 M rows")
    expect(page.locator("[data-chart=rating] .badge.bad")).to_have_text("1 check failed")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_document_or_its_data_ever_runs(
    payload: str, gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    address = exported(attacked(gallery, payload))
    seen = open_page(address)
    seen.drawn()
    page = seen.page
    page.locator("[data-chart=by_day] .menu").click()
    page.get_by_role("menuitem", name="View as table").click()
    page.locator("[data-chart=channels] .menu").click()
    page.get_by_role("menuitem", name="SQL and provenance").click()
    page.keyboard.press("Escape")
    page.locator("[data-chart=heat] .plot").hover(position={"x": 200, "y": 60})
    for chart in ("by_day", "regions", "rating", "payment", "heat"):
        page.locator(f"[data-chart={chart}] .plot, [data-chart={chart}] .tbl").focus()
        page.keyboard.press("ArrowRight")
    page.locator("[data-chart=regions] .legend button").first.click()
    page.get_by_role("tab").nth(1).click()
    assert page.evaluate("window.__pwn") is None
    assert seen.requests == [address]
    assert seen.faults == []
    assert page.locator("h1").text_content() == payload
    hrefs = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    assert all(href.startswith("http") for href in hrefs)


@pytest.mark.parametrize("payload", PAYLOADS[::3])
def test_the_same_payloads_do_nothing_in_a_served_page(
    payload: str, site: Site, open_page: Open
) -> None:
    site.artifact = attacked(site.artifact, payload)
    seen = open_page(f"{site.url}/page")
    seen.drawn()
    assert seen.page.evaluate("window.__pwn") is None
    assert seen.faults == []
    assert all(address.startswith(site.url) or address == "data:," for address in seen.requests)


def test_links_of_a_table_go_to_the_web_and_nowhere_else(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(exported(gallery)).page
    links = page.locator("[data-chart=products] td a")
    assert links.count() == 5
    assert {links.nth(i).get_attribute("rel") for i in range(5)} == {"noopener noreferrer"}


@pytest.mark.parametrize(("width", "columns"), [(1280, 4), (900, 2), (480, 2)])
def test_a_row_of_kpis_folds_with_the_width(
    width: int, columns: int, gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(exported(gallery), width=width).page
    tops = page.eval_on_selector_all(".kpi", "cards => cards.map(c => c.offsetTop)")
    assert tops.count(tops[0]) == columns
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [260, 340, 480, 1280])
def test_no_value_and_no_word_is_broken_however_narrow_its_card(
    width: int, gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    revenue = gallery["charts"]["revenue"]
    revenue["title"] = "Verfügbarkeitsdauerwertberechnungsverordnung"
    revenue["view"]["value"] |= {"before": "€", "text": "9,223,372,036,854", "unit": "M"}
    tiles = gallery["layout"]["tabs"][0]["rows"][0]
    for tile in tiles:
        tile["width"] = 2
    page = open_page(exported(gallery), width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for value in page.locator(".kpi .v").all():
        room = value.evaluate("e => e.closest('.kpi-body').clientWidth")
        assert value.evaluate("e => e.scrollWidth") <= room, value.inner_text()
    # One word takes one line, whatever is left of it.
    assert page.locator("[data-chart=revenue] h2").evaluate("e => e.clientHeight") == 20
    # A card's head keeps its title's words, whatever stands beside them.
    title = page.locator("[data-chart=rating] h2")
    assert title.evaluate("e => e.scrollWidth <= e.clientWidth && e.clientHeight < 50")


def test_a_change_of_theme_redraws_the_charts(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    seen = open_page(exported(gallery))
    seen.drawn()
    slice_of = seen.page.locator("[data-chart=payment] path[fill='#3366d6']")
    expect(slice_of).to_have_count(1)
    seen.page.emulate_media(color_scheme="dark")
    expect(seen.page.locator("#peter")).to_have_attribute("data-theme", "dark")
    expect(seen.page.locator("[data-chart=payment] path[fill='#6f9bff']")).to_have_count(1)
    expect(slice_of).to_have_count(0)


def test_a_heading_sorts_its_table_and_says_so(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(exported(gallery)).page
    table = page.locator("[data-chart=products]")
    expect(table.locator("th").nth(1)).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Orders").click()
    expect(table.locator("th").nth(4)).to_have_attribute("aria-sort", "descending")
    expect(table.locator("tbody tr").first).to_contain_text("Wool socks")
    table.get_by_role("button", name="Orders").click()
    expect(table.locator("tbody tr").first).to_contain_text("Trekking poles")


def test_a_long_table_turns_its_pages(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(exported(gallery)).page
    page.get_by_role("tab", name="Lines").click()
    expect(page.locator(".pager")).to_contain_text("1–10 of 1,200")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".pager")).to_contain_text("11–20 of 1,200")
    expect(page.locator("tbody tr").first).to_contain_text("9,007,199,254,741,003")


def test_a_chart_is_shown_as_its_table_and_saved_as_csv(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(exported(gallery)).page
    card = page.locator("[data-chart=channels]")
    card.get_by_role("button", name="Options for Revenue by channel").click()
    page.get_by_role("menuitem", name="View as table").click()
    expect(card.locator("tbody tr")).to_have_count(5)
    card.get_by_role("button", name="Options for Revenue by channel").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download CSV").click()
    assert download.value.suggested_filename == "revenue-by-channel.csv"
    assert "Web store,1610000" in Path(download.value.path()).read_text("utf-8")


def test_pointing_at_a_line_tells_its_day_and_value(
    gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    seen = open_page(exported(gallery))
    seen.drawn()
    seen.page.locator("[data-chart=conversion] .plot").hover(position={"x": 250, "y": 90})
    tip = seen.page.locator("[data-chart=conversion] .tip")
    expect(tip).to_contain_text("2026")
    expect(tip).to_contain_text("%")
    assert seen.faults == []


def test_a_filter_changes_the_address_and_asks_the_server(site: Site, open_page: Open) -> None:
    seen = open_page(f"{site.url}/page")
    page = seen.page
    assert site.asked == []
    with page.expect_response("**/data?*"):
        page.get_by_label("Carrier").select_option("EX")
    with page.expect_response("**/data?*"):
        page.get_by_role("button", name="Last 7 days").click()
    assert page.url.endswith("?period_start=2026-11-16&period_end=2026-11-22&carrier=EX")
    assert site.asked[-1] == {
        "period_start": ["2026-11-16"], "period_end": ["2026-11-22"], "carrier": ["EX"],
            "tab": ["1"],
    }  # fmt: skip
    with page.expect_response("**/data?*"):
        page.go_back()
    assert site.asked[-1] == {"carrier": ["EX"], "tab": ["1"]}
    assert seen.faults == []


def test_a_period_of_the_calendar_is_chosen_by_its_name(site: Site, open_page: Open) -> None:
    page = open_page(f"{site.url}/page").page
    with page.expect_response("**/data?*"):
        page.get_by_role("button", name="last 12 months").click()
    assert page.url.endswith("?period_start=2025-11-23&period_end=2026-11-22")
    page.locator(".range").click()
    panel = page.get_by_role("dialog", name="Period")
    with page.expect_response("**/data?*"):
        panel.get_by_role("button", name="Last quarter").click()
    assert page.url.endswith("?period_start=2026-07-01&period_end=2026-09-30")
    expect(panel).to_be_hidden()
    page.locator(".range").click()
    chosen = panel.locator("[aria-pressed=true]")
    expect(chosen).to_have_text(["Last quarter"])


def test_a_page_leads_back_to_the_list_and_an_export_does_not(
    site: Site, gallery: dict[str, Any], exported: Callable[..., str], open_page: Open
) -> None:
    page = open_page(f"{site.url}/page").page
    page.get_by_role("link", name="All dashboards").click()
    expect(page.locator("h1")).to_have_text("Dashboards")
    kept = open_page(exported(gallery)).page
    expect(kept.locator("h1")).to_be_visible()
    assert kept.get_by_text("All dashboards").count() == 0


def test_a_page_without_data_leads_back_to_the_list(site: Site, open_page: Open) -> None:
    site.first_paint = False
    site.answer = lambda _: (404, "application/problem+json", b'{"title": "Not found"}')
    page = open_page(f"{site.url}/page").page
    expect(page.locator(".state.failed")).to_contain_text("Not found")
    expect(page.get_by_role("link", name="All dashboards")).to_be_visible()


def test_several_choices_apply_as_they_are_ticked(site: Site, open_page: Open) -> None:
    page = open_page(f"{site.url}/page").page
    page.get_by_role("button", name="Region All").click()
    with page.expect_response("**/data?*"):
        page.get_by_label("Europe").check()
    with page.expect_response("**/data?*"):
        page.get_by_label("Asia Pacific").check()
    assert site.asked[-1] == {"region": ["EU", "AS"], "tab": ["1"]}
    expect(page.get_by_role("button", name="Region 2 selected")).to_be_visible()
    with page.expect_response("**/data?*"):
        page.get_by_role("button", name="Reset").click()
    assert site.asked[-1] == {"tab": ["1"]}


def test_without_a_first_paint_the_page_asks_with_its_own_address(
    site: Site, open_page: Open
) -> None:
    site.first_paint = False
    seen = open_page(f"{site.url}/page?carrier=EX")
    seen.drawn()
    assert site.asked == [{"carrier": ["EX"], "tab": ["1"]}]
    assert seen.faults == []


def test_old_data_stays_when_a_refresh_fails_and_the_reason_is_told(
    site: Site, open_page: Open
) -> None:
    problem = {"title": "Warehouse cannot be reached", "detail": "It did not answer.",
               "code": "engine_unavailable", "hint": "Try again in a minute."}  # fmt: skip
    body = json.dumps(problem).encode()
    site.answer = lambda query: (503, "application/problem+json", body)
    page = open_page(f"{site.url}/page").page
    page.get_by_label("Carrier").select_option("EX")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Warehouse cannot be reached")
    expect(notice).to_contain_text("Try again in a minute.")
    expect(page.locator("[data-chart=revenue]")).to_contain_text("Net revenue")
    site.answer = None
    notice.get_by_role("button", name="Retry").click()
    expect(notice).to_be_hidden()


def test_a_page_without_data_says_why(site: Site, open_page: Open) -> None:
    site.first_paint = False
    site.answer = lambda query: (404, "application/problem+json", b'{"title": "No such dashboard"}')
    page = open_page(f"{site.url}/page").page
    expect(page.locator(".state.failed")).to_contain_text("No such dashboard")


def test_the_list_is_searched_as_one_types(site: Site, open_page: Open) -> None:
    site.entries = [
        {"slug": "sales", "title": "Sales overview", "tags": ["finance"], "url": "/page",
         "owner": "ana@example.com", "revision": "4f2c91a7", "description": "<b>bold</b>",
         "published_at": "2026-11-20T10:00:00Z"},
        {"slug": "ops", "title": "</script><script>window.__pwn=1</script>", "url": "/page"},
        {"slug": "away", "title": "Elsewhere", "url": "https://example.com/"},
    ]  # fmt: skip
    seen = open_page(f"{site.url}/dashboards")
    page = seen.page
    assert page.locator(".entry").count() == 3
    assert page.locator(".entry a").count() == 2
    assert page.evaluate("window.__pwn") is None
    page.get_by_label("Search dashboards").fill("finance ana")
    assert text_of(page, ".entry h2") == ["Sales overview"]
    page.get_by_label("Search dashboards").fill("nothing like it")
    expect(page.locator(".state.empty")).to_contain_text("No dashboard matches")
    page.get_by_label("Search dashboards").fill("sales")
    page.get_by_role("link", name="Sales overview").click()
    expect(page.locator("h1")).to_have_text("Sales overview")
    assert seen.faults == []


def test_the_page_allows_own_scripts_only() -> None:
    policy = dict(part.split(" ", 1) for part in csp().split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"


def test_a_title_cannot_leave_its_element() -> None:
    addresses = Addresses(data_url='/d?"', static_url="/s")
    page = dashboard_page('"><script>', addresses, artifact_json=b'{"title": "</script>"}')
    assert page.count("<script") == 2
    assert "&lt;script&gt;" in page
    assert 'content="/d?&quot;"' in page


def test_a_picture_has_the_asked_width_and_the_whole_height(
    gallery: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "dashboard.png"
    export_png(export_html(json.dumps(gallery).encode()), out, width=700, theme="dark")
    width, height = struct.unpack(">II", out.read_bytes()[16:24])
    assert width == 700
    assert height > 2500


def test_a_picture_without_a_browser_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No browser can be started"):
        export_png("<html></html>", tmp_path / "x.png", chromium="/no/such/browser")


def test_a_picture_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="did not draw a dashboard"):
        export_png("<!doctype html><p>hello</p>", tmp_path / "x.png")
    with pytest.raises(InvalidRequest, match="pixels wide"):
        export_png("<html></html>", tmp_path / "x.png", width=10)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"format": 2, "title": "x"}'])
def test_what_is_no_artifact_is_not_exported(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no dashboard artifact"):
        export_html(body)
