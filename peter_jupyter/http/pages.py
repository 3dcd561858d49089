"""The pages for people: the list, a dashboard, its export, and the files they load."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from peter_core.costs import usd
from peter_core.errors import InvalidRequest, NotFound
from peter_core.plan.artifact import rfc3339
from peter_core.plan.words import say, speaking
from peter_jupyter.export import export_html
from peter_jupyter.http.accepting import HTML
from peter_jupyter.http.access import needs
from peter_jupyter.http.dashboards import read_published
from peter_jupyter.http.etags import strong
from peter_jupyter.http.models.queries import FindQuery, TabQuery, VersionQuery
from peter_jupyter.http.operations import operation
from peter_jupyter.http.representation import Representations
from peter_jupyter.http.resource import Resource
from peter_jupyter.http.statuses import problem_of
from peter_jupyter.page import (
    STATIC,
    Account,
    Addresses,
    asset_version,
    csp,
    dashboard_page,
    lineage_page,
    list_page,
    plain_page,
    told_paragraph,
)

if TYPE_CHECKING:
    from typing import Any

    from peter_core.service import Peter
    from peter_core.store.records import DashboardEntry

_LISTED = 200
_PAINTED = Representations()
JAVASCRIPT = "text/javascript"
CSS = "text/css"
_TYPES = {".js": JAVASCRIPT, ".css": CSS}


class Page(Resource):
    """HTML under a strict policy; whoever is not logged in is sent to the login."""

    problem_type = HTML
    policy = csp()

    def get_login_url(self) -> str:
        """The host's login page, for a guard that sends people there itself."""
        return self._login_url() or super(Resource, self).get_login_url()

    def ask_for_login(self) -> None:
        """Send a person to the login page where the host has one."""
        address = self._login_url()
        if address is None or self.request.method not in ("GET", "HEAD"):
            super().ask_for_login()
        else:
            self.redirect(address)

    def _login_url(self) -> str | None:
        return self.login_url(self.request.uri or self.root)

    def account(self) -> Account | None:
        """Who is logged in, where the host has sessions that a person may end here."""
        logout = self.logout_url()
        if logout is None:
            return None
        # Whoever logged out may want to be somebody else.
        return Account(self.who.email, logout, f"{self.root}api/v1/auth/login?account=choose")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell a failure in words."""
        info = kwargs.get("exc_info")
        problem = problem_of(
            info[1] if info else None,
            status=status_code,
            trace_id=self.request_id,
            author=self.is_author(),
        )
        self.note_problem(problem.code, status_code, info[1] if info else None)
        with speaking(self.readers_language()):
            words = told_paragraph(problem.detail, problem.hint)
            self.send(self._error_page(say(problem.title), words).encode(), HTML)

    def _error_page(self, title: str, words: str) -> str:
        listed, every = html.escape(f"{self.root}dashboards"), html.escape(say("All dashboards"))
        trace = html.escape(say("Trace {id}", id=self.request_id))
        link = f'<p><a href="{listed}">{every}</a></p>'
        return plain_page(title, f"{words}\n{link}\n<p><small>{trace}</small></p>")


class HomePage(Page):
    """The root."""

    @needs("viewer")
    @operation("show_home", status=302, tag="pages")
    async def get(self) -> None:
        """On to the list of dashboards."""
        self.redirect(f"{self.root}dashboards")


class ListPage(Page):
    """The published dashboards."""

    @needs("viewer")
    @operation("show_dashboards", {HTML: None}, tag="pages", query=FindQuery)
    async def get(self) -> None:
        """All of them; the page narrows what it got to what its address asks for."""

        def listed(peter: Peter) -> list[DashboardEntry]:
            found: list[DashboardEntry] = []
            for page in range(1, 51):
                listing = peter.list(page=page, page_size=_LISTED)
                found += listing.dashboards
                if len(found) >= listing.total:
                    break
            return found

        entries = [_entry(entry, self.root) for entry in await self.call(listed)]
        language, static = self.readers_language(), f"{self.root}static"
        body = list_page(entries, static_url=static, account=self.account(), language=language)
        self.send(body.encode(), HTML)


class DashboardPage(Page):
    """One dashboard."""

    @needs("viewer")
    @operation("show_dashboard", {HTML: None}, tag="pages", query=TabQuery, filters=True)
    async def get(self, slug: str) -> None:
        """Painted at once when the cache holds its tab; otherwise the page asks for its data."""
        filters, who = self.filters(TabQuery), self.who
        tab = self.query(TabQuery).tab or 1

        def painted(peter: Peter) -> tuple[str, str, bytes | None]:
            headline = _headline(peter, slug)
            try:
                artifact = peter.held(slug, filters=filters, tab=tab, principal=who)
            except InvalidRequest:
                # The page shows the problem where the reader can change the filter.
                return *headline, None
            if artifact is None:
                return *headline, None
            return *headline, _PAINTED.of(artifact, author=who.may("author")).plain

        title, language, body = await self.call(painted)
        board = f"{self.root}api/v1/dashboards/{slug}"
        addresses = Addresses(
            data_url=f"{board}/data",
            static_url=f"{self.root}static",
            export_url=_with_query(f"{self.root}dashboards/{slug}/export", filters),
            history_url=self._history(board),
            lineage_url=f"{self.root}dashboards/{slug}/lineage",
            list_url=f"{self.root}dashboards",
        )
        page = dashboard_page(
            title,
            addresses,
            artifact_json=body,
            tab=tab,
            account=self.account(),
            language=language,
        )
        self.send(page.encode(), HTML)

    def _history(self, board: str) -> str | None:
        """Where an author's page asks for revisions and changes what is published."""
        if not self.is_author():
            return None
        # Leaves the cookie that a change needs, on hosts that have not left it yet.
        _ = self.xsrf_token
        return board


