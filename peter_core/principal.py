"""Who asks. Three hosts produce a principal; everything else only reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "author", "admin"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a program with its roles; an author is also a viewer, an admin is both."""

    email: str
    name: str = ""
    roles: frozenset[Role] = frozenset({"viewer"})
    host: str = "local"

    def may(self, role: Role) -> bool:
        """Whether the principal holds the role, or one that includes it."""
        order: tuple[Role, ...] = ("viewer", "author", "admin")
        return any(held in self.roles for held in order[order.index(role) :])


LOCAL = Principal(email="local@localhost", name="Local", roles=frozenset({"author"}))
"""The one person of a program that runs on its own machine."""
