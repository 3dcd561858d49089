"""A lock is held once, and freed when its holder is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from peter_core.errors import StorageError
from peter_core.locks import file_lock


def test_threads_take_turns(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(20):
            with file_lock(tmp_path / "lock", timeout_s=20, doing="work"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0002)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1


def test_who_waits_too_long_is_told_to_try_again(tmp_path: Path) -> None:
    with (
        file_lock(tmp_path / "lock", timeout_s=1, doing="x"),
        pytest.raises(StorageError, match=r"could not publish it: .* Try again"),
        file_lock(tmp_path / "lock", timeout_s=0.05, doing="publish it"),
    ):
        pass


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib; from peter_core.locks import file_lock\n"
        "with file_lock(pathlib.Path(sys.argv[1]), timeout_s=1, doing='x'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StorageError), file_lock(path, timeout_s=0.02, doing="y"):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with file_lock(path, timeout_s=5, doing="y"):
        pass


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), file_lock(tmp_path / "lock", timeout_s=1, doing="x"):
        raise KeyError
    with file_lock(tmp_path / "lock", timeout_s=0.1, doing="x"):
        pass
