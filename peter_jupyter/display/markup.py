"""The pieces of HTML that displays are made of; every text goes through ``escape``."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from peter_core.plan.tokens import tokens
from peter_jupyter.display.values import NULL, source_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Tone = Literal["good", "bad", "warn", "info", ""]

# Between two dollar signs, notebooks and their converters set what they take for mathematics:
# prices are none. MathJax 3 and 4 know the first class, MathJax 2 the second.
_NO_MATH = "mathjax_ignore tex2jax_ignore"

_TONES: dict[str, Tone] = {"error": "bad", "warning": "warn", "info": "info"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A table column's head: its title, what stands small under it, and its alignment."""

    title: str
    under: str = ""
    numeric: bool = False


class Markup(str):
    """A string that is HTML already, made of escaped parts."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """Text as HTML; markup made here passes through."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value), quote=True))


def page(body: str) -> str:
    """A display on its own: the style and the body under one scoped class."""
    return f'<div class="peter-out {_NO_MATH}"><style>{_style()}</style>{body}</div>'


@cache
def _style() -> str:
    rules = Path(__file__).with_name("display.css").read_text(encoding="utf-8").replace("\n", "")
    light, dark = _variables("light"), _variables("dark")
    # The system's scheme, unless the notebook's own theme says otherwise.
    return (
        f".peter-out{{{light}}}@media (prefers-color-scheme:dark){{.peter-out{{{dark}}}}}"
        f"[data-jp-theme-light=true] .peter-out,.vscode-light .peter-out{{{light}}}"
        f"[data-jp-theme-light=false] .peter-out,.vscode-dark .peter-out{{{dark}}}{rules}"
    )


def _variables(theme: Literal["light", "dark"]) -> str:
    colors = "".join(f"--{name}:{color};" for name, color in tokens(theme).items())
    return f"{colors}color-scheme:{theme}"


def card(*parts: str) -> Markup:
    """A card of blocks, in order; empty ones leave nothing."""
    return Markup(f'<div class="pt-card">{"".join(parts)}</div>')


def pill(text: str, tone: Tone = "") -> Markup:
    """A small coloured label; its words say what its colour says."""
    kind = f" pt-{tone}" if tone else ""
    return Markup(f'<span class="pt-pill{kind}">{escape(text)}</span>')


def status(mark: Markup, items: Iterable[str]) -> Markup:
    """The one status line of a card."""
    spans = "".join(f"<span>{escape(item)}</span>" for item in items)
    return Markup(f'<div class="pt-status"><span>{mark}</span>{spans}</div>')


def block(*paragraphs: str) -> Markup:
    """A part of a card with its own rule above; nothing when it is empty."""
    body = "".join(p if isinstance(p, Markup) else f"<p>{escape(p)}</p>" for p in paragraphs if p)
    return Markup(f'<div class="pt-block">{body}</div>' if body else "")


def fold(title: str, note: str, body: str, *, shown: bool = True) -> Markup:
    """A part of a card that opens and closes without a script."""
    small = f"<small>{escape(note)}</small>" if note else ""
    state = " open" if shown else ""
    return Markup(f"<details{state}><summary>{escape(title)}{small}</summary>{body}</details>")


def table(
    headings: Sequence[Heading],
    rows: Iterable[Sequence[str]],
    *,
    total: Sequence[str] | None = None,
) -> Markup:
    """A table in a scrolling box; a cell is text, or markup made here."""
    head = "".join(_head(heading) for heading in headings)
    body = "".join(_row(headings, row) for row in rows)
    foot = f"<tfoot>{_row(headings, total)}</tfoot>" if total else ""
    return Markup(
        f'<div class="pt-scroll" tabindex="0"><table class="pt-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def _head(heading: Heading) -> str:
    kind = ' class="pt-n"' if heading.numeric else ""
    under = f"<small>{escape(heading.under)}</small>" if heading.under else ""
    return f'<th scope="col"{kind}>{escape(heading.title)}{under}</th>'


def _row(headings: Sequence[Heading], row: Sequence[str]) -> str:
    cells = []
    for heading, cell in zip(headings, row, strict=True):
        kinds = ["pt-n"] if heading.numeric else []
        kinds += ["pt-null"] if cell == NULL else []
        kind = f' class="{" ".join(kinds)}"' if kinds else ""
        cells.append(f"<td{kind}>{escape(cell)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def share_bar(part: float, text: str) -> Markup:
    """A bar of ``part`` (0 to 1) with its text."""
    width = 100 * min(max(part, 0.0), 1.0)
    return Markup(
        f'<span class="pt-share"><i><b style="width:{width:.1f}%"></b></i>{escape(text)}</span>'
    )


def note_item(severity: str, place: str, message: str, more: str = "") -> Markup:
    """One finding of a list: how grave, where, what, and markup that belongs to it."""
    where = f'<span class="pt-place">{escape(place)}</span> ' if place else ""
    mark = pill(severity, _TONES.get(severity, ""))
    return Markup(f"<li>{mark}<div>{where}{escape(message)}{more}</div></li>")


def note_list(items: Iterable[str]) -> Markup:
    """Findings under each other; nothing when there are none."""
    body = "".join(items)
    return Markup(f'<div class="pt-block"><ul class="pt-list">{body}</ul></div>' if body else "")


def hint(text: str | None) -> Markup:
    """What to do about it, in quieter ink."""
    return Markup(f'<div class="pt-hint">{escape(text)}</div>' if text else "")


def source(text: str | None, line: int | None, column: int | None) -> Markup:
    """The line of a source that a finding is about, with a caret under the column."""
    found = source_lines(text, line, column) if text and line else None
    if found is None:
        return Markup("")
    number = f"{line} │ "
    gutter = " " * (len(number) - 2) + "│ "
    shown, caret = found
    body = f"<i>{number}</i>{escape(shown)}"
    if column is not None:
        body += f"\n<i>{gutter}</i><b>{escape(caret)}</b>"
    return Markup(f'<pre class="pt-source">{body}</pre>')


def foot(items: Iterable[str]) -> Markup:
    """The last line of a card: cost and provenance in sight."""
    spans = "".join(f"<span>{escape(item)}</span>" for item in items if item)
    return Markup(f'<div class="pt-foot">{spans}</div>' if spans else "")


def message_html(message: str) -> str:
    """A card of plain words, their lines kept."""
    return page(card(Markup(f'<pre class="pt-source pt-message">{escape(message)}</pre>')))
