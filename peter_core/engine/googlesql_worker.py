"""The child process that holds GoogleSQL's own analyzer.

Started as ``python -P -B -m peter_core.engine.googlesql_worker PARENT CACHE``. The analyzer is the
PyPI package ``zetasql``: GoogleSQL compiled to WebAssembly, 28 MB. Compiling it to machine code
takes half a minute and a gigabyte, so the outcome is kept in ``CACHE``, a folder of this user
alone: what is read back from there is run. Frames are those of ``worker_frames``.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peter_core.engine import worker_frames as frames
from peter_core.engine import worker_limits as limits

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEMORY_BYTES = 512 * 2**20
_NICENESS = 10
_MESSAGES = "zetasql.wasi._pb2.zetasql"
_KINDS = {"FLOAT64": "DOUBLE"}
_PSEUDO = (("_TABLE_SUFFIX", "STRING"), ("_PARTITIONTIME", "TIMESTAMP"),
           ("_PARTITIONDATE", "DATE"))  # fmt: skip


def main(argv: list[str]) -> int:
    """Load the analyzer, lock this process down and serve until the input ends."""
    limits.die_with_parent(int(argv[0]))
    limits.forbid_privileges()
    os.nice(_NICENESS)
    answers = os.dup(1)
    os.dup2(2, 1)
    os.set_blocking(2, False)
    analyzer = Analyzer(Path(argv[1]))
    limits.forbid_writing()
    limits.limit_files()
    limits.limit_memory(_MEMORY_BYTES)
    frames.write_frame(answers, frames.HELLO, b"{}")
    while True:
        try:
            kind, body = frames.read_frame(0)
        except frames.PipeClosedError:
            return 0
        if kind != frames.QUERY:
            return 2
        told = {"complaint": analyzer.complaint(json.loads(body))}
        frames.write_frame(answers, frames.END, json.dumps(told).encode())


class Analyzer:
    """GoogleSQL's analyzer with the features of its latest language, named as BigQuery is."""

    def __init__(self, cache: Path) -> None:
        wasmtime = _optional("wasmtime")
        service = _optional(f"{_MESSAGES}.local_service.local_service_pb2")
        options = _optional(f"{_MESSAGES}.proto.options_pb2")
        public = _optional(f"{_MESSAGES}.public.options_pb2")
        config = wasmtime.Config()
        config.shared_memory = True
        engine = wasmtime.Engine(config)
        self._store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        wasi.preopen_dir(str(_time_zones()), "/usr/share/zoneinfo")
        self._store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        instance = linker.instantiate(self._store, compiled(engine, cache))
        self._exports = instance.exports(self._store)
        self._exports["_initialize"](self._store)
        asked = service.LanguageOptionsRequest(maximum_features=True)
        answer = self._call("ZetaSqlLocalService_GetLanguageOptions", asked)
        language = options.LanguageOptionsProto.FromString(answer)
        language.product_mode = public.PRODUCT_EXTERNAL
        self._options = options.AnalyzerOptionsProto(
            allow_undeclared_parameters=True, error_message_mode=public.ERROR_MESSAGE_ONE_LINE
        )
        self._options.language_options.CopyFrom(language)
        self._request = service.AnalyzeRequest

    def complaint(self, request: dict[str, Any]) -> str | None:
        """GoogleSQL's one complaint of a statement, with its place; ``None`` for none.

        ``request`` holds ``sql``, ``tables`` (a dotted name and columns as pairs of name and
        type) and ``parameters`` (pairs of name and type). A type is a name, ``["ARRAY", type]``
        or ``["STRUCT", [name, type], ...]``.
        """
        asked = self._request(options=self._options, sql_statement=request["sql"])
        for name, kind in request["parameters"]:
            parameter = asked.options.query_parameters.add()
            parameter.name = name
            _fill(parameter.type, kind)
        catalog = asked.simple_catalog
        catalog.name = "bigquery"
        language = self._options.language_options
        catalog.builtin_function_options.language_options.CopyFrom(language)
        for name, columns in request["tables"]:
            for path in _paths(name):
                _add_table(catalog, path, columns)
        try:
            self._call("ZetaSqlLocalService_Analyze", asked)
        except _RefusedError as refused:
            return str(refused)
        return None

    def _call(self, name: str, message: Any) -> bytes:
        data = message.SerializeToString()
        given = self._malloc(len(data) or 1)
        size = self._malloc(4)
        ctypes.memmove(self._base() + given, data, len(data))
        answer = self._exports[name](self._store, given, len(data), size)
        if answer:
            length = int.from_bytes(ctypes.string_at(self._base() + size, 4), "little")
            told = ctypes.string_at(self._base() + answer, length)
            self._free(answer)
        else:
            length = self._exports["wasm_get_last_error_size"](self._store)
            place = self._exports["wasm_get_last_error"](self._store)
            told = ctypes.string_at(self._base() + place, length)
        self._free(given)
        self._free(size)
        if not answer:
            raise _RefusedError(told.decode("utf-8", "replace"))
        return told

    def _malloc(self, size: int) -> int:
        return int(self._exports["wasm_malloc"](self._store, size))

    def _free(self, place: int) -> None:
        self._exports["wasm_free"](self._store, place)

    def _base(self) -> int:
        # Asked each time: the memory grows.
        pointer = ctypes.cast(self._exports["memory"].data_ptr(), ctypes.c_void_p).value
        return int(pointer or 0)


