"""Settings: everything that can be configured, in one frozen object."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from peter_core.config.values import (
    BasePath,
    Bucket,
    Bytes,
    Count,
    Emails,
    Key,
    LedgerUrl,
    Location,
    Names,
    Port,
    Prefix,
    Price,
    Prices,
    RedisUrl,
    Seconds,
    Url,
    Usd,
    Zone,
)

_OF_THIS_PROCESS = secrets.token_bytes(32)


class Settings(BaseModel):
    """What is in force; `load_settings` reads it from the environment and ``peter.toml``.

    Sizes are in bytes, ages in seconds, prices and budgets in US dollars.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    app_env: Literal["development", "production", "test"] = "development"
    """What this installation is for."""

    # Workspace and warehouse
    folder: Location = Path()
    """The workspace: `data/` with tables, `dashboards/` with what is published, `.peter/`."""
    engine: Literal["duckdb", "bigquery"] = "duckdb"
    """Who runs statements; `bigquery` when a project is named by `GCP_PROJECT_ID`."""
    project: str = "local"
    """The project of table names that give none, and the one BigQuery bills."""
    default_dataset: str | None = None
    """The dataset of table names that give none."""
    location: str | None = None
    """Where BigQuery runs jobs, such as `EU`; unset lets BigQuery choose by the tables."""
    credentials_file: Location | None = None
    """A service account's key file; unset takes the application default credentials."""
    bigquery_endpoint: Url | None = None
    """Another address of BigQuery's API: a private endpoint, an emulator."""
    storage_read: bool = False
    """Whether large results are read through the Storage Read API."""
    allowed_datasets: Names | None = None
    """The only datasets statements may read; unset allows all of the engine's."""
    allow_information_schema: bool = False
    """Whether statements may read `INFORMATION_SCHEMA`."""
    table_ttl: Seconds = 900.0
    """How long what BigQuery said of a table is believed."""
    dataset_ttl: Seconds = 3600.0
    """How long BigQuery's lists of datasets and tables are believed."""

    # Limits of statements
    default_max_bytes: Bytes = 10**9
    """The cap of a statement that names none, in billed bytes."""
    highest_max_bytes: Bytes = 10**12
    """No statement may raise its cap above this."""
    timeout: Seconds = 60.0
    """How long a statement may run."""
    max_rows: Count = 100_000
    """Rows kept of a result; all are counted."""
    max_result_bytes: Bytes = 256 * 2**20
    """Bytes kept of a result."""
    project_jobs: Count = 20
    """BigQuery jobs that run at once."""
    user_jobs: Count = 4
    """BigQuery jobs of one user that run at once."""
    queue: Count = 100
    """Jobs that may wait for their turn; more are refused."""
    engine_memory: Bytes = 2**30
    """Memory of one worker of the embedded engine."""
    engine_workers: Count = 2
    """Queries the embedded engine runs at once."""
    googlesql_patience: Seconds | None = None
    """How long verifying and validating wait for GoogleSQL's analyzer; unset asks a loaded one."""

    # Store, ledger, cache
    bucket: Bucket | None = None
    """The Cloud Storage bucket of published dashboards; unset keeps them in the workspace."""
    bucket_prefix: Prefix = "dashboards"
    """The folder of published dashboards in the bucket."""
    database_url: LedgerUrl | None = None
    """The ledger: `postgresql+psycopg://…` or `sqlite:///…`; unset keeps it in the workspace."""
    redis_url: RedisUrl | None = None
    """The cache that servers share; unset keeps results in the workspace alone."""
    cache_key: Key | None = None
    """What seals cached results; with Redis and unset, derived from `SESSION_SECRET_KEY`."""
    memory_cache: Bytes = 128 * 2**20
    """Results kept in memory."""
    disk_cache: Bytes = 2 * 2**30
    """Results kept on disk."""
    ttl: Seconds = 6 * 3600.0
    """How long a cached result may be served, where the document says nothing."""
    fresh_for: Seconds = 3600.0
    """How long a result counts as fresh when its tables cannot say whether they changed."""
    timezone: Zone = "UTC"
    """Where a budget's day and month begin."""

    # Prices and budgets
    usd_per_tib: Price = Decimal("6.25")
    """BigQuery's on-demand price of a TiB."""
    usd_per_tib_by_location: Prices = {}
    """The price where it differs: a table of locations in `peter.toml`, JSON elsewhere."""
    flat_rate: bool = False
    """Whether capacity is paid for: statements cost nothing more, slot time is shown."""
    budget_day_usd: Usd | None = None
    """What everybody together may spend a day."""
    budget_month_usd: Usd | None = None
    """What everybody together may spend a month."""
    budget_user_day_usd: Usd | None = None
    """What one user may spend a day."""
    budget_user_month_usd: Usd | None = None
    """What one user may spend a month."""
    budget_dashboard_day_usd: Usd | None = None
    """What one dashboard may spend a day."""
    budget_dashboard_month_usd: Usd | None = None
    """What one dashboard may spend a month."""

    # Web server and login
    host: str = "127.0.0.1"
    """The address the web server listens at."""
    port: Port = 8000
    """The port the web server listens at; 0 takes a free one."""
    base_url: BasePath = "/"
    """The path Peter is served under."""
    public_url: Url | None = None
    """The address people use, where a proxy stands before the web server."""
    google_oauth_client_id: str | None = None
    """The client people log in through with Google."""
    google_oauth_client_secret: SecretStr | None = None
    """The client's secret."""
    openid_issuer: Url = "https://accounts.google.com"
    """Who vouches for people: Google, or an OpenID provider that stands in for it."""
    hosted_domain: str | None = None
    """The Google Workspace domain accounts must belong to."""
    allowed_emails: Emails = frozenset()
    """Who may come in: addresses and `@domains`; nobody when empty."""
    authors: Emails = frozenset()
    """Who may publish."""
    admins: Emails = frozenset()
    """Who may do everything."""
    session_secret_key: Key | None = None
    """What signs sessions: 32 bytes or more."""
    session_idle: Seconds = 12 * 3600.0
    """How long a session lives without a request."""
    session_absolute: Seconds = 7 * 86400.0
    """How long a session lives at most."""
    max_body: Bytes = 2**20
    """The largest body of a request."""
    user_requests_per_minute: Count = 600
    """Requests a minute of one user."""
    user_concurrency: Count = 8
    """Requests of one user that are worked on at once."""
    login_requests_per_minute: Count = 120
    """Requests a minute to the login from one address."""
    proxies: Count = 1
    """How many proxies stand before the web server, each adding to `X-Forwarded-For`."""

    # Telemetry
    otlp_endpoint: Url | None = None
    """Where spans and metrics go by OTLP over HTTP, such as `http://localhost:4318`."""
    otlp_headers: SecretStr | None = None
    """Headers of what is sent there: `name=value`, comma separated."""
    cloud_trace: bool = False
    """Whether spans go to Cloud Trace."""
    service_name: str = "peter"
    """The name spans, metrics and logs carry."""
    log_format: Literal["text", "json"] = "text"
    """`json` writes one object a line."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe of what is logged."""
    log_emails: bool = False
    """Whether logs may name users by e-mail; a keyed hash stands for them otherwise."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """What one field alone cannot say; each fault begins with the field it is about."""
        if self.engine == "bigquery" and self.project == "local":
            raise ValueError("project: BigQuery needs the project it bills; set GCP_PROJECT_ID")
        if (self.google_oauth_client_id is None) != (self.google_oauth_client_secret is None):
            raise ValueError("google_oauth_client_id: it and its secret are set together")
        if self.redis_url and not (self.cache_key or self.session_secret_key):
            raise ValueError("cache_key: servers that share Redis need it, or SESSION_SECRET_KEY")
        if self.default_max_bytes > self.highest_max_bytes:
            raise ValueError("default_max_bytes: it is more than highest_max_bytes")
        if self.session_idle > self.session_absolute:
            raise ValueError("session_idle: it is longer than session_absolute")
        return self

    def cache_key_bytes(self) -> bytes | None:
        """The key that seals cached results; ``None`` leaves it to the workspace's key file."""
        if self.cache_key is not None:
            return self.cache_key.get_secret_value().encode()
        return self._derived(b"cache") if self.redis_url else None

    def user_salt(self) -> bytes:
        """The key that hashes users in labels, spans and logs.

        The same on every server that has the same secrets; without any, of this process alone.
        """
        return self._derived(b"user") or _OF_THIS_PROCESS

    def secret_values(self) -> tuple[str, ...]:
        """Every secret, and every password inside an address, for what must not show them."""
        found = set()
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                found |= {value.get_secret_value(), *_passwords(value.get_secret_value())}
        return tuple(sorted(found))

    def _derived(self, purpose: bytes) -> bytes | None:
        """A key of its own for each purpose: HMAC-SHA256 of the purpose under a configured key."""
        secret = self.session_secret_key or self.cache_key
        if secret is None:
            return None
        return hmac.digest(secret.get_secret_value().encode(), b"peter " + purpose, hashlib.sha256)


def _passwords(text: str) -> set[str]:
    """The password of an address as it is written and as it is meant; a header's value."""
    found = {part.partition("=")[2].strip() for part in text.split(",")} if "=" in text else set()
    try:
        password = urlsplit(text).password
    except ValueError:
        password = None
    return {part for part in (*found, password, unquote(password or "")) if part}
