"""What a page shows before its script has run: its title, and its cards at their final size."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from peter_core.plan.tokens import Theme, tokens

_RULES = Path(__file__).with_name("static") / "first.css"

_ROWS = 6  # No window shows more of a dashboard than these before it is scrolled.
_CONTROL_PX = 32
_TABS_PX = 54
_BADGE_PX, _HISTORY_PX, _EXPORT_PX, _RESET_PX = 120, 72, 83, 52
_PERIOD_PX = (248, 118)  # The choices, and the range itself.
_LETTER_PX = 7
_FEW_FILTERS = 2
_HEAD_PX, _ROW_PX, _PAGER_PX = 31, 37, 41
_SEARCH_FROM, _MOST_ROWS = 11, 2_000
_TRIANGLES = {"up": "M4 1l4 6H0z", "down": "M4 7L0 1h8z", "flat": "M0 3h8v2H0z"}


@cache
def first_style() -> str:
    """The rules and colours of the first picture, as the text of a ``style`` element.

    They hold until the script names a theme; its own stylesheet is there by then.
    """
    rules = _RULES.read_text("utf-8") if _RULES.is_file() else ""
    used = sorted({*re.findall(r"var\(--([\w-]+)", rules), *(f"c{at}" for at in range(1, 7))})

    def colours(theme: Theme) -> str:
        known = tokens(theme)
        return "".join(f"--{name}:{known[name]};" for name in used if name in known)

    dark = f".pt:not([data-theme]){{{colours('dark')}--sh:none;color-scheme:dark}}"
    return f"{rules}.pt{{{colours('light')}}}@media(prefers-color-scheme:dark){{{dark}}}".replace(
        "</", "<\\/"
    )


def first_picture(
    title: str,
    artifact_json: bytes | None,
    *,
    up: tuple[str, str] | None = None,
    history: bool = False,
    tab: int = 1,
) -> str:
    """The page as HTML, as far as it is known without a script.

    Parameters
    ----------
    artifact_json
        What is going to be drawn; without it only the title is shown.
    up
        The address of the list of dashboards, and what it is called.
    history
        Whether the page is going to have a button for the history.
    tab
        The tab that is open, counted from 1; the last one where there are fewer.
    """
    link = f'<a class="up" href="{escape(up[0])}">{escape(up[1])}</a>' if up else ""
    sub, controls, below = _told_by(artifact_json, history, tab) if artifact_json else ("", "", "")
    head = f'<div class="titles">{link}<h1>{escape(title)}</h1>{sub}</div>'
    return f'<div class="page"><header class="top">{head}{controls}</header>{below}</div>'


@lru_cache(maxsize=16)  # Most readers open the same few, and reading JSON takes the longest.
def _told_by(artifact_json: bytes, history: bool, tab: int) -> tuple[str, str, str]:
    """The description, the room of the controls, and what stands below the head."""
    known: dict[str, Any] = orjson.loads(artifact_json)
    about = known.get("description")
    sub = f'<p class="sub">{escape(about)}</p>' if about else ""
    if "layout" not in known:
        return sub, "", ""
    tabs = known["layout"]["tabs"]
    pages = f'<div style="height:{_TABS_PX}px"></div>' if len(tabs) > 1 else ""
    rows = tabs[min(tab, len(tabs)) - 1]["rows"][:_ROWS] if tabs else []
    main = "".join(_row(row, known["charts"]) for row in rows)
    return sub, _controls(known, history), f"{pages}<main>{main}</main>"


def packed(row: list[dict[str, Any]], charts: dict[str, Any]) -> list[tuple[int, int]]:
    """The columns of twelve that each card spans on a page of medium width, and on a narrow one.

    The same as ``labextension/src/renderer/packing.ts`` says.
    """
    kpis = [charts[tile["chart"]]["type"] == "kpi" for tile in row]
    halves = [kpi or (tile["width"] or 12) <= 6 for tile, kpi in zip(row, kpis, strict=True)]
    return list(zip(_paired(halves), _paired(kpis), strict=True))


def _paired(halves: list[bool]) -> list[int]:
    spans = [12] * len(halves)
    for at, pair in enumerate(pairwise(halves)):
        if all(pair) and spans[at] == 12:
            spans[at : at + 2] = [6, 6]
    return spans


def _controls(known: dict[str, Any], history: bool) -> str:
    """Room for what stands beside the title, and for the filters."""
    filters = [_filter(one) for one in known["filters"]]
    beside = len(filters) <= _FEW_FILTERS
    if any(one["value"] != one["default"] for one in known["filters"]):
        filters.append(_room(_RESET_PX))
    parts = [
        *([_room(_BADGE_PX)] if known["as_of"] else []),
        *(filters if beside else []),
        *([_room(_HISTORY_PX)] if history else []),
        _room(_EXPORT_PX),
    ]
    below = "" if beside else f'<div class="filters">{"".join(filters)}</div>'
    return f'<div class="controls">{"".join(parts)}</div>{below}'


def _room(width: int, height: int = _CONTROL_PX) -> str:
    return f'<i style="width:{width}px;height:{height}px"></i>'


def _filter(one: dict[str, Any]) -> str:
    """Room for about a filter's control, whose width is that of its texts."""
    if one["type"] == "date_range":
        parts = "".join(_room(width, _CONTROL_PX - 6) for width in _PERIOD_PX)
        return f'<i style="display:flex;flex-wrap:wrap;padding:3px">{parts}</i>'
    label = _LETTER_PX * len(one["label"] or one["name"])
    if one["type"] == "select" and one["multiple"]:
        return _room(label + 66)
    if one["type"] == "select":
        options = [_LETTER_PX * len(option["label"]) for option in one.get("options") or ()]
        return _room(label + 38 + min(max(options, default=20), 178))
    return _room(label + {"number": 101, "text": 160, "boolean": 62}.get(one["type"], 130))


