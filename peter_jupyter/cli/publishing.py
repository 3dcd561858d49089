"""Commands that publish dashboards, compare them with what is published, and list them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from peter_core.errors import (
    DocumentError,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)
from peter_jupyter.cli.command import FAILED, PUBLISH, command
from peter_jupyter.cli.files import read_document
from peter_jupyter.cli.head import SHOWN, earlier_revision, precondition
from peter_jupyter.cli.options import File, Folder, Force, IfMatch, Json, Managed, Slug, To
from peter_jupyter.cli.terminal import give, harmless, print_json, print_table, say
from peter_jupyter.cli.work import open_peter, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.config import Settings
    from peter_core.service.publishing import Publication


@command(
    "publish",
    section=PUBLISH,
    example='peter publish shop-orders.peter.yaml --if-match 4f2c81d --message "Add returns"',
)
def publish(
    file: File,
    if_match: IfMatch = None,
    force: Force = False,
    managed: Managed = False,
    message: Annotated[
        str | None,
        typer.Option("--message", "-m", metavar="TEXT", help="What changed, for the history."),
    ] = None,
    to: To = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Verify every query of a dashboard file and publish it: all of it or nothing."""
    from peter_jupyter.cli.problem_reports import problems_of

    text = read_document(file)
    if to is not None:
        from peter_jupyter.cli.sending import send

        if folder is not None:
            raise InvalidRequest("Give --to or --folder, not both.")
        send(
            file, text, to, if_match=if_match, force=force, message=message, managed=managed,
            as_json=as_json,
        )  # fmt: skip
        return
    with open_peter(folder) as peter, problems_of(file, text), _told_how(file):
        base = precondition(peter, _slug(text), if_match, force=force)
        done = run(
            f"Publishing {file}",
            lambda cancel, _: peter.publish(
                text, if_match=base, message=message, managed=managed, cancel=cancel
            ),
        )
    print_publication(done, as_json=as_json)


def print_publication(done: Publication, *, as_json: bool) -> None:
    """Print what a publish did."""
    if not as_json:
        from peter_jupyter.display.reports import publication_text

        say(publication_text(done))
        return
    receipts = [
        {"id": r.id, "fingerprint": r.fingerprint, "verdict": r.verdict,
         "verified_at": r.verified_at} for r in done.receipts
    ]  # fmt: skip
    print_json(
        {
            "slug": done.slug,
            "revision": done.revision,
            "created": done.created,
            "changed": done.changed,
            "estimated_bytes": done.cost.estimated_bytes,
            "cost_usd": done.cost.cost_usd,
            "cost_usd_month": done.cost.cost_usd_month,
            "receipts": receipts,
            "problems": done.problems,
        }
    )


def _slug(text: bytes) -> str:
    """The slug a document names; the empty text when it cannot be read."""
    from peter_core.dashboard.loading import load_dashboard

    board = load_dashboard(text).dashboard
    return board.slug if board else ""


@contextmanager
def _told_how(file: str) -> Iterator[None]:
    """Say what to do about a conflict in the words of the command line."""
    try:
        yield
    except (PreconditionRequired, PreconditionFailed) as error:
        hint = (
            f"See what differs with `peter diff {file}`, then publish with --if-match REVISION,"
            " or with --force whatever is there."
        )
        raise type(error)(error.message, hint=hint, problems=error.problems) from None


@command("diff", section=PUBLISH, example="peter diff shop-orders.peter.yaml --check")
def diff(
    file: File,
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="REVISION", help="Compare with an earlier one."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when something differs.")] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show what a dashboard file changes in meaning against the published one."""
    from peter_core.dashboard import canonical
    from peter_core.dashboard.loading import load_dashboard
    from peter_jupyter.cli.problem_reports import problems_of

    text = read_document(file)
    loaded = load_dashboard(text)
    with open_peter(folder) as peter, problems_of(file, text):
        if loaded.dashboard is None:
            raise DocumentError("The file has errors.", problems=loaded.problems)
        slug = loaded.dashboard.slug
        known = None if revision is None else earlier_revision(peter, slug, revision)
        try:
            before = peter.get(slug, known)
        except NotFound as error:
            hint = error.hint or f"Nothing was published from {file} yet: peter publish {file}."
            raise NotFound(error.message, hint=hint) from None
    changes = canonical.diff(before.text, text)
    if as_json:
        print_json(
            {
                "from_revision": before.revision,
                "to_revision": canonical.revision(loaded),
                "changes": [{"kind": c.kind, "path": c.path, "text": c.text} for c in changes],
            }
        )
    else:
        say(f"{slug} @ {before.revision[:SHOWN]} → {file}")
        say("\n".join(f"  {c.text}" for c in changes) or "  nothing changes in meaning")
    if changes and check:
        raise typer.Exit(FAILED)


@command("list", section=PUBLISH, example="peter list --tag operations")
def list_(
    q: Annotated[
        str | None, typer.Option("--q", metavar="TEXT", help="Words of slug, title, description.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="With this tag.")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="EMAIL", help="Of this owner.")
    ] = None,
    page: Annotated[int, typer.Option("--page", metavar="N", min=1, help="A page of 50.")] = 1,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List the published dashboards."""
    from peter_jupyter.display.values import NULL, moment_text

    with open_peter(folder) as peter:
        found = peter.list(q=q, tag=tag, owner=owner, page=page)
        settings = peter.settings
    if as_json:
        print_json(found)
        return
    if not found.dashboards:
        asked = q or tag or owner or page > 1
        say("Nothing was found." if asked else _nothing_published(settings))
        return
    rows = [
        (
            entry.slug,
            entry.title,
            ", ".join(entry.tags) or NULL,
            entry.owner or NULL,
            entry.revision[:SHOWN],
            moment_text(entry.published_at),
        )
        for entry in found.dashboards
    ]
    print_table(("SLUG", "TITLE", "TAGS", "OWNER", "REVISION", "PUBLISHED"), rows)
    if found.total > len(rows):
        say(f"{len(rows)} of {found.total}, page {page}", "quiet")


def _nothing_published(settings: Settings) -> str:
    if settings.bucket is not None:
        return f"Nothing is published in {settings.bucket} yet: peter publish FILE."
    from peter_core.store.folder import FolderStore

    folder = settings.folder.resolve()
    # Documents that came by git or a backup have no entry in this workspace's ledger yet.
    if FolderStore(folder / "dashboards").list():
        return f"What is in {folder / 'dashboards'} is not in the list yet: peter reindex."
    return f"Nothing is published in {folder} yet: peter publish FILE."


@command("show", section=PUBLISH, example="peter show shop-orders > shop-orders.peter.yaml")
def show(
    slug: Slug,
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="REVISION", help="An earlier one.")
    ] = None,
    folder: Folder = None,
) -> None:
    """Print a published dashboard's file as it was written."""
    with open_peter(folder) as peter:
        try:
            known = None if revision is None else earlier_revision(peter, slug, revision)
            document = peter.get(slug, known)
        except NotFound as error:
            hint = error.hint or "See `peter list`, and `peter history SLUG` for earlier revisions."
            raise NotFound(error.message, hint=hint) from None
    # On a terminal nothing may steer it; a file gets every byte.
    text = harmless(document.text) if sys.stdout.isatty() else document.text
    give(text)
