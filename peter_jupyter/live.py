"""What a cell shows: a still at once, and the widget in its place once it can answer."""

from __future__ import annotations

import base64
import struct
import sys
from typing import TYPE_CHECKING, Any

from peter_jupyter.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peter_core.lineage.graph import Graph
    from peter_core.plan.artifact import Artifact
    from peter_jupyter.display.keepsake import Keepsake
    from peter_jupyter.widget import Ask, RenderedWidget

# Jupyter's pages show a widget's error where its kernel is gone, although the still stands in the
# same output. So the still is an output of its own, and one of the two is hidden. The picture is
# for pages that take out styles and drawings: wherever a style is left, it is hidden.
_SWITCH = "".join(
    f"{child}:has(+ {child} .peter-still),"
    f"{child}:has(.peter-still):has(+ {child} [data-peter-live]),"
    f"{child}:has(.peter-still) + {child}:not(:has([data-peter-live])){{display:none}}"
    for child in (".jp-OutputArea-child", ".output_area")
)


class _View:
    """The live view of a widget, without what else can be shown of it."""

    def __init__(self, widget: RenderedWidget, instead: str) -> None:
        self._widget, self._instead = widget, instead

    def __repr__(self) -> str:
        # What is left of it where a page shows no widgets, as GitHub's.
        return self._instead

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self._widget.view_bundle()


def _clear_pixel() -> str:
    """One pixel of no colour, a bitmap with an alpha channel, in base64."""
    masks = (0xFF << 16, 0xFF << 8, 0xFF, 0xFF << 24)
    header = struct.pack("<IiiHHIIiiII4I4s48x", 108, 1, 1, 1, 32, 3, 4, 0, 0, 0, 0, *masks, b"BGRs")
    return base64.b64encode(
        struct.pack("<2sIHHI", b"BM", 126, 0, 0, 122) + header + bytes(4)
    ).decode()


class _Picture:
    """A PNG in base64, with what it shows in a few words."""

    def __init__(self, data: str, told: str) -> None:
        self._data, self._told = data, told

    def __repr__(self) -> str:
        return self._told

    def _repr_mimebundle_(self, **_: Any) -> Any:
        # JupyterLab takes the style out of a notebook that nobody trusts yet, but shows the still:
        # of two images it shows the bitmap, of which converters know nothing.
        shown = {"image/bmp": _clear_pixel(), "image/png": self._data}
        return shown, {"image/png": {"alt": self._told}}


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
    from peter_jupyter.display.keepsake import artifact_keepsake

    def widget() -> RenderedWidget:
        from peter_jupyter.widget import DashboardWidget

        return DashboardWidget(artifact, ask, filters=filters, with_sql=with_sql)

    return _live(widget, lambda: artifact_keepsake(artifact))


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
    from peter_jupyter.display.keepsake import graph_keepsake

    def widget() -> RenderedWidget:
        from peter_jupyter.lineage_widget import LineageWidget

        return LineageWidget(graph, load, impact, columns=columns, language=language)

    return _live(widget, lambda: graph_keepsake(graph, language))


def _live(make: Callable[[], RenderedWidget], keep: Callable[[], Keepsake]) -> Any:
    """A widget with its still.

    In Jupyter's own pages these are outputs below each other, of which one is seen; where outputs
    are apart (VS Code, Colab), one output that holds both. A terminal shows the still's words, and
    a checkout whose frontend was never built has no script; its notebooks show the still.
    """
    shell = _shell()
    if not (STATIC / "widget.js").is_file() or _is_terminal(shell):
        return keep().bundle
    widget = make()
    if shell is None or "google.colab" in sys.modules or "__vsc_ipynb_file__" in shell.user_ns:
        return widget
    kept = keep()
    still = kept.bundle
    html = f'<div class="peter-still"><style>{_SWITCH}</style>{still["text/html"]}</div>'
    drawn = kept.picture()
    pictures = [_Picture(drawn, kept.told)] if drawn else []
    return *pictures, {**still, "text/html": html}, _View(widget, kept.instead)


def _shell() -> Any:
    """IPython's shell, where this runs in one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _is_terminal(shell: Any) -> bool:
    return shell is not None and getattr(shell, "kernel", None) is None
