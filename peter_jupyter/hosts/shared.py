"""The dashboards of the Peter that people share, for a Jupyter Server that knows its address."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from peter_core.errors import PeterError
from peter_core.plan.words import retold, speaking
from peter_jupyter.http.access import needs
from peter_jupyter.http.models.dashboard import DashboardSummary
from peter_jupyter.http.models.shapes import Answer
from peter_jupyter.http.operations import operation
from peter_jupyter.http.resource import Resource

if TYPE_CHECKING:
    from peter_core.service import Peter

_KNOWN_BY = ("PETER_URL", "JUPYTERHUB_API_TOKEN")
_SECONDS = 10.0


class SharedList(Answer):
    """What is published on the other server; ``url`` is where its pages are, ``null`` without one.

    ``problem`` says why nothing is known of it, when it gave no list.
    """

    url: str | None = None
    dashboards: tuple[DashboardSummary, ...] = ()
    total: int = 0
    problem: str | None = None


class SharedResource(Resource):
    """The dashboards of the server that ``PETER_URL`` names, or of this server's hub."""

    @needs("author")
    @operation("list_shared_dashboards", SharedList, tag="dashboards")
    async def get(self) -> None:
        """The first of them by title; none where no server is known, which is no failure."""
        language = self.readers_language()

        def listed(_: Peter) -> SharedList:
            with speaking(language):
                return _listed()

        self.answer(await self.call(listed))


SHARED_ROUTES: tuple[tuple[str, type[Resource]], ...] = (("api/v1/hub/dashboards", SharedResource),)


def _listed() -> SharedList:
    from peter_jupyter.client import PeterClient

    # A Jupyter Server that runs here is this one: only what is configured is another.
    if not any(os.environ.get(name) for name in _KNOWN_BY):
        return SharedList()
    try:
        client = PeterClient.from_env(timeout_s=_SECONDS)
    except PeterError as error:
        return SharedList(problem=_sentence(error))
    with client:
        try:
            found = client.list(page_size=200)
        except PeterError as error:
            return SharedList(url=client.url, problem=_sentence(error))
        return SharedList(url=client.url, dashboards=found.dashboards, total=found.total)


def _sentence(error: PeterError) -> str:
    return " ".join(filter(None, [retold(error.message), retold(error.hint)]))
