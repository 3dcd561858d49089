"""Published documents, loaded once a text."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from peter_core.dashboard.loading import load_dashboard
from peter_core.errors import DocumentError

if TYPE_CHECKING:
    from peter_core.dashboard.loading import Loaded
    from peter_core.store.port import Document, DocumentStore


class Documents:
    """Reads the store and keeps the last ``size`` texts as models; safe from any thread."""

    def __init__(self, store: DocumentStore, *, size: int = 256) -> None:
        self._store = store
        self._size = size
        self._lock = Lock()
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def load(self, slug: str, revision: str | None = None) -> tuple[Document, Loaded]:
        """A published document with its model.

        Raises
        ------
        NotFound, StorageError
        DocumentError
            The stored text is no longer a valid document.
        """
        document = self._store.get(slug, revision)
        with self._lock:
            known = self._loaded.get(document.text)
        if known is None:
            known = load_dashboard(document.text)
            if known.dashboard is None:
                raise DocumentError(
                    f"The published text of {slug} cannot be read by this version of Peter.",
                    hint="Publish it again.",
                    problems=known.problems,
                )
            with self._lock:
                self._loaded[document.text] = known
                while len(self._loaded) > self._size:
                    self._loaded.popitem(last=False)
        return document, known