def _row(row: list[dict[str, Any]], charts: dict[str, Any]) -> str:
    spans = packed(row, charts)
    cards = (
        _card(tile, charts[tile["chart"]], *span) for tile, span in zip(row, spans, strict=True)
    )
    return f'<div class="grid">{"".join(cards)}</div>'


def _card(tile: dict[str, Any], chart: dict[str, Any], medium: int, narrow: int) -> str:
    kind = "card kpi" if chart["type"] == "kpi" else "card"
    height = f";--h:{tile['height']}px" if tile["height"] else ""
    style = f"--w:{tile['width'] or 12};--m:{medium};--n:{narrow}{height}"
    view = chart["view"] if chart["state"] == "ready" else None
    body = _view(view) if view else _state(chart)
    told = chart["note"] or ("\xa0" if chart["truncated"] and view else "")
    note = f'<p class="note">{escape(told)}</p>' if told else ""
    return f'<section class="{kind}" style="{style}">{_head(chart)}{body}{note}</section>'


def _head(chart: dict[str, Any]) -> str:
    menu = chart["query"] is not None or chart["link"] is not None
    if chart["title"] is None and not menu:
        return ""
    title = f"<h2>{escape(chart['title'])}</h2>" if chart["title"] else ""
    about = f'<p class="desc">{escape(chart["description"])}</p>' if chart["description"] else ""
    told = chart["state"] != "failed" and chart["type"] != "text"
    parts = [  # The pixels of badges, the mark of a receipt and the menu.
        (92, told and chart["freshness"] == "stale"),
        (106, told and chart["failed_checks"]),
        (14, told and (chart["receipt"] or {}).get("verdict") == "passed"),
        (20, menu and chart["type"] != "kpi"),
    ]
    widths = [width for width, there in parts if there]
    room = sum(widths) + 4 * max(len(widths) - 1, 0)
    return (
        f'<div class="hd"><div>{title}{about}</div>'
        f'<div class="r"><i style="width:{room}px;height:20px"></i></div></div>'
    )


