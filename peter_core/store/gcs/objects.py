"""The objects of one bucket: bytes with a generation, written only over a known generation."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peter_core.errors import StorageError
from peter_core.store.files import MAX_FILE_BYTES
from peter_core.store.gcs.calls import Calls, Conflict, Deadline, Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING = 0
"""The generation of an object that is not there."""

_KEPT_BYTES = 32 * 2**20
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was at one generation."""

    data: bytes
    generation: int


class Objects:
    """Reads, writes and lists; every call ends by the deadline it is given.

    Parameters
    ----------
    client
        A ``google.cloud.storage.Client``.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = client.bucket(bucket)
        self._name = bucket
        self._calls = Calls()
        self._kept = _Kept(_KEPT_BYTES)

    def read(self, key: str, deadline: Deadline) -> Found | None:
        """The object as it is now, ``None`` when it is not there.

        Raises
        ------
        StorageError
        """

        def call(timeout_s: float) -> Found:
            # A blob for each attempt: it is changed by what it reads.
            blob, bounded = self._bucket.blob(key), _Bounded(key)
            blob.download_to_file(bounded, raw_download=True, timeout=timeout_s, retry=None)
            return Found(bounded.getvalue(), int(blob.generation))

        try:
            return self._calls.run(call, deadline)
        except Missing:
            return None

    def read_final(self, key: str, deadline: Deadline) -> bytes | None:
        """The bytes of an object that never changes; those of late use are kept in memory."""
        data = self._kept.get(key)
        if data is None:
            found = self.read(key, deadline)
            if found is None:
                return None
            data = found.data
            self._kept.put(key, data)
        return data

    def read_all(self, keys: Sequence[str], deadline: Deadline) -> list[Found | None]:
        """The objects as they are now, several at a time."""
        return self._calls.each(lambda key: self.read(key, deadline), keys)

    def read_all_final(self, keys: Sequence[str], deadline: Deadline) -> list[bytes | None]:
        """Objects that never change, several at a time."""
        return self._calls.each(lambda key: self.read_final(key, deadline), keys)

    def write(
        self, key: str, data: bytes, deadline: Deadline, *, over: int, once: bool = False
    ) -> int:
        """Write the object if it is at the generation ``over``; gives its new generation.

        Parameters
        ----------
        over
            `NOTHING` for an object that must be new.
        once
            Whether a failure is final.

        Raises
        ------
        Conflict
            It is at another one, perhaps by an earlier attempt of this very call.
        StorageError
            It may have been written all the same.
        """

        def call(timeout_s: float) -> int:
            blob = self._bucket.blob(key)
            # Else an object that anyone may read would be served from caches for an hour.
            blob.cache_control = "no-store"
            blob.upload_from_string(
                data,
                content_type="application/json" if key.endswith(".json") else "text/yaml",
                if_generation_match=over,
                timeout=timeout_s,
                retry=None,
            )
            return int(blob.generation)

        try:
            return self._calls.run(call, deadline, once=once)
        except Missing:
            raise self._no_bucket(deadline) from None

    def write_final(self, key: str, data: bytes, deadline: Deadline) -> bool:
        """Write an object that never changes; whether it holds the data, now or already."""
        try:
            self.write(key, data, deadline, over=NOTHING)
        except Conflict:
            return self.read_final(key, deadline) == data
        self._kept.put(key, data)
        return True

    def generations(
        self, prefix: str, deadline: Deadline, *, limit: int | None = None
    ) -> dict[str, int]:
        """The keys that begin with the prefix, in order, each with its generation now.

        Raises
        ------
        StorageError
            There is no such bucket, or it cannot be listed.
        """

        def call(timeout_s: float) -> dict[str, int]:
            blobs = self._client.list_blobs(
                self._bucket,
                prefix=prefix,
                max_results=limit,
                page_size=_PAGE,
                fields="items(name,generation),nextPageToken",
                timeout=timeout_s,
                retry=None,
            )
            return {str(blob.name): int(blob.generation) for blob in blobs}

        try:
            return self._calls.run(call, deadline)
        except Missing:
            raise self._no_bucket(deadline) from None

    def close(self) -> None:
        """Let go of the threads; the client is the caller's."""
        self._calls.close()

    def _no_bucket(self, deadline: Deadline) -> StorageError:
        return StorageError(
            f"Peter could not {deadline.doing}: there is no bucket {self._name}.",
            hint="Make it, or name another one.",
        )


class _Bounded(io.BytesIO):
    """Takes what an object of a sane size holds."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > MAX_FILE_BYTES:
            raise StorageError(f"The object {self._key} is too large.")
        return super().write(data)


class _Kept:
    """Bytes by key, the latest used up to a size."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._size = limit_bytes, 0
        self._data: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            data = self._data.get(key)
            if data is not None:
                self._data.move_to_end(key)
            return data

    def put(self, key: str, data: bytes) -> None:
        with self._lock:
            self._size += len(data) - len(self._data.pop(key, b""))
            self._data[key] = data
            while self._size > self._limit:
                self._size -= len(self._data.popitem(last=False)[1])
