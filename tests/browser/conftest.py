"""A browser, and a small server that serves a page as Peter's hosts do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from peter_jupyter.page import csp
from tests.browser.serving import GALLERY, Site, Watched

PATIENCE_MS = 60_000
"""For what a page does at once: a busy machine needs longer for it."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless Chromium a module: while it lives, no other event loop runs in the process."""
    path = Path("/usr/bin/chromium")
    if not path.exists():
        pytest.fail("the browser tests need /usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Open an address; console errors, policy violations and requests are written down."""
    contexts = []

    def opened(url: str, *, width: int = 1280, theme: str = "light", **more: Any) -> Watched:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, **more
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        watched = Watched(context.new_page())
        page = watched.page
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e =>"
            " console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        page.on("console", lambda message: _note(watched, message.type, message.text))
        page.on("pageerror", lambda error: watched.faults.append(str(error)))
        page.on("request", lambda request: watched.requests.append(request.url))
        page.goto(url)
        return watched

    yield opened
    for context in contexts:
        context.close()


def _note(watched: Watched, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        watched.faults.append(text)


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server with the gallery dashboard."""
    served = Site(url="", artifact=json.loads(GALLERY.read_text("utf-8")))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query, keep_blank_values=True)
            status, kind, body = served.reply(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", csp())
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
