"""Examples of bodies and answers, by the operation's name; a test holds them to their models."""

from __future__ import annotations

_REVISION = "4f2c9a1be07d6c35a8f1e2d4b6093c7f5a1d8e0b2c4f6a9d7e3b1c5f8a0d2e46"
_MOMENT = "2026-11-23T03:00:00Z"
_YAML = """\
version: 1
slug: flight-operations
title: Flight operations
queries:
  daily: {sql: "SELECT flight_date, COUNT(*) AS flights FROM nyc.flights GROUP BY 1 ORDER BY 1"}
charts:
  flights: {type: line, query: daily, title: Departures, x: flight_date, y: flights}
"""
_SUMMARY = {
    "slug": "flight-operations",
    "title": "Flight operations",
    "revision": _REVISION,
    "published_at": _MOMENT,
    "published_by": "ada@example.com",
    "description": None,
    "owner": "ops@example.com",
    "tags": ["operations"],
}
_PUBLISHED = {
    "slug": "flight-operations",
    "revision": _REVISION,
    "created": True,
    "changed": True,
    "estimated_bytes": 1048576,
    "cost_usd": "0.00",
    "cost_usd_month": "0.02",
    "receipts": [],
    "problems": [],
}
_PROBLEM = {
    "rule": "unknown-column",
    "severity": "error",
    "message": "The query daily has no column dellay.",
    "path": "charts.delay.y",
    "line": 22,
    "column": 63,
    "end_line": 22,
    "end_column": 69,
    "hint": "Did you mean delay?",
}
_GRAPH = {
    "nodes": [
        {"id": "table:local.nyc.flights", "kind": "table", "name": "local.nyc.flights",
         "title": None},
        {"id": "query:flight-operations/daily", "kind": "query", "name": "daily", "title": None},
    ],
    "edges": [
        {"source": "table:local.nyc.flights", "target": "query:flight-operations/daily",
         "kind": "reads", "detail": None},
    ],
}  # fmt: skip
_SQL = "SELECT carrier, COUNT(*) AS flights FROM nyc.flights WHERE carrier = @carrier GROUP BY 1"
_STATEMENT = {"sql": _SQL, "parameters": {"carrier": "AA"}, "max_bytes": "100MB"}
_DOCUMENT = {"yaml": _YAML, "message": "Departures by day"}

EXAMPLES: dict[str, dict[str, object]] = {
    "get_health": {"answer": {"status": "ok", "version": "0.1.0"}},
    "get_readiness": {
        "answer": {
            "status": "ready",
            "ready": True,
            "parts": {"engine": {"ok": True, "latency_ms": 1.2, "code": None}},
            "code": None,
        }
    },
    "who_am_i": {
        "answer": {
            "email": "ada@example.com",
            "name": "Ada",
            "roles": ["viewer", "author"],
            "host": "hub",
            "expires_at": None,
        }
    },
    "list_dashboards": {
        "answer": {"dashboards": [_SUMMARY], "total": 1, "page": 1, "page_size": 50}
    },
    "get_dashboard": {"answer": {**_SUMMARY, "managed": None, "message": None, "yaml": _YAML}},
    "create_dashboard": {"body": _DOCUMENT, "answer": _PUBLISHED},
    "change_dashboard": {"body": _DOCUMENT, "answer": {**_PUBLISHED, "created": False}},
    "validate_dashboard": {
        "body": _DOCUMENT,
        "answer": {
            "valid": False,
            "mode": "warehouse",
            "problems": [_PROBLEM],
            "revision": None,
            "note": None,
            "tiers": ["syntax", "guard", "names", "binding"],
        },
    },
    "compile_dashboard": {"body": _DOCUMENT},
    "preview_dashboard": {"body": _DOCUMENT},
    "verify_dashboard": {"body": _DOCUMENT},
    "diff_draft": {"body": _DOCUMENT},
    "draft_lineage": {"body": _DOCUMENT},
    "restore_dashboard": {"body": {"revision": _REVISION[:12]}, "answer": _PUBLISHED},
    "diff_revisions": {
        "answer": {
            "from_revision": _REVISION[::-1],
            "to_revision": _REVISION,
            "changes": [
                {"kind": "changed", "path": "title", "text": "title: Flights → Flight operations"}
            ],
        }
    },
    "precompute": {
        "body": {"filters": {"carrier": "AA"}, "force": False},
        "answer": {
            "status": "success",
            "queries_executed": 2,
            "queries_cached": 6,
            "bytes_scanned": 2097152,
            "duration_ms": 812.4,
            "errors": [],
        },
    },
    "run_statement": {"body": {**_STATEMENT, "sample_rows": 20, "checks": [{"rows": {"min": 1}}]}},
    "explain_statement": {"body": _STATEMENT},
    "complete_statement": {
        "body": {"sql": "SELECT car FROM nyc.flights", "offset": 10, "parameters": ["carrier"]},
        "answer": {
            "completions": [
                {
                    "label": "carrier",
                    "kind": "column",
                    "detail": "STRING · flights",
                    "start": 7,
                    "end": 10,
                },
            ]
        },
    },
    "validate_statement": {"body": {"sql": _SQL, "mode": "warehouse"}},
    "get_lineage": {"answer": _GRAPH},
    "get_dashboard_lineage": {"answer": _GRAPH},
    "get_impact": {"body": {"drop": "nyc.flights/dep_delay"}},
    "forget_cached_results": {"answer": {"deleted": 3}},
    "get_costs": {
        "answer": {
            "start": "2026-10-24T00:00:00Z",
            "end": "2026-11-24T00:00:00Z",
            "group_by": "dashboard",
            "total_bytes_scanned": 2097152,
            "total_bytes_billed": 20971520,
            "cost_usd": "0.00013",
            "query_count": 8,
            "cache_hit_ratio": 0.75,
            "saved_usd": "0.00039",
            "slot_ms": 5200,
            "breakdown": [],
            "budgets": [
                {
                    "scope": "whole",
                    "period": "month",
                    "subject": "",
                    "limit_usd": "200",
                    "spent_usd": "0.00013",
                    "reserved_usd": "0",
                    "left_usd": "199.99987",
                    "level": "within",
                    "begins_anew": "2026-12-01T00:00:00Z",
                }
            ],
        }
    },
}
