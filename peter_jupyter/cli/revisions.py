"""Commands over a dashboard's history: show it, take the dashboard away, bring one back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from peter_core.errors import PreconditionRequired
from peter_jupyter.cli.command import FAILED, PUBLISH, command
from peter_jupyter.cli.head import SHOWN, earlier_revision, head, managed_place, precondition
from peter_jupyter.cli.options import Folder, Force, IfMatch, Json, Managed, Slug
from peter_jupyter.cli.publishing import print_publication
from peter_jupyter.cli.terminal import harmless, note, print_json, print_table, say
from peter_jupyter.cli.work import open_peter, run
from peter_jupyter.display.values import NULL, moment_text


@command("history", section=PUBLISH, example="peter history shop-orders")
def history(slug: Slug, folder: Folder = None, as_json: Json = False) -> None:
    """List everything that was published under a slug, the newest first."""
    with open_peter(folder) as peter:
        entries = peter.history(slug)
        managed = managed_place(peter, slug) if as_json else None
    if as_json:
        names = ("number", "revision", "published_at", "published_by", "message", "deleted")
        revisions = [{name: getattr(entry, name) for name in names} for entry in entries]
        whole = {"total": len(revisions), "page": 1, "page_size": len(revisions)}
        print_json({"slug": slug, "managed": managed, "revisions": revisions, **whole})
        return
    rows = [
        (
            str(entry.number),
            entry.revision[:SHOWN],
            moment_text(entry.published_at),
            entry.published_by,
            "deleted" if entry.deleted else entry.message or NULL,
        )
        for entry in entries
    ]
    print_table(("NUMBER", "REVISION", "PUBLISHED", "BY", "MESSAGE"), rows, right="NUMBER")


@command("delete", section=PUBLISH, example="peter delete shop-orders --if-match 4f2c81d")
def delete(
    slug: Slug,
    if_match: IfMatch = None,
    force: Force = False,
    managed: Managed = False,
    folder: Folder = None,
) -> None:
    """Take a published dashboard away; its history stays.

    On a terminal you are asked when neither --if-match nor --force is given.
    """
    with open_peter(folder) as peter:
        base = precondition(peter, slug, if_match, force=force)
        if base is None:
            document = peter.get(slug)
            asked = f"{slug} @ {document.revision[:SHOWN]}"
            if not sys.stdin.isatty():
                raise PreconditionRequired(
                    f"{asked} was not deleted: nobody is there to be asked.",
                    hint="Give --if-match REVISION or --force.",
                )
            by = f"published {moment_text(document.published_at)} by {document.published_by}"
            if not typer.confirm(harmless(f"Delete {asked}, {by}?"), err=True):
                note("Nothing was deleted.")
                raise typer.Exit(FAILED)
            base = document.revision
        peter.delete(slug, if_match=base, managed=managed)
    say(f"{slug} was deleted; `peter history {slug}` and `peter restore` still know it.", "good")


@command("restore", section=PUBLISH, example="peter restore shop-orders 4f2c81d")
def restore(
    slug: Slug,
    revision: Annotated[
        str,
        typer.Argument(metavar="REVISION", help="One of `peter history`, or its number there."),
    ],
    managed: Managed = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Publish an earlier revision again, as the newest; it is verified like any other."""
    with open_peter(folder) as peter:
        earlier = peter.get(slug, earlier_revision(peter, slug, revision))
        now = head(peter, slug)
        done = run(
            f"Restoring {slug}",
            lambda cancel, _: peter.publish(
                earlier.text,
                if_match=now.revision if now else None,
                message=f"Restored {earlier.revision[:SHOWN]}",
                managed=managed,
                cancel=cancel,
            ),
        )
    print_publication(done, as_json=as_json)
