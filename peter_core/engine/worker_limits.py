"""What the kernel enforces on a child process, whatever the code inside it does."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_ROOM_BYTES = 512 * 2**20
_OPEN_FILES = 64


def die_with_parent(parent: int) -> None:
    """End this process when the one that started it ends, however it ends.

    On Linux the kernel does it, when the *thread* that started this process ends; elsewhere a
    thread looks each half second.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def forbid_privileges() -> None:
    """No gain of privileges, no core file, and no look into this process from its siblings."""
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _prctl(_PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")


def forbid_writing() -> None:
    """No file of this process can grow any more; pipes still work."""
    # Without this, a write past the limit would kill instead of fail.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def limit_memory(extra_bytes: int) -> None:
    """Allow ``extra_bytes`` (and room for buffers) of address space beyond what is used now."""
    limit = _address_space() + extra_bytes + extra_bytes // 4 + _ROOM_BYTES
    with contextlib.suppress(ValueError, OSError):  # macOS has the name but refuses the value
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_files() -> None:
    """Few open files: a worker needs its pipes and one database."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 2 * 2**30
    return pages * resource.getpagesize()
