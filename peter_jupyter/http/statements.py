"""Statements of a person's own: run, validate, explain."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from peter_core.errors import PeterError
from peter_core.plan.words import speaking
from peter_jupyter.failure import failure_of
from peter_jupyter.http.accepting import JSON, NDJSON
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.problem import RunEvent
from peter_jupyter.http.models.sql import CheckBody, RunBody, StatementBody, StatementCheck
from peter_jupyter.http.models.verification import (
    RunningEvent,
    VerificationAnswer,
    VerifiedEvent,
)
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pouring import failure_event, tell
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.verifications import told_verification

if TYPE_CHECKING:
    from peter_core.service import Peter
    from peter_core.verify.verification import Verification
    from peter_jupyter.http.models.shapes import Answer

_STOPPED = frozenset(
    {"refused", "over_cap", "over_budget", "unavailable", "cancelled", "timed_out"}
)
"""Reasons for which nothing was found out about the result: the answer is a problem."""


STOPPED = ("sql_refused", "bytes_cap_exceeded", "budget_exceeded", "sql_invalid", "query_failed")
"""Codes of statements that were not run to their end."""

BEAT_S = 1.0
"""Seconds between two lines of progress."""


class RunResource(Resource):
    """Run a statement under its cap."""

    @needs("author")
    @operation("run_statement", {JSON: VerificationAnswer, NDJSON: RunEvent},
               tag="statements", body=RunBody,
               errors=STOPPED)  # fmt: skip
    async def post(self) -> None:
        """The verification payload; a statement that was refused or too dear is a problem.

        With ``Accept: application/x-ndjson`` a line tells every second that it runs.
        """
        asked = self.json_body(RunBody)
        who, language = self.who, self.readers_language()

        def verify(peter: Peter) -> Verification:
            with speaking(language):
                return peter.verify(
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

        if self.wanted(JSON, NDJSON) == NDJSON:
            await self._stream(asyncio.create_task(self.call(verify)), language)
        else:
            self.answer(
                VerificationAnswer.model_validate(payload(await self.call(verify), language))
            )

    async def _stream(self, running: asyncio.Task[Verification], language: str) -> None:
        began = time.perf_counter()
        # Whoever goes away does not look at how it ended.
        running.add_done_callback(lambda task: task.cancelled() or task.exception())
        told = False
        self.set_type(NDJSON)
        while not (await asyncio.wait({running}, timeout=BEAT_S))[0]:
            told = True
            await tell(self, RunningEvent(elapsed_ms=(time.perf_counter() - began) * 1000))
        try:
            last: Answer = VerifiedEvent.model_validate(payload(running.result(), language))
        except PeterError as error:
            if not told:
                # Nothing was sent yet, so that the answer can still be a problem of its own.
                raise
            last = failure_event(self, error)
        await tell(self, last)
        await self.finish()


def payload(found: Verification, language: str) -> dict[str, object]:
    """The payload of a verification; raises what stopped it."""
    failure = failure_of(found) if found.reason in _STOPPED else None
    if failure is not None:
        raise failure
    return told_verification(found, language)


class ExplainResource(Resource):
    """Price a statement without running it."""

    @needs("author")
    @operation("explain_statement", VerificationAnswer, tag="statements", body=StatementBody,
               errors=STOPPED)  # fmt: skip
    async def post(self) -> None:
        """The payload of a dry run: bytes, price, columns and where they come from."""
        asked = self.json_body(StatementBody)
        who = self.who
        found = await self.call(
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
        self.answer(VerificationAnswer.model_validate(payload(found, self.readers_language())))


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
