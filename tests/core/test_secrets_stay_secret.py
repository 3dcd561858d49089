"""Planted secrets come back nowhere: logs, errors, spans, files, ``peter config``, notebooks."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from peter_core import Peter, telemetry
from peter_core.config import Settings, read_settings
from peter_core.config.secrets import SecretManager
from peter_core.errors import ConfigError, PeterError
from peter_core.principal import Principal
from tests.fakes.otlp import FakeCollector, collector
from tests.fakes.secret_manager import secret_manager
from tests.jupyter.command_line import CommandLine

ROOT = Path(__file__).parents[2]
NOWHERE = Path("/nonexistent/peter.toml")
PLANTED = {
    "ledger password": "canary-ledger-5Jq2",
    "cache password": "canary-redis-8Wd1",
    "session key": "canary-session-a81f0e7c3d5b29466f",
    "cache key": "canary-sealing-c93e7b1d04a2586ff1",
    "OAuth secret": "GOCSPX-canary-oauth-77",
    "collector token": "canary-otlp-token-31",
    "secret of Secret Manager": "canary-manager-0c5f8d72e1b3a9d648",
    "service account key": "canaryMIIEvQIBADANBgkqhkiG9w0",
    "bearer token": "ya29.canary-bearer-q8",
    "cookie": "canary-cookie-9931",
    "value in an error": "canary-iban-DE8937",
    "value of a parameter": "canary-parameter-412",
    "e-mail": "canary.person@example.com",
}
FAILING = (
    f"SELECT IF(n > 0, ERROR('{PLANTED['value in an error']}'), 1) AS x"
    " FROM (SELECT COUNT(*) AS n FROM nyc.flights)"
)
BOUND = "SELECT COUNT(*) AS n FROM nyc.flights WHERE carrier = @carrier"
DASHBOARD = f"""\
version: 1
slug: canary
title: Canary
queries:
  fails: {{sql: "{FAILING}"}}
charts:
  x: {{type: table, query: fails, title: X}}
"""
PERSON = Principal(PLANTED["e-mail"], roles=frozenset({"author"}))


def found_in(text: str | bytes, *, but: frozenset[str] = frozenset()) -> list[str]:
    """The planted secrets that stand in a text."""
    raw = text.encode() if isinstance(text, str) else text
    return [name for name, value in PLANTED.items() if name not in but and value.encode() in raw]


def environment() -> dict[str, str]:
    """Everything a server is given, without the addresses of servers that are not there."""
    return {
        "SESSION_SECRET_KEY": PLANTED["session key"],
        "PETER_CACHE_KEY": PLANTED["cache key"],
        "GOOGLE_OAUTH_CLIENT_ID": "1234.apps.googleusercontent.com",
        "GOOGLE_OAUTH_CLIENT_SECRET": PLANTED["OAuth secret"],
        "PETER_OTLP_HEADERS": f"authorization=Bearer {PLANTED['collector token']}",
    }


def with_servers() -> dict[str, str]:
    """The same with the ledger and the cache of the cloud."""
    return environment() | {
        "DATABASE_URL": f"postgresql://peter:{PLANTED['ledger password']}@db/peter",
        "REDIS_URL": f"redis://:{PLANTED['cache password']}@cache:6379/0",
    }


@dataclass
class World:
    """What a server left behind after it worked for somebody."""

    folder: Path
    collector: FakeCollector
    logs: list[str]
    errors: list[PeterError]
    settings: Settings


@pytest.fixture(scope="module")
def world(flights_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Queries that fail, queries that are cached, a refused publish, and what libraries log."""
    folder = tmp_path_factory.mktemp("canary")
    (folder / "data").symlink_to(flights_folder / "data")
    logs: list[str] = []
    for form in ("json", "text"):
        with collector() as sink:
            settings = read_settings(
                {"folder": folder, "otlp_endpoint": sink.url, "log_format": form,
                 "log_level": "debug"},
                environment=environment(), file=NOWHERE,
            ).require()  # fmt: skip
            stream = io.StringIO()
            writing = telemetry.configure_logs(settings, stream=stream)
            sending = telemetry.configure(settings)
            assert sending is not None
            try:
                errors = _work(settings)
                _chatter()
            finally:
                sending.close()
                writing.close()
            logs.append(stream.getvalue())
    yield World(folder, sink, logs, errors, settings)


def _work(settings: Settings) -> list[PeterError]:
    errors: list[PeterError] = []
    with Peter.open(settings) as peter, telemetry.request_span("GET", "/canary"):
        failed = peter.verify(FAILING, principal=PERSON)
        assert failed.error is not None
        assert PLANTED["value in an error"] in failed.error
        carrier = {"carrier": PLANTED["value of a parameter"]}
        for _ in range(2):
            assert peter.verify(BOUND, parameters=carrier, principal=PERSON).verdict == "passed"
        try:
            peter.publish(DASHBOARD, create=True, principal=PERSON)
        except PeterError as error:
            errors.append(error)
            logging.getLogger("peter.http").exception("publish failed: %s", error)
        assert peter.preview(DASHBOARD, principal=PERSON) is not None
    assert len(errors) == 1
    return errors


