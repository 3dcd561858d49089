"""The dashboard as a widget: the renderer in the browser, its questions answered here."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from peter_core.engine.port import CancelToken
from peter_core.errors import PeterError
from peter_jupyter.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peter_core.plan.artifact import Artifact

    Ask = Callable[[Mapping[str, object], CancelToken], Artifact]


class DashboardWidget(anywidget.AnyWidget):
    """One dashboard, live.

    Parameters
    ----------
    artifact
        What to show first.
    ask
        Gives the artifact of other filter values; called in a thread of its own, with a token
        that is cancelled when the values change again.
    filters
        The values that ``artifact`` was asked for with.
    with_sql
        Whether the queries' texts go to the browser, and so into a notebook that saves widgets.
    """

    _esm = STATIC / "widget.js"
    _css = STATIC / "peter.css"

    artifact = traitlets.Unicode().tag(sync=True)
    """The artifact's JSON."""
    filters = traitlets.Dict().tag(sync=True)
    """Filter values the person set; a change asks anew."""
    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)
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
        self._ask = ask
        self._cancel = CancelToken()
        self._turn = threading.Lock()
        super().__init__(artifact=self._body(artifact), filters=_json_values(dict(filters or {})))
        self.observe(self._asked, names="filters")

    def _asked(self, change: Mapping[str, Any]) -> None:
        with self._turn:
            self._cancel.cancel()
            cancel = self._cancel = CancelToken()
        self.busy = True
        asked = (dict(change["new"]), cancel)
        threading.Thread(target=self._answer, args=asked, name="peter-widget", daemon=True).start()

    def _answer(self, values: dict[str, object], cancel: CancelToken) -> None:
        try:
            found = self._ask(values, cancel)
            body = self._body(found)
        except PeterError as error:
            found, body = self._shown, _failed(json.loads(self.artifact), error)
        with self._turn:
            # An older question's answer must not replace a newer one's.
            if cancel is not self._cancel:
                return
            self._shown = found
            self.artifact = body
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
        from peter_jupyter.bundles import artifact_bundle

        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        return {**data, **artifact_bundle(self._shown)}, metadata


def _failed(payload: dict[str, Any], error: PeterError) -> str:
    """The artifact with every chart saying why there is no answer for the values asked for."""
    problem = {
        "code": error.code,
        "title": "The dashboard was not computed",
        "detail": error.message,
        "hint": error.hint,
    }
    failed = {"state": "failed", "view": None, "problem": problem, "summary": error.message}
    charts = {name: {**chart, **failed} for name, chart in payload["charts"].items()}
    return json.dumps({**payload, "charts": charts})


def _json_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_values(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_values(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
