"""Taking secrets out of texts that others wrote: tokens, keys, passwords, e-mails, SQL."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from peter_core.telemetry.attributes import hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HIDDEN = "[hidden]"
LENGTH = 8192
"""Characters kept of a text; every pattern is linear in it."""
_SHORTEST = 6

_WORDS = (
    r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|session[_-]?key"
    r"|access[_-]?key|credentials?|signature|session[_-]?id|cookie)"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A PEM block, with line feeds of its own or spelled out; cut off where its end is missing.
    (re.compile(r"-----BEGIN [A-Z ]{1,40}-----(?:(?!-----END).)*(?:-----END [A-Z ]{1,40}-----)?",
                re.DOTALL), HIDDEN),
    (re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-xsrftoken)(\\?[\"']?\s*[:=]\s*)"
                r"[^\r\n]+", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(bearer|basic|negotiate)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
     rf"\1 {HIDDEN}"),
    # Google's: access tokens, refresh tokens, OAuth client secrets, API keys; and signed tokens.
    (re.compile(r"\bya29\.[\w.-]+|(?<![\w/])1//[\w-]{10,}|\bGOCSPX-[\w-]+|\bAIza[\w-]{20,}"
                r"|\beyJ[\w-]+\.[\w-]+\.?[\w-]*"), HIDDEN),
    (re.compile(r"(://[^\s/:@]{0,200}):[^\s/@]{1,200}@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"([?&](?:code|state|token|key|sig|id_token|access_token)=)[^&\s\"']+"),
     rf"\1{HIDDEN}"),
    (re.compile(rf"(?<![\w-])([\w-]{{0,40}}?{_WORDS}[\w-]{{0,20}}\\?[\"']?\s{{0,3}}[=:]\s{{0,3}})"
                r"(?!\[hidden\])(?:\\?\"[^\"]*\"|'[^']*'|[^\s,;&})\]]+)", re.IGNORECASE),
     rf"\1{HIDDEN}"),
)  # fmt: skip
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_SQL = re.compile(
    r"(?:\bSELECT\b|(?i:\bselect\b(?=.{0,2000}?\bfrom\b))|(?i:\bwith\s+[\w`]+\s+as\s*\()).*",
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SPELLED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


class Scrubber:
    """Takes out of a text what no log may hold.

    Parameters
    ----------
    secrets
        Texts that are hidden wherever they stand, as they are and percent-encoded.
    salt
        The key that hashes e-mails.
    emails
        Whether e-mails stay as they are.
    """

    def __init__(
        self, secrets: Iterable[str] = (), *, salt: bytes = b"", emails: bool = False
    ) -> None:
        known = {text for text in secrets if len(text) >= _SHORTEST}
        forms = known | {quote(text, safe="") for text in known}
        longest_first = sorted(forms, key=lambda text: (-len(text), text))
        self._own = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        self.salt = salt
        self.emails = emails

    def __call__(self, text: str) -> str:
        """The text on one line without secrets, SQL and, unless allowed, e-mails."""
        # Before anything is cut off: half a secret is still one.
        cleaned = self._own.sub(HIDDEN, text) if self._own else text
        cut = cleaned[:LENGTH]
        for pattern, put in _PATTERNS:
            cut = pattern.sub(put, cut)
        if not self.emails:
            cut = _EMAIL.sub(self._user, cut)
        cut = _SQL.sub(_fingerprint, cut)
        end = "…" if len(cleaned) > LENGTH else ""
        return one_line(cut) + end

    @property
    def _user(self) -> Callable[[re.Match[str]], str]:
        return lambda found: f"user:{hashed(found[0], self.salt)}"


def one_line(text: str) -> str:
    r"""The text with control characters spelled out, so that nothing forges a line: ``\n``."""
    return _CONTROL.sub(lambda c: _SPELLED.get(c[0], f"\\u{ord(c[0]):04x}"), text)


def _fingerprint(found: re.Match[str]) -> str:
    return f"[sql {hashlib.sha256(found[0].encode()).hexdigest()[:12]}]"
