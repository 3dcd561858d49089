"""Exports of an artifact: one HTML file that needs nothing else, its picture, print, drawing."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from peter_core.errors import ConfigError, InvalidRequest
from peter_core.plan.words import speaking, spoken_language
from peter_jupyter.export.browser import dump_page, find_chromium, print_page, take_picture
from peter_jupyter.export.svg import read_artifact
from peter_jupyter.page import STATIC, data_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.plan.tokens import Theme

_A4_LANDSCAPE_PX = 1032
"""Between the margins of 12 mm, at 96 dpi."""


def export_html(artifact_json: bytes) -> str:
    """The dashboard as one HTML file: data, scripts and styles inside, no request from it.

    Its own strict policy allows exactly the scripts and styles it carries, by their hashes.

    Raises
    ------
    ConfigError
        When the scripts were not built.
    InvalidRequest
        When the bytes are no artifact.
    """
    payload = read_artifact(artifact_json)
    title = str(payload["title"])
    with speaking(str(payload["locale"])):
        language = spoken_language()
    style = _asset("peter.css").replace("</style", "<\\/style")
    scripts = [_asset(name).replace("</script", "<\\/script") for name in ("page.js", "charts.js")]
    code = "".join(f"<script>{script}</script>\n" for script in scripts)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts, style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)} · Peter</title>\n<style>{style}</style>\n</head>\n"
        '<body class="pt-body">\n<div id="peter" class="pt"></div>\n'
        f"{data_block('peter-artifact', artifact_json)}{code}</body>\n</html>\n"
    )


def export_png(
    html: str | Path,
    out: Path,
    *,
    width: int = 1280,
    theme: Theme = "light",
    chromium: str | None = None,
) -> Path:
    """A picture of an exported dashboard at its full height, as headless Chromium draws it.

    Parameters
    ----------
    html
        The text of `export_html`, or the file it was written to.
    width
        Pixels, 320 to 4096.
    chromium
        The browser's program; otherwise one is looked for.

    Raises
    ------
    ConfigError
        When there is no browser, or it cannot draw the page.
    InvalidRequest
        When the width is out of bounds, or the HTML is no export of Peter's.
    """
    if not 320 <= width <= 4096:
        raise InvalidRequest(f"A picture is 320 to 4,096 pixels wide, not {width:,}.")
    program = find_chromium(chromium)
    with tempfile.TemporaryDirectory(prefix="peter-picture-") as folder:
        page = html if isinstance(html, Path) else Path(folder, "dashboard.html")
        if isinstance(html, str):
            page.write_text(html, "utf-8")
        url = f"{page.resolve().as_uri()}#{theme}"
        drawn = dump_page(program, url, Path(folder), width=width)
        take_picture(program, url, Path(folder), out, width=width, height=_height(drawn))
    return out


def export_pdf(html: str | Path, out: Path, *, chromium: str | None = None) -> Path:
    """An exported dashboard on pages of A4 landscape, as headless Chromium prints it.

    Parameters
    ----------
    html
        The text of `export_html`, or the file it was written to.
    chromium
        The browser's program; otherwise one is looked for.

    Raises
    ------
    ConfigError
        When there is no browser, or it cannot draw the page.
    InvalidRequest
        When the HTML is no export of Peter's.
    """
    program = find_chromium(chromium)
    with tempfile.TemporaryDirectory(prefix="peter-print-") as folder:
        page = html if isinstance(html, Path) else Path(folder, "dashboard.html")
        if isinstance(html, str):
            page.write_text(html, "utf-8")
        url = f"{page.resolve().as_uri()}#print"
        _height(dump_page(program, url, Path(folder), width=_A4_LANDSCAPE_PX))
        print_page(program, url, Path(folder), out, width=_A4_LANDSCAPE_PX)
    return out


def _height(drawn: str) -> int:
    """The height in pixels that an exported page tells once it has drawn itself."""
    found = re.search(r'<html[^>]*\bdata-height="(\d{1,6})"', drawn)
    if found is None:
        raise InvalidRequest(
            "The HTML did not draw a dashboard, so there is no picture of it.",
            hint="Give what export_html made, unchanged.",
        )
    return max(int(found[1]), 1)


def _policy(scripts: Sequence[str], style: str) -> str:
    allowed = " ".join(_source(script) for script in scripts)
    return escape(
        f"default-src 'none'; script-src {allowed}; style-src-elem {_source(style)}; "
        "style-src-attr 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'",
        quote=True,
    ).replace("&#x27;", "'")


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _asset(name: str) -> str:
    path = STATIC / name
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"The page's {name} was not built, so no HTML can be exported.",
            hint="Install the package again without PETER_SKIP_JS, or run tools/build_frontend.py.",
        ) from error
