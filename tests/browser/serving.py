"""What a browser test watches, and the server it talks to."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from peter_jupyter.page import STATIC, Addresses, dashboard_page, lineage_page, list_page

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "tests" / "fixtures" / "artifacts" / "gallery.json"
TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass
class Watched:
    """A page with everything that went wrong in it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def drawn(self) -> None:
        """Wait until every plot on the page holds its picture."""
        # The first picture's cards have no name yet.
        expect(self.page.locator(".card[data-chart]").first).to_be_visible()
        expect(self.page.locator(".plot:not(:has(svg))")).to_have_count(0)


@dataclass
class Site:
    """A server on loopback. ``answer`` gives status, type and body for a query of the data."""

    url: str
    artifact: dict[str, Any]
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    answer: Callable[[dict[str, list[str]]], tuple[int, str, bytes]] | None = None
    entries: list[dict[str, object]] = field(default_factory=list)
    first_paint: bool = True
    graph: dict[str, Any] = field(default_factory=dict)

    def reply(self, path: str, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        """What a GET is answered with."""
        if path == "/data":
            self.asked.append(query)
            answer = self.answer or self._data
            return answer(query)
        if path.startswith(("/static/", "/peter/static/")):
            file = STATIC / path.rpartition("/")[2]
            return 200, TYPES[file.suffix], file.read_bytes()
        if path == "/lineage":
            page = lineage_page(
                title="Sales", data_url="/graph", board_url="/page", static_url="/static"
            )
            return 200, "text/html", page.encode()
        if path == "/graph" or path.startswith("/lineage/downstream/"):
            return 200, "application/json", json.dumps(self.graph).encode()
        if path == "/dashboards":
            return (
                200,
                "text/html",
                list_page(
                    self.entries, static_url="/static", language=self.artifact["locale"]
                ).encode(),
            )
        if path == "/page":
            body = json.dumps(self.artifact).encode() if self.first_paint else None
            addresses = Addresses(data_url="/data", static_url="/static", list_url="/dashboards")
            language = self.artifact["locale"]
            page = dashboard_page("Sales", addresses, artifact_json=body, language=language)
            return 200, "text/html", page.encode()
        return 404, "text/plain", b"not here"

    def _data(self, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        shown = copy.deepcopy(self.artifact)
        for filter_ in shown["filters"]:
            name = filter_["name"]
            asked = query.get(name)
            if f"{name}_start" in query:
                filter_["value"] = [*query[f"{name}_start"], *query[f"{name}_end"]]
            elif asked is not None:
                filter_["value"] = asked if filter_.get("multiple") else asked[0]
        return 200, "application/json", json.dumps(shown).encode()
