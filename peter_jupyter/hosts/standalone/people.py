"""Who may come in, and as what; asked at every request."""

from __future__ import annotations

import logging
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from peter_core.config import listed
from peter_core.config.sources import FILE
from peter_core.config.values import Emails

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.config import Settings
    from peter_core.principal import Role

    Lists = dict[str, frozenset[str]]

log = logging.getLogger("peter.login")

FIELDS = ("allowed_emails", "authors", "admins")
_ADDRESS = re.compile(
    r"[!#-'*+/-9=?A-Z^-~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_ENTRIES = TypeAdapter(Emails)


def known_email(text: object) -> str | None:
    """An address as sessions and histories name it, in lower case; ``None`` when it is none.

    Only ASCII is one: letters that merely look alike, or that case folding makes alike, such as
    the Kelvin sign, are not the listed person's.
    """
    if not isinstance(text, str) or not _ADDRESS.fullmatch(text):
        return None
    return text.lower()


class People:
    """The allow-list and the roles.

    What the environment says is fixed; what ``peter.toml`` says is read again when the file
    changes, so that a person who is taken off the list is out at the next request.

    Parameters
    ----------
    sources
        Where settings are from, by name, as `Reading.sources` says.
    """

    def __init__(
        self, settings: Settings, sources: Mapping[str, str], file: Path | None = None
    ) -> None:
        self._file = (file or Path(FILE)).absolute()
        self._lists: Lists = {name: getattr(settings, name) for name in FIELDS}
        # A list that nobody gives may still be written into the file.
        self._in_file = tuple(name for name in FIELDS if sources.get(name, FILE) == FILE)
        self._stamp = self._stamped()

    def roles_of(self, email: str) -> frozenset[Role]:
        """What a person may be here; nothing when the person may not come in."""
        self._refresh()
        if known_email(email) is None or not listed(email, self._lists["allowed_emails"]):
            return frozenset()
        found: set[Role] = {"viewer"}
        if listed(email, self._lists["authors"]):
            found.add("author")
        if listed(email, self._lists["admins"]):
            found.add("admin")
        return frozenset(found)

    @property
    def nobody(self) -> bool:
        """Whether nobody at all may come in."""
        return not self._lists["allowed_emails"]

    def _refresh(self) -> None:
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            content = tomllib.loads(self._file.read_text("utf-8")) if stamp else {}
            found = {name: _ENTRIES.validate_python(content.get(name, ""))
                     for name in self._in_file}  # fmt: skip
        except (OSError, ValueError, ValidationError):
            # Nobody is let in by a broken file, and nobody is thrown out by a slip of the pen.
            log.error("%s changed and cannot be read; who may come in stays as it was", FILE)
            return
        self._lists |= found
        log.info("%s changed: who may come in was read again", FILE)

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
