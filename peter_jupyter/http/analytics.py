"""What was scanned, billed and paid."""

from __future__ import annotations

import datetime as dt

from peter_core.errors import Forbidden, InvalidRequest
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.costs import CostAnswer
from peter_jupyter.http.models.queries import CostQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource

_DAYS = 30


class CostsResource(Resource):
    """Costs from the ledger."""

    @needs("author")
    @operation("get_costs", CostAnswer, tag="costs", query=CostQuery)
    async def get(self) -> None:
        """From ``start`` until before ``end`` (a day as ``end`` is in it); 30 days by default.

        With it where the budgets stand now: one's own, everybody's for an admin.
        """
        asked = self.query(CostQuery)
        if asked.group_by == "user" and not self.who.may("admin"):
            raise Forbidden("Only an admin sees what others spent.")
        now = dt.datetime.now(dt.UTC)
        end = moment("end", asked.end, closing=True) or now
        start = moment("start", asked.start) or end - dt.timedelta(days=_DAYS)
        report = await self.call(
            lambda peter: peter.costs(
                start, end, group_by=asked.group_by, slug=asked.slug, principal=self.who
            )
        )
        self.answer(CostAnswer.model_validate(report))


def moment(name: str, text: str | None, *, closing: bool = False) -> dt.datetime | None:
    """An RFC 3339 moment, or a day: its beginning in UTC, its end when it closes a period.

    Raises
    ------
    InvalidRequest
    """
    if text is None:
        return None
    try:
        if len(text) == 10:
            day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
            return day + dt.timedelta(days=1) if closing else day
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{name} is no moment: {text[:40]!r}.",
            hint="Write a day as 2026-11-23 or a moment as 2026-11-23T03:00:00Z.",
        ) from None
