# ruff: noqa: S106 (the secrets are made up)
"""Settings: which source wins, what is refused, and that nothing wrong goes unnamed."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from peter_core.config import Reading, Settings, listed, load_settings, read_settings
from peter_core.config.reading import FIELDS
from peter_core.config.sources import PLAIN_NAMES, variables
from peter_core.errors import ConfigError

NOWHERE = Path("/nonexistent/peter.toml")
KEY = "9d4c1f7be2a85630"
LONG_KEY = KEY + "c4b7e1f2a9d83056"


def read(**environment: str) -> Reading:
    return read_settings(environment=environment, file=NOWHERE)


def settings(**environment: str) -> Settings:
    return read(**environment).require()


def fault(**environment: str) -> str:
    reading = read(**environment)
    assert reading.settings is None
    (only,) = reading.faults
    return str(only)


def in_file(text: str, folder: Path, **environment: str) -> Reading:
    file = folder / "peter.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings(environment=environment, file=file)


def test_without_any_configuration_there_are_defaults() -> None:
    known = settings()
    assert (known.engine, known.project, known.folder) == ("duckdb", "local", Path())
    assert read().sources == {}


@pytest.mark.parametrize(("name", "field"), PLAIN_NAMES.items())
def test_a_plain_name_works_as_it_is_and_with_the_prefix(name: str, field: str) -> None:
    values = {"app_env": "test", "database_url": "sqlite:///x.db", "redis_url": "redis://h",
              "session_secret_key": LONG_KEY, "allowed_emails": "@example.com"}  # fmt: skip
    value = values.get(field, "acme-1")
    besides = {"SESSION_SECRET_KEY": LONG_KEY} if field == "redis_url" else {}
    if field.startswith("google"):
        besides = {"PETER_GOOGLE_OAUTH_CLIENT_ID": "a", "PETER_GOOGLE_OAUTH_CLIENT_SECRET": "b"}
        besides.pop(f"PETER_{name}")
    for variable in (name, f"PETER_{name}"):
        reading = read(**{**besides, variable: value})
        assert reading.sources[field] == variable
        held = getattr(reading.require(), field)
        plain = held.get_secret_value() if isinstance(held, SecretStr) else held
        assert plain == (frozenset({value}) if field == "allowed_emails" else value)


def test_peters_own_name_wins_over_the_plain_one() -> None:
    known = settings(PETER_PROJECT="c", PETER_GCP_PROJECT_ID="b", GCP_PROJECT_ID="a")
    assert known.project == "c"
    assert settings(PETER_GCP_PROJECT_ID="b", GCP_PROJECT_ID="a").project == "b"


def test_arguments_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "peter.toml"
    file.write_text('timeout = "20s"\nmax_rows = 7\nqueue = 3\n')
    reading = read_settings(
        {"max_rows": 9}, environment={"PETER_MAX_ROWS": "8", "PETER_TIMEOUT": "30s"}, file=file
    )
    known = reading.require()
    assert (known.max_rows, known.timeout, known.queue) == (9, 30.0, 3)
    assert reading.sources == {"max_rows": "argument", "timeout": "PETER_TIMEOUT",
                               "queue": "peter.toml"}  # fmt: skip


@pytest.mark.parametrize("name", ["GCP_PROJECT_ID", "PETER_GCP_PROJECT_ID"])
def test_a_cloud_project_chooses_bigquery(name: str) -> None:
    reading = read(**{name: "acme"})
    assert reading.require().engine == "bigquery"
    assert reading.sources["engine"] == name


def test_a_project_may_be_named_without_choosing_bigquery(tmp_path: Path) -> None:
    assert settings(PETER_PROJECT="acme").engine == "duckdb"
    assert settings(GCP_PROJECT_ID="acme", PETER_ENGINE="duckdb").engine == "duckdb"
    assert in_file('project = "acme"', tmp_path).require().engine == "duckdb"


def test_bigquery_without_a_project_is_refused() -> None:
    assert fault(PETER_ENGINE="bigquery").startswith("project: BigQuery needs the project")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("PETER_TIMEOT", "PETER_TIMEOUT"), ("PETER_REDIS_URI", "PETER_REDIS_URL"),
     ("peter_max_row", "PETER_MAX_ROWS"), ("PETER_ALOWED_EMAILS", "PETER_ALLOWED_EMAILS")],
)  # fmt: skip
def test_an_unknown_variable_names_the_nearest(wrong: str, right: str) -> None:
    said = fault(**{wrong: "s3cret-value"})
    assert said == f"{wrong.upper()}: there is no such setting; did you mean {right}?"


def test_an_unknown_key_of_the_file_names_the_nearest(tmp_path: Path) -> None:
    (only,) = in_file('timout = "5s"\n', tmp_path).faults
    assert str(only) == (
        "timout (from peter.toml): there is no such setting; did you mean timeout?"
    )


def test_an_unknown_argument_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"timout.*no such setting"):
        load_settings(timout="5s")


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    reading = in_file('max_rows = -1\nnonsense = true\n', tmp_path, PETER_TIMEOUT="soon",
                      SESSION_SECRET_KEY="hunter2")  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        reading.require()
    for name in ("max_rows", "nonsense", "timeout (from PETER_TIMEOUT)", "session_secret_key"):
        assert name in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_what_kubernetes_says_of_a_service_called_peter_is_left_alone() -> None:
    known = settings(
        PETER_SERVICE_HOST="10.0.0.7", PETER_SERVICE_PORT="80", PETER_SERVICE_PORT_HTTP="80",
        PETER_PORT="tcp://10.0.0.7:80", PETER_PORT_80_TCP="tcp://10.0.0.7:80",
        PETER_PORT_80_TCP_ADDR="10.0.0.7", PETER_PORT_80_TCP_PORT="80",
        PETER_PORT_80_TCP_PROTO="tcp",
    )  # fmt: skip
    assert known.port == 8000
    assert settings(PETER_PORT="9000").port == 9000


def test_an_empty_variable_counts_as_unset() -> None:
    known = settings(REDIS_URL="", SESSION_SECRET_KEY="", PETER_TIMEOUT="", GCP_PROJECT_ID="")
    assert (known.redis_url, known.session_secret_key, known.timeout) == (None, None, 60.0)
    assert known.engine == "duckdb"


def test_an_empty_list_lets_nobody_in_and_reads_nothing() -> None:
    known = settings(PETER_ALLOWED_EMAILS="", ALLOWED_EMAILS="@example.com",
                     PETER_ALLOWED_DATASETS="")  # fmt: skip
    assert known.allowed_emails == frozenset()
    assert known.allowed_datasets == frozenset()
    assert settings().allowed_datasets is None


def test_allowed_emails_are_addresses_and_domains() -> None:
    known = settings(ALLOWED_EMAILS=" Ada@Example.com , @acme.io,").allowed_emails
    assert known == {"ada@example.com", "@acme.io"}
    for email, inside in {
        "ada@example.com": True, "ADA@EXAMPLE.COM": True, "bob@acme.io": True,
        "bob@example.com": False, "bob@evil-acme.io": False, "bob@acme.io.evil.com": False,
        "bob@sub.acme.io": False, "@acme.io": False, "acme.io": False, "": False,
    }.items():  # fmt: skip
        assert listed(email, known) is inside, email


@given(st.text(max_size=40))
def test_nobody_is_in_an_empty_list(email: str) -> None:
    assert not listed(email, frozenset())


@pytest.mark.parametrize("entry", ["example.com", "*", "a@", "@", "a b@c.d", "a@b@c.d;"])
def test_what_is_no_address_is_refused(entry: str) -> None:
    assert "e-mail address or a domain" in fault(ALLOWED_EMAILS=entry)


@pytest.mark.parametrize(
    ("key", "why"),
    [(KEY, "32 bytes"), ("a" * 64, "easily guessed"), ("please-change-me-" * 3, "easily guessed"),
     ("your-secret-key-goes-right-in-here", "easily guessed")],
)  # fmt: skip
def test_a_weak_session_key_is_refused(key: str, why: str) -> None:
    said = fault(SESSION_SECRET_KEY=key)
    assert why in said
    assert key not in said


@pytest.mark.parametrize(
    "url", ["mysql://u:pw-1@h/d", "postgres", "", "mongodb+srv://h", "file:///x"]
)
def test_a_ledger_elsewhere_is_refused(url: str, tmp_path: Path) -> None:
    (only,) = in_file(f'database_url = "{url}"', tmp_path).faults
    assert only.name == "database_url"
    assert "pw-1" not in str(only)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PETER_PUBLIC_URL", "ftp://x"), ("PETER_PUBLIC_URL", "https://u:pw-1@h"),
     ("PETER_PUBLIC_URL", "https://h:99999"), ("PETER_OTLP_ENDPOINT", "localhost:4318"),
     ("PETER_BUCKET", "Not A Bucket"), ("PETER_BUCKET_PREFIX", "a/../b"),
     ("PETER_TIMEZONE", "Mars/Olympus"), ("PETER_TIMEZONE", "../../etc/passwd"),
     ("PETER_PORT", "70000"), ("PETER_BASE_URL", "/a b/"), ("PETER_LOG_FORMAT", "xml"),
     ("PETER_STORAGE_READ", "perhaps"), ("PETER_BUDGET_DAY_USD", "-1"),
     ("PETER_USD_PER_TIB_BY_LOCATION", "{EU: 6}"), ("PETER_USD_PER_TIB", "nan"),
     ("PETER_TIMEOUT", "60"), ("PETER_QUEUE", "0")],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_its_name(name: str, value: str) -> None:
    said = fault(**{name: value})
    assert f"(from {name})" in said
    assert value not in said or len(value) < 4


def test_right_values_are_brought_into_one_form() -> None:
    known = settings(
        PETER_PUBLIC_URL="https://peter.example.com/", PETER_BASE_URL="peter",
        PETER_BUCKET="gs://acme-dashboards", PETER_BUCKET_PREFIX="/team/a/",
        PETER_MAX_BODY="2MiB", PETER_SESSION_IDLE="30m", PETER_FLAT_RATE="true",
    )  # fmt: skip
    assert known.public_url == "https://peter.example.com"
    assert known.base_url == "/peter/"
    assert (known.bucket, known.bucket_prefix) == ("acme-dashboards", "team/a")
    assert (known.max_body, known.session_idle, known.flat_rate) == (2 * 2**20, 1800.0, True)


def test_prices_by_location_are_a_table_or_json(tmp_path: Path) -> None:
    wanted = {"EU": Decimal("6.25"), "europe-west6": Decimal("8.75")}
    text = "[usd_per_tib_by_location]\nEU = 6.25\neurope-west6 = 8.75\n"
    assert in_file(text, tmp_path).require().usd_per_tib_by_location == wanted
    known = settings(PETER_USD_PER_TIB_BY_LOCATION='{"EU": 6.25, "europe-west6": "8.75"}')
    assert known.usd_per_tib_by_location == wanted


def test_budgets_are_exact_amounts() -> None:
    known = settings(PETER_BUDGET_DAY_USD="12.10", PETER_BUDGET_DASHBOARD_MONTH_USD="0.01")
    assert known.budget_day_usd == Decimal("12.10")
    assert known.budget_dashboard_month_usd == Decimal("0.01")
    assert known.budget_user_month_usd is None


@pytest.mark.parametrize(
    ("environment", "name"),
    [({"GOOGLE_OAUTH_CLIENT_ID": "x"}, "google_oauth_client_id"),
     ({"REDIS_URL": "redis://h"}, "cache_key"),
     ({"PETER_HIGHEST_MAX_BYTES": "10MB"}, "default_max_bytes"),
     ({"PETER_SESSION_ABSOLUTE": "1h"}, "session_idle")],
)  # fmt: skip
def test_settings_that_do_not_fit_together_are_refused(
    environment: dict[str, str], name: str
) -> None:
    assert fault(**environment).startswith(f"{name}:") or f"{name} (from" in fault(**environment)


def test_a_shared_cache_derives_its_key_from_the_session_key() -> None:
    first = settings(REDIS_URL="redis://h", SESSION_SECRET_KEY=LONG_KEY)
    second = settings(REDIS_URL="redis://other", SESSION_SECRET_KEY=LONG_KEY)
    key = first.cache_key_bytes()
    assert key is not None
    assert len(key) == 32
    assert key == second.cache_key_bytes()
    assert key not in (LONG_KEY.encode(), first.user_salt())
    own = settings(REDIS_URL="redis://h", PETER_CACHE_KEY=LONG_KEY).cache_key_bytes()
    assert own == LONG_KEY.encode()
    assert settings(SESSION_SECRET_KEY=LONG_KEY).cache_key_bytes() is None


def test_users_are_hashed_alike_on_servers_that_share_a_secret() -> None:
    one, two = (settings(SESSION_SECRET_KEY=LONG_KEY).user_salt() for _ in range(2))
    assert one == two
    assert settings().user_salt() == settings().user_salt() != one


def test_secrets_show_in_no_representation() -> None:
    known = settings(
        DATABASE_URL="postgresql://u:p%40ss-1@h/d", SESSION_SECRET_KEY=LONG_KEY,
        PETER_OTLP_HEADERS="authorization=Basic abc123",
    )  # fmt: skip
    shown = f"{known!r} {known} {known.model_dump()} {known.model_dump_json()}"
    for secret in ("p%40ss-1", LONG_KEY, "abc123"):
        assert secret not in shown
    assert {"p%40ss-1", "p@ss-1", LONG_KEY, "Basic abc123"} <= set(known.secret_values())


@pytest.mark.parametrize(
    ("text", "said"),
    [('key = "s3cret', "it is not TOML: look at"), ("\n= 3", "line 2"),
     ('timeout = "5s"\ntimeout = "s3cret"', "look at")],
)  # fmt: skip
def test_a_broken_file_is_told_with_its_place_only(text: str, said: str, tmp_path: Path) -> None:
    (only,) = in_file(text, tmp_path).faults
    assert said in str(only)
    assert "s3cret" not in str(only)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "peter.toml").write_bytes(b"\xff\xfe\x00")
    (only,) = read_settings(environment={}, file=tmp_path / "peter.toml").faults
    assert "not UTF-8" in str(only)
    (folder,) = read_settings(environment={}, file=tmp_path).faults
    assert "cannot be read" in str(folder)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().timeout = 5.0  # type: ignore[misc]


def test_no_two_settings_share_a_variable() -> None:
    names = [name for field in FIELDS for name in variables(field)]
    assert len(names) == len(set(names))


def test_reading_settings_loads_no_cloud_library_and_is_fast() -> None:
    program = (
        "import sys, time\n"
        "from peter_core.config import load_settings\n"
        "load_settings()\n"
        "began = time.process_time()\n"
        "for _ in range(20): load_settings()\n"
        "took = (time.process_time() - began) / 20\n"
        "heavy = {'google', 'grpc', 'opentelemetry', 'pydantic_settings', 'duckdb', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), took < 0.05)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "[] True", ran.stderr
