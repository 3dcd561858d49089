"""A warm parent that forks publishers and kills them; prints what it found as JSON.

``python -m tests.faults.publish_victim random ROOT KILLS SEED`` kills at random moments,
``… points ROOT SCENARIO`` before (and in the middle of) each call that changes the disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from peter_core.errors import NotFound
from peter_core.store.folder import FolderStore

SLUG = "victim"
AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
CALLS = ("open", "write", "fsync", "replace", "rename", "link", "unlink", "mkdir", "close")


def text_of(n: int) -> str:
    return f"n: {n}\n" + f"# {n} of a text of some length\n" * 2000


def publish(store: FolderStore, n: int) -> None:
    text = text_of(n)
    revision = hashlib.sha256(text.encode()).hexdigest()
    store.publish(SLUG, text, revision, if_match="*", by=f"writer {n}", at=AT)


def published(store: FolderStore) -> int | None:
    """The number of the published text, after a look at all of the history; ``None`` for none."""
    try:
        document = store.get(SLUG)
    except NotFound:
        return None
    n = int(document.text.split("\n", 1)[0].removeprefix("n: "))
    assert document.text == text_of(n), "a text is not whole"
    assert document.published_by == f"writer {n}", "text and pointer do not belong together"
    return n


def entries(store: FolderStore) -> int | None:
    try:
        return check_history(store)
    except NotFound:
        return None


def check_history(store: FolderStore) -> int:
    history = store.history(SLUG)
    numbers = [p.number for p in history]
    assert numbers == list(range(len(numbers), 0, -1)), f"the history jumps: {numbers}"
    for publication in history:
        if not publication.deleted:
            assert store.get(SLUG, publication.revision).revision == publication.revision
    return len(history)


def random_kills(root: Path, kills: int, seed: int) -> dict[str, int]:
    store, dice = FolderStore(root), random.Random(seed)  # noqa: S311
    head, during = 0, 0
    publish(store, head)
    for _ in range(kills):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            for n in range(head + 1, head + 1000):
                publish(store, n)
                os.write(writer, b"%d\n" % n)
            os._exit(0)
        os.close(writer)
        select.select([reader], [], [], 10)
        time.sleep(dice.random() * 0.012)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reader, "rb") as acknowledgements:
            acknowledged = int(acknowledgements.read().split()[-1])
        found = published(store)
        assert found in (acknowledged, acknowledged + 1), f"{found} after {acknowledged}"
        during += found != acknowledged or any(root.glob(f"{SLUG}/**/.draft-*"))
        head = found
    publish(store, head + 1)
    publications = check_history(store)
    assert publications == head + 2, "an acknowledged publication is missing"
    assert not list(root.glob(f"{SLUG}/**/.draft-*")), "a draft was left"
    return {"kills": kills, "during": during, "publications": publications}


def kill_points(root: Path, scenario: str) -> dict[str, int]:
    points = outcomes_old = outcomes_new = 0
    for half in (False, True):
        point = 0
        while True:
            point += 1
            place = root / f"{half}-{point}"
            store = FolderStore(place)
            if scenario != "create":
                publish(store, 1)
            if not killed_at(store, point, half, scenario):
                break
            points += 1
            found = published(store)
            old = None if scenario == "create" else 1
            new = None if scenario == "delete" else 2
            assert found in (old, new), f"{found} after a kill at call {point}"
            expected = {"create": (None, 1), "change": (1, 2), "delete": (1, 2)}[scenario]
            assert entries(store) == expected[found == new], "the history disagrees"
            outcomes_old += found == old
            outcomes_new += found == new
            publish(store, 3)
            assert published(store) == 3
            check_history(store)
            assert not list(place.glob(f"{SLUG}/**/.draft-*")), "a draft was left"
    return {"points": points, "old": outcomes_old, "new": outcomes_new}


def killed_at(store: FolderStore, point: int, half: bool, scenario: str) -> bool:
    child = os.fork()
    if child == 0:
        arm(point, half)
        if scenario == "delete":
            store.delete(SLUG, if_match="*", by="writer", at=AT)
        else:
            publish(store, 2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def arm(point: int, half: bool) -> None:
    """From now on the ``point``-th call that touches the disk kills this process."""
    count = 0

    def armed(name: str):  # type: ignore[no-untyped-def]
        real = getattr(os, name)

        def call(*args, **options):  # type: ignore[no-untyped-def]
            nonlocal count
            count += 1
            if count == point:
                if half and name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                elif half:
                    with contextlib.suppress(OSError):
                        real(*args, **options)
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    for name in CALLS:
        setattr(os, name, armed(name))


def main() -> None:
    mode, root = sys.argv[1], Path(sys.argv[2])
    if mode == "random":
        found = random_kills(root, int(sys.argv[3]), int(sys.argv[4]))
    else:
        found = kill_points(root, sys.argv[3])
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
