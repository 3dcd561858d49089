"""What databases say of their failures, in Peter's errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from peter_core.errors import InvalidRequest, PeterError, StorageError, StorageFull

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGAIN = "Try again in a moment."
_HELD = ("another process holds it", _AGAIN)
_FULL = ("no room is left on the device", "Free some room and try again; nothing was changed.")
_DAMAGED = (
    "its file is damaged",
    "Move the file away: Peter makes a new one, and `peter reindex` refills it.",
)
_AWAY = ("the database cannot be reached", "Is it running, and is its address right?")
_SCHEMA = ("a table is missing", "Let its operator run: peter db upgrade.")

# PostgreSQL's codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_STATE = {
    "55P03": _HELD,
    "40001": _HELD,
    "40P01": _HELD,
    "53100": _FULL,
    "53300": ("the database has no connection left", _AGAIN),
    "57014": ("the database took too long", _AGAIN),
    "25006": ("the database takes no writes now", "It may be a replica; try again in a moment."),
    "3D000": ("there is no such database", "Create it, or set DATABASE_URL to another one."),
    "42501": ("its user lacks the permission", "Grant it what its own tables need."),
    "42P01": _SCHEMA,
    "42703": _SCHEMA,
}
_BY_CLASS = {
    "08": _AWAY,
    "57": _AWAY,
    "28": ("the database refused the login", "Are the user and the password of its URL right?"),
}
_BY_TEXT = (
    (("locked", "busy"), _HELD),
    (("full",), _FULL),
    (("malformed", "not a database"), _DAMAGED),
)


@contextmanager
def database_errors(doing: str) -> Iterator[None]:
    """Turn what SQLAlchemy raises in the block into `StorageError` and its kind.

    Raises
    ------
    StorageError, StorageFull
    InvalidRequest
        A text that the database can neither keep nor look for.
    """
    try:
        yield
    except PeterError:
        raise
    except PoolTimeout as error:
        raise StorageError(
            f"Peter could not {doing}: every connection is in use.", hint=_AGAIN
        ) from error
    except (DataError, UnicodeError) as error:
        raise _not_taken(doing) from error
    except DBAPIError as error:
        raise _storage_error(doing, error) from error
    except StatementError as error:
        if isinstance(error.orig, UnicodeError):
            raise _not_taken(doing) from error
        # A value that no column takes is the caller's mistake, not the database's failure.
        raise (error.orig or error) from None
    except SQLAlchemyError as error:
        raise StorageError(f"Peter could not {doing}: {type(error).__name__}.") from error


def _not_taken(doing: str) -> InvalidRequest:
    return InvalidRequest(
        f"Peter could not {doing}: a text or a number is not one that the database takes.",
        hint="Leave out control characters, and keep names short.",
    )


def lost_connection(error: BaseException) -> bool:
    """Whether the connection broke under the work, so that a read may be asked once more."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and cause.connection_invalidated


def unreachable(doing: str) -> StorageError:
    """The error of a database that did not answer a moment ago."""
    return StorageError(f"Peter could not {doing}: {_AWAY[0]}.", hint=_AWAY[1])


def is_unreachable(error: StorageError) -> bool:
    """Whether the database did not answer at all."""
    return error.hint == _AWAY[1]


def is_held(error: StorageError) -> bool:
    """Whether another writer held the database for as long as this one waited."""
    return error.hint == _HELD[1] and _HELD[0] in error.message


def _storage_error(doing: str, error: DBAPIError) -> StorageError:
    why, hint = _reason(error)
    kind = StorageFull if (why, hint) == _FULL else StorageError
    return kind(f"Peter could not {doing}: {why}.", hint=hint)


def _reason(error: DBAPIError) -> tuple[str, str | None]:
    if error.connection_invalidated:
        return _AWAY
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return _BY_STATE.get(state) or _BY_CLASS.get(state[:2]) or ("the database failed", None)
    text = str(error.orig).lower()
    if type(error.orig).__module__.startswith("psycopg"):
        # A connection that was never made has no code, only libpq's sentence.
        return _no_connection(text)
    for words, reason in _BY_TEXT:
        if any(word in text for word in words):
            return reason
    return "the database failed", None


def _no_connection(text: str) -> tuple[str, str | None]:
    if any(words in text for words in ("authentication failed", "pg_hba.conf", 'role "')):
        return _BY_CLASS["28"]
    if "database" in text and "does not exist" in text:
        return _BY_STATE["3D000"]
    if "too many clients" in text or "connection slots" in text:
        return _BY_STATE["53300"]
    return _AWAY
