"""The table of all routes, and the handlers that a host mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peter_jupyter.http.access import METHODS, access_of
from peter_jupyter.http.analytics import CostsResource
from peter_jupyter.http.caches import CacheResource, CacheStatsResource
from peter_jupyter.http.completing import CompleteResource
from peter_jupyter.http.dashboards import DashboardResource, DashboardsResource
from peter_jupyter.http.data import DataResource, FreshnessResource, PrecomputeResource
from peter_jupyter.http.documentation import DocsPage, OpenApiResource
from peter_jupyter.http.downloads import ChartDataResource
from peter_jupyter.http.drafts import (
    DraftDiffResource,
    DraftLineageResource,
    PreviewResource,
    VerifyResource,
)
from peter_jupyter.http.health import HealthResource, MeResource, ReadyResource
from peter_jupyter.http.history import DiffResource, RestoreResource, RevisionsResource
from peter_jupyter.http.lineages import (
    DashboardLineageResource,
    ImpactResource,
    NodeLineageResource,
)
from peter_jupyter.http.openapi.paths import template_of
from peter_jupyter.http.pages import (
    DashboardPage,
    ExportPage,
    HomePage,
    LineagePage,
    ListPage,
    StaticFile,
)
from peter_jupyter.http.plans import CompileResource, ValidateResource
from peter_jupyter.http.resource import Missing, Resource
from peter_jupyter.http.statements import CheckResource, ExplainResource, RunResource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.web import RequestHandler

    from peter_jupyter.http.host import Host
    from peter_jupyter.http.resource import Routes

    Route = tuple[str, type[RequestHandler], dict[str, Any]]

_SLUG = "([^/]+)"
_BOARD = f"api/v1/dashboards/{_SLUG}"

ROUTES: Routes = (
    # What is asked for most is found first.
    (f"{_BOARD}/data", DataResource),
    ("health", HealthResource),
    ("ready", ReadyResource),
    ("docs", DocsPage),
    ("api/v1/openapi.json", OpenApiResource),
    ("api/v1/auth/me", MeResource),
    ("api/v1/dashboards/validate", ValidateResource),
    ("api/v1/dashboards/compile", CompileResource),
    ("api/v1/dashboards/preview", PreviewResource),
    ("api/v1/dashboards/verify", VerifyResource),
    ("api/v1/dashboards/diff", DraftDiffResource),
    ("api/v1/dashboards", DashboardsResource),
    (_BOARD, DashboardResource),
    (f"{_BOARD}/revisions", RevisionsResource),
    (f"{_BOARD}/restore", RestoreResource),
    (f"{_BOARD}/diff", DiffResource),
    (f"{_BOARD}/charts/([^/]+)/data", ChartDataResource),
    (f"{_BOARD}/freshness", FreshnessResource),
    (f"{_BOARD}/precompute", PrecomputeResource),
    (f"{_BOARD}/lineage", DashboardLineageResource),
    ("api/v1/sql/run", RunResource),
    ("api/v1/sql/validate", CheckResource),
    ("api/v1/sql/explain", ExplainResource),
    ("api/v1/sql/complete", CompleteResource),
    ("api/v1/cache", CacheResource),
    ("api/v1/cache/stats", CacheStatsResource),
    ("api/v1/lineage/(upstream|downstream)/(.+)", NodeLineageResource),
    ("api/v1/lineage/impact", ImpactResource),
    ("api/v1/lineage/draft", DraftLineageResource),
    ("api/v1/analytics/costs", CostsResource),
    ("", HomePage),
    ("dashboards", ListPage),
    (f"dashboards/{_SLUG}", DashboardPage),
    (f"dashboards/{_SLUG}/export", ExportPage),
    (f"dashboards/{_SLUG}/lineage", LineagePage),
    ("static/([A-Za-z0-9._-]+)", StaticFile),
    ("api/.*", Missing),
)
"""Pattern below the prefix, and its resource; the first match counts."""


def build_handlers(
    base: type[Host], prefix: str, own: Sequence[tuple[str, type[Resource]]] = ()
) -> list[Route]:
    """The routes of a host below ``prefix``, ``own`` first, each verb behind the host's guard.

    Raises
    ------
    TypeError
        A verb does not say who may use it.
    """
    before = prefix.strip("/")
    routes = (*own, *ROUTES)
    return [
        (
            f"/{before}/{pattern}" if before else f"/{pattern}",
            _handler(resource, base, template_of(pattern, resource), routes),
            {},
        )
        for pattern, resource in routes
    ]


def _handler(
    resource: type[Resource], base: type[Host], route: str = "", routes: Routes = ()
) -> type[RequestHandler]:
    verbs: dict[str, object] = {"route": route, "routes": routes}
    for name in METHODS:
        verb = getattr(resource, name)
        if verb is getattr(Resource, name):
            continue
        access = access_of(verb)
        if access is None:
            raise TypeError(f"{resource.__name__}.{name} does not say who may use it.")
        verbs[name] = base.unguarded(verb) if access == "anybody" else base.guarded(verb)
    if "get" in verbs:
        verbs["head"] = verbs["get"]
    verbs["options"] = base.unguarded(resource.options)
    return type(resource.__name__, (resource, base), {"__doc__": resource.__doc__, **verbs})
