"""Verifications on the wire, in the language that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_core.plan.words import speaking, tell
from peter_jupyter.display.verification import verification_json

if TYPE_CHECKING:
    from peter_core.verify.verification import Verification


def told_verification(found: Verification, language: str) -> dict[str, object]:
    """The payload of a verification: what it says of the run, not what it says of the SQL.

    Its checks were told while they ran. Findings speak of a statement to its author; they stay
    English, as the statement's words are.
    """
    payload = verification_json(found)
    with speaking(language):
        for name in ("error", "hint"):
            if payload[name]:
                payload |= tell(payload[name]).named(name)
    return payload
