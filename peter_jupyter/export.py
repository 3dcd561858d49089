"""Exports of an artifact: one HTML file that needs nothing else, and its picture."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from typing import TYPE_CHECKING

from peter_core.errors import ConfigError, InvalidRequest
from peter_jupyter.page import STATIC, data_block

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    title = _title(artifact_json)
    style = _asset("peter.css").replace("</style", "<\\/style")
    scripts = [_asset(name).replace("</script", "<\\/script") for name in ("page.js", "charts.js")]
    code = "".join(f"<script>{script}</script>\n" for script in scripts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts, style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{html.escape(title)} · Peter</title>\n<style>{style}</style>\n</head>\n"
        '<body class="pt-body">\n<div id="peter" class="pt"></div>\n'
        f"{data_block('peter-artifact', artifact_json)}{code}</body>\n</html>\n"
    )


def _policy(scripts: Sequence[str], style: str) -> str:
    allowed = " ".join(_source(script) for script in scripts)
    return html.escape(
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


def _title(artifact_json: bytes) -> str:
    try:
        artifact = json.loads(artifact_json)
        if artifact["format"] != 1:
            raise ValueError
        return str(artifact["title"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(
            "What was given for export is no dashboard artifact.",
            hint="Export the body of Peter.data() or Peter.preview().",
        ) from error
