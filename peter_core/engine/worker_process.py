"""The parent's handle of one DuckDB worker process."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peter_core.engine import worker_frames as frames
from peter_core.errors import EngineUnavailable

if TYPE_CHECKING:
    import pyarrow as pa

WORKER_MODULE = "peter_core.engine.duckdb_worker"
"""The module a worker process runs."""
_START_SECONDS = 60.0
_STDERR_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker gave for one statement.

    ``types`` are BigQuery's, in the order of the columns; ``row_count`` counts every
    row, ``table`` holds those within the caps.
    """

    table: pa.Table
    types: tuple[str, ...]
    row_count: int
    duration_ms: float

    @property
    def truncated(self) -> bool:
        """Whether rows were counted but not kept."""
        return int(self.table.num_rows) < self.row_count


class WorkerError(Exception):
    """The statement failed in the worker: DuckDB's own kind and message of the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class WorkerDiedError(Exception):
    """The worker ended, was killed, or broke the protocol."""


class WorkerStartError(Exception):
    """The worker ended before it was ready."""


class WorkerStartingError(Exception):
    """The deadline passed while the worker was still starting; it may serve the next caller."""


def child_command(module: str, *arguments: str) -> list[str]:
    """The command line of a child process that runs a module of this package."""
    if not sys.executable:
        raise EngineUnavailable("The embedded engine needs a Python executable to start, but "
                                "sys.executable is empty.")  # fmt: skip
    return [sys.executable, "-P", "-B", "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """The few variables a child process gets: nothing of this process's secrets."""
    roots = [str(Path(__file__).resolve().parents[2])]
    for library in ("duckdb", "pyarrow"):
        spec = importlib.util.find_spec(library)
        if spec and spec.origin:
            roots.append(str(Path(spec.origin).resolve().parents[1]))
    environment = {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(roots)),
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        # A pool that reserves little address space, which is what the memory limit counts.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
    }
    for name in ("LD_LIBRARY_PATH", "SYSTEMROOT"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment


class WorkerProcess:
    """One worker: a child process on one database, used by one caller at a time."""

    def __init__(self, database: Path, *, memory_limit_bytes: int, threads: int) -> None:
        self.database = database
        self._started = time.monotonic()
        self._ready = False
        command = child_command(
            WORKER_MODULE,
            str(database), str(memory_limit_bytes), str(threads), str(os.getpid()),
        )  # fmt: skip
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=child_environment(),
                cwd="/",
                bufsize=0,
                # A terminal's or a kernel's interrupt goes to the whole group; not to workers.
                start_new_session=True,
            )
        except OSError as error:
            raise EngineUnavailable(
                f"The embedded engine could not start a worker process: {error.strerror}."
            ) from error
        self._pipe = frames.FramePipe(_fd(self._process.stdout), _fd(self._process.stdin))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it lives, and is ready or still within its time to start."""
        if self._process.poll() is not None:
            return False
        return self._ready or time.monotonic() - self._started < _START_SECONDS

    def query(self, request: dict[str, Any], deadline: float) -> Answer:
        """Run one statement.

        Raises
        ------
        WorkerError
            The statement failed; the worker is fine, but for ``OutOfMemoryException``.
        WorkerStartingError, WorkerStartError, WorkerDiedError, worker_frames.DeadlineError
        """
        self._await_hello(deadline)
        try:
            self._pipe.send(frames.QUERY, json.dumps(request).encode(), deadline)
            return self._read_answer(deadline)
        except (frames.PipeClosedError, ValueError, KeyError) as error:
            raise WorkerDiedError from error

    def bind(self, request: dict[str, Any], deadline: float) -> None:
        """Bind one statement against empty tables; raises as `query` does."""
        self._await_hello(deadline)
        try:
            self._pipe.send(frames.BIND, json.dumps(request).encode(), deadline)
            kind, body = next(self._pipe.frames(deadline))
            if kind == frames.ERROR:
                raise _failure(body)
        except (frames.PipeClosedError, ValueError, KeyError) as error:
            raise WorkerDiedError from error
        if kind != frames.END:
            raise WorkerDiedError

    def kill(self) -> None:
        """End the process now; safe from any thread, the owner still has to ``close``."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def end(self) -> tuple[int, str]:
        """End the process and reap it; its exit code and last line of complaint."""
        self.kill()
        return self._process.wait(), self._last_words()

    def close(self) -> None:
        """End the process, reap it and close its pipes."""
        self.kill()
        self._process.wait()
        self._close_pipes()

    def abandon(self) -> None:
        """Forget the process in a fork of its parent: it belongs to the parent alone."""
        self._process.returncode = 0
        self._close_pipes()

    def _last_words(self) -> str:
        fd = _fd(self._process.stderr)
        os.set_blocking(fd, False)
        text = b""
        with contextlib.suppress(OSError):
            text = os.read(fd, _STDERR_BYTES)
        lines = text.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:500] if lines else ""

    def _close_pipes(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _await_hello(self, deadline: float) -> None:
        if self._ready:
            return
        try:
            kind, _ = next(self._pipe.frames(deadline))
        except frames.DeadlineError as error:
            raise WorkerStartingError from error
        except frames.PipeClosedError as error:
            raise WorkerStartError from error
        if kind != frames.HELLO:
            raise WorkerStartError
        self._ready = True

    def _read_answer(self, deadline: float) -> Answer:
        import pyarrow as pa

        chunks: list[bytearray] = []
        size = 0
        for kind, body in self._pipe.frames(deadline):
            if kind == frames.DATA:
                chunks.append(body)
                size += len(body)
                # What a worker that keeps its caps cannot reach.
                if size > frames.MAX_FRAME:
                    break
            elif kind == frames.ERROR:
                raise _failure(body)
            elif kind == frames.END:
                facts = json.loads(body)
                with pa.ipc.open_stream(pa.py_buffer(b"".join(chunks))) as reader:
                    table = reader.read_all()
                return Answer(
                    table=table,
                    types=tuple(facts["types"]),
                    row_count=int(facts["row_count"]),
                    duration_ms=float(facts["duration_ms"]),
                )
            else:
                break
        raise WorkerDiedError


def _failure(body: bytes | bytearray) -> WorkerError:
    told = json.loads(body)
    return WorkerError(str(told["kind"]), str(told["message"]))


def _fd(stream: Any) -> int:
    return int(stream.fileno())
