"""The lineage of a dashboard as a widget: the same view as on its page, answered by the kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import traitlets

from peter_core.errors import PeterError
from peter_core.plan.failures import told_error
from peter_core.plan.words import catalogue_of, say, speaking
from peter_jupyter.widget import RenderedWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from peter_core.lineage.graph import Graph

_IMPACT = "impact "


class LineageWidget(RenderedWidget):
    """What a dashboard is made of, to search and to follow.

    Parameters
    ----------
    graph
        What the still shows.
    load
        Gives the graph, down to tables or down to their columns.
    impact
        Gives what all published dashboards make of a node.
    columns
        Whether the columns are shown from the beginning.
    language
        What the view is read in, as a BCP 47 tag: the dashboard's locale.
    """

    columns = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        graph: Graph,
        load: Callable[[bool], Graph],
        impact: Callable[[str], Graph],
        *,
        columns: bool = False,
        language: str = "en",
    ) -> None:
        self._graph = graph
        self._load = load
        self._impact = impact
        self._language = language
        super().__init__(shows="lineage", columns=columns)

    def _reply(self, what: str) -> str | None:
        if what == "words":
            catalogue = catalogue_of(self._language)
            return json.dumps(catalogue.for_surface() if catalogue else None)
        try:
            if what in ("tables", "columns"):
                wanted = what == "columns"
                graph = self._graph if wanted == self.columns else self._load(wanted)
            elif what.startswith(_IMPACT):
                graph = self._impact(what.removeprefix(_IMPACT))
            else:
                return None
        except PeterError as error:
            return json.dumps({"problem": self._told_as(error)})
        return json.dumps(graph.to_json())

    def _told_as(self, error: PeterError) -> dict[str, str | None]:
        with speaking(self._language):
            return told_error(error, say("The lineage cannot be told"))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live view, and beside it the still and the words that a saved notebook keeps."""
        from peter_jupyter.display.bundles import graph_bundle

        data, metadata = self.view_bundle()
        return {**data, **graph_bundle(self._graph, self._language)}, metadata
