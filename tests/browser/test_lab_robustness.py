"""What a person may do to JupyterLab's files, tabs and server without losing work or sight."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_axe import violations
from tests.browser.test_lab_extension import (
    BOARD,
    PATIENCE_MS,
    TOKEN,
    command,
    line,
    open_file,
    show_sidebar,
    type_after,
)
from tests.small_flights import write_tables
from tools.lab import Lab, lab_process

pytestmark = pytest.mark.browser

FILTERED = """\
filters:
  carrier: {type: select, label: Airline, options: [B6, UA], default: null}
queries:
  daily:
    sql: |
      SELECT flight_date, COUNT(*) AS flights, AVG(dep_delay) AS delay
      FROM nyc.flights
      WHERE @carrier IS NULL OR carrier = @carrier
      GROUP BY flight_date ORDER BY flight_date
  every: {sql: SELECT name FROM nyc.airlines ORDER BY name}
charts:
  names: {type: table, query: every, title: Airlines, columns: [name]}
"""
NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "id": f"c{at}", "metadata": {}, "outputs": [], "source": source,
         "execution_count": None}
        for at, source in enumerate(
            ["%load_ext peter_jupyter", "%peter publish traced.peter.yaml",
             "%peter lineage traced"]
        )
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "name": "python3",
                                "language": "python"}},
    "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip
SHARED: dict[str, object] = {
    "slug": "sales", "title": "Sales of all", "revision": "4f2c91a1", "published_by": "ada@x.org",
    "published_at": "2026-11-23T03:00:00Z", "description": None, "owner": None, "tags": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    """A stand-in for the Peter that people share, for whoever has its token; its address."""
    listed = {"dashboards": [SHARED], "total": 1, "page": 1, "page_size": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == "Bearer the-shared-token"
            self.send_response(200 if known else 401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(listed if known else {"code": "unauthenticated"}).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that JupyterLab shows."""
    root = tmp_path_factory.mktemp("lab") / "files"
    root.mkdir()
    for name in ("one", "two", "old", "away", "contested", "kept", "traced"):
        text = BOARD.replace("departures", name).replace("Departures", name.capitalize())
        (root / f"{name}.peter.yaml").write_text(text)
    queries, charts = FILTERED.split("charts:\n")
    own = BOARD.split("queries:\n")
    kept = own[1].split("charts:\n")[1]
    (root / "filtered.peter.yaml").write_text(f"{own[0]}{queries}charts:\n{kept}{charts}")
    (root / "empty.peter.yaml").write_text("")
    comments = "\n".join(f"# line {n} of what is told about this dashboard" for n in range(5000))
    (root / "long.peter.yaml").write_text(BOARD + comments + "\n")
    statement = "%%peter_sql\nSELECT carrier\nFROM nyc.flights"
    (root / "kernelless.ipynb").write_text(without_kernel(statement))
    (root / "lineage.ipynb").write_text(json.dumps(NOTEBOOK))
    return root


def without_kernel(source: str) -> str:
    """A notebook of one cell whose kernel is not there."""
    cell: dict[str, object] = {
        "cell_type": "code", "id": "one", "metadata": {}, "outputs": [], "source": source,
        "execution_count": None,
    }  # fmt: skip
    gone = {"display_name": "Gone", "name": "gone", "language": "python"}
    return json.dumps(
        {"cells": [cell], "metadata": {"kernelspec": gone}, "nbformat": 4, "nbformat_minor": 5}
    )


@pytest.fixture(scope="module")
def server(files: Path, hub: str) -> Iterator[Lab]:
    """JupyterLab over two small tables, that knows the shared Peter."""
    workspace = write_tables(files.parent / "workspace")
    with lab_process(files, workspace, files.parent, TOKEN, PETER_URL=hub,
                     PETER_TOKEN="the-shared-token") as running:  # noqa: S106  # fmt: skip
        yield running


@pytest.fixture
def lab(server: Lab) -> str:
    return server.url


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window of its own, in which nothing throws."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    yield opened
    context.close()
    assert thrown == []


