"""Writers of one dashboard; prints how many of their publications were accepted.

``python -m tests.faults.racing_writers SPEC FIRST THREADS EACH`` where SPEC is a folder or
``http://…#prefix`` of a Cloud Storage server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from peter_core.errors import PreconditionFailed
from peter_core.store.folder import FolderStore
from peter_core.store.gcs import GcsStore
from tests.servers.gcs import BUCKET, gcs_client

if TYPE_CHECKING:
    from peter_core.store.port import DocumentStore

SHARED = "shared"


def open_store(spec: str) -> DocumentStore:
    """The store of a spec."""
    if not spec.startswith("http"):
        return FolderStore(Path(spec))
    url, _, prefix = spec.partition("#")
    return GcsStore(BUCKET, prefix=prefix, client=gcs_client(url), timeout_s=20)


def write(store: DocumentStore, name: str, each: int, accepted: list[str]) -> None:
    """Publish ``each`` times, always from the revision that was read; keep what was accepted."""
    dice = random.Random(name)  # noqa: S311
    for n in range(each):
        text = f"writer: {name}\nn: {n}\n"
        revision = hashlib.sha256(text.encode()).hexdigest()
        for attempt in range(10_000):
            head = store.get(SHARED)
            at = dt.datetime.now(dt.UTC)
            try:
                store.publish(
                    SHARED, text, revision, if_match=head.revision, by=name, at=at,
                    message=head.revision,
                )  # fmt: skip
            except PreconditionFailed:
                time.sleep(dice.random() * min(0.05, 0.002 * 2**attempt))
            else:
                accepted.append(revision)
                break


def main(spec: str, first: int, threads: int, each: int) -> None:
    """Run the writers ``first`` … of this process, and print what was accepted."""
    store = open_store(spec)
    accepted: list[str] = []
    writers = [
        threading.Thread(target=write, args=(store, f"w{first + n}", each, accepted))
        for n in range(threads)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    sys.stdout.write("\n".join(accepted))


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:5]))
