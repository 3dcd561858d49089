"""A verification for people: one status line, what was found, the columns, a sample."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from peter_core.billing import bytes_text
from peter_core.costs import usd_text
from peter_jupyter.display.markup import (
    Heading,
    Markup,
    Tone,
    block,
    card,
    escape,
    fold,
    foot,
    hint,
    note_item,
    note_list,
    page,
    pill,
    share_bar,
    source,
    status,
    table,
)
from peter_jupyter.display.values import (
    NULL,
    count_text,
    is_numeric,
    moment_text,
    seconds_text,
    tiers_text,
    type_text,
    value_text,
)
from peter_jupyter.failure import is_refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peter_core.engine.port import ColumnProfile
    from peter_core.verify.verification import Finding, Verification

_REASONS = {
    "refused": "it has an error",
    "over_cap": "over its byte cap",
    "over_budget": "over a budget",
    "failed": "it failed while running",
    "timed_out": "it took too long",
    "cancelled": "it was cancelled",
    "unavailable": "the engine is not available",
}


def verdict_text(verification: Verification) -> str:
    """The verdict in words: ``passed``, ``would run``, ``could not run: over its byte cap``."""
    if verification.verdict == "could_not_run":
        if is_refusal(verification):
            return "refused"
        reason = verification.reason or ""
        return f"could not run: {_REASONS.get(reason, reason)}" if reason else "could not run"
    if verification.dry_run and verification.verdict == "passed":
        return "would run"
    return verification.verdict


def status_items(verification: Verification) -> list[str]:
    """What stands beside the verdict: rows, bytes of the cap, cost, cache, seconds."""
    items = []
    if verification.row_count is not None and not verification.dry_run:
        items.append(rows_text(verification))
    scanned = bytes_text(verification.bytes_scanned)
    if (
        verification.bytes_scanned == 0
        and verification.estimated_bytes
        and (verification.dry_run or verification.verdict == "could_not_run")
    ):
        scanned = f"≥ {bytes_text(verification.estimated_bytes)}"
    items.append(f"{scanned} of {bytes_text(verification.cap_bytes)}")
    items.append(usd_text(verification.cost_usd))
    if verification.cache_hit:
        items.append("from cache")
    items.append(seconds_text(verification.duration_ms))
    return items


def rows_text(verification: Verification) -> str:
    """``30 rows``, or how many of them were kept: never a silent cut."""
    count = verification.row_count or 0
    if not verification.truncated:
        return count_text(count, "row")
    kept = verification.table.num_rows if verification.table is not None else None
    return f"first {kept:,} of {count:,} rows" if kept else f"{count_text(count, 'row')}, truncated"


def verification_html(verification: Verification) -> str:
    """The card of a verification."""
    tones: dict[str, Tone] = {"passed": "good", "failed": "bad", "could_not_run": "bad"}
    good = verification.verdict == "passed"
    mark = pill(f"{'✓' if good else '✕'} {verdict_text(verification)}", tones[verification.verdict])
    return page(
        card(
            status(mark, status_items(verification)),
            _error(verification),
            _findings(verification),
            _checks(verification),
            _sample(verification),
            _columns(verification),
            foot(provenance(verification)),
        )
    )


def verification_json(verification: Verification) -> dict[str, Any]:
    """The payload as ``POST /api/v1/sql/run`` answers it: plain JSON values."""
    found: dict[str, Any] = {
        name: _plain(getattr(verification, name))
        for name in verification.__dataclass_fields__
        if name != "table"
    }
    return found


def error_place(verification: Verification) -> Finding | None:
    """The first finding with a place that stopped the statement."""
    placed = (f for f in verification.findings if f.severity == "error" and f.line is not None)
    return next(placed, None)


def other_findings(verification: Verification) -> list[Finding]:
    """The findings that the error's own sentence does not tell already; the gravest first."""
    order = {"error": 0, "warning": 1, "info": 2}
    error = verification.error or ""
    rest = [f for f in verification.findings if not (error and f.message in error)]
    return sorted(rest, key=lambda f: order[f.severity])


def place(line: int | None, column: int | None) -> str:
    """A place as editors write it: ``3:8``."""
    if line is None:
        return ""
    return str(line) if column is None else f"{line}:{column}"


def provenance(verification: Verification) -> list[str]:
    """Where the result is from: tables and their age, engine, time, receipt."""
    items = []
    for stamp in verification.tables:
        rows = f" · {count_text(stamp.rows, 'row')}" if stamp.rows is not None else ""
        items.append(f"{stamp.id}{rows} · changed {moment_text(stamp.updated_at)}")
    if verification.computed_at is not None:
        items.append(f"computed {moment_text(verification.computed_at)}")
    items.append(verification.engine)
    if verification.tiers and verification.computed_at is None:
        items.append(f"checked by {tiers_text(verification.tiers)}")
    if cost_note(verification):
        items.append(f"${verification.cost_usd}{cost_note(verification)}")
    if verification.bytes_billed:
        items.append(f"{bytes_text(verification.bytes_billed)} billed")
    if verification.job_id:
        items.append(f"job {verification.job_id}")
    if verification.slot_ms is not None:
        items.append(f"{verification.slot_ms / 1000:,.1f} s slot time")
    if verification.receipt:
        items.append(f"receipt {verification.receipt[:12]}")
    return items