def tabs(page: Page, name: str) -> Locator:
    """The tabs of a file: its editor's, its picture's."""
    return page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text=name)


def listed(page: Page, name: str) -> Locator:
    return page.locator(".jp-DirListing-item", has_text=name)


def open_more(page: Page, name: str) -> None:
    """Open one more file beside what is open."""
    listed(page, f"{name}.peter.yaml").dblclick()
    shown(page, name.capitalize())


def shown(page: Page, title: str) -> None:
    """Wait until the one picture in sight is of this dashboard."""
    expect(page.locator(".peter-preview:visible h1")).to_have_text([title], timeout=PATIENCE_MS)


def test_two_files_are_open_at_once_each_with_its_own_picture(lab: str, page: Page) -> None:
    open_file(page, lab, "one")
    open_more(page, "two")
    expect(tabs(page, "one.peter.yaml")).to_have_count(2)
    tabs(page, "one.peter.yaml").first.click()
    shown(page, "One")
    tabs(page, "two.peter.yaml").first.click()
    type_after_visible(page, "title: Two", " too")
    shown(page, "Two too")
    tabs(page, "one.peter.yaml").first.click()
    shown(page, "One")


def type_after_visible(page: Page, text: str, typed: str) -> None:
    """Put the cursor to the end of a line of the editor in sight and type."""
    page.locator(".peter-editor:visible .cm-line", has_text=text).first.click()
    page.keyboard.press("End")
    page.keyboard.type(typed)


def test_a_closed_picture_comes_back_as_the_file_is_now(lab: str, page: Page) -> None:
    open_file(page, lab, "one")
    tabs(page, "one.peter.yaml").last.locator(".lm-TabBar-tabCloseIcon").click()
    expect(page.locator(".peter-preview")).to_have_count(0)
    type_after(page, "title: One", " again")
    command(page, "Show Live Dashboard")
    shown(page, "One again")


def test_a_renamed_file_is_drawn_on_and_a_deleted_one_leaves_no_picture(
    lab: str, page: Page
) -> None:
    open_file(page, lab, "old")
    listed(page, "old.peter.yaml").click()
    page.keyboard.press("F2")
    page.locator(".jp-DirListing-editor").fill("new.peter.yaml")
    page.keyboard.press("Enter")
    expect(tabs(page, "new.peter.yaml")).to_have_count(2)
    expect(page.locator(".jp-DirListing-editor")).to_have_count(0)
    expect(page.locator(".jp-DirListing-item.jp-mod-selected")).to_contain_text("new.peter.yaml")
    type_after(page, "title: Old", " and new")
    shown(page, "Old and new")
    page.keyboard.press("Control+s")
    listed(page, "new.peter.yaml").click()
    page.keyboard.press("Delete")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(tabs(page, "new.peter.yaml")).to_have_count(0)
    expect(page.locator(".peter-preview")).to_have_count(0)


def test_an_empty_file_says_what_to_begin_with_and_is_completed(lab: str, page: Page) -> None:
    page.goto(f"{lab}/lab/workspaces/empty/tree/empty.peter.yaml?token={TOKEN}&reset")
    expect(page.locator(".peter-preview .state")).to_contain_text(
        "The file is empty.", timeout=PATIENCE_MS
    )
    page.locator(".peter-editor .cm-content").click()
    page.keyboard.type("ver")
    expect(page.locator(".peter-completion li").first).to_contain_text("version")


def test_a_file_of_five_thousand_lines_takes_every_key_and_marks_its_problem(
    lab: str, page: Page
) -> None:
    open_file(page, lab, "long")
    type_after(page, "title: Departures", " of a very long file, typed as fast as it goes")
    shown(page, "Departures of a very long file, typed as fast as it goes")
    page.keyboard.press("Control+End")
    page.keyboard.type("colour: red")
    page.keyboard.press("Escape")
    expect(page.locator(".cm-lintRange-error")).to_have_text("colour", timeout=PATIENCE_MS)


