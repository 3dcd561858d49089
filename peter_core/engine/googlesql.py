"""The tier "googlesql": GoogleSQL's own analyzer, where the extra ``googlesql`` is installed.

It lives in a child process, started when it is first asked: loading it costs memory, the first
load on a machine half a minute, and a hostile text that trips it costs one child.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import queue
import re
import subprocess
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from peter_core.engine import worker_frames as frames
from peter_core.engine.worker_process import child_command, child_environment
from peter_core.errors import EngineUnavailable
from peter_core.sql.data_types import data_type, type_name
from peter_core.sql.positions import Span, problem_at
from peter_core.sql.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peter_core.dashboard.problems import Problem
    from peter_core.sql.schema import SchemaMapping
    from peter_core.sql.statement import Statement

RULE = "googlesql"
_MODULE = "peter_core.engine.googlesql_worker"
_START_SECONDS = 600.0
_ANALYZE_SECONDS = 5.0
_LONGEST = 500
_CODE = re.compile(r"Code: \d+, Message: ", re.DOTALL)
_PLACE = re.compile(r"\s*\[at (\d+):(\d+)\]\s*\Z")
_NEAR = re.compile(r"; (Did you mean .+\?)\Z")
_WORD = re.compile(r"`[^`]*`|@?\w+|.", re.DOTALL)
_TAB = 8

Request = dict[str, Any]


def is_installed() -> bool:
    """Whether the extra ``googlesql`` is there."""
    return all(importlib.util.find_spec(name) for name in ("zetasql", "wasmtime", "tzdata"))


class GoogleSql:
    """Asks the analyzer; safe from any thread.

    Parameters
    ----------
    cache
        A folder of this user alone that keeps the analyzer's machine code; the user's cache
        folder by default.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache or _cache_folder()
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def problems(
        self,
        statement: Statement,
        schema: SchemaMapping,
        parameters: Mapping[str, str],
        *,
        patience_s: float,
    ) -> tuple[Problem, ...] | None:
        """GoogleSQL's one complaint, or none; ``None`` where it cannot be asked.

        It cannot when a table is not in the schema or has a type GoogleSQL does not know, and
        when no answer comes within ``patience_s`` seconds, as while it is being loaded. A
        function it does not know is a warning: BigQuery has newer ones.
        """
        request = _request(statement, schema, parameters)
        if request is None:
            return None
        deadline = time.monotonic() + patience_s
        try:
            told = self._running().ask(request, deadline).result(max(0.0, patience_s))
        except (TimeoutError, _GoneError, EngineUnavailable):
            return None
        return () if told is None else (_problem(statement.text, told),)

    @property
    def loaded(self) -> bool:
        """Whether a question is answered at once: somebody asked before."""
        child = self._child
        return child is not None and child.was_ready and child.usable

    def close(self) -> None:
        """End the child."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _running(self) -> _Child:
        with self._lock:
            child = self._child
            if child is not None and child.usable:
                return child
            if child is not None:
                child.end()
                # One that could not even be loaded will not be the next time.
                if child.failed:
                    raise _GoneError
            self._child = _Child(self._cache)
            self._child.start()
            return self._child


class _GoneError(Exception):
    """The child ended before it answered."""


class _Child(threading.Thread):
    """The thread that starts the child, asks it one thing after another, and outlives it.

    The kernel ends the child with the thread that started it.
    """

    def __init__(self, cache: Path) -> None:
        super().__init__(name="peter-googlesql", daemon=True)
        self._cache = cache
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: queue.SimpleQueue[tuple[Request, float, Future[str | None]] | None]
        self._asked = queue.SimpleQueue()
        self.was_ready = False
        self._ended = False
        self._lock = threading.Lock()

    @property
    def usable(self) -> bool:
        """Whether it can be asked: not ended, and no fork's copy of its parent's."""
        if self._ended or self._owner != os.getpid():
            return False
        return self._process is None or self._process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether one that is not usable ended in this process before it could be asked."""
        return not self.was_ready and self._owner == os.getpid()

    def ask(self, request: Request, deadline: float) -> Future[str | None]:
        """The complaint to come."""
        answer: Future[str | None] = Future()
        with self._lock:
            if self._ended:
                raise _GoneError
            self._asked.put((request, deadline, answer))
        return answer

    def end(self) -> None:
        """End the process; what waits gets no answer."""
        with self._lock:
            self._ended = True
            self._asked.put(None)
            if self._process is not None:
                self._process.kill()

    def run(self) -> None:
        """Serve until the child is gone."""
        try:
            pipe = self._open()
            if pipe is not None:
                self._serve(pipe)
        except (frames.PipeClosedError, frames.DeadlineError, OSError, EngineUnavailable):
            pass  # a tier that is gone is silent; the next question starts it anew
        finally:
            self.end()
            self._finish()

    def _open(self) -> frames.FramePipe | None:
        command = child_command(_MODULE, str(os.getpid()), str(self._cache))
        with self._lock:
            if self._ended:
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=_environment(), cwd="/", bufsize=0, start_new_session=True,
            )  # fmt: skip
        pipe = frames.FramePipe(_fd(self._process.stdout), _fd(self._process.stdin))
        next(pipe.frames(time.monotonic() + _START_SECONDS))
        self.was_ready = True
        return pipe

    def _serve(self, pipe: frames.FramePipe) -> None:
        while (asked := self._asked.get()) is not None:
            request, deadline, answer = asked
            if time.monotonic() > deadline:
                continue
            try:
                limit = time.monotonic() + _ANALYZE_SECONDS
                pipe.send(frames.QUERY, json.dumps(request).encode(), limit)
                _, body = next(pipe.frames(limit))
                answer.set_result(json.loads(body)["complaint"])
            except BaseException:
                answer.set_exception(_GoneError())
                raise

    def _finish(self) -> None:
        while not self._asked.empty():
            if (asked := self._asked.get()) is not None:
                asked[2].set_exception(_GoneError())
        if self._process is not None:
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()


