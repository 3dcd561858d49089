"""Peter's core: validate, compile, verify, cache, trace and price dashboards over BigQuery."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peter_core.config import Settings
    from peter_core.dashboard.loading import Loaded, load_dashboard
    from peter_core.dashboard.model import Dashboard
    from peter_core.dashboard.problems import Problem
    from peter_core.errors import PeterError
    from peter_core.principal import Principal
    from peter_core.service import Peter
    from peter_core.sql.checking import check_sql
    from peter_core.sql.columns import ColumnRef, SqlLineage, sql_lineage
    from peter_core.sql.completion import Completion, complete
    from peter_core.sql.dialect import Translation, to_duckdb
    from peter_core.verify.verification import Verification

__version__ = "0.1.0"

__all__ = [
    "ColumnRef",
    "Completion",
    "Dashboard",
    "Loaded",
    "Peter",
    "PeterError",
    "Principal",
    "Problem",
    "Settings",
    "SqlLineage",
    "Translation",
    "Verification",
    "__version__",
    "check_sql",
    "complete",
    "load_dashboard",
    "sql_lineage",
    "to_duckdb",
]

_HOMES = {
    "ColumnRef": "peter_core.sql.columns",
    "Completion": "peter_core.sql.completion",
    "Dashboard": "peter_core.dashboard.model",
    "Loaded": "peter_core.dashboard.loading",
    "Peter": "peter_core.service",
    "PeterError": "peter_core.errors",
    "Principal": "peter_core.principal",
    "Problem": "peter_core.dashboard.problems",
    "Settings": "peter_core.config",
    "SqlLineage": "peter_core.sql.columns",
    "Translation": "peter_core.sql.dialect",
    "Verification": "peter_core.verify.verification",
    "check_sql": "peter_core.sql.checking",
    "complete": "peter_core.sql.completion",
    "load_dashboard": "peter_core.dashboard.loading",
    "sql_lineage": "peter_core.sql.columns",
    "to_duckdb": "peter_core.sql.dialect",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use, so that importing Peter stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'peter_core' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
