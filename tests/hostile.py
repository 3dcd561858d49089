"""Dashboards whose every text would like to be code, over data that would like it, too."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Five at a time stand in one text. What opens something it never closes is the last of its five.
GROUPS = (
    (
        "<script>pwned=1</script>",
        "<img src=x onerror=pwned=1>",
        '"><svg onload=pwned=1>',
        "javascript:pwned=1",
        "<!--<script>pwned=1</script>",
    ),
    (
        "</script><script>pwned=1</script>",
        "</style><img src=x onerror=pwned=1>",
        "');pwned=1;('",
        "{{constructor.constructor('pwned=1')()}}",
        "<math><mtext><style><img src=x onerror=pwned=1>",
    ),
    (
        "<iframe srcdoc='<script>top.pwned=1</script>'>",
        "]]><script>pwned=1</script><![CDATA[",
        "${pwned=1}`;pwned=1//",
        "vbscript:pwned=1",
        "<img src=//evil.example/x.png>",
    ),
    (
        "<a href=javascript:pwned=1>x</a>",
        "\u202e<details open ontoggle=pwned=1>",
        "data:text/html,<script>pwned=1</script>",
        "<base href=//evil.example/>",
        "<svg><animate onbegin=pwned=1 attributeName=x dur=1s>",
    ),
)
PAYLOADS = tuple(payload for group in GROUPS for payload in group)
COLUMN = "<img src=x onerror=pwned=1>"
MARKDOWN = """\
{all}

- ![picture](https://evil.example/a.png) <img src="https://evil.example/b.png">
- [one](javascript:pwned=1) [two](data:text/html,<script>pwned=1</script>) [three](vbscript:pwned=1)
- <https://evil.example/"onmouseover=pwned=1> [four](//evil.example/x)

<iframe src="https://evil.example/"></iframe>
"""


def write_workspace(folder: Path) -> Path:
    """A workspace whose table ``shop.orders`` holds every payload as a value; returns it."""
    data = folder / "data" / "shop"
    data.mkdir(parents=True)
    first = dt.date(2026, 8, 1)
    rows = [
        {"grp": at, "name": payload, "other": group[(i + 1) % 5], "page": payload,
         "day": first + dt.timedelta(i), "amount": 10 * (i + 1), "rank": i, COLUMN: payload}
        for at, group in enumerate(GROUPS) for i, payload in enumerate(group)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), data / "orders.parquet")
    return folder


def slug(group: int) -> str:
    return f"hostile-{group + 1}"


def document(group: int) -> str:
    """A dashboard with every kind of chart and filter, five payloads in each of its texts."""
    payloads = GROUPS[group]
    words = " ".join(payloads)
    title = words[:200]
    shown = {"title": title, "description": words, "query": "orders"}
    scalar = {"x": "day", "y": "amount"}
    limit = {"reference": [{"y": 20, "label": title}]}
    charts: dict[str, dict[str, Any]] = {
        "number": {"type": "kpi", **shown, "value": "amount", "aggregate": "sum",
                   "format": {"number": ",.0f", "unit": "<b onclick=pwned=1>"},
                   "comparison": {"to": "target", "value": 1, "label": title}},
        "line": {"type": "line", **shown, **scalar, "series": "name", **limit},
        "area": {"type": "area", **shown, **scalar, "series": "name"},
        "bars": {"type": "bar", **shown, "x": "name", "y": "amount", "horizontal": True},
        "stack": {"type": "bar", **shown, "x": "other", "y": "amount", "series": "name"},
        "points": {"type": "scatter", **shown, "x": "rank", "y": "amount", "series": "name",
                   "x_format": {"number": ",.0f", "unit": "<b onclick=pwned=1>"}},
        "ring": {"type": "pie", **shown, "category": "name", "value": "amount"},
        "heat": {"type": "heatmap", **shown, "x": "other", "y": "name", "color": "amount"},
        "rows": {"type": "table", **shown,
                 "columns": [{"field": "name", "title": title, "link": "page"},
                             {"field": "amount", "bar": True}, "other", COLUMN]},
        "words": {"type": "text", "title": title, "markdown": MARKDOWN.format(all=words)},
    }  # fmt: skip
    filters: dict[str, dict[str, Any]] = {
        "choice": {"type": "select", "label": title, "options": list(payloads),
                   "default": payloads[0]},
        "choices": {"type": "select", "label": title, "multiple": True,
                    "options": {"query": "orders", "value": "name", "label": "other"}},
        "phrase": {"type": "text", "label": title, "default": words},
    }  # fmt: skip
    board = {
        "version": 1, "slug": slug(group), "title": title, "description": words,
        "owner": "<svg/onload=pwned=1>@evil.example", "tags": [one[:50] for one in payloads],
        "filters": filters, "charts": charts,
        "queries": {"orders": {"description": words, "sql":
            "SELECT name, other, page, day, amount, `rank`, `" + COLUMN + "`\n"
            f"FROM shop.orders WHERE grp = {group} AND @choice IS NOT NULL"
            " AND @phrase IS NOT NULL\nORDER BY `rank`  -- </script><script>pwned=1</script>"}},
        "layout": {"tabs": [{"title": title, "rows": [[{"chart": one, "width": 4} for one in row]
                            for row in (("number", "line", "area"), ("bars", "stack", "points"),
                                        ("ring", "heat", "rows"), ("words",))]}]},
    }  # fmt: skip
    # JSON is YAML, and its texts need no other quotes.
    return json.dumps(board, ensure_ascii=False, indent=1)
