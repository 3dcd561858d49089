"""Published documents, loaded once a text, and served while their store is away."""

from __future__ import annotations

import contextvars
import logging
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import DocumentError, StorageError

if TYPE_CHECKING:
    from peter_core.dashboard.loading import Loaded
    from peter_core.store.port import Document, DocumentStore

log = logging.getLogger("peter")

PATIENCE_S = 0.5
"""Seconds a remote store may take before what it said last is served."""
_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class _Head:
    """What the store said last of a slug, and until when that is believed (monotonic)."""

    document: Document
    until: float


class Documents:
    """Reads the store and keeps the last ``size`` texts as models; safe from any thread.

    A store that is remote is believed for a moment, and what it said last is served on while it
    does not answer.
    """

    def __init__(self, store: DocumentStore, *, size: int = 256) -> None:
        self._store = store
        self._size = size
        self._lock = Lock()
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._heads: OrderedDict[str, _Head] = OrderedDict()
        self._asking: dict[str, Future[Document]] = {}
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="peter-documents")

    def close(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def load(self, slug: str, revision: str | None = None) -> tuple[Document, Loaded]:
        """A published document with its model.

        Raises
        ------
        NotFound, StorageError
        DocumentError
            The stored text is no longer a valid document.
        """
        believed_s = self._store.believed_s
        if revision is None and believed_s > 0:
            document = self._believed(slug, believed_s)
        else:
            document = self._store.get(slug, revision)
        return document, self._model(document)

    def forget(self, slug: str) -> None:
        """Ask the store about the slug at the next look: it was changed here."""
        with self._lock:
            self._heads.pop(slug, None)
            self._asking.pop(slug, None)

    def remember(self, document: Document) -> None:
        """Believe what was just published here, at once and while the store is away."""
        with self._lock:
            self._asking.pop(document.slug, None)
            self._hold(document.slug, document, self._store.believed_s)

    def _believed(self, slug: str, believed_s: float) -> Document:
        """What the store says of the slug, or said a moment ago, or last before it was gone."""
        now = time.monotonic()
        with self._lock:
            head = self._heads.get(slug)
            if head is not None and now < head.until:
                return head.document
            asking = self._asking.get(slug)
            if asking is None:
                context = contextvars.copy_context()
                asking = self._pool.submit(context.run, self._store.get, slug)
                self._asking[slug] = asking
        try:
            document = asking.result(PATIENCE_S if head is not None else None)
        except (StorageError, FutureTimeout) as error:
            if head is None:
                self.forget(slug)
                raise
            log.warning("the store does not answer; what it said before is served: %s", error)
            self._keep(slug, head.document, _PAUSE_S, asking)
            return head.document
        except BaseException:
            self.forget(slug)
            raise
        self._keep(slug, document, believed_s, asking)
        return document

    def _keep(self, slug: str, document: Document, for_s: float, asked: Future[Document]) -> None:
        with self._lock:
            if self._asking.get(slug) is not asked:
                # It was changed here meanwhile, or a later question was answered.
                return
            if asked.done():
                del self._asking[slug]
            self._hold(slug, document, for_s)

    def _hold(self, slug: str, document: Document, for_s: float) -> None:
        self._heads[slug] = _Head(document, time.monotonic() + for_s)
        self._heads.move_to_end(slug)
        while len(self._heads) > self._size:
            self._heads.popitem(last=False)

    def _model(self, document: Document) -> Loaded:
        with self._lock:
            known = self._loaded.get(document.text)
        if known is None:
            known = load_dashboard(document.text)
            if known.dashboard is None:
                raise DocumentError(
                    f"The published text of {document.slug} cannot be read by this version of "
                    "Peter.",
                    hint="Publish it again.",
                    problems=known.problems,
                )
            with self._lock:
                self._loaded[document.text] = known
                while len(self._loaded) > self._size:
                    self._loaded.popitem(last=False)
        return known
