"""Every error Peter raises on purpose.

The tree::

    PeterError
    ├── ConfigError                 config_invalid
    ├── DocumentError               document_invalid        problems: what and where
    ├── SqlError                    sql_invalid             problems: what and where
    │   └── SqlRefused              sql_refused             the guard said no
    ├── EngineError                 engine_failed
    │   ├── BytesCapExceeded        bytes_cap_exceeded
    │   ├── BudgetExceeded          budget_exceeded
    │   ├── Overloaded              overloaded              too many at once; try again
    │   ├── QueryFailed             query_failed
    │   ├── QueryTimeout            query_timeout
    │   ├── QueryCancelled          query_cancelled
    │   ├── TableNotFound           table_not_found
    │   └── EngineUnavailable       engine_unavailable
    ├── NotFound                    not_found
    ├── AlreadyExists               already_exists
    ├── ManagedElsewhere            managed                 kept in git, changed there alone
    ├── PreconditionRequired        precondition_required
    ├── PreconditionFailed          precondition_failed
    ├── VerificationFailed          verification_failed     a publish was stopped by its checks
    ├── InvalidRequest              invalid_request         a parameter of a call is wrong
    ├── Forbidden                   forbidden
    └── StorageError                storage_unavailable
        └── StorageFull             storage_full
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peter_core.dashboard.problems import Problem


class PeterError(Exception):
    """A failure a person can act on.

    Parameters
    ----------
    message
        One full sentence about what was attempted and what went wrong.
    hint
        What to do about it, where there is something to do.
    problems
        The single findings with their places, for errors about a document or a statement.
    """

    code: ClassVar[str] = "error"

    def __init__(
        self, message: str, *, hint: str | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems: tuple[Problem, ...] = tuple(problems)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint, self.problems))


def _rebuild(
    kind: type[PeterError], message: str, hint: str | None, problems: tuple[Problem, ...]
) -> PeterError:
    return kind(message, hint=hint, problems=problems)


class ConfigError(PeterError):
    """A setting is missing or has a value that cannot be used."""

    code = "config_invalid"


class DocumentError(PeterError):
    """A dashboard document has errors; ``problems`` says which and where."""

    code = "document_invalid"


class SqlError(PeterError):
    """A statement cannot be read, or names what does not exist."""

    code = "sql_invalid"


class SqlRefused(SqlError):
    """The guard refused a statement: it is more than one read-only query of known parts."""

    code = "sql_refused"


class EngineError(PeterError):
    """The engine could not answer."""

    code = "engine_failed"


class BytesCapExceeded(EngineError):
    """The statement would bill more bytes than its cap allows; nothing was run."""

    code = "bytes_cap_exceeded"


class BudgetExceeded(EngineError):
    """The statement might cost more than is left of a budget; nothing was run."""

    code = "budget_exceeded"


class Overloaded(EngineError):
    """Too many statements run and wait already; try again in a few seconds."""

    code = "overloaded"


class QueryFailed(EngineError):
    """The engine ran the statement and it failed: a division by zero, a bad cast."""

    code = "query_failed"


class QueryTimeout(EngineError):
    """The statement was stopped at its deadline."""

    code = "query_timeout"


class QueryCancelled(EngineError):
    """The statement was cancelled by the one who asked, or because nobody waited any more."""

    code = "query_cancelled"


class TableNotFound(EngineError):
    """No such table in the warehouse."""

    code = "table_not_found"


class EngineUnavailable(EngineError):
    """The engine cannot be reached or cannot start."""

    code = "engine_unavailable"


class NotFound(PeterError):
    """No dashboard, revision, chart or node of that name."""

    code = "not_found"


class AlreadyExists(PeterError):
    """A dashboard with that slug is already published."""

    code = "already_exists"


class ManagedElsewhere(PeterError):
    """The dashboard's file is kept in another place, such as git, and is changed there."""

    code = "managed"


class PreconditionRequired(PeterError):
    """A change of a published dashboard must name the revision it was made from."""

    code = "precondition_required"


class PreconditionFailed(PeterError):
    """The dashboard was changed by someone else since the named revision."""

    code = "precondition_failed"


class VerificationFailed(PeterError):
    """A query or one of its checks failed, so nothing was published."""

    code = "verification_failed"


class InvalidRequest(PeterError):
    """A parameter of the call is missing or wrong."""

    code = "invalid_request"


class Forbidden(PeterError):
    """The principal may not do this."""

    code = "forbidden"


class StorageError(PeterError):
    """The store or the ledger cannot be read or written."""

    code = "storage_unavailable"


class StorageFull(StorageError):
    """No room is left on the store's device."""

    code = "storage_full"
