"""The HTML of the pages: a shell that names its data and scripts, and the policy it runs under."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from peter_core.plan.tokens import tokens
from peter_core.plan.words import catalogue_of, retold, say, speaking, spoken_language
from peter_jupyter.first_picture import first_picture, first_style

STATIC = Path(__file__).with_name("static")

_VEGA = re.compile(rb'"kind": ?"vega"')
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-ancestors": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Who is logged in, as a page says it, and the addresses of the way out and in again."""

    email: str
    logout_url: str
    login_url: str


def csp() -> str:
    """The Content-Security-Policy header of every page: own scripts only, no eval, no inline.

    Styles may be inline because Vega's SVG carries them as attributes.
    """
    return "; ".join(f"{name} {value}" for name, value in _POLICY.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the page of a dashboard finds what it needs and leads to.

    Parameters
    ----------
    data_url
        Where the artifact is asked for, without a query string.
    static_url
        The folder that ``peter_jupyter/static`` is served as.
    export_url
        Where the self-contained HTML is downloaded, if anywhere.
    history_url
        The dashboard's address in the API, for those who may bring an earlier revision back.
    lineage_url
        The page that draws what the dashboard is made of, if there is one.
    list_url
        The page that lists dashboards, if there is one.
    """

    data_url: str
    static_url: str
    export_url: str | None = None
    history_url: str | None = None
    lineage_url: str | None = None
    list_url: str | None = None

    def metas(self) -> dict[str, str | None]:
        """What the page's script reads, by the names of meta elements."""
        static = self.static_url.rstrip("/")
        return {
            "peter-data": self.data_url,
            "peter-charts": asset_url(static, "charts.js"),
            "peter-export": self.export_url,
            "peter-history": self.history_url,
            "peter-history-script": asset_url(static, "history.js") if self.history_url else None,
            "peter-lineage": self.lineage_url,
            "peter-list": self.list_url,
        }


def dashboard_page(
    title: str,
    addresses: Addresses,
    *,
    artifact_json: bytes | None,
    tab: int = 1,
    account: Account | None = None,
    language: str = "en",
) -> str:
    """The page of one dashboard.

    Parameters
    ----------
    artifact_json
        The artifact to paint at once; without it the page asks for its data first.
    tab
        The tab that is open, counted from 1.
    account
        Who is logged in, on a host that has sessions.
    language
        The dashboard's locale, as a BCP 47 tag.
    """
    block = data_block("peter-artifact", artifact_json) if artifact_json else ""
    if account or not artifact_json:  # an artifact brings its words, for the script that draws it
        block += words_block(language)
    soon = "charts.js" if artifact_json and _VEGA.search(artifact_json) else None
    home, history = addresses.list_url, addresses.history_url is not None
    with speaking(language):
        up = (home, say("All dashboards")) if home else None
        shell = _Shell(
            title=title,
            static=addresses.static_url.rstrip("/"),
            metas=addresses.metas(),
            block=block,
            script="page.js",
            first=first_picture(title, artifact_json, up=up, history=history, tab=tab),
            soon=soon,
            account=account,
        )
        return shell.html()


def list_page(
    entries: Sequence[Mapping[str, object]],
    *,
    static_url: str,
    account: Account | None = None,
    language: str = "en",
) -> str:
    """The page that lists dashboards.

    Parameters
    ----------
    entries
        ``slug, title, url`` and, where known, ``description, owner, tags, revision,
        published_at, computed_at`` (RFC 3339) and ``last_cost_usd`` of each. A ``url`` that leads
        to another server is no link.
    language
        What the page is read in, as a BCP 47 tag.
    """
    body = json.dumps([dict(entry) for entry in entries], ensure_ascii=False).encode()
    block = data_block("peter-dashboards", body) + words_block(language)
    static = static_url.rstrip("/")
    with speaking(language):
        title = say("Dashboards")
        return _Shell(
            title=title, static=static, block=block, script="list.js", account=account
        ).html()


def lineage_page(
    *,
    title: str,
    data_url: str,
    board_url: str,
    static_url: str,
    account: Account | None = None,
    language: str = "en",
) -> str:
    """The page of a dashboard's lineage.

    Parameters
    ----------
    title
        The dashboard's.
    data_url
        Where its lineage is asked for, without a query string.
    board_url
        The dashboard's own page.
    static_url
        The folder that ``peter_jupyter/static`` is served as.
    language
        The dashboard's locale, as a BCP 47 tag.
    """
    metas = {"peter-lineage": data_url, "peter-board": board_url, "peter-title": title}
    static, block = static_url.rstrip("/"), words_block(language)
    with speaking(language):
        return _Shell(
            title=f"{title} · {say('Lineage')}",
            static=static,
            metas=metas,
            block=block,
            script="lineage.js",
            account=account,
        ).html()


def plain_page(title: str, body: str) -> str:
    """A page of words alone, for what went wrong: no script, no file of its own.

    It is said to be in the language that is spoken.

    Parameters
    ----------
    title
        Its heading, as text.
    body
        What follows, as HTML.
    """
    return (
        f'<!doctype html>\n<html lang="{spoken_language()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<style>{_plain_style()}</style>\n"
        f"<title>{html.escape(title)} · Peter</title>\n</head>\n<body>\n<main>\n"
        f"<h1>{html.escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def told_paragraph(*sentences: str | None) -> str:
    """What Peter says in English of a failure, as HTML in the language that is spoken.

    Sentences that it does not know stay, and are marked as the English they are.
    """
    parts = []
    for sentence in filter(None, sentences):
        told = retold(sentence) or ""
        foreign = told == sentence and spoken_language() != "en"
        text = html.escape(told)
        parts.append(f'<span lang="en">{text}</span>' if foreign else text)
    return f"<p>{' '.join(parts)}</p>"


@cache
def _plain_style() -> str:
    names = ("bg", "surface", "line", "ink", "ink-3", "accent")
    light, dark = (
        "".join(f"--{name}:{tokens(theme)[name]};" for name in names) for theme in ("light", "dark")
    )
    return (
        f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
        "body{margin:0;padding:12vh 16px;background:var(--bg);color:var(--ink);"
        "font:14px/20px Inter,system-ui,sans-serif;overflow-wrap:anywhere}"
        "main{box-sizing:border-box;max-width:36rem;margin:auto;padding:20px 28px;"
        "background:var(--surface);border:1px solid var(--line);border-radius:12px}"
        "h1{margin:0 0 8px;font-size:22px;line-height:28px}p{margin:8px 0}"
        "a{color:var(--accent)}small{color:var(--ink-3)}"
    )


def words_block(language: str) -> str:
    """What a page says itself in a language, as data for its script; nothing for English."""
    catalogue = catalogue_of(language)
    if catalogue is None:
        return ""
    body = json.dumps(catalogue.for_surface(), ensure_ascii=False).encode()
    return data_block("peter-words", body)


def data_block(name: str, body: bytes) -> str:
    """JSON inside HTML: no ``<`` is left in it, so no text can end the block or open a tag."""
    text = body.decode("utf-8").replace("<", "\\u003c")
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def asset_url(static: str, name: str) -> str:
    """The address of a built file; it changes with the file, so that caches may keep it."""
    return f"{static}/{name}?v={asset_version(name)}"


@cache
def asset_version(name: str) -> str:
    """The first characters of a built file's SHA-256; ``0`` when it was not built."""
    path = STATIC / name
    if not path.is_file():
        return "0"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """What every page has around its data: metas, styles and scripts, in the order of need."""

    title: str
    static: str
    block: str
    script: str
    metas: Mapping[str, str | None] = field(default_factory=dict)
    first: str = ""
    soon: str | None = None
    account: Account | None = None

    def html(self) -> str:
        """The page in the language that is spoken."""
        sheet = f'<link rel="stylesheet" href="{self._asset("peter.css")}">\n'
        # The first picture has rules of its own: what stands above a stylesheet in the body is
        # painted while that is fetched, and the scripts still run after it.
        above, below = ("", sheet) if self.first else (sheet, "")
        return (
            f'<!doctype html>\n<html lang="{spoken_language()}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
            f"<title>{html.escape(self.title)} · Peter</title>\n{self._metas()}"
            f"{above}{self._style()}{self._scripts()}</head>\n"
            f'<body class="pt-body">\n{_account_bar(self.account)}<div id="peter" class="pt">'
            f"{self.first}</div>\n"
            f"{below}{self.block}</body>\n</html>\n"
        )

    def _metas(self) -> str:
        return "".join(
            f'<meta name="{name}" content="{html.escape(value)}">\n'
            for name, value in self.metas.items()
            if value
        )

    def _style(self) -> str:
        return f"<style>{first_style()}</style>\n" if self.first else ""

    def _scripts(self) -> str:
        names = [self.script, *(["account.js"] if self.account else [])]
        scripts = [f'<script defer src="{self._asset(name)}"></script>\n' for name in names]
        if self.soon:  # It is fetched behind what the first paint needs, and run after that.
            scripts.append(
                '<link rel="preload" as="script" fetchpriority="low"'
                f' href="{self._asset(self.soon)}">\n'
            )
        return "".join(scripts)

    def _asset(self, name: str) -> str:
        return html.escape(asset_url(self.static, name))


def _account_bar(account: Account | None) -> str:
    if account is None:
        return ""
    return (
        f'<nav class="pt pt-account" id="peter-account" aria-label="{html.escape(say("Account"))}"'
        f' data-logout="{html.escape(account.logout_url)}"'
        f' data-login="{html.escape(account.login_url)}">'
        f"<span>{html.escape(account.email)}</span>"
        f'<button type="button" class="btn quiet">{html.escape(say("Log out"))}</button></nav>\n'
    )
