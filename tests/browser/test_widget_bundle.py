"""The widget's bundle over a model, as anywidget calls it."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from peter_jupyter.page import STATIC, asset_version
from peter_jupyter.widget import PART
from tests.browser.serving import Site, Watched

pytestmark = pytest.mark.browser

RENDER = """
async ([address, shown, answers, jupyter, more]) => {
  if (jupyter) {
    const config = document.createElement('script');
    config.type = 'application/json';
    config.id = 'jupyter-config-data';
    config.textContent = JSON.stringify({ baseUrl: jupyter });
    document.head.append(config);
  }
  const state = { filters: {}, theme: 'auto', busy: false, problem: null, ...more };
  const listeners = {};
  let sent = 0;
  window.asked = [];
  window.sendParts = (what, parts) => {
    sent += 1;
    const head = { kind: 'parcel', what, id: sent, parts: parts.length };
    // The last part first: nothing says that messages keep their order.
    for (const [part, text] of [...parts.entries()].reverse()) {
      const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
      for (const call of listeners['msg:custom']) {
        call({ ...head, part }, [new DataView(bytes.buffer)]);
      }
    }
  };
  const model = {
    get: name => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => { window.saved = (window.saved ?? 0) + 1; },
    on: (event, call) => { (listeners[event] ??= new Set()).add(call); },
    off: (event, call) => { listeners[event].delete(call); },
    send: message => {
      window.asked.push(message.what);
      setTimeout(() => sendParts(message.what, answers[message.what] ?? shown));
    },
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


def parts_of(text: bytes) -> list[str]:
    packed = gzip.compress(text)
    return [b64encode(packed[at : at + PART]).decode() for at in range(0, len(packed), PART)]


Start = Callable[..., Watched]


@pytest.fixture
def start(site: Site, open_page: Callable[..., Watched]) -> Start:
    """The gallery in a widget, on a page that has nothing else."""

    def started(
        *,
        base: str | None = "/",
        shown: bytes | None = None,
        state: dict[str, Any] | None = None,
        **more: Any,
    ) -> Watched:
        seen = open_page(f"{site.url}/dashboards", **more)
        artifact = json.dumps(site.artifact).encode()
        answers = {
            "renderer": parts_of((STATIC / "full.js").read_bytes()),
            "words": parts_of(b"null"),  # English
        }
        seen.requests.clear()
        loader = f"{site.url}/peter/static/widget.js"
        told = parts_of(shown or artifact)
        seen.page.evaluate(RENDER, [loader, told, answers, base, state or {}])
        return seen

    return started


@pytest.fixture
def widget(start: Start) -> Watched:
    return start()


def names(seen: Watched) -> list[str]:
    return [address.split("/")[-1].split("?")[0] for address in seen.requests]


def test_the_renderer_comes_from_the_notebooks_own_server_and_charts_after_it(
    widget: Watched, site: Site
) -> None:
    widget.drawn()
    assert names(widget) == ["widget.js", "renderer.js", "charts.js"]
    versions = [address.rpartition("=")[2] for address in widget.requests[1:]]
    assert versions == [asset_version("renderer.js"), asset_version("charts.js")]
    assert widget.page.evaluate("asked") == ["artifact"]
    assert widget.faults == []


@pytest.mark.parametrize("base", [None, "https://elsewhere.example/"])
def test_a_page_without_a_server_of_its_own_asks_the_kernel_for_the_renderer(
    base: str | None, start: Start, site: Site
) -> None:
    seen = start(base=base, bypass_csp=True)
    seen.drawn()
    assert seen.page.evaluate("asked") == ["renderer", "artifact"]
    assert [address for address in seen.requests if not address.startswith("blob:")] == [
        f"{site.url}/peter/static/widget.js"
    ]


def test_a_server_without_the_extension_asks_the_kernel_for_the_renderer(start: Start) -> None:
    seen = start(base="/nothing/here/", bypass_csp=True)
    seen.drawn()
    assert seen.page.evaluate("asked") == ["renderer", "artifact"]


def test_what_a_notebook_carries_is_small() -> None:
    assert (STATIC / "widget.js").stat().st_size < 3_000


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
    page.evaluate("parts => sendParts('artifact', parts)", parts_of(json.dumps(newer).encode()))
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


LINEAGE = {
    "nodes": [
        {"id": "dashboard:sales", "kind": "dashboard", "name": "sales", "title": "<b>Sales</b>"},
        {"id": "table:local.shop.orders", "kind": "table", "name": "local.shop.orders"},
    ],
    "edges": [{"source": "table:local.shop.orders", "target": "dashboard:sales", "kind": "reads"}],
}


@pytest.mark.parametrize("base", ["/", None])
def test_a_lineage_is_drawn_by_the_same_loader_wherever_its_renderer_comes_from(
    base: str | None, start: Start
) -> None:
    shown = json.dumps(LINEAGE).encode()
    seen = start(base=base, shown=shown, state={"shows": "lineage"}, bypass_csp=base is None)
    page = seen.page
    expect(page.locator(".pt .node")).to_have_count(2)
    expect(page.locator(".node.dashboard")).to_contain_text("<b>Sales</b>")
    expect(page.locator("[data-peter-live]")).to_have_count(1)
    assert page.evaluate("asked") == [*([] if base else ["renderer"]), "words", "tables"]
    if base:
        assert names(seen) == ["widget.js", "lineage-widget.js"]
    page.get_by_role("button", name="Impact").click()
    page.locator(".node.table").click()
    page.get_by_role("button", name="Columns").click()
    page.wait_for_function("asked.includes('columns')")
    assert "impact table:local.shop.orders" in page.evaluate("asked")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    expect(page.locator(".pt")).to_have_attribute("data-theme", "dark")
    page.evaluate("cleanup()")
    assert page.locator(".node").count() == 0
    assert page.evaluate("Object.values(listeners).every(calls => calls.size === 0)")
    assert seen.faults == []
