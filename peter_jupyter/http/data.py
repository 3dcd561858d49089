"""The data of a dashboard: the artifact, its freshness, and warming it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from peter_jupyter.http.accepting import JSON, NDJSON, preferred_coding, wait_preference
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.artifact import ArtifactAnswer
from peter_jupyter.http.models.data import (
    DoneEvent,
    FreshnessAnswer,
    PrecomputeAnswer,
    PrecomputeBody,
    StepEvent,
)
from peter_jupyter.http.models.problem import ProgressEvent
from peter_jupyter.http.models.queries import DataQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.pouring import failure_event, tell
from peter_jupyter.http.representation import Representations, Sent
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.plan.plan import StepAnswer
    from peter_core.service import Peter, Precomputation
    from peter_jupyter.http.models.shapes import Answer

_SENT = Representations()


class DataResource(Resource):
    """The charts of a dashboard in one answer."""

    @needs("viewer")
    @operation("get_data", ArtifactAnswer, tag="data", query=DataQuery, filters=True, tagged=True,
               headers={"Prefer": "`wait=N`: what is stale is waited for N seconds at most."},
               errors=("not_found", "query_timeout", "document_invalid"))  # fmt: skip
    async def get(self, slug: str) -> None:
        """The artifact at the filter values of the query string, all of it or some charts.

        With ``Prefer: wait=N`` (RFC 7240) what is stale is waited for N seconds at most.
        """
        headers, who, recent = self.request.headers, self.who, self.pool.recent
        author, coding = who.may("author"), preferred_coding(headers.get("Accept-Encoding"))
        key = (slug, self.request.query, author, coding)
        known = recent.find(key)
        if known is not None:
            self.represent(known)
            return
        patience_s = wait_preference(headers.get_list("Prefer"))
        asked, filters = self.query(DataQuery), self.filters(DataQuery)
        if asked.refresh:
            recent.forget()
        began, at = recent.generation, recent.now()

        def drawn(peter: Peter) -> tuple[Sent, bool]:
            artifact = peter.data(
                slug, filters=filters, charts=asked.chosen, tab=asked.tab, refresh=asked.refresh,
                revision=asked.revision, patience_s=patience_s, cancel=self.cancel, principal=who,
            )  # fmt: skip
            made, again = _SENT.seen(artifact, author=author)
            return Sent(made.etag, *made.coded(coding)), again

        sent, again = await self.call(drawn)
        if again and not asked.refresh:
            recent.keep(key, sent, began=began, at=at)
        self.represent(sent)

    def represent(self, found: Sent) -> None:
        """Send the bytes as they are coded."""
        self.tag(found.etag)
        self.set_header("Vary", "Accept-Encoding, Prefer")
        if found.coding != "identity":
            self.set_header("Content-Encoding", found.coding)
        self.send(found.body, JSON)


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
            await tell(self, _step_event(hearing.result(), done))
        error = warming.exception()
        if error is None:
            finished = warming.result()
            last: Answer = DoneEvent.model_validate(_fields(finished))
        elif done == 0:
            # Nothing was sent yet, so that the answer can still be a problem of its own.
            raise error
        else:
            last = failure_event(self, error)
        await tell(self, last)
        await self.finish()


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
