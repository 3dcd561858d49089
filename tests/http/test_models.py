"""The models are for clients, too: they load without what only a server needs."""

from __future__ import annotations

import json
import subprocess
import sys

LOADED = """
import sys, json
import peter_jupyter.client
print(json.dumps(sorted(sys.modules)))
"""


def test_a_client_loads_neither_handlers_nor_a_server_nor_an_engine() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=120, check=True
    )
    loaded = set(json.loads(ran.stdout))
    assert "peter_jupyter.http.models.verification" in loaded
    heavy = {"tornado", "sqlglot", "sqlalchemy", "duckdb", "pyarrow", "peter_core.service"}
    assert not heavy & loaded
    handlers = {"peter_jupyter.http.resource", "peter_jupyter.http.routes"}
    assert not handlers & loaded


def test_the_package_still_gives_the_handlers_by_name() -> None:
    from peter_jupyter import http
    from peter_jupyter.http.routes import build_handlers

    assert http.build_handlers is build_handlers
    assert not hasattr(http, "no_such_name")
