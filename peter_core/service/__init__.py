"""The use cases: one object that every surface calls, and the rooms behind it."""

from __future__ import annotations

from peter_core.service.peter import Peter
from peter_core.service.publishing import Publication
from peter_core.service.reports import (
    ChartFreshness,
    Listing,
    Precomputation,
    StepFailure,
    Validation,
)

__all__ = [
    "ChartFreshness",
    "Listing",
    "Peter",
    "Precomputation",
    "Publication",
    "StepFailure",
    "Validation",
]
