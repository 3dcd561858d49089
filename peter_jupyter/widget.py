"""Widgets: the renderer in the browser, its questions answered here; the first is the dashboard."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from peter_core.engine.port import CancelToken
from peter_core.errors import PeterError
from peter_core.plan.failures import told_error
from peter_core.plan.merging import merged, touched
from peter_core.plan.words import say, speaking
from peter_jupyter.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from peter_core.plan.artifact import Artifact

    Ask = Callable[[Mapping[str, object], Collection[str] | None, CancelToken], Artifact]

PART = 7_000
"""Bytes of one part of a text: with its headers a frame stays below 10 kB."""


class RenderedWidget(anywidget.AnyWidget):
    """What Peter's renderer draws; its data and the renderer itself travel as messages.

    A subclass gives the text of an answer to what an output asks for.
    """

    _esm = STATIC / "widget.js"

    shows = traitlets.Unicode("dashboard").tag(sync=True)
    """Which of the renderer's views it is."""
    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._sent = itertools.count()
        super().__init__(**traits)
        self.on_msg(self._told)

    def _reply(self, what: str) -> str | None:
        """The text that ``what`` is answered with; None where it is no question."""
        raise NotImplementedError

    def _told(self, _: object, message: object, buffers: object) -> None:
        what = message.get("what") if isinstance(message, dict) else None
        if what == "renderer":
            self._send_parts("renderer", _packed_renderer())
        elif isinstance(what, str) and (text := self._reply(what)) is not None:
            self._send_text(what, text)

    def _send_text(self, what: str, text: str) -> None:
        self._send_parts(what, gzip.compress(text.encode(), 5, mtime=0))

    def _send_parts(self, what: str, packed: bytes) -> None:
        parts = [packed[at : at + PART] for at in range(0, len(packed), PART)]
        head = {"kind": "parcel", "what": what, "id": next(self._sent), "parts": len(parts)}
        for at, part in enumerate(parts):
            self.send({**head, "part": at}, buffers=[part])

    def view_bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live view alone."""
        shown = super()._repr_mimebundle_()
        data, metadata = shown if isinstance(shown, tuple) else (shown or {}, {})
        return {name: value for name, value in data.items() if name != "text/plain"}, metadata


class DashboardWidget(RenderedWidget):
    """One dashboard, live.

    Its state is small, so that a notebook that saves its widgets stays small and holds no data:
    the artifact is sent as messages when an output asks for it, and so is the renderer where the
    notebook's server does not have it.

    Parameters
    ----------
    artifact
        What to show first.
    ask
        Gives the artifact of other filter values, of all charts or of those that are named; called
        in a thread of its own, with a token that is cancelled when the values change again.
    filters
        The values that ``artifact`` was asked for with.
    with_sql
        Whether the queries' texts go to the browser.
    """

    artifact = traitlets.Unicode()
    """The artifact's JSON, as it is sent."""
    filters = traitlets.Dict().tag(sync=True)
    """Filter values the person set; a change asks anew."""
    busy = traitlets.Bool(False).tag(sync=True)
    """Whether an answer is awaited; the old picture stays meanwhile."""

    def __init__(
        self,
        artifact: Artifact,
        ask: Ask,
        *,
        filters: Mapping[str, object] | None = None,
        with_sql: bool = True,
    ) -> None:
        self._with_sql = with_sql
        self._shown = artifact
        self._failing = False
        self._ask = ask
        self._cancel = CancelToken()
        self._turn = threading.Lock()
        super().__init__(artifact=self._body(artifact), filters=_json_values(dict(filters or {})))
        self.observe(self._asked, names="filters")

    def _reply(self, what: str) -> str | None:
        return self.artifact if what == "artifact" else None

    def _asked(self, change: Mapping[str, Any]) -> None:
        with self._turn:
            self._cancel.cancel()
            cancel = self._cancel = CancelToken()
        self.busy = True
        asked = (dict(change["new"]), cancel)
        threading.Thread(target=self._answer, args=asked, name="peter-widget", daemon=True).start()

    def _answer(self, values: dict[str, object], cancel: CancelToken) -> None:
        held = self._shown
        # After a failure every chart shows it, so every chart is asked for.
        charts = None if self._failing else touched(held, values)
        try:
            told = self._ask(values, charts, cancel)
            whole = merged(held, told)
            if whole is None:
                told = whole = self._ask(values, None, cancel)
            body, news, failing = self._body(whole), self._body(told), False
        except PeterError as error:
            whole, failing = held, True
            body = news = _failed(json.loads(self.artifact), error)
        with self._turn:
            # An older question's answer must not replace a newer one's.
            if cancel is not self._cancel:
                return
            self._shown, self._failing, self.artifact = whole, failing, body
            self._send_text("artifact", news)
            self.busy = False

    def _body(self, artifact: Artifact) -> str:
        if self._with_sql:
            return artifact.body.decode()
        payload = artifact.payload
        charts = {name: {**chart, "sql": None} for name, chart in payload["charts"].items()}
        return json.dumps({**payload, "charts": charts})

    def close(self) -> None:
        """Take the widget away and cancel what it still waits for."""
        self._cancel.cancel()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live view, and beside it the still and the words that a saved notebook keeps."""
        from peter_jupyter.display.bundles import artifact_bundle

        data, metadata = self.view_bundle()
        return {**data, **artifact_bundle(self._shown)}, metadata


@cache
def _packed_renderer() -> bytes:
    return gzip.compress((STATIC / "full.js").read_bytes(), 6, mtime=0)


def _failed(payload: dict[str, Any], error: PeterError) -> str:
    """The artifact with every chart saying why there is no answer for the values asked for."""
    with speaking(payload.get("locale", "en")):
        problem = told_error(error, say("The dashboard was not computed"))
    failed = {"state": "failed", "view": None, "problem": problem, "summary": problem["detail"]}
    charts = {name: {**chart, **failed} for name, chart in payload["charts"].items()}
    return json.dumps({**payload, "charts": charts})


def _json_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_values(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_values(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
