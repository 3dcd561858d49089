"""Whose a token is: asked of the hub once in a while, never by waiting on the event loop."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from peter_core.principal import Principal
from peter_jupyter.http.statuses import RefusalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from peter_core.principal import Role

    Model = Mapping[str, Any]
    Asking = Callable[[str], Awaitable[Model | None]]
    Granting = Callable[[Model], bool]

AUTHOR = "custom:peter:author"
ADMIN = "custom:peter:admin"

log = logging.getLogger("peter.login")

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")
"""What a bearer token may be made of (RFC 6750); others are asked of nobody."""
_REMEMBERED = 10_000
"""Tokens that answers are kept of; those that were used the longest ago go first."""
_UNKNOWN_S = 10.0
"""How long a token that is nobody's is not asked of again."""
_PAUSE_S = 5.0
"""How long a hub that does not answer is left alone where a known answer will do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the hub knows; without a principal when they may not use Peter."""

    name: str
    principal: Principal | None


@dataclass(slots=True)
class _Known:
    """What the hub said of a token, and when it said so last."""

    identity: Identity | None
    said_at: float
    ask_at: float


def hub_unreachable() -> RefusalError:
    """Why nobody can log in, and why a token cannot be looked up."""
    return RefusalError(
        "login_unavailable",
        "JupyterHub, which knows who you are, does not answer.",
        hint="Try again in a moment; whoever is logged in may go on for some minutes.",
    )


class Identities:
    """Tokens and whose they are. Used on the event loop only.

    Parameters
    ----------
    asking
        The hub's user model of a token, ``None`` when it is nobody's; raises when the hub does
        not answer.
    granting
        Whether a model may use Peter at all.
    fresh_s
        How long an answer is believed: a token that is revoked works no longer than that.
    grace_s
        How long a known person goes on since the hub last said who it is, while it is down.
    timeout_s
        How long the hub may take.
    """

    def __init__(
        self,
        asking: Asking,
        granting: Granting,
        *,
        fresh_s: float = 60.0,
        grace_s: float = 300.0,
        timeout_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asking = asking
        self._granting = granting
        self._fresh_s = fresh_s
        self._grace_s = max(grace_s, fresh_s)
        self._timeout_s = timeout_s
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asked: dict[str, asyncio.Task[Identity | None]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    async def of(self, token: str, session: str = "") -> Identity | None:
        """Whose a token is; ``None`` when it is nobody's.

        Parameters
        ----------
        session
            The hub's id of the browser's session: one that is over is looked up anew.

        Raises
        ------
        RefusalError
            503: the hub does not answer, and nothing is known that is recent enough.
        """
        if not _TOKEN.fullmatch(token) or _digest(token) in self._ended:
            return None
        key = _digest(f"{token} {session}")
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            if self._clock() < known.ask_at:
                return known.identity
        # Many requests of one page ask once; one that goes away does not end it for the others.
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(self._ask(key, token))
            task.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(task)

    def end(self, token: str) -> None:
        """Accept a token no more, whatever the hub says of it."""
        self._ended[_digest(token)] = None
        _shorten(self._ended)

    def _answered(self, key: str, done: asyncio.Task[Identity | None]) -> None:
        self._asked.pop(key, None)
        if not done.cancelled():
            # Everybody who waited may have gone; looking at the error keeps asyncio from logging.
            done.exception()

    async def _ask(self, key: str, token: str) -> Identity | None:
        try:
            model = await asyncio.wait_for(self._asking(token), self._timeout_s)
        except (HTTPError, TimeoutError, OSError) as error:
            return self._without_hub(key, error)
        identity = None if model is None else self._identity(model)
        now = self._clock()
        believed_s = self._fresh_s if identity else min(self._fresh_s, _UNKNOWN_S)
        self._known[key] = _Known(identity, now, now + believed_s)
        _shorten(self._known)
        return identity

    def _without_hub(self, key: str, error: Exception) -> Identity | None:
        known, now = self._known.get(key), self._clock()
        if known is None or known.identity is None or now > known.said_at + self._grace_s:
            log.warning("The hub could not be asked whose a token is: %s", type(error).__name__)
            raise hub_unreachable() from None
        known.ask_at = min(now + _PAUSE_S, known.said_at + self._grace_s)
        return known.identity

    def _identity(self, model: Model) -> Identity:
        name = str(model["name"])
        return Identity(name, principal_of(model) if self._granting(model) else None)


def principal_of(model: Model) -> Principal:
    """The principal of a hub's user model: the user's name is an e-mail (`strip_domain=False`).

    A hub's service is ``service:`` and its name, so that no user can be mistaken for it.
    """
    service = model.get("kind") == "service"
    name = str(model["name"])
    scopes = frozenset(map(str, model.get("scopes") or ()))
    roles: set[Role] = {"viewer"}
    if AUTHOR in scopes:
        roles.add("author")
    if ADMIN in scopes:
        roles.add("admin")
    return Principal(f"service:{name}" if service else name, name, frozenset(roles), "hub")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _shorten(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)
