"""Where a login leads to: only pages of this server, whatever an address asks for."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit

_LONGEST = 2_000
_PATH = re.compile(r"[!$-;=@-Z_a-z~]+")
_QUERY = re.compile(r"[!$-;=?-\[\]-~]*")
"""Printable ASCII as browsers write a path and a query: no space, quote, ``#`` or ``\\``."""
_STEPS = frozenset({"", ".", ".."})
_ORIGIN = "https://peter.invalid"


def safe_next(asked: str | None, root: str) -> str:
    """The path with its query that was asked for, or the list of dashboards instead.

    Parameters
    ----------
    asked
        What came with the address; anybody may have written it.
    root
        The path Peter is served under, with a slash at its end.
    """
    return asked if asked is not None and _is_own(asked, root) else f"{root}dashboards"


def _is_own(asked: str, root: str) -> bool:
    """Whether every reader of the text, a browser or a proxy, takes it for a page below root."""
    path, _, query = asked.partition("?")
    if len(asked) > _LONGEST or not _PATH.fullmatch(path) or not _QUERY.fullmatch(query):
        return False
    if not path.startswith(root) or not _is_plain_path(path):
        return False
    # A login leads to a page, never to the API: not to another login, nor to a download.
    if unquote(path.removeprefix(root)).partition("/")[0] == "api":
        return False
    found = urlsplit(urljoin(_ORIGIN, asked))
    return f"{found.scheme}://{found.netloc}" == _ORIGIN and found.path == path


def _is_plain_path(path: str) -> bool:
    """Whether nothing in a path, nor in what it is decoded to, climbs, doubles or hides."""
    decoded = path
    for _ in range(3):
        steps = decoded.split("/")[1:]
        inner = steps[:-1] + [step for step in steps[-1:] if step]
        if "\\" in decoded or not decoded.isprintable() or not _STEPS.isdisjoint(inner):
            return False
        before, decoded = decoded, unquote(decoded, errors="replace")
        if before == decoded:
            return True
    return False
