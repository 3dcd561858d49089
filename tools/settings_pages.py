"""Write the tables of ``docs/configuration.md`` and ``.env.example`` from the settings."""

from __future__ import annotations

import ast
import inspect
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic_core import PydanticUndefined

from peter_core.config import settings
from peter_core.config.settings import Settings
from peter_core.config.sources import PLAIN_NAMES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "configuration.md"
EXAMPLE = ROOT / ".env.example"
_TABLES = re.compile(r"(?<=<!-- settings -->\n).*(?=<!-- /settings -->)", re.DOTALL)
_FIRST = "Installation"
_KINDS = {
    "Bytes": "size, such as `200MB`", "Seconds": "age, such as `15m`", "Count": "whole number",
    "Usd": "US dollars", "Price": "US dollars", "Prices": "prices by location",
    "Names": "names, comma separated", "Emails": "e-mails, comma separated", "Zone": "time zone",
    "Bucket": "name", "Prefix": "folder", "BasePath": "path", "Url": "address", "Port": "port",
    "LedgerUrl": "address, secret", "RedisUrl": "address, secret", "Key": "secret",
    "SecretStr": "secret", "bool": "`true` or `false`", "str": "text", "Location": "path",
}  # fmt: skip
_UNITS = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("TB", 10**12), ("GB", 10**9))
_AGES = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_HEAD = """\
# Peter's settings; `docs/configuration.md` says more. Copy what you need and change it.
# What is commented out shows the default, or how a value is written where there is none.
# A secret may be written as sm://project/secret[/version] and is read from Secret Manager.
"""
_SAMPLES = {
    "googlesql_patience": "30s",
    "project": "acme",
    "allowed_datasets": "sales,finance", "default_dataset": "sales", "location": "EU",
    "credentials_file": "/run/secrets/peter.json", "bucket": "acme-dashboards",
    "bigquery_endpoint": "http://localhost:9050", "cache_key": "sm://acme/peter-cache-key",
    "database_url": "postgresql+psycopg://peter@localhost/peter", "admins": "ada@example.com",
    "redis_url": "redis://localhost:6379/0", "public_url": "https://peter.example.com",
    "google_oauth_client_id": "1234.apps.googleusercontent.com", "authors": "@example.com",
    "google_oauth_client_secret": "sm://acme/peter-oauth", "hosted_domain": "example.com",
    "session_secret_key": "sm://acme/peter-session-key", "allowed_emails": "@example.com",
    "otlp_endpoint": "http://localhost:4318", "otlp_headers": "sm://acme/peter-otlp-headers",
    "usd_per_tib_by_location": '{"europe-west6": 8.75}', "budget_day_usd": "50",
    "budget_month_usd": "1000", "budget_user_day_usd": "5", "budget_user_month_usd": "100",
    "budget_dashboard_day_usd": "10", "budget_dashboard_month_usd": "200",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as its pages show it; ``default`` is as one would write it."""

    section: str
    name: str
    variable: str
    kind: str
    default: str | None
    text: str

    @property
    def sample(self) -> str | None:
        """A value to begin with."""
        return _SAMPLES.get(self.name) or self.default


def described() -> tuple[Described, ...]:
    """Every setting in the order of the source, with the section its comment names."""
    source = inspect.getsource(settings)
    model = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    )
    lines = source.splitlines()
    plain = {field: name for name, field in PLAIN_NAMES.items()}
    found, section, read = [], _FIRST, model.lineno
    for node, doc in zip(model.body, model.body[1:], strict=False):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        comments = [line.strip("# ") for line in lines[read : node.lineno] if "    # " in line[:6]]
        section, read, name = (comments or [section])[-1], node.lineno, node.target.id
        assert isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)  # noqa: S101
        kind = ast.unparse(node.annotation).removesuffix(" | None")
        found.append(
            Described(
                section,
                name,
                plain.get(name, f"PETER_{name.upper()}"),
                _kind(kind),
                _default(name, kind),
                str(doc.value.value),
            )
        )
    return tuple(found)


def tables() -> str:
    """The settings as Markdown tables, one a section."""
    known = described()
    parts = []
    for section in dict.fromkeys(one.section for one in known):
        parts.append(
            f"\n### {section}\n\n| Name | Variable | Written as | Default | What it says |"
        )
        parts.append("|---|---|---|---|---|")
        parts += [
            f"| `{one.name}` | `{one.variable}` | {one.kind} | "
            f"{f'`{one.default}`' if one.default else '–'} | {one.text} |"
            for one in known
            if one.section == section
        ]
    return "\n".join(parts) + "\n\n"


def example() -> str:
    """``.env.example``: every variable, commented out."""
    known = described()
    parts = [_HEAD]
    for section in dict.fromkeys(one.section for one in known):
        parts.append(f"\n# {section}\n")
        parts += [
            f"# {one.text.replace('`', '')}\n#{one.variable}={one.sample}\n"
            for one in known
            if one.section == section
        ]
    return "".join(parts)


def page() -> str:
    """``docs/configuration.md`` with the tables of today."""
    return _TABLES.sub(lambda _: tables(), PAGE.read_text(encoding="utf-8"))


def _kind(annotation: str) -> str:
    if annotation.startswith("Literal"):
        return " or ".join(f"`{word}`" for word in re.findall(r"'(\w+)'", annotation))
    return _KINDS[annotation]


def _default(name: str, kind: str) -> str | None:
    value = Settings.model_fields[name].default
    if value is None or value is PydanticUndefined or value in (frozenset(), {}):
        return None
    if isinstance(value, bool):
        return json.dumps(value)
    if kind == "Bytes":
        return next(f"{value // by}{unit}" for unit, by in _UNITS if value % by == 0)
    if kind == "Seconds":
        return next(f"{int(value) // by}{unit}" for unit, by in _AGES if value % by == 0)
    return str(value) if isinstance(value, int | str | Path | Decimal) else None


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
