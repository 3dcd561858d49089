"""The dashboard widget without a browser."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from peter_core.engine.port import CancelToken
from peter_core.errors import InvalidRequest, NotFound
from peter_core.lineage.graph import Edge, Graph, Node
from peter_core.plan.artifact import Artifact
from peter_jupyter.live import live_dashboard, live_lineage
from peter_jupyter.page import STATIC
from peter_jupyter.widget import DashboardWidget


def artifact(title: str = "Flights", **charts: dict[str, Any]) -> Artifact:
    payload = {
        "format": 1, "slug": "flights", "revision": "4f2c91a" * 9, "title": title,
        "description": None, "filters": [], "layout": {"tabs": []}, "charts": charts,
        "as_of": None, "source_updated_at": None, "cache_hit": True, "bytes_scanned": 0,
        "queries": 1, "queries_cached": 1, "duration_ms": 1.0,
        "locale": "en-US", "timezone": "UTC",
    }  # fmt: skip
    return Artifact("flights", "4f2c91a" * 9, "etag", orjson.dumps(payload))


def waits(widget: Any, name: str, value: object) -> threading.Event:
    seen = threading.Event()

    def look(change: Mapping[str, Any]) -> None:
        if change["new"] == value:
            seen.set()

    widget.observe(look, names=name)
    return seen


def test_a_changed_filter_asks_again() -> None:
    asked: list[Mapping[str, object]] = []

    def ask(values: Mapping[str, object], charts: object, cancel: CancelToken) -> Artifact:
        asked.append(values)
        return artifact("Later")

    widget = live_dashboard(artifact(), ask, {})
    done = waits(widget, "busy", False)
    widget.filters = {"carrier": "AA"}
    assert done.wait(60)
    assert asked == [{"carrier": "AA"}]
    assert json.loads(widget.artifact)["title"] == "Later"
    widget.close()


def test_an_error_is_shown_in_every_chart_and_the_next_answer_heals_it() -> None:
    chart = {"type": "kpi", "state": "ready", "view": {"kind": "kpi"}, "title": "N"}

    def ask(values: Mapping[str, object], charts: object, cancel: CancelToken) -> Artifact:
        if values["carrier"] == "??":
            raise InvalidRequest("The filter 'carrier' has no option '??'.", hint="Choose one.")
        return artifact("Later")

    widget = live_dashboard(artifact(n=chart), ask, {})
    done = waits(widget, "busy", False)
    widget.filters = {"carrier": "??"}
    assert done.wait(60)
    shown = json.loads(widget.artifact)["charts"]["n"]
    assert shown["state"] == "failed"
    assert shown["problem"]["detail"] == "The filter 'carrier' has no option '??'."
    done.clear()
    widget.filters = {"carrier": "AA"}
    assert done.wait(60)
    assert json.loads(widget.artifact)["title"] == "Later"
    widget.close()


def test_a_filter_is_told_only_the_charts_it_touches_until_an_answer_fails() -> None:
    def chart(name: str, *filters: str) -> dict[str, Any]:
        return {"title": name, "state": "ready", "filters": filters, "computed_at": None,
                "source_updated_at": None, "refreshing": False, "sql": None}  # fmt: skip

    def board(carrier: str, **charts: dict[str, Any]) -> Artifact:
        made = artifact("Flights", **charts)
        more: dict[str, Any] = {"partial": len(charts) < 2, "locale": "fr-FR"}
        more["filters"] = [{"name": "carrier", "value": carrier, "default": "AA"}]
        return replace(made, body=orjson.dumps(made.payload | more))

    asked: list[object] = []

    def ask(values: Mapping[str, object], charts: Collection[str] | None,
            cancel: CancelToken) -> Artifact:  # fmt: skip
        asked.append(charts)
        if values["carrier"] == "??":
            raise InvalidRequest("No such carrier.")
        both = {"n": chart(str(values["carrier"]), "carrier"), "t": chart("About")}
        told = {name: one for name, one in both.items() if charts is None or name in charts}
        return board(str(values["carrier"]), **told)

    widget = live_dashboard(board("AA", n=chart("AA", "carrier"), t=chart("About")), ask, {})
    sent = sent_by(widget)
    done = waits(widget, "busy", False)
    for carrier in ("UA", "??", "B6"):
        done.clear()
        widget.filters = {"carrier": carrier}
        assert done.wait(60)
    assert asked == [{"n"}, {"n"}, None], "after a failure every chart is asked for"
    told = [json.loads(gzip.decompress(body)) for _, body in sent]
    assert [sorted(one["charts"]) for one in told] == [["n"], ["n", "t"], ["n", "t"]]
    assert told[1]["charts"]["t"]["problem"]["title"] == "Le tableau de bord n’a pas été calculé"
    shown = json.loads(widget.artifact)["charts"]
    assert {name: one["title"] for name, one in shown.items()} == {"n": "B6", "t": "About"}
    widget.close()


def test_an_older_answer_never_replaces_a_newer_one() -> None:
    release, cancelled = threading.Event(), threading.Event()

    def ask(values: Mapping[str, object], charts: object, cancel: CancelToken) -> Artifact:
        if values["n"] == 1:
            cancel.on_cancel(cancelled.set)
            release.wait(60)
            return artifact("Old")
        return artifact("New")

    widget = live_dashboard(artifact(), ask, {})
    done = waits(widget, "busy", False)
    widget.filters = {"n": 1}
    widget.filters = {"n": 2}
    assert done.wait(60)
    assert cancelled.wait(60)
    release.set()
    for thread in [t for t in threading.enumerate() if t.name == "peter-widget"]:
        thread.join(60)
    assert json.loads(widget.artifact)["title"] == "New"
    widget.close()


def sent_by(widget: Any) -> list[tuple[dict[str, Any], bytes]]:
    """What is sent from here on, as pairs of a message and its first buffer."""
    sent: list[tuple[dict[str, Any], bytes]] = []
    widget.send = lambda content, buffers: sent.append((content, buffers[0]))
    return sent


def test_a_saved_notebook_keeps_a_picture_and_words_without_data_in_a_script() -> None:
    shown = artifact("<script>alert(1)</script>")
    data, _ = live_dashboard(shown, lambda *_: artifact(), {})._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "&lt;script&gt;alert(1)" in data["text/html"]
    assert "<script" not in data["text/html"]
    assert data["text/plain"].startswith("Dashboard <script>alert(1)</script> (flights @ 4f2c91a)")


def test_in_jupyters_pages_picture_still_and_live_view_are_outputs_below_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell = SimpleNamespace(user_ns={}, kernel=object())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    picture, still, view = live_dashboard(artifact(), lambda *_: artifact(), {})
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == str(picture) == "Picture of Flights"
    assert 'class="peter-still"' in still["text/html"]
    assert still["text/plain"].startswith("Dashboard Flights")
    assert list(view._repr_mimebundle_()[0]) == ["application/vnd.jupyter.widget-view+json"]
    assert str(view) == "Live while its kernel runs; above is what it last showed."
    # Visual Studio Code shows outputs apart from each other, so there it is one.
    shell.user_ns["__vsc_ipynb_file__"] = "board.ipynb"
    assert isinstance(live_dashboard(artifact(), lambda *_: artifact(), {}), DashboardWidget)


def test_a_terminal_shows_the_words_and_draws_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(user_ns={}))
    monkeypatch.setattr("vl_convert.svg_to_png", None)
    shown = live_dashboard(artifact(), lambda *_: artifact(), {})
    assert shown["text/plain"].startswith("Dashboard Flights")


def test_the_state_that_a_notebook_may_save_holds_no_data_and_no_renderer() -> None:
    noise = secrets.token_hex(60_000)
    widget = live_dashboard(artifact(noise), lambda *_: artifact(), {})
    state = json.dumps(widget.get_state(), default=str)
    assert noise not in state
    assert len(state) < 6_000
    widget.close()


def test_an_output_is_sent_the_artifact_in_small_parts_when_it_asks() -> None:
    noise = secrets.token_hex(30_000)
    widget = live_dashboard(artifact(noise), lambda *_: artifact("Later"), {})
    sent = sent_by(widget)
    widget._handle_custom_msg({"kind": "ask", "what": "artifact"}, [])
    assert [message["part"] for message, _ in sent] == list(range(sent[0][0]["parts"]))
    assert len(sent) > 3
    assert all(len(body) + len(json.dumps(message)) < 9_000 for message, body in sent)
    whole = gzip.decompress(b"".join(body for _, body in sent))
    assert json.loads(whole)["title"] == noise
    sent.clear()
    done = waits(widget, "busy", False)
    widget.filters = {"carrier": "AA"}
    assert done.wait(60)
    assert json.loads(gzip.decompress(sent[0][1]))["title"] == "Later"
    widget.close()


def test_an_output_is_sent_the_renderer_when_its_server_has_none() -> None:
    widget = live_dashboard(artifact(), lambda *_: artifact(), {})
    sent = sent_by(widget)
    widget._handle_custom_msg({"kind": "ask", "what": "renderer"}, [])
    assert gzip.decompress(b"".join(body for _, body in sent)) == (STATIC / "full.js").read_bytes()
    sent.clear()
    for nonsense in ({"what": "secrets"}, "renderer", None, {}):
        widget._handle_custom_msg(nonsense, [])
    assert sent == []
    widget.close()


def test_the_sql_of_others_does_not_travel() -> None:
    chart = {"type": "kpi", "state": "ready", "view": None, "title": "N", "sql": "SELECT secret"}
    widget = live_dashboard(artifact(n=chart), lambda *_: artifact(n=chart), {}, with_sql=False)
    assert "secret" not in widget.artifact
    assert "secret" not in json.dumps(widget.get_state(), default=str)
    done = waits(widget, "busy", False)
    widget.filters = {"n": 1}
    assert done.wait(60)
    assert "secret" not in widget.artifact
    widget.close()


TABLES = Graph(
    (
        Node("query:a/q", "query", "q"),
        Node("table:local.nyc.flights", "table", "local.nyc.flights"),
    ),
    (Edge("table:local.nyc.flights", "query:a/q", "reads"),),
)
COLUMN = Node("column:local.nyc.flights/delay", "column", "delay")


def answered(widget: Any, what: str) -> Any:
    """What an output is told when it asks."""
    sent = sent_by(widget)
    widget._handle_custom_msg({"kind": "ask", "what": what}, [])
    assert {message["what"] for message, _ in sent} == {what}
    return json.loads(gzip.decompress(b"".join(body for _, body in sent)))


def test_a_lineage_is_told_down_to_what_is_asked_for_and_what_hangs_on_a_node() -> None:
    asked: list[object] = []

    def load(columns: bool) -> Graph:
        asked.append(columns)
        return Graph((*TABLES.nodes, COLUMN), TABLES.edges)

    def impact(node: str) -> Graph:
        asked.append(node)
        if node == "table:gone":
            raise NotFound("No lineage node has the id 'table:gone'.", hint="List them.")
        return TABLES

    widget = live_lineage(TABLES, load, impact)
    assert answered(widget, "tables") == TABLES.to_json()
    assert asked == []
    assert answered(widget, "columns")["nodes"][-1]["kind"] == "column"
    assert answered(widget, "impact table:local.nyc.flights") == TABLES.to_json()
    assert answered(widget, "impact table:gone")["problem"]["hint"] == "List them."
    assert asked == [True, "table:local.nyc.flights", "table:gone"]
    sent = sent_by(widget)
    widget._handle_custom_msg({"what": "artifact"}, [])
    assert sent == []
    assert widget.get_state()["shows"] == "lineage"
    widget.close()


def test_a_lineage_is_told_in_the_dashboards_language() -> None:
    def load(columns: bool) -> Graph:
        raise NotFound("No dashboard is published as 'x'.")

    german = live_lineage(TABLES, load, lambda _: TABLES, language="de-CH")
    words = answered(german, "words")
    assert words["language"] == "de"
    assert words["words"]["searchLineage"] == "Tabellen, Abfragen, Diagramme suchen"
    title = answered(german, "columns")["problem"]["title"]
    assert title == "Die Herkunft lässt sich nicht sagen"
    english = live_lineage(TABLES, load, lambda _: TABLES)
    assert answered(english, "words") is None
    assert answered(english, "columns")["problem"]["title"] == "The lineage cannot be told"
    for widget in (german, english):
        widget.close()


def test_a_saved_notebook_keeps_the_lineage_as_a_picture_a_table_and_words() -> None:
    live = live_lineage(TABLES, lambda _: TABLES, lambda _: TABLES, language="de")
    assert "<code>Abfrage</code>" in live._repr_mimebundle_()[0]["text/html"]
    data, _ = live_lineage(TABLES, lambda _: TABLES, lambda _: TABLES)._repr_mimebundle_()
    assert data["text/html"].count('<img src="data:image/svg+xml;base64,') == 1
    assert 'alt="Lineage: 1 query, 1 table"' in data["text/html"]
    assert "<td>local.nyc.flights</td>" in data["text/html"]
    assert data["text/plain"].splitlines()[1:] == [
        "  query q <- local.nyc.flights",
        "  table local.nyc.flights",
    ]