class _RefusedError(Exception):
    """The analyzer's own words."""


def compiled(engine: Any, cache: Path) -> Any:
    """The analyzer's machine code, from the cache where it is there and nobody else's."""
    wasmtime = _optional("wasmtime")
    code = Path(_optional("zetasql.wasi").get_wasm_path()).read_bytes()
    key = hashlib.sha256(code + version("wasmtime").encode()).hexdigest()[:32]
    kept = cache / f"googlesql-{key}.cwasm"
    if _is_ours(cache) and _is_ours(kept):
        try:
            return wasmtime.Module.deserialize_file(engine, str(kept))
        except wasmtime.WasmtimeError:  # of another processor
            kept.unlink()
    module = wasmtime.Module(engine, code)
    _keep(kept, module.serialize())
    return module


def _is_ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022 and not path.is_symlink()


def _keep(path: Path, code: bytes | bytearray) -> None:
    """Write it for the next time; a folder that cannot be written to or is open costs only time."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(path.parent):
            return
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(code)
        fresh.replace(path)
    except OSError:
        return


def _time_zones() -> Path:
    return Path(str(_optional("tzdata").__file__)).parent / "zoneinfo"


def _optional(name: str) -> Any:
    """A module of the extra, which need not be there when this one is read."""
    return importlib.import_module(name)


def _paths(name: str) -> Iterable[list[str]]:
    """The ways to write a dotted name: parts apart, or several in one pair of backticks."""
    parts = name.split(".")
    for mask in range(2 ** (len(parts) - 1)):
        path = [parts[0]]
        for index, part in enumerate(parts[1:]):
            if mask >> index & 1:
                path[-1] += f".{part}"
            else:
                path.append(part)
        yield path


def _add_table(catalog: Any, path: list[str], columns: list[list[Any]]) -> None:
    for part in path[:-1]:
        inner = next((one for one in catalog.catalog if one.name == part), None)
        if inner is None:
            inner = catalog.catalog.add()
            inner.name = part
        catalog = inner
    table = catalog.table.add()
    table.name = path[-1]
    taken = {name.lower() for name, _ in columns}
    hidden = [(name, kind) for name, kind in _PSEUDO if name.lower() not in taken]
    for name, kind in (*columns, *hidden):
        column = table.column.add()
        column.name = name
        column.is_pseudo_column = (name, kind) in hidden
        _fill(column.type, kind)


def _fill(target: Any, kind: Any) -> None:
    types = _optional(f"{_MESSAGES}.public.type_pb2")
    if isinstance(kind, str):
        target.type_kind = getattr(types, f"TYPE_{_KINDS.get(kind, kind)}")
    elif kind[0] == "ARRAY":
        target.type_kind = types.TYPE_ARRAY
        _fill(target.array_type.element_type, kind[1])
    else:
        target.type_kind = types.TYPE_STRUCT
        for name, inner in kind[1:]:
            field = target.struct_type.field.add()
            field.field_name = name
            _fill(field.field_type, inner)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
