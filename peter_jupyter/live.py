"""A dashboard in a cell: the widget where its script is built, else the still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_jupyter.page import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peter_core.engine.port import CancelToken
    from peter_core.plan.artifact import Artifact


def live_dashboard(
    artifact: Artifact,
    ask: Callable[[Mapping[str, object], CancelToken], Artifact],
    filters: Mapping[str, object],
    *,
    with_sql: bool = True,
) -> Any:
    """Something to display: a widget that asks again when a filter changes, or a still's bundle.

    A checkout whose frontend was never built has no script; its notebooks show the still.

    Parameters
    ----------
    with_sql
        Whether the queries' texts may travel with the widget. A notebook that saves its widgets
        keeps them: fine for the document of the cell, not for a dashboard of someone else.
    """
    if not (STATIC / "widget.js").is_file():
        from peter_jupyter.bundles import artifact_bundle

        return artifact_bundle(artifact)
    from peter_jupyter.widget import DashboardWidget

    return DashboardWidget(artifact, ask, filters=filters, with_sql=with_sql)
