"""Twenty texts that would like to be code, in every text and value, on all four surfaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from peter_core import Peter
from tests.browser.surfaces import PATIENCE_MS, TOKEN, Window, drawn, write_notebook
from tests.hostile import COLUMN, GROUPS, PAYLOADS, document, slug, write_workspace
from tools.lab import running_lab

pytestmark = pytest.mark.browser

PLOTS = 7
GROUP = pytest.mark.parametrize("group", range(len(GROUPS)))

# What only a text that became markup would leave in the page.
FOREIGN = """root => [...root.querySelectorAll('*')].filter(one =>
  one.matches('script, iframe, object, embed, base, meta, math, details, animate, style')
  || one.getAttributeNames().some(name => name.startsWith('on'))
  || (one.tagName === 'IMG' && !one.src.startsWith('data:'))
  || (one.href !== undefined && one.tagName === 'A' && !/^https?:$/.test(one.protocol))
).map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab over hostile data, with hostile dashboards as files, published and in cells."""
    home = tmp_path_factory.mktemp("hostile")
    workspace = write_workspace(home / "workspace")
    root = home / "files"
    root.mkdir()
    documents = [document(group) for group in range(len(GROUPS))]
    with Peter.local(workspace) as peter:
        for group, text in enumerate(documents):
            peter.publish(text)
            (root / f"{slug(group)}.peter.yaml").write_text(text, "utf-8")
    write_notebook(root / "hostile.ipynb", *(f"%%peter_dashboard\n{one}" for one in documents))
    with running_lab(root, workspace, home, TOKEN) as url:
        yield url


def plain(text: str | None) -> str:
    """The text with every stretch of space as one."""
    return " ".join((text or "").split())


def shown(page: Page, root: str, group: int) -> None:
    """Every chart is drawn, every payload is there as text, and nothing became markup."""
    drawn(page, root, PLOTS)
    board = page.locator(root)
    expect(board.locator(".card")).to_have_count(10)
    assert board.locator(".state.failed").count() == 0
    whole = " ".join(" ".join(GROUPS[group]).split())
    # What stands outside of JupyterLab's view has no inner text.
    assert plain(board.locator("h1").text_content()) == whole[:200]
    for card in board.locator(".card").all():
        assert whole in plain(card.text_content())
    cells = board.locator("[data-chart=rows] tbody td:first-child").all_text_contents()
    assert sorted(cells) == sorted(GROUPS[group])
    assert COLUMN in plain(board.locator("[data-chart=rows] thead").text_content())
    assert board.evaluate(FOREIGN) == []


def test_there_are_twenty_of_them() -> None:
    assert len(set(PAYLOADS)) == 20


@GROUP
def test_the_page_shows_them_as_texts(lab: str, chromium: Browser, group: int) -> None:
    with Window(chromium, lab) as window:
        window.open_page(slug(group))
        shown(window.page, "#peter", group)
        window.harmless()


def test_tips_tables_choices_and_details_show_them_as_texts(lab: str, chromium: Browser) -> None:
    with Window(chromium, lab) as window:
        page = window.page
        window.open_page(slug(0))
        shown(page, "#peter", 0)
        for name in ("line", "area", "bars", "stack", "points", "ring", "heat"):
            plot = page.locator(f"[data-chart={name}] .plot")
            plot.focus()
            page.keyboard.press("End")
            expect(plot.locator(".tip")).to_contain_text("pwned=1")
            page.keyboard.press("Enter")
            table = page.locator(f"[data-chart={name}] tbody")
            expect(table).to_contain_text("pwned=1")
        page.locator(".filters button", has_text="img src").first.click()
        expect(page.locator(".pop").filter(visible=True)).to_contain_text(GROUPS[0][1])
        page.keyboard.press("Escape")
        page.locator("[data-chart=rows] .menu").click()
        page.get_by_role("menuitem", name="SQL and provenance").click()
        expect(page.locator("dialog pre")).to_contain_text("</script><script>pwned=1</script>")
        assert page.locator("#peter").evaluate(FOREIGN) == []
        window.harmless()


def test_the_list_and_the_lineage_show_them_as_texts(lab: str, chromium: Browser) -> None:
    with Window(chromium, lab) as window:
        page = window.page
        page.goto(f"{lab}/peter/dashboards?token={TOKEN}")
        for group in range(len(GROUPS)):
            title = plain(" ".join(GROUPS[group]))[:200]
            expect(page.locator("#peter")).to_contain_text(title)
        expect(page.locator("#peter")).to_contain_text("<svg/onload=pwned=1>@evil.example")
        assert page.locator("#peter").evaluate(FOREIGN) == []
        page.goto(f"{lab}/peter/dashboards/{slug(0)}/lineage?token={TOKEN}")
        expect(page.locator("#peter")).to_contain_text(GROUPS[0][1], timeout=PATIENCE_MS)
        assert page.locator("#peter").evaluate(FOREIGN) == []
        window.harmless()


@GROUP
def test_the_export_shows_them_as_texts(
    lab: str, chromium: Browser, group: int, tmp_path: Path
) -> None:
    with Window(chromium, lab) as window:
        window.open_export(slug(group), tmp_path)
        shown(window.page, "#peter", group)
        window.harmless()


def test_the_pictures_beside_the_files_show_them_as_texts(lab: str, chromium: Browser) -> None:
    with Window(chromium, lab) as window:
        for group in range(len(GROUPS)):
            window.open_preview(slug(group))
            shown(window.page, ".peter-preview .pt", group)
            window.harmless()


def test_widgets_and_stills_show_them_as_texts(lab: str, chromium: Browser) -> None:
    with Window(chromium, lab) as window:
        page = window.page
        window.run_notebook("hostile.ipynb")
        outputs = page.locator("[data-peter-live]")
        expect(outputs).to_have_count(len(GROUPS), timeout=PATIENCE_MS)
        for group in range(len(GROUPS)):
            page.evaluate(
                "([mark, at]) => document.querySelectorAll('[data-peter-live]')[at].id = mark",
                [f"board-{group}", group],
            )
            page.locator(f"#board-{group}").scroll_into_view_if_needed()
            shown(page, f"#board-{group}", group)
        for still in page.locator(".peter-still").all():
            assert "pwned=1" in str(still.evaluate("one => one.textContent"))
            assert still.locator(".pt-page").evaluate(FOREIGN) == []
        window.harmless()