def _request(
    statement: Statement, schema: SchemaMapping, parameters: Mapping[str, str]
) -> Request | None:
    known = Schema(schema)
    tables = []
    for name in statement.tables:
        table = known.find(name)
        if table is None:
            return None
        tables.append((name, [(name, _kind(kind)) for name, kind in table.columns.values()]))
    typed = [(name, _kind(kind)) for name, kind in parameters.items()]
    if any(kind is None for columns in (typed, *(c for _, c in tables)) for _, kind in columns):
        return None
    return {"sql": statement.text, "tables": tables, "parameters": typed}


def _kind(text: str) -> object:
    built = data_type(text)
    return None if built is None else _built_kind(built)


def _built_kind(built: exp.Expr | None) -> object:
    """A type as the child takes it; ``None`` for one it does not know."""
    if not isinstance(built, exp.DataType):
        return None
    name = type_name(built)
    if name == "ARRAY":
        inner = _built_kind(built.expressions[0]) if built.expressions else None
        return None if inner is None else ["ARRAY", inner]
    if name != "STRUCT":
        return None if name == "RANGE" else name
    fields = [(one.name, _built_kind(one.args.get("kind"))) for one in built.expressions]
    return None if any(kind is None for _, kind in fields) else ["STRUCT", *fields]


def _problem(text: str, told: str) -> Problem:
    message = _CODE.sub("", told, count=1).strip()
    span = None
    if (found := _PLACE.search(message)) is not None:
        message = message[: found.start()]
        span = _span(text, int(found[1]), int(found[2]))
    hint = None
    if (near := _NEAR.search(message)) is not None:
        message, hint = message[: near.start()], near[1]
    line = _told(message)
    warned = line.startswith("Function not found")
    return problem_at(
        text, span, RULE, line if line.endswith((".", "?", "!")) else f"{line}.", hint=hint,
        severity="warning" if warned else "error",
    )  # fmt: skip


def _told(message: str) -> str:
    """What is wrong in one line, without the list of all signatures there are."""
    lines = [" ".join(line.split()) for line in message.splitlines()]
    kept = itertools.takewhile(lambda line: not line.startswith("Signature:"), filter(None, lines))
    return "; ".join(kept)[:_LONGEST]


def _span(text: str, line: int, column: int) -> Span | None:
    """The word at a place whose columns count a tab as up to the next multiple of eight."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    start = sum(len(one) + 1 for one in lines[: line - 1])
    width = 1
    offset = start
    for sign in lines[line - 1]:
        if width >= column:
            break
        width += _TAB - (width - 1) % _TAB if sign == "\t" else 1
        offset += 1
    word = _WORD.match(text, offset)
    return Span(offset, word.end() if word else offset)


def _environment() -> dict[str, str]:
    known = child_environment()
    roots = known["PYTHONPATH"].split(os.pathsep)
    for library in ("zetasql", "wasmtime", "google.protobuf", "tzdata"):
        spec = importlib.util.find_spec(library)
        if spec and spec.origin:
            depth = library.count(".") + 1
            roots.append(str(Path(spec.origin).resolve().parents[depth]))
    return {**known, "PYTHONPATH": os.pathsep.join(dict.fromkeys(roots))}


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("peter", appauthor=False)


def _fd(stream: Any) -> int:
    return int(stream.fileno())