def _chatter() -> None:
    """What servers and clients are known to log."""
    log = logging.getLogger("tornado.application")
    headers = {"Host": "peter", "Authorization": f"Bearer {PLANTED['bearer token']}",
               "Cookie": f"peter-session={PLANTED['cookie']}; _xsrf=2"}  # fmt: skip
    log.error("500 GET /x %s", json.dumps(headers, indent=2))
    log.warning("Set-Cookie: peter-session=%s; HttpOnly", PLANTED["cookie"])
    log.info("token refreshed: %s", PLANTED["bearer token"])
    key = (
        f"-----BEGIN PRIVATE KEY-----\n{PLANTED['service account key']}\n-----END PRIVATE KEY-----"
    )
    log.debug("credentials %s", json.dumps({"type": "service_account", "private_key": key}))
    log.info("query: %s with %r", BOUND, [PLANTED["value of a parameter"]])
    log.info("%s logged in", PLANTED["e-mail"])
    for name, value in with_servers().items():
        log.debug("environment %s=%s", name, value)
    try:
        raise RuntimeError(f"password {PLANTED['ledger password']}")
    except RuntimeError as error:
        log.exception("a driver failed: %s", error)


def test_secrets_are_in_no_log(world: World) -> None:
    for text in world.logs:
        assert found_in(text) == []
        assert len(text.splitlines()) > 8
    assert all(json.loads(line)["message"] for line in world.logs[0].splitlines())


def test_secrets_are_in_no_span_and_no_metric(world: World) -> None:
    sent = b"".join(body for _, body in world.collector.bodies)
    assert found_in(sent) == []
    assert {"peter.engine.job", "peter.compile", "peter.execute", "GET /canary"} <= {
        span.name for span in world.collector.spans
    }


def test_secrets_are_in_no_file_of_the_cache(world: World) -> None:
    files = [path for path in (world.folder / ".peter").rglob("*") if path.is_file()]
    assert any("cache" in path.parts for path in files)
    for path in files:
        # The ledger is the record of who ran what; only it may name people.
        people = frozenset({"e-mail"}) if path.name.startswith("ledger.db") else frozenset()
        assert found_in(path.read_bytes(), but=people) == [], path.name


def test_secrets_are_in_no_error_but_the_authors_own(world: World) -> None:
    own = frozenset({"value in an error"})
    for error in world.errors:
        assert found_in(f"{error} {error!r} {error.problems}", but=own) == []


def test_secrets_are_in_no_representation_of_the_settings(world: World) -> None:
    known = world.settings
    shown = f"{known!r} {known.model_dump()} {known.model_dump_json()}"
    assert found_in(shown) == []


def test_wrong_settings_name_no_secret() -> None:
    wrong = with_servers() | {
        "DATABASE_URL": f"mysql://peter:{PLANTED['ledger password']}@db/peter",
        "REDIS_URL": f"http://:{PLANTED['cache password']}@cache",
        "SESSION_SECRET_KEY": PLANTED["session key"][:20],
        "PETER_OTLP_ENDPOINT": f"http://x:{PLANTED['collector token']}@h",
        "PETER_MAX_ROWS": PLANTED["cookie"],
        "PETER_TIMEOUT": PLANTED["cookie"],
        "PETER_ENGINE": PLANTED["cookie"],
        "PETER_PASSWORT": PLANTED["cookie"],
        "ALLOWED_EMAILS": PLANTED["cookie"],
        "PETER_USD_PER_TIB_BY_LOCATION": PLANTED["cookie"],
    }
    reading = read_settings(environment=wrong, file=NOWHERE)
    assert len(reading.faults) == 10
    with pytest.raises(ConfigError) as caught:
        reading.require()
    assert found_in(f"{caught.value} {caught.value!r} {reading!r}") == []
    assert PLANTED["session key"][:20] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_secret_of_secret_manager_shows_neither_right_nor_wrong() -> None:
    value = PLANTED["secret of Secret Manager"]
    with secret_manager() as fake:
        fake.put("acme", "key", value, f"{value}-short"[:20])
        for version, faults in (("1", 0), ("2", 1)):
            with closing(SecretManager(fake.client)) as manager:
                reading = read_settings(
                    {"service_name": "sm://acme/key/1"},
                    environment={"SESSION_SECRET_KEY": f"sm://acme/key/{version}"},
                    file=NOWHERE, secrets=manager,
                )  # fmt: skip
            assert len(reading.faults) == faults
            assert value[:20] not in f"{reading.faults} {reading.sources}"


def test_peter_config_shows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in with_servers().items():
        monkeypatch.setenv(name, value)
    for words in ((), ("--json",)):
        ran = CommandLine(tmp_path)("config", *words)
        assert ran.code == 0
        assert found_in(ran.out + ran.err) == []
        assert ran.out.count("••••") == 6
    monkeypatch.setenv("DATABASE_URL", f"oracle://{PLANTED['ledger password']}")
    for words in ((), ("--json",)):
        ran = CommandLine(tmp_path)("config", *words)
        assert ran.code == 1
        assert "database_url" in ran.err
        assert found_in(ran.out + ran.err) == []


def test_a_saved_notebook_holds_no_secret(
    flights_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "data").symlink_to(flights_folder / "data")
    monkeypatch.setenv("PETER_FOLDER", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook: Any = new_notebook(
        cells=[new_code_cell(source) for source in (
            "%load_ext peter_jupyter",
            "%%peter_sql counted\nSELECT COUNT(*) AS n FROM nyc.flights",
            f"%%peter_sql broken\n{FAILING}",
            "from peter_core.config import load_settings\nload_settings()",
            "load_settings(database_url='mysql://u:' + 'pw' + '@h')",
        )]
    )  # fmt: skip
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", allow_errors=True,
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()  # fmt: skip
    saved = nbformat.writes(notebook)
    outputs = json.dumps([cell.outputs for cell in notebook.cells], ensure_ascii=False)
    assert "session_secret_key=SecretStr" in outputs
    assert "database_url" in outputs
    own = frozenset({"value in an error"})
    assert found_in(saved, but=own) == []
