"""Publishing to a server, from a cell or a terminal, and what stands in the way told in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peter_core.dashboard.canonical import diff, revision
from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import (
    DocumentError,
    Forbidden,
    NotFound,
    PeterError,
    PreconditionFailed,
    PreconditionRequired,
)
from peter_jupyter.client import Conflict, LoginError, PeterClient
from peter_jupyter.revisions import SHOWN, precondition

if TYPE_CHECKING:
    from peter_core.engine.port import CancelToken
    from peter_jupyter.http.models.dashboard import PublicationAnswer


@dataclass(frozen=True, slots=True)
class Sent:
    """What a publish to a server did, and where people read the dashboard."""

    answer: PublicationAnswer
    page: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What stands between a text and what is published: a line of words, a line a change."""

    title: str
    changes: tuple[str, ...]


class PublishRefused(PreconditionFailed):
    """A server has another revision than the text was made from; ``comparison`` says how."""

    comparison: Comparison | None = None


def publish_to(
    url: str,
    text: str,
    *,
    seen: str | None = None,
    if_match: str | None = None,
    force: bool = False,
    message: str | None = None,
    managed: bool = False,
    cancel: CancelToken | None = None,
) -> Sent:
    """Publish a document on the server at an address, with the token this environment has for it.

    Parameters
    ----------
    seen
        The revision the text was made from as far as this program knows.
    if_match
        The revision a person says it was made from; its first seven digits will do.
    managed
        Whether it comes from the place where the file is kept, where it has one.

    Raises
    ------
    PublishRefused
        Somebody else's revision is published there.
    PeterError
        Whatever else the server says; of a login and of rights, with what to do about it.
    """
    board = load_dashboard(text).dashboard
    slug = board.slug if board else ""
    with PeterClient.to(url) as client:
        try:
            base = precondition(client, slug, if_match, force=force) or seen
            done = client.publish(
                text, if_match=base, message=message, managed=managed, cancel=cancel
            )
        except (PreconditionRequired, PreconditionFailed, NotFound) as error:
            raise _refused(client, slug, text, error) from None
        except LoginError as error:
            raise _login(client, error) from None
        except Forbidden as error:
            raise _forbidden(client, error) from None
        return Sent(done, f"{client.url}/dashboards/{done.slug}")


def _refused(client: PeterClient, slug: str, text: str, error: PeterError) -> PeterError:
    """What was published there meanwhile, and how to go on from it."""
    if isinstance(error, NotFound):
        gone = f"{slug} is not published at {client.url} any more."
        return PublishRefused(gone, hint="Publish it again with --force.") if slug else error
    try:
        head = client.get(slug)
    except PeterError:
        return error
    shown = head.revision[:SHOWN]
    refused = PublishRefused(
        f"{slug} is at revision {shown} there, published by {head.published_by}; "
        + ("your text was made from another one." if isinstance(error, PreconditionFailed)
           else "nothing says which revision your text was made from."),
        hint=f"Put their changes into your text and publish it with --if-match {shown}, "
        "or overwrite theirs with --force.",
    )  # fmt: skip
    if isinstance(error, Conflict) and error.diff is not None:
        since = error.diff.from_revision[:SHOWN]
        changes = tuple(change.text for change in error.diff.changes)
        refused.comparison = Comparison(f"Changed by others since {since}", changes)
    else:
        refused.comparison = _between(head.yaml, text, shown)
    return refused


def _between(published: str, text: str, shown: str) -> Comparison | None:
    """What publishing would change."""
    try:
        changes = tuple(change.text for change in diff(published, text))
    except DocumentError:
        return None
    mine = revision(load_dashboard(text))[:SHOWN]
    return Comparison(f"From {shown}, published there, to your text {mine}", changes)


def _login(client: PeterClient, error: LoginError) -> LoginError:
    if client.has_token:
        return LoginError(
            f"{client.url} does not accept the token of this environment.",
            hint="It ended, was revoked or is for another server; take a new one.",
        )
    return LoginError(
        f"{client.url} asks for a login, and no token for it is known here.",
        hint=f"Set PETER_URL={client.url} and PETER_TOKEN to a token of yours there: from "
        "/hub/token on a JupyterHub, from `peter token create` on `peter serve`.",
    )


def _forbidden(client: PeterClient, error: Forbidden) -> PeterError:
    try:
        me = client.me()
    except PeterError:
        return error
    return Forbidden(
        f"Publishing at {client.url} needs the role author; {me.email} is {', '.join(me.roles)} "
        "there.",
        hint="Ask whoever runs that server for the role, or for a token that has it.",
    )
