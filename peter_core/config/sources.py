"""Where settings are written: the environment and ``peter.toml``; what is unknown is a fault."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PREFIX = "PETER_"
FILE = "peter.toml"
PLAIN_NAMES = {
    "APP_ENV": "app_env",
    "GCP_PROJECT_ID": "project",
    "BIGQUERY_DATASET": "default_dataset",
    "DATABASE_URL": "database_url",
    "REDIS_URL": "redis_url",
    "GOOGLE_OAUTH_CLIENT_ID": "google_oauth_client_id",
    "GOOGLE_OAUTH_CLIENT_SECRET": "google_oauth_client_secret",
    "ALLOWED_EMAILS": "allowed_emails",
    "SESSION_SECRET_KEY": "session_secret_key",
}
"""Names that work without ``PETER_``, and with it; ``PETER_<FIELD>`` wins over both."""

_OTHERS = re.compile(
    # What the build and the tests read.
    r"PETER_(?:SKIP_JS|UPDATE_GOLDEN|TEST_\w+"
    # What a client of a server reads: where Peter is, and its token or session for it.
    r"|URL|TOKEN|SESSION"
    # What Kubernetes and Docker tell of a service that is called peter.
    r"|SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_SERVICE_LINK = re.compile(r"(?:tcp|udp)://")


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was written, and where: a variable, ``peter.toml``, an argument."""

    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the setting, where it is from, why, and what to do."""

    name: str
    source: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        from_ = "" if self.source in (self.name, "default") else f" (from {self.source})"
        tail = f"; {self.hint[0].lower()}{self.hint[1:]}" if self.hint else ""
        return f"{self.name}{from_}: {self.message}{tail}"


def variables(field: str) -> tuple[str, ...]:
    """The environment variables a field is read from, the one that wins first."""
    plain = [name for name, known in PLAIN_NAMES.items() if known == field]
    return tuple(dict.fromkeys([f"{PREFIX}{field.upper()}", *(PREFIX + n for n in plain), *plain]))


def from_environment(
    fields: Collection[str], lists: Collection[str], environment: Mapping[str, str]
) -> tuple[dict[str, Given], list[Fault]]:
    """Every field the environment sets. An empty variable counts as unset, but empties a list."""
    upper = {n.upper() if n.upper().startswith(PREFIX) else n: v for n, v in environment.items()}
    found: dict[str, Given] = {}
    for field in fields:
        for name in variables(field):
            value = upper.get(name)
            if value is None or (not value and field not in lists) or _is_link(name, value):
                continue
            found.setdefault(field, Given(value, name))
    known = {name for field in fields for name in variables(field)}
    wrong = [
        Fault(name, name, "there is no such setting", _nearest(name, known))
        for name in sorted(upper)
        if name.startswith(PREFIX) and name not in known and not _OTHERS.fullmatch(name)
    ]
    return found, wrong


def from_file(fields: Collection[str], path: Path) -> tuple[dict[str, Given], list[Fault]]:
    """Every field ``peter.toml`` sets; a file that is not there sets none."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [Fault(FILE, FILE, f"it cannot be read: {error.strerror}")]
    except ValueError as error:
        return {}, [Fault(FILE, FILE, f"it is not TOML: {_placed(error)}")]
    found = {name: Given(value, FILE) for name, value in content.items() if name in fields}
    wrong = [
        Fault(name, FILE, "there is no such setting", _nearest(name, fields))
        for name in content
        if name not in fields
    ]
    return found, wrong


def _is_link(name: str, value: str) -> bool:
    return name == "PETER_PORT" and _SERVICE_LINK.match(value) is not None


def _nearest(name: str, known: Collection[str]) -> str | None:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"Did you mean {near[0]}?" if near else None


def _placed(error: ValueError) -> str:
    """Where a file is broken; what stands there may be a secret."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    place = re.search(r"at line \d+, column \d+|at end of document", str(error))
    return f"look {place[0]}" if place else "it is broken"
