"""A full device stops a publication with a clear error, and changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import datetime as dt, errno, hashlib, os, pathlib, resource, sys
from peter_core.errors import NotFound, StorageFull
from peter_core.store.folder import FolderStore

AT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
store = FolderStore(pathlib.Path(sys.argv[1]))

def publish(text):
    revision = hashlib.sha256(text.encode()).hexdigest()
    return store.publish("ab", text, revision, if_match="*", by="ann", at=AT)

def files():
    return sorted(str(p) for p in pathlib.Path(sys.argv[1]).rglob("*") if p.is_file())

def refused(text):
    try:
        publish(text)
    except StorageFull as error:
        assert "nothing was changed" in str(error)
        return True
    return False
"""

LIMITED = """
publish("a: 1")
before = files()
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
assert refused("b: " + "x" * 20_000)
assert files() == before, files()
assert store.get("ab").text == "a: 1"
publish("c: 1")
assert store.get("ab").text == "c: 1"
"""

NTH_WRITE = """
publish("a: 1")
real, calls = os.write, 0
def full(descriptor, data):
    global calls
    calls += 1
    if calls == nth:
        real(descriptor, bytes(data)[:3])
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(descriptor, data)
os.write = full
for nth in range(1, 10):
    calls = 0
    if not refused(f"n: {nth}"):
        break
    assert store.get("ab").text == "a: 1"
    assert len(store.history("ab")) == 1
    assert not list(pathlib.Path(sys.argv[1]).rglob(".draft-*"))
assert nth == 4, nth
assert store.get("ab").text == "n: 4"
"""


@pytest.mark.parametrize("scenario", [LIMITED, NTH_WRITE])
def test_no_room_leaves_the_old_document_and_no_rest(tmp_path: Path, scenario: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + scenario, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
