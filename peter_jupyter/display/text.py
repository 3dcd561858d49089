"""A verification as text: what an agent, a log and a review read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_jupyter.display.values import (
    clip,
    count_text,
    moment_text,
    source_lines,
    tiers_text,
    type_text,
    value_text,
)
from peter_jupyter.display.verification import (
    cost_note,
    error_place,
    other_findings,
    place,
    rows_text,
    status_items,
    verdict_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from peter_core.engine.port import ColumnProfile
    from peter_core.verify.verification import Finding, Verification

LIMIT = 4000
"""Characters of a verification's text: what an agent can afford to read after every cell."""

_SHARES = {"error": 700, "findings": 900, "checks": 500, "columns": 1300}


def verification_text(verification: Verification) -> str:
    """The payload in at most 4,000 characters.

    Every section has room of its own, so that none crowds out another; the sample takes what is
    left. What does not fit is counted, never dropped in silence.
    """
    sections = [
        _head(verification),
        _error(verification, _SHARES["error"]),
        _section("Findings", map(_finding, other_findings(verification)), _SHARES["findings"]),
        _section("Checks", _checks(verification), _SHARES["checks"]),
        _section("Columns", _columns(verification), _SHARES["columns"]),
        _section("Tables", _tables(verification), 300),
    ]
    sections = [section for section in sections if section]
    used = sum(len(section) + 1 for section in sections)
    sample = _sample(verification, LIMIT - used - 1)
    return clip("\n".join([*sections, sample] if sample else sections), LIMIT)


def verification_markdown(verification: Verification) -> str:
    """The payload as Markdown: for reports, pull requests and chat."""
    mark = "✓" if verification.verdict == "passed" else "✕"
    items = " · ".join(status_items(verification))
    parts = [f"**{mark} {markdown(verdict_text(verification))}** · {markdown(items)}"]
    if verification.error:
        parts.append(markdown(" ".join(filter(None, [verification.error, verification.hint]))))
    findings = [f"- {markdown(_finding(f))}" for f in other_findings(verification)]
    if findings:
        parts.append("\n".join(findings))
    if verification.checks:
        parts.append("\n".join(f"- {markdown(line)}" for line in _checks(verification)))
    if verification.schema:
        profiles = {p.name: p for p in verification.profile}
        rows = [
            [c.name, type_text(c), *_profile_values(profiles.get(c.name))]
            for c in verification.schema
        ]
        parts.append(
            _markdown_table(["column", "type", "nulls", "distinct", "min", "max", "mean"], rows)
        )
    if verification.sample_rows and verification.schema:
        names = [c.name for c in verification.schema]
        sample = [[value_text(row.get(n)) for n in names] for row in verification.sample_rows]
        parts.append(_markdown_table(names, sample))
    return "\n\n".join(parts) + "\n"


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: no markup and no HTML comes of it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#~$" else c for c in " ".join(escaped.split()))


def _markdown_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(
        f"| {' | '.join(cell if cell == '---' else markdown(cell) for cell in line)} |"
        for line in lines
    )


def _head(verification: Verification) -> str:
    kind = "Dry run:" if verification.dry_run else "Verification"
    lines = [f"{kind} {verdict_text(verification)} · {' · '.join(status_items(verification))}"]
    facts = [verification.statement_type, f"engine {verification.engine}"]
    facts.append(f"fingerprint {verification.fingerprint[:12]}")
    facts.append(f"cost ${verification.cost_usd}{cost_note(verification)}")
    if verification.bytes_billed:
        facts.append(f"{verification.bytes_billed:,} B billed")
    if verification.computed_at is not None:
        facts.append(f"computed {moment_text(verification.computed_at)}")
    elif verification.tiers:
        facts.append(f"checked by {tiers_text(verification.tiers)}")
    if verification.job_id:
        facts.append(f"job {verification.job_id}")
    if verification.slot_ms is not None:
        facts.append(f"{verification.slot_ms / 1000:,.1f} s slot time")
    if verification.receipt:
        facts.append(f"receipt {verification.receipt}")
    return clip("\n".join([*lines, " · ".join(filter(None, facts))]), 500)


