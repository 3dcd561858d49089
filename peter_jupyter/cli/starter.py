"""The document that ``peter init`` writes: it is valid and draws without any table."""

from __future__ import annotations

import re
from pathlib import Path

from peter_core.dashboard.loading import load_dashboard
from peter_core.dashboard.model import RESERVED_SLUGS
from peter_core.errors import InvalidRequest
from peter_core.store.slugs import check_slug

SCHEMA_NAME = "peter-dashboard-1.json"
_FALLBACK = "my-dashboard"

_TEXT = """\
# yaml-language-server: $schema={schema}
version: 1
slug: {slug}
title: {title}
description: What the people who open this page decide with it.
{managed}tags: [starter]

queries:
  daily:
    # Made-up days, so that this runs before there is any table. Read your own instead:
    #   SELECT order_date AS day, COUNT(*) AS orders FROM shop.orders GROUP BY day ORDER BY day
    sql: |
      SELECT DATE_ADD(DATE '2024-01-01', INTERVAL n DAY) AS day, 100 + MOD(n * 37, 60) AS orders
      FROM UNNEST(GENERATE_ARRAY(0, 27)) AS n
      ORDER BY day
    max_bytes: 200MB
    checks:
      - rows: {{min: 1}}
      - not_null: [day, orders]
      - unique: [day]

charts:
  orders:
    type: kpi
    query: daily
    title: Orders
    value: orders
    aggregate: sum
    sparkline: {{x: day}}
  by_day: {{type: line, query: daily, title: Orders a day, x: day, y: orders}}
  days: {{type: table, query: daily, title: Days, columns: [day, {{field: orders, bar: true}}]}}

layout:
  - [{{chart: orders, width: 4}}, {{chart: by_day, width: 8}}]
  - [days]
"""


def starter(slug: str, managed: str | None = None) -> str:
    """A first document of that slug, with the address it is kept at.

    Raises
    ------
    InvalidRequest
        When the slug is none, or reserved, or the address is none.
    """
    title = check_slug(slug).replace("-", " ").capitalize()
    kept = "" if managed is None else f"managed: {_quoted(managed)}\n"
    text = _TEXT.format(slug=slug, title=_quoted(title), schema=f"./{SCHEMA_NAME}", managed=kept)
    for problem in load_dashboard(text).problems:
        raise InvalidRequest(problem.message, hint=problem.hint)
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def slug_of(folder: Path) -> str:
    """A slug from a folder's name, where that makes one."""
    slug = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:64].strip("-")
    return slug if len(slug) >= 2 and slug not in RESERVED_SLUGS else _FALLBACK


def schema_text() -> str:
    """The JSON Schema of dashboard files."""
    import peter_core.dashboard.model as model

    return Path(model.__file__).with_name(SCHEMA_NAME).read_text(encoding="utf-8")
