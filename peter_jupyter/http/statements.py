"""Statements of a person's own: run, validate, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peter_jupyter.display_verification import verification_json
from peter_jupyter.failure import failure_of
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.sql import (
    CheckBody,
    RunBody,
    StatementBody,
    StatementCheck,
    VerificationAnswer,
)
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.service import Peter
    from peter_core.verify.verification import Verification

_STOPPED = frozenset(
    {"refused", "over_cap", "over_budget", "unavailable", "cancelled", "timed_out"}
)
"""Reasons for which nothing was found out about the result: the answer is a problem."""


STOPPED = ("sql_refused", "bytes_cap_exceeded", "budget_exceeded", "sql_invalid", "query_failed")
"""Codes of statements that were not run to their end."""


class RunResource(Resource):
    """Run a statement under its cap."""

    @needs("author")
    @operation("run_statement", VerificationAnswer, tag="statements", body=RunBody,
               errors=STOPPED)  # fmt: skip
    async def post(self) -> None:
        """The verification payload; a statement that was refused or too dear is a problem."""
        asked = self.json_body(RunBody)
        who = self.who
        self.verified(
            await self.call(
                lambda peter: peter.verify(
                    asked.sql,
                    parameters=asked.values,
                    declared=asked.declared,
                    max_bytes=asked.max_bytes,
                    sample_rows=asked.sample_rows,
                    checks=asked.checks,
                    timeout_s=asked.timeout_s,
                    principal=who,
                    cancel=self.cancel,
                )
            )
        )

    def verified(self, found: Verification) -> None:
        """Answer with a verification, or with the problem that stopped it."""
        failure = failure_of(found) if found.reason in _STOPPED else None
        if failure is not None:
            raise failure
        self.answer(VerificationAnswer.model_validate(verification_json(found)))


class ExplainResource(RunResource):
    """Price a statement without running it."""

    @needs("author")
    @operation("explain_statement", VerificationAnswer, tag="statements", body=StatementBody,
               errors=STOPPED)  # fmt: skip
    async def post(self) -> None:
        """The payload of a dry run: bytes, price, columns and where they come from."""
        asked = self.json_body(StatementBody)
        who = self.who
        self.verified(
            await self.call(
                lambda peter: peter.verify(
                    asked.sql,
                    parameters=asked.values,
                    declared=asked.declared,
                    max_bytes=asked.max_bytes,
                    dry_run=True,
                    principal=who,
                    cancel=self.cancel,
                )
            )
        )


class CheckResource(Resource):
    """Look at a statement."""

    @needs("author")
    @operation("validate_statement", StatementCheck, tag="statements", body=CheckBody)
    async def post(self) -> None:
        """Syntax and guard; with ``mode`` ``warehouse`` every tier that can look at its tables."""
        asked = self.json_body(CheckBody)

        def checked(peter: Peter) -> StatementCheck:
            found = peter.check_statement(asked.sql, mode=asked.mode)
            return StatementCheck.of(asked.sql, found, asked.mode)

        self.answer(await self.call(checked))
