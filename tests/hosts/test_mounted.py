"""What a host answers at is what its matrix of callers states: no route is mounted beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from tornado.web import Application, RedirectHandler

from peter_core.config import Settings
from peter_jupyter.hosts.hub.login import Hub
from peter_jupyter.hosts.hub.resources import OWN_ROUTES as HUB_ROUTES
from peter_jupyter.hosts.hub.serving import application, pooled
from peter_jupyter.hosts.jupyter_server import OWN_ROUTES as JUPYTER_ROUTES
from peter_jupyter.hosts.jupyter_server import PeterServerApp
from peter_jupyter.hosts.standalone.addresses import PublicAddress
from peter_jupyter.hosts.standalone.app import LOGIN_ROUTES, login_app, open_app
from peter_jupyter.http.pool import PooledPeter
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.routes import ROUTES
from tests.hosts.standalone.house import KEY
from tests.hosts.standalone.test_matrix import STATED
from tests.http.test_door import MOUNTED


def _mounted(app: Application) -> list[tuple[str, type]]:
    """Every pattern that an application answers at, and its handler."""
    return [(rule.matcher.regex.pattern.rstrip("$"), rule.target)
            for rule in app.wildcard_router.rules]  # fmt: skip


def _patterns(*routes: tuple[str, type[Resource]]) -> set[str]:
    return {pattern for pattern, _ in routes}


@pytest.mark.parametrize("login", [True, False])
def test_a_standalone_server_has_the_routes_of_its_matrix_and_one_for_nowhere(
    tmp_path: Path, login: bool
) -> None:
    settings = Settings(
        folder=tmp_path, session_secret_key=SecretStr(KEY),
        google_oauth_client_id="c", google_oauth_client_secret=SecretStr("s"),
    )  # fmt: skip
    address = PublicAddress("http://127.0.0.1:1", "/base/")
    made = login_app(settings, address, {}) if login else open_app(settings, address)
    found = {pattern.removeprefix("/base/") for pattern, _ in _mounted(made.app)}
    if made.database is not None and made.threads is not None:
        made.threads.shutdown()
        made.database.close()
    stated = set(STATED) if login else set(STATED) - _patterns(*LOGIN_ROUTES)
    assert found == stated | {"/.*"}


def test_the_limits_of_a_host_are_those_of_its_settings(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, max_body=5_000, user_concurrency=3)
    address = PublicAddress("http://127.0.0.1:1", "/")
    for pool in (open_app(settings, address).pool, pooled(settings)):
        assert (pool.max_body, pool.admission._concurrency) == (5_000, 3)


def test_a_hubs_service_has_the_routes_of_its_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SERVICE_PREFIX", "/services/peter/"), ("SERVICE_NAME", "peter"),
                        ("CLIENT_ID", "service-peter"), ("API_TOKEN", "t"),
                        ("API_URL", "http://127.0.0.1:1/hub/api")):  # fmt: skip
        monkeypatch.setenv(f"JUPYTERHUB_{name}", value)
    pool = PooledPeter(lambda: None)  # type: ignore[arg-type,return-value]
    rules = _mounted(application(Hub(), pool))
    own = {pattern.removeprefix("/services/peter/") for pattern, handler in rules
           if handler is not RedirectHandler}  # fmt: skip
    assert own == _patterns(*HUB_ROUTES, *ROUTES)
    assert [pattern for pattern, handler in rules if handler is RedirectHandler] == [
        "/services/peter"
    ]


def test_a_jupyter_server_has_the_routes_of_its_matrix() -> None:
    app = PeterServerApp()
    app.initialize_handlers()
    found = {str(handler[0]).removeprefix("/peter/") for handler in app.handlers}
    assert found == _patterns(*MOUNTED) == _patterns(*JUPYTER_ROUTES, *ROUTES)
