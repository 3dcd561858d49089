from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from peter_core.engine import worker_frames as frames


@pytest.fixture
def pipes() -> Iterator[tuple[frames.FramePipe, int, int]]:
    """The parent's end, and the child's two descriptors: to read from and to write to."""
    child_reads, parent_writes = os.pipe()
    parent_reads, child_writes = os.pipe()
    opened = [child_reads, parent_writes, parent_reads, child_writes]
    yield frames.FramePipe(parent_reads, parent_writes), child_reads, child_writes
    for fd in opened:
        try:
            os.close(fd)
        except OSError:
            continue


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def test_frames_arrive_whole_and_in_order(pipes: tuple[frames.FramePipe, int, int]) -> None:
    parent, _, child_writes = pipes
    large = os.urandom(3 * 2**20)

    def write() -> None:
        for kind, body in ((frames.DATA, large), (frames.DATA, b""), (frames.END, b"{}")):
            frames.write_frame(child_writes, kind, body)

    writer = threading.Thread(target=write)
    writer.start()
    arriving = parent.frames(soon())
    assert [next(arriving) for _ in range(3)] == [
        (frames.DATA, large), (frames.DATA, b""), (frames.END, b"{}"),
    ]  # fmt: skip
    writer.join()


def test_a_large_request_is_sent_while_the_child_reads(
    pipes: tuple[frames.FramePipe, int, int],
) -> None:
    parent, child_reads, _ = pipes
    got: list[tuple[bytes, bytes]] = []
    reader = threading.Thread(target=lambda: got.append(frames.read_frame(child_reads)))
    reader.start()
    body = os.urandom(2**20)
    parent.send(frames.QUERY, body, soon())
    reader.join()
    assert got == [(frames.QUERY, body)]


def test_a_silent_child_meets_the_deadline(pipes: tuple[frames.FramePipe, int, int]) -> None:
    parent, _, child_writes = pipes
    os.write(child_writes, b"D\x00")  # half a head
    with pytest.raises(frames.DeadlineError):
        next(parent.frames(soon(0.1)))


def test_a_child_that_never_stops_meets_the_deadline(
    pipes: tuple[frames.FramePipe, int, int],
) -> None:
    parent, _, child_writes = pipes
    frame = b"D\x00\x00\x00\x00"
    os.write(child_writes, frame * 1000)
    with pytest.raises(frames.DeadlineError):
        for _ in parent.frames(soon(0.05)):
            time.sleep(0.001)
            os.write(child_writes, frame)


def test_a_child_that_never_reads_meets_the_deadline(
    pipes: tuple[frames.FramePipe, int, int],
) -> None:
    with pytest.raises(frames.DeadlineError):
        pipes[0].send(frames.QUERY, bytes(2**20), soon(0.1))


def test_an_end_in_the_middle_of_a_frame_is_the_end(
    pipes: tuple[frames.FramePipe, int, int],
) -> None:
    parent, _, child_writes = pipes
    os.write(child_writes, b"D\x00\x00\x00\x09abc")
    os.close(child_writes)
    with pytest.raises(frames.PipeClosedError):
        next(parent.frames(soon()))


def test_an_absurd_length_is_no_frame(pipes: tuple[frames.FramePipe, int, int]) -> None:
    parent, _, child_writes = pipes
    os.write(child_writes, b"D\xff\xff\xff\xff")
    with pytest.raises(frames.PipeClosedError):
        next(parent.frames(soon()))


def test_a_child_that_is_gone_cannot_be_asked(pipes: tuple[frames.FramePipe, int, int]) -> None:
    parent, child_reads, _ = pipes
    os.close(child_reads)
    with pytest.raises(frames.PipeClosedError):
        parent.send(frames.QUERY, b"{}", soon())
