"""The data of a dashboard: the artifact, its freshness, and warming it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from peter_jupyter.http.accepting import JSON, NDJSON, takes_gzip, wait_preference
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.artifact import ArtifactAnswer
from peter_jupyter.http.models.data import (
    DoneEvent,
    FreshnessAnswer,
    PrecomputeAnswer,
    PrecomputeBody,
    StepEvent,
)
from peter_jupyter.http.models.problem import FailureEvent, ProgressEvent
from peter_jupyter.http.models.queries import DataQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.representation import Representations
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.statuses import problem_of, status_of

if TYPE_CHECKING:
    from peter_core.plan.plan import StepAnswer
    from peter_core.service import Peter, Precomputation
    from peter_jupyter.http.models.shapes import Answer
    from peter_jupyter.http.representation import Representation

_SENT = Representations()


class DataResource(Resource):
    """All charts of a dashboard in one answer."""

    @needs("viewer")
    @operation("get_data", ArtifactAnswer, tag="data", query=DataQuery, filters=True, tagged=True,
               headers={"Prefer": "`wait=N`: what is stale is waited for N seconds at most."},
               errors=("not_found", "query_timeout", "document_invalid"))  # fmt: skip
    async def get(self, slug: str) -> None:
        """The artifact at the filter values of the query string, its bytes as they are.

        With ``Prefer: wait=N`` (RFC 7240) what is stale is waited for N seconds at most.
        """
        patience_s = wait_preference(self.request.headers.get_list("Prefer"))
        asked, filters, who = self.query(DataQuery), self.filters(DataQuery), self.who

        def drawn(peter: Peter) -> Representation:
            artifact = peter.data(
                slug, filters=filters, refresh=asked.refresh, revision=asked.revision,
                patience_s=patience_s, cancel=self.cancel, principal=who,
            )  # fmt: skip
            return _SENT.of(artifact, author=who.may("author"))

        self.represent(await self.call(drawn))

    def represent(self, found: Representation) -> None:
        """Send the bytes, compressed for whoever can read that."""
        self.tag(found.etag)
        self.set_header("Vary", "Accept-Encoding, Prefer")
        body = found.plain
        if found.zipped is not None and takes_gzip(self.request.headers.get("Accept-Encoding")):
            self.set_header("Content-Encoding", "gzip")
            body = found.zipped
        self.send(body, JSON)


class FreshnessResource(Resource):
    """How old what each chart shows is."""

    @needs("viewer")
    @operation("get_freshness", FreshnessAnswer, tag="data", filters=True)
    async def get(self, slug: str) -> None:
        """Nothing is run for it."""
        filters, who = self.filters(), self.who
        charts = await self.call(
            lambda peter: peter.freshness(slug, filters=filters, principal=who)
        )
        self.answer(
            FreshnessAnswer.model_validate({"slug": slug, "charts": charts}, from_attributes=True)
        )


class PrecomputeResource(Resource):
    """Put every result of a dashboard into the cache."""

    long = True

    @needs("author")
    @operation("precompute", {JSON: PrecomputeAnswer, NDJSON: ProgressEvent}, tag="data",
               body=PrecomputeBody, body_optional=True, errors=("query_timeout",))  # fmt: skip
    async def post(self, slug: str) -> None:
        """A sum at the end, or with ``Accept: application/x-ndjson`` a line for each query."""
        asked = self.json_body(PrecomputeBody, optional=True)
        if self.wanted(JSON, NDJSON) == NDJSON:
            await self._stream(slug, asked)
        else:
            self.answer(PrecomputeAnswer.model_validate(await self._warm(slug, asked, None)))

    async def _warm(
        self, slug: str, asked: PrecomputeBody, events: asyncio.Queue[StepAnswer] | None
    ) -> Precomputation:
        loop, who = asyncio.get_running_loop(), self.who

        def heard(answer: StepAnswer) -> None:
            if events is not None:
                loop.call_soon_threadsafe(events.put_nowait, answer)

        return await self.call(
            lambda peter: peter.precompute(
                slug, filters=asked.filters, force=asked.force, on_answer=heard,
                cancel=self.cancel, principal=who,
            )
        )  # fmt: skip

    async def _stream(self, slug: str, asked: PrecomputeBody) -> None:
        events: asyncio.Queue[StepAnswer] = asyncio.Queue()
        warming = asyncio.create_task(self._warm(slug, asked, events))
        self.set_header("Content-Type", NDJSON)
        done = 0
        while not (warming.done() and events.empty()):
            hearing = asyncio.create_task(events.get())
            await asyncio.wait({hearing, warming}, return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                hearing.cancel()
                continue
            done += 1
            await self._line(_step_event(hearing.result(), done))
        error = warming.exception()
        if error is None:
            finished = warming.result()
            last: Answer = DoneEvent.model_validate(_fields(finished))
        elif done == 0:
            # Nothing was sent yet, so that the answer can still be a problem of its own.
            raise error
        else:
            told = problem_of(
                error, status=status_of(error), trace_id=self.request_id, author=self.is_author()
            )
            last = FailureEvent.model_validate(told.model_dump())
        await self._line(last)
        await self.finish()

    async def _line(self, event: Answer) -> None:
        self.write(event.model_dump_json().encode() + b"\n")
        await self.flush()


def _fields(finished: Precomputation) -> dict[str, object]:
    return {name: getattr(finished, name) for name in PrecomputeAnswer.model_fields} | {
        "event": "done"
    }


def _step_event(answer: StepAnswer, done: int) -> StepEvent:
    return StepEvent(
        query=answer.step.query,
        key=answer.step.key,
        status="failed" if answer.error else "succeeded",
        code=answer.error.code if answer.error else None,
        cache_hit=answer.cache_hit,
        bytes_scanned=answer.bytes_scanned,
        duration_ms=answer.duration_ms,
        done=done,
    )
