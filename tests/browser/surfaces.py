"""The four surfaces of one dashboard, as one JupyterLab and its extension serve them."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

from nbformat.v4 import new_code_cell, new_notebook, writes
from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket, expect

TOKEN = "a-token-of-the-test"  # noqa: S105 (the server is this test's own)
PATIENCE_MS = 90_000
HERE = ("data:", "blob:", "file:", "about:")


@dataclass
class Window:
    """A window that notes what is asked of others, what is thrown and what pops up."""

    browser: Browser
    lab: str
    width: int = 1440
    outside: list[str] = field(default_factory=list)
    thrown: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Window:
        self.context: BrowserContext = self.browser.new_context(
            viewport={"width": self.width, "height": 1000}
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.context.on("request", self._asked)
        self.page.on("pageerror", lambda error: self.thrown.append(str(error)))
        self.page.on("dialog", self._popped)
        self.page.on("websocket", self._connected)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.context.close()

    def open_page(self, slug: str) -> None:
        """The hub's page of a published dashboard."""
        self.page.goto(f"{self.lab}/peter/dashboards/{slug}?token={TOKEN}")

    def open_export(self, slug: str, folder: Path) -> Path:
        """The export of a published dashboard, downloaded and opened from disk."""
        answer = self.page.request.get(
            f"{self.lab}/peter/dashboards/{slug}/export", headers=HEADERS
        )
        assert answer.status == 200, answer.text()
        path = folder / f"{slug}.html"
        path.write_bytes(answer.body())
        self.page.goto(path.as_uri())
        return path

    def open_preview(self, slug: str) -> None:
        """A dashboard file in JupyterLab, its picture beside its text."""
        self.page.goto(
            f"{self.lab}/lab/workspaces/{slug}/tree/{slug}.peter.yaml?token={TOKEN}&reset"
        )

    def run_notebook(self, name: str) -> None:
        """Run every cell of a notebook whose kernel already runs: Lab then need not ask for one."""
        session = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        started = self.page.request.post(f"{self.lab}/api/sessions", data=session, headers=HEADERS)
        assert started.status == 201, started.text()
        stem = Path(name).stem
        self.page.goto(f"{self.lab}/lab/workspaces/{stem}/tree/{name}?token={TOKEN}")
        idle = self.page.get_by_text("Python 3 (ipykernel) | Idle")
        expect(idle).to_be_visible(timeout=PATIENCE_MS)
        self.page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()

    def harmless(self) -> None:
        """Nothing ran that was a text, and nothing was asked of anybody else."""
        assert self.outside == []
        assert self.thrown == []
        assert self.dialogs == []
        for frame in self.page.frames:
            assert frame.evaluate("window.pwned") is None

    def parcels(self, what: str) -> list[bytes]:
        """Texts of a name that widgets got as messages, unpacked, in the order they were sent."""
        import gzip

        found: dict[tuple[str, int], dict[int, bytes]] = {}
        for frame in self.frames:
            content, buffers = _message(frame)
            part = content.get("data", {}).get("content")
            if not isinstance(part, dict) or part.get("what") != what or not buffers:
                continue
            if part.get("kind") == "parcel":
                key = (str(content["comm_id"]), int(part["id"]))
                found.setdefault(key, {})[int(part["part"])] = buffers[0]
        return [gzip.decompress(b"".join(parts[at] for at in sorted(parts)))
                for parts in found.values()]  # fmt: skip

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.lab}/", *HERE)):
            self.outside.append(request.url)

    def _popped(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _connected(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(
            frame if isinstance(frame, bytes) else frame.encode()))  # fmt: skip


HEADERS = {"Authorization": f"token {TOKEN}"}


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook that loads the extension and then has these cells."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    sources = ["%load_ext peter_jupyter", *cells]
    notebook = new_notebook(
        cells=[new_code_cell(source) for source in sources], metadata={"kernelspec": kernel}
    )
    path.write_text(writes(notebook), "utf-8")


def drawn(page: Page, root: str, charts: int) -> None:
    """Wait until a dashboard below ``root`` has its plots, each with its picture."""
    board = page.locator(root)
    expect(board.locator(".plot")).to_have_count(charts, timeout=PATIENCE_MS)
    expect(board.locator(".plot:not(:has(svg))")).to_have_count(0, timeout=PATIENCE_MS)


def _message(frame: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Content and buffers of a kernel's message (v1.kernel.websocket.jupyter.org)."""
    if frame[:1] == b"{" or len(frame) < 16:
        return {}, []
    (count,) = struct.unpack_from("<Q", frame)
    ends = struct.unpack_from(f"<{count}Q", frame, 8)
    parts = [frame[start:end] for start, end in pairwise(ends)]
    # Channel, header, parent header, metadata, content, then the buffers.
    content = json.loads(parts[4]) if len(parts) > 4 else {}
    return content, parts[5:]