def test_filters_change_only_the_tiles_they_concern(lab: str, page: Page) -> None:
    open_file(page, lab, "filtered")
    drawn = page.locator(".peter-preview [data-chart=delay] figure svg")
    expect(drawn).to_be_visible()
    total = page.locator(".peter-preview [data-chart=flights] .v")
    before = total.inner_text()
    table = page.locator(".peter-preview [data-chart=names] table")
    choice = page.get_by_role("combobox", name="Airline")
    table.evaluate("e => { e.dataset.mine = 'kept' }")
    with page.expect_response(lambda r: "/preview?carrier=B6" in r.url) as answer:
        choice.select_option("B6")
    expect(total).not_to_have_text(before)
    expect(table).to_have_attribute("data-mine", "kept")
    assert "names" not in answer.value.json()["charts"]
    # The values stay while the text is edited.
    type_after(page, "title: Departures", " of one")
    shown(page, "Departures of one")
    expect(choice).to_have_value("B6")


def test_a_server_that_is_gone_is_told_and_drawing_goes_on_when_it_is_back(
    lab: str, page: Page, server: Lab
) -> None:
    open_file(page, lab, "away")
    # JupyterLab tells it in a window of its own.
    dialog = page.locator(".jp-Dialog")
    page.add_locator_handler(dialog, lambda: dialog.locator("button").last.click())
    server.stop()
    try:
        type_after(page, "title: Away", " for a while")
        told = page.locator(".peter-preview .notice")
        expect(told).to_contain_text("cannot be reached", timeout=PATIENCE_MS)
        expect(page.locator(".peter-preview h1")).to_have_text("Away")
        expect(page.locator(".peter-preview figure svg").first).to_be_visible()
    finally:
        server.start()
    expect(page.locator(".peter-preview h1")).to_have_text("Away for a while", timeout=PATIENCE_MS)
    expect(told).to_be_hidden()


def published(page: Page, lab: str, slug: str) -> tuple[str, str]:
    """The revision and the text that are published now."""
    answer = page.request.get(
        f"{lab}/peter/api/v1/dashboards/{slug}", headers={"Authorization": f"token {TOKEN}"}
    ).json()
    return answer["revision"], answer["yaml"]


def publish_as_somebody_else(page: Page, lab: str, slug: str, old: str, new: str) -> None:
    revision, text = published(page, lab, slug)
    headers = {"Authorization": f"token {TOKEN}", "If-Match": f'"{revision}"',
               "Content-Type": "application/yaml"}  # fmt: skip
    answer = page.request.put(
        f"{lab}/peter/api/v1/dashboards/{slug}", headers=headers, data=text.replace(old, new)
    )
    assert answer.status == 200, answer.text()


def test_the_work_of_somebody_else_is_shown_before_it_is_replaced(lab: str, page: Page) -> None:
    open_file(page, lab, "contested")
    dialog = page.locator(".jp-Dialog")
    line(page, "slug: contested").click()
    command(page, "Publish")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published contested @")).to_be_visible()
    publish_as_somebody_else(page, lab, "contested", "title: Contested", "title: Theirs")
    type_after(page, "title: Contested", " by me")
    shown(page, "Contested by me")
    for keep in (True, False):
        command(page, "Publish")
        expect(dialog).to_contain_text("contested was published meanwhile")
        expect(dialog.locator("ul").first).to_contain_text('"Contested" -> "Theirs"')
        expect(dialog.locator("ul").last).to_contain_text('"Theirs" -> "Contested by me"')
        expect(dialog.get_by_role("button", name="Keep theirs")).to_be_focused()
        if keep:
            page.keyboard.press("Enter")
            expect(dialog).to_have_count(0)
            assert "title: Theirs" in published(page, lab, "contested")[1]
    # Somebody publishes once more while the question is read.
    publish_as_somebody_else(page, lab, "contested", "title: Theirs", "title: Theirs again")
    over = dialog.get_by_role("button", name="Publish mine over it")
    over.click()
    expect(dialog.locator("ul").first).to_contain_text('"Theirs" -> "Theirs again"')
    with page.expect_response(lambda r: r.request.method == "PUT" and r.status == 200):
        over.click()
    assert "title: Contested by me" in published(page, lab, "contested")[1]