class LineagePage(Page):
    """What a dashboard is made of, drawn."""

    @needs("viewer")
    @operation("show_lineage", {HTML: None}, tag="pages", errors=("not_found",))
    async def get(self, slug: str) -> None:
        """A page that asks the API for the graph."""
        title, language = await self.call(lambda peter: _headline(peter, slug))
        page = lineage_page(
            title=title,
            data_url=f"{self.root}api/v1/dashboards/{slug}/lineage",
            board_url=f"{self.root}dashboards/{slug}",
            static_url=f"{self.root}static",
            account=self.account(),
            language=language,
        )
        self.send(page.encode(), HTML)


class ExportPage(Page):
    """One dashboard as a file that needs nothing else."""

    policy = "sandbox allow-scripts; default-src 'none'"
    long = True

    @needs("viewer")
    @operation("export_dashboard", {HTML: None}, tag="pages", filters=True,
               errors=("query_timeout",))  # fmt: skip
    async def get(self, slug: str) -> None:
        """A download; the file brings a strict policy of its own."""
        filters, who = self.filters(), self.who

        def exported(peter: Peter) -> str:
            artifact = peter.data(slug, filters=filters, cancel=self.cancel, principal=who)
            return export_html(_PAINTED.of(artifact, author=who.may("author")).plain)

        text = await self.call(exported)
        self.set_header("Content-Disposition", f'attachment; filename="{slug}.html"')
        self.send(text.encode(), HTML)


class StaticFile(Resource):
    """A built script or style."""

    @needs("viewer")
    @operation("get_file", {JAVASCRIPT: None, CSS: None}, tag="pages", query=VersionQuery,
               tagged=True, errors=("not_found",))  # fmt: skip
    async def get(self, name: str) -> None:
        """A file of the static folder; one that is asked for by its version never changes."""
        path = STATIC / name
        kind = _TYPES.get(path.suffix)
        version = asset_version(name) if kind else "0"
        if kind is None or version == "0":
            raise NotFound(f"There is no file {name[:60]!r}.")
        body = await self.call(lambda _: path.read_bytes())
        self.tag(strong(version))
        if self.query(VersionQuery).v == version:
            self.set_header("Cache-Control", "private, max-age=31536000, immutable")
        self.send(body, kind)


def _headline(peter: Peter, slug: str) -> tuple[str, str]:
    """The title and the locale of a published dashboard."""
    _, loaded = read_published(peter, slug)
    board = loaded.dashboard
    return (board.title, board.locale) if board else (slug, "en")


def _entry(entry: DashboardEntry, root: str) -> dict[str, object]:
    return {
        "slug": entry.slug,
        "title": entry.title,
        "url": f"{root}dashboards/{entry.slug}",
        "description": entry.description,
        "owner": entry.owner,
        "tags": list(entry.tags),
        "revision": entry.revision,
        "published_at": rfc3339(entry.published_at),
        "computed_at": rfc3339(entry.computed_at) if entry.computed_at else None,
        "last_cost_usd": None if entry.last_cost_usd is None else usd(entry.last_cost_usd),
    }


def _with_query(address: str, filters: dict[str, str | list[str]]) -> str:
    return f"{address}?{urlencode(filters, doseq=True)}" if filters else address
