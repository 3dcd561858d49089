"""A folder's tables as one DuckDB database, brought up to date when a file changed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from peter_core.engine.duckdb_errors import plain
from peter_core.engine.duckdb_import import ImportRequest
from peter_core.engine.folder import Source, scan
from peter_core.engine.folder_catalog import Catalog, catalog_stamp, read_catalog
from peter_core.engine.worker_process import child_command, child_environment
from peter_core.errors import EngineUnavailable, QueryTimeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peter_core.engine.port import CancelToken

_LOCK_POLL_SECONDS = 0.05
_WAIT_POLL_SECONDS = 0.05
# Looking for changes takes at most this share of the time, and is put off at most this long.
_SCAN_SHARE = 0.1
_SCAN_PAUSE_SECONDS = 1.0
# A reader that crashed on one file; anything else that ends an import is not the file's fault.
_CRASHES = frozenset({-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE})


class FolderDatabase:
    """The current database of ``<folder>/data``, kept in ``<folder>/.peter/engine``.

    Safe from any thread, from several processes on one folder, and in a forked child.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._state = folder / ".peter" / "engine"
        self._closed = False
        self._catalog: Catalog | None = None
        self._stamp: tuple[int, int] | None = None
        self._look_again = 0.0
        self._reset()
        _DATABASES.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._running: Future[Catalog] | None = None
        self._process: subprocess.Popen[str] | None = None
        # Imports end with the thread that started them (worker_limits): it is one that stays.
        self._importer = ThreadPoolExecutor(1, thread_name_prefix="peter-duckdb-import")

    def path(self, catalog: Catalog) -> Path:
        """The database file of a catalog."""
        return self._state / catalog.database

    def forget(self) -> None:
        """Look at the folder anew at the next call, whatever was known."""
        with self._lock:
            self._look_again = 0.0
            self._stamp = None

    def discard(self, catalog: Catalog) -> None:
        """Give up a database that cannot be opened; the next call imports every file anew."""
        self.path(catalog).unlink(missing_ok=True)
        self.forget()

    def current(self, deadline: float | None = None, cancel: CancelToken | None = None) -> Catalog:
        """The catalog of the files as they are now, importing what changed.

        Parameters
        ----------
        deadline
            A moment of ``time.monotonic`` to wait until; the import itself goes on after it.

        Raises
        ------
        EngineUnavailable
            The folder cannot be read, or the import failed as a whole.
        QueryTimeout, QueryCancelled
        """
        with self._lock:
            if self._closed:
                raise EngineUnavailable("The embedded engine is closed.")
            if self._running is None:
                known = self._known()
                if known is not None:
                    return known
                self._running = self._importer.submit(self._import)
            running = self._running
        running.add_done_callback(self._done)
        return _wait(running, deadline, cancel)

    def close(self) -> None:
        """Stop an import that runs; what it had not finished is as if it had not begun."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.kill()
        self._importer.shutdown(wait=True)

    def _known(self) -> Catalog | None:
        """The catalog, when it still describes the folder."""
        now = time.monotonic()
        if self._catalog is not None and now < self._look_again:
            return self._catalog
        stamp = catalog_stamp(self._state)
        if self._catalog is None or stamp != self._stamp:
            self._catalog, self._stamp = read_catalog(self._state, _version()), stamp
        current = self._scan()
        took = time.monotonic() - now
        self._look_again = now + min(took / _SCAN_SHARE, _SCAN_PAUSE_SECONDS)
        if self._catalog is not None and self._catalog.sources == frozenset(current):
            return self._catalog
        self._catalog = None
        return None

    def _scan(self) -> tuple[Source, ...]:
        if not self._folder.is_dir():
            raise EngineUnavailable(
                f"The workspace folder {self._folder} does not exist.",
                hint="Create it, with files such as data/sales/orders.csv in it.",
            )
        if "?" in str(self._folder):
            raise EngineUnavailable(
                f"The workspace folder {self._folder} cannot be used: DuckDB takes a ? in a path "
                "for its end.",
                hint="Rename the folder.",
            )
        try:
            return scan(self._data)
        except OSError as error:
            raise EngineUnavailable(
                f"The workspace's data folder cannot be read: {error.strerror}."
            ) from error

    def _done(self, future: Future[Catalog]) -> None:
        with self._lock:
            if self._running is future:
                self._running = None
                if not future.cancelled() and future.exception() is None:
                    self._catalog = future.result()
                    self._stamp = catalog_stamp(self._state)
                    self._look_again = 0.0

    def _import(self) -> Catalog:
        skip: dict[str, str] = {}
        with self._exclusive():
            while True:
                sources = self._scan()
                catalog = read_catalog(self._state, _version())
                # Another process may have done it while this one waited for its turn.
                if catalog is not None and catalog.sources == frozenset(sources):
                    return catalog
                request = ImportRequest(
                    str(self._state), str(self._data), sources, skip, os.getpid()
                )
                code, reading, complaint = self._run_importer(request)
                if code in _CRASHES and reading and reading not in skip:
                    skip[reading] = "the reader crashed on it; it is damaged"
                elif code != 0:
                    raise self._failure(code, complaint)
                else:
                    return self._imported()

    def _imported(self) -> Catalog:
        catalog = read_catalog(self._state, _version())
        if catalog is None:
            raise EngineUnavailable("The workspace's tables were imported, but cannot be read.")
        return catalog

    def _run_importer(self, request: ImportRequest) -> tuple[int, str | None, str]:
        """Exit code, the file that was read last, and the last line of complaint."""
        command = child_command("peter_core.engine.duckdb_import")
        with self._lock:
            if self._closed:
                raise EngineUnavailable("The embedded engine is closed.")
            self._process = process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=child_environment(),
                cwd="/",
                text=True,
                start_new_session=True,
            )
        try:
            progress, complaints = process.communicate(request.to_json())
        finally:
            with self._lock:
                self._process = None
        reading = progress.splitlines()
        complaint = complaints.strip().splitlines()
        return (
            process.returncode,
            reading[-1] if reading else None,
            complaint[-1] if complaint else "",
        )

    def _failure(self, code: int, complaint: str) -> EngineUnavailable:
        if self._closed:
            return EngineUnavailable("The embedded engine was closed during an import.")
        why = f"it was ended by signal {-code}" if code < 0 else complaint or f"exit code {code}"
        return EngineUnavailable(
            f"The workspace's tables could not be imported: {plain(why)}",
            hint="Is there room on the disk and in memory? The next call tries again.",
        )

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the folder's import lock, across processes."""
        try:
            self._state.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise EngineUnavailable(
                f"The workspace's state folder cannot be written: {error.strerror}."
            ) from error
        try:
            while not _try_lock(descriptor):
                if self._closed:
                    raise EngineUnavailable("The embedded engine is closed.")
                time.sleep(_LOCK_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(running: Future[Catalog], deadline: float | None, cancel: CancelToken | None) -> Catalog:
    while True:
        if cancel is not None:
            cancel.raise_if_cancelled()
        left = _WAIT_POLL_SECONDS if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise QueryTimeout(
                "The query's time was over before the workspace's files were imported.",
                hint="The import goes on; try again in a moment.",
            )
        if wait([running], min(left, _WAIT_POLL_SECONDS)).done:
            return running.result()


def _version() -> str:
    from importlib.metadata import version

    return version("duckdb")


_DATABASES: weakref.WeakSet[FolderDatabase] = weakref.WeakSet()


def _reset_all() -> None:
    for database in list(_DATABASES):
        database._reset()


os.register_at_fork(after_in_child=_reset_all)