def test_what_is_kept_in_git_is_replaced_by_who_says_so(lab: str, page: Page) -> None:
    place = "https://git.example/acme/kept.peter.yaml"
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/yaml"}
    text = BOARD.replace("departures", "kept").replace("Departures", f"In git\nmanaged: {place}")
    made = page.request.post(f"{lab}/peter/api/v1/dashboards", headers=headers, data=text)
    assert made.status == 201, made.text()
    open_file(page, lab, "kept")
    dialog = page.locator(".jp-Dialog")
    line(page, "slug: kept").click()
    command(page, "Publish")
    expect(dialog).to_contain_text("Its file is kept elsewhere and changed there:")
    expect(dialog.get_by_role("link", name=place)).to_have_attribute("href", place)
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert published(page, lab, "kept")[0] == made.json()["revision"]
    command(page, "Publish")
    with page.expect_response(lambda r: r.request.method == "PUT" and r.status == 200):
        dialog.get_by_role("button", name="Publish all the same").click()
    assert "title: Kept\n" in published(page, lab, "kept")[1]


def test_without_drawing_while_typing_a_file_is_drawn_when_it_is_saved(
    lab: str, page: Page
) -> None:
    headers = {"Authorization": f"token {TOKEN}"}
    address = f"{lab}/lab/api/settings/peter-lab:plugin"
    page.request.put(address, headers=headers, data={"raw": json.dumps({"autoPreview": False})})
    try:
        open_file(page, lab, "two")
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url) if "/validate" in r.url else None)
        type_after(page, "title: Two", " saved")
        page.wait_for_timeout(1500)
        assert asked == []
        page.keyboard.press("Control+s")
        shown(page, "Two saved")
    finally:
        page.request.put(address, headers=headers, data={"raw": "{}"})


def test_the_dashboards_of_the_shared_server_stand_in_the_sidebar(
    lab: str, page: Page, hub: str
) -> None:
    page.goto(f"{lab}/lab/workspaces/hub?token={TOKEN}&reset")
    show_sidebar(page)
    entry = page.locator(".peter-sidebar a", has_text="Sales of all")
    expect(entry).to_have_attribute("href", f"{hub}/dashboards/sales")
    expect(entry).to_have_attribute("rel", "noopener noreferrer")
    assert "the-shared-token" not in page.content()


def test_a_notebook_draws_the_lineage_with_search_columns_and_impact(lab: str, page: Page) -> None:
    session = {"path": "lineage.ipynb", "name": "lineage.ipynb", "type": "notebook",
               "kernel": {"name": "python3"}}  # fmt: skip
    headers = {"Authorization": f"token {TOKEN}"}
    assert page.request.post(f"{lab}/api/sessions", data=session, headers=headers).status == 201
    page.goto(f"{lab}/lab/workspaces/lineage/tree/lineage.ipynb?token={TOKEN}&reset")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
    view = page.locator(".jp-OutputArea [data-peter-live] .lineage")
    expect(view.locator(".node")).to_have_count(5, timeout=PATIENCE_MS)
    expect(page.locator(".peter-still")).to_be_hidden()
    view.get_by_role("button", name="Columns").click()
    expect(view.locator(".node.column", has_text="dep_delay")).to_be_visible()
    view.get_by_role("button", name="Impact").click()
    view.locator(".node.column", has_text="dep_delay").click()
    expect(view.get_by_role("status")).to_contain_text("Depends on dep_delay:")
    view.get_by_role("searchbox").fill("delay")
    assert grave(page, ".jp-OutputArea [data-peter-live]") == []


def grave(page: Page, root: str) -> list[dict[str, Any]]:
    """What axe calls serious below an element; landmarks are JupyterLab's own to arrange."""
    found = violations(page, root)
    return [one for one in found if one["impact"] in ("serious", "critical")]


