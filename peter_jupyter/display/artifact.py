"""A dashboard's artifact as a picture without scripts: what a saved notebook keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from peter_core.billing import bytes_text
from peter_jupyter.display.figures import Drawings, chart_image, sparkline_image
from peter_jupyter.display.markup import (
    Heading,
    Markup,
    escape,
    page,
    pill,
    share_bar,
    table,
)
from peter_jupyter.display.values import count_text, moment_text, seconds_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.plan.artifact import Artifact

MOST_ROWS = 100
"""Rows of a table that a saved notebook keeps."""

_COLUMN_PX = 90
_FIGURE_PX = 240


def artifact_html(artifact: Artifact, drawings: Drawings | None = None) -> str:
    """The dashboard as a still: tiles, tables and drawn charts in its own layout.

    Parameters
    ----------
    drawings
        Where to keep the charts that are drawn.
    """
    payload = artifact.payload
    drawings = drawings or Drawings()
    parts = [_header(payload)]
    tabs = payload["layout"]["tabs"]
    for tab in tabs:
        if tab.get("title"):
            parts.append(Markup(f'<div class="pt-tab">{escape(tab["title"])}</div>'))
        tiles = "".join(
            _tile(payload, tile, drawings, first=at == 0)
            for row in tab["rows"]
            for at, tile in enumerate(row)
        )
        parts.append(Markup(f'<div class="pt-grid">{tiles}</div>'))
    footer = "".join(f"<span>{escape(item)}</span>" for item in footer_items(payload))
    parts.append(Markup(f'<div class="pt-foot pt-last">{footer}</div>'))
    return page(f'<div class="pt-page">{"".join(parts)}</div>')


def artifact_text(artifact: Artifact) -> str:
    """The dashboard in words: title, filters, a sentence a chart, its state, the footer."""
    payload = artifact.payload
    lines = [f"Dashboard {payload['title']} ({payload['slug']} @ {payload['revision'][:7]})"]
    if payload.get("description"):
        lines.append(" ".join(payload["description"].split()))
    filters = list(filter_texts(payload))
    if filters:
        lines.append(f"Filters: {'; '.join(filters)}")
    for name, chart in payload["charts"].items():
        lines += _chart_text(name, chart)
    lines.append(" · ".join(footer_items(payload)))
    return "\n".join(lines)


def footer_items(payload: dict[str, Any]) -> list[str]:
    """Cost and provenance: queries from cache, bytes, seconds, data time, revision."""
    items = [f"{payload['queries_cached']} of {count_text(payload['queries'], 'query', 'queries')}"
             " from cache"]  # fmt: skip
    items.append(f"{bytes_text(payload['bytes_scanned'])} scanned")
    items.append(seconds_text(payload["duration_ms"]))
    items.append(f"computed {moment_text(payload['as_of'])}")
    items.append(f"data as of {moment_text(payload['source_updated_at'])}")
    items.append(f"{payload['slug']}.peter.yaml @ {payload['revision'][:7]}")
    return items


def filter_texts(payload: dict[str, Any]) -> Iterator[str]:
    """Each filter with its value, as it was set for this answer."""
    for filter_ in payload["filters"]:
        value = filter_["value"]
        if value is None:
            text = "all"
        elif filter_["type"] == "date_range":
            text = " – ".join(str(day) for day in value)
        else:
            labels = {o["value"]: o["label"] for o in filter_.get("options") or ()}
            values = value if isinstance(value, list) else [value]
            text = ", ".join(labels.get(item, value_text(item)) for item in values)
        yield f"{filter_['label']}: {text}"


def _chart_text(name: str, chart: dict[str, Any]) -> list[str]:
    marks = [chart["state"]] if chart["state"] != "ready" else []
    if chart["freshness"] == "stale":
        marks.append(f"stale: {chart['freshness_reason'] or 'the data is old'}")
    if chart["truncated"] or chart.get("note"):
        marks.append(chart.get("note") or _cut_text(chart))
    receipt = chart["receipt"]
    if receipt is not None and not receipt["matches"]:
        marks.append("its verification is of an older version")
    title = f"{chart['title']} " if chart["title"] else ""
    head = f"- {title}[{name}, {'; '.join([chart['type'], *marks])}]"
    lines = [f"{head}: {chart['summary']}" if chart["summary"] else head]
    problem = chart["problem"]
    if problem is not None:
        lines.append("    " + " ".join(filter(None, [problem["detail"], problem["hint"]])))
    lines += [f"    check not met: {c['check']}: {c['detail']}" for c in chart["failed_checks"]]
    return lines


def _cut_text(chart: dict[str, Any]) -> str:
    return f"truncated, {chart['row_count']:,} rows in all"


def _header(payload: dict[str, Any]) -> Markup:
    about = payload.get("description")
    sub = f'<p class="pt-sub">{escape(about)}</p>' if about else ""
    chips = "".join(pill(text) for text in filter_texts(payload))
    chips = f'<div class="pt-chips">{chips}</div>' if chips else ""
    title = escape(payload["title"])
    return Markup(f'<div class="pt-h1" role="heading" aria-level="1">{title}</div>{sub}{chips}')


def _tile(
    payload: dict[str, Any], tile: dict[str, Any], drawings: Drawings, *, first: bool
) -> Markup:
    chart = payload["charts"][tile["chart"]]
    width = int(tile["width"])
    view = chart["view"]
    kind = "kpi" if chart["type"] == "kpi" else ("wide" if width > 6 else "")
    badge = ""
    if chart["freshness"] == "stale":
        badge = pill("Stale", "warn")
    elif chart["failed_checks"]:
        badge = pill("Check not met", "bad")
    about = chart["description"]
    described = f'<p class="pt-desc">{escape(about)}</p>' if about else ""
    title = escape(chart["title"] or "")
    head = ""
    if title or badge or described:
        head = (
            f'<div class="pt-head"><div><div class="pt-h2" role="heading" aria-level="2">{title}'
            f"</div>{described}</div>{badge}</div>"
        )
    drawn = view is not None and not chart["problem"]
    body = _view(view, chart, tile, drawings) if drawn else _state(chart)
    note = chart.get("note") or (_cut_text(chart) if chart["truncated"] else None)
    noted = f'<p class="pt-desc">{escape(note)}</p>' if note else ""
    classes = " ".join(
        ["pt-card pt-tile", *(["pt-first"] if first else []), *([f"pt-{kind}"] if kind else [])]
    )
    return Markup(f'<div class="{classes}" style="--w:{width}">{head}{body}{noted}</div>')


def _state(chart: dict[str, Any]) -> str:
    problem = chart["problem"] or {"title": "No picture", "detail": chart["summary"], "hint": None}
    lines = [problem["detail"], problem["hint"]]
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    tone = "pt-bad" if chart["state"] == "failed" else "pt-quiet"
    title = f'<strong class="{tone}">{escape(problem["title"])}</strong>'
    return f'<div class="pt-state">{title}{body}</div>'


def _view(
    view: dict[str, Any], chart: dict[str, Any], tile: dict[str, Any], drawings: Drawings
) -> str:
    match view["kind"]:
        case "kpi":
            return _kpi(view)
        case "table":
            return _table(view)
        case "text":
            return f'<div class="pt-text">{"".join(_text_block(b) for b in view["blocks"])}</div>'
        case _:
            return _figure(view, chart, tile, drawings)


def _figure(
    view: dict[str, Any], chart: dict[str, Any], tile: dict[str, Any], drawings: Drawings
) -> str:
    # A narrow page makes narrow tiles wider: drawn for five columns, their text keeps its size.
    width = max(5, int(tile["width"])) * _COLUMN_PX - 40
    height = max(tile.get("height") or _FIGURE_PX, view.get("min_height") or 0)
    items = []
    for entry in view.get("legend") or ():
        name = str(entry["color"]).removeprefix("$")
        mark = {"line": ' class="pt-line"', "dash": ' class="pt-dash"'}.get(entry["mark"], "")
        color = f"var(--{escape(name)})"
        items.append(f'<li><b{mark} style="--k:{color}"></b>{escape(entry["label"])}</li>')
    legend = f'<ul class="pt-legend">{"".join(items)}</ul>' if items else ""
    size = {"width": width, "height": height}
    return legend + chart_image(view, chart["summary"], **size, draw=drawings.draw)


def _kpi(view: dict[str, Any]) -> str:
    value = view["value"]
    unit = f"<small>{escape(value['unit'])}</small>" if value.get("unit") else ""
    spark = sparkline_image(view["sparkline"]) if view.get("sparkline") else ""
    text = f"{escape(value.get('before') or '')}{escape(value['text'])}{unit}"
    shown = f'<div class="pt-value"><span>{text}</span>{spark}</div>'
    delta = view.get("delta")
    if delta is None:
        return shown
    tone = {True: ' class="pt-good"', False: ' class="pt-bad"'}.get(delta["good"], "")
    sign = {"up": "▲", "down": "▼", "flat": "■"}[delta["direction"]]
    said = f"<b{tone}>{sign} {escape(delta['text'])}</b> {escape(delta['label'] or '')}"
    return f'{shown}<p class="pt-delta">{said}</p>'


def _table(view: dict[str, Any]) -> str:
    columns = view["columns"]
    headings = [
        Heading(c["title"], numeric=c["align"] == "right" and not c["bar"]) for c in columns
    ]
    count = len(view["values"][0]) if view["values"] else 0
    shown = min(count, MOST_ROWS)
    rows = [[_cell(view, at, row) for at in range(len(columns))] for row in range(shown)]
    body = table(headings, rows)
    more = f'<p class="pt-desc">first {shown:,} of {count:,} rows</p>' if count > shown else ""
    return body + more


def _cell(view: dict[str, Any], column: int, row: int) -> str:
    texts = view["texts"][column]
    value = view["values"][column][row]
    text = value_text(value if texts is None else texts[row], 200)
    spec = view["columns"][column]
    if spec["bar"] and isinstance(value, int | float):
        return share_bar(value / spec["bar"][1] if spec["bar"][1] else 0, text)
    if spec["link"]:
        at = next((i for i, c in enumerate(view["columns"]) if c["field"] == spec["link"]), None)
        target = view["values"][at][row] if at is not None else None
        return _link(target, escape(text)) if isinstance(target, str) else text
    return text


def _text_block(block: dict[str, Any]) -> str:
    match block["kind"]:
        case "list":
            tag = "ol" if block["ordered"] else "ul"
            items = "".join(f"<li>{_inlines(item)}</li>" for item in block["items"])
            return f"<{tag}>{items}</{tag}>"
        case "heading":
            return f"<p><strong>{_inlines(block['children'])}</strong></p>"
        case _:
            return f"<p>{_inlines(block['children'])}</p>"


def _inlines(children: list[dict[str, Any]]) -> str:
    return "".join(_inline(child) for child in children)


def _inline(child: dict[str, Any]) -> str:
    if "strong" in child:
        return f"<strong>{_inlines(child['strong'])}</strong>"
    if "em" in child:
        return f"<em>{_inlines(child['em'])}</em>"
    if "code" in child:
        return f"<code>{escape(child['code'])}</code>"
    if "link" in child:
        return _link(child["link"], _inlines(child["children"]))
    return escape(child["text"])


def _link(target: str, inner: str) -> Markup:
    """A link of a scheme that only opens pages; anything else stays text."""
    try:
        scheme = urlsplit(target.strip()).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https", "mailto"):
        return Markup(inner)
    return Markup(
        f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer">{inner}</a>'
    )