def _error(verification: Verification, limit: int) -> str:
    if not verification.error:
        return ""
    lines = [f"Reason: {verification.reason or verification.verdict}"]
    found = error_place(verification)
    where = f"{place(found.line, found.column)} " if found else ""
    lines.append(clip(f"  {where}{' '.join(verification.error.split())}", limit - 250))
    if verification.hint:
        lines.append(clip(f"  {' '.join(verification.hint.split())}", 200))
    if found is not None and found.line is not None:
        lines += [f"  {line}" for line in source_lines(
            verification.sql, found.line, found.column) or ()]  # fmt: skip
    return "\n".join(lines)


def _finding(finding: Finding) -> str:
    where = place(finding.line, finding.column)
    text = f"{finding.severity} {finding.rule}" + (f" ({where})" if where else "")
    return f"{text}: {finding.message}" + (f" {finding.hint}" if finding.hint else "")


def _checks(verification: Verification) -> list[str]:
    ordered = sorted(verification.checks, key=lambda check: check.passed)
    return [
        f"{'passed' if c.passed else 'FAILED' if c.severity == 'error' else 'WARNING'} "
        f"{c.check}" + (f": {c.detail}" if c.detail else "")
        for c in ordered
    ]


def _columns(verification: Verification) -> list[str]:
    profiles = {profile.name: profile for profile in verification.profile}
    sources = {column.name: column.sources for column in verification.columns}
    lines = []
    for column in verification.schema:
        mode = " REQUIRED" if column.mode == "REQUIRED" else ""
        text = f"{column.name} {type_text(column)}{mode}"
        profile = profiles.get(column.name)
        if profile is not None:
            names = ("nulls", "distinct", "min", "max", "mean")
            values = _profile_values(profile, 24)
            shown = zip(names, values, strict=True)
            text += ": " + ", ".join(f"{name} {value}" for name, value in shown if value != "–")
            top = [f"{value_text(value, 16)} {n:,}" for value, n in profile.top[:3] if n > 1]
            text += f", top {' | '.join(top)}" if top else ""
        if sources.get(column.name):
            text += f" <- {', '.join(sources[column.name])}"
        lines.append(text)
    return lines


def _profile_values(profile: ColumnProfile | None, limit: int = 40) -> list[str]:
    if profile is None:
        return ["–"] * 5
    return [
        str(profile.nulls),
        str(profile.distinct),
        value_text(profile.min, limit),
        value_text(profile.max, limit),
        value_text(profile.mean),
    ]


def _tables(verification: Verification) -> list[str]:
    return [
        stamp.id
        + (f", {count_text(stamp.rows, 'row')}" if stamp.rows is not None else "")
        + f", changed {moment_text(stamp.updated_at)}"
        for stamp in verification.tables
    ]


def _sample(verification: Verification, limit: int) -> str:
    rows = verification.sample_rows
    if not rows or not verification.schema or limit < 120:
        return ""
    names = [column.name for column in verification.schema]
    lines = [" | ".join(value_text(row.get(name), 24) for name in names) for row in rows]
    head = f"Sample, {len(rows)} of {rows_text(verification)}"
    return _section(head, [" | ".join(clip(name, 24) for name in names), *lines], limit, "rows")


def _section(title: str, lines: Iterable[str], limit: int, noun: str = "") -> str:
    """A titled list within ``limit`` characters; each line gets its share before it is cut."""
    items = [" ".join(line.split()) for line in lines]
    if not items:
        return ""
    widest = max(60, min(400, (limit - len(title)) // len(items) - 3))
    shown, used = [f"{title}:"], len(title) + 2
    for index, item in enumerate(items):
        fits = used + len(item) + 3 <= limit - 30
        line = f"  {item if fits and len(item) <= 400 else clip(item, widest)}"
        if used + len(line) + 1 > limit - 30:
            shown.append(f"  … and {len(items) - index} more {noun}".rstrip())
            break
        shown.append(line)
        used += len(line) + 1
    return "\n".join(shown)
