"""A dashboard in a cell: its still at once, and the widget in its place once it can answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from peter_jupyter.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peter_core.engine.port import CancelToken
    from peter_core.plan.artifact import Artifact
    from peter_jupyter.widget import DashboardWidget

# Jupyter's pages show a widget's error where its kernel is gone, although the still stands in the
# same output. So the still is an output of its own, and one of the two is hidden.
_SWITCH = (
    ".jp-OutputArea-child:has(.peter-still):has(+ .jp-OutputArea-child [data-peter-live]),"
    ".jp-OutputArea-child:has(.peter-still) + .jp-OutputArea-child:not(:has([data-peter-live]))"
    "{display:none}"
)


class _View:
    """The live view of a widget, without what else can be shown of it."""

    def __init__(self, widget: DashboardWidget) -> None:
        self._widget = widget

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self._widget.view_bundle()


def live_dashboard(
    artifact: Artifact,
    ask: Callable[[Mapping[str, object], CancelToken], Artifact],
    filters: Mapping[str, object],
    *,
    with_sql: bool = True,
) -> Any:
    """What to display: a widget that asks again when a filter changes, and the still it keeps.

    In Jupyter's own pages this is a pair of outputs; where these are not one below the other in
    one page (VS Code, Colab), one output that holds both. A checkout whose frontend was never
    built has no script; its notebooks show the still.

    Parameters
    ----------
    with_sql
        Whether the queries' texts may travel with the widget: fine for the document of the cell,
        not for a dashboard of someone else.
    """
    from peter_jupyter.bundles import artifact_bundle

    if not (STATIC / "widget.js").is_file():
        return artifact_bundle(artifact)
    from peter_jupyter.widget import DashboardWidget

    widget = DashboardWidget(artifact, ask, filters=filters, with_sql=with_sql)
    if not _in_jupyter_page():
        return widget
    still = artifact_bundle(artifact)
    html = f'<div class="peter-still"><style>{_SWITCH}</style>{still["text/html"]}</div>'
    return {**still, "text/html": html}, _View(widget)


def _in_jupyter_page() -> bool:
    if "google.colab" in sys.modules:
        return False
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "__vsc_ipynb_file__" not in shell.user_ns
