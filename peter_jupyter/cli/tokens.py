"""``peter token``: tokens for scripts that use the standalone server."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from peter_core.errors import Forbidden, InvalidRequest, NotFound
from peter_jupyter.cli.command import SERVE, Sections, app, command
from peter_jupyter.cli.options import Folder, Json
from peter_jupyter.cli.terminal import note, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peter_core.config import Reading
    from peter_core.store.sessions import ApiToken, TokenStore

token = typer.Typer(
    name="token",
    cls=Sections,
    help="Make, list and revoke tokens for scripts.",
    epilog="\b\nExample:\n  peter token create nightly --owner ada@example.com",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(token, rich_help_panel=SERVE)

Owner = Annotated[
    str | None,
    typer.Option("--owner", metavar="EMAIL", help="Whose tokens; all when none is given."),
]


@command(
    "create", section=SERVE, group=token,
    example="peter token create nightly --owner ada@example.com --role author --expires 90d",
)  # fmt: skip
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    owner: Annotated[
        str, typer.Option("--owner", metavar="EMAIL", help="Whom it acts for; on the allow-list.")
    ],
    role: Annotated[
        Literal["viewer", "author", "admin"],
        typer.Option("--role", help="What it may do; no more than its owner may."),
    ] = "viewer",
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="AGE", help="After how long it ends, such as 90d."),
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once; scripts send it as `Authorization: Bearer ...`."""
    with _tokens(folder) as (store, reading):
        email = _owner(reading, owner, role)
        at = dt.datetime.now(dt.UTC)
        ends = at + _age(expires) if expires else None
        secret, made = store.create(name, owner=email, roles={role}, at=at, expires_at=ends)
    if as_json:
        print_json({**_described(made), "token": secret})
        return
    say(secret)
    until = f"until {ends:%Y-%m-%d %H:%M} UTC" if ends else "until it is revoked"
    note(f"Token {made.id} for {email} as {role}, {until}. It is not shown again.")


@command("list", section=SERVE, example="peter token list --owner ada@example.com", group=token)
def list_tokens(owner: Owner = None, folder: Folder = None, as_json: Json = False) -> None:
    """List the tokens, the newest first; their secrets are known to nobody."""
    with _tokens(folder) as (store, _):
        found = store.list(owner.lower() if owner else None)
    if as_json:
        print_json([_described(each) for each in found])
        return
    if not found:
        say("There are no tokens.")
        return
    now = dt.datetime.now(dt.UTC)
    rows = [
        (each.id, each.name, each.owner, ",".join(sorted(each.roles)), _state(each, now),
         _moment(each.last_used_at, "never"))
        for each in found
    ]  # fmt: skip
    print_table(("ID", "NAME", "OWNER", "ROLES", "STATE", "LAST USED"), rows)


@command("revoke", section=SERVE, example="peter token revoke 3f9a52c1d0e8", group=token)
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `peter token list` shows it.")],
    folder: Folder = None,
) -> None:
    """End a token; the next request with it is refused."""
    with _tokens(folder) as (store, _):
        if not store.revoke(id, at=dt.datetime.now(dt.UTC)):
            raise NotFound(
                f"There is no live token {id[:40]!r}.", hint="Look at: peter token list."
            )
    say(f"Token {id} is revoked.", "good")


@contextmanager
def _tokens(folder: Path | None) -> Iterator[tuple[TokenStore, Reading]]:
    from peter_core.config import read_settings
    from peter_core.store.connecting import ledger_url
    from peter_core.store.database import Database
    from peter_core.store.sessions import TokenStore

    reading = read_settings({} if folder is None else {"folder": folder})
    database = Database(ledger_url(reading.require()))
    try:
        yield TokenStore(database), reading
    finally:
        database.close()


def _owner(reading: Reading, owner: str, role: Literal["viewer", "author", "admin"]) -> str:
    """The owner's address as sessions have it, when the person may be what the token is for."""
    from peter_core.principal import Principal
    from peter_jupyter.hosts.standalone.people import People, known_email

    email = known_email(owner)
    if email is None:
        raise InvalidRequest(f"{owner[:80]!r} is no e-mail address.")
    roles = People(reading.require(), reading.sources).roles_of(email)
    if not roles:
        raise Forbidden(
            f"{email} may not come in, and neither may a token of that account.",
            hint="Add the address to ALLOWED_EMAILS.",
        )
    if not Principal(email, roles=roles).may(role):
        setting = "PETER_ADMINS" if role == "admin" else "PETER_AUTHORS"
        raise Forbidden(
            f"{email} is no {role}, and a token may not do more than its owner.",
            hint=f"Add the address to {setting}, or give --role viewer.",
        )
    return email


def _age(text: str) -> dt.timedelta:
    from peter_core.dashboard.values import parse_age

    try:
        return dt.timedelta(seconds=parse_age(text))
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{text[:40]!r} is no age.", hint="Write it with its unit, such as 90d or 12h."
        ) from None


def _described(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "owner": token.owner,
        "roles": sorted(token.roles),
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def _state(token: ApiToken, now: dt.datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if not token.is_live(now):
        return "expired"
    return f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "live"


def _moment(at: dt.datetime | None, never: str) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else never