def test_a_cell_is_verified_without_a_kernel(lab: str, page: Page) -> None:
    page.goto(f"{lab}/lab/workspaces/kernelless/tree/kernelless.ipynb?token={TOKEN}&reset")
    page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()
    page.locator(".jp-Notebook .cm-line", has_text="SELECT").first.click()
    page.locator('.jp-NotebookPanel-toolbar [data-command="peter:verify"]').click()
    report = page.locator(".peter-report")
    expect(report).to_contain_text("passed", timeout=PATIENCE_MS)
    expect(report).to_contain_text("local.nyc.flights")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_nothing_of_peter_in_the_lab_breaks_what_axe_knows(
    theme: str, lab: str, page: Page
) -> None:
    open_file(page, lab, "filtered")
    page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Theme", exact=True).hover()
    page.locator(".lm-Menu-itemLabel").get_by_text(f"JupyterLab {theme}", exact=True).click()
    expect(page.locator(".peter-board")).to_have_attribute("data-theme", theme.lower())
    show_sidebar(page)
    expect(page.locator(".peter-sidebar a")).to_be_visible()
    assert grave(page, ".peter-sidebar") == []
    assert grave(page, ".peter-preview") == []
    for label, words in (("Verify", "queries passed"), ("Cost", "Cost of"), ("Lineage", "Impact")):
        tabs(page, "filtered.peter.yaml").first.click()
        line(page, "slug:").click()
        command(page, label)
        expect(page.locator(".peter-report:visible")).to_contain_text(words)
        assert grave(page, ".peter-report:not(.lm-mod-hidden *)") == []


def test_keys_alone_lead_from_the_sidebar_to_a_figure_and_back(lab: str, page: Page) -> None:
    publish_new(page, lab, "traced")
    page.goto(f"{lab}/lab/workspaces/keys?token={TOKEN}&reset")
    expect(page.locator('.lm-TabBar-tab[title^="Peter"]')).to_be_visible()
    # What JupyterLab opens at last takes the focus, and with it the palette away.
    expect(page.locator(".jp-LauncherCard").first).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".jp-Launcher").click(position={"x": 5, "y": 5})
    keys = page.keyboard
    command_by_keys(page, "Search Dashboards")
    expect(page.get_by_label("Search dashboards")).to_be_focused()
    keys.type("traced")
    expect(page.locator(".peter-open")).to_have_count(1)
    keys.press("ArrowDown")
    expect(page.locator(".peter-open")).to_be_focused()
    keys.press("Enter")
    board = page.locator("#peter-dashboard-traced")
    figure = board.locator("figure [role=application]")
    expect(figure).to_be_visible()
    for _ in range(20):
        keys.press("Tab")
        if figure.evaluate("e => e === document.activeElement"):
            break
    expect(figure).to_be_focused()
    keys.press("ArrowRight")
    expect(board.locator("figure [role=status]")).not_to_be_empty()
    keys.press("Escape")
    command_by_keys(page, "Search Dashboards")
    expect(page.get_by_label("Search dashboards")).to_be_focused()


def publish_new(page: Page, lab: str, slug: str) -> None:
    """Publish a dashboard unless it is there."""
    text = BOARD.replace("departures", slug).replace("Departures", slug.capitalize())
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/yaml"}
    answer = page.request.post(f"{lab}/peter/api/v1/dashboards", headers=headers, data=text)
    assert answer.status in (201, 409), answer.text()


def command_by_keys(page: Page, label: str) -> None:
    page.keyboard.press("Control+Shift+C")
    expect(page.locator(".lm-CommandPalette-input")).to_be_focused()
    page.keyboard.type(f"Peter {label}")
    active = page.locator(".lm-CommandPalette-item.lm-mod-active")
    expect(page.locator(".lm-CommandPalette-item", has_text=label)).to_be_visible()
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        if any(label in text for text in active.all_inner_texts()):
            break
    expect(active).to_contain_text(label)
    page.keyboard.press("Enter")
