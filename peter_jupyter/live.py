"""What a cell shows: a still at once, and the widget in its place once it can answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from peter_jupyter.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peter_core.lineage.graph import Graph
    from peter_core.plan.artifact import Artifact
    from peter_jupyter.widget import Ask, RenderedWidget

# Jupyter's pages show a widget's error where its kernel is gone, although the still stands in the
# same output. So the still is an output of its own, and one of the two is hidden.
_SWITCH = (
    ".jp-OutputArea-child:has(.peter-still):has(+ .jp-OutputArea-child [data-peter-live]),"
    ".jp-OutputArea-child:has(.peter-still) + .jp-OutputArea-child:not(:has([data-peter-live]))"
    "{display:none}"
)


class _View:
    """The live view of a widget, without what else can be shown of it."""

    def __init__(self, widget: RenderedWidget) -> None:
        self._widget = widget

    def __repr__(self) -> str:
        # What is left of it where a page shows no widgets, as GitHub's.
        return "Live while its kernel runs; above is what it last showed."

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self._widget.view_bundle()


def live_dashboard(
    artifact: Artifact,
    ask: Ask,
    filters: Mapping[str, object],
    *,
    with_sql: bool = True,
) -> Any:
    """What to display: a widget that asks again when a filter changes, and the still it keeps.

    Parameters
    ----------
    with_sql
        Whether the queries' texts may travel with the widget: fine for the document of the cell,
        not for a dashboard of someone else.
    """
    from peter_jupyter.display.bundles import artifact_bundle

    def widget() -> RenderedWidget:
        from peter_jupyter.widget import DashboardWidget

        return DashboardWidget(artifact, ask, filters=filters, with_sql=with_sql)

    return _live(widget, lambda: artifact_bundle(artifact))


def live_lineage(
    graph: Graph,
    load: Callable[[bool], Graph],
    impact: Callable[[str], Graph],
    *,
    columns: bool = False,
    language: str = "en",
) -> Any:
    """What to display: the lineage to search and to follow, and the still it keeps.

    Parameters
    ----------
    load
        Gives the graph, down to tables or down to their columns.
    impact
        Gives what all published dashboards make of a node.
    columns
        Whether ``graph`` goes down to columns.
    language
        What it is read in, as a BCP 47 tag: the dashboard's locale.
    """
    from peter_jupyter.display.bundles import graph_bundle

    def widget() -> RenderedWidget:
        from peter_jupyter.lineage_widget import LineageWidget

        return LineageWidget(graph, load, impact, columns=columns, language=language)

    return _live(widget, lambda: graph_bundle(graph))


def _live(make: Callable[[], RenderedWidget], kept: Callable[[], dict[str, Any]]) -> Any:
    """A widget with its still.

    In Jupyter's own pages this is a pair of outputs; where these are not one below the other in
    one page (VS Code, Colab), one output that holds both. A checkout whose frontend was never
    built has no script; its notebooks show the still.
    """
    if not (STATIC / "widget.js").is_file():
        return kept()
    widget = make()
    if not _in_jupyter_page():
        return widget
    still = kept()
    html = f'<div class="peter-still"><style>{_SWITCH}</style>{still["text/html"]}</div>'
    return {**still, "text/html": html}, _View(widget)


def _in_jupyter_page() -> bool:
    if "google.colab" in sys.modules:
        return False
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "__vsc_ipynb_file__" not in shell.user_ns
