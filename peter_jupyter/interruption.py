"""A call that the person at the notebook can stop."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from peter_core.engine.port import CancelToken
from peter_core.errors import QueryCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_GRACE_S = 0.7
_TICK_S = 0.5
_QUIET_S = 1.0


class _Outcome(Generic[T]):
    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: T
        self.error: BaseException | None = None


def run_interruptibly(
    call: Callable[[CancelToken], T], *, on_wait: Callable[[float], None] | None = None
) -> T:
    """What ``call`` gives; an interrupt cancels it and frees the caller within a second.

    The call runs in a thread of its own while this one only waits: an interrupt then never
    strikes inside a cache or a connection, and ``on_wait`` can show progress from the thread that
    owns the cell's output.

    Parameters
    ----------
    call
        Gets the token that an interrupt cancels.
    on_wait
        Called about twice a second with the seconds so far, from the first second on.

    Raises
    ------
    QueryCancelled
        After an interrupt. Whatever ``call`` raises is raised as it is.
    """
    cancel = CancelToken()
    outcome: _Outcome[T] = _Outcome()

    def work() -> None:
        try:
            outcome.value = call(cancel)
        except BaseException as error:
            outcome.error = error
        finally:
            outcome.done.set()

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name="peter-cell", daemon=True)
    try:
        thread.start()
        _wait(outcome.done, on_wait)
    except KeyboardInterrupt:
        # Cancelling may talk to a warehouse; that must not hold the kernel either.
        threading.Thread(target=cancel.cancel, name="peter-cancel", daemon=True).start()
        stopped = outcome.done.wait(_GRACE_S)
        raise QueryCancelled(
            "The cell was interrupted and its query was cancelled."
            if stopped
            else "The cell was interrupted; the engine was asked to cancel and is still stopping."
        ) from None
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _wait(done: threading.Event, on_wait: Callable[[float], None] | None) -> None:
    start = time.monotonic()
    if done.wait(_QUIET_S):
        return
    while not done.is_set():
        if on_wait is not None:
            on_wait(time.monotonic() - start)
        done.wait(_TICK_S)
