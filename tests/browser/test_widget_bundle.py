"""The widget's bundle over a model, as anywidget calls it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.serving import Site, Watched

pytestmark = pytest.mark.browser

RENDER = """
async ([address, artifact]) => {
  const state = { artifact, filters: {}, theme: 'auto', busy: false, problem: null };
  const listeners = {};
  const model = {
    get: name => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => { window.saved = (window.saved ?? 0) + 1; },
    on: (event, call) => { (listeners[event] ??= new Set()).add(call); },
    off: (event, call) => { listeners[event].delete(call); },
  };
  window.state = state;
  window.listeners = listeners;
  window.change = (name, value) => {
    state[name] = value;
    for (const call of listeners[`change:${name}`]) call();
  };
  const { default: widget } = await import(address);
  const el = document.createElement('div');
  document.body.replaceChildren(el);
  window.cleanup = await widget.render({ model, el });
}
"""


@pytest.fixture
def widget(site: Site, open_page: Callable[..., Watched]) -> Watched:
    """The gallery in a widget, on a page that has nothing else."""
    seen = open_page(f"{site.url}/dashboards")
    artifact = json.dumps(site.artifact)
    seen.page.evaluate(RENDER, [f"{site.url}/static/widget.js", artifact])
    return seen


def test_the_widget_draws_every_chart_without_a_further_request(widget: Watched) -> None:
    widget.drawn()
    asked = {address.split("/")[-1].split("?")[0] for address in widget.requests}
    # The list's own page, then the one file that anywidget hands over.
    assert asked == {"dashboards", "page.js", "peter.css", "widget.js"}
    assert widget.faults == []


def test_a_filter_reaches_the_model_with_every_value(widget: Watched) -> None:
    widget.page.get_by_label("Carrier").select_option("EX")
    sent = widget.page.evaluate("state.filters")
    assert sent["carrier"] == "EX"
    assert sent["period"] == ["2026-08-25", "2026-11-22"]
    assert widget.page.evaluate("saved") == 1


def test_a_newer_artifact_is_shown_and_an_open_table_stays_open(
    widget: Watched, site: Site
) -> None:
    page = widget.page
    page.get_by_role("button", name="Options for Revenue by channel").click()
    page.get_by_role("menuitem", name="View as table").click()
    newer = json.loads(json.dumps(site.artifact))
    newer["charts"]["orders"]["view"]["value"]["text"] = "123"
    page.evaluate("artifact => change('artifact', artifact)", json.dumps(newer))
    expect(page.locator("[data-chart=orders] .v")).to_have_text("123")
    expect(page.locator("[data-chart=channels] tbody tr")).to_have_count(5)


def test_a_problem_stands_above_the_old_data_until_it_is_gone(widget: Watched) -> None:
    page = widget.page
    problem = {"code": "x", "title": "Not computed", "detail": "Why.", "hint": None}
    page.evaluate("problem => change('problem', problem)", problem)
    expect(page.get_by_role("alert")).to_contain_text("Not computed")
    expect(page.locator("[data-chart=orders]")).to_be_visible()
    page.evaluate("change('problem', null)")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_theme_follows_the_lab_and_the_model_goes_first(widget: Watched) -> None:
    page = widget.page
    root = page.locator(".pt")
    expect(root).to_have_attribute("data-theme", "light")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    expect(root).to_have_attribute("data-theme", "dark")
    page.evaluate("change('theme', 'light')")
    expect(root).to_have_attribute("data-theme", "light")


def test_the_cleanup_leaves_no_listener_and_no_element(widget: Watched) -> None:
    page = widget.page
    page.evaluate("cleanup()")
    assert page.evaluate("Object.values(listeners).every(calls => calls.size === 0)")
    assert page.locator(".card").count() == 0
    assert widget.faults == []