def cost_note(verification: Verification) -> str:
    """How to read the cost: the embedded engine itself is free."""
    free = verification.engine == "duckdb" and Decimal(verification.cost_usd) > 0
    return " is what BigQuery would bill" if free else ""


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(item) for name, item in asdict(value).items()}  # type: ignore[call-overload]
    return value


def _error(verification: Verification) -> Markup:
    if not verification.error:
        return Markup("")
    found = error_place(verification)
    caret = source(verification.sql, found.line, found.column) if found else Markup("")
    where = f"Line {found.line}, column {found.column}: " if found and found.column else ""
    if where.rstrip(": ").lower() in verification.error.lower():
        where = ""
    return block(where + verification.error, hint(verification.hint), caret)


def _findings(verification: Verification) -> Markup:
    return note_list(
        note_item(
            finding.severity,
            place(finding.line, finding.column),
            finding.message,
            hint(finding.hint),
        )
        for finding in other_findings(verification)
    )


def _checks(verification: Verification) -> Markup:
    if not verification.checks:
        return Markup("")
    held = sum(check.passed for check in verification.checks)
    broken = [c for c in verification.checks if not c.passed]
    rows = [
        [
            pill("✓ passed", "good")
            if check.passed
            else pill("✕ failed", "bad")
            if check.severity == "error"
            else pill("warning", "warn"),
            check.check,
            check.detail or NULL,
        ]
        for check in sorted(verification.checks, key=lambda c: c.passed)
    ]
    body = table([Heading("Outcome"), Heading("Check"), Heading("Evidence")], rows)
    note = f"{held} of {len(verification.checks)} passed"
    return fold("Checks", note, body, shown=bool(broken))


def _sample(verification: Verification) -> Markup:
    rows = verification.sample_rows
    if not rows or not verification.schema:
        return Markup("")
    headings = [Heading(c.name, type_text(c), is_numeric(c)) for c in verification.schema]
    body = table(
        headings,
        ([value_text(row.get(c.name)) for c in verification.schema] for row in rows),
    )
    total = verification.row_count if verification.row_count is not None else len(rows)
    note = (
        f"first {len(rows):,} of {total:,} rows" if total > len(rows) else rows_text(verification)
    )
    return fold("Sample", note, body)


def _columns(verification: Verification) -> Markup:
    if not verification.schema:
        return Markup("")
    profiles = {profile.name: profile for profile in verification.profile}
    sources = {column.name: column.sources for column in verification.columns}
    headings = [Heading("Column"), Heading("Type")]
    if profiles:
        headings += [Heading("Nulls", numeric=True), Heading("Distinct", numeric=True),
                     Heading("Min", numeric=True), Heading("Max", numeric=True),
                     Heading("Mean", numeric=True), Heading("Most frequent")]  # fmt: skip
    if sources:
        headings.append(Heading("Computed from"))
    rows = []
    for column in verification.schema:
        required = " REQUIRED" if column.mode == "REQUIRED" else ""
        cells = [column.name, Markup(f"<code>{escape(type_text(column) + required)}</code>")]
        if profiles:
            cells += _profile_cells(profiles.get(column.name), verification.row_count)
        if sources:
            cells.append(", ".join(map(_short, sources.get(column.name, ()))) or NULL)
        rows.append(cells)
    note = count_text(len(rows), "column")
    return fold("Columns", note, table(headings, rows), shown=bool(profiles) or not rows)


def _short(source_id: str) -> str:
    # The footer names the tables in full; here the table's own name tells them apart.
    return ".".join(source_id.split(".")[-2:])


def _profile_cells(profile: ColumnProfile | None, rows: int | None) -> list[str]:
    if profile is None:
        return [NULL] * 6
    nulls = f"{profile.nulls:,}"
    if profile.nulls and rows:
        nulls += f" ({100 * profile.nulls / rows:.3g} %)"
    return [
        nulls,
        f"{profile.distinct:,}",
        value_text(profile.min, 32),
        value_text(profile.max, 32),
        value_text(profile.mean),
        _top(profile.top, rows),
    ]


def _top(top: Iterable[tuple[object, int]], rows: int | None) -> str:
    best = next(iter(top), None)
    # A value that occurs once is no more frequent than any other.
    if best is None or best[1] < 2:
        return NULL
    value, count = best
    return share_bar(count / rows if rows else 0, f"{value_text(value, 24)} {count:,}")
