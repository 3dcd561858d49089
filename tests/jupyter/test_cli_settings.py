"""``peter config``: what is in force, where it is from, and everything that is wrong."""

from __future__ import annotations

import pytest

from peter_core.config.reading import FIELDS
from tests.jupyter.command_line import CommandLine

KEY = "3d7e0a91c5f8b264"


def test_config_names_every_setting_once(peter: CommandLine) -> None:
    assert list(peter("config", "--json").json) == list(FIELDS)
    rows = peter("config").out.splitlines()[1:]
    assert sorted(row.split()[0] for row in rows) == sorted(FIELDS)


def test_what_was_given_comes_first(peter: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETER_SERVICE_NAME", "reports")
    peter.file("peter.toml", "queue = 7\n[usd_per_tib_by_location]\nEU = 6.5\n")
    rows = [row.split() for row in peter("config").out.splitlines()[1:5]]
    assert ["queue", "7", "peter.toml"] in rows
    assert ["service_name", "reports", "PETER_SERVICE_NAME"] in rows
    assert ["usd_per_tib_by_location", "EU", "6.5", "peter.toml"] in rows


def test_sizes_and_ages_are_shown_as_they_are_written(
    peter: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_TIMEOUT", "90s")
    monkeypatch.setenv("PETER_DEFAULT_MAX_BYTES", "1500MB")
    shown = dict(line.split()[:2] for line in peter("config").out.splitlines()[1:])
    assert shown["timeout"] == "90s"
    assert shown["default_max_bytes"] == "1500MB"
    assert (shown["ttl"], shown["engine_memory"], shown["queue"]) == ("6h", "1GiB", "100")
    assert peter("config", "--json").json["timeout"]["value"] == "90.0"
    # What is shown can be written again.
    for name in ("session_idle", "table_ttl", "max_result_bytes", "highest_max_bytes"):
        monkeypatch.setenv(f"PETER_{name.upper()}", shown[name])
    again = dict(line.split()[:2] for line in peter("config").out.splitlines()[1:])
    assert again == shown


def test_a_secret_is_masked_whole(peter: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", KEY + KEY[::-1])
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:pw@db.example.com/peter")
    known = peter("config", "--json").json
    masked = {"value": "••••", "source": "SESSION_SECRET_KEY"}
    assert known["session_secret_key"] == masked
    assert known["database_url"] == {"value": "••••", "source": "DATABASE_URL"}
    assert known["redis_url"] == {"value": "not set", "source": "default"}
    assert peter("config").out.endswith("2 secrets not shown.\n")


def test_all_faults_are_named_and_the_exit_code_is_1(
    peter: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_TIMEOT", "5s")
    monkeypatch.setenv("SESSION_SECRET_KEY", KEY)
    peter.file("peter.toml", "max_row = 7\n")
    ran = peter("config")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == "3 settings cannot be used:"
    assert "PETER_TIMEOT: there is no such setting; did you mean PETER_TIMEOUT?" in ran.err
    assert "max_row (from peter.toml): there is no such setting; did you mean max_rows?" in ran.err
    assert "session_secret_key (from SESSION_SECRET_KEY): it needs 32 bytes" in ran.err
    ran = peter("config", "--json")
    assert ran.code == 1
    faults = ran.json["error"]["faults"]
    assert {fault["name"] for fault in faults} == {"PETER_TIMEOT", "max_row", "session_secret_key"}
    assert KEY not in ran.out + ran.err


def test_every_other_command_refuses_wrong_settings(
    peter: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETER_TIMEOT", "5s")
    ran = peter("list")
    assert ran.code == 2
    assert "PETER_TIMEOT: there is no such setting; did you mean PETER_TIMEOUT?" in ran.err
