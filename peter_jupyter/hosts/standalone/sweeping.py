"""What is over leaves the ledger, whether anybody logs in or not."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from peter_core.errors import PeterError

if TYPE_CHECKING:
    from peter_jupyter.hosts.standalone.sessions import Sessions
    from peter_jupyter.hosts.standalone.tokens import Tokens

log = logging.getLogger("peter.login")

SWEEP_EVERY_S = 600.0
FIRST_S = 5.0
"""Seconds that a server has to begin before it sweeps."""


async def sweep_regularly(
    sessions: Sessions,
    tokens: Tokens,
    *,
    first_s: float = FIRST_S,
    every_s: float = SWEEP_EVERY_S,
) -> None:
    """Forget sessions, finished logins and tokens that are over: soon, and every so often.

    It goes on until it is cancelled; a ledger that cannot be reached is asked the next time.
    """
    await asyncio.sleep(first_s)
    while True:
        try:
            await sessions.sweep()
            await tokens.sweep()
        except PeterError as error:
            log.warning("what is over could not be swept from the ledger: %s", error.code)
        await asyncio.sleep(every_s)
