"""A script that uses a browser's login at a Jupyter Server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from peter_core.errors import Forbidden
from peter_jupyter.client import PeterClient
from tests.servers.jupyter import jupyter_server
from tests.small_flights import write_tables


def test_a_browsers_cookies_do_what_the_browser_may(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "workspace")
    with jupyter_server(folder, token="only-this-server") as server:  # noqa: S106
        with httpx.Client() as browser:
            page = browser.get(f"{server.url}/dashboards", params={"token": "only-this-server"})
            assert page.status_code == 200
            kept = {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
            browser.get(f"{server.url.removesuffix('/peter')}/tree")
            kept |= {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
        header = "; ".join(f"{name}={value}" for name, value in kept.items())
        with PeterClient(server.url, session=header) as client:
            assert client.verify("SELECT 1 AS n").verdict == "passed"
        without = "; ".join(f"{n}={v}" for n, v in kept.items() if n != "_xsrf")
        with PeterClient(server.url, session=without) as client:
            assert client.me().host == "jupyter"
            with pytest.raises(Forbidden, match="XSRF"):
                client.verify("SELECT 1 AS n")
