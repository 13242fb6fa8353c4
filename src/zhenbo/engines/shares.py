"""One stream, several processes: each keeps a range of every group's keys, and their answers meet at the event.

Every process, this one among them, reads the whole stream, puts it in order and drops repeats by itself, so all of them
answer the same events in the same order; only tables and rings are divided, and only values travel. Nothing is divided
by room: a device that visits two rooms is one key in one process.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.errors import ZhenboError
from zhenbo.kernel.plan import Feature
from zhenbo.kernel.stream import Answer, Kernel

Batches = Callable[[], Iterable[pa.Table]]
"""Opens the stream from its start; it travels to other processes: a module-level function or a partial of one."""
_GO = b"go"
_AHEAD = 4
"""Answers a process may be ahead of the one that takes them."""


def in_shares(
    batches: Batches, declared: Sequence[Feature], processes: int, **options: Any
) -> Iterator[Answer]:
    """The answers of one kernel, computed by several processes, this one among them.

    Args:
        batches: the stream; every process reads it.
        declared: what to measure.
        processes: how many.
        options: of `Kernel`.

    Returns:
        The answers; processes are up, and begin when the first is asked for.

    Raises:
        ZhenboError: when a process ends before its stream does.
    """
    with ExitStack() as stack:
        ends = [
            stack.enter_context(_running(batches, declared, (i, processes), options))
            for i in range(1, processes)
        ]
        for end in ends:
            _received(end)
        return _meeting(stack.pop_all(), ends, _answers(batches, declared, (0, processes), options))


def _meeting(running: ExitStack, ends: Sequence[Connection], answers: Iterator[Answer]) -> Iterator[Answer]:
    with running:
        for end in ends:
            end.send_bytes(_GO)
        for answer in answers:
            yield _together(answer, [np.frombuffer(_received(end)) for end in ends])


class _running:  # noqa: N801 - reads as the context it is
    """A process that answers for its share, and the end of the pipe its answers come through."""

    def __init__(
        self, batches: Batches, declared: Sequence[Feature], share: tuple[int, int], options: dict[str, Any]
    ) -> None:
        context = get_context("spawn")  # a forked process would inherit Arrow's threads, not their locks
        self.mine, self.theirs = context.Pipe()
        self.process = context.Process(
            target=_answer_all, args=(self.theirs, batches, declared, share, options), daemon=True
        )

    def __enter__(self) -> Connection:
        self.process.start()
        self.theirs.close()
        return self.mine

    def __exit__(self, *_: object) -> None:
        self.mine.close()
        self.process.terminate()
        self.process.join()


def _answers(
    batches: Batches, declared: Sequence[Feature], share: tuple[int, int], options: dict[str, Any]
) -> Iterator[Answer]:
    kernel = Kernel(declared, share=share, **options)
    for batch in batches():
        yield kernel.feed(batch)
    yield kernel.flush()


def _answer_all(
    out: Connection,
    batches: Batches,
    declared: Sequence[Feature],
    share: tuple[int, int],
    options: dict[str, Any],
) -> None:
    """Send the values of every answer; a thread writes them, so that the next are computed meanwhile.

    Whoever takes them may be gone, killed: the first answer that cannot be sent ends this process too.
    """
    out.send_bytes(_GO)
    out.recv_bytes()
    sent: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1) as writer:
        for answer in _answers(batches, declared, share, options):
            if len(sent) == _AHEAD:
                sent.popleft().result()
            values = np.array([answer.values[f.name] for f in declared])
            sent.append(writer.submit(out.send_bytes, values.data.cast("B")))
        for waiting in sent:
            waiting.result()


def _received(end: Connection) -> bytes:
    try:
        return end.recv_bytes()
    except EOFError as error:
        raise ZhenboError(
            "A process ended before its events did; its own message stands above. Out of memory is the usual cause: "
            "give fewer processes, or smaller windows."
        ) from error


def _together(answer: Answer, others: Sequence[npt.NDArray[np.float64]]) -> Answer:
    """An event's value stands in the one share that has its key; in the others there is none."""
    rows = [other.reshape(len(answer.values), -1) for other in others]
    values = {
        name: np.fmax.reduce([mine, *(row[i] for row in rows)])
        for i, (name, mine) in enumerate(answer.values.items())
    }
    return replace(answer, values=values)
