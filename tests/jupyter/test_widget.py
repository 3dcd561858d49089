"""The dashboard widget without a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import orjson

from peter_core.engine.port import CancelToken
from peter_core.errors import InvalidRequest
from peter_core.plan.artifact import Artifact
from peter_jupyter.live import live_dashboard


def artifact(title: str = "Flights", **charts: dict[str, Any]) -> Artifact:
    payload = {
        "format": 1, "slug": "flights", "revision": "4f2c91a" * 9, "title": title,
        "description": None, "filters": [], "layout": {"tabs": []}, "charts": charts,
        "as_of": None, "source_updated_at": None, "cache_hit": True, "bytes_scanned": 0,
        "queries": 1, "queries_cached": 1, "duration_ms": 1.0,
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

    def ask(values: Mapping[str, object], cancel: CancelToken) -> Artifact:
        asked.append(values)
        return artifact("Later")

    widget = live_dashboard(artifact(), ask, {})
    done = waits(widget, "busy", False)
    widget.filters = {"carrier": "AA"}
    assert done.wait(5)
    assert asked == [{"carrier": "AA"}]
    assert json.loads(widget.artifact)["title"] == "Later"
    widget.close()


def test_an_error_is_shown_in_every_chart_and_the_next_answer_heals_it() -> None:
    chart = {"type": "kpi", "state": "ready", "view": {"kind": "kpi"}, "title": "N"}

    def ask(values: Mapping[str, object], cancel: CancelToken) -> Artifact:
        if values["carrier"] == "??":
            raise InvalidRequest("The filter 'carrier' has no option '??'.", hint="Choose one.")
        return artifact("Later")

    widget = live_dashboard(artifact(n=chart), ask, {})
    done = waits(widget, "busy", False)
    widget.filters = {"carrier": "??"}
    assert done.wait(5)
    shown = json.loads(widget.artifact)["charts"]["n"]
    assert shown["state"] == "failed"
    assert shown["problem"]["detail"] == "The filter 'carrier' has no option '??'."
    done.clear()
    widget.filters = {"carrier": "AA"}
    assert done.wait(5)
    assert json.loads(widget.artifact)["title"] == "Later"
    widget.close()


def test_an_older_answer_never_replaces_a_newer_one() -> None:
    release, cancelled = threading.Event(), threading.Event()

    def ask(values: Mapping[str, object], cancel: CancelToken) -> Artifact:
        if values["n"] == 1:
            cancel.on_cancel(cancelled.set)
            release.wait(5)
            return artifact("Old")
        return artifact("New")

    widget = live_dashboard(artifact(), ask, {})
    done = waits(widget, "busy", False)
    widget.filters = {"n": 1}
    widget.filters = {"n": 2}
    assert done.wait(5)
    assert cancelled.wait(5)
    release.set()
    for thread in [t for t in threading.enumerate() if t.name == "peter-widget"]:
        thread.join(5)
    assert json.loads(widget.artifact)["title"] == "New"
    widget.close()


def test_a_saved_notebook_keeps_a_picture_and_words_without_data_in_a_script() -> None:
    widget = live_dashboard(artifact("<script>alert(1)</script>"), lambda *_: artifact(), {})
    data, _ = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "&lt;script&gt;alert(1)" in data["text/html"]
    assert "<script" not in data["text/html"]
    assert data["text/plain"].startswith("Dashboard <script>alert(1)</script> (flights @ 4f2c91a)")
    widget.close()


def test_the_sql_of_others_does_not_travel() -> None:
    chart = {"type": "kpi", "state": "ready", "view": None, "title": "N", "sql": "SELECT secret"}
    widget = live_dashboard(artifact(n=chart), lambda *_: artifact(n=chart), {}, with_sql=False)
    assert "secret" not in widget.artifact
    assert "secret" not in json.dumps(widget.get_state(), default=str).split('"_esm"')[0]
    done = waits(widget, "busy", False)
    widget.filters = {"n": 1}
    assert done.wait(5)
    assert "secret" not in widget.artifact
    widget.close()
