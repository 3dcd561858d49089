"""A dashboard's artifact as a picture without scripts: what a saved notebook keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from peter_core.plan.words import say, speaking
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
from peter_jupyter.display.values import value_text
from peter_jupyter.export.words import Words

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
    with speaking(artifact.payload["locale"]):
        return _Still(artifact.payload, drawings or Drawings()).html()


def artifact_text(artifact: Artifact) -> str:
    """The dashboard in words: title, filters, a sentence a chart, its state, the footer."""
    payload = artifact.payload
    words = Words(payload)
    with speaking(payload["locale"]):
        about = {"title": payload["title"], "slug": payload["slug"]}
        lines = [say("Dashboard {title} ({slug} @ {revision})", **about,
                     revision=payload["revision"][:7])]  # fmt: skip
        if payload.get("description"):
            lines.append(" ".join(payload["description"].split()))
        filters = list(filter_texts(payload, words))
        if filters:
            lines.append(say("Filters: {filters}", filters="; ".join(filters)))
        for name, chart in payload["charts"].items():
            lines += _chart_text(name, chart, words)
        lines.append(" · ".join(footer_items(payload, words)))
        return "\n".join(lines)


def footer_items(payload: dict[str, Any], words: Words) -> list[str]:
    """The data's time, the cost and where it comes from, as the foot of its page says it."""
    as_of = payload["as_of"]
    return [*([words.say("asOf", words.moment(as_of))] if as_of else []), *words.origin()]


def filter_texts(payload: dict[str, Any], words: Words) -> Iterator[str]:
    """Each filter with its value, as it was set for this answer."""
    told = iter(words.filters())
    for filter_ in payload["filters"]:
        free = filter_["value"] is None
        yield f"{filter_['label']}: {say('all')}" if free else next(told)


def _chart_text(name: str, chart: dict[str, Any], words: Words) -> list[str]:
    marks = [chart["state"]] if chart["state"] != "ready" else []
    if chart["freshness"] == "stale":
        marks.append(": ".join(filter(None, [say("stale"), chart["freshness_reason"]])))
    if note := chart.get("note") or words.cut(chart):
        marks.append(note)
    receipt = chart["receipt"]
    if receipt is not None and not receipt["matches"]:
        marks.append(say("its verification is of an older version"))
    title = f"{chart['title']} " if chart["title"] else ""
    head = f"- {title}[{name}, {'; '.join([chart['type'], *marks])}]"
    lines = [f"{head}: {chart['summary']}" if chart["summary"] else head]
    problem = chart["problem"]
    if problem is not None:
        lines.append("    " + " ".join(filter(None, [problem["detail"], problem["hint"]])))
    for failed in chart["failed_checks"]:
        told = say("check not met: {check}: {detail}", check=failed["check"],
                   detail=failed["detail"])  # fmt: skip
        lines.append(f"    {told}")
    return lines


class _Still:
    """The page of a still, from its title to its foot."""

    def __init__(self, payload: dict[str, Any], drawings: Drawings) -> None:
        self._payload, self._drawings = payload, drawings
        self._words = Words(payload)

    def html(self) -> str:
        parts = [self._header()]
        for tab in self._payload["layout"]["tabs"]:
            if tab.get("title"):
                parts.append(Markup(f'<div class="pt-tab">{escape(tab["title"])}</div>'))
            tiles = "".join(
                self._tile(tile, first=at == 0)
                for row in tab["rows"]
                for at, tile in enumerate(row)
            )
            parts.append(Markup(f'<div class="pt-grid">{tiles}</div>'))
        items = footer_items(self._payload, self._words)
        footer = "".join(f"<span>{escape(item)}</span>" for item in items)
        parts.append(Markup(f'<div class="pt-foot pt-last">{footer}</div>'))
        language = escape(self._payload["locale"])
        return page(f'<div class="pt-page" lang="{language}">{"".join(parts)}</div>')

    def _header(self) -> Markup:
        payload = self._payload
        about = payload.get("description")
        sub = f'<p class="pt-sub">{escape(about)}</p>' if about else ""
        chips = "".join(pill(text) for text in filter_texts(payload, self._words))
        chips = f'<div class="pt-chips">{chips}</div>' if chips else ""
        title = escape(payload["title"])
        return Markup(f'<div class="pt-h1" role="heading" aria-level="1">{title}</div>{sub}{chips}')

    def _tile(self, tile: dict[str, Any], *, first: bool) -> Markup:
        chart = self._payload["charts"][tile["chart"]]
        width, view = int(tile["width"]), chart["view"]
        kind = "kpi" if chart["type"] == "kpi" else ("wide" if width > 6 else "")
        drawn = view is not None and not chart["problem"]
        body = self._view(view, chart, tile) if drawn else self._state(chart)
        note = chart.get("note") or self._words.cut(chart)
        noted = f'<p class="pt-desc">{escape(note)}</p>' if note else ""
        classes = " ".join(
            ["pt-card pt-tile", *(["pt-first"] if first else []), *([f"pt-{kind}"] if kind else [])]
        )
        return Markup(
            f'<div class="{classes}" style="--w:{width}">{self._head(chart)}{body}{noted}</div>'
        )

    def _head(self, chart: dict[str, Any]) -> str:
        badge, about = self._badge(chart), chart["description"]
        described = f'<p class="pt-desc">{escape(about)}</p>' if about else ""
        title = escape(chart["title"] or "")
        if not (title or badge or described):
            return ""
        return (
            f'<div class="pt-head"><div><div class="pt-h2" role="heading" aria-level="2">{title}'
            f"</div>{described}</div>{badge}</div>"
        )

    def _badge(self, chart: dict[str, Any]) -> str:
        words, since = self._words, chart["computed_at"]
        if chart["freshness"] == "stale":
            told = words.say("stale", words.day(since)) if since else words.say("staleBare")
            return pill(told, "warn")
        if chart["failed_checks"]:
            return pill(words.say("checksFailed", len(chart["failed_checks"])), "bad")
        return ""

    def _state(self, chart: dict[str, Any]) -> str:
        failed = self._words.say("failedTitle")
        problem = chart["problem"] or {"title": failed, "detail": chart["summary"], "hint": None}
        lines = [problem["detail"], problem["hint"]]
        body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
        tone = "pt-bad" if chart["state"] == "failed" else "pt-quiet"
        title = f'<strong class="{tone}">{escape(problem["title"])}</strong>'
        return f'<div class="pt-state">{title}{body}</div>'

    def _view(self, view: dict[str, Any], chart: dict[str, Any], tile: dict[str, Any]) -> str:
        match view["kind"]:
            case "kpi":
                return _kpi(view)
            case "table":
                return self._table(view)
            case "text":
                blocks = "".join(_text_block(block) for block in view["blocks"])
                return f'<div class="pt-text">{blocks}</div>'
            case _:
                return _figure(view, chart, tile, self._drawings)

    def _table(self, view: dict[str, Any]) -> str:
        columns = view["columns"]
        headings = [
            Heading(c["title"], numeric=c["align"] == "right" and not c["bar"]) for c in columns
        ]
        count = len(view["values"][0]) if view["values"] else 0
        shown = min(count, MOST_ROWS)
        rows = [[_cell(view, at, row) for at in range(len(columns))] for row in range(shown)]
        more = self._words.say("truncated", shown, count) if count > shown else ""
        return table(headings, rows) + (f'<p class="pt-desc">{more}</p>' if more else "")


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