def _state(chart: dict[str, Any]) -> str:
    failed, problem = chart["state"] == "failed", chart["problem"]
    if problem is None:
        return ""
    detail, hint = (_marked(problem.get(part) or "") for part in ("detail", "hint"))
    told = (f"<p>{detail}</p>" if detail else "") + (f'<p class="hint">{hint}</p>' if hint else "")
    ways = f'<div class="acts">{_room(80)}</div>' if failed and chart["type"] != "kpi" else ""
    return (
        f'<div class="state {"failed" if failed else "empty"}"><span class="ic"></span>'
        f"<strong>{escape(problem['title'])}</strong>{told}{ways}</div>"
    )


def _marked(text: str) -> str:
    """A text in which names stand between backticks, those as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _view(view: dict[str, Any]) -> str:
    match view["kind"]:
        case "kpi":
            return _kpi(view)
        case "vega":
            return _figure(view)
        case "table":
            return _table(view)
        case "text":
            return f'<div class="prose">{"".join(map(_block, view["blocks"]))}</div>'
        case _:
            return ""


def _kpi(view: dict[str, Any]) -> str:
    value, delta = view["value"], view["delta"]
    before, text, unit = value["before"], value["text"], value["unit"]
    letters = max(len(before) + len(text) + 0.6 * len(unit), 1)
    small = f"<small>{escape(unit)}</small>" if unit else ""
    shown = f'<div class="v" style="--letters:{letters:g}">{escape(before + text)}{small}</div>'
    change = ""
    if delta:
        tone = {True: " good", False: " bad"}.get(delta["good"], "")
        sign = (
            '<svg viewBox="0 0 8 8" width="8" height="8">'
            f'<path d="{_TRIANGLES[delta["direction"]]}" fill="currentColor"/></svg>'
        )
        label = f"<span>{escape(delta['label'])}</span>" if delta["label"] else ""
        change = (
            f'<div class="d"><span class="delta{tone}">{sign}{escape(delta["text"])}</span>'
            f"{label}</div>"
        )
    return f'<div class="kpi-body"><div class="row">{shown}</div>{change}</div>'


def _figure(view: dict[str, Any]) -> str:
    marks = {"line": "ln", "dash": "ln dash"}
    keys = "".join(
        f'<li><b class="{marks.get(entry["mark"], "")}" style="--k:{_colour(entry["color"])}"></b>'
        f"<span>{escape(entry['label'])}</span></li>"
        for entry in view["legend"]
    )
    legend = f'<div><ul class="legend">{keys}</ul></div>' if keys else ""
    least = f' style="min-height:{view["min_height"]}px"' if view["min_height"] else ""
    return f'<figure>{legend}<div class="plot"{least}></div></figure>'


def _colour(name: str) -> str:
    return escape(re.sub(r"^\$(.+)", r"var(--\1)", name))


def _table(view: dict[str, Any]) -> str:
    count = len(view["values"][0]) if view["values"] else 0
    size = min(view["page_size"] or _MOST_ROWS, _MOST_ROWS)
    # The last row has no line below it.
    height = _HEAD_PX + max(min(count, size) * _ROW_PX - 1, 0)
    paged = count >= _SEARCH_FROM or count > size
    pager = f'<div style="height:{_PAGER_PX}px"></div>' if paged else ""
    return (
        f'<div class="table-body"><div class="tbl"><div style="height:{height}px"></div></div>'
        f"{pager}</div>"
    )


def _block(block: dict[str, Any]) -> str:
    if block["kind"] == "list":
        tag = "ol" if block["ordered"] else "ul"
        items = "".join(f"<li>{_told(item)}</li>" for item in block["items"])
        return f"<{tag}>{items}</{tag}>"
    tag = "h3" if block["kind"] == "heading" else "p"
    return f"<{tag}>{_told(block['children'])}</{tag}>"


def _told(inlines: list[dict[str, Any]]) -> str:
    return "".join(_inline(each) for each in inlines)


def _inline(inline: dict[str, Any]) -> str:
    for tag in ("strong", "em"):
        if tag in inline:
            return f"<{tag}>{_told(inline[tag])}</{tag}>"
    if "code" in inline:
        return f"<code>{escape(inline['code'])}</code>"
    if "link" in inline:
        return _told(inline["children"])
    return escape(inline["text"])
