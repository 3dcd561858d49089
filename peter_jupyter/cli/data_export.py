"""The command that writes a published dashboard into files that need no server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import InvalidRequest
from peter_jupyter.cli.command import FAILED, SERVE, command
from peter_jupyter.cli.options import Filters, Folder, Slug
from peter_jupyter.cli.terminal import give, note, say
from peter_jupyter.cli.values import filter_values
from peter_jupyter.cli.work import open_peter, run

if TYPE_CHECKING:
    from peter_core.plan.artifact import Artifact


_STDOUT = Path("-")


class Theme(StrEnum):
    """The colours of a picture."""

    LIGHT = "light"
    DARK = "dark"


@command("export", section=SERVE, example="peter export shop-orders --html shop-orders.html")
def export(
    slug: Slug,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="One file that needs no other; - prints it."),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="One drawing, its texts as texts; no browser."),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="FILE", help="A picture, drawn by an installed Chromium."),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", metavar="FILE", help="Pages to print, by an installed Chromium."),
    ] = None,
    filters: Filters = None,
    theme: Annotated[
        Theme, typer.Option("--theme", help="Of SVG and picture; the HTML follows its reader.")
    ] = Theme.LIGHT,
    width: Annotated[
        int, typer.Option("--width", metavar="PIXELS", help="Of SVG and picture, 320 to 4096.")
    ] = 1280,
    folder: Folder = None,
) -> None:
    """Write a published dashboard as an HTML file, a drawing, a picture, a PDF, or all of them."""
    asked = [target for target in (html, svg, png, pdf) if target is not None]
    if not asked:
        raise InvalidRequest(
            "There is nothing to write.",
            hint="Give --html FILE, --svg FILE, --png FILE or --pdf FILE.",
        )
    for target in asked:
        _writable(target)
    if _STDOUT in (png, pdf) or asked.count(_STDOUT) > 1:
        raise InvalidRequest(
            "Standard output takes one HTML or one SVG.", hint="Give a file's name instead of -."
        )
    values = filter_values(filters)
    with open_peter(folder) as peter:
        artifact = run(
            f"Computing {slug}",
            lambda cancel, _: peter.data(slug, filters=values, cancel=cancel),
        )
    _write(artifact, html=html, svg=svg, png=png, pdf=pdf, theme=theme, width=width)
    failed = [name for name, c in artifact.payload["charts"].items() if c["state"] == "failed"]
    if failed:
        note(f"Not all of it could be computed: {', '.join(failed)}.", "bad")
        raise typer.Exit(FAILED)


def _write(
    artifact: Artifact,
    *,
    html: Path | None,
    svg: Path | None,
    png: Path | None,
    pdf: Path | None,
    theme: Theme,
    width: int,
) -> None:
    """Write each file that was asked for, and say so."""
    from peter_jupyter.export import export_html, export_pdf, export_png, export_svg

    if svg is not None:
        drawn = run(
            f"Drawing {svg}",
            lambda *_: export_svg(artifact.body, width=width, theme=theme.value),
        )
        _put(svg, drawn)
    if html is None and png is None and pdf is None:
        return
    page = export_html(artifact.body)
    if html is not None:
        _put(html, page)
    if png is not None:
        picture = _writable(png)
        run(f"Drawing {png}", lambda *_: export_png(page, picture, width=width, theme=theme.value))
        say(f"{png} written", "good")
    if pdf is not None:
        printed = _writable(pdf)
        run(f"Printing {pdf}", lambda *_: export_pdf(page, printed))
        say(f"{pdf} written", "good")


def _put(target: Path, text: str) -> None:
    if target == _STDOUT:
        give(text)
        return
    try:
        _writable(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written: {error.strerror}.") from None
    say(f"{target} written", "good")


def _writable(target: Path) -> Path:
    path = target.expanduser()
    if path.is_dir():
        raise InvalidRequest(f"{target} is a folder.", hint=f"Name a file, such as {target}/a.html")
    if not path.parent.is_dir():
        raise InvalidRequest(
            f"{target} cannot be written: there is no folder {path.parent}.",
            hint="Make it, or name a file in a folder that is there.",
        )
    return path
